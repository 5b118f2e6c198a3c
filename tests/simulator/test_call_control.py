"""Steering calls: what is refused, what is told, and the clock."""

import asyncio
import json

import pytest

from . import ANNA, ERIK, NUMBER, PATIENCE, Client
from .phones import Phones, samples, sound

LONG = {"ivr": "sound/beep", "timeout": 30}


async def talking(phones: Phones) -> str:
    """Have a call that goes on; return the id."""
    await phones.answer_with(LONG)
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    return call_id


async def test_all_of_a_call_is_shown(phones: Phones) -> None:
    """To the one who steers."""
    call_id = await talking(phones)
    call = await phones.call(call_id)
    assert (await phones.control.get("/calls")).json() == [call]
    assert call.pop("created") <= call.pop("start")
    assert call.pop("version") > 0
    assert call == {
        "id": call_id,
        "direction": "incoming",
        "from": ANNA,
        "to": NUMBER,
        "state": "answered",
        "result": "ongoing",
        "phase": "playing",
        "duration": None,
        "cost": None,
        "doing": {"ivr": "sound/beep"},
        "actions": [{"ivr": "sound/beep"}],
        "legs": [
            {
                "handset": ANNA,
                "kind": "phone",
                "peer": NUMBER,
                "state": "talking",
                "outcome": "success",
                "why": None,
                "voicemail": False,
                "socket": None,
            }
        ],
        "ringing": [],
        "recordings": [],
        "signal": None,
        "trouble": None,
    }


async def test_calls_are_told_as_they_happen(phones: Phones) -> None:
    """Every change is an event."""
    events = phones.control.session.get(phones.control.base + "/events")
    async with asyncio.timeout(PATIENCE), events as stream:
        call_id = await talking(phones)
        told: list[dict[str, object]] = []
        while not told or told[-1]["phase"] != "playing":
            line = (await stream.content.readline()).decode()
            if line == "event: call\n":
                data = (await stream.content.readline()).decode()
                told.append(json.loads(data.removeprefix("data: ")))
    versions = [call["version"] for call in told]
    assert {call["id"] for call in told} == {call_id}
    assert versions == list(range(1, len(told) + 1))


async def test_a_wait_has_an_end(phones: Phones) -> None:
    """What does not change is shown as it is."""
    call_id = await talking(phones)
    version = str((await phones.call(call_id))["version"])
    answer = await phones.control.get(f"/calls/{call_id}", after=version, wait="0")
    assert answer.json()["version"] == int(version)
    assert (await phones.control.get(f"/calls/{call_id}", wait="x")).status == 400


@pytest.mark.parametrize(
    ("what", "data", "status"),
    [
        ("answer", {}, 409),
        ("decline", {}, 409),
        ("digits", {"digits": "1x"}, 400),
        ("digits", {}, 400),
        ("digits", {"digits": "1", "handset": ERIK}, 404),
        ("hangup", {"handset": ERIK}, 404),
        ("hangup", {"colour": 1}, 400),
        ("audio", {"audio": "x"}, 400),
        ("audio", {}, 400),
        ("sing", {}, 404),
    ],
)
async def test_what_cannot_be_done_is_refused(
    phones: Phones, what: str, data: dict[str, object], status: int
) -> None:
    """In JSON, and the call goes on."""
    call_id = await talking(phones)
    answer = await phones.do(call_id, what, **data)
    assert (answer.status, "error" in answer.json()) == (status, True)
    assert (await phones.call(call_id))["state"] == "answered"


@pytest.mark.parametrize("what", ["answer", "hangup", "digits", "audio"])
async def test_what_is_no_call_is_not_found(phones: Phones, what: str) -> None:
    """Nor is what was heard of it."""
    assert (await phones.do("c0", what)).status == 404
    assert (await phones.control.get("/calls/c0/heard.wav")).status == 404


async def test_what_is_said_may_be_a_file(phones: Phones) -> None:
    """It is said after what was being said."""
    await phones.answer_with({"record": f"{phones.customer.url}/tape"})
    call_id = await phones.dial()
    await phones.phase(call_id, "recording")
    address = f"{phones.control.base}/calls/{call_id}/audio"
    for length in (1, 2):
        async with phones.control.session.post(
            address, data=sound(length), headers={"Content-Type": "audio/wav"}
        ) as answer:
            assert answer.status == 200
    await phones.advance(10)
    assert (await phones.posted("/tape"))["duration"] == "6"


