"""What the door answers to calls, and how their fates hold whatever is posted, in any order."""

from collections.abc import Mapping
import logging
from typing import Any, Final
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.call_log import REMEMBER_ENDED_AT_MOST
from custom_components.elks46.const import CONF_CALL_HANDLING
from custom_components.elks46.records import (
    Alert,
    Attempt,
    AttemptKind,
    CallNews,
    CallStage,
    Fallback,
    PhoneCall,
)
from custom_components.elks46.signals import SIGNAL_CALL

from . import ANNA, NUMBER, STRANGER, WEBHOOK_ID, SimulatorControl, setup_integration
from .calls import Phones, place_call, post_call

pytestmark = pytest.mark.usefixtures("impatient")

REJECT: Final = (200, {"hangup": "reject"})
BUSY: Final = (200, {"hangup": "busy"})
CREATED: Final = "2026-11-22T10:00:00"


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
async def phones(simulator: SimulatorControl, integration: MockConfigEntry) -> Phones:
    """Return what steers the calls of a home, none of which moves by itself."""
    phones = Phones(simulator)
    await phones.stop_clock()
    return phones


async def ringing(
    hass: HomeAssistant, integration: MockConfigEntry, **data: object
) -> PhoneCall:
    """Return a call that has been placed and rings."""
    await place_call(hass, to=[ANNA], wait=False, **data)
    return known(integration)


def known(integration: MockConfigEntry) -> PhoneCall:
    """Return the latest call as it stands."""
    call: PhoneCall = list(integration.runtime_data.store.calls.values())[-1]
    return call


def answered(call: PhoneCall, **changed: str) -> dict[str, str]:
    """Return what 46elks posts when somebody picks up."""
    return {
        "callid": call.id or "c1",
        "direction": "outgoing",
        "from": NUMBER,
        "to": ANNA,
        "created": CREATED,
        "result": "newoutgoing",
        **changed,
    }


def over(call: PhoneCall, **changed: str) -> dict[str, str]:
    """Return what 46elks posts when a call is over that was answered."""
    form = {
        "id": call.id or "c1",
        "direction": "outgoing",
        "from": NUMBER,
        "to": ANNA,
        "created": CREATED,
        "state": "success",
        "start": CREATED,
        "duration": "12",
        "cost": "7000",
        **changed,
    }
    return {key: value for key, value in form.items() if value}


UNHEARD: Final = {"start": "", "duration": "", "cost": ""}


async def test_the_same_question_gets_the_same_answer(
    hass: HomeAssistant,
    public_url: str,
    phones: Phones,
    integration: MockConfigEntry,
) -> None:
    """However often it is asked, and also when the call is over."""
    call = await ringing(hass, integration, acknowledge="1", repeat=3)
    ask = post_call(public_url, "call", answered(call), ref=call.ref)
    status, menu = await ask
    assert status == 200
    assert (menu["digits"], menu["timeout"], menu["repeat"]) == (1, 5, 3)
    again = await post_call(public_url, "call", answered(call), ref=call.ref)
    assert again == (200, menu)
    assert await post_call(public_url, "hangup", over(call), ref=call.ref) == (
        204,
        None,
    )
    assert await post_call(public_url, "call", answered(call), ref=call.ref) == (
        200,
        menu,
    )
    assert known(integration).stage is CallStage.ENDED


async def test_a_wrong_key_costs_one_repeat_however_often_it_is_told(
    hass: HomeAssistant, public_url: str, phones: Phones, integration: MockConfigEntry
) -> None:
    """The address tells how often was asked, so nothing has to be remembered."""
    call = await ringing(hass, integration, acknowledge="1", repeat=2)
    wrong = answered(call, result="7")
    first = await post_call(public_url, "next", wrong, ref=call.ref, step="1")
    assert first[1]["repeat"] == 1
    assert await post_call(public_url, "next", wrong, ref=call.ref, step="1") == first
    for step in ("2", "", "x", "²", "-1", "99999999999999999999"):
        answer = await post_call(public_url, "next", wrong, ref=call.ref, step=step)
        assert answer == REJECT
    right = answered(call, result="1")
    beep = await post_call(public_url, "next", right, ref=call.ref, step="x")
    assert beep == (200, {"play": "sound/beep", "skippable": False})


