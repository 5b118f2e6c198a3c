"""What is read of others: callbacks, the frames of a socket, sounds and phone numbers, whatever they hold."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from itertools import pairwise
import json
import re
from struct import pack
from typing import Any, Final

from aiohttp import WSMessage, WSMsgType
from hypothesis import given, strategies as st
import pytest

from custom_components.elks46.api import (
    ElksInvalidDataError,
    parse_call_callback,
    parse_callback,
)
from custom_components.elks46.api.callbacks import CallbackKind
from custom_components.elks46.api.realtime import Audio, decode, encode
from custom_components.elks46.contacts import (
    InvalidPhoneNumberError,
    destination_of,
    is_answerable,
    masked,
    parse_forward,
    parse_phone,
    phone_without_plus,
)
from custom_components.elks46.voice.microphone import HEARD_SECONDS_AT_MOST
from custom_components.elks46.voice.pcm import BYTES_PER_SECOND
from custom_components.elks46.voice.session import CallEnd, CallSession
from custom_components.elks46.voice.wav import SoundFormatError, pcm
from tests import ANNA, NUMBER
from tests.voice import BYE, HANGUP, HELLO, INTERRUPT, LISTENING, SENDING, SYNC

from . import CALL_ID, ID, changed, forms, values

TEXT: Final = {
    "id": ID,
    "direction": "incoming",
    "from": ANNA,
    "to": NUMBER,
    "created": "2026-11-22T13:37:42.314100",
    "message": "Hello",
    "status": "delivered",
    "image": "https://api.46elks.com/a1/Images/m1-i0",
}
CALL: Final = {
    "callid": CALL_ID,
    "direction": "incoming",
    "from": ANNA,
    "to": NUMBER,
    "result": "newincoming",
    "state": "success",
    "actions": '[{"play": "x"}]',
    "legs": '[{"state": "success", "duration": "1"}]',
    "wav": "https://api.46elks.com/a1/Recordings/c1-r0.wav",
    "cost": "700",
}
WORDS: Final = (HELLO, LISTENING, SENDING, SYNC, INTERRUPT, BYE, HANGUP)
E164: Final = re.compile(r"\+[0-9]{2,15}")
ODD: Final = " ()-./+0123456789٠١２３\u202a\u202c\xa0\n#*;,"

kinds = st.one_of(st.sampled_from([*CallbackKind]), values)
phones = st.one_of(
    st.text(ODD, max_size=300),
    st.from_regex(r"\+?[0-9 -]{1,20}", fullmatch=True),
    values,
)
countries = st.sampled_from(["SE", "GB", "US", "IT", "XX", "", None])
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | values,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(values, inner, max_size=3)
    ),
    max_leaves=5,
)
frames = st.one_of(
    st.text(max_size=200),
    st.sampled_from(WORDS).map(json.dumps),
    json_values.map(json.dumps),
    st.builds(
        lambda word, strange: json.dumps(word | strange),
        st.sampled_from(WORDS),
        st.dictionaries(
            st.sampled_from(["t", "callid", "from", "to", "format", "data", "reason"]),
            json_values,
            max_size=3,
        ),
    ),
    st.binary(max_size=2000).map(lambda sound: encode(Audio(sound))),
)


def chunk(name: bytes, content: bytes) -> bytes:
    """Return a chunk of a WAV."""
    return name + pack("<I", len(content)) + content


headers = st.builds(
    lambda code, channels, rate, bits, more: chunk(
        b"fmt ", pack("<HHIIHH", code, channels, rate, 0, 0, bits) + more
    ),
    *(st.sampled_from(numbers) for numbers in ((1, 0xFFFE, 7), (1, 2), (16_000, 8000))),
    st.sampled_from((16, 8, 65535)),
    st.binary(max_size=40),
)
# Of a length that may be a lie.
told = st.builds(
    lambda name, size, content: name + pack("<I", size) + content,
    st.sampled_from((b"data", b"LIST", b"fmt ", b"junk")),
    st.sampled_from((0, 1, 2, 17, 1000, 0x7FFF_FFFF, 0xFFFF_FFFF)),
    st.binary(max_size=200),
)
sounds = st.one_of(
    st.binary(max_size=100),
    st.builds(
        lambda start, parts: start + b"".join(parts),
        st.sampled_from((b"RIFF\0\0\0\0WAVE", b"RIFF\xff\xff\xff\xffWAVE", b"RIFX")),
        st.lists(st.one_of(headers, told), max_size=5),
    ),
)


@given(kind=kinds, form=st.one_of(forms, changed(TEXT), changed(CALL)))
def test_a_callback_is_read_or_refused(kind: str, form: dict[str, str]) -> None:
    """By one error, which tells nothing of what is in the fields."""
    private = {one for one in form.values() if len(one) > 20 and ", " not in one}
    for parse in (parse_callback, parse_call_callback):
        told = ""
        try:
            parse(kind, form)
        except ElksInvalidDataError as err:
            told = str(err)
        assert not [one for one in private if one in told]


@given(frame=frames)
def test_a_frame_is_read_or_refused(frame: str) -> None:
    """By one error; what was read can be said again."""
    with suppress(ElksInvalidDataError):
        if (message := decode(frame)) is not None:
            assert decode(encode(message)) == message


class Script:
    """A socket on which all has been said beforehand."""

    def __init__(self, messages: Sequence[WSMessage]) -> None:
        """Say these, one after the other, and close."""
        self._messages = deque(messages)
        self.sent: list[str] = []
        self.is_closed = False

    async def receive(self) -> WSMessage:
        """Return the next, in a turn of its own."""
        await asyncio.sleep(0)
        closed = WSMessage(WSMsgType.CLOSED, None, None)
        return self._messages.popleft() if self._messages else closed

    async def send_str(self, data: str) -> None:
        """Note what is said to it."""
        self.sent.append(data)

    async def ping(self) -> None:
        """Need no answer."""

    async def pong(self, message: bytes) -> None:
        """Need none either."""

    async def close(self) -> None:
        """Be closed."""
        self.is_closed = True


socket_messages = st.one_of(
    frames.map(lambda data: WSMessage(WSMsgType.TEXT, data, None)),
    st.binary(max_size=50).map(lambda data: WSMessage(WSMsgType.BINARY, data, None)),
    st.sampled_from((WSMsgType.PING, WSMsgType.PONG, WSMsgType.ERROR)).map(
        lambda kind: WSMessage(kind, b"", None)
    ),
)


@given(messages=st.lists(socket_messages, max_size=15))
async def test_a_call_comes_to_an_end_whatever_is_said(
    messages: list[WSMessage],
) -> None:
    """No error comes out of it, and of what is heard no more is kept than a minute."""
    socket = Script(messages)
    session = CallSession(socket)
    await session.hello()
    await session.listen()
    heard = [sound async for sound in session.microphone()]
    spoken = await session.play(b"\0" * 320)
    assert not spoken or session.end is CallEnd.DONE
    end = await session.ended()
    await session.hang_up()
    await session.close()
    assert sum(map(len, heard)) <= HEARD_SECONDS_AT_MOST * BYTES_PER_SECOND
    assert (session.end, socket.is_closed) == (end, True)
    assert all(isinstance(json.loads(one), dict) for one in socket.sent)


async def listened(pieces: Sequence[bytes]) -> tuple[bytes, str | None]:
    """Return the samples of a WAV that comes in pieces, and why it is none."""

    async def come() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    samples = b""
    try:
        async for sound in pcm(come()):
            assert len(sound) % 2 == 0
            samples += sound
    except SoundFormatError as err:
        return samples, err.found
    return samples, None


@given(sound=sounds, cuts=st.lists(st.integers(0, 300), max_size=8))
async def test_a_sound_is_the_same_however_it_is_cut(
    sound: bytes, cuts: list[int]
) -> None:
    """Whole samples come of it or one error, and nothing that was not in it."""
    ends = [0, *sorted(min(cut, len(sound)) for cut in cuts), len(sound)]
    pieces = [sound[start:end] for start, end in pairwise(ends)]
    whole = await listened([sound])
    assert await listened(pieces) == whole
    assert whole[0] in sound


@given(written=phones, country=countries)
def test_a_written_number_is_one_or_refused(written: str, country: str | None) -> None:
    """What it is made of is read the same again, and its kind can be told."""
    with suppress(InvalidPhoneNumberError):
        target = parse_forward(written, country)
        assert target.startswith("sip") or E164.fullmatch(target)
    with suppress(InvalidPhoneNumberError):
        phone = parse_phone(written, country)
        assert _again(phone) == phone
        assert destination_of(phone).country in {None, *destination_of(phone).countries}
        assert is_answerable(phone) in {True, False}
        assert phone not in masked(phone)


def _again(phone: str) -> str | None:
    """Return how a number is read that was read before."""
    try:
        return parse_phone(phone, None)
    except InvalidPhoneNumberError:
        return None


@given(value=st.one_of(json_values, st.integers(0, 10**16)))
def test_a_number_without_plus_is_one_or_refused(value: object) -> None:
    """Whatever a template makes of it."""
    with suppress(InvalidPhoneNumberError):
        assert E164.fullmatch(phone_without_plus(value))


@pytest.mark.parametrize("kind", ["sms", "call"])
def test_what_46elks_posts_is_read(kind: str) -> None:
    """The forms that others are made of are none of those that are refused."""
    parsers = {"sms": (parse_callback, TEXT), "call": (parse_call_callback, CALL)}
    parse, form = parsers[kind]
    assert parse(kind, form)
