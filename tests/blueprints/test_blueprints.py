"""What all blueprints have in common."""

import json
from pathlib import Path
import re
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.elks46.const import DOMAIN

from . import BLUEPRINTS, FOLDER, inputs, read

ROOT: Final = Path(__file__).parents[2]
NAMES: Final = [path.stem for path in BLUEPRINTS]
MANIFEST: Final = ROOT / "custom_components" / DOMAIN / "manifest.json"
PROJECT: Final = json.loads(MANIFEST.read_text())["documentation"]
PLACE: Final = str(FOLDER.relative_to(ROOT))


@pytest.mark.parametrize("name", NAMES)
async def test_blueprint_is_imported_by_its_address(
    hass: HomeAssistant,
    aioclient_mock: AiohttpClientMocker,
    hass_ws_client: WebSocketGenerator,
    name: str,
) -> None:
    """As the button in the manual does."""
    assert await async_setup_component(hass, "automation", {})
    text = (FOLDER / f"{name}.yaml").read_text()
    raw = (
        f"{PROJECT.replace('github', 'raw.githubusercontent')}/main/{PLACE}/{name}.yaml"
    )
    aioclient_mock.request("get", raw, text=text)  # type: ignore[no-untyped-call]
    client = await hass_ws_client()
    address = f"{PROJECT}/blob/main/{PLACE}/{name}.yaml"
    await client.send_json_auto_id({"type": "blueprint/import", "url": address})
    result = (await client.receive_json())["result"]

    assert result["suggested_filename"] == f"{DOMAIN}/{name}"
    assert result["validation_errors"] is None
    assert result["blueprint"]["metadata"]["domain"] == "automation"
    assert result["blueprint"]["metadata"]["source_url"] == address


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_named_and_used(name: str) -> None:
    """Each of them; and a list that people need not fill in is empty."""
    text = (FOLDER / f"{name}.yaml").read_text()
    known = inputs(read(name))

    assert set(re.findall(r"!input (\w+)", text)) == known.keys()
    assert not [key for key, one in known.items() if not one.get("name")]
    assert not [key for key, one in known.items() if not one.get("selector")]


@pytest.mark.parametrize("name", NAMES)
def test_blueprint_runs_where_the_integration_does(name: str) -> None:
    """And says so."""
    lowest = json.loads((ROOT / "hacs.json").read_text())["homeassistant"]

    assert read(name)["blueprint"]["homeassistant"]["min_version"] == lowest


@pytest.mark.parametrize("name", NAMES)
def test_blueprint_is_tried_both_ways(name: str) -> None:
    """With as little as it asks for, and with everything set otherwise."""
    test = (Path(__file__).parent / f"test_{name}.py").read_text()

    assert re.search(rf'\.use\(\s*"{name}"', test)
    assert re.search(rf'\.use_otherwise\(\s*"{name}"', test)
