"""What one ear hears over the time of a call: sounds, and other tracks, each from one moment to another."""

from array import array
from dataclasses import dataclass
import math
from typing import Final

from .sound import RATE, SAMPLE_BYTES, length_of

_LOUDEST: Final = 32_767
# Below this a telephone line is said to be silent.
_QUIET: Final = 400
_WINDOW_SECONDS: Final = 0.1


@dataclass(slots=True, kw_only=True, eq=False)
class Piece:
    """One thing to hear; it may be cut short while it is heard."""

    start: float
    end: float
    source: bytes | bytearray | Track

    def cut(self, moment: float) -> None:
        """Hear nothing of it from a moment on."""
        self.end = min(self.end, moment)

    def between(self, start: float, end: float) -> bytes:
        """Return what it sounds like within its own time."""
        if isinstance(self.source, Track):
            return self.source.between(start, end)
        first = _sample(start - self.start)
        return bytes(
            self.source[first * SAMPLE_BYTES : _sample(end - self.start) * SAMPLE_BYTES]
        )


class _Speech(Piece):
    """What is said without a pause, and becomes longer while it is heard."""

    def __init__(self, start: float) -> None:
        self._said = bytearray()
        super().__init__(start=start, end=start, source=self._said)

    def add(self, samples: bytes) -> None:
        self._said += samples
        self.end = self.start + length_of(self._said)

    def cut(self, moment: float) -> None:
        super().cut(moment)
        del self._said[_sample(self.end - self.start) * SAMPLE_BYTES :]


class Track:
    """Pieces on a line of time; where there is none, it is silent."""

    def __init__(self) -> None:
        """Start silent."""
        self._pieces: list[Piece] = []
        self._speech: _Speech | None = None

    def play(self, moment: float, samples: bytes) -> Piece:
        """Have a sound from a moment on."""
        return self._add(
            Piece(start=moment, end=moment + length_of(samples), source=samples)
        )

    def say(self, moment: float, samples: bytes) -> None:
        """Have a sound from a moment on, or right after what is being said then."""
        speech = self._speech
        if speech is None or speech.end < moment:
            speech = self._speech = _Speech(moment)
            self._add(speech)
        speech.add(samples)

    def hush(self, moment: float) -> None:
        """Say no more of what is being said at a moment."""
        if self._speech is not None:
            self._speech.cut(moment)
            self._speech = None

    def follow(self, moment: float, track: Track) -> Piece:
        """Have all that is on another track from a moment on."""
        return self._add(Piece(start=moment, end=math.inf, source=track))

    def _add(self, piece: Piece) -> Piece:
        self._pieces.append(piece)
        return piece

    def last_sound(self) -> float:
        """Return when the last of its own sounds is over."""
        return max((piece.end for piece in self._pieces), default=0.0)

    def between(self, start: float, end: float) -> bytes:
        """Return what is heard from one moment to another."""
        heard = bytearray(max(_sample(end - start), 0) * SAMPLE_BYTES)
        for piece in self._pieces:
            first, last = max(start, piece.start), min(end, piece.end)
            if first < last:
                offset = _sample(first - start) * SAMPLE_BYTES
                _mix(heard, offset, piece.between(first, last))
        return bytes(heard)

    def quiet_for(self, seconds: float, since: float) -> float:
        """Return the moment at which it will have been silent for so long, as far as is known now."""
        quiet = since
        samples = array("h", self.between(since, self.last_sound()))
        window = int(_WINDOW_SECONDS * RATE)
        for first in range(0, len(samples), window):
            part = samples[first : first + window]
            moment = since + first / RATE
            if max(part) > _QUIET or min(part) < -_QUIET:
                quiet = moment + _WINDOW_SECONDS
            if moment + _WINDOW_SECONDS - quiet >= seconds:
                break
        return quiet + seconds


def _sample(seconds: float) -> int:
    return round(seconds * RATE)


def _mix(heard: bytearray, offset: int, sound: bytes) -> None:
    """Add a sound to what is heard already; what is too loud is as loud as can be."""
    sound = sound[: len(heard) - offset]
    under = heard[offset : offset + len(sound)]
    if any(under) and any(sound):
        pairs = zip(array("h", bytes(under)), array("h", sound), strict=True)
        added = (max(-_LOUDEST, min(_LOUDEST, one + other)) for one, other in pairs)
        sound = array("h", added).tobytes()
    elif not any(sound):
        return
    heard[offset : offset + len(sound)] = sound
