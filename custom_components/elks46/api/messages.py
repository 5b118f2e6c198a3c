"""Texts and picture messages.

Follows https://46elks.com/docs/send-sms, https://46elks.com/docs/sms-history,
https://46elks.com/docs/send-mms, https://46elks.com/docs/show-mms-id and
https://46elks.com/docs/mms-history.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Self

from .errors import ElksInvalidDataError
from .fields import (
    Fields,
    OpenEnum,
    identifier,
    integer,
    money,
    optional,
    readable,
    text,
    texts,
    time,
)
from .resource import Resource, Unreadable, segment, span


class MessageKind(StrEnum):
    """Whether a message is a text or a picture message."""

    SMS = "sms"
    MMS = "mms"


class MessageDirection(OpenEnum):
    """Which way a message went."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    OUTGOING_REPLY = "outgoing-reply"
    UNKNOWN = "unknown"


class MessageStatus(OpenEnum):
    """How far an outgoing message has come. Incoming ones have no status at 46elks."""

    UNKNOWN = "unknown"
    CREATED = "created"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"

    @property
    def is_final(self) -> bool:
        """Whether the message gets no further."""
        return self in _FINAL

    def follows(self, other: MessageStatus) -> bool:
        """Return whether this is further than the other.

        Reports come late, repeated and in any order. Nothing follows `delivered` or
        `failed`, not even the other of the two.
        """
        return not other.is_final and (
            self.is_final or _UNDERWAY.index(self) > _UNDERWAY.index(other)
        )


# 46elks' word, and spelling, for a picture message that has come as far as to itself.
MessageStatus.CREATED._add_value_alias_("recieved")
MessageStatus.CREATED._add_value_alias_("received")
MessageStatus.FAILED._add_value_alias_("undelivered")
_UNDERWAY: Final = (MessageStatus.UNKNOWN, MessageStatus.CREATED, MessageStatus.SENT)
_FINAL: Final = frozenset({MessageStatus.DELIVERED, MessageStatus.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """A text or picture message that came in."""

    id: str
    kind: MessageKind
    # Home Assistant logs what it hands to a listener that fails.
    sender: str = field(repr=False)
    recipient: str = field(repr=False)
    text: str = field(repr=False)
    images: tuple[str, ...] = field(repr=False)
    created: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """How far a message has come, as 46elks reports it to us."""

    id: str
    status: MessageStatus
    delivered: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as 46elks remembers it, in either direction."""

    id: str | None
    """Absent after a dry run."""
    kind: MessageKind
    direction: MessageDirection
    sender: str
    recipient: str
    text: str | None
    """Absent where 46elks was asked not to keep it."""
    images: tuple[str, ...]
    status: MessageStatus
    created: datetime | None
    delivered: datetime | None
    parts: int | None
    cost: Decimal | None
    """Of all parts, in the account's currency."""
    estimated: bool
    """Whether the cost is what a dry run would have cost."""

    @classmethod
    def from_api(cls, data: Fields, kind: MessageKind) -> Self:
        """Read a message as 46elks writes it."""
        estimated = "estimated_cost" in data
        return cls(
            id=optional(identifier, data, "id"),
            kind=kind,
            direction=MessageDirection(
                optional(text, data, "direction") or MessageDirection.UNKNOWN
            ),
            sender=text(data, "from"),
            recipient=text(data, "to"),
            text=optional(text, data, "message"),
            images=optional(texts, data, "images") or (),
            status=MessageStatus(
                optional(text, data, "status") or MessageStatus.UNKNOWN
            ),
            created=optional(time, data, "created"),
            # A text is not lost for an odd figure beside it.
            delivered=readable(time, data, "delivered"),
            parts=readable(integer, data, "parts"),
            cost=readable(money, data, "estimated_cost" if estimated else "cost"),
            estimated=estimated,
        )

    def incoming(self) -> IncomingMessage:
        """Return a message of the history as its callback would have told it."""
        if self.id is None:
            raise ElksInvalidDataError("An incoming message has no id")
        return IncomingMessage(
            id=self.id,
            kind=self.kind,
            sender=self.sender,
            recipient=self.recipient,
            text=self.text or "",
            images=self.images,
            created=self.created or datetime.now(UTC),
        )


class MessagesResource(Resource):
    """Messages, sent and received."""

    async def send_sms(
        self,
        *,
        recipient: str,
        text: str,
        sender: str,
        delivery_url: str | None = None,
        flash: bool = False,
        dry_run: bool = False,
        private: bool = False,
    ) -> Message:
        """Send a text, which costs money and so is asked for once, come what may."""
        form = {"from": sender, "to": recipient, "message": text}
        if delivery_url:
            form["whendelivered"] = delivery_url
        if flash:
            form["flashsms"] = "yes"
        if dry_run:
            form["dryrun"] = "yes"
        if private:
            form["dontlog"] = "message"
        return _sms(await self._client.request("POST", "sms", form=form))

    async def get_sms(self, message_id: str) -> Message:
        """Return one text."""
        return _sms(await self._client.request("GET", f"sms/{segment(message_id)}"))

    def sms_history(
        self,
        after: datetime | None,
        *,
        before: datetime | None = None,
        recipient: str | None = None,
        complete: bool = False,
        unreadable: Unreadable | None = None,
    ) -> AsyncIterator[Message]:
        """Yield the texts of a span of time, in both directions, newest first.

        A text that cannot be read is left out, and `unreadable` told; where it matters
        that none is missing, it is an error.
        """
        query = span(after, before)
        if recipient:
            query["to"] = recipient
        if complete:
            return self._every("sms", _sms, query)
        return self._readable("sms", _sms, query, unreadable)

    async def delete_sms(self, message_id: str) -> datetime | None:
        """Delete a text from the history, and return when where 46elks says so."""
        return await self._delete(f"sms/{segment(message_id)}")

    async def send_mms(
        self, *, recipient: str, sender: str, text: str | None, image: str | None
    ) -> Message:
        """Send a picture message, of a text or an image or both.

        The image is a data URL or a public address, and the sender a number that can do
        MMS or the word `noreply`. It costs money and so is asked for once, come what may.
        46elks documents no delivery report for it: its history tells how it fares.
        """
        form = {"from": sender, "to": recipient}
        if text:
            form["message"] = text
        if image:
            form["image"] = image
        return _mms(await self._client.request("POST", "mms", form=form))

    async def get_mms(self, message_id: str) -> Message:
        """Return one picture message."""
        return _mms(await self._client.request("GET", f"mms/{segment(message_id)}"))

    def mms_history(
        self,
        after: datetime | None,
        *,
        before: datetime | None = None,
        complete: bool = False,
        unreadable: Unreadable | None = None,
    ) -> AsyncIterator[Message]:
        """Yield the picture messages of a span of time, as the history of texts does."""
        query = span(after, before)
        if complete:
            return self._every("mms", _mms, query)
        return self._readable("mms", _mms, query, unreadable)

    async def delete_mms(self, message_id: str) -> datetime | None:
        """Delete a picture message from the history, as with a text."""
        return await self._delete(f"mms/{segment(message_id)}")


def _sms(data: Fields) -> Message:
    """Read a text as 46elks writes it."""
    return Message.from_api(data, MessageKind.SMS)


def _mms(data: Fields) -> Message:
    """Read a picture message as 46elks writes it."""
    return Message.from_api(data, MessageKind.MMS)
