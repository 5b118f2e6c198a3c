"""One call while it lasts: what answers it, what is done with it, and how it ends.

46elks: receive-call, make-call, call-actions.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from .acts import Phase, perform
from .addresses import Addresses
from .callbacks import Callback, Callbacks
from .calls import Call, Calls
from .clock import Clock
from .events import Events
from .faults import CallbackKind
from .instructions import AnyInstruction, GarbageError, Hangup, Target, parse, read
from .legs import Farewell, Leg, LegState, Outcome
from .lines import SWEDISH_MOBILE, Lines
from .messages import Direction
from .numbers import Numbers, static_answer
from .shelf import Shelf
from .sources import Sources
from .tapes import Tape
from .till import Till
from .tracks import Track
from .wire import Json, exact_time, stored_time

# A document that leads to itself would keep the simulator busy for ever.
MAX_INSTRUCTIONS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What every conversation needs."""

    clock: Clock
    events: Events
    addresses: Addresses
    callbacks: Callbacks
    calls: Calls
    numbers: Numbers
    lines: Lines
    shelf: Shelf
    sources: Sources
    till: Till


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is known of a call before it begins; `home` is where its recordings are fetched."""

    start: str | None
    home: str
    ring_seconds: int
    hangup_url: str | None = None
    recorded: bool = False
    recording_url: str | None = None


class Conversation:
    """One call, from the first ring to the last callback."""

    def __init__(self, tools: Tools, call: Call, plan: Plan) -> None:
        """Have everything but the one it is with."""
        self.tools = tools
        self.call = call
        self.home = plan.home
        self.local: dict[str, bytes] = {}
        self.party: Leg
        self.version = 0
        self._begun = False
        self._plan = plan
        self._hangup_url = plan.hangup_url
        self._recorded = plan.recorded
        self._recording_url = plan.recording_url
        self._tape: Tape | None = None
        self._others: list[Leg] = []
        self._rows: dict[Leg, dict[str, object]] = {}
        self._began: float | None = None
        self._paid = 0
        self._broke = asyncio.Event()
        self._over = False
        self._doing: AnyInstruction | None = None
        self._phase = Phase.RINGING
        self._entry: dict[str, object] = {}
        self._refused: Outcome | None = None
        self._signal: str | None = None
        self._trouble: str | None = None
        self._news = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and has been told of."""
        return self._over

    def leg(self, handset: str | None) -> Leg | None:
        """Return the latest end with a number, or the one it began with."""
        if handset is None:
            return self.party
        ends = [leg for leg in (self.party, *self._others) if leg.number == handset]
        return ends[-1] if ends else None

    def ringing(self) -> list[Leg]:
        """Return the ends that are ringing."""
        ends = (self.party, *self._others)
        return [leg for leg in ends if leg.state is LegState.RINGING]

    def begin(self, party: Leg) -> None:
        """Be with someone: the one who called, or the one who is called."""
        self.party = party
        self._begun = True
        self.changed()

    def changed(self) -> None:
        """Tell all who watch."""
        if not self._begun:
            return
        self.version += 1
        self._news.set()
        self._news = asyncio.Event()
        self.tools.events.publish("call", self.as_control())

    async def news(self) -> None:
        """Wait until something changes."""
        await self._news.wait()

    async def run(self) -> None:
        """Carry the call from its first ring to its end."""
        script = asyncio.create_task(self._script())
        ends = (
            script,
            asyncio.create_task(self.party.gone.wait()),
            asyncio.create_task(self._broke.wait()),
        )
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
        self._finish()
        if not script.cancelled():
            script.result()

    async def _script(self) -> None:
        if self.call.direction is Direction.INCOMING:
            await self._follow("newincoming")
            return
        try:
            async with self.tools.clock.timeout(self._plan.ring_seconds):
                await self.party.settled.wait()
        except TimeoutError:
            return
        if self.party.outcome is Outcome.ANSWERED:
            self._begin()
            with self.paying(self.party):
                await self._follow("newoutgoing")

    async def _follow(self, result: str) -> None:
        """Do one instruction after the other, until there is no next one."""
        target: Target | None = self._plan.start
        if target is None:
            self._trouble = "The number has no voice_start"
        kind = CallbackKind.CALL
        fields = {"result": result, "created": exact_time(self.call.created)}
        try:
            while target is not None:
                document = await self._document(target, kind, fields)
                outcome = await self._obey(parse(document))
                if outcome is None:
                    return
                target, fields = outcome
                kind = CallbackKind.NEXT
        except GarbageError as err:
            self._trouble = str(err)

    async def _document(
        self, target: Target, kind: CallbackKind, fields: Mapping[str, str]
    ) -> Mapping[str, object]:
        if len(self.call.actions) >= MAX_INSTRUCTIONS:
            raise GarbageError("There are too many instructions")
        if not isinstance(target, str):
            return target
        if kind is CallbackKind.CALL and static_answer(target):
            return read(target)
        if not self.tools.addresses.accepts(target):
            raise GarbageError("The next instruction is at no public address")
        self.enter(Phase.ASKING)
        callback = Callback(kind=kind, url=target, fields={**self.told(), **fields})
        answer = await self.tools.callbacks.ask(callback)
        if answer is None:
            raise GarbageError("There was no answer of 200 to 204")
        return read(answer)

    async def _obey(
        self, instruction: AnyInstruction
    ) -> tuple[Target | None, dict[str, str]] | None:
        if instruction.hangup_url is not None and self.accepts(instruction.hangup_url):
            self._hangup_url = instruction.hangup_url
        if instruction.recording_url is not None:
            if self.accepts(instruction.recording_url):
                self._record_all(instruction.recording_url)
        self._entry = dict(instruction.shown)
        entry = self._entry
        self._doing = instruction
        self.note(entry)
        try:
            result = await perform(self, instruction)
        except asyncio.CancelledError:
            # 46elks does not say what it writes where someone hangs up in the middle.
            if not isinstance(instruction, Hangup) and "result" not in entry:
                entry |= {"result": "failed", "why": "hangup"}
            raise
        finally:
            self._doing = None
        if result is None:
            return None
        told = {"result": str(result.result)}
        if result.why is not None:
            told["why"] = result.why
        entry |= told
        self.changed()
        return result.target, told

    def accepts(self, address: str) -> bool:
        """Return whether 46elks would call an address; where not, say so to the one who steers."""
        if self.tools.addresses.accepts(address):
            return True
        self._trouble = f"{address} is no public address"
        return False

    def told(self) -> dict[str, str]:
        """Return what every callback tells of the call."""
        call = self.call
        return {
            "callid": call.id,
            "direction": call.direction,
            "from": call.caller,
            "to": call.callee,
        }

    def enter(self, phase: Phase) -> None:
        """Wait for something else than before."""
        self._phase = phase
        self.changed()

    def note(self, entry: dict[str, object]) -> None:
        """List an instruction."""
        self.call.actions.append(entry)
        self.changed()

    def pick_up(self) -> None:
        """Answer a call that came in, if it is not answered yet."""
        if self._began is None:
            self.party.answer()
            self._begin()

    def _begin(self) -> None:
        self._began = self.tools.clock.time()
        self.call.start = max(self.tools.clock.now(), self.call.created)
        if self._recorded:
            self._record_all(self._recording_url)
        self.changed()

    def _record_all(self, url: str | None) -> None:
        """Take down both ends from now on, or from when the call is answered."""
        self._recorded, self._recording_url = True, url
        if self._tape is not None:
            self._tape.url = url
        elif self._began is not None:
            both = Track()
            for track in (self.party.voice, self.party.ear):
                both.follow(self._began, track)
            self._tape = Tape(self, both, CallbackKind.RECORDCALL, url)

    def hang_up(self, signal: str | None) -> None:
        """Be told to end the call; a call that was not answered and had no other instruction may get a signal."""
        if self._began is None and len(self.call.actions) == 1:
            self._signal = signal or "reject"
        elif signal not in {None, "reject"}:
            self._trouble = f"{signal} is only possible as the first instruction"

    def may_show(self, caller: str) -> bool:
        """Return whether a number may be shown to the ones who are rung."""
        own = self.tools.numbers
        return caller == self.call.caller or own.may_call_from(caller)

    def ring(self, number: str, caller: str) -> Leg:
        """Ring someone to connect the call with."""
        call = self.call
        row: dict[str, object] = {"from": caller, "to": number, "state": "ongoing"}
        leg = self.tools.lines.ring(
            number,
            caller,
            self.changed,
            call_id=call.id,
            from_mobile=call.direction is Direction.INCOMING
            and call.callee.startswith(SWEDISH_MOBILE),
        )
        self._others.append(leg)
        self._rows[leg] = row
        call.legs.append(row)
        self.changed()
        return leg

    def note_leg(self, leg: Leg) -> None:
        """List how far an end that was rung has come."""
        row = self._rows[leg]
        if leg.outcome is not Outcome.ANSWERED or leg.began is None:
            row["state"] = leg.outcome
        elif "duration" not in row and leg.state is LegState.ENDED:
            ended = self.tools.clock.time()
            row |= {"state": "success", "duration": round(ended - leg.began)}

    def connected(self) -> None:
        """List that the call was connected, whoever hangs up."""
        self._entry["result"] = str(Outcome.ANSWERED)

    def refused_as(self, outcome: Outcome) -> None:
        """Learn how a connection ended: a call that was not answered ends the same way."""
        self._refused = outcome

    @contextmanager
    def paying(self, leg: Leg) -> Iterator[None]:
        """Pay for an end as long as it lasts; where the money ends, the call does."""
        row = self._rows.get(leg, {})

        def paid(cost: int) -> None:
            row["cost"] = int(str(row.get("cost", 0))) + cost
            self._paid += cost
            self.call.cost = self._paid
            self.changed()

        async def pay() -> None:
            await self.tools.till.run(self.call.owner, leg.number, self.call.id, paid)
            self._broke.set()

        task = asyncio.create_task(pay())
        try:
            yield
        finally:
            task.cancel()

    def farewell(self) -> Farewell:
        """Return why those with whom the call is connected are hung up on."""
        if self._broke.is_set():
            return Farewell.MONEY
        return Farewell.CALLER if self.party.gone.is_set() else Farewell.LIMIT

    def _finish(self) -> None:
        """End the call, and tell who wants to know."""
        call = self.call
        if self._broke.is_set():
            call.actions.append({"hangup": "creditslow"})
        if self._tape is not None:
            self._tape.stop()
        # What was said takes memory, and calls that are over stay for a while.
        self._tape = None
        self.local.clear()
        self.party.end(Farewell.MONEY if self._broke.is_set() else Farewell.OVER)
        if self._began is not None:
            call.state = "success"
            call.duration = round(self.tools.clock.time() - self._began)
            call.cost = self._paid
        elif "busy" in {self._signal, self._refused, self.party.outcome}:
            call.state = "busy"
        else:
            call.state = "failed"
        self._over = True
        self.changed()
        if self._hangup_url is not None:
            self.tools.callbacks.post(
                Callback(
                    kind=CallbackKind.HANGUP,
                    url=self._hangup_url,
                    fields=call.as_ended(),
                )
            )

    def as_control(self) -> Json:
        """Return the call for the one who steers the simulator."""
        call = self.call
        if self._over:
            state = "ended"
        else:
            state = "ringing" if self._began is None else "answered"
        return {
            "id": call.id,
            "version": self.version,
            "direction": call.direction,
            "from": call.caller,
            "to": call.callee,
            "created": stored_time(call.created) + "Z",
            "state": state,
            "result": call.state,
            "start": stored_time(call.start) + "Z" if call.start else None,
            "duration": call.duration,
            "cost": call.cost,
            "phase": None if self._over else self._phase,
            "doing": dict(self._doing.shown) if self._doing else None,
            "actions": [dict(entry) for entry in call.actions],
            "legs": [leg.as_control() for leg in (self.party, *self._others)],
            "ringing": [leg.number for leg in self.ringing()],
            "recordings": [recording.id for recording in call.recordings],
            "signal": self._signal,
            "trouble": self._trouble,
        }
