"""The documents that tell 46elks what to do with a call: one thing each, and where it goes on.

46elks: call-actions, voice-connect, voice-play, voice-ivr, voice-record, voice-hangup.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
import json
import re
from typing import Final, TypedDict

# What 46elks goes on with: an address to ask, or the next document itself.
type Target = str | Mapping[str, object]

_VERBS: Final = ("connect", "play", "ivr", "record", "hangup")
_OUTCOMES: Final = ("success", "busy", "failed")
_KEY: Final = re.compile(r"[0-9*#]", re.ASCII)
_WHOLE: Final = re.compile(r"[0-9]{1,6}", re.ASCII)
# How long a connected phone rings is only documented where it is given; this is what 46elks' own example gives.
RING_SECONDS: Final = 60
IVR_SECONDS: Final = 10
_IVR_SECONDS: Final = range(1, 31)
IVR_REPEAT: Final = 3
RECORD_SECONDS: Final = 120
SIGNALS: Final = ("busy", "reject", "404")


class GarbageError(Exception):
    """A document that is no instruction; 46elks ends the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """What all instructions have: how they are listed, where the call goes on, and what stands beside them."""

    shown: Mapping[str, object]
    branches: Mapping[str, Target] = field(default_factory=dict)
    hangup_url: str | None = None
    recording_url: str | None = None

    def goes_on(self, *branches: str) -> Target | None:
        """Return where it goes on: at the first of these branches that there is, or else at `next`."""
        return next(
            (
                self.branches[name]
                for name in (*branches, "next")
                if name in self.branches
            ),
            None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect(Instruction):
    """Ring others, all at once, and connect the one who answers first."""

    targets: tuple[str, ...]
    caller: str | None
    ring_seconds: int
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Instruction):
    """Let a sound be heard; as a rule any key ends it."""

    source: str
    skippable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu(Instruction):
    """Let a sound be heard, and take keys."""

    source: str
    digits: int
    seconds: int
    repeat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Instruction):
    """Take down what is said, for an address or for this call only."""

    target: str
    limit: int
    until_silence: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup(Instruction):
    """End the call; a call that was not answered yet with a signal."""

    signal: str | None


type AnyInstruction = Connect | Play | Menu | Record | Hangup


class _Common(TypedDict):
    shown: Mapping[str, object]
    branches: Mapping[str, Target]
    hangup_url: str | None
    recording_url: str | None


def read(text: str) -> Mapping[str, object]:
    """Return the document that an answer holds."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise GarbageError("The answer is not a JSON object")
    return document


def parse(document: Mapping[str, object]) -> AnyInstruction:
    """Return what a document asks for."""
    verbs = [verb for verb in _VERBS if verb in document]
    if len(verbs) != 1:
        raise GarbageError(
            f"One of {', '.join(_VERBS)} is expected, not {' and '.join(verbs) or 'none'}"
        )
    (verb,) = verbs
    branches = {
        name: target
        for name, target in document.items()
        if name == "next"
        or (verb == "connect" and name in _OUTCOMES)
        or (verb == "ivr" and _KEY.fullmatch(name))
    }
    common = _Common(
        shown={verb: document[verb]},
        branches={name: _target(name, value) for name, value in branches.items()},
        hangup_url=_address(document, "whenhangup"),
        recording_url=_address(document, "recordcall"),
    )
    if verb == "hangup":
        signal = str(document["hangup"])
        return Hangup(**common, signal=signal if signal in SIGNALS else None)
    what = document[verb]
    if not isinstance(what, str) or not what:
        raise GarbageError(f"{verb}: a text is expected")
    if verb == "connect":
        return _connect(what, document, common)
    if verb == "ivr":
        return _menu(what, document, common)
    if verb == "record":
        return Record(
            **common,
            target=what,
            limit=_whole(document, "timelimit") or RECORD_SECONDS,
            until_silence=document.get("silencedetection") != "no",
        )
    return Play(**common, source=what, skippable=document.get("skippable") is not False)


def _connect(what: str, document: Mapping[str, object], common: _Common) -> Connect:
    targets = tuple(filter(None, (target.strip() for target in what.split(","))))
    if not targets:
        raise GarbageError("connect: nobody is named")
    caller = document.get("callerid")
    if caller is not None and not isinstance(caller, str):
        raise GarbageError("callerid: a text is expected")
    return Connect(
        **common,
        targets=targets,
        caller=caller,
        ring_seconds=_whole(document, "timeout") or RING_SECONDS,
        limit=_whole(document, "timelimit"),
    )


def _menu(what: str, document: Mapping[str, object], common: _Common) -> Menu:
    seconds = _whole(document, "timeout") or IVR_SECONDS
    return Menu(
        **common,
        source=what,
        digits=_whole(document, "digits") or 1,
        seconds=seconds if seconds in _IVR_SECONDS else IVR_SECONDS,
        repeat=_whole(document, "repeat") or IVR_REPEAT,
    )


def _target(name: str, value: object) -> Target:
    if isinstance(value, str | dict) and value:
        return value
    raise GarbageError(f"{name}: an address or an instruction is expected")


def _address(document: Mapping[str, object], key: str) -> str | None:
    value = document.get(key)
    if value is None or isinstance(value, str):
        return value or None
    raise GarbageError(f"{key}: an address is expected")


def _whole(document: Mapping[str, object], key: str) -> int | None:
    """Return a whole number above 0, written as a number or as text; what is neither counts as not given."""
    value = str(document.get(key))
    return int(value) or None if _WHOLE.fullmatch(value) else None
