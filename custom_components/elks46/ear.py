"""Whether a caller says something, and since when not."""

from collections import deque
from typing import Final

from pymicro_vad import MicroVad

from .voice.voicing import STEP_BYTES, STEP_SECONDS, Voicing

# How sure the detector must be that this is speech, as Home Assistant's own pipeline wants it.
SPEECH_PROBABILITY: Final = 0.5
# So much speech among the last steps is a word, and no cough and no click of the line.
WORD_STEPS: Final = 10
AMONG_STEPS: Final = 15
# Of *stop* no more than the o is voiced.
VOICED_STEPS: Final = 3


class Ear:
    """Tells speech from other sound, as it comes."""

    def __init__(self) -> None:
        """Have heard nothing."""
        self._detector = MicroVad()
        self._voicing = Voicing()
        self._rest = b""
        self._speech: deque[bool] = deque(maxlen=AMONG_STEPS)
        self._voiced: deque[bool] = deque(maxlen=AMONG_STEPS)
        self.pause = 0.0
        """For how many seconds nobody has spoken."""

    def hears_word(self, sound: bytes) -> bool:
        """Listen on, and tell whether somebody has said a word with this."""
        sound = self._rest + sound
        whole = len(sound) - len(sound) % STEP_BYTES
        self._rest = sound[whole:]
        has_word = False
        for start in range(0, whole, STEP_BYTES):
            has_word |= self._step(sound[start : start + STEP_BYTES])
        return has_word

    def _step(self, step: bytes) -> bool:
        # The detector takes ten milliseconds at a time.
        halves = step[: STEP_BYTES // 2], step[STEP_BYTES // 2 :]
        is_speech = max(map(self._detector.Process10ms, halves)) > SPEECH_PROBABILITY
        is_voiced = self._voicing.hears_voice(step)
        self._speech.append(is_speech)
        self._voiced.append(is_voiced)
        self.pause = 0.0 if is_speech or is_voiced else self.pause + STEP_SECONDS
        return sum(self._speech) >= WORD_STEPS or sum(self._voiced) >= VOICED_STEPS
