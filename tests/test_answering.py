"""Calls that come in: what callers hear, what the home is told, and what costs."""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from datetime import timedelta
from functools import partial
import gc
import json
from typing import Any, Final
from unittest.mock import patch

import aiohttp
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
from custom_components.elks46.stage import async_stage

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    change_options,
    issues,
    killed,
    memory,
    pass_time,
    use_action,
)
from .calls import (
    DTMF,
    LOST_ENDS,
    PATIENCE,
    RECEIVED,
    House,
    acts,
    allowed_file,
    chirp,
    end_call,
    on_ring,
    place_call,
    post_call,
)

pytestmark = pytest.mark.usefixtures("impatient")

PIN: Final = "73914"


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


@pytest.fixture
def house(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> House:
    """Return a home that can be called."""
    return House(hass, simulator, integration)


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


async def test_a_contact_that_is_gone_is_not_rung(
    hass: HomeAssistant, house: House
) -> None:
    """Repairs says so, until somebody else is chosen."""
    await house.answers(
        "forward", **{CONF_FORWARD_TO: ["björn"], CONF_CALL_FALLBACK: "voicemail"}
    )
    hass.config_entries.async_remove_subentry(house.entry, "björn")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [*issues(hass)] == ["call_forward_gone"]
    call = await house.over(await house.ring())
    assert acts(call) == ["play", "play", "record"]
    await house.answers("forward", **{CONF_FORWARD_TO: ["anna"]})
    assert not issues(hass)


async def test_a_contact_that_cannot_be_rung_any_more_is_not(
    hass: HomeAssistant, house: House
) -> None:
    """A Swedish mobile number reaches no landline."""
    await house.answers(
        "forward",
        **{CONF_FORWARD_TO: ["björn", STRANGER], CONF_CALL_FALLBACK: "voicemail"},
    )
    await house.change("björn", phone="+468123456")
    await house.stop_clock()
    call_id = await house.ring()
    await house.until(call_id, lambda call: call["doing"])
    assert issues(hass)["call_forward_unfit"] == {
        "number": NUMBER,
        "account": "46elks",
        "reason": "Björn",
    }
    await house.do(call_id, "hangup")
    call = await house.over(call_id)
    assert call["actions"][0]["connect"] == STRANGER


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


@pytest.mark.parametrize("handling", ["reject", "announce"])
async def test_who_is_not_passed_on_reaches_no_limit(
    hass: HomeAssistant,
    house: House,
    caplog: pytest.LogCaptureFixture,
    handling: str,
) -> None:
    """Whoever the number once passed calls on to."""
    await house.answers(handling, **{CONF_FORWARD_TO: ["björn"]})
    await change_options(hass, house.entry, hourly_call_limit=0)
    reached = async_capture_events(hass, "elks46_limit_reached")
    await house.over(await house.ring())
    assert not reached
    assert "A call is not passed on" not in caplog.text


async def test_what_an_automation_says_reaches_no_limit(
    hass: HomeAssistant, house: House
) -> None:
    """Unless it passes a call on."""
    await house.answers("automation", **{CONF_FORWARD_TO: ["björn"]})
    await change_options(hass, house.entry, hourly_call_limit=0)
    reached = async_capture_events(hass, "elks46_limit_reached")
    on_ring(hass, "answer_call", instruction="voicemail")
    await house.over(await house.ring())
    assert not reached


@pytest.mark.parametrize("action", ["answer_call", "menu"])
async def test_a_caller_does_not_wait_for_what_has_failed(
    hass: HomeAssistant, house: House, action: str
) -> None:
    """The number goes on without the automation, at once."""
    await house.answers("automation", **{CONF_CALL_FALLBACK: "voicemail"})
    await house.stop_clock()
    call_id = await house.ring()
    await house.rung()
    said = {"answer_call": {"instruction": "announce"}, "menu": {}}[action]
    with pytest.raises(HomeAssistantError):
        await use_action(hass, action, call_id=call_id, media="/nowhere.wav", **said)
    await house.phase(call_id, "playing")
    await house.run_clock()
    call = await house.over(call_id)
    assert acts(call) == ["play", "play", "record"]
    assert DTMF not in str(call["actions"])


async def test_a_caller_waits_for_what_has_not_failed(
    hass: HomeAssistant, house: House
) -> None:
    """Where two automations answer."""
    await house.answers("automation")
    await house.stop_clock()
    call_id = await house.ring()
    await house.rung()
    live = house.entry.runtime_data.reception.live(call_id)
    say = partial(use_action, hass, "answer_call", call_id=call_id)
    with live.claimed():
        with pytest.raises(HomeAssistantError):
            await say(instruction="announce", media="/nowhere.wav")
        assert live.is_waiting
        assert await say(instruction="busy") == {"accepted": True}
    assert (await house.over(call_id))["signal"] == "busy"


@pytest.mark.parametrize("target", [BJORN, "sip:door@sip.example.com"])
@pytest.mark.parametrize("handling", ["forward", "automation"])
async def test_of_many_who_call_at_once_no_more_are_passed_on_than_may_be(
    hass: HomeAssistant, house: House, public_url: str, handling: str, target: str
) -> None:
    """Whoever passes them on, and wherever to."""

    async def pass_on(event: Event) -> None:
        with suppress(HomeAssistantError):
            await use_action(
                hass,
                "answer_call",
                call_id=event.data["call_id"],
                instruction="forward",
                forward_to=target,
            )

    hass.bus.async_listen(RECEIVED, pass_on)
    await change_options(hass, house.entry, hourly_call_limit=1)
    await house.answers(handling, **{CONF_FORWARD_TO: [target]})
    with patch("custom_components.elks46.answering.RING_SECONDS", 1):
        answers = await asyncio.gather(
            *(post_call(public_url, "call", incoming(f"c{one}")) for one in range(5))
        )
    assert sum("connect" in document for _, document in answers) == 1
    await hass.async_block_till_done()
    _, later = await post_call(public_url, "call", incoming("c9"))
    assert later["hangup"] == "reject"


async def test_strangers_who_are_passed_on_use_up_no_call_of_ours(
    hass: HomeAssistant, house: House, simulator: SimulatorControl
) -> None:
    """Those that nobody answers are free for them; each count is told when it is full."""
    limited = async_capture_events(hass, "elks46_limit_reached")
    await change_options(hass, house.entry, hourly_call_limit=2)
    await simulator.put_handset(BJORN, answers="busy")
    await simulator.put_handset(STRANGER)
    await house.answers("forward", **{CONF_FORWARD_TO: [BJORN]})
    done = [acts(await house.over(await house.ring(STRANGER))) for _ in range(3)]
    assert done == [["connect"], ["connect"], ["hangup"]]
    rows = await place_call(hass, to=[ANNA, STRANGER, NUMBER], wait=False)
    assert ["call_id" in row for row in rows] == [True, True, False]
    actions = [event.data["action"] for event in limited]
    assert actions == ["forward_call", "place_call"]


async def test_a_call_that_is_passed_on_costs_what_its_connections_do(
    hass: HomeAssistant, house: House, public_url: str
) -> None:
    """And no longer than money is set aside for it."""
    await change_options(hass, house.entry, daily_spend_limit=50)
    await house.answers("forward", **{CONF_FORWARD_TO: [BJORN]})
    form = incoming()
    _, document = await post_call(public_url, "call", form)
    assert (document["connect"], document["timelimit"]) == (BJORN, 1800)
    await hass.async_block_till_done()
    assert house.call("c1").reserved == 42
    leg = {"to": BJORN, "from": ANNA, "state": "success", "duration": 600}
    end = form | {
        "id": "c1",
        "state": "success",
        "start": form["created"],
        "cost": "0",
        "legs": json.dumps([leg | {"cost": 70000}, leg | {"cost": None}]),
    }
    assert await post_call(public_url, "hangup", end) == (204, None)
    await hass.async_block_till_done()
    assert house.ended[0].data["cost"] == 7.0


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


async def test_what_was_said_in_a_call_goes_with_it(
    hass: HomeAssistant, house: House, public_url: str
) -> None:
    """However many call; and while they do, half of the room is for calls of ours."""
    await house.answers("automation")
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())

    async def ask(event: Event) -> None:
        with suppress(HomeAssistantError):
            await use_action(
                hass, "menu", call_id=event.data["call_id"], timeout=1, media=file
            )

    hass.bus.async_listen(RECEIVED, ask)
    stage = async_stage(hass)
    forms = [incoming(f"c{one}") for one in range(3)]
    answers = [await post_call(public_url, "call", forms[0])]
    room = "custom_components.elks46.stage.CALLERS_BYTES_AT_MOST"
    with patch(room, stage.size * 2.5):
        answers += [await post_call(public_url, "call", form) for form in forms[1:]]
    for form in forms:
        end = form | {"id": form["callid"], "state": "success"}
        assert await post_call(public_url, "hangup", end) == (204, None)
    # The third was left waiting in silence.
    assert ["media" in str(document) for _, document in answers] == [True, True, False]
    await hass.async_block_till_done()
    assert stage.size > 0
    await pass_time(hass, seconds=6)
    assert stage.size == 0


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


