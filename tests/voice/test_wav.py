"""Tests of the samples of a WAV that is still being made."""

from collections.abc import AsyncGenerator, Callable
from itertools import batched
from struct import pack
from typing import Final

import pytest

from custom_components.elks46.voice.wav import SoundFormatError, pcm
from tests.sounds import encoded, riff

from . import Chunks, Engine, gather, stream

SAMPLES: Final = bytes(range(1, 41))
ENDLESS: Final = 0xFFFF_FFFF
# What ffmpeg writes before the samples: who has written it, with an odd length.
LIST: Final = b"LIST" + pack("<I", 9) + b"INFOISFT\x00" + b"\x00"
FACT: Final = b"fact" + pack("<II", 4, 20)
# The rest of the code for plain samples, of Microsoft's own numbers.
GUID: Final = bytes.fromhex("000000001000800000aa00389b71")


def form(
    *,
    code: int = 1,
    channels: int = 1,
    rate: int = 16_000,
    bits: int = 16,
    more: bytes = b"",
) -> bytes:
    """Return how samples are written."""
    block = channels * bits // 8
    fields = pack("<HHIIHH", code, channels, rate, rate * block, block, bits)
    return b"fmt " + pack("<I", len(fields + more)) + fields + more


def extensible(code: int = 1) -> bytes:
    """Return how samples are written, in the long form."""
    return form(code=0xFFFE, more=pack("<HHIH", 22, 16, 4, code) + GUID)


def wav(
    *parts: bytes, samples: bytes = SAMPLES, said: int | None = None, after: bytes = b""
) -> bytes:
    """Return a WAV of these parts, whose header says that there are so many bytes."""
    size = len(samples) if said is None else said
    body = b"".join(parts) + b"data" + pack("<I", size) + samples + after
    return b"RIFF" + pack("<I", said or len(body) + 4) + b"WAVE" + body


WAVS: Final = [
    pytest.param(wav(form()), id="plain"),
    pytest.param(riff(SAMPLES, rate=16_000), id="of the standard library"),
    pytest.param(wav(form(), said=0), id="of no length"),
    pytest.param(wav(form(), said=ENDLESS), id="of all length there is"),
    pytest.param(wav(form(), said=0x7FFF_FFFF), id="of half of that"),
    pytest.param(wav(form(), LIST, said=ENDLESS), id="as ffmpeg writes it"),
    pytest.param(wav(LIST, form(), FACT), id="with other chunks before"),
    pytest.param(wav(form(more=b"\x00\x00")), id="with an empty addition"),
    pytest.param(wav(form(more=b"\x00"), b"\x00"), id="with a form of odd length"),
    pytest.param(wav(extensible()), id="extensible"),
    pytest.param(wav(form(), after=LIST), id="with a chunk after"),
    pytest.param(wav(form(), samples=SAMPLES + b"\x07"), id="of an odd length"),
    pytest.param(
        wav(form(), samples=SAMPLES + b"\x07", after=b"\x00" + LIST),
        id="of an odd length with a chunk after",
    ),
    pytest.param(wav(form(), samples=SAMPLES + b"\x07", said=0), id="broken off"),
]
OTHERS: Final = [
    pytest.param(wav(form(rate=22_050)), "22050 Hz, channels: 1, 16-bit PCM", id="22k"),
    pytest.param(wav(form(rate=8000)), "8000 Hz, channels: 1, 16-bit PCM", id="8k"),
    pytest.param(
        wav(form(channels=2)), "16000 Hz, channels: 2, 16-bit PCM", id="stereo"
    ),
    pytest.param(wav(form(bits=8)), "16000 Hz, channels: 1, 8-bit PCM", id="8 bits"),
    pytest.param(wav(form(bits=32)), "16000 Hz, channels: 1, 32-bit PCM", id="32 bits"),
    pytest.param(
        wav(form(code=3, bits=32)),
        "16000 Hz, channels: 1, 32-bit encoding 3",
        id="floating",
    ),
    pytest.param(
        wav(form(code=7, rate=8000, bits=8)),
        "8000 Hz, channels: 1, 8-bit encoding 7",
        id="u-law",
    ),
    pytest.param(
        wav(extensible(3)), "16000 Hz, channels: 1, 16-bit encoding 3", id="extensible"
    ),
    pytest.param(
        wav(form(code=0xFFFE)),
        "16000 Hz, channels: 1, 16-bit encoding 65534",
        id="extensible cut short",
    ),
    pytest.param(b"", "something else than WAV", id="nothing"),
    pytest.param(b"RI", "something else than WAV", id="a beginning"),
    pytest.param(b"ID3\x04\x00", "something else than WAV", id="tag"),
    pytest.param(b"\xff", "something else than WAV", id="one byte"),
    pytest.param(
        wav(form()).replace(b"WAVE", b"AVI "), "something else than WAV", id="film"
    ),
    pytest.param(
        wav(form()).replace(b"RIFF", b"RIFX"), "something else than WAV", id="big end"
    ),
    pytest.param(wav(), "samples of a form that is not told", id="no form"),
    pytest.param(
        wav(b"fmt " + pack("<I", 2) + b"\x01\x00"), "a WAV that is broken", id="short"
    ),
    pytest.param(
        wav(b"fmt " + pack("<I", 4_000_000)), "a WAV that is broken", id="long form"
    ),
    pytest.param(wav(form())[:12], "no samples", id="a header"),
    pytest.param(wav(form())[:30], "no samples", id="half a form"),
    pytest.param(wav(form())[:40], "no samples", id="a form"),
    pytest.param(wav(form(), LIST)[:47], "no samples", id="half a list"),
]


