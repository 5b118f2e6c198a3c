"""The blueprints of this project in the demo house, set up as a person does in the editor."""

from collections.abc import Mapping
from pathlib import Path
import shutil
from typing import Any, Final

from simulator.config import DEFAULT_NUMBER

from .house import ROOT, Home

BLUEPRINTS: Final = ROOT / "blueprints"
type Inputs = Mapping[str, Any]


def shelve(config: Path) -> None:
    """Put the blueprints where Home Assistant has those that were imported."""
    shutil.copytree(BLUEPRINTS, config / "blueprints", dirs_exist_ok=True)


async def set_up(home: Home) -> list[str]:
    """Make an automation of each that fits the house, and return their ids."""
    devices = {
        one["name"]: one["id"] for one in await home.ask("config/device_registry/list")
    }
    people = [devices["Anna"], devices["Erik"]]
    chosen = _chosen(people, devices[DEFAULT_NUMBER])
    for key, (alias, inputs) in chosen.items():
        blueprint = {"path": f"elks46/{key}.yaml", "input": inputs}
        automation = {"alias": alias, "use_blueprint": blueprint}
        await home.post(f"config/automation/config/{key}", automation)
    return [*chosen]


def _chosen(people: list[str], number: str) -> Mapping[str, tuple[str, Inputs]]:
    """Return what a person fills in, by blueprint."""
    anna = people[:1]
    return {
        "call_to_open": (
            "Ring to open the gate",
            {
                "number": number,
                "open": [
                    _do("cover.open_cover", "cover.gate"),
                    {"delay": {"seconds": 20}},
                    _do("cover.close_cover", "cover.gate"),
                ],
            },
        ),
        "danger": (
            "Water under the washing machine",
            {
                "water": ["binary_sensor.washing_machine_leak"],
                "contacts": people,
                "first_aid": [_do("switch.turn_off", "switch.water")],
            },
        ),
        "picture": (
            "Who is at the door?",
            {
                "entities": ["input_button.doorbell"],
                "camera": "camera.porch",
                "contacts": anna,
                "rest": 5,
                "message": "Somebody is at the door.",
            },
        ),
        "arm_by_text": (
            "Arm and disarm by text",
            {"panel": "alarm_control_panel.house"},
        ),
        "alarm_call": (
            "Call us when the alarm goes off",
            {"entities": ["alarm_control_panel.house"], "contacts": people},
        ),
    }


def _do(action: str, entity_id: str) -> Mapping[str, Any]:
    return {"action": action, "target": {"entity_id": entity_id}}
