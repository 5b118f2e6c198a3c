"""What 46elks keeps for us, with money, times and yes or no as Python knows them.

Follows https://46elks.com/docs/sms-history, https://46elks.com/docs/show-mms-id,
https://46elks.com/docs/get-images, https://46elks.com/docs/call-history,
https://46elks.com/docs/get-recordings, https://46elks.com/docs/list-numbers,
https://46elks.com/docs/update-account and https://46elks.com/docs/get-subaccounts. 46elks
leaves a field out rather than sending null, and may add fields: what is not known here is
ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, Self, override

from .errors import ElksInvalidDataError
from .fields import (
    Fields,
    document,
    flag,
    identifier,
    integer,
    limit,
    money,
    objects,
    optional,
    readable,
    text,
    texts,
    time,
)


class _OpenEnum(StrEnum):
    """A choice of 46elks, in any letter case, to which it may add."""

    @classmethod
    @override
    def _missing_(cls, value: object) -> Self:
        """Return what is not known as unknown."""
        word = str(value).lower()
        return cls("unknown") if value == word else cls(word)


class MessageKind(StrEnum):
    """Whether a message is a text or a picture message."""

    SMS = "sms"
    MMS = "mms"


class MessageDirection(_OpenEnum):
    """Which way a message went."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    OUTGOING_REPLY = "outgoing-reply"
    UNKNOWN = "unknown"


class MessageStatus(_OpenEnum):
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


