"""What callers say: eSpeak NG reads it aloud."""

from functools import cache
from typing import Final

from demo.integrations.house_voice.espeak import speak

from .sounds import riff

# The telephone's samples a second, and Assist's.
TELEPHONE: Final = 8000
ASSIST: Final = 16_000


@cache
def spoken(text: str, *, rate: int = TELEPHONE, language: str = "en") -> bytes:
    """Return a text read aloud, as 16-bit samples of one channel."""
    return speak(text, language, rate=rate)


def silence(seconds: float, *, rate: int = TELEPHONE) -> bytes:
    """Return nothing said for a while."""
    return bytes(2 * round(seconds * rate))


def voice(text: str, *, before: float = 0.3, after: float = 0.3) -> bytes:
    """Return a WAV for a telephone of somebody who waits, says something, and waits again."""
    return riff(silence(before) + spoken(text) + silence(after), rate=TELEPHONE)
