"""The account's numbers and what answers them.

46elks: list-numbers, show-number-id, configure-number.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
import json
from typing import Final

from .account import Account
from .addresses import Addresses
from .clock import Clock
from .prices import NUMBER_PRICE, country_of
from .wire import Json, Refusal, Request, Routes, exact_time, page, stored_time

MAX_NAME: Final = 50
_MONTH: Final = timedelta(days=30)
# The field that says what answers, and the capabilities of which a number needs one for it.
HOOKS: Final = {
    "sms_url": frozenset({"sms"}),
    "mms_url": frozenset({"mms"}),
    "voice_start": frozenset({"voice", "webrtc", "websocket"}),
}
ALL_CAPABILITIES: Final = ("sms", "mms", "voice")


@dataclass(slots=True, kw_only=True)
class Number:
    """One number of the account."""

    id: str
    number: str
    created: datetime
    cost: int
    country: str
    category: str | None
    capabilities: tuple[str, ...]
    active: bool = True
    sms_url: str | None = None
    mms_url: str | None = None
    voice_start: str | None = None
    sms_replies: bool = True
    name: str | None = None

    def as_stored(self) -> Json:
        """Return it as 46elks shows it; what is not set is left out."""
        shown = {
            "id": self.id,
            "active": "yes" if self.active else "no",
            "country": self.country,
            "number": self.number,
            "category": self.category,
            "capabilities": list(self.capabilities),
            "allocated": stored_time(self.created),
            "expires": exact_time((self.created + _MONTH).replace(microsecond=0)),
            "cost": self.cost,
            "sms_url": self.sms_url,
            "mms_url": self.mms_url,
            "voice_start": self.voice_start,
            "sms_replies": "yes" if self.sms_replies else "no",
            "name": self.name,
        }
        return {key: value for key, value in shown.items() if value is not None}


class Numbers:
    """All numbers of the account."""

    def __init__(
        self,
        clock: Clock,
        account: Account,
        addresses: Addresses,
        first: tuple[str, ...],
    ) -> None:
        """Rent the first numbers."""
        self._clock = clock
        self._account = account
        self._addresses = addresses
        self._first = first
        self._numbers: dict[str, Number] = {}
        self.reset()

    def reset(self) -> None:
        """Have only the numbers of the start, unconfigured."""
        self._numbers.clear()
        for number in self._first:
            self.create(number)

    def create(self, number: str) -> Number:
        """Add a number that can do everything.

        Its id follows from the number, so that one who keeps ids finds it again after a restart.
        """
        created = Number(
            id="n" + sha256(number.encode()).hexdigest()[:32],
            number=number,
            created=self._clock.stamp(),
            cost=NUMBER_PRICE[self._account.state.currency],
            country=country_of(number) or "se",
            category="mobile",
            capabilities=ALL_CAPABILITIES,
        )
        self._numbers[created.id] = created
        self._account.changed()
        return created

    def all(self) -> Iterator[Number]:
        """Return all numbers, given up ones too."""
        return iter(self._numbers.values())

    def find(self, number: str) -> Number | None:
        """Return the number written so, active or not."""
        return next(
            (known for known in self._numbers.values() if known.number == number), None
        )

    def answering(self, number: str) -> Number | None:
        """Return an active number that can receive texts."""
        found = self.find(number)
        return found if found and found.active and "sms" in found.capabilities else None

    def owns(self, number: str) -> bool:
        """Return whether the account may send from a number: one of its own, or the one it signed up with."""
        found = self.find(number)
        return number == self._account.state.mobilenumber or (
            found is not None and found.active
        )

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {
            ("GET", "numbers"): self._list,
            ("GET", "numbers/{id}"): self._show,
            ("POST", "numbers/{id}"): self._configure,
        }

    def _list(self, request: Request) -> Json:
        return page(reversed(self._numbers.values()), request.params, Number.as_stored)

    def _show(self, request: Request) -> Json:
        return self._own(request).as_stored()

    def _own(self, request: Request) -> Number:
        if (number := self._numbers.get(request.object_id)) is None:
            raise Refusal("Invalid number id")
        return number

    def _configure(self, request: Request) -> Json:
        number = self._own(request)
        changes = {
            key: _cleared(value)
            for key, value in request.params.items()
            if key in {*HOOKS, "name"}
        }
        for hook, wanted in HOOKS.items():
            if (value := changes.get(hook)) is not None:
                self._check_hook(number, hook, value, wanted)
        if len(changes.get("name") or "") > MAX_NAME:
            raise Refusal(f"Too long name, at most {MAX_NAME} characters")
        if (replies := request.params.get("sms_replies", "yes")) not in {"yes", "no"}:
            raise Refusal("Invalid value for sms_replies")
        for key, value in changes.items():
            setattr(number, key, value)
        if "sms_replies" in request.params:
            number.sms_replies = replies == "yes"
        self._account.changed()
        return number.as_stored()

    def _check_hook(
        self, number: Number, hook: str, value: str, wanted: frozenset[str]
    ) -> None:
        if wanted.isdisjoint(number.capabilities):
            raise Refusal(f"The number {number.number} has no capability for {hook}")
        if not (self._addresses.accepts(value) or static_answer(value)):
            raise Refusal(f"The {hook} you tried to use is not a valid URL")


def _cleared(value: str) -> str | None:
    """Return what a field becomes: the word none or a single space empties it."""
    return None if value in {"none", " "} else value


def static_answer(value: str) -> bool:
    """Return whether a field holds the answer itself, as a JSON object, rather than an address."""
    try:
        return isinstance(json.loads(value), dict)
    except ValueError:
        return False
