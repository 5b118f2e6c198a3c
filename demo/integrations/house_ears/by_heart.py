"""Ears that know some sentences by heart, in the house's own voice: a stand-in for speech recognition.

They compare what they hear with how eSpeak NG says each sentence, and understand nothing else and nobody else. So it can be
tested on every machine what a line does to speech.
"""

from collections.abc import Iterable
from heapq import nsmallest
from typing import Final

import numpy as np

from ..house_voice.espeak import speak
from .likeness import distance
from .spectrum import RATE, Samples, spectrum

LANGUAGE: Final = "en"
# Assist's samples a second.
HEARD_RATE: Final = 16_000

# A line that hisses or cuts off the beginning takes a sentence at most 0.34 away from itself; others are at least 0.44 from it.
_NEAR: Final = 0.39
# How much farther the second best has to be: "on" or "off" is not to be guessed.
_CLEARLY: Final = 1.1


class ByHeart:
    """Some sentences, and how they sound."""

    name: Final = "knows sentences by heart"

    def __init__(self, sentences: Iterable[str]) -> None:
        """Learn them, which takes some milliseconds for each."""
        self._known = {
            sentence: spectrum(
                _by_telephone(speak(sentence, LANGUAGE, rate=HEARD_RATE))
            )
            for sentence in sentences
        }

    def understand(self, samples: bytes) -> str:
        """Return which sentence is heard, or nothing.

        It computes for some tenths of a second, so it is for the executor.
        """
        heard = spectrum(_by_telephone(samples))
        if not len(heard):
            return ""
        (near, sentence), (next_near, _) = nsmallest(
            2,
            [
                *(
                    (distance(heard, known), text)
                    for text, known in self._known.items()
                ),
                (float("inf"), ""),
                (float("inf"), ""),
            ],
        )
        return sentence if near < min(_NEAR, next_near / _CLEARLY) else ""


def _by_telephone(samples: bytes) -> Samples:
    """Return samples as a telephone has them, half as many as Assist, each the mean of two."""
    step = HEARD_RATE // RATE
    whole = len(samples) // (2 * step) * step
    heard = np.frombuffer(samples, "<i2", count=whole)
    halved: Samples = heard.reshape(-1, step).mean(axis=1)
    return halved
