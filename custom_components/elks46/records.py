"""What the engine's rooms hand to each other and the store keeps over a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from homeassistant.util import dt as dt_util

from .api import CallbackKind, CallDirection, MessageKind, MessageStatus
from .const import MENU_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRequest:
    """A text or picture message as it was asked for.

    `text` is None where it may not be stored, and `image`, a data URL, is never stored:
    without them it cannot be sent again after a restart. `after` is the newest time in
    46elks' history that was known before asking, on 46elks' clock: a look-up takes
    nothing older for this message.
    """

    # Home Assistant logs what it hands to a listener that fails.
    recipient: str = field(repr=False)
    sender: str = field(repr=False)
    text: str | None = field(repr=False)
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
    `given_up` tells that a person has been told its fate is unknown. `reserved` is what
    it is thought to cost as long as 46elks has not told.
    """

    ref: str
    recipient: str = field(repr=False)
    sender: str = field(repr=False)
    asked: datetime
    kind: MessageKind = MessageKind.SMS
    status: MessageStatus = MessageStatus.UNKNOWN
    id: str | None = None
    created: datetime | None = None
    delivered: datetime | None = None
    parts: int | None = None
    cost: Decimal | None = None
    request: MessageRequest | None = field(default=None, repr=False)
    given_up: bool = False
    reserved: Decimal = Decimal(0)

    @property
    def is_unsent(self) -> bool:
        """Whether it surely never left, so that it costs nothing."""
        return self.status is MessageStatus.FAILED and self.id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldNumber:
    """A number at 46elks whose texts, or picture messages, come to us, and who had them before.

    `ours` is the address that 46elks has taken, empty until it has.
    """

    number_id: str
    # Whoever knows these addresses can post to them.
    previous: str = field(repr=False)
    ours: str = field(repr=False)
    kind: CallbackKind = CallbackKind.SMS


