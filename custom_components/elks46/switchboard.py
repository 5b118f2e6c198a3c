"""What 46elks is told to do with a call: decided at once, for a person is waiting.

A switchboard outlives the loading and unloading of its account, so that changing an
option or a contact never ends a call. It touches neither network nor disk; what it hears
is handed on, or kept until somebody listens.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey
from yarl import URL

from . import tickets
from .answering import ASK_PIN, ASK_PIN_AGAIN, STEP, ask_pin, locked
from .api import (
    CallAnswered,
    CallCallback,
    CallResult,
    Connect,
    Hangup,
    IncomingCall,
    Instruction,
    Menu,
    Play,
    sounds,
)
from .const import CONNECTED_MINUTES_AT_MOST, DOMAIN, MENU_SECONDS
from .contacts import Contact
from .front_desk import FrontDesk
from .records import CallPlan
from .tickets import Tickets
from .voice.session import Attendant

# A home places 30 calls an hour, unless told otherwise: these last for a day.
PROGRAMS_AT_MOST: Final = 1_000

type Question = CallAnswered | CallResult
type Listener = Callable[[str, Question], None]

DATA_SWITCHBOARDS: HassKey[dict[str, Switchboard]] = HassKey(f"{DOMAIN}_switchboards")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What one call does.

    `sounds` is where 46elks fetches those of the plan, `next_url` where it asks how to go
    on, and `record_url` where it tells of the recording, of a call that is to be recorded.
    """

    plan: CallPlan
    sounds: tuple[str, ...]
    next_url: str
    record_url: str | None = None
    is_to_end: bool = False


@dataclass(slots=True)
class Guest:
    """Whoever answers a call of ours that is a conversation.

    `contact` is whose PIN they have to enter first, where that one has any.
    """

    attendant: Attendant
    contact: Contact | None = None
    is_refused: bool = False
    """Whether they have not entered it, or not yet."""
    answers: dict[str, Instruction] = field(default_factory=dict)


class Switchboard:
    """Answers what the calls of an account ask."""

    def __init__(self, hass: HomeAssistant, tickets: Tickets) -> None:
        """Know no call yet, and where to leave tickets for those that are conversations."""
        self._tickets = tickets
        self._guests: dict[str, Guest] = {}
        self.desk = FrontDesk(hass)
        # By what is said, where it stands on the stage.
        self.greetings: dict[str, tuple[str, ...]] = {}
        self._programs: dict[str, Program] = {}
        self._listener: Listener | None = None
        self._unheard: list[tuple[str, Question]] = []

    @callback
    def expect(self, ref: str, program: Program) -> None:
        """Know what to do with a call of ours, for as long as anyone may ask."""
        self._programs[ref] = program
        while len(self._programs) > PROGRAMS_AT_MOST:
            del self._programs[next(iter(self._programs))]

    @callback
    def end(self, ref: str) -> None:
        """End a call as soon as it asks what to do next."""
        if live := self.desk.find(ref):
            live.stop()
        if program := self._programs.get(ref):
            self._programs[ref] = replace(program, is_to_end=True)

    @callback
    def expect_conversation(self, ref: str, guest: Guest) -> None:
        """Know who talks with whoever answers a call of ours."""
        self._guests[ref] = guest

    @callback
    def forget_conversation(self, ref: str) -> None:
        """Have nobody talk any more with who answers a call of ours."""
        self._guests.pop(ref, None)

    @callback
    def attach(self, listener: Listener) -> None:
        """Tell what is heard from now on, and what was while nobody listened."""
        self._listener = listener
        unheard, self._unheard = self._unheard, []
        for ref, question in unheard:
            listener(ref, question)

    @callback
    def detach(self) -> None:
        """Keep what is heard until somebody listens again."""
        self._listener = None

    async def async_answer(
        self, ref: str, step: str, question: CallCallback
    ) -> Instruction:
        """Return what to do with a call; the same question gets the same answer.

        Calls of ours have a reference, and `step` is how often a call has been told what
        to do next. Only a call that an automation is to answer is kept waiting.
        """
        if isinstance(question, IncomingCall):
            return await self.desk.async_answer(step, question)
        if not ref and isinstance(question, CallResult):
            return await self.desk.async_answer(step, question)
        return self._answer(ref, step, question)

    def _answer(self, ref: str, step: str, question: CallCallback) -> Instruction:
        program = self._programs.get(ref)
        if program is None or not isinstance(question, CallAnswered | CallResult):
            return Hangup()
        self._tell(ref, question)
        if program.plan.connect is not None:
            guest = self._guests.get(ref)
            if guest is None or program.is_to_end:
                return Hangup()
            if step not in guest.answers:
                guest.answers[step] = self._receive(ref, program, guest, question)
            return guest.answers[step]
        if isinstance(question, CallAnswered):
            return _first(program)
        return _next(program, step, question)

    def _receive(
        self, ref: str, program: Program, guest: Guest, question: Question
    ) -> Instruction:
        """Let who has answered talk with the house, if they are whom it wants to talk with."""
        if (contact := guest.contact) is None or contact.pin is None:
            return self._connect(ref, program, guest, question.call_id)
        guest.is_refused = True
        if self.desk.pins.is_locked(contact):
            return locked()
        if isinstance(question, CallAnswered):
            return ask_pin(ASK_PIN, contact.pin, self._step(program, 1))
        if question.digits is None:
            return Hangup()
        if self.desk.pins.is_right(contact, question.digits):
            guest.is_refused = False
            return self._connect(ref, program, guest, question.call_id)
        if self.desk.pins.is_locked(contact):
            return locked()
        following = self._step(program, len(guest.answers) + 1)
        return ask_pin(ASK_PIN_AGAIN, contact.pin, following)

    @staticmethod
    def _step(program: Program, step: int) -> str:
        return str(URL(program.next_url).update_query({STEP: step}))

    def _connect(
        self, ref: str, program: Program, guest: Guest, call_id: str
    ) -> Instruction:
        if program.plan.connect is None:
            return Hangup()
        self._tickets.leave(call_id, guest.attendant, ref)
        return Connect(
            (program.plan.connect,), time_limit=CONNECTED_MINUTES_AT_MOST * 60
        )

    def _tell(self, ref: str, question: Question) -> None:
        if self._listener is None:
            self._unheard.append((ref, question))
        else:
            self._listener(ref, question)


