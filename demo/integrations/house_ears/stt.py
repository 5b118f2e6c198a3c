"""The house's ears as Home Assistant uses some."""

from collections.abc import AsyncIterable
import logging
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

from .ears import Ears, EarsError

_LOGGER = logging.getLogger(__name__)
ENTITY_ID: Final = "stt.house_ears"


class HouseEars(SpeechToTextEntity):
    """Hears the sentences of the demo; its name says how."""

    _attr_unique_id = "house_ears"

    def __init__(self, ears: Ears) -> None:
        """Take what understands."""
        self._ears = ears
        # Under whichever name: pipelines know it by this.
        self.entity_id = ENTITY_ID
        self._attr_name = f"House ears ({ears.name})"

    @property
    @override
    def supported_languages(self) -> list[str]:
        """What the demo's people speak."""
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
        """Listen to the end, and return what was said: an empty text where nothing was understood."""
        samples = b"".join([chunk async for chunk in stream])
        try:
            text = await self._ears.listen(samples)
        except EarsError as err:
            _LOGGER.error("%s", err)
            return SpeechResult(None, SpeechResultState.ERROR)
        return SpeechResult(text, SpeechResultState.SUCCESS)
