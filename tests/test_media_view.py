"""Where 46elks fetches what it plays, over real sockets."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from unittest.mock import patch

import aiohttp
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46 import stage
from custom_components.elks46.audio import silence
from custom_components.elks46.records import Audio
from custom_components.elks46.stage import async_stage

from . import change_options, pass_time

SOUND = silence(0.5)
SIZE = len(SOUND.content)
HOUR = timedelta(hours=1)

type Answer = tuple[int, bytes, Mapping[str, str]]


async def ask(address: str | None, method: str = "GET", **headers: str) -> Answer:
    """Ask for an address as 46elks does, and return all of the answer."""
    assert address
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method,
            address,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        ) as response,
    ):
        return response.status, await response.read(), response.headers


@pytest.fixture
def address(hass: HomeAssistant, integration: MockConfigEntry) -> str:
    """Return where a sound is served for an hour."""
    token = async_stage(hass).async_offer(SOUND, lifetime=HOUR)
    return str(integration.runtime_data.address.media_url(token))


async def test_a_sound_is_served(address: str) -> None:
    """Whole, with its kind and length, and nobody may keep it."""
    status, body, headers = await ask(address)

    assert (status, body) == (HTTPStatus.OK, SOUND.content)
    assert headers["Content-Type"] == "audio/wav"
    assert headers["Content-Length"] == str(SIZE)
    assert headers["Cache-Control"] == "no-store"


async def test_a_player_may_look_first(address: str) -> None:
    """It is told the same, without the sound."""
    status, body, headers = await ask(address, "HEAD")

    assert (status, body) == (HTTPStatus.OK, b"")
    assert headers["Content-Type"] == "audio/wav"
    assert headers["Content-Length"] == str(SIZE)


@pytest.mark.parametrize(
    ("mime_type", "ending"),
    [("audio/wav", ".wav"), ("audio/mpeg", ".mp3"), ("audio/ogg", ".ogg"), ("a/b", "")],
)
async def test_an_address_ends_like_its_sound(
    hass: HomeAssistant, integration: MockConfigEntry, mime_type: str, ending: str
) -> None:
    """It is found without the ending too."""
    sound = Audio(content=b"1", mime_type=mime_type, duration=1)
    token = async_stage(hass).async_offer(sound, lifetime=HOUR)
    bare = token.removesuffix(ending)
    media_url = integration.runtime_data.address.media_url

    assert "." not in bare
    for name in (token, bare):
        status, body, headers = await ask(media_url(name))
        assert (status, body, headers["Content-Type"]) == (200, b"1", mime_type)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=44-", 44, SIZE - 1),
        ("bytes=-10", SIZE - 10, SIZE - 1),
        ("bytes=-999999", 0, SIZE - 1),
        ("bytes=100-999999", 100, SIZE - 1),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE - 1),
    ],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_player_may_ask_for_a_part(
    address: str, method: str, asked: str, first: int, last: int
) -> None:
    """As some do for the head of a file."""
    status, body, headers = await ask(address, method, Range=asked)

    part = SOUND.content[first : last + 1]
    assert status == HTTPStatus.PARTIAL_CONTENT
    assert body == (part if method == "GET" else b"")
    assert headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert headers["Content-Length"] == str(len(part))


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=999999-9999999"])
async def test_a_part_that_is_not_there_is_refused(address: str, asked: str) -> None:
    """With the length, so that the player knows better."""
    status, body, headers = await ask(address, Range=asked)

    assert (status, body) == (HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, b"")
    assert headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Range": "bytes=0-1,5-6"}, id="several parts"),
        pytest.param({"Range": "bytes=5-1"}, id="backwards"),
        pytest.param({"Range": "lines=1-2"}, id="of something else"),
        pytest.param({"Range": "bytes=-"}, id="nonsense"),
        pytest.param({"Range": "bytes=0-9", "If_Range": '"x"'}, id="of another sound"),
    ],
)
async def test_who_asks_strangely_gets_all(
    address: str, headers: dict[str, str]
) -> None:
    """That is an answer too."""
    assert (await ask(address, **headers))[:2] == (HTTPStatus.OK, SOUND.content)


async def test_what_is_not_there_gives_no_word_why(
    hass: HomeAssistant, integration: MockConfigEntry, address: str
) -> None:
    """Never offered, nothing like a token, withdrawn or expired: all the same."""
    base = address.rpartition("/")[0]
    withdrawn = async_stage(hass).async_offer(SOUND, lifetime=HOUR)
    async_stage(hass).async_withdraw(withdrawn)
    async_stage(hass).async_withdraw(withdrawn)
    expired = async_stage(hass).async_offer(SOUND, lifetime=timedelta(minutes=1))
    await pass_time(hass, minutes=2)

    for name in ("x" * 43, "x", ".wav", withdrawn, expired, "a%20b"):
        for method in ("GET", "HEAD"):
            status, body, headers = await ask(f"{base}/{name}", method)
            nothing = b"404: Not Found" if method == "GET" else b""
            assert (status, body) == (HTTPStatus.NOT_FOUND, nothing)
            assert "Content-Range" not in headers
    assert (await ask(address))[0] == HTTPStatus.OK


async def test_nobody_puts_anything_there(address: str) -> None:
    """It is a door to fetch at."""
    for method in ("POST", "PUT", "DELETE"):
        assert (await ask(address, method))[0] == HTTPStatus.NOT_FOUND


async def test_a_call_goes_on_while_its_account_is_set_up_anew(
    hass: HomeAssistant, integration: MockConfigEntry, address: str
) -> None:
    """Changed options, contacts and numbers end no live call."""
    await change_options(hass, integration, keep_text=False)
    assert (await ask(address))[:2] == (HTTPStatus.OK, SOUND.content)

    await hass.config_entries.async_unload(integration.entry_id)
    assert (await ask(address))[:2] == (HTTPStatus.OK, SOUND.content)


async def test_many_calls_fetch_at_once(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """All hear it whole."""
    sound = silence(60)
    token = async_stage(hass).async_offer(sound, lifetime=HOUR)
    address = integration.runtime_data.address.media_url(token)

    answers = await asyncio.gather(*(ask(address) for _ in range(16)))

    assert {(status, body) for status, body, _ in answers} == {(200, sound.content)}


async def test_what_is_held_has_an_end(hass: HomeAssistant) -> None:
    """What is on the stage stays; the next is refused before anybody is called."""
    held = async_stage(hass)
    with patch.object(stage, "BYTES_AT_MOST", 2 * SIZE):
        first = held.async_offer(SOUND, lifetime=HOUR)
        second = held.async_offer(silence(0.5), lifetime=HOUR)
        assert held.size == 2 * SIZE
        with pytest.raises(HomeAssistantError) as error:
            held.async_offer(silence(0), lifetime=HOUR)

        assert error.value.translation_key == "audio_crowded"
        assert held.size == 2 * SIZE
        held.async_withdraw(second)
        held.async_offer(silence(0), lifetime=HOUR)
    assert held.async_find(first) is SOUND


async def test_a_sound_for_many_calls_is_held_once(hass: HomeAssistant) -> None:
    """Each has an address of its own, so that each can end by itself."""
    held = async_stage(hass)

    tokens = {held.async_offer(SOUND, lifetime=HOUR) for _ in range(5)}

    assert len(tokens) == 5
    assert held.size == SIZE
    for token in tokens:
        held.async_withdraw(token)
    assert held.size == 0


async def test_what_expires_is_let_go(hass: HomeAssistant) -> None:
    """Also if nobody says that the call is over."""
    async_stage(hass).async_offer(SOUND, lifetime=timedelta(minutes=1))
    await pass_time(hass, minutes=2)

    assert async_stage(hass).size == 0
