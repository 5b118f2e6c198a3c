"""What breaks the rules of Realtime Voice, and what goes wrong with it on purpose."""

from contextlib import suppress
from typing import Any

import pytest

from . import Client
from .phones import Phones
from .programs import Assistant, tone

VOICE = {"callback": "voice"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "A message is a JSON object"),
        ("{", "A message is a JSON object"),
        ("[1]", "A message is a JSON object"),
        ('"sync"', "A message is a JSON object"),
        ("[" * 200_000, "A message is a JSON object"),
        ("{}", "Unknown message; t is one of listening, sending, audio"),
        ('{"t": "hello"}', "Unknown message"),
        ('{"type": "sync"}', "Unknown message"),
        ('{"t": ["sync"]}', "Unknown message"),
        ('{"t": "listening"}', "listening: format is missing"),
        ('{"t": "sending", "format": 8000}', "sending: format is missing"),
        ('{"t": "audio"}', "audio: data is missing"),
        ('{"t": "audio", "data": "%%%"}', "audio: data is not base64"),
        ('{"t": "audio", "data": "å"}', "audio: data is not base64"),
        ('{"t": "audio", "data": "AAA="}', "audio: sending has to come first"),
    ],
)
async def test_what_is_no_message_is_the_end(
    assistant: Assistant, text: str, words: str
) -> None:
    """With a word; the call goes on."""
    call_id, line = await assistant.dial()
    await line.socket.send_str(text)
    (bye,) = await line.rest()
    assert (bye["t"], bye["reason"]) == ("bye", "error")
    assert bye["message"].startswith(words)
    call = await assistant.phones.phase(call_id, "playing")
    assert call["actions"][0]["result"] == "success"
    entries = (await assistant.phones.control.get("/log")).json()
    errors = [entry["fields"].get("error") for entry in entries]
    assert bye["message"] in errors


async def test_bytes_are_no_message(assistant: Assistant) -> None:
    """Only text is."""
    _, line = await assistant.dial()
    await line.socket.send_bytes(b'{"t": "sync"}')
    error = {"t": "bye", "reason": "error", "message": "A message is text"}
    assert await line.rest() == [error]


async def test_a_message_that_is_too_large_closes_the_socket(
    assistant: Assistant,
) -> None:
    """There is no time for words, and not all of it is read."""
    call_id, line = await assistant.dial()
    with suppress(ConnectionError):
        await line.socket.send_str(" " * (4 * 1024 * 1024 + 1))
    assert await line.rest() == []
    call = await assistant.phones.phase(call_id, "playing")
    assert "4194304" in call["legs"][1]["socket"]["error"]
    entries = (await assistant.phones.control.get("/log")).json()
    names = [entry["fields"].get("t") for entry in entries]
    assert "bye" not in names


async def test_fields_that_nobody_knows_are_passed_over(assistant: Assistant) -> None:
    """A program may give a reason of its own."""
    _, line = await assistant.dial()
    await line.say("bye", reason="tired", message="Good night")
    (bye,) = await line.rest()
    assert (bye["reason"], bye["message"]) == ("done", "the program said bye")


async def fault(control: Client, **fields: object) -> None:
    """Have something go wrong with the next socket."""
    answer = await control.put("/faults", [{"match": VOICE, **fields}])
    assert answer.status == 200, answer.text


async def test_a_connection_is_refused(
    assistant: Assistant, control: Client, phones: Phones
) -> None:
    """The program hears nothing of it; the next call reaches it."""
    await fault(control, kind="refuse")
    await phones.answer_with({"connect": "+4600700021"})
    call = await phones.end(await phones.dial())
    assert (call["result"], call["legs"][1]["socket"]["error"]) == ("busy", "Refused")
    entry = (await control.get("/log")).json()[-1]
    assert (entry["type"], entry["fault"]) == ("socket", "refuse")
    assert assistant.program.lines.empty()
    assert (await control.get("/faults")).json() == []
    await assistant.dial()


async def test_a_connection_is_late(
    assistant: Assistant, control: Client, phones: Phones
) -> None:
    """By so many real seconds."""
    await fault(control, kind="delay", seconds=0.02)
    call_id, _ = await assistant.dial()
    await phones.phase(call_id, "connected")


def is_settled(call: dict[str, Any]) -> bool:
    """Return whether a program has announced its formats, or is gone."""
    legs = [leg for leg in call["legs"] if leg["socket"]]
    return any(leg["socket"]["sending"] or leg["state"] == "ended" for leg in legs)


