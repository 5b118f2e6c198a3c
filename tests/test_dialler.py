"""Calls that are tried again, ended, lost, and found after a restart."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
import json
from typing import Any, Final
from unittest.mock import DEFAULT, Mock, patch

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.elks46.address import Address
from custom_components.elks46.api import (
    Call,
    ElksConnectionError,
    ElksError,
    ElksForbiddenError,
    ElksServerError,
    ElksTimeoutError,
)
from custom_components.elks46.api.calls import CallsResource
from custom_components.elks46.call_look_up import CallLookUp
from custom_components.elks46.records import CallPlan, PhoneCall
from custom_components.elks46.stage import async_stage
from custom_components.elks46.switchboard import Program, async_get

from . import (
    ANNA,
    BJORN,
    NUMBER,
    Json,
    SimulatorControl,
    answering,
    change_options,
    failing,
    issues,
    killed,
    pass_time,
    setup_integration,
)
from .alerts import alerting
from .calls import LOST_ENDS, PATIENCE, Phones, end_call, place_call, post_call

pytestmark = pytest.mark.usefixtures("impatient")

NO_HISTORY: Final = failing("calls", kind="status", status=500)


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
def phones(simulator: SimulatorControl, integration: MockConfigEntry) -> Phones:
    """Return what steers the calls of a home."""
    return Phones(simulator)


async def remove(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the account."""
    await hass.config_entries.async_remove(entry_id)


async def disable(hass: HomeAssistant, entry_id: str) -> None:
    """Switch the account off."""
    await hass.config_entries.async_set_disabled_by(entry_id, ConfigEntryDisabler.USER)


def posting(kind: str, **what: Any) -> Json:
    """Return a fault of calls that are to be placed."""
    return failing("calls", method="POST", kind=kind, **what)


def outcomes(events: list[Event[dict[str, Any]]]) -> list[str]:
    """Return what came of each call."""
    return [event.data["outcome"] for event in events]


async def over(
    hass: HomeAssistant, simulator: SimulatorControl, count: int = 1
) -> None:
    """Return when the home has been told the end of so many calls."""
    await simulator.posted("hangup", count)
    await hass.async_block_till_done()


def overdue() -> AbstractContextManager[object]:
    """Let every call be one that should be over."""
    return patch("custom_components.elks46.dialler.END_LATE", timedelta(days=-1))


def known(integration: MockConfigEntry) -> PhoneCall:
    """Return the latest call as it stands."""
    call: PhoneCall = list(integration.runtime_data.store.calls.values())[-1]
    return call


async def ringing(hass: HomeAssistant, **data: object) -> Json:
    """Return the row of a call that has been placed."""
    (row,) = await place_call(hass, to=[ANNA], wait=False, **data)
    return row


@pytest.mark.parametrize("first", ["busy", "never"])
async def test_who_does_not_answer_is_called_once_more(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
    first: str,
) -> None:
    """A silenced phone lets the second call through; the row tells of that one."""
    ended = async_capture_events(hass, "elks46_call_ended")
    await simulator.put_handset(ANNA, answers=first)
    calling = asyncio.create_task(place_call(hass, to=[ANNA], ring_twice=True))
    await over(hass, simulator)
    await integration.runtime_data.catch_up.async_run()
    assert not calling.done()
    assert async_stage(hass).size > 0
    await simulator.put_handset(ANNA, answers="at_once")
    await pass_time(hass, seconds=31)
    (row,) = await calling
    both = await phones.calls()
    assert (row["outcome"], row["call_id"]) == ("answered", both[1]["id"])
    assert len(both) == len(ended) == 2
    assert async_stage(hass).size == 0


