"""Files of sound, told by their bytes."""

from array import array
from collections.abc import Callable

import pytest

from custom_components.elks46 import formats

from .sounds import encoded, riff, samples, streamed, tone

VORBIS = ("ogg", "-c:a", "libvorbis")
OPUS = ("ogg", "-c:a", "libopus")


@pytest.mark.parametrize(
    ("rate", "channels", "width"),
    [(8000, 1, 2), (16_000, 1, 2), (8000, 1, 1), (44_100, 2, 2), (48_000, 2, 1)],
)
def test_a_plain_wav_stays_as_it_is(rate: int, channels: int, width: int) -> None:
    """To the last byte."""
    content = tone(0.5, rate=rate, channels=channels, width=width)

    audio = formats.playable(content)

    assert audio
    assert audio.content == content
    assert (audio.mime_type, audio.duration) == ("audio/wav", 0.5)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFDB])
def test_a_wav_that_did_not_know_its_length_learns_it(size: int) -> None:
    """Text-to-speech that speaks while it thinks writes such."""
    audio = formats.playable(streamed(size))

    assert audio
    assert (audio.content, audio.duration) == (tone(), 1)


def test_a_wav_that_breaks_off_says_what_is_left() -> None:
    """Half a sample is none."""
    audio = formats.playable(tone()[: 44 + 8001])

    assert audio
    assert (samples(audio.content), audio.duration) == (tone()[44:8044], 0.5)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(b"LIST\x04\0\0\0INFO", id="words"),
        pytest.param(b"LIST\x03\0\0\0INF\0", id="words of odd length"),
        pytest.param(b"JUNK\0\0\0\0", id="nothing"),
    ],
)
def test_a_wav_may_hold_other_things(before: bytes) -> None:
    """They stay at home, who wrote it and where."""
    content = tone()
    size = (len(content) - 8 + len(before) + 12).to_bytes(4, "little")
    after = b"LIST\x04\0\0\0INFO"

    audio = formats.playable(
        content[:4] + size + content[8:12] + before + content[12:] + after
    )

    assert audio
    assert audio.content == content


def test_a_wav_with_a_long_header_may_be_plain() -> None:
    """Programs write it for more than two channels, and some always."""
    form = bytes.fromhex("feff 0100 401f0000 803e0000 0200 1000 1600 1000 04000000")
    guid = bytes.fromhex("0100 0000 0000 1000 8000 00aa 0038 9b71")
    rest = b"fmt \x28\0\0\0" + form + guid + tone()[36:]
    said = (4 + len(rest)).to_bytes(4, "little")

    audio = formats.playable(b"RIFF" + said + b"WAVE" + rest)

    assert audio
    assert audio.content == tone()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(riff(b""), id="without samples"),
        pytest.param(riff(b"\1"[:0]), id="honest nothing"),
        pytest.param(riff(bytes(16_000)), id="stillness"),
        pytest.param(riff(b"\x80" * 8000, width=1), id="stillness in bytes"),
        pytest.param(streamed(0xFFFFFFFF, riff(b"")), id="streamed nothing"),
    ],
)
def test_what_cannot_be_heard_is_empty(content: bytes) -> None:
    """Text-to-speech that fails quietly makes such."""
    audio = formats.playable(content)

    assert audio
    assert formats.is_empty(audio)


def test_an_honest_nothing_is_not_what_follows_it() -> None:
    """Words about the sound are no sound."""
    after = b"LIST\x04\0\0\0INFO"
    content = riff(b"")
    said = (len(content) - 8 + len(after)).to_bytes(4, "little")

    audio = formats.playable(content[:4] + said + content[8:] + after)

    assert audio
    assert audio.duration == 0


def test_what_can_be_heard_is_not_empty() -> None:
    """Of every kind."""
    for content in (tone(), tone(width=1), encoded("mp3"), encoded(*VORBIS)):
        audio = formats.playable(content)
        assert audio
        assert not formats.is_empty(audio)


