"""Tests of texts, picture messages and their images."""

from base64 import b64encode
from datetime import UTC, datetime
import json

import pytest
from yarl import URL

from custom_components.elks46.api import (
    ElksClient,
    ElksInvalidDataError,
    ElksRequestError,
    ElksServerError,
    Image,
    Message,
    MessageKind,
    MessageStatus,
)

from . import Elks, answer, answer_text, asked_delete, asked_get, asked_post, page

SMS_ID = "s0231d6d7d6bc14a7e7734e466785c4ce"
MMS_ID = "m0231d6d7d6bc14a7e7734e466785c4ce"
IMAGE_ID = "m2231d6d7d6bc14a7e7734e466785c4ce-i0"
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


async def test_images_are_listed(client: ElksClient, elks: Elks) -> None:
    """Newest first, as all that is history."""
    elks.answers(page("image.json"))
    images = [image async for image in client.images.history(None)]
    assert images == [Image.from_api(answer("image.json"))]
    assert elks.asked == [asked_get("/a1/images")]


async def test_an_image_is_asked_for(client: ElksClient, elks: Elks) -> None:
    """It tells what it is, not what it shows."""
    elks.answers(answer_text("image.json"))
    image = await client.images.get(IMAGE_ID)
    assert image == Image.from_api(answer("image.json"))
    assert elks.asked == [asked_get(f"/a1/images/{IMAGE_ID}")]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("{id}", id="id"),
        pytest.param("{api}/images/{id}.jpg", id="address"),
        pytest.param("{api}/images/{id}", id="address without ending"),
        pytest.param("{api}/images/{id}.png", id="address with another ending"),
        pytest.param("{api}/Images/{id}.jpg", id="address in capitals"),
        pytest.param("{api}/images/{id}.jpg?to=+46#x", id="address with a query"),
    ],
)
async def test_an_image_is_downloaded(
    client: ElksClient, elks: Elks, api_url: str, address: str
) -> None:
    """By the name that 46elks gives all images, whatever they are."""
    elks.answers_with_file(PICTURE)
    url_or_id = address.format(api=api_url, id=IMAGE_ID)
    assert await client.images.download(url_or_id) == PICTURE
    assert elks.asked == [asked_get(f"/a1/images/{IMAGE_ID}.jpg")]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://evil.example/a1/images/{id}.jpg", id="host"),
        pytest.param("http://{host}:1/a1/images/{id}.jpg", id="port"),
        pytest.param("https://{host}:{port}/a1/images/{id}.jpg", id="scheme"),
        pytest.param("//{host}:{port}/a1/images/{id}.jpg", id="no scheme"),
        pytest.param("/a1/images/{id}.jpg", id="no host"),
        pytest.param("http://{host}:{port}@evil.example/a1/images/{id}", id="login"),
        pytest.param("http://{host}:99999/a1/images/{id}.jpg", id="no port"),
        pytest.param("http://[/a1/images/{id}.jpg", id="no address"),
        pytest.param("http://{host}:{port}/a2/images/{id}.jpg", id="version"),
        pytest.param("http://{host}:{port}/a1/images/{id}/x.jpg", id="step too many"),
        pytest.param("http://{host}:{port}/a1/sms/{id}", id="collection"),
        pytest.param("http://{host}:{port}/a1/images/../sms/{id}", id="step up"),
        pytest.param("http://{host}:{port}/a1/SMS/POST?to=%2B46&from=V", id="send"),
    ],
)
async def test_an_address_of_somewhere_else_is_not_asked(
    client: ElksClient, elks: Elks, api_url: str, address: str
) -> None:
    """The login is for 46elks alone, and a stranger does not choose what is asked."""
    home = URL(api_url)
    url = address.format(host=home.host, port=home.port, id=IMAGE_ID)
    with pytest.raises(ElksInvalidDataError, match="images") as caught:
        await client.images.download(url)
    assert not caught.value.outcome_unknown
    assert "evil" not in str(caught.value)
    assert elks.asked == []


async def test_an_image_at_an_address_stays_one_step_of_the_path(
    client: ElksClient, elks: Elks, api_url: str
) -> None:
    """A step that is hidden in its name is no step."""
    elks.answers_with_file(PICTURE)
    await client.images.download(f"{api_url}/images/m1%2F%2E%2E%2Fme")
    assert elks.asked == [asked_get("/a1/images/m1%2F.jpg")]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_download_follows_no_redirect(
    client: ElksClient, elks: Elks, api_url: str, status: int
) -> None:
    """Whoever is at the other end gets nothing."""
    elks.answers("", status, {"Location": f"{api_url}/elsewhere"})
    with pytest.raises(ElksInvalidDataError, match=str(status)):
        await client.images.download(IMAGE_ID)
    assert len(elks.asked) == 1


async def test_a_download_is_asked_for_again_until_46elks_is_well(
    client: ElksClient, elks: Elks
) -> None:
    """It costs nothing."""
    elks.answers("", 503)
    elks.breaks_off()
    elks.answers_with_file(PICTURE)
    assert await client.images.download(IMAGE_ID) == PICTURE
    assert elks.asked == [asked_get(f"/a1/images/{IMAGE_ID}.jpg")] * 3


async def test_a_download_may_have_so_many_bytes(
    client: ElksClient, elks: Elks
) -> None:
    """One more is too many."""
    elks.answers_with_file(PICTURE)
    elks.answers_with_file(PICTURE)
    limit = len(PICTURE)
    assert await client.images.download(IMAGE_ID, max_bytes=limit) == PICTURE
    with pytest.raises(ElksInvalidDataError, match="too long"):
        await client.images.download(IMAGE_ID, max_bytes=limit - 1)


async def test_an_image_that_is_not_there_is_an_error(
    client: ElksClient, elks: Elks
) -> None:
    """Not a picture of what 46elks says about it."""
    elks.answers("Not found", 404)
    with pytest.raises(ElksRequestError, match="Not found"):
        await client.images.download(IMAGE_ID)
