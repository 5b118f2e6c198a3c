"""Messages read aloud by Home Assistant's text-to-speech, whichever engine that is.

A cellar of what makes sounds ready. What has been said once lies in Home Assistant's own
cache, so an alarm that was spoken before needs no engine and no internet any more.
"""

import asyncio
from collections.abc import Awaitable
from contextlib import aclosing
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import language as language_util

from .const import LOGGER
from .errors import failed, invalid
from .fetch import INPUT_BYTES_AT_MOST, Unfetched, Why, checked
from .formats import SAMPLE_BYTES, SAMPLE_RATE

if TYPE_CHECKING:
    from homeassistant.components.tts import Provider, TextToSpeechEntity

# Voices in a cloud need ten seconds for a long text; a person waits, and perhaps an alarm.
SPEAK_SECONDS: Final = 30

_ITEM: Final = "media-source://tts/"


def is_spoken_item(media: str) -> bool:
    """Tell whether a media item is a text that is to be read aloud."""
    return media.startswith(_ITEM)


async def async_speak(
    hass: HomeAssistant,
    text: str,
    *,
    engine: str | None,
    language: str | None,
    voice: str | None,
) -> bytes:
    """Return a message read aloud, as plain WAV if the engine does as Home Assistant says.

    Raises:
        ServiceValidationError: what was asked for cannot be.
        HomeAssistantError: the engine fails, or takes too long.
        Unfetched: it talks on and on.
    """
    if "tts" not in hass.config.components:
        raise invalid("tts_engine_missing")
    # Importing it brings libraries along that not every home has.
    from homeassistant.components import tts  # noqa: PLC0415

    resolved = tts.async_resolve_engine(hass, engine)
    speaker = tts.get_engine_instance(hass, resolved) if resolved else None
    if resolved is None or speaker is None:
        raise invalid("tts_engine_unknown" if engine else "tts_engine_missing")
    spoken = _language(hass, speaker, language)
    options: dict[str, str | int] = {
        tts.ATTR_PREFERRED_FORMAT: "wav",
        tts.ATTR_PREFERRED_SAMPLE_RATE: SAMPLE_RATE,
        tts.ATTR_PREFERRED_SAMPLE_CHANNELS: 1,
        tts.ATTR_PREFERRED_SAMPLE_BYTES: SAMPLE_BYTES,
    }
    if voice is not None:
        _check_voice(speaker, spoken, voice)
        options[tts.ATTR_VOICE] = voice
    return await _async_in_time(_async_say(hass, resolved, spoken, options, text))


async def async_speak_item(hass: HomeAssistant, media: str) -> bytes:
    """Return a media item of text-to-speech read aloud.

    Raises:
        HomeAssistantError: the engine fails, or takes too long.
        Unfetched: there is no such item.
    """
    if "tts" not in hass.config.components:
        raise Unfetched(Why.UNREACHABLE)
    from homeassistant.components import tts  # noqa: PLC0415

    asked = tts.async_get_media_source_audio(hass, media.removeprefix(_ITEM))
    _, content = await _async_in_time(_async_item(asked))
    return checked(content)


async def _async_item(asked: Awaitable[tuple[str, bytes]]) -> tuple[str, bytes]:
    try:
        return await asked
    except (HomeAssistantError, ValueError) as err:
        raise Unfetched(Why.UNREACHABLE) from err


async def _async_say(
    hass: HomeAssistant,
    engine: str,
    language: str,
    options: dict[str, str | int],
    text: str,
) -> bytes:
    """Put together what comes piece by piece, but not without end."""
    from homeassistant.components import tts  # noqa: PLC0415

    stream = tts.async_create_stream(hass, engine, language, options)
    stream.async_set_message(text)
    content = bytearray()
    async with aclosing(stream.async_stream_result()) as spoken:
        async for chunk in spoken:
            content += chunk
            if len(content) > INPUT_BYTES_AT_MOST:
                raise Unfetched(Why.TOO_LARGE)
    return bytes(content)


async def _async_in_time[T](speaking: Awaitable[T]) -> T:
    try:
        async with asyncio.timeout(SPEAK_SECONDS):
            return await speaking
    except TimeoutError as err:
        raise failed("tts_timeout") from err
    except Unfetched:
        raise
    except Exception as err:
        # Each engine has errors of its own, with texts that may be private.
        LOGGER.debug("Text-to-speech fails: %s", type(err).__name__)
        raise failed("tts_failed") from err


def _language(
    hass: HomeAssistant, speaker: Provider | TextToSpeechEntity, asked: str | None
) -> str:
    """Return the engine's name of a language: whoever wrote sv is content with sv-SE."""
    wanted = asked or speaker.default_language or hass.config.language
    known = language_util.matches(wanted, speaker.supported_languages or ())
    if not known:
        raise invalid("tts_language_unknown", language=wanted)
    return known[0]


def _check_voice(
    speaker: Provider | TextToSpeechEntity, language: str, voice: str
) -> None:
    """See that the engine has a voice; some do not tell which they have."""
    voices = speaker.async_get_supported_voices(language)
    has_voices = "voice" in (speaker.supported_options or ())
    if not has_voices or (voices and voice not in {v.voice_id for v in voices}):
        raise invalid("tts_voice_unknown", voice=voice)
