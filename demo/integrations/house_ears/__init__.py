"""Ears for the demo house that need no internet."""

from typing import Final

from homeassistant.components.stt import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType
import probatio

from .by_heart import ByHeart
from .stt import HouseEars

DOMAIN: Final = "house_ears"
CONF_SENTENCES: Final = "sentences"
# What people say to the demo house.
SENTENCES: Final = (
    "turn on the kitchen light",
    "turn off the kitchen light",
    "is the front door locked",
    "lock the front door",
    "what time is it",
    "how is the house",
    "what is the temperature of the freezer",
    "yes",
    "no",
    "stop",
    "thank you",
    "goodbye",
)

CONFIG_SCHEMA: Final = probatio.Schema(
    {
        DOMAIN: probatio.All(
            lambda options: options or {},
            {
                probatio.Optional(CONF_SENTENCES, default=[*SENTENCES]): [cv.string],
            },
        )
    },
    extra=probatio.ALLOW_EXTRA,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Give the house its ears."""
    options = config[DOMAIN]
    ears = await hass.async_add_executor_job(ByHeart, options[CONF_SENTENCES])
    await hass.data[DATA_COMPONENT].async_add_entities([HouseEars(ears)])
    return True
