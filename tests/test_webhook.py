"""The door for what 46elks posts."""

import asyncio
from collections.abc import AsyncIterator, Mapping
import logging
from unittest.mock import patch
from urllib.parse import urlencode

import aiohttp
from homeassistant.components.webhook import async_handle_webhook
from homeassistant.config_entries import ConfigEntryDisabler, ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.util.aiohttp import MockRequest
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from . import (
    ANNA,
    NUMBER,
    WEBHOOK_ID,
    SimulatorControl,
    answering,
    failing,
    post_callback,
    send_sms,
    setup_integration,
)

pytestmark = pytest.mark.usefixtures("impatient")

SECRET = "The key is under the pot"
TEXT = {
    "direction": "incoming",
    "id": "s0231d6d7d6bc14a7e7734e466785c4ce",
    "from": ANNA,
    "to": NUMBER,
    "created": "2026-11-22T13:37:42.314100",
    "message": SECRET,
}


async def ask(
    url: str, method: str, data: object = None, **headers: str
) -> tuple[int, bytes]:
    """Ask the door in any way, and return status and body of the answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method,
            f"{url}/api/webhook/{WEBHOOK_ID}?kind=sms",
            data=data,
            headers=headers,
        ) as response,
    ):
        return response.status, await response.read()


@pytest.mark.parametrize(
    ("kind", "form", "announced"),
    [
        pytest.param("sms", TEXT, 1, id="a text"),
        pytest.param("sms", {**TEXT, "new": "field"}, 1, id="an unknown field"),
        pytest.param("sms", {**TEXT, "created": "soon"}, 1, id="an unreadable time"),
        pytest.param("sms", {**TEXT, "from": "Bank"}, 1, id="a name as sender"),
        pytest.param("sms", {"id": "s1", "from": ANNA, "to": NUMBER}, 1, id="no text"),
        pytest.param("sms", {**TEXT, "id": ""}, 0, id="an empty id"),
        pytest.param("sms", {**TEXT, "id": "s" * 1000}, 0, id="a long id"),
        pytest.param("sms", {"id": "s1"}, 0, id="no sender"),
        pytest.param("sms", {}, 0, id="no form"),
        pytest.param("delivery", {"id": "s1", "status": "sent"}, 0, id="a report"),
        pytest.param("delivery", {"id": "s1"}, 0, id="a report without status"),
        pytest.param("gossip", TEXT, 0, id="an unknown kind"),
        pytest.param("", TEXT, 0, id="no kind"),
        pytest.param("ping", {}, 0, id="our own test"),
    ],
)
async def test_whatever_is_posted_is_answered_with_nothing(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    public_url: str,
    kind: str,
    form: Mapping[str, str],
    announced: int,
) -> None:
    """A body would be texted back, and what cannot be read now cannot be read later."""
    received = async_capture_events(hass, "elks46_sms_received")
    assert await post_callback(public_url, kind, form) == 204
    assert len(received) == announced


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\xff\xfe=\xff&&&==%%%", id="no UTF-8"),
        pytest.param(b'{"id": "s1"}', id="JSON"),
        pytest.param(b"&" * 1000, id="nothing but separators"),
        pytest.param(b"", id="nothing"),
    ],
)
async def test_a_malformed_body_is_answered_like_any(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str, body: bytes
) -> None:
    """Six hours of repeats would be noise."""
    received = async_capture_events(hass, "elks46_sms_received")
    assert await ask(public_url, "POST", body) == (204, b"")
    assert not received


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
async def test_only_posts_are_taken(
    integration: MockConfigEntry,
    public_url: str,
    method: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the secret address is not logged for another."""
    assert await ask(public_url, method) == (405, b"")
    loud = [one.message for one in caplog.records if one.levelno > logging.INFO]
    assert not [message for message in loud if WEBHOOK_ID in message]


@pytest.mark.parametrize(
    ("size", "status"), [(40_000, 204), (70_000, 413)], ids=["long", "too long"]
)
async def test_a_long_body_is_not_read_to_its_end(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    public_url: str,
    size: int,
    status: int,
) -> None:
    """The longest text has some ten thousand bytes."""
    received = async_capture_events(hass, "elks46_sms_received")
    form = {**TEXT, "message": "x" * size}
    assert await post_callback(public_url, "sms", form) == status
    assert len(received) == (status == 204)


