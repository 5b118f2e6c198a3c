"""The account, what it was billed, and the accounts within it.

Follows https://46elks.com/docs/update-account, https://46elks.com/docs/get-subaccounts
and https://46elks.com/docs/get-subaccount-id. The bill and the transactions are not
documented: 46elks' own command line reads them.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Final, Literal

from .fields import NO_VALUE
from .models import Account, Billing, Subaccount, Transaction
from .resource import Resource, segment, span, wire_flag, wire_money

NO_LIMIT: Final = NO_VALUE
"""Takes the limit from a subaccount; it is 46elks' own word."""


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
