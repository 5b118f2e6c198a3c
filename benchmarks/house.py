"""The bench house: a real Home Assistant with elks46 in it, 46elks' stand-in, and every line to talk with it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from ctypes.util import find_library
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
import secrets
import socket
import sys
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import psutil

from demo import elks
from demo.house import INTEGRATIONS, ROOT, Home, House
from demo.process import Process, free_port
from simulator.config import DEFAULT_NUMBER, DEFAULT_PASSWORD, DEFAULT_USERNAME, FICTION

from .control import SimulatorControl
from .engine import VOICES, Engine, Notes
from .lines import Line, Turn
from .lines.elks import Door, ElksPhone
from .lines.wyoming import WyomingSatellite

if TYPE_CHECKING:
    from .lines.voip import SipPhone

FOLDER: Final = Path(__file__).parent
ENGINE: Final = FOLDER / "integrations" / "bench_engine"
# It makes do with the voip-utils there is, whichever it asks for.
ARGUMENTS: Final = ("--skip-pip-packages", "voip-utils")
REALTIME: Final = "+4600700021"
LANGUAGE: Final = "en"
# Of the automation in the bench's configuration.
WEBHOOK: Final = "bench_text"
# More than a round costs, and more than it sends.
PLENTY: Final = 1_000_000
PIPELINE: Final = "assist_pipeline/pipeline"
FLOWS: Final = "config/config_entries"
POLL_SECONDS: Final = 0.1
SETTLE_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchHouse:
    """All that a measurement needs.

    `phones` are of as many callers, each of whom may call at any time. There is no `voip` without libopus. Texts are posted
    to `text_url`, and beside it to an automation, to `twilio`, and to a server that only answers. What is not to be seen in
    the account of all these has one of its own for as long as it takes, at `other_simulator`, with `options`. A server for
    `ntfy` is at `ntfy_url`. The recorder is off until it is switched on.
    """

    home: Home
    engine: Engine
    phones: Sequence[ElksPhone]
    wyoming: WyomingSatellite
    voip: SipPhone | None
    pipelines: Mapping[str, str]
    process: psutil.Process
    storage: Path
    other_simulator: SimulatorControl
    options: Mapping[str, Any]
    call_url: str
    text_url: str
    automation_url: str
    twilio_url: str
    bare_url: str
    ntfy_url: str

    @property
    def lines(self) -> tuple[Line, ...]:
        """Ours, and those it is measured beside."""
        beside = (self.wyoming,) if self.voip is None else (self.wyoming, self.voip)
        return (self.phones[0], *beside)

    async def speak_with(self, voice: str) -> None:
        """Have all lines answered in a voice from now on."""
        await self.home.ask(
            f"{PIPELINE}/set_preferred", pipeline_id=self.pipelines[voice]
        )

    async def turn(self, line: Line, clicks: int, seconds: float) -> tuple[Turn, Notes]:
        """Have a turn over a line, and return what either side has noticed of it."""
        await self.engine.turn_page(clicks, seconds)
        turn = await line.turn(clicks, seconds)
        return turn, await self.engine.notes()

    async def versions(self) -> Mapping[str, str]:
        """Return what was measured with."""
        config = await self.home.get("config")
        packages = ("aiontfy", "twilio", "voip-utils", "wyoming")
        return {
            "Home Assistant": str(config["version"]),
            **{name: metadata.version(name) for name in packages},
        }

    def elks_account(
        self,
        username: str = DEFAULT_USERNAME,
        password: str = DEFAULT_PASSWORD,
        subentries: Sequence[Mapping[str, Any]] = (),
    ) -> AbstractAsyncContextManager[str]:
        """Have another account at 46elks as long as the context lasts; what is yielded is its id."""
        data = {
            "username": username,
            "password": password,
            "api_url": self.other_simulator.api_url,
            "webhook_id": secrets.token_hex(32),
        }
        return self.engine.account(elks.DOMAIN, data, self.options, subentries)

    @asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        """Have the recorder on as long as the context lasts, and all of that recorded."""
        await self.home.run("recorder.enable")
        try:
            yield
        finally:
            await self.recorded()
            await self.home.run("recorder.disable")

    async def recorded(self) -> None:
        """Return when the recorder has looked at all there was until now."""
        while (await self.home.ask("recorder/info"))["backlog"]:
            await asyncio.sleep(POLL_SECONDS)

    def stored_bytes(self) -> int:
        """Return how much the account remembers on the disk."""
        files = self.storage.glob("elks46.*")
        return sum(path.stat().st_size for path in files)

    def cpu_seconds(self) -> float:
        """Return for how long the house has computed until now, with all that it has started."""
        times = self.process.cpu_times()
        return float(
            times.user + times.system + times.children_user + times.children_system
        )


@asynccontextmanager
async def running(folder: Path, callers: int) -> AsyncIterator[BenchHouse]:
    """Have a house that so many may call, as long as the context lasts."""
    simulator = elks.Simulator(folder, port=free_port())
    other = elks.Simulator(folder / "other", port=free_port())
    house = House(
        folder / "house",
        port=free_port(),
        simulator_url=simulator.url,
        config=FOLDER / "config",
        integrations=(INTEGRATIONS[0], ENGINE),
        arguments=ARGUMENTS,
    )
    async with AsyncExitStack() as stack:
        for one in (simulator, other, house):
            # There is nothing that is to be kept.
            stack.push_async_callback(one.process.kill)
            await one.start()
        bare_url, ntfy_url = [
            await stack.enter_async_context(_serving(folder, module))
            for module in ("bare", "ntfy")
        ]
        home = await stack.enter_async_context(house.visit())
        wyoming = await stack.enter_async_context(WyomingSatellite())
        # One that has hung up is done with its connection.
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        )
        engine = Engine(home)
        await home.run("recorder.disable")
        control = SimulatorControl(session, simulator.url)
        options = {
            "reach": "external",
            "public_url": house.url,
            "daily_spend_limit": PLENTY,
            "hourly_message_limit": PLENTY,
            "allowed_countries": ["SE", "GB"],
        }
        phones = FICTION[:callers]
        door = await _connect_elks(home, control, options, phones)
        await _connect_wyoming(home, wyoming)
        yield BenchHouse(
            home=home,
            engine=engine,
            phones=[ElksPhone(session, door, caller) for caller in phones],
            wyoming=wyoming,
            voip=await _connect_voip(home, engine),
            pipelines={voice: await _pipeline(home, voice) for voice in VOICES},
            process=psutil.Process(house.process.pid),
            storage=folder / "house" / ".storage",
            other_simulator=SimulatorControl(session, other.url),
            options=options,
            call_url=door.call_url,
            text_url=door.text_url,
            automation_url=f"{house.url}/api/webhook/{WEBHOOK}",
            twilio_url=await _connect_twilio(home),
            bare_url=bare_url,
            ntfy_url=ntfy_url,
        )


@asynccontextmanager
async def _serving(folder: Path, module: str) -> AsyncIterator[str]:
    """Have a server of the bench as long as the context lasts; what is yielded is where it answers."""
    port = free_port()
    server = Process(
        f"The server {module}",
        [sys.executable, "-m", f"benchmarks.{module}", str(port)],
        output=folder / f"{module}.log",
        folder=ROOT,
    )
    server.start()
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        await server.kill()


async def _connect_elks(
    home: Home,
    simulator: SimulatorControl,
    options: Mapping[str, Any],
    phones: Sequence[str],
) -> Door:
    """Have everybody who calls talked with, and return where they call."""
    await simulator.have_number(REALTIME, capabilities=["websocket"])
    people = {f"Caller {index}": phone for index, phone in enumerate(phones)}
    entry_id = await elks.connect(
        home,
        elks.Account(api_url=simulator.api_url),
        people,
        rights={name: ["assist"] for name in people},
    )
    await elks.set_options(home, entry_id, **options)
    await elks.talk_through(home, entry_id, REALTIME)
    async with asyncio.timeout(SETTLE_SECONDS):
        while True:
            rows = await simulator.numbers()
            call_url = rows[DEFAULT_NUMBER].get("voice_start")
            text_url = rows[DEFAULT_NUMBER].get("sms_url")
            voice_url = rows[REALTIME].get("websocket_url")
            if call_url and text_url and voice_url:
                return Door(
                    number=DEFAULT_NUMBER,
                    realtime=REALTIME,
                    call_url=call_url,
                    text_url=text_url,
                    voice_url=voice_url,
                )
            await asyncio.sleep(POLL_SECONDS)


async def _connect_wyoming(home: Home, satellite: WyomingSatellite) -> None:
    form = await home.post(f"{FLOWS}/flow", {"handler": "wyoming"})
    where = {"host": "127.0.0.1", "port": satellite.port}
    await home.post(f"{FLOWS}/flow/{form['flow_id']}", where)


async def _connect_twilio(home: Home) -> str:
    """Let texts come from Twilio, and return where to."""
    form = await home.post(f"{FLOWS}/flow", {"handler": "twilio"})
    made = await home.post(f"{FLOWS}/flow/{form['flow_id']}", {})
    return str(made["description_placeholders"]["webhook_url"])


async def _connect_voip(home: Home, engine: Engine) -> SipPhone | None:
    """Let a phone for Voice over IP call, at a port that nobody else has."""
    if find_library("opus") is None:
        return None
    # Importing it brings that library along.
    from .lines.voip import SipPhone  # noqa: PLC0415

    port = free_port(socket.SOCK_DGRAM)
    form = await home.post(f"{FLOWS}/flow", {"handler": "voip"})
    made = await home.post(f"{FLOWS}/flow/{form['flow_id']}", {})
    entry_id = made["result"]["entry_id"]
    form = await home.post(f"{FLOWS}/options/flow", {"handler": entry_id})
    await home.post(f"{FLOWS}/options/flow/{form['flow_id']}", {"sip_port": port})
    await elks.settle(home, entry_id)
    phone = SipPhone(port, engine.listens)
    await phone.introduce()
    async with asyncio.timeout(SETTLE_SECONDS):
        while not (switches := await _switches(home)):
            await asyncio.sleep(POLL_SECONDS)
    await home.run("switch.turn_on", entity_id=switches)
    return phone


async def _switches(home: Home) -> list[str]:
    """Return what lets phones for Voice over IP call."""
    entities = await home.ask("config/entity_registry/list")
    return [
        entity["entity_id"]
        for entity in entities
        if entity["platform"] == "voip" and entity["entity_id"].startswith("switch.")
    ]


async def _pipeline(home: Home, voice: str) -> str:
    """Have an assistant that answers in a voice, and return its id."""
    made = await home.ask(
        f"{PIPELINE}/create",
        name=voice,
        language=LANGUAGE,
        stt_engine="stt.bench",
        stt_language=LANGUAGE,
        conversation_engine="conversation.bench",
        conversation_language=LANGUAGE,
        tts_engine=f"tts.bench_{voice}",
        tts_language=LANGUAGE,
        tts_voice=None,
        wake_word_entity=None,
        wake_word_id=None,
    )
    return str(made["id"])
