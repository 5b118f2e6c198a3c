"""Sounds that need no file: tones, keys, and a murmur in place of words.

46elks: voice-play.
"""

from array import array
from functools import cache
from math import pi, sin
from typing import Final

_RATE: Final = 8_000
_LOUD: Final = 8_000
_BEEP_HERTZ: Final = 1_000
_BEEP_SECONDS: Final = 0.5
# The two tones of each key, as all telephones make them.
_ROWS: Final = (697, 770, 852, 941)
_COLUMNS: Final = (1209, 1336, 1477, 1633)
_KEYS: Final = "123A456B789C*0#D"
_KEY_SECONDS: Final = 0.1
_GAP_SECONDS: Final = 0.05
_PAUSES: Final = {"p": 0.05, "P": 0.5}


def _tone(seconds: float, *hertz: float) -> bytes:
    loud = _LOUD / len(hertz)
    return array(
        "h",
        (
            round(loud * sum(sin(2 * pi * tone * index / _RATE) for tone in hertz))
            for index in range(round(seconds * _RATE))
        ),
    ).tobytes()


def rest(seconds: float) -> bytes:
    """Return silence."""
    return bytes(round(seconds * _RATE) * 2)


@cache
def beep() -> bytes:
    """Return a short tone."""
    return _tone(_BEEP_SECONDS, _BEEP_HERTZ)


@cache
def _key(sign: str) -> bytes:
    row, column = divmod(_KEYS.index(sign), len(_COLUMNS))
    return _tone(_KEY_SECONDS, _ROWS[row], _COLUMNS[column]) + rest(_GAP_SECONDS)


def keys(signs: str) -> bytes | None:
    """Return the tones of keys with pauses between them, None where one is no key."""
    if not set(signs) <= {*_KEYS, *_PAUSES}:
        return None
    return b"".join(
        rest(_PAUSES[sign]) if sign in _PAUSES else _key(sign) for sign in signs
    )


@cache
def _second_of_murmur() -> bytes:
    """Four syllables and the gaps between them."""
    syllables = ((0.16, 180), (0.19, 210), (0.13, 165), (0.2, 195))
    return b"".join(
        _tone(length, pitch, pitch * 3.1) + rest(0.25 - length)
        for length, pitch in syllables
    )


def murmur(seconds: float) -> bytes:
    """Return what stands for a voice whose words the simulator cannot speak."""
    whole = round(seconds * _RATE) * 2
    second = _second_of_murmur()
    return (second * (whole // len(second) + 1))[:whole]
