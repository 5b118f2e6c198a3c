"""Callers who speak while the house does: the house falls silent, and hears what they say."""

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from typing import Final

from pymicro_vad import MicroVad

from .voice.pcm import BYTES_PER_SECOND
from .voice.session import CallSession

# What the detector takes at a time: ten milliseconds.
_STEP_BYTES: Final = BYTES_PER_SECOND // 100
# How sure it must be that this is speech, as Home Assistant's own pipeline wants it.
SPEECH_PROBABILITY: Final = 0.5
# So much speech among the last steps is a word, and no cough and no click of the line.
WORD_STEPS: Final = 20
AMONG_STEPS: Final = 30
# From before a word is known to be one: else the next turn would begin in the middle of it.
KEPT_BYTES: Final = BYTES_PER_SECOND


class Ear:
    """Tells speech from other sound, as it comes."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._detector = MicroVad()
        self._rest = b""
        self._steps: deque[bool] = deque(maxlen=AMONG_STEPS)

    def hears_word(self, sound: bytes) -> bool:
        """Listen on, and tell whether somebody is speaking."""
        sound = self._rest + sound
        whole = len(sound) - len(sound) % _STEP_BYTES
        self._rest = sound[whole:]
        for start in range(0, whole, _STEP_BYTES):
            step = sound[start : start + _STEP_BYTES]
            probability = self._detector.Process10ms(step)
            self._steps.append(probability > SPEECH_PROBABILITY)
            if sum(self._steps) >= WORD_STEPS:
                return True
        return False


async def async_play(session: CallSession, sound: AsyncIterable[bytes] | bytes) -> bool:
    """Play something unless the caller speaks, and return whether it was heard to its end.

    What the caller says into it is not lost: the next who listens hears it from its start.
    """
    listening = asyncio.create_task(_async_listen(session))
    try:
        return await session.play(sound)
    finally:
        listening.cancel()
        await asyncio.wait([listening])


async def _async_listen(session: CallSession) -> None:
    """Interrupt when somebody speaks, and give back what was said last."""
    ear = Ear()
    kept: deque[bytes] = deque()
    size = 0
    try:
        async for piece in session.microphone():
            kept.append(piece)
            size += len(piece)
            while size - len(kept[0]) >= KEPT_BYTES:
                size -= len(kept.popleft())
            if ear.hears_word(piece):
                await session.interrupt()
                return
    finally:
        session.put_back(b"".join(kept))
