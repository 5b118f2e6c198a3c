"""Voices that speak in real time, as engines do that make their sound while they speak."""

from array import array
import asyncio
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from functools import cache
import math
from struct import pack, unpack_from
from time import monotonic
from typing import Final, override

from homeassistant.components import ffmpeg, tts
from homeassistant.components.tts.const import DATA_TTS_MANAGER
from homeassistant.core import HomeAssistant

from .notebook import Answer, Notebook

# What a call asks for, what Home Assistant's Wyoming satellite asks for, and what neither does.
RATES: Final = (16_000, 22_050, 24_000)
SAMPLE_BYTES: Final = 2
HEADER_BYTES: Final = 44
# As much as engines of the Wyoming protocol hand over at a time: 1,024 samples of 16,000 a second.
PIECE_SECONDS: Final = 0.064
# A second of it is as many bytes whatever is in it, so that it can be handed over in time.
MP3_BITS_A_SECOND: Final = 64_000
MP3_RATE: Final = 24_000
# No answer of the bench is longer.
TONE_SECONDS: Final = 10
_PITCH: Final = 440
_LOUDNESS: Final = 12_000


class Voice(tts.TextToSpeechEntity):
    """Hands over each piece of sound when it begins to be needed, and notes when that was."""

    _attr_default_language = "en"
    _attr_supported_languages = ["en"]

    def __init__(self, notebook: Notebook, name: str) -> None:
        """Take what to write in, and the name that pipelines know."""
        self._notebook = notebook
        self._attr_name = f"Bench {name}"
        self._attr_unique_id = f"bench_{name}"
        self.entity_id = f"tts.bench_{name}"

    @override
    def async_supports_streaming_input(self) -> bool:
        """Sound is handed over while it is made."""
        return True

    def _wav(self, rate: int) -> tts.TTSAudioResponse:
        """Speak as WAV with so many samples a second."""
        speech = self._speak(tone(rate), rate * SAMPLE_BYTES, wav_header(rate))
        return tts.TTSAudioResponse("wav", speech)

    def _speak(
        self, sound: bytes, bytes_a_second: int, header: bytes = b""
    ) -> AsyncGenerator[bytes]:
        """Begin to speak, and note all that comes of it."""
        answer = Answer()
        self._notebook.notes.answers.append(answer)
        self._follow(answer)
        return self._pieces(answer, sound, bytes_a_second, header)

    async def _pieces(
        self, answer: Answer, sound: bytes, bytes_a_second: int, header: bytes
    ) -> AsyncGenerator[bytes]:
        """Yield as much of a sound as is wanted, in real time."""
        if header:
            yield header
        loop, seconds = asyncio.get_running_loop(), self._notebook.seconds
        began, told = loop.time(), 0.0
        while told < seconds:
            first = round(told * bytes_a_second) // SAMPLE_BYTES * SAMPLE_BYTES
            told = min(told + PIECE_SECONDS, seconds)
            last = round(told * bytes_a_second) // SAMPLE_BYTES * SAMPLE_BYTES
            answer.handed.append((monotonic(), told))
            yield sound[first:last]
            await asyncio.sleep(began + told - loop.time())

    def _follow(self, answer: Answer) -> None:
        """Note what satellites get of an answer, and when: Home Assistant shares the newest with all who ask."""
        newest = next(reversed(self.hass.data[DATA_TTS_MANAGER].mem_cache.values()))
        # It begins to listen at once, and so before any satellite can.
        self.hass.async_create_background_task(
            _note_ready(newest.async_stream_data(), answer), "bench"
        )


class AskedVoice(Voice):
    """Speaks in whatever form it is asked for, by default with 16,000 samples a second."""

    _attr_supported_options = [
        tts.ATTR_PREFERRED_FORMAT,
        tts.ATTR_PREFERRED_SAMPLE_RATE,
        tts.ATTR_PREFERRED_SAMPLE_CHANNELS,
        tts.ATTR_PREFERRED_SAMPLE_BYTES,
    ]

    def __init__(self, notebook: Notebook) -> None:
        """Take what to write in."""
        super().__init__(notebook, "asked")

    @override
    async def async_stream_tts_audio(
        self, request: tts.TTSAudioRequest
    ) -> tts.TTSAudioResponse:
        """Begin to speak."""
        return self._wav(
            int(request.options.get(tts.ATTR_PREFERRED_SAMPLE_RATE, 16_000))
        )


class WavVoice(Voice):
    """Speaks WAV with 24,000 samples a second, whatever it is asked for."""

    def __init__(self, notebook: Notebook) -> None:
        """Take what to write in."""
        super().__init__(notebook, "wav")

    @override
    async def async_stream_tts_audio(
        self, request: tts.TTSAudioRequest
    ) -> tts.TTSAudioResponse:
        """Begin to speak."""
        return self._wav(24_000)


class Mp3Voice(Voice):
    """Speaks MP3, as most engines in the internet do."""

    def __init__(self, notebook: Notebook, sound: bytes) -> None:
        """Take what to write in, and what to say."""
        super().__init__(notebook, "mp3")
        self._sound = sound

    @override
    async def async_stream_tts_audio(
        self, request: tts.TTSAudioRequest
    ) -> tts.TTSAudioResponse:
        """Begin to speak."""
        return tts.TTSAudioResponse(
            "mp3", self._speak(self._sound, MP3_BITS_A_SECOND // 8)
        )


async def _note_ready(sound: AsyncGenerator[bytes], answer: Answer) -> None:
    """Note when there was how much of a WAV."""
    begin, count = b"", 0
    async for piece in sound:
        moment, count = monotonic(), count + len(piece)
        begin += piece[: HEADER_BYTES - len(begin)]
        if count > HEADER_BYTES:
            (bytes_a_second,) = unpack_from("<I", begin, 28)
            answer.ready.append((moment, (count - HEADER_BYTES) / bytes_a_second))


@cache
def tone(rate: int) -> bytes:
    """Return a tone with so many samples a second."""
    turn = 2 * math.pi * _PITCH / rate
    waves = (math.sin(turn * n) for n in range(TONE_SECONDS * rate))
    return array("h", (round(_LOUDNESS * wave) for wave in waves)).tobytes()


def wav_header(rate: int) -> bytes:
    """Return the header of a WAV whose length is not known yet."""
    endless = 0xFFFF_FFFF
    form = pack("<IHHIIHH", 16, 1, 1, rate, rate * SAMPLE_BYTES, SAMPLE_BYTES, 16)
    return pack("<4sI8s", b"RIFF", endless, b"WAVEfmt ") + form + pack("<4sI", b"data", endless)  # fmt: skip


async def async_mp3(hass: HomeAssistant) -> bytes:
    """Return a tone as MP3.

    Raises:
        OSError: there is no ffmpeg.
    """
    process = await asyncio.create_subprocess_exec(
        ffmpeg.get_ffmpeg_manager(hass).binary,
        *("-loglevel", "error", "-f", "lavfi", "-i"),
        f"sine=frequency={_PITCH}:sample_rate={MP3_RATE}:duration={TONE_SECONDS}",
        *("-b:a", str(MP3_BITS_A_SECOND), "-write_xing", "0", "-id3v2_version", "0"),
        *("-f", "mp3", "pipe:1"),
        stdout=PIPE,
    )
    sound, _ = await process.communicate()
    return sound
