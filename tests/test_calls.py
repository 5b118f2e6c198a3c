"""Calls that leave the house, from the action to the end, whatever comes in between."""

import asyncio
from decimal import Decimal
from typing import Any, Final
from unittest.mock import DEFAULT, AsyncMock, patch

from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.api import ElksConnectionError
from custom_components.elks46.stage import async_stage

from . import ANNA, BJORN, NUMBER, Json, SimulatorControl, answering, failing, killed
from .calls import MINUTE, Phones, place_call

pytestmark = pytest.mark.usefixtures("impatient")

KEY: Final = {"acknowledge": "5"}


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
def phones(simulator: SimulatorControl, integration: MockConfigEntry) -> Phones:
    """Return what steers the calls of a home that is set up."""
    return Phones(simulator)


def posting(kind: str, **what: Any) -> Json:
    """Return a fault of calls that are to be placed."""
    return failing("calls", method="POST", kind=kind, **what)


def told(events: list[Event[dict[str, Any]]]) -> list[tuple[str, str]]:
    """Return who was called, and what came of it."""
    return [(event.data["callee"], event.data["outcome"]) for event in events]


async def placing(hass: HomeAssistant, **data: object) -> asyncio.Task[list[Json]]:
    """Begin to call, with a clock that has to be moved on."""
    return asyncio.create_task(place_call(hass, **data))


@pytest.mark.parametrize(
    ("phone", "fields", "outcome"),
    [
        pytest.param({"answers": "at_once"}, {}, "answered", id="heard"),
        pytest.param({"answers": "at_once"}, KEY, "answered", id="no key"),
        pytest.param({"answers": "busy"}, {}, "busy", id="engaged"),
        pytest.param({"answers": "declines"}, {}, "busy", id="declined"),
        pytest.param({"answers": "never"}, {}, "no_answer", id="nobody"),
        pytest.param({"on": False}, {}, "no_answer", id="off"),
        pytest.param(
            {"answers": "never", "voicemail": 20}, KEY, "answered", id="voicemail"
        ),
        pytest.param(
            {"answers": "never", "voicemail": 20}, {}, "answered", id="heard by a box"
        ),
    ],
)
async def test_what_comes_of_a_call(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    phone: Json,
    fields: Json,
    outcome: str,
) -> None:
    """The action tells, and so does the bus, once; a box presses no key."""
    ended = async_capture_events(hass, "elks46_call_ended")
    await simulator.put_handset(ANNA, **phone)
    (row,) = await place_call(hass, to=[ANNA], **fields)
    (call,) = await phones.calls()
    assert row["call_id"] == call["id"]
    assert row["outcome"] == outcome
    assert told(ended) == [(ANNA, outcome)]
    assert row["duration"] == call["duration"]
    assert (row["to"], row["digits"]) == (ANNA, None)


