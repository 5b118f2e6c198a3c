"""Somebody to talk with in the demo house, who needs no internet."""

from homeassistant.components.conversation.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

from .conversation import HouseAgent


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Let the agent in."""
    await hass.data[DATA_COMPONENT].async_add_entities([HouseAgent()])
    return True
