"""What 46elks posts to us: form fields in, messages, reports and calls out.

Follows https://46elks.com/docs/receive-sms, https://46elks.com/docs/receive-mms,
https://46elks.com/docs/sms-delivery-reports, https://46elks.com/docs/receive-call,
https://46elks.com/docs/call-actions and https://46elks.com/docs/handle-client-call.
Anyone may post to an address that can be reached from outside: nothing is taken for
granted, and errors name fields but never show what is in them.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
import json
import re
from typing import Final

from .calls import (
    CallAnswered,
    CallDirection,
    CallEnded,
    CallResult,
    CallState,
    IncomingCall,
    InstructionResult,
    Leg,
)
from .errors import ElksInvalidDataError
from .fields import (
    Fields,
    caller,
    identifier,
    integer,
    money,
    optional,
    readable,
    text,
    time,
    whole,
)
from .messages import DeliveryReport, IncomingMessage, MessageKind, MessageStatus
from .recordings import RecordingReady

DIGITS: Final = re.compile(r"[0-9*#]{1,64}")
"""The keys of a telephone."""

IMAGE_FIELD: Final = re.compile(r"image([0-9]{0,4})")
"""The first has no number, the next is `image2`."""

RECORDING_ADDRESS: Final = re.compile(
    r"[^?#]*/([0-9A-Za-z-]{1,64})(?:\.[0-9A-Za-z]+)?(?:[?#].*)?"
)
"""The last step of its path is the id of a recording."""

# How 46elks names fields; the last may be a number, as of several pictures.
_FIELD: Final = re.compile("[a-z_]{1,16}[0-9]{0,2}")


class CallbackKind(StrEnum):
    """What a callback is about."""

    SMS = "sms"
    MMS = "mms"
    DELIVERY = "delivery"
    CALL = "call"
    """The `voice_start` of a number that is called, or of a call that was answered."""
    NEXT = "next"
    """What to do after an instruction."""
    RECORD = "record"
    HANGUP = "hangup"
    VOICE = "voice"
    """No post: the socket that a number of Realtime Voice opens."""


type CallCallback = (
    IncomingCall | CallAnswered | CallResult | RecordingReady | CallEnded
)
"""What 46elks posts of a call."""

type _Readers[T] = Mapping[str, Callable[[Fields], T]]


def parse_callback(kind: str, form: Fields) -> IncomingMessage | DeliveryReport:
    """Read what 46elks posted of a message."""
    return _parse(kind, form, _OF_MESSAGES)


def parse_call_callback(kind: str, form: Fields) -> CallCallback:
    """Read what 46elks posted of a call."""
    return _parse(kind, form, _OF_CALLS)


def _parse[T](kind: str, form: Fields, readers: _Readers[T]) -> T:
    """Read a form of some kind, or say which fields it had."""
    if (read := readers.get(kind)) is None:
        raise ElksInvalidDataError("Unknown kind of callback")
    try:
        return read(form)
    except ElksInvalidDataError as err:
        # A key that is no word may be a whole body in the wrong encoding.
        words = sorted(filter(_FIELD.fullmatch, form))
        raise ElksInvalidDataError(f"{err}; fields: {', '.join(words[:20])}") from None


def _sms(form: Fields) -> IncomingMessage:
    """Read a text."""
    return _incoming_message(form, MessageKind.SMS, ())


def _mms(form: Fields) -> IncomingMessage:
    """Read a picture message."""
    return _incoming_message(form, MessageKind.MMS, _images(form))


def _incoming_message(
    form: Fields, kind: MessageKind, images: tuple[str, ...]
) -> IncomingMessage:
    """Read a message, which is not lost for want of a field that can be done without."""
    return IncomingMessage(
        id=_id(form),
        kind=kind,
        sender=text(form, "from"),
        recipient=text(form, "to"),
        text=optional(text, form, "message") or "",
        images=images,
        created=_created(form),
    )


def _delivery_report(form: Fields) -> DeliveryReport:
    """Read a delivery report."""
    return DeliveryReport(
        id=_id(form),
        status=MessageStatus(text(form, "status")),
        delivered=readable(time, form, "delivered"),
    )


def _call(form: Fields) -> IncomingCall | CallAnswered:
    """Read a call that waits to be told what to do."""
    read: type[IncomingCall | CallAnswered]
    match _direction(form), (readable(text, form, "result") or "").lower():
        case (CallDirection.INCOMING, _) | (CallDirection.UNKNOWN, "newincoming"):
            read = IncomingCall
        case (CallDirection.OUTGOING, _) | (CallDirection.UNKNOWN, "newoutgoing"):
            read = CallAnswered
        case _:
            raise ElksInvalidDataError("Field 'direction' is missing or not one of two")
    return read(
        call_id=_call_id(form),
        caller=caller(form, "from"),
        callee=text(form, "to"),
        created=_created(form),
    )


def _call_result(form: Fields) -> CallResult:
    """Read how an instruction ended, which is all that every page promises."""
    result = text(form, "result")
    has_digits = DIGITS.fullmatch(result) is not None
    return CallResult(
        call_id=_call_id(form),
        direction=_direction(form),
        caller=caller(form, "from"),
        callee=optional(text, form, "to"),
        result=InstructionResult(InstructionResult.SUCCESS if has_digits else result),
        digits=result if has_digits else None,
        why=readable(text, form, "why"),
    )


def _recording_ready(form: Fields) -> RecordingReady:
    """Read that something was recorded."""
    url = text(form, "wav")
    if (address := RECORDING_ADDRESS.fullmatch(url)) is None:
        raise ElksInvalidDataError("Field 'wav' is not the address of a recording")
    recording_id = address[1]
    return RecordingReady(
        call_id=optional(identifier, form, "callid") or whole(recording_id),
        recording_id=recording_id,
        caller=caller(form, "from"),
        callee=optional(text, form, "to"),
        url=url,
        duration=readable(integer, form, "duration"),
        created=_created(form),
    )


def _call_ended(form: Fields) -> CallEnded:
    """Read what became of a call, which is not lost for what was done in it."""
    return CallEnded(
        call_id=_call_id(form),
        direction=_direction(form),
        caller=caller(form, "from"),
        callee=text(form, "to"),
        state=CallState(readable(text, form, "state") or CallState.UNKNOWN),
        created=_created(form),
        start=readable(time, form, "start"),
        duration=readable(integer, form, "duration"),
        cost=readable(money, form, "cost"),
        actions=_listed(form, "actions"),
        legs=_legs(form),
    )


def _call_id(form: Fields) -> str:
    """Read the id of a call, which most pages name otherwise than the end of one does."""
    return identifier(form, "callid" if "callid" in form else "id")


def _direction(form: Fields) -> CallDirection:
    """Read which way a call goes."""
    return CallDirection(readable(text, form, "direction") or CallDirection.UNKNOWN)


def _legs(form: Fields) -> tuple[Leg, ...]:
    """Read what can be read of the connections that a call made onwards."""
    legs: list[Leg] = []
    for leg in _listed(form, "legs"):
        with suppress(ElksInvalidDataError):
            legs.append(Leg.from_api(leg))
    return tuple(legs)


def _listed(form: Fields, key: str) -> tuple[dict[str, object], ...]:
    """Read a list of objects, which a form holds as JSON, or none of what is no such."""
    try:
        listed = json.loads(readable(text, form, key) or "[]")
    except ValueError, RecursionError:
        return ()
    return tuple(
        row
        for row in (listed if isinstance(listed, list) else ())
        if isinstance(row, dict)
    )


def _created(form: Fields) -> datetime:
    """Read when something was, which is now unless 46elks says otherwise."""
    return readable(time, form, "created") or datetime.now(UTC)


def _id(form: Fields) -> str:
    """Read the id, under either of the names 46elks documents."""
    return identifier(form, "id" if "id" in form else "sms_id")


def _images(form: Fields) -> tuple[str, ...]:
    """Return the addresses of the images, in their order."""
    found = [
        (int(name[1] or 1), address)
        for key, address in form.items()
        if isinstance(address, str) and address and (name := IMAGE_FIELD.fullmatch(key))
    ]
    return tuple(address for _, address in sorted(found, key=lambda image: image[0]))


_OF_MESSAGES: Final[_Readers[IncomingMessage | DeliveryReport]] = {
    CallbackKind.SMS: _sms,
    CallbackKind.MMS: _mms,
    CallbackKind.DELIVERY: _delivery_report,
}
_OF_CALLS: Final[_Readers[CallCallback]] = {
    CallbackKind.CALL: _call,
    CallbackKind.NEXT: _call_result,
    CallbackKind.RECORD: _recording_ready,
    CallbackKind.HANGUP: _call_ended,
}
