"""Every word people read: it is there, it is used, and Home Assistant will take it.

The rules are those of hassfest, which comes with no package: what it would refuse, this refuses.
"""

import ast
from collections.abc import Iterator, Mapping
import json
from pathlib import Path
import re
from string import Formatter
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import Reach as ReachOption
from custom_components.elks46.reach import Trouble
from custom_components.elks46.records import Limit
from custom_components.elks46.services import ACTIONS
from custom_components.elks46.subentries import MISSING

from . import Json

ROOT = Path(__file__).parents[1] / "custom_components" / "elks46"
ENGLISH: Json = json.loads((ROOT / "translations" / "en.json").read_text())
ICONS: Json = json.loads((ROOT / "icons.json").read_text())
LANGUAGES = sorted((ROOT / "translations").glob("*.json"))
# What raises a translated error takes its key first and its placeholders by name. Of a phone
# number the key is known where it is read, and the field only where it was written.
RAISERS = {"failed", "invalid"}
FLOWS = (
    "config_flow",
    "forms",
    "number_flow",
    "rent_flow",
    "repairs",
    "subaccount_flow",
    "subentry_flow",
)
# Only a subaccount has them, and only where 46elks tells it.
OF_SUBACCOUNTS = {("sensor", "usage"), ("sensor", "usage_limit")}
# Only where a number has one of Realtime Voice behind it.
WITH_ASSIST = {
    ("assist_satellite", "call"),
    ("assist_satellite", "line"),
    ("select", "pipeline"),
    ("select", "strangers_pipeline"),
    ("select", "vad_sensitivity"),
}
KEY = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
ICON = re.compile(r"mdi:[a-z0-9]+(?:-[a-z0-9]+)*")


def nodes(*modules: str) -> Iterator[ast.AST]:
    """Yield what modules are made of, all of them unless some are named."""
    for path in sorted(ROOT.rglob("*.py")):
        if not modules or path.stem in modules:
            yield from ast.walk(ast.parse(path.read_text()))


def text(node: ast.AST | None) -> str:
    """Return a string that stands in the code, empty for anything else."""
    return (
        node.value
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        else ""
    )


def name(node: ast.Call) -> str:
    """Return what is called, without what it belongs to."""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def keywords(node: ast.Call) -> dict[str, ast.expr]:
    """Return what a call is given by name."""
    return {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}


def literal_keys(node: ast.AST | None) -> frozenset[str]:
    """Return the keys of a mapping that stands in the code."""
    return frozenset(
        text(key) for key in (node.keys if isinstance(node, ast.Dict) else ())
    )


def told() -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the key and the placeholders of every error and issue that the code names."""
    for node in nodes():
        if isinstance(node, ast.Call):
            given = keywords(node)
            if name(node) in RAISERS and node.args:
                for part in ast.walk(node.args[0]):
                    if key := text(part):
                        yield key, frozenset(given)
            if name(node) == "InvalidPhoneNumberError":
                for part in ast.walk(node.args[0]):
                    if key := text(part):
                        yield key, frozenset({"field"})
            if name(node) == "_async_tell":
                for part in ast.walk(node.args[1]):
                    if key := text(part):
                        yield key, frozenset()
            if name(node) == "async_tell_of_numbers":
                yield text(node.args[2]), frozenset({"number", "account", "reason"})
            if key := text(given.get("translation_key")):
                yield key, literal_keys(given.get("translation_placeholders"))
        if isinstance(node, ast.Tuple) and len(node.elts) == 2:
            if isinstance(node.elts[1], ast.Dict) and (key := text(node.elts[0])):
                yield key, literal_keys(node.elts[1])
    for key in MISSING.values():
        yield key, frozenset()
    for trouble in Trouble:
        yield trouble, frozenset({"account", "reason"})
    for limit in Limit:
        yield limit, frozenset({"account", "limit"})


def refusals(*parsers: str) -> list[str]:
    """Return why what reads phone numbers may refuse one."""
    return sorted(
        {
            reason
            for function in nodes("contacts")
            if isinstance(function, ast.FunctionDef) and function.name in parsers
            for node in ast.walk(function)
            if isinstance(node, ast.Call) and name(node) == "InvalidPhoneNumberError"
            for part in ast.walk(node.args[0])
            if (reason := text(part))
        }
    )


TOLD = {key: placeholders for key, placeholders in told() if key != "reach"}


def leaves(tree: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield every text and where it stands."""
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield from leaves(branch, (*path, key))
    else:
        yield ".".join(path), str(tree)


