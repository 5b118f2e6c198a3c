"""What those hear who call: each call step by step, without network and disk.

Each answer of ours to 46elks names the address where it asks next, with the number of the
step in it, so the same question gets the same answer. What is known of a call lives as
long as Home Assistant runs, not only while the account is loaded.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from homeassistant.core import HomeAssistant, callback
from yarl import URL

from .api import (
    CallResult,
    Connect,
    Hangup,
    IncomingCall,
    Instruction,
    Menu,
    Play,
    sounds,
)
from .const import CallHandling, Right
from .contacts import Contact
from .desk import Desk
from .pins import Pins
from .records import Admission, CallNews

# The part of the address that tells how far a call has come.
STEP: Final = "step"
# The part that tells which call it is about.
REF: Final = "ref"
# A person hears it ring that long; automations have answered by then, or never will.
RING_SECONDS: Final = 3.0
# Between two menus, longer than a script takes; 46elks waits for an answer some seconds.
THINK_SECONDS: Final = 2.0
# Then a person would think that the line is dead.
SILENT_SECONDS: Final = 30.0
# Said in silence meanwhile; each time 46elks asks again.
SILENCE_MILLISECONDS: Final = 1_000
# A PIN has to be remembered first.
PIN_SECONDS: Final = 10

ASK_PIN: Final = "Please enter your PIN."
ASK_PIN_AGAIN: Final = "That was not right. Please enter your PIN."
LOCKED: Final = "The PIN was wrong too often. Please call again in fifteen minutes."


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What has happened in a call that came in."""

    news: CallNews
    call: IncomingCall
    is_verified: bool = False
    # It is what a menu of an automation asked for, never a PIN.
    digits: str | None = field(default=None, repr=False)
    targets: tuple[str, ...] = ()
    is_talk: bool = False
    """Whether the house talks with the caller, which is paid for."""


type Listener = Callable[[Heard], None]
type Allow = Callable[[str], bool]
type Clock = Callable[[], datetime]
type Admit = Callable[[IncomingCall, Contact | None, bool], Admission]
"""Whether somebody may talk: the call, whose number it is from, and whether they have shown that."""


class _State(StrEnum):
    """What a call is at."""

    RUNG = "rung"
    PIN = "pin"
    WAITING = "waiting"
    """For an automation to say how to go on."""
    ASKING = "asking"
    """For keys, on behalf of an automation."""
    TOLD = "told"
    """How it goes on to its end."""


