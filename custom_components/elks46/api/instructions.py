"""What 46elks is told to do with a call, as the document in which it takes that.

Follows https://46elks.com/docs/call-actions, https://46elks.com/docs/receive-call,
https://46elks.com/docs/voice-connect-sip and https://46elks.com/docs/voice-ivr. What
46elks would refuse is a ValueError when an instruction is made, while somebody can still
do something about it: in the middle of a call it would end the call.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
import json
import re
from typing import Final, override

from .sounds import is_local, is_sound

type FollowUp = str | Instruction
"""The address to be asked what to do next, or the instruction itself."""

LONGEST_MENU_TIMEOUT: Final = 30
"""Seconds; for any other time 46elks takes 10."""

_URL: Final = re.compile(r"https?://[^\s/?#]\S*")
_PHONE_NUMBER: Final = re.compile(r"\+[1-9][0-9]{1,14}")
_SIP: Final = re.compile(
    r"sips?:(?:[^\s,@]+@)?(?:[0-9A-Za-z.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"
    r"(?:;transport=(?:tcp|udp))?"
)
_OWN_SIP: Final = re.compile(r"sips?:[^@]*@voip\.46elks\.com\b.*", re.IGNORECASE)
_KEYS: Final = re.compile(r"[0-9*#]+")


class HangupReason(StrEnum):
    """What the caller hears of a call that is not taken."""

    BUSY = "busy"
    REJECT = "reject"
    NOT_FOUND = "404"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction(ABC):
    """Something to do with a call, after which it ends unless more is said."""

    when_hangup: str | None = None
    """Where 46elks posts how the call ended; of several in a call the last one counts."""
    record_call: str | None = None
    """Where 46elks posts the recording of the whole call, once it is over."""

    def __post_init__(self) -> None:
        """Refuse what 46elks would."""
        _check_url("when_hangup", self.when_hangup)
        _check_url("record_call", self.record_call)
        self._check()

    @abstractmethod
    def _check(self) -> None:
        """Refuse what 46elks would of this kind of instruction."""

    @abstractmethod
    def _fields(self) -> dict[str, object]:
        """Return its own fields as 46elks names them, None for what is not said."""

    def to_document(self) -> dict[str, object]:
        """Return the instruction, and those that follow it, as 46elks takes them."""
        fields = self._fields() | {
            "whenhangup": self.when_hangup,
            "recordcall": self.record_call,
        }
        return {
            key: value.to_document() if isinstance(value, Instruction) else value
            for key, value in fields.items()
            if value is not None
        }

    def encode(self) -> str:
        """Return the document as JSON, for a form field or an answer."""
        return json.dumps(self.to_document(), separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Connect(Instruction):
    """Ring others, all at once, and connect the call to the first who answers."""

    targets: tuple[str, ...] = field(kw_only=False)
    """Phone numbers, numbers of 46elks' own (`+4600…`) and SIP addresses."""
    caller_id: str | None = None
    """The number that they see, by default that of the caller."""
    ring_timeout: int | None = None
    """In seconds."""
    time_limit: int | None = None
    """Seconds after which the connected call ends; 46elks does not document it."""
    success: FollowUp | None = None
    busy: FollowUp | None = None
    failed: FollowUp | None = None
    next: FollowUp | None = None
    """What to do after any result that has nothing of its own."""

    @override
    def _check(self) -> None:
        """Refuse whom 46elks could not ring."""
        if not self.targets:
            raise ValueError("targets: there is nobody to ring")
        for target in self.targets:
            if _OWN_SIP.fullmatch(target):
                raise ValueError("targets: 46elks' own SIP server is rung as +4600…")
            if not (_PHONE_NUMBER.fullmatch(target) or _SIP.fullmatch(target)):
                raise ValueError("targets: neither an E.164 number nor a SIP address")
        if self.caller_id is not None and not _PHONE_NUMBER.fullmatch(self.caller_id):
            raise ValueError("caller_id is not an E.164 number")
        _check_positive("ring_timeout", self.ring_timeout)
        _check_positive("time_limit", self.time_limit)
        _check_follow_up("success", self.success)
        _check_follow_up("busy", self.busy)
        _check_follow_up("failed", self.failed)
        _check_follow_up("next", self.next)

    @override
    def _fields(self) -> dict[str, object]:
        """Return whom to ring, and what to do then."""
        return {
            "connect": ",".join(self.targets),
            "callerid": self.caller_id,
            "timeout": self.ring_timeout,
            "timelimit": self.time_limit,
            "success": self.success,
            "busy": self.busy,
            "failed": self.failed,
            "next": self.next,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Play(Instruction):
    """Play a sound to the caller."""

    audio: str = field(kw_only=False)
    """The address of a WAV, MP3 or Ogg Vorbis file, or a name out of `sounds`."""
    skippable: bool = True
    """Whether any key leads to what is next at once."""
    next: FollowUp | None = None

    @override
    def _check(self) -> None:
        """Refuse what 46elks could not play."""
        _check_audio(self.audio)
        _check_follow_up("next", self.next)

    @override
    def _fields(self) -> dict[str, object]:
        """Return what to play, and what to do then."""
        return {
            "play": self.audio,
            "skippable": None if self.skippable else False,
            "next": self.next,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu(Instruction):
    """Play a sound and wait for keys."""

    audio: str = field(kw_only=False)
    """As of `Play`."""
    digits: int = 1
    """How many keys to wait for, unless the caller presses `#`."""
    timeout: int | None = None
    """Seconds to wait after the sound, by default 10."""
    repeat: int | None = None
    """How often to play the sound to one who presses nothing, by default 3 times."""
    keys: Mapping[str, FollowUp] = field(default_factory=dict)
    """What to do where these keys are pressed."""
    next: FollowUp | None = None
    """What to do with other keys, and without any."""

    @override
    def _check(self) -> None:
        """Refuse what 46elks would, or take for something else."""
        _check_audio(self.audio)
        _check_positive("digits", self.digits)
        if self.timeout is not None and not 1 <= self.timeout <= LONGEST_MENU_TIMEOUT:
            raise ValueError(f"timeout is not from 1 to {LONGEST_MENU_TIMEOUT} seconds")
        _check_positive("repeat", self.repeat)
        for pressed, follow_up in self.keys.items():
            if not _KEYS.fullmatch(pressed):
                raise ValueError("keys: not all of them are on a telephone")
            if len(pressed) > self.digits:
                raise ValueError("keys: more are wanted than are waited for")
            _check_follow_up("keys", follow_up)
        _check_follow_up("next", self.next)

    @override
    def _fields(self) -> dict[str, object]:
        """Return what to play and wait for, and what to do then."""
        return {
            "ivr": self.audio,
            "digits": self.digits,
            "timeout": self.timeout,
            "repeat": self.repeat,
            **self.keys,
            "next": self.next,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Instruction):
    """Record the caller until silence, a `#`, or the time is over."""

    url: str = field(kw_only=False)
    """Where 46elks posts the recording, or a `local` sound for this call alone."""
    time_limit: int | None = None
    """In seconds, by default 120."""
    silence_detection: bool = True
    """Whether three seconds of silence are the end; without, only a `#` is."""
    next: FollowUp | None = None

    @override
    def _check(self) -> None:
        """Refuse what 46elks could not record to."""
        if not is_local(self.url):
            _check_url("url", self.url)
        _check_positive("time_limit", self.time_limit)
        _check_follow_up("next", self.next)

    @override
    def _fields(self) -> dict[str, object]:
        """Return where the recording goes, and what to do then."""
        return {
            "record": self.url,
            "timelimit": self.time_limit,
            "silencedetection": None if self.silence_detection else "no",
            "next": self.next,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup(Instruction):
    """End the call; nothing comes next."""

    reason: HangupReason = field(default=HangupReason.REJECT, kw_only=False)
    """What a call that is not yet taken is answered with."""

    @override
    def _check(self) -> None:
        """Refuse a reason that 46elks does not know."""
        if self.reason not in HangupReason:
            raise ValueError("reason is not one that 46elks knows")

    @override
    def _fields(self) -> dict[str, object]:
        """Return why the call ends."""
        return {"hangup": str(self.reason)}


def _check_url(name: str, url: str | None) -> None:
    """Refuse what is no address; whether it is a public one, 46elks knows best."""
    if url is not None and not _URL.fullmatch(url):
        raise ValueError(f"{name} is not an http address")


def _check_positive(name: str, value: int | None) -> None:
    """Refuse a number below one."""
    if value is not None and value < 1:
        raise ValueError(f"{name} is less than one")


def _check_audio(audio: str) -> None:
    """Refuse what is no sound."""
    if not (_URL.fullmatch(audio) or is_sound(audio)):
        raise ValueError("audio is neither an http address nor a sound of 46elks")


def _check_follow_up(name: str, follow_up: FollowUp | None) -> None:
    """Refuse what cannot come next."""
    match follow_up:
        case str(url):
            _check_url(name, url)
        case Hangup(reason=reason) if reason != HangupReason.REJECT:
            raise ValueError(f"{name}: a call that goes on can only end with reject")
