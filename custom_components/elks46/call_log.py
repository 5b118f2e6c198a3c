"""The calls of an account as the store remembers them, and as they are written down."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from homeassistant.util import dt as dt_util

from .api import CallDirection
from .const import DAY, HOUR, REMEMBER_SENT
from .journal import Record
from .records import CallOutcome, CallPlan, CallStage, PhoneCall
from .tally import today

# Ended calls are of use only to tell a late or repeated post from a new one.
REMEMBER_ENDED_AT_MOST: Final = 200


class CallLog:
    """Calls by our reference and by 46elks' id, and how many there were today."""

    def __init__(self) -> None:
        """Begin with none."""
        self._calls: dict[str, PhoneCall] = {}
        self._refs: dict[str, str] = {}
        self._day = ""
        self._count = 0

    @property
    def calls(self) -> Mapping[str, PhoneCall]:
        """The calls, by our reference, oldest first."""
        return self._calls

    @property
    def today(self) -> int:
        """How many calls there were today."""
        return self._count if self._day == today() else 0

    def by_id(self, call_id: str) -> PhoneCall | None:
        """Return the call that has this id at 46elks."""
        return self._calls.get(self._refs.get(call_id, ""))

    def apply(self, record: Record) -> None:
        """Let a record of the journal act, if it is of a call."""
        if "call" in record:
            self._keep(_load(record["call"]))
        if "calls" in record:
            if record["day"] != self._day:
                self._day, self._count = record["day"], 0
            self._count += record["calls"]

    def prune(self) -> None:
        """Drop what no post and no look-up can ask for any more."""
        now = dt_util.utcnow()
        oldest = now - REMEMBER_SENT
        ended = [
            ref
            for ref, call in self._calls.items()
            if call.is_over and not _is_wanted(call, abs(now - call.asked))
        ]
        dropped = {
            *ended[:-REMEMBER_ENDED_AT_MOST],
            *(ref for ref, call in self._calls.items() if call.asked < oldest),
        }
        self._calls = {
            ref: call for ref, call in self._calls.items() if ref not in dropped
        }
        self._refs = {call.id: ref for ref, call in self._calls.items() if call.id}

    def dump(self) -> dict[str, Any]:
        """Return all there is, for a snapshot."""
        return {
            "calls": [dump_call(call) for call in self._calls.values()],
            "calls_day": [self._day, self._count],
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Read a snapshot; one from before there were calls has none."""
        for call in data.get("calls", ()):
            self._keep(_load(call))
        self._day, self._count = data.get("calls_day", ("", 0))

    def _keep(self, call: PhoneCall) -> None:
        self._calls[call.ref] = call
        if call.id is not None:
            self._refs[call.id] = call.ref


def _is_wanted(call: PhoneCall, age: timedelta) -> bool:
    """Tell whether an ended call is asked about: strangers decide how many others there are.

    The guard counts those of ours of the last hour, and today's that have no price yet; a
    recording finds out whose it is.
    """
    is_money = call.may_cost and call.reserved > 0
    return (is_money and age < DAY) or (
        (call.is_placed or call.awaits_tape) and age < HOUR
    )


def dump_call(call: PhoneCall) -> dict[str, Any]:
    """Return a call as JSON has it."""
    data = asdict(call)
    for name in ("asked", "after", "created", "ended"):
        data[name] = data[name] and data[name].isoformat()
    if call.direction is CallDirection.INCOMING:
        # What those who call have typed is told, and then of no use any more.
        data["digits"] = None
    cost = None if call.cost is None else str(call.cost)
    return data | {"cost": cost, "reserved": str(call.reserved)}


def _load(data: Mapping[str, Any]) -> PhoneCall:
    plan = data["plan"]
    times = {
        name: data[name] and datetime.fromisoformat(data[name])
        for name in ("asked", "after", "created", "ended")
    }
    return PhoneCall(
        **{
            **data,
            **times,
            "direction": CallDirection(data["direction"]),
            "plan": CallPlan(**{**plan, "sounds": tuple(plan["sounds"])})
            if plan
            else None,
            "stage": CallStage(data["stage"]),
            "outcome": CallOutcome(data["outcome"]) if data["outcome"] else None,
            "cost": Decimal(data["cost"]) if data["cost"] is not None else None,
            "reserved": Decimal(data["reserved"]),
        }
    )
