"""What a call costs while it lasts: each minute is paid when it starts.

46elks: pricing.
"""

from collections.abc import Callable
from typing import Final

from .account import Account
from .bills import Bills
from .clock import Clock
from .prices import call_price
from .wire import Refusal

_MINUTE: Final = 60.0
_TO: Final = "make this call"


class Till:
    """Takes the money for calls."""

    def __init__(self, clock: Clock, account: Account, bills: Bills) -> None:
        """Learn who pays, and how."""
        self._clock = clock
        self._account = account
        self._bills = bills

    def check(self, owner: str, number: str) -> None:
        """Refuse a call of which not even the first minute can be paid."""
        self._bills.check(owner, self._price(number), to=_TO)

    def _price(self, number: str) -> int:
        return call_price(number, self._account.state.currency)

    async def run(
        self, owner: str, number: str, call_id: str, paid: Callable[[int], None]
    ) -> None:
        """Charge each started minute, and tell how much; end when the money does."""
        while True:
            cost = self._price(number)
            try:
                self._bills.charge(
                    owner,
                    cost,
                    to=_TO,
                    reference=call_id,
                    created=self._clock.stamp(),
                )
            except Refusal:
                return
            paid(cost)
            await self._clock.sleep(_MINUTE)
