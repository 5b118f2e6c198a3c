"""Tests of texts and picture messages."""

from base64 import b64encode
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
import json

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks46.api import (
    ElksClient,
    ElksInvalidDataError,
    ElksServerError,
    IncomingMessage,
    Message,
    MessageDirection,
    MessageKind,
    MessageStatus,
)

from . import Elks, answer, answer_text, asked_delete, asked_get, asked_post, page

SMS_ID = "s0231d6d7d6bc14a7e7734e466785c4ce"
MMS_ID = "m0231d6d7d6bc14a7e7734e466785c4ce"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


async def test_a_text_is_sent(client: ElksClient, elks: Elks) -> None:
    """Nothing is said that was not asked for."""
    elks.answers(answer_text("sms_sent.json"))
    sent = await client.messages.send_sms(
        recipient="+46701740605", text="Dörren är öppen", sender="Villan"
    )
    assert sent == Message.from_api(answer("sms_sent.json"), MessageKind.SMS)
    assert elks.asked == [
        asked_post(
            "/a1/sms",
            {"from": "Villan", "to": "+46701740605", "message": "Dörren är öppen"},
        )
    ]


async def test_a_text_is_sent_with_everything(client: ElksClient, elks: Elks) -> None:
    """Whatever 46elks can do to a text."""
    elks.answers(answer_text("sms_dry_run.json"))
    sent = await client.messages.send_sms(
        recipient="+46701740605",
        text="50 % & mer = 100 €\n🫎",
        sender="Villan",
        delivery_url="https://house.example/api/webhook/abc?kind=delivery&ref=01J",
        flash=True,
        dry_run=True,
        private=True,
    )
    assert sent.id is None
    assert elks.asked == [
        asked_post(
            "/a1/sms",
            {
                "from": "Villan",
                "to": "+46701740605",
                "message": "50 % & mer = 100 €\n🫎",
                "whendelivered": "https://house.example/api/webhook/abc?kind=delivery&ref=01J",
                "flashsms": "yes",
                "dryrun": "yes",
                "dontlog": "message",
            },
        )
    ]


async def test_half_a_surrogate_pair_is_sent_as_a_question_mark(
    client: ElksClient, elks: Elks
) -> None:
    """A text with a slip in it is still a text."""
    elks.answers(answer_text("sms_sent.json"))
    await client.messages.send_sms(recipient="+46701740605", text="a\ud83d", sender="V")
    assert elks.asked[0].form["message"] == "a?"


async def test_a_text_answered_by_a_list_of_one_is_accepted(
    client: ElksClient, elks: Elks
) -> None:
    """46elks answered so when it took several recipients."""
    elks.answers(f"[{answer_text('sms_sent.json')}]")
    sent = await client.messages.send_sms(
        recipient="+46701740605", text="a", sender="V"
    )
    assert sent.id == SMS_ID


async def test_a_text_is_asked_for(client: ElksClient, elks: Elks) -> None:
    """It tells how far it has come."""
    elks.answers(answer_text("sms_delivered.json"))
    message = await client.messages.get_sms(SMS_ID)
    assert message.status is MessageStatus.DELIVERED
    assert elks.asked == [asked_get(f"/a1/sms/{SMS_ID}")]


async def test_a_text_is_deleted(client: ElksClient, elks: Elks) -> None:
    """46elks says when."""
    elks.answers(answer_text("deleted.json"))
    deleted = await client.messages.delete_sms(SMS_ID)
    assert deleted == datetime(2026, 1, 15, 11, 40, 22, 109482, UTC)
    assert elks.asked == [asked_delete(f"/a1/sms/{SMS_ID}")]


@pytest.mark.parametrize(
    "body", ["", "{}", '{"deleted": null}', '{"deleted": "yes"}', '{"deleted": 1}']
)
async def test_a_deletion_need_not_say_when(
    client: ElksClient, elks: Elks, body: str
) -> None:
    """What is gone is gone."""
    elks.answers(body)
    assert await client.messages.delete_sms(SMS_ID) is None


async def test_a_deletion_is_not_asked_for_again(
    client: ElksClient, elks: Elks
) -> None:
    """Only a GET is."""
    elks.answers("", 500)
    with pytest.raises(ElksServerError):
        await client.messages.delete_sms(SMS_ID)
    assert elks.asked == [asked_delete(f"/a1/sms/{SMS_ID}")]


@pytest.mark.parametrize("rows", [[None], [{}], [{"id": "s1", "from": 46}]])
async def test_a_history_can_be_asked_to_be_complete(
    client: ElksClient, elks: Elks, rows: list[object]
) -> None:
    """Where a text that is not found would be sent, and billed, once more."""
    for _ in ("sms", "mms"):
        elks.answers(json.dumps({"data": rows}))
    for history in (client.messages.sms_history, client.messages.mms_history):
        with pytest.raises(ElksInvalidDataError, match="'from'"):
            await anext(history(None, complete=True))
    assert elks.asked == [asked_get("/a1/sms"), asked_get("/a1/mms")]


