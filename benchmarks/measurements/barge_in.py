"""Barge-in: for how long the house goes on when somebody speaks into its answer.

They hum, 20 ms at a time, of which it takes three to tell a word from a cough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, override

from ..figures import Claim, Readings
from . import MS, Measurement, Scale

if TYPE_CHECKING:
    # It needs what only the bench has.
    from ..house import BenchHouse

CLICKS: Final = 2
# Longer than anybody waits before they speak.
SECONDS: Final = 5.0
TIMES: Final = 3
LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class BargeIn(Measurement):
    """Speaks into some answers, one after the other."""

    scale: Scale
    name = "barge-in"

    @property
    @override
    def claims(self) -> Sequence[Claim]:
        """From the first sound of the caller to the end of the house's."""
        return [
            Claim(
                what="Answer that goes on when somebody speaks",
                unit="ms",
                of="elks46",
                beside={},
                at_most=LIMIT,
            )
        ]

    @override
    async def round(self, house: BenchHouse) -> Readings:
        """Let others than the first be interrupted, who is measured by all the rest."""
        await house.speak_with("asked")
        took = []
        for phone in house.phones[-TIMES:]:
            await house.engine.turn_page(CLICKS, SECONDS)
            took.append(await phone.interrupt(CLICKS))
        return {"elks46": MS * median(took)}
