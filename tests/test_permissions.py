"""Who may use the actions: automations, the household, and not those who may only look on."""

from typing import Any

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.elks46.const import DOMAIN
from custom_components.elks46.services import ACTIONS

from . import ANNA, NUMBER, Json, SimulatorControl
from .alerts import device
from .calls import allowed_file, chirp

ANNAS, BJORNS = "notify.anna_sms", "notify.bjorn_sms"
pytestmark = pytest.mark.usefixtures("impatient")

READING = [
    pytest.param("get_messages", {}, id="texts"),
    pytest.param("get_calls", {}, id="calls"),
    pytest.param("get_recordings", {}, id="recordings"),
]
SENDING = [
    pytest.param("send_sms", {"to": ANNA, "message": "Hi"}, id="text"),
    pytest.param("send_mms", {"to": ANNA, "message": "Hi"}, id="picture"),
    pytest.param("send_sms", {"to": "x", "message": "Hi"}, id="no number"),
    pytest.param("send_sms", {"entity_id": ANNAS, "message": "Hi"}, id="contact"),
    pytest.param("send_mms", {"entity_id": ANNAS, "message": "Hi"}, id="contact, mms"),
]
CALLING = [
    pytest.param("place_call", {"to": ANNA, "message": "Hi"}, id="call"),
    pytest.param("place_call", {"to": "x", "message": "Hi"}, id="call to no number"),
    pytest.param("place_call", {"entity_id": ANNAS, "message": "Hi"}, id="call them"),
    pytest.param("end_call", {"call_id": "c1"}, id="end"),
    pytest.param("answer_call", {"call_id": "c1", "instruction": "busy"}, id="answer"),
    pytest.param("menu", {"call_id": "c1", "message": "Press 1"}, id="menu"),
]
RUNNING = [
    pytest.param("configure_number", {"number": NUMBER}, id="configure"),
    pytest.param("release_number", {"number": NUMBER, "confirm": True}, id="release"),
    pytest.param("rent_number", {"country": "SE", "confirm": True}, id="rent"),
    pytest.param("create_subaccount", {"name": "Cabin"}, id="create"),
    pytest.param("list_subaccounts", {}, id="list"),
    pytest.param("update_subaccount", {"id": "u1"}, id="update"),
]
# It takes devices, which are made anew each time.
ALERT = "alert"


def actions(*tables: list[Any]) -> set[str]:
    """Return the actions that tables are about."""
    return {str(row.values[0]) for table in tables for row in table}


async def use(hass: HomeAssistant, user_id: str, action: str, data: Json) -> object:
    """Use an action as somebody."""
    return await hass.services.async_call(
        DOMAIN,
        action,
        data,
        blocking=True,
        return_response=True,
        context=Context(user_id=user_id),
    )


def test_every_action_asks_who_uses_it() -> None:
    """One that is new needs a row here."""
    assert actions(READING, SENDING, CALLING, RUNNING) | {ALERT} == set(ACTIONS)


@pytest.mark.parametrize(("action", "data"), READING + SENDING + CALLING + RUNNING)
async def test_who_may_only_look_on_neither_sends_nor_reads(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_read_only_user: User,
    action: str,
    data: Json,
) -> None:
    """Messages and calls cost money and are private; nor does a user who is gone."""
    before = len(await simulator.log())
    for user_id in (hass_read_only_user.id, "nobody"):
        with pytest.raises(Unauthorized):
            await use(hass, user_id, action, data)

    assert len(await simulator.log()) == before


@pytest.mark.parametrize(("action", "data"), [*READING, SENDING[0], SENDING[3]])
async def test_the_household_may_send_and_read(
    hass: HomeAssistant, integration: MockConfigEntry, action: str, data: Json
) -> None:
    """As it may run scripts that do."""
    group = await hass.auth.async_get_group("system-users")
    assert group
    user = MockUser(groups=[group]).add_to_hass(hass)

    assert await use(hass, user.id, action, data)


async def test_who_may_use_one_contact_texts_that_one_alone(
    hass: HomeAssistant, integration: MockConfigEntry, hass_read_only_user: User
) -> None:
    """By the entity, or by the device; a number is not the contact."""
    user = MockUser().add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {ANNAS: {POLICY_CONTROL: True}}}})

    assert await use(hass, user.id, "send_sms", {"entity_id": ANNAS, "message": "Hi"})
    for data in ({"entity_id": BJORNS}, {"entity_id": [ANNAS, BJORNS]}, {"to": ANNA}):
        with pytest.raises(Unauthorized):
            await use(hass, user.id, "send_sms", {**data, "message": "Hi"})


async def test_who_may_only_look_on_raises_no_alarm(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_read_only_user: User,
) -> None:
    """Nor does a user who is gone."""
    before = len(await simulator.log())
    for user_id in (hass_read_only_user.id, "nobody"):
        with pytest.raises(Unauthorized):
            await use(hass, user_id, ALERT, await alarm(hass, "Anna"))

    assert len(await simulator.log()) == before


async def alarm(hass: HomeAssistant, *names: str, **data: object) -> Json:
    """Return what an alert to people is asked with."""
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    contacts = [device(hass, name) for name in names]
    return {"contacts": contacts, "media": file, "rounds": 1, **data}


@pytest.mark.parametrize("action", ["place_call", ALERT])
async def test_who_may_use_one_contact_calls_that_one_alone(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_read_only_user: User,
    action: str,
) -> None:
    """From the usual number, and about nothing else of this home."""
    await simulator.put_handset(ANNA, answers="at_once")
    user = MockUser().add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {ANNAS: {POLICY_CONTROL: True}}}})
    asked = {
        "place_call": [
            {"entity_id": ANNAS, "media": (await alarm(hass))["media"], "wait": True},
            {"entity_id": [ANNAS, BJORNS], "message": "Hi"},
            {"entity_id": ANNAS, "message": "Hi", "from": NUMBER},
        ],
        ALERT: [
            await alarm(hass, "Anna", acknowledge="1"),
            await alarm(hass, "Anna", "Björn"),
            await alarm(hass, "Anna", **{"from": NUMBER}),
            await alarm(hass, "Anna", until="lock.door", until_state="locked"),
        ],
    }
    allowed, *refused = asked[action]

    assert await use(hass, user.id, action, allowed)
    for data in refused:
        with pytest.raises(Unauthorized):
            await use(hass, user.id, action, data)
    assert len(await simulator.requests("POST", "calls")) == 1
