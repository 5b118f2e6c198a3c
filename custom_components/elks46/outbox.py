"""Texts and picture messages that leave the house.

A text is remembered before 46elks is asked, because its report may beat the answer. Where
the answer is lost nobody knows whether it was taken, and each text is paid for: so it is
looked up in 46elks' history, and only what is surely not there is sent again.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from .api import (
    CallbackKind,
    DeliveryReport,
    ElksClient,
    ElksConnectionError,
    ElksError,
    ElksTimeoutError,
    Message,
    MessageDirection,
    MessageKind,
    MessageStatus,
    count_text,
)
from .const import (
    CLOCKS_APART,
    CONF_DEFAULT_SENDER,
    CONF_KEEP_TEXT,
    CONF_NUMBER_ID,
    DOMAIN,
    EPOCH,
    FALLBACK_SENDER,
    LOGGER,
    SUBENTRY_NUMBER,
)
from .contacts import is_sender_name
from .errors import translate_errors
from .ledger import Ledger
from .records import MessageRequest, SentMessage

if TYPE_CHECKING:
    from .address import Address
    from .coordinator import ElksCoordinator
    from .store import ElksStore

# 46elks takes 100 texts a minute and queues the rest, so more at once gains nothing.
REQUESTS_AT_ONCE: Final = 32
# Seconds before each look into the history: a text may show up there a moment late.
LOOK_UP_PAUSES: Final = (3.0, 5.0)
# Further ones after a request that was given up on: it may still be under way at 46elks.
LATE_PAUSES: Final = (20.0, 40.0)
# Seconds before a text that is surely not at 46elks is sent once more.
RESEND_PAUSES: Final = (1.0, 10.0)
# An alarm does not wait long to hear where the history stands.
NEWEST_SECONDS: Final = 5
# A text found unsent after a restart still goes out; an older one would only confuse.
RESEND_AFTER_RESTART: Final = timedelta(minutes=15)
# A sender that 46elks replaces by some number of its own (46elks: send-mms).
ANY_NUMBER: Final = "noreply"
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
    ) -> None:
        """Take what is needed to send, to remember and to be called back."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._address = address
        self._coordinator = coordinator
        self._ledger = Ledger(hass, entry, store)
        self._slots = asyncio.Semaphore(REQUESTS_AT_ONCE)
        # A look-up could mistake one of two equal texts for the other, so those to one
        # person take turns; they also leave in the order they were asked for.
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._under_way: dict[str, asyncio.Task[SentMessage | None]] = {}
        self._newest: dict[MessageKind, datetime] = {}
        self._asking_newest: dict[MessageKind, asyncio.Task[None]] = {}
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
        """Who a text is from where nobody says: the chosen sender, or a number of ours.

        A number can be answered, which a name cannot.
        """
        if sender := self._entry.options.get(CONF_DEFAULT_SENDER):
            return str(sender)
        return next(self._numbers_for(MessageKind.SMS), FALLBACK_SENDER)

    def mms_sender(self, preferred: str | None = None) -> str:
        """Who a picture message is from: a number of ours that can do them, if there is one.

        A name, which texts may have, 46elks refuses here.
        """
        wanted = (preferred, self._entry.options.get(CONF_DEFAULT_SENDER))
        able = {
            number.number
            for number in self._coordinator.data.numbers.values()
            if MessageKind.MMS in number.capabilities
        }
        chosen = (str(sender) for sender in wanted if sender in able)
        return next(chain(chosen, self._numbers_for(MessageKind.MMS)), ANY_NUMBER)

    def _numbers_for(self, kind: MessageKind) -> Iterator[str]:
        """Yield the numbers that this home answers and that can do this."""
        numbers = self._coordinator.data.numbers
        for subentry in self._entry.get_subentries_of_type(SUBENTRY_NUMBER):
            number = numbers.get(subentry.data[CONF_NUMBER_ID])
            if number is not None and kind in number.capabilities:
                yield number.number

    def may_send_as(self, sender: str) -> bool:
        """Tell whether 46elks would take this sender: a name, or a number of ours."""
        numbers = self._coordinator.data.numbers.values()
        return is_sender_name(sender) or sender in {one.number for one in numbers}

    async def async_send_sms(
        self,
        *,
        recipient: str,
        text: str,
        sender: str | None = None,
        flash: bool = False,
        private: bool = False,
    ) -> SentMessage:
        """Send a text and return what 46elks made of it.

        A `private` one is never written to disk, and none is where the person keeps no
        texts. It goes on when whoever asked is cancelled: half sent is neither of both.

        Raises:
            HomeAssistantError: 46elks refuses, it was surely not sent, or nobody knows
                (`send_unknown`).
        """
        self._check_open()
        sender = sender or self.default_sender
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
        return await self._async_begin(request)

    async def async_send_mms(
        self, *, recipient: str, text: str, image: str | None, sender: str | None = None
    ) -> SentMessage:
        """Send a picture message, of a text or a picture or both.

        The picture is a data URL; `sender` is who it shall be from if it can be.

        Raises:
            HomeAssistantError: as with a text.
        """
        self._check_open()
        return await self._async_begin(
            MessageRequest(
                recipient=recipient,
                sender=self.mms_sender(sender),
                text=text.encode(errors="replace").decode(),
                possible_parts=frozenset(),
                after=None,
                kind=MessageKind.MMS,
                has_image=image is not None,
                image=image,
            )
        )

    async def _async_begin(self, request: MessageRequest) -> SentMessage:
        sent = SentMessage(
            ref=ulid_now(),
            recipient=request.recipient,
            sender=request.sender,
            asked=dt_util.utcnow(),
            kind=request.kind,
        )
        task = self._start(
            sent.ref,
            self._async_send(sent, request, may_store=self._keeps(request.private)),
        )
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.add_done_callback(_log_failure)
            raise
        if task.cancelled():
            raise _error("send_unknown")
        return task.result() or sent

    async def async_price(self, *, recipient: str, text: str, sender: str) -> Message:
        """Ask 46elks for parts and price of a text; nothing is sent.

        Raises:
            HomeAssistantError: refused or out of reach.
        """
        with translate_errors(self._hass, self._entry):
            async with self._slots:
                return await self._client.messages.send_sms(
                    recipient=recipient, text=text, sender=sender, dry_run=True
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
        self.note_time(row.kind, row.created)
        await self._ledger.async_apply_history(row)

    @callback
    def note_time(self, kind: MessageKind, created: datetime | None) -> None:
        """Take note of a time in a history, on 46elks' clock; None for an empty one."""
        if created is None or created < dt_util.utcnow() + CLOCKS_APART:
            known = self._newest.get(kind, EPOCH)
            self._newest[kind] = max(known, created or EPOCH)

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
            raise _error("not_loaded")

    def _turn(self, recipient: str) -> asyncio.Lock:
        return self._turns.setdefault(recipient, asyncio.Lock())

    def _keeps(self, private: bool) -> bool:
        return not private and bool(self._entry.options.get(CONF_KEEP_TEXT, True))

    async def _async_send(
        self, sent: SentMessage, request: MessageRequest, *, may_store: bool
    ) -> SentMessage:
        turn = self._turn(request.recipient)
        async with turn:
            self._check_open()
            request = replace(request, after=await self._async_newest(request.kind))
            kept = replace(request, image=None)
            if not may_store:
                kept = replace(kept, text=None)
            sent = replace(sent, request=kept)
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
        except _UnknownFateError as err:
            known = await self._ledger.async_give_up(sent)
            if known.id is None:
                raise _error("send_unknown") from err
            return known
        except ElksError as err:
            known = await self._ledger.async_fail(sent)
            if known.id is not None:
                return known
            if err.outcome_unknown or isinstance(err, ElksConnectionError):
                raise _error("not_sent") from err
            with translate_errors(self._hass, self._entry):
                raise
        return await self._async_taken(sent, message)

    async def _async_post(self, sent: SentMessage, request: MessageRequest) -> Message:
        """Have 46elks take the text, once.

        Raises:
            _UnknownFateError: it may or may not have been taken.
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
                    if found := await self._async_look_up(sent, request, late=is_late):
                        return found
                    if is_late and pause is None:
                        raise _UnknownFateError from err
                elif not isinstance(err, ElksConnectionError):
                    raise
                if pause is None:
                    raise
            await asyncio.sleep(pause)
            if self._ledger.known(sent).id and (
                found := await self._async_find(sent, request)
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

    async def _async_look_up(
        self, sent: SentMessage, request: MessageRequest, *, late: bool = False
    ) -> Message | None:
        """Return the text as 46elks' history has it, None where it is surely not there.

        Raises:
            _UnknownFateError: the history cannot be read, or not be compared.
        """
        for pause in (*LOOK_UP_PAUSES, *(LATE_PAUSES if late else ())):
            await asyncio.sleep(pause)
            if found := await self._async_find(sent, request):
                return found
        return None

    async def _async_find(
        self, sent: SentMessage, request: MessageRequest
    ) -> Message | None:
        """Look into 46elks' history once.

        Raises:
            _UnknownFateError: the history cannot be read, or not be compared.
        """
        messages = self._client.messages
        try:
            async with self._slots:
                if (message_id := self._ledger.known(sent).id) is not None:
                    # Its report has come, which only texts have.
                    return await messages.get_sms(message_id)
                if request.after is None:
                    raise _UnknownFateError
                # The history rounds to milliseconds what an answer gives in full.
                after = _millisecond(request.after)
                rows = (
                    messages.sms_history(
                        after=after, recipient=request.recipient, complete=True
                    )
                    if request.kind is MessageKind.SMS
                    else messages.mms_history(after=after, complete=True)
                )
                async for row in rows:
                    if (
                        row.id is not None
                        and row.created is not None
                        and _millisecond(row.created) > after
                        and self._store.sent_by_id(row.id) is None
                        and _is_same(row, request)
                    ):
                        return row
        except ElksError as err:
            raise _UnknownFateError from err
        return None

    async def _async_settle(
        self, sent: SentMessage, request: MessageRequest
    ) -> SentMessage | None:
        turn = self._turn(sent.recipient)
        async with turn:
            try:
                found = await self._async_look_up(sent, request)
            except _UnknownFateError:
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
        self.note_time(message.kind, message.created)
        return await self._ledger.async_taken(sent, message)

    async def _async_newest(self, kind: MessageKind) -> datetime | None:
        """Return the newest known time in a history; None while it cannot be read.

        That of picture messages is asked for each time: where no number can do them,
        nothing else reads it, and it may have grown.
        """
        if kind is MessageKind.MMS or kind not in self._newest:
            if kind not in self._asking_newest:
                # Once, however many messages wait for it.
                self._asking_newest[kind] = self._hass.async_create_task(
                    self._async_ask_newest(kind), "elks46 history", eager_start=False
                )
            await asyncio.wait({self._asking_newest[kind]})
        return self._newest.get(kind)

    async def _async_ask_newest(self, kind: MessageKind) -> None:
        messages = self._client.messages
        sms = kind is MessageKind.SMS
        history = messages.sms_history if sms else messages.mms_history
        try:
            async with asyncio.timeout(NEWEST_SECONDS):
                async for row in history(after=None):
                    self.note_time(kind, row.created)
                    break
                else:
                    self.note_time(kind, None)
        except ElksError, TimeoutError:
            LOGGER.debug("The history cannot be read before sending")
        finally:
            del self._asking_newest[kind]


class _UnknownFateError(Exception):
    """A text may or may not have been taken by 46elks."""


def _is_same(row: Message, request: MessageRequest) -> bool:
    """Tell whether a row of the history is the text that was asked for.

    Texts are compared without their white space, which operators like to tidy up; a row
    without text was sent with `dontlog`. A picture message from `noreply` is stored with
    the number that 46elks has put in its place, and one of a picture alone has no text.
    """
    sender = row.sender
    if request.kind is MessageKind.MMS:
        row = replace(row, text=row.text or "")
        sender = ANY_NUMBER if request.sender == ANY_NUMBER else sender
    return (
        row.direction is MessageDirection.OUTGOING
        and row.recipient == request.recipient
        and sender.casefold() == request.sender.casefold()
        and request.has_image >= bool(row.images)
        and (row.parts is None or row.parts in request.possible_parts)
        and (
            row.text is None
            or request.text is None
            or row.text.split() == request.text.split()
        )
    )


def _millisecond(when: datetime) -> datetime:
    return when.replace(microsecond=when.microsecond // 1000 * 1000)


def _log_failure(task: asyncio.Task[SentMessage | None]) -> None:
    """Tell the log where whoever asked has gone."""
    if not task.cancelled() and (err := task.exception()) is not None:
        LOGGER.warning("A text that nobody waits for failed: %s", type(err).__name__)


def _error(key: str) -> HomeAssistantError:
    return HomeAssistantError(translation_domain=DOMAIN, translation_key=key)
