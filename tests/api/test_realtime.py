"""Tests of what is said over the socket of Realtime Voice."""

import json

import pytest

from custom_components.elks46.api import ElksInvalidDataError
from custom_components.elks46.api.realtime import (
    Audio,
    AudioFormat,
    Bye,
    ByeReason,
    Hello,
    Interrupt,
    Listening,
    RealtimeMessage,
    Sending,
    Sync,
    decode,
    encode,
)

CALL_ID = "c0231d6d7d6bc14a7e7734e466785c4ce"
HELLO = {"t": "hello", "callid": CALL_ID, "from": "+46701740605", "to": "+4600700021"}
SAID = [
    pytest.param(
        Hello(call_id=CALL_ID, caller="+46701740605", callee="+4600700021"),
        HELLO,
        id="hello",
    ),
    pytest.param(
        Hello(call_id=CALL_ID, caller=None, callee="+4600700021"),
        HELLO | {"from": ""},
        id="hello of one who hides",
    ),
    pytest.param(
        Listening(AudioFormat.PCM_16000),
        {"t": "listening", "format": "pcm_16000"},
        id="listening",
    ),
    pytest.param(
        Sending(AudioFormat.PCM_16000),
        {"t": "sending", "format": "pcm_16000"},
        id="sending",
    ),
    pytest.param(
        Sending(AudioFormat.MP3), {"t": "sending", "format": "mp3"}, id="sending a file"
    ),
    pytest.param(
        Audio(b"\x00\x00\xff\xff"), {"t": "audio", "data": "AAD//w=="}, id="audio"
    ),
    pytest.param(Audio(b""), {"t": "audio", "data": ""}, id="no audio"),
    pytest.param(Sync(), {"t": "sync"}, id="sync"),
    pytest.param(Interrupt(), {"t": "interrupt"}, id="interrupt"),
    pytest.param(Bye(), {"t": "bye"}, id="bye"),
    pytest.param(
        Bye(reason=ByeReason.HANGUP, message="the caller hung up"),
        {"t": "bye", "reason": "hangup", "message": "the caller hung up"},
        id="bye with a reason",
    ),
]


@pytest.mark.parametrize(("message", "fields"), SAID)
def test_a_message_is_written(
    message: RealtimeMessage, fields: dict[str, object]
) -> None:
    """As one JSON object."""
    assert json.loads(encode(message)) == fields


@pytest.mark.parametrize(("message", "fields"), SAID)
def test_a_message_is_read(message: RealtimeMessage, fields: dict[str, object]) -> None:
    """What is not known of it is ignored."""
    assert decode(json.dumps(fields)) == message
    assert decode(json.dumps(fields | {"a_field_of_the_future": [1]})) == message


@pytest.mark.parametrize(("message", "fields"), SAID)
def test_a_message_survives_the_way_there_and_back(
    message: RealtimeMessage, fields: dict[str, object]
) -> None:
    """Both ends may use the same words."""
    assert decode(encode(message)) == message


def test_a_message_is_short() -> None:
    """There are many of them."""
    assert encode(Audio(b"\x00\x00\xff\xff")) == '{"t":"audio","data":"AAD//w=="}'


def test_any_sound_survives_the_way_there_and_back() -> None:
    """Byte by byte."""
    sound = Audio(bytes(range(256)) * 25)
    assert decode(encode(sound)) == sound


@pytest.mark.parametrize("audio_format", AudioFormat)
def test_any_format_can_be_sent(audio_format: AudioFormat) -> None:
    """46elks plays more than it writes."""
    assert decode(encode(Sending(audio_format))) == Sending(audio_format)


@pytest.mark.parametrize("audio_format", ["wav", "mp3"])
def test_a_file_cannot_be_listened_to(audio_format: str) -> None:
    """46elks does not write it, and so is not asked to."""
    with pytest.raises(ValueError, match="does not write"):
        Listening(AudioFormat(audio_format))
    with pytest.raises(ElksInvalidDataError, match="'format'"):
        decode(json.dumps({"t": "listening", "format": audio_format}))


