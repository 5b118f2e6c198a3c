"""Texts that come into the house: each is announced once, and never lost."""

import asyncio
from unittest.mock import patch

from homeassistant.core import Event, HomeAssistant, callback
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from . import (
    ANNA,
    NUMBER,
    STRANGER,
    SimulatorControl,
    killed,
    pass_time,
    post_callback,
    text_home,
)

pytestmark = pytest.mark.usefixtures("impatient")

FULL = OSError(28, "No space left on device")
TEXT = {
    "direction": "incoming",
    "id": "s0231d6d7d6bc14a7e7734e466785c4ce",
    "from": STRANGER,
    "to": NUMBER,
    "created": "2026-11-22T13:37:42.314100",
    "message": "Is this the house?",
}


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


async def test_a_text_from_a_handset_is_announced(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """On the bus, by the event entities and in the counters; nothing is texted back."""
    received = async_capture_events(hass, "elks46_sms_received")
    text = await text_home(hass, simulator, ANNA, "I am late")
    assert len(received) == 1
    assert received[0].data.items() >= text.items()
    assert received[0].data["contact"] == "Anna"
    for entity_id in ("event.anna_messages", "event.46701740690_messages"):
        state = hass.states.get(entity_id)
        assert state is not None
        assert state.attributes["message"] == "I am late"
    today = hass.states.get("sensor.46elks_messages_today")
    assert today is not None
    assert today.state == "1"
    assert len(await simulator.texts(ANNA)) == 1


async def test_a_text_is_announced_once_over_restarts(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """Clean ones and kills."""
    received = async_capture_events(hass, "elks46_sms_received")
    assert await post_callback(public_url, "sms", TEXT) == 204
    await hass.config_entries.async_reload(integration.entry_id)
    assert await post_callback(public_url, "sms", TEXT) == 204
    async with killed(hass, integration):
        assert await post_callback(public_url, "sms", TEXT) == 503
    assert await post_callback(public_url, "sms", TEXT) == 204
    assert len(received) == 1
    assert integration.runtime_data.store.messages_today == 1


async def test_a_text_that_cannot_be_recorded_is_announced_once_and_recorded_later(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """46elks keeps it until then."""
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    received = async_capture_events(hass, "elks46_sms_received")
    with patch("custom_components.elks46.journal.FileIO", side_effect=FULL):
        for _ in range(3):
            posts = (post_callback(public_url, "sms", TEXT) for _ in range(3))
            assert await asyncio.gather(*posts) == [503] * 3
    assert len(received) == 1
    assert "The disk refuses what 46elks posted" in caplog.text
    assert await post_callback(public_url, "sms", TEXT) == 204
    async with killed(hass, integration):
        pass
    assert await post_callback(public_url, "sms", TEXT) == 204
    assert len(received) == 1


async def test_a_kill_between_announcing_and_recording_announces_twice(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """Rather than never."""
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    received = async_capture_events(hass, "elks46_sms_received")
    with patch("custom_components.elks46.journal.FileIO", side_effect=FULL):
        assert await post_callback(public_url, "sms", TEXT) == 503
        async with killed(hass, integration):
            pass
    assert await post_callback(public_url, "sms", TEXT) == 204
    assert len(received) == 2


async def test_a_text_posted_while_the_history_tells_of_it_is_announced_once(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Both ways end in the same room."""
    received = async_capture_events(hass, "elks46_sms_received")
    fault = {"match": {"callback": "sms"}, "kind": "delay", "times": 1, "seconds": 0.05}
    await simulator.fail(fault)
    await simulator.send_text(ANNA, NUMBER, "I am late")
    await asyncio.gather(pass_time(hass, minutes=31), simulator.posted("sms"))
    await hass.async_block_till_done()
    assert len(received) == 1


async def test_what_is_recorded_when_the_account_closes_is_recorded(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """A text that arrives in the last moment is announced, answered and known afterwards."""

    @callback
    def reload(_: Event) -> None:
        hass.config_entries.async_schedule_reload(integration.entry_id)

    received = async_capture_events(hass, "elks46_sms_received")
    stop = hass.bus.async_listen("elks46_sms_received", reload)
    assert await post_callback(public_url, "sms", TEXT) == 204
    stop()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await post_callback(public_url, "sms", TEXT) == 204
    assert len(received) == 1


async def test_a_text_that_cannot_be_recorded_before_a_reload_is_repeated_after_it(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    public_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The log says nothing of it, as it is no fault of the disk as a rule."""
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    @callback
    def reload(_: Event) -> None:
        hass.config_entries.async_schedule_reload(integration.entry_id)

    stop = hass.bus.async_listen("elks46_sms_received", reload)
    with patch("custom_components.elks46.journal.FileIO", side_effect=FULL):
        assert await post_callback(public_url, "sms", TEXT) == 503
    stop()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await post_callback(public_url, "sms", TEXT) == 204
    assert "The disk refuses what 46elks posted" not in caplog.text


async def test_a_recording_that_is_cancelled_is_repeated(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """Home Assistant does that when it stops; whoever waits is gone then, too."""
    received = async_capture_events(hass, "elks46_sms_received")
    started = asyncio.Event()

    async def never(*_: object) -> None:
        started.set()
        await asyncio.Event().wait()

    store = integration.runtime_data.store
    with patch.object(store, "async_record_received", never):
        post = hass.async_create_task(post_callback(public_url, "sms", TEXT))
        await started.wait()
        (task,) = (
            task
            for task in asyncio.all_tasks()
            if task.get_name() == "elks46 received text"
        )
        task.cancel()
        await asyncio.wait({post})
        post.exception()
    assert await post_callback(public_url, "sms", TEXT) == 204
    assert len(received) == 1
