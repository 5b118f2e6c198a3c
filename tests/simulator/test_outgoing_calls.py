"""Calls from the house: placing them, what the phone does, and what they cost."""

import json
import re

import pytest

from simulator.app import running

from . import ANNA, ERIK, NUMBER, STRANGER, Client, Customer, config, signed
from .phones import Phones, loud_seconds, seconds

SPOKEN = {"play": "sound/dtmf/PPPP"}
CLIENT = "+46001234567"
MINUTE = 7_000


async def placed(phones: Phones, **changed: str) -> str:
    """Call Anna; return the id."""
    answer = await phones.place(**changed)
    assert answer.status == 200, answer.text
    return str(answer.json()["id"])


async def test_a_call_is_accepted(phones: Phones) -> None:
    """The answer has what the reference says, and nothing more."""
    placed = (await phones.place(timeout="45")).json()
    assert re.fullmatch(r"c[0-9a-f]{32}", placed.pop("id"))
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?", placed.pop("created")
    )
    assert placed == {
        "direction": "outgoing",
        "from": NUMBER,
        "to": ANNA,
        "state": "ongoing",
    }


async def test_an_answered_call_is_posted(phones: Phones, customer: Customer) -> None:
    """Not before it is answered."""
    customer.documents["/start"] = SPOKEN
    call_id = await placed(phones)
    ringing = await phones.phase(call_id, "ringing")
    assert (ringing["ringing"], customer.posts) == ([ANNA], [])
    await phones.do(call_id, "answer")
    form = await phones.posted("/start")
    assert form.pop("created")
    assert form == {
        "callid": call_id,
        "direction": "outgoing",
        "from": NUMBER,
        "to": ANNA,
        "result": "newoutgoing",
    }


async def test_a_call_is_read_back(phones: Phones, customer: Customer) -> None:
    """While it lasts, and when it is over."""
    customer.documents["/start"] = SPOKEN
    call_id = await placed(phones, timeout="45", whenhangup=f"{customer.url}/over")
    ringing = await phones.stored(call_id)
    assert (ringing["state"], ringing["timeout"]) == ("ongoing", 45)
    assert "start" not in ringing
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "playing")
    await phones.advance(2)
    await phones.end(call_id)
    stored = await phones.stored(call_id)
    over = await phones.posted("/over")
    assert (stored["state"], stored["duration"]) == ("success", 2)
    assert stored["cost"] == MINUTE
    assert stored["actions"] == [{"play": "sound/dtmf/PPPP", "result": "ok"}]
    assert (over["id"], over["state"], over["duration"]) == (call_id, "success", "2")
    assert json.loads(over["actions"]) == stored["actions"]
    assert "legs" not in over


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"from": STRANGER}, "Invalid from number"),
        ({"from": "House"}, "Invalid from number"),
        ({"to": "0701740605"}, 'Invalid to number. Expected "+"'),
        ({"to": "+46"}, "Invalid to number"),
        ({"to": "+46001234567"}, "Invalid to number"),
        ({"to": "+12025550123"}, "Calling to US is disallowed by default"),
        ({"voice_start": "http://10.0.0.1/"}, "Invalid value for voice_start, not a"),
        ({"voice_start": '["play"]'}, "Invalid value for voice_start, not a URL"),
        ({"whenhangup": "http://localhost/"}, "Invalid value for whenhangup, not a"),
        ({"recordcall": "maybe"}, "Invalid value for recordcall, not a URL"),
        ({"timeout": "0"}, "Invalid value for timeout"),
        ({"timeout": "long"}, "Invalid value for timeout"),
    ],
)
async def test_what_cannot_be_called_is_refused(
    phones: Phones, api: Client, changed: dict[str, str], text: str
) -> None:
    """With 403 and one line of text; no call is made."""
    answer = await phones.place(**changed)
    assert (answer.status, answer.text.startswith(text)) == (403, True)
    assert (await api.get("/calls")).json() == {"data": []}


@pytest.mark.parametrize("key", ["from", "to", "voice_start"])
async def test_what_is_missing_is_named(api: Client, key: str) -> None:
    """As 46elks says it."""
    form = {"from": NUMBER, "to": ANNA, "voice_start": "https://example.com/"}
    del form[key]
    answer = await api.post("/calls", form)
    assert (answer.status, answer.text) == (403, f"Missing key {key}")


async def test_addresses_must_be_public(phones: Phones) -> None:
    """Unless their host is allowed by name."""
    async with running(config(allow_hosts=())) as simulator:
        client = Client(phones.api.session, simulator.api_url, signed())
        refused = await Phones(phones.control, client, phones.customer).place()
    assert refused.status == 403
    assert refused.text == "Invalid value for voice_start, not a URL"


