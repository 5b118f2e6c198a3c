"""What the bench house's own engine notices, as the bench reads it."""

import asyncio
from dataclasses import dataclass
from typing import Final

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


class Engine:
    """Hears, thinks and speaks for the house."""

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
