"""The formats of Realtime Voice, from and to the samples a telephone has.

46elks: realtime-voice-audio-formats. What is made of a telephone's sound for a higher rate lies on the line between its
samples; of a higher rate's sound a telephone hears the mean of those that fall on one of its own.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from typing import Final

from .sound import SAMPLE_BYTES
from .wav_stream import WavStream

# What turns the samples of one message into those of the next room; it remembers where the one before ended.
type Converter = Callable[[bytes], bytes]

_PCM: Final = {"pcm_8000": 1, "pcm_16000": 2, "pcm_24000": 3}
# What 46elks knows besides, and the simulator does not.
_UNABLE: Final = frozenset({"g722", "ogg", "mp3"})
_BIAS: Final = 0x84


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
    """Makes a rate that is so many times higher."""

    def __init__(self, times: int) -> None:
        """Begin in silence."""
        self._times = times
        self._last = 0

    def convert(self, samples: bytes) -> bytes:
        """Return the samples with others before each, on the line from the one before."""
        times = self._times
        given = array("h", samples)
        if times == 1 or not given:
            return samples
        before = array("h", (self._last,)) + given[:-1]
        made = array("h", bytes(len(samples) * times))
        for step in range(1, times):
            made[step - 1 :: times] = array(
                "h",
                (
                    one + (other - one) * step // times
                    for one, other in zip(before, given, strict=True)
                ),
            )
        made[times - 1 :: times] = given
        self._last = given[-1]
        return made.tobytes()


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