def on_call(
    hass: HomeAssistant, script: Callable[[str], Coroutine[Any, Any, None]]
) -> None:
    """Run something for each call that comes in."""

    @callback
    def rung(event: Event) -> None:
        hass.async_create_task(script(event.data["call_id"]))

    hass.bus.async_listen(RECEIVED, rung)


async def test_a_menu_asks_and_asks_again(hass: HomeAssistant, house: House) -> None:
    """Level by level, also for the same key twice, and tells each."""
    await house.answers("automation")
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    heard: list[Json] = []

    async def script(call_id: str) -> None:
        menu = partial(use_action, hass, "menu", call_id=call_id, media=file)
        heard.extend([await menu(), await menu(), await menu()])
        await use_action(hass, "answer_call", call_id=call_id, instruction="busy")

    on_call(hass, script)
    await house.stop_clock()
    call_id = await house.ring()
    for level, key in enumerate(("1", "1", "2")):
        await house.at_menu(call_id, level)
        await house.do(call_id, "digits", digits=key)
    call = await house.over(call_id)
    assert acts(call) == ["ivr"] * 3 + ["hangup"]
    assert heard[:2] == [{"digits": "1", "no_input": False}] * 2
    assert [event.data["digits"] for event in house.digits][:2] == ["1", "1"]
    assert house.digits[0].data["contact"] == "Anna"
    assert house.ended[0].data["outcome"] == "answered"


