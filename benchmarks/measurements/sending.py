"""Sending: how long one action takes for many texts, how often 46elks is asked for that, and what memory they wait in.

Beside it, a program that makes the same posts to the same 46elks, as many at once, and does nothing else: it checks no
number, counts no money, remembers nothing and cannot find what was lost; and Home Assistant's own `rest_command`, run for
as many at once by something that costs nothing.

What must be is measured where 46elks takes 50 ms for an answer, which is little for an operator in the internet: that is
what a home waits for. Its stand-in on the same machine answers in a fraction of a millisecond, so without that only the
computing of both is compared, of which an action that looks after its texts has more in any case; that is told, too, and
nothing has to come of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import TYPE_CHECKING, Final, override

import aiohttp

from ..control import LOGIN
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
MESSAGE: Final = "Water is off"
ANSWER_SECONDS: Final = 0.05
# A text a second of the plain program may be 0.8 of a text of ours.
LIMIT: Final = 1 / 0.8
PLENTY: Final = 1_000_000
# Until all texts wait; an answer that takes longer than 20 is given up.
HELD_SECONDS: Final = 5.0
POLL_SECONDS: Final = 0.3
KILOBYTE: Final = 1024
# What the house takes in passing while it is counted.
HARDLY_ANY: Final = 16 * KILOBYTE
MEMORY_AT_MOST: Final = 4


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
        """One for each number of people, one for the fewest without a wait, and what those take beside time."""
        few, *more = self.scale.recipients
        plain, rest = "the posts alone", "rest_command"
        many = [
            Claim(
                what=f"Each of {count:,} texts, answered after 50 ms",
                unit="ms",
                of=f"{count} elks46",
                beside={plain: f"{few} plain"},
                at_most_ratio=LIMIT,
            )
            for count in more
        ]
        return [
            Claim(
                what=f"Each of {few:,} texts, answered after 50 ms",
                unit="ms",
                of=f"{few} elks46",
                beside={plain: f"{few} plain", rest: f"{few} rest"},
                at_most_ratio=LIMIT,
            ),
            *many,
            Claim(
                what=f"Each of {few:,} texts, answered at once",
                unit="ms",
                of=f"{few} elks46 at once",
                beside={plain: f"{few} plain at once", rest: f"{few} rest at once"},
            ),
            Claim(
                what=f"Requests for each of {few:,} texts",
                unit="requests",
                of="requests",
                beside={},
                at_most=1,
            ),
            Claim(
                what=f"Memory for each of {few:,} texts that wait",
                unit="KB",
                of="memory",
                beside={},
                at_most=MEMORY_AT_MOST,
            ),
        ]

    @override
    async def round(self, house: BenchHouse) -> Readings:
        """Send from an account of its own, so that what is kept of so many texts is gone afterwards."""
        simulator = house.other_simulator
        await simulator.have_money(PLENTY)
        few, *more = (recipients(count) for count in self.scale.recipients)
        async with house.elks_account() as entry_id:
            ways = _Ways(house, entry_id)
            # Before the others, whose reports come for a while.
            readings = await ways.hold_up(few)
            readings |= await ways.compare(few, " at once")
            await simulator.answer_texts_after(ANSWER_SECONDS)
            readings |= await ways.compare(few)
            for people in more:
                # A post alone takes as long among ten times as many.
                readings[f"{len(people)} elks46"] = await ways.send(people)
            await simulator.answer_texts_after(0)
        return readings


class _Ways:
    """The ways to send to many, each of which returns how many milliseconds a text takes."""

    def __init__(self, house: BenchHouse, entry_id: str) -> None:
        """Send from an account."""
        self._house = house
        self._simulator = house.other_simulator
        self._entry_id = entry_id

    async def compare(self, people: Sequence[str], how: str = "") -> dict[str, float]:
        """Send in all of them."""
        return {
            f"{len(people)} plain{how}": await self.post(people),
            f"{len(people)} rest{how}": await self.command(people),
            f"{len(people)} elks46{how}": await self.send(people),
        }

    async def send(self, people: Sequence[str]) -> float:
        """Send by one action."""
        begun = monotonic()
        answer = await self._house.home.answer(
            "elks46.send_sms",
            config_entry_id=self._entry_id,
            to=people,
            message=MESSAGE,
        )
        took = monotonic() - begun
        if failed := [row for row in answer["messages"] if "error" in row]:
            raise LineError(f"{len(failed)} texts: {failed[0]['error']}")
        return MS * took / len(people)

    async def command(self, people: Sequence[str]) -> float:
        """Have `rest_command` make the posts."""
        where = {"api_url": self._simulator.api_url}
        rows = [where | self._form(phone) for phone in people]
        engine = self._house.engine
        took = await engine.run_many("rest_command.bench_text", rows, AT_ONCE)
        return MS * took / len(people)

    async def post(self, people: Sequence[str]) -> float:
        """Make the posts."""
        waiting = iter(people)
        url = f"{self._simulator.api_url}/sms"

        async def post(session: aiohttp.ClientSession) -> None:
            for phone in waiting:
                form = {"from": "Bench", **self._form(phone)}
                async with session.post(url, data=form) as answer:
                    await answer.json()

        begun = monotonic()
        async with aiohttp.ClientSession(
            headers=LOGIN, raise_for_status=True
        ) as session:
            await asyncio.gather(*(post(session) for _ in range(AT_ONCE)))
        return MS * (monotonic() - begun) / len(people)

    def _form(self, phone: str) -> dict[str, str]:
        """Return a text whose reports go to a server that only answers."""
        return {"to": phone, "message": MESSAGE, "whendelivered": self._house.bare_url}

    async def hold_up(self, people: Sequence[str]) -> dict[str, float]:
        """Have 46elks not answer for a while, and return in how many kilobytes and with how many requests each text waits."""
        simulator = self._simulator
        position = await simulator.position()
        await simulator.answer_texts_after(HELD_SECONDS, times=AT_ONCE)
        async with self._house.engine.counting_memory() as count:
            before = await _settled(count)
            sending = asyncio.create_task(self.send(people))
            while not sending.done() and await simulator.delays_left():
                await asyncio.sleep(POLL_SECONDS)
            taken = await _settled(count) - before
            await sending
        return {
            "memory": taken / len(people) / KILOBYTE,
            "requests": await simulator.requests(position) / len(people),
        }


async def _settled(count: Callable[[], Awaitable[int]]) -> int:
    """Return how many bytes are taken as soon as hardly any come along."""
    taken = await count()
    while True:
        await asyncio.sleep(POLL_SECONDS)
        taken, before = await count(), taken
        if taken - before < HARDLY_ANY:
            return taken
