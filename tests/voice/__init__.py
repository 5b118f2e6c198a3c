"""Tests of the voice of a call, which need no Home Assistant."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from itertools import groupby
import json
import socket
from typing import Any, Final

from aiohttp import ClientWebSocketResponse, WSMsgType
import pytest
from yarl import URL

from custom_components.elks46.api.realtime import Audio, encode
from custom_components.elks46.voice.session import CallSession
from custom_components.elks46.voice.socket import FRAME_CHARACTERS_AT_MOST

CALL_ID: Final = "c0231d6d7d6bc14a7e7734e466785c4ce"
CALLER: Final = "+46701740605"
CALLEE: Final = "+4600700021"
HELLO: Final = {"t": "hello", "callid": CALL_ID, "from": CALLER, "to": CALLEE}
LISTENING: Final = {"t": "listening", "format": "pcm_16000"}
SENDING: Final = {"t": "sending", "format": "pcm_16000"}
SYNC: Final = {"t": "sync"}
INTERRUPT: Final = {"t": "interrupt"}
BYE: Final = {"t": "bye"}
HANGUP: Final = {"t": "bye", "reason": "hangup", "message": "the caller hung up"}
SECOND: Final = 32_000
FRAME: Final = 3200
# What 46elks would never say, each by its name.
GARBAGE: Final = [
    pytest.param("", id="nothing"),
    pytest.param("{", id="broken off"),
    pytest.param("[]", id="list"),
    pytest.param("null", id="null"),
    pytest.param('{"t":"audio"}', id="audio of nothing"),
    pytest.param('{"t":"audio","data":"?"}', id="audio of garbage"),
    pytest.param('{"t":"sending","format":"pcm_16000"}', id="our word"),
    pytest.param('{"t":"listening","format":"pcm_16000"}', id="our other word"),
    pytest.param('{"t":"interrupt"}', id="our third word"),
    pytest.param('{"t":"hello","callid":"c1","from":"","to":"+46"}', id="hello again"),
    pytest.param("[" * 100_000, id="too deep"),
    pytest.param(
        '{"t":"audio","data":"' + "A" * FRAME_CHARACTERS_AT_MOST + '"}',
        id="too long",
    ),
]
# Nobody waits for anything that long, unless it never comes.
LONG: Final = 10


class House:
    """Takes calls over sockets."""

    def __init__(self, url: URL, sessions: asyncio.Queue[CallSession]) -> None:
        """Serve at an address, and hold the calls that have come."""
        self.url = url
        self.sessions = sessions


class Peer:
    """Stands in for 46elks at its end of the socket."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        """Talk over a socket that is open."""
        self.socket = socket

    async def say(self, *messages: dict[str, Any]) -> None:
        """Send messages."""
        for message in messages:
            await self.socket.send_str(json.dumps(message))

    async def speak(self, *sounds: bytes) -> None:
        """Send what the caller says."""
        for sound in sounds:
            await self.socket.send_str(encode(Audio(sound)))

    async def hear(self) -> dict[str, Any]:
        """Return the next message."""
        async with asyncio.timeout(LONG):
            message: dict[str, Any] = await self.socket.receive_json()
        return message

    async def hear_until(self, last: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the next messages, of which the last is this."""
        heard = [await self.hear()]
        while heard[-1] != last:
            heard.append(await self.hear())
        return heard

    async def hear_the_end(self) -> list[dict[str, Any]]:
        """Return what is said before the socket closes."""
        heard = []
        async with asyncio.timeout(LONG):
            async for message in self.socket:
                assert message.type is WSMsgType.TEXT
                heard.append(message.json())
        return heard

    def cut(self) -> None:
        """Be gone without a word."""
        transport: socket.socket = self.socket.get_extra_info("socket")
        transport.shutdown(socket.SHUT_RDWR)


class Line:
    """A call with both of its ends."""

    def __init__(self, session: CallSession, peer: Peer) -> None:
        """Hold them."""
        self.session = session
        self.peer = peer

    async def begin(self) -> None:
        """Let 46elks say hello, and the house listen."""
        await self.peer.say(HELLO)
        assert await self.session.hello()
        await self.session.listen()
        assert await self.peer.hear() == LISTENING

    async def close(self) -> list[dict[str, Any]]:
        """Let the house close the call, and return what 46elks still hears."""
        closing = asyncio.create_task(self.session.close())
        heard = await self.peer.hear_the_end()
        await closing
        return heard

    async def play(self, sound: bytes = b"1234") -> list[dict[str, Any]]:
        """Let the house say something to its end, and return what 46elks has heard."""
        playing = asyncio.create_task(self.session.play(sound))
        heard = await self.peer.hear_until(SYNC)
        await self.peer.say(SYNC)
        assert await playing is True
        return heard

    async def meet(self) -> None:
        """Listen until the house has heard all that its peer has said so far."""
        listening = self.session.microphone()
        await self.peer.speak(MARK)
        async with asyncio.timeout(LONG):
            while not (await anext(listening)).endswith(MARK):
                pass


# A sound that nobody makes.
MARK: Final = b"\x12\x34\x56\x78"


class Engine:
    """A speech engine that speaks when it is told to."""

    def __init__(self) -> None:
        """Be silent."""
        self._chunks: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.is_closed = False

    def speak(self, *chunks: bytes | None) -> None:
        """Make chunks; None is the end."""
        for chunk in chunks:
            self._chunks.put_nowait(chunk)

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Yield what is made."""
        try:
            while (chunk := await self._chunks.get()) is not None:
                yield chunk
        finally:
            self.is_closed = True


def noise(count: int) -> bytes:
    """Return so many bytes of a sound in which no two places are alike."""
    return b"".join(n.to_bytes(4) for n in range(count // 4 + 1))[:count]


def sizes(heard: list[dict[str, Any]]) -> list[int]:
    """Return how many bytes of sound are in each message that has some."""
    return [len(b64decode(said["data"])) for said in heard if "data" in said]


def played(heard: list[dict[str, Any]]) -> bytes:
    """Return the sound that is in messages."""
    return b"".join(b64decode(said["data"]) for said in heard if "data" in said)


def kinds(heard: list[dict[str, Any]]) -> list[str]:
    """Return what messages are, and sound that comes in several once."""
    return [kind for kind, _ in groupby(said["t"] for said in heard)]


class Chunks:
    """What yields and cannot be closed."""

    def __init__(self, *chunks: bytes) -> None:
        """Hold them."""
        self._chunks = list(chunks)

    def __aiter__(self) -> Chunks:
        """Return this."""
        return self

    async def __anext__(self) -> bytes:
        """Return the next."""
        if not self._chunks:
            raise StopAsyncIteration
        return self._chunks.pop(0)


async def stream(chunks: Iterable[bytes]) -> AsyncGenerator[bytes]:
    """Yield chunks as an engine does that is quick."""
    for chunk in chunks:
        yield chunk


async def gather(chunks: AsyncIterator[bytes]) -> list[bytes]:
    """Return all chunks, which come to an end."""
    async with asyncio.timeout(LONG):
        return [chunk async for chunk in chunks]
