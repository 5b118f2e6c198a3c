"""Who may use the actions: automations, the household, and not those who may only look on."""

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import Unauthorized
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.elks46.const import DOMAIN

from . import ANNA, Json, SimulatorControl

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


@pytest.mark.parametrize(("action", "data"), READING + SENDING)
async def test_who_may_only_look_on_neither_sends_nor_reads(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_read_only_user: User,
    action: str,
    data: Json,
) -> None:
    """Messages cost money and are private; nor does a user who is gone."""
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
