"""Whether 46elks' posts arrive, and what the home does while they do not."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.button import DOMAIN as BUTTON_DOMAIN, SERVICE_PRESS
from homeassistant.const import ATTR_ENTITY_ID, STATE_OFF, STATE_ON
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.const import (
    CONF_API_URL,
    CONF_PUBLIC_URL,
    CONF_REACH,
    Reach,
)
from simulator.app import running
from simulator.config import Config

from . import (
    ANNA,
    NUMBER,
    SimulatorControl,
    change_options,
    failing,
    issues,
    pass_time,
    send_sms,
    setup_integration,
    text_home,
)

REACHABLE = "binary_sensor.46elks_reachable"
NO_URL = "The sms_url you tried to use is not a valid URL"


async def press_test(hass: HomeAssistant) -> None:
    """Press the button that tests the way."""
    await hass.services.async_call(
        BUTTON_DOMAIN,
        SERVICE_PRESS,
        {ATTR_ENTITY_ID: "button.46elks_test_reach"},
        blocking=True,
    )


@pytest.fixture
async def strict(
    socket_enabled: None, entry: MockConfigEntry, hass: HomeAssistant
) -> AsyncGenerator[SimulatorControl]:
    """Return a stand-in that takes public addresses alone, like 46elks, and let the account be there."""
    config = Config(port=0, speed=1000, numbers=(NUMBER,))
    async with running(config) as served, aiohttp.ClientSession() as session:
        entry.add_to_hass(hass)
        hass.config_entries.async_update_entry(
            entry, data={**entry.data, CONF_API_URL: served.api_url}
        )
        yield SimulatorControl(
            session, served.url, username=config.username, password=config.password
        )


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({CONF_REACH: Reach.CLOUD}, id="no subscription"),
        pytest.param({CONF_REACH: Reach.EXTERNAL}, id="no external address"),
        pytest.param({}, id="nothing at all"),
    ],
)
async def test_without_an_address_46elks_is_asked(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    options: dict[str, str],
) -> None:
    """Texts come some seconds later, and the person learns why."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options=options)
    await setup_integration(hass, entry)
    events = async_capture_events(hass, "elks46_sms_received")
    await simulator.send_text(ANNA, NUMBER, "Hello")

    await pass_time(hass, seconds=21)

    assert [event.data["message"] for event in events] == ["Hello"]
    assert hass.states.is_state(REACHABLE, STATE_OFF)
    assert issues(hass) == {"no_address": {"account": "46elks", "reason": ""}}
    assert await simulator.requests("POST", "numbers/*") == []


