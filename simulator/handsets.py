"""The phones: what each has sent and received, whether it is on, and what it does when it rings."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from .clock import Clock
from .config import Phone
from .events import Events
from .legs import Kind
from .messages import Status
from .shelf import File
from .wire import Json, stored_time

HANDSETS_LIMIT: Final = 5_000
TEXTS_LIMIT: Final = 500
# Operators commonly keep trying a phone that is off for two days.
VALIDITY_SECONDS: Final = 48 * 3600.0
# Operators commonly let a phone ring so long before the box answers.
VOICEMAIL_SECONDS: Final = 20.0
# The word for answering after 0 seconds.
AT_ONCE: Final = "at_once"


class Answers(StrEnum):
    """What the owner of a phone does when it rings, unless they answer by themselves after some seconds."""

    MANUAL = "manual"
    NEVER = "never"
    DECLINES = "declines"
    BUSY = "busy"


@dataclass(slots=True, kw_only=True)
class Text:
    """One text or picture message as one phone shows it; `direction` is the phone's."""

    id: str
    direction: str
    sender: str
    recipient: str
    text: str
    created: datetime
    status: Status
    flash: bool = False
    pictures: tuple[File, ...] = ()

    def as_control(self) -> Json:
        """Return the text for the one who steers the simulator, its pictures whole."""
        urls = (file.data_url() for file in self.pictures)
        return self._shown([url for url in urls if url is not None])

    def as_event(self) -> Json:
        """Return the text with the addresses of its pictures, which are too much to be told live."""
        return self._shown([f"/simulator/pictures/{file.id}" for file in self.pictures])

    def _shown(self, images: list[str]) -> Json:
        return {
            "id": self.id,
            "direction": self.direction,
            "from": self.sender,
            "to": self.recipient,
            "message": self.text,
            "images": images,
            "status": self.status,
            "created": stored_time(self.created) + "Z",
            "flash": self.flash,
        }


@dataclass(slots=True, kw_only=True)
class Handset:
    """One phone.

    `validity` is for how many seconds the operator keeps a text while it is off, `voicemail` after how many the box
    answers, and `answers` what the owner does, or after how many seconds they answer.
    """

    number: str
    name: str = ""
    validity: float = VALIDITY_SECONDS
    voicemail: float | None = None
    answers: Answers | float = Answers.MANUAL
    texts: deque[Text] = field(default_factory=lambda: deque(maxlen=TEXTS_LIMIT))
    switched_on: asyncio.Event = field(default_factory=asyncio.Event)
    switched_off: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def on(self) -> bool:
        """Whether it is switched on."""
        return self.switched_on.is_set()

    def switch(self, *, on: bool) -> None:
        """Switch it on or off; who waits for that goes on."""
        now, before = self.switched_on, self.switched_off
        if not on:
            now, before = before, now
        now.set()
        before.clear()

    @property
    def kind(self) -> Kind:
        """What it is: a phone, a softphone or a SIP address."""
        if not self.number.startswith("+"):
            return Kind.SIP
        return Kind.CLIENT if self.number.startswith("+4600") else Kind.PHONE

    def as_control(self) -> Json:
        """Return the phone for the one who steers the simulator."""
        return {
            "number": self.number,
            "name": self.name,
            "on": self.on,
            "validity": self.validity,
            "kind": self.kind,
            "voicemail": self.voicemail,
            "answers": self.answers,
        }


class Handsets:
    """All phones there are; one that is texted comes to be."""

    def __init__(self, clock: Clock, events: Events, phones: Iterable[Phone]) -> None:
        """Put the first phones on the table."""
        self._clock = clock
        self._events = events
        self._phones = tuple(phones)
        self._handsets: dict[str, Handset] = {}
        self.reset()

    def reset(self) -> None:
        """Leave only the phones of the start."""
        self._handsets.clear()
        for phone in self._phones:
            self.put(phone.number, name=phone.name)

    def all(self) -> Iterable[Handset]:
        """Return all phones, oldest first."""
        return self._handsets.values()

    def find(self, number: str) -> Handset | None:
        """Return the phone with a number, if there is one."""
        return self._handsets.get(number)

    def put(
        self,
        number: str,
        *,
        name: str | None = None,
        on: bool | None = None,
        validity: float | None = None,
        voicemail: float | bool | None = None,
        answers: Answers | float | None = None,
    ) -> Handset:
        """Return the phone with a number, new if need be, changed as told.

        `voicemail=False` takes the box away.
        """
        if (handset := self._handsets.get(number)) is None:
            if len(self._handsets) >= HANDSETS_LIMIT:
                self._forget_one()
            handset = self._handsets[number] = Handset(number=number)
            handset.switch(on=True)
        if name is not None:
            handset.name = name
        if validity is not None:
            handset.validity = validity
        if voicemail is not None:
            handset.voicemail = None if voicemail is False else float(voicemail)
        if answers is not None:
            handset.answers = answers
        if on is not None:
            handset.switch(on=on)
        self._events.publish("handset", handset.as_control())
        return handset

    def _forget_one(self) -> None:
        """Make room: the oldest phone goes, one that nobody named before one with a name."""
        oldest = min(self._handsets.values(), key=lambda handset: bool(handset.name))
        del self._handsets[oldest.number]
        self._events.publish("forgotten", {"number": oldest.number})

    def show(self, number: str, text: Text) -> None:
        """Put a text on a phone's screen."""
        handset = self._handsets.get(number) or self.put(number)
        handset.texts.append(text)
        self._tell(number, text)

    def mark(self, number: str, text_id: str, status: Status) -> None:
        """Change how far a text on a phone's screen has come."""
        if (handset := self._handsets.get(number)) is None:
            return
        for text in handset.texts:
            if text.id == text_id:
                text.status = status
                self._tell(number, text)

    async def reach(self, number: str) -> bool:
        """Wait until a phone is on; return False when the operator gives up."""
        if (handset := self._handsets.get(number)) is None:
            return False
        if handset.on:
            return True
        try:
            async with self._clock.timeout(handset.validity):
                await handset.switched_on.wait()
        except TimeoutError:
            return False
        return True

    def _tell(self, number: str, text: Text) -> None:
        self._events.publish("message", {"handset": number, **text.as_event()})