async def test_what_callers_type_is_told_and_not_kept(
    hass: HomeAssistant, house: House
) -> None:
    """It may be a secret."""
    await house.answers("automation")
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    on_ring(hass, "menu", media=file, digits=4)
    await house.stop_clock()
    call_id = await house.ring()
    await house.hears(call_id, "ivr")
    await house.do(call_id, "digits", digits="4711")
    await house.do(call_id, "hangup")
    await house.over(call_id)
    assert [event.data["digits"] for event in house.digits] == ["4711"]
    kept = await hass.async_add_executor_job(memory, hass)
    assert call_id.encode() in b"".join(kept.values())
    assert b"4711" not in b"".join(kept.values())
    state = hass.states.get("event.46701740690_calls")
    assert state is not None
    assert state.state_info is not None
    assert "digits" in state.state_info["unrecorded_attributes"]


async def test_a_menu_without_keys_says_so(hass: HomeAssistant, house: House) -> None:
    """When it was said as often as asked."""
    await house.answers("automation", **{CONF_CALL_FALLBACK: "announce"})
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    heard: list[Json] = []

    async def script(call_id: str) -> None:
        heard.append(
            await use_action(hass, "menu", call_id=call_id, media=file, repeat=1)
        )
        await use_action(hass, "answer_call", call_id=call_id, instruction="assist")

    on_call(hass, script)
    call = await house.over(await house.ring())
    assert heard == [{"digits": None, "no_input": True}]
    assert acts(call) == ["ivr", "play"]
    assert not house.digits


async def test_a_caller_who_hangs_up_ends_the_script(
    hass: HomeAssistant, house: House
) -> None:
    """With the call named."""
    await house.answers("automation")
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    await house.stop_clock()
    call_id = await house.ring()
    await house.rung()
    menu = asyncio.create_task(use_action(hass, "menu", call_id=call_id, media=file))
    await house.at_menu(call_id, 0)
    await house.do(call_id, "hangup")
    await house.over(call_id)
    with pytest.raises(ServiceValidationError, match=f"{call_id} is over"):
        await menu
    for action in (
        {"action": "menu", "media": file},
        {"action": "answer_call", "instruction": "reject"},
        {"action": "answer_call", "instruction": "announce", "media": file},
    ):
        with pytest.raises(ServiceValidationError, match=f"{call_id} is over"):
            await use_action(hass, call_id=call_id, **action)


