"""What is said over the socket of Realtime Voice, in both directions.

Follows https://46elks.com/docs/realtime-voice, its pages on messages and interrupt, and
its tutorial: one JSON object a text frame, told apart by its `t`. 46elks says `hello`
first and `bye` last. We say `listening` to hear the caller and `sending` before we
speak; `interrupt` drops what was not yet played, and mutes us until the next `sending`;
a `sync` comes back when all that was sent before it has been played.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
import json
from typing import Final

from .errors import ElksInvalidDataError
from .fields import Fields, OpenEnum, caller, identifier, readable, text


class AudioFormat(StrEnum):
    """How sound is written; PCM is 16-bit, mono, and little-endian."""

    PCM_8000 = "pcm_8000"
    PCM_16000 = "pcm_16000"
    PCM_24000 = "pcm_24000"
    ALAW = "alaw"
    ULAW = "ulaw"
    G722 = "g722"
    OGG = "ogg"
    """Opus in Ogg."""
    WAV = "wav"
    MP3 = "mp3"


SENDING_ONLY: Final = frozenset({AudioFormat.WAV, AudioFormat.MP3})
"""What 46elks plays but does not write."""


class ByeReason(OpenEnum):
    """Why 46elks ends it."""

    UNKNOWN = "unknown"
    DONE = "done"
    HANGUP = "hangup"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first message: which call this is."""

    call_id: str
    """That of the call that was connected."""
    # Home Assistant logs what it hands to a listener that fails.
    caller: str | None = field(repr=False)
    """None where the number is hidden."""
    callee: str = field(repr=False)
    """The number that the call was connected to, not the one that was called."""


@dataclass(frozen=True, slots=True)
class Listening:
    """We want to hear the caller."""

    format: AudioFormat

    def __post_init__(self) -> None:
        """Refuse what 46elks does not write."""
        if self.format in SENDING_ONLY:
            raise ValueError("46elks plays this format, but does not write it")


@dataclass(frozen=True, slots=True)
class Sending:
    """We are about to speak."""

    format: AudioFormat


@dataclass(frozen=True, slots=True)
class Audio:
    """A piece of sound, the caller's or ours, in the format that was announced."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sync:
    """Asks to be told when all has been played, and tells it."""


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stops our speech at once; nothing more is played before the next `Sending`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bye:
    """The last message. Said by us, the call goes on with what is next."""

    reason: ByeReason | None = None
    """46elks gives one, we do not."""
    message: str | None = None


type RealtimeMessage = Hello | Listening | Sending | Audio | Sync | Interrupt | Bye


def decode(frame: str) -> RealtimeMessage | None:
    """Read a text frame; None is of a kind that is not known, and to be ignored.

    Raises:
        ElksInvalidDataError: what is no message, or not a whole one.
    """
    try:
        fields = json.loads(frame)
    except ValueError, RecursionError:
        raise ElksInvalidDataError("The frame is not JSON") from None
    if not isinstance(fields, dict):
        raise ElksInvalidDataError("The frame is not a JSON object")
    match text(fields, "t"):
        case "hello":
            return Hello(
                call_id=identifier(fields, "callid"),
                caller=caller(fields, "from"),
                callee=text(fields, "to"),
            )
        case "listening":
            return _format(fields, Listening)
        case "sending":
            return _format(fields, Sending)
        case "audio":
            return Audio(_sound(fields))
        case "sync":
            return Sync()
        case "interrupt":
            return Interrupt()
        case "bye":
            reason = readable(text, fields, "reason")
            return Bye(
                reason=None if reason is None else ByeReason(reason),
                message=readable(text, fields, "message"),
            )
    return None


def encode(message: RealtimeMessage) -> str:
    """Write a message as a text frame."""
    return json.dumps(_fields(message), separators=(",", ":"))


def _fields(message: RealtimeMessage) -> dict[str, str]:
    """Return the fields of a message as 46elks names them."""
    match message:
        case Hello(call_id=call_id, caller=who, callee=callee):
            return {"t": "hello", "callid": call_id, "from": who or "", "to": callee}
        case Listening(format=audio_format):
            return {"t": "listening", "format": audio_format}
        case Sending(format=audio_format):
            return {"t": "sending", "format": audio_format}
        case Audio(data=sound):
            return {"t": "audio", "data": b64encode(sound).decode()}
        case Sync():
            return {"t": "sync"}
        case Interrupt():
            return {"t": "interrupt"}
        case bye:
            said = {"t": "bye", "reason": bye.reason, "message": bye.message}
            return {key: value for key, value in said.items() if value is not None}


def _format[T](fields: Fields, read: Callable[[AudioFormat], T]) -> T:
    """Read a message that is but a format."""
    try:
        return read(AudioFormat(text(fields, "format")))
    except ValueError:
        raise ElksInvalidDataError("Field 'format' is not one for this") from None


def _sound(fields: Fields) -> bytes:
    """Read a piece of sound."""
    try:
        return b64decode(text(fields, "data"), validate=True)
    except ValueError:
        raise ElksInvalidDataError("Field 'data' is not base64") from None
