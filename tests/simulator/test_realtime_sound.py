"""The formats of Realtime Voice: what a program hears, and what is heard of it."""

from array import array
import math
import struct

import pytest

from . import data_url
from .phones import samples
from .programs import Assistant, tone

HEAD = "<4sI4s4sIHHIIHH"


def wave(
    content: bytes,
    *,
    rate: int = 8_000,
    channels: int = 1,
    bits: int = 16,
    size: int | None = None,
    coding: int = 1,
    before: bytes = b"",
) -> bytes:
    """Return a WAV file; `size` is how long it says it is."""
    block = channels * bits // 8
    form = (coding, channels, rate, rate * block, block, bits)
    length = len(content) if size is None else size
    whole = 36 + len(before) + len(content)
    head = struct.pack(HEAD, b"RIFF", whole, b"WAVE", b"fmt ", 16, *form)
    return head + before + b"data" + struct.pack("<I", length) + content


def chunk(name: bytes, size: int, content: bytes) -> bytes:
    """Return a part of a WAV file that is no sound."""
    return name + struct.pack("<I", size) + content


def sine(hertz: int, rate: int, count: int) -> bytes:
    """Return samples of a pure note."""
    turns = (2 * math.pi * hertz * one / rate for one in range(count))
    return array("h", (round(10_000 * math.sin(turn)) for turn in turns)).tobytes()


async def heard_of(assistant: Assistant, sending: str, *messages: bytes) -> array[int]:
    """Have a program say something; return the samples that are heard of it in two seconds."""
    call_id, line = await assistant.dial()
    await assistant.ready(call_id, line, sending=sending)
    for message in messages:
        await line.play(message)
    await assistant.synced(call_id, line)
    await assistant.phones.advance(2)
    return samples(await assistant.phones.heard(call_id))


async def refusal(assistant: Assistant, sending: str, *messages: bytes) -> str:
    """Have a program say what is refused; return the words."""
    _, line = await assistant.dial()
    await line.say("sending", format=sending)
    for message in messages:
        await line.play(message)
    bye = (await line.rest())[-1]
    assert (bye["t"], bye["reason"]) == ("bye", "error")
    return str(bye["message"])


@pytest.mark.parametrize(
    ("name", "rate"), [("pcm_16000", 16_000), ("pcm_24000", 24_000)]
)
@pytest.mark.parametrize("hertz", [300, 3_000])
async def test_a_higher_rate_is_the_same_wave(
    assistant: Assistant, name: str, rate: int, hertz: int
) -> None:
    """A millisecond later, with nothing in it that was not said, also from one message to the next."""
    audio = data_url(wave(sine(hertz, 8_000, 800)), "audio/wav")
    call_id, line = await assistant.dial(audio=audio)
    await assistant.ready(call_id, line, listening=name)
    await assistant.phones.advance(0.1)
    heard = array("h", await line.audio(5))
    expected = array("h", sine(hertz, rate, rate // 10))
    late, settled = rate // 1_000, rate // 250
    differences = [
        abs(one - other)
        for one, other in zip(heard[late + settled :], expected[settled:], strict=False)
    ]
    assert len(differences) > rate // 12
    assert max(differences) < 300


@pytest.mark.parametrize(
    ("name", "level", "loud", "soft", "silent"),
    [
        ("ulaw", 32_124, 0x80, 0x00, 0xFF),
        ("alaw", 32_256, 0xAA, 0x2A, 0xD5),
    ],
)
async def test_the_laws_of_telephones(
    assistant: Assistant, name: str, level: int, loud: int, soft: int, silent: int
) -> None:
    """As ITU-T G.711 has them, both ways."""
    voice = tone(0.02, level=level) + tone(0.02, level=-level) + tone(0.02, level=0)
    call_id, line = await assistant.dial(audio=data_url(wave(voice), "audio/wav"))
    await assistant.ready(call_id, line, listening=name, sending=name)
    await assistant.phones.advance(0.06)
    heard = await line.audio(3)
    assert heard == b"".join(bytes((code,)) * 160 for code in (loud, soft, silent))
    await line.play(heard)
    await assistant.synced(call_id, line)
    await assistant.phones.advance(0.06)
    echo = samples(await assistant.phones.heard(call_id))[480:]
    assert echo[:320].tobytes() == voice[:640]
    assert set(echo[320:]) <= {0, 8}


@pytest.mark.parametrize(
    ("name", "rate"),
    [("pcm_8000", 8_000), ("pcm_16000", 16_000), ("pcm_24000", 24_000)],
)
async def test_each_rate_is_heard_at_its_pace(
    assistant: Assistant, name: str, rate: int
) -> None:
    """Messages may end anywhere between samples."""
    said = tone(1, rate=rate) + tone(0.5, rate=rate, level=-900)
    parts = (said[first : first + 998] for first in range(0, len(said), 998))
    heard = await heard_of(assistant, name, *parts)
    assert heard.tobytes() == tone(1) + tone(0.5, level=-900) + bytes(8_000)


async def test_a_lower_rate_is_the_mean(assistant: Assistant) -> None:
    """What is between the samples of a telephone is not lost."""
    said = array("h", [100, 300, -500, -700] * 400).tobytes()
    heard = await heard_of(assistant, "pcm_16000", said)
    assert set(heard[:800]) == {200, -600}


async def test_half_a_sample_makes_static(assistant: Assistant) -> None:
    """Each message is taken for itself: what is cut within a sample is noise from there on."""
    said = tone(1, level=0x0102)
    call_id, line = await assistant.dial()
    await assistant.ready(call_id, line, sending="pcm_8000")
    for part in (said[:3_201], said[3_201:]):
        await line.play(part)
    await assistant.synced(call_id, line)
    await assistant.phones.advance(1)
    heard = samples(await assistant.phones.heard(call_id))
    assert heard[1_599:1_601].tolist() == [0x0102, 0x0201]
    socket = await assistant.socket(call_id)
    assert (socket["odd"], socket["error"]) == (2, None)


async def test_a_wav_file_is_heard(assistant: Assistant) -> None:
    """Its messages may end anywhere."""
    file = wave(tone(1), before=chunk(b"LIST", 6, b"abcdef"))
    parts = (file[first : first + 777] for first in range(0, len(file), 777))
    heard = await heard_of(assistant, "wav", *parts)
    assert heard.tobytes() == tone(1) + bytes(16_000)


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF], ids=["nought", "all ones"])
async def test_a_wav_file_may_not_know_its_length(
    assistant: Assistant, size: int
) -> None:
    """It is written while it is made."""
    file = wave(tone(1), size=size)
    heard = await heard_of(assistant, "wav", file[:30], file[30:5_001], file[5_001:])
    assert heard.tobytes() == tone(1) + bytes(16_000)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 6_000])