async def test_who_does_not_answer_twice_is_left_alone(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """Also after a restart."""
    await simulator.put_handset(ANNA, answers="busy")
    calling = asyncio.create_task(place_call(hass, to=[ANNA], ring_twice=True))
    await over(hass, simulator)
    await pass_time(hass, seconds=31)
    assert [row["outcome"] for row in await calling] == ["busy"]
    await pass_time(hass, minutes=5)
    async with killed(hass, integration):
        pass
    await pass_time(hass, minutes=5)
    assert len(await phones.calls()) == 2


async def test_who_answers_is_not_called_again(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """Ringing twice is for those who do not."""
    await simulator.put_handset(ANNA, answers="at_once")
    await place_call(hass, to=[ANNA], ring_twice=True)
    await pass_time(hass, minutes=5)
    assert len(await phones.calls()) == 1


async def test_a_second_call_that_cannot_be_placed_ends_the_waiting(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The row tells of the first then, and the sound goes."""
    await simulator.put_handset(ANNA, answers="busy")
    calling = asyncio.create_task(place_call(hass, to=[ANNA], ring_twice=True))
    await over(hass, simulator)
    with patch.object(
        integration.runtime_data.guard,
        "reserve_call",
        side_effect=HomeAssistantError("No more"),
    ):
        await pass_time(hass, seconds=31)
    assert [row["outcome"] for row in await calling] == ["busy"]
    assert "was not tried again: No more" in caplog.text
    assert async_stage(hass).size == 0


async def test_a_second_call_is_placed_although_the_account_was_reloaded(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """Whoever waited goes on with what was known then."""
    await simulator.put_handset(ANNA, answers="busy")
    calling = asyncio.create_task(place_call(hass, to=[ANNA], ring_twice=True))
    await over(hass, simulator)
    await change_options(hass, integration, hourly_call_limit=29)
    assert not calling.done()
    await simulator.put_handset(ANNA, answers="at_once")
    await pass_time(hass, seconds=31)
    await over(hass, simulator, 2)
    assert [row["outcome"] for row in await calling] == ["answered"]
    assert [call["result"] for call in await phones.calls()] == ["busy", "success"]


async def test_after_three_minutes_nobody_is_called_again(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """A phone would not let it through, and nobody expects it."""
    await simulator.put_handset(ANNA, answers="busy")
    await ringing(hass, ring_twice=True)
    await over(hass, simulator)
    with patch("custom_components.elks46.dialler.REDIAL_WITHIN", timedelta(0)):
        await hass.config_entries.async_reload(integration.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, minutes=1)
    assert len(await phones.calls()) == 1


async def test_a_call_that_is_to_be_tried_again_is_ended_now(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """Who waits for it goes on."""
    await simulator.put_handset(ANNA, answers="busy")
    calling = asyncio.create_task(place_call(hass, to=[ANNA], ring_twice=True))
    await over(hass, simulator)
    (call,) = await phones.calls()
    assert await end_call(hass, call["id"]) == "now"
    assert [row["outcome"] for row in await calling] == ["busy"]
    await pass_time(hass, minutes=1)
    assert len(await phones.calls()) == 1
    assert async_stage(hass).size == 0
    with pytest.raises(ServiceValidationError, match=f"{call['id']} is over"):
        await end_call(hass, call["id"])


async def test_a_second_call_that_is_just_being_placed_is_ended_now(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It rings no more, and who waits goes on."""
    calls: CallsResource = integration.runtime_data.client.calls
    history, asked, answered = calls.history, asyncio.Event(), asyncio.Event()

    async def slow(after: datetime | None) -> AsyncIterator[Call]:
        asked.set()
        await answered.wait()
        async for row in history(after):
            yield row

    await simulator.put_handset(ANNA, answers="busy")
    calling = asyncio.create_task(place_call(hass, to=[ANNA], ring_twice=True))
    await over(hass, simulator)
    (call,) = await phones.calls()
    with patch.object(calls, "history", slow):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
        await asked.wait()
        assert await end_call(hass, call["id"]) == "now"
        answered.set()
        assert [row["outcome"] for row in await calling] == ["busy"]
    assert len(await phones.calls()) == 1
    assert async_stage(hass).size == 0
    assert "was not tried again" not in caplog.text


async def test_a_second_call_that_is_placed_meanwhile_is_told_of(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """It rings, and ends when it asks what to do."""
    await simulator.put_handset(ANNA, answers="busy")
    row = await ringing(hass, ring_twice=True)
    await over(hass, simulator)
    await phones.stop_clock()
    await simulator.put_handset(ANNA, answers="manual")
    store, together, asked = (
        integration.runtime_data.store,
        asyncio.Barrier(2),
        asyncio.Event(),
    )
    record = store.async_record_call

    async def record_together(call: PhoneCall, **how: Any) -> None:
        asked.set()
        await together.wait()
        await record(call, **how)

    with patch.object(store, "async_record_call", record_together):
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=31))
        await asked.wait()
        ending = asyncio.create_task(end_call(hass, row["call_id"]))
        while len(store.calls) < 2:
            await asyncio.sleep(0)
    assert await ending == "at_next_instruction"
    second = (await phones.new(2))[1]["id"]
    await phones.phase(second, "ringing")
    await phones.do(second, "answer")
    assert (await phones.end(second))["actions"] == [{"hangup": "reject"}]


async def test_the_second_call_is_ended_by_the_id_of_the_first(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """That is the one whoever placed it knows."""
    await simulator.put_handset(ANNA, answers="busy")
    row = await ringing(hass, ring_twice=True)
    await over(hass, simulator)
    await phones.stop_clock()
    await simulator.put_handset(ANNA, answers="manual")
    await pass_time(hass, seconds=31)
    assert await end_call(hass, row["call_id"]) == "at_next_instruction"
    second = (await phones.new(2))[1]["id"]
    await phones.phase(second, "ringing")
    await phones.do(second, "answer")
    end = await phones.end(second)
    assert end["actions"] == [{"hangup": "reject"}]


@pytest.mark.parametrize("answered", [True, False], ids=["playing", "ringing"])
async def test_a_call_ends_when_it_next_asks(
    hass: HomeAssistant, phones: Phones, answered: bool
) -> None:
    """46elks takes no word in between, and the action says so."""
    await phones.stop_clock()
    row = await ringing(hass, acknowledge="1", repeat=5, ring_twice=True)
    ends = {True: phones.answered, False: phones.new}
    await ends[answered]()
    assert await end_call(hass, row["call_id"]) == "at_next_instruction"
    call = (await phones.calls())[0]
    finish = {True: ("digits", {"digits": "2"}), False: ("answer", {})}
    what, fields = finish[answered]
    await phones.do(call["id"], what, **fields)
    end = await phones.end(call["id"])
    assert end["actions"][-1] == {"hangup": "reject"}


async def test_a_call_that_is_to_end_ends_also_after_a_reload(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """The wish is written down."""
    await phones.stop_clock()
    row = await ringing(hass)
    await end_call(hass, row["call_id"])
    await hass.config_entries.async_reload(integration.entry_id)
    await phones.do(row["call_id"], "answer")
    end = await phones.end(row["call_id"])
    assert end["actions"] == [{"hangup": "reject"}]


async def test_an_unknown_call_cannot_be_ended(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """The error names the field."""
    with pytest.raises(ServiceValidationError, match="Field call_id"):
        await end_call(hass, "c1")


async def test_an_end_that_was_not_posted_is_asked_for(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """When the call should be over, and not before."""
    ended = async_capture_events(hass, "elks46_call_ended")
    await simulator.put_handset(ANNA, answers="at_once")
    await simulator.fail(LOST_ENDS)
    calling = asyncio.create_task(place_call(hass, to=[ANNA]))
    await over(hass, simulator)
    await pass_time(hass, minutes=1, seconds=1)
    assert not await simulator.requests("GET", "calls/*")
    assert not ended
    with overdue():
        await pass_time(hass, minutes=1, seconds=1)
    assert [row["outcome"] for row in await calling] == ["answered"]
    assert outcomes(ended) == ["answered"]
    assert len(await simulator.requests("GET", "calls/*")) == 1
    await pass_time(hass, minutes=31)
    assert len(await simulator.requests("GET", "calls/*")) == 1


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        pytest.param(answering("calls/*", 404, "Not found"), "unknown", id="deleted"),
        pytest.param(answering("calls/*", 200, "{}"), "unknown", id="unreadable"),
        pytest.param(failing("calls/*", kind="status", status=500), None, id="broken"),
    ],
)
async def test_a_call_46elks_does_not_know_is_closed_when_it_should_be_over(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    fault: Json,
    outcome: str | None,
) -> None:
    """But not because 46elks is broken."""
    await simulator.put_handset(ANNA, answers="at_once")
    await simulator.fail(LOST_ENDS, fault)
    await ringing(hass)
    await over(hass, simulator)
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert known(integration).outcome is None
    with overdue():
        await pass_time(hass, minutes=1, seconds=1)
    assert known(integration).outcome == outcome


async def test_a_call_that_never_ends_is_given_up_after_hours(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """46elks says ongoing for ever."""
    await phones.stop_clock()
    await ringing(hass)
    with overdue():
        await pass_time(hass, minutes=1, seconds=1)
        assert known(integration).outcome is None
        with patch("custom_components.elks46.dialler.END_NEVER", timedelta(0)):
            await pass_time(hass, minutes=1, seconds=1)
    assert known(integration).outcome == "unknown"


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [("at_once", "answered"), ("busy", "busy"), ("never", "no_answer")],
)
async def test_a_call_that_ended_while_the_home_was_down_is_settled(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
    answers: str,
    outcome: str,
) -> None:
    """Told once, by the history."""
    ended = async_capture_events(hass, "elks46_call_ended")
    await phones.stop_clock()
    await simulator.put_handset(ANNA, answers=answers)
    await simulator.fail(LOST_ENDS)
    await ringing(hass)
    async with killed(hass, integration):
        await phones.run_clock()
        (call,) = await phones.calls()
        await phones.end(call["id"])
    assert outcomes(ended) == [outcome]
    assert known(integration).id == call["id"]
    assert integration.runtime_data.store.calls_today == 1


@pytest.mark.parametrize("placed", [True, False], ids=["taken", "not taken"])
async def test_a_kill_before_the_answer_is_settled(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
    placed: bool,
) -> None:
    """The call is found, or closed as unknown; in no case is it placed again."""
    await phones.stop_clock()
    await simulator.fail(posting("delay", seconds=0.3, accepted=placed), LOST_ENDS)
    calling = asyncio.create_task(ringing(hass))
    while not list(integration.runtime_data.store.calls):
        await asyncio.sleep(0)
    before = list(integration.runtime_data.store.calls.values())
    while placed and not await phones.calls():
        await asyncio.sleep(0)
    with patch("custom_components.elks46.dialler.CLOSE_SECONDS", 0.01):
        async with killed(hass, integration):
            with pytest.raises(HomeAssistantError):
                await calling
    assert [call.ref for call in before] == [known(integration).ref]
    assert [known(integration).id] == [
        *(call["id"] for call in await phones.calls()),
        None,
    ][:1]
    with overdue():
        await pass_time(hass, minutes=1, seconds=1)
    assert known(integration).outcome == {True: None, False: "unknown"}[placed]
    assert len(await phones.calls()) == placed


async def test_the_answer_of_46elks_is_waited_for_when_unloading(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """It takes some seconds at most."""
    await simulator.fail(posting("delay", seconds=0.2, accepted=True))
    calling = asyncio.create_task(ringing(hass))
    store = integration.runtime_data.store
    while not list(store.calls):
        await asyncio.sleep(0)
    await hass.config_entries.async_unload(integration.entry_id)
    assert (await calling)["call_id"]


async def test_who_asks_and_leaves_has_called_all_the_same(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Half a call is neither; what then fails is in the log."""
    for fault in (posting("delay", seconds=0.1, accepted=True), posting("status")):
        await simulator.fail(fault)
        before = len(integration.runtime_data.store.calls)
        calling = asyncio.create_task(ringing(hass))
        while len(integration.runtime_data.store.calls) == before:
            await asyncio.sleep(0)
        calling.cancel()
        await asyncio.wait({calling})
        await hass.async_block_till_done()
    assert len(await phones.calls()) == 1
    assert "A call that nobody waits for failed" in caplog.text


async def test_a_call_of_another_program_is_not_taken_for_ours(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """It was in the history before ours was asked for."""
    await simulator.control(
        "POST",
        "history/calls",
        {"from": NUMBER, "to": ANNA, "direction": "outgoing", "state": "success"},
    )
    await simulator.fail(posting("drop_before"))
    with pytest.raises(HomeAssistantError, match="Nobody knows"):
        await ringing(hass)


@pytest.mark.parametrize(
    "history",
    [
        pytest.param({"kind": "status", "status": 500}, id="broken"),
        pytest.param({"kind": "delay", "seconds": 0.3}, id="slow"),
    ],
)
async def test_an_alarm_rings_although_the_history_cannot_be_read(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    history: Json,
) -> None:
    """But then a lost answer stays lost."""
    await simulator.put_handset(ANNA, answers="at_once")
    await simulator.fail(failing("calls", **history))
    with patch("custom_components.elks46.call_look_up.NEWEST_SECONDS", 0.1):
        (row,) = await place_call(hass, to=[ANNA])
        assert row["outcome"] == "answered"
        await simulator.fail(failing("calls", **history), posting("drop_before"))
        with pytest.raises(HomeAssistantError, match="Nobody knows"):
            await ringing(hass)


async def test_an_address_that_goes_while_a_call_is_asked_for(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """The call is steered by the address it was asked for with, as the cloud's remains when it is away."""
    await simulator.put_handset(ANNA, answers="at_once")
    known = Address.callback_url
    asked: Counter[str] = Counter()

    def once(address: Address, kind: str, ref: str | None = None) -> str | None:
        asked[kind] += 1
        return {1: known(address, kind, ref)}.get(asked[kind])

    with patch.object(Address, "callback_url", once):
        (row,) = await place_call(hass, to=[ANNA])
    (posted,) = await simulator.requests("POST", "calls")

    assert row["outcome"] == "answered"
    assert posted["fields"]["voice_start"].startswith("http")


async def test_a_time_that_cannot_be_is_none(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """A row from the future would hide all that is looked for."""
    await phones.stop_clock()
    future = dt_util.utcnow() + timedelta(days=2)
    row = {
        "id": "c1",
        "from": NUMBER,
        "to": BJORN,
        "direction": "outgoing",
        "created": f"{future:%Y-%m-%dT%H:%M:%S}",
    }
    await simulator.fail(
        answering("calls", 200, json.dumps({"data": [row]})) | {"times": 1},
        posting("drop_after"),
    )
    assert (await ringing(hass))["call_id"] == (await phones.calls())[0]["id"]


async def test_a_disk_that_refuses_keeps_no_alarm_in(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
) -> None:
    """It is told in Repairs."""
    await simulator.put_handset(ANNA, answers="busy")
    with patch(
        "custom_components.elks46.journal.Journal.async_append",
        side_effect=OSError(28, "No space left"),
    ):
        row = await ringing(hass)
    assert row["call_id"]
    assert "disk_refuses" in issues(hass)


async def test_a_full_disk_leaves_no_call_open(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """Who does not answer is called once more, and whoever waits goes on."""
    await simulator.put_handset(ANNA, answers="busy")
    with patch(
        "custom_components.elks46.journal.Journal.async_append",
        side_effect=OSError(28, "No space left"),
    ):
        calling = asyncio.create_task(place_call(hass, to=[ANNA], ring_twice=True))
        await over(hass, simulator)
        await pass_time(hass, seconds=31)
        assert [row["outcome"] for row in await calling] == ["busy"]
    assert len(await phones.calls()) == 2
    assert hass.states.is_state("binary_sensor.46701740690_in_call", "off")


async def test_the_history_closes_all_calls_although_the_disk_is_full(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """One that cannot be written down keeps none after it open."""
    await simulator.fail(LOST_ENDS)
    await simulator.put_handset(ANNA, answers="busy")
    await simulator.put_handset(BJORN, answers="busy")
    await place_call(hass, to=[ANNA, BJORN], wait=False)
    for call in await phones.calls():
        await phones.end(str(call["id"]))
    with (
        overdue(),
        patch(
            "custom_components.elks46.journal.Journal.async_append",
            side_effect=OSError(28, "No space left"),
        ),
    ):
        await integration.runtime_data.catch_up.async_run()
    calls = integration.runtime_data.store.calls.values()
    assert [call.outcome for call in calls] == ["busy", "busy"]


async def test_a_home_that_46elks_cannot_reach_calls_nobody(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """What to play could not be fetched, or not be asked for."""
    address = integration.runtime_data.address
    with (
        patch.object(address, "callback_url", return_value=None),
        pytest.raises(HomeAssistantError, match="cannot post to this home"),
    ):
        await ringing(hass)
    await change_options(hass, integration, reach="poll")
    with pytest.raises(HomeAssistantError, match="cannot fetch audio"):
        await ringing(hass)
    assert not await simulator.requests("POST", "calls")


async def test_a_restart_takes_the_sound_so_who_answers_then_is_hung_up_on(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry, public_url: str
) -> None:
    """Better than silence; the call counts as answered, not as acknowledged."""
    await phones.stop_clock()
    row = await ringing(hass, acknowledge="1")
    call = known(integration)
    async with killed(hass, integration):
        hass.data.pop("elks46_switchboards")
        for token in call.plan.sounds if call.plan else ():
            async_stage(hass).async_withdraw(token)
    await phones.do(row["call_id"], "answer")
    end = await phones.end(row["call_id"])
    assert end["actions"] == [{"hangup": "reject"}]


async def test_the_guard_is_asked_before_each_call(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """Also of those that are under way at once; what was refused by 46elks does not count."""
    limited = async_capture_events(hass, "elks46_limit_reached")
    await phones.stop_clock()
    await change_options(hass, integration, hourly_call_limit=2)
    await simulator.fail(
        posting("status", status=403, body="No") | {"times": 1},
    )
    with pytest.raises(HomeAssistantError, match="No"):
        await ringing(hass)
    people = [f"+467017406{last}" for last in range(10, 14)]
    rows = await place_call(hass, to=people, wait=False)
    assert sum("call_id" in row for row in rows) == 2
    assert all("2 calls" in row["error"] for row in rows if "call_id" not in row)
    assert [event.data["limit"] for event in limited] == ["hourly_call_limit"]
    assert limited[0].data["action"] == "place_call"


async def test_the_money_of_calls_under_way_is_counted(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """As long as nobody knows what they cost; then the next is thought to cost as much."""
    await phones.stop_clock()
    await change_options(hass, integration, daily_spend_limit=2)
    await place_call(hass, to=[ANNA], wait=False)
    with pytest.raises(HomeAssistantError, match="spend more"):
        await place_call(hass, to=[BJORN], wait=False)
    call_id = await phones.answered()
    await phones.run_clock()
    await phones.end(call_id)
    await over(hass, simulator)
    await place_call(hass, to=[BJORN], wait=False)
    assert len(await phones.calls()) == 2


async def test_a_number_that_is_never_called(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Emergency numbers, for one."""
    with pytest.raises(ServiceValidationError):
        await place_call(hass, to=["+46944123456"], wait=False)


async def test_a_refusal_that_a_post_proves_wrong_is_none(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """Somebody has picked up, so it was placed."""
    fate = {
        "callid": "c1",
        "direction": "outgoing",
        "from": NUMBER,
        "to": ANNA,
        "result": "newoutgoing",
    }

    async def answered_and(error: ElksError, **_: object) -> None:
        await post_call(public_url, "call", fate, ref=known(integration).ref)
        while known(integration).id is None:
            await asyncio.sleep(0)
        raise error

    for error in (
        ElksForbiddenError(403, "No"),
        ElksConnectionError("lost"),
        ElksTimeoutError("late"),
    ):
        with patch.object(
            integration.runtime_data.client.calls,
            "start",
            partial(answered_and, error),
        ):
            row = await ringing(hass)
        assert row["call_id"] == "c1"


async def test_a_call_that_never_reached_46elks_is_told_so(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """After some tries; it counts in no limit."""
    ended = async_capture_events(hass, "elks46_call_ended")
    error = ElksConnectionError("refused", outcome_unknown=False)
    with (
        patch.object(
            integration.runtime_data.client.calls, "start", side_effect=error
        ) as start,
        pytest.raises(HomeAssistantError, match="was not placed"),
    ):
        await ringing(hass)
    assert start.call_count == 3
    assert outcomes(ended) == ["failed"]
    await change_options(hass, integration, hourly_call_limit=1)
    assert (await ringing(hass))["call_id"]


async def test_a_history_that_breaks_meanwhile_is_looked_into_again(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """One that works the next time has the call, besides others."""
    await phones.stop_clock()
    calls: CallsResource = integration.runtime_data.client.calls
    history = calls.history

    async def with_others(after: datetime | None) -> AsyncIterator[Call]:
        async for row in history(after):
            yield replace(row, id="c0", callee=BJORN)
            yield row

    looks = [DEFAULT, ElksServerError(500, "Broken"), DEFAULT]
    look = Mock(wraps=with_others, side_effect=looks)
    await simulator.fail(posting("drop_after"))
    with patch.object(calls, "history", look):
        row = await ringing(hass)
    assert row["call_id"] == (await phones.calls())[0]["id"]
    assert look.call_count == 3


def being_placed() -> list[str]:
    """Return the names of what places calls."""
    names = (task.get_name() for task in asyncio.all_tasks())
    return [name for name in names if name.startswith("elks46 call ")]


async def test_a_call_that_waits_its_turn_is_not_placed_when_the_account_goes(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Whoever asked can ask again."""
    await simulator.fail(posting("delay", seconds=0.2, accepted=True))
    first = asyncio.create_task(ringing(hass))
    while not list(integration.runtime_data.store.calls):
        await asyncio.sleep(0)
    second = asyncio.create_task(ringing(hass))
    while len(being_placed()) < 2:
        await asyncio.sleep(0)
    await hass.config_entries.async_unload(integration.entry_id)
    assert (await first)["call_id"]
    with pytest.raises(HomeAssistantError, match="being reloaded"):
        await second


async def test_a_call_goes_on_while_the_way_of_posts_is_changed(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """It has its address from before."""
    await phones.stop_clock()
    row = await ringing(hass)
    await change_options(hass, integration, reach="poll")
    await phones.do(row["call_id"], "answer")
    await phones.phase(row["call_id"], "playing")


async def test_what_is_asked_of_calls_is_dropped_when_the_account_goes(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """It is asked again at the next start."""
    ended = async_capture_events(hass, "elks46_call_ended")
    await phones.stop_clock()
    row = await ringing(hass)
    await simulator.fail(LOST_ENDS, failing("calls/*", kind="delay", seconds=0.2))
    calls: CallsResource = integration.runtime_data.client.calls
    get, asked = calls.get, asyncio.Event()

    async def asking(call_id: str) -> Call:
        asked.set()
        return await get(call_id)

    with overdue(), patch.object(calls, "get", asking):
        reading = asyncio.create_task(integration.runtime_data.catch_up.async_run())
        await asked.wait()
        await phones.do(row["call_id"], "decline")
        await hass.config_entries.async_unload(integration.entry_id)
        await reading
    assert not ended
    await setup_integration(hass, integration)
    assert outcomes(ended) == ["busy"]


async def test_the_switchboard_forgets_the_oldest_first(
    hass: HomeAssistant, public_url: str, phones: Phones, integration: MockConfigEntry
) -> None:
    """A year of calls must not fill the memory; what it has forgotten can still be ended."""
    await phones.stop_clock()
    await ringing(hass)
    first = known(integration)
    with patch("custom_components.elks46.switchboard.PROGRAMS_AT_MOST", 1):
        await place_call(hass, to=[BJORN], wait=False)
    form = {"callid": str(first.id), "direction": "outgoing", "to": ANNA}
    _, document = await post_call(public_url, "call", form, ref=first.ref)
    assert document == {"hangup": "reject"}
    assert await end_call(hass, str(first.id)) == "at_next_instruction"


async def test_a_call_the_store_has_forgotten_is_still_answered(
    hass: HomeAssistant, public_url: str, phones: Phones, integration: MockConfigEntry
) -> None:
    """There is nothing to write down then."""
    program = Program(
        plan=CallPlan(sounds=("a",), seconds=1, repeat=1, ring_timeout=5),
        sounds=("https://a.example/a.wav",),
        next_url="https://a.example/next",
    )
    switchboard = async_get(hass, integration.entry_id)
    switchboard.expect("ghost", program)
    form = {"callid": "c1", "direction": "outgoing", "to": ANNA}
    _, document = await post_call(public_url, "call", form, ref="ghost")
    assert document == {"play": "https://a.example/a.wav", "skippable": False}
    assert not integration.runtime_data.store.calls


async def test_what_an_account_that_goes_cannot_write_down_is_no_news(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    phones: Phones,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is read again at the next start; only a disk that refuses is worth a warning."""
    await simulator.fail(LOST_ENDS)
    await simulator.put_handset(ANNA, answers="busy")
    row = await ringing(hass)
    await phones.end(row["call_id"])
    catch_up, dialler = (
        integration.runtime_data.catch_up,
        integration.runtime_data.dialler,
    )

    async def close_and_refuse(*_: object) -> None:
        catch_up.async_close()
        raise OSError(28, "No space left")

    with overdue(), patch.object(dialler, "async_ended", close_and_refuse):
        await catch_up.async_run()
    assert "The disk refuses" not in caplog.text


async def test_who_waits_for_a_call_does_so_while_a_contact_is_changed(
    hass: HomeAssistant, integration: MockConfigEntry, phones: Phones
) -> None:
    """The account is set up anew, and the answer tells the end all the same."""
    await phones.stop_clock()
    calling = asyncio.create_task(place_call(hass, to=[ANNA]))
    (call,) = await phones.new()
    await phones.phase(call["id"], "ringing")
    await change_options(hass, integration, keep_text=False)
    assert not calling.done()
    await phones.do(call["id"], "decline")
    (row,) = await calling
    assert row["outcome"] == "busy"


@pytest.mark.parametrize("go", [remove, disable])
async def test_who_waits_for_a_call_goes_on_when_its_account_goes(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    phones: Phones,
    go: Callable[[HomeAssistant, str], Coroutine[Any, Any, None]],
) -> None:
    """Nobody will tell its end."""
    await phones.stop_clock()
    calling = asyncio.create_task(place_call(hass, to=[ANNA]))
    (call,) = await phones.new()
    await phones.phase(call["id"], "ringing")
    await go(hass, integration.entry_id)
    (row,) = await calling
    assert (row["call_id"], row["outcome"]) == (call["id"], None)


@pytest.mark.parametrize(
    ("acknowledge", "ended"),
    [
        pytest.param({}, "at_its_end", id="only plays"),
        pytest.param({"acknowledge": "1"}, "at_next_instruction", id="asks"),
    ],
)
async def test_when_a_call_ends_that_was_picked_up_is_told(
    hass: HomeAssistant, phones: Phones, acknowledge: Json, ended: str
) -> None:
    """46elks asks again only where there is a key to press."""
    await phones.stop_clock()
    (row,) = await place_call(hass, to=[ANNA], wait=False, **acknowledge)
    await phones.answered()
    await hass.async_block_till_done()
    assert await end_call(hass, row["call_id"]) == ended


async def hears_something(phones: Phones, call_id: str, verb: str) -> None:
    """Answer a call that rings, and see that there is something to hear."""
    await phones.phase(call_id, "ringing")
    await phones.do(call_id, "answer")
    await phones.hears(call_id, verb)


@asynccontextmanager
async def reading_history() -> AsyncIterator[None]:
    """Do something while 46elks is asked for its history, before a call is placed."""
    begun, may_go_on = asyncio.Event(), asyncio.Event()

    async def newest(_: CallLookUp) -> datetime | None:
        begun.set()
        await may_go_on.wait()
        return None

    with patch.object(CallLookUp, "async_newest", newest):
        async with asyncio.timeout(PATIENCE):
            await begun.wait()
        yield
        may_go_on.set()


async def test_who_is_called_hears_something_although_the_script_was_stopped(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """In the moment before the call was placed."""
    await phones.stop_clock()
    calling = asyncio.create_task(place_call(hass, to=[ANNA]))
    async with reading_history():
        calling.cancel()
        await asyncio.wait({calling})
    (call,) = await phones.new()
    await hears_something(phones, call["id"], "play")
    await phones.run_clock()
    await simulator.posted("hangup")
    await hass.async_block_till_done()
    assert async_stage(hass).size == 0


async def test_who_is_alerted_hears_something_although_the_account_is_set_up_anew(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    phones: Phones,
) -> None:
    """In the moment before the call was placed."""
    await phones.stop_clock()
    going = alerting(hass, "Anna")
    async with reading_history():
        changing = asyncio.create_task(
            hass.config_entries.async_reload(integration.entry_id)
        )
        while integration.state is ConfigEntryState.LOADED:
            await asyncio.sleep(0)
    (call,) = await phones.new()
    await changing
    await hears_something(phones, call["id"], "ivr")
    await phones.do(call["id"], "digits", digits="1")
    assert (await going)["by"] == "Anna"


async def test_what_a_call_that_is_not_placed_would_have_played_is_let_go(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """Also where nobody waits for it any more."""
    await simulator.fail(posting("status", status=403))
    calling = asyncio.create_task(place_call(hass, to=[ANNA]))
    async with reading_history():
        calling.cancel()
        await asyncio.wait({calling})
    await hass.async_block_till_done()
    assert async_stage(hass).size == 0


async def test_a_voicemail_box_is_called_once_more_where_a_key_is_asked_for(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones
) -> None:
    """It presses none, and the phone it belongs to may let the second call through."""
    await simulator.put_handset(ANNA, answers="never", voicemail=20)
    calling = asyncio.create_task(
        place_call(hass, to=[ANNA], acknowledge="1", ring_twice=True)
    )
    await over(hass, simulator)
    await pass_time(hass, seconds=31)
    await over(hass, simulator, 2)
    assert [row["outcome"] for row in await calling] == ["answered"]
    assert len(await phones.calls()) == 2
