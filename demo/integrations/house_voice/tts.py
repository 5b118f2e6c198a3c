"""The house's voice as Home Assistant uses one."""

from io import BytesIO
from typing import Any, override
import wave

from homeassistant.components.tts import (
    ATTR_PREFERRED_SAMPLE_BYTES,
    ATTR_PREFERRED_SAMPLE_CHANNELS,
    ATTR_PREFERRED_SAMPLE_RATE,
    TextToSpeechEntity,
    TtsAudioType,
)
from homeassistant.exceptions import HomeAssistantError

from .espeak import SpeechError, speak

SAMPLE_RATE = 16_000
SAMPLE_BYTES = 2


class HouseVoice(TextToSpeechEntity):
    """Reads aloud, in the languages of the demo."""

    _attr_name = "House voice"
    _attr_unique_id = "house_voice"
    _attr_default_language = "en"
    _attr_supported_languages = ["da", "de", "en", "fi", "nb", "sv"]
    _attr_supported_options = [
        ATTR_PREFERRED_SAMPLE_RATE,
        ATTR_PREFERRED_SAMPLE_CHANNELS,
        ATTR_PREFERRED_SAMPLE_BYTES,
    ]

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> TtsAudioType:
        """Return a text read aloud, as a WAV with as many samples a second as asked for."""
        rate = int(options.get(ATTR_PREFERRED_SAMPLE_RATE) or SAMPLE_RATE)
        try:
            samples = await self.hass.async_add_executor_job(
                _speak, message, language, rate
            )
        except SpeechError as err:
            raise HomeAssistantError(str(err)) from err
        return "wav", samples


def _speak(message: str, language: str, rate: int) -> bytes:
    """Return a WAV of one channel and 16 bits."""
    buffer = BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(SAMPLE_BYTES)
        sound.setframerate(rate)
        sound.writeframes(speak(message, language, rate=rate))
    return buffer.getvalue()
