"""What is counted of an account: texts, and money spent by this home and by all.

Days are those of the home's time zone: what people mean by today.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any, Final

from homeassistant.util import dt as dt_util

from .const import REMEMBER_RECEIVED
from .records import Spent, day_of
from .written import moment

# The days of a month, and some more of the one before, for bills that come late.
REMEMBER_DAYS: Final = 40

# A clock may go astray for a moment, and come back to a day that has begun.
OWN_DAYS: Final = 7

type Record = dict[str, Any]


class Tally:
    """The counts of an account, moved by records of the journal."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._own: dict[str, Decimal] = {}
        self._own_ever = Decimal(0)
        self._messages: dict[str, int] = {}
        self._spent = Spent()
        self._balance: Decimal | None = None
        self._references: frozenset[str | None] = frozenset()
        self._unread: dict[str, tuple[str, Decimal]] = {}
        # The same by the day: of each text its sum is asked for several times.
        self._unread_days: dict[str, Decimal] = {}
        self._sums: dict[str, Decimal] = {}
        self._forwarded: dict[str, datetime] = {}

    @property
    def forwarded(self) -> Mapping[str, datetime]:
        """Texts that 46elks was let pass on and may ask for again, by their id, and when."""
        return self._forwarded

    @property
    def own_today(self) -> Decimal:
        """What this home has spent today, where 46elks has told the price."""
        return self._own.get(today(), Decimal(0))

    @property
    def own_ever(self) -> Decimal:
        """What this home has spent since the account was added."""
        return self._own_ever

    @property
    def messages_today(self) -> int:
        """Texts sent and received today."""
        return self._messages.get(today(), 0)

    @property
    def spent_today(self) -> Decimal:
        """What the account has spent today, whoever did."""
        return self._sum(today())

    @property
    def spent_this_month(self) -> Decimal:
        """What the account has spent this month, whoever did."""
        return self._sum(today()[:7])

    @property
    def spent(self) -> Spent:
        """What the account had spent when 46elks was last asked."""
        return self._spent

    @property
    def balance(self) -> Decimal | None:
        """The balance that was told last, if any was."""
        return self._balance

    @property
    def unread(self) -> Mapping[str, tuple[str, Decimal]]:
        """What this home has spent since: by what it was for, the day and how much."""
        return self._unread

    def _sum(self, span: str) -> Decimal:
        if (known := self._sums.get(span)) is None:
            days = chain(self._spent.days.items(), self._unread_days.items())
            of_span = (amount for day, amount in days if day.startswith(span))
            known = self._sums[span] = sum(of_span, Decimal(0))
        return known

    def apply(self, record: Record) -> None:
        """Let a record of the journal act."""
        if "day" in record:
            day, cost = record["day"], Decimal(record.get("cost", 0))
            self._own_ever += cost
            own_day = str(record.get("own_day", day))
            _touch(self._own, own_day, self._own.get(own_day, Decimal(0)) + cost)
            messages = self._messages.get(day, 0) + record["messages"]
            _touch(self._messages, day, messages)
        if record.get("cost", "0") != "0":
            paid = record.get("sent") or record.get("call") or {}
            what = paid.get("id") or paid.get("ref") or f"{record['forwarded'][0]} on"
            # The bill may have been read before the answer came.
            if what not in self._references:
                self._expect(str(what), record["day"], Decimal(record["cost"]))
        if "forwarded" in record:
            message_id, when = record["forwarded"]
            self._forwarded = _fresh({**self._forwarded, message_id: moment(when)})
        if "balance" in record:
            self._balance = Decimal(record["balance"])
        if "spent" in record:
            self._read(_load(record["spent"]))
            for what in record["read"]:
                self._found(what)

    def _read(self, spent: Spent) -> None:
        self._spent = spent
        self._sums.clear()
        self._references = frozenset(what for _, _, what in spent.recent.values())
        for what in self._references & set(self._unread):
            self._found(str(what))

    def _expect(self, what: str, day: str, amount: Decimal) -> None:
        """Take note of what will be on a bill."""
        self._found(what)
        self._unread[what] = day, amount
        self._unread_days[day] = self._unread_days.get(day, Decimal(0)) + amount
        self._sums.clear()

    def _found(self, what: str) -> None:
        """Forget what was on a bill, or was not expected."""
        if (there := self._unread.pop(what, None)) is None:
            return
        day, amount = there
        self._sums.clear()
        if rest := self._unread_days.pop(day, Decimal(0)) - amount:
            self._unread_days[day] = rest

    def dump(self) -> dict[str, Any]:
        """Return what a snapshot keeps."""
        return {
            "own": {day: str(amount) for day, amount in self._own.items()},
            "spent_ever": str(self._own_ever),
            "messages": dict(self._messages),
            "spent": dump_spent(self._spent),
            "told_balance": None if self._balance is None else str(self._balance),
            "forwarded": {
                message_id: when.isoformat()
                for message_id, when in _fresh(self._forwarded).items()
            },
            "unread": {
                what: [day, str(amount)] for what, (day, amount) in self._unread.items()
            },
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Take over what a snapshot has kept."""
        if "own" in data:
            self._own = {day: Decimal(amount) for day, amount in data["own"].items()}
            self._messages = dict(data["messages"])
        else:
            # As it was written when only one day was kept.
            self._own = {data["day"]: Decimal(data["spent_day"])}
            self._messages = {data["day"]: data["messages_day"]}
        self._own_ever = Decimal(data.get("spent_ever", 0))
        # Absent in what was written before it was told.
        balance = data.get("told_balance")
        self._balance = None if balance is None else Decimal(balance)
        if "spent" in data:
            self._read(_load(data["spent"]))
            self._forwarded = {
                message_id: moment(when)
                for message_id, when in data["forwarded"].items()
            }
            for what, (day, amount) in data["unread"].items():
                self._expect(what, day, Decimal(amount))
        else:
            # As it was written when only this home's own texts were counted.
            of_day = Decimal(data["spent_day"])
            before = Decimal(data["spent_month"]) - of_day
            self._expect("day", data["day"], of_day)
            self._expect("month", f"{data['month']}-01", before)


def _touch[Count](days: dict[str, Count], day: str, count: Count) -> None:
    """Set what a day counts, and forget the day that was longest left alone.

    Not the oldest: a clock may be wrong for a while.
    """
    days.pop(day, None)
    days[day] = count
    if len(days) > OWN_DAYS:
        del days[next(iter(days))]


def _fresh(times: Mapping[str, datetime]) -> dict[str, datetime]:
    now = dt_util.utcnow()
    return {
        what: when
        for what, when in times.items()
        if abs(now - when) < REMEMBER_RECEIVED
    }


def today() -> str:
    """Return the day of the home's time zone."""
    return day_of(dt_util.utcnow())


def dump_spent(spent: Spent) -> dict[str, Any]:
    """Return how it is written down."""
    days = sorted(spent.days)[-REMEMBER_DAYS:]
    return {
        "days": {day: str(spent.days[day]) for day in days},
        "balance": str(spent.balance) if spent.balance is not None else None,
        "mark": spent.mark.isoformat() if spent.mark else None,
        "recent": {
            bill: [created.isoformat(), str(cost), what]
            for bill, (created, cost, what) in spent.recent.items()
        },
    }


def _load(data: Mapping[str, Any]) -> Spent:
    return Spent(
        days={day: Decimal(amount) for day, amount in data["days"].items()},
        balance=Decimal(data["balance"]) if data["balance"] is not None else None,
        mark=datetime.fromisoformat(data["mark"]) if data["mark"] else None,
        recent={
            bill: (datetime.fromisoformat(created), Decimal(cost), what)
            for bill, (created, cost, what) in data["recent"].items()
        },
    )
