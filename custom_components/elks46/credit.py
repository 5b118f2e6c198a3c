"""Whether there is money for the next text: of the account, and within a subaccount's usage limit.

46elks does not document that it tells a subaccount what it has used. Where it does not, what
this home has sent is held against the limit that was chosen when the subaccount was opened.
"""

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_USERNAME
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)

from .api import is_subaccount
from .const import (
    CONF_LOW_BALANCE,
    CONF_USAGE_LIMIT,
    DEFAULT_LOW_BALANCE,
    DOMAIN,
    LOGGER,
)
from .records import Refused, SentMessage
from .signals import SIGNAL_BALANCE, SIGNAL_DELIVERY, SIGNAL_REFUSED

if TYPE_CHECKING:
    from .coordinator import ElksCoordinator
    from .store import ElksStore


class Credit:
    """Warns before the money runs out, and says so when it has."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        store: ElksStore,
        coordinator: ElksCoordinator,
    ) -> None:
        """Take what is known of the money, and follow each text."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._coordinator = coordinator
        self._low_id = f"usage_limit_low_{entry.entry_id}"
        self._refused_id = f"money_refused_{entry.entry_id}"
        self._lock = asyncio.Lock()
        self._is_closed = False
        self._is_subaccount = is_subaccount(entry.data[CONF_USERNAME])
        self.mind_limit()
        entry.async_on_unload(coordinator.async_add_listener(self.mind_limit))
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, SIGNAL_DELIVERY.format(entry.entry_id), self._moved
            )
        )
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, SIGNAL_REFUSED.format(entry.entry_id), self._refused
            )
        )

    @callback
    def mind_limit(self) -> None:
        """Warn while little is left of the usage limit: without it no alarm goes out."""
        left = self._left_of_limit
        if left is None or left >= self.low:
            ir.async_delete_issue(self._hass, DOMAIN, self._low_id)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._low_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="usage_limit_low",
            translation_placeholders={
                "account": self._entry.title,
                "left": f"{left:.2f}",
                "currency": self._coordinator.data.account.currency or "",
                "limit": f"{self.low:.2f}",
                "id": self._entry.data[CONF_USERNAME],
            },
        )

    @callback
    def async_close(self) -> None:
        """Tell nothing more; what has changed by then is told after the next start."""
        self._is_closed = True

    async def async_tell(self) -> None:
        """Tell how the balance has moved since it was told last, also while this home was down.

        Only once automations listen: Home Assistant enables them before it has started.
        """
        async with self._lock:
            balance = self._coordinator.data.account.balance
            told = self._store.tally.balance
            can_tell = self._hass.state is CoreState.running and not self._is_closed
            if not can_tell or balance is None or balance == told:
                return
            try:
                await self._store.async_record_balance(balance)
            except OSError:
                LOGGER.debug("The disk refuses the balance")
            if told is not None:
                signal = SIGNAL_BALANCE.format(self._entry.entry_id)
                async_dispatcher_send(self._hass, signal, told, balance)

    @property
    def low(self) -> Decimal:
        """Return below what a person wants to be warned."""
        currency = self._coordinator.data.account.currency or ""
        default = DEFAULT_LOW_BALANCE.get(currency, 0)
        return Decimal(str(self._entry.options.get(CONF_LOW_BALANCE, default)))

    @property
    def _left_of_limit(self) -> Decimal | None:
        """Return what is left of the usage limit, as 46elks tells it or as this home counts."""
        data = self._coordinator.data
        if data.usage_limit is not None:
            return data.usage_limit - (data.usage or 0)
        kept = self._entry.data.get(CONF_USAGE_LIMIT)
        if kept is None or data.usage is not None:
            return None
        left = Decimal(str(kept)) - self._store.tally.own_ever
        # More was sent than the limit allowed, so it was raised, and nobody knows how far.
        return None if left < 0 else left

    @callback
    def _moved(self, sent: SentMessage) -> None:
        """Let the next text that 46elks takes end the alarm."""
        self.mind_limit()
        issue = ir.async_get(self._hass).async_get_issue(DOMAIN, self._refused_id)
        if issue is None or sent.id is None:
            return
        # A late report of a text from before says nothing; our references sort by time.
        if sent.ref > str((issue.data or {}).get("ref", "")):
            ir.async_delete_issue(self._hass, DOMAIN, self._refused_id)

    @callback
    def _refused(self, refused: Refused) -> None:
        """Raise the alarm where the refusal may well be for want of money."""
        if not self._may_be_for_money(refused):
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._refused_id,
            data={"ref": refused.sent.ref},
            is_fixable=False,
            is_persistent=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key="money_refused",
            translation_placeholders={
                "account": self._entry.title,
                "reason": refused.reason,
            },
        )

    def _may_be_for_money(self, refused: Refused) -> bool:
        """Return whether there may be too little for a text; what 46elks says is not read.

        The balance is half an hour old at most, and this home has spent since.
        """
        data = self._coordinator.data
        if self._is_subaccount and data.usage is None:
            return True
        unread = self._store.tally.unread.values()
        spent = sum((amount for _, amount in unread), Decimal(0))
        left = None if data.left is None else data.left - spent
        return left is not None and left < max(self.low, refused.sent.reserved)
