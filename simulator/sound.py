"""Sound as 46elks keeps it: 8000 samples of 16 bits a second, in one channel; and how what was fetched becomes that.

46elks: voice-play, get-recordings.
"""

from array import array
import io
from typing import Final
import wave

from .compressed import seconds_of_mp3, seconds_of_vorbis
from .tones import murmur

RATE: Final = 8_000
SAMPLE_BYTES: Final = 2
# Longer than any greeting, and still quick to decode.
MAX_SOUND_SECONDS: Final = 1_800
MAX_CHANNELS: Final = 8
RATES: Final = range(1_000, 384_001)
# Samples of 8 bits have no sign, others do.
_SIGNED: Final = bytes(sample ^ 0x80 for sample in range(256))


class BadSourceError(Exception):
    """What was to be heard is no sound that 46elks can play."""


def decode(content: bytes) -> bytes:
    """Return the samples of a WAV, MP3 or Ogg Vorbis file.

    The last two are only measured: what is heard of them is a murmur of the same length.
    """
    if content[:4] == b"RIFF":
        samples = _decode_wav(content)
    else:
        seconds = seconds_of_vorbis(content) or seconds_of_mp3(content) or 0.0
        samples = murmur(min(seconds, MAX_SOUND_SECONDS))
    if not samples:
        raise BadSourceError
    return samples


def _decode_wav(content: bytes) -> bytes:
    try:
        with wave.open(io.BytesIO(content)) as sound:
            channels, width = sound.getnchannels(), sound.getsampwidth()
            rate = sound.getframerate()
            if channels > MAX_CHANNELS or rate not in RATES or width > 4:
                raise BadSourceError
            frames = sound.readframes(min(sound.getnframes(), MAX_SOUND_SECONDS * rate))
    except (wave.Error, EOFError) as err:
        raise BadSourceError from err
    samples = to_16_bits(
        frames[: len(frames) // (channels * width) * channels * width], width
    )
    voices = [_resample(samples[index::channels], rate) for index in range(channels)]
    if channels == 1:
        return voices[0].tobytes()
    mixed = (sum(together) // channels for together in zip(*voices, strict=True))
    return array("h", mixed).tobytes()


def to_16_bits(frames: bytes, width: int) -> array[int]:
    """Return samples of any width in 16 bits: the two highest bytes of each."""
    samples = bytearray(len(frames) // width * SAMPLE_BYTES)
    if width == 1:
        samples[1::2] = frames.translate(_SIGNED)
    else:
        samples[0::2] = frames[width - 2 :: width]
        samples[1::2] = frames[width - 1 :: width]
    return array("h", bytes(samples))


def _resample(samples: array[int], rate: int) -> array[int]:
    """Return the samples at our rate, each on the line between its neighbours."""
    if rate == RATE or not samples:
        return samples
    last = len(samples) - 1

    def at(index: int) -> int:
        position, rest = divmod(index * rate, RATE)
        left = samples[position]
        return left + (samples[min(position + 1, last)] - left) * rest // RATE

    return array("h", map(at, range(-(-len(samples) * RATE // rate))))


def wav(samples: bytes) -> bytes:
    """Return samples as a WAV file."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(SAMPLE_BYTES)
        written.setframerate(RATE)
        written.writeframes(samples)
    return sound.getvalue()


def samples_of(content: bytes, after: float) -> bytes:
    """Return the samples of a WAV file of ours, from so many seconds on."""
    with wave.open(io.BytesIO(content)) as sound:
        frames: bytes = sound.readframes(sound.getnframes())
    return frames[round(after * RATE) * SAMPLE_BYTES :]


def silence() -> bytes:
    """Return a recording without any sound: what there is before it is ready."""
    return wav(b"")


def length_of(samples: bytes | bytearray) -> float:
    """Return for how many seconds samples are heard."""
    return len(samples) / SAMPLE_BYTES / RATE


def seconds_of(content: bytes) -> int | None:
    """Return how long a recording is, or None where it is not as 46elks makes them."""
    try:
        with wave.open(io.BytesIO(content)) as sound:
            form = (sound.getnchannels(), sound.getsampwidth(), sound.getframerate())
            length = sound.getnframes() / RATE
    except wave.Error, EOFError:
        return None
    return round(length) if form == (1, SAMPLE_BYTES, RATE) else None
