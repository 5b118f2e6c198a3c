"""Ears that know some sentences by heart, in the house's own voice: a stand-in for speech recognition.

They compare what they hear with how eSpeak NG says each sentence, and understand nothing else and nobody else. So it can be
tested on every machine what a line does to speech.
"""

import asyncio
from collections.abc import Iterable
from heapq import nsmallest
from typing import Final

from ..house_voice.espeak import speak
from .likeness import distance
from .spectrum import HEARD_RATE, by_telephone, spectrum

LANGUAGE: Final = "en"

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
            sentence: spectrum(by_telephone(speak(sentence, LANGUAGE, rate=HEARD_RATE)))
            for sentence in sentences
        }

    def understand(self, samples: bytes) -> str:
        """Return which sentence is heard, or nothing.

        It computes for some tenths of a second, so it is for the executor.
        """
        heard = spectrum(by_telephone(samples))
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

    async def listen(self, samples: bytes) -> str:
        """Return which sentence is heard, or nothing."""
        return await asyncio.to_thread(self.understand, samples)

    async def close(self) -> None:
        """Nothing runs that would have to end."""
