"""What 46elks did not, or could not, post: read from its history.

A mark says up to where the history has been read. Only a complete reading moves it, so a
callback lost between two that arrived is found all the same.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
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
    CallState,
    ElksClient,
    ElksError,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksRequestError,
    Message,
    MessageDirection,
    MessageKind,
)
from .const import (
    CLOCKS_APART,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    EPOCH,
    HISTORY_OVERLAP,
    LOGGER,
    POLL_INTERVAL,
    SUBENTRY_NUMBER,
    UPDATE_INTERVAL,
)
from .errors import LaterError
from .signals import SIGNAL_STATE

if TYPE_CHECKING:
    from .coordinator import ElksCoordinator
    from .dialler import Dialler
    from .inbox import Inbox
    from .outbox import Outbox
    from .reach import Reach
    from .store import ElksStore
    from .tapes import Tapes

# Texts on their way for longer than the history was read back are asked for one by one;
# while callbacks work only a few each time, so that a day without news costs little.
ASK_FOR_AT_MOST: Final = 2
# 46elks posts no report of a picture message, so its history is read often while one is
# fresh: most arrive within a minute or two, the others can wait for the half hour.
FRESH: Final = timedelta(minutes=10)
FRESH_INTERVAL: Final = timedelta(minutes=1)
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
        dialler: Dialler,
        tapes: Tapes,
        reach: Reach,
        coordinator: ElksCoordinator,
    ) -> None:
        """Take where the history comes from and where it goes."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._inbox = inbox
        self._outbox = outbox
        self._dialler = dialler
        self._tapes = tapes
        self._reach = reach
        self._lock = asyncio.Lock()
        self._next: CALLBACK_TYPE | None = None
        self._pause = UPDATE_INTERVAL
        self._coordinator = coordinator
        self._is_closed = False
        self._is_first = True
        self._is_first_of_calls = True
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

    async def async_settle_calls(self, seconds: float) -> None:
        """Find out what has become of calls, as far as 46elks tells in that time."""
        if self._hass.state is not CoreState.running:
            return
        try:
            async with asyncio.timeout(seconds), self._lock:
                await self._async_ask_for_calls()
                self._is_first_of_calls = False
        except (ElksError, OSError, TimeoutError) as err:
            LOGGER.debug("Calls are asked for again: %s", type(err).__name__)

    async def async_run(self) -> None:
        """Read the history since the mark, and plan the next time.

        Automations listen only while Home Assistant runs; a text told before is lost to them.
        """
        if self._hass.state is not CoreState.running:
            return
        async with self._lock:
            self._unplan()
            try:
                await self._async_ask_for_calls()
                self._is_first_of_calls = False
                await self._tapes.async_look_up()
                await self._async_read()
            except ElksError as err:
                LOGGER.debug("The history cannot be read: %s", type(err).__name__)
            except LaterError as err:
                LOGGER.debug("The history is read again: %s", err)
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

        self._pause = self._wanted_pause()
        self._next = async_call_later(
            self._hass,
            self._pause,
            HassJob(due, "elks46 catch-up", cancel_on_shutdown=True),
        )

    @callback
    def _replan(self) -> None:
        """Read soon where callbacks have just stopped to arrive, and seldom again after."""
        if self._next is not None and self._pause != self._wanted_pause():
            self._unplan()
            self._plan()

    def _wanted_pause(self) -> timedelta:
        if self._reach.is_polling:
            return POLL_INTERVAL
        fresh_from = dt_util.utcnow() - FRESH
        unfinished = (
            *(sent.asked for sent in self._store.recent.unfinished_mms),
            *(call.asked for call in self._dialler.open_calls()),
            *(call.ended for call in self._tapes.missing() if call.ended),
        )
        is_fresh = any(asked > fresh_from for asked in unfinished)
        return FRESH_INTERVAL if is_fresh else UPDATE_INTERVAL

    def _unplan(self) -> None:
        if self._next is not None:
            self._next()
            self._next = None

    async def _async_read(self) -> None:
        messages, mark, mms_mark = (
            self._client.messages,
            self._store.mark,
            self._store.mms_mark,
        )
        rows = await _async_rows(messages.sms_history(after=_look_back(mark)), mark)
        newest = _newest(rows, mark)
        self._outbox.note_time(MessageKind.SMS, newest)
        mms = await self._async_read_mms(mms_mark)
        mms_newest = _newest(mms or (), mms_mark)
        # A number that is new here has had its messages until now told by something else.
        now = max(newest, mms_newest)
        since = {
            number: self._store.since.get(number, now) for number in self._numbers()
        }
        rows = [
            # The first look tells what there was before, and nothing of it is news.
            *(
                row
                for row in mms or ()
                if mms_mark or row.direction is not MessageDirection.INCOMING
            ),
            *rows,
        ]
        if mms is None and mms_mark is None:
            # What comes until the history can be read is not to be lost. Nothing has told
            # 46elks' time but the texts, of which there may be none or an old one.
            mms_newest = max(newest, dt_util.utcnow() - CLOCKS_APART)
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
        if mms_newest != mms_mark:
            await self._store.async_record_mms_mark(mms_newest)
        self._outbox.settle()
        await self._async_ask_for(
            {row.id for row in rows}, already_asked=mms is not None
        )

    async def _async_apply(self, row: Message, since: datetime | None) -> None:
        """Let a row act like the post it stands for; ours are messages since a time, or none."""
        if row.direction is not MessageDirection.INCOMING:
            await self._outbox.async_apply_history(row)
        elif row.id and row.created and since and row.created > since:
            if await self._inbox.async_receive(row.incoming()):
                self._reach.callback_missed(row.created)

    async def _async_read_mms(self, mark: datetime | None) -> list[Message] | None:
        """Read the picture messages since the mark, newest first; None where it was not done.

        It costs a request, so it is done only where there can be any.
        """
        is_one_able = any(
            MessageKind.MMS in number.capabilities
            for number_id in self._numbers(CONF_NUMBER_ID)
            if (number := self._coordinator.data.numbers.get(number_id))
        )
        if not is_one_able and not any(self._store.recent.unfinished_mms):
            return None
        history = self._client.messages.mms_history(after=_look_back(mark))
        try:
            rows = await _async_rows(history, mark)
        except ElksError as err:
            # Texts are told all the same; the mark stays, so these are found later.
            LOGGER.debug("Picture messages cannot be read: %s", type(err).__name__)
            return None
        self._outbox.note_time(MessageKind.MMS, _newest(rows, mark))
        return rows

    async def _async_ask_for_calls(self) -> None:
        """Ask for the end of calls, of which 46elks posts nothing any more."""
        self._dialler.settle()
        asks_all = self._is_first_of_calls or self._reach.is_polling
        refused: OSError | None = None
        for call in self._dialler.open_calls():
            is_late = self._dialler.is_late(call)
            if call.id is None or not (is_late or asks_all):
                continue
            try:
                row = await self._client.calls.get(call.id)
            except ElksForbiddenError, ElksRequestError, ElksInvalidDataError:
                LOGGER.debug("A call is not known at 46elks")
                if is_late:
                    await self._dialler.async_lost(call)
                continue
            if self._is_closed:
                return
            try:
                await self._dialler.async_ended(call.ref, row.ended())
                if row.state is not CallState.ONGOING:
                    await self._tapes.async_find(call, row.recordings)
            except OSError as err:
                refused = err
        if refused is not None:
            raise refused

    async def _async_ask_for(
        self, known: set[str | None], *, already_asked: bool
    ) -> None:
        """Ask how texts fare that are older than what was read, in turn."""
        kinds = {
            sent.id: sent.kind
            for sent in self._store.sent.values()
            if sent.id is not None and not sent.status.is_final and sent.id not in known
        }
        often = self._is_first or self._reach.is_polling
        self._is_first = False
        # An idle hour costs no more with picture messages than without.
        at_most = ASK_FOR_AT_MOST_POLLING if often else ASK_FOR_AT_MOST - already_asked
        turn = sorted(kinds, key=lambda one: (one <= self._asked_up_to, one))
        for message_id in turn[:at_most]:
            self._asked_up_to = message_id
            try:
                row = await self._async_get(kinds[message_id], message_id)
            except ElksForbiddenError, ElksRequestError, ElksInvalidDataError:
                LOGGER.debug("A text is no longer known at 46elks")
                continue
            if self._is_closed:
                return
            await self._outbox.async_apply_history(row)

    async def _async_get(self, kind: MessageKind, message_id: str) -> Message:
        messages = self._client.messages
        if kind is MessageKind.SMS:
            return await messages.get_sms(message_id)
        return await messages.get_mms(message_id)

    def _numbers(self, key: str = CONF_NUMBER) -> list[str]:
        return [
            subentry.data[key]
            for subentry in self._entry.subentries.values()
            if subentry.subentry_type == SUBENTRY_NUMBER
        ]


async def _async_rows(
    history: AsyncIterator[Message], mark: datetime | None
) -> list[Message]:
    """Read a history; the first look, without a mark, only finds out where it stands."""
    rows: list[Message] = []
    async for row in history:
        rows.append(row)
        if mark is None:
            break
    return rows


def _look_back(mark: datetime | None) -> datetime | None:
    return mark - HISTORY_OVERLAP if mark else None


def _newest(rows: Iterable[Message], mark: datetime | None) -> datetime:
    """Return the newest time that can be: another would hide all that comes before it."""
    horizon = dt_util.utcnow() + CLOCKS_APART
    times = (row.created for row in rows if row.created and row.created < horizon)
    return max([mark or EPOCH, *times])