@pytest.mark.parametrize(
    ("how", "kind"),
    [
        (("mp3",), "audio/mpeg"),
        (("mp3", "-q:a", "2"), "audio/mpeg"),
        (("mp3", "-ar", "16000", "-b:a", "32k"), "audio/mpeg"),
        (("mp3", "-ar", "8000"), "audio/mpeg"),
        (("mp3", "-id3v2_version", "0", "-write_xing", "0"), "audio/mpeg"),
        (("mp3", "-write_id3v1", "1"), "audio/mpeg"),
        (VORBIS, "audio/ogg"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_mp3_and_vorbis_go_as_they_are(how: tuple[str, ...], kind: str) -> None:
    """Their length is counted; an encoder of MP3 adds some hundredths of a second."""
    content = encoded(*how, seconds=5)

    audio = formats.playable(content)

    assert audio
    assert (audio.content, audio.mime_type) == (content, kind)
    assert audio.duration == pytest.approx(5, abs=0.3)
    assert str(content) not in str(audio)


@pytest.mark.parametrize("how", [("mp3",), VORBIS], ids=" ".join)
@pytest.mark.parametrize("lost", [1, 300])
def test_the_last_piece_may_be_missing(how: tuple[str, ...], lost: int) -> None:
    """It was not heard to its end, and is still a sound."""
    audio = formats.playable(encoded(*how, seconds=5)[:-lost])

    assert audio
    assert 3 < audio.duration < 5.2


def test_words_in_an_mp3_may_have_a_footer() -> None:
    """By their standard."""
    frames = encoded("mp3", "-id3v2_version", "0")
    tag = b"ID3\x04\0\x10\0\0\1\1" + bytes(129) + b"3DI\x04\0\x10\0\0\1\1"

    audio = formats.playable(tag + frames)
    bare = formats.playable(frames)

    assert audio
    assert bare
    assert audio.duration == bare.duration


@pytest.mark.parametrize(
    ("how", "name"),
    [
        (("wav", "-c:a", "pcm_alaw"), "wav"),
        (("wav", "-c:a", "pcm_s24le"), "wav"),
        (("wav", "-c:a", "pcm_f32le"), "wav"),
        (("wav", "-ar", "96000"), "wav"),
        (("wav", "-ac", "6"), "wav"),
        (("wav", "-rf64", "always"), "wav"),
        (OPUS, "ogg"),
        (("oga", "-c:a", "flac"), "ogg"),
        (("flac",), "flac"),
        (("m4a",), "mov"),
        (("webm", "-c:a", "libopus"), "matroska"),
        (("aiff",), "aiff"),
        (("aac",), "aac"),
        (("caf",), "caf"),
        (("amr", "-ar", "8000", "-c:a", "libopencore_amrnb"), "amr"),
        (("wma",), "asf"),
        (("au",), "au"),
        (("mp2",), "mp3"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_other_kinds_are_known_for_the_converter(
    how: tuple[str, ...], name: str
) -> None:
    """It is told what it gets."""
    content = encoded(*how)

    assert formats.playable(content) is None
    assert formats.container(content) == name


def damaged_mp3(content: bytes) -> bytes:
    """Return frames with nonsense between them."""
    return content[:9000] + b"?" * 3000 + content[9000:]


def two_streams(content: bytes) -> bytes:
    """Return two songs one after the other, as radio sends them."""
    return content + encoded("ogg", "-c:a", "libvorbis", "-serial_offset", "7")


def no_rate(content: bytes) -> bytes:
    """Return pages that do not say how fast they go."""
    return content[:40] + bytes(4) + content[44:]


@pytest.mark.parametrize(
    ("how", "damage", "name"),
    [
        pytest.param(("mp3",), damaged_mp3, "mp3", id="MP3 with a gap"),
        pytest.param(VORBIS, two_streams, "ogg", id="two songs in OGG"),
        pytest.param(VORBIS, no_rate, "ogg", id="OGG without rate"),
    ],
)
def test_what_cannot_be_counted_is_for_the_converter(
    how: tuple[str, ...], damage: Callable[[bytes], bytes], name: str
) -> None:
    """A length that is not true is worse than none."""
    content = damage(encoded(*how, seconds=5))

    assert formats.playable(content) is None
    assert formats.container(content) == name


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(b"", None, id="nothing"),
        pytest.param(b"\xff", None, id="a byte"),
        pytest.param(b"I am a text", None, id="text"),
        pytest.param(b"#EXTM3U\nfile:///etc/passwd", None, id="playlist"),
        pytest.param(b"\xff\xd8\xff\xe0" + bytes(99), None, id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(99), None, id="PNG"),
        pytest.param(b"\xff\xfe" + bytes(99), "mp3", id="perhaps MPEG"),
        pytest.param(b"ID3", None, id="beginning of words"),
        pytest.param(b"ID3\x04\0\0\0\0\0\1\0" + b"fLaC", "flac", id="words, FLAC"),
        pytest.param(b"RIFF", "wav", id="beginning of RIFF"),
        pytest.param(b"RIFF\0\0\0\0WAVE", "wav", id="WAV of nothing"),
        pytest.param(tone()[:30], "wav", id="WAV that breaks off"),
        pytest.param(
            b"RIFF\0\0\0\0WAVE" + tone()[36:], "wav", id="WAV of unknown form"
        ),
        pytest.param(b"RIFF\0\0\0\0AVI " + bytes(99), "wav", id="video"),
        pytest.param(encoded(*VORBIS)[:38], "ogg", id="OGG that breaks off"),
        pytest.param(encoded("mp3", "-id3v2_version", "0")[:250], "mp3", id="a frame"),
        pytest.param(b"\xff\xfb\xf0\0" * 9, "mp3", id="MP3 of impossible speed"),
        pytest.param(b"\xff\xfb\x9c\0" * 9, "mp3", id="MP3 of impossible rate"),
        pytest.param(b"\xff\xeb\x90\0" * 9, "mp3", id="MP3 of no version"),
    ],
)
def test_what_is_not_whole_is_not_played(content: bytes, name: str | None) -> None:
    """Nor is what is no sound at all."""
    assert formats.playable(content) is None
    assert formats.container(content) == name


def test_a_page_that_breaks_off_in_its_head_ends_the_sound() -> None:
    """What came before is there."""
    audio = formats.playable(encoded(*VORBIS) + b"OggS")

    assert audio
    assert audio.duration == 1


def test_silence_takes_time() -> None:
    """It is a sound like others."""
    audio = formats.silence(0.5)

    assert (audio.mime_type, audio.duration) == ("audio/wav", 0.5)
    assert samples(audio.content) == bytes(8000)


@pytest.mark.parametrize(
    ("rate", "channels", "width"), [(8000, 1, 2), (22_050, 2, 2), (8000, 1, 1)]
)
def test_silence_is_put_into_a_wav(rate: int, channels: int, width: int) -> None:
    """In the form that it has, where stillness may be a middle value."""
    content = tone(0.5, rate=rate, channels=channels, width=width)
    audio = formats.playable(content)
    assert audio

    (led_in,) = formats.after_silence(audio, 1)

    held = samples(led_in.content)
    still = b"\x80" if width == 1 else b"\0"
    assert held == still * (rate * channels * width) + samples(content)
    assert led_in.duration == 1.5


@pytest.mark.parametrize("how", [("mp3",), VORBIS], ids=" ".join)
def test_silence_is_played_before_other_sounds(how: tuple[str, ...]) -> None:
    """They are one after the other."""
    audio = formats.playable(encoded(*how))
    assert audio

    assert formats.after_silence(audio, 1) == (formats.silence(1), audio)


def test_samples_that_are_no_whole_are_left_out() -> None:
    """Of two bytes, and of two channels."""
    held = array("h", [1, 2, 3]).tobytes()

    assert samples(formats.wav(held + b"\1").content) == held
    assert samples(formats.wav(held, channels=2).content) == held[:4]
