"""The door where 46elks brings the voice of calls, over real sockets."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from http import HTTPStatus
import logging
from typing import Any, Final
from unittest.mock import patch

import aiohttp
from aiohttp.web import Request, WebSocketResponse
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.api.realtime import Hello
from custom_components.elks46.tickets import async_get
from custom_components.elks46.voice import session as session_module, view
from custom_components.elks46.voice.session import Attendant, CallEnd, CallSession

from . import Json, change_options
from .traces import leaving_nothing
from .voice import (
    BYE,
    CALL_ID,
    GARBAGE,
    HANGUP,
    HELLO,
    LISTENING,
    LONG,
    SENDING,
    SYNC,
    Peer,
    noise,
    played,
)

TASK: Final = "elks46 voice call"
# What asks for a socket; who has no token gets none.
UPGRADE: Final = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


@asynccontextmanager
async def calling(url: str) -> AsyncGenerator[Peer]:
    """Open a socket as 46elks does."""
    async with aiohttp.ClientSession() as client, client.ws_connect(url) as socket:
        yield Peer(socket)


async def status(url: str, **headers: str) -> int:
    """Return how the door answers one who is no socket."""
    async with (
        aiohttp.ClientSession() as client,
        client.get(f"http{url.removeprefix('ws')}", headers=headers) as response,
    ):
        await response.read()
        return response.status


async def refused(url: str) -> int:
    """Return the status with which the door refuses a socket."""
    async with aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await client.ws_connect(url)
    return error.value.status


def voice_calls() -> list[asyncio.Task[Any]]:
    """Return the calls that are going on."""
    return [task for task in asyncio.all_tasks() if task.get_name() == TASK]


async def calls_over() -> None:
    """Wait until no call is left."""
    async with asyncio.timeout(LONG):
        await asyncio.gather(*voice_calls())


class Talk:
    """An attendant that notes what happens to it."""

    def __init__(self) -> None:
        """Have nobody to talk with."""
        self.sessions: list[CallSession] = []
        self.heard: list[bytes] = []
        self.ends: list[CallEnd | None] = []
        self.begun = asyncio.Event()
        self.over = asyncio.Event()

    async def attend(self, session: CallSession) -> None:
        """Greet, and listen until the call ends."""
        self.sessions.append(session)
        await session.listen()
        self.begun.set()
        try:
            await session.play(noise(640))
            self.heard += [sound async for sound in session.microphone()]
            self.ends.append(session.end)
        finally:
            self.over.set()


@pytest.fixture
def url(integration: MockConfigEntry) -> str:
    """Return where 46elks brings calls."""
    address: str = integration.runtime_data.address.voice_url
    return address


@pytest.fixture
def expect(
    hass: HomeAssistant, integration: MockConfigEntry
) -> Callable[[Attendant], None]:
    """Return what leaves a ticket for the call of the tests."""

    def leave(attendant: Attendant) -> None:
        async_get(hass, integration.entry_id).leave(CALL_ID, attendant, "attendant")

    return leave


type Expect = Callable[[Attendant], None]
type Unharmed = Callable[[], AbstractAsyncContextManager[object]]


@pytest.fixture
def unharmed(url: str, expect: Expect) -> Unharmed:
    """Return what sees that whatever happens leaves no task and no socket, and that the next call is taken."""

    @asynccontextmanager
    async def unharmed() -> AsyncGenerator[None]:
        async with leaving_nothing():
            yield
        talk = Talk()
        expect(talk.attend)
        async with calling(url) as peer:
            await converse(peer)
            await peer.say(HANGUP)
            assert await peer.hear_the_end() == []
        await calls_over()
        assert talk.ends == [CallEnd.HANGUP]

    return unharmed


async def converse(peer: Peer) -> None:
    """Say hello, and hear the greeting to its end."""
    await peer.say(HELLO)
    assert await peer.hear() == LISTENING
    assert played(await peer.hear_until(SYNC)) == noise(640)
    await peer.say(SYNC)


async def test_a_call_reaches_whom_it_is_for(url: str, expect: Expect) -> None:
    """It talks, listens, and ends in order when the caller hangs up."""
    talk = Talk()
    expect(talk.attend)
    async with calling(url) as peer:
        await converse(peer)
        await peer.speak(b"1234")
        await peer.say(HANGUP)

        assert await peer.hear_the_end() == []
    await calls_over()
    assert talk.sessions[0].call
    assert talk.sessions[0].call.call_id == CALL_ID
    assert talk.heard == [b"1234"]
    assert talk.ends == [CallEnd.HANGUP]


async def test_the_house_says_goodbye_when_it_has_talked(
    url: str, expect: Expect
) -> None:
    """46elks goes on with the call as it was told."""

    async def greet(session: CallSession) -> None:
        assert await session.play(noise(640))

    expect(greet)
    async with calling(url) as peer:
        await peer.say(HELLO)
        await peer.hear_until(SYNC)
        await peer.say(SYNC)

        assert await peer.hear_the_end() == [BYE]
        assert peer.socket.close_code == aiohttp.WSCloseCode.OK
    await calls_over()


async def test_a_call_that_nobody_expects_is_told_goodbye(
    url: str, expect: Expect
) -> None:
    """Without a ticket, with that of another call, and with one that was used."""
    expect(Talk().attend)
    for hello in (HELLO | {"callid": "c1"}, HELLO):
        async with calling(url) as peer:
            await peer.say(hello)
            assert await peer.hear() in (BYE, LISTENING)
    async with calling(url) as peer:
        await peer.say(HELLO)
        assert await peer.hear_the_end() == [BYE]
    await calls_over()


async def test_one_who_does_not_say_hello_is_told_goodbye(
    url: str, unharmed: Unharmed
) -> None:
    """After a while, or when they speak another language; twenty at once keep nobody out."""

    async def be_silent() -> list[Json]:
        async with calling(url) as peer:
            return await peer.hear_the_end()

    async with unharmed():
        with patch.object(session_module, "HELLO_SECONDS", 0.1):
            heard = await asyncio.gather(*(be_silent() for _ in range(20)))
        async with calling(url) as peer:
            for _ in range(session_module.GARBAGE_AT_MOST + 1):
                await peer.socket.send_bytes(b"GET / HTTP/1.1")
            assert await peer.hear_the_end() == []

    assert heard == [[BYE]] * 20


@pytest.mark.parametrize("frame", GARBAGE)
@pytest.mark.parametrize("first", [(), (HELLO,)], ids=["a stranger", "in a call"])
async def test_who_talks_garbage_for_long_is_hung_up_on(
    url: str,
    expect: Expect,
    unharmed: Unharmed,
    first: tuple[Json, ...],
    frame: str,
) -> None:
    """Nonsense of each kind, before hello and after it; whoever talked with them is let go."""
    talk = Talk()
    async with unharmed():
        expect(talk.attend)
        async with calling(url) as peer:
            await peer.say(*first)
            with suppress(ConnectionError):
                for _ in range(session_module.GARBAGE_AT_MOST + 2):
                    await peer.socket.send_str(frame)
            await peer.hear_the_end()

    assert talk.ends[: len(first)] == [CallEnd.GARBAGE] * len(first)


@pytest.mark.parametrize("token", ["x", "0" * 64, "%C3%A5", "a%20b", "%00", "x" * 4000])
async def test_a_wrong_token_gets_no_word_why(url: str, token: str) -> None:
    """Whether a socket is asked for or not."""
    wrong = f"{url.rpartition('/')[0]}/{token}"

    assert await refused(wrong) == HTTPStatus.NOT_FOUND
    assert await status(wrong) == HTTPStatus.NOT_FOUND


async def test_wrong_tokens_are_cheap(
    url: str, unharmed: Unharmed, caplog: pytest.LogCaptureFixture
) -> None:
    """A thousand who ask for a socket leave nothing behind, not even a line in the log."""
    base = url.rpartition("/")[0].removeprefix("ws")
    caplog.set_level(logging.INFO, "homeassistant")
    caplog.clear()
    async with unharmed(), aiohttp.ClientSession(headers=UPGRADE) as client:
        for n in range(1000):
            async with client.get(f"http{base}/{n:064x}") as answer:
                assert answer.status == HTTPStatus.NOT_FOUND
        ours = ("homeassistant", "custom_components")
        assert [r for r in caplog.records if r.name.startswith(ours)] == []
        assert voice_calls() == []


async def test_the_right_token_opens_nothing_but_a_socket(url: str) -> None:
    """A browser cannot make anything of it."""
    assert await status(url) == HTTPStatus.BAD_REQUEST
    assert await status(url, Upgrade="h2c") == HTTPStatus.BAD_REQUEST
    assert voice_calls() == []


async def test_the_address_is_not_that_of_the_posts(
    url: str, integration: MockConfigEntry
) -> None:
    """Who knows one does not know the other, and it is the same after each start."""
    token = url.rpartition("/")[2]

    assert url.startswith("ws://127.0.0.1:")
    assert token == ("b5b188ebc18a73841c10690eedb8cf3d064acabb40c6c5f903fa3f03ea1f22dd")
    assert integration.data["webhook_id"] not in url


async def test_a_bug_ends_one_call(
    url: str,
    expect: Expect,
    unharmed: Unharmed,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is told, and the next call is taken."""

    async def fail(session: CallSession) -> None:
        raise ValueError("no idea")

    async with unharmed():
        expect(fail)
        async with calling(url) as peer:
            await peer.say(HELLO)
            assert await peer.hear_the_end() == [BYE]

    assert caplog.text.count("Unexpected error in a call") == 1
    assert "no idea" in caplog.text
    caplog.clear()


