"""Which files 46elks plays, and what becomes of them."""

import io
import struct
import wave

import pytest

from . import Customer
from .phones import Phones, loud_seconds, samples, seconds, sound


def mp3(frames: int, *, tag: bytes = b"", second: int = 0xFB) -> bytes:
    """Return an MP3 file of silence: MPEG 1 at 128 kbit/s and 44100 Hz, or MPEG 2 at 80 and 22050."""
    length = 417 if second == 0xFB else 261
    return tag + frames * (bytes((0xFF, second, 0x90, 0xC0)) + bytes(length - 4))


def id3(size: int) -> bytes:
    """Return a tag before the sound."""
    return b"ID3\x04\x00\x00" + bytes((0, 0, size >> 7, size & 127)) + bytes(size)


def ogg(*pages: tuple[int, bytes]) -> bytes:
    """Return an Ogg file of pages, each with its position."""
    return b"".join(
        b"OggS\x00\x00"
        + struct.pack("<q", position)
        + bytes(12)
        + b"\x01"
        + bytes((len(body),))
        + body
        for position, body in pages
    )


VORBIS = b"\x01vorbis" + bytes(4) + b"\x01" + struct.pack("<I", 16_000) + bytes(14)


async def played(phones: Phones, content: bytes) -> bytes:
    """Return what is heard of a file."""
    phones.customer.files["/sound"] = content
    await phones.answer_with({"play": f"{phones.customer.url}/sound"})
    call_id = await phones.dial()
    await phones.until(
        call_id, lambda call: call["phase"] == "playing" or call["state"] == "ended"
    )
    await phones.advance(60)
    await phones.end(call_id)
    return await phones.heard(call_id)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
async def test_any_wav_is_played(
    phones: Phones, rate: int, channels: int, width: int
) -> None:
    """At whatever rate, in one channel or two; as loud as it was, and as long."""
    written = io.BytesIO()
    middle = 0x80 if width == 1 else 0
    high = bytes(width - 1) + bytes(((0x20 + middle) & 0xFF,))
    with wave.open(written, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(high * rate * channels)
    heard = await played(phones, written.getvalue())
    assert seconds(heard) == 1.0
    assert set(samples(heard)) == {0x2000}


@pytest.mark.parametrize(
    ("content", "length"),
    [
        pytest.param(mp3(100), 2.6, id="MP3"),
        pytest.param(mp3(100, second=0xF3), 2.6, id="MP3 of 22050 Hz"),
        pytest.param(mp3(100, tag=id3(200)), 2.6, id="MP3 with a tag before"),
        pytest.param(mp3(100) + b"TAG" + bytes(125), 2.6, id="MP3 with a tag behind"),
        pytest.param(mp3(100)[:-9], 2.6, id="MP3 that is cut off"),
        pytest.param(
            ogg((0, VORBIS), (-1, b"\x03"), (32_000, b"\x05")), 2.0, id="Ogg Vorbis"
        ),
        pytest.param(
            ogg((0, VORBIS), (32_000, b"\x05")) + b"OggS", 2.0, id="Vorbis cut off"
        ),
    ],
)
async def test_compressed_sound_is_as_long_as_it_is(
    phones: Phones, content: bytes, length: float
) -> None:
    """A murmur stands for it."""
    heard = await played(phones, content)
    assert seconds(heard) == length
    assert loud_seconds(heard) > length / 2


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(sound(0), id="WAV without sound"),
        pytest.param(sound(1)[:30], id="WAV that is cut off in its head"),
        pytest.param(
            sound(1).replace(b"\x01\x00\x01\x00", b"\x03\x00\x01\x00", 1),
            id="WAV of another coding",
        ),
        pytest.param(sound(1, channels=9), id="WAV of nine channels"),
        pytest.param(sound(0.1, rate=400_000), id="WAV of a rate nobody uses"),
        pytest.param(mp3(1), id="one frame of MP3"),
        pytest.param(mp3(9, second=0xFD), id="MPEG audio that is no MP3"),
        pytest.param(id3(20), id="nothing but a tag"),
        pytest.param(ogg((0, b"OpusHead" + bytes(20)), (9_000, b"x")), id="Opus"),
        pytest.param(ogg((0, VORBIS)), id="Vorbis without sound"),
        pytest.param(b"\xff" * 50, id="bytes"),
    ],
)
async def test_what_is_no_sound_is_not_played(phones: Phones, content: bytes) -> None:
    """It is a bad source."""
    assert seconds(await played(phones, content)) == 0
    (call,) = (await phones.control.get("/calls")).json()
    assert call["actions"][-1] == {"hangup": "badsource"}


async def test_what_is_too_loud_is_as_loud_as_can_be(
    phones: Phones, customer: Customer
) -> None:
    """Two sounds at once are added."""
    loud = sound(1, level=30_000)
    customer.files["/loud"] = loud
    await phones.answer_with(
        {"play": f"{customer.url}/loud", "recordcall": f"{customer.url}/r"}
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    async with phones.control.session.post(
        f"{phones.control.base}/calls/{call_id}/audio",
        data=loud,
        headers={"Content-Type": "audio/wav"},
    ) as answer:
        assert answer.status == 200
    await phones.advance(1)
    told = await phones.posted("/r")
    content = (await phones.api.get(f"/recordings/{told['callid']}-r0.wav")).body
    assert (max(samples(content)), min(samples(content))) == (32_767, -32_767)
