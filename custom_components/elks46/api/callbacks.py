"""What 46elks posts to us: form fields in, messages and reports out.

Follows https://46elks.com/docs/receive-sms and
https://46elks.com/docs/sms-delivery-reports. Anyone may post to an address that can be
reached from outside: nothing is taken for granted, and errors name fields but never
show what is in them.
"""

from datetime import UTC, datetime
from enum import StrEnum

from .errors import ElksInvalidDataError
from .models import (
    DeliveryReport,
    Fields,
    IncomingMessage,
    MessageKind,
    MessageStatus,
    identifier,
    optional,
    text,
    time,
)


class CallbackKind(StrEnum):
    """What a callback is about."""

    SMS = "sms"
    DELIVERY = "delivery"


def parse_callback(kind: str, form: Fields) -> IncomingMessage | DeliveryReport:
    """Read what 46elks posted."""
    try:
        match kind:
            case CallbackKind.SMS:
                return _incoming_message(form)
            case CallbackKind.DELIVERY:
                return _delivery_report(form)
    except ElksInvalidDataError as err:
        # A key that is no word may be a whole body in the wrong encoding.
        words = sorted(key for key in form if key.isidentifier() and len(key) <= 32)
        raise ElksInvalidDataError(f"{err}; fields: {', '.join(words[:20])}") from None
    raise ElksInvalidDataError("Unknown kind of callback")


def _incoming_message(form: Fields) -> IncomingMessage:
    """Read a text, which is not lost for want of a field that can be done without."""
    return IncomingMessage(
        id=_id(form),
        kind=MessageKind.SMS,
        sender=text(form, "from"),
        recipient=text(form, "to"),
        text=optional(text, form, "message") or "",
        images=(),
        created=_time(form, "created") or datetime.now(UTC),
    )


def _delivery_report(form: Fields) -> DeliveryReport:
    """Read a delivery report."""
    return DeliveryReport(
        id=_id(form),
        status=MessageStatus(text(form, "status")),
        delivered=_time(form, "delivered"),
    )


def _id(form: Fields) -> str:
    """Read the id, under either of the names 46elks documents."""
    return identifier(form, "id" if "id" in form else "sms_id")


def _time(form: Fields, key: str) -> datetime | None:
    """Read a time that may be missing or unreadable."""
    try:
        return time(form, key)
    except ElksInvalidDataError:
        return None
