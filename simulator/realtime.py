"""What a program may say on the socket of Realtime Voice: one JSON object a message, named by its `t`.

46elks: realtime-voice-messages. What becomes of a message that is none is not documented: here it is the end, with a word
about what was wrong.
"""

import base64
import binascii
from dataclasses import dataclass
import json
from typing import Final

_NAMES: Final = ("listening", "sending", "audio", "interrupt", "sync", "bye")


class DialectError(Exception):
    """Something that is no message, or has no place here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Wants what the caller says."""

    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """Is about to say something."""

    format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """Says something."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Wants nothing more to be heard of what it has said."""


@dataclass(frozen=True, slots=True)
class Sync:
    """Wants to know when all that it has said was heard."""


@dataclass(frozen=True, slots=True)
class Bye:
    """Is done."""


type Message = Listening | Sending | Audio | Interrupt | Sync | Bye


def parse(text: str) -> Message:
    """Return what a program says; fields that nobody knows are passed over."""
    try:
        data = json.loads(text)
    except ValueError, RecursionError:
        data = None
    if not isinstance(data, dict):
        raise DialectError("A message is a JSON object")
    match data.get("t"):
        case "listening":
            return Listening(format=_text(data, "listening", "format"))
        case "sending":
            return Sending(format=_text(data, "sending", "format"))
        case "audio":
            return Audio(content=_content(_text(data, "audio", "data")))
        case "interrupt":
            return Interrupt()
        case "sync":
            return Sync()
        case "bye":
            return Bye()
    raise DialectError(f"Unknown message; t is one of {', '.join(_NAMES)}")


def _text(data: dict[str, object], name: str, key: str) -> str:
    if not isinstance(value := data.get(key), str):
        raise DialectError(f"{name}: {key} is missing")
    return value


def _content(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error, ValueError:
        raise DialectError("audio: data is not base64") from None
