"""Calls to the house: what answers them, and how they end."""

import json

import pytest

from . import ANNA, ERIK, NUMBER, Client, Customer, data_url
from .phones import Phones, loud_seconds, seconds, sound

STARTED = {
    *("id", "direction", "from", "to", "created", "state"),
    *("start", "duration", "cost", "actions"),
}


async def test_a_phone_is_switched_off_while_it_calls(phones: Phones) -> None:
    """Then nobody waits for the house any more."""
    await phones.answer_with({"connect": ERIK})
    call_id = await phones.dial()
    await phones.phase(call_id, "connecting")
    await phones.control.put(f"/handsets/{ANNA}", {"on": False})
    call = await phones.end(call_id)
    assert {leg["state"] for leg in call["legs"]} == {"ended"}


async def test_a_call_is_posted(phones: Phones) -> None:
    """With all that the reference says."""
    await phones.answer_with({"hangup": "reject"})
    call_id = await phones.dial()
    form = await phones.posted("/start")
    call = await phones.end(call_id)
    assert form.pop("created")[:23] == call["created"][:23]
    assert form == {
        "callid": call_id,
        "direction": "incoming",
        "from": ANNA,
        "to": NUMBER,
        "result": "newincoming",
    }


@pytest.mark.parametrize(("hidden", "shown"), [(True, ""), ("anonymous", "anonymous")])
async def test_a_caller_can_be_hidden(
    phones: Phones, hidden: object, shown: str
) -> None:
    """As nothing, or as a word: both are seen."""
    await phones.answer_with({"hangup": "reject"})
    await phones.dial(hidden=hidden)
    assert (await phones.posted("/start"))["from"] == shown


async def test_a_number_can_hold_the_answer_itself(
    phones: Phones, control: Client
) -> None:
    """Then nothing is posted."""
    document = json.dumps({"play": "sound/beep"})
    await control.put(f"/numbers/{NUMBER}", {"voice_start": document})
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(1)
    assert (await phones.end(call_id))["result"] == "success"
    assert phones.customer.posts == []


@pytest.mark.parametrize(
    ("signal", "state"), [("busy", "busy"), ("reject", "failed"), ("404", "failed")]
)
async def test_a_call_is_turned_away_with_a_signal(
    phones: Phones, api: Client, signal: str, state: str
) -> None:
    """It was never answered and costs nothing; whenhangup tells so."""
    url = f"{phones.customer.url}/over"
    await phones.answer_with({"hangup": signal, "whenhangup": url})
    call_id = await phones.dial()
    call = await phones.end(call_id)
    assert (call["signal"], call["result"], call["start"]) == (signal, state, None)
    stored = await phones.stored(call_id)
    assert stored["actions"] == [{"hangup": signal}]
    assert {"start", "duration", "cost", "legs"}.isdisjoint(stored)
    over = await phones.posted("/over")
    assert over.pop("created")
    assert over == {
        "id": call_id,
        "direction": "incoming",
        "from": ANNA,
        "to": NUMBER,
        "state": state,
    }
    assert (await api.get("/billing")).json() == {"data": []}


@pytest.mark.parametrize("signal", [True, ""])
async def test_what_is_no_signal_turns_away_too(phones: Phones, signal: object) -> None:
    """Both are widely written, though nowhere documented."""
    await phones.answer_with({"hangup": signal})
    call = await phones.end(await phones.dial())
    assert (call["signal"], call["result"]) == ("reject", "failed")


async def test_a_signal_is_only_possible_at_first(phones: Phones) -> None:
    """Afterwards the call just ends."""
    await phones.answer_with({"play": "sound/beep", "next": {"hangup": "busy"}})
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(1)
    call = await phones.end(call_id)
    assert (call["signal"], call["result"]) == (None, "success")
    assert "only possible as the first" in call["trouble"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        pytest.param(500, '{"hangup": "busy"}', id="an error"),
        pytest.param(302, "", id="a redirect"),
        pytest.param(204, "", id="nothing"),
        pytest.param(200, "ok", id="text"),
        pytest.param(200, f'{{"play": "{"a" * 70_000}"}}', id="far too long"),
        pytest.param(200, '["play"]', id="JSON that is no object"),
        pytest.param(200, "{}", id="an empty object"),
        pytest.param(200, '{"ply": "sound/beep"}', id="no instruction"),
        pytest.param(200, '{"play": "sound/beep", "hangup": "busy"}', id="two"),
        pytest.param(200, '{"play": ["sound/beep"]}', id="a list of sounds"),
        pytest.param(200, '{"play": ""}', id="no sound"),
        pytest.param(200, '{"connect": ", ,"}', id="nobody to connect with"),
        pytest.param(200, '{"play": "sound/beep", "next": 5}', id="no address"),
        pytest.param(200, '{"hangup": "busy", "whenhangup": 5}', id="no text"),
        pytest.param(200, '{"connect": "+46701740606", "callerid": 5}', id="callerid"),
    ],
)
async def test_without_an_instruction_the_call_ends(
    phones: Phones, status: int, answer: str
) -> None:
    """It is asked once: a person waits."""
    await phones.answer_with(None)
    phones.customer.answers.append((status, answer))
    call = await phones.end(await phones.dial())
    assert (call["result"], call["start"], call["actions"]) == ("failed", None, [])
    assert call["trouble"]
    assert len(phones.customer.posts) == 1


