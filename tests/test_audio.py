"""Sounds for calls, made ready before dialling."""

import asyncio
from collections.abc import AsyncGenerator
import os
from pathlib import Path
import tempfile
from typing import Any
from unittest.mock import patch

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components import media_source, tts
from homeassistant.components.media_source import Unresolvable
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest

from custom_components.elks46 import audio, fetch, speech
from custom_components.elks46.audio import (
    LEAD_IN_SECONDS,
    async_audio,
    async_spoken,
    led_in,
    silence,
)

from .sounds import FFMPEG, encoded, riff, samples, streamed, tone

WAV = tone()
MP3 = encoded("mp3")
VORBIS = encoded("ogg", "-c:a", "libvorbis")
type Spoken = tuple[str | None, bytes | None]


class Engine(tts.TextToSpeechEntity):
    """A voice that says what it is told to."""

    _attr_name = "Voice"
    _attr_unique_id = "voice"
    _attr_default_language = "en-US"
    _attr_supported_languages = ["en-US", "sv-SE"]
    _attr_supported_options: list[str] | None = [tts.ATTR_VOICE]

    def __init__(self) -> None:
        """Say a tone."""
        self.says: Spoken = ("wav", WAV)
        self.error: Exception | None = None
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.may_speak = asyncio.Event()
        self.may_speak.set()

    def async_get_supported_voices(self, language: str) -> list[tts.Voice] | None:
        """Return who speaks a language, where that is known."""
        return [tts.Voice("astrid", "Astrid")] if language == "sv-SE" else None

    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> Spoken:
        """Speak, or whatever it does instead."""
        self.asked.append((message, language, options))
        await self.may_speak.wait()
        if self.error:
            raise self.error
        return self.says


class Streamer(Engine):
    """A voice that speaks while it thinks, and does not know how long it will take."""

    _attr_name = "Streamer"
    _attr_unique_id = "streamer"

    async def async_stream_tts_audio(
        self, request: tts.TTSAudioRequest
    ) -> tts.TTSAudioResponse:
        """Speak bit by bit."""

        async def speak() -> AsyncGenerator[bytes]:
            content = streamed(0xFFFFFFFF)
            for start in range(0, len(content), 1000):
                yield content[start : start + 1000]

        return tts.TTSAudioResponse("wav", speak())


class Mute(Engine):
    """An engine that has no voices to choose from."""

    _attr_name = "Mute"
    _attr_unique_id = "mute"
    _attr_supported_options = None


@pytest.fixture(autouse=True)
async def media_browser(hass: HomeAssistant) -> None:
    """Let Home Assistant have media, as every one has."""
    assert await async_setup_component(hass, "media_source", {})


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where files lie for a moment."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
async def ffmpeg(hass: HomeAssistant) -> None:
    """Let Home Assistant have its ffmpeg."""
    config = {"ffmpeg": {"ffmpeg_bin": FFMPEG}}
    assert await async_setup_component(hass, "ffmpeg", config)


@pytest.fixture
async def engine(hass: HomeAssistant, ffmpeg: None) -> Engine:
    """Return a voice of this home, besides which there are others."""
    assert await async_setup_component(hass, "tts", {})
    voice = Engine()
    await hass.data[DATA_COMPONENT].async_add_entities([voice, Streamer(), Mute()])
    return voice


