"""Callers who speak while the house does: the house falls silent, and hears what they say."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable
from typing import Final

from .ear import Ear
from .voice.pcm import BYTES_PER_SECOND
from .voice.session import CallSession

# From before a word is known to be one: else the next turn would begin in the middle of it.
KEPT_BYTES: Final = BYTES_PER_SECOND


async def async_play(session: CallSession, sound: AsyncIterable[bytes] | bytes) -> bool:
    """Play something unless the caller speaks, and return whether it was heard to its end.

    What the caller says into it is not lost: the next who listens hears it from its start.
    What they have said before it began is for the next who listens, too, and interrupts nothing.
    """
    begun = asyncio.Event()
    listening = asyncio.create_task(_async_listen(session, begun))
    try:
        return await session.play(_telling(sound, begun))
    finally:
        listening.cancel()
        await asyncio.wait([listening])


async def _telling(
    sound: AsyncIterable[bytes] | bytes, begun: asyncio.Event
) -> AsyncGenerator[bytes]:
    """Yield a sound, and tell when there is something of it."""
    if isinstance(sound, bytes):
        begun.set()
        yield sound
        return
    try:
        async for piece in sound:
            begun.set()
            yield piece
    finally:
        if isinstance(sound, AsyncGenerator):
            await sound.aclose()


async def _async_listen(session: CallSession, begun: asyncio.Event) -> None:
    """Interrupt when somebody speaks, and give back what was said before and last."""
    await begun.wait()
    ear = Ear()
    before = session.take()
    kept = bytearray()
    try:
        async for piece in session.microphone():
            kept += piece
            del kept[:-KEPT_BYTES]
            if ear.hears_word(piece):
                await session.interrupt()
                return
    finally:
        session.put_back(before + kept)
