"""What the house says: on its way in time, heard to the end, or silent at once.

46elks plays with correct timing whatever comes, and holds what comes too early. It sends a
`sync` back when all that was sent before it has been played. A `sync` has no name, so one
that belongs to a playback that was cut off is told from the next one's by its time: nothing
can have been heard before it was sent. https://46elks.com/docs/realtime-voice-interrupt
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from contextlib import suppress
from typing import Final

from ..api.realtime import Audio, AudioFormat, Interrupt, RealtimeMessage, Sending, Sync
from .pcm import BYTES_PER_SECOND, whole

# Others have found that frames of 20 ms make speech jitter at 46elks, and that of 100 ms do not.
FRAME_SECONDS: Final = 0.1
FRAME_BYTES: Final = int(FRAME_SECONDS * BYTES_PER_SECOND)
# Home Assistant stands still for a second or two at times, and nobody is to hear it. More
# ahead would only be dropped when the caller interrupts or hangs up.
LEAD_SECONDS: Final = 5.0
# The last packet of a playback is 20 to 60 ms long, and counts as played when it is sent.
LEEWAY_SECONDS: Final = 0.1
# No line is as late as that; to ask twice costs a frame.
ASK_AGAIN_SECONDS: Final = 3.0
# Who has not answered by then never will, and each minute is paid for.
UNHEARD_SECONDS: Final = 15.0


class UnheardError(Exception):
    """46elks does not tell that it has played anything."""


class Speaker:
    """Says one thing after the other."""

    def __init__(self, send: Callable[[RealtimeMessage], Awaitable[None]]) -> None:
        """Say nothing yet."""
        self._send = send
        self._is_declared = False
        self._playback: _Playback | None = None
        # When 46elks has played what it was sent, by the clock of the loop.
        self._silent_at = 0.0
        # How many answers to `sync` may come that nobody waits for.
        self._late = 0

    async def play(self, sound: AsyncIterable[bytes] | bytes) -> bool:
        """Say something and return True when it has been heard, False when it is cut off.

        Raises:
            UnheardError: 46elks does not say that it was.
        """
        if self._playback is not None:
            raise RuntimeError("Something is being played already")
        playback = self._playback = _Playback()
        chunks = _once(sound) if isinstance(sound, bytes) else sound
        try:
            async with playback.scope:
                await self._say(playback, chunks)
                await self._await_heard(playback)
        except Exception:
            # What becomes of a sound that is not to be heard any more is of no interest.
            if not playback.is_cut:
                raise
        finally:
            if playback is self._playback:
                self._leave(playback)
            if isinstance(chunks, AsyncGenerator):
                await chunks.aclose()
        return not playback.is_cut

    async def interrupt(self) -> None:
        """Be silent at once, whatever is being played."""
        self.cut()
        if not self._is_declared:
            return
        # It also mutes us: 46elks drops audio until the next `sending`.
        self._is_declared = False
        self._silent_at = 0.0
        await self._send(Interrupt())

    def cut(self) -> None:
        """Let what is being played return."""
        if playback := self._playback:
            self._leave(playback)
            playback.cut()

    def synced(self) -> None:
        """Hear from 46elks that all was played before some `sync`."""
        playback = self._playback
        if playback is None or not playback.asked:
            self._late = max(0, self._late - 1)
        elif self._late and _now() < self._silent_at - LEEWAY_SECONDS:
            self._late -= 1
        else:
            self._playback = None
            self._late = playback.asked - 1
            playback.heard.set()

    def _leave(self, playback: _Playback) -> None:
        """Wait no longer for what a playback has asked."""
        self._playback = None
        self._late += playback.asked

    async def _say(self, playback: _Playback, chunks: AsyncIterable[bytes]) -> None:
        """Send sound as it comes.

        What comes first leaves at once, however little; later, when 46elks has something to
        play, whole frames are waited for.
        """
        rest = b""
        async for chunk in chunks:
            rest += chunk
            count = len(rest) // FRAME_BYTES
            for start in range(0, count * FRAME_BYTES, FRAME_BYTES):
                await self._send_frame(playback, rest[start : start + FRAME_BYTES])
            rest = rest[count * FRAME_BYTES :]
            if self._silent_at <= _now() + FRAME_SECONDS:
                frame, rest = whole(rest)
                await self._send_frame(playback, frame)
            if playback.is_cut:
                return
        await self._send_frame(playback, whole(rest)[0])

    async def _send_frame(self, playback: _Playback, frame: bytes) -> None:
        """Send a frame when 46elks has not too much to play before it."""
        if not frame:
            return
        if (early := self._silent_at - _now() - LEAD_SECONDS) > 0:
            await asyncio.sleep(early)
        # Cut off while it waited, it would unmute what is not to be heard.
        if playback.is_cut:
            return
        if not self._is_declared:
            self._is_declared = True
            await self._send(Sending(AudioFormat.PCM_16000))
        playback.has_sound = True
        self._silent_at = max(self._silent_at, _now()) + len(frame) / BYTES_PER_SECOND
        await self._send(Audio(frame))

    async def _await_heard(self, playback: _Playback) -> None:
        """Ask when all has been played, until it is told; what is nothing needs no asking."""
        given_up_at = max(self._silent_at, _now()) + UNHEARD_SECONDS
        while playback.has_sound and not (playback.is_cut or playback.heard.is_set()):
            if playback.asked and _now() >= given_up_at:
                raise UnheardError
            playback.asked += 1
            await self._send(Sync())
            with suppress(TimeoutError):
                late_at = max(self._silent_at, _now()) + ASK_AGAIN_SECONDS
                async with asyncio.timeout_at(late_at):
                    await playback.heard.wait()


class _Playback:
    """One thing that is said, and what ends it."""

    def __init__(self) -> None:
        """Begin."""
        self.scope = asyncio.timeout(None)
        self.heard = asyncio.Event()
        self.has_sound = False
        self.asked = 0
        self.is_cut = False

    def cut(self) -> None:
        """Let it return as soon as the loop runs, whatever it waits for."""
        self.is_cut = True
        self.scope.reschedule(0)


async def _once(sound: bytes) -> AsyncGenerator[bytes]:
    yield sound


def _now() -> float:
    return asyncio.get_running_loop().time()
