"""Sending: how long one action takes for many texts.

Beside it, a program that makes the same posts to the same 46elks, as many at once, and does nothing else: it checks no
number, counts no money, remembers nothing and cannot find what was lost.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Final, override

import aiohttp

from simulator.config import DEFAULT_PASSWORD, DEFAULT_USERNAME

from ..figures import Claim, Readings
from ..lines import LineError
from . import MS, Measurement, Scale

if TYPE_CHECKING:
    # It needs what only the bench has.
    from ..house import BenchHouse

# As many as the house asks for at once.
AT_ONCE: Final = 32
# The British regulator keeps a thousand numbers behind each for fiction.
FICTION: Final = (
    *("+447700900", "+441134960", "+441144960", "+441154960", "+441164960"),
    *("+441174960", "+441184960", "+441214960", "+441314960", "+441414960"),
)
# A text a second of the plain program may be 0.8 of a text of ours.
LIMIT: Final = 1 / 0.8


def recipients(count: int) -> list[str]:
    """Return so many numbers, none twice."""
    numbers = (f"{start}{last:03}" for start in FICTION for last in range(1000))
    return [*islice(numbers, count)]


@dataclass(frozen=True, slots=True)
class Sending(Measurement):
    """Sends to many people at once."""

    scale: Scale
    name = "sending"

    @property
    @override
    def claims(self) -> Sequence[Claim]:
        """One for each number of people."""
        return [
            Claim(
                what=f"Each of {count:,} texts by one action",
                unit="ms",
                of=f"{count} elks46",
                beside={"the posts alone": f"{count} plain"},
                at_most_ratio=LIMIT,
            )
            for count in self.scale.recipients
        ]

    @override
    async def round(self, house: BenchHouse) -> Readings:
        """Send to as many by the program, and by the action."""
        readings = {}
        for count in self.scale.recipients:
            people = recipients(count)
            begun = monotonic()
            await _post(house, people)
            readings[f"{count} plain"] = MS * (monotonic() - begun) / count
            begun = monotonic()
            answer = await house.home.answer(
                "elks46.send_sms", to=people, message="Water is off"
            )
            readings[f"{count} elks46"] = MS * (monotonic() - begun) / count
            if failed := [row for row in answer["messages"] if "error" in row]:
                raise LineError(f"{len(failed)} texts: {failed[0]['error']}")
        return readings


async def _post(house: BenchHouse, people: Sequence[str]) -> None:
    """Make the posts, and have the reports go to a server that only answers."""
    waiting = iter(people)

    async def post(session: aiohttp.ClientSession) -> None:
        for phone in waiting:
            form = {
                "from": "Bench",
                "to": phone,
                "message": "Water is off",
                "whendelivered": house.bare_url,
            }
            async with session.post(f"{house.api_url}/sms", data=form) as answer:
                await answer.json()

    login = aiohttp.encode_basic_auth(DEFAULT_USERNAME, DEFAULT_PASSWORD)
    async with aiohttp.ClientSession(
        headers={"Authorization": login}, raise_for_status=True
    ) as session:
        await asyncio.gather(*(post(session) for _ in range(AT_ONCE)))
