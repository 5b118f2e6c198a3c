"""What the engine's rooms hand to each other and the store keeps over a restart."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from .api import CallbackKind, MessageKind, MessageStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """A text or picture message as it was asked for.

    `text` is None where it may not be stored, and `image`, a data URL, is never stored:
    without them it cannot be sent again after a restart. `after` is the newest time in
    46elks' history that was known before asking, on 46elks' clock: a look-up takes
    nothing older for this message.
    """

    recipient: str
    sender: str
    text: str | None
    possible_parts: frozenset[int]
    after: datetime | None
    flash: bool = False
    private: bool = False
    kind: MessageKind = MessageKind.SMS
    has_image: bool = False
    image: str | None = field(default=None, repr=False, compare=False)

    @property
    def is_whole(self) -> bool:
        """Whether all of it is still here, so that it can be sent."""
        has_all = self.image is not None or not self.has_image
        return has_all and self.text is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A text or picture message of ours and what has become of it.

    `ref` is our own reference, made before 46elks is asked; `id` is 46elks' and missing
    until it has answered. `request` is kept only while the answer is missing, and
    `given_up` tells that a person has been told its fate is unknown.
    """

    ref: str
    recipient: str
    sender: str
    asked: datetime
    kind: MessageKind = MessageKind.SMS
    status: MessageStatus = MessageStatus.UNKNOWN
    id: str | None = None
    created: datetime | None = None
    delivered: datetime | None = None
    parts: int | None = None
    cost: Decimal | None = None
    request: MessageRequest | None = None
    given_up: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldNumber:
    """A number at 46elks whose texts, or picture messages, come to us, and who had them before.

    `ours` is the address that 46elks has taken, empty until it has.
    """

    number_id: str
    previous: str
    ours: str
    kind: CallbackKind = CallbackKind.SMS


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A sound that 46elks plays, ready to be fetched."""

    content: bytes = field(repr=False)
    mime_type: str
    duration: float
    """Seconds."""
