"""What the bench house's own engine notices, as the bench reads it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from demo.house import Home

# The voices it has: one that speaks in the form it is asked for, and two whose sound Home Assistant has to convert.
VOICES: Final = ("asked", "wav", "mp3")
PATH: Final = "bench_engine"
POLL_SECONDS: Final = 0.05

type Moments = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """When there was how much of an answer: moments, each with the seconds of sound there were by then.

    `handed` is when the voice handed it over, `ready` when Home Assistant had it in the form that was asked for.
    """

    handed: Moments
    ready: Moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """What happened on a page: the moments in which clicks were heard, and the answers."""

    heard: tuple[float, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What it took to set up an account: the seconds, the longest of them without a turn of the loop, and its entities."""

    is_set_up: bool
    seconds: float
    stall: float
    entities: int


class Engine:
    """Hears, thinks and speaks for the house, and measures what can only be measured in it."""

    def __init__(self, home: Home) -> None:
        """Be reached as a person who has logged in."""
        self._home = home

    async def turn_page(
        self, clicks: int, seconds: float, *, thinking: float = 0
    ) -> None:
        """Forget what happened; from now on so many clicks are answered after so long, by so many seconds of speech."""
        order = {"clicks": clicks, "seconds": seconds, "thinking": thinking}
        await self._home.post(PATH, order)

    async def notes(self) -> Notes:
        """Return what has happened."""
        told = await self._home.get(PATH)
        answers = (
            Answer(**{key: (*map(tuple, moments),) for key, moments in one.items()})
            for one in told["answers"]
        )
        return Notes(heard=(*told["heard"],), answers=(*answers,))

    async def listens(self) -> None:
        """Return when somebody is listened to."""
        while not (await self._home.get(PATH))["listening"]:
            await asyncio.sleep(POLL_SECONDS)

    @asynccontextmanager
    async def account(
        self,
        domain: str,
        data: Mapping[str, Any],
        options: Mapping[str, Any],
        subentries: Iterable[Mapping[str, Any]],
    ) -> AsyncIterator[str]:
        """Have an account of an integration as long as the context lasts; what is yielded is its id."""
        order = {
            "domain": domain,
            "data": data,
            "options": options,
            "subentries": [*subentries],
        }
        entry_id = (await self._home.post(f"{PATH}/accounts", order))["entry_id"]
        try:
            yield entry_id
        finally:
            await self._home.delete(f"config/config_entries/entry/{entry_id}")

    async def set_up(self, entry_id: str) -> SetUp:
        """Set up an account once more, as a start does, and tell what that took."""
        return SetUp(**await self._home.post(f"{PATH}/setting_up/{entry_id}"))

    async def run_many(
        self, action: str, rows: Iterable[Mapping[str, Any]], at_once: int
    ) -> float:
        """Run an action with each of the rows, so many at once, and return how many seconds all took."""
        order = {"action": action, "rows": [*rows], "at_once": at_once}
        return float((await self._home.post(f"{PATH}/actions", order))["seconds"])

    @asynccontextmanager
    async def counting_memory(self) -> AsyncIterator[Callable[[], Awaitable[int]]]:
        """Have counted what is taken from now on; what is yielded returns how many bytes that is."""

        async def count() -> int:
            return int((await self._home.get(f"{PATH}/memory"))["bytes"])

        await self._home.post(f"{PATH}/memory")
        try:
            yield count
        finally:
            await self._home.delete(f"{PATH}/memory")
