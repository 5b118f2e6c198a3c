"""The actions that read what 46elks remembers: messages, calls and recordings, page after page."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, Final, TypedDict

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util import dt as dt_util
from homeassistant.util.json import JsonObjectType
import probatio

from ..api import (
    CallDirection,
    ElksClient,
    ElksInvalidDataError,
    ElksRequestError,
    Message,
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
from ..errors import invalid, translate_errors
from ..tapes import async_kept
from .account import ACCOUNT, async_check_household, async_entry
from .rows import (
    Ends,
    call_row,
    ends_of_call,
    ends_of_message,
    message_row,
    recording_row,
)

ATTR_AFTER: Final = "after"
ATTR_BEFORE: Final = "before"
ATTR_DIRECTION: Final = "direction"
ATTR_KIND: Final = "kind"
ATTR_LIMIT: Final = "limit"
ATTR_NUMBER: Final = "number"

# 46elks keeps times in milliseconds, and tells what is newer than one, not what is of it.
TICK: Final = timedelta(milliseconds=1)
# Each recording names its call, and each call is asked for; more at once would be a flood.
CALLS_AT_ONCE: Final = 8
# Of so many at most the calls are asked for to find those that went one way.
RECORDINGS_AT_MOST: Final = 1000
# What one reading of a history may cost 46elks: as many rows as the limit can ask for.
ROWS_AT_MOST: Final = 10_000
# A page of 46elks' history; who wants more says so.
DEFAULT_LIMIT: Final = 100
# A hundred pages: more is no answer to an automation, but a job for 46elks' own export.
LIMIT_AT_MOST: Final = ROWS_AT_MOST

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


class Span(TypedDict):
    """What a history is asked for."""

    after: datetime | None
    before: datetime | None
    unreadable: Callable[[ElksInvalidDataError], None]


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
        read = 0
        async for row in history:
            is_wanted = takes(row)
            # Where little is wanted of much, what was found is told, and that there may be more.
            if read == ROWS_AT_MOST or (is_wanted and len(rows) == limit):
                self.more = True
                break
            read += 1
            if is_wanted:
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
    await async_check_household(call)
    wanted = _wanted(call.hass, call.data)
    entry = await async_entry(call)
    # A reload while reading takes the rooms away from the entry, not from us.
    messages, contacts = entry.runtime_data.client.messages, entry.runtime_data.contacts
    keeps_text = entry.options.get(CONF_KEEP_TEXT, True)
    kind = call.data.get(ATTR_KIND)
    reader = Reader()
    span: Span = {
        "after": wanted.newer_than,
        "before": wanted.before,
        "unreadable": reader.skip,
    }
    found: list[Message] = []
    with translate_errors(call.hass, entry):
        for history, its_kind in (
            (
                messages.sms_history(
                    **span, recipient=_only_recipient(wanted, contacts)
                ),
                MessageKind.SMS,
            ),
            (messages.mms_history(**span), MessageKind.MMS),
        ):
            if kind in (None, its_kind):
                found += await reader.read(
                    history,
                    lambda message: wanted.takes(
                        message.created, ends_of_message(message)
                    ),
                    wanted.limit,
                )
    found.sort(key=lambda message: message.created or EPOCH, reverse=True)
    return reader.answer(
        "messages",
        [
            message_row(message, contacts, keeps_text=keeps_text)
            for message in reader.cut(found, wanted.limit)
        ],
    )


async def async_get_calls(call: ServiceCall) -> ServiceResponse:
    """Return calls, newest first."""
    await async_check_household(call)
    wanted = _wanted(call.hass, call.data)
    entry = await async_entry(call)
    calls, contacts = entry.runtime_data.client.calls, entry.runtime_data.contacts
    reader = Reader()
    with translate_errors(call.hass, entry):
        found = await reader.read(
            calls.history(
                wanted.newer_than, before=wanted.before, unreadable=reader.skip
            ),
            lambda one: wanted.takes(one.created, ends_of_call(one)),
            wanted.limit,
        )
    return reader.answer("calls", [call_row(one, contacts) for one in found])


async def async_get_recordings(call: ServiceCall) -> ServiceResponse:
    """Return recordings, newest first, with the ends of the calls that they are of."""
    await async_check_household(call)
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
            wanted.limit if wanted.direction is None else RECORDINGS_AT_MOST,
        )
        ends: dict[str, Ends] = {}
        found: list[Recording] = []
        for some in batched(recordings, CALLS_AT_ONCE, strict=False):
            ends |= await _async_ends(client, some)
            found += [
                recording
                for recording in some
                if wanted.direction in (None, ends[recording.call_id].direction)
            ]
            if len(found) > wanted.limit:
                break
    told = reader.cut(found, wanted.limit)
    kept = await async_kept(call.hass, [recording.id for recording in told])
    return reader.answer(
        "recordings",
        [
            recording_row(
                recording, ends[recording.call_id], contacts, kept.get(recording.id)
            )
            for recording in told
        ],
    )


async def _async_ends(
    client: ElksClient, recordings: Iterable[Recording]
) -> dict[str, Ends]:
    """Return the ends of the calls of recordings, by the call; a recording itself names none."""
    unknown = Ends(direction=None, sender=None, recipient=None)
    ends = {recording.call_id: unknown for recording in recordings}

    async def ask(call_id: str) -> None:
        """Note the ends of one call, which 46elks may have no more."""
        with suppress(ElksRequestError, ElksInvalidDataError):
            ends[call_id] = ends_of_call(await client.calls.get(call_id))

    await asyncio.gather(*map(ask, ends))
    return ends


def _only_recipient(wanted: Wanted, contacts: Contacts) -> str | None:
    """Return whom all that is wanted went to, where that is sure: 46elks can leave out the rest.

    What went out may also be wanted by the number it came from, but that is no contact's.
    """
    is_outgoing = wanted.direction == CallDirection.OUTGOING
    is_contact = contacts.by_phone(wanted.number or "") is not None
    return wanted.number if is_outgoing and is_contact else None


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
