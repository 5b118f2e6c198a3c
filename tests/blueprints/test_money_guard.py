"""Watch the money."""

from homeassistant.components.persistent_notification import DOMAIN as NOTES
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    async_get_persistent_notifications,
)

from tests import ANNA, BJORN, send_sms

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

    assert notes(household) == ["46elks: only 12.5 SEK are left."]


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

    assert notes(household) == ["46elks: the hourly message limit is reached."]
    assert household.hass.states.is_state("automation.money_guard", "off")
