"""What the tests of the exchange share: a server that plays 46elks, and a client of it."""

from collections.abc import AsyncGenerator

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
import pytest

from custom_components.elks46.api import ElksClient

from . import Elks


@pytest.fixture
def elks(socket_enabled: None) -> Elks:
    """Return what plays 46elks."""
    return Elks()


@pytest.fixture
async def api_url(elks: Elks) -> AsyncGenerator[str]:
    """Return the address at which 46elks is played."""
    # A picture may be larger than what aiohttp lets in by itself.
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", elks.handle)
    async with TestServer(app) as server:
        yield str(server.make_url("/a1"))
        elks.over.set()


@pytest.fixture
async def session(socket_enabled: None) -> AsyncGenerator[aiohttp.ClientSession]:
    """Return a session that is not the client's own."""
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def client(session: aiohttp.ClientSession, api_url: str) -> ElksClient:
    """Return a client that asks a broken 46elks three times, at once."""
    return ElksClient(session, "u0123", "s3cr3t", api_url=api_url, retry_pauses=(0, 0))
