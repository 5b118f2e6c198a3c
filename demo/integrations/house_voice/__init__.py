"""A voice for the demo house that needs no internet; it sounds like the robot it is."""

from homeassistant.components.tts import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

from .tts import HouseVoice


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Give the house its voice."""
    await hass.data[DATA_COMPONENT].async_add_entities([HouseVoice()])
    return True
