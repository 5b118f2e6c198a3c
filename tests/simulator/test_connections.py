"""Connecting a call with others."""

import json

import pytest

from . import ANNA, ERIK, NUMBER, STRANGER, Client, Customer, data_url
from .phones import Phones, loud_seconds, seconds, sound

FIXED = "+46846500400"
CLIENT = "+46001234567"
SIP = "sip:house@pbx.example.com:5070;transport=tcp"
MINUTE = 7_000


async def test_a_caller_is_connected(phones: Phones, customer: Customer) -> None:
    """The other sees the caller's number; the call is answered when they answer."""
    await phones.answer_with({"connect": ERIK, "next": f"{customer.url}/next"})
    call_id = await phones.dial()
    ringing = await phones.phase(call_id, "connecting")
    assert (ringing["state"], ringing["ringing"]) == ("ringing", [ERIK])
    assert ringing["legs"][1]["peer"] == ANNA
    await phones.advance(5)
    await phones.do(call_id, "answer")
    assert (await phones.phase(call_id, "connected"))["state"] == "answered"
    await phones.advance(17)
    await phones.do(call_id, "hangup", handset=ERIK)
    form = await phones.posted("/next")
    assert (form["callid"], form["result"]) == (call_id, "success")
    assert form["direction"] == "incoming"
    await phones.end(call_id)
    stored = await phones.stored(call_id)
    assert stored["actions"] == [{"connect": ERIK, "result": "success"}]
    assert stored["legs"] == [
        {"from": ANNA, "to": ERIK, "state": "success", "duration": 17, "cost": MINUTE}
    ]
    assert (stored["state"], stored["duration"], stored["cost"]) == (
        "success",
        17,
        MINUTE,
    )


async def test_both_hear_each_other(phones: Phones) -> None:
    """As long as they are connected."""
    await phones.answer_with(
        {"connect": ERIK, "recordcall": f"{phones.customer.url}/r"}
    )
    call_id = await phones.dial(audio=data_url(sound(3), "audio/wav"))
    await phones.phase(call_id, "connecting")
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "connected")
    await phones.advance(5)
    await phones.do(
        call_id, "audio", handset=ERIK, audio=data_url(sound(2), "audio/wav")
    )
    await phones.advance(1)
    await phones.do(call_id, "hangup")
    await phones.end(call_id)
    anna, erik = await phones.heard(call_id), await phones.heard(call_id, handset=ERIK)
    assert (loud_seconds(anna), loud_seconds(erik)) == (1.0, 3.0)
    assert seconds(anna) == seconds(erik) == 6.0
    told = await phones.posted("/r")
    content = (await phones.api.get(f"/recordings/{told['callid']}-r0.wav")).body
    assert loud_seconds(content) == 4.0


@pytest.mark.parametrize(
    ("setting", "after", "outcome"),
    [
        pytest.param({"answers": "busy"}, 1, "busy", id="engaged"),
        pytest.param({"answers": "declines"}, 1, "busy", id="declined"),
        pytest.param({"answers": "never"}, 15, "failed", id="no answer"),
        pytest.param({"on": False}, 1, "failed", id="off"),
    ],
)
async def test_each_outcome_has_its_branch(
    phones: Phones, setting: dict[str, object], after: float, outcome: str
) -> None:
    """What has none falls to next."""
    url = phones.customer.url
    await phones.control.put(f"/handsets/{ERIK}", setting)
    branches = {way: f"{url}/{way}" for way in ("success", "busy", "failed", "next")}
    phones.customer.documents[f"/{outcome}"] = {
        "connect": ERIK,
        "timeout": "15",
        "next": f"{url}/next",
    }
    await phones.answer_with({"connect": ERIK, "timeout": 15, **branches})
    call_id = await phones.dial()
    await phones.phase(call_id, "connecting")
    await phones.advance(after)
    assert (await phones.posted(f"/{outcome}"))["result"] == outcome
    await phones.until(call_id, lambda call: len(call["legs"]) == 3)
    await phones.advance(after)
    assert (await phones.posted("/next"))["result"] == outcome
    call = await phones.end(call_id)
    assert (call["result"], call["start"]) == (outcome, None)
    stored = await phones.stored(call_id)
    assert stored["legs"] == [{"from": ANNA, "to": ERIK, "state": outcome}] * 2


async def test_the_first_of_several_wins(phones: Phones) -> None:
    """All ring at once; the others stop."""
    await phones.answer_with({"connect": f"{ERIK}, {STRANGER}"})
    call_id = await phones.dial()
    ringing = await phones.phase(call_id, "connecting")
    assert ringing["ringing"] == [ERIK, STRANGER]
    assert (await phones.do(call_id, "answer")).status == 409
    await phones.do(call_id, "answer", handset=STRANGER)
    call = await phones.phase(call_id, "connected")
    assert [leg["state"] for leg in call["legs"]] == ["talking", "ended", "talking"]
    await phones.advance(61)
    await phones.do(call_id, "hangup")
    await phones.end(call_id)
    first, second = (await phones.stored(call_id))["legs"]
    assert first == {"from": ANNA, "to": ERIK, "state": "failed"}
    assert (second["state"], second["cost"]) == ("success", 2 * MINUTE)


async def test_one_that_is_busy_makes_all_busy(phones: Phones) -> None:
    """If nobody answers."""
    await phones.control.put(f"/handsets/{ERIK}", {"answers": "busy"})
    await phones.control.put(f"/handsets/{STRANGER}", {"on": False})
    await phones.answer_with(
        {"connect": f"{STRANGER},{ERIK}", "busy": f"{phones.customer.url}/busy"}
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "connecting")
    await phones.advance(1)
    assert (await phones.posted("/busy"))["result"] == "busy"


