"""One end of a call: a telephone, or what stands in for one, as 46elks reaches it."""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from .clock import Clock
from .shelf import File, Shelf
from .sound import samples_of, wav
from .tracks import Track
from .wire import Json

# More of what an ear heard is not kept.
MAX_KEPT_SECONDS: Final = 1_800.0


class Kind(StrEnum):
    """What is at an end."""

    PHONE = "phone"
    CLIENT = "client"
    SIP = "sip"
    REALTIME = "realtime"


class LegState(StrEnum):
    """How far an end has come; one that called is dialling until it is answered.

    One that cannot ring, being off or engaged, is what the network is trying to reach.
    """

    TRYING = "trying"
    DIALLING = "dialling"
    RINGING = "ringing"
    TALKING = "talking"
    ENDED = "ended"


class Outcome(StrEnum):
    """How ringing ended."""

    ANSWERED = "success"
    BUSY = "busy"
    FAILED = "failed"


class Farewell(StrEnum):
    """Why an end is hung up on; the first words are 46elks' own."""

    CALLER = "the caller hung up"
    LIMIT = "the time is up"
    MONEY = "the credits are used up"
    OVER = "the call is over"


class Leg:
    """One end, from the first ring until it hangs up."""

    def __init__(
        self,
        *,
        clock: Clock,
        shelf: Shelf,
        tell: Callable[[], None],
        kind: Kind,
        number: str,
        peer: str,
        state: LegState = LegState.RINGING,
    ) -> None:
        """Begin to ring, or to dial; `peer` is the number it shows."""
        self._clock = clock
        self._shelf = shelf
        self._tell = tell
        self.kind = kind
        self.number = number
        self.peer = peer
        self.state = state
        self.outcome: Outcome | None = None
        self.why: str | None = None
        self.box = False
        self.voice = Track()
        self.ear = Track()
        self.keys: deque[str] = deque()
        self.gone = asyncio.Event()
        self.decided = asyncio.Event()
        self.settled = asyncio.Event()
        self.began: float | None = None
        self.task: asyncio.Task[None] | None = None
        self._file: File | None = None
        self.farewell = Farewell.OVER
        # What is at the other end of a socket tells how far it is.
        self.socket: Callable[[], Json] | None = None
        self._to_say: bytes | None = None
        self._listens = kind is not Kind.REALTIME
        self._when_listening: Callable[[], None] | None = None
        self._stirred = asyncio.Event()

    def answer(self) -> None:
        """Pick up, unless it was hung up at the same moment."""
        if self.state not in {LegState.TALKING, LegState.ENDED}:
            self.state = LegState.TALKING
            self.began = self._clock.time()
            self._settle(Outcome.ANSWERED)
            self.decided.set()
            self._tell()

    def decline(self) -> None:
        """Not pick up; a voicemail box may."""
        self.decided.set()

    def refuse(self, outcome: Outcome, why: str | None = None) -> None:
        """End without having been answered."""
        self.why = why
        self._settle(outcome)
        self.end()

    def end(self, farewell: Farewell = Farewell.OVER) -> None:
        """Hang up, or be hung up on."""
        if self.state is LegState.ENDED:
            return
        self.farewell = farewell
        self._settle(Outcome.FAILED)
        self._file = self._shelf.put(self._sound(0.0), "audio/wav")
        self.ear = self.voice = Track()
        self._to_say = self._when_listening = None
        self.state = LegState.ENDED
        self.gone.set()
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()
        self._tell()

    def _settle(self, outcome: Outcome) -> None:
        self.outcome = self.outcome or outcome
        self.settled.set()

    def press(self, digits: str) -> None:
        """Press keys."""
        self.keys.extend(digits)
        self._stirred.set()

    def say(self, samples: bytes, *, lead: float = 0.0) -> None:
        """Say something, right after what is being said, or else so many seconds from now."""
        now = self._clock.time()
        self.voice.say(now if self.voice.last_sound() > now else now + lead, samples)
        self._stirred.set()

    def say_when_heard(self, samples: bytes) -> None:
        """Say something as soon as somebody listens."""
        self._to_say = samples

    def listened_to(self) -> None:
        """Be heard by a person, or recorded, from now on."""
        if self._to_say is not None:
            self.say(self._to_say)
            self._to_say = None

    def once_listening(self, tell: Callable[[], None]) -> None:
        """Tell as soon as this end listens: a person does at once, a program when it says so."""
        if self._listens:
            tell()
        else:
            self._when_listening = tell

    def listen(self) -> None:
        """Listen, from now on."""
        self._listens = True
        if self._when_listening is not None:
            self._when_listening()
            self._when_listening = None

    def changed(self) -> None:
        """Tell those who watch the call."""
        self._tell()

    async def stir(self) -> None:
        """Wait until a key is pressed or something is said."""
        self._stirred.clear()
        await self._stirred.wait()

    def heard(self, after: float = 0.0) -> bytes | None:
        """Return what it has heard until now as a WAV file, from so many seconds on.

        What is not kept any more is None.
        """
        if self._file is None:
            return self._sound(after)
        if self._file.content is None or not after:
            return self._file.content
        return wav(samples_of(self._file.content, after))

    def _sound(self, after: float) -> bytes:
        if self.began is None:
            return wav(b"")
        now = min(self._clock.time(), self.began + MAX_KEPT_SECONDS)
        return wav(self.ear.between(self.began + after, now))

    def as_control(self) -> Json:
        """Return the end for the one who steers the simulator."""
        return {
            "handset": self.number,
            "kind": self.kind,
            "peer": self.peer,
            "state": self.state,
            "outcome": self.outcome,
            "why": self.why,
            "voicemail": self.box,
            "socket": self.socket() if self.socket else None,
        }
