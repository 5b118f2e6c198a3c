"""Sounds for tests: tones of any length, in every kind of file."""

from array import array
from functools import cache
from io import BytesIO
import math
from pathlib import Path
import subprocess
from tempfile import TemporaryDirectory
from typing import Final
import wave

from imageio_ffmpeg import get_ffmpeg_exe

FFMPEG: Final[str] = get_ffmpeg_exe()


def tone(
    seconds: float = 1, *, rate: int = 8000, channels: int = 1, width: int = 2
) -> bytes:
    """Return a WAV with a tone that everybody can hear."""
    loudest = 100 if width == 1 else 20_000
    middle = 128 if width == 1 else 0
    samples = array(
        "B" if width == 1 else "h",
        (
            middle + round(loudest * math.sin(2 * math.pi * 440 * n / rate))
            for n in range(round(seconds * rate))
            for _ in range(channels)
        ),
    )
    return riff(samples.tobytes(), rate=rate, channels=channels, width=width)


def riff(
    samples: bytes, *, rate: int = 8000, channels: int = 1, width: int = 2
) -> bytes:
    """Return samples as a WAV."""
    buffer = BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples)
    return buffer.getvalue()


def samples(content: bytes) -> bytes:
    """Return what a WAV holds, which is all that its header says."""
    with wave.open(BytesIO(content)) as file:
        held: bytes = file.readframes(file.getnframes())
        assert len(held) == file.getnframes() * file.getnchannels() * (
            file.getsampwidth()
        )
    return held


@cache
def encoded(ending: str, *how: str, seconds: float = 1, rate: int = 44_100) -> bytes:
    """Return a tone as a file of another kind."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"tone.{ending}"
        subprocess.run(
            [FFMPEG, "-loglevel", "error", "-i", "pipe:0", *how, path],
            input=tone(seconds, rate=rate),
            check=True,
        )
        return path.read_bytes()


def decoded(content: bytes, *, rate: int) -> bytes:
    """Return any sound as 16-bit samples of one channel."""
    raw = ("-f", "s16le", "-ac", "1", "-ar", str(rate), "pipe:1")
    done = subprocess.run(
        [FFMPEG, "-loglevel", "error", "-i", "pipe:0", *raw],
        input=content,
        capture_output=True,
        check=True,
    )
    return done.stdout


def streamed(size: int, content: bytes | None = None) -> bytes:
    """Return a WAV whose header was written before its length was known."""
    content = tone() if content is None else content
    said = size.to_bytes(4, "little")
    return content[:4] + said + content[8:40] + said + content[44:]
