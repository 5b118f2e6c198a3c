"""What a person can hand to a stranger who helps."""

from http import HTTPStatus
import json

from homeassistant.core import HomeAssistant
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.elks46.const import (
    CONF_DEFAULT_SENDER,
    CONF_GREETING,
    CONF_NUMBER_ID,
)

from . import (
    ANNA,
    BJORN,
    NUMBER,
    OTHER_NUMBER,
    WEBHOOK_ID,
    Json,
    SimulatorControl,
    change_options,
    send_sms,
    text_home,
)
from .calls import House, allowed_file, chirp


async def diagnostics(client: ClientSessionGenerator, entry: MockConfigEntry) -> Json:
    """Return what is downloaded of an account."""
    response = await (await client()).get(
        f"/api/diagnostics/config_entry/{entry.entry_id}"
    )
    assert response.status == HTTPStatus.OK
    downloaded: Json = await response.json()
    return downloaded


async def test_it_tells_how_the_account_fares(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_client: ClientSessionGenerator,
    snapshot: SnapshotAssertion,
) -> None:
    """Counts, and yes or no."""
    await send_sms(hass, to=[ANNA, BJORN])
    await text_home(hass, simulator, ANNA, "Hello")

    downloaded = await diagnostics(hass_client, integration)

    assert downloaded["data"]["reach"]["last_callback"]
    assert downloaded["data"] == snapshot(exclude=props("last_callback"))


async def test_it_tells_of_an_account_to_which_nothing_has_happened(
    integration: MockConfigEntry, hass_client: ClientSessionGenerator
) -> None:
    """A fault often shows at the very start."""
    downloaded = await diagnostics(hass_client, integration)

    assert downloaded["data"]["reach"]["last_callback"] is None
    assert downloaded["data"]["texts"] == {"by_status": {}, "today": 0, "unanswered": 0}


async def test_it_tells_of_calls(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_client: ClientSessionGenerator,
) -> None:
    """How they are answered, how they ended, and how many have not."""
    house = House(hass, simulator, integration)
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    await house.over(await house.ring())
    await house.answers("announce", **{CONF_GREETING: file})
    await house.stop_clock()
    await house.ring(BJORN)
    await house.rung(2)

    downloaded = await diagnostics(hass_client, integration)

    assert downloaded["data"]["calls"] == {
        "by_outcome": {"no_answer": 1},
        "numbers": [
            {
                "fallback": None,
                "handling": "announce",
                "has_greeting": True,
                "is_greeting_ready": True,
                "is_held": True,
                "targets": 0,
            }
        ],
        "open": 1,
        "today": 2,
    }
    assert file not in json.dumps(downloaded["data"])


async def test_it_tells_nothing_about_people(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    hass_client: ClientSessionGenerator,
) -> None:
    """No number, name, text, login or address, in any part of ours."""
    await simulator.put_number(
        OTHER_NUMBER, name="Cottage", sms_url="https://pizza.example.com"
    )
    await change_options(hass, integration, **{CONF_DEFAULT_SENDER: "MyHome"})
    await send_sms(hass, to=[ANNA, BJORN], message="The key is under the mat")
    incoming = await text_home(hass, simulator, ANNA, "The code is 1234")
    (sent,) = (
        text for text in await simulator.texts(BJORN) if text["direction"] == "incoming"
    )

    downloaded = await diagnostics(hass_client, integration)

    dump = json.dumps(downloaded["data"], ensure_ascii=False)
    private = {
        ANNA,
        BJORN,
        NUMBER,
        OTHER_NUMBER,
        "0701740605",
        "Anna",
        "Björn",
        "Cottage",
        "MyHome",
        "key is under",
        "code is",
        "pizza",
        "127.0.0.1",
        WEBHOOK_ID,
        public_url,
        simulator.username,
        simulator.password,
        simulator.api_url,
        integration.entry_id,
        integration.subentries["number"].data[CONF_NUMBER_ID],
        incoming["id"],
        sent["id"],
    }
    assert {secret for secret in private if secret in dump} == set()


async def test_it_tells_of_an_account_that_is_not_loaded(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """That is when people need it: how it is set up is known all the same."""
    client = await hass_client()
    await hass.config_entries.async_unload(integration.entry_id)
    response = await client.get(f"/api/diagnostics/config_entry/{integration.entry_id}")

    assert list((await response.json())["data"]) == ["settings"]
