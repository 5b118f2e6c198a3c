"""The names of sounds that 46elks has, makes or keeps itself, for `Play` and `Menu`.

Follows https://46elks.com/docs/call-actions.
"""

import re
from typing import Final

BEEP: Final = "sound/beep"
"""The tone before one may speak."""

LONGEST_SPEECH: Final = 179
"""46elks speaks less than 180 characters."""

SHORT_PAUSE: Final = 50
"""Milliseconds of a `p` among keys; a `P` is ten of them."""

_KEYS: Final = re.compile(r"[0-9*#pP]+")
_BUILT_IN: Final = re.compile(r"sound(?:/[^\s/]+)+")
_LOCAL: Final = re.compile(r"local/[0-9A-Za-z_.-]+")
_SPEECH: Final = re.compile(r"[a-z]{2}_[A-Z]{2}/.+")


def dtmf(keys: str) -> str:
    """Return the sound of keys, with `p` and `P` for a short and a long pause."""
    if not _KEYS.fullmatch(keys):
        raise ValueError("keys: not all of them are on a telephone")
    return f"sound/dtmf/{keys}"


def silence(milliseconds: int) -> str:
    """Return the sound of nothing, for at least so long."""
    short_pauses = max(1, -(-milliseconds // SHORT_PAUSE))
    return dtmf("P" * (short_pauses // 10) + "p" * (short_pauses % 10))


def local(name: str) -> str:
    """Return the sound that `Record` keeps under a name for as long as a call lasts."""
    if not is_local(sound := f"local/{name}"):
        raise ValueError("name: only letters, digits, dots, hyphens and underscores")
    return sound


def speech(text: str, *, locale: str = "en_US") -> str:
    """Return the sound of a text in a voice of 46elks, which is a beta of theirs."""
    sound = f"{locale}/{' '.join(text.split())}"
    if len(sound) > LONGEST_SPEECH:
        raise ValueError(f"text: there are more than {LONGEST_SPEECH} characters")
    if not is_sound(sound):
        raise ValueError("text: there is none, or its locale is not like en_US")
    return sound


def is_local(sound: str) -> bool:
    """Return whether a sound is kept for a call alone."""
    return _LOCAL.fullmatch(sound) is not None


def is_sound(sound: str) -> bool:
    """Return whether a sound needs no address."""
    is_speech = _SPEECH.fullmatch(sound) and len(sound) <= LONGEST_SPEECH
    return bool(is_speech or is_local(sound) or _BUILT_IN.fullmatch(sound))
