"""What changes slowly at 46elks: the balance, and the numbers of the account."""

from dataclasses import dataclass
from decimal import Decimal
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .api import Account, ElksClient, Number
from .const import (
    CONF_DEFAULT_CALLER,
    CONF_LOW_BALANCE,
    CONF_NUMBER_ID,
    DEFAULT_LOW_BALANCE,
    DOMAIN,
    LOGGER,
    SUBENTRY_NUMBER,
    UPDATE_INTERVAL,
    VOICE,
)
from .errors import translate_update_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountData:
    """The account and its active numbers, by 46elks' id."""

    account: Account
    numbers: dict[str, Number]


class ElksCoordinator(DataUpdateCoordinator[AccountData]):
    """Reads the account twice an hour; everything quicker is posted to us."""

    config_entry: ConfigEntry

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, client: ElksClient
    ) -> None:
        """Take the client."""
        super().__init__(
            hass,
            LOGGER,
            config_entry=entry,
            name=DOMAIN,
            update_interval=UPDATE_INTERVAL,
        )
        self._client = client

    @property
    def callers(self) -> list[str]:
        """The account's numbers that can call, those that this home answers first."""
        chosen = {
            subentry.data[CONF_NUMBER_ID]
            for subentry in self.config_entry.get_subentries_of_type(SUBENTRY_NUMBER)
        }
        able = [one for one in self.data.numbers.values() if VOICE in one.capabilities]
        return [
            one.number for one in sorted(able, key=lambda one: one.id not in chosen)
        ]

    @property
    def default_caller(self) -> str | None:
        """Who a call is from where nobody says: the chosen caller, or a number of ours."""
        callers = self.callers
        chosen = self.config_entry.options.get(CONF_DEFAULT_CALLER)
        return chosen if chosen in callers else next(iter(callers), None)

    @override
    async def _async_update_data(self) -> AccountData:
        """Read account and numbers."""
        with translate_update_errors():
            account = await self._client.account.get()
            numbers = await self._client.numbers.list()
        self._mind_balance(account)
        return AccountData(
            account=account,
            numbers={number.id: number for number in numbers if number.active},
        )

    def _mind_balance(self, account: Account) -> None:
        """Warn while the balance is low: without money no alarm goes out."""
        issue_id = f"balance_low_{self.config_entry.entry_id}"
        limit = self.config_entry.options.get(
            CONF_LOW_BALANCE, DEFAULT_LOW_BALANCE.get(account.currency or "", 0)
        )
        if account.balance >= Decimal(str(limit)):
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self.hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="balance_low",
            translation_placeholders={
                "account": self.config_entry.title,
                "balance": f"{account.balance:.2f}",
                "currency": account.currency or "",
                "limit": f"{limit:.2f}",
            },
        )