class CallEnding(StrEnum):
    """When a call is over that is to end."""

    NOW = "now"
    AT_NEXT_INSTRUCTION = "at_next_instruction"
    AT_ITS_END = "at_its_end"
    """By itself: 46elks asks nothing any more."""


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

    RINGING = "ringing"
    ANSWERED = "answered"
    DIGITS = "digits"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPlan:
    """What is done in a call of ours once it is answered.

    `sounds` are the tokens of what is played, `seconds` how long it takes: the last is
    the message, and what comes before it is played once. With `acknowledge` this key is
    asked for, and `repeat` is how often the message is played to one who presses none.
    `ring_twice` tries once more where nobody answers, and `record` has the whole call
    recorded.
    """

    # Whoever knows the tokens can listen.
    sounds: tuple[str, ...] = field(repr=False)
    seconds: float
    repeat: int
    ring_timeout: int
    acknowledge: str | None = field(default=None, repr=False)
    ring_twice: bool = False
    record: bool = False
    connect: str | None = None
    """The number of Realtime Voice whose program talks with who answers, instead."""

    @property
    def talk_seconds(self) -> float:
        """How long a call takes of which everything is heard."""
        pause = 0 if self.acknowledge is None else MENU_SECONDS
        return self.repeat * (self.seconds + pause)


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneCall:
    """A call and what has become of it.

    `ref` is our own reference, made before 46elks is asked; `id` is 46elks' and missing
    until it has answered or posted. One that comes in has only 46elks' id, as both. `asked` and `ended` are times of this home's clock.
    `after` is the newest time in 46elks' history that was known before asking, on its
    clock: a look-up takes nothing older for this call. `redial_of` is the reference of
    the call that nobody answered, and `is_to_end` tells that a person wants it over.
    `reserved` is what it is thought to cost as long as 46elks has not told.
    """

    ref: str
    direction: CallDirection
    # Home Assistant logs what it hands to a listener that fails.
    caller: str | None = field(repr=False)
    """None where the number is hidden."""
    callee: str = field(repr=False)
    asked: datetime
    plan: CallPlan | None = None
    stage: CallStage = CallStage.RINGING
    after: datetime | None = None
    id: str | None = None
    created: datetime | None = None
    digits: str | None = field(default=None, repr=False)
    is_acknowledged: bool = False
    outcome: CallOutcome | None = None
    duration: int | None = None
    """In seconds."""
    cost: Decimal | None = None
    ended: datetime | None = None
    redial_of: str | None = None
    is_to_end: bool = False
    reserved: Decimal = Decimal(0)
    is_told: bool = False
    """Whether it was told that it came in: with a PIN only when that was entered."""
    is_verified: bool = False
    """Whether the caller has entered the PIN of a contact."""
    is_passed_on: bool = False
    """Whether it came in and rings somebody else, which is paid for as a call of ours."""
    presses: int = 0
    """How often keys were pressed: the same ones may be twice."""
    is_taped: bool = False
    """Whether 46elks was told to record the whole of it."""
    awaits_tape: bool = False
    """Whether it is over, and something was recorded of it by what 46elks told."""

    @property
    def is_placed(self) -> bool:
        """Whether it is a call of ours that may have rung, or one that is passed on."""
        is_refused = self.outcome is CallOutcome.FAILED and self.id is None
        is_ours = self.direction is CallDirection.OUTGOING
        return self.is_passed_on or (is_ours and not is_refused)

    @property
    def may_cost(self) -> bool:
        """Whether nobody knows yet what it costs."""
        is_free = self.outcome in (
            CallOutcome.BUSY,
            CallOutcome.NO_ANSWER,
            CallOutcome.FAILED,
        )
        return self.cost is None and not is_free

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
        """Whether it is to be tried once more, as no person has answered.

        Where a key is asked for, who presses none may be a voicemail box.
        """
        if self.plan is None or not self.plan.ring_twice or self.is_to_end:
            return False
        has_no_key = self.outcome is CallOutcome.ANSWERED and bool(
            self.plan.acknowledge
        )
        return has_no_key or self.outcome in (CallOutcome.BUSY, CallOutcome.NO_ANSWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tape:
    """Something that was recorded of a call: the whole of it, or a message that was left.

    `noted` is when this home heard of it, and `told` when it told of it: with what Home
    Assistant calls the sound, or without where that could not be had.
    """

    id: str
    call_id: str
    direction: CallDirection
    caller: str | None = field(repr=False)
    callee: str = field(repr=False)
    is_voicemail: bool
    duration: int | None
    """In seconds."""
    created: datetime
    """On 46elks' clock."""
    noted: datetime
    told: datetime | None = None
    media_content_id: str | None = field(default=None, repr=False)

    @property
    def number(self) -> str:
        """The number at 46elks that the call came from, or went to."""
        is_ours = self.direction is CallDirection.OUTGOING
        return (self.caller or "") if is_ours else self.callee

    @property
    def phone(self) -> str | None:
        """The phone at the other end."""
        is_ours = self.direction is CallDirection.OUTGOING
        return self.callee if is_ours else self.caller


class Admission(StrEnum):
    """What becomes of somebody who wants to talk."""

    WELCOME = "welcome"
    BUSY = "busy"
    STRANGER = "stranger"
    """Nobody whom the house talks with."""
    FORBIDDEN = "forbidden"
    """Somebody whom the house knows, and who may not talk with it."""
    UNABLE = "unable"
    """The house cannot talk, or not now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """What a number has to say about a conversation over it.

    `number_id` is its subentry, `realtime` the number of Realtime Voice behind it.
    """

    number_id: str
    realtime: str
    greeting: str | None
    is_stranger: bool
    has_barge_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A sound that 46elks plays, ready to be fetched."""

    content: bytes = field(repr=False)
    mime_type: str
    duration: float
    """Seconds."""
    name: str = field(default="", repr=False)
    """What 46elks calls it, if it is one that need not be fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is to be said in calls, and written beside them.

    Either `message` is read aloud, or `media` is played. `text` goes along as a text,
    and `tell_others` when it is over.
    """

    message: str | None = field(default=None, repr=False)
    media: str | None = field(default=None, repr=False)
    engine: str | None = None
    language: str | None = None
    voice: str | None = None
    text: str | None = field(default=None, repr=False)
    tell_others: str | None = field(default=None, repr=False)


class AttemptKind(StrEnum):
    """How a person was tried to be reached."""

    CALL = "call"
    SMS = "sms"
    TELL_OTHERS = "tell_others"


class AlertVia(StrEnum):
    """What has ended an alert."""

    KEY = "key"
    SMS = "sms"
    UNTIL = "until"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to reach a person for an alert.

    It is written down before it is made, with `ref`, the reference of its call or text.
    `ended` is when the alert went on, and `error` why nothing could be placed.
    """

    contact: str
    """The subentry of the contact."""
    name: str = field(repr=False)
    kind: AttemptKind
    round: int
    ref: str
    at: datetime
    ended: datetime | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert as it was asked for, and how far it has come.

    `contacts` are subentries and the names they had. `words` is None where they may not be
    stored. `is_armed` tells that the entity `until` was in another state than the one that
    ends the alert. `over` is when it was acknowledged, or found to be over.
    """

    ref: str
    asked: datetime
    contacts: tuple[tuple[str, str], ...] = field(repr=False)
    at_once: bool
    rounds: int
    pause: float
    """Seconds."""
    acknowledge: str = field(repr=False)
    repeat: int
    ring_timeout: int
    caller: str | None = field(repr=False)
    """None where the account has no number that calls."""
    until: str | None
    until_state: str | None
    is_armed: bool
    words: Words | None
    attempts: tuple[Attempt, ...] = ()
    over: datetime | None = None
    by: str | None = None
    """The subentry of who acknowledged it."""
    via: AlertVia | None = None

    @property
    def last_step(self) -> datetime:
        """When it last did something."""
        times = (time for one in self.attempts for time in (one.at, one.ended) if time)
        return max((self.asked, *times))

    @property
    def was_tried(self) -> bool:
        """Whether anybody could be called or texted at all."""
        return any(one.error is None for one in self.attempts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """A text that becomes a call if it has not arrived by a time.

    `ref` is that of the text and `call_ref` that of the call, once it is to be placed.
    """

    ref: str
    recipient: str = field(repr=False)
    due: datetime
    words: Words | None
    call_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What an account had spent when 46elks was last asked, whoever spent it.

    `days` are those of the home's time zone, and `balance` is what was left at the last reading.
    `mark` is up to when the bill was read, on 46elks' clock, None where 46elks shows no
    bill; `recent` are its newest rows, which the next reading meets again: when, how
    much, and the id of what it was for.
    """

    days: Mapping[str, Decimal] = field(default_factory=dict)
    balance: Decimal | None = None
    mark: datetime | None = None
    recent: Mapping[str, tuple[datetime, Decimal, str | None]] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Forward:
    """A text that came in and is passed on, by 46elks or, with a reference, by this home.

    `words` tells equal texts from others without being one; `ref` is the reference of
    the text that carries it on.
    """

    message_id: str
    number: str = field(repr=False)
    sender: str = field(repr=False)
    words: str = field(repr=False)
    when: datetime
    ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A text that came in and that Assist answers, written down before it is asked.

    `words` tells equal texts from others without being one.
    """

    message_id: str
    number: str = field(repr=False)
    sender: str = field(repr=False)
    words: str = field(repr=False)
    when: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """When a number has answered somebody by itself, what it answered, and with which text of ours.

    Neither was written down before an answer that did not leave could be made up for.
    """

    when: datetime
    message_id: str | None = None
    ref: str | None = None


class Limit(StrEnum):
    """What the guard watches; the names of its options."""

    DAILY_SPEND = "daily_spend_limit"
    HOURLY_MESSAGES = "hourly_message_limit"
    HOURLY_CALLS = "hourly_call_limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReached:
    """A limit that something had to be refused for; `action` is what was to be done."""

    limit: Limit
    value: float
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A text that 46elks did not take, and its own words about that."""

    sent: SentMessage
    reason: str


def day_of(when: datetime) -> str:
    """Return the day of the home's time zone in which a time falls."""
    return dt_util.as_local(when).date().isoformat()