@pytest.mark.usefixtures("hurried")
async def test_a_caller_waits_in_silence_while_a_script_thinks(
    hass: HomeAssistant, house: House
) -> None:
    """But not for ever."""
    await house.answers("automation", **{CONF_CALL_FALLBACK: "voicemail"})
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    on_ring(hass, "menu", media=file, repeat=1)
    call = await house.over(await house.ring())
    assert acts(call)[-4:] == ["play", "play", "play", "record"]
    assert "sound/dtmf" in call["actions"][-4]["play"]


async def test_a_menu_or_an_answer_that_is_not_waited_for(
    hass: HomeAssistant, house: House
) -> None:
    """Is told so."""
    await house.answers("announce")
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    await house.stop_clock()
    call_id = await house.ring()
    await house.phase(call_id, "playing")
    for data in ({"instruction": "announce", "media": file}, {"instruction": "busy"}):
        answer = await use_action(hass, "answer_call", call_id=call_id, **data)
        assert answer == {"accepted": False}
    with pytest.raises(ServiceValidationError, match=f"{call_id} does not wait"):
        await use_action(hass, "menu", call_id=call_id, media=file)
    assert await end_call(hass, call_id) == "at_its_end"


async def test_a_call_that_was_passed_on_goes_on_until_they_hang_up(
    hass: HomeAssistant, house: House, simulator: SimulatorControl
) -> None:
    """And who wants it over is told so."""
    await simulator.put_handset(BJORN, answers="at_once")
    await house.answers("forward", **{CONF_FORWARD_TO: ["björn"]})
    await house.stop_clock()
    call_id = await house.ring()
    await house.until(call_id, lambda call: call["phase"] == "connected")
    await hass.async_block_till_done()
    assert await end_call(hass, call_id) == "at_its_end"
    await house.do(call_id, "hangup")
    await house.over(call_id)


@pytest.mark.parametrize(
    ("action", "data", "told"),
    [
        pytest.param("menu", {"media": "x"}, "no call c7", id="unknown menu"),
        pytest.param(
            "answer_call", {"instruction": "busy"}, "no call c7", id="unknown answer"
        ),
        pytest.param(
            "answer_call",
            {"instruction": "announce", "message": "Hi"},
            "no call c7",
            id="unknown speaking",
        ),
        pytest.param("menu", {}, "message", id="nothing to say"),
        pytest.param(
            "answer_call",
            {"instruction": "busy", "message": "Hi"},
            "Field message",
            id="words of no use",
        ),
        pytest.param(
            "answer_call",
            {"instruction": "busy", "forward_to": ANNA},
            "Field forward_to",
            id="nobody is rung",
        ),
        pytest.param(
            "answer_call",
            {"instruction": "forward", "forward_to": "sip:@"},
            "SIP",
            id="no SIP address",
        ),
        pytest.param(
            "answer_call",
            {"instruction": "forward", "forward_to": "+4600x"},
            "Field forward_to: .*phone number",
            id="no client",
        ),
        pytest.param(
            "answer_call",
            {"instruction": "forward", "forward_to": "12x"},
            "Field forward_to: .*letters",
            id="no phone",
        ),
    ],
)
async def test_what_an_action_cannot_do_is_told(
    hass: HomeAssistant, house: House, action: str, data: Json, told: str
) -> None:
    """By the field."""
    with pytest.raises(ServiceValidationError, match=told):
        await use_action(hass, action, call_id="c7", **data)


async def test_what_is_refused_was_not_begun(
    hass: HomeAssistant, house: House, recwarn: pytest.WarningsRecorder
) -> None:
    """No sound is half made ready."""
    with pytest.raises(ServiceValidationError, match="Field forward_to"):
        await use_action(
            hass,
            "answer_call",
            call_id="c7",
            instruction="announce",
            message="Hi",
            forward_to=ANNA,
        )
    gc.collect()
    assert "never awaited" not in str([one.message for one in recwarn])


