"""Repairs that one click can make."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.elks46.const import CONF_NUMBER_ID, CONF_REACH, DOMAIN, Reach

from . import (
    NUMBER,
    Json,
    SimulatorControl,
    answering,
    change_options,
    issues,
    pass_time,
)

FOREIGN = "https://pizza.example.com/sms"

type Click = Callable[[], Awaitable[Json]]


@pytest.fixture
async def taken(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> str:
    """Return the issue of a number whose texts somebody else has taken."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await pass_time(hass, minutes=31)
    number_id = integration.subentries["number"].data[CONF_NUMBER_ID]
    return f"number_taken_{integration.entry_id}_{number_id}"


@pytest.fixture
async def click(
    hass: HomeAssistant, taken: str, hass_client: ClientSessionGenerator
) -> Click:
    """Return what opens the repair and agrees to it, each time."""
    client = await hass_client()
    response = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": taken}
    )
    assert response.status == HTTPStatus.OK
    flow = await response.json()
    assert flow["step_id"] == "confirm"
    assert flow["errors"] == {}

    async def agree() -> Json:
        """Agree."""
        response = await client.post(
            f"/api/repairs/issues/fix/{flow['flow_id']}", json={}
        )
        assert response.status == HTTPStatus.OK
        await hass.async_block_till_done()
        result: Json = await response.json()
        return result

    return agree


async def sms_url(simulator: SimulatorControl) -> str:
    """Return what answers the number's texts at 46elks."""
    (number,) = await simulator.control("GET", "numbers")
    url: str = number["sms_url"]
    return url


async def test_one_click_lets_the_texts_come_here_again(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    click: Click,
) -> None:
    """And whoever had taken them gets them back when the account is removed."""
    result = await click()
    mended = await sms_url(simulator)
    found = issues(hass)
    await hass.config_entries.async_remove(integration.entry_id)

    assert result["type"] == "create_entry"
    assert mended.startswith(public_url)
    assert found == {}
    assert await sms_url(simulator) == FOREIGN


async def test_while_46elks_is_away_it_can_be_tried_again(
    hass: HomeAssistant, simulator: SimulatorControl, public_url: str, click: Click
) -> None:
    """The issue stays until it is done."""
    await simulator.fail(answering("numbers/*", 429))
    failed = await click()
    found = issues(hass)
    await simulator.fail()
    result = await click()

    assert failed["errors"] == {"base": "cannot_connect"}
    assert set(found) == {"number_taken"}
    assert result["type"] == "create_entry"
    assert (await sms_url(simulator)).startswith(public_url)


async def test_an_account_that_is_not_loaded_cannot_be_mended(
    hass: HomeAssistant, integration: MockConfigEntry, click: Click
) -> None:
    """The person is told so."""
    await hass.config_entries.async_unload(integration.entry_id)

    result = await click()

    assert (result["type"], result["reason"]) == ("abort", "not_loaded")


async def test_an_account_that_was_removed_cannot_be_mended(
    hass: HomeAssistant, integration: MockConfigEntry, click: Click
) -> None:
    """The repair may have stood open meanwhile."""
    await hass.config_entries.async_remove(integration.entry_id)

    result = await click()

    assert (result["type"], result["reason"]) == ("abort", "not_loaded")


async def test_a_home_without_an_address_cannot_take_them(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    click: Click,
) -> None:
    """Nothing would come here."""
    await change_options(hass, integration, **{CONF_REACH: Reach.CLOUD})

    result = await click()

    assert (result["type"], result["reason"]) == ("abort", "no_address")
    assert await sms_url(simulator) == FOREIGN


async def test_the_repair_has_a_button(hass: HomeAssistant, taken: str) -> None:
    """It can be mended, and is a warning: texts go elsewhere, but go."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, taken)

    assert issue
    assert issue.is_fixable
    assert issue.severity is ir.IssueSeverity.WARNING
