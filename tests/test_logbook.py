"""What Home Assistant's activity says of texts and calls: who did what, and never what was said."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, mock_component
from pytest_homeassistant_custom_component.typing import (
    ClientSessionGenerator,
    RecorderInstanceContextManager,
)

from custom_components.elks46 import bus
from custom_components.elks46.api import CallDirection, MessageStatus
from custom_components.elks46.const import DOMAIN
from custom_components.elks46.logbook import SENTENCES
from custom_components.elks46.records import CallOutcome, Limit

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    change_options,
    drawn,
    picture_home,
    send_sms,
    text_home,
)
from .calls import House, place_call

CONTACT = "event.anna_messages"
MESSAGES = "event.46701740690_messages"
CALLS = "event.46701740690_calls"

# Home Assistant's recorder has to be there before any entity is.
pytestmark = pytest.mark.usefixtures("recorder_mock")

type Read = Callable[[], Awaitable[list[Json]]]


@pytest.fixture
def mock_recorder_before_hass(
    async_test_recorder: RecorderInstanceContextManager,
) -> None:
    """Have a database before there is a Home Assistant."""


@pytest.fixture
async def read(
    hass: HomeAssistant,
    recorder_mock: Recorder,
    hass_client: ClientSessionGenerator,
    integration: MockConfigEntry,
) -> Read:
    """Return what reads the activity of this integration, as the page of that name does."""
    # The panels come with a package that tests do not have.
    mock_component(hass, "frontend")
    start = dt_util.utcnow().isoformat()
    assert await async_setup_component(hass, "logbook", {})
    client = await hass_client()

    async def activity() -> list[Json]:
        """Return the lines, oldest first."""
        await hass.async_block_till_done()
        await recorder_mock.async_block_till_done()
        response = await client.get(f"/api/logbook/{start}")
        assert response.status == HTTPStatus.OK
        return [one for one in await response.json() if one.get("domain") == DOMAIN]

    return activity


def lines(entries: list[Json]) -> list[str]:
    """Return the sentences."""
    return [f"{entry['name']} {entry['message']}" for entry in entries]


async def test_texts_from_a_contact_and_a_stranger(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    read: Read,
) -> None:
    """A line leads to the entity of the contact, or else of the number; no word of a text is there."""
    await simulator.put_handset(STRANGER)
    await text_home(hass, simulator, ANNA, "Open the gate")
    await text_home(hass, simulator, STRANGER, "The code is 1234")
    await picture_home(hass, simulator, ANNA, "Look!", drawn())

    entries = await read()

    assert lines(entries) == [
        f"Anna sent a text to {NUMBER}",
        f"{STRANGER} sent a text to {NUMBER}",
        f"Anna sent a picture message to {NUMBER}",
    ]
    assert [entry["entity_id"] for entry in entries] == [CONTACT, MESSAGES, CONTACT]
    assert "1234" not in str(entries)


async def test_what_becomes_of_messages(
    hass: HomeAssistant, simulator: SimulatorControl, read: Read
) -> None:
    """By the name of who was to get them, at each step; from a name as well as from a number."""
    await simulator.put_handset(BJORN, on=False, validity=1)
    await send_sms(hass, to=[ANNA, BJORN], sender="Cottage")

    entries = await read()

    said = lines(entries)
    assert [line for line in said if line.startswith("Anna")] == [
        "Anna is being sent a message",
        "Anna is being sent a message, which the operator has now",
        "Anna got a message",
    ]
    assert said[-1] == "Björn did not get a message"
    assert {entry["entity_id"] for entry in entries} == {
        CONTACT,
        "event.bjorn_messages",
    }


async def test_calls_that_the_house_places(
    hass: HomeAssistant, simulator: SimulatorControl, read: Read
) -> None:
    """What came of each; a key that was pressed is not told."""
    await simulator.put_handset(ANNA, answers="at_once")
    await simulator.put_handset(BJORN, answers="busy")
    await place_call(hass, to=[ANNA], record=True)
    await place_call(hass, to=[BJORN])

    entries = await read()

    assert set(lines(entries)) == {
        f"Anna answered a call from {NUMBER}",
        f"Anna was recorded in a call with {NUMBER}",
        f"Björn was busy or declined a call from {NUMBER}",
    }
    assert {entry["entity_id"] for entry in entries} == {CALLS}


async def test_calls_to_the_house(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    read: Read,
) -> None:
    """Who called, also where the number is hidden, and whether anything took the call."""
    house = House(hass, simulator, integration)
    await house.over(await house.ring(ANNA))
    await house.answers("voicemail")
    await house.over(await house.ring(BJORN, hidden=True))
    await simulator.posted("record")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert sorted(lines(await read())) == [
        f"Anna called {NUMBER}",
        f"Anna was not answered by {NUMBER}",
        f"Hidden number called {NUMBER}",
        f"Hidden number left a message for {NUMBER}",
        f"Hidden number was answered by {NUMBER}, and the call is over",
    ]


async def test_keys_and_who_has_acknowledged(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    read: Read,
) -> None:
    """That keys were pressed, not which: they may be somebody's secret."""
    house = House(hass, simulator, integration)
    await house.stop_clock()
    await place_call(hass, to=[ANNA], acknowledge="7", wait=False)
    call_id = await house.answered()
    await house.do(call_id, "digits", digits="7")
    await house.run_clock()
    await house.over(call_id)

    assert lines(await read()) == [
        f"Anna pressed keys in a call with {NUMBER}",
        f"Anna acknowledged a call from {NUMBER}",
    ]


