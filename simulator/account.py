"""The account: its name, its currency, and how much money is left.

46elks: update-account.
"""

from dataclasses import dataclass, field

from .config import SIGN_UP_NUMBER, Config
from .events import Events
from .prices import DEFAULT_COUNTRIES, country_of
from .wire import E164, Json, Refusal, Request, Routes, from_units, to_units, whole


@dataclass(slots=True, kw_only=True)
class State:
    """What of the account can change."""

    currency: str
    balance: int
    spent: int = 0
    displayname: str = "46elks"
    mobilenumber: str = SIGN_UP_NUMBER
    email: str = "demo@example.com"
    creditalert: int | None = None
    countries: frozenset[str] = field(default=DEFAULT_COUNTRIES)
    sip_hosts: frozenset[str] = frozenset()
    subaccounts_see_all: bool = False
    subaccounts_see_use: bool = False
    interrupt_answers_sync: bool = False


class Account:
    """The one account of this simulator."""

    def __init__(self, config: Config, events: Events) -> None:
        """Open the account."""
        self._config = config
        self._events = events
        self.id = config.username
        self.state = self._opened()

    def _opened(self) -> State:
        return State(
            currency=self._config.currency, balance=to_units(self._config.balance)
        )

    def reset(self) -> None:
        """Make the account what it was at the start."""
        self.state = self._opened()

    def check_recipient(
        self, recipient: str, *, strict: bool = True, doing: str = "Sending"
    ) -> None:
        """Refuse a recipient that cannot be reached.

        A dry run is not strict: it looks only at the plus and the country.
        """
        if not recipient.startswith("+"):
            raise Refusal('Invalid to number. Expected "+" and the country code first')
        if strict and not E164.fullmatch(recipient):
            raise Refusal("Invalid to number")
        country = country_of(recipient)
        if country not in self.state.countries:
            raise Refusal(
                f"{doing} to {(country or 'this country').upper()} is disallowed by default"
            )

    def changed(self) -> None:
        """Tell the page what the account looks like now."""
        self._events.publish("account", self.as_control())

    def as_control(self) -> Json:
        """Return the account for the one who steers the simulator."""
        return {
            "username": self.id,
            "currency": self.state.currency,
            "balance": from_units(self.state.balance),
            "spent": from_units(self.state.spent),
            "mobilenumber": self.state.mobilenumber,
            "countries": sorted(self.state.countries),
            "sip_hosts": sorted(self.state.sip_hosts),
            "subaccounts_see_all": self.state.subaccounts_see_all,
            "subaccounts_see_use": self.state.subaccounts_see_use,
            "interrupt_answers_sync": self.state.interrupt_answers_sync,
        }

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {("GET", "me"): self._show, ("POST", "me"): self._update}

    def _show(self, request: Request) -> Json:
        """Return the account; a subaccount sees only what it needs of it."""
        state = self.state
        shown: Json = {
            "id": self.id,
            "currency": state.currency,
            "displayname": state.displayname,
            "mobilenumber": state.mobilenumber,
            "email": state.email,
            "balance": state.balance,
        }
        if state.creditalert is not None:
            shown["creditalert"] = state.creditalert
        if request.asker.is_account:
            return shown
        return {key: shown[key] for key in ("currency", "balance")} | {
            "id": request.asker.id,
            **request.asker.use,
        }

    def _update(self, request: Request) -> Json:
        request.require_account()
        if (alert := whole(request.params, "creditalert")) is not None:
            self.state.creditalert = alert
        return self._show(request)
