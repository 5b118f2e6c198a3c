"""Call until somebody sees to it."""

from tests import ANNA, BJORN

from . import Household, noted

LEAK = "binary_sensor.cellar_leak"


async def test_people_are_called_until_one_presses_the_key(
    household: Household,
) -> None:
    """And who was called in vain hears who does."""
    await household.use(
        "alarm_call", entities=[LEAK], contacts=household.contacts("Anna", "Björn")
    )
    await household.simulator.put_handset(ANNA, answers="busy")
    await household.slowly()
    await household.changes(LEAK, "on", friendly_name="Cellar")
    await household.acknowledged(2)

    assert await household.rung() == [ANNA, BJORN]
    assert household.said()[0] == (
        "This is your house. Cellar raises the alarm. Press 1 if you see to it."
    )
    assert await household.got(ANNA) == [
        "Cellar raises the alarm. Answer OK if you see to it.",
        "Björn sees to it.",
    ]


async def test_neighbours_are_called_when_nobody_answers(household: Household) -> None:
    """And more is done when they do not either."""
    nobody, somebody = household.watch("nobody"), household.watch("somebody")
    for phone in (ANNA, BJORN):
        await household.simulator.put_handset(phone, answers="busy")
    await household.use_otherwise(
        "alarm_call",
        entities=["alarm_control_panel.house"],
        states=["triggered"],
        hold={"seconds": 1},
        over="disarmed",
        contacts=household.contacts("Anna"),
        at_once=True,
        rounds=2,
        pause=0,
        key="5",
        message="Thief",
        also_sms="",
        tell_others="",
        neighbours=household.contacts("Björn"),
        neighbours_message="Thief next door",
        nobody=noted("nobody"),
        somebody=noted("somebody"),
    )
    await household.changes("alarm_control_panel.house", "triggered")
    await household.rests()
    assert not await household.rung()
    await household.passes(seconds=2)
    await household.rests()

    assert await household.rung() == [ANNA, ANNA, BJORN]
    assert household.said() == ["Thief", "Thief next door"]
    assert not await household.got(ANNA)
    assert (len(nobody), len(somebody)) == (1, 0)


async def test_somebody_who_sees_to_it_is_known(household: Household) -> None:
    """By name, and nothing is done that is for nobody."""
    nobody, somebody = household.watch("nobody"), household.watch("somebody")
    await household.use(
        "alarm_call",
        entities=[LEAK],
        contacts=household.contacts("Anna"),
        nobody=noted("nobody"),
        somebody=[{"action": "test.somebody", "data": {"name": "{{ who }}"}}],
    )
    await household.slowly()
    await household.changes(LEAK, "on")
    await household.acknowledged()

    assert [one.data["name"] for one in somebody] == ["Anna"]
    assert not nobody


async def test_what_is_over_is_over(household: Household) -> None:
    """The neighbours sleep on, and nothing more is done."""
    nobody = household.watch("nobody")
    await household.use(
        "alarm_call",
        entities=[LEAK],
        contacts=household.contacts("Anna"),
        neighbours=household.contacts("Björn"),
        nobody=noted("nobody"),
    )
    await household.slowly()
    await household.changes(LEAK, "on")
    await household.house.answered()
    await household.changes(LEAK, "off")
    await household.house.run_clock()
    await household.rests()

    assert await household.rung() == [ANNA]
    assert not nobody


async def test_a_radio_that_drops_out_raises_no_new_alarm(household: Household) -> None:
    """Within an hour of the alarm, if it was surely the same entity."""
    await household.simulator.put_handset(ANNA, answers="busy")
    await household.use(
        "alarm_call",
        entities=[LEAK, "binary_sensor.attic_leak"],
        states="on",
        rounds=1,
        contacts=household.contacts("Anna"),
    )
    await household.changes("binary_sensor.attic_leak", "off")
    for entity_id, calls in (
        (LEAK, 1),
        (LEAK, 1),
        ("binary_sensor.attic_leak", 2),
        (LEAK, 3),
    ):
        await household.changes(entity_id, "unavailable")
        await household.changes(entity_id, "on")
        await household.rests()
        assert len(await household.rung()) == calls

    await household.changes("binary_sensor.attic_leak", "off")
    await household.has_run(minutes=61)
    await household.changes(LEAK, "unavailable")
    await household.changes(LEAK, "on")
    await household.rests()
    assert len(await household.rung()) == 4