class LiveCall:
    """One call that came in, from the ring to the end."""

    def __init__(
        self,
        hass: HomeAssistant,
        call: IncomingCall,
        desk: Desk,
        find: Callable[[], Contact | None],
        pins: Pins,
        allow: Allow,
        admit: Admit,
        tell: Listener,
    ) -> None:
        """Take how the number is answered, as it is now, and what tells who calls."""
        self._hass = hass
        self.call = call
        self.is_over = False
        self.is_answered = False
        self.is_talk = False
        """Whether the house is to talk with the caller, which is paid for."""
        # What is on the stage for this call alone.
        self.prompts: list[str] = []
        self._desk = desk
        self._find = find
        self._pins = pins
        self._allow = allow
        self._admit = admit
        self._tell = tell
        self._state = _State.RUNG
        self._is_verified = False
        self._answers: dict[str, asyncio.Task[Instruction]] = {}
        self._step = 0
        self._since = 0.0
        self._claims = 0
        self._is_given_up = False
        self._is_to_end = False
        self._wish: Instruction | None = None
        self._wished = asyncio.Event()
        self._pressed: asyncio.Future[str | None] | None = None

    @property
    def _contact(self) -> Contact | None:
        """Who calls, as they are set now: PIN and rights may change during the call."""
        return self._find()

    @property
    def is_waiting(self) -> bool:
        """Whether an automation may say how to go on."""
        waits = self._state is _State.WAITING and self._wish is None
        return waits and not (self.is_over or self._is_to_end)

    @property
    def will_ask(self) -> bool:
        """Whether 46elks has still to ask how to go on."""
        return self._state is not _State.TOLD and not self.is_over

    @property
    def targets(self) -> tuple[str, ...]:
        """Those who may be rung now."""
        return tuple(one for one in self._desk.targets if self._allow(one))

    async def async_answer(
        self, step: str, question: IncomingCall | CallResult
    ) -> Instruction:
        """Return what to do next; the same question gets the same answer."""
        if (answer := self._answers.get(step)) is None:
            if step != (str(self._step) if self._step else ""):
                return Hangup()
            # Home Assistant ends it when it stops, and waits for no caller then.
            answer = self._hass.async_create_background_task(
                self._async_decide(question), "elks46 answer", eager_start=False
            )
            self._answers[step] = answer
        # 46elks may go away and ask again while an automation is being waited for.
        return await asyncio.shield(answer)

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Have the call wait longer, as somebody is about to say how to go on.

        Where that fails, it goes on without.
        """
        self._claims += 1
        try:
            yield
        except BaseException:
            self._claims -= 1
            if not self._claims and self.is_waiting:
                self._is_given_up = True
                self._wished.set()
            raise

    @callback
    def instruct(self, instruction: Instruction) -> bool:
        """Say how to go on; return whether that was still to be said."""
        if not self.is_waiting:
            return False
        self._wish = instruction
        self._wished.set()
        return True

    @callback
    def instruct_as(
        self,
        handling: CallHandling,
        *,
        greeting: tuple[str, ...] = (),
        targets: tuple[str, ...] = (),
        record: bool = False,
    ) -> bool:
        """Have the call handled as a number may be, with another greeting where there is one."""
        desk = replace(self._desk, greeting=greeting or self._desk.greeting)
        if handling is CallHandling.ASSIST:
            return self.is_waiting and self.instruct(self._conversation(desk))
        if handling is CallHandling.FORWARD:
            targets = targets or self.targets
        instruction = desk.instruction(handling, targets)
        if record:
            # With the reference of the call it is the whole of it that is recorded.
            url = URL(desk.record_url).update_query({REF: self.call.call_id})
            instruction = replace(instruction, record_call=str(url))
        return self.instruct(instruction)

    @callback
    def ask(self, menu: Menu) -> asyncio.Future[str | None] | None:
        """Ask for keys; the future tells them, None for none, and is cancelled with the call."""
        if not self.instruct(menu):
            return None
        self._pressed = asyncio.get_running_loop().create_future()
        return self._pressed

    @callback
    def stop(self) -> None:
        """End the call as soon as it asks what to do next."""
        self._is_to_end = True
        self._wished.set()

    @callback
    def connected(self) -> None:
        """Take note that somebody talks with the caller."""
        if not self.is_answered and not self.is_over:
            self.is_answered = True
            self._tell(self._heard(CallNews.ANSWERED))

    @callback
    def end(self) -> None:
        """Take note that the call is over."""
        self.is_over = True
        self._wished.set()
        if self._pressed is not None:
            self._pressed.cancel()

    async def _async_decide(self, question: IncomingCall | CallResult) -> Instruction:
        match question, self._state:
            case _ if self._is_to_end:
                return Hangup()
            case IncomingCall(), _:
                instruction = await self._async_ring()
            case CallResult(), _State.PIN:
                instruction = await self._async_enter(question.digits)
            case CallResult(), _State.ASKING:
                self._press(question.digits)
                instruction = await self._async_think(THINK_SECONDS)
            case CallResult(), _State.WAITING:
                instruction = await self._async_think(THINK_SECONDS)
            case _:
                return Hangup()
        return self._told(instruction)

    def _told(self, instruction: Instruction) -> Instruction:
        """Have 46elks tell the end of a call with the first it is told to do."""
        if self.is_answered:
            # A call that goes on can only be ended in one way.
            return Hangup() if isinstance(instruction, Hangup) else instruction
        if not isinstance(instruction, Hangup | Connect):
            self.connected()
        return replace(instruction, when_hangup=self._desk.hangup_url)

    async def _async_ring(self) -> Instruction:
        if self._asks_pin():
            if self._contact is None:
                return Hangup()
            if self._pins.is_locked(self._contact):
                self._state = _State.TOLD
                return locked()
            return self._ask_pin(ASK_PIN)
        return await self._async_take()

    def _asks_pin(self) -> bool:
        """Tell whether the caller could have this home do something, and has a PIN."""
        who = self._contact
        if who is None or who.pin is None:
            return False
        if self._desk.handling is CallHandling.ASSIST:
            return Right.ASSIST in who.rights
        return self._desk.handling is CallHandling.AUTOMATION and bool(who.rights)

    def _ask_pin(self, said: str) -> Instruction:
        self._state = _State.PIN
        pin = (self._contact.pin if self._contact else None) or ""
        return ask_pin(said, pin, self._next_url())

    async def _async_enter(self, digits: str | None) -> Instruction:
        """Go on with who has entered the right PIN, and end the call of who has not."""
        self._state = _State.TOLD
        contact = self._contact
        if digits is None or contact is None or contact.pin is None:
            return Hangup()
        if self._pins.is_right(contact, digits):
            self._is_verified = True
            return await self._async_take()
        if self._pins.is_locked(contact):
            return locked()
        return self._ask_pin(ASK_PIN_AGAIN)

    async def _async_take(self) -> Instruction:
        """Tell that it rings, and do what the number does, or what an automation says in time."""
        if self._desk.handling is CallHandling.ASSIST:
            self._state = _State.TOLD
            conversation = self._conversation(self._desk)
            self._tell(replace(self._heard(CallNews.RINGING), is_talk=self.is_talk))
            return conversation
        if self._desk.handling is not CallHandling.AUTOMATION:
            # Whom it may ring costs something, and is asked only where somebody is rung.
            is_passed_on = self._desk.handling is CallHandling.FORWARD
            targets = self.targets if is_passed_on else ()
            self._state = _State.TOLD
            self._tell(replace(self._heard(CallNews.RINGING), targets=targets))
            return self._desk.instruction(self._desk.handling, targets)
        self._wait()
        self._tell(self._heard(CallNews.RINGING))
        return await self._async_think(RING_SECONDS)

    def _conversation(self, desk: Desk) -> Instruction:
        """Have the house talk with the caller if it may; who has not proved a PIN is a stranger."""
        who = self._contact
        is_shown = who is not None and (who.pin is None or self._is_verified)
        admission = self._admit(self.call, who, is_shown)
        self.is_talk = admission is Admission.WELCOME
        return desk.conversation(admission, is_first=not self._step)

    def _wait(self) -> None:
        self._state = _State.WAITING
        self._since = asyncio.get_running_loop().time()
        self._claims = 0
        self._is_given_up = False
        self._wish = None
        self._wished.clear()

    async def _async_think(self, seconds: float) -> Instruction:
        """Wait for an automation; pass the time in silence, and do without it in the end."""
        try:
            async with asyncio.timeout(seconds):
                await self._wished.wait()
        except TimeoutError:
            pass
        wish = self._wish
        if self.is_over or self._is_to_end:
            self._state = _State.TOLD
            return Hangup()
        if isinstance(wish, Menu):
            self._state = _State.ASKING
            return replace(wish, next=self._next_url())
        if wish is not None:
            self._state = _State.TOLD
            return wish
        silent = asyncio.get_running_loop().time() - self._since
        may_wait = not self._is_given_up and (self.is_answered or self._claims)
        if may_wait and silent < SILENT_SECONDS:
            silence = sounds.silence(SILENCE_MILLISECONDS)
            return Play(silence, skippable=False, next=self._next_url())
        self._state = _State.TOLD
        return self._desk.instruction(self._desk.fallback, ())

    def _press(self, digits: str | None) -> None:
        self._wait()
        if digits is not None:
            self._tell(replace(self._heard(CallNews.DIGITS), digits=digits))
        if self._pressed is not None and not self._pressed.done():
            self._pressed.set_result(digits)

    def _heard(self, news: CallNews) -> Heard:
        return Heard(news=news, call=self.call, is_verified=self._is_verified)

    def _next_url(self) -> str:
        self._step += 1
        return str(URL(self._desk.next_url).update_query({STEP: self._step}))


def ask_pin(said: str, pin: str, next_url: str) -> Menu:
    """Ask for as many digits as a PIN has."""
    return Menu(
        sounds.speech(said), digits=len(pin), timeout=PIN_SECONDS, next=next_url
    )


def locked() -> Play:
    """Say why no PIN is taken now; the call ends with that."""
    return Play(sounds.speech(LOCKED), skippable=False)
