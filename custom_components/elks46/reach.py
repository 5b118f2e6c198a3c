"""Whether what 46elks posts arrives here, and what to do while it does not."""

import asyncio
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
import secrets
from typing import TYPE_CHECKING, Final

import aiohttp
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util

from .address import NoAddress
from .const import DOMAIN, LOGGER
from .errors import failed
from .signals import SIGNAL_POSTED, SIGNAL_STATE

if TYPE_CHECKING:
    from .address import Address

# A callback needs seconds; one that is minutes late has not come.
LATE_AFTER: Final = timedelta(minutes=2)
TEST_TIMEOUT: Final = timedelta(seconds=15)
KIND_PING: Final = "ping"


class Trouble(StrEnum):
    """Why 46elks is asked instead of posting; the value is the issue's translation key."""

    NO_ADDRESS = "no_address"
    REFUSED = "address_refused"
    SILENT = "callbacks_missing"


class Reach:
    """What is known of the way from 46elks to this home."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, address: Address
    ) -> None:
        """Trust the way until it disappoints."""
        self._hass = hass
        self._entry = entry
        self._address = address
        self._trouble: Trouble | None = None
        self._since = dt_util.utcnow()
        self._pings: dict[str, asyncio.Future[None]] = {}
        self.last_callback: datetime | None = None
        self.foreign_callbacks = 0

    @property
    def is_polling(self) -> bool:
        """Whether 46elks has to be asked for what it cannot post."""
        return self._trouble is not None or self._address.missing is not None

    @property
    def trouble(self) -> Trouble | None:
        """What is in the way."""
        return self._trouble

    @callback
    def address_changed(self) -> None:
        """Judge anew, with another address or none."""
        self._since = dt_util.utcnow()
        missing = self._address.missing is NoAddress.MISSING
        self._set(Trouble.NO_ADDRESS if missing else None)
        async_dispatcher_send(self._hass, SIGNAL_STATE.format(self._entry.entry_id))

    @callback
    def address_refused(self, reason: str) -> None:
        """Take note that 46elks does not take the address; `reason` is its own text."""
        self._address.is_refused = True
        self._set(Trouble.REFUSED, reason)

    @callback
    def address_accepted(self) -> None:
        """Take note that 46elks takes the address."""
        self._address.is_refused = False
        if self._trouble is Trouble.REFUSED:
            self._set(None)

    @callback
    def callback_missed(self, created: datetime) -> None:
        """Take note that a text was found in the history that was never posted.

        One from before the start, or that may still be on its way, proves nothing; nor
        does one that could not be posted anyway.
        """
        if self.is_polling:
            return
        if self._since + LATE_AFTER < created < dt_util.utcnow() - LATE_AFTER:
            self._set(Trouble.SILENT)

    @callback
    def callback_arrived(self, *, is_foreign: bool) -> None:
        """Take note that something was posted to the secret address."""
        self.last_callback = dt_util.utcnow()
        self.foreign_callbacks += is_foreign
        if self._trouble is Trouble.SILENT:
            self._set(None)
        async_dispatcher_send(self._hass, SIGNAL_POSTED.format(self._entry.entry_id))

    @callback
    def ping_arrived(self, ref: str | None) -> None:
        """Take note that our own post came round."""
        if (ping := self._pings.get(ref or "")) and not ping.done():
            ping.set_result(None)

    async def async_test(self) -> None:
        """Post to the secret address from here, and see that it arrives.

        It proves name, certificate, proxy and path; what it cannot see is a firewall that
        lets this home through and 46elks not.

        Raises:
            HomeAssistantError: it did not arrive; the text says where it ended.
        """
        ref = secrets.token_hex(8)
        if (url := self._address.callback_url(KIND_PING, ref)) is None:
            raise failed("test_no_address")
        ping = self._pings[ref] = self._hass.loop.create_future()
        try:
            async with asyncio.timeout(TEST_TIMEOUT.total_seconds()):
                async with async_get_clientsession(self._hass).post(
                    url, allow_redirects=False
                ) as response:
                    status = response.status
                if status != HTTPStatus.NO_CONTENT:
                    raise failed("test_wrong_answer", status=str(status))
                await ping
        except TimeoutError:
            raise failed("test_timeout") from None
        except aiohttp.ClientError as err:
            # Its text may hold the address, which is a secret.
            raise failed("test_failed", error=type(err).__name__) from None
        finally:
            del self._pings[ref]
        if self._trouble is Trouble.SILENT:
            self._set(None)

    @callback
    def _set(self, trouble: Trouble | None, reason: str = "") -> None:
        entry_id = self._entry.entry_id
        for other in Trouble:
            # One may stand there from before the account was set up anew.
            if other is not trouble:
                ir.async_delete_issue(self._hass, DOMAIN, f"{other}_{entry_id}")
        if trouble is self._trouble:
            return
        if trouble is not None:
            LOGGER.warning("46elks cannot post to this home and is asked instead")
            ir.async_create_issue(
                self._hass,
                DOMAIN,
                f"{trouble}_{entry_id}",
                is_fixable=True,
                severity=ir.IssueSeverity.WARNING,
                translation_key=trouble,
                translation_placeholders={
                    "account": self._entry.title,
                    "reason": reason,
                },
                data={"entry_id": entry_id},
            )
        else:
            LOGGER.info("46elks can post to this home again")
        self._trouble = trouble
        async_dispatcher_send(self._hass, SIGNAL_STATE.format(entry_id))
