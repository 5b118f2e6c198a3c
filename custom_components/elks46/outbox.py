"""Texts and picture messages that leave the house.

A text is remembered before 46elks is asked, because its report may beat the answer. Where
the answer is lost nobody knows whether it was taken, and each text is paid for: so it is
looked up in 46elks' history, and only what is surely not there is sent again.
"""

import asyncio
from collections.abc import Coroutine, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from .api import (
    CallbackKind,
    DeliveryReport,
    ElksClient,
    ElksConnectionError,
    ElksError,
    ElksForbiddenError,
    ElksTimeoutError,
    Message,
    MessageKind,
    MessageStatus,
    count_text,
)
from .const import CONF_KEEP_TEXT, LOGGER
from .errors import failed, translate_errors
from .ledger import Ledger
from .look_up import LookUp, UnknownFateError
from .records import MessageRequest, Refused, SentMessage
from .senders import Senders
from .signals import SIGNAL_REFUSED

if TYPE_CHECKING:
    from .address import Address
    from .coordinator import ElksCoordinator
    from .guard import Guard
    from .store import ElksStore

# 46elks takes 100 texts a minute and queues the rest, so more at once gains nothing.
REQUESTS_AT_ONCE: Final = 32
# Seconds before a text that is surely not at 46elks is sent once more.
RESEND_PAUSES: Final = (1.0, 10.0)
# A text found unsent after a restart still goes out; an older one would only confuse.
RESEND_AFTER_RESTART: Final = timedelta(minutes=15)
# When the account is unloaded, an answer on its way from 46elks is waited for this long.
CLOSE_SECONDS: Final = 10