async def test_a_call_is_acknowledged_by_its_key(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """Who presses it hears a beep, and everybody is told."""
    ended = async_capture_events(hass, "elks46_call_ended")
    pressed = async_capture_events(hass, "elks46_call_digits")
    await phones.stop_clock()
    calling = await placing(hass, entity_id="notify.anna_sms", **KEY)
    call_id = await phones.answered()
    await phones.advance(1)
    await phones.do(call_id, "digits", digits="5")
    await phones.until(call_id, lambda call: len(call["actions"]) == 2)
    await phones.advance(2)
    (row,) = await calling
    end = await phones.end(call_id)
    assert row == {
        "to": ANNA,
        "call_id": call_id,
        "outcome": "acknowledged",
        "digits": "5",
        "duration": end["duration"],
        "cost": MINUTE,
        "recording": None,
    }
    assert end["actions"][1] == {"play": "sound/beep", "result": "ok"}
    where = {
        "config_entry_id": integration.entry_id,
        "number": NUMBER,
        "contact": "Anna",
        "call_id": call_id,
        "caller": NUMBER,
        "callee": ANNA,
    }
    assert pressed[0].data.items() >= {**where, "digits": "5"}.items()
    assert (
        ended[0].data.items()
        >= {
            **where,
            "direction": "outgoing",
            "outcome": "acknowledged",
            "duration": end["duration"],
            "cost": MINUTE,
        }.items()
    )
    assert all(event.data["number_device_id"] for event in (*ended, *pressed))
    assert all(event.data["contact_device_id"] for event in (*ended, *pressed))
    state = hass.states.get("event.46701740690_calls")
    assert state is not None
    assert state.attributes["event_type"] == "ended"
    assert state.attributes["direction"] == "outgoing"


async def test_a_wrong_key_asks_again_and_so_does_none(
    hass: HomeAssistant, phones: Phones
) -> None:
    """But not for ever."""
    await phones.stop_clock()
    calling = await placing(hass, to=[ANNA], repeat=2, **KEY)
    call_id = await phones.answered()
    await phones.do(call_id, "digits", digits="1")
    await phones.until(call_id, lambda call: len(call["actions"]) == 2)
    await phones.phase(call_id, "playing")
    await phones.do(call_id, "digits", digits="2")
    end = await phones.end(call_id)
    (row,) = await calling
    assert (row["outcome"], row["digits"]) == ("answered", "2")
    assert [list(act)[0] for act in end["actions"]] == ["ivr", "ivr", "hangup"]
    assert "repeat" not in end["actions"][1]


async def test_a_message_is_played_as_often_as_asked(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """In one document, so this home may be gone meanwhile."""
    await simulator.put_handset(ANNA, answers="at_once")
    await place_call(hass, to=[ANNA], repeat=3)
    (call,) = await phones.calls()
    assert [act["result"] for act in call["actions"]] == ["ok"] * 3
    assert not [one for one in await simulator.log() if one["kind"] == "next"]


async def test_a_call_is_counted_and_paid_once(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Also where its end is posted twice, and after a restart."""
    await simulator.put_handset(ANNA, answers="at_once")
    await simulator.fail(
        {"match": {"callback": "hangup"}, "kind": "duplicate", "times": None}
    )
    ended = async_capture_events(hass, "elks46_call_ended")
    (row,) = await place_call(hass, to=[ANNA])
    await simulator.posted("hangup", 2)
    await hass.async_block_till_done()
    async with killed(hass, integration):
        pass
    assert len(ended) == 1
    store = integration.runtime_data.store
    assert store.spent_today == Decimal(str(row["cost"]))
    assert hass.states.is_state("sensor.46elks_calls_today", "1")


async def test_the_sound_is_withdrawn_when_the_last_call_is_over(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """Not when the first is."""
    await phones.stop_clock()
    await simulator.put_handset(ANNA, answers="busy")
    calling = await placing(hass, to=[ANNA, BJORN], ring_timeout=20)
    await phones.new(2)
    await phones.advance(2)
    await simulator.posted("hangup")
    await hass.async_block_till_done()
    assert async_stage(hass).size > 0
    await phones.advance(20)
    assert [row["outcome"] for row in await calling] == ["busy", "no_answer"]
    assert async_stage(hass).size == 0


async def test_twenty_calls_at_once_do_not_disturb_each_other(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """Each is answered by its own phone, and ends as that one does."""
    people = [f"+467017406{last}" for last in range(10, 30)]
    for index, phone in enumerate(people):
        await simulator.put_handset(phone, answers=("at_once", "busy")[index % 2])
    rows = await place_call(hass, to=people)
    assert [row["to"] for row in rows] == people
    assert [row["outcome"] for row in rows] == ["answered", "busy"] * 10
    assert len({row["call_id"] for row in rows}) == 20
    assert len(await simulator.requests("POST", "calls")) == 20


async def test_what_fails_for_one_stops_none_of_the_others(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """Each row tells its own."""
    await simulator.put_handset(BJORN, answers="at_once")
    await simulator.fail(answering("calls", 403, "Invalid to number") | {"times": 1})
    rows = await place_call(hass, to=["nobody", BJORN, ANNA], ring_timeout=5)
    assert rows[0] == {
        "to": "nobody",
        "error": "Field to: a phone number has no letters",
    }
    assert sorted(row.get("outcome") or "" for row in rows[1:]) == [
        "answered",
        "no_answer",
    ]


async def test_a_call_that_46elks_refuses_is_an_error(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """With 46elks' own words, and nobody is told of an end that cost nothing."""
    await simulator.fail(
        failing("calls", method="POST", kind="status", status=403, body="No credits")
    )
    with pytest.raises(HomeAssistantError, match="No credits"):
        await place_call(hass, to=[ANNA])
    assert async_stage(hass).size == 0
    with pytest.raises(HomeAssistantError, match=r"2 of 2 calls failed"):
        await place_call(hass, to=[ANNA, BJORN])


@pytest.mark.parametrize("state", ["busy", "failed"])
async def test_a_call_may_be_over_with_the_answer(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    state: str,
) -> None:
    """So nothing is waited for."""
    answer = (
        f'{{"id": "c1", "from": "{NUMBER}", "to": "{ANNA}", "direction": "outgoing",'
        f' "created": "2026-11-22T10:00:00", "state": "{state}"}}'
    )
    await simulator.fail(
        failing("calls", method="POST", kind="status", status=200, body=answer)
    )
    (row,) = await place_call(hass, to=[ANNA])
    assert (row["call_id"], row["outcome"]) == ("c1", state)


@pytest.mark.parametrize("answers", ["at_once", "busy", "never"])
async def test_a_call_whose_answer_was_lost_is_found(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones, answers: str
) -> None:
    """By what it posts, or in the history; it is never placed again."""
    await simulator.put_handset(ANNA, answers=answers)
    await simulator.fail(posting("drop_after"))
    (row,) = await place_call(hass, to=[ANNA])
    (call,) = await phones.calls()
    assert row["call_id"] == call["id"]
    assert row["outcome"] is not None
    assert len(await simulator.requests("POST", "calls")) == 1


async def test_a_call_that_rings_is_found_in_the_history(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """Before anybody has picked up."""
    await phones.stop_clock()
    await simulator.fail(posting("drop_after"))
    (row,) = await place_call(hass, to=[ANNA], wait=False)
    (call,) = await phones.calls()
    assert (row["call_id"], row["outcome"]) == (call["id"], None)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(posting("drop_before"), id="never there"),
        pytest.param(posting("status", status=500), id="broken"),
    ],
)
async def test_a_call_nobody_knows_of_is_not_placed_again(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    fault: Json,
) -> None:
    """That would ring twice; it is told, and later closed as unknown."""
    ended = async_capture_events(hass, "elks46_call_ended")
    await simulator.fail(fault)
    with pytest.raises(HomeAssistantError, match="Nobody knows"):
        await place_call(hass, to=[ANNA])
    assert len(await simulator.requests("POST", "calls")) == 1
    assert not ended


async def test_a_call_that_did_not_reach_46elks_is_tried_again(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
) -> None:
    """Nothing was sent, so nothing can ring twice."""
    await simulator.put_handset(ANNA, answers="at_once")
    calls = integration.runtime_data.client.calls
    refused = ElksConnectionError("refused", outcome_unknown=False)
    refusing_once = AsyncMock(wraps=calls.start, side_effect=[refused, DEFAULT])
    with patch.object(calls, "start", refusing_once):
        (row,) = await place_call(hass, to=[ANNA])
    assert row["outcome"] == "answered"
    assert refusing_once.await_count == 2