@pytest.mark.parametrize("seconds", [0, LONG], ids=["late", "failing"])
async def test_a_call_that_cannot_be_claimed_is_told_goodbye(
    hass: HomeAssistant,
    url: str,
    unharmed: Unharmed,
    caplog: pytest.LogCaptureFixture,
    seconds: float,
) -> None:
    """Whoever decides that fails, or does not come back."""

    async def claim(hello: Hello) -> Attendant | None:
        async with asyncio.timeout(LONG - seconds):
            await asyncio.Event().wait()
        return None

    view.async_open(hass, "another", "secret", claim)
    async with unharmed():
        with patch.object(view, "CLAIM_SECONDS", seconds):
            async with calling(f"{url.rpartition('/')[0]}/secret") as peer:
                await peer.say(HELLO)
                assert await peer.hear_the_end() == [BYE]

    assert "Unexpected error in a call" in caplog.text
    caplog.clear()
    await view.async_close(hass, "another")


async def cut(peer: Peer) -> None:
    """Be gone."""
    peer.cut()


async def leave(peer: Peer) -> None:
    """Close the socket."""
    await peer.socket.close()


async def hang_up(peer: Peer) -> None:
    """Hang up as 46elks does."""
    await peer.say(HANGUP)
    await peer.socket.close()


