"""Pace: whether an answer is heard without a gap, however many are heard at once, and what a conversation costs.

The voice speaks in real time, so nothing can be sent ahead: each delay of the voice, of the house and of the line is heard.
Before it the agent thinks for a while; what comes over the line meanwhile is kept, and gone through when the answer begins.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import monotonic
from typing import TYPE_CHECKING, Final, override

from ..engine import Answer
from ..figures import Claim, Readings
from ..lines import Frame
from . import MS, Measurement, Scale

if TYPE_CHECKING:
    # It needs what only the bench has.
    from ..house import BenchHouse

CLICKS: Final = 2
LIMIT: Final = 40
# A little less than what makes the house say that it works.
THINKING_SECONDS: Final = 1.2
IDLE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Pace(Measurement):
    """Has one conversation, and then several at once."""

    scale: Scale
    name = "pace"

    @property
    @override
    def claims(self) -> Sequence[Claim]:
        """One for each number of conversations, and what they cost where they are several."""
        gap = "Longest gap in an answer, "
        claims = [
            Claim(
                what=f"{gap}1 conversation",
                unit="ms",
                of="gap 1",
                beside={"the voice itself": "voice 1"},
                at_most=LIMIT,
            )
        ]
        for many in self.scale.callers:
            claims += [
                Claim(
                    what=f"{gap}{many} at once",
                    unit="ms",
                    of=f"gap {many}",
                    beside={
                        "1 conversation": "gap 1",
                        "the voice itself": f"voice {many}",
                    },
                    at_most=LIMIT,
                ),
                Claim(
                    what=f"CPU a second of each conversation, {many} at once",
                    unit="ms",
                    of=f"cpu {many}",
                    beside={"1 conversation": "cpu 1"},
                    at_most_ratio=1,
                ),
            ]
        return claims

    @override
    async def round(self, house: BenchHouse) -> Readings:
        """Have one conversation, and then several at once."""
        await house.speak_with("asked")
        began, before = monotonic(), house.cpu_seconds()
        await asyncio.sleep(IDLE_SECONDS)
        idle = (house.cpu_seconds() - before) / (monotonic() - began)
        readings: dict[str, float] = {}
        for count in (1, *self.scale.callers):
            readings |= await self._talk(house, count, idle)
        return readings

    async def _talk(
        self, house: BenchHouse, count: int, idle: float
    ) -> dict[str, float]:
        """Have so many conversations; `idle` is for how long a second the house computes without any."""
        await house.engine.turn_page(
            CLICKS, self.scale.seconds, thinking=THINKING_SECONDS
        )
        began, before = monotonic(), house.cpu_seconds()
        turns = await asyncio.gather(
            *(phone.turn(CLICKS, self.scale.seconds) for phone in house.phones[:count])
        )
        passed, computed = monotonic() - began, house.cpu_seconds() - before
        notes = await house.engine.notes()
        return {
            f"gap {count}": MS * max(longest_gap(turn.frames) for turn in turns),
            f"voice {count}": MS
            * max(longest_gap(frames(one)) for one in notes.answers),
            f"cpu {count}": MS * (computed / passed - idle) / count,
        }


def longest_gap(frames: Sequence[Frame]) -> float:
    """Return for how long at most there was nothing to play between frames, in seconds."""
    longest, silent_at = 0.0, frames[0].moment
    for frame in frames:
        longest = max(longest, frame.moment - silent_at)
        silent_at = max(silent_at, frame.moment) + frame.seconds
    return longest


def frames(answer: Answer) -> list[Frame]:
    """Return what a voice has handed over, as if it had come without any delay."""
    begun = [(0.0, 0.0), *answer.handed]
    return [
        Frame(moment=moment, seconds=seconds - before)
        for (_, before), (moment, seconds) in pairwise(begun)
    ]
