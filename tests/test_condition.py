"""Conditions of automations: what a contact may, whether somebody is on the phone, what is left."""

from datetime import timedelta
from typing import Final
from unittest.mock import patch

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46 import permission
from custom_components.elks46.const import CONF_PIN, CONF_RIGHTS, Right

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    pass_time,
    text_home,
)
from .automations import asked, automate, device_id, on
from .calls import House, on_ring

PIN: Final = "73914"
BUS: Final[Json] = {
    "trigger": "event",
    "event_type": "elks46_sms_received",
    "id": "bus",
}
BUTTON: Final[Json] = {"trigger": "event", "event_type": "button", "id": "button"}


@pytest.fixture
def house(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> House:
    """Return a home that can be called."""
    return House(hass, simulator, integration)


@pytest.fixture
async def careful(house: House) -> House:
    """Return a home that Anna may control with her PIN, and Björn without one."""
    await house.change("anna", **{CONF_RIGHTS: ["control"], CONF_PIN: PIN})
    await house.change("björn", **{CONF_RIGHTS: ["control"]})
    await house.simulator.put_handset(STRANGER)
    return house


@pytest.mark.parametrize(
    "trigger", [on("message_received"), BUS], ids=["trigger", "event"]
)
async def test_a_contact_may_by_text(
    hass: HomeAssistant, careful: House, trigger: Json
) -> None:
    """Whoever has written, with their PIN where they have one; a trigger on the event does as well."""
    diary = await automate(
        hass, trigger, conditions=(asked("contact_may", right="control"),)
    )

    for sender, text in (
        (ANNA, "Disarm"),
        (ANNA, f"{PIN} Disarm"),
        (BJORN, "Disarm"),
        (STRANGER, "Disarm"),
        (ANNA, "00000 Disarm"),
    ):
        await text_home(hass, careful.simulator, sender, text)

    assert len(diary.ids) == 2


async def test_a_text_that_comes_late_may_nothing(
    hass: HomeAssistant, careful: House
) -> None:
    """What somebody wanted hours ago may be wrong by now."""
    diary = await automate(
        hass,
        on("message_received", right="control"),
        on("message_received", "condition"),
        BUS,
        conditions=(asked("contact_may", right="control"),),
    )

    with patch("custom_components.elks46.permission.TEXT_TOO_OLD", timedelta.min):
        await text_home(hass, careful.simulator, BJORN, "Disarm")

    assert not diary.ids


async def test_a_right_that_is_taken_away_is_gone_at_once(
    hass: HomeAssistant, careful: House
) -> None:
    """Also while a conversation goes on, for whose end a reload waits."""
    contact = device_id(hass, careful.entry, "Björn")
    before = permission.may(hass, contact, Right.CONTROL)
    subentry = careful.entry.subentries["björn"]

    with careful.entry.runtime_data.conversations.talking():
        hass.config_entries.async_update_subentry(
            careful.entry, subentry, data={**subentry.data, CONF_RIGHTS: []}
        )
        after = permission.may(hass, contact, Right.CONTROL)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert (before, after) == (True, False)


@pytest.mark.parametrize(
    ("name", "sender", "text", "count"),
    [
        pytest.param("Björn", ANNA, "Hi", 1, id="another without a PIN"),
        pytest.param("Anna", BJORN, f"{PIN} Hi", 0, id="another with a PIN"),
        pytest.param("Anna", ANNA, "Hi", 0, id="the same without the PIN"),
        pytest.param("Anna", ANNA, f"{PIN} Hi", 1, id="the same with the PIN"),
    ],
)
async def test_a_named_contact_may(
    hass: HomeAssistant, careful: House, name: str, sender: str, text: str, count: int
) -> None:
    """Whoever has set off the automation; nobody gives the PIN of somebody else."""
    contact = device_id(hass, careful.entry, name)
    diary = await automate(
        hass,
        on("message_received"),
        conditions=(asked("contact_may", right="control", contact=contact),),
    )

    await text_home(hass, careful.simulator, sender, text)

    assert len(diary.ids) == count


@pytest.mark.parametrize(
    ("name", "count"), [(None, 0), ("Anna", 0), ("Björn", 1)], ids=str
)
async def test_without_text_or_call_there_is_no_pin(
    hass: HomeAssistant, careful: House, name: str | None, count: int
) -> None:
    """And without a name there is nobody."""
    named = {"contact": device_id(hass, careful.entry, name)} if name else {}
    diary = await automate(
        hass, BUTTON, conditions=(asked("contact_may", right="control", **named),)
    )

    hass.bus.async_fire("button")
    await hass.async_block_till_done()

    assert len(diary.ids) == count


@pytest.mark.parametrize(
    ("caller", "digits", "ids"),
    [
        pytest.param(ANNA, PIN, ["rings", "over"], id="with the PIN"),
        pytest.param(BJORN, None, ["rings", "over"], id="without a PIN"),
        pytest.param(STRANGER, None, [], id="a stranger"),
    ],
)
async def test_a_contact_may_by_call(
    hass: HomeAssistant,
    careful: House,
    caller: str,
    digits: str | None,
    ids: list[str],
) -> None:
    """Whoever calls, from the ring to the end."""
    await careful.answers("automation")
    on_ring(hass, "answer_call", instruction="reject")
    diary = await automate(
        hass,
        on("call_received", "rings"),
        on("call_ended", "over"),
        conditions=(asked("contact_may", right="control"),),
    )
    await careful.stop_clock()

    call_id = await careful.ring(caller)
    for keys in filter(None, [digits]):
        await careful.phase(call_id, "playing")
        await careful.do(call_id, "digits", digits=keys)
    await careful.run_clock()
    await careful.over(call_id)

    assert diary.ids == ids


async def test_nobody_may_anything_while_the_account_is_not_loaded(
    hass: HomeAssistant, careful: House
) -> None:
    """Nor is anybody on the phone then, nor any money known to be there."""
    bjorn = device_id(hass, careful.entry, "Björn")
    diary = await automate(
        hass,
        BUTTON,
        conditions=(
            {
                "condition": "or",
                "conditions": [
                    asked("contact_may", right="control", contact=bjorn),
                    asked("balance_above", above=1),
                ],
            },
        ),
    )
    hass.bus.async_fire("button")
    await hass.async_block_till_done()

    await hass.config_entries.async_unload(careful.entry.entry_id)
    hass.bus.async_fire("button")
    await hass.async_block_till_done()

    assert diary.ids == ["button"]


async def test_a_call_is_under_way_from_the_ring_to_the_end(
    hass: HomeAssistant, house: House
) -> None:
    """With a contact, at a number, or any."""
    anna, bjorn, number = (
        device_id(hass, house.entry, name) for name in ("Anna", "Björn", NUMBER)
    )
    seen: list[list[str]] = []
    chosen: dict[str, Json] = {
        "any": {},
        "anna": {"contact": anna},
        "björn": {"contact": [bjorn]},
        "here": {"number": number, "contact": [anna, bjorn]},
    }
    diary = await automate(
        hass,
        BUTTON,
        actions=[
            {
                "if": [asked("in_call", **options)],
                "then": {"action": "diary.note", "data": {"id": name}},
            }
            for name, options in chosen.items()
        ],
    )
    await house.answers("announce", greeting="Hello")
    await house.stop_clock()

    async def look() -> None:
        """Note which are under way."""
        before = len(diary.ids)
        hass.bus.async_fire("button")
        await hass.async_block_till_done()
        seen.append(diary.ids[before:])

    await look()
    call_id = await house.ring()
    await house.rung()
    await look()
    await house.run_clock()
    await house.over(call_id)
    await look()

    assert seen == [[], ["any", "anna", "here"], []]


@pytest.mark.parametrize(
    ("balance", "above", "is_above"),
    [
        ("20.01", 20, True),
        ("20.00", 20, False),
        ("19.99", 20.0, False),
        ("0.10", 0, True),
    ],
)
async def test_there_is_more_than_an_amount(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    balance: str,
    above: float,
    is_above: bool,
) -> None:
    """As it was read last."""
    diary = await automate(
        hass, BUTTON, conditions=(asked("balance_above", above=above),)
    )
    await simulator.put_account(balance=balance)
    await pass_time(hass, minutes=31)

    hass.bus.async_fire("button")
    await hass.async_block_till_done()

    assert bool(diary.ids) is is_above


async def test_of_several_accounts_each_must_have_it(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Unless one is named; of a subaccount 46elks may tell nothing."""
    other = MockConfigEntry(
        domain=integration.domain,
        title="Other",
        unique_id="other",
        data={**integration.data, "password": "wrong"},
    )
    other.add_to_hass(hass)
    named = asked("balance_above", above=1, config_entry_id=integration.entry_id)
    missing = asked("balance_above", above=1, config_entry_id=other.entry_id)
    diary = await automate(
        hass,
        BUTTON,
        actions=[
            {
                "if": [condition],
                "then": {"action": "diary.note", "data": {"id": name}},
            }
            for name, condition in (
                ("named", named),
                ("missing", missing),
                ("any", asked("balance_above", above=1)),
            )
        ],
    )

    hass.bus.async_fire("button")
    await hass.async_block_till_done()

    assert diary.ids == ["named", "any"]
