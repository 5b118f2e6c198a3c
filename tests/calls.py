"""What tests of calls do: call, wait until a call has come so far, do what its owner does."""

import asyncio
from collections.abc import Callable, Mapping
from io import BytesIO
import math
from pathlib import Path
from typing import Any, Final
import wave

import aiohttp
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import Event, HomeAssistant, callback
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.const import CONF_CALL_HANDLING, DOMAIN

from . import ANNA, NUMBER, WEBHOOK_ID, Json, SimulatorControl, use_action

RECEIVED: Final = "elks46_call_received"
ENDED: Final = "elks46_call_ended"
DIGITS: Final = "elks46_call_digits"

# What a started minute costs, in the simulator's crowns.
MINUTE: Final = 0.7
PATIENCE: Final = 60
# What is played while an automation thinks.
DTMF: Final = "sound/dtmf"
LOST_ENDS: Final[Json] = {
    "match": {"callback": "hangup"},
    "kind": "lose",
    "times": None,
}


def chirp(seconds: float = 1, rate: int = 8000) -> bytes:
    """Return a WAV of a tone that rises, so that no part of it is like another."""
    count = round(seconds * rate)
    pitch = (300 + 900 * n / count for n in range(count))
    phase = 0.0
    samples = bytearray()
    for hertz in pitch:
        phase += 2 * math.pi * hertz / rate
        samples += round(12_000 * math.sin(phase)).to_bytes(2, "little", signed=True)
    buffer = BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(bytes(samples))
    return buffer.getvalue()


def allowed_file(hass: HomeAssistant, content: bytes, name: str = "alarm.wav") -> str:
    """Write a file that Home Assistant may show around, and return its path."""
    folder = Path(hass.config.path("sounds"))
    folder.mkdir(exist_ok=True)
    hass.config.allowlist_external_dirs = {str(folder)}
    path = folder / name
    path.write_bytes(content)
    return str(path)


async def place_call(hass: HomeAssistant, **data: object) -> list[Json]:
    """Use the action and return its rows, by default when the calls are over."""
    response = await hass.services.async_call(
        DOMAIN,
        "place_call",
        {
            "wait": True,
            "media": await hass.async_add_executor_job(allowed_file, hass, chirp()),
            **data,
        },
        blocking=True,
        return_response=True,
    )
    await hass.async_block_till_done()
    rows: Any = (response or {})["calls"]
    return list(rows)


async def end_call(hass: HomeAssistant, call_id: str) -> str:
    """Use the action, and return when the call ends."""
    response: Any = await hass.services.async_call(
        DOMAIN, "end_call", {"call_id": call_id}, blocking=True, return_response=True
    )
    return str(response["ended"])


class Phones:
    """Steers the calls of the stand-in."""

    def __init__(self, simulator: SimulatorControl) -> None:
        """Take the stand-in."""
        self.simulator = simulator

    async def stop_clock(self) -> None:
        """Let nothing happen by itself."""
        await self.simulator.control("PUT", "clock", {"speed": 0})

    async def run_clock(self) -> None:
        """Let everything happen by itself again."""
        await self.simulator.control("PUT", "clock", {"speed": 1000})

    async def advance(self, seconds: float) -> None:
        """Move the clock on."""
        await self.simulator.control("POST", "clock", {"advance": seconds})

    async def calls(self) -> list[Json]:
        """Return all calls, oldest first."""
        calls: list[Json] = await self.simulator.control("GET", "calls")
        return calls

    async def do(self, call_id: str, what: str, **data: object) -> None:
        """Do what the owner of a phone does."""
        await self.simulator.control("POST", f"calls/{call_id}/{what}", data)

    async def until(self, call_id: str, wanted: Callable[[Json], bool]) -> Json:
        """Return how far a call is once it is what is wanted."""
        async with asyncio.timeout(PATIENCE):
            call: Json = await self.simulator.control("GET", f"calls/{call_id}")
            while not wanted(call):
                query = f"after={call['version']}&wait=5"
                call = await self.simulator.control("GET", f"calls/{call_id}?{query}")
        return call

    async def phase(self, call_id: str, phase: str) -> Json:
        """Return a call once it waits for something."""
        return await self.until(call_id, lambda call: call["phase"] == phase)

    async def hears(self, call_id: str, verb: str, count: int = 1) -> Json:
        """Return a call while it hears the sound of so many instructions with a verb, and no filler."""
        return await self.until(
            call_id,
            lambda call: (
                call["phase"] == "playing"
                and verb in (call["doing"] or {})
                and DTMF not in call["doing"][verb]
                and sum(
                    verb in act and DTMF not in act[verb] for act in call["actions"]
                )
                == count
            ),
        )

    async def to_recording(self, call_id: str) -> None:
        """Move the clock on until a caller may speak after the beep."""
        await self.phase(call_id, "playing")
        while (await self.simulator.control("GET", f"calls/{call_id}"))[
            "phase"
        ] != "recording":
            await self.advance(0.5)

    async def end(self, call_id: str) -> Json:
        """Return a call once it has ended."""
        return await self.until(call_id, lambda call: call["state"] == "ended")

    async def new(self, count: int = 1) -> list[Json]:
        """Return all calls once there are so many."""
        seen = 0
        async with asyncio.timeout(PATIENCE):
            while len(calls := await self.calls()) < count:
                seen += len(await self.simulator.log(seen, wait=1))
        return calls

    async def answered(self, count: int = 1) -> str:
        """Have the latest of so many calls answered, and return its id when it plays."""
        call_id = str((await self.new(count))[-1]["id"])
        await self.phase(call_id, "ringing")
        await self.do(call_id, "answer")
        await self.phase(call_id, "playing")
        return call_id


