"""The way of a message between 46elks and a phone.

46elks: send-sms, send-mms, receive-sms, receive-mms, sms-delivery-reports. A hundred messages a minute leave 46elks; more
are accepted and wait.
"""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Final

from .answers import Forward, Reply, parse_answer
from .callbacks import Callback, Callbacks
from .clock import Clock
from .faults import CallbackKind
from .handsets import Handsets, Text
from .messages import TEST_NUMBER, Direction, Draft, Kind, Message, Messages, Status
from .numbers import Number, Numbers, static_answer
from .shelf import File
from .tasks import Tasks
from .wire import E164, Refusal, exact_time, stored_time

MESSAGES_A_MINUTE: Final = 100
_MINUTE: Final = 60.0
# Long enough for a person to see a message on its way, short enough not to wait for it.
HANDOVER_SECONDS: Final = 0.5
TRAVEL_SECONDS: Final = 1.0


class Network:
    """Carries messages, and tells the customer's addresses of it."""

    def __init__(
        self,
        *,
        clock: Clock,
        tasks: Tasks,
        messages: Messages,
        numbers: Numbers,
        handsets: Handsets,
        callbacks: Callbacks,
    ) -> None:
        """Connect 46elks with the phones."""
        self._clock = clock
        self._tasks = tasks
        self._messages = messages
        self._numbers = numbers
        self._handsets = handsets
        self._callbacks = callbacks
        self._departures: deque[float] = deque(maxlen=MESSAGES_A_MINUTE)
        self._home = ""

    def reset(self) -> None:
        """Forget what was sent in the last minute."""
        self._departures.clear()

    def serve_at(self, home: str) -> None:
        """Learn where 46elks' pictures are fetched by those who have not asked it for anything."""
        self._home = home

    def send(self, draft: Draft) -> Message:
        """Take a message from the account, unless there is too little money for it."""
        message = self._messages.send(draft)
        if draft.recipient != TEST_NUMBER:
            if self._numbers.find(draft.recipient) is None:
                self._handsets.show(draft.recipient, _on_screen(message))
            self._tasks.start(self._carry(message, self._departure()), "message")
        return message

    def send_from_handset(
        self, sender: str, recipient: str, text: str, pictures: tuple[File, ...]
    ) -> str:
        """Take a message from a phone, with pictures or without; return its id."""
        kind = Kind.MMS if pictures else Kind.SMS
        shown = Text(
            id=kind.new_id(),
            direction="outgoing",
            sender=sender,
            recipient=recipient,
            text=text,
            pictures=pictures,
            created=self._clock.stamp(),
            status=Status.CREATED,
        )
        if number := self._numbers.answering(recipient, kind):
            shown.id = self._receive(number, kind, sender, text, pictures)
            shown.status = Status.DELIVERED
        elif self._numbers.find(recipient):
            shown.status = Status.FAILED
        self._handsets.show(sender, shown)
        if shown.status is Status.CREATED:
            arriving = replace(shown, direction="incoming")
            self._handsets.show(recipient, arriving)
            self._tasks.start(self._carry_between(arriving), "message between phones")
        return shown.id

    def _departure(self) -> float:
        """Return when the next message may leave, in the clock's time."""
        now = self._clock.time()
        if len(self._departures) == MESSAGES_A_MINUTE:
            now = max(now, self._departures[0] + _MINUTE)
        self._departures.append(now)
        return now

    async def _carry(self, message: Message, departure: float) -> None:
        """Bring a message from 46elks to its recipient, reporting on the way."""
        await self._clock.sleep(departure - self._clock.time())
        await self._clock.sleep(HANDOVER_SECONDS)
        draft = message.draft
        recipient = draft.recipient
        own = self._numbers.find(recipient) is not None
        self._handsets.mark(recipient, message.id, Status.SENT)
        told = self._report(message, Status.SENT, None)
        await self._clock.sleep(TRAVEL_SECONDS)
        number = self._numbers.answering(recipient, draft.kind)
        arrived = bool(number) if own else await self._handsets.reach(recipient)
        if arrived:
            message.delivered = max(self._clock.now(), message.created)
        status = Status.DELIVERED if arrived else Status.FAILED
        self._handsets.mark(recipient, message.id, status)
        self._report(message, status, told)
        if own and number is not None:
            self._receive(number, draft.kind, draft.sender, draft.text, draft.pictures)

    async def _carry_between(self, text: Text) -> None:
        """Bring a message from one phone to another."""
        await self._clock.sleep(TRAVEL_SECONDS)
        self._mark_both(text, Status.SENT)
        self._mark_both(
            text,
            Status.DELIVERED
            if await self._handsets.reach(text.recipient)
            else Status.FAILED,
        )

    def _mark_both(self, text: Text, status: Status) -> None:
        for number in {text.sender, text.recipient}:
            self._handsets.mark(number, text.id, status)

    def _report(
        self, message: Message, status: Status, after: asyncio.Event | None
    ) -> asyncio.Event | None:
        """Enter how far a message has come, and tell the address that asked for it."""
        message.status = status
        if (url := message.draft.delivery_url) is None:
            return None
        fields = {"id": message.id, "status": str(status)}
        if message.delivered is not None:
            fields["delivered"] = stored_time(message.delivered)
        return self._callbacks.post(
            Callback(kind=CallbackKind.DELIVERY, url=url, fields=fields), after=after
        )

    def _receive(
        self,
        number: Number,
        kind: Kind,
        sender: str,
        text: str,
        pictures: tuple[File, ...],
    ) -> str:
        """Enter a message to one of the numbers, tell what answers it, and return its id."""
        message = self._messages.receive(
            Draft(
                kind=kind,
                direction=Direction.INCOMING,
                owner=number.owner,
                sender=sender,
                recipient=number.number,
                text=text,
                pictures=pictures,
            )
        )
        if kind is Kind.MMS:
            self._tell_of_mms(message, number)
        else:
            self._tell_of_sms(message, number)
        return message.id

    def _tell_of_sms(self, message: Message, number: Number) -> None:
        if (url := number.sms_url) is None:
            return
        if static_answer(url):
            self._obey(message, url)
            return
        callback = Callback(kind=CallbackKind.SMS, url=url, fields=_told(message))
        self._callbacks.post(callback, on_answer=partial(self._obey, message))

    def _tell_of_mms(self, message: Message, number: Number) -> None:
        """Tell where the pictures are; what is answered does not matter."""
        if (url := number.mms_url) is None or static_answer(url):
            return
        folder = f"{number.home or self._home}/images"
        pictures = {
            f"image{'' if index == 1 else index}": f"{folder}/{image.id}.jpg"
            for index, image in enumerate(message.images, 1)
        }
        fields = {**_told(message), **pictures}
        self._callbacks.post(Callback(kind=CallbackKind.MMS, url=url, fields=fields))

    def _obey(self, message: Message, answer: str) -> None:
        """Do what an answer to an incoming text asks for, as long as there is money for it."""
        received = message.draft
        number = self._numbers.answering(received.recipient, received.kind)
        match parse_answer(answer):
            case Reply(text) if (
                number and number.sms_replies and E164.fullmatch(received.sender)
            ):
                draft = Draft(
                    owner=received.owner,
                    sender=received.recipient,
                    recipient=received.sender,
                    text=text,
                    direction=Direction.REPLY,
                )
            case Forward(recipient, prefix, suffix) if E164.fullmatch(recipient):
                draft = Draft(
                    owner=received.owner,
                    sender=received.sender,
                    recipient=recipient,
                    text=f"{prefix}{received.text}{suffix}",
                )
            case _:
                return
        with suppress(Refusal):
            self.send(draft)


def _told(message: Message) -> dict[str, str]:
    """Return what a callback tells of a message that came in."""
    draft = message.draft
    return {
        "direction": "incoming",
        "id": message.id,
        "from": draft.sender,
        "to": draft.recipient,
        "created": exact_time(message.created),
        "message": draft.text,
    }


def _on_screen(message: Message) -> Text:
    draft = message.draft
    return Text(
        id=message.id,
        direction="incoming",
        sender=draft.sender,
        recipient=draft.recipient,
        text=draft.text,
        pictures=draft.pictures,
        created=message.created,
        status=Status.CREATED,
        flash=draft.flash,
    )
