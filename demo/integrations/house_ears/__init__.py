"""Ears for the demo house that need no internet."""

import logging
from typing import Final

from homeassistant.components.stt import DATA_COMPONENT
from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.core import Event, HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import ConfigType
import probatio

from .by_heart import ByHeart
from .ears import Ears
from .sphinx import Sphinx
from .stt import HouseEars

_LOGGER = logging.getLogger(__name__)
DOMAIN: Final = "house_ears"
CONF_SENTENCES: Final = "sentences"
# A Python that has PocketSphinx; without one the sentences are known by heart.
CONF_PYTHON: Final = "python"
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
                probatio.Optional(CONF_PYTHON): cv.string,
                probatio.Optional(CONF_SENTENCES, default=[*SENTENCES]): [cv.string],
            },
        )
    },
    extra=probatio.ALLOW_EXTRA,
)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Give the house its ears."""
    options = config[DOMAIN]
    sentences = options[CONF_SENTENCES]
    ears: Ears
    if CONF_PYTHON in options:
        ears = Sphinx(options[CONF_PYTHON], sentences)
    else:
        ears = await hass.async_add_executor_job(ByHeart, sentences)
    _LOGGER.info("The house hears: %s", ears.name)

    async def close(_: Event) -> None:
        await ears.close()

    hass.bus.async_listen_once(EVENT_HOMEASSISTANT_STOP, close)
    await hass.data[DATA_COMPONENT].async_add_entities([HouseEars(ears)])
    return True
