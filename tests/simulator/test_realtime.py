"""Realtime Voice: a program at the other end of a websocket number."""

from unittest.mock import patch

import pytest

from . import ANNA, ERIK, FAST, NUMBER, Client, data_url
from .phones import loud_seconds, samples, sound
from .programs import (
    DONE,
    HANGUP,
    PROGRAM,
    Assistant,
    Line,
    none_is_left,
    sockets,
    tone,
)


async def test_hello_comes_first(assistant: Assistant) -> None:
    """It names the original call and the websocket number; 46elks sends no credentials."""
    phones, program = assistant.phones, assistant.program
    url = program.url.replace("//", "//user:secret@")
    await phones.control.put(f"/numbers/{PROGRAM}", {"websocket_url": url})
    call_id = await phones.dial()
    line = await program.line()
    hello = {"t": "hello", "callid": call_id, "from": ANNA, "to": PROGRAM}
    assert await line.next() == hello
    assert (line.path, "Authorization" in line.headers) == ("/voice?key=k", False)
    call = await phones.phase(call_id, "connected")
    assert (call["state"], call["legs"][1]["kind"]) == ("answered", "realtime")
    assert call["legs"][1]["state"] == "talking"
    assert (await phones.posted("/start"))["callid"] == call_id
    socket = call["legs"][1]["socket"]
    nothing = {"messages": 0, "bytes": 0, "seconds": 0.0}
    assert socket == {
        "url": url,
        "listening": None,
        "sending": None,
        "muted": False,
        "buffered": 0.0,
        "syncs": 0,
        "sent": nothing,
        "received": nothing,
        "ignored": nothing,
        "odd": 0,
        "lost": 0.0,
        "bye": None,
        "error": None,
    }
    assert call["legs"][0]["socket"] is None


@pytest.mark.parametrize(
    ("hidden", "document", "shown"),
    [
        pytest.param(True, {}, "", id="hidden"),
        pytest.param("anonymous", {}, "anonymous", id="anonymous"),
        pytest.param(False, {"callerid": NUMBER}, NUMBER, id="another number"),
    ],
)
async def test_a_program_sees_what_a_phone_would(
    assistant: Assistant, hidden: object, document: dict[str, str], shown: str
) -> None:
    """A caller who hides stays hidden."""
    await assistant.phones.answer_with({"connect": PROGRAM, **document})
    await assistant.phones.dial(hidden=hidden)
    hello = await (await assistant.program.line()).next()
    assert hello is not None and hello["from"] == shown


async def test_a_program_is_called(assistant: Assistant) -> None:
    """It hears what is played, talks with the one it is connected with, and is told when that is over."""
    phones = assistant.phones
    phones.customer.documents["/start"] = {
        "play": "sound/beep",
        "next": {"connect": ERIK},
    }
    call_id = (await phones.place(to=PROGRAM)).json()["id"]
    line = await assistant.program.line()
    hello = {"t": "hello", "callid": call_id, "from": NUMBER, "to": PROGRAM}
    assert await line.next() == hello
    await phones.phase(call_id, "playing")
    await assistant.ready(call_id, line, listening="pcm_8000", sending="pcm_8000")
    await phones.advance(0.5)
    assert any(await line.audio(25))
    await phones.phase(call_id, "connecting")
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "connected")
    await line.play(tone(1))
    await assistant.synced(call_id, line)
    await phones.do(
        call_id, "audio", handset=ERIK, audio=data_url(sound(1), "audio/wav")
    )
    await phones.advance(1)
    assert loud_seconds(await phones.heard(call_id, handset=ERIK)) == 1.0
    heard = await line.audio(49)
    assert await line.next() == {"t": "sync"}
    assert heard + await line.audio(1) == samples(sound(1)).tobytes()
    await phones.do(call_id, "hangup", handset=ERIK)
    over = {"t": "bye", "reason": "done", "message": "the call is over"}
    assert (await line.rest())[-1] == over
    assert (await phones.end(call_id))["cost"] == 1_500 + 7_000


async def test_a_program_listens(assistant: Assistant) -> None:
    """From then on it hears what the caller says, as it is said."""
    phones = assistant.phones
    call_id, line = await assistant.dial(audio=data_url(sound(1), "audio/wav"))
    await phones.advance(5)
    await assistant.ready(call_id, line, listening="pcm_8000")
    await phones.advance(0.5)
    first = await line.audio(25)
    assert line.heard.empty()
    await phones.advance(1)
    heard = first + await line.audio(50)
    assert heard == samples(sound(1)).tobytes() + bytes(8_000)
    sent = (await assistant.socket(call_id))["sent"]
    assert sent == {"messages": 75, "bytes": 24_000, "seconds": 1.5}


async def test_what_was_said_before_is_not_heard_late(assistant: Assistant) -> None:
    """Only what is said from `listening` on is heard, to the sample."""
    phones = assistant.phones
    call_id, line = await assistant.dial()
    await phones.phase(call_id, "connected")
    await phones.do(call_id, "audio", audio=data_url(sound(2), "audio/wav"))
    await phones.advance(1.5)
    await assistant.ready(call_id, line, listening="pcm_8000")
    await phones.advance(2)
    assert await line.audio(100) == samples(sound(0.5)).tobytes() + bytes(24_000)