@callback
def async_get(hass: HomeAssistant, entry_id: str) -> Switchboard:
    """Return the switchboard of an account, loaded or not."""
    return hass.data.setdefault(DATA_SWITCHBOARDS, {}).setdefault(
        entry_id, Switchboard(hass, tickets.async_get(hass, entry_id))
    )


@callback
def async_forget(hass: HomeAssistant, entry_id: str) -> None:
    """Forget all calls of an account that is gone, and let go on who waits for keys in them."""
    board = hass.data.get(DATA_SWITCHBOARDS, {}).pop(entry_id, None)
    if board is not None:
        board.desk.close()


def _first(program: Program) -> Instruction:
    """Return what a person hears who picks up."""
    if program.is_to_end:
        return Hangup()
    *before, message = program.sounds
    if program.plan.acknowledge is not None:
        said: Instruction = _ask(program, step=0)
    else:
        # As one document, so that it is heard to its end whatever becomes of this home.
        said = Play(message, skippable=False)
        for _ in range(program.plan.repeat - 1):
            said = Play(message, skippable=False, next=said)
    for sound in reversed(before):
        said = Play(sound, skippable=False, next=said)
    # Said with the first instruction, it holds for the whole call.
    return replace(said, record_call=program.record_url)


def _next(program: Program, step: str, result: CallResult) -> Instruction:
    """Return what to do after a menu."""
    if result.digits == program.plan.acknowledge:
        # Heard by who has pressed the key; after it the call ends by itself.
        return Play(sounds.BEEP, skippable=False)
    asked = int(step) if step.isascii() and step.isdecimal() else program.plan.repeat
    is_wrong_key = result.digits is not None
    if program.is_to_end or not is_wrong_key or asked >= program.plan.repeat:
        return Hangup()
    return _ask(program, step=asked)


def _ask(program: Program, *, step: int) -> Menu:
    """Play the sound to one who may press the key; of wrong keys each costs one repeat."""
    return Menu(
        program.sounds[-1],
        timeout=MENU_SECONDS,
        repeat=program.plan.repeat - step,
        next=str(URL(program.next_url).update_query({STEP: step + 1})),
    )