async def test_another_number_may_be_shown(phones: Phones) -> None:
    """An own one; anyone else's fails."""
    url = phones.customer.url
    await phones.answer_with({"connect": ERIK, "callerid": NUMBER})
    call_id = await phones.dial()
    call = await phones.phase(call_id, "connecting")
    assert call["legs"][1]["peer"] == NUMBER
    await phones.do(call_id, "hangup")
    await phones.end(call_id)
    await phones.answer_with(
        {"connect": ERIK, "callerid": STRANGER, "failed": f"{url}/failed"}
    )
    await phones.dial()
    form = await phones.posted("/failed")
    assert (form["result"], form["why"]) == ("failed", "Invalid callerid")


async def test_a_connection_can_have_an_end(phones: Phones) -> None:
    """The caller stays."""
    await phones.answer_with(
        {"connect": ERIK, "timelimit": 30, "success": {"play": "sound/beep"}}
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "connecting")
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "connected")
    await phones.advance(30)
    call = await phones.phase(call_id, "playing")
    assert [leg["state"] for leg in call["legs"]] == ["talking", "ended"]


@pytest.mark.parametrize("target", [FIXED, "+4712345678"])
async def test_a_swedish_mobile_number_connects_with_swedish_mobiles_only(
    phones: Phones, control: Client, target: str
) -> None:
    """Calls from the house, and to a fixed number, go anywhere."""
    document = {"connect": target, "next": f"{phones.customer.url}/next"}
    await phones.answer_with(document)
    first = await phones.dial()
    form = await phones.posted("/next")
    assert form["result"] == "failed"
    assert "Swedish mobiles" in form["why"]
    await phones.end(first)
    placed = (await phones.place()).json()["id"]
    await phones.do(placed, "answer")
    assert target in (await phones.phase(placed, "connecting"))["ringing"]
    await phones.do(placed, "hangup")
    await phones.end(placed)
    await control.put("/numbers/+46846500499", {"category": "fixed"})
    await phones.answer_with(document, "+46846500499")
    call_id = await phones.dial(to="+46846500499")
    assert target in (await phones.phase(call_id, "connecting"))["ringing"]


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("+12025550123", "disallowed"),
        ("0701740605", "Invalid to number"),
        (NUMBER, "own"),
        (CLIENT, "does not exist"),
        (
            "sip:4600123@voip.46elks.com",
            "This SIP server (voip.46elks.com) is not one of your allowed servers",
        ),
    ],
)
async def test_what_cannot_be_connected_fails(
    phones: Phones, target: str, why: str
) -> None:
    """And says why."""
    await phones.answer_with(
        {"connect": target, "failed": f"{phones.customer.url}/failed"}
    )
    call_id = await phones.dial()
    form = await phones.posted("/failed")
    assert (form["result"], why in form["why"]) == ("failed", True)
    await phones.end(call_id)
    assert (await phones.stored(call_id))["legs"][0]["state"] == "failed"


@pytest.mark.parametrize(("number", "kind"), [(SIP, "sip"), (CLIENT, "client")])
async def test_a_labelled_end_is_rung(
    phones: Phones, control: Client, number: str, kind: str
) -> None:
    """A SIP address of an allowed server, and an own client number."""
    await control.put("/account", {"sip_hosts": ["PBX.example.com"]})
    await control.put(f"/numbers/{CLIENT}", {"capabilities": ["webrtc"]})
    added = (await control.put(f"/handsets/{number}", {"name": "Desk"})).json()
    await phones.answer_with({"connect": number})
    call_id = await phones.dial()
    await phones.phase(call_id, "connecting")
    await phones.do(call_id, "answer")
    call = await phones.phase(call_id, "connected")
    assert added["kind"] == call["legs"][1]["kind"] == kind
    await phones.do(call_id, "hangup", handset=number)
    await phones.end(call_id)
    (leg,) = (await phones.stored(call_id))["legs"]
    assert leg["cost"] == {"sip": 0, "client": 1_500}[kind]


async def test_a_hidden_caller_stays_hidden(phones: Phones) -> None:
    """The other sees no number."""
    await phones.answer_with({"connect": ERIK})
    call_id = await phones.dial(hidden=True)
    call = await phones.phase(call_id, "connecting")
    assert call["legs"][1]["peer"] == ""


async def test_legs_are_told_when_it_is_over(phones: Phones) -> None:
    """Whoever hangs up."""
    await phones.answer_with(
        {"connect": ERIK, "whenhangup": f"{phones.customer.url}/over"}
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "connecting")
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "connected")
    await phones.advance(9)
    await phones.do(call_id, "hangup")
    over = await phones.posted("/over")
    stored = await phones.stored(call_id)
    assert json.loads(over["legs"]) == stored["legs"]
    assert stored["legs"][0]["duration"] == 9
    assert json.loads(over["actions"]) == [{"connect": ERIK, "result": "success"}]


async def test_a_connection_ends_when_the_money_does(phones: Phones) -> None:
    """So does the call."""
    await phones.control.put("/account", {"balance": "0.70"})
    await phones.answer_with({"connect": ERIK})
    call_id = await phones.dial()
    await phones.phase(call_id, "connecting")
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "connected")
    await phones.advance(60)
    call = await phones.end(call_id)
    assert call["actions"][-1] == {"hangup": "creditslow"}
    assert [leg["state"] for leg in call["legs"]] == ["ended", "ended"]