async def test_a_number_without_calls_makes_none(
    phones: Phones, control: Client
) -> None:
    """The one the account signed up with does."""
    await control.put(f"/numbers/{NUMBER}", {"capabilities": ["sms"]})
    assert (await phones.place()).text == "Invalid from number"
    assert (await phones.place(**{"from": "+46701740699"})).status == 200


async def test_a_call_may_be_asked_for_with_get(phones: Phones) -> None:
    """As anything that is posted."""
    answer = await phones.api.get(
        "/Calls/POST", **{"from": NUMBER, "to": ANNA, "voice_start": '{"hangup": ""}'}
    )
    assert answer.json()["state"] == "ongoing"


@pytest.mark.parametrize(
    ("setting", "after", "state"),
    [
        pytest.param({"answers": "busy"}, 1, "busy", id="engaged"),
        pytest.param({"answers": "declines"}, 1, "busy", id="declined"),
        pytest.param({"answers": "never"}, 60, "failed", id="no answer"),
        pytest.param({"on": False}, 1, "failed", id="off"),
    ],
)
async def test_a_phone_does_not_answer(
    phones: Phones, setting: dict[str, object], after: float, state: str
) -> None:
    """What is told is the same for engaged and declined."""
    await phones.control.put(f"/handsets/{ANNA}", setting)
    call_id = await placed(phones, whenhangup=f"{phones.customer.url}/over")
    await phones.advance(after)
    call = await phones.end(call_id)
    over = await phones.posted("/over")
    assert (call["result"], over["state"], call["start"]) == (state, state, None)
    assert {"start", "duration", "cost", "actions", "legs"}.isdisjoint(over)
    assert (await phones.api.get("/billing")).json() == {"data": []}
    assert seconds(await phones.heard(call_id)) == 0


async def test_a_phone_is_switched_off_while_it_rings(phones: Phones) -> None:
    """It stops ringing: it is out of reach, as if it had been off before; who watches is told."""
    call_id = await placed(phones, whenhangup=f"{phones.customer.url}/over")
    await phones.control.put(f"/handsets/{ANNA}", {"on": False})
    call = await phones.end(call_id)
    assert (call["result"], call["ringing"]) == ("failed", [])
    assert call["legs"][0]["outcome"] == "failed"
    assert (await phones.posted("/over"))["state"] == "failed"
    assert (await phones.do(call_id, "answer")).status == 409


async def test_the_box_of_a_phone_that_is_switched_off_answers(phones: Phones) -> None:
    """Once there is nobody else to wait for."""
    phones.customer.documents["/start"] = SPOKEN
    await phones.control.put(f"/handsets/{ANNA}", {"voicemail": 15})
    call_id = await placed(phones)
    await phones.control.put(f"/handsets/{ANNA}", {"on": False})
    call = await phones.phase(call_id, "playing")
    assert call["legs"][0]["voicemail"]


async def test_a_phone_is_switched_off_in_a_call(phones: Phones) -> None:
    """That ends it, as if somebody had hung up."""
    phones.customer.documents["/start"] = SPOKEN
    call_id = await placed(phones)
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "playing")
    await phones.control.put(f"/handsets/{ANNA}", {"on": False})
    call = await phones.end(call_id)
    assert (call["result"], call["legs"][0]["state"]) == ("success", "ended")
    await phones.control.put(f"/handsets/{ANNA}", {"on": True})
    assert (await phones.call(await placed(phones)))["ringing"] == [ANNA]


@pytest.mark.parametrize("setting", [{"on": False}, {"answers": "busy"}])
async def test_a_phone_that_does_not_ring_cannot_be_answered(
    phones: Phones, setting: dict[str, object]
) -> None:
    """The network is still trying to reach it."""
    await phones.control.put(f"/handsets/{ANNA}", setting)
    call_id = await placed(phones)
    call = await phones.call(call_id)
    assert (call["ringing"], call["legs"][0]["state"]) == ([], "trying")
    assert (await phones.do(call_id, "answer")).status == 409


@pytest.mark.parametrize(("answers", "after"), [("at_once", 0), (7, 7)])
async def test_a_phone_answers_by_itself(
    phones: Phones, answers: object, after: float
) -> None:
    """At once, or after some seconds."""
    phones.customer.documents["/start"] = SPOKEN
    await phones.control.put(f"/handsets/{ANNA}", {"answers": answers})
    call_id = await placed(phones)
    await phones.advance(after)
    assert (await phones.phase(call_id, "playing"))["state"] == "answered"


