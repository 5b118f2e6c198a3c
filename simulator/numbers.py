"""The account's numbers and what answers them.

46elks: list-numbers, show-number-id, configure-number, deallocate-number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
import json
from typing import Final

from .account import Account
from .addresses import HTTP, WEBSOCKET, Addresses
from .clock import Clock
from .prices import country_of, number_price
from .wire import Asker, Json, Refusal, Request, Routes, exact_time, page, stored_time

MAX_NAME: Final = 50
_MONTH: Final = timedelta(days=30)
# The field that says what answers, and the capabilities of which a number needs one for it.
HOOKS: Final = {
    "sms_url": frozenset({"sms"}),
    "mms_url": frozenset({"mms"}),
    "voice_start": frozenset({"voice", "webrtc"}),
    "websocket_url": frozenset({"websocket"}),
}
ALL_CAPABILITIES: Final = ("sms", "mms", "voice")


@dataclass(slots=True, kw_only=True)
class Number:
    """One number; `home` is where the one who configured it found the API."""

    id: str
    owner: str
    number: str
    created: datetime
    cost: int
    country: str
    category: str | None
    capabilities: tuple[str, ...]
    deallocated: datetime | None = None
    sms_url: str | None = None
    mms_url: str | None = None
    voice_start: str | None = None
    websocket_url: str | None = None
    sms_replies: bool = True
    name: str | None = None
    home: str | None = None
    months: int = 1

    def renew(self, now: datetime) -> None:
        """Begin the next month where one is over."""
        if self.active:
            self.months = max(self.months, (now - self.created) // _MONTH + 1)

    @property
    def active(self) -> bool:
        """Whether it is rented."""
        return self.deallocated is None

    def as_stored(self) -> Json:
        """Return it as 46elks shows it; what is not set is left out."""
        shown = {
            "id": self.id,
            "active": "yes" if self.active else "no",
            "country": self.country,
            "number": self.number,
            "category": self.category,
            "capabilities": list(self.capabilities),
            "created": stored_time(self.created),
            "allocated": stored_time(self.created),
            "expires": exact_time(
                (self.created + _MONTH * self.months).replace(microsecond=0)
            ),
            "deallocated": stored_time(self.deallocated) if self.deallocated else None,
            "cost": self.cost,
            "sms_url": self.sms_url,
            "mms_url": self.mms_url,
            "voice_start": self.voice_start,
            "websocket_url": self.websocket_url,
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
        """Add a number of the account that can do everything.

        Its id follows from the number, so that one who keeps ids finds it again after a restart.
        """
        country = country_of(number) or "se"
        return self.add(
            Number(
                id="n" + sha256(number.encode()).hexdigest()[:32],
                owner=self._account.id,
                number=number,
                created=self._clock.stamp(),
                cost=number_price(country, self._account.state.currency),
                country=country,
                category="mobile",
                capabilities=ALL_CAPABILITIES,
            )
        )

    def add(self, number: Number) -> Number:
        """Have one more number."""
        self._numbers[number.id] = number
        self._account.changed()
        return number

    def activate(self, number: Number, active: bool) -> None:
        """Give a number up, or have it back; only the one who steers can do that."""
        if active != number.active:
            number.deallocated = None if active else self._clock.now()

    def all(self) -> Iterator[Number]:
        """Return all numbers, given up ones too."""
        for number in self._numbers.values():
            number.renew(self._clock.now())
        return iter(self._numbers.values())

    def find(self, number: str) -> Number | None:
        """Return the number written so, a given up one only where there is no other."""
        written = [known for known in self._numbers.values() if known.number == number]
        return max(written, key=lambda known: known.active, default=None)

    def answering(self, number: str, capability: str) -> Number | None:
        """Return an active number that can do something."""
        found = self.find(number)
        return (
            found
            if found and found.active and capability in found.capabilities
            else None
        )

    def may_call_from(self, number: str) -> bool:
        """Return whether calls may come from a number: an own one for calls, or the one the account signed up with."""
        return (
            number == self._account.state.mobilenumber
            or self.answering(number, "voice") is not None
        )

    def check_sender(self, number: str, asker: Asker, capability: str = "sms") -> None:
        """Refuse a number to send from: it must be an own one that can, or the one the account signed up with."""
        found = self.answering(number, capability)
        if found is not None:
            owner = found.owner
        elif number == self._account.state.mobilenumber:
            owner = self._account.id
        else:
            raise Refusal("Invalid from number")
        if not asker.sees_all and owner != asker.id:
            raise Refusal("Forbidden")

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {
            ("GET", "numbers"): self._list,
            ("GET", "numbers/{id}"): self._show,
            ("POST", "numbers/{id}"): self._change,
        }

    def _list(self, request: Request) -> Json:
        rows = (
            number for number in reversed([*self.all()]) if request.sees(number.owner)
        )
        return page(rows, request.params, Number.as_stored)

    def _show(self, request: Request) -> Json:
        return self._own(request).as_stored()

    def _own(self, request: Request) -> Number:
        number = self._numbers.get(request.object_id)
        if number is None or not request.sees(number.owner):
            raise Refusal("Invalid number id")
        number.renew(self._clock.now())
        return number

    def _change(self, request: Request) -> Json:
        """Configure a number, or give it up; one that was given up is nobody's."""
        number = self._own(request)
        if not number.active:
            raise Refusal("Invalid number id")
        if (active := request.params.get("active", "yes")) not in {"yes", "no"}:
            raise Refusal("Invalid value for active")
        if active == "no":
            self.activate(number, False)
            self._account.changed()
            return {
                "id": number.id,
                "active": "no",
                "deallocated": exact_time(number.deallocated or self._clock.now()),
            }
        self.configure(number, request)
        self._account.changed()
        return number.as_stored()

    def configure(self, number: Number, request: Request) -> None:
        """Do to a number what the parameters ask for, all of it or nothing."""
        params = request.params
        changes = _changes(number, params)
        for hook, wanted in HOOKS.items():
            if (value := changes.get(hook)) is not None:
                self._check_hook(number, hook, value, wanted)
        if len(changes.get("name") or "") > MAX_NAME:
            raise Refusal(f"Too long name, at most {MAX_NAME} characters")
        if (replies := params.get("sms_replies", "yes")) not in {"yes", "no"}:
            raise Refusal("Invalid value for sms_replies")
        for key, value in changes.items():
            setattr(number, key, value)
        if "sms_replies" in params:
            number.sms_replies = replies == "yes"
        number.home = request.home

    def _check_hook(
        self, number: Number, hook: str, value: str, wanted: frozenset[str]
    ) -> None:
        if wanted.isdisjoint(number.capabilities):
            raise Refusal(f"The number {number.number} has no capability for {hook}")
        realtime = hook == "websocket_url"
        if not (
            self._addresses.accepts(value, WEBSOCKET if realtime else HTTP)
            or (static_answer(value) and not realtime)
        ):
            raise Refusal(f"The {hook} you tried to use is not a valid URL")


def _changes(number: Number, params: Mapping[str, str]) -> dict[str, str | None]:
    """Return what fields become: the word none or a single space empties one.

    The address of a websocket number may be written as its voice_start.
    """
    changes = {
        key: None if params[key] in {"none", " "} else params[key]
        for key in ("name", *HOOKS)
        if key in params
    }
    if "websocket" in number.capabilities and (
        changes.get("voice_start") or ""
    ).startswith(("ws://", "wss://")):
        changes["websocket_url"] = changes.pop("voice_start")
    return changes


def static_answer(value: str) -> bool:
    """Return whether a field holds the answer itself, as a JSON object, rather than an address."""
    try:
        return isinstance(json.loads(value), dict)
    except ValueError:
        return False
