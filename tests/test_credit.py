"""Money that runs out: told before, and when 46elks refuses a text for it."""

from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import (
    CONF_LOW_BALANCE,
    CONF_REACH,
    CONF_USAGE_LIMIT,
    DOMAIN,
    Reach,
)

from . import (
    ANNA,
    BJORN,
    Json,
    SimulatorControl,
    issues,
    open_subaccount,
    pass_time,
    post_46elks,
    refusing,
    send_sms,
    setup_integration,
    use_action,
)


async def connect(
    hass: HomeAssistant, entry: MockConfigEntry, opened: Json, **kept: object
) -> None:
    """Connect a subaccount that was opened with a limit, of which little is called little."""
    hass.config_entries.async_update_entry(
        entry,
        unique_id=opened["id"],
        options={CONF_REACH: Reach.POLL, CONF_LOW_BALANCE: 0.6},
        data={
            **entry.data,
            CONF_USERNAME: opened["id"],
            CONF_PASSWORD: opened["secret"],
            **kept,
        },
    )
    await setup_integration(hass, entry)


def money(hass: HomeAssistant) -> dict[str, dict[str, str] | None]:
    """Return what Repairs says about money."""
    about = "balance_low", "usage_limit_low", "money_refused"
    return {key: told for key, told in issues(hass).items() if key in about}


async def raise_limit(simulator: SimulatorControl, opened: Json, limit: str) -> None:
    """Raise the limit of a subaccount on 46elks' page."""
    login = simulator.username, simulator.password
    path = f"subaccounts/{opened['id']}"
    await post_46elks(simulator, path, login, usagelimit=limit)


async def test_a_limit_that_46elks_keeps_to_itself_does_not_run_out_in_silence(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """It is told before, when an alarm fails, and until one goes out again."""
    entry.add_to_hass(hass)
    opened = await open_subaccount(simulator, usagelimit="15000")
    await connect(hass, entry, opened, **{CONF_USAGE_LIMIT: 1.5})
    assert money(hass) == {}

    await send_sms(hass, to=ANNA)
    assert money(hass) == {}
    await send_sms(hass, to=ANNA)
    low = {
        "account": "46elks",
        "left": "0.46",
        "currency": "SEK",
        "limit": "0.60",
        "id": opened["id"],
    }
    assert money(hass) == {"usage_limit_low": low}
    with pytest.raises(HomeAssistantError, match="usage limit"):
        await send_sms(hass, to=ANNA)
    refused = {
        "account": "46elks",
        "reason": "Not enough credits left of your usage limit to send this SMS",
    }
    assert money(hass) == {"usage_limit_low": low, "money_refused": refused}

    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert money(hass) == {"usage_limit_low": low, "money_refused": refused}
    await raise_limit(simulator, opened, "1000000")
    await send_sms(hass, to=ANNA)
    # More than the limit was spent, so it is none any more.
    assert money(hass) == {}


async def test_the_balance_that_is_used_up_is_told_by_the_text_that_is_refused(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Also within the half hour in which it is not read."""
    await simulator.put_account(balance="20.30")
    await pass_time(hass, minutes=31)
    assert money(hass) == {}
    await send_sms(hass, to=ANNA)
    await simulator.put_account(balance="0.00")
    with pytest.raises(HomeAssistantError):
        await send_sms(hass, to=ANNA)
    (issue,) = [
        one
        for one in ir.async_get(hass).issues.values()
        if one.domain == DOMAIN and one.translation_key == "money_refused"
    ]
    assert (issue.severity, issue.is_persistent) == (ir.IssueSeverity.ERROR, True)

    await simulator.put_account(balance="100.00")
    await send_sms(hass, to=ANNA)
    assert money(hass) == {}


async def test_a_refusal_while_there_is_money_is_no_matter_of_money(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The action says why."""
    await simulator.fail(refusing(403, "Invalid from"))
    with pytest.raises(HomeAssistantError, match="Invalid from"):
        await send_sms(hass, to=ANNA)

    assert money(hass) == {}


async def test_a_late_report_of_a_text_from_before_ends_nothing(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
) -> None:
    """Only a text that was asked for later shows that texts go out again."""
    await simulator.fail(
        {"match": {"callback": "delivery"}, "times": 2, "kind": "lose"}
    )
    await send_sms(hass, to=ANNA, wait=0)
    await simulator.posted("delivery", 2)
    await simulator.put_account(balance="1.00")
    await pass_time(hass, minutes=31)
    await simulator.fail(refusing(403, "Not enough credits"))
    with pytest.raises(HomeAssistantError):
        await send_sms(hass, to=BJORN)
    assert set(money(hass)) == {"balance_low", "money_refused"}
    await pass_time(hass, minutes=31)

    assert set(money(hass)) == {"balance_low", "money_refused"}


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        pytest.param({"usage_limit": 50}, {CONF_USAGE_LIMIT: 50}, id="raised"),
        pytest.param({"no_limit": True}, {}, id="taken away"),
        pytest.param({"name": "Boathouse"}, {CONF_USAGE_LIMIT: 0.7}, id="named"),
    ],
)
async def test_the_home_learns_of_a_limit_that_another_of_its_accounts_changes(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    change: Json,
    kept: Json,
) -> None:
    """So the warning ends."""
    opened = await open_subaccount(simulator, usagelimit="7000")
    other = MockConfigEntry(
        domain=DOMAIN,
        title="Cottage",
        data={**integration.data, "webhook_id": "c" * 64},
    )
    other.add_to_hass(hass)
    await connect(hass, other, opened, **{CONF_USAGE_LIMIT: 0.7})
    await send_sms(hass, to=ANNA, config_entry_id=other.entry_id)
    assert set(money(hass)) == {"usage_limit_low"}
    await use_action(
        hass,
        "update_subaccount",
        id=opened["id"],
        config_entry_id=integration.entry_id,
        **change,
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    data = {key: other.data[key] for key in other.data if key == CONF_USAGE_LIMIT}
    assert data == kept
    assert bool(money(hass)) == ("name" in change)


async def test_a_home_that_is_not_loaded_is_not_told(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """What it has sent is not known then."""
    opened = await open_subaccount(simulator, usagelimit="7000")
    MockConfigEntry(
        domain=DOMAIN, unique_id=opened["id"], data={CONF_USAGE_LIMIT: 0.7}
    ).add_to_hass(hass)
    await use_action(
        hass,
        "update_subaccount",
        id=opened["id"],
        usage_limit=50,
        config_entry_id=integration.entry_id,
    )

    entry = hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, opened["id"])
    assert entry
    assert entry.data == {CONF_USAGE_LIMIT: 0.7}