async def test_a_slow_body_is_not_waited_for(
    integration: MockConfigEntry, public_url: str
) -> None:
    """Whoever is slow may try again."""
    answered = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b"id=s1&"
        await answered.wait()

    with patch("custom_components.elks46.webhook.BODY_SECONDS_AT_MOST", 0.05):
        status, _ = await ask(public_url, "POST", slowly())
    answered.set()
    assert status == 408


async def test_a_repeated_text_is_announced_once(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """Five times at once, and once more later."""
    received = async_capture_events(hass, "elks46_sms_received")
    posts = (post_callback(public_url, "sms", TEXT) for _ in range(5))
    assert await asyncio.gather(*posts) == [204] * 5
    assert await post_callback(public_url, "sms", TEXT) == 204
    assert len(received) == 1
    assert integration.runtime_data.store.messages_today == 1


async def test_while_set_up_is_tried_again_46elks_keeps_the_text(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    public_url: str,
) -> None:
    """It repeats what was not taken."""
    entry.add_to_hass(hass)
    await simulator.fail(answering("me", 500))
    await setup_integration(hass, entry)
    assert entry.state is ConfigEntryState.SETUP_RETRY
    assert await post_callback(public_url, "sms", TEXT) == 503
    await simulator.fail()
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    received = async_capture_events(hass, "elks46_sms_received")
    assert await post_callback(public_url, "sms", TEXT) == 204
    assert len(received) == 1


async def test_while_an_account_is_reloaded_46elks_keeps_the_text(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """From the first moment to the last."""
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.fail(failing("me", kind="delay", seconds=0.3))
    reload = hass.async_create_task(
        hass.config_entries.async_reload(integration.entry_id)
    )
    while integration.state is not ConfigEntryState.SETUP_IN_PROGRESS:
        assert await post_callback(public_url, "sms", TEXT) == 503
    assert await post_callback(public_url, "sms", TEXT) == 503
    await reload
    assert not received
    assert await post_callback(public_url, "sms", TEXT) == 204
    assert len(received) == 1
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_an_unloaded_account_has_a_door_a_disabled_one_has_none(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """Home Assistant itself answers 200 for addresses that it does not know."""
    entry_id = integration.entry_id
    await hass.config_entries.async_unload(entry_id)
    assert await post_callback(public_url, "sms", TEXT) == 503
    await hass.config_entries.async_setup(entry_id)
    await hass.config_entries.async_set_disabled_by(entry_id, ConfigEntryDisabler.USER)
    assert await post_callback(public_url, "sms", TEXT) == 200
    await hass.config_entries.async_set_disabled_by(entry_id, None)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await post_callback(public_url, "sms", TEXT) == 204
    await hass.config_entries.async_remove(entry_id)
    assert await post_callback(public_url, "sms", TEXT) == 200


async def test_an_account_that_is_disabled_while_set_up_fails_has_no_door(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    public_url: str,
) -> None:
    """46elks does not repeat for hours what nobody will take."""
    entry.add_to_hass(hass)
    await simulator.fail(answering("me", 500))
    await setup_integration(hass, entry)
    await hass.config_entries.async_set_disabled_by(
        entry.entry_id, ConfigEntryDisabler.USER
    )
    assert await post_callback(public_url, "sms", TEXT) == 200
    assert await post_callback(public_url, "sms", TEXT) == 200


async def test_a_picture_message_is_not_told_as_a_text(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """Nobody has asked for any."""
    received = async_capture_events(hass, "elks46_sms_received")
    assert await post_callback(public_url, "mms", TEXT) == 204
    assert not received


async def test_a_body_that_a_proxy_has_mangled_is_no_success(
    integration: MockConfigEntry, public_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """46elks repeats it, and Home Assistant logs no secret address for it."""
    async with aiohttp.ClientSession() as session:
        answer = await session.post(
            f"{public_url}/api/webhook/{WEBHOOK_ID}?kind=sms",
            data=b"neither",
            headers={"Content-Encoding": "gzip"},
        )
    assert answer.status >= 400
    loud = [one.message for one in caplog.records if one.levelno > logging.INFO]
    assert not [message for message in loud if WEBHOOK_ID in message]


async def test_a_bug_inside_loses_no_text(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    public_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """46elks repeats it until the bug is mended."""
    with patch(
        "custom_components.elks46.inbox.Inbox.async_receive", side_effect=ValueError
    ):
        assert await post_callback(public_url, "sms", TEXT) == 503
    assert "Unexpected error with what 46elks posted" in caplog.text
    received = async_capture_events(hass, "elks46_sms_received")
    assert await post_callback(public_url, "sms", TEXT) == 204
    assert len(received) == 1


@pytest.mark.parametrize(
    "content_type",
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=UTF-8",
        "application/x-www-form-urlencoded; charset=nonsense",
    ],
)
async def test_home_assistant_cloud_hands_texts_over(
    hass: HomeAssistant, integration: MockConfigEntry, content_type: str
) -> None:
    """Its stand-in for a request has a content that starts anew each time."""
    received = async_capture_events(hass, "elks46_sms_received")
    form = {**TEXT, "message": "Dörren är öppen 🫎"}
    request = MockRequest(
        content=urlencode(form).encode(),
        mock_source="cloud",
        method="POST",
        headers={"Content-Type": content_type},
        query_string="kind=sms",
    )
    response = await async_handle_webhook(hass, WEBHOOK_ID, request)
    assert (response.status, response.body) == (204, None)
    assert received[0].data["message"] == form["message"]


@pytest.mark.parametrize(
    ("remote", "foreign"),
    [
        pytest.param("176.10.154.199", 0, id="46elks"),
        pytest.param("::ffff:176.10.154.199", 0, id="46elks, IPv4 in IPv6"),
        pytest.param("2001:9b0:2:902::199", 0, id="46elks, IPv6"),
        pytest.param("8.8.8.8", 1, id="a stranger"),
        pytest.param("::ffff:8.8.8.8", 1, id="a stranger, IPv4 in IPv6"),
        pytest.param("2001:4860:4860::8888", 1, id="a stranger, IPv6"),
        pytest.param("127.0.0.1", 0, id="a proxy here"),
        pytest.param("192.168.1.1", 0, id="a proxy at home"),
        pytest.param(None, 0, id="Home Assistant Cloud"),
        pytest.param("unix", 0, id="no address"),
    ],
)
async def test_an_address_that_is_not_46elks_is_only_counted(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    remote: str | None,
    foreign: int,
) -> None:
    """Proxies hide it, so the text counts all the same."""
    received = async_capture_events(hass, "elks46_sms_received")
    request = MockRequest(
        content=urlencode(TEXT).encode(),
        mock_source="test",
        method="POST",
        query_string="kind=sms",
        remote=remote,
    )
    response = await async_handle_webhook(hass, WEBHOOK_ID, request)
    assert response.status == 204
    assert len(received) == 1
    assert integration.runtime_data.reach.foreign_callbacks == foreign


async def test_the_log_tells_no_secrets(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """No number, no text, no address, no password, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    for kind in ("sms", "delivery", "gossip"):
        for form in (TEXT, {**TEXT, "id": ""}, {SECRET: ANNA}):
            await post_callback(public_url, kind, form)
    full = OSError(28, "No space left on device")
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    caplog.clear()
    with patch("custom_components.elks46.journal.FileIO", side_effect=full):
        assert await post_callback(public_url, "sms", {**TEXT, "id": "s7"}) == 503
    with patch(
        "custom_components.elks46.inbox.Inbox.async_receive", side_effect=ValueError
    ):
        await post_callback(public_url, "sms", {**TEXT, "id": "s8"})
    await simulator.fail(
        {"match": {"callback": "delivery"}, "kind": "lose", "times": None},
        failing("sms", method="POST", kind="drop_after", times=1),
        failing("sms", kind="status", status=500),
    )
    rows = await send_sms(
        hass, to=["+46701740611", "+46701740612"], message=SECRET, wait=0
    )
    assert sorted("error" in row for row in rows) == [False, True]
    ours = [one for one in caplog.records if one.name.startswith("custom_components")]
    loud = "\n".join(
        f"{one.getMessage()} {one.exc_text}"
        for one in ours
        if one.levelno > logging.DEBUG
    )
    assert "The disk refuses" in loud
    quiet = "\n".join(one.getMessage() for one in ours)
    for secret in (SECRET, simulator.password, WEBHOOK_ID):
        assert secret not in loud + quiet
    for number in (ANNA, NUMBER, "+46701740611"):
        assert number not in loud