async def test_without_an_address_nobody_answers(phones: Phones) -> None:
    """The call fails."""
    call = await phones.end(await phones.dial())
    assert (call["result"], call["trouble"]) == (
        "failed",
        "The number has no voice_start",
    )


async def test_an_address_nobody_serves_ends_the_call(
    phones: Phones, control: Client
) -> None:
    """So does one that is not public."""
    for url in ("http://127.0.0.1:9/", "http://10.0.0.1/"):
        await control.put(f"/numbers/{NUMBER}", {"voice_start": url})
        assert (await phones.end(await phones.dial()))["result"] == "failed"


async def test_all_is_told_when_it_is_over(phones: Phones, api: Client) -> None:
    """The fields are a form's; lists are JSON within it."""
    url = f"{phones.customer.url}/over?ref=1"
    await phones.answer_with({"play": "sound/dtmf/PP", "whenhangup": url})
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(1)
    await phones.end(call_id)
    over = await phones.posted("/over?ref=1")
    stored = await phones.stored(call_id)
    assert set(over) == STARTED
    assert json.loads(over["actions"]) == stored["actions"]
    assert stored["actions"] == [{"play": "sound/dtmf/PP", "result": "ok"}]
    assert (over["state"], over["duration"], over["cost"]) == ("success", "1", "0")
    assert over["start"][:23] == str(stored["start"])[:23]
    assert stored["direction"] == "incoming"
    assert (await api.get("/me")).json()["balance"] == 1_000_000


