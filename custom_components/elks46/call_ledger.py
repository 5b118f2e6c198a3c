"""What has become of each call.

Told by answers, by what 46elks posts (late, repeated, in any order, or never) and by its
history. Each change of a call is worked out from the one before, one at a time. A call
ends once.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util

from .api import Call, CallDirection, CallEnded, CallState
from .errors import warn_of_disk
from .records import CallNews, CallOutcome, CallStage, PhoneCall
from .signals import SIGNAL_CALL, SIGNAL_STATE

if TYPE_CHECKING:
    from .store import ElksStore

# What 46elks says of a call that nobody has picked up. It tells neither an engaged phone
# from a declined call, nor one that is off from one that nobody hears.
UNANSWERED: Final = {
    CallState.SUCCESS: CallOutcome.ANSWERED,
    CallState.BUSY: CallOutcome.BUSY,
    CallState.FAILED: CallOutcome.NO_ANSWER,
}
# None while it lasts.
PICKED_UP: Final = (None, CallOutcome.ACKNOWLEDGED, CallOutcome.ANSWERED)
# In 46elks' list of what was done, a menu and what was pressed in it.
MENU: Final = "ivr"
PRESSED: Final = "result"
# There, that the caller could leave a message.
RECORDED: Final = "record"


class CallLedger:
    """The fates of an account's calls: written down, and told."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, store: ElksStore
    ) -> None:
        """Take what remembers."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        # What a disk has refused; it acts all the same, until the next restart.
        self._unwritten: set[str] = set()

    def known(self, call: PhoneCall) -> PhoneCall:
        """Return what is known of a call by now."""
        return self._store.calls.get(call.ref, call)

    async def async_remember(self, call: PhoneCall) -> None:
        """Write down a call that is about to be placed; no disk stops an alarm."""
        await self._async_write(call, insist=False)

    async def async_taken(self, call: PhoneCall, answer: Call) -> PhoneCall:
        """Remember what 46elks answered; a post may have come before."""

        def take(known: PhoneCall) -> PhoneCall:
            taken = replace(known, id=answer.id, created=answer.created)
            if taken.is_over or answer.state not in (CallState.BUSY, CallState.FAILED):
                return taken
            busy = answer.state is CallState.BUSY
            return _over(taken, CallOutcome.BUSY if busy else CallOutcome.FAILED)

        return await self._async_move(call, take, insist=False)

    async def async_refused(self, call: PhoneCall, outcome: CallOutcome) -> PhoneCall:
        """End a call that was not placed, or may not have been, unless a post proves it was."""

        def refuse(known: PhoneCall) -> PhoneCall:
            if known.id is not None or known.is_over:
                return known
            return _over(known, outcome)

        return await self._async_move(call, refuse, insist=False)

    async def async_to_end(self, call: PhoneCall) -> PhoneCall:
        """Take note that a person wants a call over."""
        return await self._async_move(
            call, lambda known: replace(known, is_to_end=True), insist=False
        )

    async def async_rung(self, call: PhoneCall) -> None:
        """Write down a call that has come in, and tell of it, once."""

        def ring(known: PhoneCall) -> PhoneCall:
            return replace(
                known,
                is_told=True,
                is_verified=call.is_verified,
                is_passed_on=call.is_passed_on,
                reserved=call.reserved,
            )

        await self._async_move(call, ring, insist=False)

    async def async_passed_on(
        self, call: PhoneCall, reserved: Decimal, *, is_taped: bool
    ) -> None:
        """Take note that a call rings somebody else, which is paid for."""

        def pass_on(known: PhoneCall) -> PhoneCall:
            return replace(
                known, is_passed_on=True, reserved=reserved, is_taped=is_taped
            )

        await self._async_move(call, pass_on, insist=False)

    async def async_talked(self, call: PhoneCall, reserved: Decimal) -> None:
        """Take note that the house is to talk with a caller, which is paid for."""
        await self._async_move(
            call, lambda known: replace(known, reserved=reserved), insist=False
        )

    async def async_answered(self, call: PhoneCall, call_id: str) -> None:
        """Take note that somebody, or something, has picked up."""

        def answer(known: PhoneCall) -> PhoneCall:
            if known.id not in (None, call_id) or known.is_over:
                return known
            return replace(known, id=call_id, stage=CallStage.IN_PROGRESS)

        await self._async_move(call, answer, insist=False)

    async def async_pressed(
        self, call: PhoneCall, call_id: str, digits: str | None
    ) -> None:
        """Take note of how a menu ended, which also tells that somebody has picked up."""

        def press(known: PhoneCall) -> PhoneCall:
            if known.id not in (None, call_id):
                return known
            if known.is_over:
                # It was thought to be; whoever presses the key hears that it counts.
                is_key = digits is not None and _is_key(known, digits)
                late = replace(known, id=call_id)
                return _pressed_late(late, digits) if is_key else known
            moved = replace(known, id=call_id, stage=CallStage.IN_PROGRESS)
            if digits is None or known.is_acknowledged:
                return moved
            if known.direction is CallDirection.INCOMING:
                # Each press is news, also of the same keys.
                return replace(moved, digits=digits, presses=known.presses + 1)
            return replace(moved, digits=digits, is_acknowledged=_is_key(known, digits))

        await self._async_move(call, press, insist=False)

    async def async_ended(self, call: PhoneCall, end: CallEnded) -> None:
        """Let the end of a call act, whoever tells it; each call ends once.

        Raises:
            OSError: the disk refuses, so 46elks should repeat what it has posted: it has
                acted, and is written then.
        """

        def finish(known: PhoneCall) -> PhoneCall:
            if known.id not in (None, end.call_id):
                return known
            moved = replace(known, id=end.call_id, created=known.created or end.created)
            if end.state is CallState.ONGOING:
                # 46elks has been seen to post the end of a call that went on.
                return known if known.is_over else moved
            moved = replace(
                moved,
                duration=known.duration if end.duration is None else end.duration,
                cost=known.cost if end.paid is None else end.paid,
            )
            # Of those who call it may be a PIN.
            is_ours = known.direction is CallDirection.OUTGOING
            digits = _pressed(end) if is_ours and not known.is_acknowledged else None
            if known.is_over:
                is_key = digits is not None and _is_key(known, digits)
                return _pressed_late(moved, digits) if is_key else moved
            if digits is not None:
                moved = replace(
                    moved, digits=digits, is_acknowledged=_is_key(known, digits)
                )
            moved = _over(moved, _outcome(moved, end))
            return replace(moved, awaits_tape=_has_tape(moved, end))

        await self._async_move(call, finish, insist=True)

    async def async_untaped(self, call: PhoneCall) -> None:
        """Take note that 46elks has no recording of a call."""
        await self._async_move(
            call, lambda known: replace(known, awaits_tape=False), insist=False
        )

    async def async_lost(self, call: PhoneCall) -> None:
        """End a call that 46elks itself knows no more about."""

        def lose(known: PhoneCall) -> PhoneCall:
            return known if known.is_over else _over(known, CallOutcome.UNKNOWN)

        await self._async_move(call, lose, insist=False)

    async def async_told(self, ref: str) -> None:
        """Return when what is being written down of a call has been told, too."""
        async with self._turn(ref):
            return

    async def _async_move(
        self,
        call: PhoneCall,
        change: Callable[[PhoneCall], PhoneCall],
        *,
        insist: bool,
    ) -> PhoneCall:
        """Move a call on, write that down, and tell what is new."""
        turn = self._turn(call.ref)
        async with turn:
            known = self.known(call)
            moved = change(known)
            if moved == known and call.ref not in self._unwritten:
                return moved
            try:
                await self._async_write(moved, known, insist=insist)
            finally:
                if moved != known:
                    self._tell(moved, known)
        return moved

    def _turn(self, ref: str) -> asyncio.Lock:
        return self._turns.setdefault(ref, asyncio.Lock())

    async def _async_write(
        self, call: PhoneCall, known: PhoneCall | None = None, *, insist: bool
    ) -> None:
        before = Decimal(0) if known is None else known.cost or Decimal(0)
        try:
            await self._store.async_record_call(
                call,
                counts=self._is_new(call, known),
                cost=(call.cost or Decimal(0)) - before,
            )
            self._unwritten.discard(call.ref)
        except OSError as err:
            self._unwritten.add(call.ref)
            if insist:
                raise
            warn_of_disk(self._hass, self._entry, err)

    def _is_new(self, call: PhoneCall, known: PhoneCall | None) -> bool:
        """Tell whether it has just become a call: that it has an id of 46elks' makes it one."""
        if call.direction is CallDirection.INCOMING:
            return call.ref not in self._store.calls
        return known is not None and known.id is None and call.id is not None

    @callback
    def _tell(self, call: PhoneCall, known: PhoneCall) -> None:
        signal = SIGNAL_CALL.format(self._entry.entry_id)
        if call.is_told and not known.is_told:
            async_dispatcher_send(self._hass, signal, CallNews.RINGING, call)
        has_rung = known.stage is CallStage.RINGING is not call.stage
        if has_rung and call.outcome in PICKED_UP:
            async_dispatcher_send(self._hass, signal, CallNews.ANSWERED, call)
        if (call.digits, call.presses) != (known.digits, known.presses):
            async_dispatcher_send(self._hass, signal, CallNews.DIGITS, call)
        if call.is_over and not known.is_over:
            async_dispatcher_send(self._hass, signal, CallNews.ENDED, call)
        async_dispatcher_send(self._hass, SIGNAL_STATE.format(self._entry.entry_id))