class House(Phones):
    """What people do who call this home."""

    def __init__(
        self, hass: HomeAssistant, simulator: SimulatorControl, entry: MockConfigEntry
    ) -> None:
        """Take the home and the stand-in."""
        super().__init__(simulator)
        self.hass = hass
        self.entry = entry
        self.received = async_capture_events(hass, RECEIVED)
        self.ended = async_capture_events(hass, ENDED)
        self.digits = async_capture_events(hass, DIGITS)
        self._news = asyncio.Condition()
        for event_type in (RECEIVED, ENDED):
            hass.bus.async_listen(event_type, self._hear)

    async def answers(self, handling: str, **settings: object) -> None:
        """Set how the number answers."""
        await self.change("number", **{CONF_CALL_HANDLING: handling, **settings})

    async def change(self, subentry_id: str, **settings: object) -> None:
        """Change settings of a number or a contact."""
        subentry = self.entry.subentries[subentry_id]
        self.hass.config_entries.async_update_subentry(
            self.entry, subentry, data={**subentry.data, **settings}
        )
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def ring(self, caller: str = ANNA, **how: object) -> str:
        """Have somebody call the home, and return the id of the call."""
        rung = await self.simulator.control(
            "POST", f"handsets/{caller}/calls", {"to": NUMBER, **how}
        )
        return str(rung["call_id"])

    async def over(self, call_id: str) -> Json:
        """Return a call when it has ended and the home knows."""
        call = await self.end(call_id)
        await self.until_told(call_id)
        await self.hass.async_block_till_done()
        return call

    async def until_told(self, call_id: str) -> None:
        """Return when the home has told the end of a call."""
        await self._until(
            lambda: any(one.data["call_id"] == call_id for one in self.ended)
        )

    async def rung(self, count: int = 1) -> None:
        """Return when the home has told so many calls."""
        await self._until(lambda: len(self.received) >= count)

    async def _until(self, wanted: Callable[[], bool]) -> None:
        """Return when enough was told."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(wanted)

    async def _hear(self, _event: Event) -> None:
        async with self._news:
            self._news.notify_all()

    async def at_menu(self, call_id: str, level: int) -> None:
        """Return when a caller hears so many further menus than the first."""
        await self.until(
            call_id,
            lambda call: (
                call["phase"] == "playing" and len(call["actions"]) == level + 1
            ),
        )

    def call(self, call_id: str) -> Any:
        """Return a call as the home knows it."""
        return self.entry.runtime_data.store.calls[call_id]


def acts(call: Json) -> list[str]:
    """Return what was done in a call."""
    return [next(iter(act)) for act in call["actions"]]


def on_ring(hass: HomeAssistant, action: str, **data: object) -> list[Any]:
    """Use an action with each call that comes in, and return what it answers."""
    answers: list[Any] = []

    async def use(event: Event) -> None:
        answers.append(
            await use_action(hass, action, call_id=event.data["call_id"], **data)
        )

    @callback
    def rung(event: Event) -> None:
        hass.async_create_task(use(event))

    hass.bus.async_listen(RECEIVED, rung)
    return answers


async def post_call(
    url: str, kind: str, form: Mapping[str, str], **query: str
) -> tuple[int, Any]:
    """Post a form to a home as 46elks does, and return status and document of the answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{url}/api/webhook/{WEBHOOK_ID}", params={"kind": kind} | query, data=form
        ) as response,
    ):
        document = await response.json() if await response.read() else None
        return response.status, document


async def known_call(entry: ConfigEntry, call_id: str) -> None:
    """Wait until the house has heard from 46elks that it has taken a call."""
    async with asyncio.timeout(PATIENCE):
        while entry.runtime_data.store.call_by_id(call_id) is None:
            await asyncio.sleep(0)
