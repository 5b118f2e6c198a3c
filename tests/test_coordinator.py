"""What is read of the account twice an hour: its balance and its numbers."""

from homeassistant.config_entries import SOURCE_REAUTH, ConfigEntryState
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import CONF_LOW_BALANCE

from . import (
    NUMBER,
    OTHER_NUMBER,
    SimulatorControl,
    answering,
    change_options,
    failing,
    issues,
    pass_time,
    setup_integration,
)

BALANCE = "sensor.46elks_balance"


@pytest.mark.parametrize(
    ("currency", "options", "balance", "limit"),
    [
        pytest.param("SEK", {}, "19.99", "20.00", id="20 kronor"),
        pytest.param("EUR", {}, "1.99", "2.00", id="2 euros"),
        pytest.param("EUR", {CONF_LOW_BALANCE: 50}, "49.99", "50.00", id="own limit"),
        pytest.param("SEK", {CONF_LOW_BALANCE: 0.5}, "0.49", "0.50", id="small limit"),
    ],
)
async def test_a_low_balance_is_told(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    currency: str,
    options: dict[str, float],
    balance: str,
    limit: str,
) -> None:
    """Before an alarm cannot go out any more; and it goes with a payment."""
    await change_options(hass, integration, **options)
    await simulator.put_account(currency=currency, balance=balance)
    await pass_time(hass, minutes=31)
    low = issues(hass)
    await simulator.put_account(balance=limit)
    await pass_time(hass, minutes=31)

    assert low == {
        "balance_low": {
            "account": "46elks",
            "balance": balance,
            "currency": currency,
            "limit": limit,
        }
    }
    assert issues(hass) == {}


async def test_a_lower_limit_ends_the_warning(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """At once; a higher one begins it."""
    await simulator.put_account(balance="30.00")
    await change_options(hass, integration, **{CONF_LOW_BALANCE: 40})
    high = set(issues(hass))
    await change_options(hass, integration, **{CONF_LOW_BALANCE: 10})

    assert (high, set(issues(hass))) == ({"balance_low"}, set())


async def test_46elks_that_goes_away_and_comes_back_is_logged_once_each(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """However long it is away."""
    await simulator.fail(answering("me", 429))
    await pass_time(hass, minutes=31)
    await pass_time(hass, minutes=31)
    away = hass.states.get(BALANCE)
    await simulator.fail()
    await pass_time(hass, minutes=31)

    assert away
    assert away.state == STATE_UNAVAILABLE
    assert hass.states.is_state(BALANCE, "100")
    assert caplog.text.count("Error fetching elks46 data: 46elks has had too many") == 1
    assert caplog.text.count("Fetching elks46 data recovered") == 1


@pytest.mark.parametrize(
    ("fault", "logged"),
    [
        pytest.param(answering("numbers", 503), "cannot be reached", id="broken"),
        pytest.param(
            failing("me", kind="drop_before"), "cannot be reached", id="no answer"
        ),
        pytest.param(
            answering("me", 200, "<html>"), "cannot be understood", id="a page"
        ),
        pytest.param(answering("me", 403, "Closed"), "refuses: Closed", id="refused"),
    ],
)
async def test_any_failure_is_told_and_tried_again(
    hass: HomeAssistant,
    impatient: None,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    caplog: pytest.LogCaptureFixture,
    fault: dict[str, object],
    logged: str,
) -> None:
    """The account stays loaded: texts may still come and go."""
    await simulator.fail(fault)
    await pass_time(hass, minutes=31)
    failed = hass.states.get(BALANCE)
    await simulator.fail()
    await pass_time(hass, minutes=31)

    assert failed
    assert failed.state == STATE_UNAVAILABLE
    assert logged in caplog.text
    assert hass.states.is_state(BALANCE, "100")
    assert integration.state is ConfigEntryState.LOADED


async def test_46elks_may_say_how_long_to_wait(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Without a word it is asked at its usual time."""
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    await simulator.fail(answering("me", 429))
    await pass_time(hass, minutes=31)
    before = len(await simulator.requests("GET", "me"))
    await pass_time(hass, minutes=29)

    assert len(await simulator.requests("GET", "me")) == before


async def test_a_refused_password_is_asked_for_again(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Once, however often something is refused."""
    await simulator.fail(answering("*", 401))
    await pass_time(hass, minutes=31)
    await pass_time(hass, minutes=31)

    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH
    assert flow["context"]["entry_id"] == integration.entry_id


async def test_an_idle_hour_costs_ten_requests(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Two times account, numbers, bill and both histories; nothing is set that is right."""
    before = len(await simulator.log())
    await pass_time(hass, minutes=30.1)
    await pass_time(hass, minutes=30.1)

    paths = [entry["url"].partition("?")[0] for entry in await simulator.log(before)]
    assert sorted(paths) == [
        "/a1/billing",
        "/a1/billing",
        "/a1/me",
        "/a1/me",
        "/a1/mms",
        "/a1/mms",
        "/a1/numbers",
        "/a1/numbers",
        "/a1/sms",
        "/a1/sms",
    ]


async def test_a_number_that_was_given_up_is_none(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks goes on listing it; nobody can text from it."""
    await simulator.put_number(OTHER_NUMBER)
    await pass_time(hass, minutes=31)
    rented = [
        number.number
        for number in integration.runtime_data.coordinator.data.numbers.values()
    ]
    await simulator.put_number(OTHER_NUMBER, active=False)
    await pass_time(hass, minutes=31)

    kept = [
        number.number
        for number in integration.runtime_data.coordinator.data.numbers.values()
    ]
    assert sorted(rented) == [NUMBER, OTHER_NUMBER]
    assert kept == [NUMBER]
