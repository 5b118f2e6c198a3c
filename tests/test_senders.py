"""Who texts come from when a number that was chosen for it is gone or cannot text."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import CONF_DEFAULT_SENDER, CONF_SENDER

from . import (
    ANNA,
    BJORN,
    NUMBER,
    OTHER_NUMBER,
    Json,
    SimulatorControl,
    change_options,
    issues,
    pass_time,
    send_sms,
    use_action,
)

CLIENT_NUMBER = "+4600100100"
pytestmark = pytest.mark.usefixtures("impatient")


async def senders(simulator: SimulatorControl) -> list[str]:
    """Return who the texts were from that 46elks was asked to send."""
    return [
        request["fields"]["from"] for request in await simulator.requests("POST", "sms")
    ]


def told(hass: HomeAssistant) -> dict[str, str] | None:
    """Return what the repair of a sender that is gone says."""
    return issues(hass).get("sender_gone")


async def test_a_default_sender_that_is_released_loses_no_text(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """An own number stands in for it, and a repair tells what to change."""
    await simulator.put_number(OTHER_NUMBER)
    await change_options(hass, integration, **{CONF_DEFAULT_SENDER: OTHER_NUMBER})
    await send_sms(hass, to=ANNA)
    await use_action(hass, "release_number", number=OTHER_NUMBER, confirm=True)
    await pass_time(hass, minutes=31)
    (row,) = await send_sms(hass, to=ANNA)

    assert row["status"] == "delivered"
    assert await senders(simulator) == [OTHER_NUMBER, NUMBER]
    assert told(hass) == {
        "account": "46elks",
        "number": OTHER_NUMBER,
        "settings": "46elks",
        "instead": NUMBER,
    }


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param({"active": False}, id="lapsed"),
        pytest.param({"capabilities": ["voice"]}, id="texts no more"),
    ],
)
async def test_a_contacts_sender_that_is_gone_loses_no_text(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    lost: Json,
) -> None:
    """The default of the account stands in for it, until it is back."""
    await simulator.put_number(OTHER_NUMBER)
    anna = integration.subentries["anna"]
    hass.config_entries.async_update_subentry(
        integration, anna, data={**anna.data, CONF_SENDER: OTHER_NUMBER}
    )
    await change_options(hass, integration, **{CONF_DEFAULT_SENDER: "Cottage"})
    quiet = told(hass)
    await simulator.put_number(OTHER_NUMBER, **lost)
    await pass_time(hass, minutes=31)
    await send_sms(hass, to=ANNA)
    await send_sms(hass, to=ANNA, dry_run=True)
    repair = told(hass)
    await simulator.put_number(OTHER_NUMBER, active=True, capabilities=["sms"])
    await pass_time(hass, minutes=31)
    await send_sms(hass, to=ANNA)

    assert repair == {
        "account": "46elks",
        "number": OTHER_NUMBER,
        "settings": "Anna",
        "instead": "Cottage",
    }
    assert (quiet, told(hass)) == (None, None)
    assert await senders(simulator) == ["Cottage", "Cottage", OTHER_NUMBER]


async def test_without_any_number_a_name_stands_in(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """One repair tells of all settings, and goes when they are changed."""
    anna = integration.subentries["anna"]
    hass.config_entries.async_update_subentry(
        integration, anna, data={**anna.data, CONF_SENDER: NUMBER}
    )
    await change_options(hass, integration, **{CONF_DEFAULT_SENDER: NUMBER})
    await simulator.put_number(NUMBER, active=False)
    await pass_time(hass, minutes=31)
    await send_sms(hass, to=[ANNA, BJORN])
    repair = told(hass)
    hass.config_entries.async_update_subentry(
        integration, anna, data={**anna.data, CONF_SENDER: "Cottage"}
    )
    await change_options(hass, integration, **{CONF_DEFAULT_SENDER: ""})

    assert await senders(simulator) == ["HomeAssist", "HomeAssist"]
    assert repair
    assert (repair["number"], repair["settings"]) == (NUMBER, "46elks, Anna")
    assert told(hass) is None


@pytest.mark.parametrize(
    ("number", "can"),
    [
        pytest.param(OTHER_NUMBER, ["voice"], id="a number for calls alone"),
        pytest.param(CLIENT_NUMBER, ["webrtc"], id="one of an app"),
    ],
)
async def test_a_number_that_cannot_text_is_no_sender(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    number: str,
    can: list[str],
) -> None:
    """46elks would refuse it, and the text with it."""
    await simulator.put_number(number, capabilities=can)
    await pass_time(hass, minutes=31)

    with pytest.raises(ServiceValidationError, match="^Field sender: "):
        await send_sms(hass, to=ANNA, sender=number)
    assert await senders(simulator) == []
