"""What people's automations hear on Home Assistant's bus."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.const import CONF_KEEP_TEXT

from . import (
    ANNA,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    change_options,
    send_sms,
    text_home,
)
from .automations import device_id

RECEIVED = "elks46_sms_received"
STATUS = "elks46_message_status"


def from_anna(hass: HomeAssistant, entry: MockConfigEntry) -> Json:
    """Return who and where, of everything between Anna and the home's number."""
    return {
        "config_entry_id": entry.entry_id,
        "number": NUMBER,
        "number_device_id": device_id(hass, entry, NUMBER),
        "contact": "Anna",
        "contact_device_id": device_id(hass, entry, "Anna"),
    }


async def test_a_contacts_text(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It tells who and where, ready to be answered."""
    events = async_capture_events(hass, RECEIVED)

    text = await text_home(hass, simulator, ANNA, "Open the gate")

    assert [dict(event.data) for event in events] == [
        from_anna(hass, integration) | text
    ]


async def test_a_strangers_text(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It has no contact, but the sender's number."""
    events = async_capture_events(hass, RECEIVED)
    await simulator.put_handset(STRANGER)

    text = await text_home(hass, simulator, STRANGER, "Hello")

    assert [dict(event.data) for event in events] == [
        {
            **from_anna(hass, integration),
            "contact": None,
            "contact_device_id": None,
            **text,
        }
    ]


async def test_without_kept_texts_the_bus_has_no_words(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The bus can be recorded, and seen by every user interface."""
    await change_options(hass, integration, **{CONF_KEEP_TEXT: False})
    events = async_capture_events(hass, RECEIVED)

    text = await text_home(hass, simulator, ANNA, "Open the gate")

    assert [dict(event.data) for event in events] == [
        from_anna(hass, integration) | text | {"message": None}
    ]


async def test_each_step_of_a_text(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Forward only: taken by 46elks, by the operator, by the phone."""
    events = async_capture_events(hass, STATUS)

    (row,) = await send_sms(hass, to=ANNA, sender=NUMBER)

    assert [event.data["status"] for event in events] == [
        "created",
        "sent",
        "delivered",
    ]
    last = dict(events[-1].data)
    assert last.pop("delivered")
    assert last == {
        **from_anna(hass, integration),
        "id": row["id"],
        "recipient": ANNA,
        "status": "delivered",
        "parts": 1,
        "cost": 0.52,
    }


async def test_a_text_from_a_name_has_no_number(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Nobody can answer it."""
    events = async_capture_events(hass, STATUS)

    await send_sms(hass, to=STRANGER, sender="Cottage")

    assert {key: events[0].data[key] for key in ("number", "number_device_id")} == {
        "number": None,
        "number_device_id": None,
    }


async def test_a_number_that_was_not_added_has_no_device(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The account may own more numbers than the home answers."""
    events = async_capture_events(hass, STATUS)
    await simulator.put_number("+46701740691")
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    await send_sms(hass, to=ANNA, sender="+46701740691")

    assert events[0].data["number"] == "+46701740691"
    assert events[0].data["number_device_id"] is None


async def test_a_refused_text_has_failed(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Whoever watches the bus need not watch the action as well."""
    events = async_capture_events(hass, STATUS)
    await simulator.put_account(balance="0.00")

    with pytest.raises(HomeAssistantError):
        await send_sms(hass, to=ANNA)

    assert [dict(event.data) for event in events] == [
        {
            **from_anna(hass, integration),
            "id": None,
            "recipient": ANNA,
            "status": "failed",
            "delivered": None,
            "parts": None,
            "cost": None,
        }
    ]


async def test_nothing_is_told_after_the_account_is_unloaded(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks keeps the text until it is loaded again."""
    events = async_capture_events(hass, RECEIVED)
    await hass.config_entries.async_unload(integration.entry_id)
    await simulator.send_text(ANNA, NUMBER, "Open the gate")
    (turned_away,) = await simulator.posted("sms")

    await hass.config_entries.async_setup(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert turned_away["status"] == 503
    assert [event.data["message"] for event in events] == ["Open the gate"]
