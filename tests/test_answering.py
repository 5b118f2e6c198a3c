"""Calls that come in: what callers hear, what the home is told, and what costs."""

import asyncio
from collections.abc import Generator
from datetime import timedelta
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.const import (
    CONF_CALL_FALLBACK,
    CONF_CALL_HANDLING,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_PIN,
    CONF_RIGHTS,
)

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    change_options,
    killed,
    pass_time,
    use_action,
)
from .calls import LOST_ENDS, Phones, allowed_file, chirp, end_call, post_call

pytestmark = pytest.mark.usefixtures("impatient")

PIN: Final = "73914"
RECEIVED: Final = "elks46_call_received"
ENDED: Final = "elks46_call_ended"
DIGITS: Final = "elks46_call_digits"


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
def hurried() -> Generator[None]:
    """Wait for no automation."""
    with (
        patch("custom_components.elks46.answering.RING_SECONDS", 0.05),
        patch("custom_components.elks46.answering.THINK_SECONDS", 0.05),
        patch("custom_components.elks46.answering.SILENT_SECONDS", 0.1),
    ):
        yield


class House(Phones):
    """What people do who call this home."""

    def __init__(
        self, hass: HomeAssistant, simulator: SimulatorControl, entry: MockConfigEntry
    ) -> None:
        """Take the home and the stand-in."""
        super().__init__(simulator)
        self.hass = hass
        self.entry = entry
        self.received = async_capture_events(hass, RECEIVED)
        self.ended = async_capture_events(hass, ENDED)
        self.digits = async_capture_events(hass, DIGITS)

    async def answers(self, handling: str, **settings: object) -> None:
        """Set how the number answers."""
        await self.change("number", **{CONF_CALL_HANDLING: handling, **settings})

    async def change(self, subentry_id: str, **settings: object) -> None:
        """Change settings of a number or a contact."""
        subentry = self.entry.subentries[subentry_id]
        self.hass.config_entries.async_update_subentry(
            self.entry, subentry, data={**subentry.data, **settings}
        )
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def ring(self, caller: str = ANNA, **how: object) -> str:
        """Have somebody call the home, and return the id of the call."""
        rung = await self.simulator.control(
            "POST", f"handsets/{caller}/calls", {"to": NUMBER, **how}
        )
        return str(rung["call_id"])

    async def over(self, call_id: str) -> Json:
        """Return a call when it has ended and the home knows."""
        call = await self.end(call_id)
        async with asyncio.timeout(10):
            while not any(one.data["call_id"] == call_id for one in self.ended):
                await self.simulator.log(len(await self.simulator.log()), wait=1)
                await self.hass.async_block_till_done()
        return call

    def call(self, call_id: str) -> Any:
        """Return a call as the home knows it."""
        return self.entry.runtime_data.store.calls[call_id]


