"""What call tests do: let time stand still, call, wait until a call has come so far, and listen."""

from array import array
import asyncio
from collections.abc import Callable
from dataclasses import dataclass
import io
from typing import Any, Final
import wave

from . import ANNA, NUMBER, PATIENCE, Answer, Client, Customer

RATE: Final = 8_000
LOUD: Final = 6_000
QUIET: Final = 400


def sound(
    seconds: float,
    *,
    rate: int = RATE,
    channels: int = 1,
    width: int = 2,
    level: int = LOUD,
) -> bytes:
    """Return a WAV file of a buzz."""
    high = (level >> 8) + (0x80 if width == 1 else 0)
    low = ((-level) >> 8) + (0x80 if width == 1 else 0)
    loud, soft = (bytes(width - 1) + bytes((value & 0xFF,)) for value in (high, low))
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes((loud + soft) * (int(seconds * rate * channels) // 2))
    return written.getvalue()


def halting(before: float, pause: float, after: float) -> bytes:
    """Return a WAV file of two buzzes and a pause between them."""
    parts = (sound(before), sound(pause, level=0), sound(after))
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(b"".join(samples(part).tobytes() for part in parts))
    return written.getvalue()


def samples(content: bytes) -> array[int]:
    """Return the samples of a WAV file as 46elks makes them."""
    with wave.open(io.BytesIO(content)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (
            1,
            2,
            RATE,
        )
        return array("h", file.readframes(file.getnframes()))


def loud_seconds(content: bytes) -> float:
    """Return for how long there is something to be heard, to a tenth of a second."""
    heard = samples(content)
    window = RATE // 10
    parts = (heard[first : first + window] for first in range(0, len(heard), window))
    return sum(max(map(abs, part)) > QUIET for part in parts) / 10


def seconds(content: bytes) -> float:
    """Return how long a WAV file is, to a tenth of a second."""
    return round(len(samples(content)) / RATE, 1)


@dataclass(frozen=True, slots=True)
class Phones:
    """Steers calls, with a clock that stands still until it is moved on."""

    control: Client
    api: Client
    customer: Customer

    async def advance(self, by: float) -> None:
        """Let time pass."""
        answer = await self.control.ask("POST", "/clock", json={"advance": by})
        assert answer.status == 200

    async def answer_with(self, document: object, number: str = NUMBER) -> None:
        """Have the house answer calls with a document."""
        self.customer.documents["/start"] = document
        await self.control.put(
            f"/numbers/{number}", {"voice_start": f"{self.customer.url}/start"}
        )

    async def dial(self, caller: str = ANNA, **data: object) -> str:
        """Call the house from a phone; return the id of the call."""
        answer = await self.control.ask(
            "POST", f"/handsets/{caller}/calls", json={"to": NUMBER} | data
        )
        assert answer.status == 200, answer.text
        return str(answer.json()["call_id"])

    async def place(self, **changed: str) -> Answer:
        """Call Anna from the house."""
        form = {
            "from": NUMBER,
            "to": ANNA,
            "voice_start": f"{self.customer.url}/start",
        }
        return await self.api.post("/calls", form | changed)

    async def do(self, call_id: str, what: str, **data: object) -> Answer:
        """Do what the owner of a phone does."""
        return await self.control.ask("POST", f"/calls/{call_id}/{what}", json=data)

    async def call(self, call_id: str) -> dict[str, Any]:
        """Return how far a call is."""
        return dict((await self.control.get(f"/calls/{call_id}")).json())

    async def until(
        self, call_id: str, wanted: Callable[[dict[str, Any]], bool]
    ) -> dict[str, Any]:
        """Return how far a call is once it is what is wanted."""
        async with asyncio.timeout(PATIENCE):
            call = await self.call(call_id)
            while not wanted(call):
                answer = await self.control.get(
                    f"/calls/{call_id}", after=str(call["version"]), wait="5"
                )
                call = answer.json()
        return call

    async def phase(self, call_id: str, phase: str) -> dict[str, Any]:
        """Return how far a call is once it waits for something."""
        return await self.until(call_id, lambda call: call["phase"] == phase)

    async def end(self, call_id: str) -> dict[str, Any]:
        """Return how a call has ended, once it has."""
        return await self.until(call_id, lambda call: call["state"] == "ended")

    async def heard(self, call_id: str, **whose: str) -> bytes:
        """Return what a phone has heard."""
        answer = await self.control.get(f"/calls/{call_id}/heard.wav", **whose)
        assert answer.headers["Content-Type"] == "audio/wav"
        return answer.body

    async def stored(self, call_id: str) -> dict[str, Any]:
        """Return a call as 46elks shows it."""
        return dict((await self.api.get(f"/calls/{call_id}")).json())

    async def posted(self, path: str) -> dict[str, str]:
        """Return what was posted to a path, once it is there."""
        return (await self.posts(path, 1))[0]

    async def posts(self, path: str, count: int) -> list[dict[str, str]]:
        """Return all that was posted to a path, once there is so much."""

        def there() -> list[dict[str, str]]:
            return [post.form for post in self.customer.posts if post.path == path]

        async with asyncio.timeout(PATIENCE), self.customer.arrived:
            await self.customer.arrived.wait_for(lambda: len(there()) >= count)
        return there()
