"""The actions that read what 46elks remembers: messages, calls and recordings, page after page."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
import probatio

from ..api import (
    Call,
    CallDirection,
    ElksClient,
    ElksInvalidDataError,
    Leg,
    Message,
    MessageDirection,
    MessageKind,
    Recording,
)
from ..const import CONF_KEEP_TEXT, EPOCH
from ..contacts import (
    Contacts,
    InvalidPhoneNumberError,
    parse_phone,
    phone_without_plus,
)
from ..errors import translate_errors
from .account import ACCOUNT, async_entry, invalid

ATTR_AFTER: Final = "after"
ATTR_BEFORE: Final = "before"
ATTR_DIRECTION: Final = "direction"
ATTR_KIND: Final = "kind"
ATTR_LIMIT: Final = "limit"
ATTR_NUMBER: Final = "number"

# 46elks keeps times in milliseconds, and tells what is newer than one, not what is of it.
TICK: Final = timedelta(milliseconds=1)
# 46elks names no longest call; operators end one that has lasted some hours.
LONGEST_CALL: Final = timedelta(days=1)
# A page of 46elks' history; who wants more says so.
DEFAULT_LIMIT: Final = 100
# A hundred pages: more is no answer to an automation, but a job for 46elks' own export.
LIMIT_AT_MOST: Final = 10_000

HISTORY: Final[VolDictType] = {
    **ACCOUNT,
    probatio.Optional(ATTR_AFTER): cv.datetime,
    probatio.Optional(ATTR_BEFORE): cv.datetime,
    probatio.Optional(ATTR_LIMIT, default=DEFAULT_LIMIT): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=LIMIT_AT_MOST)
    ),
    probatio.Optional(ATTR_DIRECTION): probatio.In(
        [CallDirection.INCOMING.value, CallDirection.OUTGOING.value]
    ),
}
GET_MESSAGES_SCHEMA: Final = probatio.Schema(
    {
        **HISTORY,
        probatio.Optional(ATTR_KIND): probatio.In([kind.value for kind in MessageKind]),
        # Left as it comes, to tell a person what is wrong with it.
        probatio.Optional(ATTR_NUMBER): probatio.Any(str, int, float),
    }
)
GET_CALLS_SCHEMA: Final = probatio.Schema(
    {**HISTORY, probatio.Optional(ATTR_NUMBER): probatio.Any(str, int, float)}
)
GET_RECORDINGS_SCHEMA: Final = probatio.Schema(HISTORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Which way something went, and the numbers at its two ends; None where it is not known."""

    direction: str | None
    sender: str | None
    recipient: str | None

    @property
    def other(self) -> str:
        """Who is not this home."""
        incoming = self.direction == CallDirection.INCOMING
        return (self.sender if incoming else self.recipient) or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for: from a time on, up to before another, of one direction, with one number."""

    after: datetime | None
    before: datetime | None
    direction: str | None
    number: str | None
    limit: int

    @property
    def newer_than(self) -> datetime | None:
        """The last moment that is not wanted."""
        return None if self.after is None else max(self.after, EPOCH) - TICK

    def takes(self, created: datetime | None, ends: Ends) -> bool:
        """Return whether something is wanted; a time that 46elks does not tell is as it says."""
        if created is not None:
            if self.after is not None and created < self.after:
                return False
            if self.before is not None and created >= self.before:
                return False
        return self.direction in (None, ends.direction) and self.number in (
            None,
            ends.sender,
            ends.recipient,
        )


class Reader:
    """Reads some of a history, newest first, and counts what cannot be read."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.more = False
        self.unreadable = 0

    def skip(self, _: ElksInvalidDataError) -> None:
        """Count a row that cannot be read."""
        self.unreadable += 1

    async def read[T](
        self, history: AsyncIterator[T], takes: Callable[[T], bool], limit: int
    ) -> list[T]:
        """Return so many of what is wanted, and note whether there are more."""
        rows: list[T] = []
        async for row in history:
            if not takes(row):
                continue
            if len(rows) == limit:
                self.more = True
                break
            rows.append(row)
        return rows

    def cut[T](self, rows: list[T], limit: int) -> list[T]:
        """Return no more than so many, and note whether there are more."""
        self.more = self.more or len(rows) > limit
        return rows[:limit]

    def answer(self, name: str, rows: list[JsonObjectType]) -> ServiceResponse:
        """Return what an action answers."""
        return {name: [*rows], "more": self.more, "unreadable": self.unreadable}


