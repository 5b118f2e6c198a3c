"""What a caller says in one turn, which ends when they have spoken and are silent again.

Home Assistant's detector finds the end of long sentences before. A single word over a
telephone it does not even hear, and waits for fifteen seconds.
"""

from collections.abc import AsyncIterator, Callable
from typing import Final, Self, override

from .ear import Ear

# After the pause at which Home Assistant ends a sentence: who has said but a word may go on.
PATIENCE_SECONDS: Final = 0.8


class Sentence(AsyncIterator[bytes]):
    """Yields sound until somebody has said something; not a generator, as the microphone is none."""

    def __init__(
        self, sound: AsyncIterator[bytes], pause: float, said: Callable[[], None]
    ) -> None:
        """Take what is heard, after how many seconds of silence it ends, and whom to tell that."""
        self._sound = sound
        self._pause = pause + PATIENCE_SECONDS
        self._said = said
        self._ear = Ear()
        self._has_begun = False
        self._is_over = False
        self.is_followed = True
        """Whether the end is looked for here; some engines know better themselves."""

    @override
    def __aiter__(self) -> Self:
        """Return this."""
        return self

    @override
    async def __anext__(self) -> bytes:
        """Return the next piece."""
        if self._is_over:
            raise StopAsyncIteration
        piece = await anext(self._sound)
        if self.is_followed:
            self._follow(piece)
        return piece

    def _follow(self, piece: bytes) -> None:
        self._has_begun |= self._ear.hears_word(piece)
        if self._has_begun and self._ear.pause >= self._pause:
            self._is_over = True
            self._said()
