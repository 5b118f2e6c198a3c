"""What Home Assistant's quality scale demands, rule by rule, where a test can tell.

What is proved elsewhere is named here by the test module that does: it has to be there.
"""

import ast
from collections.abc import Iterator
from importlib.metadata import metadata
from inspect import iscoroutinefunction
import json
import logging
from pathlib import Path
import re
import tomllib
from typing import Any, Final

from homeassistant.config_entries import (
    SOURCE_REAUTH,
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryState,
)
from homeassistant.const import CONF_PASSWORD, STATE_UNAVAILABLE, EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46 import diagnostics
from custom_components.elks46.const import (
    CONF_API_URL,
    DOMAIN,
    PLATFORMS,
    SECTION_ADVANCED,
    SUBENTRY_CONTACT,
    SUBENTRY_NUMBER,
    UPDATE_INTERVAL,
)
from custom_components.elks46.services import ACTIONS

from . import Json, SimulatorControl, answering, pass_time
from .wording import ENGLISH, ROOT

REPOSITORY: Final = ROOT.parents[1]
DOCS: Final = REPOSITORY / "docs"
README: Final = (REPOSITORY / "README.md").read_text()
REFERENCE: Final = "\n".join(
    (DOCS / page).read_text() for page in ("reference.md", "automations.md")
)
MANIFEST: Final[Json] = json.loads((ROOT / "manifest.json").read_text())
PROJECT: Final[Json] = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
RULES: Final[Json] = load_yaml_dict(str(ROOT / "quality_scale.yaml"))["rules"]
# The newest Home Assistant, whose own integrations answer the rules of today.
NEWEST: Final = REPOSITORY / ".venv-ha"
# Rules that others prove: a test module, and what stands in it.
ELSEWHERE: Final = {
    "action-exceptions": ("test_errors", "def test_"),
    "brands": ("test_brand", "def test_home_assistant_shows_ours"),
    "config-flow-test-coverage": ("test_config_flow", "def test_"),
    "docs-actions": ("test_readme", "def test_every_action_is_documented"),
    "docs-configuration-parameters": (
        "test_readme",
        "def test_every_option_is_documented",
    ),
    "docs-examples": ("test_readme", "def test_an_example_does_what_it_says"),
    "docs-installation-parameters": (
        "test_readme",
        "def test_every_question_is_documented",
    ),
    "dynamic-devices": (
        "test_roster",
        "def test_an_offer_leads_to_where_the_number_is_added",
    ),
    "entity-translations": (
        "test_translations",
        "def test_every_entity_has_a_name_and_an_icon",
    ),
    "exception-translations": (
        "test_translations",
        "def test_what_the_code_tells_has_words",
    ),
    "icon-translations": ("test_validator", "def test_every_icon_is_one"),
    "repair-issues": ("test_repairs", "def test_"),
    "stale-devices": (
        "test_roster",
        "def test_a_number_that_vanishes_is_missed_and_one_click_removes_it",
    ),
}


def tree(path: Path) -> ast.Module:
    """Return what a module is made of."""
    return ast.parse(path.read_text())


def status(rule: str) -> str:
    """Return whether a rule is done."""
    answer = RULES[rule]
    return str(answer if isinstance(answer, str) else answer["status"])


def test_the_rules_are_those_of_today() -> None:
    """Those that all integrations of the newest Home Assistant answer, each with a reason where it is not done."""
    files = NEWEST.glob(
        "lib/*/site-packages/homeassistant/components/*/quality_scale.yaml"
    )
    today = {frozenset(load_yaml_dict(str(file))["rules"]) for file in files}

    assert today == {frozenset(RULES)}
    for answer in RULES.values():
        assert answer == "done" or (
            answer["status"] in ("todo", "exempt") and answer["comment"]
        )


@pytest.mark.parametrize("rule", ELSEWHERE)
def test_what_proves_a_rule_is_there(rule: str) -> None:
    """A proof that was renamed or taken away is missed."""
    module, proof = ELSEWHERE[rule]

    assert status(rule) == "done"
    assert proof in (REPOSITORY / "tests" / f"{module}.py").read_text()


# Bronze


async def test_actions_are_there_without_an_account(hass: HomeAssistant) -> None:
    """Rule action-setup: so that an automation is told what is missing."""
    assert await async_setup_component(hass, "media_source", {})
    assert await async_setup_component(hass, DOMAIN, {})

    assert set(hass.services.async_services_for_domain(DOMAIN)) == set(ACTIONS)


def test_it_is_read_twice_an_hour_and_nobody_can_change_that() -> None:
    """Rule appropriate-polling."""
    assert UPDATE_INTERVAL.total_seconds() == 1800
    assert "interval" not in json.dumps(ENGLISH["options"])


def test_there_are_modules_where_they_are_looked_for() -> None:
    """Rule common-modules."""
    assert (ROOT / "coordinator.py").exists()
    assert (ROOT / "entity.py").exists()