async def async_get_messages(call: ServiceCall) -> ServiceResponse:
    """Return texts and picture messages, newest first."""
    wanted = _wanted(call.hass, call.data)
    entry = await async_entry(call)
    # A reload while reading takes the rooms away from the entry, not from us.
    messages, contacts = entry.runtime_data.client.messages, entry.runtime_data.contacts
    keeps_text = entry.options.get(CONF_KEEP_TEXT, True)
    kind = call.data.get(ATTR_KIND)
    reader = Reader()
    found: list[Message] = []
    with translate_errors(call.hass, entry):
        for history, its_kind in (
            (messages.sms_history, MessageKind.SMS),
            (messages.mms_history, MessageKind.MMS),
        ):
            if kind in (None, its_kind):
                found += await reader.read(
                    history(
                        wanted.newer_than,
                        before=wanted.before,
                        unreadable=reader.skip,
                    ),
                    lambda message: wanted.takes(
                        message.created, _ends_of_message(message)
                    ),
                    wanted.limit,
                )
    found.sort(key=lambda message: message.created or EPOCH, reverse=True)
    return reader.answer(
        "messages",
        [
            _message_row(message, contacts, keeps_text=keeps_text)
            for message in reader.cut(found, wanted.limit)
        ],
    )


async def async_get_calls(call: ServiceCall) -> ServiceResponse:
    """Return calls, newest first."""
    wanted = _wanted(call.hass, call.data)
    entry = await async_entry(call)
    calls, contacts = entry.runtime_data.client.calls, entry.runtime_data.contacts
    reader = Reader()
    with translate_errors(call.hass, entry):
        found = await reader.read(
            calls.history(
                wanted.newer_than, before=wanted.before, unreadable=reader.skip
            ),
            lambda one: wanted.takes(one.created, _ends_of_call(one)),
            wanted.limit,
        )
    return reader.answer("calls", [_call_row(one, contacts) for one in found])


async def async_get_recordings(call: ServiceCall) -> ServiceResponse:
    """Return recordings, newest first, with the ends of the calls that they are of."""
    wanted = _wanted(call.hass, call.data)
    entry = await async_entry(call)
    client, contacts = entry.runtime_data.client, entry.runtime_data.contacts
    reader = Reader()
    nowhere = Ends(direction=wanted.direction, sender=None, recipient=None)
    with translate_errors(call.hass, entry):
        recordings = await reader.read(
            client.recordings.history(
                wanted.newer_than, before=wanted.before, unreadable=reader.skip
            ),
            lambda recording: wanted.takes(recording.created, nowhere),
            # Only its call tells which way it went.
            wanted.limit if wanted.direction is None else LIMIT_AT_MOST,
        )
        ends = await _async_ends(client, recordings)
    found = [
        recording
        for recording in recordings
        if wanted.direction in (None, ends[recording.call_id].direction)
    ]
    return reader.answer(
        "recordings",
        [
            _recording_row(recording, ends[recording.call_id], contacts)
            for recording in reader.cut(found, wanted.limit)
        ],
    )


async def _async_ends(
    client: ElksClient, recordings: list[Recording]
) -> dict[str, Ends]:
    """Return the ends of the calls of recordings, by the call; a recording itself names none."""
    unknown = Ends(direction=None, sender=None, recipient=None)
    ends = {recording.call_id: unknown for recording in recordings}
    if recordings:
        async for call in client.calls.history(
            recordings[-1].created - LONGEST_CALL, before=recordings[0].created + TICK
        ):
            if call.id in ends:
                ends[call.id] = _ends_of_call(call)
    return ends


