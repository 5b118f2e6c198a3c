"""The action that calls people until one of them has acknowledged."""

from typing import Any, Final

from homeassistant.components.media_player import ATTR_MEDIA_CONTENT_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
from homeassistant.util.ulid import ulid_now
import probatio

from ..data import ElksConfigEntry
from ..errors import invalid
from ..escalation import check_answered
from ..records import Alert, Attempt, AttemptKind, CallOutcome, PhoneCall, Words
from ..store import ElksStore
from .account import ACCOUNT, ATTR_CONTACTS, async_check_household, async_entry
from .calls import (
    ATTR_ACKNOWLEDGE,
    ATTR_FROM,
    ATTR_LANGUAGE,
    ATTR_MEDIA,
    ATTR_MESSAGE,
    ATTR_REPEAT,
    ATTR_RING_TIMEOUT,
    ATTR_TTS_ENGINE,
    ATTR_VOICE,
    CALLING,
    caller_of,
    key_of,
)
from .recipients import Recipient, async_check_may_send

ATTR_ALSO_SMS: Final = "also_sms"
ATTR_AT_ONCE: Final = "at_once"
ATTR_PAUSE: Final = "pause"
ATTR_ROUNDS: Final = "rounds"
ATTR_TELL_OTHERS: Final = "tell_others"
ATTR_UNTIL: Final = "until"
ATTR_UNTIL_STATE: Final = "until_state"

# More than a home has people to call in the night.
CONTACTS_AT_MOST: Final = 20
# Whoever was called that often has switched the phone off.
ROUNDS_AT_MOST: Final = 10
# Who is in the shower hears the second or the third.
DEFAULT_ROUNDS: Final = 3
# An alert that rests longer is none.
PAUSE_SECONDS_AT_MOST: Final = 3600
# Time to look at the phone and call back.
DEFAULT_PAUSE_SECONDS: Final = 60
DEFAULT_KEY: Final = "1"


