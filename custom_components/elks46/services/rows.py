"""What the actions that read a history tell of each message, call and recording."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from homeassistant.util.json import JsonObjectType

from ..api import Call, CallDirection, Leg, Message, MessageDirection, Recording
from ..contacts import Contacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Which way something went, and the numbers at its two ends; None where it is not known."""

    direction: str | None
    sender: str | None
    recipient: str | None

    @property
    def other(self) -> str:
        """Who is not this home."""
        incoming = self.direction == CallDirection.INCOMING
        return (self.sender if incoming else self.recipient) or ""


def ends_of_message(message: Message) -> Ends:
    """Return which way a message went."""
    direction = message.direction
    if direction is MessageDirection.OUTGOING_REPLY:
        # What 46elks answered by itself went out like any other.
        direction = MessageDirection.OUTGOING
    return Ends(
        direction=direction.value, sender=message.sender, recipient=message.recipient
    )


def ends_of_call(call: Call) -> Ends:
    """Return which way a call went."""
    return Ends(
        direction=call.direction.value, sender=call.caller, recipient=call.callee
    )


def message_row(
    message: Message, contacts: Contacts, *, keeps_text: bool
) -> JsonObjectType:
    """Return what is told of a message; its words only where they are kept."""
    ends = ends_of_message(message)
    incoming = message.direction is MessageDirection.INCOMING
    return {
        "id": message.id,
        "kind": message.kind.value,
        "direction": ends.direction,
        "sender": message.sender,
        "recipient": message.recipient,
        "contact": _contact(contacts, ends),
        "message": _words(message, contacts) if keeps_text else None,
        "images": [*message.images],
        # 46elks gives a picture message that came in the status of one on its way.
        "status": None if incoming else message.status.value,
        "created": _written(message.created),
        "delivered": _written(message.delivered),
        "parts": message.parts,
        "cost": _money(message.cost),
    }


def _words(message: Message, contacts: Contacts) -> str | None:
    """Return the text of a message, without the PIN of the contact it is from."""
    contact = contacts.by_phone(message.sender)
    if contact is None or message.text is None:
        return message.text
    return contact.cleared(message.text)


def call_row(call: Call, contacts: Contacts) -> JsonObjectType:
    """Return what is told of a call."""
    return {
        "call_id": call.id,
        "direction": call.direction.value,
        "caller": call.caller,
        "callee": call.callee,
        "contact": _contact(contacts, ends_of_call(call)),
        "state": call.state.value,
        "created": _written(call.created),
        "start": _written(call.start),
        "duration": call.duration,
        "cost": _money(call.cost),
        "legs": [_leg_row(leg) for leg in call.legs],
        "recordings": [*call.recordings],
    }


def _leg_row(leg: Leg) -> JsonObjectType:
    return {
        "caller": leg.caller or None,
        "callee": leg.callee or None,
        "state": leg.state.value,
        "duration": leg.duration,
        "cost": _money(leg.cost),
    }


def recording_row(
    recording: Recording,
    ends: Ends,
    contacts: Contacts,
    media_content_id: str | None,
) -> JsonObjectType:
    """Return what is told of a recording and the call that it is of."""
    return {
        "recording_id": recording.id,
        "call_id": recording.call_id,
        "direction": ends.direction,
        "caller": ends.sender,
        "callee": ends.recipient,
        "contact": _contact(contacts, ends),
        "created": _written(recording.created),
        "duration": recording.duration,
        "media_content_id": media_content_id,
    }


def _contact(contacts: Contacts, ends: Ends) -> str | None:
    contact = contacts.by_phone(ends.other)
    return contact.name if contact else None


def _written(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _money(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
