"""An account's life in Home Assistant: set up, reloaded, disabled, removed."""

from unittest.mock import patch

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    ConfigEntryDisabler,
    ConfigEntryState,
    ConfigSubentryDataWithId,
)
from homeassistant.const import CONF_NAME, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.const import (
    CONF_API_URL,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_PHONE,
    CONF_PUBLIC_URL,
    CONF_REACH,
    DOMAIN,
    SUBENTRY_CONTACT,
    SUBENTRY_NUMBER,
    Reach,
)
from simulator.app import running
from simulator.config import Config

from . import (
    ANNA,
    BJORN,
    NUMBER,
    OTHER_NUMBER,
    STRANGER,
    SimulatorControl,
    answering,
    change_options,
    failing,
    issues,
    memory,
    post_callback,
    send_sms,
    setup_integration,
    text_home,
)

TEXT = {
    "direction": "incoming",
    "id": "s" + "0" * 32,
    "from": ANNA,
    "to": NUMBER,
    "created": "2026-11-22T10:00:00",
    "message": "Hello",
}


async def test_an_account_is_set_up_and_unloaded(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """The action stays, as Home Assistant wants it."""
    loaded = integration.state
    await hass.config_entries.async_unload(integration.entry_id)

    assert loaded is ConfigEntryState.LOADED
    assert integration.state is ConfigEntryState.NOT_LOADED
    assert hass.services.has_service(DOMAIN, "send_sms")


@pytest.mark.parametrize(
    ("fault", "state", "reason"),
    [
        pytest.param(
            answering("me", 401),
            ConfigEntryState.SETUP_ERROR,
            "authentication_error",
            id="refused password",
        ),
        pytest.param(
            answering("me", 403, "Closed"),
            ConfigEntryState.SETUP_ERROR,
            "request_refused",
            id="refused account",
        ),
        pytest.param(
            failing("me", kind="drop_before"),
            ConfigEntryState.SETUP_RETRY,
            "communication_error",
            id="out of reach",
        ),
        pytest.param(
            answering("numbers", 500),
            ConfigEntryState.SETUP_RETRY,
            "communication_error",
            id="broken",
        ),
        pytest.param(
            answering("me", 429),
            ConfigEntryState.SETUP_RETRY,
            "rate_limited",
            id="too much at once",
        ),
        pytest.param(
            answering("me", 200, "<html>"),
            ConfigEntryState.SETUP_RETRY,
            "unknown_error",
            id="not understood",
        ),
    ],
)
async def test_what_46elks_answers_decides_what_comes_next(
    hass: HomeAssistant,
    impatient: None,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    fault: dict[str, object],
    state: ConfigEntryState,
    reason: str,
) -> None:
    """A person is needed, or time."""
    await simulator.fail(fault)
    entry.add_to_hass(hass)

    await setup_integration(hass, entry)

    assert entry.state is state
    assert entry.error_reason_translation_key == reason


async def test_a_refused_password_is_asked_for(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """And only then: nothing else is a matter of passwords."""
    await simulator.fail(answering("*", 401))
    entry.add_to_hass(hass)

    await setup_integration(hass, entry)

    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == SOURCE_REAUTH


async def test_the_door_is_there_before_the_account(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """While set-up is tried again, 46elks keeps the texts."""
    await simulator.fail(answering("me", 429))
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)

    retrying = await post_callback(public_url, "sms", TEXT)
    await simulator.fail()
    await hass.config_entries.async_reload(entry.entry_id)

    assert retrying == 503
    assert await post_callback(public_url, "sms", TEXT) == 204


async def test_a_reload_opens_the_door_again(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """Posts that come meanwhile are put off."""
    await hass.config_entries.async_unload(integration.entry_id)
    unloaded = await post_callback(public_url, "sms", TEXT)
    await setup_integration(hass, integration)

    assert unloaded == 503
    assert await post_callback(public_url, "sms", TEXT) == 204


async def test_a_disabled_account_has_no_door_and_no_warnings(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """Home Assistant itself answers then, as for any address it does not know."""
    await change_options(hass, integration, **{CONF_PUBLIC_URL: ""})
    before = set(issues(hass))
    await hass.config_entries.async_set_disabled_by(
        integration.entry_id, ConfigEntryDisabler.USER
    )
    disabled = (await post_callback(public_url, "sms", TEXT), issues(hass))
    await hass.config_entries.async_set_disabled_by(integration.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert before == {"no_address"}
    assert disabled == (200, {})
    assert set(issues(hass)) == {"no_address"}
    assert await post_callback(public_url, "sms", TEXT) == 204


async def test_a_disabled_account_keeps_its_numbers(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Only removal gives them back."""
    before = len(await simulator.requests("POST", "numbers/*"))

    await hass.config_entries.async_set_disabled_by(
        integration.entry_id, ConfigEntryDisabler.USER
    )

    assert len(await simulator.requests("POST", "numbers/*")) == before


async def test_no_door_is_opened_for_a_disabled_account(
    hass: HomeAssistant, entry: MockConfigEntry, public_url: str
) -> None:
    """Also when another one is set up."""
    disabled = MockConfigEntry(
        domain=DOMAIN,
        data={**entry.data, CONF_WEBHOOK_ID: "d" * 64},
        disabled_by=ConfigEntryDisabler.USER,
        unique_id="a" + "1" * 32,
    )
    disabled.add_to_hass(hass)
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)

    await hass.config_entries.async_remove(disabled.entry_id)

    assert disabled.state is ConfigEntryState.NOT_LOADED
    assert entry.state is ConfigEntryState.LOADED


@pytest.mark.parametrize("expected_lingering_timers", [True])
async def test_an_unload_that_fails_closes_nothing(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """Home Assistant wants a restart then; until it comes, 46elks keeps the texts."""
    with patch.object(
        hass.config_entries, "async_unload_platforms", return_value=False
    ):
        unloaded = await hass.config_entries.async_unload(integration.entry_id)

    assert not unloaded
    assert integration.state is ConfigEntryState.FAILED_UNLOAD
    assert await post_callback(public_url, "sms", TEXT) == 503


async def test_a_removed_account_leaves_nothing_behind(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """No file, no warning, no device, no door, no address at 46elks."""
    await text_home(hass, simulator, ANNA, "Hello")
    await send_sms(hass, to=BJORN)
    await simulator.put_account(balance="1.00")
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    before = (set(issues(hass)), bool(memory(hass)))

    await hass.config_entries.async_remove(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    (number,) = await simulator.control("GET", "numbers")
    assert before == ({"balance_low"}, True)
    assert issues(hass) == {}
    assert memory(hass) == {}
    assert "sms_url" not in number
    assert list(dr.async_get(hass).devices) == []
    assert list(er.async_get(hass).entities) == []
    assert await post_callback(public_url, "sms", TEXT) == 200


async def test_an_account_that_never_worked_can_be_removed(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Nothing was taken, so nothing is to be given back."""
    await simulator.fail(answering("*", 401))
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)

    await hass.config_entries.async_remove(entry.entry_id)

    assert hass.config_entries.async_entries(DOMAIN) == []
    assert await simulator.requests("POST", "numbers/*") == []


async def test_changed_options_and_people_apply_at_once(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Nobody has to restart anything."""
    anna = integration.subentries["anna"]
    hass.config_entries.async_update_subentry(
        integration, anna, title="Anna", data={CONF_NAME: "Anna", CONF_PHONE: STRANGER}
    )
    hass.config_entries.async_remove_subentry(integration, "björn")
    await hass.async_block_till_done(wait_background_tasks=True)

    (row,) = await send_sms(hass, entity_id="notify.anna_sms", wait=0)

    assert row["to"] == STRANGER
    assert hass.states.get("notify.bjorn_sms") is None


async def test_two_accounts_do_not_mix(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """Each has its numbers, its people and its figures."""
    config = Config(
        port=0,
        speed=1000,
        username="u" + "2" * 32,
        allow_hosts=("127.0.0.1",),
        numbers=(OTHER_NUMBER,),
    )
    async with running(config) as second:
        (number,) = second.numbers.all()
        cottage = MockConfigEntry(
            domain=DOMAIN,
            title="Cottage",
            unique_id=config.username,
            data={
                **integration.data,
                "username": config.username,
                CONF_API_URL: second.api_url,
                CONF_WEBHOOK_ID: "c0de" * 16,
            },
            options={CONF_REACH: Reach.EXTERNAL, CONF_PUBLIC_URL: public_url},
            subentries_data=[
                ConfigSubentryDataWithId(
                    data={CONF_NAME: "Anna at work", CONF_PHONE: ANNA},
                    subentry_id="anna-at-work",
                    subentry_type=SUBENTRY_CONTACT,
                    title="Anna at work",
                    unique_id=ANNA,
                ),
                ConfigSubentryDataWithId(
                    data={CONF_NUMBER_ID: number.id, CONF_NUMBER: OTHER_NUMBER},
                    subentry_id="cottage",
                    subentry_type=SUBENTRY_NUMBER,
                    title=OTHER_NUMBER,
                    unique_id=number.id,
                ),
            ],
        )
        cottage.add_to_hass(hass)
        await setup_integration(hass, cottage)
        received = async_capture_events(hass, "elks46_sms_received")
        statuses = async_capture_events(hass, "elks46_message_status")

        await text_home(hass, simulator, ANNA, "To the house")
        await send_sms(hass, config_entry_id=cottage.entry_id, to=ANNA)
        await hass.config_entries.async_unload(cottage.entry_id)
        await second.reset()

    assert [
        (event.data["config_entry_id"], event.data["contact"]) for event in received
    ] == [(integration.entry_id, "Anna")]
    assert {
        (event.data["config_entry_id"], event.data["contact"]) for event in statuses
    } == {(cottage.entry_id, "Anna at work")}
    house = hass.states.get("sensor.46elks_spent_today")
    assert house
    assert house.state == "0"
    assert await simulator.requests("POST", "sms") == []
