"""What tests of calls do: call, wait until a call has come so far, do what its owner does."""

import asyncio
from collections.abc import Callable, Mapping
from io import BytesIO
import math
from pathlib import Path
from typing import Any, Final
import wave

import aiohttp
from homeassistant.core import HomeAssistant

from custom_components.elks46.const import DOMAIN

from . import WEBHOOK_ID, Json, SimulatorControl

# What a started minute costs, in the simulator's crowns.
MINUTE: Final = 0.7
PATIENCE: Final = 10
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