@pytest.mark.parametrize("requirement", MANIFEST["requirements"])
def test_what_it_needs_is_free_software(requirement: str) -> None:
    """Rule dependency-transparency: from PyPI, under a licence that is approved."""
    about = metadata(re.split("[=<>]", requirement)[0])
    approved = [
        kind
        for kind in about.get_all("Classifier", [])
        if kind.startswith("License :: OSI Approved")
    ]

    assert about["License-Expression"] or approved


def documented(kind: str) -> set[str]:
    """Return the triggers or conditions that the manual tells of, each under a heading of its own."""
    return {
        name
        for name in ENGLISH[kind]
        if f"### `{DOMAIN}.{name}`" in REFERENCE
        or f"#### `{DOMAIN}.{name}`" in REFERENCE
    }


@pytest.mark.parametrize("kind", ["triggers", "conditions"])
def test_the_manual_tells_of_them_where_it_is_said_to(kind: str) -> None:
    """Rules docs-triggers and docs-conditions: no less than is said, and no more."""
    is_whole = documented(kind) == set(ENGLISH[kind])

    assert is_whole == (status(f"docs-{kind}") == "done")


@pytest.mark.parametrize(
    ("rule", "text", "heading"),
    [
        ("docs-high-level-description", README, "# 46elks for Home Assistant"),
        ("docs-installation-instructions", README, "## Install"),
        ("docs-removal-instructions", README, "## Removal"),
        ("docs-known-limitations", README, "## Limits"),
        ("docs-supported-functions", README, "## What you get"),
        ("docs-troubleshooting", README, "## Troubleshooting"),
        ("docs-use-cases", README, "## Examples"),
        ("docs-data-update", README, "## How 46elks reaches you"),
    ],
)
def test_the_manual_has_what_is_looked_for(rule: str, text: str, heading: str) -> None:
    """Under a heading, with something in it."""
    _, found, rest = text.partition(f"{heading}\n")
    said = rest.partition("\n## ")[0]

    assert status(rule) == "done"
    assert found
    assert len(said) > 100


def subscriptions(path: Path) -> Iterator[tuple[str, str]]:
    """Yield in which method of which class something is listened to."""
    for kind in ast.walk(tree(path)):
        if isinstance(kind, ast.ClassDef):
            for method in kind.body:
                for node in ast.walk(method):
                    name = getattr(node, "attr", getattr(node, "id", ""))
                    if name in ("async_add_listener", "async_dispatcher_connect"):
                        yield kind.name, getattr(method, "name", "")


def test_entities_listen_once_they_are_added() -> None:
    """Rule entity-event-setup: and let go when they are removed."""
    listening = {
        one
        for name in [*PLATFORMS, "assist_satellite", "entity"]
        for one in subscriptions(ROOT / f"{name}.py")
    }

    assert listening
    assert {method for _, method in listening} == {"async_added_to_hass"}


