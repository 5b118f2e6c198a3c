"""Home Assistant and the simulator as real processes that talk over sockets."""

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterator,
)
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import pytest_socket
from yarl import URL

from demo import elks
from demo.elks import Simulator
from demo.house import Home, House
from demo.process import Process, free_port, is_free
from simulator.config import DEFAULT_PASSWORD, DEFAULT_USERNAME
from tests import Json, SimulatorControl

from .tls import make_certificate

ANNA: Final = "+46701740605"
ERIK: Final = "+46701740606"
NUMBER: Final = "+46701740690"
NUMBER_EVENT: Final = "event.46701740690_messages"
# What answered the number's texts before Home Assistant did.
ANSWERED_BEFORE: Final = "https://texts.example.com/46elks"
# What the simulator says takes a second takes a millisecond; its five minutes between two posts are a third of one.
SPEED: Final = 1000
# Nothing takes nearly as long, except on a machine that is busy with other tests.
PATIENCE: Final = 60
POLL_SECONDS: Final = 0.1


def finish[T](work: Coroutine[Any, Any, T]) -> T:
    """Do something outside of a test, in a loop that no test sees."""
    with closing(asyncio.new_event_loop()) as loop:
        return loop.run_until_complete(work)


async def eventually[T](look: Callable[[], Awaitable[T]], wanted: object = None) -> T:
    """Return what is seen as soon as it is what is wanted, or anything where nothing special is.

    Raises:
        AssertionError: it never is; the text says what was seen last.
    """
    seen: T | None = None
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                seen = await look()
                if seen == wanted or (wanted is None and seen):
                    return seen
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise AssertionError(f"Wanted {wanted}, but saw {seen}") from None


async def automate(home: Home, key: str, automation: Json) -> None:
    """Save a new automation as the editor does, and return when it is ready.

    The editor's own answer comes before that: an event right behind it might go unseen.
    """
    await home.post(f"config/automation/config/{key}", automation)
    await eventually(partial(_is_ready, home, key))


async def _is_ready(home: Home, key: str) -> bool:
    states = await home.ask("get_states")
    return any(
        one["attributes"].get("id") == key and one["state"] == "on" for one in states
    )


class Town:
    """A house and the phones of the people who live there, each a process."""

    def __init__(self, folder: Path, ports: tuple[int, int] | None = None) -> None:
        """Choose places for both; `ports` are those that are taken rather than any, where they are free."""
        self.certificate = make_certificate(folder)
        # 46elks trusts the certificates that everybody does.
        trusting = {"SSL_CERT_FILE": str(self.certificate.path)}
        at = [port if is_free(port) else free_port() for port in ports or ()]
        house_port, simulator_port = at or (free_port(), free_port())
        self.simulator = Simulator(
            folder, port=simulator_port, speed=SPEED, environment=trusting
        )
        self.house = House(
            folder / "house", port=house_port, simulator_url=self.simulator.url
        )

    @property
    def processes(self) -> tuple[Process, ...]:
        """What runs, in the order of its end."""
        return (self.house.process, self.simulator.process)

    async def start(self) -> None:
        """Bring both up."""
        await self.simulator.start()
        await self.house.start()

    async def wake(self) -> None:
        """Start the house where it has ended."""
        if not self.house.process.is_running:
            await self.house.start()

    async def stop(self) -> None:
        """End both."""
        for process in self.processes:
            await process.stop()

    async def connect(self, home: Home) -> str:
        """Connect an account of the simulator and return its id."""
        account = elks.Account(api_url=self.simulator.api_url)
        entry_id = await elks.connect(home, account)
        options = {"reach": "external", "public_url": self.house.url}
        await elks.set_options(home, entry_id, **options)
        return entry_id

    @asynccontextmanager
    async def phones(self) -> AsyncIterator[SimulatorControl]:
        """Steer the simulator."""
        async with aiohttp.ClientSession() as session:
            yield SimulatorControl(
                session,
                self.simulator.url,
                username=DEFAULT_USERNAME,
                password=DEFAULT_PASSWORD,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account that is connected in a town, and the hands to use it."""

    town: Town
    phones: SimulatorControl
    entry_id: str

    async def received(self, phone: str) -> list[str]:
        """Return the texts that came to a phone, oldest first."""
        return [
            text["message"]
            for text in await self.phones.texts(phone)
            if text["direction"] == "incoming"
        ]

    async def asked_to_send(self) -> list[Json]:
        """Return the fields of every text that 46elks was asked to send, once or again."""
        return await self._asked("sms")

    async def asked_to_call(self) -> list[Json]:
        """Return the fields of every call that 46elks was asked to place, once or again."""
        return await self._asked("calls")

    async def _asked(self, resource: str) -> list[Json]:
        return [
            entry["fields"] for entry in await self.phones.requests("POST", resource)
        ]

    async def sms_url(self) -> str:
        """Return what answers the texts of the number."""
        (number,) = await self.phones.control("GET", "numbers")
        url: str = number["sms_url"]
        return url

    def install_sound(self, content: bytes) -> str:
        """Let a sound lie where Home Assistant may show it around, and return its path."""
        folder = self.town.house.process.output.parent / "www"
        folder.mkdir(exist_ok=True)
        path = folder / "alarm.wav"
        path.write_bytes(content)
        return str(path)

    async def webhook_id(self) -> str:
        """Return the secret in the address that answers the texts of the number."""
        return URL(await self.sms_url()).name


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show in the report what the processes wrote last where a test fails."""
    report = yield
    town = getattr(item, "funcargs", {}).get("town")
    if report.failed and isinstance(town, Town):
        for process in town.processes:
            report.sections.append((process.name, process.tail()))
    return report


@contextmanager
def town_in(folder: Path, ports: tuple[int, int] | None = None) -> Iterator[Town]:
    """Have a house and phones run in a folder for as long as they are needed, at those ports where they are free."""
    pytest_socket.enable_socket()
    town = Town(folder, ports)
    try:
        finish(town.start())
        yield town
    finally:
        finish(town.stop())


@asynccontextmanager
async def cleared(town: Town) -> AsyncIterator[SimulatorControl]:
    """Have a town as it was at the start, with no account connected, and leave it so."""
    async with town.phones() as phones:
        async with town.house.visit() as home:
            # Before its numbers go: an account that a test has left has something to give back.
            await phones.fail()
            await elks.disconnect(home)
            await phones.control("POST", "reset")
            await phones.put_number(NUMBER, sms_url=ANSWERED_BEFORE)
        yield phones
        async with town.house.visit() as home:
            await elks.disconnect(home)


@asynccontextmanager
async def connected_in(town: Town) -> AsyncIterator[Account]:
    """Connect an account through the flows, with two people and a number, and disconnect it."""
    async with cleared(town) as phones:
        async with town.house.visit() as home:
            entry_id = await town.connect(home)
        yield Account(town=town, phones=phones, entry_id=entry_id)


async def device(home: Home, name: str) -> str:
    """Return the device of a contact, by name."""
    devices = await home.ask("config/device_registry/list")
    (found,) = [str(one["id"]) for one in devices if one["name"] == name]
    return found


async def status_of(home: Home, contact: str) -> str:
    """Return how the last text to a contact fares."""
    state = await home.state(f"sensor.{contact}_last_message_status")
    status: str = state["state"]
    return status
