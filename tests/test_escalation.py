"""Alerts: who is called when, what ends them, and what a restart does to them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from homeassistant.config_entries import ConfigEntryDisabler
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import DOMAIN
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
    pass_time,
    text_home,
)
from .alerts import ALSO, alert, alerting, device, tried
from .calls import Phones

pytestmark = pytest.mark.usefixtures("impatient")

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
    for key in ("stage", "switchboards", "words", "alerts"):
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
    assert before < dt_util.parse_datetime(answer["at"]) < dt_util.utcnow()
    assert await called(phones, 2) == [ANNA, BJORN]
    assert tried(answer) == [("Anna", 1, "call", outcome), ("Björn", 1, "call", None)]
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
    """With a pause between them."""
    alarm = alerting(hass, rounds=3, pause=120)
    await declined(phones, 1)
    await declined(phones, 2)
    await phones.simulator.posted("hangup", 2)
    await hass.async_block_till_done()
    await pass_time(hass, seconds=110)
    assert len(await phones.calls()) == 2
    await pass_time(hass, seconds=121)
    await declined(phones, 3)
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
    await acknowledged(phones)
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
    """Only that of one who was asked."""
    await phones.run_clock()
    await phones.simulator.put_handset(ANNA, answers="manual")
    with patch("custom_components.elks46.services.alerts.RING_SECONDS_AT_MOST", 120):
        alarm = alerting(hass, also_sms=ALSO)
        await phones.new(1)
        await phones.stop_clock()
    await text_home(hass, phones.simulator, sender, text)
    assert not alarm.done()
    await unheard_if_ringing(phones)
    await acknowledged(phones, 2)
    assert ended(await alarm)[2] == "key"


async def unheard_if_ringing(phones: Phones) -> None:
    """Let the first call end."""
    await phones.advance(60)
    await phones.end(str((await phones.calls())[0]["id"]))


async def test_a_text_from_before_ends_nothing(
    hass: HomeAssistant, phones: Phones, integration: MockConfigEntry
) -> None:
    """It may be told late."""
    alarm = alerting(hass, also_sms=ALSO)
    await phones.new(1)
    await hass.async_block_till_done()
    with patch(
        "custom_components.elks46.course.is_yes", side_effect=AssertionError
    ) as asked:
        asked.side_effect = None
        asked.return_value = True
        sent = next(iter(integration.runtime_data.store.sent.values()))
        message = await text_before(hass, phones, sent.created - timedelta(minutes=1))
    assert message
    assert not alarm.done()
    await acknowledged(phones)
    assert ended(await alarm)[2] == "key"


async def text_before(hass: HomeAssistant, phones: Phones, created: Any) -> bool:
    """Tell of a text of that time."""
    from custom_components.elks46.api import IncomingMessage, MessageKind  # noqa: PLC0415

    (entry,) = hass.config_entries.async_entries(DOMAIN)
    return bool(
        await entry.runtime_data.inbox.async_receive(
            IncomingMessage(
                id="s0",
                kind=MessageKind.SMS,
                sender=ANNA,
                recipient=NUMBER,
                text="ok",
                images=(),
                created=created,
            )
        )
    )
