"""The account, what it was billed, and the accounts within it.

Follows https://46elks.com/docs/update-account, https://46elks.com/docs/get-subaccounts
and https://46elks.com/docs/get-subaccount-id. The bill and the transactions are not
documented: 46elks' own command line reads them.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal, Self

from .fields import (
    NO_VALUE,
    Fields,
    flag,
    identifier,
    limit,
    money,
    optional,
    text,
    time,
)
from .resource import Resource, segment, span, wire_flag, wire_money

NO_LIMIT: Final = NO_VALUE
"""Takes the limit from a subaccount; it is 46elks' own word."""

_SUBACCOUNT: Final = "a"
"""What the id of a subaccount begins with; that of an account begins with `u`."""


def is_subaccount(username: str) -> bool:
    """Return whether these credentials are a subaccount's; its id is its username."""
    return username.startswith(_SUBACCOUNT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account at 46elks, and what is left on it."""

    id: str
    name: str | None
    currency: str | None
    balance: Decimal | None
    """None where a subaccount is not told what is left on the account."""
    credit_alert: Decimal | None
    """Below it 46elks sends an email."""
    usage_limit: Decimal | None
    """What a subaccount may use in all, where it is told."""
    used: Decimal | None
    """What a subaccount has used, where it is told."""

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read the account as 46elks writes it.

        What a subaccount is told of itself is not documented: it may be little.
        """
        account_id = identifier(data, "id")
        may_be_silent = is_subaccount(account_id)
        return cls(
            id=account_id,
            name=optional(text, data, "displayname"),
            currency=optional(text, data, "currency"),
            balance=optional(money, data, "balance")
            if may_be_silent
            else money(data, "balance"),
            credit_alert=optional(money, data, "creditalert"),
            usage_limit=optional(limit, data, "usagelimit"),
            used=_used(data),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """Something that was billed."""

    id: str
    created: datetime
    reference: str | None
    """What it was for: the id of a message, call or number."""
    cost: Decimal
    subaccount: str | None

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a row of the bill as 46elks writes it."""
        return cls(
            id=identifier(data, "id"),
            created=time(data, "created"),
            reference=optional(text, data, "reference"),
            cost=money(data, "cost"),
            subaccount=optional(text, data, "subaccount"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """Money that was paid in or out."""

    id: str
    created: datetime
    details: str | None
    amount: Decimal

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a transaction as 46elks writes it."""
        return cls(
            id=identifier(data, "id"),
            created=time(data, "created"),
            details=optional(text, data, "details"),
            amount=money(data, "amount"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subaccount:
    """An account within the account, with a login and a limit of its own."""

    id: str
    """The username of its login."""
    secret: str | None = field(repr=False)
    """The password of its login, which 46elks keeps to itself once it is closed."""
    name: str | None
    created: datetime | None
    usage_limit: Decimal | None
    used: Decimal
    active: bool
    deactivated: datetime | None

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a subaccount as 46elks writes it, and wrote it."""
        return cls(
            id=identifier(data, "id"),
            secret=optional(text, data, "secret"),
            name=optional(text, data, "name"),
            created=optional(time, data, "created"),
            usage_limit=optional(limit, data, "usagelimit"),
            used=_used(data) or Decimal(0),
            active=optional(flag, data, "active") is not False,
            deactivated=optional(time, data, "deactivated"),
        )


class AccountResource(Resource):
    """The account itself."""

    async def get(self) -> Account:
        """Return the account and its balance."""
        return Account.from_api(await self._client.request("GET", "me"))

    async def update(self, *, credit_alert: Decimal) -> Account:
        """Set the balance below which 46elks sends an email."""
        form = {"creditalert": wire_money(credit_alert)}
        return Account.from_api(await self._client.request("POST", "me", form=form))

    def billing(
        self, after: datetime | None, *, before: datetime | None = None
    ) -> AsyncIterator[Billing]:
        """Yield what was billed in a span of time, newest first.

        A row that cannot be read is an error, as a sum without it would not be true.
        """
        return self._every("billing", Billing.from_api, span(after, before))

    def transactions(
        self, after: datetime | None, *, before: datetime | None = None
    ) -> AsyncIterator[Transaction]:
        """Yield what was paid in a span of time, newest first."""
        return self._every("transactions", Transaction.from_api, span(after, before))


class SubaccountsResource(Resource):
    """The accounts within the account."""

    async def create(self, *, name: str, usage_limit: Decimal | None) -> Subaccount:
        """Open a subaccount, which without a limit may use all that the account has."""
        form = {"name": name}
        if usage_limit is not None:
            form["usagelimit"] = wire_money(usage_limit)
        return Subaccount.from_api(
            await self._client.request("POST", "subaccounts", form=form)
        )

    async def list(self, *, active_only: bool = False) -> tuple[Subaccount, ...]:
        """Return all subaccounts, also those that were closed unless not wanted."""
        query = {"active": wire_flag(True)} if active_only else {}
        every = self._every("subaccounts", Subaccount.from_api, query)
        return tuple([subaccount async for subaccount in every])

    async def get(self, subaccount_id: str) -> Subaccount:
        """Return one subaccount."""
        return Subaccount.from_api(
            await self._client.request("GET", f"subaccounts/{segment(subaccount_id)}")
        )

    async def update(
        self,
        subaccount_id: str,
        *,
        name: str | None = None,
        usage_limit: Decimal | Literal["none"] | None = None,
        secret: str | None = None,
        active: bool | None = None,
    ) -> Subaccount:
        """Change what is given and leave the rest as it is.

        Closing a subaccount is for good, and it must have no active numbers.
        """
        form: dict[str, str] = {}
        if name is not None:
            form["name"] = name
        if usage_limit is not None:
            form["usagelimit"] = (
                NO_LIMIT if usage_limit == NO_LIMIT else wire_money(usage_limit)
            )
        if secret is not None:
            form["secret"] = secret
        if active is not None:
            form["active"] = wire_flag(active)
        if not form:
            return await self.get(subaccount_id)
        return Subaccount.from_api(
            await self._client.request(
                "POST", f"subaccounts/{segment(subaccount_id)}", form=form
            )
        )


def _used(data: Fields) -> Decimal | None:
    """Read what a subaccount has used, by the name of today or the old one."""
    used = optional(money, data, "balanceused")
    return optional(money, data, "usage") if used is None else used
