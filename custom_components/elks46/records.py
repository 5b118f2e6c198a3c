"""What the engine's rooms hand to each other and the store keeps over a restart."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from .api import MessageStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class SmsRequest:
    """A text as it was asked for.

    `text` is None where it may not be stored: such a text cannot be sent again after a
    restart. `after` is the newest time in 46elks' history that was known before asking,
    on 46elks' clock: a look-up takes nothing older for this text.
    """

    recipient: str
    sender: str
    text: str | None
    possible_parts: frozenset[int]
    after: datetime | None
    flash: bool = False
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A text of ours and what has become of it.

    `ref` is our own reference, made before 46elks is asked; `id` is 46elks' and missing
    until it has answered. `request` is kept only while the answer is missing, and
    `given_up` tells that a person has been told its fate is unknown.
    """

    ref: str
    recipient: str
    sender: str
    asked: datetime
    status: MessageStatus = MessageStatus.UNKNOWN
    id: str | None = None
    created: datetime | None = None
    delivered: datetime | None = None
    parts: int | None = None
    cost: Decimal | None = None
    request: SmsRequest | None = None
    given_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldNumber:
    """A number at 46elks whose texts come to us, and who had them before.

    `ours` is the address that 46elks has taken, empty until it has.
    """

    number_id: str
    previous: str
    ours: str
