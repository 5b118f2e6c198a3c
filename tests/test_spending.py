"""What the account spends, whoever spends it."""

from datetime import timedelta
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.recorder import Recorder
from homeassistant.components.recorder.statistics import statistics_during_period
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
    do_adhoc_statistics,
)

from custom_components.elks46.const import CONF_REACH, Reach

from . import (
    ANNA,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    answering,
    failing,
    killed,
    open_subaccount,
    pass_time,
    post_46elks,
    send_sms,
    setup_integration,
)

NO_BILL = answering("billing", 404, "Not found")
BROKEN_BILL = answering("billing", 500)
WITH_AND_WITHOUT_A_BILL = pytest.mark.parametrize(
    "faults", [pytest.param((), id="bill"), pytest.param((NO_BILL,), id="balance")]
)


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


def spent(hass: HomeAssistant) -> tuple[str, str]:
    """Return what is shown of today and of this month."""
    today = hass.states.get("sensor.46elks_spent_today")
    month = hass.states.get("sensor.46elks_spent_this_month")
    assert today
    assert month
    return today.state, month.state


async def others(simulator: SimulatorControl, sort: str, **fields: str) -> None:
    """Let somebody else on the account call or text."""
    known = {"from": NUMBER, "to": ANNA, "direction": "outgoing"}
    await simulator.control("POST", f"history/{sort}", known | fields)


async def rent(simulator: SimulatorControl) -> None:
    """Let somebody else on the account rent a number."""
    login = simulator.username, simulator.password
    await post_46elks(simulator, "numbers", login, country="se")


async def read(hass: HomeAssistant) -> None:
    """Let the account be read."""
    await pass_time(hass, minutes=31)


async def started(
    hass: HomeAssistant, simulator: SimulatorControl, entry: MockConfigEntry
) -> None:
    """Set an account up in Sweden."""
    await hass.config.async_set_time_zone("Europe/Stockholm")
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)


@WITH_AND_WITHOUT_A_BILL
async def test_everything_counts_but_what_is_paid_in(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    faults: tuple[Json, ...],
) -> None:
    """Texts, calls and rents, of this home and of others; each once."""
    await simulator.fail(*faults)
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert spent(hass) == ("0", "0")

    await send_sms(hass, to=ANNA)
    assert spent(hass) == ("0.52", "0.52")
    await read(hass)
    assert spent(hass) == ("0.52", "0.52")

    await others(simulator, "sms", message="Hello")
    await others(simulator, "calls", cost="1.30")
    await rent(simulator)
    await send_sms(hass, to=ANNA)
    assert spent(hass) == ("1.04", "1.04")
    await read(hass)
    assert spent(hass) == ("32.86", "32.86")

    await send_sms(hass, to=ANNA)
    await simulator.put_account(balance="500.00")
    await read(hass)
    assert spent(hass) == ("33.38", "33.38")

    await hass.config_entries.async_reload(integration.entry_id)
    await read(hass)
    assert spent(hass) == ("33.38", "33.38")


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        pytest.param((), "1.82", id="the bill knows"),
        pytest.param((NO_BILL,), "0.52", id="the balance knows only this home's"),
    ],
)
async def test_what_others_spend_while_money_is_paid_in(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    faults: tuple[Json, ...],
    expected: str,
) -> None:
    """Only the bill can tell the two apart."""
    await simulator.fail(*faults)
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await send_sms(hass, to=ANNA)
    await others(simulator, "calls", cost="1.30")
    await simulator.put_account(balance="500.00")
    await read(hass)
    assert spent(hass) == (expected, expected)


@WITH_AND_WITHOUT_A_BILL
async def test_a_kill_loses_nothing(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    faults: tuple[Json, ...],
) -> None:
    """And counts nothing twice, also what was spent while nobody was at home."""
    await simulator.fail(*faults)
    await hass.config_entries.async_reload(integration.entry_id)
    await others(simulator, "calls", cost="1.30")
    await read(hass)
    await send_sms(hass, to=ANNA)
    async with killed(hass, integration):
        await others(simulator, "calls", cost="2.00")
    await read(hass)
    assert spent(hass) == ("3.82", "3.82")