@pytest.mark.parametrize(
    ("fields", "messages"),
    [
        ({}, []),
        ({"messages": 0}, []),
        ({"messages": 1}, ["hello"]),
        ({"messages": 3}, ["hello"]),
        ({"messages": 5}, ["hello", "audio", "audio"]),
    ],
)
async def test_a_socket_is_cut_after_messages(
    assistant: Assistant,
    control: Client,
    phones: Phones,
    fields: dict[str, int],
    messages: list[str],
) -> None:
    """Those of both sides count; nobody says bye, and the call goes on."""
    await fault(control, kind="drop", **fields)
    call_id = await phones.dial()
    line = await assistant.program.line()
    await line.say("listening", format="pcm_8000")
    await line.say("sending", format="pcm_8000")
    await phones.until(call_id, is_settled)
    await phones.advance(0.1)
    assert [message["t"] for message in await line.rest()] == messages
    assert line.socket.close_code == 1006
    await phones.phase(call_id, "playing")


async def test_a_socket_is_cut_after_seconds(
    assistant: Assistant, control: Client, phones: Phones
) -> None:
    """They pass as the call does."""
    await fault(control, kind="drop", seconds=3)
    call_id, line = await assistant.dial()
    await phones.phase(call_id, "connected")
    await phones.advance(2.9)
    assert (await phones.call(call_id))["phase"] == "connected"
    await phones.advance(0.1)
    assert await line.rest() == []
    assert line.socket.close_code == 1006
    await phones.phase(call_id, "playing")


@pytest.mark.parametrize(("fields", "before"), [({}, 1), ({"messages": 0}, 0)])
async def test_nonsense_is_said(
    assistant: Assistant, control: Client, fields: dict[str, int], before: int
) -> None:
    """In between; 46elks goes on as if nothing had been."""
    await fault(control, kind="garbage", **fields)
    call_id = await assistant.phones.dial()
    line = await assistant.program.line()
    garbage = [str(await line.text()) for _ in range(10)]
    hello = garbage.pop(0 if before else -1)
    assert '"t": "hello"' in hello
    assert garbage[:2] == ["", "{"]
    assert garbage[-1] == "BINARY"
    await line.say("sync")
    assert await line.next() == {"t": "sync"}
    assert (await assistant.phones.call(call_id))["phase"] == "connected"


async def test_a_peer_that_never_says_hello(
    assistant: Assistant, control: Client, phones: Phones
) -> None:
    """Nor anything else."""
    await fault(control, kind="silent")
    call_id = await phones.dial()
    line = await assistant.program.line()
    await assistant.ready(call_id, line, listening="pcm_8000", sending="pcm_8000")
    await line.play(tone(1))
    await line.say("sync")
    await phones.advance(2)
    await phones.do(call_id, "hangup")
    assert await line.rest() == []
    await phones.end(call_id)


async def test_a_peer_that_says_hello_late(
    assistant: Assistant, control: Client
) -> None:
    """By so many real seconds."""
    await fault(control, kind="silent", seconds=0.02)
    await assistant.dial()


async def test_faults_of_sockets_are_listed(control: Client) -> None:
    """They are of no other callbacks."""
    given = {"match": VOICE, "times": None, "kind": "drop", "seconds": 2.0}
    await control.put("/faults", [{**given, "messages": 7}])
    assert (await control.get("/faults")).json() == [{**given, "messages": 7}]


@pytest.mark.parametrize(
    ("match", "kind"), [("voice", "lose"), ("*", "drop"), ("call", "garbage")]
)
async def test_only_sockets_go_wrong_as_sockets(
    control: Client, match: str, kind: str
) -> None:
    """Callbacks have faults of their own."""
    data = [{"match": {"callback": match}, "kind": kind}]
    answer = await control.put("/faults", data)
    assert (answer.status, "kind: one of" in answer.text) == (400, True)


async def test_a_fault_of_all_callbacks_is_none_of_a_socket(
    assistant: Assistant, control: Client
) -> None:
    """And one of a socket is none of a callback."""
    lose = {"match": {"callback": "*"}, "kind": "lose", "times": None}
    await control.put("/faults", [lose])
    call = await assistant.phones.end(await assistant.phones.dial())
    assert call["trouble"] == "There was no answer of 200 to 204"
    silent = {"match": VOICE, "kind": "silent"}
    await control.put("/faults", [silent])
    await assistant.phones.dial()
    await assistant.program.line()
    assert (await control.get("/faults")).json() == []