class Outbox:
    """The one way out for messages of an account."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        store: ElksStore,
        address: Address,
        coordinator: ElksCoordinator,
        guard: Guard,
    ) -> None:
        """Take what is needed to send, to remember and to be called back."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._address = address
        self._senders = Senders(hass, entry, coordinator)
        self._guard = guard
        self._ledger = Ledger(hass, entry, store)
        self._slots = asyncio.Semaphore(REQUESTS_AT_ONCE)
        self._look_up = LookUp(hass, client, store, self._slots)
        # A look-up could mistake one of two equal texts for the other, so those to one
        # person take turns; they also leave in the order they were asked for.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._under_way: dict[str, asyncio.Task[SentMessage | None]] = {}
        self._closing = False

    async def async_close(self) -> None:
        """Take no more texts; what is unanswered now is settled at the next start."""
        self._closing = True
        self._ledger.stop_waiting()
        if tasks := set(self._under_way.values()):
            _, late = await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    @property
    def default_sender(self) -> str:
        """Who a text is from where nobody says."""
        return self._senders.for_text()

    def may_send_as(self, sender: str) -> bool:
        """Tell whether 46elks would take this sender of a text."""
        return self._senders.may_text_as(sender)

    async def async_send_sms(
        self,
        *,
        recipient: str,
        text: str,
        sender: str | None = None,
        flash: bool = False,
        private: bool = False,
        ref: str | None = None,
        is_alert: bool = False,
    ) -> SentMessage:
        """Send a text, under a reference of the caller if given, and return what 46elks made of it.

        A `private` one is never written to disk, and none is where the person keeps no
        texts. Whoever has to know it after a restart chooses its reference. One of an
        alert may use what is reserved for these. It goes on when whoever asked is cancelled: half sent is neither of both.

        Raises:
            ServiceValidationError: the guard never sends there.
            HomeAssistantError: 46elks refuses, a limit is reached, it was surely not
                sent, or nobody knows (`send_unknown`).
        """
        self._check_open()
        self._guard.check_destination(recipient)
        sender = self._senders.for_text(sender)
        # YAML can hold half a surrogate pair, which can neither be sent nor written down.
        text = text.encode(errors="replace").decode()
        request = MessageRequest(
            recipient=recipient,
            sender=sender,
            text=text,
            possible_parts=count_text(text).possible_parts,
            after=None,
            flash=flash,
            private=private,
        )
        return await self._async_begin(request, ref=ref, is_alert=is_alert)

    async def async_send_mms(
        self, *, recipient: str, text: str, image: str | None, sender: str | None = None
    ) -> SentMessage:
        """Send a picture message, of a text or a picture or both.

        The picture is a data URL; `sender` is who it shall be from if it can be.

        Raises:
            HomeAssistantError: as with a text.
        """
        self._check_open()
        self._guard.check_destination(recipient)
        return await self._async_begin(
            MessageRequest(
                recipient=recipient,
                sender=self._senders.for_picture(sender),
                text=text.encode(errors="replace").decode(),
                possible_parts=frozenset(),
                after=None,
                kind=MessageKind.MMS,
                has_image=image is not None,
                image=image,
            )
        )

    async def _async_begin(
        self,
        request: MessageRequest,
        *,
        ref: str | None = None,
        is_alert: bool = False,
    ) -> SentMessage:
        sent = SentMessage(
            ref=ref or ulid_now(),
            recipient=request.recipient,
            sender=request.sender,
            asked=dt_util.utcnow(),
            kind=request.kind,
        )
        task = self._start(
            sent.ref,
            self._async_send(
                sent,
                request,
                may_store=self.may_store(private=request.private),
                is_alert=is_alert,
            ),
        )
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.add_done_callback(_log_failure)
            raise
        if task.cancelled():
            raise failed("send_unknown")
        return task.result() or sent

    async def async_price(self, *, recipient: str, text: str, sender: str) -> Message:
        """Ask 46elks for parts and price of a text; nothing is sent.

        Raises:
            ServiceValidationError: the guard never sends there.
            HomeAssistantError: refused or out of reach.
        """
        self._guard.check_destination(recipient)
        with translate_errors(self._hass, self._entry):
            async with self._slots:
                return await self._client.messages.send_sms(
                    recipient=recipient,
                    text=text,
                    sender=self._senders.for_text(sender),
                    dry_run=True,
                )

    async def async_wait(self, refs: Iterable[str], seconds: float) -> None:
        """Return when the texts have arrived or failed, or the time is over."""
        await self._ledger.async_wait(refs, seconds)

    async def async_apply(self, ref: str | None, report: DeliveryReport) -> None:
        """Let a delivery report act; late, repeated and foreign ones change nothing.

        Raises:
            OSError: the disk refuses, so 46elks should repeat the report.
        """
        await self._ledger.async_apply(ref, report)

    async def async_apply_history(self, row: Message) -> None:
        """Let a row of 46elks' history act like the report it stands for.

        Raises:
            OSError: the disk refuses.
        """
        self._look_up.note_time(row.kind, row.created)
        await self._ledger.async_apply_history(row)

    @callback
    def note_time(self, kind: MessageKind, created: datetime | None) -> None:
        """Take note of a time in a history, on 46elks' clock; None for an empty one."""
        self._look_up.note_time(kind, created)

    @callback
    def settle(self) -> None:
        """Find out about texts that were asked for once and never answered."""
        for sent in [] if self._closing else self._store.sent.values():
            if sent.request is not None and sent.ref not in self._under_way:
                self._start(sent.ref, self._async_settle(sent, sent.request))

    def _start(
        self, ref: str, work: Coroutine[None, None, SentMessage | None]
    ) -> asyncio.Task[SentMessage | None]:
        task = self._hass.async_create_task(work, f"elks46 text {ref}")
        self._under_way[ref] = task
        task.add_done_callback(lambda _: self._under_way.pop(ref, None))
        return task

    def _check_open(self) -> None:
        if self._closing:
            raise failed("not_loaded")

    def _turn(self, recipient: str) -> asyncio.Lock:
        return self._turns.setdefault(recipient, asyncio.Lock())

    def may_store(self, *, private: bool = False) -> bool:
        """Tell whether the words of what is sent may be written to disk."""
        return not private and bool(self._entry.options.get(CONF_KEEP_TEXT, True))

    async def _async_send(
        self,
        sent: SentMessage,
        request: MessageRequest,
        *,
        may_store: bool,
        is_alert: bool,
    ) -> SentMessage:
        turn = self._turn(request.recipient)
        guarded = self._guard.reserve(
            sent.ref,
            request.recipient,
            request.kind,
            parts=max(request.possible_parts, default=1),
            is_alert=is_alert,
        )
        with guarded as price:
            async with turn:
                self._check_open()
                newest = await self._look_up.async_newest(request.kind)
                request = replace(request, after=newest)
                kept = replace(request, image=None)
                if not may_store:
                    kept = replace(kept, text=None)
                sent = replace(sent, request=kept, reserved=price)
                try:
                    await self._ledger.async_remember(sent)
                    return await self._async_deliver(sent, request)
                except asyncio.CancelledError:
                    if self._closing:
                        # Whoever asked is told that nobody knows; so it is not sent later.
                        await self._ledger.async_give_up(sent)
                    raise

    async def _async_deliver(
        self, sent: SentMessage, request: MessageRequest
    ) -> SentMessage:
        try:
            message = await self._async_post(sent, request)
        except UnknownFateError as err:
            known = await self._ledger.async_give_up(sent)
            if known.id is None:
                raise failed("send_unknown") from err
            return known
        except ElksError as err:
            known = await self._ledger.async_fail(sent)
            if known.id is not None:
                return known
            if err.outcome_unknown or isinstance(err, ElksConnectionError):
                raise failed("not_sent") from err
            if isinstance(err, ElksForbiddenError):
                self._tell_refused(known, err.message)
            with translate_errors(self._hass, self._entry):
                raise
        return await self._async_taken(sent, message)

    @callback
    def _tell_refused(self, sent: SentMessage, reason: str) -> None:
        async_dispatcher_send(
            self._hass,
            SIGNAL_REFUSED.format(self._entry.entry_id),
            Refused(sent=sent, reason=reason),
        )

    async def _async_post(self, sent: SentMessage, request: MessageRequest) -> Message:
        """Have 46elks take the text, once.

        Raises:
            UnknownFateError: it may or may not have been taken.
            ElksError: it was not.
        """
        for pause in (*RESEND_PAUSES, None):
            try:
                async with self._slots:
                    return await self._async_ask(sent, request)
            except ElksError as err:
                if err.outcome_unknown:
                    LOGGER.debug(
                        "The answer to a text was lost: %s", type(err).__name__
                    )
                    is_late = isinstance(err, ElksTimeoutError)
                    # A picture message is dear, and its history may lag like any other.
                    is_dear = request.kind is MessageKind.MMS
                    if found := await self._look_up.async_search(
                        sent, request, late=is_late or is_dear
                    ):
                        return found
                    if is_late and pause is None:
                        raise UnknownFateError from err
                elif not isinstance(err, ElksConnectionError):
                    raise
                if pause is None:
                    raise
            await asyncio.sleep(pause)
            if self._ledger.known(sent).id and (
                found := await self._look_up.async_find(sent, request)
            ):
                return found
        raise AssertionError  # pragma: no cover - the last pause is None

    async def _async_ask(self, sent: SentMessage, request: MessageRequest) -> Message:
        if TYPE_CHECKING:
            assert request.text is not None
        messages = self._client.messages
        if request.kind is MessageKind.SMS:
            return await messages.send_sms(
                recipient=request.recipient,
                text=request.text,
                sender=request.sender,
                delivery_url=self._address.callback_url(
                    CallbackKind.DELIVERY, sent.ref
                ),
                flash=request.flash,
                private=request.private,
            )
        message = await messages.send_mms(
            recipient=request.recipient,
            sender=request.sender,
            text=request.text,
            image=request.image,
        )
        if message.status is MessageStatus.UNKNOWN:
            # That there is an answer tells that it was taken.
            message = replace(message, status=MessageStatus.CREATED)
        return message

    async def _async_settle(
        self, sent: SentMessage, request: MessageRequest
    ) -> SentMessage | None:
        turn = self._turn(sent.recipient)
        async with turn:
            try:
                found = await self._look_up.async_search(sent, request)
            except UnknownFateError:
                return None
            if found is not None:
                return await self._async_taken(sent, found)
            age = dt_util.utcnow() - sent.asked
            young = timedelta(0) <= age < RESEND_AFTER_RESTART
            if young and request.is_whole and not sent.given_up:
                try:
                    return await self._async_deliver(sent, request)
                except HomeAssistantError:
                    LOGGER.warning("A text from before the restart could not be sent")
                    return None
            return await self._ledger.async_fail(sent)

    async def _async_taken(self, sent: SentMessage, message: Message) -> SentMessage:
        self._look_up.note_time(message.kind, message.created)
        return await self._ledger.async_taken(sent, message)


def _log_failure(task: asyncio.Task[SentMessage | None]) -> None:
    """Tell the log where whoever asked has gone."""
    if not task.cancelled() and (err := task.exception()) is not None:
        LOGGER.warning("A text that nobody waits for failed: %s", type(err).__name__)
