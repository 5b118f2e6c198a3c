"""What a text or a minute is thought to cost, before 46elks has told.

Learned from what the last one there did cost; a minute to a mobile phone is another than
one to a telephone at home.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from .api import CallDirection, MessageKind
from .contacts import destination_of
from .records import PhoneCall, SentMessage

# What 46elks takes for one part to Sweden, before VAT (46elks.com/pricing, November 2026;
# that of a picture in SEK follows from the one in EUR).
SWEDISH_PRICES: Final = {
    "EUR": {MessageKind.SMS: Decimal("0.047"), MessageKind.MMS: Decimal("0.11")},
    "SEK": {MessageKind.SMS: Decimal("0.52"), MessageKind.MMS: Decimal("1.25")},
}
# A started minute to a Swedish mobile phone, by the same list.
SWEDISH_MINUTE: Final = {"EUR": Decimal("0.064"), "SEK": Decimal("0.70")}
# A minute of Realtime Voice, by the same list.
REALTIME_MINUTE: Final = {"EUR": Decimal("0.014"), "SEK": Decimal("0.15")}
# As long as nothing has gone to a country, it is thought to cost as much as to the
# dearest of Sweden's neighbours.
UNKNOWN_COUNTRY: Final = 2
# 46elks: pricing, "per started minute".
SECONDS_PAID_FOR: Final = 60

type Spare = Callable[[], Decimal]
"""What a guess may be at most; asked only where something is guessed."""


class Tariff:
    """The prices of an account, as far as they are known."""

    def __init__(self) -> None:
        """Know the list only."""
        self._messages: dict[tuple[MessageKind, str], Decimal] = {}
        self._minutes: dict[tuple[str, int], Decimal] = {}

    def learn_message(self, sent: SentMessage) -> None:
        """Learn from what a message did cost."""
        # What is free, as 46elks' test number is, says nothing of what others cost.
        if sent.cost:
            country = destination_of(sent.recipient).country or ""
            self._messages[sent.kind, country] = sent.cost / (sent.parts or 1)

    def learn_call(self, call: PhoneCall) -> None:
        """Learn from what a call of ours did cost."""
        is_ours = call.direction is CallDirection.OUTGOING
        if is_ours and call.cost and call.duration:
            minutes = -(-call.duration // SECONDS_PAID_FOR)
            self._minutes[_minute(call.callee)] = call.cost / minutes

    def of_message(
        self, currency: str, phone: str, kind: MessageKind, parts: int, spare: Spare
    ) -> Decimal:
        """Return what a message may cost.

        What is guessed is at most what there is to `spare`, or a limit between the price and what it is
        thought to be would hold for ever; but never below the price in the list.
        """
        prices = SWEDISH_PRICES.get(currency, SWEDISH_PRICES["EUR"])
        country = destination_of(phone).country or ""
        known = self._messages.get((kind, country))
        return (known or _guess(prices[kind], spare())) * parts

    def of_minutes(
        self, currency: str, phone: str, minutes: int, spare: Spare
    ) -> Decimal:
        """Return what some minutes may cost, which is never below the price in the list."""
        listed = SWEDISH_MINUTE.get(currency, SWEDISH_MINUTE["EUR"]) * minutes
        if known := self._minutes.get(_minute(phone)):
            return max(known * minutes, listed)
        return _guess(listed, spare())


def minutes_of_talk(currency: str, minutes: int) -> Decimal:
    """Return what some minutes of Realtime Voice cost, in whatever currency there is."""
    return REALTIME_MINUTE.get(currency, REALTIME_MINUTE["EUR"]) * minutes


def _minute(phone: str) -> tuple[str, int]:
    """Return whose minutes cost the same: those to one country, and to one kind of phone."""
    destination = destination_of(phone)
    return destination.country or "", destination.kind


def _guess(listed: Decimal, spare: Decimal) -> Decimal:
    """Return what something may cost of which nothing but the price in Sweden is known."""
    return min(listed * UNKNOWN_COUNTRY, max(listed, spare))