@pytest.mark.parametrize("action", ["menu", "answer_call"])
async def test_a_sound_whose_address_goes_meanwhile_is_an_error(
    hass: HomeAssistant, house: House, action: str
) -> None:
    """Nobody can fetch it any more."""
    await house.answers("automation")
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    await house.stop_clock()
    call_id = await house.ring()
    await house.rung()
    fields = {"menu": {}, "answer_call": {"instruction": "announce"}}[action]
    with (
        patch("custom_components.elks46.address.Address.media_url", return_value=None),
        pytest.raises(HomeAssistantError, match="cannot fetch"),
    ):
        await use_action(hass, action, call_id=call_id, media=file, **fields)
    await use_action(hass, "answer_call", call_id=call_id, instruction="reject")
    await house.over(call_id)


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        pytest.param([], "nobody to pass", id="nobody"),
        pytest.param(["+468123456"], "mobile", id="no mobile"),
        pytest.param(["+47 406 12 345"], "Field forward_to: .*country", id="abroad"),
    ],
)
async def test_whom_a_call_cannot_be_passed_on_to(
    hass: HomeAssistant, house: House, wanted: list[str], error: str
) -> None:
    """Is told while the call waits."""
    await house.answers("automation")
    await house.stop_clock()
    call_id = await house.ring()
    await house.rung()
    with pytest.raises(ServiceValidationError, match=error):
        await use_action(
            hass,
            "answer_call",
            call_id=call_id,
            instruction="forward",
            forward_to=wanted,
        )
    await use_action(hass, "answer_call", call_id=call_id, instruction="reject")
    await house.over(call_id)


async def test_a_home_that_gives_out_no_sounds_says_so(
    hass: HomeAssistant, house: House
) -> None:
    """An automation hears it, and callers hear 46elks."""
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    with patch("custom_components.elks46.address.Address.media_base", None):
        await house.answers("automation", **{CONF_GREETING: file})
        await house.stop_clock()
        call_id = await house.ring()
        await house.rung()
        with pytest.raises(HomeAssistantError, match="fetch"):
            await use_action(
                hass,
                "answer_call",
                call_id=call_id,
                instruction="announce",
                media=file,
            )
        await use_action(hass, "answer_call", call_id=call_id, instruction="reject")
        await house.over(call_id)


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


@pytest.mark.parametrize(
    ("tries", "menus"),
    [
        pytest.param(["1", "2", "3"], 3, id="three wrong"),
        pytest.param(["1"], 2, id="none at last"),
    ],
)
async def test_wrong_pins_end_the_call(
    hass: HomeAssistant,
    house: House,
    caplog: pytest.LogCaptureFixture,
    tries: list[str],
    menus: int,
) -> None:
    """No automation hears of it."""
    await house.change("anna", **{CONF_RIGHTS: ["open"], CONF_PIN: PIN})
    await house.answers("automation")
    await house.stop_clock()
    call_id = await house.ring()
    for level, pin in enumerate(tries):
        await house.at_menu(call_id, level)
        await house.do(call_id, "digits", digits=f"{pin}#")
    await house.run_clock()
    call = await house.over(call_id)
    assert acts(call).count("ivr") == menus
    assert not house.received
    assert not house.digits
    assert house.call(call_id).digits is None


@pytest.mark.parametrize(
    ("pin", "then", "is_verified"),
    [("22222", "ivr", [True]), (None, "hangup", [])],
    ids=["changed", "taken away"],
)
async def test_a_pin_that_is_changed_meanwhile_is_taken_no_more(
    hass: HomeAssistant,
    house: House,
    public_url: str,
    pin: str | None,
    then: str,
    is_verified: list[bool],
) -> None:
    """The old one gives none of the new rights."""
    await house.answers("automation")
    on_ring(hass, "answer_call", instruction="reject")
    await house.change("anna", **{CONF_RIGHTS: ["control"], CONF_PIN: PIN})
    await post_call(public_url, "call", incoming())
    await house.change("anna", **{CONF_RIGHTS: ["open"], CONF_PIN: pin})
    form = incoming(result=PIN)
    _, document = await post_call(public_url, "next", form, step="1")
    assert then in document
    assert not house.received
    await post_call(public_url, "next", incoming(result="22222"), step="2")
    await hass.async_block_till_done()
    assert [event.data["verified"] for event in house.received] == is_verified


