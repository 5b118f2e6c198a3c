"""What a number answers by itself, and to whom it passes texts on."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import aiohttp
from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.const import (
    CONF_KEEP_TEXT,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_TEXT_FORWARD_TO,
    CONF_TEXT_REPLY,
    CONF_TEXT_REPLY_TO,
    ReplyTo,
)

from . import (
    ANNA,
    BJORN,
    NUMBER,
    OTHER_NUMBER,
    STRANGER,
    WEBHOOK_ID,
    SimulatorControl,
    change_options,
    drawn,
    issues,
    killed,
    memory,
    pass_time,
    picture_home,
    refusing,
    text_home,
)

pytestmark = pytest.mark.usefixtures("impatient")

FULL = OSError(28, "No space left on device")
AWAY = "Nobody is at home"
LOST = {"match": {"callback": "sms"}, "kind": "lose", "times": None}

type Behave = Callable[..., Awaitable[None]]


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
def behave(hass: HomeAssistant, integration: MockConfigEntry) -> Behave:
    """Return what gives the number settings."""

    async def set_up(**settings: str) -> None:
        """Set them, which sets the account up anew."""
        subentry = integration.subentries["number"]
        hass.config_entries.async_update_subentry(
            integration, subentry, data={**subentry.data, **settings}
        )
        await hass.async_block_till_done(wait_background_tasks=True)

    return set_up


def form(sender: str, text_id: str = "s1", **fields: str) -> dict[str, str]:
    """Return a text as 46elks posts it now."""
    created = dt_util.utcnow().replace(tzinfo=None).isoformat()
    told = {"id": text_id, "from": sender, "to": NUMBER, "created": created}
    return {**told, "message": "Hi", **fields}


async def post(url: str, kind: str, fields: Mapping[str, str]) -> tuple[int, str]:
    """Post something to the home, and return its answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{url}/api/webhook/{WEBHOOK_ID}", params={"kind": kind}, data=fields
        ) as response,
    ):
        return response.status, await response.text()


async def sent(simulator: SimulatorControl) -> list[dict[str, Any]]:
    """Return what the home has asked 46elks to text, in order."""
    return [
        {key: request["fields"][key] for key in ("from", "to", "message")}
        for request in await simulator.requests("POST", "sms")
    ]


async def test_a_contact_is_answered_from_the_number_it_texts(
    hass: HomeAssistant, simulator: SimulatorControl, behave: Behave
) -> None:
    """As a text of its own, with a delivery report; the post itself is answered with nothing."""
    await behave(text_reply=AWAY)
    statuses = async_capture_events(hass, "elks46_message_status")
    await text_home(hass, simulator, ANNA, "Are you in?")
    await simulator.posted("delivery", 2)
    await hass.async_block_till_done()

    assert await sent(simulator) == [{"from": NUMBER, "to": ANNA, "message": AWAY}]
    assert (await simulator.posted("sms"))[0]["status"] == 204
    assert statuses[-1].data["status"] == "delivered"
    assert statuses[-1].data["cost"]


@pytest.mark.parametrize(
    ("settings", "sender", "answered"),
    [
        pytest.param({}, ANNA, False, id="no answer set"),
        pytest.param({CONF_TEXT_REPLY: AWAY}, ANNA, True, id="a contact"),
        pytest.param({CONF_TEXT_REPLY: AWAY}, STRANGER, False, id="a stranger"),
        pytest.param(
            {CONF_TEXT_REPLY: AWAY, CONF_TEXT_REPLY_TO: ReplyTo.CONTACTS},
            STRANGER,
            False,
            id="a stranger, contacts only",
        ),
        pytest.param(
            {CONF_TEXT_REPLY: AWAY, CONF_TEXT_REPLY_TO: ReplyTo.EVERYONE},
            STRANGER,
            True,
            id="a stranger, everyone",
        ),
        *(
            pytest.param(
                {CONF_TEXT_REPLY: AWAY, CONF_TEXT_REPLY_TO: ReplyTo.EVERYONE},
                sender,
                False,
                id=what,
            )
            for what, sender in {
                "a name": "Bank",
                "a short code": "71700",
                "a short code with a country": "+4671700",
                "a dear number": "+46900123456",
                "no number at all": "+",
                "the number itself": NUMBER,
                "another own number": OTHER_NUMBER,
            }.items()
        ),
    ],
)
async def test_who_is_answered(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    public_url: str,
    behave: Behave,
    settings: dict[str, str],
    sender: str,
    answered: bool,
) -> None:
    """Contacts, or all phones; never names, short codes, dear numbers or own ones."""
    await simulator.put_number(OTHER_NUMBER)
    await behave(**settings)
    await pass_time(hass, minutes=31)

    assert await post(public_url, "sms", form(sender)) == (204, "")
    await hass.async_block_till_done()

    assert await sent(simulator) == (
        [{"from": NUMBER, "to": sender, "message": AWAY}] * answered
    )


