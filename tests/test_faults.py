"""Every fault that 46elks' stand-in can make: a clear error, nothing lost, nothing sent twice."""

from decimal import Decimal
import re
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.api import MessageStatus
from custom_components.elks46.const import DOMAIN

from . import ANNA, NUMBER, Json, SimulatorControl, failing, issues, pass_time, send_sms

pytestmark = pytest.mark.usefixtures("impatient")

UNKNOWN = "Nobody knows whether the text was sent"
NOT_SENT = "The text was not sent"


def posting(times: int | None = 1, **what: object) -> Json:
    """Return a fault of sending."""
    return failing("sms", method="POST", times=times, **what)


def calling(kind: str, callback: str, **what: object) -> Json:
    """Return a fault of callbacks."""
    return {"match": {"callback": callback}, "kind": kind, "times": 1, **what}


async def on_screen(simulator: SimulatorControl) -> list[str]:
    """Return what Anna's phone shows."""
    return [text["message"] for text in await simulator.texts(ANNA)]


async def sends(simulator: SimulatorControl, count: int) -> int:
    """Return how often sending was asked for, once that many are over: a slow one is over late."""
    seen = 0
    while len(posts := await simulator.requests("POST", "sms")) < count:
        entries = await simulator.log(after=seen, wait=5)
        assert entries, f"46elks was asked only {len(posts)} times"
        seen = entries[-1]["n"]
    return len(posts)


REFUSALS = [
    pytest.param({"status": 401}, "46elks refuses the password", id="wrong password"),
    pytest.param({"status": 429}, "too many requests", id="too much at once"),
    pytest.param({"status": 404, "body": "Not found"}, "refuses: Not found", id="404"),
    pytest.param(
        {"status": 403, "body": '{"error": "Nope", "detail": "No credits"}'},
        "46elks refuses: Nope: No credits",
        id="JSON",
    ),
    *(
        pytest.param({"status": 403, "body": body}, f"46elks refuses: {body}", id=body)
        for body in (
            "Missing key from",
            "Invalid to number",
            "Invalid from number",
            'Invalid to number. Expected "+" and the country code first',
            "Invalid value for whendelivered, not a URL",
            "Too long from, at most 11 characters",
            "Not enough credits on your account to send this SMS",
            "Alphanumeric numbers may not start with a digit",
            "Sending to US is disallowed by default",
            "The message is empty",
            "Forbidden",
        )
    ),
]


def failed_for_good(entry: MockConfigEntry) -> bool:
    """Tell whether every text is known as failed, with nothing left to be sent."""
    return all(
        (sent.status, sent.request) == (MessageStatus.FAILED, None)
        for sent in entry.runtime_data.store.sent.values()
    )


@pytest.mark.parametrize(("fault", "error"), REFUSALS)
async def test_a_refusal_is_told_in_46elks_own_words_and_not_tried_again(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    fault: dict[str, Any],
    error: str,
) -> None:
    """The person can do something about it; trying again cannot."""
    changes = async_capture_events(hass, "elks46_message_status")
    await simulator.fail(posting(kind="status", **fault))
    with pytest.raises(HomeAssistantError, match=re.escape(error)):
        await send_sms(hass, to=[ANNA])
    assert len(await simulator.requests("POST", "sms")) == 1
    assert await on_screen(simulator) == []
    assert [event.data["status"] for event in changes] == ["failed"]
    assert failed_for_good(integration)


async def test_a_refused_password_is_asked_for_again(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """A text is often the first to find out."""
    await simulator.fail(posting(kind="status", status=401))
    with pytest.raises(HomeAssistantError):
        await send_sms(hass, to=[ANNA])
    flows = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in flows] == ["reauth"]


LOST_ANSWERS = [
    pytest.param(
        {"kind": "status", "status": 500, "accepted": True}, 1, id="500 after"
    ),
    pytest.param({"kind": "status", "status": 500}, 2, id="500 before"),
    pytest.param(
        {"kind": "status", "status": 503, "accepted": True}, 1, id="503 after"
    ),
    pytest.param({"kind": "status", "status": 503}, 2, id="503 before"),
    pytest.param({"kind": "drop_after"}, 1, id="dropped after"),
    pytest.param({"kind": "drop_before"}, 2, id="dropped before"),
    pytest.param({"kind": "delay", "seconds": 0.8, "accepted": True}, 1, id="too slow"),
    pytest.param({"kind": "delay", "seconds": 0.8}, 2, id="hung up before"),
    pytest.param(
        {"kind": "status", "status": 200, "body": "<html>", "accepted": True},
        1,
        id="a page after",
    ),
    pytest.param({"kind": "status", "status": 200, "body": "{}"}, 2, id="empty answer"),
    pytest.param({"kind": "status", "status": 302}, 2, id="a redirect"),
]


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("fault", "posts"), LOST_ANSWERS)
async def test_a_text_whose_answer_is_lost_arrives_once(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    fault: dict[str, Any],
    posts: int,
) -> None:
    """It is found in the history, or it is surely not there and sent again."""
    await simulator.fail(posting(**fault))
    (row,) = await send_sms(hass, to=[ANNA])
    assert row["status"] == "delivered"
    assert await on_screen(simulator) == ["Dinner is ready"]
    assert [text["id"] for text in await simulator.texts(ANNA)] == [row["id"]]
    assert await sends(simulator, posts) == posts
    assert integration.runtime_data.store.spent_today == Decimal("0.52")
    assert integration.runtime_data.store.messages_today == 1


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "status", "status": 500}, id="broken"),
        pytest.param({"kind": "drop_before"}, id="no answer"),
    ],
)
async def test_a_text_that_46elks_cannot_take_is_given_up(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    fault: dict[str, Any],
) -> None:
    """Tried three times, looked for each time, and surely not sent."""
    await simulator.fail(posting(times=None, **fault))
    with pytest.raises(HomeAssistantError, match=NOT_SENT):
        await send_sms(hass, to=[ANNA])
    assert len(await simulator.requests("POST", "sms")) == 3
    assert await on_screen(simulator) == []
    assert failed_for_good(integration)


