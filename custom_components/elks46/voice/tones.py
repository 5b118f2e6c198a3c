"""Small sounds that tell a caller what the house does, so that silence never leaves them in doubt.

They are calculated, soft, within what a telephone carries, and fade in and out: what begins
or ends in the middle of a wave clicks.
"""

from functools import cache
import math
from struct import pack
from typing import Final

from .pcm import SAMPLE_BYTES, SAMPLE_RATE

# A fifth of what is possible: as loud as quiet speech.
LOUDNESS: Final = 0.2
FADE_SECONDS: Final = 0.015

_LOUDEST: Final = 32_767


@cache
def listening() -> bytes:
    """Return two notes that rise: go on, speak."""
    return _note(659, 0.09) + _note(880, 0.12)


@cache
def working() -> bytes:
    """Return a low note and a pause, which may be repeated: wait a little."""
    return _note(440, 0.06) + silence(1.2)


@cache
def failing() -> bytes:
    """Return two notes that fall: that was nothing."""
    return _note(440, 0.15) + _note(330, 0.25)


def silence(seconds: float) -> bytes:
    """Return nothing to be heard for so long."""
    return bytes(SAMPLE_BYTES * round(seconds * SAMPLE_RATE))


def _note(hertz: int, seconds: float) -> bytes:
    """Return a pure note as samples."""
    count, fade = round(seconds * SAMPLE_RATE), FADE_SECONDS * SAMPLE_RATE
    samples = []
    for n in range(count):
        nearest = min(n, count - 1 - n) / fade
        swell = (1 - math.cos(math.pi * min(1, nearest))) / 2
        wave = math.sin(2 * math.pi * hertz * n / SAMPLE_RATE)
        samples.append(round(_LOUDEST * LOUDNESS * swell * wave))
    return pack(f"<{count}h", *samples)
