"""What Home Assistant and its stores read of the integration: the rules of hassfest and HACS."""

import ast
import json
from pathlib import Path
import re
import tomllib
from typing import Any

from awesomeversion import AwesomeVersion, AwesomeVersionStrategy
import homeassistant
from homeassistant.const import Platform, __version__
from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.helpers.selector import validate_selector
from homeassistant.loader import async_get_integration
from homeassistant.util.yaml import load_yaml_dict
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.condition import CONDITIONS
from custom_components.elks46.const import DOMAIN, PLATFORMS
from custom_components.elks46.services import ACTIONS
from custom_components.elks46.trigger import TRIGGERS

from . import Json
from .test_translations import ICONS
from .wording import ENGLISH

REPOSITORY = Path(__file__).parents[1]
ROOT = REPOSITORY / "custom_components" / DOMAIN
MANIFEST: Json = json.loads((ROOT / "manifest.json").read_text())
HACS: Json = json.loads((REPOSITORY / "hacs.json").read_text())
PROJECT: Json = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
SERVICES: Json = load_yaml_dict(str(ROOT / "services.yaml"))
"""Loaded at import, as Home Assistant forbids it in its event loop."""
PARTS: Json = {"triggers": TRIGGERS, "conditions": CONDITIONS}
PARTS_DESCRIBED: Json = {
    kind: load_yaml_dict(str(ROOT / f"{kind}.yaml")) for kind in PARTS
}
COMPONENTS = Path(homeassistant.__file__).parent / "components"
# The newest Home Assistant, beside the one that the tests run on.
NEWEST = REPOSITORY / ".venv-ha"
PILLOW = next(one for one in MANIFEST["requirements"] if one.startswith("pillow"))
TARGET = {"entity_id", "device_id", "area_id", "floor_id", "label_id"}


def fields(service: str) -> Json:
    """Return the fields of an action, also those in sections."""
    found: Json = {}
    for key, field in SERVICES[service]["fields"].items():
        found |= field.get("fields", {key: field})
    return found


def imported_integrations() -> set[str]:
    """Return the integrations of Home Assistant that ours uses while it runs."""
    found: set[str] = set()
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
                for name in names:
                    if name.startswith("homeassistant.components."):
                        found.add(name.split(".")[2])
    return found


def test_the_manifest_is_in_order() -> None:
    """Domain and name first, then by letter."""
    assert list(MANIFEST) == [
        "domain",
        "name",
        *sorted(set(MANIFEST) - {"domain", "name"}),
    ]


def test_the_manifest_has_what_stores_want() -> None:
    """HACS and hassfest refuse an integration without one of these."""
    wanted = {
        "codeowners",
        "config_flow",
        "documentation",
        "domain",
        "integration_type",
        "iot_class",
        "issue_tracker",
        "name",
        "version",
    }
    allowed = {
        "after_dependencies",
        "categories",
        "connectivity",
        "dependencies",
        "loggers",
        "quality_scale",
        "requirements",
    }

    assert wanted <= set(MANIFEST) <= wanted | allowed
    assert MANIFEST["domain"] == DOMAIN == ROOT.name
    assert MANIFEST["codeowners"]
    assert all(owner.startswith("@") for owner in MANIFEST["codeowners"])
    assert MANIFEST["integration_type"] == "service"
    assert MANIFEST["iot_class"] == "cloud_push"
    # What Home Assistant calls an integration that its own people have not looked at.
    assert MANIFEST["quality_scale"] == "custom"
    assert (ROOT / "config_flow.py").exists()


def test_no_integration_of_home_assistant_is_called_the_same() -> None:
    """Ours would stand in its place."""
    assert not (COMPONENTS / DOMAIN).exists()


@pytest.mark.parametrize(
    ("key", "kinds"),
    [("categories", "subcategories"), ("connectivity", None)],
)
def test_the_manifest_says_where_it_is_found(key: str, kinds: str | None) -> None:
    """By words of Home Assistant's list, which comes with the newest."""
    (file,) = NEWEST.glob(f"lib/*/site-packages/homeassistant/generated/*_{key}.json")
    known = {
        ".".join(filter(None, (one["slug"], kind.get("slug"))))
        for one in json.loads(file.read_text())
        for kind in one.get(kinds, [{}])
    }

    assert MANIFEST[key]
    assert set(MANIFEST[key]) <= known


