"""Homes that have no Assist set up, or cannot have it."""

from unittest.mock import AsyncMock

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockModule,
    mock_integration,
)

from custom_components.elks46.const import CONF_REALTIME_NUMBER

from . import setup_integration
from .talk import REALTIME

HANDLING = "select.46701740690_call_handling"


@pytest.fixture
async def talking(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return an account with a number to talk through, in a home that knows nothing of it yet."""
    assert await async_setup_component(hass, "homeassistant", {})
    entry.add_to_hass(hass)
    number = entry.subentries["number"]
    hass.config_entries.async_update_subentry(
        entry, number, data={**number.data, CONF_REALTIME_NUMBER: REALTIME}
    )
    return entry


async def test_assist_is_set_up_where_it_is_needed(
    hass: HomeAssistant, talking: MockConfigEntry
) -> None:
    """Also where nobody has asked for it by `default_config`."""
    await setup_integration(hass, talking)

    assert sorted(hass.states.async_entity_ids("select")) == [
        "select.46701740690_assistant",
        "select.46701740690_assistant_for_strangers",
        HANDLING,
        "select.46701740690_end_of_a_sentence",
    ]
    assert hass.states.get("assist_satellite.46701740690_line")


async def test_a_home_without_assist_has_all_the_rest(
    hass: HomeAssistant,
    talking: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whoever calls is still answered as the person says."""
    broken = MockModule("assist_pipeline", async_setup=AsyncMock(return_value=False))
    mock_integration(hass, broken)
    await setup_integration(hass, talking)

    assert hass.states.async_entity_ids("select") == [HANDLING]
    assert not hass.states.async_entity_ids("assist_satellite")
    assert "Assist cannot be set up" in caplog.text
