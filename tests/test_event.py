"""What the event entities of contacts and numbers tell."""

from homeassistant.components.event import ATTR_EVENT_TYPE, ATTR_EVENT_TYPES
from homeassistant.const import (
    ATTR_FRIENDLY_NAME,
    EVENT_STATE_CHANGED,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
)
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.const import CONF_KEEP_TEXT

from . import (
    ANNA,
    BJORN,
    NUMBER,
    OTHER_NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    change_options,
    pass_time,
    post_callback,
    send_sms,
    text_home,
)

ANNAS = "event.anna_messages"
BJORNS = "event.bjorn_messages"
NUMBERS = "event.46701740690_messages"


def told(hass: HomeAssistant, entity_id: str) -> Json:
    """Return what an event entity last told, without what never changes."""
    state = hass.states.get(entity_id)
    assert state
    fixed = {ATTR_EVENT_TYPES, ATTR_FRIENDLY_NAME}
    return {key: value for key, value in state.attributes.items() if key not in fixed}


async def test_a_contacts_text_is_told_by_contact_and_number(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Whoever automates by person or by number finds it where they look."""
    text = await text_home(hass, simulator, ANNA, "I am late")

    assert told(hass, ANNAS) == {ATTR_EVENT_TYPE: "sms_received", **text}
    assert told(hass, NUMBERS) == {
        ATTR_EVENT_TYPE: "sms_received",
        **text,
        "contact": "Anna",
    }
    assert told(hass, BJORNS) == {ATTR_EVENT_TYPE: None}


async def test_a_strangers_text_is_told_by_the_number_alone(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It belongs to no contact."""
    await simulator.put_handset(STRANGER)
    text = await text_home(hass, simulator, STRANGER, "Pizza?")

    assert told(hass, NUMBERS) == {
        ATTR_EVENT_TYPE: "sms_received",
        **text,
        "contact": None,
    }
    assert told(hass, ANNAS) == {ATTR_EVENT_TYPE: None}


async def test_a_text_to_another_number_is_told_by_the_contact_alone(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """The account may have more than one, and each tells of its own."""
    form = {"id": "s1", "from": ANNA, "to": OTHER_NUMBER, "message": "Hello"}

    await post_callback(public_url, "sms", form)
    await hass.async_block_till_done()

    assert told(hass, ANNAS)["recipient"] == OTHER_NUMBER
    assert told(hass, NUMBERS) == {ATTR_EVENT_TYPE: None}


async def test_the_words_stay_out_of_history(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """What people write is private, and the recorder keeps states for ten days."""
    await text_home(hass, simulator, ANNA, "My PIN is 1234")

    states = [hass.states.get(entity_id) for entity_id in (ANNAS, NUMBERS)]
    recorded = [
        set(state.attributes) - state.state_info["unrecorded_attributes"]
        for state in states
        if state and state.state_info
    ]
    assert [names & {"id", "message"} for names in recorded] == [{"id"}, {"id"}]


async def test_without_kept_texts_no_state_has_the_words(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The person wants them nowhere."""
    await change_options(hass, integration, **{CONF_KEEP_TEXT: False})

    text = await text_home(hass, simulator, ANNA, "My PIN is 1234")

    assert told(hass, ANNAS) == {
        ATTR_EVENT_TYPE: "sms_received",
        **text,
        "message": None,
    }
    assert told(hass, NUMBERS)["message"] is None


async def test_a_delivered_text_is_told_once(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Its earlier steps are no news to an automation."""
    changes: list[Event[EventStateChangedData]] = async_capture_events(
        hass, EVENT_STATE_CHANGED
    )

    (row,) = await send_sms(hass, to=ANNA)

    event = told(hass, ANNAS)
    assert event.pop("delivered")
    assert event == {
        ATTR_EVENT_TYPE: "delivered",
        "id": row["id"],
        "recipient": ANNA,
        "status": "delivered",
        "parts": 1,
        "cost": 0.52,
    }
    told_times = [change.data["entity_id"] for change in changes].count(ANNAS)
    assert told_times == 1
    assert told(hass, BJORNS) == {ATTR_EVENT_TYPE: None}


async def test_a_failed_text_is_told(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """So that a home can try another way."""
    await simulator.put_handset(BJORN, on=False, validity=1)

    (row,) = await send_sms(hass, to=BJORN)

    assert told(hass, BJORNS) == {
        ATTR_EVENT_TYPE: "failed",
        "id": row["id"],
        "recipient": BJORN,
        "status": "failed",
        "delivered": None,
        "parts": 1,
        "cost": 0.52,
    }


async def test_a_refused_text_is_told_as_failed(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It never had an id, and cost nothing."""
    await simulator.put_account(balance="0.00")

    with pytest.raises(HomeAssistantError):
        await send_sms(hass, to=ANNA)
    await hass.async_block_till_done()

    assert told(hass, ANNAS) == {
        ATTR_EVENT_TYPE: "failed",
        "id": None,
        "recipient": ANNA,
        "status": "failed",
        "delivered": None,
        "parts": None,
        "cost": None,
    }


async def test_a_number_that_is_given_up_is_unavailable(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Nothing can come in by it any more, until it is rented again."""
    await simulator.put_number(NUMBER, active=False)
    await pass_time(hass, minutes=31)
    gone = hass.states.get(NUMBERS)
    await simulator.put_number(NUMBER, active=True)
    await pass_time(hass, minutes=31)
    back = hass.states.get(NUMBERS)

    assert gone
    assert gone.state == STATE_UNAVAILABLE
    assert back
    assert back.state == STATE_UNKNOWN


async def test_words_that_are_no_longer_kept_are_not_recalled(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Whoever switches it off does not want to see them any more."""
    await text_home(hass, simulator, ANNA, "very secret")
    await change_options(hass, integration, keep_text=False)

    state = hass.states.get("event.anna_messages")
    assert state is not None
    assert state.attributes["event_type"] == "sms_received"
    assert state.attributes["message"] is None