@pytest.mark.parametrize(
    ("kind", "form", "answer"),
    [
        pytest.param(
            "call", {"direction": "outgoing", "callid": "c1", "to": ANNA}, REJECT,
            id="an unknown call of ours",
        ),
        pytest.param("next", {"callid": "c1", "result": "1"}, REJECT, id="a next"),
        pytest.param(
            "call", {"direction": "incoming", "callid": "c1", "from": ANNA, "to": STRANGER},
            REJECT, id="somebody calls a number that is not here",
        ),
        pytest.param("call", {"direction": "incoming"}, BUSY, id="half a call in"),
        pytest.param("call", {"direction": "outgoing"}, REJECT, id="half a call out"),
        pytest.param("call", {}, REJECT, id="nothing"),
        pytest.param("next", {"direction": "incoming"}, REJECT, id="half a next"),
        pytest.param("hangup", {}, (204, None), id="half an end"),
        pytest.param("record", {"wav": "x"}, (204, None), id="half a recording"),
        pytest.param(
            "record", {"wav": "https://api.46elks.com/a1/recordings/c1-r0.wav"},
            (204, None), id="a recording",
        ),
        pytest.param(
            "hangup",
            {"id": "c9", "to": ANNA, "direction": "outgoing", "state": "failed"},
            (204, None), id="the end of an unknown call",
        ),
    ],
)  # fmt: skip
async def test_whatever_is_posted_of_calls_is_answered(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    public_url: str,
    kind: str,
    form: Mapping[str, str],
    answer: tuple[int, Any],
) -> None:
    """Nobody is left in silence, and nothing is invented."""
    ended = async_capture_events(hass, "elks46_call_ended")
    for query in ({}, {"ref": "nobody"}):
        assert await post_call(public_url, kind, form, **query) == answer
    assert not ended


@pytest.mark.parametrize(
    ("direction", "answer"), [("incoming", BUSY), ("outgoing", REJECT)]
)
@pytest.mark.parametrize("state", ["not loaded", "starting"])
async def test_what_a_call_hears_while_the_home_is_not_ready(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    public_url: str,
    direction: str,
    answer: tuple[int, Any],
    state: str,
) -> None:
    """Who calls hears busy; what only tells is told again later."""
    match state:
        case "not loaded":
            await hass.config_entries.async_unload(integration.entry_id)
        case _:
            hass.set_state(CoreState.starting)
    form = {"callid": "c1", "direction": direction, "from": NUMBER, "to": ANNA}
    assert await post_call(public_url, "call", form) == answer
    assert await post_call(public_url, "next", form | {"result": "1"}) == REJECT
    end = form | {"id": "c1", "state": "failed"}
    assert await post_call(public_url, "hangup", end) == (503, None)
    hass.set_state(CoreState.running)


@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
@pytest.mark.parametrize(
    "place",
    [
        pytest.param("reach.Reach.callback_arrived", id="before"),
        pytest.param("webhook.async_get", id="deciding"),
        pytest.param("api.instructions.Instruction.encode", id="writing"),
    ],
)
async def test_a_bug_leaves_nobody_in_silence(
    integration: MockConfigEntry,
    public_url: str,
    caplog: pytest.LogCaptureFixture,
    direction: str,
    place: str,
) -> None:
    """And is logged, without the secret address."""
    caplog.set_level(logging.WARNING)
    form = {"callid": "c1", "direction": direction, "from": NUMBER, "to": ANNA}
    with patch(f"custom_components.elks46.{place}", side_effect=RuntimeError("Bug")):
        assert await post_call(public_url, "call", form) == REJECT
    assert "Unexpected error with what a call asks" in caplog.text
    assert WEBHOOK_ID not in caplog.text
    caplog.clear()


async def test_a_disk_that_refuses_an_end_is_told_of_it_again(
    hass: HomeAssistant, public_url: str, phones: Phones, integration: MockConfigEntry
) -> None:
    """Meanwhile it is told to the home, once, and written when it is told again."""
    ended = async_capture_events(hass, "elks46_call_ended")
    call = await ringing(hass, integration)
    with patch(
        "custom_components.elks46.journal.Journal.async_append",
        side_effect=OSError(28, "No space left"),
    ):
        asked = await post_call(public_url, "call", answered(call), ref=call.ref)
        assert asked[0] == 200
        await hass.async_block_till_done()
        assert known(integration).stage is CallStage.IN_PROGRESS
        assert await post_call(public_url, "hangup", over(call), ref=call.ref) == (
            503,
            None,
        )
        assert len(ended) == 1
        assert known(integration).is_over
    for _ in range(2):
        again = await post_call(public_url, "hangup", over(call), ref=call.ref)
        assert again == (204, None)
    await hass.config_entries.async_reload(integration.entry_id)
    assert (known(integration).outcome, len(ended)) == ("answered", 1)


