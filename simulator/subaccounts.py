"""Accounts within the account: with a key of their own, and a limit to what they use.

46elks: create-subaccount, get-subaccounts, get-subaccount-id, update-subaccount.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
import secrets

from .account import Account
from .clock import Clock
from .history import History
from .numbers import MAX_NAME, Numbers
from .wire import Json, Refusal, Request, Routes, new_id, stored_time, whole


@dataclass(slots=True, kw_only=True)
class Subaccount:
    """One subaccount; `owner` is the account."""

    id: str
    owner: str
    created: datetime
    secret: str
    name: str | None = None
    limit: int | None = None
    used: int = 0
    deactivated: datetime | None = None

    @property
    def left(self) -> int | None:
        """How much it may still use; None where there is no limit."""
        return None if self.limit is None else max(self.limit - self.used, 0)

    def use(self) -> Json:
        """Return its limit and what is used of it; what is not set is left out."""
        shown = {"usagelimit": self.limit, "balanceused": self.used or None}
        return {key: value for key, value in shown.items() if value is not None}

    def as_stored(self) -> Json:
        """Return it as 46elks shows it; what is not set is left out."""
        gone = self.deactivated
        shown = {
            "id": self.id,
            "name": self.name,
            "secret": None if gone else self.secret,
            "created": stored_time(self.created),
            "usagelimit": self.limit,
            "balanceused": self.used or None,
            "active": "no" if gone else None,
            "deactivated": stored_time(gone) if gone else None,
        }
        return {key: value for key, value in shown.items() if value is not None}


class Subaccounts:
    """The resource `subaccounts`, which is the account's alone."""

    def __init__(self, clock: Clock, account: Account, numbers: Numbers) -> None:
        """Start without any."""
        self._clock = clock
        self._account = account
        self._numbers = numbers
        self._history = History[Subaccount](clock)

    def reset(self) -> None:
        """Forget all subaccounts."""
        self._history.reset()

    def find(self, subaccount_id: str) -> Subaccount | None:
        """Return a subaccount by its id."""
        return self._history.find(subaccount_id)

    def with_key(self, username: str, password: bytes) -> Subaccount | None:
        """Return the active subaccount that these are the credentials of."""
        found = self.find(username)
        if found is None or found.deactivated is not None:
            return None
        return found if compare_digest(found.secret.encode(), password) else None

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {
            ("POST", "subaccounts"): self._create,
            ("GET", "subaccounts"): self._list,
            ("GET", "subaccounts/{id}"): self._show,
            ("POST", "subaccounts/{id}"): self._update,
        }

    def _create(self, request: Request) -> Json:
        request.require_account()
        created = Subaccount(
            id=new_id("a"),
            owner=self._account.id,
            created=self._clock.stamp(),
            secret=secrets.token_hex(16).upper(),
            name=_name(request.params),
            limit=_limit(request.params),
        )
        return self._history.add(created).as_stored()

    def _list(self, request: Request) -> Json:
        request.require_account()
        wanted = request.params.get("active")
        return self._history.page(
            request,
            Subaccount.as_stored,
            only=lambda row: wanted != "yes" or row.deactivated is None,
        )

    def _show(self, request: Request) -> Json:
        request.require_account()
        return self._history.asked(request).as_stored()

    def _update(self, request: Request) -> Json:
        """Change what is given; what was closed stays so."""
        request.require_account()
        subaccount = self._history.asked(request)
        params = request.params
        if subaccount.deactivated is not None:
            raise Refusal("The subaccount is not active")
        name, limit, secret = _name(params), _limit(params), params.get("secret")
        if secret is not None and (not secret or secret.strip() != secret):
            raise Refusal("Invalid value for secret")
        if (active := params.get("active", "yes")) not in {"yes", "no"}:
            raise Refusal("Invalid value for active")
        if active == "no" and any(
            number.active and number.owner == subaccount.id
            for number in self._numbers.all()
        ):
            raise Refusal("The subaccount has active numbers")
        subaccount.name = name if "name" in params else subaccount.name
        subaccount.limit = limit if "usagelimit" in params else subaccount.limit
        subaccount.secret = secret or subaccount.secret
        if active == "no":
            subaccount.deactivated = self._clock.now()
        return subaccount.as_stored()


def _name(params: Mapping[str, str]) -> str | None:
    name = params.get("name", "")
    if len(name) > MAX_NAME:
        raise Refusal(f"Too long name, at most {MAX_NAME} characters")
    return name or None


def _limit(params: Mapping[str, str]) -> int | None:
    return None if params.get("usagelimit") == "none" else whole(params, "usagelimit")
