"""What a person is asked, and what comes of it."""

from collections.abc import Generator
import json
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntry,
    ConfigSubentry,
    FlowType,
)
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_USERNAME, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.api import DEFAULT_API_URL
from custom_components.elks46.const import (
    CONF_ALLOWED_COUNTRIES,
    CONF_API_URL,
    CONF_DEFAULT_CALLER,
    CONF_DEFAULT_SENDER,
    CONF_KEEP_TEXT,
    CONF_LLM_TOOLS,
    CONF_LOW_BALANCE,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_PHONE,
    CONF_PUBLIC_URL,
    CONF_REACH,
    CONF_SENDER,
    DOMAIN,
    SECTION_ADVANCED,
    SUBENTRY_CONTACT,
    SUBENTRY_NUMBER,
    Reach,
)

from . import (
    ANNA,
    BJORN,
    NUMBER,
    OTHER_NUMBER,
    STRANGER,
    SimulatorControl,
    answering,
    failing,
)

pytestmark = pytest.mark.usefixtures("setup_entry")

# What 46elks may do instead of answering, and what the person reads.
TROUBLES = [
    pytest.param(
        {"kind": "status", "status": 401}, "invalid_auth", id="wrong password"
    ),
    pytest.param(
        {"kind": "status", "status": 429}, "cannot_connect", id="too much at once"
    ),
    pytest.param(
        {"kind": "status", "status": 503}, "cannot_connect", id="broken at 46elks"
    ),
    pytest.param({"kind": "drop_before"}, "cannot_connect", id="no answer"),
    pytest.param({"kind": "status", "status": 403}, "unknown", id="refused"),
    pytest.param({"kind": "status", "status": 404}, "unknown", id="not 46elks"),
    pytest.param(
        {"kind": "status", "status": 200, "body": "<html>"}, "unknown", id="a page"
    ),
]


@pytest.fixture
def setup_entry() -> Generator[AsyncMock]:
    """Take the place of everything that setting an account up would start."""
    with (
        patch("custom_components.elks46.async_setup_entry", return_value=True) as setup,
        patch("custom_components.elks46.async_unload_entry", return_value=True),
    ):
        yield setup


@pytest.fixture
async def added(hass: HomeAssistant, entry: MockConfigEntry) -> MockConfigEntry:
    """Return an account that is connected, in a home in Sweden."""
    hass.config.country = "SE"
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    return entry


def account_input(simulator: SimulatorControl, **changes: str) -> dict[str, Any]:
    """Return what a person types to connect the simulator's account."""
    typed = {
        CONF_USERNAME: simulator.username,
        CONF_PASSWORD: simulator.password,
        CONF_API_URL: simulator.api_url,
    } | changes
    return typed | {SECTION_ADVANCED: {CONF_API_URL: typed.pop(CONF_API_URL)}}


def suggested(form: Any) -> dict[str, Any]:
    """Return what the fields of a form, or of a section of one, already hold."""
    return {
        str(field): field.description["suggested_value"]
        for field in form["data_schema"].schema
        if field.description
    }


def advanced(form: Any) -> dict[str, Any]:
    """Return what the advanced fields of a form already hold."""
    section = form["data_schema"].schema[SECTION_ADVANCED]
    return suggested({"data_schema": section.schema})


def labels(form: Any, field: str) -> list[str]:
    """Return what a list of choices shows."""
    options = form["data_schema"].schema[field].config["options"]
    return [option["label"] for option in options]


def only(entry: ConfigEntry, subentry_type: str) -> dict[str, Any]:
    """Return the one thing of a kind that an account has, without the id it got here."""
    (subentry,) = entry.get_subentries_of_type(subentry_type)
    return as_stored(subentry)


def as_stored(subentry: ConfigSubentry) -> dict[str, Any]:
    """Return what is stored of a contact or a number, without the id it got here."""
    stored = dict(subentry.as_dict())
    del stored["subentry_id"]
    return stored


async def ask_for_account(hass: HomeAssistant) -> str:
    """Begin to connect an account, and return the flow."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert result["errors"] == {}
    return result["flow_id"]


async def ask_for_subentry(
    hass: HomeAssistant, entry: ConfigEntry, subentry_type: str
) -> Any:
    """Begin to add something to an account."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, subentry_type), context={"source": SOURCE_USER}
    )


