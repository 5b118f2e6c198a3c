"""The address at 46elks of what brings the voice of calls: kept while none reaches this home."""

import json
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import CONF_REACH, CONF_REALTIME_NUMBER, Reach

from . import SimulatorControl, answering, setup_integration
from .talk import REALTIME

PROGRAM: Final = "wss://program.example.com/talk"


async def websocket_url(simulator: SimulatorControl) -> str | None:
    """Return where 46elks brings the voice of calls."""
    numbers = await simulator.control("GET", "numbers")
    (found,) = (one for one in numbers if one["number"] == REALTIME)
    url: str | None = found.get("websocket_url")
    return url


async def move(hass: HomeAssistant, url: str | None) -> None:
    """Give this home another address, or none."""
    await hass.config.async_update(external_url=url)
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.fixture
async def talking(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> MockConfigEntry:
    """Return an account that has taken a number of Realtime Voice from a program."""
    assert await async_setup_component(hass, "homeassistant", {})
    await simulator.put_number(
        REALTIME, capabilities=["websocket"], websocket_url=PROGRAM
    )
    await move(hass, public_url)
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options={CONF_REACH: Reach.EXTERNAL})
    number = entry.subentries["number"]
    hass.config_entries.async_update_subentry(
        entry, number, data={**number.data, CONF_REALTIME_NUMBER: REALTIME}
    )
    await setup_integration(hass, entry)
    return entry


async def test_an_address_that_is_away_for_a_moment_changes_nothing(
    hass: HomeAssistant,
    talking: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """The program that was there before gets its number when the account is removed, and not before."""
    taken = await websocket_url(simulator)
    await move(hass, None)
    away = await websocket_url(simulator)
    await move(hass, public_url)
    back = await websocket_url(simulator)
    await hass.config_entries.async_remove(talking.entry_id)

    assert taken is not None and "/api/elks46/voice/" in taken
    assert away == taken
    assert back == taken
    assert await websocket_url(simulator) == PROGRAM


async def test_a_number_that_46elks_forgets_for_once_is_kept(
    hass: HomeAssistant, talking: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It is asked for by itself before anything is given back."""
    taken = await websocket_url(simulator)
    await simulator.fail(answering("numbers", 200, json.dumps({"data": []})))
    await talking.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert await websocket_url(simulator) == taken


async def test_a_number_is_given_back_to_whom_asks_not_to_be_reached(
    hass: HomeAssistant, talking: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """And when another is chosen, or none."""
    hass.config_entries.async_update_entry(talking, options={CONF_REACH: Reach.POLL})
    await hass.async_block_till_done(wait_background_tasks=True)

    assert await websocket_url(simulator) == PROGRAM
