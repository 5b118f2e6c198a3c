"""eSpeak NG, as far as a house has to speak.

Follows speak_lib.h of eSpeak NG 1.52: one voice at a time for the whole process.
"""

from array import array
from collections.abc import Iterator
from ctypes import CDLL, CFUNCTYPE, POINTER, c_char_p, c_int, c_short, c_void_p
from functools import cache
from threading import Lock
from typing import Any, Final

import espeakng_loader

# Audio is handed to a function, and nothing is played.
_AUDIO_OUTPUT_SYNCHRONOUS: Final = 2
_INITIALIZE_DONT_EXIT: Final = 0x8000
_CHARS_UTF8: Final = 1
_POSITION_CHARACTER: Final = 1
_RATE: Final = 1
# Words a minute; eSpeak's own 175 is hard to follow by telephone.
_WORDS_A_MINUTE: Final = 150
_BUFFER_MILLISECONDS: Final = 100

_ONE_AT_A_TIME: Final = Lock()
_Hear: Final = CFUNCTYPE(c_int, POINTER(c_short), c_int, c_void_p)


class SpeechError(Exception):
    """eSpeak NG does not speak."""


@cache
def _library() -> tuple[CDLL, int]:
    """Return the library, ready to speak, and its samples a second."""
    library = CDLL(espeakng_loader.get_library_path())
    library.espeak_Initialize.argtypes = [c_int, c_int, c_char_p, c_int]
    library.espeak_SetVoiceByName.argtypes = [c_char_p]
    library.espeak_Synth.argtypes = [
        *(c_char_p, c_int, c_int, c_int, c_int, c_int, c_void_p, c_void_p)
    ]
    rate = library.espeak_Initialize(
        _AUDIO_OUTPUT_SYNCHRONOUS,
        _BUFFER_MILLISECONDS,
        espeakng_loader.get_data_path().encode(),
        _INITIALIZE_DONT_EXIT,
    )
    if rate <= 0:
        raise SpeechError("eSpeak NG cannot be started")
    library.espeak_SetParameter(_RATE, _WORDS_A_MINUTE, 0)
    return library, rate


def speak(text: str, language: str, *, rate: int) -> bytes:
    """Return a text read aloud: 16-bit samples of one channel, so many a second.

    It blocks, so it is for the executor.

    Raises:
        SpeechError: no such language, or no sound.
    """
    samples = array("h")

    def hear(sound: Any, count: int, _events: object) -> int:
        if sound and count > 0:
            samples.extend(sound[:count])
        return 0

    listener = _Hear(hear)
    with _ONE_AT_A_TIME:
        library, spoken_rate = _library()
        if library.espeak_SetVoiceByName(language.encode()):
            raise SpeechError(f"No voice for {language}")
        library.espeak_SetSynthCallback(listener)
        words = text.encode()
        failed = library.espeak_Synth(
            words, len(words) + 1, 0, _POSITION_CHARACTER, 0, _CHARS_UTF8, None, None
        )
        library.espeak_Synchronize()
    if failed or not samples:
        raise SpeechError("eSpeak NG says nothing")
    return array("h", _resampled(samples, spoken_rate, rate)).tobytes()


def _resampled(samples: array[int], before: int, after: int) -> Iterator[int]:
    """Yield samples at another rate, each the mean of those it stands for."""
    step = before / after
    sums = [0]
    for sample in samples:
        sums.append(sums[-1] + sample)
    for number in range(int(len(samples) / step)):
        begin = int(number * step)
        end = max(begin + 1, int((number + 1) * step))
        yield (sums[end] - sums[begin]) // (end - begin)