@pytest.mark.parametrize("written", ["", "anonymous", None])
def test_a_caller_may_hide(written: str | None) -> None:
    """However 46elks writes it."""
    hello = decode(json.dumps(HELLO | {"from": written}))
    assert hello == Hello(call_id=CALL_ID, caller=None, callee="+4600700021")


@pytest.mark.parametrize(
    ("fields", "reason", "message"),
    [
        ({"reason": "done"}, ByeReason.DONE, None),
        ({"reason": "Hangup"}, ByeReason.HANGUP, None),
        ({"reason": "error", "message": "no"}, ByeReason.ERROR, "no"),
        ({"reason": "bored"}, ByeReason.UNKNOWN, None),
        ({"reason": 5, "message": ["no"]}, None, None),
        ({"reason": None, "message": None}, None, None),
    ],
)
def test_a_bye_is_a_bye(
    fields: dict[str, object], reason: ByeReason | None, message: str | None
) -> None:
    """Whatever is said with it."""
    said = decode(json.dumps({"t": "bye"} | fields))
    assert said == Bye(reason=reason, message=message)


@pytest.mark.parametrize("word", ["", "dtmf", "Hello", "AUDIO", "hello "])
def test_a_message_that_is_not_known_is_ignored(word: str) -> None:
    """46elks may add some; the service is a beta."""
    assert decode(json.dumps(HELLO | {"t": word})) is None


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param("", id="nothing"),
        pytest.param("hello", id="word"),
        pytest.param("{", id="broken off"),
        pytest.param("null", id="null"),
        pytest.param("[]", id="list"),
        pytest.param('["hello"]', id="list of a word"),
        pytest.param('"hello"', id="text"),
        pytest.param("5", id="number"),
        pytest.param("[" * 100_000, id="too deep"),
        pytest.param("9" * 5_000, id="too long a number"),
        pytest.param("{}", id="without a kind"),
        pytest.param('{"t": null}', id="kind of null"),
        pytest.param('{"t": 5}', id="kind of number"),
        pytest.param('{"t": ["hello"]}', id="kind of list"),
        pytest.param('{"type": "call_started"}', id="old dialect"),
        pytest.param('{"t": "hello"}', id="hello from nobody"),
        pytest.param('{"t": "hello", "callid": "c1"}', id="hello to nobody"),
        pytest.param('{"t": "hello", "callid": "", "to": "+46"}', id="hello of no id"),
        pytest.param('{"t": "hello", "callid": 5, "to": "+46"}', id="hello of number"),
        pytest.param(
            '{"t": "hello", "callid": "c1", "from": 46, "to": "+46"}',
            id="hello from a number",
        ),
        pytest.param('{"t": "listening"}', id="listening to nothing"),
        pytest.param('{"t": "listening", "format": "PCM"}', id="listening to what"),
        pytest.param('{"t": "sending", "format": 16000}', id="sending a number"),
        pytest.param('{"t": "sending", "format": "secret"}', id="sending what"),
        pytest.param('{"t": "audio"}', id="audio of nothing"),
        pytest.param('{"t": "audio", "data": null}', id="audio of null"),
        pytest.param('{"t": "audio", "data": "A"}', id="audio cut short"),
        pytest.param('{"t": "audio", "data": "AAD//w"}', id="audio without padding"),
        pytest.param('{"t": "audio", "data": "AAD_-w=="}', id="audio for addresses"),
        pytest.param('{"t": "audio", "data": "AAD/ /w=="}', id="audio with a space"),
        pytest.param('{"t": "audio", "data": "AAD//w==\\n"}', id="audio with a line"),
        pytest.param('{"t": "audio", "data": "AAD/å"}', id="audio of letters"),
        pytest.param('{"t": "audio", "data": "\\ud83d"}', id="audio of half a pair"),
    ],
)
def test_garbage_is_refused(frame: str) -> None:
    """With an error of ours, that does not show it."""
    with pytest.raises(ElksInvalidDataError) as caught:
        decode(frame)
    assert len(str(caught.value)) < 80
    assert "secret" not in str(caught.value)


def test_people_are_not_shown() -> None:
    """Nor what they say."""
    assert "4670" not in repr(decode(json.dumps(HELLO)))
    assert "secret" not in repr(Audio(b"secret"))
