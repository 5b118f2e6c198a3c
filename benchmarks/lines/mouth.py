"""What somebody says to the house: clicks, with silence between them, or a hum, as a telephone sends it."""

from array import array
import asyncio
from collections.abc import Awaitable, Callable
import math
from time import monotonic
from typing import Final

RATE: Final = 16_000
FRAME_SECONDS: Final = 0.02
FRAME_SAMPLES: Final = round(RATE * FRAME_SECONDS)
# A click and four frames of silence: no codec lets one ring for so long.
FRAMES_A_CLICK: Final = 5

SILENCE: Final = bytes(2 * FRAME_SAMPLES)
CLICK: Final = array(
    "h",
    (
        round(20_000 * math.sin(2 * math.pi * 1_000 * n / RATE))
        for n in range(FRAME_SAMPLES)
    ),
).tobytes()
# Of the lowest note at which each frame goes on where the one before has ended, as rich as a voice is.
HUM: Final = array(
    "h",
    (
        round(
            1_500
            * sum(math.sin(2 * math.pi * 100 * part * n / RATE) for part in range(1, 9))
        )
        for n in range(FRAME_SAMPLES)
    ),
).tobytes()


class Mouth:
    """Sends a frame of sound every 20 ms for as long as somebody wants to be heard."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        """Say nothing yet; `send` takes 20 ms of 16-bit samples, 16,000 a second."""
        self._send = send
        self._left = 0
        self._done = asyncio.Event()
        self._hums = False
        self.clicked: list[float] = []
        self.hummed: float | None = None
        """When that began."""

    async def click(self, count: int) -> None:
        """Say so many clicks from now on, and return when the last of them is on its way."""
        self._done.clear()
        self._left = count * FRAMES_A_CLICK
        await self._done.wait()

    def hum(self) -> None:
        """Hum from now on."""
        self._hums = True

    async def speak(self) -> None:
        """Be heard, until this is cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await self._say()
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _say(self) -> None:
        if self._hums:
            self.hummed = self.hummed or monotonic()
            await self._send(HUM)
            return
        is_click = self._left > 0 and self._left % FRAMES_A_CLICK == 0
        self._left = max(0, self._left - 1)
        if is_click:
            self.clicked.append(monotonic())
        await self._send(CLICK if is_click else SILENCE)
        if self._left < FRAMES_A_CLICK:
            self._done.set()
