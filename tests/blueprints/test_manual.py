"""What the manual says of blueprints: each is there with its button, and its example loads."""

from pathlib import Path
import re
from typing import Any, Final
from urllib.parse import quote

from homeassistant.util.yaml import parse_yaml
import pytest

from tests import Json

from . import BLUEPRINTS, Household, inputs, read

ROOT: Final = Path(__file__).parents[2]
README: Final = ROOT / "README.md"
MANUAL: Final = ROOT / "docs" / "blueprints.md"
IMPORT: Final = "https://my.home-assistant.io/redirect/blueprint_import/?blueprint_url="
NAMES: Final = [path.stem for path in BLUEPRINTS]
# What stands for a device that an editor lets choose.
NUMBER_DEVICE: Final = "the device of your number"


def example(name: str) -> str:
    """Return the example of a blueprint."""
    blocks = re.findall(
        r"^```yaml\n(.*?)^```$", MANUAL.read_text(), re.MULTILINE | re.DOTALL
    )
    (found,) = [one for one in blocks if f"path: elks46/{name}.yaml" in one]
    return str(found)


def use(text: str) -> Json:
    """Return what an example gives to a blueprint."""
    automation: Any = parse_yaml(text)
    given: Json = automation["use_blueprint"]["input"]
    return given


def title(name: str) -> str:
    """Return the name of a blueprint, without that of the integration."""
    return str(read(name)["blueprint"]["name"]).removeprefix("46elks: ")


def first_table() -> list[str]:
    """Return the rows of the first table of the README."""
    table = README.read_text().partition("\n|")[2].partition("\n\n")[0]
    return table.splitlines()[2:]


@pytest.mark.parametrize("name", NAMES)
def test_blueprint_stands_in_the_first_table(name: str) -> None:
    """Linked, with what it does, and with its import button."""
    (row,) = [one for one in first_table() if f"[**{title(name)}**]" in one]
    anchor = re.sub(r"[^\w\- ]", "", title(name).lower()).replace(" ", "-")
    address = read(name)["blueprint"]["source_url"]

    linked, promise, button, _ = (cell.strip() for cell in row[1:].split(" |"))
    assert linked.endswith(f"(docs/blueprints.md#{anchor})")
    assert 10 < len(promise) < 100
    assert f"({IMPORT}{quote(address, safe='')})" in button


def test_first_table_holds_nothing_else() -> None:
    """Whoever looks for one of them finds it at once."""
    assert len(first_table()) == len(NAMES) == 14


@pytest.mark.parametrize("name", NAMES)
def test_blueprint_has_a_section(name: str) -> None:
    """With its button, and an example that gives all that has to be given."""
    section = MANUAL.read_text().partition(f"\n## {title(name)}\n")[2]
    address = quote(read(name)["blueprint"]["source_url"], safe="")
    given = use(example(name))
    needed = {key for key, one in inputs(read(name)).items() if "default" not in one}

    assert f"{IMPORT}{address})" in section.partition("\n## ")[0]
    assert needed <= given.keys() <= inputs(read(name)).keys()


@pytest.mark.parametrize("name", NAMES)
async def test_example_loads(household: Household, name: str) -> None:
    """As somebody pastes it, with a device of their own."""
    pasted = example(name).replace(NUMBER_DEVICE, household.number())

    await household.use(name, **use(pasted))
