"""The one form that sound has within a call: 16,000 samples a second of 16 bits, one channel.

46elks names it `pcm_16000` and Home Assistant's speech-to-text takes nothing else, so what is
asked of text-to-speech in the same form goes through this house as it is.
"""

from typing import Final

SAMPLE_RATE: Final = 16_000
SAMPLE_BYTES: Final = 2
BYTES_PER_SECOND: Final = SAMPLE_RATE * SAMPLE_BYTES


def whole(sound: bytes) -> tuple[bytes, bytes]:
    """Split off the half of a sample that may stand at the end: cut there, all after it is noise."""
    end = len(sound) - len(sound) % SAMPLE_BYTES
    return sound[:end], sound[end:]
