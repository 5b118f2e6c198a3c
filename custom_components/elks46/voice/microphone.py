"""What the caller says, kept until somebody listens.

Between two turns of a conversation nobody does, while the house thinks or speaks; what is
said then belongs to the next turn.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final, Self, override

from .pcm import BYTES_PER_SECOND, whole

# An agent that thinks for longer has been given up, and two megabytes a call are no burden.
HEARD_SECONDS_AT_MOST: Final = 60
# To tell speech in as much takes a small computer ten milliseconds. Smaller pieces that are held
# are put together, as each has its price.
PIECE_BYTES: Final = BYTES_PER_SECOND // 10
# What was kept is gone through so many times as fast as it was said.
TIMES_AS_FAST: Final = 4
# More than a line that stutters holds back.
KEPT_BYTES_UNNOTICED: Final = BYTES_PER_SECOND // 5


class Microphone:
    """Holds what was heard and not yet listened to; of too much, the oldest goes."""

    def __init__(self) -> None:
        """Hear nothing yet."""
        self._heard: deque[bytearray] = deque()
        self._size = 0
        self._half = b""
        self._is_over = False
        self._listener: Listener | None = None

    def put(self, sound: bytes) -> None:
        """Hear a piece, which need not be cut between samples."""
        sound, self._half = whole(self._half + sound)
        if not sound:
            return
        if self._heard and len(self._heard[-1]) + len(sound) <= PIECE_BYTES:
            self._heard[-1] += sound
        else:
            self._heard.append(bytearray(sound))
        self._size += len(sound)
        while self._size > HEARD_SECONDS_AT_MOST * BYTES_PER_SECOND:
            self._size -= len(self._heard.popleft())
        self._wake()

    def take(self) -> bytes | None:
        """Return the oldest piece that is held, a short one, None while there is none."""
        if not self._heard:
            return None
        sound = self._heard.popleft()
        if rest := sound[PIECE_BYTES:]:
            self._heard.appendleft(rest)
            sound = sound[:PIECE_BYTES]
        self._size -= len(sound)
        return bytes(sound)

    def take_all(self) -> bytes:
        """Return all that is held, and hold nothing."""
        sound = b"".join(self._heard)
        self.forget()
        return sound

    @property
    def rest_seconds(self) -> float:
        """How long to let others go on before the next piece is taken."""
        if self._size <= KEPT_BYTES_UNNOTICED:
            return 0
        piece = min(len(self._heard[0]), PIECE_BYTES)
        return piece / BYTES_PER_SECOND / TIMES_AS_FAST

    def put_back(self, sound: bytes) -> None:
        """Hold again, before all else, what was taken and belongs to the next who listens."""
        starts = range(0, len(sound), PIECE_BYTES)
        pieces = (bytearray(sound[start : start + PIECE_BYTES]) for start in starts)
        self._heard.extendleft(reversed([*pieces]))
        self._size += len(sound)
        self._wake()

    def forget(self) -> None:
        """Let go what is held."""
        self._heard.clear()
        self._size = 0

    def end(self) -> None:
        """Hear no more; what is held can still be listened to."""
        self._is_over = True
        self._wake()

    def open(self) -> Listener:
        """Listen from now on; whoever has listened before hears no more."""
        self._wake()
        self._listener = listener = Listener(self)
        return listener

    def is_over_for(self, listener: Listener) -> bool:
        """Tell whether there is nothing more to come for this one."""
        return listener is not self._listener or (self._is_over and not self._heard)

    def _wake(self) -> None:
        if self._listener is not None:
            self._listener.wake()


class Listener(AsyncIterator[bytes]):
    """Yields what is heard, until the call ends or somebody else listens.

    It is no generator: who stops listening in the middle of it leaves nothing to clean up.
    """

    def __init__(self, microphone: Microphone) -> None:
        """Listen to a microphone."""
        self._microphone = microphone
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Look again."""
        self._news.set()

    @override
    def __aiter__(self) -> Self:
        """Return this."""
        return self

    @override
    async def __anext__(self) -> bytes:
        """Return the next piece, waiting for it."""
        # Whoever listens computes on each piece. What was kept would otherwise be one
        # computation, and the answers of all calls had a gap as long.
        await asyncio.sleep(self._microphone.rest_seconds)
        while not self._microphone.is_over_for(self):
            self._news.clear()
            if (sound := self._microphone.take()) is not None:
                return sound
            await self._news.wait()
        raise StopAsyncIteration
