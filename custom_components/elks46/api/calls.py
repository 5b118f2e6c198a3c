"""Calls, made and received.

Follows https://46elks.com/docs/call-history.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Self

from .fields import (
    Fields,
    OpenEnum,
    identifier,
    integer,
    money,
    objects,
    optional,
    text,
    texts,
    time,
)
from .resource import Resource, segment, span


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A connection that a call made onwards."""

    caller: str
    callee: str
    state: CallState
    duration: int | None
    """In seconds."""
    cost: Decimal | None

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a leg as 46elks writes it."""
        return cls(
            caller=optional(text, data, "from") or "",
            callee=optional(text, data, "to") or "",
            state=CallState(optional(text, data, "state") or CallState.UNKNOWN),
            duration=optional(integer, data, "duration"),
            cost=optional(money, data, "cost"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as 46elks remembers it, in either direction."""

    id: str
    direction: CallDirection
    caller: str
    """Empty, or a word, where the caller hides the number."""
    callee: str
    state: CallState
    created: datetime
    start: datetime | None
    """Absent where nobody picked up."""
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
            caller=optional(text, data, "from") or "",
            callee=text(data, "to"),
            state=CallState(optional(text, data, "state") or CallState.UNKNOWN),
            created=time(data, "created"),
            start=optional(time, data, "start"),
            duration=optional(integer, data, "duration"),
            cost=optional(money, data, "cost"),
            owner=optional(text, data, "owner"),
            actions=optional(objects, data, "actions") or (),
            legs=tuple(map(Leg.from_api, optional(objects, data, "legs") or ())),
            recordings=optional(texts, data, "recordings") or (),
        )


class CallsResource(Resource):
    """Calls, made and received."""

    def history(
        self, after: datetime | None, *, before: datetime | None = None
    ) -> AsyncIterator[Call]:
        """Yield what can be read of the calls of a span of time, newest first."""
        return self._readable("calls", Call.from_api, span(after, before))

    async def get(self, call_id: str) -> Call:
        """Return one call."""
        return Call.from_api(
            await self._client.request("GET", f"calls/{segment(call_id)}")
        )

    async def delete(self, call_id: str) -> datetime | None:
        """Delete a call from the history, and return when where 46elks says so."""
        return await self._delete(f"calls/{segment(call_id)}")