async def change_subentry(
    hass: HomeAssistant, entry: ConfigEntry, subentry_type: str, subentry_id: str
) -> Any:
    """Begin to change something of an account."""
    return await hass.config_entries.subentries.async_init(
        (entry.entry_id, subentry_type),
        context={"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id},
    )


async def ask_for_number(hass: HomeAssistant, entry: ConfigEntry) -> Any:
    """Begin to add a number that was rented before."""
    asked = await ask_for_subentry(hass, entry, SUBENTRY_NUMBER)
    return await answer_subentry(hass, asked, {"next_step_id": "answer"})


async def replace_number(hass: HomeAssistant, entry: ConfigEntry) -> Any:
    """Begin to put another number in the place of one."""
    asked = await change_subentry(hass, entry, SUBENTRY_NUMBER, "number")
    return await answer_subentry(hass, asked, {"next_step_id": "replace"})


async def answer_subentry(hass: HomeAssistant, asked: Any, typed: Any) -> Any:
    """Fill in a form about something of an account."""
    return await hass.config_entries.subentries.async_configure(asked["flow_id"], typed)


async def test_an_account_its_number_and_then_the_first_contact(
    hass: HomeAssistant, simulator: SimulatorControl, setup_entry: AsyncMock
) -> None:
    """A person connects an account, chooses a number and is asked for a contact."""
    number = await simulator.put_number(NUMBER, name="Home")
    flow_id = await ask_for_account(hass)
    result = await hass.config_entries.flow.async_configure(
        flow_id, account_input(simulator)
    )
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "numbers"
    assert suggested(result) == {"numbers": [number["id"]]}

    result = await hass.config_entries.flow.async_configure(
        flow_id, {"numbers": [number["id"]]}
    )
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["title"] == "46elks"
    created = result["result"]
    assert created.unique_id == simulator.username
    data = dict(created.data)
    assert len(data.pop(CONF_WEBHOOK_ID)) == 64
    assert data == {
        CONF_USERNAME: simulator.username,
        CONF_PASSWORD: simulator.password,
        CONF_API_URL: simulator.api_url,
    }
    assert only(created, SUBENTRY_NUMBER) == {
        "data": {CONF_NUMBER_ID: number["id"], CONF_NUMBER: NUMBER},
        "subentry_type": SUBENTRY_NUMBER,
        "title": "Home",
        "unique_id": number["id"],
    }
    assert not created.get_subentries_of_type(SUBENTRY_CONTACT)
    assert len(setup_entry.mock_calls) == 1
    kind, contact_flow_id = result["next_flow"]
    assert kind is FlowType.CONFIG_SUBENTRIES_FLOW
    contact_flow = hass.config_entries.subentries.async_get(contact_flow_id)
    assert contact_flow["step_id"] == "user"
    assert contact_flow["handler"] == (created.entry_id, SUBENTRY_CONTACT)


async def test_what_is_typed_is_trimmed(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """Blanks that came along from a web page, and a slash at the end, are dropped."""
    await simulator.put_number(NUMBER, active=False)
    result = await hass.config_entries.flow.async_configure(
        await ask_for_account(hass),
        account_input(
            simulator,
            username=f" {simulator.username}\n",
            password=f"\t{simulator.password} ",
            api_url=f" {simulator.api_url}/ ",
        ),
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    data = dict(result["data"])
    del data[CONF_WEBHOOK_ID]
    assert data == {
        CONF_USERNAME: simulator.username,
        CONF_PASSWORD: simulator.password,
        CONF_API_URL: simulator.api_url,
    }


async def test_an_account_without_numbers_is_not_asked_about_them(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """Numbers that were given back and those of apps are no numbers to choose."""
    await simulator.put_number(NUMBER, active=False)
    await simulator.put_number("+4600170001", capabilities=["websocket"])
    result = await hass.config_entries.flow.async_configure(
        await ask_for_account(hass), account_input(simulator)
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert not result["result"].subentries


async def test_no_number_needs_to_be_chosen(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """A person may leave all numbers as they are."""
    flow_id = await ask_for_account(hass)
    await hass.config_entries.flow.async_configure(flow_id, account_input(simulator))
    result = await hass.config_entries.flow.async_configure(flow_id, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert not result["result"].subentries


async def test_an_account_without_a_name_is_called_46elks(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """46elks leaves out the name of an account that has none."""
    await simulator.put_number(NUMBER, active=False)
    await simulator.fail(answering("me", 200, json.dumps({"id": "u1", "balance": 0})))
    result = await hass.config_entries.flow.async_configure(
        await ask_for_account(hass), account_input(simulator)
    )
    assert result["title"] == "46elks"


@pytest.mark.parametrize(
    ("fields", "label", "chosen"),
    [
        pytest.param(
            {},
            f"{NUMBER} · MMS, SMS, calls · answered by: nothing",
            True,
            id="nothing",
        ),
        pytest.param(
            {"name": "Shop", "sms_url": "https://shop.example.com/sms?key=1"},
            f"Shop · {NUMBER} · MMS, SMS, calls · answered by: shop.example.com",
            False,
            id="an address",
        ),
        pytest.param(
            {"capabilities": ["sms"], "sms_url": '{"forward": "+46701740607"}'},
            f"{NUMBER} · SMS · answered by: a fixed answer",
            False,
            id="a fixed answer",
        ),
        pytest.param(
            {"capabilities": ["voice"]},
            f"{NUMBER} · calls · answered by: nothing",
            False,
            id="no texts",
        ),
        pytest.param(
            {"capabilities": [], "sms_url": "http://["},
            f"{NUMBER} · answered by: a fixed answer",
            False,
            id="nothing that is known",
        ),
    ],
)
async def test_a_number_shows_what_it_can_do_and_what_answers_it(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    fields: dict[str, Any],
    label: str,
    chosen: bool,
) -> None:
    """Only a number that can do texts and that nothing answers is chosen beforehand."""
    number = await simulator.put_number(NUMBER, **fields)
    result = await hass.config_entries.flow.async_configure(
        await ask_for_account(hass), account_input(simulator)
    )
    assert labels(result, "numbers") == [label]
    assert suggested(result) == {"numbers": [number["id"]] * chosen}


@pytest.mark.parametrize("path", ["me", "numbers"])
@pytest.mark.parametrize(("trouble", "error"), TROUBLES)
async def test_a_person_can_try_again_when_46elks_does_not_answer(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    caplog: pytest.LogCaptureFixture,
    path: str,
    trouble: dict[str, Any],
    error: str,
) -> None:
    """The form says what is wrong and keeps what was typed, but for the password."""
    await simulator.fail(failing(path, **trouble))
    flow_id = await ask_for_account(hass)
    result = await hass.config_entries.flow.async_configure(
        flow_id, account_input(simulator)
    )
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert result["errors"] == {"base": error}
    assert suggested(result) == {CONF_USERNAME: simulator.username}
    assert advanced(result) == {CONF_API_URL: simulator.api_url}
    assert ("is not understood" in caplog.text) == (error == "unknown")
    assert simulator.password not in caplog.text

    await simulator.fail()
    await hass.config_entries.flow.async_configure(flow_id, account_input(simulator))
    result = await hass.config_entries.flow.async_configure(flow_id, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_person_who_waits_does_not_wait_for_46elks_to_recover(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """46elks is asked once, because the person can try again."""
    await simulator.fail(answering("me", 503))
    result = await hass.config_entries.flow.async_configure(
        await ask_for_account(hass), account_input(simulator)
    )
    assert result["errors"] == {"base": "cannot_connect"}
    assert len(await simulator.log()) == 1


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("", id="nothing"),
        pytest.param("api.46elks.com/a1", id="no scheme"),
        pytest.param("ftp://api.46elks.com/a1", id="another scheme"),
        pytest.param("https://", id="no host"),
        pytest.param("https://[", id="half an IPv6 address"),
        pytest.param("https://api.46elks.com:port/a1", id="a port of letters"),
        pytest.param("https://api 46elks.com/a1", id="a blank"),
        pytest.param("https://user@api.46elks.com/a1", id="a username"),
        pytest.param("https://:secret@api.46elks.com/a1", id="a password"),
        pytest.param("https://api.46elks.com/a1?a=1", id="a query"),
        pytest.param("https://api.46elks.com/a1#a", id="a fragment"),
    ],
)
async def test_an_api_address_must_be_one(
    hass: HomeAssistant, simulator: SimulatorControl, address: str
) -> None:
    """Nothing is asked at an address that is none, and the person can mend it."""
    flow_id = await ask_for_account(hass)
    result = await hass.config_entries.flow.async_configure(
        flow_id, account_input(simulator, api_url=address)
    )
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {SECTION_ADVANCED: "invalid_url"}
    assert await simulator.log() == []

    await hass.config_entries.flow.async_configure(flow_id, account_input(simulator))
    result = await hass.config_entries.flow.async_configure(flow_id, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_an_account_is_connected_only_once(
    hass: HomeAssistant, simulator: SimulatorControl, added: MockConfigEntry
) -> None:
    """The account's id tells that it is there already, and nothing of it changes."""
    before = added.as_dict()
    result = await hass.config_entries.flow.async_configure(
        await ask_for_account(hass), account_input(simulator)
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert added.as_dict() == before


async def test_a_form_left_open_elsewhere_keeps_nobody_out(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """The same account can be connected from another browser."""
    await hass.config_entries.flow.async_configure(
        await ask_for_account(hass), account_input(simulator)
    )
    flow_id = await ask_for_account(hass)
    await hass.config_entries.flow.async_configure(flow_id, account_input(simulator))
    result = await hass.config_entries.flow.async_configure(flow_id, {})
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(("trouble", "error"), TROUBLES)
async def test_a_refused_password_is_replaced(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    added: MockConfigEntry,
    setup_entry: AsyncMock,
    trouble: dict[str, Any],
    error: str,
) -> None:
    """A new password that 46elks takes is stored, and the account set up anew."""
    hass.config_entries.async_update_entry(
        added, data={**added.data, CONF_PASSWORD: "old"}
    )
    setup_entry.reset_mock()
    result = await added.start_reauth_flow(hass)
    assert result["step_id"] == "reauth_confirm"
    placeholders: Any = result["description_placeholders"]
    assert placeholders[CONF_USERNAME] == simulator.username
    typed = {CONF_PASSWORD: f" {simulator.password} "}

    await simulator.fail(failing("me", **trouble))
    result = await hass.config_entries.flow.async_configure(result["flow_id"], typed)
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {"base": error}
    assert suggested(result) == {}
    assert added.data[CONF_PASSWORD] == "old"

    await simulator.fail()
    result = await hass.config_entries.flow.async_configure(result["flow_id"], typed)
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reauth_successful"
    assert added.data[CONF_PASSWORD] == simulator.password
    assert len(setup_entry.mock_calls) == 1


async def test_the_same_password_sets_the_account_up_anew(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    added: MockConfigEntry,
    setup_entry: AsyncMock,
) -> None:
    """46elks may have refused it for a while only."""
    setup_entry.reset_mock()
    asked = await added.start_reauth_flow(hass)
    result = await hass.config_entries.flow.async_configure(
        asked["flow_id"], {CONF_PASSWORD: simulator.password}
    )
    await hass.async_block_till_done()
    assert result["reason"] == "reauth_successful"
    assert len(setup_entry.mock_calls) == 1


async def test_an_account_that_listens_for_changes_is_set_up_anew_once(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    setup_entry: AsyncMock,
) -> None:
    """What listens for changes reloads the account, and the form leaves that to it."""

    async def reload(hass: HomeAssistant, entry: ConfigEntry) -> None:
        await hass.config_entries.async_reload(entry.entry_id)

    async def listen(hass: HomeAssistant, entry: ConfigEntry) -> bool:
        entry.async_on_unload(entry.add_update_listener(reload))
        return True

    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_PASSWORD: "old"}
    )
    setup_entry.side_effect = listen
    await hass.config_entries.async_setup(entry.entry_id)
    setup_entry.reset_mock()
    asked = await entry.start_reauth_flow(hass)
    await hass.config_entries.flow.async_configure(
        asked["flow_id"], {CONF_PASSWORD: simulator.password}
    )
    await hass.async_block_till_done()
    assert entry.data[CONF_PASSWORD] == simulator.password
    assert len(setup_entry.mock_calls) == 1


async def test_a_refused_password_is_not_replaced_by_that_of_another_account(
    hass: HomeAssistant, simulator: SimulatorControl, added: MockConfigEntry
) -> None:
    """An account stays the account it is."""
    before = added.as_dict()
    asked = await added.start_reauth_flow(hass)
    await simulator.fail(answering("me", 200, json.dumps({"id": "u1", "balance": 0})))
    result = await hass.config_entries.flow.async_configure(
        asked["flow_id"], {CONF_PASSWORD: "another"}
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_account"
    assert added.as_dict() == before


async def test_an_account_is_connected_in_another_way(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    added: MockConfigEntry,
    setup_entry: AsyncMock,
) -> None:
    """The form holds what is known but for the password, and errors can be mended."""
    hass.config_entries.async_update_entry(
        added,
        data={
            **added.data,
            CONF_PASSWORD: "old",
            CONF_API_URL: DEFAULT_API_URL,
        },
    )
    await added.start_reauth_flow(hass)
    setup_entry.reset_mock()
    result = await added.start_reconfigure_flow(hass)
    assert result["step_id"] == "reconfigure"
    assert suggested(result) == {CONF_USERNAME: simulator.username}
    assert advanced(result) == {CONF_API_URL: DEFAULT_API_URL}
    flow_id = result["flow_id"]

    result = await hass.config_entries.flow.async_configure(
        flow_id, account_input(simulator, api_url="46elks")
    )
    assert result["errors"] == {SECTION_ADVANCED: "invalid_url"}
    result = await hass.config_entries.flow.async_configure(
        flow_id, account_input(simulator, password="wrong")
    )
    assert result["errors"] == {"base": "invalid_auth"}
    assert advanced(result) == {CONF_API_URL: simulator.api_url}

    result = await hass.config_entries.flow.async_configure(
        flow_id, account_input(simulator, api_url=f"{simulator.api_url}/")
    )
    await hass.async_block_till_done()
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert added.data[CONF_PASSWORD] == simulator.password
    assert added.data[CONF_API_URL] == simulator.api_url
    assert added.data[CONF_WEBHOOK_ID]
    assert added.unique_id == simulator.username
    assert len(setup_entry.mock_calls) == 1


async def test_an_account_does_not_become_another_one(
    hass: HomeAssistant, simulator: SimulatorControl, added: MockConfigEntry
) -> None:
    """Its numbers and contacts would not be those of the other."""
    before = added.as_dict()
    asked = await added.start_reconfigure_flow(hass)
    await simulator.fail(answering("me", 200, json.dumps({"id": "u1", "balance": 0})))
    result = await hass.config_entries.flow.async_configure(
        asked["flow_id"], account_input(simulator)
    )
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "wrong_account"
    assert added.as_dict() == before


@pytest.mark.parametrize(
    ("written", "error"),
    [
        pytest.param("House", "invalid_caller", id="a name"),
        pytest.param(STRANGER, "invalid_caller", id="the number of another"),
        pytest.param(OTHER_NUMBER, "invalid_caller", id="a number without voice"),
    ],
)
async def test_only_an_own_number_that_does_voice_can_call(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    added: MockConfigEntry,
    written: str,
    error: str,
) -> None:
    """46elks would refuse each call."""
    await simulator.put_number(OTHER_NUMBER, capabilities=["sms"])
    asked = await hass.config_entries.options.async_init(added.entry_id)
    result = await hass.config_entries.options.async_configure(
        asked["flow_id"], {CONF_DEFAULT_CALLER: written}
    )
    assert result["errors"] == {CONF_DEFAULT_CALLER: error}
    result = await hass.config_entries.options.async_configure(
        asked["flow_id"], {CONF_DEFAULT_CALLER: "070-174 06 90"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert added.options[CONF_DEFAULT_CALLER] == NUMBER


async def test_options_are_kept_until_they_are_cleared(
    hass: HomeAssistant, added: MockConfigEntry
) -> None:
    """An optional field that is left empty is no longer there."""
    asked = await hass.config_entries.options.async_init(added.entry_id)
    assert asked["step_id"] == "init"
    assert suggested(asked) == {}
    options = {
        CONF_REACH: Reach.EXTERNAL,
        CONF_PUBLIC_URL: "https://home.example.com/ha",
        CONF_DEFAULT_SENDER: "Home",
        CONF_LOW_BALANCE: 12.5,
        CONF_KEEP_TEXT: False,
        "daily_spend_limit": 7.5,
        "hourly_message_limit": 10,
        "hourly_call_limit": 5,
        "alert_reserve": False,
        CONF_ALLOWED_COUNTRIES: ["NO", "SE"],
        CONF_LLM_TOOLS: True,
    }
    result = await hass.config_entries.options.async_configure(
        asked["flow_id"],
        options
        | {
            CONF_PUBLIC_URL: " https://home.example.com/ha/ ",
            CONF_DEFAULT_SENDER: " Home ",
            # Whatever is begun counts whole.
            "hourly_message_limit": 9.5,
        },
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert added.options == options

    asked = await hass.config_entries.options.async_init(added.entry_id)
    assert suggested(asked) == options
    result = await hass.config_entries.options.async_configure(
        asked["flow_id"], {CONF_PUBLIC_URL: "", CONF_DEFAULT_SENDER: " "}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert added.options == {
        CONF_REACH: Reach.AUTO,
        CONF_KEEP_TEXT: True,
        "alert_reserve": True,
        CONF_LLM_TOOLS: False,
    }


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("home.example.com", id="no scheme"),
        pytest.param("http://home.example.com", id="not encrypted"),
        pytest.param("https://localhost:8123", id="this computer"),
        pytest.param("https://127.0.0.1:8123", id="this computer's address"),
        pytest.param(
            "https://homeassistant.local:8123", id="a name of the home network"
        ),
        pytest.param("https://homeassistant:8123", id="half a name"),
        pytest.param("https://192.168.1.5:8123", id="an address of the home network"),
        pytest.param("https://9.9.9.9", id="a public IP address"),
        pytest.param("https://[2620:fe::fe]", id="a public IPv6 address"),
        pytest.param("https://me:secret@home.example.com", id="a password"),
        pytest.param("https://home.example.com/?a=1", id="a query"),
    ],
)
async def test_a_public_address_must_be_one_that_46elks_finds(
    hass: HomeAssistant, added: MockConfigEntry, address: str
) -> None:
    """The person can mend an address that 46elks would not find."""
    hass.config_entries.async_update_entry(
        added, data={**added.data, CONF_API_URL: DEFAULT_API_URL}
    )
    asked = await hass.config_entries.options.async_init(added.entry_id)
    result = await hass.config_entries.options.async_configure(
        asked["flow_id"], {CONF_PUBLIC_URL: address}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {CONF_PUBLIC_URL: "invalid_public_url"}
    assert suggested(result)[CONF_PUBLIC_URL] == address

    result = await hass.config_entries.options.async_configure(
        asked["flow_id"], {CONF_PUBLIC_URL: "https://home.example.com"}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert added.options[CONF_PUBLIC_URL] == "https://home.example.com"


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8123", "http://localhost:8123", "https://9.9.9.9"]
)
async def test_what_stands_in_for_46elks_may_find_any_address(
    hass: HomeAssistant, added: MockConfigEntry, address: str
) -> None:
    """A demo runs on one computer."""
    asked = await hass.config_entries.options.async_init(added.entry_id)
    result = await hass.config_entries.options.async_configure(
        asked["flow_id"], {CONF_PUBLIC_URL: address}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert added.options[CONF_PUBLIC_URL] == address


async def test_what_stands_in_for_46elks_is_given_an_address_too(
    hass: HomeAssistant, added: MockConfigEntry
) -> None:
    """Not even a demo finds what is no address."""
    asked = await hass.config_entries.options.async_init(added.entry_id)
    result = await hass.config_entries.options.async_configure(
        asked["flow_id"], {CONF_PUBLIC_URL: "127.0.0.1:8123"}
    )
    assert result["errors"] == {CONF_PUBLIC_URL: "invalid_public_url"}


@pytest.mark.parametrize(
    ("written", "stored", "requests"),
    [
        pytest.param("Home46", "Home46", 0, id="a name"),
        pytest.param(NUMBER, NUMBER, 1, id="an own number"),
        pytest.param("070-174 06 90", NUMBER, 1, id="an own number as it is dialled"),
    ],
)
async def test_a_default_sender_is_a_name_or_an_own_number(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    added: MockConfigEntry,
    written: str,
    stored: str,
    requests: int,
) -> None:
    """46elks is asked for the account's numbers only where a number was typed."""
    before = len(await simulator.log())
    asked = await hass.config_entries.options.async_init(added.entry_id)
    result = await hass.config_entries.options.async_configure(
        asked["flow_id"], {CONF_DEFAULT_SENDER: written}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert added.options[CONF_DEFAULT_SENDER] == stored
    assert len(await simulator.log()) == before + requests


VOICE_NUMBER = "+46701740692"
SENDERS = [
    pytest.param("46elks", id="a digit first"),
    pytest.param("My home", id="a blank inside"),
    pytest.param("Hi", id="too short"),
    pytest.param("HomeAssistant", id="too long"),
    pytest.param("070", id="half a number"),
    pytest.param(STRANGER, id="a number of somebody else"),
    pytest.param(OTHER_NUMBER, id="a number that was given back"),
    pytest.param(VOICE_NUMBER, id="a number for calls alone"),
]


@pytest.mark.parametrize("written", SENDERS)
async def test_a_default_sender_that_46elks_would_refuse_can_be_mended(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    added: MockConfigEntry,
    written: str,
) -> None:
    """The field says so, and what was typed is still there."""
    await simulator.put_number(OTHER_NUMBER, active=False)
    await simulator.put_number(VOICE_NUMBER, capabilities=["voice"])
    asked = await hass.config_entries.options.async_init(added.entry_id)
    result = await hass.config_entries.options.async_configure(
        asked["flow_id"], {CONF_DEFAULT_SENDER: written}
    )
    assert result["type"] is FlowResultType.FORM
    assert result["errors"] == {CONF_DEFAULT_SENDER: "invalid_sender"}
    assert suggested(result)[CONF_DEFAULT_SENDER] == written

    result = await hass.config_entries.options.async_configure(
        asked["flow_id"], {CONF_DEFAULT_SENDER: NUMBER}
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert added.options[CONF_DEFAULT_SENDER] == NUMBER


@pytest.mark.parametrize(("trouble", "error"), TROUBLES)
async def test_a_default_sender_waits_for_46elks(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    added: MockConfigEntry,
    trouble: dict[str, Any],
    error: str,
) -> None:
    """Whose number it is cannot be told without asking."""
    await simulator.fail(failing("numbers", **trouble))
    asked = await hass.config_entries.options.async_init(added.entry_id)
    typed = {CONF_DEFAULT_SENDER: NUMBER}
    result = await hass.config_entries.options.async_configure(asked["flow_id"], typed)
    assert result["errors"] == {"base": error}

    await simulator.fail()
    result = await hass.config_entries.options.async_configure(asked["flow_id"], typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_contact_is_added(hass: HomeAssistant, added: MockConfigEntry) -> None:
    """The number is stored as the whole world writes it."""
    asked = await ask_for_subentry(hass, added, SUBENTRY_CONTACT)
    assert asked["type"] is FlowResultType.FORM
    assert asked["step_id"] == "user"
    result = await answer_subentry(
        hass,
        asked,
        {CONF_NAME: " Cilla ", CONF_PHONE: "070-174\u00a006 07", CONF_SENDER: " "},
    )
    assert result["type"] is FlowResultType.CREATE_ENTRY
    contacts = {
        subentry.title: subentry
        for subentry in added.get_subentries_of_type(SUBENTRY_CONTACT)
    }
    assert list(contacts) == ["Anna", "Björn", "Cilla"]
    assert as_stored(contacts["Cilla"]) == {
        "data": {CONF_NAME: "Cilla", CONF_PHONE: STRANGER},
        "subentry_type": SUBENTRY_CONTACT,
        "title": "Cilla",
        "unique_id": STRANGER,
    }


@pytest.mark.parametrize(
    ("typed", "country", "errors"),
    [
        pytest.param(
            {CONF_PHONE: "0701740607"},
            None,
            {CONF_PHONE: "phone_country"},
            id="no country",
        ),
        pytest.param(
            {CONF_PHONE: "070 CALL ME"},
            "SE",
            {CONF_PHONE: "phone_letters"},
            id="letters",
        ),
        pytest.param(
            {CONF_PHONE: "+4670"}, "SE", {CONF_PHONE: "phone_invalid"}, id="too short"
        ),
        pytest.param(
            {CONF_PHONE: " "}, "SE", {CONF_PHONE: "phone_invalid"}, id="no number"
        ),
        pytest.param(
            {CONF_PHONE: "070-174 06 06"},
            "SE",
            {CONF_PHONE: "phone_taken"},
            id="somebody else's number",
        ),
        pytest.param({CONF_NAME: " "}, "SE", {CONF_NAME: "name_missing"}, id="no name"),
        pytest.param(
            {CONF_NAME: "", CONF_PHONE: "", CONF_SENDER: "?"},
            "SE",
            {
                CONF_NAME: "name_missing",
                CONF_PHONE: "phone_invalid",
                CONF_SENDER: "invalid_sender",
            },
            id="all at once",
        ),
    ],
)
async def test_a_contact_that_cannot_be_can_be_mended(
    hass: HomeAssistant,
    added: MockConfigEntry,
    typed: dict[str, str],
    country: str | None,
    errors: dict[str, str],
) -> None:
    """Each field says what is wrong with it, and keeps what was typed."""
    hass.config.country = country
    right = {CONF_NAME: "Cilla", CONF_PHONE: STRANGER}
    asked = await ask_for_subentry(hass, added, SUBENTRY_CONTACT)
    result = await answer_subentry(hass, asked, right | typed)
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "user"
    assert result["errors"] == errors
    assert suggested(result) == right | typed

    result = await answer_subentry(hass, asked, right)
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize("written", SENDERS)
async def test_a_contact_with_a_sender_that_46elks_would_refuse_can_be_mended(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    added: MockConfigEntry,
    written: str,
) -> None:
    """A contact's sender is what a default one is."""
    await simulator.put_number(OTHER_NUMBER, active=False)
    right = {CONF_NAME: "Cilla", CONF_PHONE: STRANGER, CONF_SENDER: "Home"}
    asked = await ask_for_subentry(hass, added, SUBENTRY_CONTACT)
    result = await answer_subentry(hass, asked, right | {CONF_SENDER: written})
    assert result["errors"] == {CONF_SENDER: "invalid_sender"}

    result = await answer_subentry(hass, asked, right)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == right


@pytest.mark.parametrize(("trouble", "error"), TROUBLES)
async def test_a_contact_with_a_number_as_sender_waits_for_46elks(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    added: MockConfigEntry,
    trouble: dict[str, Any],
    error: str,
) -> None:
    """Whose number it is cannot be told without asking."""
    typed = {CONF_NAME: "Cilla", CONF_PHONE: STRANGER, CONF_SENDER: "070-174 06 90"}
    await simulator.fail(failing("numbers", **trouble))
    asked = await ask_for_subentry(hass, added, SUBENTRY_CONTACT)
    result = await answer_subentry(hass, asked, typed)
    assert result["errors"] == {"base": error}

    await simulator.fail()
    result = await answer_subentry(hass, asked, typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"] == typed | {CONF_SENDER: NUMBER}


async def test_a_contact_changes_in_all_but_who_it_is(
    hass: HomeAssistant, added: MockConfigEntry
) -> None:
    """A sender that is cleared is gone, and the own number is nobody else's."""
    asked = await change_subentry(hass, added, SUBENTRY_CONTACT, "anna")
    assert asked["step_id"] == "reconfigure"
    assert suggested(asked) == {CONF_NAME: "Anna", CONF_PHONE: ANNA}
    typed = {CONF_NAME: "Anna B", CONF_PHONE: ANNA, CONF_SENDER: "Home"}
    result = await answer_subentry(hass, asked, typed)
    assert result["reason"] == "reconfigure_successful"
    assert as_stored(added.subentries["anna"]) == {
        "data": typed,
        "subentry_type": SUBENTRY_CONTACT,
        "title": "Anna B",
        "unique_id": ANNA,
    }

    asked = await change_subentry(hass, added, SUBENTRY_CONTACT, "anna")
    assert suggested(asked) == typed
    result = await answer_subentry(
        hass, asked, {CONF_NAME: "Anna", CONF_PHONE: STRANGER}
    )
    assert result["reason"] == "reconfigure_successful"
    assert as_stored(added.subentries["anna"]) == {
        "data": {CONF_NAME: "Anna", CONF_PHONE: STRANGER},
        "subentry_type": SUBENTRY_CONTACT,
        "title": "Anna",
        "unique_id": STRANGER,
    }


async def test_a_contact_does_not_get_the_number_of_another(
    hass: HomeAssistant, added: MockConfigEntry
) -> None:
    """A text that comes in belongs to one contact."""
    asked = await change_subentry(hass, added, SUBENTRY_CONTACT, "anna")
    result = await answer_subentry(hass, asked, {CONF_NAME: "Anna", CONF_PHONE: BJORN})
    assert result["type"] is FlowResultType.FORM
    assert result["step_id"] == "reconfigure"
    assert result["errors"] == {CONF_PHONE: "phone_taken"}
    assert suggested(result)[CONF_PHONE] == BJORN

    result = await answer_subentry(hass, asked, {CONF_NAME: "Anna", CONF_PHONE: ANNA})
    assert result["reason"] == "reconfigure_successful"


async def test_a_number_is_added(
    hass: HomeAssistant, simulator: SimulatorControl, added: MockConfigEntry
) -> None:
    """Only active numbers that were not added before can be chosen."""
    other = await simulator.put_number(OTHER_NUMBER, name="Summer house")
    await simulator.put_number("+46701740692", active=False)
    await simulator.put_number("+4600170001", capabilities=["websocket"])
    asked = await ask_for_number(hass, added)
    assert asked["type"] is FlowResultType.FORM
    assert asked["step_id"] == "answer"
    assert labels(asked, CONF_NUMBER_ID) == [
        f"Summer house · {OTHER_NUMBER} · MMS, SMS, calls · answered by: nothing"
    ]
    result = await answer_subentry(hass, asked, {CONF_NUMBER_ID: other["id"]})
    assert result["type"] is FlowResultType.CREATE_ENTRY
    *_, number = added.get_subentries_of_type(SUBENTRY_NUMBER)
    assert as_stored(number) == {
        "data": {CONF_NUMBER_ID: other["id"], CONF_NUMBER: OTHER_NUMBER},
        "subentry_type": SUBENTRY_NUMBER,
        "title": "Summer house",
        "unique_id": other["id"],
    }


async def test_there_is_no_number_left_to_add(
    hass: HomeAssistant, added: MockConfigEntry
) -> None:
    """The person is told to rent one."""
    result = await ask_for_number(hass, added)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "no_numbers"


@pytest.mark.parametrize(("trouble", "error"), TROUBLES)
async def test_numbers_cannot_be_chosen_unless_46elks_tells_them(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    added: MockConfigEntry,
    trouble: dict[str, Any],
    error: str,
) -> None:
    """Adding and changing a number end with what is wrong, and work later."""
    await simulator.put_number(OTHER_NUMBER)
    await simulator.fail(failing("numbers", **trouble))
    for result in (
        await ask_for_number(hass, added),
        await replace_number(hass, added),
    ):
        assert result["type"] is FlowResultType.ABORT
        assert result["reason"] == error

    await simulator.fail()
    result = await ask_for_number(hass, added)
    assert result["type"] is FlowResultType.FORM


async def test_a_number_that_was_added_twice_at_once_is_added_once(
    hass: HomeAssistant, simulator: SimulatorControl, added: MockConfigEntry
) -> None:
    """Two people may have the same form open."""
    other = await simulator.put_number(OTHER_NUMBER)
    first = await ask_for_number(hass, added)
    second = await ask_for_number(hass, added)
    typed = {CONF_NUMBER_ID: other["id"]}
    result = await answer_subentry(hass, first, typed)
    assert result["type"] is FlowResultType.CREATE_ENTRY
    result = await answer_subentry(hass, second, typed)
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "already_configured"
    assert len(added.get_subentries_of_type(SUBENTRY_NUMBER)) == 2


async def test_a_number_takes_the_place_of_another(
    hass: HomeAssistant, simulator: SimulatorControl, added: MockConfigEntry
) -> None:
    """The number it stands for now can be chosen again, and is."""
    other = await simulator.put_number(OTHER_NUMBER)
    asked = await replace_number(hass, added)
    assert asked["step_id"] == "replace"
    held = added.subentries["number"].data[CONF_NUMBER_ID]
    assert suggested(asked) == {CONF_NUMBER_ID: held}
    assert len(labels(asked, CONF_NUMBER_ID)) == 2
    result = await answer_subentry(hass, asked, {CONF_NUMBER_ID: other["id"]})
    assert result["type"] is FlowResultType.ABORT
    assert result["reason"] == "reconfigure_successful"
    assert only(added, SUBENTRY_NUMBER) == {
        "data": {CONF_NUMBER_ID: other["id"], CONF_NUMBER: OTHER_NUMBER},
        "subentry_type": SUBENTRY_NUMBER,
        "title": OTHER_NUMBER,
        "unique_id": other["id"],
    }
