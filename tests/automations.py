"""What tests of automations do: write some as the editor does, and read what they have done."""

from typing import Any, Final

from homeassistant.components.automation import DOMAIN as AUTOMATION_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)

from . import Json

DIARY: Final = "diary"


class Diary:
    """Notes in order what has set off automations."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin with nothing."""
        self._notes = async_mock_service(hass, DIARY, "note")

    @property
    def triggers(self) -> list[Json]:
        """What has set them off, as their templates see it."""
        return [note.data["trigger"] for note in self._notes]

    @property
    def ids(self) -> list[str]:
        """The ids of the triggers, as people have given them."""
        return [note.data["id"] for note in self._notes]


async def automate(
    hass: HomeAssistant, *triggers: Json, conditions: tuple[Json, ...] = (), **more: Any
) -> Diary:
    """Write an automation with these triggers that notes each time it is set off."""
    diary = Diary(hass)
    note = {
        "action": f"{DIARY}.note",
        "data": {"id": "{{ trigger.id }}", "trigger": "{{ trigger }}"},
    }
    automation = {
        "id": "test",
        "alias": "Test",
        "mode": "queued",
        "triggers": [*triggers],
        "conditions": [*conditions],
        "actions": [note],
        **more,
    }
    assert await async_setup_component(
        hass, AUTOMATION_DOMAIN, {AUTOMATION_DOMAIN: [automation]}
    )
    await hass.async_block_till_done()
    return diary


def on(trigger: str, trigger_id: str = "it", **options: object) -> Json:
    """Return a trigger of ours with an id, as it stands in YAML."""
    return {"trigger": f"elks46.{trigger}", "id": trigger_id, "options": options}


def asked(condition: str, **options: object) -> Json:
    """Return a condition of ours, as it stands in YAML."""
    return {"condition": f"elks46.{condition}", "options": options}


def device_id(hass: HomeAssistant, entry: MockConfigEntry, name: str) -> str:
    """Return the device of a contact, a number or the account."""
    (device,) = (
        device
        for device in dr.async_entries_for_config_entry(
            dr.async_get(hass), entry.entry_id
        )
        if device.name == name
    )
    return device.id
