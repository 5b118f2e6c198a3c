"""Tests of what 46elks keeps for us, as Python knows it."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks46.api import (
    Account,
    Billing,
    Call,
    CallDirection,
    CallState,
    ElksInvalidDataError,
    Image,
    IncomingMessage,
    Leg,
    Message,
    MessageDirection,
    MessageKind,
    MessageStatus,
    Number,
    Recording,
    Subaccount,
    Transaction,
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


def call(**fields: object) -> Call:
    """Return a call of which some fields are different, or absent where None."""
    return Call.from_api(answer("call_answered.json") | fields)


def image(**fields: object) -> Image:
    """Return an image of which some fields are different, or absent where None."""
    return Image.from_api(answer("image.json") | fields)


def recording(**fields: object) -> Recording:
    """Return a recording of which some fields are different, or absent where None."""
    return Recording.from_api(answer("recording.json") | fields)


def subaccount(**fields: object) -> Subaccount:
    """Return a subaccount of which some fields are different, or absent where None."""
    return Subaccount.from_api(answer("subaccount.json") | fields)


def test_an_account_is_read() -> None:
    """What is not known is ignored."""
    assert Account.from_api(answer("account.json")) == Account(
        id="u0123456789abcdef0123456789abcdef",
        name="Villa Björkbacken",
        currency="SEK",
        balance=Decimal("24.1034"),
        credit_alert=Decimal(10),
    )


def test_an_account_without_name_and_currency_is_read() -> None:
    """They may not be set."""
    account = Account.from_api({"id": "u0123", "balance": -5200})
    assert account == Account(
        id="u0123",
        name=None,
        currency=None,
        balance=Decimal("-0.52"),
        credit_alert=None,
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
    """It has images, and need not have a text."""
    images = (
        "m2231d6d7d6bc14a7e7734e466785c4ce-i0",
        "m2231d6d7d6bc14a7e7734e466785c4ce-i1",
    )
    received = Message.from_api(answer("mms_incoming.json"), MessageKind.MMS)
    assert received.kind is MessageKind.MMS
    assert received.images == images
    assert received.incoming() == IncomingMessage(
        id="m2231d6d7d6bc14a7e7734e466785c4ce",
        kind=MessageKind.MMS,
        sender="+46701740605",
        recipient="+46766861234",
        text="",
        images=images,
        created=datetime(2026, 1, 15, 10, 35, 31, 116000, UTC),
    )


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
        ("UNDELIVERED", FAILED),
        ("recieved", CREATED),
        ("Received", CREATED),
        ("teleported", UNKNOWN),
        ("", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_a_status_is_read(written: str | None, status: MessageStatus) -> None:
    """In any letter case and spelling, and what is new is unknown."""
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
        sms_replies=True,
        cost=Decimal(30),
        expires=datetime(2026, 12, 1, 7, 52, 15, tzinfo=UTC),
        allocated=datetime(2025, 2, 16, 15, 53, 19, 737000, UTC),
        deallocated=None,
    )


def test_a_number_that_was_given_back_is_read() -> None:
    """Little is left of it."""
    given_back = Number.from_api(answer("number_given_back.json"))
    assert not given_back.active
    assert given_back.capabilities == frozenset()
    assert given_back.cost is None
    assert given_back.sms_replies is None
    assert given_back.deallocated == datetime(2025, 12, 1, 7, 52, 15, 1000, UTC)


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
        ("delivered", "soon"),
        ("parts", "1"),
        ("parts", True),
        ("parts", 2**70),
        ("cost", 4040.40),
        ("cost", "404040"),
    ],
)
def test_a_message_is_not_lost_for_an_odd_figure(key: str, value: object) -> None:
    """What cannot be read is not known."""
    assert getattr(message(**{key: value}), key) is None


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
        ("sms_replies", "404040"),
        ("expires", "404040"),
        ("deallocated", "404040"),
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


def test_a_row_of_the_bill_is_read() -> None:
    """What is not known is ignored."""
    assert Billing.from_api(answer("billing.json")) == Billing(
        id="b0123456789abcdef0123456789abcdef",
        created=datetime(2026, 1, 15, 10, 23, 41, 123000, UTC),
        reference="s0231d6d7d6bc14a7e7734e466785c4ce",
        cost=Decimal("0.52"),
        subaccount="a0123456789abcdef0123456789abcdef",
    )


def test_a_row_of_the_bill_needs_no_reference() -> None:
    """Nor a subaccount."""
    row = answer("billing.json") | {"reference": None, "subaccount": None}
    assert Billing.from_api(row).reference is None
    assert Billing.from_api(row).subaccount is None


def test_a_transaction_is_read() -> None:
    """It is money that came in, or went back."""
    assert Transaction.from_api(answer("transaction.json")) == Transaction(
        id="t0123456789abcdef0123456789abcdef",
        created=datetime(2026, 1, 2, 8, 0, tzinfo=UTC),
        details="Card payment",
        amount=Decimal(200),
    )


def test_a_subaccount_is_read() -> None:
    """With the login that it has."""
    assert subaccount() == Subaccount(
        id="a0123456789abcdef0123456789abcdef",
        secret="D81DEF1B65E19A83DBCEA0BE0D89D082",
        name="Home Assistant",
        created=datetime(2026, 1, 15, 10, 18, 7, 625000, UTC),
        usage_limit=Decimal(100),
        used=Decimal("5.2"),
        active=True,
        deactivated=None,
    )


def test_a_closed_subaccount_is_read() -> None:
    """It has no secret, and here the old word for what it used."""
    assert Subaccount.from_api(answer("subaccount_closed.json")) == Subaccount(
        id="a1123456789abcdef0123456789abcdef",
        secret=None,
        name="Doorbell",
        created=datetime(2025, 1, 15, 10, 18, 7, 625000, UTC),
        usage_limit=None,
        used=Decimal("0.35"),
        active=False,
        deactivated=datetime(2025, 12, 1, 7, 52, 15, tzinfo=UTC),
    )


def test_the_secret_of_a_subaccount_is_not_shown() -> None:
    """Not where one is logged, nor where a test fails."""
    shown = f"{subaccount()!r} {subaccount()}"
    assert "D81DEF1B65E19A83DBCEA0BE0D89D082" not in shown
    assert "Home Assistant" in shown


@pytest.mark.parametrize(
    ("fields", "used"),
    [
        pytest.param({}, Decimal("5.2"), id="new word"),
        pytest.param({"balanceused": 0}, Decimal(0), id="nothing"),
        pytest.param({"balanceused": None, "usage": 1}, Decimal("0.0001"), id="old"),
        pytest.param({"balanceused": None}, Decimal(0), id="absent"),
    ],
)
def test_what_a_subaccount_used_is_read(
    fields: dict[str, object], used: Decimal
) -> None:
    """Under either name, and absent before anything is."""
    assert subaccount(**fields).used == used


@pytest.mark.parametrize(
    ("written", "limit"),
    [(1000000, Decimal(100)), (0, Decimal(0)), ("none", None), (None, None)],
)
def test_the_limit_of_a_subaccount_is_read(
    written: object, limit: Decimal | None
) -> None:
    """No limit is none, and not a limit of nothing."""
    assert subaccount(usagelimit=written).usage_limit == limit


def test_a_call_is_read() -> None:
    """With all that was done in it."""
    assert call() == Call(
        id="c0231d6d7d6bc14a7e7734e466785c4ce",
        direction=CallDirection.INCOMING,
        caller="+46701740605",
        callee="+46766861234",
        state=CallState.SUCCESS,
        created=datetime(2026, 1, 15, 10, 40, 14, 609000, UTC),
        start=datetime(2026, 1, 15, 10, 40, 21, tzinfo=UTC),
        duration=32,
        cost=Decimal("1.17"),
        owner="u0123456789abcdef0123456789abcdef",
        actions=(
            {"play": "https://house.example/hello.wav", "result": "ok"},
            {"connect": "+46701740606", "result": "success"},
        ),
        legs=(
            Leg(
                caller="+46766861234",
                callee="+46701740606",
                state=CallState.SUCCESS,
                duration=17,
                cost=Decimal("0.585"),
            ),
            Leg(
                caller="+46766861234",
                callee="+46701740607",
                state=CallState.FAILED,
                duration=None,
                cost=None,
            ),
        ),
        recordings=("c0231d6d7d6bc14a7e7734e466785c4ce-r0",),
    )


def test_a_call_that_nobody_answered_is_read() -> None:
    """It has no start, and nothing was done in it."""
    assert Call.from_api(answer("call_unanswered.json")) == Call(
        id="c1231d6d7d6bc14a7e7734e466785c4ce",
        direction=CallDirection.OUTGOING,
        caller="+46766861234",
        callee="+46701740605",
        state=CallState.FAILED,
        created=datetime(2026, 1, 15, 10, 38, 14, 609873, UTC),
        start=None,
        duration=None,
        cost=None,
        owner=None,
        actions=(),
        legs=(),
        recordings=(),
    )


@pytest.mark.parametrize(
    ("written", "caller"), [("anonymous", "anonymous"), ("", ""), (None, "")]
)
def test_a_caller_may_hide(written: str | None, caller: str) -> None:
    """However 46elks writes it."""
    assert call(**{"from": written}).caller == caller


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("ongoing", CallState.ONGOING),
        ("Success", CallState.SUCCESS),
        ("busy", CallState.BUSY),
        ("failed", CallState.FAILED),
        ("noanswer", CallState.UNKNOWN),
        (None, CallState.UNKNOWN),
    ],
)
def test_the_state_of_a_call_is_read(written: str | None, state: CallState) -> None:
    """In any letter case, and what is new is unknown; so is that of a leg."""
    read = call(state=written, legs=[{"state": written}])
    assert read.state is state
    assert [leg.state for leg in read.legs] == [state]


@pytest.mark.parametrize(
    ("written", "direction"),
    [
        ("Incoming", CallDirection.INCOMING),
        ("outgoing", CallDirection.OUTGOING),
        ("sideways", CallDirection.UNKNOWN),
        (None, CallDirection.UNKNOWN),
    ],
)
def test_the_direction_of_a_call_is_read(
    written: str | None, direction: CallDirection
) -> None:
    """In any letter case, and what is new is unknown."""
    assert call(direction=written).direction is direction


def test_a_leg_may_say_nothing() -> None:
    """A call is not lost for want of it."""
    assert call(legs=[{}]).legs == (
        Leg(caller="", callee="", state=CallState.UNKNOWN, duration=None, cost=None),
    )


def test_an_image_is_read() -> None:
    """What is not known is ignored."""
    assert image() == Image(
        id="m2231d6d7d6bc14a7e7734e466785c4ce-i0",
        message_id="m2231d6d7d6bc14a7e7734e466785c4ce",
        filetype="png",
        size=4200,
        digest="da39a3ee5e6b4b0d3255bfef95601890afd80709",
        created=datetime(2026, 1, 15, 10, 35, 31, 116000, UTC),
    )


def test_an_image_is_part_of_a_message_by_its_id() -> None:
    """Also where 46elks does not say more."""
    bare = image(mmsid=None, filetype=None, bytes=None, digest=None)
    assert bare.message_id == "m2231d6d7d6bc14a7e7734e466785c4ce"
    assert (bare.filetype, bare.size, bare.digest) == (None, None, None)


def test_a_recording_is_read() -> None:
    """What is not known is ignored."""
    assert recording() == Recording(
        id="c0231d6d7d6bc14a7e7734e466785c4ce-r0",
        call_id="c0231d6d7d6bc14a7e7734e466785c4ce",
        created=datetime(2026, 1, 15, 10, 40, 41, 700000, UTC),
        duration=15,
        size=240044,
    )


def test_a_recording_is_part_of_a_call_by_its_id() -> None:
    """Also where 46elks says no more than it documents."""
    bare = recording(callid=None, bytes=None, duration=None)
    assert bare.call_id == "c0231d6d7d6bc14a7e7734e466785c4ce"
    assert (bare.size, bare.duration) == (None, None)


@pytest.mark.parametrize(
    ("read", "key", "value"),
    [
        (call, "id", None),
        (call, "to", None),
        (call, "from", 404040),
        (call, "created", None),
        (call, "start", "404040"),
        (call, "duration", "404040"),
        (call, "actions", "404040"),
        (call, "legs", ["404040"]),
        (call, "recordings", [404040]),
        (image, "id", None),
        (image, "created", None),
        (image, "mmsid", 404040),
        (image, "bytes", "404040"),
        (recording, "id", None),
        (recording, "created", "404040"),
        (recording, "duration", "404040"),
        (subaccount, "id", None),
        (subaccount, "secret", 404040),
        (subaccount, "usagelimit", "404040"),
        (subaccount, "balanceused", "404040"),
        (subaccount, "active", "404040"),
    ],
)
def test_anything_with_a_wrong_field_is_refused(
    read: Callable[..., object], key: str, value: object
) -> None:
    """The error names the field and keeps its value to itself."""
    with pytest.raises(ElksInvalidDataError, match=f"'{key}'") as caught:
        read(**{key: value})
    assert "4040" not in str(caught.value)
