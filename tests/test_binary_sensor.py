"""Whether the home shows that 46elks can post to it."""

from homeassistant.const import STATE_OFF, STATE_ON, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import CONF_PUBLIC_URL, CONF_REACH, DOMAIN, Reach

from . import change_options

REACHABLE = "binary_sensor.46elks_reachable"


async def test_a_home_with_an_address_is_reachable(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """From the first moment on, without a callback having come."""
    assert hass.states.is_state(REACHABLE, STATE_ON)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({CONF_REACH: Reach.POLL}, id="asking is what the person wants"),
        pytest.param({CONF_REACH: Reach.CLOUD}, id="no subscription"),
        pytest.param({CONF_PUBLIC_URL: ""}, id="no external address"),
    ],
)
async def test_a_home_without_an_address_is_not(
    hass: HomeAssistant, integration: MockConfigEntry, options: dict[str, str]
) -> None:
    """46elks has to be asked."""
    await change_options(hass, integration, **options)

    assert hass.states.is_state(REACHABLE, STATE_OFF)


async def test_an_address_that_comes_later_is_seen_at_once(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Nobody has to reload anything."""
    await change_options(hass, integration, **{CONF_PUBLIC_URL: ""})

    await hass.config.async_update(external_url="https://home.example.com")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert hass.states.is_state(REACHABLE, STATE_ON)


async def test_it_helps_to_find_faults(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """It stays out of the way of everyday entities."""
    registry = er.async_get(hass)
    entity_id = registry.async_get_entity_id(
        "binary_sensor", DOMAIN, f"{integration.unique_id}_reachable"
    )

    assert entity_id == REACHABLE
    registered = registry.async_get(REACHABLE)
    assert registered
    assert registered.entity_category is EntityCategory.DIAGNOSTIC
