"""Many calls at once, out and in: each has its own sound, its own keys and its own end."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from itertools import batched
from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from . import Json, SimulatorControl, use_action
from .calls import PATIENCE, House, allowed_file, place_call
from .hearing import distinct, moments
from .test_answering import on_call

pytestmark = pytest.mark.usefixtures("impatient")

PEOPLE = [f"+467017406{last}" for last in range(10, 30)]
CALLED, CALLERS = batched(PEOPLE, 10, strict=True)
SOUNDS = {phone: distinct(index) for index, phone in enumerate(PEOPLE)}


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
async def house(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> House:
    """Return a home that an automation answers for, and in which nothing happens by itself."""
    house = House(hass, simulator, integration)
    for caller in CALLERS:
        await simulator.put_handset(caller)
    await house.answers("automation")
    await house.stop_clock()
    return house


async def test_twenty_calls_at_once_do_not_disturb_each_other(
    hass: HomeAssistant, house: House
) -> None:
    """Ten are called, and press ten keys; ten call, and say who they are."""
    files = {
        phone: await hass.async_add_executor_job(allowed_file, hass, sound, phone)
        for phone, sound in SOUNDS.items()
    }
    said: dict[str, Json] = {}

    async def lead(call_id: str) -> None:
        """Ask a caller for two keys, and let go."""
        caller = house.call(call_id).caller
        use = partial(use_action, hass, call_id=call_id)
        said[caller] = await use(action="menu", media=files[caller], digits=2)
        await use(action="answer_call", instruction="reject")

    on_call(hass, lead)
    keys = {phone: phone[-1] for phone in CALLED} | {
        phone: phone[-2:] for phone in CALLERS
    }
    calling = [
        asyncio.create_task(
            place_call(hass, to=[phone], media=files[phone], acknowledge=keys[phone])
        )
        for phone in CALLED
    ]
    calls = {phone: await house.ring(phone) for phone in CALLERS}
    calls |= {
        call["to"]: call["id"] for call in await house.new(20) if call["to"] in CALLED
    }
    for phone in CALLED:
        await house.phase(calls[phone], "ringing")
        await house.do(calls[phone], "answer")
    for phone in SOUNDS:
        await house.hears(calls[phone], "ivr")
    await house.advance(2.5)
    for phone in SOUNDS:
        await house.phase(calls[phone], "listening")
        await house.do(calls[phone], "digits", digits=keys[phone])
    for phone in CALLED:
        await house.hears(calls[phone], "play")
    await house.advance(1)
    for phone in SOUNDS:
        await house.over(calls[phone])

    rows: list[Json] = [row for (row,) in await asyncio.gather(*calling)]
    assert [
        (row["to"], row["call_id"], row["outcome"], row["digits"]) for row in rows
    ] == [(phone, calls[phone], "acknowledged", keys[phone]) for phone in CALLED]
    assert said == {
        phone: {"digits": keys[phone], "no_input": False} for phone in CALLERS
    }
    told = {one.data["call_id"]: one.data["digits"] for one in house.digits}
    assert told == {calls[phone]: keys[phone] for phone in SOUNDS}
    ends = {one.data["call_id"]: one.data["outcome"] for one in house.ended}
    assert len(house.ended) == len(ends) == 20
    assert [ends[calls[phone]] for phone in CALLERS] == ["answered"] * 10
    for phone in SOUNDS:
        path = f"calls/{calls[phone]}/heard.wav"
        heard = await house.simulator.download(path)
        assert [other for other, sound in SOUNDS.items() if moments(heard, sound)] == [
            phone
        ]
    assert hass.states.is_state("binary_sensor.46701740690_in_call", "off")
    assert hass.states.is_state("sensor.46elks_calls_today", "20")


async def test_the_events_of_a_number_tell_each_step_of_a_call(
    hass: HomeAssistant, house: House
) -> None:
    """From the ring to the end, with what is new in it."""
    steps: list[Any] = []

    def step(event: Any) -> None:
        state = event.data["new_state"]
        if state.entity_id == "event.46701740690_calls":
            steps.append(state.attributes)

    hass.bus.async_listen("state_changed", step)
    (caller, *_) = CALLERS
    sound = await hass.async_add_executor_job(
        allowed_file, hass, SOUNDS[caller], "menu.wav"
    )

    async def lead(call_id: str) -> None:
        """Ask a caller for a key, and take a message."""
        use = partial(use_action, hass, call_id=call_id)
        await use(action="menu", media=sound)
        await use(action="answer_call", instruction="voicemail", media=sound)

    on_call(hass, lead)
    call_id = await house.ring(caller)
    await house.hears(call_id, "ivr")
    await house.do(call_id, "digits", digits="3")
    await house.run_clock()
    await house.simulator.posted("record")
    end = await house.over(call_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert sorted(one["event_type"] for one in steps) == sorted(
        ["ringing", "answered", "digits", "voicemail", "ended"]
    )
    told = [one for one in steps if one["event_type"] != "voicemail"]
    assert [one["event_type"] for one in told] == [
        "ringing",
        "answered",
        "digits",
        "ended",
    ]
    assert {one["call_id"] for one in steps} == {call_id}
    assert (told[2]["digits"], told[-1]["outcome"]) == ("3", "answered")
    assert told[-1]["duration"] == end["duration"]
    assert told[-1]["cost"] == end["cost"] / 10_000


async def remove(hass: HomeAssistant, entry_id: str) -> None:
    """Delete the account."""
    await hass.config_entries.async_remove(entry_id)


async def disable(hass: HomeAssistant, entry_id: str) -> None:
    """Switch the account off."""
    await hass.config_entries.async_set_disabled_by(entry_id, ConfigEntryDisabler.USER)


@pytest.mark.parametrize("go", [remove, disable])
async def test_a_script_does_not_wait_for_who_calls_an_account_that_is_gone(
    hass: HomeAssistant,
    house: House,
    go: Callable[[HomeAssistant, str], Coroutine[Any, Any, None]],
) -> None:
    """It is told that the call is over."""
    (caller, *_) = CALLERS
    file = await hass.async_add_executor_job(allowed_file, hass, SOUNDS[caller])
    call_id = await house.ring(caller)
    await house.rung()
    asked = asyncio.create_task(use_action(hass, "menu", call_id=call_id, media=file))
    await house.hears(call_id, "ivr")
    await go(hass, house.entry.entry_id)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ServiceValidationError, match=f"{call_id} is over"):
            await asked


async def test_a_script_goes_on_while_the_account_is_set_up_anew(
    hass: HomeAssistant, house: House
) -> None:
    """The caller presses in the middle of it, and hears the next menu after it."""
    (caller, *_) = CALLERS
    file = await hass.async_add_executor_job(allowed_file, hass, SOUNDS[caller])
    call_id = await house.ring(caller)
    await house.rung()
    menu = partial(use_action, hass, "menu", call_id=call_id, media=file)
    asked = asyncio.create_task(menu())
    await house.hears(call_id, "ivr")
    await hass.config_entries.async_unload(house.entry.entry_id)
    await house.do(call_id, "digits", digits="4")
    assert await asked == {"digits": "4", "no_input": False}
    # Not until all has come to rest: the caller is being kept waiting.
    await hass.config_entries.async_setup(house.entry.entry_id)
    asked = asyncio.create_task(menu())
    await house.hears(call_id, "ivr", 2)
    await house.do(call_id, "digits", digits="5")
    assert await asked == {"digits": "5", "no_input": False}
    await use_action(hass, "answer_call", call_id=call_id, instruction="reject")
    await house.over(call_id)
    assert [one.data["digits"] for one in house.digits] == ["4", "5"]
    assert len(house.received) == len(house.ended) == 1