async def test_another_format_is_listened_to(assistant: Assistant) -> None:
    """Nothing is lost where it changes."""
    phones = assistant.phones
    call_id, line = await assistant.dial(audio=data_url(sound(1), "audio/wav"))
    await assistant.ready(call_id, line, listening="pcm_8000")
    await phones.advance(0.2)
    await assistant.ready(call_id, line, listening="pcm_16000")
    await phones.advance(0.8)
    assert len(await line.audio(10)) == 3_200
    assert len(await line.audio(40)) == 25_600
    assert line.heard.empty()


async def test_a_program_speaks(assistant: Assistant) -> None:
    """It may be faster than it is heard; what comes late leaves a gap."""
    phones = assistant.phones
    call_id, line = await assistant.dial()
    await assistant.ready(call_id, line, sending="pcm_8000")
    await line.play(tone(1))
    await line.play(tone(1, level=3_000))
    await assistant.synced(call_id, line)
    assert (await assistant.socket(call_id))["buffered"] == 2.0
    await phones.advance(1.25)
    assert (await assistant.socket(call_id))["buffered"] == 0.75
    await phones.advance(1.75)
    assert await line.next() == {"t": "sync"}
    await line.play(tone(1))
    await assistant.synced(call_id, line)
    await phones.advance(1)
    await line.say("bye")
    await phones.phase(call_id, "playing")
    heard = samples(await phones.heard(call_id))[:32_000]
    assert heard.tobytes() == tone(1) + tone(1, level=3_000) + bytes(16_000) + tone(1)


async def test_sync_is_answered_when_all_was_heard(assistant: Assistant) -> None:
    """Not a moment earlier; where nothing is left to be heard, at once."""
    phones = assistant.phones
    call_id, line = await assistant.dial()
    await line.say("sync")
    assert await line.next() == {"t": "sync"}
    await assistant.ready(call_id, line, sending="pcm_16000")
    await line.play(tone(1, rate=16_000))
    await assistant.synced(call_id, line)
    await line.play(tone(2, rate=16_000))
    await assistant.synced(call_id, line, 2)
    await phones.advance(0.999)
    assert (await assistant.socket(call_id))["syncs"] == 2
    await phones.advance(0.001)
    assert await line.next() == {"t": "sync"}
    await phones.advance(1.999)
    assert (await assistant.socket(call_id))["syncs"] == 1
    await phones.advance(0.001)
    assert await line.next() == {"t": "sync"}
    assert line.heard.empty()


@pytest.mark.parametrize(("answered", "syncs"), [(False, 0), (True, 2)])
async def test_an_interruption_is_heard_at_once(
    assistant: Assistant, answered: bool, syncs: int
) -> None:
    """Nothing more is heard until the program announces it; 46elks does not say what becomes of a sync."""
    phones = assistant.phones
    data = {"interrupt_answers_sync": answered}
    account = (await phones.control.put("/account", data)).json()
    assert account["interrupt_answers_sync"] is answered
    call_id, line = await assistant.dial()
    await assistant.ready(call_id, line, sending="pcm_8000")
    await line.play(tone(3))
    await assistant.synced(call_id, line, 1)
    await assistant.synced(call_id, line, 2)
    await phones.advance(1)
    await line.say("interrupt")
    await line.play(tone(1))
    socket = await assistant.socket(call_id, lambda socket: socket.get("muted", False))
    assert (socket["buffered"], socket["syncs"]) == (0.0, 0)
    await phones.advance(1)
    await assistant.ready(call_id, line, sending="pcm_8000")
    await line.play(tone(0.5))
    await assistant.synced(call_id, line)
    socket = await assistant.socket(call_id)
    assert (socket["muted"], socket["buffered"]) == (False, 0.5)
    assert (socket["ignored"]["messages"], socket["ignored"]["bytes"]) == (1, 16_000)
    await phones.advance(2)
    heard = samples(await phones.heard(call_id)).tobytes()
    assert heard == tone(1) + bytes(16_000) + tone(0.5) + bytes(24_000)
    await line.say("bye")
    expected = [{"t": "sync"}] * (syncs + 1)
    assert await line.rest() == [*expected, DONE]


async def test_a_sync_while_muted_is_answered_at_once(assistant: Assistant) -> None:
    """There is nothing before it that will be heard."""
    _, line = await assistant.dial()
    await line.say("interrupt")
    await line.play(tone(1))
    await line.say("sync")
    assert await line.next() == {"t": "sync"}


async def test_only_the_program_speaks_for_itself(assistant: Assistant) -> None:
    """Its part can be ended; it has no keys, and nobody else can say anything for it."""
    phones = assistant.phones
    call_id, line = await assistant.dial()
    await phones.phase(call_id, "connected")
    audio = data_url(sound(1), "audio/wav")
    said = await phones.do(call_id, "audio", handset=PROGRAM, audio=audio)
    pressed = await phones.do(call_id, "digits", handset=PROGRAM, digits="1")
    assert (said.status, pressed.status) == (409, 409)
    assert said.json()["error"] == "The handset is a program"
    await phones.do(call_id, "hangup", handset=PROGRAM)
    over = {"t": "bye", "reason": "done", "message": "the call is over"}
    assert await line.rest() == [over]
    await phones.phase(call_id, "playing")


