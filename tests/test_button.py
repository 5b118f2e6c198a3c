"""The test of the way from 46elks to this home."""

from homeassistant.components.button import DOMAIN as BUTTON_DOMAIN, SERVICE_PRESS
from homeassistant.const import ATTR_ENTITY_ID, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import CONF_REACH, Reach

from . import change_options

TEST_REACH = "button.46elks_test_reach"


async def press(hass: HomeAssistant) -> None:
    """Press the button."""
    await hass.services.async_call(
        BUTTON_DOMAIN, SERVICE_PRESS, {ATTR_ENTITY_ID: TEST_REACH}, blocking=True
    )


async def test_a_way_that_works_says_nothing(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """The post went out, came in and was recognised."""
    await press(hass)


async def test_a_way_that_does_not_work_says_why(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """In words a person can act on."""
    await change_options(hass, integration, **{CONF_REACH: Reach.POLL})

    with pytest.raises(HomeAssistantError, match="There is no address"):
        await press(hass)


async def test_it_helps_to_find_faults(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """It stays out of the way of everyday entities."""
    registered = er.async_get(hass).async_get(TEST_REACH)

    assert registered
    assert registered.entity_category is EntityCategory.DIAGNOSTIC