async def test_a_phone_rings_as_long_as_asked_for(phones: Phones) -> None:
    """Not longer, even if it would be answered then."""
    await phones.control.put(f"/handsets/{ANNA}", {"answers": 12})
    call_id = await placed(phones, timeout="10")
    await phones.advance(9)
    assert (await phones.call(call_id))["state"] == "ringing"
    await phones.advance(1)
    assert (await phones.end(call_id))["result"] == "failed"


async def test_an_owner_declines(phones: Phones) -> None:
    """The caller hears busy; a phone that rings no more cannot be answered."""
    call_id = await placed(phones)
    await phones.do(call_id, "decline")
    assert (await phones.end(call_id))["result"] == "busy"
    late = await phones.do(call_id, "answer")
    assert (late.status, late.json()["error"]) == (409, "Nobody is ringing")


@pytest.mark.parametrize(
    ("setting", "after"),
    [
        pytest.param({"answers": "manual"}, 15, id="nobody answers"),
        pytest.param({"answers": 30}, 15, id="the owner is too slow"),
        pytest.param({"answers": "busy"}, 1, id="engaged"),
        pytest.param({"answers": "declines"}, 1, id="declined"),
        pytest.param({"on": False}, 1, id="off"),
    ],
)
async def test_a_voicemail_box_answers(
    phones: Phones, setting: dict[str, object], after: float
) -> None:
    """It takes the call, and presses no keys."""
    phones.customer.documents["/start"] = {
        "ivr": "sound/dtmf/P",
        "repeat": 2,
        "timeout": 5,
        "next": f"{phones.customer.url}/next",
    }
    await phones.control.put(f"/handsets/{ANNA}", {"voicemail": 15, **setting})
    call_id = await placed(phones)
    await phones.advance(after)
    call = await phones.phase(call_id, "playing")
    assert call["legs"][0]["voicemail"]
    assert (await phones.do(call_id, "digits", digits="1")).status == 409
    await phones.advance(11)
    assert (await phones.posted("/next"))["why"] == "noinput"
    assert (await phones.end(call_id))["result"] == "success"


async def test_an_owner_can_be_faster_than_the_box(phones: Phones) -> None:
    """Then there is a person on the phone."""
    phones.customer.documents["/start"] = SPOKEN
    await phones.control.put(f"/handsets/{ANNA}", {"voicemail": True, "answers": 4})
    call_id = await placed(phones)
    await phones.advance(4)
    call = await phones.phase(call_id, "playing")
    assert not call["legs"][0]["voicemail"]
    await phones.control.put(f"/handsets/{ANNA}", {"voicemail": False})
    handset = (await phones.control.get("/handsets")).json()[0]
    assert (handset["voicemail"], handset["answers"]) == (None, 4.0)


async def test_a_box_takes_a_message_of_two_minutes(phones: Phones) -> None:
    """Then it hangs up; what was played is on it."""
    phones.customer.documents["/start"] = {
        "play": f"sound/dtmf/{'1' * 10}",
        "next": {"connect": ERIK},
    }
    await phones.control.put(f"/handsets/{ANNA}", {"on": False, "voicemail": True})
    call_id = await placed(phones)
    await phones.advance(1)
    await phones.phase(call_id, "playing")
    await phones.advance(2)
    await phones.phase(call_id, "connecting")
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "connected")
    await phones.advance(118)
    call = await phones.end(call_id)
    assert call["duration"] == 120
    assert loud_seconds(await phones.heard(call_id)) == 1.5


async def test_a_decline_is_taken_by_the_box(phones: Phones) -> None:
    """As operators do."""
    phones.customer.documents["/start"] = SPOKEN
    await phones.control.put(f"/handsets/{ANNA}", {"voicemail": True})
    call_id = await placed(phones)
    await phones.do(call_id, "decline")
    assert (await phones.phase(call_id, "playing"))["legs"][0]["voicemail"]


async def test_a_phone_has_one_call_at_a_time(phones: Phones) -> None:
    """Who calls it meanwhile hears busy."""
    first = await placed(phones)
    second = await placed(phones)
    await phones.advance(1)
    assert (await phones.end(second))["result"] == "busy"
    await phones.do(first, "decline")
    await phones.end(first)
    third = await placed(phones)
    assert (await phones.call(third))["ringing"] == [ANNA]


