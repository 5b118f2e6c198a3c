"""Sounds for calls, made ready before dialling: spoken messages, and audio of all kinds.

What 46elks plays goes as it is. All else becomes a WAV by ffmpeg, a program of its own: it
can be stopped when it takes too long, and a broken file breaks nothing but it. Home
Assistant brings it along, and its text-to-speech converts with nothing else.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Awaitable, Callable
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from homeassistant.core import HomeAssistant

from . import formats
from .const import DOMAIN, LOGGER
from .errors import failed, invalid
from .fetch import Unfetched, Why, async_fetch
from .records import Audio
from .speech import async_speak, async_speak_item, is_spoken_item

# Nobody listens longer to a house, and every minute costs.
SECONDS_AT_MOST: Final = 600
# From the key to the ear: without it the first word is lost.
LEAD_IN_SECONDS: Final = 1.0
# Where actions take a sound, but for those that Home Assistant has itself.
MEDIA_FIELD: Final = "media"
# A small computer converts ten minutes in less than ten seconds.
CONVERT_SECONDS: Final = 30
# What Realtime Voice and Home Assistant's speech-to-text share.
REALTIME_RATE: Final = 16_000


class Unfit(StrEnum):
    """Why 46elks could not play it."""

    EMPTY = "empty"
    NO_AUDIO = "no_audio"
    TOO_LONG = "too_long"


class _UnfitError(Exception):
    """46elks could not play it."""

    def __init__(self, why: Unfit) -> None:
        super().__init__(why)
        self.why = why


async def async_spoken(
    hass: HomeAssistant,
    text: str,
    *,
    engine: str | None = None,
    language: str | None = None,
    voice: str | None = None,
) -> Audio:
    """Return a message read aloud, by default with Home Assistant's first engine in its language.

    Raises:
        ServiceValidationError: what was asked for cannot be.
        HomeAssistantError: the engine fails.
    """
    if not text.strip():
        raise invalid("message_empty")
    try:
        content = await async_speak(
            hass, text, engine=engine, language=language, voice=voice
        )
        return await _async_ready(hass, content)
    except Unfetched as err:
        raise invalid("message_too_long") from err
    except _UnfitError as err:
        if err.why is Unfit.TOO_LONG:
            raise invalid("message_too_long") from err
        raise failed("tts_empty") from err


async def async_audio(hass: HomeAssistant, media: str) -> Audio:
    """Return what a media item, a file or an address holds.

    Raises:
        ServiceValidationError: what is wrong with it.
        HomeAssistantError: it cannot be converted here.
    """
    return await _async_found(hass, media, _async_ready)


async def async_pcm(
    hass: HomeAssistant, media: str, *, field: str = MEDIA_FIELD
) -> bytes:
    """Return what a media item, a file or an address holds as the samples of a conversation.

    `field` is where whoever asks for it has written that.

    Raises:
        ServiceValidationError: what is wrong with it.
        HomeAssistantError: it cannot be converted here.
    """
    return await _async_found(hass, media, _async_samples, field=field)


def silence(seconds: float) -> Audio:
    """Return a sound of nothing, which takes time."""
    return formats.silence(seconds)


def led_in(audio: Audio) -> tuple[Audio, ...]:
    """Return what to play first in a call: a moment of silence, and then the sound.

    It is one file where the silence can be put into it, else two to play one after the other.
    """
    return formats.after_silence(audio, LEAD_IN_SECONDS)


async def _async_found[Sound](
    hass: HomeAssistant,
    media: str,
    prepare: Callable[[HomeAssistant, bytes], Awaitable[Sound]],
    *,
    field: str = MEDIA_FIELD,
) -> Sound:
    """Return what a media item holds, made ready."""
    asked = media.strip()
    find = async_speak_item if is_spoken_item(asked) else async_fetch
    try:
        return await prepare(hass, await find(hass, asked))
    except Unfetched as err:
        raise invalid(
            {
                Why.UNKNOWN: "audio_unknown",
                Why.NOT_ALLOWED: "audio_not_allowed",
                Why.UNREACHABLE: "audio_not_found",
                Why.TOO_LARGE: "audio_too_large",
            }[err.why],
            field=field,
        ) from err
    except _UnfitError as err:
        raise invalid(
            {
                Unfit.EMPTY: "audio_empty",
                Unfit.NO_AUDIO: "audio_no_audio",
                Unfit.TOO_LONG: "audio_too_long",
            }[err.why],
            field=field,
        ) from err


async def _async_samples(hass: HomeAssistant, content: bytes) -> bytes:
    """Return the samples of a conversation that a file holds."""
    samples = await _async_convert(hass, content, REALTIME_RATE)
    if not samples:
        raise _UnfitError(Unfit.EMPTY)
    return samples


async def _async_ready(hass: HomeAssistant, content: bytes) -> Audio:
    """Return what a file holds as 46elks plays it, and something to hear."""
    if not content:
        raise _UnfitError(Unfit.EMPTY)
    audio = await hass.async_add_executor_job(formats.playable, content)
    if audio is None:
        audio = formats.wav(await _async_convert(hass, content, formats.SAMPLE_RATE))
    if audio.duration > SECONDS_AT_MOST:
        raise _UnfitError(Unfit.TOO_LONG)
    if await hass.async_add_executor_job(formats.is_empty, audio):
        raise _UnfitError(Unfit.EMPTY)
    return audio


async def _async_convert(hass: HomeAssistant, content: bytes, rate: int) -> bytes:
    """Return any kind of audio as samples of one channel and 16 bits, so many a second."""
    kind = formats.container(content)
    if kind is None:
        raise _UnfitError(Unfit.NO_AUDIO)
    try:
        # A file and no pipe: some kinds say at their end how to read their beginning.
        folder = await hass.async_add_executor_job(_put, content)
        try:
            return await _async_decode(hass, kind, _path(folder), rate)
        finally:
            await hass.async_add_executor_job(folder.cleanup)
    except OSError as err:
        # No such program, no space for the file, or out of time.
        LOGGER.debug("Audio cannot be converted: %s", type(err).__name__)
        raise failed("audio_not_converted") from err


async def _async_decode(hass: HomeAssistant, kind: str, path: Path, rate: int) -> bytes:
    """Return the samples in a file, up to one second more than there may be."""
    process = await asyncio.create_subprocess_exec(
        _program(hass),
        *("-nostdin", "-loglevel", "quiet"),
        # Of this kind, and from this file: lists in it lead nowhere.
        *("-protocol_whitelist", "file", "-f", kind, "-i", f"file:{path}"),
        *("-map", "0:a:0", "-t", str(SECONDS_AT_MOST + 1)),
        *("-ac", "1", "-ar", str(rate), "-f", "s16le", "pipe:1"),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=DEVNULL,
    )
    try:
        async with asyncio.timeout(CONVERT_SECONDS):
            samples, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode and not samples:
        raise _UnfitError(Unfit.NO_AUDIO)
    return samples


def _program(hass: HomeAssistant) -> str:
    """Return the ffmpeg that Home Assistant itself uses."""
    if "ffmpeg" not in hass.config.components:
        return "ffmpeg"
    # Importing it brings a library along that not every home has.
    from homeassistant.components import ffmpeg  # noqa: PLC0415

    return ffmpeg.get_ffmpeg_manager(hass).binary


def _put(content: bytes) -> TemporaryDirectory[str]:
    folder = TemporaryDirectory(prefix=DOMAIN)
    try:
        _path(folder).write_bytes(content)
    except OSError:
        folder.cleanup()
        raise
    return folder


def _path(folder: TemporaryDirectory[str]) -> Path:
    return Path(folder.name) / "audio"
