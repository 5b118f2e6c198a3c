"""What the account spends, whoever spends it.

46elks' bill tells it row by row. It is not documented, so where 46elks shows none, what
the balance has lost since the last reading does instead. In between, what this home
spends is known at once.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_USERNAME
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util

from .api import (
    ElksClient,
    ElksError,
    ElksForbiddenError,
    ElksRequestError,
    is_subaccount,
)
from .const import CLOCKS_APART, HISTORY_OVERLAP, LOGGER
from .records import Spent, day_of
from .signals import SIGNAL_STATE

if TYPE_CHECKING:
    from .coordinator import ElksCoordinator
    from .store import ElksStore


class Spending:
    """Brings what an account has spent up to date, each time its balance was read."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        store: ElksStore,
        coordinator: ElksCoordinator,
    ) -> None:
        """Take where it is read and where it is kept."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._coordinator = coordinator
        self._lock = asyncio.Lock()
        self._is_closed = False

    @callback
    def async_close(self) -> None:
        """Write no more; what is being read is read again at the next start."""
        self._is_closed = True

    async def async_read(self) -> None:
        """Read the bill up to now, or look at what the balance has lost."""
        async with self._lock:
            if not self._coordinator.last_update_success:
                return
            left = self._left
            own, known = dict(self._store.tally.unread), self._store.tally.spent
            try:
                spent = await self._async_by_bill(known)
            except ElksForbiddenError, ElksRequestError:
                spent = _by_balance(known, left, own)
            except ElksError as err:
                # Its rows are still there the next time.
                LOGGER.debug("The bill cannot be read: %s", type(err).__name__)
                return
            spent = replace(spent, balance=left)
            if self._is_closed or (spent == known and not own):
                return
            try:
                await self._store.async_record_spent(spent, own)
            except OSError:
                LOGGER.debug("The disk refuses what was spent")
                return
        async_dispatcher_send(self._hass, SIGNAL_STATE.format(self._entry.entry_id))

    @property
    def _left(self) -> Decimal | None:
        """Return what falls by what is spent, if anything tells.

        A subaccount is shown the balance of its parent, which falls by much else.
        """
        data = self._coordinator.data
        if is_subaccount(self._entry.data[CONF_USERNAME]):
            return None if data.usage is None else -data.usage
        return data.account.balance

    async def _async_by_bill(self, known: Spent) -> Spent:
        """Add what is new on the bill; the first time, read it from the first of the month.

        Raises:
            ElksError: it cannot be read.
        """
        horizon, first = dt_util.utcnow() + CLOCKS_APART, ""
        if (mark := known.mark) is None:
            # Until now the balance told, which has no rows to tell apart.
            known = Spent()
            mark = dt_util.as_utc(dt_util.start_of_local_day().replace(day=1))
            first = day_of(mark)
        days, recent = dict(known.days), dict(known.recent)
        async for row in self._client.account.billing(mark - HISTORY_OVERLAP):
            _, counted, _ = recent.get(row.id, (row.created, Decimal(0), None))
            day = day_of(row.created)
            if row.created < horizon and day >= first:
                # A call may be on the bill before it is over, and its price grow.
                days[day] = days.get(day, Decimal(0)) + row.cost - counted
                recent[row.id] = (row.created, row.cost, row.reference)
        newest = max([mark, *(created for created, *_ in recent.values())])
        return Spent(
            days=days,
            mark=newest,
            recent={
                bill: known_row
                for bill, known_row in recent.items()
                if known_row[0] >= newest - HISTORY_OVERLAP
            },
        )


def _by_balance(
    known: Spent, left: Decimal | None, own: Mapping[str, tuple[str, Decimal]]
) -> Spent:
    """Add what the balance has lost; where it has grown, only what this home knows of.

    How much was paid in is not told, so what others spent in that half hour is not either.
    """
    days = dict(known.days)
    lost = by_home = sum((amount for _, amount in own.values()), Decimal(0))
    if left is not None and known.balance is not None and left <= known.balance:
        lost = known.balance - left
    for day, amount in own.values():
        days[day] = days.get(day, Decimal(0)) + amount
    today = day_of(dt_util.utcnow())
    days[today] = days.get(today, Decimal(0)) + lost - by_home
    return Spent(days=days)
