"""A running simulator, one who asks it, one who steers it, and one it calls back."""

from collections.abc import AsyncIterator

from aiohttp import ClientSession
import pytest

from simulator.app import Simulator, running

from . import Client, Customer, config, serving, signed
from .phones import Phones
from .programs import PROGRAM, Assistant, Program, serving as serving_program


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Allow sockets: everything here is on 127.0.0.1."""


@pytest.fixture
async def simulator() -> AsyncIterator[Simulator]:
    """Run a simulator."""
    async with running(config()) as started:
        yield started


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """Be ready to connect."""
    async with ClientSession() as opened:
        yield opened


@pytest.fixture
def api(simulator: Simulator, session: ClientSession) -> Client:
    """Ask 46elks, with the right credentials."""
    return Client(session, simulator.api_url, signed())


@pytest.fixture
def control(simulator: Simulator, session: ClientSession) -> Client:
    """Steer the simulator."""
    return Client(session, simulator.url + "/simulator")


@pytest.fixture
async def customer() -> AsyncIterator[Customer]:
    """Be called back."""
    started = Customer()
    async with serving(started):
        yield started


@pytest.fixture
async def phones(api: Client, control: Client, customer: Customer) -> Phones:
    """Steer calls, with a clock that stands still."""
    await control.put("/clock", {"speed": 0})
    return Phones(control, api, customer)


@pytest.fixture
async def program() -> AsyncIterator[Program]:
    """Run a program that takes calls on a socket."""
    started = Program()
    async with serving_program(started):
        yield started


@pytest.fixture
async def assistant(phones: Phones, program: Program) -> Assistant:
    """Have a program answer the house's calls."""
    data = {"capabilities": ["websocket"], "websocket_url": program.url}
    await phones.control.put(f"/numbers/{PROGRAM}", data)
    await phones.answer_with({"connect": PROGRAM, "next": {"play": "sound/beep"}})
    return Assistant(phones, program)
