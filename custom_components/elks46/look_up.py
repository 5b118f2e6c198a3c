"""What 46elks' history knows of a message whose answer was lost.

Newer than what was known before asking, of the same people and words, and claimed by no
other message of ours: then it is that message. A history that cannot be read tells
nothing.
"""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .api import ElksClient, ElksError, Message, MessageDirection, MessageKind
from .const import CLOCKS_APART, EPOCH, LOGGER
from .records import MessageRequest, SentMessage

if TYPE_CHECKING:
    from .store import ElksStore

# Seconds before each look into the history: a text may show up there a moment late.
LOOK_UP_PAUSES: Final = (3.0, 5.0)
# Further ones after a request that was given up on: it may still be under way at 46elks.
LATE_PAUSES: Final = (20.0, 40.0)
# An alarm does not wait long to hear where the history stands.
NEWEST_SECONDS: Final = 5
# A sender that 46elks replaces by some number of its own (46elks: send-mms).
ANY_NUMBER: Final = "noreply"


class UnknownFateError(Exception):
    """A text may or may not have been taken by 46elks."""


class LookUp:
    """Finds messages of an account in its histories."""

    def __init__(
        self,
        hass: HomeAssistant,
        client: ElksClient,
        store: ElksStore,
        slots: asyncio.Semaphore,
    ) -> None:
        """Take the histories, what is ours already, and how much may be asked at once."""
        self._hass = hass
        self._client = client
        self._store = store
        self._slots = slots
        self._newest: dict[MessageKind, datetime] = {}
        self._asking_newest: dict[MessageKind, asyncio.Task[None]] = {}

    @callback
    def note_time(self, kind: MessageKind, created: datetime | None) -> None:
        """Take note of a time in a history, on 46elks' clock; None for an empty one."""
        if created is None or created < dt_util.utcnow() + CLOCKS_APART:
            known = self._newest.get(kind, EPOCH)
            self._newest[kind] = max(known, created or EPOCH)

    async def async_newest(self, kind: MessageKind) -> datetime | None:
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

    async def async_search(
        self, sent: SentMessage, request: MessageRequest, *, late: bool = False
    ) -> Message | None:
        """Return the text as 46elks' history has it, None where it is surely not there.

        Raises:
            UnknownFateError: the history cannot be read, or not be compared.
        """
        for pause in (*LOOK_UP_PAUSES, *(LATE_PAUSES if late else ())):
            await asyncio.sleep(pause)
            if found := await self.async_find(sent, request):
                return found
        return None

    async def async_find(
        self, sent: SentMessage, request: MessageRequest
    ) -> Message | None:
        """Look into 46elks' history once.

        Raises:
            UnknownFateError: the history cannot be read, or not be compared.
        """
        messages = self._client.messages
        try:
            async with self._slots:
                if (message_id := self._store.sent.get(sent.ref, sent).id) is not None:
                    # Its report has come, which only texts have.
                    return await messages.get_sms(message_id)
                if request.after is None:
                    raise UnknownFateError
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
            raise UnknownFateError from err
        return None


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