@pytest.fixture
def allowed(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder whose files Home Assistant may show around."""
    folder = tmp_path / "allowed"
    folder.mkdir()
    hass.config.allowlist_external_dirs = {str(folder)}
    return folder


def put(folder: Path, content: bytes, name: str = "sound") -> str:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(content)
    return str(path)


async def program(hass: HomeAssistant, folder: Path, script: str) -> None:
    """Let Home Assistant have another program for its ffmpeg, which is asked for its version first."""
    path = folder / "program"
    path.write_text(f'#!/bin/sh\n[ "$1" = -version ] && exit\n{script}\n')
    path.chmod(0o700)
    assert await async_setup_component(
        hass, "ffmpeg", {"ffmpeg": {"ffmpeg_bin": str(path)}}
    )


async def refused(hass: HomeAssistant, media: str) -> str:
    """Return what a person is told of audio that cannot be played."""
    with pytest.raises(ServiceValidationError) as error:
        await async_audio(hass, media)
    return str(error.value.translation_key)


async def unspoken(hass: HomeAssistant, text: str = "Fire", **how: str) -> str:
    """Return what a person is told of a message that cannot be spoken."""
    with pytest.raises(HomeAssistantError) as error:
        await async_spoken(hass, text, **how)
    return str(error.value.translation_key)


@pytest.mark.parametrize(
    "says",
    [
        pytest.param(("wav", WAV), id="WAV"),
        pytest.param(("wav", tone(rate=44_100, channels=2)), id="WAV of a studio"),
        pytest.param(("wav", streamed(0)), id="WAV without length"),
        pytest.param(("mp3", MP3), id="MP3"),
        pytest.param(("ogg", encoded("ogg", "-c:a", "libopus")), id="Opus"),
    ],
)
async def test_a_message_is_spoken_for_the_telephone(
    hass: HomeAssistant, engine: Engine, says: Spoken
) -> None:
    """Whatever the engine makes: its header is true, and its length that of the speech."""
    engine.says = says

    spoken = await async_spoken(hass, "Dinner is ready")

    held = samples(spoken.content)
    assert spoken.mime_type == "audio/wav"
    assert spoken.duration == len(held) / 16_000 == pytest.approx(1, abs=0.1)
    assert spoken.content[22:36] == WAV[22:36]
    assert engine.asked == [("Dinner is ready", "en-US", {})]


async def test_an_engine_that_streams_is_heard_to_its_end(
    hass: HomeAssistant, engine: Engine
) -> None:
    """Its header is wrong, as it could not know."""
    spoken = await async_spoken(hass, "Dinner is ready", engine="tts.streamer")

    assert spoken.duration == 1
    assert len(samples(spoken.content)) == 16_000


async def test_an_engine_language_and_voice_can_be_chosen(
    hass: HomeAssistant, engine: Engine
) -> None:
    """A language also without its country."""
    for language in ("sv", "sv-SE", "sv_SE", "sv-FI"):
        await async_spoken(
            hass, language, engine="tts.voice", language=language, voice="astrid"
        )
    await async_spoken(hass, "Hello", voice="anybody")

    assert [asked[1:] for asked in engine.asked] == [
        *[("sv-SE", {"voice": "astrid"})] * 4,
        ("en-US", {"voice": "anybody"}),
    ]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"engine": "tts.nobody"}, "tts_engine_unknown"),
        ({"engine": "light.porch"}, "tts_engine_unknown"),
        ({"language": "de"}, "tts_language_unknown"),
        ({"language": "?"}, "tts_language_unknown"),
        ({"language": "sv", "voice": "björn"}, "tts_voice_unknown"),
        ({"engine": "tts.mute", "voice": "astrid"}, "tts_voice_unknown"),
        ({"text": ""}, "message_empty"),
        ({"text": " \n"}, "message_empty"),
    ],
    ids=str,
)
async def test_what_the_voice_cannot_is_told_with_its_field(
    hass: HomeAssistant, engine: Engine, how: dict[str, str], told: str
) -> None:
    """Before anything is spoken."""
    assert await unspoken(hass, **how) == told
    assert engine.asked == []


async def test_a_home_without_a_voice_is_told(
    hass: HomeAssistant, ffmpeg: None
) -> None:
    """Without text-to-speech at all, or with none of it."""
    assert await unspoken(hass) == "tts_engine_missing"
    assert await refused(hass, "media-source://tts/x?message=y") == "audio_not_found"
    assert await async_setup_component(hass, "tts", {})
    assert await unspoken(hass) == "tts_engine_missing"


@pytest.mark.parametrize(
    ("says", "told"),
    [
        pytest.param((None, None), "tts_failed", id="nothing"),
        pytest.param(("wav", b""), "tts_failed", id="no bytes"),
        pytest.param(("wav", b"Quota exceeded"), "tts_failed", id="no sound"),
        pytest.param(("wav", riff(b"")), "tts_empty", id="no samples"),
        pytest.param(("wav", riff(bytes(16_000))), "tts_empty", id="stillness"),
        pytest.param(("wav", tone(3)), "message_too_long", id="too long"),
    ],
)
async def test_a_message_without_a_sound_is_not_called_for(
    hass: HomeAssistant, engine: Engine, says: Spoken, told: str
) -> None:
    """Nobody is to be woken for silence."""
    engine.says = says

    with patch.object(audio, "SECONDS_AT_MOST", 2):
        assert await unspoken(hass) == told


@pytest.mark.parametrize(
    "error",
    [HomeAssistantError("quota"), ValueError("key"), OSError("network")],
    ids=repr,
)
async def test_an_engine_that_fails_is_told(
    hass: HomeAssistant, engine: Engine, error: Exception
) -> None:
    """Each has errors of its own; another try is a try."""
    engine.error = error
    assert await unspoken(hass) == "tts_failed"

    engine.error = None
    assert (await async_spoken(hass, "Fire")).duration == 1


async def test_an_engine_that_hangs_is_not_waited_for(
    hass: HomeAssistant, engine: Engine
) -> None:
    """An alarm has other ways."""
    engine.may_speak.clear()

    with patch.object(speech, "SPEAK_SECONDS", 0.01):
        assert await unspoken(hass) == "tts_timeout"

    engine.may_speak.set()
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_an_engine_that_talks_on_and_on_is_not_heard_to_the_end(
    hass: HomeAssistant, engine: Engine
) -> None:
    """It would fill the memory."""
    with patch.object(speech, "INPUT_BYTES_AT_MOST", 9000):
        assert await unspoken(hass) == "message_too_long"
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_what_is_not_audio_after_all_is_not_spoken(
    hass: HomeAssistant, tmp_path: Path
) -> None:
    """A converter may answer with something else."""
    await program(hass, tmp_path, "cat > /dev/null; echo nonsense")
    assert await async_setup_component(hass, "tts", {})
    await hass.data[DATA_COMPONENT].async_add_entities([Engine()])

    assert await unspoken(hass) == "tts_empty"


async def test_a_spoken_media_item_is_audio_too(
    hass: HomeAssistant, engine: Engine
) -> None:
    """As the media browser names it, and as an announcement does."""
    item = tts.generate_media_source_id(hass, "Dinner is ready", language="sv-SE")
    assert (await async_audio(hass, item)).duration == pytest.approx(1, abs=0.2)
    assert engine.asked[0][:2] == ("Dinner is ready", "sv-SE")

    stream = tts.async_create_stream(hass, "tts.voice")
    stream.async_set_message("Lunch is ready")
    spoken = await async_audio(hass, stream.media_source_id)
    assert spoken.duration == pytest.approx(1, abs=0.2)

    for item in ("nobody?message=x", "tts.voice", "-stream-/gone"):
        assert await refused(hass, f"media-source://tts/{item}") == "audio_not_found"
    with patch.object(fetch, "INPUT_BYTES_AT_MOST", 9):
        item = "media-source://tts/tts.voice?message=x"
        assert await refused(hass, item) == "audio_too_large"


@pytest.mark.parametrize(
    ("content", "mime_type"),
    [(WAV, "audio/wav"), (MP3, "audio/mpeg"), (VORBIS, "audio/ogg")],
    ids=["WAV", "MP3", "OGG Vorbis"],
)
async def test_what_46elks_plays_goes_as_it_is(
    hass: HomeAssistant, allowed: Path, content: bytes, mime_type: str
) -> None:
    """Whatever its name says, and with no other program."""
    sound = await async_audio(hass, put(allowed, content, "picture.png"))

    assert (sound.content, sound.mime_type) == (content, mime_type)


@pytest.mark.parametrize(
    "how",
    [
        ("flac",),
        ("m4a",),
        ("mp4",),
        ("aac",),
        ("ogg", "-c:a", "libopus"),
        ("oga", "-c:a", "flac"),
        ("webm", "-c:a", "libopus"),
        ("aiff",),
        ("caf",),
        ("au",),
        ("wma",),
        ("mp2",),
        ("amr", "-ar", "8000", "-c:a", "libopencore_amrnb"),
        ("wav", "-c:a", "pcm_f32le"),
        ("wav", "-c:a", "pcm_alaw"),
    ],
    ids=" ".join,
)
async def test_other_kinds_are_converted(
    hass: HomeAssistant, ffmpeg: None, allowed: Path, temporary: Path, how: Any
) -> None:
    """To what a telephone carries; nothing is left lying about."""
    sound = await async_audio(hass, put(allowed, encoded(*how)))

    assert sound.mime_type == "audio/wav"
    assert sound.content[22:36] == WAV[22:36]
    assert sound.duration == pytest.approx(1, abs=0.15)
    assert max(samples(sound.content)) > 0
    assert list(temporary.iterdir()) == []


async def test_a_file_that_breaks_off_is_played_as_far_as_it_goes(
    hass: HomeAssistant, ffmpeg: None, allowed: Path
) -> None:
    """Half a message is more than none."""
    whole = encoded("flac", seconds=4)

    sound = await async_audio(hass, put(allowed, whole[: len(whole) // 2]))

    assert 1 < sound.duration < 3


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"", "audio_empty", id="nothing"),
        pytest.param(riff(b""), "audio_empty", id="no samples"),
        pytest.param(riff(bytes(16_000)), "audio_empty", id="stillness"),
        pytest.param(
            encoded("flac", "-af", "volume=0"), "audio_empty", id="stillness in FLAC"
        ),
        pytest.param(b"I am a text", "audio_no_audio", id="text"),
        pytest.param(
            b"#EXTM3U\nfile:///etc/passwd", "audio_no_audio", id="a list of files"
        ),
        pytest.param(b"fLaC" + bytes(99), "audio_no_audio", id="FLAC by its beginning"),
        pytest.param(encoded("m4a")[:500], "audio_no_audio", id="M4A that breaks off"),
        pytest.param(WAV[:20], "audio_no_audio", id="WAV that breaks off"),
        pytest.param(tone(3), "audio_too_long", id="too long"),
        pytest.param(encoded("flac", seconds=3), "audio_too_long", id="too long FLAC"),
    ],
)
async def test_what_cannot_be_heard_is_refused(
    hass: HomeAssistant,
    ffmpeg: None,
    allowed: Path,
    temporary: Path,
    content: bytes,
    told: str,
) -> None:
    """Before anybody is called."""
    with patch.object(audio, "SECONDS_AT_MOST", 2):
        assert await refused(hass, put(allowed, content)) == told
    assert list(temporary.iterdir()) == []


async def unconverted(hass: HomeAssistant, path: str) -> str:
    """Return what a person is told of audio that cannot be converted here."""
    with pytest.raises(HomeAssistantError) as error:
        await async_audio(hass, path)
    return str(error.value.translation_key)


async def test_a_home_without_ffmpeg_is_told(
    hass: HomeAssistant, allowed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what needs none."""
    monkeypatch.setenv("PATH", str(allowed))

    assert await unconverted(hass, put(allowed, encoded("flac"))) == (
        "audio_not_converted"
    )
    assert (await async_audio(hass, put(allowed, WAV))).duration == 1


async def test_a_full_disk_is_told(
    hass: HomeAssistant, ffmpeg: None, allowed: Path, temporary: Path
) -> None:
    """The file to convert has to lie somewhere."""
    path = put(allowed, encoded("flac"))

    with patch.object(Path, "write_bytes", side_effect=OSError):
        assert await unconverted(hass, path) == "audio_not_converted"
    assert list(temporary.iterdir()) == []


async def test_a_conversion_without_end_is_stopped(
    hass: HomeAssistant, allowed: Path, temporary: Path, tmp_path: Path
) -> None:
    """The program too, so that it holds up nothing any more."""
    number = tmp_path / "number"
    await program(hass, tmp_path, f'echo "$$" > {number}; exec sleep 60')

    with patch.object(audio, "CONVERT_SECONDS", 0.5):
        told = await unconverted(hass, put(allowed, encoded("flac")))

    assert told == "audio_not_converted"
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)
    assert list(temporary.iterdir()) == []


