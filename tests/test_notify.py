"""Texts by `notify.send_message`, as every automation can send them."""

from homeassistant.components.notify import (
    ATTR_MESSAGE,
    ATTR_TITLE,
    DOMAIN as NOTIFY_DOMAIN,
    SERVICE_SEND_MESSAGE,
)
from homeassistant.const import ATTR_ENTITY_ID, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import (
    CONF_DEFAULT_SENDER,
    CONF_SENDER,
    FALLBACK_SENDER,
    SUBENTRY_NUMBER,
)

from . import ANNA, BJORN, NUMBER, SimulatorControl, change_options, refusing

ANNAS = "notify.anna_sms"
BJORNS = "notify.bjorn_sms"


async def notify(hass: HomeAssistant, *entity_ids: str, **data: str) -> None:
    """Notify people."""
    await hass.services.async_call(
        NOTIFY_DOMAIN,
        SERVICE_SEND_MESSAGE,
        {ATTR_ENTITY_ID: list(entity_ids), ATTR_MESSAGE: "The alarm is on", **data},
        blocking=True,
    )


@pytest.mark.parametrize(
    ("data", "text"),
    [
        pytest.param({}, "The alarm is on", id="message"),
        pytest.param({ATTR_TITLE: "Cottage"}, "Cottage\nThe alarm is on", id="title"),
        pytest.param({ATTR_TITLE: ""}, "The alarm is on", id="empty title"),
    ],
)
async def test_a_text_goes_out(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    data: dict[str, str],
    text: str,
) -> None:
    """46elks is asked for exactly this, and the entity shows when."""
    assert hass.states.is_state(ANNAS, STATE_UNKNOWN)

    await notify(hass, ANNAS, **data)

    (request,) = await simulator.requests("POST", "sms")
    url = request["fields"].pop("whendelivered")
    assert request["fields"] == {"from": NUMBER, "to": ANNA, "message": text}
    assert "?kind=delivery&ref=" in url
    assert not hass.states.is_state(ANNAS, STATE_UNKNOWN)


async def test_several_people_get_one_each(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """One request to 46elks a person."""
    await notify(hass, ANNAS, BJORNS)

    requests = await simulator.requests("POST", "sms")
    assert {request["fields"]["to"] for request in requests} == {ANNA, BJORN}
    assert len(requests) == 2


async def test_a_contact_may_have_a_sender_of_its_own(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It is stronger than the default one."""
    await change_options(hass, integration, **{CONF_DEFAULT_SENDER: "Home"})
    anna = integration.subentries["anna"]
    hass.config_entries.async_update_subentry(
        integration, anna, data={**anna.data, CONF_SENDER: "Cottage"}
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    await notify(hass, ANNAS)
    await notify(hass, BJORNS)

    senders = [
        request["fields"]["from"] for request in await simulator.requests("POST", "sms")
    ]
    assert senders == ["Cottage", "Home"]


@pytest.mark.parametrize(
    "capabilities",
    [pytest.param(["voice"], id="number cannot text"), pytest.param([], id="nothing")],
)
async def test_without_a_number_a_name_is_the_sender(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    capabilities: list[str],
) -> None:
    """46elks wants one, and any name will do."""
    await simulator.put_number(NUMBER, capabilities=capabilities)
    await hass.config_entries.async_reload(integration.entry_id)

    await notify(hass, ANNAS)

    (request,) = await simulator.requests("POST", "sms")
    assert request["fields"]["from"] == FALLBACK_SENDER


async def test_a_number_that_is_not_ours_any_more_is_no_sender(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks would refuse it."""
    (number,) = integration.get_subentries_of_type(SUBENTRY_NUMBER)
    hass.config_entries.async_remove_subentry(integration, number.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    await notify(hass, ANNAS)

    (request,) = await simulator.requests("POST", "sms")
    assert request["fields"]["from"] == FALLBACK_SENDER


async def test_a_refusal_is_the_automations_error(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """With 46elks' own words; nothing looks as if it had been sent."""
    await simulator.fail(refusing(403, "Not enough credits"))

    with pytest.raises(HomeAssistantError, match="46elks refuses: Not enough credits"):
        await notify(hass, ANNAS)

    assert hass.states.is_state(ANNAS, STATE_UNKNOWN)
