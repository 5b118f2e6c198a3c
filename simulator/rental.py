"""Renting numbers over the API.

46elks: allocate-number.
"""

from collections.abc import Iterator
import secrets
from typing import Final

from .account import Account
from .bills import Bills
from .clock import Clock
from .config import FICTION, FIXED_FICTION
from .handsets import Handsets
from .numbers import ALL_CAPABILITIES, Number, Numbers
from .prices import COUNTRIES, calling_code, number_price
from .wire import E164, Json, Refusal, Request, Routes, new_id

NUMBERS_LIMIT: Final = 1_000
# What the numbers of a category can do; elsewhere than in Sweden none can do picture messages.
_CAPABILITIES: Final = {"mobile": ALL_CAPABILITIES, "fixed": ("voice",)}
# Those of mobile numbers are documented; a fixed one takes calls alone.
_COMBINATIONS: Final[dict[str, tuple[set[str], ...]]] = {
    "mobile": ({"sms"}, {"sms", "voice"}, {"sms", "mms", "voice"}),
    "fixed": ({"voice"},),
}
_DIGITS: Final = 9


class Rental:
    """The resource `numbers`, as far as it hands out new ones."""

    def __init__(
        self,
        *,
        clock: Clock,
        account: Account,
        bills: Bills,
        numbers: Numbers,
        handsets: Handsets,
    ) -> None:
        """Open the shop."""
        self._clock = clock
        self._account = account
        self._bills = bills
        self._numbers = numbers
        self._handsets = handsets

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {("POST", "numbers"): self._allocate}

    def _allocate(self, request: Request) -> Json:
        """Rent a number, configured as asked for; the first month is paid at once."""
        country = request.required("country").lower()
        if country not in COUNTRIES:
            raise Refusal("Invalid value for country")
        category = request.params.get("category", "mobile")
        if category not in _CAPABILITIES:
            raise Refusal("Invalid value for category")
        if sum(1 for _ in self._numbers.all()) >= NUMBERS_LIMIT:
            raise Refusal("Unable to allocate number.")
        number = Number(
            id=new_id("n"),
            owner=request.asker.id,
            number=self._free_number(country, category, request.params.get("number")),
            created=self._clock.stamp(),
            cost=number_price(country, self._account.state.currency),
            country=country,
            category=category,
            capabilities=_capabilities(request, country, category),
        )
        self._numbers.configure(number, request)
        self._bills.charge(
            number.owner,
            number.cost,
            to="allocate this number",
            reference=number.id,
            created=number.created,
        )
        return self._numbers.add(number).as_stored()

    def _free_number(self, country: str, category: str, wish: str | None) -> str:
        """Return a number nobody has: the one wished for, if it is one of those."""
        start = f"+{calling_code(country)}"
        if wish and wish.startswith(start) and E164.fullmatch(wish):
            if self._is_free(wish):
                return wish
        return next(filter(self._is_free, _pool(start, category)))

    def _is_free(self, number: str) -> bool:
        return number != self._account.state.mobilenumber and not (
            self._numbers.find(number) or self._handsets.find(number)
        )


def _capabilities(request: Request, country: str, category: str) -> tuple[str, ...]:
    """Return what a number is to do: what was asked for, in the order of the reference."""
    possible = [
        what for what in _CAPABILITIES[category] if what != "mms" or country == "se"
    ]
    if (wanted := request.params.get("capabilities")) is None:
        return tuple(possible)
    asked = {what.strip() for what in wanted.split(",")}
    combinations = _COMBINATIONS[category]
    if not asked <= set(possible) or asked not in combinations:
        raise Refusal("Invalid value for capabilities")
    return tuple(what for what in possible if what in asked)


def _pool(start: str, category: str) -> Iterator[str]:
    """Return numbers of a country without end, fictitious ones first."""
    if start == "+46":
        yield from reversed(FIXED_FICTION if category == "fixed" else FICTION)
    while True:
        yield f"{start}{10**_DIGITS // 2 + secrets.randbelow(10**_DIGITS // 2)}"
