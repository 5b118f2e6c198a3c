"""The way of a text between 46elks and a phone.

46elks: send-sms, receive-sms, sms-delivery-reports. A hundred texts a minute leave 46elks; more are accepted and wait.
"""

import asyncio
from collections import deque
from functools import partial
from typing import Final

from .answers import Forward, Reply, parse_answer
from .callbacks import Callback, Callbacks
from .clock import Clock
from .faults import CallbackKind
from .handsets import Handsets, Text
from .messages import TEST_NUMBER, Direction, Draft, Message, Messages, Status
from .numbers import Numbers, static_answer
from .tasks import Tasks
from .wire import E164, exact_time, new_id, stored_time

TEXTS_A_MINUTE: Final = 100
_MINUTE: Final = 60.0
# Long enough for a person to see a text on its way, short enough not to wait for it.
HANDOVER_SECONDS: Final = 0.5
TRAVEL_SECONDS: Final = 1.0


class Network:
    """Carries texts, and tells the customer's addresses of it."""

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
        self._departures: deque[float] = deque(maxlen=TEXTS_A_MINUTE)

    def reset(self) -> None:
        """Forget what was sent in the last minute."""
        self._departures.clear()

    def send(self, draft: Draft) -> Message | None:
        """Take a text from the account; return None where its balance is too low."""
        if (
            message := self._messages.send(draft)
        ) is not None and draft.recipient != TEST_NUMBER:
            if self._numbers.find(draft.recipient) is None:
                self._handsets.show(draft.recipient, _on_screen(message))
            self._tasks.start(self._carry(message, self._departure()), "text")
        return message

    def send_from_handset(self, sender: str, recipient: str, text: str) -> str:
        """Take a text from a phone; return its id."""
        shown = Text(
            id=new_id("s"),
            direction="outgoing",
            sender=sender,
            recipient=recipient,
            text=text,
            created=self._clock.stamp(),
            status=Status.CREATED,
        )
        if self._numbers.answering(recipient):
            shown.id = self._receive(sender, recipient, text)
            shown.status = Status.DELIVERED
        elif self._numbers.find(recipient):
            shown.status = Status.FAILED
        self._handsets.show(sender, shown)
        if shown.status is Status.CREATED:
            arriving = Text(
                id=shown.id,
                direction="incoming",
                sender=sender,
                recipient=recipient,
                text=text,
                created=shown.created,
                status=Status.CREATED,
            )
            self._handsets.show(recipient, arriving)
            self._tasks.start(self._carry_between(arriving), "text between phones")
        return shown.id

    def _departure(self) -> float:
        """Return when the next text may leave, in the loop's time."""
        now = asyncio.get_running_loop().time()
        if len(self._departures) == TEXTS_A_MINUTE:
            now = max(now, self._departures[0] + self._clock.shorten(_MINUTE))
        self._departures.append(now)
        return now

    async def _carry(self, message: Message, departure: float) -> None:
        """Bring a text from 46elks to its recipient, reporting on the way."""
        await asyncio.sleep(departure - asyncio.get_running_loop().time())
        await self._clock.sleep(HANDOVER_SECONDS)
        recipient = message.draft.recipient
        own = self._numbers.find(recipient)
        self._handsets.mark(recipient, message.id, Status.SENT)
        told = self._report(message, Status.SENT, None)
        await self._clock.sleep(TRAVEL_SECONDS)
        arrived = (
            self._numbers.answering(recipient)
            if own
            else await self._handsets.reach(recipient)
        )
        if arrived:
            message.delivered = max(self._clock.now(), message.created)
        status = Status.DELIVERED if arrived else Status.FAILED
        self._handsets.mark(recipient, message.id, status)
        self._report(message, status, told)
        if own and arrived:
            self._receive(message.draft.sender, recipient, message.draft.text)

    async def _carry_between(self, text: Text) -> None:
        """Bring a text from one phone to another."""
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
        """Enter how far a text has come, and tell the address that asked for it."""
        message.status = status
        if (url := message.draft.delivery_url) is None:
            return None
        fields = {"id": message.id, "status": str(status)}
        if message.delivered is not None:
            fields["delivered"] = stored_time(message.delivered)
        return self._callbacks.post(
            Callback(kind=CallbackKind.DELIVERY, url=url, fields=fields), after=after
        )

    def _receive(self, sender: str, recipient: str, text: str) -> str:
        """Enter a text to one of the account's numbers, tell what answers it, and return its id."""
        message = self._messages.receive(sender, recipient, text)
        number = self._numbers.answering(recipient)
        if number is None or number.sms_url is None:
            return message.id
        if static_answer(number.sms_url):
            self._obey(message, number.sms_url)
            return message.id
        fields = {
            "direction": "incoming",
            "id": message.id,
            "from": sender,
            "to": recipient,
            "created": exact_time(message.created),
            "message": text,
        }
        callback = Callback(kind=CallbackKind.SMS, url=number.sms_url, fields=fields)
        self._callbacks.post(callback, on_answer=partial(self._obey, message))
        return message.id

    def _obey(self, message: Message, answer: str) -> None:
        """Do what an answer to an incoming text asks for."""
        received = message.draft
        number = self._numbers.answering(received.recipient)
        match parse_answer(answer):
            case Reply(text) if (
                number and number.sms_replies and E164.fullmatch(received.sender)
            ):
                self.send(
                    Draft(
                        sender=received.recipient,
                        recipient=received.sender,
                        text=text,
                        direction=Direction.REPLY,
                    )
                )
            case Forward(recipient, prefix, suffix) if E164.fullmatch(recipient):
                text = f"{prefix}{received.text}{suffix}"
                self.send(Draft(sender=received.sender, recipient=recipient, text=text))


def _on_screen(message: Message) -> Text:
    draft = message.draft
    return Text(
        id=message.id,
        direction="incoming",
        sender=draft.sender,
        recipient=draft.recipient,
        text=draft.text,
        created=message.created,
        status=Status.CREATED,
        flash=draft.flash,
    )
