"""Tests of the socket of a call, where it differs from any other."""

import asyncio
from collections.abc import AsyncGenerator
import socket
from unittest.mock import patch

import pytest

from custom_components.elks46.voice import session, speaker
from custom_components.elks46.voice.session import CallEnd

from . import LONG, House, stream

REQUEST = (
    b"GET / HTTP/1.1\r\nHost: house\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
# The last that is sent over a socket.
CLOSE_FRAME = b"\x88\x02\x03\xe8"


@pytest.fixture
async def stuck(house: House) -> AsyncGenerator[socket.socket]:
    """Return a socket that has been opened, and from which nobody reads any more."""
    loop = asyncio.get_running_loop()
    with socket.socket() as peer:
        peer.setblocking(False)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(peer, (house.url.host, house.url.port))
        await loop.sock_sendall(peer, REQUEST)
        assert (await loop.sock_recv(peer, 4096)).startswith(b"HTTP/1.1 101")
        yield peer


async def test_one_who_stops_reading_ends_the_call(
    house: House, stuck: socket.socket
) -> None:
    """Nothing waits for them, and nothing that was to be sent is kept."""
    call = await house.sessions.get()
    with patch.object(speaker, "LEAD_SECONDS", 10_000):
        assert await call.play(stream([bytes(1024 * 1024)] * 32)) is False

    assert call.end is CallEnd.LOST
    with patch.object(session, "CLOSE_SECONDS", 0.05):
        await call.hang_up()
        await call.close()
    received = b""
    async with asyncio.timeout(LONG):
        while chunk := await asyncio.get_running_loop().sock_recv(stuck, 1024 * 1024):
            received += chunk
    assert len(received) > 1024 * 1024
    assert not received.endswith(CLOSE_FRAME)