async def test_the_latest_whenhangup_is_told(phones: Phones) -> None:
    """One that is not public is passed over."""
    url = phones.customer.url
    await phones.answer_with(
        {
            "play": "sound/beep",
            "whenhangup": f"{url}/first",
            "next": {
                "play": "sound/beep",
                "whenhangup": f"{url}/second",
                "next": {"hangup": "reject", "whenhangup": "http://10.0.0.1/"},
            },
        }
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(2)
    call = await phones.end(call_id)
    assert (await phones.posted("/second"))["id"] == call_id
    assert [post.path for post in phones.customer.posts] == ["/start", "/second"]
    assert "10.0.0.1" in call["trouble"]


async def test_whenhangup_comes_until_it_is_taken(
    phones: Phones, control: Client
) -> None:
    """Every five minutes, as reports do: nobody waits for it."""
    document = {"hangup": "busy", "whenhangup": f"{phones.customer.url}/over"}
    await control.put(f"/numbers/{NUMBER}", {"voice_start": json.dumps(document)})
    phones.customer.answers.extend([(503, ""), (500, "")])
    await phones.end(await phones.dial())
    for count in (1, 2, 3):
        posts = await phones.posts("/over", count)
        await logged_callbacks(control, count)
        await phones.advance(300)
    assert posts[0] == posts[1] == posts[2]


async def logged_callbacks(control: Client, count: int) -> None:
    """Wait until so many callbacks are in the log, and the next is due."""
    entries: list[dict[str, object]] = []
    while sum(entry["type"] == "callback" for entry in entries) < count:
        seen = str(len(entries))
        await control.get("/log", after=seen, wait="5")
        entries = (await control.get("/log")).json()


async def test_faults_are_for_whenhangup(phones: Phones, control: Client) -> None:
    """It comes twice where it is to."""
    fault = {"match": {"callback": "hangup"}, "kind": "duplicate"}
    await control.put("/faults", [fault])
    await phones.answer_with(
        {"hangup": "busy", "whenhangup": f"{phones.customer.url}/over"}
    )
    await phones.end(await phones.dial())
    posts = await phones.posts("/over", 2)
    assert posts[0] == posts[1]


@pytest.mark.parametrize(
    ("kind", "asked", "state"),
    [("lose", 0, "failed"), ("duplicate", 2, "busy"), ("delay", 1, "busy")],
)
async def test_faults_are_for_questions_too(
    phones: Phones, control: Client, kind: str, asked: int, state: str
) -> None:
    """A lost one ends the call; of two answers the last one counts."""
    fault = {"match": {"callback": "call"}, "kind": kind}
    await control.put("/faults", [fault])
    await phones.answer_with({"hangup": "busy"})
    call = await phones.end(await phones.dial())
    assert call["result"] == state
    assert len(phones.customer.posts) == asked


async def test_a_question_that_is_to_be_overtaken_makes_the_caller_wait(
    phones: Phones, control: Client
) -> None:
    """Until the question of another call has passed it."""
    fault = {"match": {"callback": "call"}, "kind": "reorder"}
    await control.put("/faults", [fault])
    await phones.answer_with({"hangup": "busy"})
    first = await phones.dial()
    await phones.phase(first, "asking")
    second = await phones.dial(ERIK)
    await phones.end(first)
    forms = await phones.posts("/start", 2)
    assert [form["callid"] for form in forms] == [second, first]


async def test_a_document_may_be_long(phones: Phones) -> None:
    """Longer than what the log shows of it."""
    document: dict[str, object] = {"hangup": "reject"}
    for _ in range(60):
        address = f"http://127.0.0.1:9/{'a' * 80}"
        document = {"play": address, "next": document}
    await phones.answer_with(document)
    call = await phones.end(await phones.dial())
    assert call["actions"][-1] == {"hangup": "reject"}
    assert len(call["actions"]) == 61


async def test_a_document_that_leads_to_itself_comes_to_an_end(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The simulator would do nothing else any more."""
    monkeypatch.setattr("simulator.conversation.MAX_INSTRUCTIONS", 5)
    await phones.answer_with(
        {"play": "http://127.0.0.1:9/", "next": f"{phones.customer.url}/start"}
    )
    call = await phones.end(await phones.dial())
    assert (len(call["actions"]), call["trouble"]) == (
        5,
        "There are too many instructions",
    )


async def test_only_numbers_for_calls_are_called(
    phones: Phones, control: Client
) -> None:
    """And only by a phone that is on and free."""
    await phones.answer_with({"play": "sound/beep"})
    path = f"/handsets/{ANNA}/calls"
    data = {"to": NUMBER}
    await control.put(f"/handsets/{ANNA}", {"on": False})
    off = await control.ask("POST", path, json=data)
    await control.put(f"/handsets/{ANNA}", {"on": True})
    await phones.dial()
    engaged = await control.ask("POST", path, json=data)
    await control.put(f"/numbers/{NUMBER}", {"capabilities": ["sms"]})
    deaf = await control.ask("POST", f"/handsets/{ERIK}/calls", json=data)
    stranger = await control.ask("POST", path, json={"to": ERIK})
    unknown = await control.ask("POST", "/handsets/+46701740650/calls", json=data)
    garbage = await control.ask("POST", path, json=data | {"audio": "x"})
    word = await control.ask("POST", path, json=data | {"hidden": "secret"})
    assert [answer.status for answer in (off, engaged, deaf, stranger)] == [409] * 4
    assert [answer.status for answer in (unknown, garbage, word)] == [404, 400, 400]


async def test_a_voicemail_box_can_be_built(phones: Phones, customer: Customer) -> None:
    """Greeting, beep, message: the caller speaks when it is recorded."""
    customer.files["/greeting.wav"] = sound(2)
    await phones.answer_with(
        {
            "play": f"{customer.url}/greeting.wav",
            "next": {
                "play": "sound/beep",
                "next": {"record": f"{customer.url}/message"},
            },
        }
    )
    call_id = await phones.dial(audio=data_url(sound(5), "audio/wav"))
    await phones.phase(call_id, "playing")
    await phones.advance(2.5)
    await phones.phase(call_id, "recording")
    await phones.advance(8)
    await phones.end(call_id)
    message = await phones.posted("/message")
    recording = await phones.api.get(message["wav"].removeprefix(phones.api.base))
    assert (loud_seconds(recording.body), seconds(recording.body)) == (5.0, 8.0)
    heard = await phones.heard(call_id)
    assert (loud_seconds(heard), seconds(heard)) == (2.5, 10.5)
