"""Tests of what 46elks posts to us, and of what strangers might."""

from datetime import UTC, datetime

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks46.api import (
    CallbackKind,
    DeliveryReport,
    ElksInvalidDataError,
    IncomingMessage,
    MessageKind,
    MessageStatus,
    parse_callback,
)

from . import form

SENT_ID = "s0231d6d7d6bc14a7e7734e466785c4ce"
RECEIVED = IncomingMessage(
    id="s2231d6d7d6bc14a7e7734e466785c4ce",
    kind=MessageKind.SMS,
    sender="+46701740605",
    recipient="+46766861234",
    text="Hej! Är någon hemma?",
    images=(),
    created=datetime(2026, 1, 15, 10, 25, 0, 500000, UTC),
)
IMAGES = "https://api.46elks.com/a1/images/m2231d6d7d6bc14a7e7734e466785c4ce"


class UploadedFile:
    """What a field is that was posted as a file."""


@pytest.mark.parametrize("name", ["sms.form", "sms_with_unknown_field.form"])
def test_a_text_is_read(name: str) -> None:
    """What is not known is ignored."""
    assert parse_callback("sms", form(name)) == RECEIVED


def test_a_text_may_have_its_id_under_the_other_name() -> None:
    """46elks documents both."""
    fields = form("sms.form")
    fields["sms_id"] = fields.pop("id")
    assert parse_callback("sms", fields) == RECEIVED


def test_a_text_may_come_from_a_name() -> None:
    """Senders need not be numbers."""
    received = parse_callback("sms", form("sms.form") | {"from": "Apoteket"})
    assert isinstance(received, IncomingMessage)
    assert received.sender == "Apoteket"


def test_an_empty_text_is_a_text() -> None:
    """46elks may leave out what is empty."""
    fields = form("sms.form")
    del fields["message"]
    received = parse_callback("sms", fields)
    assert isinstance(received, IncomingMessage)
    assert received.text == ""


@pytest.mark.parametrize(
    "created",
    [
        pytest.param({}, id="absent"),
        pytest.param({"created": ""}, id="empty"),
        pytest.param({"created": "yesterday"}, id="unreadable"),
        pytest.param({"created": UploadedFile()}, id="file"),
    ],
)
def test_a_text_is_not_lost_for_want_of_its_time(
    created: dict[str, object], freezer: FrozenDateTimeFactory
) -> None:
    """It is of now."""
    freezer.move_to("2026-01-15T12:00:00Z")
    fields: dict[str, object] = {**form("sms.form")}
    del fields["created"]
    received = parse_callback("sms", fields | created)
    assert isinstance(received, IncomingMessage)
    assert received.created == datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def test_a_picture_message_is_read() -> None:
    """Its images are addresses, which are kept as they are."""
    assert parse_callback("mms", form("mms.form")) == IncomingMessage(
        id="m2231d6d7d6bc14a7e7734e466785c4ce",
        kind=MessageKind.MMS,
        sender="+46701740605",
        recipient="+46766861234",
        text="Titta vad vi såg!",
        images=(f"{IMAGES}-i0.jpg", f"{IMAGES}-i1.jpg"),
        created=datetime(2026, 1, 15, 10, 35, 31, 116000, UTC),
    )


@pytest.mark.parametrize(
    ("fields", "images"),
    [
        pytest.param({}, (), id="none"),
        pytest.param({"image": ""}, (), id="empty"),
        pytest.param({"image2": "b"}, ("b",), id="without the first"),
        pytest.param(
            {"image10": "j", "image": "a", "image4": "d", "image2": "b"},
            ("a", "b", "d", "j"),
            id="by number, with gaps",
        ),
        pytest.param(
            {"image": "a", "image3": UploadedFile(), "image4": ""},
            ("a",),
            id="files and empty ones",
        ),
        pytest.param(
            {"imageb": "b", "image٣": "c", "image" + "9" * 5000: "d", "Image": "e"},
            (),
            id="other fields",
        ),
    ],
)
def test_the_images_of_a_picture_message_are_read(
    fields: dict[str, object], images: tuple[str, ...]
) -> None:
    """In the order of their numbers, whatever else was posted."""
    received = parse_callback("mms", {**form("sms.form"), **fields})
    assert isinstance(received, IncomingMessage)
    assert received.images == images


