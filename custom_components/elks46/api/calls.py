"""Calls, made and received.

Follows https://46elks.com/docs/make-call and https://46elks.com/docs/call-history.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Self

from .fields import (
    Fields,
    OpenEnum,
    caller,
    identifier,
    integer,
    money,
    objects,
    optional,
    readable,
    text,
    texts,
    time,
)
from .instructions import FollowUp, Instruction
from .resource import Resource, Unreadable, segment, span


class CallDirection(OpenEnum):
    """Which way a call goes."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    UNKNOWN = "unknown"


class CallState(OpenEnum):
    """What became of a call, or of one of its legs."""

    UNKNOWN = "unknown"
    ONGOING = "ongoing"
    SUCCESS = "success"
    BUSY = "busy"
    FAILED = "failed"


# Not documented, but known to other clients of 46elks.
CallState.FAILED._add_value_alias_("noanswer")
CallState.FAILED._add_value_alias_("cancel")


class InstructionResult(OpenEnum):
    """How an instruction ended."""

    UNKNOWN = "unknown"
    SUCCESS = "success"
    BUSY = "busy"
    FAILED = "failed"


# The word for a sound that was played, on the newest page.
InstructionResult.SUCCESS._add_value_alias_("ok")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A connection that a call made onwards."""

    caller: str | None
    callee: str
    state: CallState
    duration: int | None
    """In seconds."""
    cost: Decimal | None

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a leg as 46elks writes it."""
        return cls(
            caller=caller(data, "from"),
            callee=optional(text, data, "to") or "",
            state=CallState(optional(text, data, "state") or CallState.UNKNOWN),
            # A call is not lost for an odd figure in one of its legs.
            duration=readable(integer, data, "duration"),
            cost=readable(money, data, "cost"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """What became of a call."""

    call_id: str
    direction: CallDirection
    # Home Assistant logs what it hands to a listener that fails.
    caller: str | None = field(repr=False)
    """None where the number is hidden."""
    callee: str = field(repr=False)
    state: CallState
    """46elks has been seen to post the end of a call that was still going on."""
    created: datetime
    start: datetime | None
    """None where nobody picked up."""
    duration: int | None
    """In seconds."""
    cost: Decimal | None
    actions: tuple[Mapping[str, object], ...] = field(repr=False)
    """The instructions that were followed, as 46elks writes them."""
    legs: tuple[Leg, ...] = field(repr=False)

    @property
    def was_answered(self) -> bool:
        """Whether anybody picked up, which no state of 46elks tells."""
        return self.start is not None

    @property
    def paid(self) -> Decimal | None:
        """What it did cost, with the connections onwards; None where nothing is told.

        Whether the cost of a call has that of its connections in it is not documented.
        """
        of_legs = [leg.cost for leg in self.legs if leg.cost is not None]
        if not of_legs:
            return self.cost
        return max(self.cost or Decimal(0), sum(of_legs, Decimal(0)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as 46elks remembers it, in either direction."""

    id: str
    direction: CallDirection
    caller: str | None
    """None where the number is hidden."""
    callee: str
    state: CallState
    created: datetime
    start: datetime | None
    """None where nobody picked up, or nobody has yet."""
    ring_timeout: int | None
    """Seconds that 46elks was asked to let it ring."""
    duration: int | None
    """In seconds."""
    cost: Decimal | None
    owner: str | None
    actions: tuple[Mapping[str, object], ...]
    """The instructions that were followed, as 46elks writes them."""
    legs: tuple[Leg, ...]
    recordings: tuple[str, ...]

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a call as 46elks writes it."""
        return cls(
            id=identifier(data, "id"),
            direction=CallDirection(
                optional(text, data, "direction") or CallDirection.UNKNOWN
            ),
            caller=caller(data, "from"),
            callee=text(data, "to"),
            state=CallState(optional(text, data, "state") or CallState.UNKNOWN),
            created=time(data, "created"),
            start=optional(time, data, "start"),
            ring_timeout=readable(integer, data, "timeout"),
            duration=optional(integer, data, "duration"),
            cost=optional(money, data, "cost"),
            owner=optional(text, data, "owner"),
            actions=optional(objects, data, "actions") or (),
            legs=tuple(map(Leg.from_api, optional(objects, data, "legs") or ())),
            recordings=optional(texts, data, "recordings") or (),
        )

    def ended(self) -> CallEnded:
        """Return a call of the history as its callback would have told its end."""
        return CallEnded(
            call_id=self.id,
            direction=self.direction,
            caller=self.caller,
            callee=self.callee,
            state=self.state,
            created=self.created,
            start=self.start,
            duration=self.duration,
            cost=self.cost,
            actions=self.actions,
            legs=self.legs,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingCall:
    """Somebody calls a number, or dials from a client of ours, and is told what to do."""

    call_id: str
    # Home Assistant logs what it hands to a listener that fails.
    caller: str | None = field(repr=False)
    """None where the number is hidden."""
    callee: str = field(repr=False)
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered:
    """A call of ours was answered, and is told what to do."""

    call_id: str
    caller: str | None = field(repr=False)
    callee: str = field(repr=False)
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResult:
    """An instruction of a call ended, and the call is told what to do next."""

    call_id: str
    direction: CallDirection
    caller: str | None = field(repr=False)
    callee: str | None = field(repr=False)
    result: InstructionResult
    """Keys that were pressed are a success."""
    # It may be a code to get in by.
    digits: str | None = field(repr=False)
    why: str | None
    """What 46elks says about a failure."""

    @property
    def no_input(self) -> bool:
        """Whether a menu was heard to its last repeat, and no key was pressed."""
        return self.why == "noinput"


class CallsResource(Resource):
    """Calls, made and received."""

    async def start(
        self,
        *,
        caller: str,
        callee: str,
        voice_start: FollowUp,
        when_hangup: str | None = None,
        ring_timeout: int | None = None,
        record_url: str | None = None,
    ) -> Call:
        """Call someone, which costs money and so is asked for once, come what may.

        What to do is asked for, or done, once the callee has answered. That the state is
        `ongoing` says no more than that it rings; a call may also have failed at once.
        """
        form = {"from": caller, "to": callee}
        match voice_start:
            case Instruction() as instruction:
                if record_url:
                    # Documented of an instruction, and only by hearsay of a call.
                    instruction = replace(instruction, record_call=record_url)
                form["voice_start"] = instruction.encode()
            case url:
                form["voice_start"] = url
                if record_url:
                    form["recordcall"] = record_url
        if when_hangup:
            form["whenhangup"] = when_hangup
        if ring_timeout is not None:
            form["timeout"] = str(ring_timeout)
        return Call.from_api(await self._client.request("POST", "calls", form=form))

    def history(
        self,
        after: datetime | None,
        *,
        before: datetime | None = None,
        unreadable: Unreadable | None = None,
    ) -> AsyncIterator[Call]:
        """Yield what can be read of the calls of a span of time, newest first."""
        return self._readable("calls", Call.from_api, span(after, before), unreadable)

    async def get(self, call_id: str) -> Call:
        """Return one call."""
        return Call.from_api(
            await self._client.request("GET", f"calls/{segment(call_id)}")
        )

    async def delete(self, call_id: str) -> datetime | None:
        """Delete a call from the history, and return when where 46elks says so."""
        return await self._delete(f"calls/{segment(call_id)}")