class CallDirection(_OpenEnum):
    """Which way a call goes."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    UNKNOWN = "unknown"


class CallState(_OpenEnum):
    """What became of a call, or of one of its legs."""

    UNKNOWN = "unknown"
    ONGOING = "ongoing"
    SUCCESS = "success"
    BUSY = "busy"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account at 46elks, and what is left on it."""

    id: str
    name: str | None
    currency: str | None
    balance: Decimal
    credit_alert: Decimal | None
    """Below it 46elks sends an email."""

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read the account as 46elks writes it."""
        return cls(
            id=identifier(data, "id"),
            name=optional(text, data, "displayname"),
            currency=optional(text, data, "currency"),
            balance=money(data, "balance"),
            credit_alert=optional(money, data, "creditalert"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """Something that was billed."""

    id: str
    created: datetime
    reference: str | None
    """What it was for: the id of a message, call or number."""
    cost: Decimal
    subaccount: str | None

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a row of the bill as 46elks writes it."""
        return cls(
            id=identifier(data, "id"),
            created=time(data, "created"),
            reference=optional(text, data, "reference"),
            cost=money(data, "cost"),
            subaccount=optional(text, data, "subaccount"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """Money that was paid in or out."""

    id: str
    created: datetime
    details: str | None
    amount: Decimal

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a transaction as 46elks writes it."""
        return cls(
            id=identifier(data, "id"),
            created=time(data, "created"),
            details=optional(text, data, "details"),
            amount=money(data, "amount"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subaccount:
    """An account within the account, with a login and a limit of its own."""

    id: str
    """The username of its login."""
    secret: str | None = field(repr=False)
    """The password of its login, which 46elks keeps to itself once it is closed."""
    name: str | None
    created: datetime | None
    usage_limit: Decimal | None
    used: Decimal
    active: bool
    deactivated: datetime | None

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a subaccount as 46elks writes it, and wrote it."""
        return cls(
            id=identifier(data, "id"),
            secret=optional(text, data, "secret"),
            name=optional(text, data, "name"),
            created=optional(time, data, "created"),
            usage_limit=optional(limit, data, "usagelimit"),
            used=optional(money, data, "balanceused")
            or optional(money, data, "usage")
            or Decimal(0),
            active=optional(flag, data, "active") is not False,
            deactivated=optional(time, data, "deactivated"),
        )


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What 46elks knows of a picture that came in or went out."""

    id: str
    message_id: str
    filetype: str | None
    size: int | None
    """In bytes."""
    digest: str | None
    """SHA-1, in hexadecimal digits."""
    created: datetime

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read an image as 46elks writes it."""
        image_id = identifier(data, "id")
        return cls(
            id=image_id,
            message_id=optional(identifier, data, "mmsid") or _whole(image_id),
            filetype=optional(text, data, "filetype"),
            size=optional(integer, data, "bytes"),
            digest=optional(text, data, "digest"),
            created=time(data, "created"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A connection that a call made onwards."""

    caller: str
    callee: str
    state: CallState
    duration: int | None
    """In seconds."""
    cost: Decimal | None

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a leg as 46elks writes it."""
        return cls(
            caller=optional(text, data, "from") or "",
            callee=optional(text, data, "to") or "",
            state=CallState(optional(text, data, "state") or CallState.UNKNOWN),
            duration=optional(integer, data, "duration"),
            cost=optional(money, data, "cost"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call as 46elks remembers it, in either direction."""

    id: str
    direction: CallDirection
    caller: str
    """Empty, or a word, where the caller hides the number."""
    callee: str
    state: CallState
    created: datetime
    start: datetime | None
    """Absent where nobody picked up."""
    duration: int | None
    """In seconds."""
    cost: Decimal | None
    owner: str | None
    actions: tuple[Mapping[str, object], ...]
    """The instructions that were followed, as 46elks writes them."""
    legs: tuple[Leg, ...]
    recordings: tuple[str, ...]

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a call as 46elks writes it."""
        return cls(
            id=identifier(data, "id"),
            direction=CallDirection(
                optional(text, data, "direction") or CallDirection.UNKNOWN
            ),
            caller=optional(text, data, "from") or "",
            callee=text(data, "to"),
            state=CallState(optional(text, data, "state") or CallState.UNKNOWN),
            created=time(data, "created"),
            start=optional(time, data, "start"),
            duration=optional(integer, data, "duration"),
            cost=optional(money, data, "cost"),
            owner=optional(text, data, "owner"),
            actions=optional(objects, data, "actions") or (),
            legs=tuple(map(Leg.from_api, optional(objects, data, "legs") or ())),
            recordings=optional(texts, data, "recordings") or (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What 46elks knows of the sound of a call that it keeps."""

    id: str
    call_id: str
    created: datetime
    duration: int | None
    """In seconds."""
    size: int | None
    """In bytes."""

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a recording as 46elks writes it."""
        recording_id = identifier(data, "id")
        return cls(
            id=recording_id,
            call_id=optional(identifier, data, "callid") or _whole(recording_id),
            created=time(data, "created"),
            duration=optional(integer, data, "duration"),
            size=optional(integer, data, "bytes"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A virtual number, what it can do and where 46elks tells of what it receives."""

    id: str
    number: str
    name: str | None
    active: bool
    """46elks goes on listing numbers that were given back."""
    country: str | None
    category: str | None
    capabilities: frozenset[str]
    sms_url: str | None
    """An address or a JSON document, as for `mms_url` and `voice_start`."""
    mms_url: str | None
    voice_start: str | None
    websocket_url: str | None
    sms_replies: bool | None
    """Whether the answer to the callback of a text is sent back as a text."""
    cost: Decimal | None
    """Per month, in the account's currency."""
    expires: datetime | None
    """The end of the paid month; 46elks renews by itself."""
    allocated: datetime | None
    deallocated: datetime | None

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a number as 46elks writes it."""
        return cls(
            id=identifier(data, "id"),
            number=text(data, "number"),
            name=optional(text, data, "name"),
            active=optional(flag, data, "active") is not False,
            country=optional(text, data, "country"),
            category=optional(text, data, "category"),
            capabilities=frozenset(optional(texts, data, "capabilities") or ()),
            sms_url=optional(document, data, "sms_url"),
            mms_url=optional(document, data, "mms_url"),
            voice_start=optional(document, data, "voice_start"),
            websocket_url=optional(document, data, "websocket_url"),
            sms_replies=optional(flag, data, "sms_replies"),
            cost=optional(money, data, "cost"),
            expires=optional(time, data, "expires"),
            allocated=optional(time, data, "allocated"),
            deallocated=optional(time, data, "deallocated"),
        )


def _whole(part_id: str) -> str:
    """Return the id of the message or call that an image or recording is a part of."""
    return part_id.partition("-")[0]
