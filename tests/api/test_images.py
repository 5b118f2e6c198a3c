"""Tests of the images of picture messages."""

from datetime import UTC, datetime

import pytest
from yarl import URL

from custom_components.elks46.api import (
    ElksClient,
    ElksInvalidDataError,
    ElksRequestError,
    Image,
)

from . import Elks, answer, answer_text, asked_get, page

IMAGE_ID = "m2231d6d7d6bc14a7e7734e466785c4ce-i0"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def image(**fields: object) -> Image:
    """Return an image of which some fields are different, or absent where None."""
    return Image.from_api(answer("image.json") | fields)


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


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("created", None),
        ("mmsid", 404040),
        ("bytes", "4040 B"),
    ],
)
def test_an_image_with_a_wrong_field_is_refused(key: str, value: object) -> None:
    """The error names the field and keeps its value to itself."""
    with pytest.raises(ElksInvalidDataError, match=f"'{key}'") as caught:
        image(**{key: value})
    assert "4040" not in str(caught.value)


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