def test_a_picture_message_need_not_have_a_text() -> None:
    """A picture says it all."""
    fields = form("mms.form")
    del fields["message"]
    received = parse_callback("mms", fields)
    assert isinstance(received, IncomingMessage)
    assert received.text == ""
    assert len(received.images) == 2


def test_a_text_has_no_images() -> None:
    """Whatever is posted as one."""
    assert parse_callback("sms", form("sms.form") | {"image": "a"}) == RECEIVED


@pytest.mark.parametrize(
    ("fields", "status", "delivered"),
    [
        pytest.param(form("sent.form"), MessageStatus.SENT, None, id="sent"),
        pytest.param(
            form("delivered.form"),
            MessageStatus.DELIVERED,
            datetime(2026, 1, 15, 10, 23, 44, 219000, UTC),
            id="delivered",
        ),
        pytest.param(form("failed.form"), MessageStatus.FAILED, None, id="failed"),
        pytest.param(
            form("delivered.form") | {"delivered": "just now"},
            MessageStatus.DELIVERED,
            None,
            id="delivered at no time",
        ),
        pytest.param(
            form("sent.form") | {"status": "teleported"},
            MessageStatus.UNKNOWN,
            None,
            id="new status",
        ),
    ],
)
def test_a_delivery_report_is_read(
    fields: dict[str, str], status: MessageStatus, delivered: datetime | None
) -> None:
    """However far the text has come."""
    report = DeliveryReport(id=SENT_ID, status=status, delivered=delivered)
    assert parse_callback(CallbackKind.DELIVERY, fields) == report


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        pytest.param("sms", "id", "", id="empty id"),
        pytest.param("sms", "id", "s" * 65, id="long id"),
        pytest.param("sms", "id", UploadedFile(), id="file as id"),
        pytest.param("sms", "from", UploadedFile(), id="file as sender"),
        pytest.param("sms", "to", UploadedFile(), id="file as recipient"),
        pytest.param("sms", "message", UploadedFile(), id="file as text"),
        pytest.param("delivery", "id", "s" * 65, id="long id of a report"),
        pytest.param("delivery", "status", UploadedFile(), id="file as status"),
    ],
)
def test_a_callback_with_a_wrong_field_is_refused(
    kind: str, key: str, value: object
) -> None:
    """The error names the field, and those that came with it."""
    fields = {**form("sms.form"), **form("sent.form"), key: value}
    with pytest.raises(ElksInvalidDataError, match=f"^Field '{key}'") as caught:
        parse_callback(kind, fields)
    came = "created, direction, from, id, message, status, to"
    assert str(caught.value).endswith(f"; fields: {came}")


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("sms", "id"),
        ("sms", "from"),
        ("sms", "to"),
        ("mms", "id"),
        ("mms", "from"),
        ("mms", "to"),
        ("delivery", "id"),
        ("delivery", "status"),
    ],
)
def test_a_callback_without_a_field_is_refused(kind: str, key: str) -> None:
    """Whatever it is, it is not from 46elks."""
    fields = form("sms.form") | form("sent.form")
    del fields[key]
    with pytest.raises(ElksInvalidDataError):
        parse_callback(kind, fields)


@pytest.mark.parametrize("kind", ["", "SMS", "fax", "s" * 1000])
def test_an_unknown_kind_of_callback_is_refused(kind: str) -> None:
    """46elks may grow, and strangers may guess."""
    with pytest.raises(ElksInvalidDataError, match="^Unknown kind of callback$"):
        parse_callback(kind, form("sms.form"))


def test_an_error_never_shows_what_was_posted() -> None:
    """Not even where the whole body has become the name of a field."""
    fields = {
        '{"from": "+46701740605", "message": "secret"}': "",
        "secret" * 10: "",
        "s0231d6d7d6bc14a7e7734e466785c4": "",
        "from": "+46701740605",
        "to": "+46766861234",
        "message": "secret",
    }
    with pytest.raises(ElksInvalidDataError) as caught:
        parse_callback("sms", fields)
    assert str(caught.value) == (
        "Field 'sms_id' is missing or not an id; fields: from, message, to"
    )


def test_an_error_is_short() -> None:
    """However many fields there were."""
    with pytest.raises(ElksInvalidDataError) as caught:
        parse_callback("sms", {f"field{index}": "" for index in range(10_000)})
    assert len(str(caught.value)) < 300
