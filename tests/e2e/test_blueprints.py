"""Every blueprint in the current Home Assistant, as the manual says to use it."""

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
import re
import shutil
from typing import Any, Final

from homeassistant.util.yaml import parse_yaml
import pytest

from demo.house import Home
from tests import Json

from . import Account, automate, device, eventually

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "blueprints" / "automation" / "elks46"
MANUAL: Final = ROOT / "docs" / "blueprints.md"
NAMES: Final = sorted(path.stem for path in FOLDER.glob("*.yaml"))
# What stands for a device that an editor lets choose.
NUMBER_DEVICE: Final = "the device of your number"


@pytest.fixture
async def imported(account: Account, home: Home) -> Home:
    """Return the house with all blueprints in its folder."""
    config = account.town.house.process.output.parent
    folder = config / "blueprints" / "automation" / "elks46"
    await asyncio.to_thread(shutil.copytree, FOLDER, folder, dirs_exist_ok=True)
    return home


@pytest.fixture
async def automation(
    imported: Home, request: pytest.FixtureRequest
) -> AsyncGenerator[str]:
    """Add an automation of an example as its editor does, and return its entity."""
    blocks = re.findall(
        r"^```yaml\n(.*?)^```$", MANUAL.read_text(), re.MULTILINE | re.DOTALL
    )
    (text,) = [one for one in blocks if f"path: elks46/{request.param}.yaml" in one]
    number = await device(imported, "+46701740690")
    example: Any = parse_yaml(text.replace(NUMBER_DEVICE, number))
    await automate(imported, request.param, {**example, "alias": request.param})
    yield f"automation.{request.param}"
    await imported.delete(f"config/automation/config/{request.param}")


async def test_blueprints_are_listed(imported: Home) -> None:
    """Without an error."""
    listed = await imported.ask("blueprint/list", domain="automation")
    ours: Json = {
        path: found for path, found in listed.items() if path.startswith("elks46/")
    }

    assert sorted(ours) == [f"elks46/{name}.yaml" for name in NAMES]
    assert not [path for path, found in ours.items() if "error" in found]


async def _state(home: Home, entity_id: str) -> str | None:
    """Return how an automation is, None as long as there is none."""
    states = {one["entity_id"]: one["state"] for one in await home.ask("get_states")}
    return states.get(entity_id)


@pytest.mark.parametrize("automation", NAMES, indirect=True)
async def test_example_of_the_manual_loads(imported: Home, automation: str) -> None:
    """And is ready."""
    await eventually(partial(_state, imported, automation), "on")
