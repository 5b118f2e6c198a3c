"""A message that a caller leaves, between real processes: it opens in the media browser."""

import asyncio
from functools import partial
from io import BytesIO
import wave

import aiohttp

from demo.house import Home
from tests import data_url
from tests.calls import Phones, chirp

from . import ERIK, NUMBER, PATIENCE, Account
from .test_calls import best_match, samples

SELECT = f"select.{NUMBER.strip('+')}_call_handling"
SECONDS = 2


async def test_message_of_caller_opens_in_media_browser(
    account: Account, home: Home
) -> None:
    """What was said after the beep is what is heard, and the event is no earlier than the sound."""
    phones = Phones(account.phones)
    await home.run("select.select_option", entity_id=SELECT, option="voicemail")
    async with home.events("elks46_recording") as events:
        await phones.stop_clock()
        rung = await account.phones.control(
            "POST", f"handsets/{ERIK}/calls", {"to": NUMBER}
        )
        call_id = str(rung["call_id"])
        await phones.to_recording(call_id)
        said = data_url(chirp(SECONDS), "audio/wav")
        await phones.do(call_id, "audio", audio=said)
        await phones.run_clock()
        async with asyncio.timeout(PATIENCE):
            event = await anext(events)
    assert (event["call_id"], event["contact"]) == (call_id, "Erik")
    assert event["voicemail"]

    browse = partial(home.ask, "media_source/browse_media")
    found = await browse(media_content_id="media-source://elks46")
    for title in (NUMBER, "Erik"):
        (folder,) = (one for one in found["children"] if one["title"] == title)
        found = await browse(media_content_id=folder["media_content_id"])
    shown = [one["media_content_id"] for one in found["children"]]
    assert shown[0] == event["media_content_id"]

    media = await home.ask("media_source/resolve_media", media_content_id=shown[0])
    assert media["mime_type"] == "audio/wav"
    async with (
        aiohttp.ClientSession(account.town.house.url) as session,
        session.get(media["url"]) as response,
    ):
        content = await response.read()
    with wave.open(BytesIO(content)) as file:
        assert file.getnchannels() == 1
    like, _ = await asyncio.to_thread(
        best_match, samples(content), samples(chirp(SECONDS))
    )
    assert like > 0.99
