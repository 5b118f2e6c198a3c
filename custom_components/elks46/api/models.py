"""What 46elks keeps for us, with money, times and yes or no as Python knows them.

Follows https://46elks.com/docs/sms-history, https://46elks.com/docs/list-numbers and
https://46elks.com/docs/update-account. 46elks leaves a field out rather than sending
null, and may add fields: what is not known here is ignored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
import json
from typing import Final, Self, override

from .errors import ElksInvalidDataError

type Fields = Mapping[str, object]

MAX_ID_LENGTH: Final = 64
"""46elks' own have up to 36 characters; what a stranger posts as one is kept short."""

MONEY_UNIT: Final = 10_000
"""46elks counts money in ten-thousandths of the account's currency."""


class _OpenEnum(StrEnum):
    """A choice of 46elks, in any letter case, to which it may add."""

    @classmethod
    @override
    def _missing_(cls, value: object) -> Self:
        """Return what is not known as unknown."""
        return next(
            (member for member in cls if member == str(value).lower()), cls("unknown")
        )


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


MessageStatus.FAILED._add_value_alias_("undelivered")
_UNDERWAY: Final = (MessageStatus.UNKNOWN, MessageStatus.CREATED, MessageStatus.SENT)
_FINAL: Final = frozenset({MessageStatus.DELIVERED, MessageStatus.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account at 46elks, and what is left on it."""

    id: str
    name: str | None
    currency: str | None
    balance: Decimal

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read the account as 46elks writes it."""
        return cls(
            id=identifier(data, "id"),
            name=optional(text, data, "displayname"),
            currency=optional(text, data, "currency"),
            balance=money(data, "balance"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """A text or picture message that came in."""

    id: str
    kind: MessageKind
    sender: str
    recipient: str
    text: str
    images: tuple[str, ...]
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
            delivered=optional(time, data, "delivered"),
            parts=optional(integer, data, "parts"),
            cost=optional(money, data, "estimated_cost" if estimated else "cost"),
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
    cost: Decimal | None
    """Per month, in the account's currency."""
    expires: datetime | None
    """The end of the paid month; 46elks renews by itself."""
    allocated: datetime | None

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
            cost=optional(money, data, "cost"),
            expires=optional(time, data, "expires"),
            allocated=optional(time, data, "allocated"),
        )


def optional[T](read: Callable[[Fields, str], T], data: Fields, key: str) -> T | None:
    """Read a field that may be absent."""
    return None if data.get(key) is None else read(data, key)


def text(data: Fields, key: str) -> str:
    """Read a text."""
    match data.get(key):
        case str(value):
            return value
    raise _invalid(key, "a text")


def texts(data: Fields, key: str) -> tuple[str, ...]:
    """Read a list of texts."""
    match data.get(key):
        case list(values) if all(isinstance(value, str) for value in values):
            return tuple(values)
    raise _invalid(key, "a list of texts")


def objects(data: Fields, key: str) -> list[dict[str, object]]:
    """Read a list of objects."""
    match data.get(key):
        case list(values) if all(isinstance(value, dict) for value in values):
            return values
    raise _invalid(key, "a list of objects")


def identifier(data: Fields, key: str) -> str:
    """Read an id."""
    match data.get(key):
        case str(value) if 0 < len(value) <= MAX_ID_LENGTH:
            return value
    raise _invalid(key, "an id")


def integer(data: Fields, key: str) -> int:
    """Read a whole number."""
    match data.get(key):
        case int(value) if not isinstance(value, bool):
            return value
    raise _invalid(key, "a whole number")


def money(data: Fields, key: str) -> Decimal:
    """Read an amount in the account's currency."""
    return Decimal(integer(data, key)) / MONEY_UNIT


def flag(data: Fields, key: str) -> bool:
    """Read a yes or no."""
    match data.get(key):
        case "yes":
            return True
        case "no":
            return False
    raise _invalid(key, "yes or no")


def time(data: Fields, key: str) -> datetime:
    """Read a time, which is UTC whether or not 46elks says so."""
    try:
        value = datetime.fromisoformat(text(data, key))
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except ValueError, OverflowError:
        raise _invalid(key, "a time") from None


def document(data: Fields, key: str) -> str | None:
    """Read an address or a JSON document, cleared by a space or the word `none`."""
    match data.get(key):
        case dict(structure):
            return json.dumps(structure)
    value = text(data, key)
    return None if value.strip() in {"", "none"} else value


def _invalid(key: str, wanted: str) -> ElksInvalidDataError:
    """Return the error of a field: its name, never its value, which may be private."""
    return ElksInvalidDataError(f"Field {key!r} is missing or not {wanted}")
