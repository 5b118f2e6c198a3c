"""Calls that leave the house.

A call is remembered before 46elks is asked, because somebody may pick up before the answer
is here. Each call rings a phone and is paid for: so one whose answer was lost is looked up
in 46elks' history, and never placed again by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey
from homeassistant.util.ulid import ulid_now

from .api import (
    Call,
    CallAnswered,
    CallbackKind,
    CallDirection,
    CallEnded,
    ElksClient,
    ElksConnectionError,
    ElksError,
    ElksTimeoutError,
)
from .call_ledger import CallLedger
from .call_look_up import CallLookUp
from .const import DOMAIN, EPOCH, LOGGER
from .errors import failed, invalid, translate_errors
from .records import CallEnding, CallNews, CallOutcome, CallPlan, CallStage, PhoneCall
from .repertoire import Repertoire
from .signals import SIGNAL_CALL
from .switchboard import Question, Switchboard

if TYPE_CHECKING:
    from .address import Address
    from .guard import Guard
    from .store import ElksStore

# More than a home has people; 46elks documents no limit.
REQUESTS_AT_ONCE: Final = 32
# Seconds before a call that surely did not reach 46elks is asked for once more.
RETRY_PAUSES: Final = (1.0, 10.0)
# A silenced phone lets through who calls again within three minutes; not at once, as a
# phone that has just rung may still be reached for.
REDIAL_SECONDS: Final = 30
REDIAL_WITHIN: Final = timedelta(minutes=3)
# A call whose end was not posted by then is asked for.
END_LATE: Final = timedelta(minutes=2)
# 46elks repeats a post for six hours; what is not over by then nobody will tell.
END_NEVER: Final = timedelta(hours=6)
# When the account is unloaded, an answer on its way from 46elks is waited for this long.
CLOSE_SECONDS: Final = 10
# Who waits for the end of which call: a reload takes the account's rooms away from none of them.
DATA_WAITING: Final[HassKey[dict[str, asyncio.Future[PhoneCall]]]] = HassKey(
    f"{DOMAIN}_calls"
)

type Order = Callable[[], Awaitable[Call]]
"""Asks 46elks for a call."""


class Dialler:
    """The one way out for calls of an account."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        store: ElksStore,
        address: Address,
        switchboard: Switchboard,
        guard: Guard,
    ) -> None:
        """Take what is needed to call, to remember and to be called back."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._address = address
        self._switchboard = switchboard
        self._guard = guard
        self.repertoire = Repertoire(hass, address, switchboard, self._users)
        self.ledger = CallLedger(hass, entry, store)
        self._look_up = CallLookUp(hass, client, store)
        self._slots = asyncio.Semaphore(REQUESTS_AT_ONCE)
        # A look-up could mistake one of two calls to a person for the other.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._under_way: dict[str, asyncio.Task[PhoneCall]] = {}
        # What those will play that are about to be placed, and not written down yet.
        self._plans: dict[str, CallPlan] = {}
        self._unwanted: set[str] = set()
        self._writing: set[asyncio.Task[None]] = set()
        self._redials: dict[str, CALLBACK_TYPE] = {}
        self._over = hass.data.setdefault(DATA_WAITING, {})
        self._closing = False
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, SIGNAL_CALL.format(entry.entry_id), self._happened
            )
        )

    @callback
    def async_listen(self) -> None:
        """Take note of what calls tell, also of what they told while nobody listened."""
        for call in self.open_calls():
            self.repertoire.expect(call)
        self._switchboard.attach(self._heard)

    async def async_close(self) -> None:
        """Place no more calls; those that ring go on, and are followed at the next start."""
        self._closing = True
        self._switchboard.detach()
        while self._redials:
            self._redials.popitem()[1]()
        if tasks := {*self._under_way.values(), *self._writing}:
            _, late = await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def async_place(
        self,
        *,
        callee: str,
        caller: str,
        plan: CallPlan,
        redial_of: str | None = None,
        ref: str | None = None,
        is_alert: bool = False,
    ) -> PhoneCall:
        """Call someone, and return as soon as 46elks has taken the call.

        It goes on when whoever asked is cancelled. Whoever has to know it after a restart
        chooses its reference. One of an alert may use what is reserved for these.

        Raises:
            ServiceValidationError: the guard never calls there.
            HomeAssistantError: a limit is reached, 46elks refuses, it was surely not
                placed, or nobody knows (`call_unknown`).
        """
        self._guard.check_destination(callee)
        call = PhoneCall(
            ref=ref or ulid_now(),
            direction=CallDirection.OUTGOING,
            caller=caller,
            callee=callee,
            asked=dt_util.utcnow(),
            plan=plan,
            redial_of=redial_of,
            is_taped=plan.record,
        )
        self._plans[call.ref] = plan
        task = self._start(
            call.ref, self._async_place(call, caller, plan, is_alert=is_alert)
        )
        task.add_done_callback(lambda _: self._placed(call))
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.add_done_callback(_log_failure)
            raise
        if task.cancelled():
            raise failed("call_unknown")
        return task.result()

    async def async_wait(self, refs: Iterable[str]) -> dict[str, PhoneCall]:
        """Return how calls have ended, with those that were tried again, whatever is reloaded meanwhile.

        What is known of a call whose account goes is what was known before.
        """
        refs = tuple(refs)
        for ref in refs:
            # Of one that has just ended it is decided then whether it is tried again.
            await self.ledger.async_told(ref)
        waiting = {
            ref: self._over.setdefault(ref, self._hass.loop.create_future())
            for ref in refs
            if not self._is_done(ref)
        }
        if waiting:
            await asyncio.wait(waiting.values())
        return {
            ref: over.result() for ref, over in waiting.items() if not over.cancelled()
        }

    def latest(self, ref: str) -> PhoneCall | None:
        """Return what has become of a call, or of the one that followed it."""
        return self._redial(ref) or self._store.calls.get(ref)

    async def async_end(self, call_id: str) -> CallEnding:
        """End a call as soon as can be; return when that is.

        46elks takes no word for a call that rings or talks, but asks what to do next.

        Raises:
            ServiceValidationError: there is no such call, or it is over.
        """
        call = self._store.call_by_id(call_id)
        if call is None:
            raise invalid("call_not_found")
        if call.is_over and (redial := self._redial(call.ref)) is not None:
            call = redial
        if call.is_over:
            if (cancel := self._redials.pop(call.ref, None)) is None:
                raise invalid("call_is_over", call_id=call_id)
            cancel()
            # Also one that is about to be placed rings no more, unless it already does.
            self._unwanted.add(call.ref)
            await self.ledger.async_to_end(call)
            self._unwanted.discard(call.ref)
            if (redial := self._redial(call.ref)) is None:
                self._finish(call)
                return CallEnding.NOW
            call = redial
        will_ask = self._will_ask(call)
        await self._async_to_end(call)
        return CallEnding.AT_NEXT_INSTRUCTION if will_ask else CallEnding.AT_ITS_END

    def _will_ask(self, call: PhoneCall) -> bool:
        """Tell whether 46elks has still to ask what to do with a call."""
        if call.direction is CallDirection.INCOMING:
            live = self._switchboard.desk.find(call.ref)
            return live is not None and live.will_ask
        is_picked_up = call.stage is CallStage.IN_PROGRESS
        has_menu = call.plan is not None and call.plan.acknowledge is not None
        return not is_picked_up or (has_menu and not call.is_acknowledged)

    async def async_withdraw(self, ref: str) -> None:
        """Let a call end that nobody needs any more, if there is one."""
        call = self._store.calls.get(ref)
        if call is None and ref in self._under_way:
            self._unwanted.add(ref)
        if call is not None and not call.is_over:
            await self._async_to_end(call)

    async def _async_to_end(self, call: PhoneCall) -> None:
        await self.ledger.async_to_end(call)
        # One that is just being placed is known there by now, or knows it from the ledger.
        self._switchboard.end(call.ref)

    async def async_ended(self, ref: str | None, end: CallEnded) -> None:
        """Let the end of a call act; late, repeated and foreign ones change nothing.

        Raises:
            OSError: the disk refuses, so 46elks should repeat it.
        """
        call = self._store.calls.get(ref or "") or self._store.call_by_id(end.call_id)
        if call is None:
            LOGGER.debug("A call that has ended is none of ours")
            return
        await self.ledger.async_ended(call, end)

    def open_calls(self) -> list[PhoneCall]:
        """Return calls, out and in, whose end nobody has told."""
        return [call for call in self._store.calls.values() if not call.is_over]

    def is_late(self, call: PhoneCall) -> bool:
        """Tell whether a call should have been told to be over."""
        plan = call.plan
        seconds = plan.ring_timeout + plan.talk_seconds if plan else 0
        due = call.asked + timedelta(seconds=seconds) + END_LATE
        return dt_util.utcnow() > due

    async def async_lost(self, call: PhoneCall) -> None:
        """End a call of which 46elks knows nothing more."""
        await self.ledger.async_lost(call)

    @callback
    def settle(self) -> None:
        """Find out about calls that were asked for and never answered, and redial."""
        for call in [] if self._closing else self.open_calls():
            if call.id is None and call.ref not in self._under_way:
                task = self._start(call.ref, self._async_settle(call))
                task.add_done_callback(_log_failure)
            elif dt_util.utcnow() > call.asked + END_NEVER:
                self._write(self.ledger.async_lost(call))
        for call in list(self._store.calls.values()):
            if call.wants_redial and self._redial(call.ref) is None:
                self._plan_redial(call)

    def _users(self) -> Iterator[CallPlan]:
        """Yield the plans of calls that are not over, or are to be tried again."""
        yield from self._plans.values()
        for call in (*self.open_calls(), *map(self._store.calls.get, self._redials)):
            if call and call.plan:
                yield call.plan

    def _placed(self, call: PhoneCall) -> None:
        """Let go what a call would have played, if it was not placed."""
        plan = self._plans.pop(call.ref)
        # Those that are to be tried again are forgotten then, until the next start.
        if not self._closing:
            self.repertoire.release(plan)

    def _start(
        self, ref: str, work: Coroutine[Any, Any, PhoneCall]
    ) -> asyncio.Task[PhoneCall]:
        task = self._hass.async_create_task(work, f"elks46 call {ref}")
        self._under_way[ref] = task
        task.add_done_callback(lambda _: self._forget(ref))
        return task

    def _forget(self, ref: str) -> None:
        self._under_way.pop(ref, None)
        self._unwanted.discard(ref)

    def _write(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._hass.async_create_task(work, "elks46 call record")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    @callback
    def _heard(self, ref: str, question: Question) -> None:
        """Take note of what a call has told while it was answered."""
        if (call := self._store.calls.get(ref)) is None:
            return
        if isinstance(question, CallAnswered):
            self._write(self.ledger.async_answered(call, question.call_id))
        else:
            pressed = self.ledger.async_pressed(call, question.call_id, question.digits)
            self._write(pressed)

    @callback
    def _happened(self, news: CallNews, call: PhoneCall) -> None:
        """Go on where a call has ended."""
        if news is not CallNews.ENDED or call.direction is not CallDirection.OUTGOING:
            return
        if call.wants_redial:
            self._plan_redial(call)
        else:
            self._finish(call)

    def _finish(self, call: PhoneCall) -> None:
        """Let everyone go on who waits for a call, and what it has played go."""
        self.repertoire.release(call.plan)
        if over := self._over.pop(call.redial_of or call.ref, None):
            over.set_result(call)

    def _is_done(self, ref: str) -> bool:
        call = self.latest(ref)
        is_waiting = call is not None and call.wants_redial and ref in self._redials
        return call is None or (call.is_over and not is_waiting)

    def _redial(self, ref: str) -> PhoneCall | None:
        calls = self._store.calls.values()
        return next((call for call in calls if call.redial_of == ref), None)

    def _plan_redial(self, call: PhoneCall) -> None:
        """Try a call once more, a little after nobody has answered it."""
        if self._closing or call.ref in self._redials:
            return
        since = dt_util.utcnow() - (call.ended or EPOCH)
        if since > REDIAL_WITHIN:
            self._finish(call)
            return

        @callback
        def due(_now: datetime) -> None:
            self._write(self._async_redial(call))

        self._redials[call.ref] = async_call_later(
            self._hass,
            REDIAL_SECONDS - min(max(since.total_seconds(), 0), REDIAL_SECONDS),
            HassJob(due, "elks46 redial", cancel_on_shutdown=True),
        )

    async def _async_redial(self, call: PhoneCall) -> None:
        if TYPE_CHECKING:
            assert call.plan is not None
            assert call.caller is not None
        try:
            await self.async_place(
                callee=call.callee,
                caller=call.caller,
                plan=replace(call.plan, ring_twice=False),
                redial_of=call.ref,
            )
        except HomeAssistantError as err:
            if self.ledger.known(call).wants_redial:
                LOGGER.warning(
                    "A call that nobody answered was not tried again: %s", err
                )
            # When the account is unloaded they are forgotten all at once.
            self._redials.pop(call.ref, None)
            self._finish(call)
        else:
            self._redials.pop(call.ref, None)

    async def _async_place(
        self, call: PhoneCall, caller: str, plan: CallPlan, *, is_alert: bool
    ) -> PhoneCall:
        turn = self._turns.setdefault(call.callee, asyncio.Lock())
        async with turn:
            if self._closing:
                raise failed("not_loaded")
            ask = self._order(call, caller, plan)
            minutes = max(1, ceil(plan.talk_seconds / 60))
            after = await self._look_up.async_newest()
            if not self._is_wanted(call):
                raise invalid("call_is_over", call_id=call.ref)
            guarded = self._guard.reserve_call(
                call.ref,
                call.callee,
                minutes=minutes,
                is_alert=is_alert,
                is_talk=plan.connect is not None,
            )
            with guarded as price:
                # Who waits for a turn has not begun to ring.
                call = replace(
                    call, asked=dt_util.utcnow(), after=after, reserved=price
                )
                await self.ledger.async_remember(call)
            self.repertoire.expect(self.ledger.known(call))
            return await self._async_dial(call, ask)

    def _order(self, call: PhoneCall, caller: str, plan: CallPlan) -> Order:
        """Return what asks 46elks for a call, with the address that this home has now.

        Raises:
            HomeAssistantError: it has none.
        """
        address = self._address
        url = address.callback_url(CallbackKind.CALL, call.ref)
        if url is None:
            raise failed("call_no_address")
        return partial(
            self._client.calls.start,
            caller=caller,
            callee=call.callee,
            voice_start=url,
            when_hangup=address.callback_url(CallbackKind.HANGUP, call.ref),
            ring_timeout=plan.ring_timeout,
        )

    def _is_wanted(self, call: PhoneCall) -> bool:
        """Tell whether a call that is about to be placed still should be."""
        first = self._store.calls.get(call.redial_of or "")
        is_dropped = {call.ref, call.redial_of} & self._unwanted
        return not is_dropped and (first is None or first.wants_redial)

    async def _async_dial(self, call: PhoneCall, ask: Order) -> PhoneCall:
        try:
            answer = await self._async_post(call, ask)
        except ElksError as err:
            known = await self.ledger.async_refused(call, CallOutcome.FAILED)
            if known.id is not None:
                return known
            if isinstance(err, ElksConnectionError):
                raise failed("call_not_placed") from err
            with translate_errors(self._hass, self._entry):
                raise
        if answer is not None:
            return await self.ledger.async_taken(call, answer)
        known = self.ledger.known(call)
        if known.id is None:
            raise failed("call_unknown")
        return known

    async def _async_post(self, call: PhoneCall, ask: Order) -> Call | None:
        """Have 46elks take the call, once; None where nothing but posts can tell.

        Raises:
            ElksError: it was not taken.
        """
        try:
            return await self._async_ask(ask)
        except ElksError as err:
            if not err.outcome_unknown:
                raise
            LOGGER.debug("The answer to a call was lost: %s", type(err).__name__)
            is_late = isinstance(err, ElksTimeoutError)
        return await self._look_up.async_search(call, late=is_late)

    async def _async_ask(self, ask: Order) -> Call:
        """Ask for a call until that reaches 46elks, which hears it once."""
        for pause in RETRY_PAUSES:
            try:
                return await self._async_start(ask)
            except ElksConnectionError as err:
                if err.outcome_unknown:
                    raise
            await asyncio.sleep(pause)
        return await self._async_start(ask)

    async def _async_start(self, ask: Order) -> Call:
        async with self._slots:
            return await ask()

    async def _async_settle(self, call: PhoneCall) -> PhoneCall:
        """Find out whether a call was placed whose answer nobody has."""
        turn = self._turns.setdefault(call.callee, asyncio.Lock())
        async with turn:
            found = await self._look_up.async_search(call, late=False)
            if found is not None:
                known = await self.ledger.async_taken(call, found)
                await self.ledger.async_ended(known, found.ended())
            elif self.is_late(call):
                await self.ledger.async_refused(call, CallOutcome.UNKNOWN)
            return self.ledger.known(call)


@callback
def async_let_go(hass: HomeAssistant, refs: Iterable[str]) -> None:
    """Let everyone go on who waits for calls of an account that is gone."""
    waiting = hass.data.get(DATA_WAITING, {})
    for ref in refs:
        if over := waiting.pop(ref, None):
            over.cancel()


def _log_failure(task: asyncio.Task[PhoneCall]) -> None:
    """Tell the log where whoever asked has gone."""
    if not task.cancelled() and (err := task.exception()) is not None:
        LOGGER.warning("A call that nobody waits for failed: %s", type(err).__name__)