@pytest.mark.freeze_time("2026-12-31T22:50:00+00:00")
@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        pytest.param((), ("2", "2"), id="bill"),
        pytest.param((NO_BILL,), ("3.3", "3.3"), id="balance"),
    ],
)
async def test_a_new_month_begins_at_the_homes_midnight(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    faults: tuple[Json, ...],
    expected: tuple[str, str],
) -> None:
    """The bill tells what was before it; the balance only that it was."""
    await simulator.fail(*faults)
    await started(hass, simulator, entry)
    await send_sms(hass, to=ANNA, wait=0)
    assert spent(hass) == ("0.52", "0.52")
    await others(simulator, "calls", cost="1.30")
    freezer.move_to("2026-12-31T23:00:00+00:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert spent(hass) == ("0", "0")
    await others(simulator, "calls", cost="2.00")
    freezer.tick(timedelta(minutes=31))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert tuple(map(float, spent(hass))) == tuple(map(float, expected))


@pytest.mark.freeze_time("2026-12-10T12:00:00+00:00")
async def test_a_home_that_comes_late_reads_the_month_from_its_first_day(
    hass: HomeAssistant, simulator: SimulatorControl, entry: MockConfigEntry
) -> None:
    """In its own time zone, and nothing of before."""
    for created, cost in (
        ("2026-11-30T22:59:59", "100.00"),
        ("2026-11-30T23:00:00", "1.00"),
        ("2026-12-09T23:00:00", "2.00"),
    ):
        await simulator.put_account(balance="1000.00")
        await others(simulator, "calls", cost=cost, created=created)
    await started(hass, simulator, entry)
    assert tuple(map(float, spent(hass))) == (2, 3)


async def test_a_price_that_grows_is_counted_with_what_it_grew(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """A call may be on the bill before it is over."""
    created = "2026-11-22T10:00:00"
    row = f'{{"data": [{{"id": "b1", "created": "{created}", "cost": %d}}]}}'
    await simulator.fail(answering("billing", 200, row % 10000))
    await read(hass)
    before = integration.runtime_data.store.tally.spent.days["2026-11-22"]
    await simulator.fail(answering("billing", 200, row % 30000))
    await read(hass)
    after = integration.runtime_data.store.tally.spent.days["2026-11-22"]
    assert (before, after) == (1, 3)


async def test_an_impossible_time_on_the_bill_hides_nothing(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Nor does it count."""
    row = '{"data": [{"id": "b1", "created": "2126-11-22T10:00:00", "cost": 10000}]}'
    await simulator.fail(answering("billing", 200, row))
    await read(hass)
    await simulator.fail()
    await others(simulator, "calls", cost="1.30")
    await read(hass)
    assert spent(hass) == ("1.3", "1.3")


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param(BROKEN_BILL, id="broken"),
        pytest.param(failing("billing", kind="drop_before"), id="gone"),
        pytest.param(answering("billing", 200, '{"data": [{}]}'), id="not understood"),
    ],
)
@pytest.mark.usefixtures("impatient")
async def test_a_bill_that_cannot_be_read_now_is_read_later(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    trouble: Json,
) -> None:
    """This home's own texts count meanwhile."""
    await hass.config_entries.async_reload(integration.entry_id)
    await simulator.fail(trouble)
    await others(simulator, "calls", cost="1.30")
    await send_sms(hass, to=ANNA)
    await read(hass)
    assert spent(hass) == ("0.52", "0.52")
    await simulator.fail()
    await read(hass)
    assert spent(hass) == ("1.82", "1.82")


async def test_a_bill_that_comes_and_goes_counts_nothing_twice(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """The balance goes on where the bill has ended, and the other way round."""
    await others(simulator, "calls", cost="1.00")
    await read(hass)
    await simulator.fail(NO_BILL)
    await others(simulator, "calls", cost="2.00")
    await read(hass)
    assert spent(hass) == ("3", "3")
    await simulator.fail()
    await others(simulator, "calls", cost="4.00")
    await read(hass)
    assert spent(hass) == ("7", "7")


async def test_a_disk_that_refuses_only_puts_it_off(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
) -> None:
    """The next reading finds it all."""
    await others(simulator, "calls", cost="1.30")
    with patch(
        "custom_components.elks46.journal.Journal.async_append",
        side_effect=OSError(28, "No space left on device"),
    ):
        await read(hass)
    assert spent(hass) == ("0", "0")
    await read(hass)
    assert spent(hass) == ("1.3", "1.3")


@pytest.mark.freeze_time("2026-12-23T22:50:01+00:00")
async def test_long_term_statistics_add_up(
    recorder_mock: Recorder,
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Over midnight too, as those of energy do."""
    figures = ("sensor.46elks_spent_today", "sensor.46elks_spent_this_month")
    await started(hass, simulator, entry)
    for minutes in (0, 5, 10):
        moment = dt_util.parse_datetime("2026-12-23T22:50:00Z", raise_on_error=True)
        start = moment + timedelta(minutes=minutes)
        freezer.move_to(start + timedelta(seconds=2))
        async_fire_time_changed(hass)
        await hass.async_block_till_done(wait_background_tasks=True)
        await send_sms(hass, to=ANNA, wait=0)
        await async_wait_recording_done(hass)
        do_adhoc_statistics(hass, start=start)
        await async_wait_recording_done(hass)

    rows = await recorder_mock.async_add_executor_job(
        statistics_during_period,
        hass,
        moment,
        None,
        set(figures),
        "5minute",
        None,
        {"state", "sum"},
    )
    told = {
        figure: [(row["state"], row["sum"]) for row in rows[figure]]
        for figure in figures
    }
    assert told == {
        figures[0]: [(0.52, 0.52), (1.04, 1.04), (0.52, 1.56)],
        figures[1]: [(0.52, 0.52), (1.04, 1.04), (1.56, 1.56)],
    }


@pytest.mark.parametrize(
    ("see_use", "faults", "expected"),
    [
        pytest.param(False, (), "1.04", id="bill"),
        pytest.param(True, (NO_BILL,), "1.04", id="use"),
        pytest.param(False, (NO_BILL,), "0.52", id="nothing tells"),
    ],
)
async def test_a_subaccount_counts_nothing_of_its_parent(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    public_url: str,
    see_use: bool,
    faults: tuple[Json, ...],
    expected: str,
) -> None:
    """The balance that it is shown falls by what its parent spends too."""
    opened = await open_subaccount(simulator, usagelimit="1000000")
    login = opened["id"], opened["secret"]
    await simulator.put_account(subaccounts_see_use=see_use)
    await simulator.fail(*faults)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry,
        data={**entry.data, CONF_USERNAME: login[0], CONF_PASSWORD: login[1]},
        options={CONF_REACH: Reach.POLL},
    )
    await setup_integration(hass, entry)
    text = {"from": "House", "to": ANNA, "message": "Hi"}
    await post_46elks(simulator, "sms", login, **text)
    await others(simulator, "calls", cost="1.30", to=STRANGER)
    await send_sms(hass, to=ANNA, sender="House", wait=0)
    await read(hass)
    assert spent(hass) == (expected, expected)


async def test_what_is_not_on_the_bill_yet_stays_counted(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """An empty bill takes back nothing that this home has paid."""
    await simulator.fail(answering("billing", 200, '{"data": []}'))
    await send_sms(hass, to=ANNA)
    before = spent(hass)
    await read(hass)
    while_empty = spent(hass)
    await simulator.fail()
    await read(hass)

    assert before == while_empty == spent(hass) == ("0.52", "0.52")


async def test_a_row_ahead_of_the_clock_hides_no_other(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """What is billed after it is counted all the same."""
    ahead = (dt_util.utcnow() + timedelta(hours=20)).replace(tzinfo=None)
    row = f'{{"id": "b1", "created": "{ahead.isoformat()}", "cost": 0}}'
    await simulator.fail(answering("billing", 200, f'{{"data": [{row}]}}'))
    await read(hass)
    await simulator.fail()
    await others(simulator, "calls", cost="3.00")
    await read(hass)

    assert spent(hass) == ("3", "3")