def keys(tree: object) -> Iterator[str]:
    """Yield every key."""
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield key
            yield from keys(branch)


def placeholders(message: str) -> set[str]:
    """Return the placeholders of a text."""
    return {field for _, field, _, _ in Formatter().parse(message) if field is not None}


def below(tree: Json, wanted: str) -> set[str]:
    """Return the keys under every branch of a name, wherever it is."""
    return {
        str(key)
        for branch, subtree in tree.items()
        if isinstance(subtree, Mapping)
        for key in (subtree if branch == wanted else below(dict(subtree), wanted))
    }


@pytest.mark.parametrize("key", TOLD)
def test_what_the_code_tells_has_words(key: str) -> None:
    """An error without them would show its key."""
    assert key in ENGLISH["exceptions"] or key in ENGLISH["issues"]


@pytest.mark.parametrize("section", ["exceptions", "issues"])
def test_no_words_are_left_over(section: str) -> None:
    """What nothing tells was forgotten."""
    assert set(ENGLISH[section]) <= set(TOLD)


@pytest.mark.parametrize("key", TOLD)
def test_the_words_use_what_they_are_given(key: str) -> None:
    """A placeholder that is not filled makes a text unreadable."""
    tree = {**ENGLISH["exceptions"], **ENGLISH["issues"]}[key]
    used = {field for _, message in leaves(tree) for field in placeholders(message)}

    assert used <= TOLD[key]


@pytest.mark.parametrize("key", ENGLISH["exceptions"])
def test_an_error_tells_all_it_knows(key: str) -> None:
    """What was worth handing over is worth reading."""
    assert placeholders(ENGLISH["exceptions"][key]["message"]) == TOLD[key]


@pytest.mark.parametrize(
    "step",
    sorted(
        {
            step
            for node in nodes(*FLOWS)
            if isinstance(node, ast.Call)
            and (step := text(keywords(node).get("step_id")))
        }
    ),
)
def test_every_form_has_words(step: str) -> None:
    """Steps of flows, options, contacts, numbers and repairs."""
    assert step in below(ENGLISH, "step")


@pytest.mark.parametrize(
    "error",
    sorted(
        {
            error
            for node in nodes(*FLOWS)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Subscript)
            and getattr(node.targets[0].value, "id", "") == "errors"
            and (error := text(node.value))
        }
    ),
)
def test_every_error_of_a_form_has_words(error: str) -> None:
    """Under the field, or on top."""
    assert error in below(ENGLISH, "error")


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        *(("contact", reason) for reason in refusals("parse_phone")),
        *(("number", reason) for reason in refusals("parse_phone", "parse_forward")),
    ],
)
def test_a_form_can_say_what_is_wrong_with_a_phone_number(
    form: str, reason: str
) -> None:
    """The one of a person, and the one where a number is passed on."""
    assert reason in ENGLISH["config_subentries"][form]["error"]


@pytest.mark.parametrize(
    "reason",
    sorted(
        {
            reason
            for node in nodes(*FLOWS)
            if isinstance(node, ast.Call)
            and (reason := text(keywords(node).get("reason")))
        }
        | {"already_configured"}
    ),
)
def test_every_end_of_a_flow_has_words(reason: str) -> None:
    """But for those that Home Assistant has itself."""
    assert reason in below(ENGLISH, "abort")


async def test_every_entity_has_a_name_and_an_icon(
    integration: MockConfigEntry, entity_registry: er.EntityRegistry
) -> None:
    """And nothing else has."""
    used = (
        OF_SUBACCOUNTS
        | WITH_ASSIST
        | {
            (entity.domain, str(entity.translation_key))
            for entity in er.async_entries_for_config_entry(
                entity_registry, integration.entry_id
            )
        }
    )

    for papers in (ENGLISH["entity"], ICONS["entity"]):
        assert {(domain, key) for domain in papers for key in papers[domain]} == used
    assert all(ENGLISH["entity"][domain][key]["name"] for domain, key in used)


