"""What the automation editor takes, and what it refuses with words that help."""

from typing import Any, Final

from homeassistant.components.automation import DOMAIN as AUTOMATION_DOMAIN
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from . import ANNA, NUMBER, Json, SimulatorControl, text_home
from .automations import asked, automate, device_id, on

# The devices of the tests, by the names that stand for them.
LAMP: Final = "a lamp"
GONE: Final = "nothing"


@pytest.fixture
def known(hass: HomeAssistant, integration: MockConfigEntry) -> dict[str, str]:
    """Return the ids of devices by their names: of ours, of another integration, and none."""
    lamps = MockConfigEntry(domain="lamps")
    lamps.add_to_hass(hass)
    lamp = dr.async_get(hass).async_get_or_create(
        config_entry_id=lamps.entry_id, identifiers={("lamps", "1")}, name="Lamp"
    )
    return {
        LAMP: lamp.id,
        GONE: "0" * 32,
        **{
            name: device_id(hass, integration, name)
            for name in ("Anna", NUMBER, "46elks")
        },
    }


def placed(config: Json, known: dict[str, str]) -> Json:
    """Return a trigger or a condition with the ids of devices instead of their names."""

    def place(value: Any) -> Any:
        return known.get(value, value) if isinstance(value, str) else value

    options = {
        field: [place(one) for one in value]
        if isinstance(value, list)
        else place(value)
        for field, value in config["options"].items()
    }
    return {**config, "options": options}


async def validated(
    hass: HomeAssistant,
    hass_ws_client: WebSocketGenerator,
    **parts: object,
) -> Json:
    """Return what the editor is told about a part of an automation."""
    assert await async_setup_component(hass, AUTOMATION_DOMAIN, {})
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "validate_config", **parts})
    result: Json = (await client.receive_json())["result"]
    return result


@pytest.mark.parametrize(
    ("trigger", "error"),
    [
        pytest.param(
            on("message_received", contact=["Anna", LAMP]),
            "Field contact: Lamp is no contact of 46elks. Choose a person whom you have"
            " added there",
            id="of another integration",
        ),
        pytest.param(
            on("call_received", contact=[NUMBER]),
            f"Field contact: {NUMBER} is no contact of 46elks. Choose a person whom you"
            " have added there",
            id="a number",
        ),
        pytest.param(
            on("call_ended", number=["Anna"]),
            "Field number: Anna is no number of 46elks. Choose one that you have added"
            " there",
            id="a contact",
        ),
        pytest.param(
            on("recording_ready", number=["46elks"]),
            "Field number: 46elks is no number of 46elks. Choose one that you have added"
            " there",
            id="the account",
        ),
        pytest.param(
            on("message_failed", contact=[GONE]),
            "Field contact: this device does not exist (any more). Choose it anew",
            id="gone",
        ),
        pytest.param(
            on("message_received", contact=[]),
            "Field contact: choose at least one, or leave the field out; then any will do",
            id="nobody",
        ),
        pytest.param(
            on("balance_low", config_entry_id="none"),
            "Field config_entry_id: there is no such account of 46elks (any more)."
            " Choose it anew",
            id="no account",
        ),
        pytest.param(
            on("message_received", contains=True),
            "Field contains: put it in quotes, or YAML reads it as something else",
            id="on",
        ),
        pytest.param(
            on("message_received", contains=" "),
            "Field contains: there is nothing written in it",
            id="blank",
        ),
        pytest.param(
            on("call_digits", digits=["1", 2]),
            "Field digits: put it in quotes, or YAML reads it as something else",
            id="a count",
        ),
        pytest.param(
            on("call_digits", digits=["one"]),
            "Field digits: the keys of a phone are 0 to 9, * and #",
            id="no key",
        ),
        pytest.param(
            on("message_received", matches="heat (.*"),
            "Field matches: this is no regular expression: missing ) at position 8. The"
            " field contains takes plain words",
            id="no pattern",
        ),
        pytest.param(
            on("message_received", matches="(" * 5000 + ")" * 5000),
            "Field matches: this is no regular expression: maximum recursion depth"
            " exceeded. The field contains takes plain words",
            id="too deep a pattern",
        ),
        pytest.param(
            on("message_received", word="on"),
            "options.word",
            id="an unknown field",
        ),
        pytest.param(
            on("message_received", right="arm"),
            "one of 'assist', 'control', 'open' at 'options.right'",
            id="an unknown right",
        ),
        pytest.param(
            {**on("call_received"), "target": {"entity_id": "light.lamp"}},
            "'target'",
            id="a target",
        ),
    ],
)
async def test_a_trigger_is_refused(
    hass: HomeAssistant,
    known: dict[str, str],
    hass_ws_client: WebSocketGenerator,
    trigger: Json,
    error: str,
) -> None:
    """When it is saved, with the field and the way out."""
    answer = await validated(hass, hass_ws_client, triggers=[placed(trigger, known)])

    assert answer["triggers"]["valid"] is False
    assert error in answer["triggers"]["error"]


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        pytest.param(
            asked("contact_may", right="open", contact=NUMBER),
            f"Field contact: {NUMBER} is no contact of 46elks. Choose a person whom you"
            " have added there",
            id="a number",
        ),
        pytest.param(
            asked("contact_may"),
            "required key not provided at 'options.right'",
            id="no right",
        ),
        pytest.param(
            asked("in_call", number=LAMP),
            "Field number: Lamp is no number of 46elks. Choose one that you have added"
            " there",
            id="a lamp",
        ),
        pytest.param(
            asked("balance_above", above=-1),
            "value must be at least 0 at 'options.above'",
            id="less than nothing",
        ),
    ],
)
async def test_a_condition_is_refused(
    hass: HomeAssistant,
    known: dict[str, str],
    hass_ws_client: WebSocketGenerator,
    condition: Json,
    error: str,
) -> None:
    """When it is saved, with the field and the way out."""
    answer = await validated(
        hass, hass_ws_client, conditions=[placed(condition, known)]
    )

    assert answer["conditions"]["valid"] is False
    assert error in answer["conditions"]["error"]


