"""What strangers find out, and what they can do, who know no secret, or a number, or one of 46elks' addresses."""

from collections.abc import AsyncGenerator
from http import HTTPStatus
import json
import logging
import re
from typing import Any, Final

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components.automation import DOMAIN as AUTOMATION_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.json import JSONEncoder
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.elks46.api import ElksClient, ElksError
from custom_components.elks46.const import (
    CONF_CALL_HANDLING,
    CONF_PIN,
    CONF_RIGHTS,
    DOMAIN,
    MEDIA_PATH,
    VOICE_PATH,
)

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    WEBHOOK_ID,
    SimulatorControl,
    answering,
    issues,
    memory,
    post_callback,
    refusing,
    send_sms,
    setup_integration,
    text_home,
)
from .automations import asked, automate, on
from .calls import House, post_call

pytestmark = pytest.mark.usefixtures("impatient")

PIN: Final = "73914"
SECRET: Final = "The key is under the pot"
# OPTIONS is answered by Home Assistant itself, which tells browsers that there is some door.
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
DOORS: Final = (f"{MEDIA_PATH}/x.wav", f"{VOICE_PATH}/x", f"{MEDIA_PATH}/", VOICE_PATH)
NOWHERE: Final = "/api/nothing/media/x"
FILES: Final = re.compile(r"/a1/(images|recordings)/[0-9a-z-]+\.(jpg|wav)$")
# What is new in each answer, and what does not tell which address was asked.
DATE: Final = "Date"
UPGRADE: Final = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}

type Answer = tuple[int, dict[str, str], bytes]


async def ask(url: str, method: str, **headers: str) -> Answer:
    """Ask for an address, and return all of the answer but its time."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, url, headers=headers, allow_redirects=False
        ) as response,
    ):
        told = {key: text for key, text in response.headers.items() if key != DATE}
        return response.status, told, await response.read()


@pytest.fixture
def house(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> House:
    """Return a home that can be called."""
    return House(hass, simulator, integration)


class Elsewhere:
    """A server that is not 46elks', and notes what it is told."""

    def __init__(self) -> None:
        """Have been told nothing."""
        self.url = ""
        self.requests: list[tuple[str, dict[str, str]]] = []

    async def handle(self, request: web.Request) -> web.Response:
        """Note a request."""
        self.requests.append((request.path, dict(request.headers)))
        return web.Response(body=b"\xff\xd8\xff picture, sound or answer")


@pytest.fixture
async def elsewhere(socket_enabled: None) -> AsyncGenerator[Elsewhere]:
    """Return a server that is not 46elks'."""
    other = Elsewhere()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", other.handle)
    async with TestServer(app) as server:
        other.url = str(server.make_url("")).rstrip("/")
        yield other


@pytest.fixture
async def redirecting(elsewhere: Elsewhere) -> AsyncGenerator[str]:
    """Return the address of a 46elks that sends everybody elsewhere."""

    async def handle(request: web.Request) -> web.Response:
        where = {"Location": f"{elsewhere.url}{request.path}"}
        return web.Response(status=HTTPStatus.TEMPORARY_REDIRECT, headers=where)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    async with TestServer(app) as server:
        yield str(server.make_url("/a1"))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("door", DOORS)
async def test_a_door_looks_like_no_door(
    integration: MockConfigEntry, public_url: str, method: str, door: str
) -> None:
    """To who does not know what lies behind it, whether a socket is asked for or not."""
    for headers in ({}, UPGRADE, {"Range": "bytes=0-1"}, {"Origin": "http://x"}):
        wanted = await ask(f"{public_url}{NOWHERE}", method, **headers)
        assert await ask(f"{public_url}{door}", method, **headers) == wanted
        assert wanted[0] == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("method", METHODS)
