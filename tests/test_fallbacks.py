"""Texts that become calls if they have not arrived in time."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import DOMAIN

from . import (
    ANNA,
    BJORN,
    NUMBER,
    SimulatorControl,
    change_options,
    failing,
    issues,
    killed,
    memory,
    pass_time,
    refusing,
    send_sms,
)
from .calls import Phones, place_call

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
async def phones(
    simulator: SimulatorControl, integration: MockConfigEntry
) -> AsyncIterator[Phones]:
    """Return what steers the calls of a home, in which nothing happens by itself."""
    phones = Phones(simulator)
    await phones.stop_clock()
    yield phones
    assert not integration.runtime_data.store.fallbacks


async def text(hass: HomeAssistant, **data: Any) -> None:
    """Send a text that may become a call."""
    await send_sms(hass, to=ANNA, wait=0, **{"fallback_after": 60, **data})


async def test_a_text_that_does_not_arrive_becomes_a_call(
    hass: HomeAssistant, phones: Phones
) -> None:
    """One, which reads it aloud; the action does not wait for it."""
    await text(hass)
    await pass_time(hass, seconds=59)
    assert await phones.calls() == []
    await pass_time(hass, seconds=61)
    (call,) = await phones.calls()
    assert call["to"] == ANNA
    await phones.phase(call["id"], "ringing")
    await phones.do(call["id"], "answer")
    await phones.run_clock()
    end = await phones.end(call["id"])
    assert str(end["actions"]).count("en_US/Dinner is ready") == 2
    await pass_time(hass, minutes=10)
    assert len(await phones.calls()) == 1


async def test_a_text_that_arrives_becomes_none(
    hass: HomeAssistant, phones: Phones
) -> None:
    """Whether 46elks says so by itself, or when it is asked."""
    await text(hass)
    await phones.run_clock()
    await phones.simulator.posted("delivery")
    await hass.async_block_till_done()
    await pass_time(hass, minutes=2)
    assert await phones.calls() == []


async def test_46elks_is_asked_before_the_call(
    hass: HomeAssistant, phones: Phones
) -> None:
    """What it has posted may be lost."""
    await phones.simulator.fail(
        {"match": {"callback": "delivery"}, "kind": "lose", "times": None}
    )
    await text(hass)
    await phones.run_clock()
    await phones.simulator.posted("delivery")
    await pass_time(hass, minutes=2)
    assert await phones.calls() == []


async def test_a_call_comes_where_46elks_cannot_be_asked(
    hass: HomeAssistant, phones: Phones
) -> None:
    """Better once too often than not at all."""
    await text(hass)
    await phones.simulator.fail(failing("sms/*", kind="status", status=403))
    await pass_time(hass, minutes=2)
    assert len(await phones.calls()) == 1


async def test_a_text_that_fails_becomes_a_call_at_once(
    hass: HomeAssistant, phones: Phones
) -> None:
    """As one that 46elks refuses."""
    await phones.simulator.fail(refusing(403, "No"))
    with pytest.raises(HomeAssistantError, match="No"):
        await text(hass)
    await hass.async_block_till_done()
    assert len(await phones.calls()) == 1


async def test_a_text_beyond_the_limit_becomes_a_call(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """Calls have a limit of their own."""
    hass.config_entries.async_update_entry(
        integration, options={**integration.options, "hourly_message_limit": 0}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    with pytest.raises(HomeAssistantError, match="limit of 0"):
        await text(hass)
    await hass.async_block_till_done()
    assert len(await phones.calls()) == 1


async def test_a_text_becomes_a_call_although_others_have_used_up_the_limit(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """It is an alarm, so the reserve of alerts is there for it."""
    await change_options(hass, integration, hourly_call_limit=1)
    await place_call(hass, to=[BJORN], wait=False)
    await text(hass)
    await pass_time(hass, seconds=61)
    assert [call["to"] for call in await phones.calls()] == [BJORN, ANNA]


async def test_where_no_text_may_go_no_call_may(
    hass: HomeAssistant, phones: Phones
) -> None:
    """The action says so."""
    with pytest.raises(ServiceValidationError):
        await send_sms(hass, to="+12025550123", wait=0, fallback_after=60)
    await pass_time(hass, minutes=2)
    assert await phones.calls() == []
    assert issues(hass) == {}


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_restart_makes_no_second_call(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry, when: str
) -> None:
    """Nor does it lose the first."""
    await text(hass)
    await pass_time(hass, seconds={"before": 1, "after": 61}[when])
    async with killed(hass, integration):
        hass.data.pop(f"{DOMAIN}_words")
    await pass_time(hass, seconds=61)
    assert len(await phones.calls()) == 1


@pytest.mark.parametrize("data", [{"private": True}, {}], ids=["private", "kept"])
async def test_words_that_may_not_be_stored_are_not(
    hass: HomeAssistant,
    phones: Phones,
    integration: MockConfigEntry,
    data: dict[str, Any],
) -> None:
    """After a restart the call has a beep instead."""
    await text(hass, **data)
    files = await hass.async_add_executor_job(memory, hass)
    is_stored = any(b"Dinner" in content for content in files.values())
    assert is_stored is not data.get("private", False)
    async with killed(hass, integration):
        hass.data.pop(f"{DOMAIN}_words")
    await pass_time(hass, seconds=61)
    (call,) = await phones.calls()
    await phones.phase(call["id"], "ringing")
    await phones.do(call["id"], "answer")
    heard = "sound/beep" if data else "en_US/Dinner is ready"
    await phones.run_clock()
    assert heard in str((await phones.end(call["id"]))["actions"])


async def test_a_call_long_overdue_is_not_placed(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """Repairs says so, and one click puts that away."""
    assert await async_setup_component(hass, "repairs", {})
    await text(hass)
    with patch("custom_components.elks46.fallbacks.RESUME_WITHIN", timedelta(days=-1)):
        await pass_time(hass, seconds=61)
    assert await phones.calls() == []
    assert set(issues(hass)) == {"fallback_failed"}
    assert "not running" in (issues(hass)["fallback_failed"] or {})["reason"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [(HomeAssistantError("Full"), "Full"), (KeyError(), "KeyError")],
    ids=["refused", "a bug"],
)
async def test_a_call_that_cannot_be_placed_is_told(
    hass: HomeAssistant,
    phones: Phones,
    integration: MockConfigEntry,
    error: Exception,
    reason: str,
) -> None:
    """In Repairs, as nobody waits."""
    await text(hass)
    with patch.object(
        integration.runtime_data.dialler, "async_place", side_effect=error
    ):
        await pass_time(hass, seconds=61)
    assert (issues(hass)["fallback_failed"] or {})["reason"] == reason


async def test_without_a_number_that_calls_that_is_told(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """The text goes all the same."""
    await phones.simulator.put_number(NUMBER, capabilities=["sms"])
    await integration.runtime_data.coordinator.async_refresh()
    await text(hass)
    await pass_time(hass, seconds=61)
    assert "no number" in (issues(hass)["fallback_failed"] or {})["reason"]