async def test_every_started_minute_is_paid(phones: Phones, api: Client) -> None:
    """When it starts."""
    phones.customer.documents["/start"] = {"ivr": "sound/beep", "timeout": 30}
    call_id = await placed(phones)
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "playing")
    for passed, minutes in ((59, 1), (2, 2)):
        await phones.advance(passed)
        assert (await api.get("/me")).json()["balance"] == 1_000_000 - minutes * MINUTE
    await phones.do(call_id, "hangup")
    await phones.end(call_id)
    assert (await phones.stored(call_id))["cost"] == 2 * MINUTE
    bills = (await api.get("/billing")).json()["data"]
    assert [(bill["reference"], bill["cost"]) for bill in bills] == [
        (call_id, MINUTE)
    ] * 2


@pytest.mark.parametrize(
    ("callee", "currency", "cost"),
    [
        (ANNA, "EUR", 640),
        ("+46846500400", "SEK", 1_400),
        ("+4712345678", "SEK", 6_500),
        ("+351212345678", "SEK", 22_000),
    ],
)
async def test_the_price_is_the_countrys(
    phones: Phones, callee: str, currency: str, cost: int
) -> None:
    """A Swedish fixed number has its own."""
    phones.customer.documents["/start"] = SPOKEN
    await phones.control.put(
        "/account", {"currency": currency, "countries": ["se", "no", "pt"]}
    )
    call_id = await placed(phones, to=callee)
    await phones.do(call_id, "answer")
    assert (await phones.until(call_id, lambda call: call["cost"]))["cost"] == cost


async def test_without_money_nobody_is_called(phones: Phones) -> None:
    """The text is as for a text, and a minute must be there."""
    await phones.control.put("/account", {"balance": "0.69"})
    answer = await phones.place()
    assert answer.status == 403
    assert answer.text == "Not enough credits on your account to make this call"


async def test_a_call_ends_when_the_money_does(phones: Phones) -> None:
    """At the minute that cannot be paid any more."""
    phones.customer.documents["/start"] = {"ivr": "sound/beep", "timeout": 30}
    await phones.control.put("/account", {"balance": "0.70"})
    call_id = await placed(phones)
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "playing")
    await phones.advance(60)
    call = await phones.end(call_id)
    assert (call["result"], call["duration"]) == ("success", 60)
    assert call["actions"] == [
        {"ivr": "sound/beep", "result": "failed", "why": "hangup"},
        {"hangup": "creditslow"},
    ]


async def test_a_subaccount_uses_its_limit(phones: Phones, api: Client) -> None:
    """Its calls are its own, and so is what they cost."""
    made = await api.post("/subaccounts", {"name": "Shop", "usagelimit": "10000"})
    row = made.json()
    shop = Client(api.session, api.base, signed(row["id"], row["secret"]))
    await phones.control.put("/account", {"subaccounts_see_all": True})
    other = Phones(phones.control, shop, phones.customer)
    phones.customer.documents["/start"] = SPOKEN
    call_id = await placed(other)
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "playing")
    await phones.advance(2)
    await phones.end(call_id)
    stored = await other.stored(call_id)
    assert stored["owner"] == row["id"]
    used = (await api.get(f"/subaccounts/{row['id']}")).json()["balanceused"]
    assert used == MINUTE
    assert "usage limit" in (await other.place()).text


@pytest.mark.parametrize(
    ("recordcall", "posted"), [("{url}/whole", 1), ("true", 0), ("no", 0)]
)
async def test_a_call_is_recorded_from_the_start(
    phones: Phones, recordcall: str, posted: int
) -> None:
    """Both ends of it; an address is told of it."""
    phones.customer.documents["/start"] = {
        "play": "sound/dtmf/1111111111",
        "whenhangup": f"{phones.customer.url}/over",
    }
    url = phones.customer.url
    call_id = await placed(phones, recordcall=recordcall.format(url=url))
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "playing")
    await phones.advance(2)
    call = await phones.end(call_id)
    await phones.posted("/over")
    told = [post for post in phones.customer.posts if post.path == "/whole"]
    assert len(told) == posted
    assert len(call["recordings"]) == (recordcall != "no")


async def test_a_client_is_called(phones: Phones) -> None:
    """Click to call: first the browser rings, then the other is connected."""
    await phones.control.put(f"/numbers/{CLIENT}", {"capabilities": ["webrtc"]})
    await phones.control.put(f"/handsets/{CLIENT}", {"name": "Desk"})
    phones.customer.documents["/start"] = SPOKEN
    call_id = await placed(phones, to=CLIENT)
    call = await phones.call(call_id)
    assert (call["ringing"], call["legs"][0]["kind"]) == ([CLIENT], "client")
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "playing")


async def test_an_own_number_is_not_called(phones: Phones) -> None:
    """It would be a call within a call."""
    call = await phones.end(await placed(phones, to=NUMBER))
    assert (call["result"], call["legs"][0]["outcome"]) == ("failed", "failed")
    assert "own" in call["legs"][0]["why"]
