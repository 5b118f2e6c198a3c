"""What the tests of blueprints share."""

from collections.abc import AsyncGenerator

from homeassistant.components.automation import DOMAIN as AUTOMATION_DOMAIN
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.const import SERVICE_TURN_OFF
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests import SimulatorControl
from tests.calls import House
from tests.sounds import FFMPEG
from tests.test_audio import Engine

from . import Household


@pytest.fixture
async def household(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> AsyncGenerator[Household]:
    """Return a house that 46elks reaches, with a voice, and end its automations."""
    assert await async_setup_component(
        hass, "ffmpeg", {"ffmpeg": {"ffmpeg_bin": FFMPEG}}
    )
    assert await async_setup_component(hass, "tts", {})
    voice = Engine()
    await hass.data[DATA_COMPONENT].async_add_entities([voice])
    yield Household(
        hass=hass,
        simulator=simulator,
        entry=integration,
        house=House(hass, simulator, integration),
        voice=voice,
    )
    await hass.services.async_call(
        AUTOMATION_DOMAIN, SERVICE_TURN_OFF, {"entity_id": "all"}, blocking=True
    )
