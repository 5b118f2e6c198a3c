"""Pictures both ways between real processes: a camera's on a phone, a phone's in the media browser."""

import asyncio
from functools import partial

import aiohttp

from demo.house import Home
from tests import Json, data_url, drawn

from . import ANNA, ERIK, NUMBER, PATIENCE, Account, eventually

FLOWS = "config/config_entries/flow"
PICTURE = drawn(640, 480, "JPEG")
OTHER_PICTURE = drawn(32, 32, "GIF")


async def install_camera(account: Account, home: Home) -> None:
    """Let a file be what a camera sees, as a person does it."""
    path = account.town.house.process.output.parent / "www" / "door.jpg"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(PICTURE)
    form = await home.post(FLOWS, {"handler": "local_file"})
    await home.post(f"{FLOWS}/{form['flow_id']}", {"file_path": str(path)})


async def pictures(account: Account, phone: str) -> list[Json]:
    """Return the pictures that came to a phone, and the words with them."""
    return [
        {key: text[key] for key in ("from", "message", "images")}
        for text in await account.phones.texts(phone)
        if text["direction"] == "incoming" and text["images"]
    ]


async def test_picture_of_camera_reaches_handset_as_it_is(
    account: Account, home: Home
) -> None:
    """What the camera sees is on the phone, to the last byte."""
    await install_camera(account, home)

    answer = await home.answer(
        "elks46.send_mms", to=ANNA, message="Who is it?", image="camera.door"
    )

    (row,) = answer["messages"]
    assert (row["to"], row["status"]) == (ANNA, "created")
    assert await pictures(account, ANNA) == [
        {
            "from": NUMBER,
            "message": "Who is it?",
            "images": [data_url(PICTURE, "image/jpeg")],
        }
    ]


async def test_picture_of_handset_opens_in_media_browser(
    account: Account, home: Home
) -> None:
    """An event names it, the media browser leads to it, and it opens there to the last byte."""
    message = {
        "to": NUMBER,
        "message": "Look!",
        "images": [data_url(OTHER_PICTURE, "image/gif")],
    }
    async with home.events("elks46_mms_received") as events:
        await account.phones.control("POST", f"handsets/{ERIK}/messages", message)
        async with asyncio.timeout(PATIENCE):
            event = await anext(events)
    assert (event["contact"], event["message"]) == ("Erik", "Look!")

    browse = partial(home.ask, "media_source/browse_media")
    found = await browse(media_content_id="media-source://elks46")
    for title in (NUMBER, "Erik"):
        (folder,) = (one for one in found["children"] if one["title"] == title)
        found = await browse(media_content_id=folder["media_content_id"])
    shown = [one["media_content_id"] for one in found["children"]]
    assert event["images"] == shown[:1]

    media = await home.ask("media_source/resolve_media", media_content_id=shown[0])
    assert media["mime_type"] == "image/gif"
    async with (
        aiohttp.ClientSession(account.town.house.url) as session,
        session.get(media["url"]) as response,
    ):
        assert await response.read() == OTHER_PICTURE


async def test_picture_of_handset_is_passed_on(account: Account, home: Home) -> None:
    """The number's last picture is one that can be sent."""
    message = {
        "to": NUMBER,
        "message": "",
        "images": [data_url(OTHER_PICTURE, "image/gif")],
    }
    async with home.events("elks46_mms_received") as events:
        await account.phones.control("POST", f"handsets/{ERIK}/messages", message)
        async with asyncio.timeout(PATIENCE):
            event = await anext(events)
    entity_id = f"image.{NUMBER.strip('+')}_last_picture"
    await eventually(lambda: home.state(entity_id))

    await home.answer("elks46.send_mms", to=ANNA, image=[entity_id, *event["images"]])

    sent = [one["images"] for one in await pictures(account, ANNA)]
    assert sent == [[data_url(OTHER_PICTURE, "image/gif")]] * 2
