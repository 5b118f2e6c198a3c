"""What the guard asks of each text, counted as it goes along: the same as if all were gone through each time."""

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

import pytest

from custom_components.elks46.api import MessageKind, MessageStatus
from custom_components.elks46.const import EPOCH
from custom_components.elks46.recent import Recent
from custom_components.elks46.records import SentMessage

from . import ANNA, NUMBER

REFS = [f"ref{n}" for n in range(12)]
MINUTES = 240


class Slow:
    """Goes through all, each time."""

    def __init__(self) -> None:
        """Know nothing."""
        self.sent: dict[str, SentMessage] = {}
        self.held: dict[str, Decimal] = {}

    def put(self, sent: SentMessage) -> None:
        """Take what is known of one."""
        self.sent[sent.ref] = sent
        self.held.pop(sent.ref, None)

    def forget(self, refs: list[str]) -> None:
        """Forget some."""
        for ref in refs:
            self.sent.pop(ref, None)

    def hold(self, ref: str, price: Decimal) -> None:
        """Hold a place."""
        self.held[ref] = price

    def let_go(self, ref: str) -> None:
        """Give it back."""
        self.held.pop(ref, None)

    def count(self, after: int, before: int) -> int:
        """Count."""
        asked = [sent.asked for sent in self.sent.values() if not sent.is_unsent]
        return len(self.held) + sum(
            moment(after) < one < moment(before) for one in asked
        )

    def expected(self, since: int, until: int) -> Decimal:
        """Add up."""
        unpriced = (
            sent.reserved
            for sent in self.sent.values()
            if sent.cost is None
            and not sent.is_unsent
            and moment(since) <= sent.asked < moment(until)
        )
        return sum(self.held.values(), Decimal(0)) + sum(unpriced, Decimal(0))

    def unfinished_mms(self) -> set[str]:
        """Look for them."""
        return {
            sent.ref
            for sent in self.sent.values()
            if sent.kind is MessageKind.MMS and sent.id and not sent.status.is_final
        }


def moment(minute: int) -> datetime:
    """Return a time."""
    return EPOCH + timedelta(minutes=minute)


def drawn(chance: Random) -> SentMessage:
    """Return a message of some fate, some price and some time."""
    failed = MessageStatus.FAILED
    return SentMessage(
        ref=chance.choice(REFS),
        recipient=ANNA,
        sender=NUMBER,
        asked=moment(chance.randrange(MINUTES)),
        status=chance.choice((MessageStatus.CREATED, MessageStatus.SENT, failed)),
        id=chance.choice((None, "s1")),
        kind=chance.choice([*MessageKind]),
        cost=chance.choice((None, Decimal("0.35"))),
        reserved=Decimal(chance.randrange(100)) / 100,
    )


@pytest.mark.parametrize("seed", range(20))
def test_what_moves_along_is_what_is_there(seed: int) -> None:
    """Whatever becomes of each, and however often; times need not be in order."""
    chance = Random(seed)
    fast, slow = Recent(), Slow()
    for _ in range(200):
        about_to = chance.choice(
            [ref for ref in REFS if ref not in slow.sent] or ["new"]
        )
        price = Decimal(chance.randrange(100)) / 100
        gone, given_up = (
            chance.choices((["no"], REFS[:8]), (9, 1))[0],
            chance.choice(REFS),
        )
        sent = drawn(chance)
        for recent in (fast, slow):
            recent.hold(about_to, price)
            recent.put(sent)
            recent.let_go(given_up)
        slow.forget(gone)
        fast.prune(slow.sent.values())
        a, b = chance.randrange(MINUTES), chance.randrange(MINUTES)
        assert fast.count(moment(a), moment(b)) == slow.count(a, b)
        assert {sent.ref for sent in fast.unfinished_mms} == slow.unfinished_mms()
        assert fast.is_held(about_to) == (about_to in slow.held)
        since, until = sorted((a, b))
        assert fast.expected(moment(since), moment(until)) == slow.expected(
            since, until
        )


def test_it_begins_with_what_is_there() -> None:
    """As after a restart."""
    sent = drawn(Random(1))
    recent = Recent([sent])
    assert recent.count(EPOCH - timedelta(minutes=1), moment(MINUTES)) == 1