async def test_a_locked_pin_is_taken_from_nobody_for_a_while(
    hass: HomeAssistant,
    house: House,
    public_url: str,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Over calls, over a new set-up, and also the right one."""
    await house.change("anna", **{CONF_RIGHTS: ["open"], CONF_PIN: PIN})
    await house.answers("automation")

    async def enter(call_id: str, digits: str) -> Any:
        """Call, and enter a PIN; return what is heard then."""
        form = {
            "callid": call_id,
            "direction": "incoming",
            "from": ANNA,
            "to": NUMBER,
            "created": dt_util.utcnow().replace(tzinfo=None).isoformat(),
        }
        await post_call(public_url, "call", form)
        form["result"] = digits
        return (await post_call(public_url, "next", form, step="1"))[1]

    first = await enter("c1", "00000")
    assert await enter("c1", "00000") == first
    assert (await enter("c2", "11111"))["digits"] == 5
    await change_options(hass, house.entry, keep_text=False)
    assert "wrong too often" in (await enter("c3", "22222"))["play"]
    assert "no PIN" in caplog.text
    form = incoming("c4", **{"from": ANNA})
    assert "wrong too often" in (await post_call(public_url, "call", form))[1]["play"]
    assert not house.received
    freezer.tick(timedelta(minutes=16))
    with patch("custom_components.elks46.answering.RING_SECONDS", 0):
        await enter("c5", PIN)
    await hass.async_block_till_done()
    assert [event.data["call_id"] for event in house.received] == ["c5"]


def incoming(call_id: str = "c1", **changed: str) -> dict[str, str]:
    """Return what 46elks posts when somebody calls."""
    return {
        "callid": call_id,
        "direction": "incoming",
        "from": ANNA,
        "to": NUMBER,
        "created": dt_util.utcnow().replace(tzinfo=None).isoformat(),
        **changed,
    }


async def test_a_call_is_told_once_however_often_it_is_posted(
    hass: HomeAssistant, house: House, public_url: str
) -> None:
    """And gets the same answer."""
    form = incoming()
    first = await post_call(public_url, "call", form)
    assert await post_call(public_url, "call", form) == first
    await hass.async_block_till_done()
    end = form | {"id": "c1", "state": "failed"}
    for _ in range(2):
        assert await post_call(public_url, "hangup", end) == (204, None)
    assert await post_call(public_url, "call", form) == first
    await hass.async_block_till_done()
    assert (len(house.received), len(house.ended)) == (1, 1)
    assert hass.states.is_state("sensor.46elks_calls_today", "1")


@pytest.mark.parametrize("minutes", [-60, 60])
async def test_a_home_whose_clock_is_wrong_hears_who_calls(
    hass: HomeAssistant, house: House, public_url: str, minutes: int
) -> None:
    """46elks' clock tells whether a call is old."""
    now = dt_util.utcnow()
    old = (now - timedelta(minutes=6)).replace(tzinfo=None).isoformat()
    forms = [incoming("c1"), incoming("c2", created=old)]
    with patch.object(dt_util, "utcnow", return_value=now + timedelta(minutes=minutes)):
        for form in forms:
            await post_call(public_url, "call", form)
        await hass.async_block_till_done()
    assert [event.data["call_id"] for event in house.received] == ["c1"]


async def test_a_call_that_is_over_or_old_opens_nothing(
    hass: HomeAssistant,
    house: House,
    public_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Posted late, by a 46elks that did not hear the answer; the log says so once."""
    old = dt_util.utcnow().replace(tzinfo=None) - timedelta(minutes=6.5)
    for call_id in ("c2", "c4"):
        late = incoming(call_id, created=old.isoformat())
        assert await post_call(public_url, "call", late) == (200, {"hangup": "reject"})
    assert caplog.text.count("began 6 minutes ago") == 1
    end = incoming("c3") | {"id": "c3", "state": "failed"}
    assert await post_call(public_url, "hangup", end) == (204, None)
    again = await post_call(public_url, "call", incoming("c3"))
    assert again == (200, {"hangup": "reject"})
    await hass.async_block_till_done()
    assert not house.received
    assert [event.data["call_id"] for event in house.ended] == ["c3"]


@pytest.mark.parametrize("kind", ["hangup", "record"])
async def test_what_is_told_of_foreign_calls_changes_nothing(
    hass: HomeAssistant, house: House, public_url: str, kind: str
) -> None:
    """Neither those to other numbers nor those nobody knows."""
    form = incoming("c9", to=STRANGER) | {
        "id": "c9",
        "state": "failed",
        "wav": "https://api.46elks.com/a1/recordings/c9-r0.wav",
    }
    assert await post_call(public_url, kind, form) == (204, None)
    assert not house.ended


async def test_a_next_that_nobody_expects_ends_the_call(
    house: House, public_url: str
) -> None:
    """Also after a restart, which forgets what calls were at."""
    reject = (200, {"hangup": "reject"})
    form = incoming(result="1")
    assert await post_call(public_url, "next", form) == reject
    await house.answers("announce")
    await post_call(public_url, "call", form)
    for step in ("1", "", "x"):
        status, answer = await post_call(public_url, "next", form, step=step)
        assert status == 200
    assert answer == {"hangup": "reject"}


async def test_an_end_that_never_came_is_found_in_the_history(
    hass: HomeAssistant, house: House, simulator: SimulatorControl
) -> None:
    """With what it cost."""
    await simulator.fail(LOST_ENDS)
    await house.answers("announce")
    call_id = await house.ring()
    await house.end(call_id)
    await hass.async_block_till_done()
    assert not house.ended
    await house.entry.runtime_data.catch_up.async_run()
    await pass_time(hass, minutes=1)
    house.entry.runtime_data.reach.callback_arrived(is_foreign=False)
    with patch("custom_components.elks46.dialler.END_LATE", timedelta(0)):
        await house.entry.runtime_data.catch_up.async_run()
    await hass.async_block_till_done()
    (end,) = house.ended
    assert (end.data["call_id"], end.data["outcome"]) == (call_id, "answered")
    assert hass.states.is_state("binary_sensor.46701740690_in_call", "off")


async def test_a_call_outlives_a_restart_in_what_is_known(
    hass: HomeAssistant, house: House
) -> None:
    """It is counted once."""
    call_id = await house.ring()
    await house.over(call_id)
    async with killed(hass, house.entry):
        pass
    assert house.call(call_id).is_over
    assert hass.states.is_state("sensor.46elks_calls_today", "1")


async def test_who_calls_while_the_account_is_set_up_anew_hears_busy(
    hass: HomeAssistant, house: House
) -> None:
    """Not silence."""
    await hass.config_entries.async_unload(house.entry.entry_id)
    call = await house.end(await house.ring())
    assert call["signal"] == "busy"


async def test_a_call_can_be_ended_while_it_waits(
    hass: HomeAssistant, house: House
) -> None:
    """By the action."""
    await house.answers("automation", **{CONF_CALL_FALLBACK: "announce"})
    call_id = await house.ring()
    await house.rung()
    assert await end_call(hass, call_id) == "at_next_instruction"
    assert acts(await house.over(call_id)) == ["hangup"]


async def test_the_select_writes_the_setting(hass: HomeAssistant, house: House) -> None:
    """Without setting the account up anew."""
    entity_id = "select.46701740690_call_handling"
    runtime = house.entry.runtime_data
    assert hass.states.is_state(entity_id, "reject")
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": entity_id, "option": "voicemail"},
        blocking=True,
    )
    await hass.async_block_till_done()
    assert house.entry.subentries["number"].data[CONF_CALL_HANDLING] == "voicemail"
    assert hass.states.is_state(entity_id, "voicemail")
    assert house.entry.runtime_data is runtime
    assert acts(await house.over(await house.ring())) == ["play", "play", "record"]


@pytest.mark.parametrize(
    ("option", "error"),
    [
        pytest.param("forward", "nobody to pass", id="to nobody"),
        pytest.param("announce", "nothing to announce", id="nothing"),
    ],
)
async def test_the_select_refuses_what_the_form_does(
    hass: HomeAssistant, house: House, option: str, error: str
) -> None:
    """A number that says what nobody has written would be no use."""
    with pytest.raises(ServiceValidationError, match=error):
        await hass.services.async_call(
            "select",
            "select_option",
            {"entity_id": "select.46701740690_call_handling", "option": option},
            blocking=True,
        )
    assert house.entry.subentries["number"].data.get(CONF_CALL_HANDLING) is None


async def test_a_stop_waits_for_no_caller(
    hass: HomeAssistant, house: House, public_url: str
) -> None:
    """Whom an automation keeps waiting."""
    await house.answers("automation")
    with patch("custom_components.elks46.answering.RING_SECONDS", 600):
        asking = asyncio.create_task(post_call(public_url, "call", incoming()))
        await house.rung()
        await hass.async_stop(force=True)
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(aiohttp.ClientError):
            await asking
