"""Whether somebody speaks, by what only a voice does: it is loud, and the same again with each beat of its cords.

A detector that was taught by whole sentences misses *yes* and *stop* over a telephone. A cough,
a bang and the hiss of a line are loud, too, but nothing in them comes again.
"""

from array import array
from itertools import accumulate
import math
from typing import Final

from .pcm import SAMPLE_BYTES, SAMPLE_RATE

STEP_SECONDS: Final = 0.02
STEP_BYTES: Final = round(STEP_SECONDS * SAMPLE_RATE) * SAMPLE_BYTES
# Long enough to hold two beats of the lowest voice.
_WINDOW_STEPS: Final = 2
# Pitch needs no more than 4000 samples a second.
_THINNED: Final = 4
_RATE: Final = SAMPLE_RATE // _THINNED
# From the highest voice of a child to the lowest of a man.
_SHORTEST_BEAT: Final = _RATE // 400
_LONGEST_BEAT: Final = _RATE // 70
# How alike two beats are, 1 being the same.
_ALIKE: Final = 0.7
# The mean of what 16 bits hold: quieter is the hiss of a line without a word.
_AUDIBLE: Final = 100
# Some decibels louder than what is always there.
_ABOVE_NOISE: Final = 2.5
# The noise is known again after some seconds when it has become louder.
_NOISE_RISES: Final = 1.01


class Voicing:
    """Tells voices from other sound, step by step."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._window = array("h")
        self._noise = _AUDIBLE / _ABOVE_NOISE

    def hears_voice(self, step: bytes) -> bool:
        """Listen to the next step, and tell whether there is a voice in it."""
        samples = array("h", step)
        self._window = (self._window + samples)[-_WINDOW_STEPS * len(samples) :]
        loudness = sum(map(abs, samples)) / len(samples)
        is_loud = loudness > max(_AUDIBLE, _ABOVE_NOISE * self._noise)
        self._noise = min(loudness, self._noise * _NOISE_RISES) + 1
        return is_loud and _likeness(self._window) > _ALIKE


def _likeness(window: array[int]) -> float:
    """Return how much a sound is like itself one beat later, whichever beat fits best."""
    sums = list(accumulate(window, initial=0))
    thin = [
        float(after - before)
        for before, after in zip(
            sums[::_THINNED], sums[_THINNED::_THINNED], strict=False
        )
    ]
    mean = math.fsum(thin) / len(thin)
    thin = [one - mean for one in thin]
    half = len(thin) // 2
    first = thin[:half]
    power = math.sumprod(first, first)
    best = 0.0
    for beat in range(_SHORTEST_BEAT, min(_LONGEST_BEAT, len(thin) - half) + 1):
        later = thin[beat : beat + half]
        both = power * math.sumprod(later, later)
        if both > 0:
            best = max(best, math.sumprod(first, later) / math.sqrt(both))
    return best
