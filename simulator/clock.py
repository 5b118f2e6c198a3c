"""Time as the simulator lives it: true when written down, shortened when waited for."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

_MILLISECOND: Final = timedelta(milliseconds=1)


class Clock:
    """Tells the time, and waits `speed` times shorter than it is told to."""

    def __init__(self, speed: float) -> None:
        """Start at the true time."""
        self._speed = speed
        self._latest = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """Return the true time."""
        return datetime.now(UTC)

    def stamp(self) -> datetime:
        """Return the time for a new object, a millisecond or more after the one before.

        46elks pages by time and reads times back in milliseconds: two objects in the same one could not be told
        apart at the edge of a page.
        """
        self._latest = max(self.now(), self._latest + _MILLISECOND)
        return self._latest

    def shorten(self, seconds: float) -> float:
        """Return how long something really takes that is said to take `seconds`."""
        return seconds / self._speed

    async def sleep(self, seconds: float) -> None:
        """Wait for something that is said to take `seconds`."""
        await asyncio.sleep(self.shorten(seconds))