async def test_what_was_heard_is_not_kept_for_ever(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest takes its place."""
    call_id = await talking(phones)
    await phones.do(call_id, "hangup")
    await phones.end(call_id)
    monkeypatch.setattr("simulator.shelf.SHELF_BYTES", 500)
    await phones.end(await talking_and_gone(phones))
    assert (await phones.control.get(f"/calls/{call_id}/heard.wav")).status == 404


async def talking_and_gone(phones: Phones) -> str:
    """Have a call that is over."""
    call_id = await talking(phones)
    await phones.advance(0.4)
    await phones.do(call_id, "hangup")
    return call_id


async def test_the_oldest_call_makes_room(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is over; 46elks' own history keeps it."""
    monkeypatch.setattr("simulator.exchange.CALLS_KEPT", 1)
    ids = []
    for _ in range(3):
        ids.append(await talking_and_gone(phones))
        await phones.end(ids[-1])
    shown = (await phones.control.get("/calls")).json()
    assert [call["id"] for call in shown] == ids[1:]
    assert len((await phones.api.get("/calls")).json()["data"]) == 3


@pytest.mark.parametrize(
    ("number", "changes", "status"),
    [
        ("+46001234567", {}, 409),
        ("sip:", {}, 400),
        (ANNA, {"answers": "later"}, 400),
        (ANNA, {"answers": -1}, 400),
        (ANNA, {"voicemail": "yes"}, 400),
    ],
)
async def test_a_setting_that_makes_no_sense_is_refused(
    phones: Phones, number: str, changes: dict[str, object], status: int
) -> None:
    """The phone stays as it is."""
    answer = await phones.control.put(f"/handsets/{number}", changes)
    assert answer.status == status


async def test_only_phones_text_and_call(phones: Phones, control: Client) -> None:
    """A SIP address is there to be rung."""
    address = "sip:house@pbx.example.com"
    await control.put(f"/handsets/{address}", {"name": "Desk"})
    data = {"to": NUMBER, "message": "Hello"}
    texted = await control.ask("POST", f"/handsets/{address}/messages", json=data)
    called = await control.ask(
        "POST", f"/handsets/{address}/calls", json={"to": NUMBER}
    )
    assert (texted.status, called.status) == (409, 404)


async def test_time_stands_still_and_moves_on(phones: Phones) -> None:
    """Exactly as far as it is told to."""
    before = (await phones.control.get("/clock")).json()
    await phones.advance(90.5)
    after = (await phones.control.get("/clock")).json()
    assert (before["speed"], after["time"] - before["time"]) == (0, 90.5)


async def test_time_can_pass_by_itself_again(phones: Phones) -> None:
    """What waited goes on."""
    call_id = await talking(phones)
    await phones.control.put("/clock", {"speed": 100_000})
    call = await phones.end(call_id)
    assert call["actions"][0]["why"] == "noinput"


@pytest.mark.parametrize(
    ("method", "data"),
    [
        ("PUT", {}),
        ("PUT", {"speed": -1}),
        ("PUT", {"speed": "fast"}),
        ("POST", {}),
        ("POST", {"advance": 1e9}),
    ],
)
async def test_the_clock_is_asked_for_sense(
    phones: Phones, method: str, data: dict[str, object]
) -> None:
    """It goes forward, and not for ever."""
    assert (await phones.control.ask(method, "/clock", json=data)).status == 400


async def test_what_is_said_in_pieces_has_no_gaps(phones: Phones) -> None:
    """With a lead each may be a little late; one that is later begins anew."""
    await phones.answer_with({"record": f"{phones.customer.url}/tape"})
    call_id = await phones.dial()
    await phones.phase(call_id, "recording")
    address = f"{phones.control.base}/calls/{call_id}/audio?lead=0.2"
    for pause in (0.15, 0.2, 0.5, 9.0):
        async with phones.control.session.post(
            address, data=sound(0.1), headers={"Content-Type": "audio/wav"}
        ) as answer:
            assert answer.status == 200
        await phones.advance(pause)
    told = await phones.posted("/tape")
    content = (await phones.api.get(f"/recordings/{told['callid']}-r0.wav")).body
    buzz = samples(sound(0.1)).tobytes()
    said = bytes(3_200) + buzz * 3 + bytes(8_800) + buzz
    assert samples(content).tobytes().rstrip(b"\0") == said.rstrip(b"\0")


async def test_what_was_heard_comes_in_parts(phones: Phones) -> None:
    """Each begins with the sample after the last one of the part before."""
    await phones.answer_with({"play": "sound/dtmf/159"})
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    parts = b""
    for step in (0.1, 0.0125, 0.2):
        await phones.advance(step)
        after = str(len(parts) / 16_000)
        heard = await phones.heard(call_id, after=after)
        parts += samples(heard).tobytes()
    assert parts == samples(await phones.heard(call_id)).tobytes()
    assert len(parts) == 0.3125 * 16_000


@pytest.mark.parametrize("after", ["x", "-1", "1e9", "nan", "1."])
async def test_seconds_are_asked_for(phones: Phones, after: str) -> None:
    """As a number that is not negative."""
    call_id = await talking(phones)
    path = f"/calls/{call_id}/heard.wav"
    answer = await phones.control.get(path, after=after)
    assert (answer.status, answer.json()["error"]) == (
        400,
        "after: a number of seconds is expected",
    )
