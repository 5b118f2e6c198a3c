"""What 46elks did not, or could not, post: read from its history.

A mark says up to where the history has been read. Only a complete reading moves it, so a
callback lost between two that arrived is found all the same.
"""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import (
    CALLBACK_TYPE,
    CoreState,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .api import (
    ElksClient,
    ElksError,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksRequestError,
    Message,
    MessageDirection,
)
from .const import (
    CLOCKS_APART,
    CONF_NUMBER,
    EPOCH,
    HISTORY_OVERLAP,
    LOGGER,
    POLL_INTERVAL,
    SUBENTRY_NUMBER,
    UPDATE_INTERVAL,
)
from .signals import SIGNAL_STATE

if TYPE_CHECKING:
    from .inbox import Inbox
    from .outbox import Outbox
    from .reach import Reach
    from .store import ElksStore

# Texts on their way for longer than the history was read back are asked for one by one;
# while callbacks work only a few each time, so that a day without news costs little.
ASK_FOR_AT_MOST: Final = 3
ASK_FOR_AT_MOST_POLLING: Final = 50


class CatchUp:
    """Reads the history after a start, twice an hour, and often while nothing is posted."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        store: ElksStore,
        inbox: Inbox,
        outbox: Outbox,
        reach: Reach,
    ) -> None:
        """Take where the history comes from and where it goes."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._inbox = inbox
        self._outbox = outbox
        self._reach = reach
        self._lock = asyncio.Lock()
        self._next: CALLBACK_TYPE | None = None
        self._next_is_poll = False
        self._is_closed = False
        self._is_first = True
        self._asked_up_to = ""
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, SIGNAL_STATE.format(entry.entry_id), self._replan
            )
        )

    @callback
    def async_close(self) -> None:
        """Read no more; what is being read is dropped, and read again at the next start."""
        self._is_closed = True
        self._unplan()

    async def async_run(self) -> None:
        """Read the history since the mark, and plan the next time.

        Automations listen only while Home Assistant runs; a text told before is lost to them.
        """
        if self._hass.state is not CoreState.running:
            return
        async with self._lock:
            self._unplan()
            try:
                await self._async_read()
            except ElksError as err:
                LOGGER.debug("The history cannot be read: %s", type(err).__name__)
            except OSError:
                # An account that is being unloaded writes nothing any more.
                if not self._is_closed:
                    LOGGER.warning(
                        "The disk refuses what was read from 46elks' history"
                    )
            finally:
                self._plan()

    def _plan(self) -> None:
        if self._is_closed:
            return

        @callback
        def due(_now: datetime) -> None:
            self._next = None
            self._entry.async_create_background_task(
                self._hass, self.async_run(), "elks46 catch-up"
            )

        self._next_is_poll = self._reach.is_polling
        self._next = async_call_later(
            self._hass,
            POLL_INTERVAL if self._next_is_poll else UPDATE_INTERVAL,
            HassJob(due, "elks46 catch-up", cancel_on_shutdown=True),
        )

    @callback
    def _replan(self) -> None:
        """Read soon where callbacks have just stopped to arrive, and seldom again after."""
        if self._next is not None and self._next_is_poll is not self._reach.is_polling:
            self._unplan()
            self._plan()

    def _unplan(self) -> None:
        if self._next is not None:
            self._next()
            self._next = None

    async def _async_read(self) -> None:
        mark = self._store.mark
        rows: list[Message] = []
        after = mark - HISTORY_OVERLAP if mark else None
        async for row in self._client.messages.sms_history(after=after):
            rows.append(row)
            if mark is None:
                # The first look only finds out where the history stands.
                break
        # A time that cannot be would hide every text that comes before it.
        horizon = dt_util.utcnow() + CLOCKS_APART
        times = (row.created for row in rows if row.created and row.created < horizon)
        newest = max(times, default=EPOCH)
        self._outbox.note_time(newest)
        newest = max(newest, mark or EPOCH)
        since = {
            number: self._store.since.get(number, newest) for number in self._numbers()
        }
        refused: OSError | None = None
        for row in reversed(rows):
            # Asked anew each time: whoever closes must find nothing being written later.
            if self._is_closed:
                return
            try:
                await self._async_apply(row, since.get(row.recipient))
            except OSError as err:
                # Nobody waits for a text because the disk refuses the one before it.
                refused = err
        if self._is_closed:
            return
        if refused is not None:
            raise refused
        if newest != mark or since != self._store.since:
            await self._store.async_record_mark(newest, since)
        self._outbox.settle()
        await self._async_ask_for({row.id for row in rows})

    async def _async_apply(self, row: Message, since: datetime | None) -> None:
        """Let a row act like the post it stands for; ours are texts since a time, or none."""
        if row.direction is not MessageDirection.INCOMING:
            await self._outbox.async_apply_history(row)
        elif row.id and row.created and since and row.created > since:
            if await self._inbox.async_receive(row.incoming()):
                self._reach.callback_missed(row.created)

    async def _async_ask_for(self, known: set[str | None]) -> None:
        """Ask how texts fare that are older than what was read, in turn."""
        waiting = [
            sent.id
            for sent in self._store.sent.values()
            if sent.id is not None and not sent.status.is_final and sent.id not in known
        ]
        often = self._is_first or self._reach.is_polling
        self._is_first = False
        at_most = ASK_FOR_AT_MOST_POLLING if often else ASK_FOR_AT_MOST
        turn = sorted(waiting, key=lambda one: (one <= self._asked_up_to, one))
        for message_id in turn[:at_most]:
            self._asked_up_to = message_id
            try:
                row = await self._client.messages.get_sms(message_id)
            except ElksForbiddenError, ElksRequestError, ElksInvalidDataError:
                LOGGER.debug("A text is no longer known at 46elks")
                continue
            if self._is_closed:
                return
            await self._outbox.async_apply_history(row)

    def _numbers(self) -> list[str]:
        return [
            subentry.data[CONF_NUMBER]
            for subentry in self._entry.subentries.values()
            if subentry.subentry_type == SUBENTRY_NUMBER
        ]