def _state(value: object) -> str:
    """Return a state as Home Assistant writes it: YAML reads on and off as yes and no."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return cv.string(value)


ALERT_SCHEMA: Final = probatio.Schema(
    {
        **ACCOUNT,
        probatio.Required(ATTR_CONTACTS): probatio.All(
            probatio.EnsureList(),
            [cv.string],
            probatio.Length(min=1, max=CONTACTS_AT_MOST),
        ),
        probatio.Optional(ATTR_AT_ONCE, default=False): cv.boolean,
        **CALLING,
        probatio.Optional(ATTR_ROUNDS, default=DEFAULT_ROUNDS): probatio.All(
            probatio.Coerce(int), probatio.Range(min=1, max=ROUNDS_AT_MOST)
        ),
        probatio.Optional(ATTR_PAUSE, default=DEFAULT_PAUSE_SECONDS): probatio.All(
            probatio.Coerce(float), probatio.Range(min=0, max=PAUSE_SECONDS_AT_MOST)
        ),
        probatio.Optional(ATTR_ACKNOWLEDGE, default=DEFAULT_KEY): cv.string,
        probatio.Optional(ATTR_ALSO_SMS): cv.string,
        probatio.Optional(ATTR_TELL_OTHERS): cv.string,
        probatio.Optional(ATTR_UNTIL): cv.entity_id,
        probatio.Optional(ATTR_UNTIL_STATE): _state,
    }
)


async def async_alert(call: ServiceCall) -> ServiceResponse:
    """Call people until one has acknowledged, and tell how it ended."""
    entry = await async_entry(call)
    # A reload while waiting takes the rooms away from the entry, not from us.
    escalation, outbox = entry.runtime_data.escalation, entry.runtime_data.outbox
    words = _words(call.data)
    until, until_state = call.data.get(ATTR_UNTIL), call.data.get(ATTR_UNTIL_STATE)
    if (until is None) != (until_state is None):
        raise invalid("until_incomplete")
    contacts = _contacts(call.hass, entry, call.data[ATTR_CONTACTS])
    await _async_check_may_alert(call, entry, contacts)
    state = call.hass.states.get(until) if until else None
    # One that is being set up has no state yet.
    if until and state is None and er.async_get(call.hass).async_get(until) is None:
        raise invalid("until_unknown", entity_id=until)
    written = call.data.get(ATTR_FROM)
    has_caller = entry.runtime_data.coordinator.default_caller is not None
    alert = Alert(
        ref=ulid_now(),
        asked=dt_util.utcnow(),
        contacts=contacts,
        at_once=call.data[ATTR_AT_ONCE],
        rounds=call.data[ATTR_ROUNDS],
        pause=call.data[ATTR_PAUSE],
        acknowledge=key_of(call.data[ATTR_ACKNOWLEDGE]),
        repeat=call.data[ATTR_REPEAT],
        ring_timeout=call.data[ATTR_RING_TIMEOUT],
        # Without a number that calls texts can go out all the same.
        caller=caller_of(call.hass, entry, written) if written or has_caller else None,
        until=until,
        until_state=until_state,
        is_armed=state is None or state.state != until_state,
        words=words if outbox.may_store() else None,
    )
    ended = await escalation.async_alert(alert, words)
    check_answered(ended, is_answered=call.return_response)
    if not call.return_response:
        return None
    store = entry.runtime_data.store
    return {
        "acknowledged": ended.by is not None,
        "by": dict(ended.contacts)[ended.by] if ended.by is not None else None,
        "at": ended.over.isoformat() if ended.over else None,
        "via": ended.via.value if ended.via else None,
        "attempts": [_row(store, attempt) for attempt in ended.attempts],
    }


async def _async_check_may_alert(
    call: ServiceCall, entry: ElksConfigEntry, people: tuple[tuple[str, str], ...]
) -> None:
    """Refuse a person who may not call these people, or not from any number or about any entity."""
    contacts = map(
        entry.runtime_data.contacts.by_subentry,
        (subentry_id for subentry_id, _ in people),
    )
    await async_check_may_send(
        call,
        [Recipient(asked=one.name, contact=one) for one in contacts if one is not None],
    )
    if ATTR_FROM in call.data or ATTR_UNTIL in call.data:
        await async_check_household(call)


def _words(data: dict[str, Any]) -> Words:
    """Return what is to be said, and written."""
    message, media = data.get(ATTR_MESSAGE), data.get(ATTR_MEDIA)
    if (message is None) == (media is None):
        raise invalid("message_or_media")
    if message is not None and not message.strip():
        raise invalid("message_empty")
    for field in (ATTR_TTS_ENGINE, ATTR_LANGUAGE, ATTR_VOICE):
        if media is not None and field in data:
            raise invalid("only_with_message", field=field)
    for field in (ATTR_ALSO_SMS, ATTR_TELL_OTHERS):
        if field in data and not data[field].strip():
            raise invalid("text_empty", field=field)
    return Words(
        message=message,
        media=media[ATTR_MEDIA_CONTENT_ID] if isinstance(media, dict) else media,
        engine=data.get(ATTR_TTS_ENGINE),
        language=data.get(ATTR_LANGUAGE),
        voice=data.get(ATTR_VOICE),
        text=data.get(ATTR_ALSO_SMS),
        tell_others=data.get(ATTR_TELL_OTHERS),
    )


def _contacts(
    hass: HomeAssistant, entry: ElksConfigEntry, asked: list[str]
) -> tuple[tuple[str, str], ...]:
    """Return subentries and names, each once and in order.

    What is no contact stays by its own name: an alarm goes to the others, and the answer
    tells of it.
    """
    devices, contacts = dr.async_get(hass), entry.runtime_data.contacts
    people: dict[str, str] = {}
    for device_id in asked:
        device = devices.async_get(device_id)
        subentry_id = (device.config_subentry_id if device else None) or ""
        contact = contacts.by_subentry(subentry_id)
        if contact is None:
            people[device_id] = device_id
        else:
            people[subentry_id] = contact.name
    if not any(map(contacts.by_subentry, people)):
        raise invalid("contacts_unknown")
    return tuple(people.items())


def _row(store: ElksStore, attempt: Attempt) -> JsonObjectType:
    """Return what the action answers for one attempt."""
    row: JsonObjectType = {
        "contact": attempt.name,
        "round": attempt.round or None,
        "via": attempt.kind.value,
        "at": attempt.at.isoformat(),
    }
    if attempt.error is not None:
        return row | {"error": attempt.error}
    if attempt.kind is AttemptKind.CALL:
        call = store.calls.get(attempt.ref)
        return row | {"call_id": call.id if call else None, "outcome": _outcome(call)}
    sent = store.sent.get(attempt.ref)
    return row | {
        "id": sent.id if sent else None,
        "status": sent.status.value if sent else None,
    }


def _outcome(call: PhoneCall | None) -> str | None:
    """Return how a call has ended, or will: whoever has pressed the key may still hear the thanks."""
    if call is None:
        return None
    outcome = CallOutcome.ACKNOWLEDGED if call.is_acknowledged else call.outcome
    return outcome.value if outcome else None
