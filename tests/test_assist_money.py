"""What is told of a conversation while it goes on, and what is set aside for it."""

from decimal import Decimal
from typing import Final

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.elks46.const import CONF_CALL_HANDLING, CONF_RIGHTS
from custom_components.elks46.records import Limit

from . import ANNA, BJORN, change_options
from .calls import known_call, on_ring
from .talk import Parlour

CALLS: Final = "event.46701740690_calls"
SATELLITE: Final = "assist_satellite.anna_call"


def reserved(parlour: Parlour, call_id: str) -> Decimal:
    """Return what is set aside for a call."""
    call = parlour.entry.runtime_data.store.call_by_id(call_id)
    assert call is not None
    amount: Decimal = call.reserved
    return amount


@pytest.mark.parametrize("handling", ["assist", "automation"])
async def test_a_conversation_is_told_as_answered(
    hass: HomeAssistant, parlour: Parlour, handling: str
) -> None:
    """When 46elks has brought the voice, and money is set aside for it, whoever has said that it shall be one."""
    await parlour.change("number", **{CONF_CALL_HANDLING: handling})
    on_ring(hass, "answer_call", instruction="assist")
    told = async_capture_events(hass, "state_changed")
    call_id = await parlour.ring(ANNA)
    await parlour.talks(call_id)
    await hass.async_block_till_done()
    set_aside = reserved(parlour, call_id)
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert set_aside >= Decimal("1.50")
    assert [
        one.data["new_state"].attributes["event_type"]
        for one in told
        if one.data["entity_id"] == CALLS
    ] == ["ringing", "answered", "ended"]


async def test_two_who_call_at_once_do_not_spend_the_same_money(
    parlour: Parlour,
) -> None:
    """What is enough for one conversation is not enough for two, before anything is written down."""
    await parlour.change("björn", **{CONF_RIGHTS: ["assist"]})
    await change_options(parlour.hass, parlour.entry, **{Limit.DAILY_SPEND: 2})
    first = await parlour.ring(ANNA)
    second = await parlour.call(BJORN)
    turned_away = await parlour.end(second)
    await parlour.talks(first)
    await parlour.do(first, "hangup")
    await parlour.end(first)

    assert "cannot talk right now" in turned_away["actions"][0]["play"]


async def test_a_call_of_the_house_counts_the_voice_too(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """It costs as much more than a call that plays something for as long."""
    await hass.services.async_call(
        "assist_satellite",
        "announce",
        {"entity_id": SATELLITE, "message": "Hello", "preannounce": False},
        blocking=False,
    )
    call_id = str((await parlour.new())[0]["id"])
    await parlour.phase(call_id, "ringing")
    await known_call(parlour.entry, call_id)
    set_aside = reserved(parlour, call_id)
    await parlour.do(call_id, "decline")
    await parlour.end(call_id)

    assert set_aside >= 10 * 2 * Decimal("0.70") + Decimal("1.50")