async def test_whoever_chose_to_ask_is_not_warned(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """It is what the person wants."""
    await change_options(hass, integration, **{CONF_REACH: Reach.POLL})

    assert issues(hass) == {}
    assert hass.states.is_state(REACHABLE, STATE_OFF)


async def test_an_address_that_comes_ends_the_warning(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    public_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Whether it is entered in the options or in Home Assistant's settings."""
    await change_options(hass, integration, **{CONF_PUBLIC_URL: ""})
    missing = set(issues(hass))
    await change_options(hass, integration, **{CONF_PUBLIC_URL: public_url})
    entered = set(issues(hass))
    await change_options(hass, integration, **{CONF_PUBLIC_URL: ""})
    missing_again = set(issues(hass))
    await hass.config.async_update(external_url="https://home.example.com")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert (missing, entered) == ({"no_address"}, set())
    assert (missing_again, set(issues(hass))) == ({"no_address"}, set())
    assert caplog.text.count("is asked instead") == 2
    assert caplog.text.count("can post to this home again") == 1


async def test_a_refused_address_is_told_in_46elks_words(
    hass: HomeAssistant,
    strict: SimulatorControl,
    entry: MockConfigEntry,
    public_url: str,
) -> None:
    """46elks is asked instead, and texts go out all the same, without a report."""
    hass.config_entries.async_update_entry(
        entry, options={CONF_REACH: Reach.EXTERNAL, CONF_PUBLIC_URL: public_url}
    )
    await setup_integration(hass, entry)

    (row,) = await send_sms(hass, to=ANNA, wait=0)

    (request,) = await strict.requests("POST", "sms")
    assert row["status"] == "created"
    assert "whendelivered" not in request["fields"]
    assert hass.states.is_state(REACHABLE, STATE_OFF)
    assert issues(hass) == {"address_refused": {"account": "46elks", "reason": NO_URL}}
    (issue,) = ir.async_get(hass).issues.values()
    assert issue.severity is ir.IssueSeverity.WARNING


async def test_a_refusal_ends_when_46elks_takes_the_address(
    hass: HomeAssistant, entry: MockConfigEntry, strict: SimulatorControl
) -> None:
    """It is offered again whenever the account is read."""
    hass.config_entries.async_update_entry(
        entry, options={CONF_PUBLIC_URL: "https://home.example.com"}
    )
    await strict.fail(
        failing("numbers/*", method="POST", kind="status", status=403, body=NO_URL)
    )
    await setup_integration(hass, entry)
    refused = set(issues(hass))

    await strict.fail()
    await pass_time(hass, minutes=31)
    await send_sms(hass, to=ANNA, wait=0)

    (request,) = await strict.requests("POST", "sms")
    assert refused == {"address_refused"}
    assert issues(hass) == {}
    assert hass.states.is_state(REACHABLE, STATE_ON)
    assert request["fields"]["whendelivered"].startswith("https://home.example.com/")


@pytest.fixture
async def silent(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
) -> None:
    """Let a text of some time ago be found that was never posted."""
    freezer.tick(180)
    await simulator.fail({"match": {"callback": "sms"}, "times": None, "kind": "lose"})
    await simulator.send_text(ANNA, NUMBER, "Are you there?")
    await simulator.fail()
    freezer.tick(1860)
    await pass_time(hass)


@pytest.mark.usefixtures("silent")
async def test_a_text_that_was_never_posted_is_told(hass: HomeAssistant) -> None:
    """The home asks often from now on."""
    assert set(issues(hass)) == {"callbacks_missing"}
    assert hass.states.is_state(REACHABLE, STATE_OFF)


@pytest.mark.usefixtures("silent")
async def test_the_next_post_that_arrives_ends_it(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """The way works again."""
    await text_home(hass, simulator, ANNA, "Hello?")

    assert issues(hass) == {}
    assert hass.states.is_state(REACHABLE, STATE_ON)


@pytest.mark.usefixtures("silent")
async def test_a_test_that_succeeds_ends_it(hass: HomeAssistant) -> None:
    """The person has mended the router, and need not wait for a text."""
    await press_test(hass)

    assert issues(hass) == {}


async def test_a_text_on_its_way_proves_nothing(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks may post it a moment later."""
    await simulator.fail({"match": {"callback": "sms"}, "times": None, "kind": "lose"})
    await simulator.send_text(ANNA, NUMBER, "Are you there?")
    await pass_time(hass, minutes=31)

    assert issues(hass) == {}


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        pytest.param(Reach.EXTERNAL, {"callbacks_missing"}, id="posted to"),
        pytest.param(Reach.POLL, set[str](), id="asking by choice"),
        pytest.param(Reach.CLOUD, {"no_address"}, id="asking for want of an address"),
    ],
)
async def test_a_home_that_asks_misses_no_post(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    reach: Reach,
    expected: set[str],
) -> None:
    """Nothing could have been posted, however late a text is found."""
    await change_options(hass, integration, **{CONF_REACH: reach})
    freezer.tick(600)

    integration.runtime_data.reach.callback_missed(
        dt_util.utcnow() - timedelta(minutes=3)
    )

    assert set(issues(hass)) == expected


async def test_the_test_needs_an_address(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """It says so at once."""
    await change_options(hass, integration, **{CONF_PUBLIC_URL: ""})

    with pytest.raises(HomeAssistantError, match="There is no address"):
        await press_test(hass)


async def test_the_test_tells_when_something_else_answers(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """A router's own page, or a proxy that leads elsewhere."""
    elsewhere = simulator.api_url.removesuffix("/a1")
    await change_options(hass, integration, **{CONF_PUBLIC_URL: elsewhere})

    with pytest.raises(HomeAssistantError, match=r"answers .* \(status 404\)"):
        await press_test(hass)


async def test_the_test_tells_when_nothing_answers(
    hass: HomeAssistant, integration: MockConfigEntry, unused_tcp_port: int
) -> None:
    """Without the address, which is a secret."""
    closed = f"http://127.0.0.1:{unused_tcp_port}"
    await change_options(hass, integration, **{CONF_PUBLIC_URL: closed})

    with pytest.raises(
        HomeAssistantError, match=r"cannot be reached \(ClientConnectorError\)"
    ) as raised:
        await press_test(hass)

    assert str(unused_tcp_port) not in str(raised.value)


async def test_the_test_tells_when_the_post_arrives_nowhere(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Something says yes, but it is not this home."""
    answered = asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        """Take anything."""
        answered.set()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    async with TestServer(app) as server:
        await change_options(
            hass, integration, **{CONF_PUBLIC_URL: str(server.make_url(""))}
        )
        pressed = hass.async_create_task(press_test(hass))
        await answered.wait()
        await pass_time(hass, seconds=16)

        with pytest.raises(HomeAssistantError, match="did not arrive in time"):
            await pressed


async def test_an_unknown_ping_is_nothing(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """A test of before, or somebody who plays with the address."""
    integration.runtime_data.reach.ping_arrived(None)
    integration.runtime_data.reach.ping_arrived("f" * 16)

    await press_test(hass)
