"""A WAV file that comes in pieces, as `sending` with the format `wav` has it.

46elks: realtime-voice-audio-formats. How it comes is not documented: here the messages are one file cut anywhere, and after
its end another may follow.
"""

from array import array
import struct
from typing import Final

from .sound import MAX_CHANNELS, RATE, RATES, BadSourceError, to_16_bits

_NAME: Final = b"RIFF"
_RIFF: Final = struct.Struct("<4sI4s")
_CHUNK: Final = struct.Struct("<4sI")
_FORMAT: Final = struct.Struct("<HHIIHH")
_PCM: Final = 1
_EXTENSIBLE: Final = 0xFFFE
# What is written while it is made cannot know its length: all that comes belongs to it.
_ENDLESS: Final = frozenset({0, 0xFFFFFFFF, 0x7FFFFFFF})
# Nothing that stands before the sound is longer.
_HEAD_BYTES: Final = 64 * 1024


class WavStream:
    """Makes sound for a telephone of WAV files that come in pieces."""

    def __init__(self) -> None:
        """Wait for the first file."""
        self._waiting = b""
        self._left: int | None = None
        self._in_sound = self._is_over = False
        self._width = self._channels = 0
        self._steps: Steps

    def convert(self, content: bytes) -> bytes:
        """Return what is heard of the next piece, or raise BadSourceError."""
        self._waiting += content
        heard = b""
        while self._in_sound or self._begin():
            heard += self._take()
            if self._in_sound:
                break
        return heard

    def _begin(self) -> bool:
        """Read what stands before the sound; return whether it has begun."""
        if self._is_over:
            self._find_next()
        head = self._waiting
        if len(head) < _RIFF.size:
            return False
        riff, _, wave = _RIFF.unpack_from(head)
        if (riff, wave) != (_NAME, b"WAVE"):
            raise BadSourceError
        position = _RIFF.size
        while position + _CHUNK.size <= len(head):
            name, size = _CHUNK.unpack_from(head, position)
            position += _CHUNK.size
            if name == b"data":
                if not self._channels:
                    raise BadSourceError
                self._left = None if size in _ENDLESS else size
                self._in_sound, self._is_over = True, False
                self._waiting = head[position:]
                return True
            if name == b"fmt " and position + _FORMAT.size <= len(head):
                self._learn(*_FORMAT.unpack_from(head, position))
            position += size + size % 2
        if position > _HEAD_BYTES:
            raise BadSourceError
        return False

    def _learn(
        self, coding: int, channels: int, rate: int, _bytes: int, block: int, bits: int
    ) -> None:
        width = bits // 8
        if (
            coding not in {_PCM, _EXTENSIBLE}
            or not 0 < channels <= MAX_CHANNELS
            or rate not in RATES
            or bits not in {8, 16, 24, 32}
            or block != channels * width
        ):
            raise BadSourceError
        self._width, self._channels = width, channels
        self._steps = Steps(rate)

    def _find_next(self) -> None:
        """Pass over what stands behind the sound of a file."""
        start = self._waiting.find(_NAME)
        # A name may be cut in two.
        self._waiting = self._waiting[start if start >= 0 else 1 - len(_NAME) :]

    def _take(self) -> bytes:
        """Return what is heard of the sound that is there; what is no whole sample waits."""
        there, channels = self._waiting[: self._left], self._channels
        block = self._width * channels
        whole = there[: len(there) // block * block]
        if self._left == len(there):
            self._waiting = self._waiting[len(there) :]
            self._in_sound, self._is_over, self._channels = False, True, 0
        else:
            self._waiting = self._waiting[len(whole) :]
            if self._left is not None:
                self._left -= len(whole)
        samples = to_16_bits(whole, self._width)
        voices = (samples[index::channels] for index in range(channels))
        mixed = (sum(together) // channels for together in zip(*voices, strict=True))
        return self._steps.walk(array("h", mixed)).tobytes()


class Steps:
    """Makes samples of a telephone's rate of those of any other, each on the line between its neighbours."""

    def __init__(self, rate: int) -> None:
        """Begin at the first sample."""
        self._rate = rate
        self._kept = array("h")
        # Where the next sample lies among those that are kept, in parts of one.
        self._next = 0

    def walk(self, samples: array[int]) -> array[int]:
        """Return as many samples as there are neighbours for."""
        kept = self._kept
        kept.extend(samples)
        last = len(kept) - 1
        count = max((last * RATE - self._next) // self._rate + 1, 0)

        def at(index: int) -> int:
            position, rest = divmod(self._next + index * self._rate, RATE)
            left = kept[position]
            return left + (kept[min(position + 1, last)] - left) * rest // RATE

        made = array("h", map(at, range(count)))
        self._next += count * self._rate
        passed = min(self._next // RATE, len(kept))
        del kept[:passed]
        self._next -= passed * RATE
        return made