type Post = tuple[str, dict[str, str]]
ANSWERED: Final[Post] = ("call", {})
PRESSED: Final = ("next", {"result": "1"})
NO_KEY: Final = ("next", {"result": "failed", "why": "noinput"})
OVER: Final[Post] = ("hangup", {})
ACTIONS: Final = '[{"ivr": "https://a.example/s", "result": "1"}]'
OVER_WITH_KEY: Final = ("hangup", {"actions": ACTIONS})
STILL_ON: Final = ("hangup", {"state": "ongoing"})


@pytest.mark.parametrize(
    ("posts", "outcome", "digits"),
    [
        ([ANSWERED, PRESSED, OVER], "acknowledged", "1"),
        ([PRESSED, ANSWERED, OVER], "acknowledged", "1"),
        ([PRESSED, OVER, OVER, PRESSED, ANSWERED], "acknowledged", "1"),
        ([OVER_WITH_KEY, ANSWERED, PRESSED], "acknowledged", "1"),
        ([OVER_WITH_KEY], "acknowledged", "1"),
        ([ANSWERED, NO_KEY, OVER], "answered", None),
        ([NO_KEY, OVER], "answered", None),
        ([OVER, ANSWERED], "answered", None),
        ([STILL_ON, ANSWERED, PRESSED, STILL_ON, OVER, STILL_ON], "acknowledged", "1"),
        ([ANSWERED, ("hangup", UNHEARD | {"state": "failed"})], "answered", None),
        ([("hangup", UNHEARD | {"state": "busy"}), OVER], "busy", None),
        ([("hangup", UNHEARD | {"state": "failed"})], "no_answer", None),
        ([("hangup", UNHEARD | {"state": "success"})], "answered", None),
        ([("hangup", UNHEARD | {"state": "strange"})], "unknown", None),
        ([("hangup", {"actions": "nonsense"})], "answered", None),
        ([("hangup", {"actions": '[{"ivr": "x"}, {"play": "y"}]'})], "answered", None),
    ],
    ids=[
        "as they should", "key before answer", "late repeats", "end before all", "end alone",
        "no key", "answer lost", "answer after the end", "ends that are none",
        "an end that forgets", "two ends", "unanswered", "a success unheard", "a new state",
        "unreadable actions", "other actions",
    ],
)  # fmt: skip
async def test_a_call_ends_once_whatever_order_its_posts_come_in(
    hass: HomeAssistant,
    public_url: str,
    phones: Phones,
    integration: MockConfigEntry,
    posts: list[Post],
    outcome: str,
    digits: str | None,
) -> None:
    """And with what is known when it ends."""
    ended = async_capture_events(hass, "elks46_call_ended")
    call = await ringing(hass, integration, acknowledge="1")
    for kind, changed in posts:
        form = over(call) if kind == "hangup" else answered(call)
        form = {key: one for key, one in (form | changed).items() if one}
        await post_call(public_url, kind, form, ref=call.ref, step="1")
        await hass.async_block_till_done()
    (event,) = ended
    assert event.data["outcome"] == outcome
    assert (known(integration).digits, event.data["call_id"]) == (digits, call.id)


def coming(**changed: str) -> dict[str, str]:
    """Return what 46elks posts of a call that comes in; the home takes it if it is of now."""
    now = dt_util.utcnow().replace(tzinfo=None).isoformat()
    form = {
        "callid": "c1", "id": "c1", "direction": "incoming", "from": ANNA, "to": NUMBER,
        "created": now, "result": "newincoming", "state": "success", "start": now,
        "duration": "9", "cost": "0",
        "wav": "https://api.46elks.com/a1/recordings/c1-r0.wav",
    }  # fmt: skip
    return {key: value for key, value in (form | changed).items() if value}


RUNG: Final = ("call", {"result": "newincoming"})
LEFT: Final[Post] = ("record", {})
GONE: Final = ("hangup", UNHEARD | {"state": "failed"})
TOLD: Final = ["ringing", "answered", "ended"]


