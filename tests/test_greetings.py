"""What numbers say, and what becomes of it while it cannot be made ready."""

import logging

from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.const import EVENT_HOMEASSISTANT_STARTED
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import CONF_GREETING
from custom_components.elks46.greetings import FAILURES_TO_TELL

from . import SimulatorControl, issues, pass_time
from .calls import House, acts, allowed_file, chirp
from .sounds import FFMPEG
from .test_audio import Engine

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def house(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> House:
    """Return a home that can be called."""
    return House(hass, simulator, integration)


async def voice_comes(hass: HomeAssistant) -> None:
    """Let a voice be there from now on."""
    ffmpeg = {"ffmpeg": {"ffmpeg_bin": FFMPEG}}
    assert await async_setup_component(hass, "ffmpeg", ffmpeg)
    assert await async_setup_component(hass, "tts", {})
    await hass.data[DATA_COMPONENT].async_add_entities([Engine()])


async def heard(house: House) -> str:
    """Return what a caller hears first."""
    call = await house.over(await house.ring())
    assert acts(call)[0] == "play"
    return str(call["actions"][0]["play"])


async def test_a_voice_that_comes_with_the_start_of_home_assistant(
    hass: HomeAssistant, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """It may belong to an entry that is set up later: nothing to complain of."""
    hass.set_state(CoreState.starting)
    await house.answers("announce", **{CONF_GREETING: "Hello"})
    await voice_comes(hass)
    hass.set_state(CoreState.running)
    hass.bus.async_fire(EVENT_HOMEASSISTANT_STARTED)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert "/api/elks46/media/" in await heard(house)
    assert not [
        one
        for one in caplog.records
        if one.levelno >= logging.WARNING and one.name.startswith("custom_components")
    ]


async def test_a_voice_that_comes_later(
    hass: HomeAssistant, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Is waited for with patience, said in the log once, and in Repairs when it stays away."""
    await house.answers("announce", **{CONF_GREETING: "Hello"})
    assert "sound/" not in await heard(house)
    assert not issues(hass)
    for _ in range(FAILURES_TO_TELL):
        await pass_time(hass, hours=1)
    assert caplog.text.count("A greeting cannot be made ready") == 1
    assert [*issues(hass)] == ["greeting_unready"]
    await voice_comes(hass)
    await pass_time(hass, hours=1)
    assert not issues(hass)
    assert "/api/elks46/media/" in await heard(house)


async def test_a_greeting_is_given_up_with_its_number(
    hass: HomeAssistant, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """And what has become of it is nobody's concern any more."""
    await house.answers("announce", **{CONF_GREETING: "Hello"})
    for _ in range(FAILURES_TO_TELL):
        await pass_time(hass, hours=1)
    assert issues(hass)
    hass.config_entries.async_remove_subentry(house.entry, "number")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert not issues(hass)
    caplog.clear()
    await pass_time(hass, hours=1)
    assert "greeting" not in caplog.text


async def test_another_greeting_is_tried_at_once(
    hass: HomeAssistant, house: House
) -> None:
    """Whatever was wrong with the one before."""
    await house.answers("announce", **{CONF_GREETING: "/nowhere.wav"})
    for _ in range(FAILURES_TO_TELL):
        await pass_time(hass, hours=1)
    assert issues(hass)
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    await house.answers("announce", **{CONF_GREETING: file})
    assert not issues(hass)
    assert "/api/elks46/media/" in await heard(house)
