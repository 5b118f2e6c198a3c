"""The samples of a WAV while it is being made: nothing is gathered, nothing is converted.

Who makes a WAV piece by piece, as text-to-speech does, does not know its length when the
header is written, and so writes 0 or the largest number there is. Text-to-speech that was
asked for the form of a call and gives another is told so, never played: it would be noise.
One that stops in the middle is given up, as somebody listens.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from struct import unpack_from
import sys
from typing import Final

from .pcm import SAMPLE_BYTES, SAMPLE_RATE, whole

_HEADER_BYTES: Final = 12
_CHUNK_BYTES: Final = 8
_PCM: Final = 1
_EXTENSIBLE: Final = 0xFFFE
_ENDLESS: Final = (0, 0xFFFF_FFFF)
# Plain ones have 16, and the longest there is 40.
_FORM_BYTES: Final = range(16, 257)
_FORM_BYTES_EXTENSIBLE: Final = 26


class SoundFormatError(Exception):
    """A sound has not the form of a call."""

    def __init__(self, found: str) -> None:
        """Say what was found."""
        super().__init__(f"Wanted WAV of 16000 Hz, mono, 16-bit PCM, found {found}")
        self.found = found


async def pcm(
    chunks: AsyncIterable[bytes], *, patience: float | None = None
) -> AsyncGenerator[bytes]:
    """Yield the samples of a WAV as they come, whole ones only; it may be cut anywhere.

    Each piece is waited for as many seconds as `patience` says, where it says any.

    Raises:
        SoundFormatError: it is no WAV, or one of another form.
        TimeoutError: nothing more has come for so long.
    """
    wav, pieces = _Wav(), aiter(chunks)
    try:
        while not wav.is_over and (chunk := await _next(pieces, patience)) is not None:
            if sound := wav.feed(chunk):
                yield sound
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    wav.end()


async def _next(pieces: AsyncIterator[bytes], patience: float | None) -> bytes | None:
    """Return the next piece, None when there are no more."""
    async with asyncio.timeout(patience):
        return await anext(pieces, None)


class _Wav:
    """Reads a WAV that comes in pieces."""

    def __init__(self) -> None:
        """Have read nothing."""
        self._unread = b""
        self._is_begun = False
        self._is_known = False
        self._skip = 0
        # How many bytes of samples are to come, None before the first.
        self._left: int | None = None

    @property
    def is_over(self) -> bool:
        """Whether all samples have come; what follows is about them."""
        return self._left == 0

    def feed(self, chunk: bytes) -> bytes:
        """Take a piece, and return the whole samples that have come with it."""
        self._unread += chunk
        while self._left is None and self._read_header():
            pass
        if self._left is None:
            return b""
        sound, self._unread = whole(self._unread[: self._left])
        self._left -= len(sound)
        if self._left < SAMPLE_BYTES:
            self._left = 0
        return sound

    def end(self) -> None:
        """See that what has ended was a sound."""
        if self._left is None:
            raise SoundFormatError(
                "no samples" if self._is_begun else "something else than WAV"
            )

    def _read_header(self) -> bool:
        """Read on before the samples, and tell whether there may be more to read."""
        if self._skip:
            skipped = min(self._skip, len(self._unread))
            self._unread, self._skip = self._unread[skipped:], self._skip - skipped
            return not self._skip
        if not self._is_begun:
            return self._begin()
        if len(self._unread) < _CHUNK_BYTES:
            return False
        name, size = unpack_from("<4sI", self._unread)
        match name:
            case b"fmt ":
                return self._read_form(size)
            case b"data" if self._is_known:
                self._left = sys.maxsize if size in _ENDLESS else size
                self._unread = self._unread[_CHUNK_BYTES:]
                return False
            case b"data":
                raise SoundFormatError("samples of a form that is not told")
        # Of odd lengths there is a byte more.
        self._skip = _CHUNK_BYTES + size + size % 2
        return True

    def _begin(self) -> bool:
        if len(self._unread) < _HEADER_BYTES:
            # What is something else is not waited for.
            if not b"RIFF".startswith(self._unread[:4]):
                raise SoundFormatError("something else than WAV")
            return False
        if self._unread[:4] != b"RIFF" or self._unread[8:12] != b"WAVE":
            raise SoundFormatError("something else than WAV")
        self._unread = self._unread[_HEADER_BYTES:]
        self._is_begun = True
        return True

    def _read_form(self, size: int) -> bool:
        """Read how the samples are written."""
        if size not in _FORM_BYTES:
            raise SoundFormatError("a WAV that is broken")
        if len(self._unread) < _CHUNK_BYTES + size:
            return False
        code, channels, rate, _, _, bits = unpack_from(
            "<HHIIHH", self._unread, _CHUNK_BYTES
        )
        if code == _EXTENSIBLE and size >= _FORM_BYTES_EXTENSIBLE:
            (code,) = unpack_from("<H", self._unread, _CHUNK_BYTES + 24)
        if (code, channels, rate, bits) != (_PCM, 1, SAMPLE_RATE, SAMPLE_BYTES * 8):
            kind = "PCM" if code == _PCM else f"encoding {code}"
            raise SoundFormatError(
                f"{rate} Hz, channels: {channels}, {bits}-bit {kind}"
            )
        self._is_known = True
        self._skip = _CHUNK_BYTES + size + size % 2
        return True