async def test_what_is_ours_is_taken(
    hass: HomeAssistant, known: dict[str, str], hass_ws_client: WebSocketGenerator
) -> None:
    """One device or several, and no options at all."""
    triggers = [
        placed(one, known)
        for one in (
            on("message_received", contact="Anna", number=[NUMBER]),
            on("message_received", contains="on", matches=".*", right="control"),
            on("call_digits", digits=["1", "*#"]),
        )
    ]
    conditions = [
        placed(asked("contact_may", right="open", contact="Anna"), known),
        {"condition": "elks46.in_call"},
    ]
    answer = await validated(
        hass,
        hass_ws_client,
        triggers=[*triggers, {"trigger": "elks46.call_ended"}],
        conditions=conditions,
    )

    assert answer == {
        "triggers": {"valid": True, "error": None},
        "conditions": {"valid": True, "error": None},
    }


async def test_those_of_two_accounts_never_meet(
    hass: HomeAssistant, known: dict[str, str], hass_ws_client: WebSocketGenerator
) -> None:
    """A number of one, and a contact of the other."""
    (entry,) = hass.config_entries.async_entries("elks46")
    other = MockConfigEntry(
        domain="elks46",
        title="Other",
        unique_id="other",
        subentries_data=[subentry.as_dict() for subentry in entry.subentries.values()],
    )
    other.add_to_hass(hass)
    theirs = dr.async_get(hass).async_get_or_create(
        config_entry_id=other.entry_id,
        config_subentry_id="anna",
        identifiers={("elks46", "other")},
        name="Their Anna",
    )
    options = {"contact": theirs.id, "number": known[NUMBER]}

    answer = await validated(
        hass, hass_ws_client, triggers=[on("call_ended", **options)]
    )

    assert answer["triggers"]["error"] == (
        "Fields contact and number: they are of different accounts of 46elks, and never"
        " meet. Choose both of one account"
    )


async def test_nobody_stops_the_house_with_a_text(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A pattern for which a short text would take years does not match it, and says so once."""
    diary = await automate(
        hass,
        on("message_received", "years", matches="(a|aa)+"),
        on("message_received", "all"),
    )

    for text in ("a" * 60 + "b", "a" * 60 + "b", "aaa"):
        await text_home(hass, simulator, ANNA, text)

    assert diary.ids == ["all", "all", "years", "all"]
    assert caplog.text.count("takes too long for a text") == 1


@pytest.mark.parametrize("kind", ["trigger", "condition"])
async def test_the_editor_knows_them(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    hass_ws_client: WebSocketGenerator,
    kind: str,
) -> None:
    """All of them, with their fields, and devices of ours only."""
    assert await async_setup_component(hass, AUTOMATION_DOMAIN, {})
    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": f"{kind}_platforms/subscribe"})
    assert (await client.receive_json())["success"]
    event = (await client.receive_json())["event"]
    ours = {
        key.removeprefix("elks46."): description["fields"]
        for key, description in event.items()
        if key.startswith("elks46.")
    }

    assert {name: sorted(fields) for name, fields in ours.items()} == {
        "trigger": {
            "balance_low": ["below", "config_entry_id"],
            "call_digits": ["contact", "digits", "number", "right"],
            "call_ended": ["contact", "direction", "number", "outcome"],
            "call_received": ["contact", "number", "right"],
            "message_failed": ["contact", "number"],
            "message_received": [
                "contact",
                "contains",
                "matches",
                "number",
                "right",
                "with_image",
            ],
            "recording_ready": ["contact", "number", "voicemail"],
        },
        "condition": {
            "balance_above": ["above", "config_entry_id"],
            "contact_may": ["contact", "right"],
            "in_call": ["contact", "number"],
        },
    }[kind]
    filters = {
        name: {
            (*only["domain"], only["integration"])
            for fields in ours.values()
            if name in fields
            for only in fields[name]["selector"]["device"]["entity"]
        }
        for name in ("contact", "number")
    }
    assert filters == {
        "contact": {("notify", "elks46")},
        "number": {("image", "elks46")},
    }