async def test_pings_are_answered(assistant: Assistant) -> None:
    """Also where nothing is said."""
    _, line = await assistant.dial()
    await line.socket.ping()
    assert await line.text() == "PONG"


async def test_all_is_in_the_log(assistant: Assistant) -> None:
    """Each message with its direction; audio is counted, not kept."""
    phones = assistant.phones
    call_id, line = await assistant.dial()
    await assistant.ready(call_id, line, listening="pcm_16000", sending="pcm_8000")
    await line.play(tone(1))
    await line.play(tone(0.5))
    await assistant.synced(call_id, line)
    await phones.advance(1.5)
    await line.audio(74)
    assert await line.next() == {"t": "sync"}
    await line.audio(1)
    await line.say("interrupt")
    await line.play(tone(1))
    await line.say("bye")
    await line.rest()
    await none_is_left()
    entries = (await phones.control.get("/log")).json()
    mine = [entry for entry in entries if entry["type"] == "socket"]
    assert {entry["kind"] for entry in mine} == {"voice"}
    assert {entry["url"] for entry in mine} == {assistant.program.url}
    assert {entry["fields"].pop("callid") for entry in mine} == {call_id}
    assert (mine[0]["method"], mine[0]["status"]) == ("GET", 101)
    told = [(entry["direction"], entry["fields"]) for entry in mine[1:]]
    audio = {"t": "audio", "messages": "2", "bytes": "24000", "seconds": "1.5"}
    heard = {"t": "audio", "messages": "74", "bytes": "47360", "seconds": "1.48"}
    last = {"t": "audio", "messages": "1", "bytes": "640", "seconds": "0.02"}
    lost = {"t": "audio", "messages": "1", "bytes": "16000", "seconds": "0.0"}
    assert told == [
        ("sent", {"t": "hello", "from": ANNA, "to": PROGRAM}),
        ("received", {"t": "listening", "format": "pcm_16000"}),
        ("received", {"t": "sending", "format": "pcm_8000"}),
        ("received", audio),
        ("received", {"t": "sync"}),
        ("sent", heard),
        ("sent", {"t": "sync"}),
        ("sent", last),
        ("received", {"t": "interrupt"}),
        ("received", {**lost, "ignored": "yes"}),
        ("received", {"t": "bye"}),
        ("sent", DONE),
        ("sent", {"t": "close", "code": "1000"}),
    ]


async def test_long_audio_is_in_the_log_before_it_ends(assistant: Assistant) -> None:
    """Every ten seconds."""
    phones = assistant.phones
    call_id, line = await assistant.dial()
    await assistant.ready(call_id, line, listening="ulaw")
    await phones.advance(10)
    fields = (await phones.control.get("/log")).json()[-1]["fields"]
    assert (fields["messages"], fields["seconds"]) == ("500", "10.0")


async def test_eight_calls_keep_their_pace(
    assistant: Assistant, control: Client
) -> None:
    """Each program hears its own caller, and each caller its own program."""
    phones = assistant.phones
    callers = [f"+467017406{last}" for last in range(20, 28)]
    calls: list[tuple[str, Line]] = []
    for place, caller in enumerate(callers, start=1):
        await control.put(f"/handsets/{caller}", {})
        voice = data_url(sound(place / 20), "audio/wav")
        calls.append(await assistant.dial(caller, audio=voice))
        await assistant.ready(*calls[-1], listening="pcm_8000", sending="pcm_8000")
        await calls[-1][1].play(tone(place / 10))
        await assistant.synced(*calls[-1])
    assert len(sockets()) >= 8
    await phones.advance(1)
    for place, (call_id, line) in enumerate(calls, start=1):
        assert loud_seconds(await phones.heard(call_id)) == pytest.approx(place / 10)
        await phones.do(call_id, "hangup")
        messages = await line.rest()
        names = [message["t"] for message in messages]
        assert (names.count("audio"), names.count("sync")) == (50, 1)
        # The sync comes right when the last sample was heard, before what was said until then.
        assert names.index("sync") == place * 5 - 1
        assert messages[-1] == HANGUP
    await none_is_left()


async def test_a_program_that_reads_too_slowly_misses_something(
    assistant: Assistant, control: Client
) -> None:
    """What is more than ten seconds old is left out, and time goes on."""
    call_id, line = await assistant.dial()
    await assistant.ready(call_id, line, listening="pcm_8000")
    with patch("simulator.programs.MAX_LATE_SECONDS", 10 / FAST):
        await control.put("/clock", {"speed": FAST})
        socket = await assistant.socket(call_id, lambda socket: socket["lost"] > 0)
    await control.put("/clock", {"speed": 0})
    assert socket["lost"] > 9
