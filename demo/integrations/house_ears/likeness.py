"""How alike two pieces of speech are, whichever of the two is the faster."""

from typing import Final

import numpy as np

from .spectrum import STEPS_A_SECOND, Spectrum

# A line that opens late cuts off a sentence's beginning, and hiss covers its end: so much of what is known may be missing,
# but never more than a quarter.
_LATE: Final = STEPS_A_SECOND * 15 // 100
_EARLY: Final = STEPS_A_SECOND // 10
_PART: Final = 4


def distance(heard: Spectrum, known: Spectrum) -> float:
    """Return how far apart they are on the best way through both, as a mean of its steps.

    Dynamic time warping: with each step that is heard, what is known goes on by none, one or two.
    """
    apart = np.sqrt(((heard[:, None] - known) ** 2).mean(axis=2))
    length = len(known)
    late, early = min(_LATE, length // _PART), min(_EARLY, length // _PART)
    # Two more places at the front, for what comes from nowhere.
    way = np.full(length + 2, np.inf)
    way[2 : 3 + late] = apart[0, : late + 1]
    for step in apart[1:]:
        way[2:] = step + np.minimum(np.minimum(way[2:], way[1:-1]), way[:-2])
    return float(way[-1 - early :].min()) / len(heard)
