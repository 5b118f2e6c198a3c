"""The messages of late: how many, and what they may cost, without going through all of them for each that follows.

A thousand texts of one action are asked about a thousand times, and each time there are
more. So they stand in the order of their time, and sums are moved along.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from typing import Final

from .api import MessageKind
from .records import SentMessage

_WHEN: Final = itemgetter(0)


class Recent:
    """Messages that were asked for, and those that are about to be."""

    def __init__(self, messages: Iterable[SentMessage] = ()) -> None:
        """Begin with some that were asked for."""
        self._asked = _Line()
        self._unpriced = _Line()
        self._pictures: dict[str, SentMessage] = {}
        self._held: dict[str, Decimal] = {}
        self._held_money = Decimal(0)
        for sent in messages:
            self.put(sent)

    def put(self, sent: SentMessage) -> None:
        """Take what is known of one now; one that was held is so no longer."""
        self.let_go(sent.ref)
        self._asked.drop(sent.ref)
        self._unpriced.drop(sent.ref)
        self._pictures.pop(sent.ref, None)
        if sent.is_unsent:
            return
        self._asked.put(sent.ref, sent.asked, Decimal(0))
        if sent.cost is None:
            self._unpriced.put(sent.ref, sent.asked, sent.reserved)
        if sent.kind is MessageKind.MMS and sent.id and not sent.status.is_final:
            self._pictures[sent.ref] = sent

    def prune(self, messages: Iterable[SentMessage]) -> None:
        """Forget all but these, and what is held."""
        self._asked, self._unpriced = _Line(), _Line()
        self._pictures.clear()
        for sent in messages:
            self.put(sent)

    def hold(self, ref: str, price: Decimal) -> None:
        """Hold the place of one, until it is put or let go."""
        self.let_go(ref)
        self._held[ref] = price
        self._held_money += price

    def let_go(self, ref: str) -> None:
        """Give the place of one back that was not put."""
        self._held_money -= self._held.pop(ref, Decimal(0))

    def is_held(self, ref: str) -> bool:
        """Tell whether one is about to be asked for."""
        return ref in self._held

    @property
    def unfinished_mms(self) -> Collection[SentMessage]:
        """The picture messages that 46elks has and that may get further: it reports nothing of them."""
        return self._pictures.values()

    def count(self, after: datetime, before: datetime) -> int:
        """Return how many were asked for between two times, and are about to be."""
        return self._asked.count(after, before) + len(self._held)

    def expected(self, since: datetime, until: datetime) -> Decimal:
        """Return what those of a span of time cost whose price is not known, and those that are about to be asked for."""
        return self._unpriced.amount(since, until) + self._held_money


class _Line:
    """Amounts in the order of their time."""

    def __init__(self) -> None:
        """Have none."""
        self._order: list[tuple[datetime, str]] = []
        self._amounts: dict[str, tuple[datetime, Decimal]] = {}
        self._total = Decimal(0)

    def put(self, ref: str, when: datetime, amount: Decimal) -> None:
        """Add one that is not there."""
        insort(self._order, (when, ref))
        self._amounts[ref] = when, amount
        self._total += amount

    def drop(self, ref: str) -> None:
        """Take one away, if it is there."""
        if (there := self._amounts.pop(ref, None)) is not None:
            when, amount = there
            del self._order[bisect_left(self._order, (when, ref))]
            self._total -= amount

    def count(self, after: datetime, before: datetime) -> int:
        """Return how many there are between two times, without those themselves."""
        end = bisect_left(self._order, before, key=_WHEN)
        return max(end - bisect_right(self._order, after, key=_WHEN), 0)

    def amount(self, since: datetime, until: datetime) -> Decimal:
        """Return the sum of a span of time, outside of which there are few."""
        begin = bisect_left(self._order, since, key=_WHEN)
        end = bisect_left(self._order, until, key=_WHEN)
        outside = (*self._order[:begin], *self._order[max(begin, end) :])
        return self._total - sum(
            (self._amounts[ref][1] for _, ref in outside), Decimal(0)
        )