@pytest.mark.parametrize(("bits", "level"), [(8, 0x2000), (16, 0x2000), (24, 0x2000)])
async def test_any_wav_file_is_heard(
    assistant: Assistant, rate: int, bits: int, level: int
) -> None:
    """In whatever rate and width, with two channels."""
    sample = {8: b"\xa0", 16: b"\x00\x20", 24: b"\x00\x00\x20"}[bits]
    file = wave(sample * 2 * rate, rate=rate, bits=bits, channels=2)
    heard = await heard_of(assistant, "wav", file[:9_999], file[9_999:])
    assert sum(one == level for one in heard) == pytest.approx(8_000, abs=2)


async def test_wav_files_follow_each_other(assistant: Assistant) -> None:
    """Each in its own format; what stands behind the sound of one is passed over."""
    tags = chunk(b"LIST", 9, b"some words")
    first = wave(tone(0.5)) + tags
    second = wave(tone(0.5, rate=16_000, level=900), rate=16_000)
    both = first + second
    heard = await heard_of(assistant, "wav", both[:8_055], both[8_055:])
    assert heard.tobytes() == tone(0.5) + tone(0.5, level=900) + bytes(16_000)


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(tone(1), id="samples"),
        pytest.param(b"RIFF\0\0\0\0AVI " + bytes(50), id="a film"),
        pytest.param(wave(tone(1), coding=3), id="another coding"),
        pytest.param(wave(tone(1), channels=9), id="nine channels"),
        pytest.param(wave(tone(1), bits=12), id="twelve bits"),
        pytest.param(wave(tone(1), rate=900), id="a rate nobody uses"),
        pytest.param(b"RIFF\0\0\0\0WAVEdata\4\0\0\0abcd", id="no format"),
        pytest.param(b"RIFF\0\0\0\0WAVE" + chunk(b"LIST", 1 << 30, b""), id="no end"),
    ],
)
async def test_what_is_no_wav_file_ends_it(assistant: Assistant, file: bytes) -> None:
    """With a word."""
    assert await refusal(assistant, "wav", file) == "audio: this is no WAV file"


async def test_there_is_an_end_to_what_is_kept(assistant: Assistant) -> None:
    """Half an hour of sound."""
    messages = [bytes(2_400_000)] * 7
    said = await refusal(assistant, "alaw", *messages)
    assert said == "audio: this is more than is kept"


@pytest.mark.parametrize("way", ["listening", "sending"])
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("g722", "The format g722 is not one the simulator can do"),
        ("ogg", "The format ogg is not one the simulator can do"),
        ("pcm_44100", "Unknown format pcm_44100"),
        ("", "Unknown format"),
    ],
)
async def test_a_format_that_there_is_not(
    assistant: Assistant, way: str, name: str, words: str
) -> None:
    """It is the end, with a word."""
    call_id, line = await assistant.dial()
    await line.say(way, format=name)
    bye = (await line.rest())[-1]
    assert (bye["t"], bye["reason"]) == ("bye", "error")
    assert bye["message"].startswith(words)
    call = await assistant.phones.phase(call_id, "playing")
    assert call["legs"][1]["socket"]["error"] == bye["message"]


async def test_a_wav_file_is_only_said(assistant: Assistant) -> None:
    """Nobody hears one."""
    _, line = await assistant.dial()
    await line.say("listening", format="wav")
    (bye,) = await line.rest()
    assert bye["message"].startswith("Unknown format wav; one of pcm_8000,")
