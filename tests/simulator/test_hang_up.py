"""Hanging up, at any moment; and what is left of a call then."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from simulator.app import running

from . import ERIK, FAST, Client, Customer, config, data_url
from .phones import Phones, loud_seconds, sound


async def time_passes(phones: Phones, _call_id: str) -> None:
    """Let what is played come to its end."""
    await phones.advance(1)


async def the_other_answers(phones: Phones, call_id: str) -> None:
    """Let the one who is rung pick up."""
    await phones.do(call_id, "answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """How far a call comes before someone hangs up, and what is listed of it then."""

    phase: str
    document: dict[str, str]
    result: dict[str, str]
    answered: bool = True
    steps: tuple[Callable[[Phones, str], Awaitable[None]], ...] = ()
    slow: str = ""


INTERRUPTED = {"result": "failed", "why": "hangup"}
STAGES = {
    "while the house is asked": Stage(
        phase="asking",
        document={"play": "sound/beep"},
        result={},
        answered=False,
        slow="/start",
    ),
    "while a sound is fetched": Stage(
        phase="fetching",
        document={"play": "{url}/slow"},
        result=INTERRUPTED,
        slow="/slow",
    ),
    "while it is played": Stage(
        phase="playing", document={"play": "sound/beep"}, result=INTERRUPTED
    ),
    "while keys are waited for": Stage(
        phase="listening",
        document={"ivr": "sound/beep"},
        result=INTERRUPTED,
        steps=(time_passes,),
    ),
    "while it is recorded": Stage(
        phase="recording", document={"record": "{url}/tape"}, result=INTERRUPTED
    ),
    "while others ring": Stage(
        phase="connecting",
        document={"connect": ERIK},
        result=INTERRUPTED,
        answered=False,
    ),
    "while connected": Stage(
        phase="connected",
        document={"connect": ERIK},
        result={"result": "success"},
        steps=(the_other_answers,),
    ),
}


def tasks() -> list[str]:
    """Return what the simulator does in the background."""
    return [
        task.get_name()
        for task in asyncio.all_tasks()
        if task.get_name().startswith("simulator")
    ]


async def come_to(phones: Phones, stage: Stage) -> str:
    """Call the house, and come so far; return the id."""
    url = phones.customer.url
    document = {key: value.format(url=url) for key, value in stage.document.items()}
    await phones.answer_with({**document, "whenhangup": f"{url}/over"})
    phones.customer.slow = stage.slow
    call_id = await phones.dial()
    for step in stage.steps:
        await phones.until(
            call_id, lambda call: call["phase"] in {"playing", "connecting"}
        )
        await step(phones, call_id)
    await phones.phase(call_id, stage.phase)
    return call_id


@pytest.fixture(params=list(STAGES.values()), ids=list(STAGES))
def stage(request: pytest.FixtureRequest) -> Stage:
    """Return one stage after the other."""
    found = request.param
    assert isinstance(found, Stage)
    return found


async def test_a_caller_hangs_up(phones: Phones, stage: Stage) -> None:
    """The call is over at once, for all."""
    call_id = await come_to(phones, stage)
    await phones.do(call_id, "hangup")
    call = await phones.end(call_id)
    state = "success" if stage.answered else "failed"
    assert (call["result"], call["phase"], call["doing"]) == (state, None, None)
    assert {leg["state"] for leg in call["legs"]} == {"ended"}
    listed = [{**entry, **stage.result} for entry in call["actions"]]
    assert call["actions"] == listed
    assert not {"simulator call", "simulator phone"}.intersection(tasks())
    late = await phones.do(call_id, "hangup")
    assert (late.status, late.json()["error"]) == (409, "The handset is ended")


async def test_whenhangup_is_told_once_it_is_set(phones: Phones, stage: Stage) -> None:
    """Whatever was going on; before the first instruction nobody has asked for it."""
    call_id = await come_to(phones, stage)
    await phones.do(call_id, "hangup")
    await phones.end(call_id)
    told = "/over" if stage.result else "/start"
    assert call_id in (await phones.posted(told)).values()


async def test_a_reset_ends_every_call(
    phones: Phones, control: Client, stage: Stage
) -> None:
    """Nobody hears of it, nothing goes on, and time passes again."""
    call_id = await come_to(phones, stage)
    await control.ask("POST", "/reset")
    assert tasks() == []
    assert (await control.get(f"/calls/{call_id}")).status == 404
    assert (await control.get("/clock")).json()["speed"] == FAST
    assert "/over" not in {post.path for post in phones.customer.posts}


async def test_a_stop_ends_every_call(
    api: Client, customer: Customer, stage: Stage
) -> None:
    """No task is left."""
    async with running(config(speed=0)) as simulator:
        other = Phones(
            Client(api.session, simulator.url + "/simulator"),
            Client(api.session, simulator.api_url, api.headers),
            customer,
        )
        await come_to(other, stage)
        assert "simulator call" in tasks()
    assert tasks() == []


async def test_a_recording_that_is_cut_off_is_told(phones: Phones) -> None:
    """With what there is of it."""
    call_id = await come_to(phones, STAGES["while it is recorded"])
    await phones.advance(2)
    await phones.do(call_id, "hangup")
    assert (await phones.posted("/tape"))["duration"] == "2"


async def test_the_house_cannot_hang_up(phones: Phones, api: Client) -> None:
    """46elks has no such request: forgetting a call does not end it."""
    call_id = await come_to(phones, STAGES["while connected"])
    assert (await api.post(f"/calls/{call_id}", {"state": "hangup"})).status == 404
    assert (await api.ask("DELETE", f"/calls/{call_id}")).status == 200
    assert (await phones.call(call_id))["state"] == "answered"
    await phones.do(call_id, "hangup")
    await phones.end(call_id)
    assert (await api.get("/calls")).json() == {"data": []}


async def test_a_callee_hangs_up(phones: Phones) -> None:
    """Of a call from the house."""
    phones.customer.documents["/start"] = {"ivr": "sound/beep"}
    call_id = (await phones.place()).json()["id"]
    early = await phones.do(call_id, "hangup")
    assert (early.status, early.json()["error"]) == (409, "The handset is ringing")
    await phones.do(call_id, "answer")
    await phones.phase(call_id, "playing")
    await phones.do(call_id, "hangup")
    assert (await phones.end(call_id))["result"] == "success"


async def test_twenty_calls_do_not_disturb_each_other(
    phones: Phones, control: Client
) -> None:
    """Each has its own keys, its own recording and its own end."""
    url = phones.customer.url
    callers = [f"+467017406{last}" for last in range(20, 40)]
    await phones.answer_with(
        {
            "ivr": "sound/beep",
            "digits": 2,
            "next": {"record": f"{url}/tape", "next": f"{url}/next"},
            "whenhangup": f"{url}/over",
        }
    )

    async def call(caller: str) -> str:
        await control.put(f"/handsets/{caller}", {})
        voice = sound(int(caller[-2:]) / 10)
        call_id = await phones.dial(caller, audio=data_url(voice, "audio/wav"))
        await phones.phase(call_id, "playing")
        await phones.do(call_id, "digits", digits=caller[-2:])
        await phones.phase(call_id, "recording")
        return call_id

    ids = await asyncio.gather(*(call(caller) for caller in callers))
    await phones.advance(10)
    overs = await phones.posts("/over", 20)
    assert {form["id"] for form in overs} == set(ids)
    for caller, call_id in zip(callers, ids, strict=True):
        ended = await phones.end(call_id)
        content = (await phones.api.get(f"/recordings/{call_id}-r0.wav")).body
        assert (ended["from"], ended["actions"][0]["result"]) == (caller, caller[-2:])
        assert loud_seconds(content) == int(caller[-2:]) / 10
    assert tasks() == []