async def test_nobody_learns_that_there_is_an_account(
    hass: HomeAssistant, entry: MockConfigEntry, public_url: str, method: str
) -> None:
    """A home that has none answers the same, wherever it is asked for one."""
    paths = (*DOORS, "/api/webhook/x", f"/api/webhook/{WEBHOOK_ID[:-1]}", NOWHERE)
    urls = [f"{public_url}{path}?kind=sms" for path in paths]
    without = [await ask(url, method) for url in urls]
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    assert [await ask(url, method) for url in urls] == without


async def test_a_flood_of_garbage_is_cheap(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    public_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is written down of it, on no disk, and ours log not a line."""
    before = await hass.async_add_executor_job(memory, hass)
    caplog.clear()
    for _ in range(300):
        assert await post_callback(public_url, "sms", {"message": SECRET}) == 204
        assert await post_callback(public_url, "gossip", {SECRET: ANNA}) == 204
        assert (await post_call(public_url, "call", {"from": ANNA}))[0] == HTTPStatus.OK
    ours = [one for one in caplog.records if one.name.startswith("custom_components")]
    assert [one.getMessage() for one in ours if one.levelno > logging.DEBUG] == []
    assert await hass.async_add_executor_job(memory, hass) == before


@pytest.mark.parametrize(
    ("rights", "pin", "asked_for", "may"),
    [
        pytest.param(["open"], None, "open", 1, id="to open, without a PIN"),
        pytest.param(["open"], PIN, "open", 0, id="to open, with a PIN"),
        pytest.param(["open"], None, "control", 0, id="to control, who may open"),
        pytest.param(["control"], PIN, "control", 0, id="to control, with a PIN"),
        pytest.param(["control"], None, "open", 0, id="to open, who may control"),
        pytest.param([], None, "open", 0, id="nothing, who may nothing"),
    ],
)
async def test_a_forged_number_opens_what_needs_no_pin(
    hass: HomeAssistant,
    house: House,
    rights: list[str],
    pin: str | None,
    asked_for: str,
    may: int,
) -> None:
    """Whoever calls, or texts, says themselves who they are."""
    await house.change("anna", **{CONF_RIGHTS: rights, CONF_PIN: pin})
    by_number = asked("contact_may", right=asked_for)
    diary = await automate(
        hass, on("call_received"), on("message_received"), conditions=(by_number,)
    )
    await house.over(await house.ring(ANNA))
    await text_home(hass, house.simulator, ANNA, "Open")
    await house.simulator.put_handset(STRANGER)
    await text_home(hass, house.simulator, STRANGER, "Open")
    assert len(diary.triggers) == 2 * may


async def test_a_forged_number_is_asked_for_the_pin(
    house: House, public_url: str
) -> None:
    """Before it talks with the home; without one it would not be asked."""
    await house.change("anna", **{CONF_RIGHTS: ["assist"], CONF_PIN: PIN})
    await house.change("number", **{CONF_CALL_HANDLING: "assist"})
    ring = {"callid": "c1", "direction": "incoming", "from": ANNA, "to": NUMBER}
    status, document = await post_call(public_url, "call", ring)
    assert status == HTTPStatus.OK
    assert "connect" not in json.dumps(document)


@pytest.mark.parametrize(
    "ask_for",
    [
        pytest.param(lambda client: client.account.get(), id="account"),
        pytest.param(lambda client: client.images.download("i1"), id="picture"),
        pytest.param(lambda client: client.recordings.download("c1-r0"), id="sound"),
        pytest.param(lambda client: client.calls.get("c1"), id="call"),
    ],
)
async def test_the_login_stays_at_46elks(
    elsewhere: Elsewhere, redirecting: str, ask_for: Any
) -> None:
    """Whoever 46elks is taken for sends us elsewhere: nobody goes there."""
    async with aiohttp.ClientSession() as session:
        client = ElksClient(session, "u1", "p1", api_url=redirecting, retry_pauses=())
        with pytest.raises(ElksError):
            await ask_for(client)
    assert elsewhere.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "{elsewhere}/a1/images/m1-i0.jpg",
        "{elsewhere}/a1/recordings/c1-r0.wav",
        "{api}@{host}/a1/images/m1-i0.jpg",
        "{api}.{host}/images/m1-i0.jpg",
        "//{host}/a1/images/m1-i0.jpg",
        "{api}/images/..%2f..%2f{host}",
        "{api}/images/../sms?to=+46701740607",
    ],
)
async def test_no_picture_and_no_sound_is_fetched_elsewhere(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    elsewhere: Elsewhere,
    url: str,
) -> None:
    """An address that somebody posts is none to go to; the text is told all the same."""
    received = async_capture_events(hass, "elks46_mms_received")
    host = elsewhere.url.removeprefix("http://")
    address = url.format(elsewhere=elsewhere.url, host=host, api=simulator.api_url)
    before = len(await simulator.log())
    form = {"id": "m1", "from": ANNA, "to": NUMBER, "message": "Hi", "image": address}
    assert await post_callback(public_url, "mms", form) == 204
    tape = {"callid": "c1", "from": ANNA, "to": NUMBER, "wav": address}
    assert await post_callback(public_url, "record", tape) == 204
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [event.data["message"] for event in received] == ["Hi"]
    assert elsewhere.requests == []
    asked_for = {one["url"] for one in await simulator.log(before)}
    assert not [one for one in asked_for if not FILES.match(one)]


async def test_nothing_private_is_told_to_others(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    hass_client: ClientSessionGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Not in logs, errors, repairs, diagnostics, or what anybody but the people's own entities shows."""
    caplog.set_level(logging.DEBUG)
    assert await async_setup_component(hass, AUTOMATION_DOMAIN, {AUTOMATION_DOMAIN: []})
    await house.change("anna", **{CONF_PIN: PIN, CONF_RIGHTS: ["control"]})
    await text_home(hass, simulator, ANNA, f"{PIN} {SECRET}")
    await house.over(await house.ring(BJORN))
    errors: list[str] = []
    await simulator.fail(refusing(403, "No credits"))
    for recipients in ([STRANGER], ["+4611", "112", "07"], [ANNA, BJORN]):
        with pytest.raises(HomeAssistantError) as raised:
            await hass.services.async_call(
                DOMAIN,
                "send_sms",
                {"to": recipients, "message": SECRET},
                blocking=True,
            )
        errors.append(str(raised.value))
    await simulator.fail(answering("me", 500))
    await hass.config_entries.async_reload(house.entry.entry_id)
    await simulator.fail()
    await hass.config_entries.async_reload(house.entry.entry_id)
    await send_sms(hass, to=[BJORN], message=SECRET)
    answer = await (await hass_client()).get(
        f"/api/diagnostics/config_entry/{house.entry.entry_id}"
    )
    downloaded = json.dumps((await answer.json())["data"])

    ours = [one for one in caplog.records if one.name.startswith("custom_components")]
    loud = [one for one in ours if one.levelno > logging.DEBUG]
    shown = [
        state.as_dict()
        for state in hass.states.async_all()
        if not state.entity_id.startswith("event.")
    ]
    login = {simulator.password, WEBHOOK_ID, PIN}
    voice = house.entry.runtime_data.address.voice_token
    everywhere = {
        "logs": "".join(f"{one.getMessage()} {one.exc_text}" for one in ours),
        "errors": "".join(errors),
        "repairs": json.dumps(issues(hass)),
        "diagnostics": downloaded,
        "states": json.dumps(shown, cls=JSONEncoder),
    }
    for where, told in everywhere.items():
        leaks = [one for one in (*login, voice, SECRET) if one in told]
        assert (where, leaks) == (where, [])
    for where in ("errors", "diagnostics"):
        numbers = [one for one in (ANNA, BJORN, STRANGER) if one in everywhere[where]]
        assert (where, numbers) == (where, [])
    told = "".join(f"{one.getMessage()} {one.exc_text}" for one in loud)
    assert not [one for one in (ANNA, BJORN, STRANGER, NUMBER) if one in told]
