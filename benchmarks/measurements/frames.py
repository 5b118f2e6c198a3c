"""Frames: how long sound takes between a line and the engine, in both directions, for all of a turn."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final, override

from ..engine import Answer
from ..figures import Claim, Readings, percentile
from ..lines import Frame, LineError
from . import MS, Measurement, Scale

if TYPE_CHECKING:
    # It needs what only the bench has.
    from ..house import BenchHouse

PART: Final = 0.95
LIMIT: Final = 5
# Less than a sample: seconds are counted in different ways on both sides.
ROUNDING_SECONDS: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Frames(Measurement):
    """Speaks over each line, and is answered by a voice that is passed on as it is."""

    scale: Scale
    name = "frames"

    @property
    @override
    def claims(self) -> Sequence[Claim]:
        """One each way."""
        ways = {
            "in": "Sound from the socket to speech-to-text, p95",
            "out": "Sound from text-to-speech to the socket, p95",
        }
        return [
            Claim(
                what=what,
                unit="ms",
                of=f"{way} elks46",
                beside={line: f"{way} {line}" for line in ("wyoming", "voip")},
                at_most=LIMIT,
            )
            for way, what in ways.items()
        ]

    @override
    async def round(self, house: BenchHouse) -> Readings:
        """Speak once over each line."""
        await house.speak_with("asked")
        readings = {}
        for line in house.lines:
            turn, notes = await house.turn(line, self.scale.clicks, self.scale.seconds)
            if len(notes.heard) != len(turn.clicked):
                heard, said = len(notes.heard), len(turn.clicked)
                raise LineError(f"{line.name}: {heard} of {said} clicks were heard")
            (answer,) = notes.answers
            pairs = zip(turn.clicked, notes.heard, strict=True)
            ways = {
                "in": [heard - said for said, heard in pairs],
                "out": delays(answer, turn.frames),
            }
            for way, late in ways.items():
                readings[f"{way} {line.name}"] = MS * percentile(late, PART)
        return readings


def delays(answer: Answer, frames: Sequence[Frame]) -> list[float]:
    """Return how long after its last sample was handed over each frame came, in seconds."""
    there = [seconds for _, seconds in answer.handed]
    ends = accumulate(frame.seconds for frame in frames)
    return [
        frame.moment - answer.handed[bisect_left(there, end - ROUNDING_SECONDS)][0]
        for frame, end in zip(frames, ends, strict=True)
    ]
