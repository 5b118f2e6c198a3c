"""What was charged, to whom, and what was paid in.

46elks does not document either list; its own command line reads them.
"""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from .account import Account
from .clock import Clock
from .history import History
from .subaccounts import Subaccounts
from .wire import Json, Refusal, Request, Routes, from_units, new_id, stored_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """One charge; `reference` is the id of what it was for."""

    id: str
    owner: str
    created: datetime
    reference: str
    cost: int
    subaccount: str | None

    def as_stored(self) -> Json:
        """Return it as 46elks shows it."""
        shown: Json = {
            "id": self.id,
            "created": stored_time(self.created),
            "reference": self.reference,
            "cost": self.cost,
        }
        return {**shown, "subaccount": self.subaccount} if self.subaccount else shown

    def as_control(self) -> Json:
        """Return it for the one who steers the simulator, in whole money."""
        return {**self.as_stored(), "cost": from_units(self.cost)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """Money that was paid in, or back."""

    id: str
    owner: str
    created: datetime
    details: str
    amount: int

    def as_stored(self) -> Json:
        """Return it as 46elks shows it."""
        return {
            "id": self.id,
            "details": self.details,
            "created": stored_time(self.created),
            "amount": self.amount,
        }


class Bills:
    """The resources `billing` and `transactions`."""

    def __init__(
        self, clock: Clock, account: Account, subaccounts: Subaccounts
    ) -> None:
        """Begin with the money of the start."""
        self._clock = clock
        self._account = account
        self._subaccounts = subaccounts
        self._bills = History[Bill](clock)
        self._transactions = History[Transaction](clock)
        self.reset()

    def reset(self) -> None:
        """Have only the money of the start."""
        self._bills.reset()
        self._transactions.reset()
        self._pay(self._account.state.balance)

    def check(self, owner: str, cost: int, *, to: str) -> None:
        """Refuse what there is too little money for.

        A subaccount pays with the account's money, and no more of it than its limit allows.
        """
        if cost > self._account.state.balance:
            raise Refusal(f"Not enough credits on your account to {to}")
        subaccount = self._subaccounts.find(owner)
        if subaccount is not None:
            if subaccount.left is not None and cost > subaccount.left:
                raise Refusal(f"Not enough credits left of your usage limit to {to}")

    def charge(
        self, owner: str, cost: int, *, to: str, reference: str, created: datetime
    ) -> None:
        """Take money for something, or refuse it where there is too little."""
        if not cost:
            return
        self.check(owner, cost, to=to)
        subaccount = self._subaccounts.find(owner)
        if subaccount is not None:
            subaccount.used += cost
        state = self._account.state
        state.balance -= cost
        state.spent += cost
        self._bills.add(
            Bill(
                id=new_id("b"),
                owner=owner,
                created=created,
                reference=reference,
                cost=cost,
                subaccount=subaccount.id if subaccount else None,
            )
        )
        self._account.changed()

    def settle(self, balance: int) -> None:
        """Pay in or back what makes the balance this."""
        self._pay(balance - self._account.state.balance)
        self._account.state.balance = balance

    def _pay(self, amount: int) -> None:
        if amount:
            self._transactions.add(
                Transaction(
                    id=new_id("t"),
                    owner=self._account.id,
                    created=self._clock.stamp(),
                    details="Payment" if amount > 0 else "Repayment",
                    amount=amount,
                )
            )

    def latest(self, count: int) -> list[Bill]:
        """Return what was charged last, the newest first."""
        return list(islice(self._bills.newest_first(), count))

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {
            ("GET", "billing"): self._list_bills,
            ("GET", "transactions"): self._list_transactions,
        }

    def _list_bills(self, request: Request) -> Json:
        return self._bills.page(request, Bill.as_stored)

    def _list_transactions(self, request: Request) -> Json:
        return self._transactions.page(request, Transaction.as_stored)