def test_what_is_declared_is_there() -> None:
    """Once each, and not our own."""
    declared = [*MANIFEST["dependencies"], *MANIFEST["after_dependencies"]]

    assert sorted({*declared}) == sorted(declared)
    assert {one for one in declared if not (COMPONENTS / one).is_dir()} == set()


def test_nothing_is_set_up_in_yaml() -> None:
    """Home Assistant tells people so who try, if the schema says it."""
    assert (
        "CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)"
        in (ROOT / "__init__.py").read_text()
    )


@pytest.mark.parametrize("key", ["documentation", "issue_tracker"])
def test_the_manifest_leads_to_this_project(key: str) -> None:
    """By https, and to one repository."""
    assert MANIFEST[key].startswith("https://github.com/elks46/elks46")


async def test_home_assistant_takes_the_manifest(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """It refuses a version it cannot compare."""
    loaded = await async_get_integration(hass, DOMAIN)

    assert loaded.version == MANIFEST["version"]
    assert AwesomeVersion(MANIFEST["version"]).strategy is AwesomeVersionStrategy.SEMVER
    assert loaded.requirements == MANIFEST["requirements"]


def test_what_is_imported_is_declared() -> None:
    """Home Assistant sets up first what is."""
    declared = {*MANIFEST["dependencies"], *MANIFEST["after_dependencies"]}
    own = {path.stem for path in ROOT.glob("*.py")}

    assert imported_integrations() - {str(platform) for platform in Platform} - own <= (
        declared
    )


def test_every_platform_has_its_module() -> None:
    """In the order of letters."""
    assert sorted(PLATFORMS) == PLATFORMS
    assert {
        platform for platform in PLATFORMS if not (ROOT / f"{platform}.py").exists()
    } == set()


def test_the_version_stands_in_two_places() -> None:
    """One release has one."""
    assert MANIFEST["version"] == PROJECT["project"]["version"]


@pytest.mark.parametrize("group", ["test", "ha"])
@pytest.mark.parametrize("requirement", sorted({*MANIFEST["requirements"]} - {PILLOW}))
def test_what_is_required_is_what_is_tested(requirement: str, group: str) -> None:
    """To the last digit, without blanks."""
    assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+", requirement)
    assert requirement in PROJECT["dependency-groups"][group]


def test_pillow_is_the_one_that_home_assistant_has() -> None:
    """It pins one itself, another with each release, so that a version of ours would shut us out."""
    constraints = Path(homeassistant.__file__).with_name("package_constraints.txt")
    (pinned,) = re.findall("^Pillow==(.*)$", constraints.read_text(), re.MULTILINE)
    lowest = PILLOW.removeprefix("pillow>=")

    assert f"pillow=={pinned}" in PROJECT["dependency-groups"]["test"]
    assert AwesomeVersion(lowest) <= AwesomeVersion(pinned)
    assert [
        package
        for package in PROJECT["dependency-groups"]["ha"]
        if package.startswith("pillow==")
        and AwesomeVersion(package.removeprefix("pillow==")) >= AwesomeVersion(lowest)
    ]


def test_the_lowest_home_assistant_stands_in_one_place() -> None:
    """What people read says the same."""
    lowest = HACS["homeassistant"]

    assert HACS["name"] == MANIFEST["name"]
    assert set(HACS) == {"name", "homeassistant"}
    assert AwesomeVersion(lowest).valid
    assert f"Home Assistant {lowest} or newer" in (REPOSITORY / "README.md").read_text()


def test_the_lowest_home_assistant_is_tested() -> None:
    """The test plugin brings one of that month."""
    assert __version__.split(".")[:2] == HACS["homeassistant"].split(".")[:2]


@pytest.mark.parametrize(
    "path",
    ["LICENSE", "README.md", "hacs.json", "custom_components/elks46/manifest.json"],
)
def test_a_store_finds_what_it_looks_for(path: str) -> None:
    """At the root, and one integration."""
    assert (REPOSITORY / path).stat().st_size
    assert [
        folder.name
        for folder in (REPOSITORY / "custom_components").iterdir()
        if (folder / "manifest.json").exists()
    ] == [DOMAIN]


def test_a_store_shows_a_licence_that_it_takes() -> None:
    """One that the Open Source Initiative has approved, by its name and in full."""
    assert PROJECT["project"]["license"] == "Apache-2.0"
    assert "Apache License" in (REPOSITORY / "LICENSE").read_text()[:200]


def test_what_a_store_and_home_assistant_look_at_is_looked_at_where_it_is_hosted() -> (
    None
):
    """By their own validators, at each change and each day."""
    workflow = load_yaml_dict(str(REPOSITORY / ".github/workflows/validate.yml"))
    used = [
        step["uses"].partition("@")[0]
        for job in workflow["jobs"].values()
        for step in job["steps"]
    ]

    # YAML reads the word before the occasions as yes.
    assert set(workflow[True]) >= {"push", "pull_request", "schedule"}
    assert {"home-assistant/actions/hassfest", "hacs/action"} <= set(used)


@pytest.mark.parametrize(
    ("service", "schema"),
    [pytest.param(name, schema, id=name) for name, (schema, *_) in ACTIONS.items()],
)
def test_the_editor_offers_what_the_action_takes(service: str, schema: Any) -> None:
    """The same fields, the same that must be there, the same defaults."""
    taken = {str(field): field for field in schema.schema if field not in TARGET}
    offered = fields(service)

    assert set(offered) == set(taken)
    assert {field for field in offered if offered[field].get("required")} == {
        name for name, field in taken.items() if isinstance(field, probatio.Required)
    }
    assert {
        field: offered[field]["default"]
        for field in offered
        if "default" in offered[field]
    }.items() <= {
        name: field.default()
        for name, field in taken.items()
        if callable(field.default)
    }.items()


@pytest.mark.parametrize(
    ("kind", "name", "taken"),
    [
        pytest.param(kind, name, one.fields, id=f"{kind}.{name}")
        for kind, all_of_them in PARTS.items()
        for name, one in all_of_them.items()
    ],
)
def test_the_editor_offers_what_a_trigger_or_condition_takes(
    kind: str, name: str, taken: Json
) -> None:
    """The same fields, the same that must be there, each drawn and in words."""
    offered = PARTS_DESCRIBED[kind][name]["fields"]
    words = ENGLISH[kind][name]
    choices = {
        field: described["selector"]["select"]
        for field, described in offered.items()
        if "select" in described["selector"]
    }

    assert set(offered) == {str(field) for field in taken} == set(words["fields"])
    assert {field for field in offered if offered[field].get("required")} == {
        str(field) for field in taken if isinstance(field, probatio.Required)
    }
    assert list(ICONS[kind][name]) == [kind.removesuffix("s")]
    assert all(validate_selector(one["selector"]) for one in offered.values())
    assert all({"name", "description"} == set(one) for one in words["fields"].values())
    for choice in choices.values():
        options = ENGLISH["selector"][choice["translation_key"]]["options"]
        assert list(options) == choice["options"]


def test_every_trigger_and_condition_is_described() -> None:
    """In each of the papers, and nothing else."""
    for kind, all_of_them in PARTS.items():
        for papers in (PARTS_DESCRIBED, ENGLISH, ICONS):
            assert set(papers[kind]) == set(all_of_them)


@pytest.mark.parametrize("service", ["send_sms", "send_mms"])
async def test_the_editor_offers_our_contacts(
    hass: HomeAssistant, integration: MockConfigEntry, service: str
) -> None:
    """And shows the answer to whoever wants it."""
    assert SERVICES[service]["target"] == {
        "entity": {"domain": "notify", "integration": DOMAIN}
    }
    assert hass.services.supports_response(DOMAIN, service) is SupportsResponse.OPTIONAL
