"""What changes slowly at 46elks: the balance, and the numbers of the account."""

from dataclasses import dataclass
from decimal import Decimal
from typing import override

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.update_coordinator import DataUpdateCoordinator

from .api import (
    Account,
    ElksAuthenticationError,
    ElksClient,
    ElksError,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksRequestError,
    Number,
    is_subaccount,
)
from .const import (
    CONF_DEFAULT_CALLER,
    CONF_LOW_BALANCE,
    CONF_NUMBER,
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
    usage: Decimal | None = None
    """What this subaccount has used, where 46elks tells it."""
    usage_limit: Decimal | None = None
    """What this subaccount may use in all."""

    @property
    def left(self) -> Decimal | None:
        """What can still be spent: of the account's money, and of the subaccount's limit."""
        amounts = [] if self.account.balance is None else [self.account.balance]
        if self.usage_limit is not None:
            amounts.append(self.usage_limit - (self.usage or 0))
        return min(amounts, default=None)


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
        self._known_use: tuple[Decimal | None, Decimal | None] = (None, None)
        self._may_ask_for_use = is_subaccount(entry.data[CONF_USERNAME])

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

    def owns(self, phone: str) -> bool:
        """Tell whether a phone is a number of the account, which nothing may answer: it would go round in circles."""
        subentries = self.config_entry.get_subentries_of_type(SUBENTRY_NUMBER)
        return phone in {
            *(number.number for number in self.data.numbers.values()),
            *(subentry.data[CONF_NUMBER] for subentry in subentries),
        }

    @override
    async def _async_update_data(self) -> AccountData:
        """Read account and numbers."""
        with translate_update_errors():
            account = await self._client.account.get()
            numbers = await self._client.numbers.list()
            usage, usage_limit = await self._async_use(account)
        data = AccountData(
            account=account,
            numbers={number.id: number for number in numbers if number.active},
            usage=usage,
            usage_limit=usage_limit,
        )
        self._mind_balance(data)
        return data

    async def _async_use(
        self, account: Account
    ) -> tuple[Decimal | None, Decimal | None]:
        """Return what a subaccount has used and may use, from wherever 46elks tells it.

        It documents neither, so nothing else waits for an answer, and the one who may not
        ask is not to ask twice an hour.
        """
        if account.used is not None or account.usage_limit is not None:
            return account.used or Decimal(0), account.usage_limit
        if self._may_ask_for_use:
            try:
                own = await self._client.subaccounts.get(
                    self.config_entry.data[CONF_USERNAME]
                )
            except (
                ElksAuthenticationError,
                ElksForbiddenError,
                ElksInvalidDataError,
                ElksRequestError,
            ):
                self._may_ask_for_use = False
            except ElksError as err:
                LOGGER.debug("The use cannot be read: %s", type(err).__name__)
                return self._known_use
            else:
                self._known_use = own.used, own.usage_limit
                return self._known_use
        return None, None

    def _mind_balance(self, data: AccountData) -> None:
        """Warn while the balance is low: without money no alarm goes out."""
        issue_id = f"balance_low_{self.config_entry.entry_id}"
        limit = self.config_entry.options.get(
            CONF_LOW_BALANCE, DEFAULT_LOW_BALANCE.get(data.account.currency or "", 0)
        )
        balance = data.account.balance
        if balance is None or balance >= Decimal(str(limit)):
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
                "balance": f"{balance:.2f}",
                "currency": data.account.currency or "",
                "limit": f"{limit:.2f}",
            },
        )