def _over(call: PhoneCall, outcome: CallOutcome) -> PhoneCall:
    return replace(call, stage=CallStage.ENDED, outcome=outcome, ended=dt_util.utcnow())


def _pressed_late(call: PhoneCall, digits: str | None) -> PhoneCall:
    return replace(
        call,
        digits=digits,
        is_acknowledged=True,
        outcome=CallOutcome.ACKNOWLEDGED,
    )


def _outcome(call: PhoneCall, end: CallEnded) -> CallOutcome:
    if call.is_acknowledged:
        return CallOutcome.ACKNOWLEDGED
    # Of those who call it only says that they were told something: they may not have waited.
    is_ours = call.direction is CallDirection.OUTGOING
    if end.was_answered or (is_ours and call.stage is CallStage.IN_PROGRESS):
        return CallOutcome.ANSWERED
    return UNANSWERED.get(end.state, CallOutcome.UNKNOWN)


def _has_tape(call: PhoneCall, end: CallEnded) -> bool:
    """Tell whether something should have been recorded of a call that is over."""
    is_whole = call.is_taped and call.outcome in PICKED_UP
    return is_whole or any(RECORDED in act for act in end.actions)


def _pressed(end: CallEnded) -> str | None:
    """Return the last keys of a menu, by what 46elks lists as done."""
    results = [str(act.get(PRESSED, "")) for act in end.actions if MENU in act]
    keys = [
        result for result in results if result and set(result) <= set("0123456789*#")
    ]
    return keys[-1] if keys else None


def _is_key(call: PhoneCall, digits: str) -> bool:
    """Tell whether this is the key that was asked for."""
    return call.plan is not None and digits == call.plan.acknowledge
