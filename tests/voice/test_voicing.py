"""Voices are told from other sound, also where a single word is said over a telephone."""

from array import array
import random

import pytest

from custom_components.elks46.voice.pcm import SAMPLE_RATE
from custom_components.elks46.voice.voicing import STEP_BYTES, Voicing
from simulator.formats import encoder
from tests.speech import silence, spoken

WORDS = ("yes", "no", "stop", "ja", "nej")
# A tenth of a sound's height: twenty decibels quieter.
FAR = 10


def voiced(sound: bytes) -> int:
    """Return how many steps of a sound have a voice in them."""
    voicing = Voicing()
    starts = range(0, len(sound) - STEP_BYTES + 1, STEP_BYTES)
    return sum(voicing.hears_voice(sound[at : at + STEP_BYTES]) for at in starts)


def over_telephone(text: str, language: str) -> bytes:
    """Return a word as it comes out of a telephone."""
    said = silence(0.5) + spoken(text, language=language) + silence(0.5)
    return encoder("pcm_16000")(said)


def hiss(seconds: float, height: int) -> bytes:
    """Return noise: a line, or somebody who coughs."""
    source = random.Random(46)
    count = round(seconds * SAMPLE_RATE)
    return array("h", (int(source.gauss(0, height)) for _ in range(count))).tobytes()


@pytest.mark.parametrize("language", ["en", "en-us", "sv", "de"])
@pytest.mark.parametrize("word", WORDS)
def test_a_word_has_a_voice(word: str, language: str) -> None:
    """Loud, and from far away."""
    near = over_telephone(word, language)
    far = array("h", (one // FAR for one in array("h", near))).tobytes()

    assert voiced(near) >= 4
    assert voiced(far) >= 3


@pytest.mark.parametrize("height", [20, 300, 3000, 6000])
@pytest.mark.parametrize("seconds", [0.1, 0.3, 3])
def test_noise_has_none(height: int, seconds: float) -> None:
    """However loud."""
    assert voiced(hiss(0.5, 20) + hiss(seconds, height) + hiss(0.5, 20)) <= 1


def test_a_silent_line_has_none() -> None:
    """Nothing at all."""
    assert voiced(bytes(SAMPLE_RATE)) == 0


def test_a_voice_above_a_hum_is_heard() -> None:
    """What is always there is not what is said."""
    hum = hiss(1.84, 200)
    word = over_telephone("yes", "en")[: len(hum)]
    both = zip(array("h", word), array("h", hum), strict=False)

    assert voiced(array("h", (one + other for one, other in both)).tobytes()) >= 4
