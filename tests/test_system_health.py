"""What the page of system information says."""

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.elks46.const import CONF_API_URL, CONF_REACH, DOMAIN, Reach

from . import (
    ANNA,
    NUMBER,
    WEBHOOK_ID,
    Json,
    SimulatorControl,
    change_options,
    text_home,
)
from .wording import ENGLISH


async def read(hass: HomeAssistant, connect: WebSocketGenerator) -> Json:
    """Return what the page shows of this integration when all is found out."""
    client = await connect(hass)
    await client.send_json({"id": 1, "type": "system_health/info"})
    assert (await client.receive_json())["success"]
    shown: Json = {}
    while (event := (await client.receive_json())["event"])["type"] != "finish":
        match event:
            case {"type": "initial", "data": {"elks46": ours}}:
                shown = dict(ours)
            case {"domain": "elks46", "key": key, "success": True, "data": data}:
                shown["info"][key] = data
    return shown


@pytest.fixture(autouse=True)
async def page(hass: HomeAssistant) -> None:
    """Have the page before any account."""
    assert await async_setup_component(hass, "system_health", {})


async def test_an_account_that_46elks_posts_to(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """Everything has words, leads to the account, and tells nothing about people."""
    await text_home(hass, simulator, ANNA, "Hello")

    shown = await read(hass, hass_ws_client)

    last_callback = shown["info"].pop("last_callback")
    assert last_callback["type"] == "date"
    assert shown == {
        "info": {
            "can_reach_46elks": "ok",
            "accounts": 1,
            "accounts_loaded": 1,
            "contacts": 2,
            "numbers": 1,
            "accounts_posted_to": 1,
            "accounts_by_cloud": 0,
        },
        "manage_url": f"/config/integrations/integration/{DOMAIN}",
    }
    assert {*shown["info"], "last_callback"} == set(ENGLISH["system_health"]["info"])
    private = {ANNA, NUMBER, "Anna", WEBHOOK_ID, simulator.username, simulator.api_url}
    assert {secret for secret in private if secret in str(shown)} == set()


async def test_an_account_that_asks(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
) -> None:
    """46elks can be reached, and nothing was posted."""
    await change_options(hass, integration, **{CONF_REACH: Reach.POLL})

    shown = await read(hass, hass_ws_client)

    assert shown["info"]["can_reach_46elks"] == "ok"
    assert shown["info"]["accounts_posted_to"] == 0
    assert "last_callback" not in shown["info"]


async def test_46elks_out_of_reach(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    unused_tcp_port: int,
) -> None:
    """The page says so beside an account that cannot be loaded for that."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_API_URL: f"http://127.0.0.1:{unused_tcp_port}"}
    )
    await hass.config_entries.async_setup(entry.entry_id)

    shown = await read(hass, hass_ws_client)

    assert shown["info"] == {
        "can_reach_46elks": {"type": "failed", "error": "unreachable"},
        "accounts": 1,
        "accounts_loaded": 0,
        "contacts": 0,
        "numbers": 0,
    }
