"""What Home Assistant's own validator looks at in words, icons, actions, triggers and conditions.

It comes with no package (hassfest runs where the project is hosted), so the same is looked
at here. The manifest and what stores want are in `test_papers`.
"""

from collections.abc import Callable, Iterator, Mapping
import json
from pathlib import Path
import re
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, service, trigger
from homeassistant.setup import async_setup_component
from homeassistant.util.yaml import load_yaml_dict
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import DOMAIN

from . import Json
from .wording import ENGLISH, ROOT, leaves, placeholders

FILES: Final = sorted((ROOT / "translations").glob("*.json"))
ICONS: Final[Json] = json.loads((ROOT / "icons.json").read_text())
# Loaded at import, as Home Assistant forbids it in its event loop.
KINDS: Final = ("services", "triggers", "conditions")
OFFERED: Final[dict[str, Json]] = {
    kind: load_yaml_dict(str(ROOT / f"{kind}.yaml")) for kind in KINDS
}
ALL: Final = [
    pytest.param(kind, name, id=f"{kind} {name}")
    for kind, described in OFFERED.items()
    for name in described
]
# The newest Home Assistant beside the tests' own; its frontend has all icons there are.
NEWEST: Final = ROOT.parents[1] / ".venv-ha"
HTML: Final = re.compile(r"<[a-zA-Z/]")
ADDRESS: Final = re.compile(r"\w+://|\bwww\.")
QUOTED: Final = re.compile(r"'\{|\}'")


