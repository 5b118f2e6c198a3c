"""What a phone has heard, compared with what was made, sample by sample."""

from collections.abc import Iterator
from typing import Final

from simulator.formats import decoder

from .calls import chirp
from .sounds import riff, samples

BYTES_A_SECOND: Final = 16_000


def moments(heard: bytes, made: bytes) -> list[float]:
    """Return after how many seconds something that was made is heard, whole and unchanged."""
    return list(_moments(samples(heard), samples(made)))


def _moments(heard: bytes, made: bytes) -> Iterator[float]:
    found = heard.find(made)
    while found >= 0:
        yield found / BYTES_A_SECOND
        found = heard.find(made, found + len(made))


def on_the_phone(sound: bytes) -> bytes:
    """Return a WAV of what a caller hears of the house's samples, without the silence at their end."""
    loud = sound.rstrip(b"\0")
    return riff(decoder("pcm_16000")(loud + bytes(-len(loud) % 4)))


def distinct(index: int) -> bytes:
    """Return a sound that none with another index contains."""
    return chirp(0.5 + index / 50)