GOING: Final = [cut, leave, hang_up]
type Going = Callable[[Peer], Awaitable[None]]


@pytest.mark.parametrize("go", GOING)
async def test_what_was_asked_is_done_though_the_caller_is_gone(
    url: str, expect: Expect, unharmed: Unharmed, go: Going
) -> None:
    """The last words are heard, and nobody is cancelled in the middle of them."""
    done: list[bytes] = []
    gone, may_end = asyncio.Event(), asyncio.Event()

    async def attend(session: CallSession) -> None:
        await session.listen()
        await session.ended()
        gone.set()
        await may_end.wait()
        done.extend([sound async for sound in session.microphone()])

    async with unharmed():
        expect(attend)
        async with calling(url) as peer:
            await peer.say(HELLO)
            assert await peer.hear() == LISTENING
            await peer.speak(b"lock", b"door")
            await go(peer)
        async with asyncio.timeout(LONG):
            await gone.wait()
        may_end.set()

    assert b"".join(done) == b"lockdoor"


@pytest.mark.parametrize("go", GOING)
async def test_one_who_does_not_notice_the_end_is_stopped(
    url: str, expect: Expect, unharmed: Unharmed, go: Going
) -> None:
    """A pipeline may hang; the next call is taken."""
    stopped = asyncio.Event()

    async def hang(session: CallSession) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async with unharmed():
        with patch.object(view, "GRACE_SECONDS", 0):
            expect(hang)
            async with calling(url) as peer:
                await peer.say(HELLO)
                await go(peer)
            async with asyncio.timeout(LONG):
                await stopped.wait()


