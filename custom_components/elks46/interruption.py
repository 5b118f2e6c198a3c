"""Callers who speak while the house does: the house falls silent, and hears what they say."""

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from typing import Final

from .ear import Ear
from .voice.pcm import BYTES_PER_SECOND
from .voice.session import CallSession

# From before a word is known to be one: else the next turn would begin in the middle of it.
KEPT_BYTES: Final = BYTES_PER_SECOND


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