def slug(value: str) -> str:
    """Take a key as Home Assistant wants it: small letters and digits, with single dashes or underscores between."""
    if not re.fullmatch(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", value):
        raise probatio.Invalid("Not a key")
    return value


def words(value: str) -> str:
    """Take a text that has no HTML, no address, no blanks at its ends, and gaps that can be filled."""
    if not isinstance(value, str) or not value or value != value.strip():
        raise probatio.Invalid("Nothing, or blanks around it")
    if HTML.search(value) or ADDRESS.search(value) or QUOTED.search(value):
        raise probatio.Invalid("HTML, an address, or quotes around a gap")
    if not all(field.isidentifier() for field in placeholders(value)):
        raise probatio.Invalid("A gap that cannot be filled")
    return value


def whole(value: str) -> str:
    """Take a text without gaps: nothing could fill them."""
    if placeholders(words(value)):
        raise probatio.Invalid("A gap that nothing fills")
    return value


def icon(value: str) -> str:
    """Take the name of an icon."""
    if not re.fullmatch(r"mdi:[a-z0-9]+(?:-[a-z0-9]+)*", value):
        raise probatio.Invalid("Not an icon")
    return value


def described(step: Json) -> Json:
    """Take a form of which no field is described that is none."""
    if not set(step.get("data_description", ())) <= set(step.get("data", ())):
        raise probatio.Invalid("A description of no field")
    return step


def parts(**fields: object) -> probatio.Schema:
    """Return the shape of a table of which each part may be left out."""
    return probatio.Schema({probatio.Optional(key): one for key, one in fields.items()})


def each(shape: Any) -> probatio.Schema:
    """Return the shape of a table with names of ours."""
    return probatio.Schema({slug: shape})


def one_of(table: Json) -> Json:
    """Take an issue that is described or can be mended, and not both."""
    if len({"description", "fix_flow"} & set(table)) != 1:
        raise probatio.Invalid("Both or neither of description and fix_flow")
    return table


FIELDS: Final = {"data": each(whole), "data_description": each(words)}
SECTION: Final = probatio.All(parts(name=words, description=words, **FIELDS), described)
STEP: Final = probatio.All(
    parts(
        title=words,
        description=words,
        submit=words,
        sections=each(SECTION),
        menu_options=each(words),
        menu_option_descriptions=each(words),
        **FIELDS,
    ),
    described,
)
FLOW: Final[dict[str, Any]] = {
    "step": each(STEP),
    "error": each(words),
    "abort": each(words),
    "progress": each(words),
    "create_entry": each(words),
}
SUBENTRY: Final = probatio.Schema(
    {
        probatio.Required("entry_type"): words,
        probatio.Required("initiate_flow"): {
            probatio.Required("user"): words,
            probatio.Optional("reconfigure"): words,
        },
        **{probatio.Optional(key): shape for key, shape in FLOW.items()},
    }
)
STATES: Final = each(whole)
ENTITY: Final = parts(
    name=words,
    state=STATES,
    state_attributes=each(parts(name=words, state=STATES)),
    unit_of_measurement=words,
)
CALLED: Final = probatio.Schema(
    {
        probatio.Required("name"): words,
        probatio.Required("description"): words,
        probatio.Optional("fields"): each(
            parts(name=words, description=words, example=words)
        ),
        probatio.Optional("sections"): each(parts(name=words, description=words)),
    }
)
WORDS: Final = parts(
    title=words,
    common=each(words),
    config=parts(flow_title=words, initiate_flow=each(words), **FLOW),
    config_subentries=each(SUBENTRY),
    options=parts(step=FLOW["step"], error=FLOW["error"], abort=FLOW["abort"]),
    device=each(parts(name=words)),
    entity=each(each(ENTITY)),
    exceptions=each({"message": words}),
    issues=each(
        probatio.All(
            parts(
                title=words,
                short_title=words,
                description=words,
                fix_flow=parts(
                    **{key: FLOW[key] for key in ("step", "error", "abort")}
                ),
            ),
            one_of,
        )
    ),
    selector=each(parts(options=STATES, choices=STATES, unit_of_measurement=STATES)),
    services=each(CALLED),
    triggers=each(CALLED),
    conditions=each(CALLED),
    system_health=parts(info=each(whole)),
)
ENTITY_ICON: Final = parts(
    default=icon,
    state=each(icon),
    state_attributes=each(parts(default=icon, state=each(icon))),
    range=probatio.Schema({str: icon}),
)
SECTIONS: Final = each(icon)
PICTURES: Final = parts(
    entity=each(each(ENTITY_ICON)),
    services=each(parts(service=icon, sections=SECTIONS)),
    triggers=each({"trigger": icon}),
    conditions=each({"condition": icon}),
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_words_have_the_shape_that_home_assistant_reads(path: Path) -> None:
    """What stands elsewhere is never shown."""
    WORDS(json.loads(path.read_text()))


def test_icons_have_the_shape_that_home_assistant_reads() -> None:
    """They are in one file for all languages."""
    PICTURES(ICONS)


@pytest.mark.parametrize(
    ("shape", "wrong"),
    [
        pytest.param(words, "", id="nothing"),
        pytest.param(words, "A blank ", id="blank"),
        pytest.param(words, "<b>Bold</b>", id="HTML"),
        pytest.param(words, "See https://example.com", id="address"),
        pytest.param(words, "The '{number}'", id="quotes"),
        pytest.param(words, "The {0}", id="gap without a name"),
        pytest.param(whole, "Of {number}", id="gap that nothing fills"),
        pytest.param(slug, "Two_Words", id="capitals"),
        pytest.param(slug, "two__words", id="two underscores"),
        pytest.param(icon, "phone", id="no icon"),
        pytest.param(
            STEP, {"data_description": {"pin": "Four digits"}}, id="described no field"
        ),
        pytest.param(WORDS, {"issues": {"low": {"title": "Low"}}}, id="bare issue"),
        pytest.param(WORDS, {"entity": {"sensor": {"x": {"names": "X"}}}}, id="typo"),
        pytest.param(
            WORDS, {"triggers": {"rung": {"name": "Rung"}}}, id="undescribed trigger"
        ),
    ],
)
def test_what_home_assistant_refuses_is_refused(
    shape: Callable[[Any], Any], wrong: object
) -> None:
    """Or nothing would be proved by the rest."""
    with pytest.raises(probatio.Invalid):
        shape(wrong)


def forms(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield every form that has fields."""
    for branch in tree.values():
        if isinstance(branch, Mapping):
            if "data" in branch:
                yield branch
            yield from forms(branch)


def test_every_field_of_a_form_is_described() -> None:
    """The quality scale wants it, beyond what the validator does."""
    parts = ("config", "config_subentries", "options", "issues")
    found = [*forms({part: ENGLISH[part] for part in parts})]

    assert found
    assert [
        form for form in found if set(form["data"]) != set(form["data_description"])
    ] == []


def test_every_icon_is_one() -> None:
    """Of the set that Home Assistant brings along."""
    (known,) = NEWEST.glob("lib/*/site-packages/hass_frontend/static/mdi/iconList.json")
    names = {f"mdi:{one['name']}" for one in json.loads(known.read_text())}

    assert {one for _, one in leaves(ICONS)} - names == set()


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


def fields(described: Json | None) -> Json:
    """Return the fields of an action, a trigger or a condition, also those in sections."""
    found: Json = {}
    for key, field in ((described or {}).get("fields") or {}).items():
        inner = field.get("fields", {key: field})
        assert not set(inner) & set(found), "A field stands in two places"
        found |= inner
    return found


def sections(described: Json | None) -> set[str]:
    """Return the sections of an action, a trigger or a condition."""
    every = ((described or {}).get("fields") or {}).items()
    return {key for key, field in every if "fields" in field}


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_what_the_editor_offers_has_words_and_an_icon(kind: str, name: str) -> None:
    """Each of its fields and sections too, and nothing that is not there."""
    said, shown = ENGLISH[kind][name], ICONS[kind][name]
    offered = OFFERED[kind][name]

    assert set(said.get("fields", ())) == set(fields(offered))
    assert set(said.get("sections", ())) == sections(offered)
    assert set(shown.get("sections", ())) == sections(offered)
    assert all({"name", "description"} <= set(one) for one in said["fields"].values())


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_has_words_that_the_editor_does_not_offer(kind: str) -> None:
    """Nobody would find it."""
    assert set(ENGLISH[kind]) == set(ICONS[kind]) == set(OFFERED[kind])


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_every_field_is_one_that_the_editor_can_draw(kind: str, name: str) -> None:
    """What it knows of a field, and the words of what can be chosen."""
    for field in fields(OFFERED[kind][name]).values():
        assert set(field) <= {
            *("advanced", "context", "default", "example", "filter", "required"),
            "selector",
        }
        (choice,) = field["selector"].items()
        assert set(choice[1] or {}) >= ({"options"} if choice[0] == "select" else set())
        key = (choice[1] or {}).get("translation_key")
        options = (choice[1] or {}).get("options", ())
        known = ENGLISH["selector"].get(key, {}).get("options", ())
        assert key is None or set(options) == set(known)


@pytest.mark.parametrize(
    ("kind", "read"),
    [
        pytest.param("services", service.async_get_all_descriptions, id="actions"),
        pytest.param("triggers", trigger.async_get_all_descriptions, id="triggers"),
        pytest.param(
            "conditions", condition.async_get_all_descriptions, id="conditions"
        ),
    ],
)
async def test_home_assistant_reads_all_of_them(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    kind: str,
    read: Callable[[HomeAssistant], Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As its editor does: one that it cannot understand is missing there."""
    assert await async_setup_component(hass, "automation", {})
    found = await read(hass)
    ours = {
        **{f"{DOMAIN}.{name}": one for name, one in found.get(DOMAIN, {}).items()},
        **{name: one for name, one in found.items() if name.startswith(f"{DOMAIN}.")},
    }

    assert {name.partition(".")[2] for name in ours} == set(OFFERED[kind])
    assert all(
        set(one["fields"]) == set((OFFERED[kind][name.partition(".")[2]])["fields"])
        for name, one in ours.items()
    )
    assert "Unable to parse" not in caplog.text
