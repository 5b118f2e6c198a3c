"""Ears that hear clicks."""

from array import array
from collections.abc import AsyncIterable
from time import monotonic
from typing import Final, override

from homeassistant.components.stt import (
    AudioBitRates,
    AudioChannels,
    AudioCodecs,
    AudioFormats,
    AudioSampleRates,
    SpeechMetadata,
    SpeechResult,
    SpeechResultState,
    SpeechToTextEntity,
)

from .notebook import Notebook

ENTITY_ID: Final = "stt.bench"
# A click is many times louder, what a codec leaves of it afterwards is not.
LOUD: Final = 4_000


class Ears(SpeechToTextEntity):
    """Notes when each click comes, and understands when all have come."""

    _attr_name = "Bench ears"
    _attr_unique_id = "bench_ears"

    def __init__(self, notebook: Notebook) -> None:
        """Take what to write in, and the name that pipelines know."""
        self._notebook = notebook
        self.entity_id = ENTITY_ID

    @property
    @override
    def supported_languages(self) -> list[str]:
        """What the pipelines of the bench are in."""
        return ["en"]

    @property
    @override
    def supported_formats(self) -> list[AudioFormats]:
        """What Assist sends."""
        return [AudioFormats.WAV]

    @property
    @override
    def supported_codecs(self) -> list[AudioCodecs]:
        """What Assist sends."""
        return [AudioCodecs.PCM]

    @property
    @override
    def supported_bit_rates(self) -> list[AudioBitRates]:
        """What Assist sends."""
        return [AudioBitRates.BITRATE_16]

    @property
    @override
    def supported_sample_rates(self) -> list[AudioSampleRates]:
        """What Assist sends."""
        return [AudioSampleRates.SAMPLERATE_16000]

    @property
    @override
    def supported_channels(self) -> list[AudioChannels]:
        """What Assist sends."""
        return [AudioChannels.CHANNEL_MONO]

    @override
    async def async_process_audio_stream(
        self, metadata: SpeechMetadata, stream: AsyncIterable[bytes]
    ) -> SpeechResult:
        """Listen until all clicks were heard; nothing is understood where some are missing."""
        notes, wanted = self._notebook.notes, self._notebook.clicks
        notes.listening += 1
        heard, was_loud = 0, False
        async for chunk in stream:
            samples = array("h", chunk)
            is_loud = max(samples) > LOUD
            if is_loud and not was_loud:
                notes.heard.append(monotonic())
                heard += 1
            was_loud = is_loud
            if heard == wanted:
                return SpeechResult("Answer", SpeechResultState.SUCCESS)
        return SpeechResult("", SpeechResultState.SUCCESS)
