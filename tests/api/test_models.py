"""Tests of what 46elks keeps for us, as Python knows it."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import product

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks46.api import (
    Account,
    ElksInvalidDataError,
    IncomingMessage,
    Message,
    MessageDirection,
    MessageKind,
    MessageStatus,
    Number,
)

from . import answer

CREATED, SENT, DELIVERED, FAILED, UNKNOWN = (
    MessageStatus.CREATED,
    MessageStatus.SENT,
    MessageStatus.DELIVERED,
    MessageStatus.FAILED,
    MessageStatus.UNKNOWN,
)


def message(**fields: object) -> Message:
    """Return a message of which some fields are different, or absent where None."""
    return Message.from_api(answer("sms_delivered.json") | fields, MessageKind.SMS)


def number(**fields: object) -> Number:
    """Return a number of which some fields are different, or absent where None."""
    return Number.from_api(answer("number.json") | fields)


def test_an_account_is_read() -> None:
    """What is not known is ignored."""
    assert Account.from_api(answer("account.json")) == Account(
        id="u0123456789abcdef0123456789abcdef",
        name="Villa Björkbacken",
        currency="SEK",
        balance=Decimal("24.1034"),
    )


def test_an_account_without_name_and_currency_is_read() -> None:
    """They may not be set."""
    account = Account.from_api({"id": "u0123", "balance": -5200})
    assert account == Account(
        id="u0123", name=None, currency=None, balance=Decimal("-0.52")
    )


def test_a_sent_text_is_read() -> None:
    """As the answer to sending tells it."""
    sent = Message.from_api(answer("sms_sent.json"), MessageKind.SMS)
    assert sent == Message(
        id="s0231d6d7d6bc14a7e7734e466785c4ce",
        kind=MessageKind.SMS,
        direction=MessageDirection.OUTGOING,
        sender="Villan",
        recipient="+46701740605",
        text="Dörren är öppen",
        images=(),
        status=MessageStatus.CREATED,
        created=datetime(2026, 1, 15, 10, 23, 41, 123456, UTC),
        delivered=None,
        parts=1,
        cost=Decimal("0.52"),
        estimated=False,
    )


def test_a_delivered_text_is_read() -> None:
    """Its delivery has a zone, its creation has none."""
    delivered = message()
    assert delivered.status is MessageStatus.DELIVERED
    assert delivered.created == datetime(2026, 1, 15, 10, 23, 41, 123000, UTC)
    assert delivered.delivered == datetime(2026, 1, 15, 10, 23, 44, tzinfo=UTC)


def test_a_dry_run_is_read() -> None:
    """It has no id, and an estimate for a cost."""
    tried = Message.from_api(answer("sms_dry_run.json"), MessageKind.SMS)
    assert tried.id is None
    assert tried.created is None
    assert tried.cost == Decimal("1.04")
    assert tried.estimated


def test_a_private_text_is_read() -> None:
    """46elks does not keep what it says."""
    private = Message.from_api(answer("sms_private.json"), MessageKind.SMS)
    assert private.text is None
    assert private.created == datetime(2026, 1, 15, 10, 23, 41, tzinfo=UTC)


def test_an_incoming_text_is_what_its_callback_tells() -> None:
    """It has no status, and a cost."""
    received = Message.from_api(answer("sms_incoming.json"), MessageKind.SMS)
    assert received.direction is MessageDirection.INCOMING
    assert received.status is MessageStatus.UNKNOWN
    assert received.incoming() == IncomingMessage(
        id="s2231d6d7d6bc14a7e7734e466785c4ce",
        kind=MessageKind.SMS,
        sender="+46701740605",
        recipient="+46766861234",
        text="Tack!",
        images=(),
        created=datetime(2026, 1, 15, 10, 25, 0, 500000, UTC),
    )


def test_an_incoming_text_is_not_lost_for_want_of_text_and_time(
    freezer: FrozenDateTimeFactory,
) -> None:
    """It is empty, and of now."""
    freezer.move_to("2026-01-15T12:00:00Z")
    received = message(message=None, created=None).incoming()
    assert received.text == ""
    assert received.created == datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def test_an_incoming_text_without_an_id_is_refused() -> None:
    """It could not be told from its repeats."""
    with pytest.raises(ElksInvalidDataError):
        message(id=None).incoming()


def test_a_picture_message_is_read() -> None:
    """It has images, and 46elks misspells its status."""
    received = Message.from_api(
        answer("sms_incoming.json")
        | {"status": "recieved", "images": ["m1-i0", "m1-i1"]},
        MessageKind.MMS,
    )
    assert received.kind is MessageKind.MMS
    assert received.images == ("m1-i0", "m1-i1")
    assert received.status is MessageStatus.UNKNOWN
    assert received.incoming().images == ("m1-i0", "m1-i1")


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("2026-01-15T10:23:41.123456", datetime(2026, 1, 15, 10, 23, 41, 123456, UTC)),
        ("2026-01-15T10:23:41", datetime(2026, 1, 15, 10, 23, 41, tzinfo=UTC)),
        ("2026-01-15T10:23:41Z", datetime(2026, 1, 15, 10, 23, 41, tzinfo=UTC)),
        ("2026-01-15T10:23:41.5Z", datetime(2026, 1, 15, 10, 23, 41, 500000, UTC)),
        ("2026-01-15T11:23:41+01:00", datetime(2026, 1, 15, 10, 23, 41, tzinfo=UTC)),
    ],
)
def test_a_time_is_utc(written: str, time: datetime) -> None:
    """Whether or not it says so."""
    created = message(created=written).created
    assert created == time
    assert created is not None
    assert created.tzinfo is UTC


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("created", CREATED),
        ("SENT", SENT),
        ("Delivered", DELIVERED),
        ("failed", FAILED),
        ("undelivered", FAILED),
        ("recieved", UNKNOWN),
        ("", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_a_status_is_read(written: str | None, status: MessageStatus) -> None:
    """In any letter case, and what is new is unknown."""
    assert message(status=written).status is status


@pytest.mark.parametrize(
    ("written", "direction"),
    [
        ("incoming", MessageDirection.INCOMING),
        ("Outgoing", MessageDirection.OUTGOING),
        ("outgoing-reply", MessageDirection.OUTGOING_REPLY),
        ("sideways", MessageDirection.UNKNOWN),
        (None, MessageDirection.UNKNOWN),
    ],
)
def test_a_direction_is_read(written: str | None, direction: MessageDirection) -> None:
    """In any letter case, and what is new is unknown."""
    assert message(direction=written).direction is direction


def test_a_status_only_moves_forward() -> None:
    """And no further than delivered or failed, whichever comes first."""
    assert {
        (status, other)
        for status, other in product(MessageStatus, repeat=2)
        if status.follows(other)
    } == {
        (CREATED, UNKNOWN),
        (SENT, UNKNOWN),
        (SENT, CREATED),
        (DELIVERED, UNKNOWN),
        (DELIVERED, CREATED),
        (DELIVERED, SENT),
        (FAILED, UNKNOWN),
        (FAILED, CREATED),
        (FAILED, SENT),
    }


def test_a_message_ends_delivered_or_failed() -> None:
    """All else may change."""
    assert {status for status in MessageStatus if status.is_final} == {
        DELIVERED,
        FAILED,
    }


def test_a_number_is_read() -> None:
    """A document stays the text it is, and `none` is nothing."""
    assert number() == Number(
        id="n0123456789abcdef0123456789abcdef",
        number="+46766861234",
        name="House",
        active=True,
        country="se",
        category="mobile",
        capabilities=frozenset({"sms", "mms", "voice"}),
        sms_url="https://house.example/api/webhook/abc?kind=sms",
        mms_url=None,
        voice_start='{"connect":"+46701740605"}',
        websocket_url=None,
        cost=Decimal(30),
        expires=datetime(2026, 12, 1, 7, 52, 15, tzinfo=UTC),
        allocated=datetime(2025, 2, 16, 15, 53, 19, 737000, UTC),
    )


def test_a_number_that_was_given_back_is_read() -> None:
    """Little is left of it."""
    given_back = Number.from_api(answer("number_given_back.json"))
    assert not given_back.active
    assert given_back.capabilities == frozenset()
    assert given_back.cost is None


def test_a_number_that_does_not_say_whether_it_is_active_is() -> None:
    """46elks leaves out what is not worth saying."""
    assert number(active=None).active


@pytest.mark.parametrize(
    ("written", "url"),
    [
        pytest.param("wss://house.example/", "wss://house.example/", id="address"),
        pytest.param({"reply": "Hej"}, '{"reply": "Hej"}', id="structure"),
        pytest.param("", None, id="empty"),
        pytest.param(" ", None, id="space"),
        pytest.param("none", None, id="none"),
        pytest.param(None, None, id="absent"),
    ],
)
@pytest.mark.parametrize("key", ["sms_url", "mms_url", "voice_start", "websocket_url"])
def test_an_address_is_read(key: str, written: object, url: str | None) -> None:
    """However 46elks writes it, and however it says that there is none."""
    assert getattr(number(**{key: written}), key) == url


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", 404040),
        ("id", ""),
        ("id", "s" * 65),
        ("from", 404040),
        ("to", None),
        ("message", ["404040"]),
        ("status", 404040),
        ("direction", 404040),
        ("created", "404040 o'clock"),
        ("created", 404040),
        ("created", "0001-01-01T00:00:00+01:00"),
        ("delivered", "404040"),
        ("parts", "404040"),
        ("parts", True),
        ("cost", 4040.40),
        ("cost", "404040"),
        ("estimated_cost", "404040"),
        ("images", "404040"),
        ("images", [404040]),
    ],
)
def test_a_message_with_a_wrong_field_is_refused(key: str, value: object) -> None:
    """The error names the field and keeps its value to itself."""
    with pytest.raises(ElksInvalidDataError, match=f"'{key}'") as caught:
        message(**{key: value})
    assert "4040" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("number", None),
        ("active", "maybe"),
        ("active", True),
        ("capabilities", "sms"),
        ("sms_url", 404040),
        ("sms_url", ["404040"]),
        ("expires", "404040"),
    ],
)
def test_a_number_with_a_wrong_field_is_refused(key: str, value: object) -> None:
    """The error names the field and keeps its value to itself."""
    with pytest.raises(ElksInvalidDataError, match=f"'{key}'") as caught:
        number(**{key: value})
    assert "4040" not in str(caught.value)


def test_an_account_without_a_balance_is_refused() -> None:
    """It is what an account is asked for."""
    with pytest.raises(ElksInvalidDataError, match="'balance'"):
        Account.from_api({"id": "u0123"})