@pytest.fixture
def house(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> House:
    """Return a home that can be called."""
    return House(hass, simulator, integration)


def acts(call: Json) -> list[str]:
    """Return what was done in a call."""
    return [next(iter(act)) for act in call["actions"]]


def on_ring(hass: HomeAssistant, action: str, **data: object) -> list[Any]:
    """Use an action with each call that comes in, and return what it answers."""
    answers: list[Any] = []

    async def use(event: Event) -> None:
        answers.append(
            await use_action(hass, action, call_id=event.data["call_id"], **data)
        )

    @callback
    def rung(event: Event) -> None:
        hass.async_create_task(use(event))

    hass.bus.async_listen(RECEIVED, rung)
    return answers


async def test_a_call_that_is_rejected_is_told_and_costs_nothing(
    hass: HomeAssistant, house: House
) -> None:
    """So a gate opens on the ring alone."""
    call_id = await house.ring()
    call = await house.over(call_id)
    assert (call["signal"], call["start"]) == ("reject", None)
    (event,) = house.received
    assert event.data == {
        **event.data,
        "config_entry_id": house.entry.entry_id,
        "number": NUMBER,
        "contact": "Anna",
        "call_id": call_id,
        "caller": ANNA,
        "callee": NUMBER,
        "verified": False,
        "rights": [],
    }
    assert event.data["created"]
    (end,) = house.ended
    assert end.data["direction"] == "incoming"
    assert end.data["outcome"] == "no_answer"
    assert end.data["cost"] is None
    assert hass.states.is_state("sensor.46elks_calls_today", "1")
    assert hass.states.is_state("binary_sensor.46701740690_in_call", "off")
    state = hass.states.get("event.46701740690_calls")
    assert state is not None
    assert state.attributes["event_type"] == "ended"


@pytest.mark.parametrize("hidden", [True, "anonymous"])
async def test_a_hidden_caller_is_nobody(house: House, hidden: object) -> None:
    """And yet rings."""
    await house.over(await house.ring(hidden=hidden))
    (event,) = house.received
    assert (event.data["caller"], event.data["contact"]) == (None, None)


@pytest.mark.parametrize(
    ("rights", "pin", "told"),
    [
        pytest.param(["open"], None, ["open"], id="by number"),
        pytest.param(["open", "control"], PIN, [], id="with a PIN"),
        pytest.param([], None, [], id="none"),
    ],
)
async def test_a_ring_tells_what_the_caller_may(
    house: House, rights: list[str], pin: str | None, told: list[str]
) -> None:
    """By the number alone only where no PIN was chosen."""
    await house.change("anna", **{CONF_RIGHTS: rights, CONF_PIN: pin})
    await house.over(await house.ring())
    assert house.received[0].data["rights"] == told


@pytest.mark.parametrize(
    ("handling", "done"),
    [
        pytest.param("announce", ["play"], id="announce"),
        pytest.param("voicemail", ["play", "play", "record"], id="voicemail"),
        pytest.param("assist", ["play"], id="assist"),
        pytest.param("forward", ["hangup"], id="forward to nobody"),
    ],
)
async def test_without_a_greeting_46elks_speaks(
    house: House, handling: str, done: list[str]
) -> None:
    """A few English words."""
    await house.answers(handling)
    call = await house.over(await house.ring())
    assert acts(call) == done
    assert house.received


async def test_a_greeting_is_ready_before_anybody_calls(
    hass: HomeAssistant, house: House
) -> None:
    """And is heard, also while the account is set up anew."""
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    await house.answers("announce", **{CONF_GREETING: file})
    await house.stop_clock()
    call_id = await house.ring()
    await house.phase(call_id, "playing")
    assert hass.states.is_state("binary_sensor.46701740690_in_call", "on")
    await change_options(hass, house.entry, keep_text=False)
    await house.answers("reject")
    await house.run_clock()
    call = await house.over(call_id)
    assert acts(call) == ["play"]
    assert "/api/elks46/media/" in call["actions"][0]["play"]
    assert house.ended[-1].data["outcome"] == "answered"


async def test_a_greeting_that_is_no_more_is_let_go(
    hass: HomeAssistant, house: House
) -> None:
    """After those who hear it have heard it."""
    stage = hass.data["elks46_stage"]
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    await house.answers("announce", **{CONF_GREETING: file})
    assert stage.size > 0
    await house.change("number", **{CONF_GREETING: ""})
    assert stage.size > 0
    await pass_time(hass, minutes=16)
    assert stage.size == 0


async def test_a_greeting_that_cannot_be_had_is_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """And callers hear 46elks instead."""
    await house.answers("announce", **{CONF_GREETING: "/nowhere.wav"})
    assert "A greeting cannot be made ready" in caplog.text
    assert acts(await house.over(await house.ring())) == ["play"]


async def test_a_voicemail_is_told_once(
    hass: HomeAssistant, house: House, simulator: SimulatorControl
) -> None:
    """However often it is posted."""
    states: list[str] = []
    hass.bus.async_listen(
        "state_changed",
        callback(
            lambda event: states.append(
                event.data["new_state"].attributes.get("event_type")
            )
        ),
        callback(lambda data: data["entity_id"] == "event.46701740690_calls"),
    )
    await simulator.fail(
        {"match": {"callback": "record"}, "kind": "duplicate", "times": None}
    )
    await house.answers("voicemail")
    call_id = await house.ring()
    await house.over(call_id)
    await simulator.posted("record", 2)
    await hass.async_block_till_done()
    assert states.count("voicemail") == 1
    assert house.call(call_id).voicemail == f"{call_id}-r0"


async def test_a_call_is_passed_on(
    hass: HomeAssistant, house: House, simulator: SimulatorControl
) -> None:
    """To a contact and a number at once; it counts as a call of ours."""
    await simulator.put_handset(BJORN, answers="at_once")
    await house.answers("forward", **{CONF_FORWARD_TO: ["björn", STRANGER]})
    await house.stop_clock()
    call_id = await house.ring()
    await house.until(call_id, lambda call: call["phase"] == "connected")
    await house.do(call_id, "hangup")
    call = await house.over(call_id)
    assert call["actions"][0]["connect"] == f"{BJORN},{STRANGER}"
    assert house.ended[0].data["outcome"] == "answered"
    assert house.call(call_id).is_placed


async def test_who_does_not_answer_has_a_voicemail(
    house: House, simulator: SimulatorControl
) -> None:
    """If the number is set so."""
    await simulator.put_handset(BJORN, answers="busy")
    await house.answers(
        "forward", **{CONF_FORWARD_TO: [BJORN], CONF_CALL_FALLBACK: "voicemail"}
    )
    call = await house.over(await house.ring())
    assert acts(call) == ["connect", "play", "play", "record"]


@pytest.mark.parametrize("fallback", ["reject", "announce"])
async def test_a_limit_keeps_a_call_from_being_passed_on(
    hass: HomeAssistant, house: House, simulator: SimulatorControl, fallback: str
) -> None:
    """Then the number does without."""
    await change_options(hass, house.entry, hourly_call_limit=0)
    await house.answers(
        "forward", **{CONF_FORWARD_TO: [BJORN], CONF_CALL_FALLBACK: fallback}
    )
    call = await house.over(await house.ring())
    assert acts(call) == [{"reject": "hangup", "announce": "play"}[fallback]]


@pytest.mark.parametrize("instruction", ["reject", "busy"])
async def test_an_automation_turns_a_call_away(
    hass: HomeAssistant, house: House, instruction: str
) -> None:
    """As it says."""
    await house.answers("automation", **{CONF_CALL_FALLBACK: "announce"})
    answers = on_ring(hass, "answer_call", instruction=instruction)
    call = await house.over(await house.ring())
    assert (call["signal"], answers) == (instruction, [{"accepted": True}])


async def test_an_automation_says_something(hass: HomeAssistant, house: House) -> None:
    """Of its own, for which the call waits."""
    await house.answers("automation")
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    answers = on_ring(hass, "answer_call", instruction="announce", media=file)
    call = await house.over(await house.ring())
    assert answers == [{"accepted": True}]
    assert "/api/elks46/media/" in call["actions"][-1]["play"]


async def test_an_automation_passes_a_call_on(
    hass: HomeAssistant, house: House, simulator: SimulatorControl
) -> None:
    """To whom it says."""
    await simulator.put_handset(BJORN, answers="busy")
    await house.answers("automation")
    answers = on_ring(
        hass, "answer_call", instruction="forward", forward_to="070-174 06 06"
    )
    call_id = await house.ring()
    call = await house.over(call_id)
    assert answers == [{"accepted": True}]
    assert call["actions"][0]["connect"] == BJORN
    assert house.call(call_id).is_passed_on


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("fallback", ["reject", "announce", "voicemail"])
async def test_a_call_that_no_automation_answers(
    house: House, hass: HomeAssistant, fallback: str
) -> None:
    """Falls to what the number does then; who comes later is told so."""
    await house.answers("automation", **{CONF_CALL_FALLBACK: fallback})
    await house.stop_clock()
    call_id = await house.ring()
    done = {"reject": "hangup", "announce": "play", "voicemail": "play"}[fallback]
    call = await house.until(
        call_id, lambda call: call["actions"] or call["phase"] == "playing"
    )
    await house.run_clock()
    call = await house.over(call_id)
    assert acts(call)[0] == done


async def test_a_menu_asks_and_asks_again(hass: HomeAssistant, house: House) -> None:
    """Level by level, also for the same key twice, and tells each."""
    await house.answers("automation")
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    heard: list[Json] = []

    async def script(call_id: str) -> None:
        for _ in range(3):
            heard.append(await use_action(hass, "menu", call_id=call_id, media=file))
        heard.append(
            await use_action(hass, "answer_call", call_id=call_id, instruction="reject")
        )

    hass.bus.async_listen(
        RECEIVED,
        callback(
            lambda event: hass.async_create_task(script(event.data["call_id"])) and None
        ),
    )
    await house.stop_clock()
    call_id = await house.ring()
    for level, key in enumerate(("1", "1", "#")):
        await house.until(
            call_id,
            lambda call, level=level: (
                call["phase"] == "playing" and "/media/" in str(call["now"])
                if "now" in call
                else call["phase"] == "playing" and acts(call).count("ivr") == level
            ),
        )
        await house.do(call_id, "digits", digits=key)
    await house.over(call_id)
    assert len(heard) == 4


async def test_a_pin_is_asked_before_an_automation_hears(
    hass: HomeAssistant, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """And never told to anybody."""
    await house.change("anna", **{CONF_RIGHTS: ["open"], CONF_PIN: PIN})
    await house.answers("automation")
    on_ring(hass, "answer_call", instruction="reject")
    await house.stop_clock()
    call_id = await house.ring()
    await house.phase(call_id, "playing")
    assert not house.received
    await house.do(call_id, "digits", digits=PIN)
    await house.over(call_id)
    (event,) = house.received
    assert (event.data["verified"], event.data["rights"]) == (True, ["open"])
    assert not house.digits
    assert PIN not in str([event.data for event in house.ended])
    assert house.call(call_id).digits is None
    assert not [
        one
        for one in caplog.records
        if PIN in one.getMessage() and one.name.startswith("custom_components")
    ]
