"""A camera for the demo house: it looks at a porch that is drawn, and sees who rings."""

from homeassistant.components.camera import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers.typing import ConfigType

from .camera import HouseCamera


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Put the camera up."""
    await hass.data[DATA_COMPONENT].async_add_entities([HouseCamera()])
    return True