def _wanted(hass: HomeAssistant, data: Mapping[str, Any]) -> Wanted:
    """Return what was asked for, or say what is wrong with it."""
    after, before = _time(data, ATTR_AFTER), _time(data, ATTR_BEFORE)
    if after is not None and before is not None and after >= before:
        raise invalid("history_span_empty")
    return Wanted(
        after=after,
        before=before,
        direction=data.get(ATTR_DIRECTION),
        number=_number(hass, data.get(ATTR_NUMBER)),
        limit=data[ATTR_LIMIT],
    )


def _time(data: Mapping[str, Any], field: str) -> datetime | None:
    """Return a moment; one without a zone is this home's."""
    if (value := data.get(field)) is None:
        return None
    try:
        return dt_util.as_utc(value)
    except OverflowError:
        raise invalid("history_time_impossible", field=field) from None


def _number(hass: HomeAssistant, written: str | float | None) -> str | None:
    if written is None:
        return None
    try:
        if isinstance(written, str):
            return parse_phone(written, hass.config.country)
        return phone_without_plus(written)
    except InvalidPhoneNumberError:
        raise invalid("history_number_invalid") from None


def _ends_of_message(message: Message) -> Ends:
    direction = message.direction
    if direction is MessageDirection.OUTGOING_REPLY:
        # What 46elks answered by itself went out like any other.
        direction = MessageDirection.OUTGOING
    return Ends(
        direction=direction.value, sender=message.sender, recipient=message.recipient
    )


def _ends_of_call(call: Call) -> Ends:
    return Ends(
        direction=call.direction.value, sender=call.caller, recipient=call.callee
    )


def _message_row(
    message: Message, contacts: Contacts, *, keeps_text: bool
) -> JsonObjectType:
    ends = _ends_of_message(message)
    incoming = message.direction is MessageDirection.INCOMING
    return {
        "id": message.id,
        "kind": message.kind.value,
        "direction": ends.direction,
        "sender": message.sender,
        "recipient": message.recipient,
        "contact": _contact(contacts, ends),
        "message": message.text if keeps_text else None,
        "images": [*message.images],
        # 46elks gives a picture message that came in the status of one on its way.
        "status": None if incoming else message.status.value,
        "created": _written(message.created),
        "delivered": _written(message.delivered),
        "parts": message.parts,
        "cost": _money(message.cost),
    }


def _call_row(call: Call, contacts: Contacts) -> JsonObjectType:
    return {
        "call_id": call.id,
        "direction": call.direction.value,
        "caller": call.caller,
        "callee": call.callee,
        "contact": _contact(contacts, _ends_of_call(call)),
        "state": call.state.value,
        "created": _written(call.created),
        "start": _written(call.start),
        "duration": call.duration,
        "cost": _money(call.cost),
        "legs": [_leg_row(leg) for leg in call.legs],
        "recordings": [*call.recordings],
    }


def _leg_row(leg: Leg) -> JsonObjectType:
    return {
        "caller": leg.caller or None,
        "callee": leg.callee or None,
        "state": leg.state.value,
        "duration": leg.duration,
        "cost": _money(leg.cost),
    }


def _recording_row(
    recording: Recording, ends: Ends, contacts: Contacts
) -> JsonObjectType:
    return {
        "recording_id": recording.id,
        "call_id": recording.call_id,
        "direction": ends.direction,
        "caller": ends.sender,
        "callee": ends.recipient,
        "contact": _contact(contacts, ends),
        "created": _written(recording.created),
        "duration": recording.duration,
    }


def _contact(contacts: Contacts, ends: Ends) -> str | None:
    contact = contacts.by_phone(ends.other)
    return contact.name if contact else None


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _money(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
