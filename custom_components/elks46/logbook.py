"""Sentences for what the bus tells, in Home Assistant's activity: who did what, without what was said."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from homeassistant.components.logbook import (
    LOGBOOK_ENTRY_ENTITY_ID,
    LOGBOOK_ENTRY_MESSAGE,
    LOGBOOK_ENTRY_NAME,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, entity_registry as er

from .api import CallDirection
from .bus import (
    EVENT_LIMIT_REACHED,
    EVENT_MESSAGE_STATUS,
    EVENT_MMS_RECEIVED,
    EVENT_RECORDING,
    EVENT_SMS_RECEIVED,
    EVENTS_OF_CALLS,
)
from .const import DOMAIN
from .phrases import phrase
from .records import CallNews, CallOutcome

if TYPE_CHECKING:
    from homeassistant.components.logbook.models import LazyEventPartialState

type Data = Mapping[str, Any]
type Describe = Callable[[LazyEventPartialState], dict[str, str | None]]

# The event entity that stands for what happened, by its translation key.
MESSAGES: Final = "messages"
CALLS: Final = "calls"


def _status(data: Data) -> str:
    return f"log_message_{data['status']}"


def _ended(data: Data) -> str:
    if data["direction"] == CallDirection.OUTGOING:
        return f"log_call_{data['outcome']}"
    is_answered = data["outcome"] == CallOutcome.ANSWERED
    return "log_caller_answered" if is_answered else "log_caller_unanswered"


def _recording(data: Data) -> str:
    return "log_voicemail" if data["voicemail"] else "log_recording"


def _limit(data: Data) -> str:
    return f"log_{data['limit']}"


# What is said of each event, and the entity that its line leads to.
SENTENCES: Final[dict[str, tuple[Callable[[Data], str], str | None]]] = {
    EVENT_SMS_RECEIVED: (lambda _: "log_sms_received", MESSAGES),
    EVENT_MMS_RECEIVED: (lambda _: "log_mms_received", MESSAGES),
    EVENT_MESSAGE_STATUS: (_status, MESSAGES),
    EVENTS_OF_CALLS[CallNews.RINGING]: (lambda _: "log_call_received", CALLS),
    EVENTS_OF_CALLS[CallNews.DIGITS]: (lambda _: "log_call_digits", CALLS),
    EVENTS_OF_CALLS[CallNews.ENDED]: (_ended, CALLS),
    EVENT_RECORDING: (_recording, CALLS),
    EVENT_LIMIT_REACHED: (_limit, None),
}


@callback
def async_describe_events(
    hass: HomeAssistant, async_describe_event: Callable[[str, str, Describe], None]
) -> None:
    """Describe all events of this integration."""

    @callback
    def describe(event: LazyEventPartialState) -> dict[str, str | None]:
        sentence, entity = SENTENCES[str(event.event_type)]
        account = _account(hass, event.data)
        number = _number(hass, event.data) or account
        return {
            LOGBOOK_ENTRY_NAME: account if entity is None else _who(hass, event.data),
            LOGBOOK_ENTRY_MESSAGE: phrase(hass, sentence(event.data), number=number),
            LOGBOOK_ENTRY_ENTITY_ID: _entity_id(hass, event.data, entity),
        }

    for event_type in SENTENCES:
        async_describe_event(DOMAIN, event_type, describe)


def _account(hass: HomeAssistant, data: Data) -> str:
    """Return what the account is called, also where it was removed meanwhile."""
    entry = hass.config_entries.async_get_entry(data["config_entry_id"])
    return entry.title if entry else "46elks"


def _number(hass: HomeAssistant, data: Data) -> str | None:
    """Return what the number of ours is called."""
    device = dr.async_get(hass).async_get(data["number_device_id"] or "")
    named = (device.name_by_user or device.name) if device else None
    number: str | None = data["number"]
    return named or number


def _who(hass: HomeAssistant, data: Data) -> str:
    """Return who is at the other end: a contact, another phone, or somebody who hides it."""
    ours = data["number"]
    ends = (data.get(key) for key in ("sender", "recipient", "caller", "callee"))
    theirs = next((end for end in ends if end and end != ours), None)
    return data["contact"] or theirs or phrase(hass, "hidden_number")


def _entity_id(hass: HomeAssistant, data: Data, key: str | None) -> str | None:
    """Return the event entity that tells the same, of the contact or else of the number."""
    registry = er.async_get(hass)
    return next(
        (
            entity.entity_id
            for device_id in (data["contact_device_id"], data["number_device_id"])
            if device_id
            for entity in er.async_entries_for_device(registry, device_id)
            if entity.translation_key == key
        ),
        None,
    )