async def test_a_media_item_is_read_where_it_lies(hass: HomeAssistant) -> None:
    """Whoever may run an action may hear the home's media."""
    folder = Path(hass.config.media_dirs["local"])
    folder.mkdir()
    put(folder, MP3, "bell.mp3")

    sound = await async_audio(hass, " media-source://media_source/local/bell.mp3 ")

    assert sound.content == MP3
    for gone in ("media_source/local/horn.mp3", "nobody/x"):
        assert await refused(hass, f"media-source://{gone}") == "audio_not_found"
    with patch.object(media_source, "async_resolve_media", side_effect=Unresolvable):
        assert await refused(hass, "media-source://a/b") == "audio_not_found"


async def test_only_what_home_assistant_may_read_is_played(
    hass: HomeAssistant, allowed: Path, tmp_path: Path
) -> None:
    """Also by a detour."""
    secret = put(tmp_path, WAV, "secret.wav")

    assert await refused(hass, secret) == "audio_not_allowed"
    assert await refused(hass, f"{allowed}/../secret.wav") == "audio_not_allowed"
    assert await refused(hass, f"{allowed}/nothing.wav") == "audio_not_found"
    for nothing in ("", "bell.mp3", "camera.door", "ftp://example.com/bell.mp3"):
        assert await refused(hass, nothing) == "audio_unknown"


async def test_an_address_is_fetched(hass: HomeAssistant, socket_enabled: None) -> None:
    """Such as that of a bell."""

    async def bell(_: web.Request) -> web.Response:
        return web.Response(body=VORBIS)

    app = web.Application()
    app.router.add_get("/bell", bell)
    async with TestServer(app) as server:
        address = str(server.make_url("/bell"))
        assert (await async_audio(hass, address)).content == VORBIS
        with patch.object(fetch, "INPUT_BYTES_AT_MOST", 99):
            assert await refused(hass, address) == "audio_too_large"
        gone = str(server.make_url("/horn"))
        assert await refused(hass, gone) == "audio_not_found"


async def test_a_call_begins_with_a_moment_of_silence(
    hass: HomeAssistant, allowed: Path
) -> None:
    """From the key to the ear, so that the first word is not lost."""
    first = led_in(await async_audio(hass, put(allowed, WAV)))
    bell = await async_audio(hass, put(allowed, MP3))

    assert [sound.duration for sound in first] == [1 + LEAD_IN_SECONDS]
    assert led_in(bell) == (silence(LEAD_IN_SECONDS), bell)
