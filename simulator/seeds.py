"""The past, as the one who steers the simulator tells it: what was never sent or called, but is in the history."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from .account import Account
from .bills import Bills
from .calls import Call, Calls, Recording
from .clock import Clock
from .fields import ControlError, Fields
from .messages import Direction, Draft, Kind, Message, Messages, Status
from .numbers import Numbers
from .pictures import read_data_url
from .shelf import Shelf
from .sms import as_stored
from .sound import seconds_of, silence
from .subaccounts import Subaccounts
from .wire import Json, Refusal, new_id, to_units

_COMMON: Final = ("from", "to", "direction", "created", "cost", "subaccount")
_STATES: Final = ("success", "failed", "busy", "ongoing")
MAX_RECORDINGS: Final = 10


class Seeds:
    """Enters calls and texts that were."""

    def __init__(
        self,
        *,
        clock: Clock,
        account: Account,
        subaccounts: Subaccounts,
        bills: Bills,
        messages: Messages,
        numbers: Numbers,
        calls: Calls,
        shelf: Shelf,
    ) -> None:
        """Learn where things are kept."""
        self._clock = clock
        self._account = account
        self._subaccounts = subaccounts
        self._bills = bills
        self._messages = messages
        self._numbers = numbers
        self._calls = calls
        self._shelf = shelf
        self.sorts: dict[str, Callable[[object], Json]] = {
            "calls": self._call,
            "sms": self._text,
        }

    def _text(self, data: object) -> Json:
        fields = Fields(data, {*_COMMON, "message", "status"})
        direction = _direction(fields)
        status = fields.choice("status", tuple(Status)) or Status.DELIVERED
        created = fields.time("created") or self._clock.stamp()
        sender, recipient = fields.required_text("from"), fields.required_text("to")
        draft = Draft(
            owner=self._owner(fields, sender, recipient),
            sender=sender,
            recipient=recipient,
            text=fields.required_text("message"),
            direction=direction,
        )
        message = Message(draft=draft, id=Kind.SMS.new_id(), created=created)
        cost = fields.money("cost")
        if direction is not Direction.INCOMING:
            message.status = Status(status)
            message.delivered = created if status == Status.DELIVERED else None
            message.parts, message.cost = self._messages.quote(draft)
        if cost is not None:
            message.cost = to_units(cost)
        try:
            return as_stored(self._messages.enter(message))
        except Refusal as refusal:
            raise ControlError(refusal.text) from None

    def _call(self, data: object) -> Json:
        known = {"state", "start", "duration", "timeout", "actions", "legs"}
        fields = Fields(data, {*_COMMON, *known, "recordings"})
        call_id = new_id("c")
        created = fields.time("created") or self._clock.stamp()
        duration = fields.whole("duration", minimum=0)
        start = fields.time("start")
        caller, callee = fields.required_text("from"), fields.required_text("to")
        owner = self._owner(fields, caller, callee)
        cost = fields.money("cost")
        sounds = [(content, seconds_of(content)) for content in _sounds(fields)]
        recordings = []
        for index, (content, seconds) in enumerate(sounds):
            if seconds is None:
                raise ControlError(
                    "recordings: WAV of 8000 samples of 16 bits a second is expected, in one channel"
                )
            recordings.append(
                Recording(
                    id=f"{call_id}-r{index}",
                    call_id=call_id,
                    owner=owner,
                    created=created
                    + timedelta(seconds=duration or 0, milliseconds=index),
                    file=self._shelf.put(content, "audio/wav"),
                    duration=seconds,
                )
            )
        call = Call(
            id=call_id,
            owner=owner,
            created=created,
            direction=_direction(fields),
            caller=caller,
            callee=callee,
            state=fields.choice("state", _STATES) or "success",
            start=start or (created if duration is not None else None),
            duration=duration,
            cost=None if cost is None else to_units(cost),
            timeout=fields.whole("timeout", minimum=1),
            actions=list(fields.objects("actions")),
            legs=list(fields.objects("legs")),
            recordings=recordings,
        )
        try:
            self._bills.charge(
                owner,
                call.cost or 0,
                to="make this call",
                reference=call_id,
                created=created,
            )
        except Refusal as refusal:
            raise ControlError(refusal.text) from None
        return self._calls.enter(call).as_stored()

    def _owner(self, fields: Fields, *ends: str) -> str:
        """Return whose it was: the subaccount's that is named, or else the number's."""
        if (subaccount := fields.text("subaccount")) is not None:
            if self._subaccounts.find(subaccount) is None:
                raise ControlError(f"subaccount: there is no {subaccount}")
            return subaccount
        numbers = filter(None, map(self._numbers.find, ends))
        return next((number.owner for number in numbers), self._account.id)


def _direction(fields: Fields) -> Direction:
    return Direction(fields.choice("direction", tuple(Direction)) or Direction.INCOMING)


def _sounds(fields: Fields) -> list[bytes]:
    """Return the recordings that are given; the word pending is one that is not there yet."""
    given = fields.texts("recordings") or ()
    if len(given) > MAX_RECORDINGS:
        raise ControlError(f"recordings: at most {MAX_RECORDINGS} are kept of a call")
    return [
        silence() if sound == "pending" else read_data_url(sound) or b""
        for sound in given
    ]
