"""What the tests of the voice share: a call over a real socket."""

import asyncio
from collections.abc import AsyncGenerator

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.elks46.voice.session import CallSession
from custom_components.elks46.voice.socket import CallSocket

from . import House, Line, Peer


@pytest.fixture
async def house(socket_enabled: None) -> AsyncGenerator[House]:
    """Return what takes calls, and leaves nothing behind."""
    sessions: asyncio.Queue[CallSession] = asyncio.Queue()
    over = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        socket = CallSocket(request)
        await socket.open()
        sessions.put_nowait(CallSession(socket))
        await over.wait()
        return socket.response

    app = web.Application()
    app.router.add_get("/", answer)
    async with TestServer(app) as server:
        yield House(server.make_url("/"), sessions)
        over.set()
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.fixture
async def line(house: House) -> AsyncGenerator[Line]:
    """Return a call on which nothing has been said."""
    async with (
        ClientSession() as client,
        client.ws_connect(house.url, autoping=False) as socket,
    ):
        line = Line(await house.sessions.get(), Peer(socket))
        yield line
        await line.close()


@pytest.fixture
async def spoken(line: Line) -> Line:
    """Return a call that has begun."""
    await line.begin()
    return line