async def test_live_calls_are_told_goodbye_when_the_account_is_unloaded(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    url: str,
    expect: Expect,
    unharmed: Unharmed,
) -> None:
    """Before anything else is; then the door is closed until it is loaded again."""
    talk = Talk()
    async with unharmed():
        expect(talk.attend)
        async with calling(url) as peer:
            await converse(peer)
            ending = asyncio.create_task(peer.hear_the_end())
            await hass.config_entries.async_unload(integration.entry_id)

            assert await ending == [BYE]
            assert talk.ends == [CallEnd.DONE]
            assert voice_calls() == []
        assert await refused(url) == HTTPStatus.NOT_FOUND
        await hass.config_entries.async_setup(integration.entry_id)


async def test_a_reload_leaves_the_line_working(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    url: str,
    expect: Expect,
    unharmed: Unharmed,
) -> None:
    """In the middle of a call."""
    talk = Talk()
    async with unharmed():
        expect(talk.attend)
        async with calling(url) as peer:
            await converse(peer)
            ending = asyncio.create_task(peer.hear_the_end())
            await change_options(hass, integration, keep_text=False)
            assert await ending == [BYE]

    assert talk.ends == [CallEnd.DONE]


async def test_live_calls_are_told_goodbye_when_home_assistant_stops(
    hass: HomeAssistant, url: str, expect: Expect
) -> None:
    """All of them."""
    talk = Talk()
    expect(talk.attend)
    async with calling(url) as peer:
        await converse(peer)
        ending = asyncio.create_task(peer.hear_the_end())
        hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        await hass.async_block_till_done()

        assert await ending == [BYE]
    assert voice_calls() == []
    assert talk.ends == [CallEnd.DONE]


async def test_a_door_that_closes_meanwhile_is_closed(
    hass: HomeAssistant, integration: MockConfigEntry, url: str, expect: Expect
) -> None:
    """The socket was on its way in."""
    talk, prepare = Talk(), WebSocketResponse.prepare

    async def close_first(socket: WebSocketResponse, request: Request) -> Any:
        await view.async_close(hass, integration.entry_id)
        return await prepare(socket, request)

    expect(talk.attend)
    with patch.object(WebSocketResponse, "prepare", close_first):
        async with calling(url) as peer:
            await peer.say(HELLO)
            assert await peer.hear_the_end() == [BYE]
    await calls_over()

    assert talk.sessions == []


async def test_eight_calls_at_once(
    hass: HomeAssistant, integration: MockConfigEntry, url: str
) -> None:
    """Each has its own words."""
    talks = [Talk() for _ in range(8)]
    held = async_get(hass, integration.entry_id)

    async def call(n: int) -> None:
        held.leave(f"c{n}", talks[n].attend, "attend")
        async with calling(url) as peer:
            await peer.say(HELLO | {"callid": f"c{n}"})
            assert await peer.hear() == LISTENING
            assert await peer.hear() == SENDING
            await peer.hear_until(SYNC)
            await peer.say(SYNC)
            await peer.speak(bytes([n]) * 4)
            await peer.say(HANGUP)
            assert await peer.hear_the_end() == []

    await asyncio.gather(*(call(n) for n in range(8)))
    await calls_over()

    assert [talk.heard for talk in talks] == [[bytes([n]) * 4] for n in range(8)]
