"""First audio: how long the first sound of an answer takes from where it is made to the one who asked.

A voice that speaks in the form of a call, or in whichever it is asked for, is passed on as it is: counted from when it hands
over its first sound. The sound of others Home Assistant converts: counted from the first that comes out of that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, override

from ..figures import Claim, Readings
from . import MS, Measurement, Scale

if TYPE_CHECKING:
    # It needs what only the bench has.
    from ..house import BenchHouse

CLICKS: Final = 2
# Only its beginning is measured; what is shorter, a phone for Voice over IP takes for a tone.
SECONDS: Final = 1.2
# What is said of a voice, and how late its first sound may be, in milliseconds.
VOICES: Final = {
    "asked": ("First audio of a voice that speaks 16 kHz", 5),
    "wav": ("First audio of a voice of 24 kHz, converted", 20),
    "mp3": ("First audio of a voice of MP3, converted", 20),
}


@dataclass(frozen=True, slots=True)
class FirstAudio(Measurement):
    """Has each voice answer over each line."""

    scale: Scale
    name = "first-audio"

    @property
    @override
    def claims(self) -> Sequence[Claim]:
        """One a voice."""
        return [
            Claim(
                what=what,
                unit="ms",
                of=f"{voice} elks46",
                beside={line: f"{voice} {line}" for line in ("wyoming", "voip")},
                at_most=limit,
            )
            for voice, (what, limit) in VOICES.items()
            if voice in self.scale.voices
        ]

    @override
    async def round(self, house: BenchHouse) -> Readings:
        """Have each voice answer once over each line."""
        readings = {}
        for voice in self.scale.voices:
            await house.speak_with(voice)
            for line in house.lines:
                turn, notes = await house.turn(line, CLICKS, SECONDS)
                (answer,) = notes.answers
                begin = answer.handed if voice == "asked" else answer.ready
                late = turn.frames[0].moment - begin[0][0]
                readings[f"{voice} {line.name}"] = MS * late
        return readings
