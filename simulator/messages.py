"""Texts as 46elks keeps them, and what they cost.

46elks: show-sms-id, sms-history.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from .account import Account
from .clock import Clock
from .prices import country_of, sms_price
from .text import count_parts
from .wire import Json, exact_time, new_id, second_time, stored_time

HISTORY_LIMIT: Final = 20_000
# Nothing is sent to it and nothing charged; it only shows in the history.
TEST_NUMBER: Final = "+46700000000"


class Status(StrEnum):
    """How far an outgoing text has come."""

    CREATED = "created"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


class Direction(StrEnum):
    """Which way a text goes; a reply is one that the answer to a callback asked for."""

    INCOMING = "incoming"
    OUTGOING = "outgoing"
    REPLY = "outgoing-reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A text to be sent."""

    sender: str
    recipient: str
    text: str
    direction: Direction = Direction.OUTGOING
    delivery_url: str | None = None
    flash: bool = False
    private: bool = False


@dataclass(slots=True, kw_only=True)
class Message:
    """One text in the history."""

    draft: Draft
    id: str = field(default_factory=lambda: new_id("s"))
    created: datetime
    parts: int = 0
    cost: int = 0
    status: Status = Status.CREATED
    delivered: datetime | None = None

    def as_posted(self) -> Json:
        """Return the answer to the POST that made it."""
        return self._shown(exact_time(self.created))

    def as_stored(self) -> Json:
        """Return it as it is read back."""
        return self._shown(stored_time(self.created))

    def _shown(self, created: str) -> Json:
        draft = self.draft
        shown: Json = {
            "direction": draft.direction,
            "from": draft.sender,
            "created": created,
            "to": draft.recipient,
        }
        if draft.direction is not Direction.INCOMING:
            shown = {
                "status": self.status,
                **shown,
                "parts": self.parts,
                "cost": self.cost,
            }
        shown |= described(draft)
        if self.delivered is not None:
            shown["delivered"] = second_time(self.delivered)
        return {**shown, "id": self.id}


def described(draft: Draft) -> Json:
    """Return the fields that tell what a text says and how it is to be treated."""
    shown: Json = {"dontlog": "message"} if draft.private else {"message": draft.text}
    return {**shown, "flashsms": "yes"} if draft.flash else shown


class Messages:
    """The history, the newest last."""

    def __init__(self, clock: Clock, account: Account) -> None:
        """Start without a text."""
        self._clock = clock
        self._account = account
        self._messages: dict[str, Message] = {}

    def reset(self) -> None:
        """Forget all texts."""
        self._messages.clear()

    def quote(self, recipient: str, text: str) -> tuple[int, int]:
        """Return how many parts a text has and what it would cost."""
        parts = count_parts(text)
        if recipient == TEST_NUMBER:
            return parts, 0
        return parts, parts * sms_price(
            country_of(recipient), self._account.state.currency
        )

    def send(self, draft: Draft) -> Message | None:
        """Enter and charge an outgoing text; return None where the balance is too low."""
        parts, cost = self.quote(draft.recipient, draft.text)
        if not self._account.charge(cost):
            return None
        return self._enter(
            Message(draft=draft, created=self._clock.stamp(), parts=parts, cost=cost)
        )

    def receive(self, sender: str, recipient: str, text: str) -> Message:
        """Enter an incoming text."""
        draft = Draft(
            sender=sender, recipient=recipient, text=text, direction=Direction.INCOMING
        )
        return self._enter(Message(draft=draft, created=self._clock.stamp()))

    def _enter(self, message: Message) -> Message:
        if len(self._messages) >= HISTORY_LIMIT:
            del self._messages[next(iter(self._messages))]
        self._messages[message.id] = message
        return message

    def find(self, message_id: str) -> Message | None:
        """Return a text by its id."""
        return self._messages.get(message_id)

    def newest_first(self) -> Iterator[Message]:
        """Return all texts, the newest first."""
        return reversed(self._messages.values())

    def delete(self, message_id: str) -> datetime | None:
        """Forget one text; return when, or None where it is not known."""
        return self._clock.now() if self._messages.pop(message_id, None) else None
