"""Texts and picture messages as 46elks keeps them, and what they cost.

46elks: show-sms-id, sms-history, show-mms-id, mms-history.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from .account import Account
from .bills import Bills
from .clock import Clock
from .history import History
from .images import Image, Images
from .prices import MMS_PRICE, country_of, sms_price
from .shelf import File
from .text import count_parts
from .wire import new_id

# Nothing is sent to it and nothing charged; it only shows in the history.
TEST_NUMBER: Final = "+46700000000"


class Kind(StrEnum):
    """What a message is; a number has the capability of the same name."""

    SMS = "sms"
    MMS = "mms"

    def new_id(self) -> str:
        """Return an id for a message."""
        return new_id(self[0])


class Status(StrEnum):
    """How far an outgoing message has come."""

    CREATED = "created"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class Direction(StrEnum):
    """Which way a message goes; a reply is one that the answer to a callback asked for."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    REPLY = "outgoing-reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be entered; `owner` is the account or subaccount it belongs to."""

    owner: str
    sender: str
    recipient: str
    text: str
    kind: Kind = Kind.SMS
    pictures: tuple[File, ...] = ()
    direction: Direction = Direction.OUTGOING
    delivery_url: str | None = None
    flash: bool = False
    private: bool = False


@dataclass(slots=True, kw_only=True)
class Message:
    """One message in the history."""

    draft: Draft
    id: str
    created: datetime
    parts: int = 0
    cost: int = 0
    status: Status = Status.CREATED
    delivered: datetime | None = None
    images: tuple[Image, ...] = ()

    @property
    def owner(self) -> str:
        """Whose it is."""
        return self.draft.owner


class Messages:
    """The histories of texts and of picture messages."""

    def __init__(
        self, clock: Clock, account: Account, bills: Bills, images: Images
    ) -> None:
        """Start without a message."""
        self._clock = clock
        self._account = account
        self._bills = bills
        self._images = images
        self.of = {kind: History[Message](clock) for kind in Kind}

    def reset(self) -> None:
        """Forget all messages."""
        for history in self.of.values():
            history.reset()

    def quote(self, draft: Draft) -> tuple[int, int]:
        """Return how many parts a message has and what it would cost."""
        currency = self._account.state.currency
        if draft.kind is Kind.MMS:
            parts, cost = 1, MMS_PRICE[currency]
        else:
            parts = count_parts(draft.text)
            cost = parts * sms_price(country_of(draft.recipient), currency)
        return parts, 0 if draft.recipient == TEST_NUMBER else cost

    def send(self, draft: Draft) -> Message:
        """Enter and charge an outgoing message."""
        parts, cost = self.quote(draft)
        return self.enter(
            Message(
                draft=draft,
                id=draft.kind.new_id(),
                created=self._clock.stamp(),
                parts=parts,
                cost=cost,
            )
        )

    def receive(self, draft: Draft) -> Message:
        """Enter an incoming message."""
        return self.enter(
            Message(draft=draft, id=draft.kind.new_id(), created=self._clock.stamp())
        )

    def enter(self, message: Message) -> Message:
        """Charge a message and put it into its history."""
        draft = message.draft
        self._bills.charge(
            draft.owner,
            message.cost,
            to=f"send this {draft.kind.upper()}",
            reference=message.id,
            created=message.created,
        )
        message.images = self._images.keep(message.id, draft.owner, draft.pictures)
        return self.of[draft.kind].add(message)
