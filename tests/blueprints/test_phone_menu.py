"""A phone menu."""

import pytest

from tests import ANNA, STRANGER, Json

from . import Household, noted

PANEL = "alarm_control_panel.house"


@pytest.fixture
async def number(household: Household) -> str:
    """Have somebody who may control the house, and return the device of the number."""
    await household.house.change("anna", rights=["control"])
    await household.house.answers("automation")
    await household.changes(PANEL, "disarmed")
    return household.number()


async def press(household: Household, call_id: str, *keys: str) -> Json:
    """Press keys, each when the menu is read again, and return the call when it is over."""
    for count, key in enumerate(keys, 1):
        await household.house.hears(call_id, "ivr", count)
        await household.house.do(call_id, "digits", digits=key)
    await household.house.hears(call_id, "ivr", len(keys) + 1)
    await household.house.run_clock()
    return await household.house.over(call_id)


async def test_the_house_is_armed_by_phone(household: Household, number: str) -> None:
    """With a PIN, and tells how it is after each key; a stranger is not led."""
    await household.house.change("anna", pin="4711")
    arms = household.alarm("alarm_arm_away", PANEL, "armed_away")
    disarms = household.alarm("alarm_disarm", PANEL, "disarmed")
    await household.use("phone_menu", number=number, panel=[PANEL])
    await household.simulator.put_handset(STRANGER)
    await household.house.over(await household.house.ring(STRANGER))
    assert not household.said()

    await household.slowly()
    await press(household, await household.house.ring(ANNA), "4711#", "1", "2")
    assert (len(arms), len(disarms)) == (1, 1)
    menu = "Press 1 to arm, 2 to disarm. Press 3 to hear how the house is."
    assert household.said() == [
        f"The alarm is disarmed. {menu}",
        f"Done. The alarm is armed_away. {menu}",
        f"Done. The alarm is disarmed. {menu}",
        "Goodbye.",
    ]


async def test_keys_do_what_was_chosen(household: Household, number: str) -> None:
    """And say what was chosen."""
    four, five = household.watch("four"), household.watch("five")
    arms = household.watch_alarm("alarm_arm_away")
    disarms = household.alarm("alarm_disarm", PANEL, "disarmed")
    await household.changes("lock.door", "locked", friendly_name="The door")
    await household.use_otherwise(
        "phone_menu",
        number=number,
        panel=[PANEL],
        code="0815",
        needs_pin=False,
        told=["lock.door"],
        four=noted("four"),
        five=noted("five"),
        menu="Menu",
        done="Well done.",
        failed="Oh no.",
        status="{{ states(told[0]) }}.",
        goodbye="Bye",
    )
    await household.slowly()
    await press(
        household, await household.house.ring(ANNA), "1", "2", "3", "4", "5", "7"
    )

    assert [one.data["code"] for one in (*arms, *disarms)] == ["0815", "0815"]
    assert (len(four), len(five)) == (1, 1)
    assert household.said() == [
        "Menu",
        "Oh no. Menu",
        "Well done. Menu",
        "locked. Menu",
        "Bye",
    ]


async def test_who_forges_a_number_does_not_disarm(
    household: Household, number: str
) -> None:
    """A contact without a PIN is known by the number alone."""
    arms = household.alarm("alarm_arm_away", PANEL, "armed_away")
    disarms = household.alarm("alarm_disarm", PANEL, "disarmed")
    await household.use("phone_menu", number=number, panel=[PANEL])
    await household.slowly()
    await press(household, await household.house.ring(ANNA), "2", "1")

    assert (len(arms), len(disarms)) == (1, 0)
    menu = "Press 1 to arm. Press 3 to hear how the house is."
    assert household.said() == [
        f"The alarm is disarmed. {menu}",
        f"That did not work. The alarm is disarmed. {menu}",
        f"Done. The alarm is armed_away. {menu}",
        "Goodbye.",
    ]
