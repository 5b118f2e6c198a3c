"""Tests of the small sounds."""

from collections.abc import Callable
import itertools
from struct import iter_unpack

import pytest

from custom_components.elks46.voice import tones
from custom_components.elks46.voice.pcm import BYTES_PER_SECOND


def values(sound: bytes) -> list[int]:
    """Return samples as numbers."""
    return [value for (value,) in iter_unpack("<h", sound)]


def crossings(samples: list[int]) -> int:
    """Return how often a sound goes from below to above."""
    return sum(a < 0 <= b for a, b in itertools.pairwise(samples))


@pytest.mark.parametrize("tone", [tones.listening, tones.working, tones.failing])
def test_a_tone_is_short_and_soft(tone: Callable[[], bytes]) -> None:
    """It can be heard, frightens nobody, and neither begins nor ends with a click."""
    samples = values(tone())

    assert len(tone()) <= 1.5 * BYTES_PER_SECOND
    assert 3000 < max(samples) < 7000
    assert -7000 < min(samples) < -3000
    assert samples[0] == samples[-1] == 0
    steps = [abs(a - b) for a, b in itertools.pairwise(samples)]
    assert max(steps) < 2500
    assert tone() is tone()


def test_tones_tell_what_they_mean() -> None:
    """One rises, one falls, one is followed by a pause."""
    up, down = values(tones.listening()), values(tones.failing())

    assert crossings(up[:1440]) == pytest.approx(659 * 0.09, abs=1)
    assert crossings(up[1440:]) == pytest.approx(880 * 0.12, abs=1)
    assert crossings(down[:2400]) == pytest.approx(440 * 0.15, abs=1)
    assert crossings(down[2400:]) == pytest.approx(330 * 0.25, abs=1)
    assert set(values(tones.working())[960:]) == {0}
