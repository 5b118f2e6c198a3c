"""Every word people read: it is there, it is used, and every language has it.

What shows only while the house runs, such as the fields of a form, is looked up by
`wording` in all tests. What Home Assistant takes at all, `test_hassfest` tells.
"""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
import json
from pathlib import Path
import re
from typing import Any

from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.generated.languages import LANGUAGES as KNOWN_LANGUAGES
from homeassistant.helpers import entity_registry as er
from homeassistant.util.yaml import load_yaml_dict
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.api import MessageStatus
from custom_components.elks46.reach import Trouble
from custom_components.elks46.records import CallOutcome, Limit
from custom_components.elks46.services import ACTIONS
from custom_components.elks46.subentries import MISSING

from . import Json
from .wording import ENGLISH, ROOT, leaves, placeholders

ICONS: Json = json.loads((ROOT / "icons.json").read_text())
FILES = sorted((ROOT / "translations").glob("*.json"))
OTHERS = [path for path in FILES if path.stem != "en"]
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


def nodes(*modules: str) -> Iterator[ast.AST]:
    """Yield what modules are made of, all of them unless some are named."""
    for path in sorted(ROOT.rglob("*.py")):
        if not modules or path.stem in modules:
            yield from ast.walk(ast.parse(path.read_text()))


@cache
def constants() -> dict[str, str]:
    """Return the strings that modules give names."""
    return {
        node.target.id: node.value.value
        for node in nodes()
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    }


def text(node: ast.AST | None) -> str:
    """Return a string that stands in the code, or has a name there; empty for anything else."""
    if isinstance(node, ast.Name):
        return constants().get(node.id, "")
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
            if name(node) == "async_tell" and node.args:
                for part in ast.walk(node.args[0]):
                    if key := text(part):
                        yield key, frozenset()
            if name(node) == "async_tell_of_numbers":
                yield text(node.args[2]), frozenset({"number", "account", "reason"})
            if name(node) == "SelectSelectorConfig":
                continue
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


TOLD = dict(told())


def keys(tree: object) -> Iterator[str]:
    """Yield every key."""
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield key
            yield from keys(branch)


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
    # What a repair ends with may be an error, which is filled by what it knows itself.
    ends = tree.get("fix_flow", {}).get("abort", {})
    own = [end for reason, end in ends.items() if reason not in ENGLISH["exceptions"]]
    shown = {part: tree[part] for part in ("title", "message") if part in tree}
    steps = tree.get("fix_flow", {}).get("step", {})

    assert placeholders(shown, *own, steps) <= TOLD[key]


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


async def test_every_state_has_words(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    entity_registry: er.EntityRegistry,
) -> None:
    """Of what an entity can be, and of what can happen to it; in the same order, so that a picker reads well."""
    told: dict[str, list[str]] = {}
    said: dict[str, list[str]] = {}
    for entity in er.async_entries_for_config_entry(
        entity_registry, integration.entry_id
    ):
        attributes = entity.capabilities or {}
        words = ENGLISH["entity"][entity.domain][str(entity.translation_key)]
        attribute = words.get("state_attributes", {}).get("event_type", {})
        happens = attribute.get("state", {})
        told[f"{entity.entity_id} state"] = attributes.get("options", [])
        said[f"{entity.entity_id} state"] = list(words.get("state", ()))
        # A contact has more that can happen than a number, under the same key.
        events = attributes.get("event_types", [])
        told[f"{entity.entity_id} event"] = events
        said[f"{entity.entity_id} event"] = [one for one in happens if one in events]

    assert {key: sorted(names) for key, names in told.items()} == {
        key: sorted(names) for key, names in said.items()
    }


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


# What gives the tree its shape, and is no name of ours.
SHAPE = {
    *("abort", "common", "conditions", "config", "config_subentries", "create_entry"),
    *("data", "data_description", "description", "entity", "entry_type", "error"),
    *("event_type", "exceptions", "fields", "fix_flow", "info", "initiate_flow"),
    *("issues", "menu_option_descriptions", "menu_options", "message", "name"),
    *("options", "reconfigure", "sections", "selector", "services", "state"),
    *("state_attributes", "step", "system_health", "title", "triggers", "user"),
    "unit_of_measurement",
}