@pytest.mark.parametrize(
    ("posts", "told", "outcome"),
    [
        ([RUNG, LEFT, OVER], TOLD, "answered"),
        ([RUNG, RUNG, LEFT, LEFT, OVER, OVER, LEFT, RUNG], TOLD, "answered"),
        ([RUNG, OVER, LEFT], TOLD, "answered"),
        ([RUNG, STILL_ON, LEFT, OVER, STILL_ON], TOLD, "answered"),
        ([RUNG, GONE], ["ringing", "answered", "ended"], "no_answer"),
        ([OVER, RUNG, LEFT], ["answered", "ended"], "answered"),
        ([OVER], ["answered", "ended"], "answered"),
        ([RUNG, ("next", {"result": "failed", "why": "badsource"}), OVER],
         ["ringing", "answered", "ended"], "answered"),
    ],
    ids=[
        "as they should", "repeated", "end before message", "ends that are none",
        "gone before the answer", "end before all", "end alone", "a sound that is not there",
    ],
)  # fmt: skip
async def test_a_call_that_came_in_is_told_once_whatever_order_its_posts_come_in(
    hass: HomeAssistant,
    public_url: str,
    integration: MockConfigEntry,
    posts: list[Post],
    told: list[str],
    outcome: str,
) -> None:
    """Each step, and how it ended; one whose beginning comes last opens no gate."""
    steps: list[str] = []

    async def step(news: CallNews, _call: PhoneCall) -> None:
        steps.append(news.value)

    async_dispatcher_connect(hass, SIGNAL_CALL.format(integration.entry_id), step)
    subentry = integration.subentries["number"]
    hass.config_entries.async_update_subentry(
        integration, subentry, data={**subentry.data, CONF_CALL_HANDLING: "voicemail"}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    ended = async_capture_events(hass, "elks46_call_ended")
    for kind, changed in posts:
        await post_call(public_url, kind, coming(**changed))
        await hass.async_block_till_done()
    assert steps == told
    (event,) = ended
    assert (event.data["outcome"], event.data["direction"]) == (outcome, "incoming")
    assert hass.states.is_state("binary_sensor.46701740690_in_call", "off")
    assert hass.states.is_state("sensor.46elks_calls_today", "1")


@pytest.mark.parametrize(
    ("late", "outcome"),
    [
        ([PRESSED, PRESSED], "acknowledged"),
        ([OVER_WITH_KEY, PRESSED], "acknowledged"),
        ([PRESSED, OVER_WITH_KEY], "acknowledged"),
        ([("next", {"result": "5"}), NO_KEY], "answered"),
        ([("hangup", {"actions": ACTIONS.replace("1", "5")})], "answered"),
    ],
    ids=["pressed", "in the end", "both", "wrong or none", "wrong in the end"],
)
async def test_the_key_counts_after_an_end_that_was_told_too_soon(
    hass: HomeAssistant,
    public_url: str,
    phones: Phones,
    integration: MockConfigEntry,
    late: list[Post],
    outcome: str,
) -> None:
    """Whoever presses it hears so; it is told once, and the end not again."""
    ended = async_capture_events(hass, "elks46_call_ended")
    pressed = async_capture_events(hass, "elks46_call_digits")
    call = await ringing(hass, integration, acknowledge="1")
    for kind, changed in (ANSWERED, OVER, *late):
        form = (over(call) if kind == "hangup" else answered(call)) | changed
        await post_call(public_url, kind, form, ref=call.ref, step="1")
        await hass.async_block_till_done()
    assert [event.data["outcome"] for event in ended] == ["answered"]
    is_acknowledged = outcome == "acknowledged"
    assert [event.data["digits"] for event in pressed] == ["1"] * is_acknowledged
    assert known(integration).outcome == outcome
    assert known(integration).is_acknowledged is is_acknowledged


async def test_what_a_strange_call_posts_under_our_reference_changes_nothing(
    hass: HomeAssistant, public_url: str, phones: Phones, integration: MockConfigEntry
) -> None:
    """A reference alone is no call."""
    ended = async_capture_events(hass, "elks46_call_ended")
    call = await ringing(hass, integration, acknowledge="1")
    for kind, form in (
        ("call", answered(call, callid="c666")),
        ("next", answered(call, callid="c666", result="1")),
        ("hangup", over(call, id="c666")),
    ):
        await post_call(public_url, kind, form, ref=call.ref, step="1")
        await hass.async_block_till_done()
    assert known(integration) == call
    assert not ended


async def test_an_end_is_known_by_its_id_alone(
    hass: HomeAssistant, public_url: str, phones: Phones, integration: MockConfigEntry
) -> None:
    """Its reference may be lost on the way."""
    call = await ringing(hass, integration)
    await post_call(public_url, "hangup", over(call))
    assert known(integration).duration == 12


async def test_posts_before_the_answer_prove_the_call(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    public_url: str,
    integration: MockConfigEntry,
) -> None:
    """It is answered and over before 46elks has answered the request."""
    ended = async_capture_events(hass, "elks46_call_ended")
    await simulator.put_handset(ANNA, answers="at_once")
    await simulator.fail(
        {
            "match": {"method": "POST", "path": "/a1/calls"},
            "kind": "delay",
            "seconds": 0.5,
            "accepted": True,
        }
    )
    (row,) = await place_call(hass, to=[ANNA], wait=False)
    assert (row["outcome"], len(ended)) == ("answered", 1)
    assert integration.runtime_data.store.calls_today == 1


async def test_a_reload_ends_no_call(
    hass: HomeAssistant, simulator: SimulatorControl, phones: Phones,
    integration: MockConfigEntry, public_url: str,
) -> None:  # fmt: skip
    """Nor does anything get lost that a call tells meanwhile."""
    ended = async_capture_events(hass, "elks46_call_ended")
    call = await ringing(hass, integration, acknowledge="1")
    await hass.config_entries.async_unload(integration.entry_id)
    call_id = await phones.answered()
    await phones.do(call_id, "digits", digits="1")
    await phones.until(call_id, lambda one: len(one["actions"]) == 2)
    await setup_integration(hass, integration)
    assert known(integration).is_acknowledged
    await phones.advance(5)
    await simulator.posted("hangup")
    await hass.async_block_till_done()
    assert [event.data["outcome"] for event in ended] == ["acknowledged"]
    assert ended[0].data["call_id"] == call.id


async def test_an_account_that_is_switched_off_forgets_its_calls(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry, public_url: str
) -> None:
    """What rings then is told nothing."""
    call = await ringing(hass, integration)
    await hass.config_entries.async_set_disabled_by(
        integration.entry_id, ConfigEntryDisabler.USER
    )
    await hass.config_entries.async_set_disabled_by(integration.entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    status, _ = await post_call(public_url, "call", answered(call), ref=call.ref)
    assert status == 200


async def test_a_call_shows_nobody_in_a_log(
    hass: HomeAssistant, public_url: str, phones: Phones, integration: MockConfigEntry
) -> None:
    """Neither numbers, nor keys, nor where its sound is."""
    call = await ringing(hass, integration, acknowledge="7")
    form = answered(call, result="7")
    await post_call(public_url, "next", form, ref=call.ref, step="1")
    await hass.async_block_till_done()
    call = known(integration)
    assert (call.digits, call.plan and call.plan.acknowledge) == ("7", "7")
    shown = repr(call)
    for secret in (ANNA, NUMBER, "'7'", *(call.plan.sounds if call.plan else ())):
        assert secret not in shown


def test_an_alert_and_a_fallback_show_nobody_in_a_log() -> None:
    """Neither names nor numbers."""
    now = dt_util.utcnow()
    attempt = Attempt(
        contact="c",
        name="Anna",
        kind=AttemptKind.CALL,
        round=1,
        ref="r",
        at=now,
    )
    alert = Alert(
        ref="a",
        asked=now,
        contacts=(("c", "Anna"),),
        at_once=False,
        rounds=1,
        pause=0,
        acknowledge="*",
        repeat=1,
        ring_timeout=45,
        caller=NUMBER,
        until=None,
        until_state=None,
        is_armed=False,
        words=None,
        attempts=(attempt,),
    )
    fallback = Fallback(ref="f", recipient=ANNA, due=now, words=None)
    shown = f"{alert} {fallback}"
    assert not any(secret in shown for secret in ("Anna", "*", NUMBER, ANNA))


async def test_nothing_of_a_call_is_logged(
    hass: HomeAssistant,
    phones: Phones,
    integration: MockConfigEntry,
    public_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither who, nor what was pressed, nor where the sound lies."""
    caplog.set_level(logging.DEBUG, "custom_components.elks46")
    call = await ringing(hass, integration, acknowledge="1")
    await post_call(public_url, "next", answered(call, result="7"), ref=call.ref)
    await post_call(public_url, "call", {"direction": "incoming", "from": STRANGER})
    logged = "".join(
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("custom_components")
    )
    assert "cannot be read" in logged
    assert not any(
        secret in logged for secret in (ANNA, STRANGER, call.ref, "api/elks")
    )


async def test_a_flood_of_calls_has_an_end(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """Of strangers who call by the hundreds only the last are remembered, also within the hour."""
    call = {"direction": "incoming", "from": STRANGER, "to": NUMBER, "created": CREATED}
    for n in range(REMEMBER_ENDED_AT_MOST + 50):
        form = call | {"callid": f"c{n}"}
        assert await post_call(public_url, "call", form) == REJECT
        over = call | {"id": f"c{n}", "state": "failed"}
        assert (await post_call(public_url, "hangup", over))[0] == 204
    assert len(integration.runtime_data.store.calls) == REMEMBER_ENDED_AT_MOST + 50

    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    known = integration.runtime_data.store.calls
    assert [*known] == [f"c{n}" for n in range(50, REMEMBER_ENDED_AT_MOST + 50)]
