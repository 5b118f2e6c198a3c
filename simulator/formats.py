"""The formats of Realtime Voice, from and to the samples a telephone has.

46elks: realtime-voice-audio-formats. What is made of a telephone's sound for a higher rate is the wave through its samples,
with nothing above what a telephone carries; of a higher rate's sound a telephone hears the mean of those that fall on one of
its own.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from math import cos, pi, sin, sumprod
from typing import Final

from .sound import SAMPLE_BYTES
from .wav_stream import WavStream

# What turns the samples of one message into those of the next room; it remembers where the one before ended.
type Converter = Callable[[bytes], bytes]

_PCM: Final = {"pcm_8000": 1, "pcm_16000": 2, "pcm_24000": 3}
# What 46elks knows besides, and the simulator does not.
_UNABLE: Final = frozenset({"g722", "ogg", "mp3"})
_BIAS: Final = 0x84
# So many samples on each side are enough for what a telephone carries.
_BEFORE: Final = 8
_NEIGHBOURS: Final = 2 * _BEFORE


class FormatError(Exception):
    """A format that there is not, or not here."""


def encoder(name: str) -> Converter:
    """Return what makes a format of what a telephone hears."""
    if name in _PCM:
        return Rise(_PCM[name]).convert
    if name in _LAWS:
        return _compress(name)
    raise _unable(name, [*_PCM, *_LAWS])


def decoder(name: str) -> Converter:
    """Return what makes sound for a telephone of a format."""
    if name in _PCM:
        return Fall(_PCM[name]).convert
    if name in _LAWS:
        return _expand(name)
    if name == "wav":
        return WavStream().convert
    raise _unable(name, [*_PCM, *_LAWS, "wav"])


def takes_pairs(name: str) -> bool:
    """Return whether a message in a format is to have an even number of bytes."""
    return name in _PCM


def _unable(name: str, able: list[str]) -> FormatError:
    if name in _UNABLE:
        return FormatError(f"The format {name} is not one the simulator can do")
    return FormatError(
        f"Unknown format {name[:40]}; one of {', '.join(able)} is expected"
    )


class Rise:
    """Makes a rate that is so many times higher, a millisecond later."""

    def __init__(self, times: int) -> None:
        """Begin in silence."""
        self._weights = [_weights(step, times) for step in range(1, times)]
        self._times = times
        self._before = array("h", bytes((_NEIGHBOURS - 1) * SAMPLE_BYTES))

    def convert(self, samples: bytes) -> bytes:
        """Return the samples with others behind each, made of those around."""
        if self._times == 1:
            return samples
        given = self._before + array("h", samples)
        count = len(given) - _NEIGHBOURS + 1
        made = array("h", bytes(count * self._times * SAMPLE_BYTES))
        made[:: self._times] = given[_BEFORE - 1 : _BEFORE - 1 + count]
        for step, weights in enumerate(self._weights, start=1):
            made[step :: self._times] = array(
                "h",
                (
                    _bounded(sumprod(weights, given[at : at + _NEIGHBOURS]))
                    for at in range(count)
                ),
            )
        self._before = given[count:]
        return made.tobytes()


@cache
def _weights(step: int, times: int) -> tuple[float, ...]:
    """Return what each neighbour counts for a sample so far between the two in the middle."""
    away = [_BEFORE - 1 - index + step / times for index in range(_NEIGHBOURS)]
    waves = [
        sin(pi * one) / (pi * one) * (1 + cos(pi * one / (_BEFORE + 1))) / 2
        for one in away
    ]
    return tuple(one / sum(waves) for one in waves)


def _bounded(sample: float) -> int:
    return max(-0x8000, min(0x7FFF, round(sample)))


class Fall:
    """Makes a rate that is so many times lower."""

    def __init__(self, times: int) -> None:
        """Begin."""
        self._times = times
        self._rest = b""

    def convert(self, samples: bytes) -> bytes:
        """Return the mean of each so many samples; those left over wait for the next.

        A byte too many is dropped: each message is taken for itself.
        """
        times = self._times
        samples = self._rest + samples[: len(samples) // SAMPLE_BYTES * SAMPLE_BYTES]
        if times == 1:
            return samples
        whole = len(samples) // (SAMPLE_BYTES * times) * SAMPLE_BYTES * times
        self._rest = samples[whole:]
        given = array("h", samples[:whole])
        parts = (given[first::times] for first in range(times))
        means = (sum(together) // times for together in zip(*parts, strict=True))
        return array("h", means).tobytes()


def _ulaw(code: int) -> int:
    """Return the sample of a byte, as ITU-T G.711 has it."""
    code = ~code & 0xFF
    sample = ((((code & 0x0F) << 3) + _BIAS) << ((code & 0x70) >> 4)) - _BIAS
    return -sample if code & 0x80 else sample


def _alaw(code: int) -> int:
    """Return the sample of a byte, as ITU-T G.711 has it."""
    code ^= 0x55
    segment = (code & 0x70) >> 4
    sample = ((code & 0x0F) << 4) + (0x108 if segment else 8)
    sample <<= max(segment - 1, 0)
    return sample if code & 0x80 else -sample


_LAWS: Final = {"ulaw": _ulaw, "alaw": _alaw}


@cache
def _samples_by_code(name: str) -> array[int]:
    return array("h", map(_LAWS[name], range(256)))


@cache
def _codes_by_sample(name: str) -> bytes:
    """Return the byte that comes nearest to each sample, from 0 up and then from the lowest."""
    samples = _samples_by_code(name)
    codes = sorted(range(256), key=samples.__getitem__)
    # Above each of these the next code is nearer.
    edges = [(samples[one] + samples[other]) // 2 for one, other in pairwise(codes)]
    order = (*range(0x8000), *range(-0x8000, 0))
    return bytes(codes[bisect_right(edges, sample)] for sample in order)


def _compress(name: str) -> Converter:
    codes = _codes_by_sample(name)
    return lambda samples: bytes(map(codes.__getitem__, array("H", samples)))


def _expand(name: str) -> Converter:
    samples = _samples_by_code(name)
    return lambda codes: array("h", map(samples.__getitem__, codes)).tobytes()