async def endless(
    chunk: bytes, closed: Callable[[], None] = lambda: None
) -> AsyncGenerator[bytes]:
    """Yield a chunk for ever."""
    try:
        while True:
            yield chunk
    finally:
        closed()


@pytest.mark.parametrize("content", WAVS)
async def test_the_samples_come_wherever_it_is_cut(content: bytes) -> None:
    """In two pieces, cut at each byte; each piece of samples is whole."""
    for cut in range(len(content) + 1):
        found = await gather(pcm(stream([content[:cut], content[cut:]])))
        assert b"".join(found) == SAMPLES
        assert [len(sound) % 2 for sound in found] == [0] * len(found)


@pytest.mark.parametrize("content", WAVS)
@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 43, 44, 45])
async def test_the_samples_come_in_pieces_of_any_size(
    content: bytes, size: int
) -> None:
    """Down to single bytes."""
    chunks = [bytes(chunk) for chunk in batched(content, size, strict=False)]

    assert b"".join(await gather(pcm(stream(chunks)))) == SAMPLES


@pytest.mark.parametrize("content", WAVS)
async def test_a_sample_leaves_as_soon_as_it_is_there(content: bytes) -> None:
    """Nothing is gathered: byte by byte, every second one brings a sample."""
    start, given = content.index(b"data") + 8, [0]

    async def engine() -> AsyncGenerator[bytes]:
        for byte in content:
            given[0] += 1
            yield bytes([byte])

    seen = [(given[0], sound) async for sound in pcm(engine())]

    assert seen == [
        (start + end, SAMPLES[end - 2 : end]) for end in range(2, len(SAMPLES) + 1, 2)
    ]


@pytest.mark.parametrize(("content", "found"), OTHERS)
async def test_what_is_something_else_is_told(content: bytes, found: str) -> None:
    """Whole, byte by byte: what it is, and what it should be."""
    for chunks in ([content], [bytes([byte]) for byte in content]):
        with pytest.raises(SoundFormatError) as error:
            await gather(pcm(stream(chunks)))
        assert error.value.found == found
        assert str(error.value).startswith("Wanted WAV of 16000 Hz, mono, 16-bit PCM")


async def test_what_is_something_else_is_not_waited_for() -> None:
    """One byte may tell."""
    with pytest.raises(SoundFormatError):
        await anext(pcm(endless(b"<")))


@pytest.mark.parametrize(
    "how",
    [("-ar", "16000", "-ac", "1"), ("-ar", "16000", "-ac", "1", "-f", "wav")],
)
async def test_what_ffmpeg_makes_is_read(how: tuple[str, ...]) -> None:
    """It is what Home Assistant converts with."""
    content = encoded("wav", *how)
    samples = content[content.index(b"data") + 8 :]

    assert b"".join(await gather(pcm(stream([content])))) == samples


async def test_who_makes_it_is_told_when_no_more_is_wanted() -> None:
    """When it is over by its header, when somebody stops listening, and when it is wrong."""
    closed: list[str] = []
    whole = pcm(endless(wav(form()), lambda: closed.append("over")))
    assert await gather(whole) == [SAMPLES]
    assert closed == ["over"]

    left = pcm(endless(wav(form(), said=0), lambda: closed.append("left")))
    assert await anext(left) == SAMPLES
    await left.aclose()
    assert closed == ["over", "left"]

    with pytest.raises(SoundFormatError):
        await gather(pcm(endless(b"?", lambda: closed.append("wrong"))))
    assert closed == ["over", "left", "wrong"]


async def test_one_that_stops_in_the_middle_is_given_up() -> None:
    """It hangs; what it has made until then was heard."""
    engine = Engine()
    engine.speak(wav(form(), said=0))
    speech = pcm(engine.chunks(), patience=0.01)

    assert await anext(speech) == SAMPLES
    with pytest.raises(TimeoutError):
        await anext(speech)
    assert engine.is_closed


async def test_anything_that_yields_will_do() -> None:
    """Not only generators."""
    for content in (wav(form()), wav(form(), said=0)):
        assert await gather(pcm(Chunks(content))) == [SAMPLES]