@pytest.mark.parametrize(
    ("entity_id", "attribute", "path"),
    [
        pytest.param(
            "event.anna_messages",
            "event_types",
            ("event", "messages", "state_attributes", "event_type", "state"),
            id="events",
        ),
        pytest.param(
            "sensor.anna_last_message_status",
            "options",
            ("sensor", "last_message_status", "state"),
            id="status",
        ),
    ],
)
async def test_every_state_has_words(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    entity_id: str,
    attribute: str,
    path: tuple[str, ...],
) -> None:
    """In the same order, so that a picker reads well."""
    state = hass.states.get(entity_id)
    tree = ENGLISH["entity"]
    for key in path:
        tree = tree[key]

    assert state
    assert set(tree) == set(state.attributes[attribute])


def test_every_choice_has_words() -> None:
    """Those of the options; the words of numbers are put together in the flow."""
    assert list(ENGLISH["selector"]["reach"]["options"]) == list(ReachOption)


@pytest.mark.parametrize(
    ("service", "schema"),
    [pytest.param(name, schema, id=name) for name, (schema, *_) in ACTIONS.items()],
)
def test_every_field_of_an_action_has_words(service: str, schema: Any) -> None:
    """Those of the target come from Home Assistant."""
    target = {"entity_id", "device_id", "area_id", "floor_id", "label_id"}
    fields = {str(field) for field in schema.schema} - target
    words, icons = ENGLISH["services"], ICONS["services"]

    assert set(words) == set(icons) == set(ACTIONS)
    assert set(words[service]["fields"]) == fields
    assert set(words[service].get("sections", ())) == set(
        icons[service].get("sections", ())
    )


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_every_language_says_the_same(path: Path) -> None:
    """The same keys, filled with the same placeholders."""
    said = dict(leaves(json.loads(path.read_text())))
    english = dict(leaves(ENGLISH))

    assert set(said) == set(english)
    assert {key: placeholders(message) for key, message in said.items()} == {
        key: placeholders(message) for key, message in english.items()
    }


@pytest.mark.parametrize("path", LANGUAGES, ids=lambda path: path.stem)
def test_the_words_are_as_home_assistant_wants_them(path: Path) -> None:
    """No HTML and no addresses, no blanks at the ends, placeholders that can be filled."""
    wrong = {
        where: message
        for where, message in leaves(json.loads(path.read_text()))
        if not message
        or message != message.strip()
        or re.search(r"<[a-zA-Z/]|https?://|'\{|\}'", message)
        or not all(field.isidentifier() for field in placeholders(message))
    }

    assert wrong == {}


@pytest.mark.parametrize("tree", [ENGLISH, ICONS], ids=["translations", "icons"])
def test_the_keys_are_as_home_assistant_wants_them(tree: Json) -> None:
    """Small letters and digits, with single dashes or underscores between."""
    assert [key for key in keys(tree) if not KEY.fullmatch(key)] == []


def forms(tree: Mapping[str, object]) -> Iterator[Mapping[str, object]]:
    """Yield every form that has fields."""
    for branch in tree.values():
        if isinstance(branch, Mapping):
            if "data" in branch:
                yield branch
            yield from forms(branch)


def test_every_field_of_a_form_is_described() -> None:
    """And nothing that is no field."""
    parts = {part: ENGLISH[part] for part in ("config", "config_subentries", "options")}

    described = [
        (set(form["data"]), set(form["data_description"]))  # type: ignore[call-overload]
        for form in forms(parts)
    ]

    assert described
    assert [data for data, description in described if data != description] == []


@pytest.mark.parametrize("issue", ENGLISH["issues"])
def test_an_issue_is_described_or_can_be_mended(issue: str) -> None:
    """Home Assistant shows the one or the other."""
    assert len({"description", "fix_flow"} & set(ENGLISH["issues"][issue])) == 1
    assert ENGLISH["issues"][issue]["title"]


@pytest.mark.parametrize(("where", "icon"), list(leaves(ICONS)))
def test_every_icon_is_one(where: str, icon: str) -> None:
    """Of the set that Home Assistant brings along."""
    assert ICON.fullmatch(icon)


@pytest.mark.parametrize(
    ("domain", "key"),
    [(domain, key) for domain, entities in ICONS["entity"].items() for key in entities],
)
def test_a_state_has_an_icon_only_where_it_differs(domain: str, key: str) -> None:
    """The same as usual need not be said, and a state that is none cannot be shown."""
    icons = ICONS["entity"][domain][key]
    states = icons.get("state", {})
    named = set(ENGLISH["entity"][domain][key].get("state", {"on", "off"}))

    assert icons["default"] not in states.values()
    assert set(states) <= named
