"""What the engine's rooms hand to each other and the store keeps over a restart."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from .api import CallbackKind, CallDirection, MessageKind, MessageStatus


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


class CallStage(StrEnum):
    """How far a call has come; never back."""

    RINGING = "ringing"
    IN_PROGRESS = "in_progress"
    ENDED = "ended"


class CallOutcome(StrEnum):
    """What came of a call."""

    ACKNOWLEDGED = "acknowledged"
    ANSWERED = "answered"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"
    UNKNOWN = "unknown"


class CallNews(StrEnum):
    """What is told of a call while it happens."""

    ANSWERED = "answered"
    DIGITS = "digits"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """What is done in a call of ours once it is answered.

    `sounds` are the tokens of what is played, `seconds` how long it takes: the last is
    the message, and what comes before it is played once. With `acknowledge` this key is
    asked for, and `repeat` is how often the message is played to one who presses none.
    `ring_twice` tries once more where nobody answers.
    """

    sounds: tuple[str, ...]
    seconds: float
    repeat: int
    ring_timeout: int
    acknowledge: str | None = None
    ring_twice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCall:
    """A call and what has become of it.

    `ref` is our own reference, made before 46elks is asked; `id` is 46elks' and missing
    until it has answered or posted. `asked` and `ended` are times of this home's clock.
    `after` is the newest time in 46elks' history that was known before asking, on its
    clock: a look-up takes nothing older for this call. `redial_of` is the reference of
    the call that nobody answered, and `is_to_end` tells that a person wants it over.
    """

    ref: str
    direction: CallDirection
    caller: str | None
    """None where the number is hidden."""
    callee: str
    asked: datetime
    plan: CallPlan | None = None
    stage: CallStage = CallStage.RINGING
    after: datetime | None = None
    id: str | None = None
    created: datetime | None = None
    digits: str | None = None
    is_acknowledged: bool = False
    outcome: CallOutcome | None = None
    duration: int | None = None
    """In seconds."""
    cost: Decimal | None = None
    ended: datetime | None = None
    redial_of: str | None = None
    is_to_end: bool = False

    @property
    def number(self) -> str | None:
        """The number at 46elks that it comes from, or goes to."""
        is_ours = self.direction is CallDirection.OUTGOING
        return self.caller if is_ours else self.callee

    @property
    def phone(self) -> str | None:
        """The phone at the other end."""
        is_ours = self.direction is CallDirection.OUTGOING
        return self.callee if is_ours else self.caller

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.stage is CallStage.ENDED

    @property
    def wants_redial(self) -> bool:
        """Whether it is to be tried once more, as nobody has answered."""
        return (
            self.plan is not None
            and self.plan.ring_twice
            and not self.is_to_end
            and self.outcome in (CallOutcome.BUSY, CallOutcome.NO_ANSWER)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A sound that 46elks plays, ready to be fetched."""

    content: bytes = field(repr=False)
    mime_type: str
    duration: float
    """Seconds."""