@pytest.mark.usefixtures("hasty")
async def test_a_text_on_which_46elks_only_ever_hangs_is_of_unknown_fate(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """The last request may still be under way there, so nobody says that it was not sent."""
    await simulator.fail(posting(times=None, kind="delay", seconds=0.8))
    with pytest.raises(HomeAssistantError, match="Nobody knows"):
        await send_sms(hass, to=[ANNA])
    assert await on_screen(simulator) == []


OUT_OF_REACH = [
    pytest.param({"kind": "status", "status": 500}, id="500"),
    pytest.param({"kind": "status", "status": 403, "body": "Forbidden"}, id="403"),
    pytest.param({"kind": "drop_before"}, id="dropped"),
    pytest.param({"kind": "status", "status": 200, "body": "[]"}, id="not understood"),
    pytest.param(
        {"kind": "status", "status": 200, "body": '{"data": [{"id": "s1"}]}'},
        id="half understood",
    ),
]


@pytest.mark.parametrize("history", OUT_OF_REACH)
@pytest.mark.parametrize(
    ("answer", "texts", "outcome"),
    [
        pytest.param("drop_after", ["Dinner is ready"], "created", id="taken"),
        pytest.param("drop_before", [], "failed", id="not taken"),
    ],
)
async def test_a_text_that_cannot_be_looked_up_is_unknown_and_not_sent_again(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    history: dict[str, Any],
    answer: str,
    texts: list[str],
    outcome: str,
) -> None:
    """Its fate is found out as soon as the history can be read, and told."""
    changes = async_capture_events(hass, "elks46_message_status")
    await simulator.fail(
        posting(kind=answer),
        failing("sms", **history),
        calling("lose", "delivery", times=None),
    )
    with pytest.raises(HomeAssistantError, match=UNKNOWN):
        await send_sms(hass, to=[ANNA])
    assert len(await simulator.requests("POST", "sms")) == 1
    assert await on_screen(simulator) == texts
    assert [event.data["status"] for event in changes] == ["unknown"]

    await pass_time(hass, minutes=31)
    assert len(changes) == 1

    await simulator.fail()
    await pass_time(hass, minutes=31)
    assert len(await simulator.requests("POST", "sms")) == 1
    assert await on_screen(simulator) == texts
    assert changes[1].data["status"] in {outcome, "delivered"}
    assert len(changes) == 2
    assert integration.runtime_data.store.messages_today == len(texts)


@pytest.mark.parametrize("kind", ["duplicate", "reorder", "delay"])
async def test_a_troubled_delivery_report_moves_the_state_once_and_forward(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    kind: str,
) -> None:
    """Whatever happens to it on the way."""
    changes = async_capture_events(hass, "elks46_message_status")
    await simulator.fail(calling(kind, "delivery", seconds=0.05))
    (row,) = await send_sms(hass, to=[ANNA])
    await simulator.posted("delivery", 2)
    await hass.async_block_till_done()
    assert row["status"] == "delivered"
    statuses = [event.data["status"] for event in changes]
    assert statuses == sorted(set(statuses), key=("created", "sent", "delivered").index)
    assert statuses[-1] == "delivered"
    assert integration.runtime_data.store.spent_today == Decimal("0.52")


async def test_lost_delivery_reports_are_made_good_by_the_history(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """At the next look into it."""
    changes = async_capture_events(hass, "elks46_message_status")
    await simulator.fail(calling("lose", "delivery", times=None))
    await send_sms(hass, to=[ANNA], wait=0)
    await simulator.posted("delivery", 2)
    await pass_time(hass, minutes=31)
    assert [event.data["status"] for event in changes] == ["created", "delivered"]


@pytest.mark.parametrize("kind", ["duplicate", "reorder", "delay"])
async def test_a_troubled_text_is_announced_once(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    kind: str,
) -> None:
    """Two texts, whatever happens to the first on the way."""
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.fail(calling(kind, "sms", seconds=0.05))
    await simulator.send_text(ANNA, NUMBER, "first")
    await simulator.send_text(ANNA, NUMBER, "second")
    await simulator.posted("sms", 2 + (kind == "duplicate"))
    await hass.async_block_till_done()
    assert sorted(event.data["message"] for event in received) == ["first", "second"]
    await pass_time(hass, minutes=31)
    assert len(received) == 2


async def test_a_lost_text_is_found_in_the_history(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Also one between two that arrived, and all in their order."""
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.send_text(ANNA, NUMBER, "first")
    await simulator.posted("sms")
    await simulator.fail(calling("lose", "sms"))
    await simulator.send_text(ANNA, NUMBER, "second")
    await simulator.posted("sms", 2)
    await simulator.send_text(ANNA, NUMBER, "third")
    await simulator.posted("sms", 3)
    await hass.async_block_till_done()
    assert [event.data["message"] for event in received] == ["first", "third"]

    await pass_time(hass, minutes=31)
    assert [event.data["message"] for event in received] == ["first", "third", "second"]
    assert not issues(hass)
    await pass_time(hass, minutes=31)
    assert len(received) == 3
