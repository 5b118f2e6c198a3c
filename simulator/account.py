"""The account: who may ask, in which currency, and with how much money left.

46elks: update-account.
"""

import base64
import binascii
from dataclasses import dataclass, field
from hmac import compare_digest
from http import HTTPStatus
from typing import Final

from .config import SIGN_UP_NUMBER, Config
from .events import Events
from .prices import DEFAULT_COUNTRIES
from .wire import Json, Refusal, Request, Routes, from_units, to_units

CREDENTIALS_WANTED: Final = (
    "API access requires Basic HTTP authentication. Read documentation or examples."
)


@dataclass(slots=True, kw_only=True)
class State:
    """What of the account can change."""

    currency: str
    balance: int
    displayname: str = "elks46"
    mobilenumber: str = SIGN_UP_NUMBER
    email: str = "demo@example.com"
    creditalert: int | None = None
    countries: frozenset[str] = field(default=DEFAULT_COUNTRIES)


class Account:
    """The one account of this simulator."""

    def __init__(self, config: Config, events: Events) -> None:
        """Open the account."""
        self._config = config
        self._events = events
        self._credentials = f"{config.username}:{config.password}".encode()
        self.state = self._opened()

    def _opened(self) -> State:
        return State(
            currency=self._config.currency, balance=to_units(self._config.balance)
        )

    def reset(self) -> None:
        """Make the account what it was at the start."""
        self.state = self._opened()

    def authenticate(self, authorization: str) -> None:
        """Refuse a request without the right user name and password; a stray space makes them wrong."""
        scheme, _, encoded = authorization.partition(" ")
        try:
            given = base64.b64decode(encoded, validate=True)
        except binascii.Error, ValueError:
            given = b""
        if scheme.lower() != "basic" or not compare_digest(given, self._credentials):
            raise Refusal(CREDENTIALS_WANTED, HTTPStatus.UNAUTHORIZED)

    def charge(self, cost: int) -> bool:
        """Take money for something; return whether there was enough."""
        if cost > self.state.balance:
            return False
        self.state.balance -= cost
        self.changed()
        return True

    def changed(self) -> None:
        """Tell the page what the account looks like now."""
        self._events.publish("account", self.as_control())

    def as_control(self) -> Json:
        """Return the account for the one who steers the simulator."""
        return {
            "username": self._config.username,
            "currency": self.state.currency,
            "balance": from_units(self.state.balance),
            "mobilenumber": self.state.mobilenumber,
            "countries": sorted(self.state.countries),
        }

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {("GET", "me"): self._show, ("POST", "me"): self._update}

    def _show(self, _request: Request) -> Json:
        state = self.state
        shown: Json = {
            "id": self._config.username,
            "currency": state.currency,
            "displayname": state.displayname,
            "mobilenumber": state.mobilenumber,
            "email": state.email,
            "balance": state.balance,
        }
        if state.creditalert is not None:
            shown["creditalert"] = state.creditalert
        return shown

    def _update(self, request: Request) -> Json:
        if (value := request.params.get("creditalert")) is not None:
            if not (value.isascii() and value.isdecimal()):
                raise Refusal("Invalid value for creditalert")
            self.state.creditalert = int(value)
        return self._show(request)
