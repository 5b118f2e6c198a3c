"""What has become of each text that left the house.

Told by answers, by reports that come late, repeated and in any order, and by 46elks'
history. Each change of a text is worked out from the one before, one at a time: two
reports at once, or a report and an answer, would undo each other.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from .api import DeliveryReport, Message, MessageStatus
from .const import LOGGER
from .errors import despite_disk
from .records import SentMessage
from .signals import SIGNAL_DELIVERY, SIGNAL_STATE

if TYPE_CHECKING:
    from .store import ElksStore


class Ledger:
    """The fates of an account's texts: written down, and told."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, store: ElksStore
    ) -> None:
        """Take what remembers."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._final: dict[str, asyncio.Future[None]] = {}

    @callback
    def stop_waiting(self) -> None:
        """Let everyone go on who waits for a text to arrive."""
        while self._final:
            self._final.popitem()[1].cancel()

    def known(self, sent: SentMessage) -> SentMessage:
        """Return what is known of a text by now: a report may come at any time."""
        return self._store.sent.get(sent.ref, sent)

    async def async_remember(self, sent: SentMessage, *, counts: bool = False) -> None:
        """Write down what is known; a disk that refuses does not stop a text."""
        with despite_disk(self._hass, self._entry):
            await self._store.async_record_sent(sent, counts=counts, insist=False)

    async def async_taken(self, sent: SentMessage, message: Message) -> SentMessage:
        """Remember what 46elks answered; a report may have come before."""
        async with self._turn(sent.ref):
            known = self.known(sent)
            ahead = message.status.follows(known.status)
            taken = replace(
                known,
                id=message.id,
                status=message.status if ahead else known.status,
                created=message.created,
                delivered=known.delivered or message.delivered,
                parts=message.parts,
                cost=message.cost,
                request=None,
                given_up=False,
            )
            await self.async_remember(taken, counts=True)
            self._announce(taken)
        return taken

    async def async_give_up(self, sent: SentMessage) -> SentMessage:
        """Take note that a person is told that nobody knows, unless a report tells."""
        async with self._turn(sent.ref):
            known = self.known(sent)
            if known.id is None:
                known = replace(known, given_up=True)
                await self.async_remember(known)
                self._announce(known)
        return known

    async def async_fail(self, sent: SentMessage) -> SentMessage:
        """Take note that a text was surely not sent, unless a report tells that it was."""
        async with self._turn(sent.ref):
            known = self.known(sent)
            if known.id is None:
                known = replace(known, status=MessageStatus.FAILED, request=None)
                await self.async_remember(known)
                self._announce(known)
        return known

    async def async_wait(self, refs: Iterable[str], seconds: float) -> None:
        """Return when the texts have arrived or failed, or the time is over."""
        waiting = [
            self._final.setdefault(ref, self._hass.loop.create_future())
            for ref in refs
            if (sent := self._store.sent.get(ref)) and not sent.status.is_final
        ]
        if waiting:
            await asyncio.wait(waiting, timeout=seconds)

    async def async_apply(self, ref: str | None, report: DeliveryReport) -> None:
        """Let a delivery report act; late, repeated and foreign ones change nothing.

        Raises:
            OSError: the disk refuses, so 46elks should repeat the report.
        """
        sent = self._store.sent_by_id(report.id) or self._store.sent.get(ref or "")
        if sent is None:
            LOGGER.debug("A delivery report is for no text of ours")
            return
        await self._async_advance(
            sent, report.status, message_id=report.id, delivered=report.delivered
        )

    async def async_apply_history(self, row: Message) -> None:
        """Let a row of 46elks' history act like the report it stands for.

        Raises:
            OSError: the disk refuses.
        """
        if row.id is not None and (sent := self._store.sent_by_id(row.id)):
            await self._async_advance(
                sent, row.status, message_id=row.id, delivered=row.delivered
            )

    async def _async_advance(
        self,
        sent: SentMessage,
        status: MessageStatus,
        *,
        message_id: str,
        delivered: datetime | None,
    ) -> None:
        """Move a text's state forward, never back."""
        async with self._turn(sent.ref):
            known = self.known(sent)
            # A report of a text that was taken for failed proves that it was not.
            is_news = known.id is None and known.status.is_final
            ahead = is_news or status.follows(known.status)
            is_foreign = known.id not in (None, message_id)
            if is_foreign or (not ahead and known.id is not None):
                return
            moved = replace(
                known,
                id=message_id,
                status=status if ahead else known.status,
                delivered=delivered or known.delivered,
            )
            await self._store.async_record_sent(moved)
            if ahead:
                self._announce(moved)

    def _turn(self, ref: str) -> asyncio.Lock:
        return self._turns.setdefault(ref, asyncio.Lock())

    @callback
    def _announce(self, sent: SentMessage) -> None:
        if sent.status.is_final and (final := self._final.pop(sent.ref, None)):
            final.set_result(None)
        entry_id = self._entry.entry_id
        async_dispatcher_send(self._hass, SIGNAL_DELIVERY.format(entry_id), sent)
        async_dispatcher_send(self._hass, SIGNAL_STATE.format(entry_id))