async def test_a_picture_message_is_sent(client: ElksClient, elks: Elks) -> None:
    """The image goes as it is, and the answer has no status."""
    image = "data:image/png;base64," + b64encode(PICTURE).decode()
    elks.answers(answer_text("mms_sent.json"))
    sent = await client.messages.send_mms(
        recipient="+46701740605", sender="noreply", text="Vem är det här?", image=image
    )
    assert sent == Message.from_api(answer("mms_sent.json"), MessageKind.MMS)
    assert sent.status is MessageStatus.UNKNOWN
    assert elks.asked == [
        asked_post(
            "/a1/mms",
            {
                "from": "noreply",
                "to": "+46701740605",
                "message": "Vem är det här?",
                "image": image,
            },
        )
    ]


@pytest.mark.parametrize(
    ("text", "image", "form"),
    [
        pytest.param("Hej", None, {"message": "Hej"}, id="text"),
        pytest.param(
            None,
            "https://house.example/a.jpg?b=c",
            {"image": "https://house.example/a.jpg?b=c"},
            id="image",
        ),
        pytest.param("", "", {}, id="nothing, for 46elks to refuse"),
    ],
)
async def test_a_picture_message_is_sent_without_the_one_or_the_other(
    client: ElksClient,
    elks: Elks,
    text: str | None,
    image: str | None,
    form: dict[str, str],
) -> None:
    """What is not there is not sent."""
    elks.answers(answer_text("mms_sent.json"))
    await client.messages.send_mms(
        recipient="+46701740605", sender="+46766861234", text=text, image=image
    )
    people = {"from": "+46766861234", "to": "+46701740605"}
    assert elks.asked == [asked_post("/a1/mms", people | form)]


async def test_a_large_picture_is_sent(client: ElksClient, elks: Elks) -> None:
    """Aiohttp warns of megabytes in one piece, and a warning is an error here."""
    image = "data:image/png;base64," + "+/A=" * 500_000
    elks.answers(answer_text("mms_sent.json"))
    await client.messages.send_mms(
        recipient="+46701740605", sender="noreply", text=None, image=image
    )
    assert elks.asked[0].form["image"] == image


async def test_a_picture_message_is_sent_once(client: ElksClient, elks: Elks) -> None:
    """It costs money."""
    elks.answers("", 500)
    with pytest.raises(ElksServerError) as caught:
        await client.messages.send_mms(
            recipient="+46701740605", sender="noreply", text="Hej", image=None
        )
    assert caught.value.outcome_unknown
    assert len(elks.asked) == 1


async def test_a_picture_message_is_asked_for(client: ElksClient, elks: Elks) -> None:
    """It tells how far it has come."""
    elks.answers(answer_text("mms_delivered.json"))
    message = await client.messages.get_mms(MMS_ID)
    assert message.status is MessageStatus.DELIVERED
    assert message.images == (f"{MMS_ID}-i0",)
    assert elks.asked == [asked_get(f"/a1/mms/{MMS_ID}")]


async def test_the_history_of_picture_messages_is_read(
    client: ElksClient, elks: Elks
) -> None:
    """From all pages, in both directions."""
    elks.answers(page("mms_incoming.json", next_start="2026-01-15T10:31:00"))
    elks.answers(page("mms_sent.json"))
    messages = [message async for message in client.messages.mms_history(None)]
    assert [(message.kind, message.text) for message in messages] == [
        (MessageKind.MMS, None),
        (MessageKind.MMS, "Vem är det här?"),
    ]
    assert elks.asked == [
        asked_get("/a1/mms"),
        asked_get("/a1/mms", start="2026-01-15T10:31:00"),
    ]


async def test_a_picture_message_is_deleted(client: ElksClient, elks: Elks) -> None:
    """46elks says when."""
    elks.answers(answer_text("deleted.json"))
    deleted = await client.messages.delete_mms(MMS_ID)
    assert deleted == datetime(2026, 1, 15, 11, 40, 22, 109482, UTC)
    assert elks.asked == [asked_delete(f"/a1/mms/{MMS_ID}")]


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
        ("parts", "1.0"),
        ("parts", "١"),
        ("parts", "1" * 16),
        ("parts", True),
        ("parts", 2**70),
        ("cost", 4040.40),
        ("cost", "4040.40"),
    ],
)
def test_a_message_is_not_lost_for_an_odd_figure(key: str, value: object) -> None:
    """What cannot be read is not known."""
    assert getattr(message(**{key: value}), key) is None
