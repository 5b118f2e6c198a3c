"""What a phone has heard, compared with what was made, sample by sample."""

from collections.abc import Iterator
from typing import Final

from simulator.formats import decoder

from .calls import chirp
from .sounds import riff, samples

BYTES_A_SECOND: Final = 16_000
# Twenty milliseconds of speech are like no others.
WINDOW: Final = 320


def moments(heard: bytes, made: bytes) -> list[float]:
    """Return after how many seconds something that was made is heard, whole and unchanged."""
    return list(_moments(samples(heard), samples(made)))


def longest_gap(heard: bytes, *made: bytes) -> float:
    """Return for how many seconds at most a sound was not heard between its beginning and its end.

    All are samples of a telephone, `made` those that the same sound may have become. All of
    one of them must be there, in its order.
    """
    # Silence around it is not told from that of the line.
    (at, sound), *_ = (
        (found, one)
        for one in (one.strip(b"\0") for one in made)
        if (found := heard.find(one[:WINDOW])) >= 0
    )
    gaps = [0]
    while sound:
        rest = heard[at : at + len(sound)]
        pairs = enumerate(zip(sound, rest, strict=False))
        same = next((n for n, (one, other) in pairs if one != other), len(rest))
        sound, at = sound[same:], at + same
        gaps.append(heard.index(sound[:WINDOW], at) - at)
        at += gaps[-1]
    return max(gaps) / BYTES_A_SECOND


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
