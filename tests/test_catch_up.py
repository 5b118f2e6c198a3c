"""What 46elks did not, or could not, post: read from its history."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import timedelta
import json
from types import MappingProxyType
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import CoreState, Event, HomeAssistant, callback
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.const import CONF_NUMBER, CONF_NUMBER_ID, CONF_REACH

from . import (
    ANNA,
    NUMBER,
    OTHER_NUMBER,
    Json,
    SimulatorControl,
    answering,
    change_options,
    failing,
    killed,
    pass_time,
    send_sms,
    setup_integration,
)

pytestmark = pytest.mark.usefixtures("impatient")

LOST_TEXTS = {"match": {"callback": "sms"}, "kind": "lose", "times": None}
# For so long that the operator does not give up while a test lets time pass.
SWITCHED_OFF: Final[Json] = {"on": False, "validity": 1e9}
LOST_REPORTS = {"match": {"callback": "delivery"}, "kind": "lose", "times": None}


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


def without_overlap() -> AbstractContextManager[object]:
    """Let what was read before not be read once more."""
    return patch("custom_components.elks46.catch_up.HISTORY_OVERLAP", timedelta(0))


async def looks(simulator: SimulatorControl, after: int = 0) -> list[str]:
    """Return what was asked of the history, each page and each text."""
    return [one["url"] for one in await simulator.requests("GET", "sms*", after=after)]


# Later than all that has really happened, and yet a time that can be.
MINUTE: Final = f"{dt_util.utcnow() + timedelta(hours=12):%Y-%m-%dT%H:%M}"


def row(number: int, **fields: object) -> Json:
    """Return a text to the home as the history has it."""
    return {
        "id": f"s{number}",
        "direction": "incoming",
        "from": ANNA,
        "to": NUMBER,
        "created": f"{MINUTE}:{number:02}.000000",
        "message": str(number),
        **fields,
    }


def history(*rows: Mapping[str, object]) -> Json:
    """Return a fault that lets the history be this, newest first."""
    return answering("sms", 200, json.dumps({"data": rows[::-1]}))


def texts(received: Iterable[Event[dict[str, Any]]]) -> list[str]:
    """Return what was announced."""
    return [event.data["message"] for event in received]


async def test_the_first_start_tells_of_no_text_from_before(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    public_url: str,
) -> None:
    """Nobody wants a thousand old texts to start automations."""
    received = async_capture_events(hass, "elks46_sms_received")
    for number in range(3):
        await simulator.send_text(ANNA, NUMBER, f"old {number}")
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    await pass_time(hass, minutes=31)
    assert texts(received) == []
    assert len(await looks(simulator)) == 2


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "stopped"])
@pytest.mark.parametrize(
    "before", [[], ["before"]], ids=["the first texts ever", "others before"]
)
async def test_texts_that_came_while_the_home_was_down_are_told_once(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    kill: bool,
    before: list[str],
) -> None:
    """In the order in which they came."""
    received = async_capture_events(hass, "elks46_sms_received")
    for message in before:
        await simulator.send_text(ANNA, NUMBER, message)
        await simulator.posted("sms")
    await simulator.fail(LOST_TEXTS)
    async with killed(hass, integration):
        for number in range(3):
            await simulator.send_text(ANNA, NUMBER, f"new {number}")
    assert texts(received) == [*before, "new 0", "new 1", "new 2"]
    await simulator.fail()
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, minutes=31)
    assert len(received) == len(before) + 3


async def test_a_hundred_and_fifty_texts_take_two_pages(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """All are told, in order."""
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.fail(LOST_TEXTS)
    await simulator.put_handset(ANNA)
    for number in range(150):
        await simulator.send_text(ANNA, NUMBER, str(number))
    before = len(await simulator.log())
    await pass_time(hass, minutes=31)
    assert texts(received) == [str(number) for number in range(150)]
    assert len(await looks(simulator, before)) == 2


async def test_texts_to_other_numbers_are_not_ours(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Until the person adds the number; then only the new ones."""
    received = async_capture_events(hass, "elks46_sms_received")
    other = await simulator.put_number(OTHER_NUMBER)
    await simulator.fail(LOST_TEXTS)
    await simulator.send_text(ANNA, OTHER_NUMBER, "old")
    await pass_time(hass, minutes=31)
    await simulator.send_text(ANNA, OTHER_NUMBER, "just before")
    hass.config_entries.async_add_subentry(
        integration,
        ConfigSubentry(
            data=MappingProxyType(
                {CONF_NUMBER_ID: other["id"], CONF_NUMBER: OTHER_NUMBER}
            ),
            subentry_type="number",
            title=OTHER_NUMBER,
            unique_id=other["id"],
        ),
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    assert texts(received) == []
    await simulator.send_text(ANNA, OTHER_NUMBER, "new")
    await pass_time(hass, minutes=31)
    await pass_time(hass, minutes=31)
    assert texts(received) == ["new"]


async def test_a_quiet_account_tells_of_its_last_text_once_however_old_it_gets(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Each look shows it again, days after the last repeat 46elks would make."""
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.send_text(ANNA, NUMBER, "the last")
    await simulator.posted("sms")
    await hass.async_block_till_done()
    await pass_time(hass, minutes=31)
    with patch(
        "custom_components.elks46.received_log.REMEMBER_RECEIVED", timedelta(seconds=-1)
    ):
        for _ in range(3):
            await hass.config_entries.async_reload(integration.entry_id)
            await hass.async_block_till_done(wait_background_tasks=True)
    assert texts(received) == ["the last"]


async def test_where_46elks_cannot_post_it_is_asked_every_few_seconds(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """And everything works all the same."""
    await change_options(hass, integration, **{CONF_REACH: "poll"})
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.send_text(ANNA, NUMBER, "hello")
    await send_sms(hass, to=[ANNA], wait=0)
    before = len(await simulator.log())
    for _ in range(3):
        await pass_time(hass, seconds=21)
    assert len(await looks(simulator, before)) == 3
    assert texts(received) == ["hello"]
    (sent,) = integration.runtime_data.store.sent.values()
    assert sent.status == "delivered"


async def test_where_46elks_can_post_an_idle_hour_costs_twelve_requests(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """At most, and even with texts that never arrive."""
    await simulator.put_handset(ANNA, **SWITCHED_OFF)
    await simulator.fail(LOST_REPORTS)
    await asyncio.gather(
        *(send_sms(hass, to=[ANNA], message=str(n), wait=0) for n in range(10))
    )
    with without_overlap():
        await pass_time(hass, minutes=31)
        before = len(await simulator.log())
        for _ in range(2):
            await pass_time(hass, minutes=31)
        entries = await simulator.log(before)
    assert len([one for one in entries if one["type"] == "request"]) == 12


async def test_where_46elks_can_post_an_idle_day_costs_twelve_requests_an_hour(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """At most, in each hour, with every timer at its time; docs/measurements.md tells of it."""
    asked = []
    for _ in range(24):
        before = len(await simulator.log())
        for _ in range(60):
            freezer.tick(timedelta(minutes=1))
            await asyncio.sleep(0)
            await hass.async_block_till_done(wait_background_tasks=True)
        entries = await simulator.log(before)
        asked.append(len([one for one in entries if one["type"] == "request"]))

    assert min(asked) > 0
    assert max(asked) <= 12


async def test_when_posts_stop_to_arrive_the_history_is_read_soon(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Not only at the next half hour; and seldom again when they arrive."""
    reach = integration.runtime_data.reach
    reach.address_refused("No")
    reach.address_refused("No")
    before = len(await simulator.log())
    await pass_time(hass, seconds=21)
    await pass_time(hass, seconds=21)
    assert len(await looks(simulator, before)) == 2
    reach.address_accepted()
    await pass_time(hass, seconds=21)
    assert len(await looks(simulator, before)) == 2


async def test_texts_without_news_are_asked_for_in_turn(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """One each time, so all get their turn."""
    changes = async_capture_events(hass, "elks46_message_status")
    await simulator.put_handset(ANNA, **SWITCHED_OFF)
    await simulator.fail(LOST_REPORTS)
    rows = await asyncio.gather(
        *(send_sms(hass, to=[ANNA], message=str(n), wait=0) for n in range(5))
    )
    ids = {one[0]["id"] for one in rows}
    await pass_time(hass, minutes=31)
    before = len(await simulator.log())
    await simulator.put_handset(ANNA, on=True)
    await simulator.log(before, wait=5)
    changes.clear()
    with without_overlap():
        for told in range(1, 6):
            await pass_time(hass, minutes=31)
            assert len(changes) == told
    assert {event.data["id"] for event in changes} == ids
    assert len(changes) == 5


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(404, id="not there"),
        pytest.param(403, id="not ours"),
        pytest.param(200, id="not understood"),
    ],
)
async def test_a_text_that_46elks_has_forgotten_holds_up_nothing(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    status: int,
) -> None:
    """The others are asked for, and new ones are told."""
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.put_handset(ANNA, **SWITCHED_OFF)
    await simulator.fail(LOST_REPORTS)
    for number in range(4):
        await send_sms(hass, to=[ANNA], message=str(number), wait=0)
    await pass_time(hass, minutes=31)
    mark = integration.runtime_data.store.mark
    await simulator.fail(
        LOST_TEXTS, LOST_REPORTS, answering("sms/*", status, "Not found")
    )
    await simulator.put_handset(ANNA, on=True)
    with without_overlap():
        await pass_time(hass, minutes=31)
        before = len(await simulator.log())
        await simulator.send_text(ANNA, NUMBER, "hello")
        await pass_time(hass, minutes=31)
        assert texts(received) == ["hello"]
        assert integration.runtime_data.store.mark > mark
        assert len(await looks(simulator, before)) == 2
        await simulator.fail(LOST_REPORTS)
        for _ in range(4):
            await pass_time(hass, minutes=31)
    sent = integration.runtime_data.store.sent.values()
    assert {one.status for one in sent} == {"delivered"}


async def test_after_a_start_all_texts_without_news_are_asked_for(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Their reports may have been posted while nobody was at home."""
    await simulator.put_handset(ANNA, **SWITCHED_OFF)
    await simulator.fail(LOST_REPORTS)
    for number in range(5):
        await send_sms(hass, to=[ANNA], message=str(number), wait=0)
    await pass_time(hass, minutes=31)
    before = len(await simulator.log())
    with without_overlap():
        await hass.config_entries.async_reload(integration.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
    assert len(await looks(simulator, before)) == 6


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param({"id": "s2"}, id="nothing known"),
        pytest.param(row(2, id=None), id="no id"),
        pytest.param(row(2, created=None), id="no time"),
        pytest.param(row(2, created="soon"), id="no readable time"),
        pytest.param(row(2, direction="sideways"), id="no direction we know"),
        pytest.param(row(2, to=OTHER_NUMBER), id="not ours"),
    ],
)
async def test_a_row_that_cannot_be_read_does_not_hold_up_the_others(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    odd: Json,
) -> None:
    """Neither now nor later."""
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.fail(history(row(1), odd, row(3)))
    await pass_time(hass, minutes=31)
    assert texts(received) == ["1", "3"]
    await simulator.fail(history(row(1), odd, row(3), row(4)))
    await pass_time(hass, minutes=31)
    assert texts(received) == ["1", "3", "4"]


async def test_what_the_disk_refuses_is_read_again(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """But not told again."""
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.fail(history(row(1), row(2)))
    mark = integration.runtime_data.store.mark
    full = OSError(28, "No space left on device")
    with patch("custom_components.elks46.journal.FileIO", side_effect=full):
        await pass_time(hass, minutes=31)
        await pass_time(hass, minutes=31)
    assert texts(received) == ["1", "2"]
    assert "The disk refuses what was read from 46elks' history" in caplog.text
    assert integration.runtime_data.store.mark == mark
    await pass_time(hass, minutes=31)
    assert texts(received) == ["1", "2"]
    assert integration.runtime_data.store.mark > mark


async def test_a_time_that_cannot_be_hides_no_text(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Neither today nor after a restart: the mark stays where it was."""
    received = async_capture_events(hass, "elks46_sms_received")
    never = row(2, to=OTHER_NUMBER, created="9999-12-31T00:00:00.000000")
    ours = {**never, "id": "s5", "direction": "outgoing"}
    await simulator.fail(history(row(1), never, ours))
    await pass_time(hass, minutes=31)
    await simulator.fail(history(row(1), never, ours, row(3)))
    await pass_time(hass, minutes=31)
    assert texts(received) == ["1", "3"]


async def test_while_46elks_is_out_of_reach_the_mark_stays(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Only a complete reading moves it: the second page may fail."""
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.fail(LOST_TEXTS)
    for number in range(101):
        await simulator.send_text(ANNA, NUMBER, str(number))
    mark = integration.runtime_data.store.mark
    await simulator.fail(
        LOST_TEXTS, failing("sms", kind="delay", times=1), answering("sms", 500)
    )
    await pass_time(hass, minutes=31)
    assert texts(received) == []
    assert integration.runtime_data.store.mark == mark
    await simulator.fail()
    await pass_time(hass, minutes=31)
    assert len(received) == 101


@pytest.mark.parametrize("count", [1, 2], ids=["the last text", "one before"])
async def test_whoever_closes_finds_nothing_written_later(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    count: int,
) -> None:
    """A text that is told while the account is being closed is the last one."""
    catch_up, store = integration.runtime_data.catch_up, integration.runtime_data.store
    received = async_capture_events(hass, "elks46_sms_received")

    @callback
    def close(_: Event) -> None:
        catch_up.async_close()

    stop = hass.bus.async_listen("elks46_sms_received", close)
    mark = store.mark
    await simulator.fail(history(*(row(number) for number in range(count))))
    await pass_time(hass, minutes=31)
    stop()
    assert len(received) == 1
    assert store.mark == mark
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(received) == count


async def test_whoever_closes_while_a_text_is_asked_for_is_not_told_of_it(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """It is asked for again at the next start."""
    await simulator.put_handset(ANNA, **SWITCHED_OFF)
    await simulator.fail(LOST_REPORTS)
    await send_sms(hass, to=[ANNA], wait=0)
    await pass_time(hass, minutes=31)
    runtime = integration.runtime_data
    real = runtime.client.messages.get_sms

    async def close(message_id: str) -> object:
        runtime.catch_up.async_close()
        return await real(message_id)

    await simulator.put_handset(ANNA, on=True)
    await simulator.posted("delivery", 2)
    changes = async_capture_events(hass, "elks46_message_status")
    with without_overlap(), patch.object(runtime.client.messages, "get_sms", close):
        await pass_time(hass, minutes=31)
    assert not changes


async def test_the_history_waits_for_the_automations(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    public_url: str,
) -> None:
    """A text told before they listen would be lost to them."""
    entry.add_to_hass(hass)
    hass.set_state(CoreState.not_running)
    await setup_integration(hass, entry)
    await entry.runtime_data.catch_up.async_run()
    assert not await looks(simulator)
    hass.set_state(CoreState.running)
    hass.bus.async_fire("homeassistant_started")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(await looks(simulator)) == 1


async def test_two_readings_at_once_take_turns(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """The second finds nothing new."""
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.fail(history(row(1)))
    run = integration.runtime_data.catch_up.async_run
    await asyncio.gather(run(), run())
    assert texts(received) == ["1"]


async def test_a_disk_that_refuses_while_closing_is_not_worth_a_word(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A closed journal refuses like a disk."""
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    catch_up = integration.runtime_data.catch_up

    @callback
    def close(_: Event) -> None:
        catch_up.async_close()

    stop = hass.bus.async_listen("elks46_sms_received", close)
    await simulator.fail(history(row(1)))
    full = OSError(28, "No space left on device")
    with patch("custom_components.elks46.journal.FileIO", side_effect=full):
        await pass_time(hass, minutes=31)
    stop()
    assert "The disk refuses" not in caplog.text