# What Home Assistant names, and what is put together of names.
NAMED_ELSEWHERE = {
    *map(str, Platform),
    *("already_configured", "password"),
    *("preferred", "aggressive", "relaxed"),
    *("sms_voice", "sms_mms_voice"),
}


def in_code() -> Iterator[re.Pattern[str]]:
    """Yield what every string in the code can be; of those that are put together, the end may be anything."""
    for node in nodes():
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.compile(re.escape(node.value))
        if isinstance(node, ast.JoinedStr) and len(start := text(node.values[0])) > 3:
            yield re.compile(f"{re.escape(start)}[a-z_]+")


def in_papers(tree: object) -> Iterator[str]:
    """Yield every name that actions, triggers and conditions have in the editor."""
    if isinstance(tree, Mapping):
        for key, branch in tree.items():
            yield str(key)
            yield from in_papers(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from in_papers(branch)
    else:
        yield str(tree)


PAPERS = {
    name
    for path in sorted(ROOT.glob("*.yaml"))
    for name in in_papers(load_yaml_dict(str(path)))
}


def test_nothing_is_left_over() -> None:
    """Words that nothing shows would be translated in vain."""
    wanted = set(keys(ENGLISH)) - SHAPE - NAMED_ELSEWHERE - PAPERS
    used = {key for one in set(in_code()) for key in wanted if one.fullmatch(key)}

    assert sorted(wanted - used) == []


def phrases() -> Iterator[str]:
    """Yield the phrases that the code asks for."""
    yield from (f"log_message_{status}" for status in MessageStatus)
    yield from (f"log_call_{outcome}" for outcome in CallOutcome)
    yield from (f"log_{limit}" for limit in Limit)
    for node in nodes():
        if isinstance(node, ast.Call) and name(node) == "phrase":
            yield text(node.args[1])
    for node in nodes("logbook"):
        if isinstance(node, ast.Constant) and text(node).startswith("log_"):
            yield text(node)


def test_every_phrase_is_there() -> None:
    """And no other."""
    assert set(phrases()) - {"", "log_", "log_message_", "log_call_"} == set(
        ENGLISH["common"]
    )


# Names, and what is called the same everywhere.
NAMES = {"46elks", "Flash", "Home Assistant Cloud", "MMS", "PIN", "SMS"}
# Words that a language really has as English has them.
SAME = {
    "da": {"Id", "Menu", "Pause"},
    "de": {"Details", "Name", "Pause"},
    "fi": {"Media"},
    "fr": {
        "Assistant",
        "Contact",
        "Contacts",
        "Instruction",
        "Menu",
        "Message",
        "Messages",
        "Mobile",
        "Pause",
        "messages",
    },
    "nb": {"Id", "Pause"},
    "nl": {"Account", "Accounts", "Contact", "Details", "Media", "Menu"},
    "pl": {"Menu"},
    "sv": {"Id", "Media"},
}
# What a text is made of beside words, as often in every language.
MARKS = ("\n", "**", "](", "`")


def read(path: Path) -> dict[str, str]:
    """Return every text of a language and where it stands."""
    return dict(leaves(json.loads(path.read_text())))


SAID = read(ROOT / "translations" / "en.json")


def test_what_may_be_the_same_is_a_word_of_ours() -> None:
    """A list that is not needed any more would hide what was forgotten."""
    assert set().union(NAMES, *SAME.values()) <= {*SAID.values()} | {"46elks"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_language_is_one_that_home_assistant_has(path: Path) -> None:
    """Nobody could choose another."""
    assert path.stem in KNOWN_LANGUAGES


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_every_language_says_the_same(path: Path) -> None:
    """The same keys, filled with the same placeholders, with the same marks in them."""
    said = read(path)

    assert sorted(set(SAID) ^ set(said)) == []
    assert {
        where: message
        for where, message in said.items()
        if placeholders(message) != placeholders(SAID[where])
        or [*map(message.count, MARKS)] != [*map(SAID[where].count, MARKS)]
    } == {}


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_no_word_was_forgotten(path: Path) -> None:
    """What is as in English is a name, or a word that the language has too."""
    own = NAMES | SAME.get(path.stem, set())

    assert {
        where: message
        for where, message in read(path).items()
        if message == SAID.get(where)
        and message not in own
        and re.search("[A-Za-z]", re.sub(r"\{\w+\}", "", message))
    } == {}
