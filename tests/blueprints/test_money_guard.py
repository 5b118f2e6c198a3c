"""Watch the money."""

from homeassistant.components.persistent_notification import DOMAIN as NOTES
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_get_persistent_notifications,
)

from custom_components.elks46.const import DOMAIN
from tests import ANNA, BJORN, STRANGER, send_sms

from . import Household, noted


def notes(household: Household) -> list[str]:
    """Return what stands in the notifications of Home Assistant."""
    found = async_get_persistent_notifications(household.hass)
    return [one["message"] for one in found.values()]


async def test_a_low_balance_is_told(household: Household) -> None:
    """In Home Assistant."""
    assert await async_setup_component(household.hass, NOTES, {})
    await household.use("money_guard")
    await household.simulator.put_account(balance=12.5)
    await household.passes(minutes=31)

    assert notes(household) == [
        f"46elks: only 12.5 SEK are left of {household.entry.title}."
    ]


async def test_a_limit_stops_what_was_chosen(household: Household) -> None:
    """And is told by the way that was chosen."""
    more = household.watch("more")
    assert await async_setup_component(household.hass, NOTES, {})
    await household.use_otherwise(
        "money_guard",
        below=90,
        limits=False,
        notify=["notify.anna_sms"],
        low_words="Low",
        limit_words="Limit",
        automations=["automation.other"],
        more=noted("more"),
    )
    await household.options(hourly_message_limit=2)
    await send_sms(household.hass, to=[BJORN, BJORN, BJORN])
    await household.rests()
    assert not notes(household)
    await household.simulator.put_account(balance=80)
    await household.options(hourly_message_limit=100)
    await household.passes(minutes=31)

    assert notes(household) == ["Low"]
    assert await household.got(ANNA) == ["Low"]
    assert len(more) == 1


async def test_automations_are_switched_off_at_a_limit(household: Household) -> None:
    """Until somebody has had a look."""
    assert await async_setup_component(household.hass, NOTES, {})
    await household.use("money_guard", automations=["automation.money_guard"])
    await household.options(hourly_message_limit=1)
    await send_sms(household.hass, to=[ANNA, BJORN])
    await household.rests()

    assert notes(household) == [
        f"46elks: the hourly message limit of {household.entry.title} is reached."
    ]
    assert household.hass.states.is_state("automation.money_guard", "off")


async def test_strangers_switch_off_nothing(household: Household) -> None:
    """However many of their calls are passed on."""
    assert await async_setup_component(household.hass, NOTES, {})
    await household.options(hourly_call_limit=0)
    await household.house.answers("forward", forward_to=[BJORN])
    await household.use("money_guard", automations=["automation.money_guard"])
    await household.simulator.put_handset(STRANGER)
    await household.house.over(await household.house.ring(STRANGER))
    await household.rests()

    assert notes(household) == [
        f"46elks: the hourly call limit of {household.entry.title} is reached."
    ]
    assert household.hass.states.is_state("automation.money_guard", "on")


async def test_each_account_has_its_note(household: Household) -> None:
    """One does not take the place of another's."""
    assert await async_setup_component(household.hass, NOTES, {})
    other = MockConfigEntry(domain=DOMAIN, title="Other")
    other.add_to_hass(household.hass)
    await household.use("money_guard")
    for entry in (household.entry, other):
        household.hass.bus.async_fire(
            "elks46_limit_reached",
            {
                "config_entry_id": entry.entry_id,
                "limit": "daily_spend_limit",
                "action": "send_sms",
            },
        )
    await household.rests()

    assert notes(household) == [
        f"46elks: the daily spend limit of {title} is reached."
        for title in (household.entry.title, "Other")
    ]
