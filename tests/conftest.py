"""What the tests share: 46elks' stand-in, and an account that is connected to it."""

from collections.abc import AsyncGenerator, Generator
from datetime import timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

import aiohttp
from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_USERNAME, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.loader import DATA_CUSTOM_COMPONENTS
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.syrupy import HomeAssistantSnapshotExtension
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion

# Imported before Home Assistant starts, or the plugin's own custom_components hides ours.
from custom_components.elks46.api import ElksClient
from custom_components.elks46.const import (
    CONF_API_URL,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_PHONE,
    CONF_PUBLIC_URL,
    CONF_REACH,
    DOMAIN,
    SUBENTRY_CONTACT,
    SUBENTRY_NUMBER,
    Reach,
)
from custom_components.elks46.voice.speaker import ASK_AGAIN_SECONDS
from simulator.app import running
from simulator.config import Config

from . import ANNA, BJORN, NUMBER, WEBHOOK_ID, SimulatorControl, setup_integration
from .talk import SPEED, Parlour
from .wording import reading_along


@pytest.fixture(autouse=True)
def _words() -> Generator[None]:
    """Have words for everything that a test is shown."""
    with reading_along() as reader:
        yield
    assert reader.missing == []


@pytest.fixture
def hass_config_dir(tmp_path: Path) -> str:
    """Return a folder of the test's own, for the journal is a real file."""
    return str(tmp_path)


@pytest.fixture
async def hass(hass: HomeAssistant) -> AsyncGenerator[HomeAssistant]:
    """Return a Home Assistant in Sweden that finds custom integrations, and close its accounts in the end."""
    hass.data.pop(DATA_CUSTOM_COMPONENTS, None)
    hass.config.country = "SE"
    hass.config.media_dirs = {"local": hass.config.path("media")}
    yield hass
    for entry in hass.config_entries.async_loaded_entries(DOMAIN):
        await hass.config_entries.async_unload(entry.entry_id)
    await hass.async_block_till_done()


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """Return snapshots that write Home Assistant's objects as Home Assistant's own tests do."""
    return snapshot.use_extension(HomeAssistantSnapshotExtension)


@pytest.fixture
async def simulator(socket_enabled: None) -> AsyncGenerator[SimulatorControl]:
    """Return what steers 46elks' stand-in, whose hours pass in seconds."""
    config = Config(port=0, speed=1000, allow_hosts=("127.0.0.1",), numbers=(NUMBER,))
    async with running(config) as served, aiohttp.ClientSession() as session:
        yield SimulatorControl(
            session, served.url, username=config.username, password=config.password
        )


@pytest.fixture
async def entry(simulator: SimulatorControl) -> MockConfigEntry:
    """Return an account with two people and one number, not yet added."""
    number_id = (await simulator.put_number(NUMBER))["id"]
    contacts = (("Anna", ANNA), ("Björn", BJORN))
    return MockConfigEntry(
        domain=DOMAIN,
        title="46elks",
        unique_id=simulator.username,
        data={
            CONF_USERNAME: simulator.username,
            CONF_PASSWORD: simulator.password,
            CONF_API_URL: simulator.api_url,
            CONF_WEBHOOK_ID: WEBHOOK_ID,
        },
        subentries_data=[
            *(
                ConfigSubentryDataWithId(
                    data={CONF_NAME: name, CONF_PHONE: phone},
                    subentry_id=name.lower(),
                    subentry_type=SUBENTRY_CONTACT,
                    title=name,
                    unique_id=phone,
                )
                for name, phone in contacts
            ),
            ConfigSubentryDataWithId(
                data={CONF_NUMBER_ID: number_id, CONF_NUMBER: NUMBER},
                subentry_id="number",
                subentry_type=SUBENTRY_NUMBER,
                title=NUMBER,
                unique_id=number_id,
            ),
        ],
    )


@pytest.fixture
async def public_url(
    hass: HomeAssistant, hass_client_no_auth: ClientSessionGenerator
) -> str:
    """Return where this Home Assistant really answers; as there, views may still be registered."""
    for component in (
        "camera",
        "diagnostics",
        "image",
        "media_source",
        "repairs",
        "webhook",
    ):
        assert await async_setup_component(hass, component, {})
    with patch.object(hass.http.app.router, "freeze"):
        client = await hass_client_no_auth()
    return str(client.make_url("")).rstrip("/")


@pytest.fixture
async def integration(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> AsyncGenerator[MockConfigEntry]:
    """Return an account that is set up, and to which 46elks' stand-in really posts."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, options={CONF_REACH: Reach.EXTERNAL, CONF_PUBLIC_URL: public_url}
    )
    await setup_integration(hass, entry)
    yield entry
    # What is under way must not arrive at a server that is being closed.
    await simulator.control("POST", "reset")


@pytest.fixture
async def parlour(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> AsyncGenerator[Parlour]:
    """Return a house to talk with."""
    parlour = Parlour(hass, simulator, integration)
    await parlour.furnish()
    # 46elks is as much earlier than it could be in truth, and is taken to answer something else.
    with patch(
        "custom_components.elks46.voice.speaker.ASK_AGAIN_SECONDS",
        ASK_AGAIN_SECONDS / SPEED,
    ):
        yield parlour
    await parlour.fall_silent()


@pytest.fixture
def impatient() -> Generator[None]:
    """Pause for nobody before looking or trying again."""
    with (
        patch(
            "custom_components.elks46.ElksClient",
            partial(ElksClient, retry_pauses=(0.0, 0.0)),
        ),
        patch("custom_components.elks46.call_look_up.LATE_PAUSES", (0, 0)),
        patch("custom_components.elks46.call_look_up.LOOK_UP_PAUSES", (0, 0)),
        patch("custom_components.elks46.dialler.RETRY_PAUSES", (0, 0)),
        patch("custom_components.elks46.look_up.LATE_PAUSES", (0, 0)),
        patch("custom_components.elks46.look_up.LOOK_UP_PAUSES", (0, 0)),
        patch("custom_components.elks46.outbox.RESEND_PAUSES", (0, 0)),
    ):
        yield


@pytest.fixture
def hasty(impatient: None) -> Generator[None]:
    """Wait for an answer of 46elks no longer than half a second."""
    client = partial(
        ElksClient, timeout=timedelta(seconds=0.5), retry_pauses=(0.0, 0.0)
    )
    with patch("custom_components.elks46.ElksClient", client):
        yield


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what tests have measured."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, figure in report.user_properties:
                if name == "figure":
                    terminalreporter.write_line(str(figure))
