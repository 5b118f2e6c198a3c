"""How the store writes down what it remembers, and reads what was written by older versions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from .api import CallbackKind, MessageKind, MessageStatus
from .records import Forward, HeldNumber, Letter, MessageRequest, Reply, SentMessage


def moment(value: datetime | str) -> datetime:
    """Return a time, which a record that was read back holds as text."""
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def iso(value: datetime | None) -> str | None:
    """Return a time as it is written, None for none."""
    return value.isoformat() if value else None


def dump_forward(forward: Forward) -> list[str | None]:
    """Return how a text that is passed on is written."""
    return [
        forward.message_id,
        forward.number,
        forward.sender,
        forward.words,
        forward.when.isoformat(),
        forward.ref,
    ]


def load_forward(data: Sequence[str]) -> Forward:
    """Read what `dump_forward` has written."""
    message_id, number, sender, words, when, ref = data
    return Forward(
        message_id=message_id,
        number=number,
        sender=sender,
        words=words,
        when=moment(when),
        ref=ref,
    )


def dump_letter(letter: Letter) -> list[str]:
    """Return how a text that Assist answers is written."""
    return [
        letter.message_id,
        letter.number,
        letter.sender,
        letter.words,
        letter.when.isoformat(),
    ]


def load_letter(data: Sequence[str]) -> Letter:
    """Read what `dump_letter` has written."""
    message_id, number, sender, words, when = data
    return Letter(
        message_id=message_id,
        number=number,
        sender=sender,
        words=words,
        when=moment(when),
    )


def dump_reply(reply: Reply) -> list[str | None]:
    """Return how an answer is written."""
    return [reply.when.isoformat(), reply.message_id, reply.ref]


def load_reply(data: Sequence[str]) -> Reply:
    """Read what `dump_reply` has written."""
    when, *what = data
    # Absent in what was written before an answer that did not leave could be made up for.
    message_id, ref = what or (None, None)
    return Reply(when=moment(when), message_id=message_id, ref=ref)


def dump_held(held: HeldNumber) -> list[str]:
    """Return how an address of a number is written."""
    return [held.number_id, held.previous, held.ours, held.kind]


def load_held(data: Sequence[str]) -> HeldNumber:
    """Read what `dump_held` has written."""
    number_id, previous, ours, *kind = data
    return HeldNumber(
        number_id=number_id,
        previous=previous,
        ours=ours,
        # Absent in what was written before there were picture messages.
        kind=CallbackKind(kind[0]) if kind else CallbackKind.SMS,
    )


def dump_sent(sent: SentMessage) -> dict[str, Any]:
    """Return how a text of ours is written."""
    data: dict[str, Any] = {
        "ref": sent.ref,
        "to": sent.recipient,
        "from": sent.sender,
        "asked": sent.asked.isoformat(),
        "status": sent.status,
        "id": sent.id,
        "created": iso(sent.created),
        "delivered": iso(sent.delivered),
        "parts": sent.parts,
        "cost": str(sent.cost) if sent.cost is not None else None,
        "given_up": sent.given_up,
        "kind": sent.kind,
        "reserved": str(sent.reserved),
    }
    if (request := sent.request) is not None:
        data["request"] = {
            "text": request.text,
            "possible_parts": sorted(request.possible_parts),
            "after": iso(request.after),
            "flash": request.flash,
            "private": request.private,
            "has_image": request.has_image,
        }
    return data


def load_sent(data: Mapping[str, Any]) -> SentMessage:
    """Read what `dump_sent` has written."""
    # Absent in what was written before there were picture messages.
    kind = MessageKind(data.get("kind", MessageKind.SMS))
    request: MessageRequest | None = None
    if asked := data.get("request"):
        request = MessageRequest(
            recipient=data["to"],
            sender=data["from"],
            text=asked["text"],
            possible_parts=frozenset(asked["possible_parts"]),
            after=moment(asked["after"]) if asked["after"] else None,
            flash=asked["flash"],
            private=asked["private"],
            kind=kind,
            has_image=asked.get("has_image", False),
        )
    return SentMessage(
        ref=data["ref"],
        recipient=data["to"],
        sender=data["from"],
        asked=moment(data["asked"]),
        status=MessageStatus(data["status"]),
        id=data["id"],
        created=moment(data["created"]) if data["created"] else None,
        delivered=moment(data["delivered"]) if data["delivered"] else None,
        parts=data["parts"],
        cost=Decimal(data["cost"]) if data["cost"] is not None else None,
        request=request,
        given_up=data["given_up"],
        kind=kind,
        # Absent in what was written before there were limits.
        reserved=Decimal(data.get("reserved", 0)),
    )
