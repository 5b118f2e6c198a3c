"""Time as the simulator lives it: true when written down, shortened when waited for.

It may also stand still, and be moved on by hand: then nothing happens by itself.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_MILLISECOND: Final = timedelta(milliseconds=1)
# Turns of the loop in which what has woken up goes to sleep again, before time moves on.
_SETTLING_TURNS: Final = 25


@dataclass(slots=True, kw_only=True, eq=False)
class _Timer:
    due: float
    ring: Callable[[], None]
    handle: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        if self.handle is not None:
            self.handle.cancel()
            self.handle = None


class Clock:
    """Tells the time, and waits `speed` times shorter than it is told to."""

    def __init__(self, speed: float) -> None:
        """Start at the true time."""
        self._first_speed = speed
        self._speed = speed
        self._latest = datetime.min.replace(tzinfo=UTC)
        # In the order in which they were set: so they ring, where they are due at the same moment.
        self._timers: dict[_Timer, None] = {}
        self._passed = 0.0
        self._since: float | None = None

    @property
    def speed(self) -> float:
        """How much faster than in truth time passes; 0 where it stands still."""
        return self._speed

    def reset(self) -> None:
        """Pass as fast as at the start."""
        self.set_speed(self._first_speed)

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

    def time(self) -> float:
        """Return how many seconds have passed, as the simulator counts them."""
        now = asyncio.get_running_loop().time()
        since = now if self._since is None else self._since
        self._since = now
        self._passed += (now - since) * self._speed
        return self._passed

    def set_speed(self, speed: float) -> None:
        """Let time pass faster or slower from now on."""
        self.time()
        self._speed = speed
        self._rearm()

    async def advance(self, seconds: float) -> None:
        """Move time on; what is due on the way happens in its order, each thing at its time."""
        end = self.time() + seconds
        while (
            timer := min(self._timers, key=lambda timer: timer.due, default=None)
        ) and timer.due <= end:
            self._passed = max(self._passed, timer.due)
            self._timers.pop(timer, None)
            timer.stop()
            timer.ring()
            for _ in range(_SETTLING_TURNS):
                await asyncio.sleep(0)
        self._passed = max(self._passed, end)
        self._rearm()

    async def sleep(self, seconds: float) -> None:
        """Wait for something that is said to take `seconds`."""
        await self.until(self.time() + seconds)

    async def until(self, moment: float) -> None:
        """Wait for a moment; one that has passed is there at once."""
        if moment <= self.time():
            await asyncio.sleep(0)
            return
        woken = asyncio.Event()
        with self._timer(moment, woken.set):
            await woken.wait()

    @asynccontextmanager
    async def timeout(self, seconds: float | None) -> AsyncIterator[None]:
        """Raise TimeoutError in what takes longer; None is without end."""
        if seconds is None:
            yield
        elif seconds <= 0:
            async with asyncio.timeout(0):
                yield
        else:
            loop = asyncio.get_running_loop()
            async with asyncio.timeout(None) as limit:
                due = self.time() + seconds
                with self._timer(due, lambda: limit.reschedule(loop.time())):
                    yield

    @contextmanager
    def _timer(self, due: float, ring: Callable[[], None]) -> Iterator[None]:
        timer = _Timer(due=due, ring=ring)
        self._timers[timer] = None
        self._arm(timer)
        try:
            yield
        finally:
            timer.stop()
            self._timers.pop(timer, None)

    def _arm(self, timer: _Timer) -> None:
        timer.stop()
        if self._speed > 0:
            timer.handle = asyncio.get_running_loop().call_later(
                max(timer.due - self._passed, 0.0) / self._speed, self._ring, timer
            )

    def _rearm(self) -> None:
        for timer in tuple(self._timers):
            self._arm(timer)

    def _ring(self, timer: _Timer) -> None:
        self._timers.pop(timer, None)
        self._passed = max(self.time(), timer.due)
        timer.ring()