async def test_a_limit(
    hass: HomeAssistant, integration: MockConfigEntry, read: Read
) -> None:
    """By the name of the account, and without an entity."""
    await change_options(hass, integration, hourly_message_limit=1)
    await send_sms(hass, to=[ANNA, BJORN])

    entries = await read()

    (limit,) = (entry for entry in entries if entry["name"] == "46elks")
    assert limit["message"] == "reached the hourly limit of messages"
    assert limit.get("entity_id") is None


async def test_names_that_people_have_given(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    read: Read,
) -> None:
    """A number is called what its device is called."""
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier(
        (DOMAIN, "number"), integration.entry_id
    )
    assert device
    registry.async_update_device(device.id, name_by_user="House")
    await text_home(hass, simulator, ANNA, "Hello")

    assert lines(await read()) == ["Anna sent a text to House"]


async def test_an_entity_that_is_off_is_led_to_by_no_line(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    simulator: SimulatorControl,
    read: Read,
) -> None:
    """The line leads to the number's instead."""
    entity_registry.async_update_entity(
        CONTACT, disabled_by=er.RegistryEntryDisabler.USER
    )
    await text_home(hass, simulator, ANNA, "Hello")

    (entry,) = await read()

    assert entry["entity_id"] == MESSAGES


async def test_an_account_that_was_removed(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    read: Read,
) -> None:
    """What it did is still told, without what has gone with it."""
    await text_home(hass, simulator, ANNA, "Hello")
    await hass.config_entries.async_remove(integration.entry_id)

    (entry,) = await read()

    assert lines([entry]) == [f"Anna sent a text to {NUMBER}"]
    assert entry.get("entity_id") is None


async def test_everything_that_can_be_told_has_words(
    hass: HomeAssistant, integration: MockConfigEntry, read: Read
) -> None:
    """A key would be shown where they are missing, and English where a language is not there."""
    hass.config.language = "tlh"
    nobody = dict.fromkeys(
        ("contact", "contact_device_id", "number", "number_device_id")
    )
    directions = CallDirection.INCOMING, CallDirection.OUTGOING
    told: list[tuple[str, Json]] = [
        *(("message_status", {"status": status}) for status in MessageStatus),
        *(
            ("call_ended", {"outcome": outcome, "direction": direction})
            for outcome in CallOutcome
            for direction in directions
        ),
        *(("limit_reached", {"limit": limit}) for limit in Limit),
    ]
    for event_type, data in told:
        hass.bus.async_fire(
            f"{DOMAIN}_{event_type}",
            {"config_entry_id": integration.entry_id, **nobody, **data},
        )

    said = lines(await read())

    assert len(said) == len(told)
    assert [line for line in said if "log_" in line or "{" in line] == []


async def test_every_event_has_a_sentence() -> None:
    """One without would not be shown at all."""
    fired = {value for name, value in vars(bus).items() if name.startswith("EVENT_")}

    assert {*fired, *bus.EVENTS_OF_CALLS.values()} == set(SENTENCES)