async def test_entities_are_told_apart_and_named_after_their_devices(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    """Rules entity-unique-id and has-entity-name."""
    known = er.async_entries_for_config_entry(entity_registry, integration.entry_id)
    enabled = {one.entity_id for one in known if one.disabled_by is None}

    assert len({(one.domain, one.unique_id) for one in known}) == len(known)
    assert all(one.has_entity_name and one.device_id for one in known)
    assert enabled <= set(hass.states.async_entity_ids())


async def test_what_is_loaded_hangs_on_the_account(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Rule runtime-data: and nowhere else."""
    assert integration.runtime_data.client
    assert DOMAIN not in hass.data


async def test_an_account_is_tried_before_it_is_added(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """Rules config-flow and test-before-configure."""
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    shown = await hass.config_entries.flow.async_configure(
        flow["flow_id"], account(simulator, password="wrong")
    )

    assert MANIFEST["config_flow"]
    assert shown["errors"] == {"base": "invalid_auth"}


def account(simulator: SimulatorControl, password: str) -> Json:
    """Return what a person types in."""
    return {
        "username": simulator.username,
        CONF_PASSWORD: password,
        SECTION_ADVANCED: {CONF_API_URL: simulator.api_url},
    }


async def test_an_account_is_added_once(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Rule unique-config-entry."""
    flow = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    ended = await hass.config_entries.flow.async_configure(
        flow["flow_id"], account(simulator, simulator.password)
    )

    assert (ended["type"], ended["reason"]) == (
        FlowResultType.ABORT,
        "already_configured",
    )


@pytest.mark.parametrize(
    ("answer", "state"),
    [(401, ConfigEntryState.SETUP_ERROR), (500, ConfigEntryState.SETUP_RETRY)],
)
async def test_an_account_is_tried_before_it_is_loaded(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    impatient: None,
    answer: int,
    state: ConfigEntryState,
) -> None:
    """Rules test-before-setup and reauthentication-flow."""
    entry.add_to_hass(hass)
    await simulator.fail(answering("*", answer))
    await hass.config_entries.async_setup(entry.entry_id)
    asked = [
        flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()
    ]

    assert entry.state is state
    assert asked == ([SOURCE_REAUTH] * (answer == 401))


# Silver


async def test_an_account_is_unloaded(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Rule config-entry-unloading."""
    assert await hass.config_entries.async_unload(integration.entry_id)
    assert integration.state is ConfigEntryState.NOT_LOADED


async def test_while_46elks_is_away_its_figures_are_unavailable_and_it_is_logged_once(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    impatient: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Rules entity-unavailable and log-when-unavailable."""
    await simulator.fail(answering("*", 500))
    for _ in range(3):
        await pass_time(hass, minutes=31)
    away = hass.states.get("sensor.46elks_balance")
    lost = said(caplog, logging.ERROR)
    caplog.clear()
    await simulator.fail()
    for _ in range(3):
        await pass_time(hass, minutes=31)
    back = hass.states.get("sensor.46elks_balance")

    assert away and back
    assert away.state == STATE_UNAVAILABLE
    assert back.state != STATE_UNAVAILABLE
    assert len(lost) == 1
    assert len([line for line in said(caplog, logging.INFO) if "Fetching" in line]) == 1


def said(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """Return what the integration has logged at a level."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno == level and record.name.startswith("custom_components")
    ]


def test_it_has_an_owner() -> None:
    """Rule integration-owner."""
    assert MANIFEST["codeowners"]


@pytest.mark.parametrize("platform", [*PLATFORMS, "assist_satellite"])
def test_a_platform_says_how_much_it_does_at_once(platform: str) -> None:
    """Rule parallel-updates."""
    assert re.search(
        r"^PARALLEL_UPDATES = \d+$",
        (ROOT / f"{platform}.py").read_text(),
        re.MULTILINE,
    )


def test_nearly_all_of_the_code_is_run_by_tests() -> None:
    """Rule test-coverage: more than is demanded, or no change lands."""
    check = (REPOSITORY / "script" / "check").read_text()
    (least,) = re.findall(r"--cov-fail-under=(\d+)", check)

    assert int(least) >= 95
    assert PROJECT["tool"]["coverage"]["run"]["source"] == [
        f"custom_components.{DOMAIN}"
    ]


# Gold


async def test_there_are_devices(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Rule devices: the account, and each contact and number below it."""
    registry = dr.async_get(hass)
    found = dr.async_entries_for_config_entry(registry, integration.entry_id)
    (top,) = (one for one in found if one.via_device_id is None)
    below = {one.name for one in found if one.via_device_id == top.id}

    assert below == {
        subentry.title
        for kind in (SUBENTRY_CONTACT, SUBENTRY_NUMBER)
        for subentry in integration.get_subentries_of_type(kind)
    }
    assert all(one.entry_type is dr.DeviceEntryType.SERVICE for one in found)


def test_it_can_be_diagnosed() -> None:
    """Rule diagnostics: of accounts and of devices."""
    assert iscoroutinefunction(diagnostics.async_get_config_entry_diagnostics)
    assert iscoroutinefunction(diagnostics.async_get_device_diagnostics)


async def test_entities_are_where_they_are_looked_for(
    integration: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """Rules entity-category, entity-disabled-by-default and entity-device-class: all there are, by key."""
    known = er.async_entries_for_config_entry(entity_registry, integration.entry_id)

    def keys(*wanted: EntityCategory | None) -> set[str]:
        return {
            str(one.translation_key) for one in known if one.entity_category in wanted
        }

    assert keys(EntityCategory.CONFIG) == {"call_handling"}
    assert keys(EntityCategory.DIAGNOSTIC) == {
        *("last_callback", "monthly_cost", "reachable", "renews", "test_reach"),
    }
    assert {str(one.translation_key) for one in known if one.disabled_by} == {
        "last_callback",
        "mms",
    }
    assert {
        str(one.translation_key): one.original_device_class
        for one in known
        if one.original_device_class is not None
    } == {
        "balance": "monetary",
        "last_callback": "timestamp",
        "last_message_status": "enum",
        "monthly_cost": "monetary",
        "reachable": "connectivity",
        "renews": "timestamp",
        "spent_this_month": "monetary",
        "spent_today": "monetary",
    }


async def test_an_account_can_be_changed(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Rule reconfiguration-flow."""
    shown = await integration.start_reconfigure_flow(hass)
    ended = await hass.config_entries.flow.async_configure(
        shown["flow_id"], account(simulator, simulator.password)
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    assert shown["step_id"] == SOURCE_RECONFIGURE
    assert ended["reason"] == "reconfigure_successful"


# Platinum


def test_nothing_in_the_client_blocks_and_it_takes_a_session() -> None:
    """Rules async-dependency and inject-websession: it knows how to ask, and Home Assistant has the connections."""
    for path in (ROOT / "api").glob("*.py"):
        names = {
            alias.name.partition(".")[0]
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Import)
            for alias in node.names
        }
        assert not names & {"requests", "socket", "time", "urllib"}
        assert "ClientSession(" not in path.read_text()
    assert "async_get_clientsession(hass)" in (ROOT / "__init__.py").read_text()


def test_every_type_is_checked() -> None:
    """Rule strict-typing: all of the code, strictly, and whoever uses the client sees its types."""
    mypy: Any = PROJECT["tool"]["mypy"]

    assert mypy["strict"]
    assert f"custom_components.{DOMAIN}" in mypy["packages"]
    assert (ROOT / "api" / "py.typed").exists()
