"""Alerts: who is called when, what ends them, and what a restart does to them."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import Mock, patch

from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
)

from custom_components.elks46.api import IncomingMessage, MessageKind
from custom_components.elks46.const import CONF_PIN, DOMAIN
from custom_components.elks46.course import is_yes
from custom_components.elks46.stage import async_stage

from . import (
    ANNA,
    BJORN,
    NUMBER,
    Json,
    SimulatorControl,
    change_options,
    failing,
    issues,
    killed,
    memory,
    text_home,
)
from .alerts import ALSO, alert, alerting, device, tried
from .calls import PATIENCE, Phones, place_call

pytestmark = pytest.mark.usefixtures("impatient")

PIN = "73914"

type Step = Callable[[Phones], Awaitable[None]]

ENTITY = "binary_sensor.cellar_leak"


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
async def phones(simulator: SimulatorControl, integration: MockConfigEntry) -> Phones:
    """Return what steers the calls of a home, in which nothing happens by itself."""
    phones = Phones(simulator)
    await phones.stop_clock()
    return phones


@pytest.fixture
def restless() -> Iterator[None]:
    """Go on at once where the end of a call is not told."""
    with patch("custom_components.elks46.course.END_LATE", timedelta(days=-1)):
        yield


async def declined(phones: Phones, count: int = 1) -> None:
    """Let the latest of so many calls be declined."""
    call_id = str((await phones.new(count))[count - 1]["id"])
    await phones.phase(call_id, "ringing")
    await phones.do(call_id, "decline")
    await phones.end(call_id)


async def unheard(phones: Phones, count: int = 1) -> None:
    """Let the latest of so many calls ring until it is given up."""
    call_id = str((await phones.new(count))[count - 1]["id"])
    await phones.phase(call_id, "ringing")
    await phones.advance(60)
    await phones.end(call_id)


async def taken_by_a_box(phones: Phones, count: int = 1) -> None:
    """Let the latest of so many calls be taken by voicemail."""
    call_id = await phones.answered(count)
    await phones.advance(60)
    await phones.end(call_id)


async def mistaken(phones: Phones, count: int = 1) -> None:
    """Have wrong keys pressed in the latest of so many calls."""
    call_id = await phones.answered(count)
    await phones.do(call_id, "digits", digits="5")
    await phones.phase(call_id, "playing")
    await phones.do(call_id, "digits", digits="5")
    await phones.end(call_id)


async def acknowledged(phones: Phones, count: int = 1, key: str = "1") -> str:
    """Have the latest of so many calls answered, and the key pressed."""
    call_id = await phones.answered(count)
    await phones.do(call_id, "digits", digits=key)
    return call_id


async def past_the_silence(phones: Phones) -> str:
    """Have a call answered that 46elks speaks itself, and return its id when it asks."""
    call_id = await phones.answered()
    await phones.advance(2)
    await phones.until(call_id, lambda call: "ivr" in str(call["doing"]))
    return call_id


async def called(phones: Phones, count: int) -> list[str]:
    """Return who was called, as soon as there are so many calls."""
    return [str(call["to"]) for call in await phones.new(count)]


def ended(answer: Json) -> tuple[object, ...]:
    """Return how an alert ended."""
    return answer["acknowledged"], answer["by"], answer["via"]


async def restarted(hass: HomeAssistant, integration: MockConfigEntry) -> None:
    """Kill the home and start it again."""
    async with killed(hass, integration):
        forget(hass)


def forget(hass: HomeAssistant) -> None:
    """Forget what a process forgets when it dies."""
    for key in ("switchboards", "words", "alerts"):
        hass.data.pop(f"{DOMAIN}_{key}", None)


@pytest.mark.parametrize(
    ("goes_wrong", "outcome"),
    [
        pytest.param(declined, "busy", id="declined"),
        pytest.param(unheard, "no_answer", id="unheard"),
        pytest.param(taken_by_a_box, "answered", id="voicemail"),
        pytest.param(mistaken, "answered", id="wrong key"),
    ],
)
async def test_the_second_is_called_when_the_first_does_not_acknowledge(
    hass: HomeAssistant, phones: Phones, goes_wrong: Step, outcome: str
) -> None:
    """And the key ends it, at the moment it is pressed."""
    before = dt_util.utcnow()
    alarm = alerting(hass)
    await goes_wrong(phones)
    await acknowledged(phones, 2)
    answer = await alarm
    assert ended(answer) == (True, "Björn", "key")
    assert before < datetime.fromisoformat(answer["at"]) < dt_util.utcnow()
    assert await called(phones, 2) == [ANNA, BJORN]
    assert tried(answer) == [
        ("Anna", 1, "call", outcome),
        ("Björn", 1, "call", "acknowledged"),
    ]
    assert hass.data[f"{DOMAIN}_alerts"] == hass.data[f"{DOMAIN}_words"] == {}


async def test_nobody_else_is_called_when_the_first_acknowledges(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """The sound goes with the last call, and nothing of the alert stays."""
    alarm = alerting(hass, rounds=3, acknowledge="7")
    await acknowledged(phones, key="7")
    assert ended(await alarm) == (True, "Anna", "key")
    await phones.run_clock()
    await phones.simulator.posted("hangup")
    await hass.async_block_till_done()
    assert await called(phones, 1) == [ANNA]
    assert async_stage(hass).size == 0
    assert not integration.runtime_data.store.alerts


async def test_all_are_called_at_once(hass: HomeAssistant, phones: Phones) -> None:
    """Who still rings when one has acknowledged hears nothing any more."""
    alarm = alerting(hass, at_once=True)
    both = await phones.new(2)
    ids = {call["to"]: str(call["id"]) for call in both}
    await phones.phase(ids[BJORN], "ringing")
    await phones.do(ids[BJORN], "answer")
    await phones.phase(ids[BJORN], "playing")
    await phones.do(ids[BJORN], "digits", digits="1")
    assert ended(await alarm) == (True, "Björn", "key")
    await phones.phase(ids[ANNA], "ringing")
    await phones.do(ids[ANNA], "answer")
    assert (await phones.end(ids[ANNA]))["actions"] == [{"hangup": "reject"}]


async def test_rounds_go_on_until_somebody_acknowledges(
    hass: HomeAssistant, phones: Phones
) -> None:
    """Everybody is called again, in the same order."""
    alarm = alerting(hass, rounds=3, pause=0)
    for count in (1, 2, 3):
        await declined(phones, count)
    await acknowledged(phones, 4)
    answer = await alarm
    assert ended(answer) == (True, "Björn", "key")
    assert [row["round"] for row in answer["attempts"]] == [1, 1, 2, 2]


async def test_an_alert_that_nobody_acknowledges_ends(
    hass: HomeAssistant, phones: Phones
) -> None:
    """Whoever reads the answer is told there, whoever does not by an error."""
    await phones.run_clock()
    for phone in (ANNA, BJORN):
        await phones.simulator.put_handset(phone, answers="busy")
    answer = await alert(hass, rounds=2, pause=0)
    assert ended(answer) == (False, None, None)
    assert answer["at"] is None
    assert [row["outcome"] for row in answer["attempts"]] == ["busy"] * 4
    with pytest.raises(HomeAssistantError, match="nobody has acknowledged"):
        await hass.services.async_call(
            DOMAIN,
            "alert",
            {"contacts": device(hass, "Anna"), "message": "Water", "rounds": 1},
            blocking=True,
        )
    assert issues(hass) == {}


async def test_an_answer_is_not_needed(hass: HomeAssistant, phones: Phones) -> None:
    """Where somebody acknowledges, there is no error."""
    alarm = asyncio.create_task(
        hass.services.async_call(
            DOMAIN,
            "alert",
            {"contacts": device(hass, "Anna"), "message": "Water"},
            blocking=True,
        )
    )
    await phones.do(await past_the_silence(phones), "digits", digits="1")
    assert await alarm is None


async def test_the_text_that_goes_along_can_be_answered(
    hass: HomeAssistant, phones: Phones
) -> None:
    """It goes once to each, and by it the alert ends while the next phone rings."""
    alarm = alerting(hass, rounds=2, pause=0, also_sms=ALSO)
    await declined(phones, 1)
    await phones.new(2)
    await phones.run_clock()
    await phones.stop_clock()
    await text_home(hass, phones.simulator, ANNA, "ok, I am on my way")
    answer = await alarm
    assert ended(answer) == (True, "Anna", "sms")
    assert [text["message"] for text in await phones.simulator.texts(ANNA)] == [
        ALSO,
        "ok, I am on my way",
    ]


@pytest.mark.parametrize(
    ("answer", "says_yes"),
    [
        ("1", True),
        (" 1 ", True),
        ("OK", True),
        ("Ok!", True),
        ("¡ok!", True),
        ("Ja, jag tar det", True),
        ("JA", True),
        ("👍", True),
        ("👍🏽 coming", True),
        ("Jadå, jag åker", True),
        ("Jepp kvitterar", True),
        ("Kvitterer!", True),
        ("Kyllä, kuittaan", True),
        ("Verstanden", True),
        ("Oké, ik ga kijken", True),
        ("D'accord", True),
        ("D’accord, j'y vais", True),
        ("De acuerdo, voy", True),
        ("Sí, voy", True),
        ("Si", True),
        ("Tak, jadę", True),
        ("Si es urgente, llama a Anna", False),
        ("De momento no puedo hablar", False),
        ("Tak for din besked, jeg kører lige nu", False),
        ("Ja nie mogę", False),
        ("Okayama", False),
        ("2", False),
        ("1 new message", False),
        ("11", False),
        ("", False),
        ("I'm driving and will read this later.", False),
        ("Jag kör just nu. Skickat med Stör ej vid körning", False),
        ("Not ok", False),
        ("Jana", False),
    ],
)
def test_only_a_yes_acknowledges(answer: str, says_yes: bool) -> None:
    """What a phone answers by itself does not."""
    assert is_yes(answer, "1") is says_yes


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        pytest.param(ANNA, "I'm driving.", id="an answer of the phone itself"),
        pytest.param(BJORN, "OK", id="one who has got no text yet"),
    ],
)
async def test_not_every_text_ends_an_alert(
    hass: HomeAssistant, phones: Phones, sender: str, text: str
) -> None:
    """Only the yes of one who was asked."""
    alarm = alerting(hass, also_sms=ALSO)
    await phones.new(1)
    await phones.simulator.put_handset(sender)
    await text_home(hass, phones.simulator, sender, text)
    assert not alarm.done()
    await acknowledged(phones)
    assert ended(await alarm)[2] == "key"


@pytest.fixture
async def careful(hass: HomeAssistant, integration: MockConfigEntry) -> None:
    """Give Anna a PIN."""
    anna = integration.subentries["anna"]
    hass.config_entries.async_update_subentry(
        integration, anna, data={**anna.data, CONF_PIN: PIN}
    )
    await hass.async_block_till_done(wait_background_tasks=True)


@pytest.mark.usefixtures("careful")
@pytest.mark.parametrize("text", ["ok", f"ok {PIN}", "00000 ok"])
async def test_a_yes_without_the_pin_ends_nothing(
    hass: HomeAssistant, phones: Phones, text: str
) -> None:
    """The sender of a text can be forged, and an alarm would be silent."""
    alarm = alerting(hass, also_sms=ALSO)
    await phones.new(1)
    await text_home(hass, phones.simulator, ANNA, text)
    assert not alarm.done()
    await acknowledged(phones)
    assert ended(await alarm)[2] == "key"


@pytest.mark.usefixtures("careful")
async def test_a_yes_with_the_pin_ends_an_alert(
    hass: HomeAssistant, phones: Phones
) -> None:
    """Before it, as in every text."""
    alarm = alerting(hass, also_sms=ALSO)
    await phones.new(1)
    await text_home(hass, phones.simulator, ANNA, f"{PIN} ok")
    assert ended(await alarm)[2] == "sms"


async def test_a_text_from_before_ends_nothing(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """It may be told late."""
    alarm = alerting(hass, also_sms=ALSO)
    await phones.new(1)
    await hass.async_block_till_done()
    (sent,) = integration.runtime_data.store.sent.values()
    message = IncomingMessage(
        id="s0",
        kind=MessageKind.SMS,
        sender=ANNA,
        recipient=NUMBER,
        text="ok",
        images=(),
        created=sent.created - timedelta(seconds=1),
    )
    assert await integration.runtime_data.inbox.async_receive(message)
    assert not alarm.done()
    again = replace(message, id="s1", created=sent.created)
    assert await integration.runtime_data.inbox.async_receive(again)
    assert ended(await alarm) == (True, "Anna", "sms")


async def test_an_entity_ends_an_alert(hass: HomeAssistant, phones: Phones) -> None:
    """When it changes to the state; that it is in it at first says nothing."""
    hass.states.async_set(ENTITY, "off")
    alarm = alerting(hass, until=ENTITY, until_state=False, tell_others="{by} is dry.")
    await phones.new(1)
    for state in ("unavailable", "off", "unknown", "on"):
        hass.states.async_set(ENTITY, state)
        await hass.async_block_till_done()
        assert not alarm.done()
    hass.states.async_set(ENTITY, "off", {"friendly_name": "Cellar"})
    answer = await alarm
    assert ended(answer) == (False, None, "until")
    assert tried(answer) == [
        ("Anna", 1, "call", None),
        ("Anna", None, "tell_others", "created"),
    ]
    (told,) = await phones.simulator.texts(ANNA)
    assert told["message"] == "Cellar is dry."


async def test_the_others_are_told(hass: HomeAssistant, phones: Phones) -> None:
    """Those that were called, but not who has acknowledged."""
    alarm = alerting(hass, tell_others="{by} sees to the water.")
    await declined(phones)
    await acknowledged(phones, 2)
    answer = await alarm
    assert [row["via"] for row in answer["attempts"]] == ["call", "call", "tell_others"]
    (told,) = await phones.simulator.texts(ANNA)
    assert told["message"] == "Björn sees to the water."
    assert await phones.simulator.texts(BJORN) == []


async def test_who_was_not_called_is_told_nothing(
    hass: HomeAssistant, phones: Phones
) -> None:
    """They would only wonder."""
    alarm = alerting(hass, tell_others="{by} sees to the water.")
    await acknowledged(phones)
    await alarm
    assert await phones.simulator.texts(BJORN) == []


NO_CALLS = failing("calls", method="POST", kind="status", status=403, body="No calls")
NO_TEXTS = failing("sms", method="POST", kind="status", status=403, body="No texts")


async def test_texts_go_out_where_no_call_can_be_placed(
    hass: HomeAssistant, phones: Phones
) -> None:
    """Everybody is tried, and the answer tells why."""
    await phones.simulator.fail(NO_CALLS)
    answer = await alert(hass, also_sms=ALSO)
    assert ended(answer) == (False, None, None)
    errors = [
        row.get("error", "") for row in answer["attempts"] if row["via"] == "call"
    ]
    assert all("No calls" in error for error in errors)
    assert [len(await phones.simulator.texts(one)) for one in (ANNA, BJORN)] == [1, 1]


async def test_an_alert_that_reaches_nobody_fails_with_the_reasons(
    hass: HomeAssistant, phones: Phones
) -> None:
    """Each is told once."""
    await phones.simulator.fail(NO_CALLS, NO_TEXTS)
    with pytest.raises(
        HomeAssistantError, match=r"Anna: .*No calls.*Björn: .*No texts"
    ):
        await alert(hass, also_sms=ALSO, rounds=2, pause=0)
    assert issues(hass) == {}


async def test_a_bug_in_a_step_does_not_stop_the_next(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """Who comes next is called all the same."""
    with (
        patch.object(
            integration.runtime_data.dialler, "async_place", side_effect=KeyError
        ),
        pytest.raises(HomeAssistantError, match="Anna: KeyError; Björn: KeyError"),
    ):
        await alert(hass)


async def test_a_bug_in_an_alert_leaves_nobody_waiting(
    hass: HomeAssistant, phones: Phones, caplog: pytest.LogCaptureFixture
) -> None:
    """One in between two rounds: it counts as not acknowledged, and is logged."""
    with patch(
        "custom_components.elks46.course.async_call_later",
        # For each of two, how long placing and hearing may take; then the pause.
        side_effect=[Mock(), Mock(), Mock(), Mock(), KeyError],
    ):
        alarm = alerting(hass, rounds=2, pause=0)
        await declined(phones, 1)
        await declined(phones, 2)
        answer = await alarm
    assert answer["acknowledged"] is False
    assert [row[1] for row in tried(answer)] == [1, 1]
    assert "An alert has failed" in caplog.text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"media": None}, "message_or_media"),
        ({"message": "Water"}, "message_or_media"),
        ({"media": None, "message": " "}, "message_empty"),
        ({"voice": "Sofie"}, "only_with_message"),
        ({"also_sms": " "}, "text_empty"),
        ({"tell_others": ""}, "text_empty"),
        ({"acknowledge": "#"}, "acknowledge_invalid"),
        ({"until": ENTITY}, "until_incomplete"),
        ({"until": ENTITY, "until_state": "off"}, "until_unknown"),
        ({"until_state": "off"}, "until_incomplete"),
        ({"from": BJORN}, "caller_invalid"),
        ({"contacts": ["nobody"]}, "contacts_unknown"),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    hass: HomeAssistant, phones: Phones, fields: Json, words: str
) -> None:
    """Nobody is called then."""
    data = {
        "contacts": [device(hass, "Anna")],
        "media": "media-source://x",
        **fields,
    }
    with pytest.raises(ServiceValidationError) as refused:
        await hass.services.async_call(
            DOMAIN,
            "alert",
            {field: value for field, value in data.items() if value is not None},
            blocking=True,
        )
    assert refused.value.translation_key == words
    assert await phones.calls() == []


async def test_who_is_no_contact_is_skipped(
    hass: HomeAssistant, phones: Phones
) -> None:
    """And whoever is named twice is called once."""
    people = ["gone", *(device(hass, name) for name in ("Anna", "Anna"))]
    alarm = alerting(hass, contacts=people)
    await acknowledged(phones)
    answer = await alarm
    assert ended(answer) == (True, "Anna", "key")
    assert [row["contact"] for row in answer["attempts"]] == ["gone", "Anna"]
    assert "no contact" in answer["attempts"][0]["error"]


async def test_without_a_number_that_calls_texts_go_out(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """An alarm is better heard of late than never."""
    await phones.simulator.put_number(NUMBER, capabilities=["sms"])
    await integration.runtime_data.coordinator.async_refresh()
    answer = await alert(hass, "Anna", also_sms=ALSO)
    assert [row["via"] for row in answer["attempts"]] == ["call", "sms"]
    assert "no number that can call" in answer["attempts"][0]["error"]


async def test_46elks_speaks_where_nothing_else_does(
    hass: HomeAssistant, phones: Phones, caplog: pytest.LogCaptureFixture
) -> None:
    """As many words as it takes."""
    alarm = alerting(hass, media=None, message=f"Water! {'Much ' * 50}")
    call_id = await past_the_silence(phones)
    await phones.do(call_id, "digits", digits="1")
    assert ended(await alarm) == (True, "Anna", "key")
    call = await phones.until(call_id, lambda call: len(call["actions"]) > 1)
    assert "en_US/Water! Much" in str(call["actions"])
    assert "spoken by 46elks instead" in caplog.text


async def test_46elks_speaks_where_it_cannot_fetch_from_here(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """With a beep where there are no words."""
    with patch.object(
        integration.runtime_data.address,
        "check_media",
        side_effect=HomeAssistantError("Unreachable"),
    ):
        alarm = alerting(hass)
        call_id = await past_the_silence(phones)
        await phones.do(call_id, "digits", digits="1")
        assert ended(await alarm) == (True, "Anna", "key")
    call = await phones.until(call_id, lambda call: len(call["actions"]) > 1)
    assert "sound/beep" in str(call["actions"])


@pytest.mark.parametrize(("has_reserve", "calls"), [(True, 2), (False, 1)])
async def test_alerts_have_a_reserve(
    hass: HomeAssistant,
    phones: Phones,
    integration: MockConfigEntry,
    has_reserve: bool,
    calls: int,
) -> None:
    """As much again as the limit, unless that is switched off."""
    await change_options(
        hass, integration, hourly_call_limit=1, alert_reserve=has_reserve
    )
    alarm = alerting(hass, also_sms=ALSO)
    await declined(phones)
    await phones.simulator.posted("hangup")
    await (declined(phones, 2) if calls == 2 else asyncio.sleep(0))
    answer = await alarm
    placed = [row for row in answer["attempts"] if "call_id" in row]
    assert len(placed) == calls


@contextmanager
def unanswered(
    resource: object, method: str, **which: object
) -> Iterator[asyncio.Event]:
    """Have 46elks not answer requests with these fields, and tell when one is made."""
    asked, answered, ask = asyncio.Event(), asyncio.Event(), getattr(resource, method)

    async def wait(*ids: object, **fields: object) -> object:
        while which.items() <= fields.items() and not answered.is_set():
            asked.set()
            await answered.wait()
        return await ask(*ids, **fields)

    with patch.object(resource, method, wait):
        yield asked
        answered.set()


async def finished(integration: MockConfigEntry) -> None:
    """Return when no alert is under way."""
    async with asyncio.timeout(PATIENCE):
        while integration.runtime_data.store.alerts:
            await asyncio.sleep(0)


async def test_a_text_that_46elks_does_not_answer_keeps_nobody_waiting(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """Neither who is called next, nor who waits for the end; and it is sent once."""
    messages = integration.runtime_data.client.messages
    with (
        unanswered(messages, "send_sms"),
        patch("custom_components.elks46.course.TEXT_SECONDS", 0),
    ):
        alarm = alerting(hass, rounds=2, pause=0, also_sms=ALSO)
        for count in (1, 2):
            await declined(phones, count)
        await acknowledged(phones, 3)
        await finished(integration)
    answer = await alarm
    assert ended(answer) == (True, "Anna", "key")
    assert [(row["contact"], row["via"]) for row in answer["attempts"]] == [
        ("Anna", "call"),
        ("Anna", "sms"),
        ("Björn", "call"),
        ("Björn", "sms"),
        ("Anna", "call"),
    ]
    assert [len(await phones.simulator.texts(one)) for one in (ANNA, BJORN)] == [1, 1]


async def test_a_call_that_46elks_does_not_take_keeps_nobody_waiting(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """The next is called; who is called late hears nothing of what is over."""
    calls = integration.runtime_data.client.calls
    with unanswered(calls, "start", callee=ANNA) as asked:
        alarm = alerting(hass)
        await asked.wait()
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(seconds=16))
        await acknowledged(phones)
        await finished(integration)
    answer = await alarm
    assert ended(answer) == (True, "Björn", "key")
    assert [row["contact"] for row in answer["attempts"]] == ["Anna", "Björn"]
    late = str((await phones.new(2))[1]["id"])
    await phones.phase(late, "ringing")
    await phones.do(late, "answer")
    assert (await phones.end(late))["actions"] == [{"hangup": "reject"}]


async def test_a_call_that_waits_its_turn_is_not_placed_when_the_alert_is_over(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """Anna still hears an earlier message when it is acknowledged."""
    calls = integration.runtime_data.client.calls
    with unanswered(calls, "start", callee=ANNA) as asked:
        first = asyncio.create_task(place_call(hass, to=[ANNA], wait=False))
        await asked.wait()
        alarm = alerting(hass, at_once=True)
        await acknowledged(phones)
        await finished(integration)
    await first
    assert ended(await alarm) == (True, "Björn", "key")
    await hass.async_block_till_done()
    assert await called(phones, 2) == [BJORN, ANNA]


async def test_a_call_whose_end_is_not_told_keeps_nobody_waiting(
    hass: HomeAssistant, phones: Phones, restless: None
) -> None:
    """The next is called; the key of the first counts all the same."""
    alarm = alerting(hass)
    first = str((await phones.new(1))[0]["id"])
    await phones.new(2)
    await phones.phase(first, "ringing")
    assert alarm.cancel()
    await asyncio.wait({alarm})


async def test_a_script_that_is_stopped_ends_no_alert(
    hass: HomeAssistant, phones: Phones
) -> None:
    """That nobody acknowledged is told in Repairs then, which one click puts away."""
    alarm = alerting(hass, "Anna")
    await phones.new(1)
    alarm.cancel()
    await declined(phones)
    await phones.simulator.posted("hangup")
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set(issues(hass)) == {"alert_unheard"}
    assert (issues(hass)["alert_unheard"] or {})["names"] == "Anna"


@pytest.fixture(params=["reload", "kill"])
def restart(
    request: pytest.FixtureRequest, hass: HomeAssistant, integration: MockConfigEntry
) -> Callable[[], asyncio.Task[None]]:
    """Return what sets the account up anew, which is over when its alerts are."""
    hows: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "reload": lambda: change_options(hass, integration, low_balance=5),
        "kill": lambda: restarted(hass, integration),
    }
    return lambda: asyncio.create_task(hows[request.param]())


async def test_a_restart_while_a_phone_rings_calls_nobody_twice(
    hass: HomeAssistant,
    phones: Phones,
    integration: MockConfigEntry,
    restart: Callable[[], asyncio.Task[None]],
) -> None:
    """Who comes next is called when the first call is over, and can acknowledge."""
    alarm = alerting(hass, tell_others="{by} sees to it.")
    await phones.new(1)
    await hass.async_block_till_done()
    going_on = restart()
    await loaded_again(integration)
    await declined(phones, 1)
    await acknowledged(phones, 2)
    await going_on
    assert await called(phones, 2) == [ANNA, BJORN]
    (told,) = await phones.simulator.texts(ANNA)
    assert told["message"] == "Björn sees to it."
    assert not integration.runtime_data.store.alerts
    alarm.cancel()


async def loaded_again(integration: MockConfigEntry) -> None:
    """Return when an account that is about to be unloaded is loaded again."""
    before = integration.runtime_data
    async with asyncio.timeout(PATIENCE):
        while (
            getattr(integration, "runtime_data", before) is before
            or integration.state is not ConfigEntryState.LOADED
        ):
            changed = asyncio.Event()
            stop = integration.async_on_state_change(changed.set)
            await changed.wait()
            stop()


async def hangs(*_args: object) -> None:
    """Answer nothing."""
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("where", "trouble"),
    [
        ("provisioning.Provisioning.async_reconcile", KeyError("a bug")),
        ("provisioning.Provisioning.async_reconcile", hangs),
        ("replies.Replies.async_make_up", KeyError("a bug")),
        ("api.calls.CallsResource.get", hangs),
        ("dialler.Dialler.settle", KeyError("a bug")),
    ],
)
async def test_an_alert_goes_on_after_a_restart_whatever_goes_wrong_beside_it(
    hass: HomeAssistant,
    phones: Phones,
    integration: MockConfigEntry,
    where: str,
    trouble: object,
) -> None:
    """Nothing that has to do with it stands before it."""
    alarm = alerting(hass)
    await phones.new(1)
    await hass.async_block_till_done()
    with (
        patch(f"custom_components.elks46.{where}", side_effect=trouble),
        patch("custom_components.elks46.SETTLE_SECONDS", 0.1),
    ):
        going_on = asyncio.create_task(restarted(hass, integration))
        await loaded_again(integration)
        await declined(phones, 1)
        await acknowledged(phones, 2)
        await finished(integration)
        alarm.cancel()
        await hass.config_entries.async_unload(integration.entry_id)
        await going_on
    assert await called(phones, 2) == [ANNA, BJORN]


async def test_who_waits_goes_on_waiting_over_a_reload(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """And gets the answer from whoever goes on."""
    alarm = alerting(hass, "Anna")
    call_id = await phones.answered()
    going_on = asyncio.create_task(change_options(hass, integration, low_balance=5))
    await loaded_again(integration)
    await phones.do(call_id, "digits", digits="1")
    assert ended(await alarm) == (True, "Anna", "key")
    await going_on


async def test_a_key_pressed_while_the_home_is_down_is_found(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """In the end of the call, so nobody else is called."""
    alarm = alerting(hass)
    call_id = await phones.answered()
    await hass.async_block_till_done()
    async with killed(hass, integration):
        alarm.cancel()
        await phones.do(call_id, "digits", digits="1")
        await phones.run_clock()
        await phones.end(call_id)
    assert await called(phones, 1) == [ANNA]
    assert issues(hass) == {}
    assert not integration.runtime_data.store.alerts


async def test_an_old_alert_calls_nobody_after_a_restart(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """Repairs tells of it."""
    alarm = alerting(hass)
    await phones.new(1)
    await hass.async_block_till_done()
    async with killed(hass, integration):
        alarm.cancel()
        forget(hass)
        old = patch(
            "custom_components.elks46.escalation.RESUME_WITHIN", timedelta(seconds=-1)
        )
        old.start()
    old.stop()
    assert await called(phones, 1) == [ANNA]
    assert set(issues(hass)) == {"alert_unheard"}


async def test_an_alert_whose_words_may_not_be_stored_goes_on_with_a_beep(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """After a restart; and no words are on the disk."""
    await change_options(hass, integration, keep_text=False)
    alarm = alerting(hass, media=None, message="Secret water", tell_others="Secret")
    await phones.new(1)
    await hass.async_block_till_done()
    files = await hass.async_add_executor_job(memory, hass)
    assert files
    assert all(b"Secret" not in content for content in files.values())
    going_on = asyncio.create_task(restarted(hass, integration))
    await loaded_again(integration)
    alarm.cancel()
    await declined(phones, 1)
    call_id = str((await phones.new(2))[1]["id"])
    await phones.phase(call_id, "ringing")
    await phones.do(call_id, "answer")
    await phones.run_clock()
    assert "sound/beep" in str((await phones.end(call_id))["actions"])
    await going_on
    assert set(issues(hass)) == {"alert_unheard"}


async def test_a_removed_contact_is_skipped(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """The others are called all the same."""
    alarm = alerting(hass, rounds=2, pause=0)
    await phones.new(1)
    hass.config_entries.async_remove_subentry(integration, "björn")
    await loaded_again(integration)
    await declined(phones, 1)
    await acknowledged(phones, 2)
    answer = await alarm
    assert await called(phones, 2) == [ANNA, ANNA]
    assert "Björn is no contact" in answer["attempts"][1]["error"]


async def disable(hass: HomeAssistant, entry_id: str) -> None:
    """Disable an account."""
    user = ConfigEntryDisabler.USER
    await hass.config_entries.async_set_disabled_by(entry_id, user)


async def remove(hass: HomeAssistant, entry_id: str) -> None:
    """Remove an account."""
    await hass.config_entries.async_remove(entry_id)


@pytest.mark.parametrize("leave", [disable, remove])
async def test_without_its_account_an_alert_is_over(
    hass: HomeAssistant,
    phones: Phones,
    integration: MockConfigEntry,
    leave: Callable[[HomeAssistant, str], Awaitable[None]],
) -> None:
    """Whoever waits is told."""
    alarm = alerting(hass)
    await phones.new(1)
    await hass.async_block_till_done()
    await leave(hass, integration.entry_id)
    with pytest.raises(HomeAssistantError, match="reloaded"):
        await alarm
