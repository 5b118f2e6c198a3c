"""What is at the other end of a number, and what it does when it rings.

Every kind of end has its own way: a phone as its handset is set, a client and a SIP address as a phone with a label, a
websocket number as its program does.
"""

import asyncio
from collections.abc import Callable
import re
from typing import Final

from .account import Account
from .clock import Clock
from .handsets import Answers, Handset, Handsets
from .legs import Kind, Leg, LegState, Outcome
from .numbers import Numbers
from .prices import country_of
from .programs import Programs
from .shelf import Shelf
from .tasks import Tasks
from .tones import beep, murmur
from .wire import E164

VIRTUAL: Final = "+4600"
SWEDISH_MOBILE: Final = "+467"
_SIP: Final = re.compile(
    r"sips?:(?:(?P<recipient>[^@;\s]+)@)?(?P<host>[^@:;\s]+)(?::[0-9]{1,5})?(?:;transport=(?:tcp|udp))?",
    re.ASCII,
)
# How long a network takes to say that a phone is engaged, or off.
SIGNAL_SECONDS: Final = 1.0
GREETING_SECONDS: Final = 4.0
# A box takes a message of two minutes, as boxes commonly do.
BOX_SECONDS: Final = 120.0


def is_sip(number: str) -> bool:
    """Return whether this is the address of a SIP server."""
    return _SIP.fullmatch(number) is not None


class Lines:
    """Rings what has a number."""

    def __init__(
        self,
        *,
        clock: Clock,
        tasks: Tasks,
        account: Account,
        numbers: Numbers,
        handsets: Handsets,
        shelf: Shelf,
        programs: Programs,
    ) -> None:
        """Learn what can be rung."""
        self._clock = clock
        self._tasks = tasks
        self._account = account
        self._numbers = numbers
        self._handsets = handsets
        self._shelf = shelf
        self._programs = programs
        self._engaged: dict[str, Leg] = {}

    def reset(self) -> None:
        """Hang up all phones."""
        self._engaged.clear()

    def is_engaged(self, number: str) -> bool:
        """Return whether a phone is ringing, dialling or talking."""
        leg = self._engaged.get(number)
        return leg is not None and leg.state is not LegState.ENDED

    def dial(self, number: str, callee: str, tell: Callable[[], None]) -> Leg:
        """Take a phone off its hook to call someone."""
        leg = self._leg(Kind.PHONE, number, callee, tell, LegState.DIALLING)
        self._engaged[number] = leg
        if (handset := self._handsets.find(number)) is not None:
            leg.task = self._tasks.start(_until_off(leg, handset), "phone")
        return leg

    def ring(
        self,
        number: str,
        caller: str,
        tell: Callable[[], None],
        *,
        call_id: str,
        from_mobile: bool,
    ) -> Leg:
        """Ring what has a number; `from_mobile` is where the call came in to a Swedish mobile number."""
        if is_sip(number):
            return self._ring_sip(number, caller, tell)
        if number.startswith(VIRTUAL):
            return self._ring_virtual(number, caller, tell, call_id)
        leg = self._leg(Kind.PHONE, number, caller, tell)
        if not E164.fullmatch(number):
            leg.refuse(Outcome.FAILED, "Invalid to number")
        elif self._numbers.find(number) is not None:
            # A call from one own number to another would be a second call within the first.
            leg.refuse(Outcome.FAILED, "The number is one of the account's own")
        elif country_of(number) not in self._account.state.countries:
            leg.refuse(Outcome.FAILED, "The country is disallowed by default")
        elif from_mobile and not number.startswith(SWEDISH_MOBILE):
            leg.refuse(
                Outcome.FAILED,
                "Calls to a Swedish mobile number can only be connected to Swedish mobiles",
            )
        else:
            self._start(leg)
        return leg

    def _ring_sip(self, number: str, caller: str, tell: Callable[[], None]) -> Leg:
        leg = self._leg(Kind.SIP, number, caller, tell)
        address = _SIP.fullmatch(number)
        host = address["host"].lower() if address else ""
        if host in self._account.state.sip_hosts:
            self._start(leg)
        else:
            leg.refuse(
                Outcome.FAILED,
                f"This SIP server ({host}) is not one of your allowed servers",
            )
        return leg

    def _ring_virtual(
        self, number: str, caller: str, tell: Callable[[], None], call_id: str
    ) -> Leg:
        """Ring a softphone, or a program on a websocket; which one, the number says."""
        realtime = self._numbers.answering(number, "websocket")
        if realtime is not None:
            leg = self._leg(Kind.REALTIME, number, caller, tell, LegState.TRYING)
            self._programs.reach(leg, realtime.websocket_url, call_id)
            return leg
        leg = self._leg(Kind.CLIENT, number, caller, tell)
        if self._numbers.answering(number, "webrtc") is not None:
            self._start(leg)
        else:
            leg.refuse(Outcome.FAILED, "The number does not exist")
        return leg

    def _leg(
        self,
        kind: Kind,
        number: str,
        peer: str,
        tell: Callable[[], None],
        state: LegState = LegState.RINGING,
    ) -> Leg:
        return Leg(
            clock=self._clock,
            shelf=self._shelf,
            tell=tell,
            kind=kind,
            number=number,
            peer=peer,
            state=state,
        )

    def _start(self, leg: Leg) -> None:
        handset = self._handsets.find(leg.number) or self._handsets.put(leg.number)
        free = handset.on and not self.is_engaged(leg.number)
        if free and handset.answers is not Answers.BUSY:
            self._engaged[leg.number] = leg
            work = self._ring(leg, handset)
        else:
            leg.state = LegState.TRYING
            work = self._divert(leg, handset)
        leg.task = self._tasks.start(work, "phone")

    async def _ring(self, leg: Leg, handset: Handset) -> None:
        """Ring until someone decides, the owner or the box, or the phone is switched off."""
        match handset.answers:
            case Answers.DECLINES:
                patience: float | None = SIGNAL_SECONDS
            case float(seconds):
                patience = seconds
            case _:
                patience = None
        box = handset.voicemail
        in_time = patience is not None and (box is None or patience <= box)
        try:
            async with self._clock.timeout(patience if in_time else box):
                await _either(leg.decided, handset.switched_off)
        except TimeoutError:
            if in_time and handset.answers is not Answers.DECLINES:
                leg.answer()
        if leg.state is LegState.RINGING:
            if box is None:
                leg.refuse(Outcome.BUSY if handset.on else Outcome.FAILED)
            else:
                await self._leave_to_box(leg)
        else:
            await _until_off(leg, handset)

    async def _divert(self, leg: Leg, handset: Handset) -> None:
        """Let the network answer for a phone that cannot ring."""
        await self._clock.sleep(SIGNAL_SECONDS)
        if handset.voicemail is not None:
            await self._leave_to_box(leg)
        else:
            leg.refuse(Outcome.BUSY if handset.on else Outcome.FAILED)

    async def _leave_to_box(self, leg: Leg) -> None:
        """Answer as a voicemail box: it greets, beeps and listens, and no key is ever pressed."""
        leg.box = True
        leg.answer()
        leg.say(murmur(GREETING_SECONDS) + beep())
        await self._clock.sleep(BOX_SECONDS)
        leg.end()


async def _until_off(leg: Leg, handset: Handset) -> None:
    """End a call of a phone that is switched off in it."""
    await handset.switched_off.wait()
    leg.end()


async def _either(*events: asyncio.Event) -> None:
    """Wait for the first of several events."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
