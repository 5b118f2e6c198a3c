"""What a person can hand to a stranger who helps."""

from http import HTTPStatus
import json

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.elks46.const import (
    CONF_CALL_HANDLING,
    CONF_DEFAULT_SENDER,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_NUMBER_ID,
    CONF_PIN,
    CONF_RIGHTS,
    CONF_TEXT_FORWARD_TO,
    DOMAIN,
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
    issues,
    pass_time,
    send_sms,
    text_home,
)
from .calls import House, allowed_file, chirp, place_call


async def diagnostics(client: ClientSessionGenerator, entry: MockConfigEntry) -> Json:
    """Return what is downloaded of an account."""
    response = await (await client()).get(
        f"/api/diagnostics/config_entry/{entry.entry_id}"
    )
    assert response.status == HTTPStatus.OK
    downloaded: Json = await response.json()
    return downloaded


async def of_device(
    client: ClientSessionGenerator,
    hass: HomeAssistant,
    entry: MockConfigEntry,
    identifier: str,
) -> Json:
    """Return what is downloaded of a device."""
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, identifier), entry.entry_id
    )
    assert device
    response = await (await client()).get(
        f"/api/diagnostics/config_entry/{entry.entry_id}/device/{device.id}"
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


async def test_what_home_assistant_adds_names_no_number(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """It lists what stands in Repairs, by ids that are ours."""
    hass.config_entries.async_update_subentry(
        integration,
        integration.subentries["number"],
        data={
            **integration.subentries["number"].data,
            CONF_TEXT_FORWARD_TO: "nobody",
            CONF_CALL_HANDLING: "forward",
            CONF_FORWARD_TO: ["nobody"],
        },
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    downloaded = await diagnostics(hass_client, integration)

    assert set(issues(hass)) == {"call_forward_gone", "forward_gone"}
    assert len(downloaded["issues"]) == 2
    assert NUMBER not in json.dumps(downloaded)


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


async def test_a_contact_alone(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_client: ClientSessionGenerator,
) -> None:
    """What went to them, and what they may: nothing of anybody else."""
    house = House(hass, simulator, integration)
    await house.change("anna", **{CONF_PIN: "4711", CONF_RIGHTS: ["open", "assist"]})
    await simulator.put_handset(ANNA, answers="at_once")
    await place_call(hass, to=[ANNA], record=True)
    await send_sms(hass, to=[ANNA, BJORN])

    downloaded = await of_device(hass_client, hass, integration, "anna")

    assert downloaded["data"] == {
        "settings": {
            "country": "SE",
            "has_pin": True,
            "has_sender": False,
            "rights": ["assist", "open"],
        },
        "calls": {"by_outcome": {"answered": 1}, "open": 0},
        "recordings": {"given_up": 0, "kept": 1, "waiting": 0},
        "texts": {"by_status": {"delivered": 1}, "unanswered": 0},
    }


async def test_a_number_alone(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_client: ClientSessionGenerator,
) -> None:
    """What 46elks tells of it, how it is set, and what went over it."""
    house = House(hass, simulator, integration)
    await house.answers("voicemail")
    await house.over(await house.ring())
    await send_sms(hass, to=[ANNA], sender=NUMBER)
    await send_sms(hass, to=[ANNA], sender="MyHome")

    downloaded = await of_device(hass_client, hass, integration, "number")

    assert downloaded["data"] == {
        "settings": {
            "answers_texts_with_assist": False,
            "fallback": None,
            "handling": "voicemail",
            "has_greeting": False,
            "has_realtime_number": False,
            "passes_texts_on": False,
            "replies_to_texts": False,
            "talks_with_strangers": False,
            "targets": 0,
        },
        "number": {
            "capabilities": ["mms", "sms", "voice"],
            "category": "mobile",
            "country": "se",
            "has_sms_url": False,
            "is_held": True,
        },
        "held": ["call", "mms", "sms"],
        "is_greeting_ready": False,
        "calls": {"by_outcome": {"answered": 1}, "open": 0},
        "recordings": {"given_up": 0, "kept": 1, "waiting": 0},
        "texts": {"by_status": {"delivered": 1}, "unanswered": 0},
    }


async def test_a_number_that_46elks_does_not_list(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_client: ClientSessionGenerator,
) -> None:
    """It was given back, or not paid."""
    await simulator.put_number(NUMBER, active=False)
    await pass_time(hass, minutes=31)

    downloaded = await of_device(hass_client, hass, integration, "number")

    assert downloaded["data"]["number"] is None


async def test_the_account_by_its_device(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """It is all there is of the account."""
    by_device = await of_device(
        hass_client, hass, integration, str(integration.unique_id)
    )

    assert by_device["data"] == (await diagnostics(hass_client, integration))["data"]


@pytest.mark.parametrize("identifier", ["anna", "number"])
async def test_a_device_of_an_account_that_is_not_loaded(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    identifier: str,
) -> None:
    """How it is set up is known all the same."""
    await hass_client()
    await hass.config_entries.async_unload(integration.entry_id)

    downloaded = await of_device(hass_client, hass, integration, identifier)

    assert list(downloaded["data"]) == ["settings"]


@pytest.mark.parametrize("identifier", ["anna", "number"])
async def test_a_device_tells_nothing_about_people(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    hass_client: ClientSessionGenerator,
    identifier: str,
) -> None:
    """As with the account."""
    house = House(hass, simulator, integration)
    await house.change("anna", **{CONF_PIN: "4711"})
    await house.answers("announce", **{CONF_GREETING: "This is the cottage"})
    await send_sms(hass, to=[ANNA, BJORN], message="The key is under the mat")
    await text_home(hass, simulator, ANNA, "The code is 1234")

    downloaded = await of_device(hass_client, hass, integration, identifier)

    dump = json.dumps(downloaded["data"], ensure_ascii=False)
    private = {
        ANNA,
        BJORN,
        NUMBER,
        "Anna",
        "4711",
        "cottage",
        "key is under",
        "code is",
        "127.0.0.1",
        WEBHOOK_ID,
        public_url,
        simulator.username,
        integration.entry_id,
        integration.subentries["number"].data[CONF_NUMBER_ID],
    }
    assert {secret for secret in private if secret in dump} == set()