async def test_nobody_is_answered_twice_within_an_hour(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
    behave: Behave,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Not over a reload or a crash either; others are, and everybody is after the hour."""
    await behave(text_reply=AWAY)

    async def texted(sender: str, text_id: str) -> list[str]:
        """Text the number, and return who was answered until then."""
        await post(public_url, "sms", form(sender, text_id))
        await hass.async_block_till_done()
        return [text["to"] for text in await sent(simulator)]

    first = await texted(ANNA, "s1")
    second = await texted(ANNA, "s2")
    await hass.config_entries.async_reload(integration.entry_id)
    reloaded = await texted(ANNA, "s3")
    async with killed(hass, integration):
        pass
    restarted = await texted(ANNA, "s4")
    freezer.tick(timedelta(minutes=59))
    early = await texted(ANNA, "s5")
    other = await texted(BJORN, "s6")
    freezer.tick(timedelta(minutes=1, seconds=1))
    await hass.config_entries.async_reload(integration.entry_id)
    late = await texted(ANNA, "s7")

    assert first == second == reloaded == restarted == early == [ANNA]
    assert other == [ANNA, BJORN]
    assert late == [ANNA, BJORN, ANNA]


async def test_two_texts_at_once_are_answered_once(
    hass: HomeAssistant, simulator: SimulatorControl, behave: Behave
) -> None:
    """Also before the first was written down."""
    await behave(text_reply=AWAY)
    for _ in range(2):
        await simulator.send_text(ANNA, NUMBER, "Hello?")
    await simulator.posted("sms", 2)
    await hass.async_block_till_done()

    assert len(await sent(simulator)) == 1


async def test_a_picture_is_answered_too(
    hass: HomeAssistant, simulator: SimulatorControl, behave: Behave
) -> None:
    """By text; but it is not passed on, which 46elks could not do."""
    await behave(text_reply=AWAY, text_forward_to=BJORN)
    await picture_home(hass, simulator, ANNA, "Look!", drawn())

    assert await sent(simulator) == [{"from": NUMBER, "to": ANNA, "message": AWAY}]


async def test_an_old_text_is_not_answered(
    hass: HomeAssistant, simulator: SimulatorControl, public_url: str, behave: Behave
) -> None:
    """Whoever wrote hours ago expects nothing any more."""
    await behave(text_reply=AWAY)
    await post(public_url, "sms", form(ANNA, created="2026-11-01T12:00:00"))
    await hass.async_block_till_done()

    assert await sent(simulator) == []


async def test_an_answer_that_46elks_refuses_is_logged(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    behave: Behave,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without the number or the text; and it is not tried with each text."""
    await behave(text_reply=AWAY)
    await simulator.fail(refusing(403, "Not enough credits"))
    await text_home(hass, simulator, ANNA, "One")
    await text_home(hass, simulator, ANNA, "Two")

    assert caplog.text.count("sends by itself was not sent: 46elks refuses") == 1
    assert ANNA not in caplog.text
    assert AWAY not in caplog.text


async def test_a_disk_that_refuses_keeps_nobody_from_being_answered_once(
    hass: HomeAssistant, simulator: SimulatorControl, behave: Behave
) -> None:
    """What cannot be written down is remembered until the next start."""
    await behave(text_reply=AWAY)
    with patch(
        "custom_components.elks46.store.ElksStore.async_record_replied",
        side_effect=FULL,
    ):
        await text_home(hass, simulator, ANNA, "One")
        await text_home(hass, simulator, ANNA, "Two")

    assert len(await sent(simulator)) == 1


async def test_a_text_is_passed_on_by_46elks_itself(
    hass: HomeAssistant, simulator: SimulatorControl, behave: Behave
) -> None:
    """So it keeps its sender; Home Assistant hears it all the same, and sends nothing."""
    await behave(text_forward_to="björn")
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.put_handset(STRANGER)
    await text_home(hass, simulator, STRANGER, "Is this the house?")
    await hass.async_block_till_done()
    [request] = await simulator.posted("sms")

    assert (request["status"], request["answer"]) == (
        200,
        '{"forward": "+46701740606"}',
    )
    assert [event.data["message"] for event in received] == ["Is this the house?"]
    assert await sent(simulator) == []


async def test_a_repeated_post_gets_the_same_answer(
    hass: HomeAssistant, public_url: str, behave: Behave
) -> None:
    """46elks may not have heard the first; the text is announced once."""
    await behave(text_forward_to=STRANGER)
    received = async_capture_events(hass, "elks46_sms_received")
    answers = [await post(public_url, "sms", form(ANNA)) for _ in range(3)]

    assert answers == [(200, '{"forward": "+46701740607"}')] * 3
    assert len(received) == 1


@pytest.mark.parametrize(
    ("options", "issue"),
    [
        pytest.param(
            {"hourly_message_limit": 1}, {"hourly_message_limit"}, id="messages"
        ),
        pytest.param({"daily_spend_limit": 1.04}, {"daily_spend_limit"}, id="money"),
        pytest.param({"allowed_countries": ["NO"]}, set(), id="country"),
    ],
)
async def test_what_is_passed_on_stays_within_the_limits(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    public_url: str,
    behave: Behave,
    caplog: pytest.LogCaptureFixture,
    options: dict[str, object],
    issue: set[str],
) -> None:
    """It is paid for; a text is counted once, however often it is posted."""
    await behave(text_forward_to=STRANGER)
    answers = [await post(public_url, "sms", form(ANNA)) for _ in range(2)]
    await change_options(hass, integration, **options)
    answers.append(await post(public_url, "sms", form(ANNA) | {"id": "s2"}))

    assert answers == [(200, '{"forward": "+46701740607"}')] * 2 + [(204, "")]
    assert set(issues(hass)) & {"hourly_message_limit", "daily_spend_limit"} == issue
    assert "A text is not passed on" in caplog.text


async def test_what_cannot_be_counted_is_asked_again(
    public_url: str, behave: Behave
) -> None:
    """As soon as the disk lets it, 46elks passes it on."""
    await behave(text_forward_to=STRANGER)
    with patch(
        "custom_components.elks46.store.ElksStore.async_record_forwarded",
        side_effect=FULL,
    ):
        assert (await post(public_url, "sms", form(ANNA)))[0] == 503

    assert await post(public_url, "sms", form(ANNA)) == (
        200,
        '{"forward": "+46701740607"}',
    )


@pytest.mark.parametrize(
    ("forward_to", "sender"),
    [
        pytest.param(ANNA, ANNA, id="to the sender"),
        pytest.param("anna", ANNA, id="to the contact who sends"),
        pytest.param(NUMBER, STRANGER, id="to itself"),
        pytest.param(OTHER_NUMBER, STRANGER, id="to another own number"),
        pytest.param("somebody", STRANGER, id="to a contact that is gone"),
        pytest.param("", STRANGER, id="to nobody"),
    ],
)
async def test_what_would_go_round_in_circles_is_not_passed_on(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    public_url: str,
    behave: Behave,
    forward_to: str,
    sender: str,
) -> None:
    """Each round would be paid for."""
    await simulator.put_number(OTHER_NUMBER)
    await behave(text_forward_to=forward_to)

    assert await post(public_url, "sms", form(sender)) == (204, "")


async def test_the_text_of_another_number_is_not_passed_on(
    hass: HomeAssistant, public_url: str, behave: Behave
) -> None:
    """Each number has settings of its own."""
    await behave(text_forward_to=BJORN, text_reply=AWAY)

    assert await post(public_url, "sms", {**form(ANNA), "to": OTHER_NUMBER}) == (
        204,
        "",
    )


@pytest.mark.parametrize(
    ("sender", "text"),
    [
        pytest.param(ANNA, f"Anna ({ANNA}): Ring me", id="a contact"),
        pytest.param(STRANGER, f"{STRANGER}: Ring me", id="a stranger"),
    ],
)
async def test_what_was_never_posted_is_passed_on_by_the_home(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
    behave: Behave,
    sender: str,
    text: str,
) -> None:
    """Once, with who it is from; a late post is answered with nothing then, over a crash too."""
    await change_options(hass, integration, **{CONF_KEEP_TEXT: False})
    await behave(text_forward_to=BJORN)
    await simulator.put_handset(sender)
    await simulator.fail(LOST)
    text_id = await simulator.send_text(sender, NUMBER, "Ring me")
    await pass_time(hass, minutes=31)
    passed_on = await sent(simulator)
    late = await post(public_url, "sms", form(sender, text_id))
    async with killed(hass, integration):
        pass
    later = await post(public_url, "sms", form(sender, text_id))
    kept = await hass.async_add_executor_job(memory, hass)

    assert passed_on == [{"from": NUMBER, "to": BJORN, "message": text}]
    assert late == later == (204, "")
    assert await sent(simulator) == passed_on
    assert not [path for path, content in kept.items() if b"Ring me" in content]


async def test_a_disk_that_refuses_passes_nothing_on_twice(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    public_url: str,
    behave: Behave,
) -> None:
    """What cannot be written down is remembered until the next start."""
    await behave(text_forward_to=BJORN)
    await simulator.fail(LOST)
    text_id = await simulator.send_text(ANNA, NUMBER, "Ring me")
    with patch(
        "custom_components.elks46.store.ElksStore.async_record_passed_on",
        side_effect=FULL,
    ):
        await pass_time(hass, minutes=31)

    assert await post(public_url, "sms", form(ANNA, text_id)) == (204, "")
    assert len(await sent(simulator)) == 1


async def test_settings_are_those_of_the_number(integration: MockConfigEntry) -> None:
    """A number without any does nothing by itself."""
    assert set(integration.subentries["number"].data) == {CONF_NUMBER, CONF_NUMBER_ID}
    assert CONF_TEXT_FORWARD_TO not in integration.subentries["number"].data
