"""The ways to talk with the bench house: ours, and two of Home Assistant's own."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A piece of sound that came to the one who talks with the house; times are in seconds."""

    moment: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One thing said and answered: the moments in which clicks left, and what came of the answer, in its order."""

    clicked: tuple[float, ...]
    frames: tuple[Frame, ...]


class LineError(Exception):
    """A line does not do what it should; the text says what."""


class Line(Protocol):
    """A way to talk with the house."""

    @property
    def name(self) -> str:
        """What figures call it."""

    async def turn(self, clicks: int, seconds: float) -> Turn:
        """Say so many clicks, hear an answer of so many seconds to its end, and be gone.

        Raises:
            LineError: it comes to no answer.
        """
