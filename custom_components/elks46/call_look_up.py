"""Where a call is that 46elks was asked for and whose answer was lost."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .api import Call, CallDirection, ElksClient, ElksError
from .const import CLOCKS_APART, EPOCH, LOGGER
from .records import PhoneCall

if TYPE_CHECKING:
    from .store import ElksStore

# Seconds before each look into the history: a call may show up there a moment late.
LOOK_UP_PAUSES: Final = (3.0, 5.0)
# Further ones after a request that was given up on: it may still be under way at 46elks.
LATE_PAUSES: Final = (20.0, 40.0)
# An alarm does not wait long to hear where the history stands.
NEWEST_SECONDS: Final = 5


class CallLookUp:
    """Looks for calls in 46elks' history."""

    def __init__(
        self, hass: HomeAssistant, client: ElksClient, store: ElksStore
    ) -> None:
        """Take where to look, and which calls are known."""
        self._hass = hass
        self._client = client
        self._store = store
        self._asking: asyncio.Task[datetime | None] | None = None

    async def async_search(self, call: PhoneCall, *, late: bool) -> Call | None:
        """Return the call as 46elks' history has it, None where that does not tell.

        It does not where somebody has picked up by now: then posts have told.
        """
        for pause in (*LOOK_UP_PAUSES, *(LATE_PAUSES if late else ())):
            await asyncio.sleep(pause)
            if self._store.calls.get(call.ref, call).id is not None:
                return None
            try:
                if found := await self._async_find(call):
                    return found
            except ElksError as err:
                LOGGER.debug("A call cannot be looked up: %s", type(err).__name__)
        return None

    async def _async_find(self, call: PhoneCall) -> Call | None:
        if call.after is None:
            return None
        # The history rounds to milliseconds what an answer gives in full.
        after = _millisecond(call.after)
        async for row in self._client.calls.history(after):
            if (
                row.direction is CallDirection.OUTGOING
                and (row.caller, row.callee) == (call.caller, call.callee)
                and _millisecond(row.created) > after
                and self._store.call_by_id(row.id) is None
            ):
                return row
        return None

    async def async_newest(self) -> datetime | None:
        """Return the newest time in the history; None where it cannot be read."""
        if self._asking is None:
            # Once, however many calls wait for it.
            self._asking = self._hass.async_create_task(
                self._async_ask(), "elks46 history", eager_start=False
            )
        task = self._asking
        await asyncio.wait({task})
        return task.result()

    async def _async_ask(self) -> datetime | None:
        horizon = dt_util.utcnow() + CLOCKS_APART
        try:
            async with asyncio.timeout(NEWEST_SECONDS):
                async for row in self._client.calls.history(None):
                    if row.created < horizon:
                        return row.created
        except ElksError, TimeoutError:
            LOGGER.debug("The history cannot be read before calling")
            return None
        finally:
            self._asking = None
        return EPOCH


def _millisecond(when: datetime) -> datetime:
    return when.replace(microsecond=when.microsecond // 1000 * 1000)
