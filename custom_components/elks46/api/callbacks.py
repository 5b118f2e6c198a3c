"""What 46elks posts to us: form fields in, messages and reports out.

Follows https://46elks.com/docs/receive-sms, https://46elks.com/docs/receive-mms and
https://46elks.com/docs/sms-delivery-reports. Anyone may post to an address that can be
reached from outside: nothing is taken for granted, and errors name fields but never
show what is in them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
import re
from typing import Final

from .errors import ElksInvalidDataError
from .fields import Fields, identifier, optional, readable, text, time
from .messages import IncomingMessage, MessageKind, MessageStatus

IMAGE_FIELD: Final = re.compile(r"image([0-9]{0,4})")
"""The first has no number, the next is `image2`."""


class CallbackKind(StrEnum):
    """What a callback is about."""

    SMS = "sms"
    MMS = "mms"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """How far a message has come, as 46elks reports it to us."""

    id: str
    status: MessageStatus
    delivered: datetime | None


def parse_callback(kind: str, form: Fields) -> IncomingMessage | DeliveryReport:
    """Read what 46elks posted."""
    try:
        match kind:
            case CallbackKind.SMS:
                return _incoming_message(form, MessageKind.SMS, ())
            case CallbackKind.MMS:
                return _incoming_message(form, MessageKind.MMS, _images(form))
            case CallbackKind.DELIVERY:
                return _delivery_report(form)
    except ElksInvalidDataError as err:
        # A key that is no word may be a whole body in the wrong encoding.
        words = sorted(key for key in form if key.isidentifier() and len(key) <= 32)
        raise ElksInvalidDataError(f"{err}; fields: {', '.join(words[:20])}") from None
    raise ElksInvalidDataError("Unknown kind of callback")


def _incoming_message(
    form: Fields, kind: MessageKind, images: tuple[str, ...]
) -> IncomingMessage:
    """Read a message, which is not lost for want of a field that can be done without."""
    return IncomingMessage(
        id=_id(form),
        kind=kind,
        sender=text(form, "from"),
        recipient=text(form, "to"),
        text=optional(text, form, "message") or "",
        images=images,
        created=readable(time, form, "created") or datetime.now(UTC),
    )


def _delivery_report(form: Fields) -> DeliveryReport:
    """Read a delivery report."""
    return DeliveryReport(
        id=_id(form),
        status=MessageStatus(text(form, "status")),
        delivered=readable(time, form, "delivered"),
    )


def _id(form: Fields) -> str:
    """Read the id, under either of the names 46elks documents."""
    return identifier(form, "id" if "id" in form else "sms_id")


def _images(form: Fields) -> tuple[str, ...]:
    """Return the addresses of the images, in their order."""
    found = [
        (int(name[1] or 1), address)
        for key, address in form.items()
        if isinstance(address, str) and address and (name := IMAGE_FIELD.fullmatch(key))
    ]
    return tuple(address for _, address in sorted(found, key=lambda image: image[0]))
