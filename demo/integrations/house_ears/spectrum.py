"""What speech looks like on a telephone: how loud it is, pitch by pitch, a hundred times a second."""

from typing import Any, Final

import numpy as np

# Assist's samples a second.
HEARD_RATE: Final = 16_000
# The telephone's, and the pitches that it carries.
RATE: Final = 8000
_HALVED: Final = HEARD_RATE // RATE
_LOWEST: Final = 300
_HIGHEST: Final = 3400
_BANDS: Final = 10

STEPS_A_SECOND: Final = 100
_STEP: Final = RATE // STEPS_A_SECOND
# Long enough for some waves of a deep voice: fewer would show which part of a wave they are.
_WINDOW: Final = 400
# The energy of a line that hisses by some 16 of 32,768. Speech is well above it, whoever speaks.
_HISS: Final = 5e6
# A sentence goes from the first to the last moment that is at most 30 dB below the loudest, and above what hisses between the
# words; but where there is no pause, that is the quiet part of speech itself.
_QUIET: Final = 1e-3
_ABOVE_HISS: Final = 4
_HISS_PERCENTILE: Final = 10
# What is 15 dB below the loudest moment is still speech for certain.
_LOUD: Final = 0.03
# What is 24 dB below the loudest sound of all is silence to the ear.
_FLOOR: Final = 4e-3
# Speech begins and ends with sounds as quiet: the s of "stop", and what follows its p.
_AROUND: Final = STEPS_A_SECOND // 10
# "No" takes longer.
_SHORTEST: Final = STEPS_A_SECOND // 8

# How loud, in so many bands, at each step.
type Spectrum = np.ndarray[tuple[int, int], np.dtype[np.float64]]
type Samples = np.ndarray[tuple[int], np.dtype[Any]]


def by_telephone(samples: bytes) -> Samples:
    """Return what Assist hears as a telephone has it: half as many samples, each the mean of two."""
    whole = len(samples) // (2 * _HALVED) * _HALVED
    heard = np.frombuffer(samples, "<i2", count=whole)
    halved: Samples = heard.reshape(-1, _HALVED).mean(axis=1)
    return halved


def without_silence(samples: bytes) -> bytes:
    """Return the speech in what Assist hears; nothing where nobody speaks."""
    begin, end = (
        max(0, step - _AROUND) * _STEP * _HALVED * 2
        for step in _speech(_energies(by_telephone(samples)))
    )
    return samples[begin:end]


def spectrum(samples: Samples) -> Spectrum:
    """Return the speech in samples of the telephone, without the silence around it; nothing where nobody speaks.

    Each band is measured against its own mean: how loud a line is, and what it does to the tone, makes no difference.
    """
    bands = _energies(samples)
    begin, end = _speech(bands)
    if begin == end:
        return bands[:0]
    loudness = bands.sum(axis=1)
    levels: Spectrum = np.log(bands + _FLOOR * bands.max())
    levels -= levels[loudness > _LOUD * loudness.max()].mean(axis=0)
    return levels[begin:end]


def _speech(bands: Spectrum) -> tuple[int, int]:
    """Return at which step speech begins, and before which it has ended; the same where there is none."""
    loudness = bands.sum(axis=1)
    loudest = loudness.max()
    pauses = np.percentile(loudness[_AROUND:-_AROUND], _HISS_PERCENTILE)
    hiss = min(_ABOVE_HISS * pauses, _LOUD * loudest)
    (steps,) = np.nonzero(loudness > max(_QUIET * loudest, hiss, _HISS))
    if len(steps) < _SHORTEST:
        return 0, 0
    return max(0, int(steps[0]) - _AROUND), int(steps[-1]) + 1 + _AROUND


def _energies(samples: Samples) -> Spectrum:
    """Return how much of each band is in each step, from before the first sample to after the last."""
    around = np.pad(samples.astype(np.float64), _AROUND * _STEP + _WINDOW // 2)
    windows = np.lib.stride_tricks.sliding_window_view(around, _WINDOW)[::_STEP]
    power = np.abs(np.fft.rfft(windows * np.hanning(_WINDOW))) ** 2
    energies: Spectrum = power @ _FILTERS.T
    return energies


def _filters() -> Spectrum:
    """Return what each band takes of each pitch: neighbours overlap, higher ones are wider, as in an ear."""
    lowest, highest = _mel(np.array([_LOWEST, _HIGHEST]))
    edges = np.linspace(lowest, highest, _BANDS + 2)
    pitches = _mel(np.fft.rfftfreq(_WINDOW, 1 / RATE))
    widths = np.diff(edges)[:, None]
    rise = (pitches - edges[:-2, None]) / widths[:-1]
    fall = (edges[2:, None] - pitches) / widths[1:]
    filters: Spectrum = np.clip(np.minimum(rise, fall), 0, None)
    return filters


def _mel(hertz: Samples) -> Samples:
    """Return where an ear puts pitches."""
    mel: Samples = 2595 * np.log10(1 + hertz / 700)
    return mel


_FILTERS: Final = _filters()
