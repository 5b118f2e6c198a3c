"""A subaccount for this home: opened while the account is connected, and the account's secret forgotten."""

from collections.abc import Generator
from typing import Any
from unittest.mock import AsyncMock, patch

from homeassistant.config_entries import SOURCE_USER
from homeassistant.const import CONF_NAME, CONF_PASSWORD, CONF_USERNAME, CONF_WEBHOOK_ID
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import (
    CONF_API_URL,
    CONF_USAGE_LIMIT,
    DOMAIN,
    SECTION_ADVANCED,
)

from . import NUMBER, Json, SimulatorControl, answering, failing, open_subaccount

ASKED = {CONF_NAME: " Cottage ", CONF_USAGE_LIMIT: 200}

pytestmark = pytest.mark.usefixtures("setup_entry")


@pytest.fixture
def setup_entry() -> Generator[AsyncMock]:
    """Take the place of everything that setting an account up would start."""
    with (
        patch("custom_components.elks46.async_setup_entry", return_value=True) as setup,
        patch("custom_components.elks46.async_unload_entry", return_value=True),
    ):
        yield setup


async def log_in(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    username: str = "",
    password: str = "",
    *,
    api_url: str = "",
    subaccount: bool = True,
) -> Any:
    """Give the login of an account, the simulator's unless another is named, and ask for a subaccount."""
    result = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}
    )
    return await hass.config_entries.flow.async_configure(
        result["flow_id"],
        {
            CONF_USERNAME: username or simulator.username,
            CONF_PASSWORD: password or simulator.password,
            SECTION_ADVANCED: {
                CONF_API_URL: api_url or simulator.api_url,
                "create_subaccount": subaccount,
            },
        },
    )


async def go_on(hass: HomeAssistant, form: Any, typed: Json | None = None) -> Any:
    """Fill in a form, or choose from a menu."""
    return await hass.config_entries.flow.async_configure(form["flow_id"], typed or {})


async def opened(simulator: SimulatorControl) -> list[Json]:
    """Return the forms by which subaccounts were to be opened."""
    requests = await simulator.requests("POST", "subaccounts")
    return [request["fields"] for request in requests]


async def test_a_subaccount_that_sees_the_numbers_takes_the_place_of_the_account(
    hass: HomeAssistant, simulator: SimulatorControl, caplog: pytest.LogCaptureFixture
) -> None:
    """Only its own login is kept; that of the account is nowhere."""
    caplog.set_level("DEBUG")
    number = await simulator.put_number(NUMBER)
    await simulator.put_account(subaccounts_see_all=True)
    form = await log_in(hass, simulator)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "subaccount")

    form = await go_on(hass, form, ASKED)
    assert (form["type"], form["step_id"]) == (FlowResultType.FORM, "numbers")
    result = await go_on(hass, form, {"numbers": [number["id"]]})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert await opened(simulator) == [{"name": "Cottage", "usagelimit": "2000000"}]
    entry = result["result"]
    data = dict(entry.data)
    secret = data.pop(CONF_PASSWORD)
    assert len(data.pop(CONF_WEBHOOK_ID)) == 64
    assert data == {
        CONF_USERNAME: entry.unique_id,
        CONF_API_URL: simulator.api_url,
    }
    assert entry.unique_id.startswith("a")
    assert entry.title == "46elks Cottage"
    assert [one.unique_id for one in entry.subentries.values()] == [number["id"]]
    assert simulator.password not in str([entry.as_dict(), result])
    assert simulator.password not in caplog.text
    assert secret not in caplog.text


async def test_the_form_is_filled_in_beforehand(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """With the home's name and a limit in the currency of the account."""
    hass.config.location_name = "Villa"
    form = await log_in(hass, simulator)

    fields = form["data_schema"].schema
    assert {str(field): field.description for field in fields} == {
        CONF_NAME: {"suggested_value": "Villa"},
        CONF_USAGE_LIMIT: {"suggested_value": 500},
    }
    assert fields[CONF_USAGE_LIMIT].config["unit_of_measurement"] == "SEK"


async def test_a_subaccount_needs_no_limit(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """It may then use all there is."""
    await simulator.put_number(NUMBER, active=False)
    result = await go_on(hass, await log_in(hass, simulator), {CONF_NAME: "Cottage"})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert await opened(simulator) == [{"name": "Cottage"}]


@pytest.mark.parametrize(
    ("choice", "prefix", "title"),
    [
        pytest.param("keep_account", "u", "46elks", id="account"),
        pytest.param("keep_subaccount", "a", "46elks Cottage", id="subaccount"),
    ],
)
async def test_a_subaccount_without_the_numbers_is_a_choice(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    choice: str,
    prefix: str,
    title: str,
) -> None:
    """The person is told which numbers are missing, and what is left over."""
    number = await simulator.put_number(NUMBER)
    menu = await go_on(hass, await log_in(hass, simulator), ASKED)

    assert (menu["type"], menu["step_id"]) == (
        FlowResultType.MENU,
        "subaccount_numbers",
    )
    assert menu["menu_options"] == ["keep_account", "keep_subaccount"]
    placeholders = menu["description_placeholders"]
    assert placeholders.pop("id").startswith("a")
    assert placeholders == {"name": "Cottage", "numbers": NUMBER}
    result = await go_on(hass, menu, {"next_step_id": choice})
    forms = [result] * (result["type"] is FlowResultType.FORM)
    for form in forms:
        result = await go_on(hass, form, {"numbers": [number["id"]]})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    entry = result["result"]
    assert entry.unique_id == entry.data[CONF_USERNAME]
    assert entry.unique_id.startswith(prefix)
    assert entry.title == title
    assert (simulator.password in str(entry.as_dict())) == (prefix == "u")
    assert len(entry.subentries) == len(forms) == (prefix == "u")
    assert len(await opened(simulator)) == 1


async def test_a_subaccount_stands_beside_its_account(
    hass: HomeAssistant, simulator: SimulatorControl, entry: MockConfigEntry
) -> None:
    """But the account itself is connected only once."""
    entry.add_to_hass(hass)
    menu = await go_on(hass, await log_in(hass, simulator), ASKED)
    result = await go_on(hass, menu, {"next_step_id": "keep_account"})
    assert (result["type"], result["reason"]) == (
        FlowResultType.ABORT,
        "already_configured",
    )

    menu = await go_on(hass, await log_in(hass, simulator), ASKED)
    result = await go_on(hass, menu, {"next_step_id": "keep_subaccount"})
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_subaccount_cannot_open_one(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """Without it, it is connected as any account, and only once."""
    own = await open_subaccount(simulator)
    form = await log_in(hass, simulator, own["id"], own["secret"])
    assert form["step_id"] == "user"
    assert form["errors"] == {SECTION_ADVANCED: "is_subaccount"}
    for kind in (FlowResultType.CREATE_ENTRY, FlowResultType.ABORT):
        result = await log_in(
            hass, simulator, own["id"], own["secret"], subaccount=False
        )
        assert result["type"] is kind

    (entry,) = hass.config_entries.async_entries(DOMAIN)
    assert entry.unique_id == own["id"]
    assert len(await opened(simulator)) == 1


async def test_a_subaccount_that_is_told_another_id_is_still_itself(
    hass: HomeAssistant, simulator: SimulatorControl, entry: MockConfigEntry
) -> None:
    """46elks may show it the account that it belongs to."""
    entry.add_to_hass(hass)
    own = await open_subaccount(simulator)
    body = f'{{"id": "{simulator.username}", "balance": 1}}'
    await simulator.fail(answering("me", 200, body))
    result = await log_in(hass, simulator, own["id"], own["secret"], subaccount=False)

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["result"].unique_id == own["id"]


async def test_one_thing_is_wrong_at_a_time(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """Where there is no address, nobody can say whose username it is."""
    form = await log_in(hass, simulator, "a1", api_url="46elks")

    assert form["errors"] == {SECTION_ADVANCED: "invalid_url"}


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        pytest.param({CONF_NAME: "  "}, {CONF_NAME: "name_missing"}, id="no name"),
        pytest.param(
            {CONF_NAME: "x" * 51}, {"base": "subaccount_refused"}, id="too long a name"
        ),
    ],
)
async def test_a_name_must_be_one(
    hass: HomeAssistant, simulator: SimulatorControl, typed: Json, error: Json
) -> None:
    """And can be mended."""
    form = await go_on(hass, await log_in(hass, simulator), typed)
    assert form["step_id"] == "subaccount"
    assert form["errors"] == error

    form = await go_on(hass, form, ASKED)
    assert form["step_id"] == "subaccount_numbers"
    assert (await opened(simulator))[-1]["name"] == "Cottage"


@pytest.mark.parametrize("limit", [0, -1, 1_000_001, "much"])
async def test_a_limit_must_let_something_through(
    hass: HomeAssistant, simulator: SimulatorControl, limit: object
) -> None:
    """And not more than a home can spend."""
    form = await log_in(hass, simulator)
    with pytest.raises(probatio.Invalid):
        await go_on(hass, form, ASKED | {CONF_USAGE_LIMIT: limit})

    assert await opened(simulator) == []


@pytest.mark.parametrize(
    ("fault", "error", "posts"),
    [
        pytest.param(
            failing("subaccounts", method="*", kind="drop_before"),
            "cannot_connect",
            0,
            id="before",
        ),
        pytest.param(
            answering("subaccounts", 401), "invalid_auth", 0, id="another password"
        ),
        pytest.param(answering("subaccounts", 200, "<"), "unknown", 0, id="a page"),
        pytest.param(
            answering("subaccounts", 403, "You may not"),
            "subaccount_refused",
            0,
            id="no right",
        ),
        pytest.param(
            failing(
                "subaccounts", method="POST", kind="status", status=403, body="No more"
            ),
            "subaccount_refused",
            1,
            id="refused",
        ),
        pytest.param(
            failing("subaccounts", method="POST", kind="status", status=429),
            "cannot_connect",
            1,
            id="too much at once",
        ),
    ],
)
async def test_a_person_can_try_again_when_no_subaccount_was_opened(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    caplog: pytest.LogCaptureFixture,
    fault: Json,
    error: str,
    posts: int,
) -> None:
    """What was typed is still there, and 46elks' own words are shown."""
    form = await log_in(hass, simulator)
    await simulator.fail(fault)
    form = await go_on(hass, form, ASKED)
    assert form["step_id"] == "subaccount"
    assert form["errors"] == {"base": error}
    assert ("message" in form["description_placeholders"]) == (
        error == "subaccount_refused"
    )
    suggested = [field.description for field in form["data_schema"].schema]
    assert suggested == [{"suggested_value": value} for value in ASKED.values()]
    assert len(await opened(simulator)) == posts
    assert simulator.password not in caplog.text

    await simulator.fail()
    form = await go_on(hass, form, ASKED)
    assert form["step_id"] == "subaccount_numbers"
    assert len(await opened(simulator)) == posts + 1


async def test_a_lost_answer_is_looked_up(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """The person notices nothing."""
    form = await log_in(hass, simulator)
    await simulator.fail(failing("subaccounts", method="POST", kind="drop_after"))
    menu = await go_on(hass, form, ASKED)

    assert menu["step_id"] == "subaccount_numbers"
    assert len(await opened(simulator)) == 1


async def test_a_subaccount_in_doubt_is_looked_for_before_another_is_opened(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """However often the person goes on."""
    form = await log_in(hass, simulator)
    await simulator.fail(
        failing("subaccounts", method="POST", kind="drop_after"),
        failing("subaccounts", times=1, kind="delay", seconds=0),
        answering("subaccounts", 503),
    )
    for _ in range(2):
        form = await go_on(hass, form, ASKED)
        assert form["step_id"] == "subaccount"
        assert form["errors"] == {"base": "subaccount_unknown"}
    await simulator.fail()
    menu = await go_on(hass, form, ASKED)

    assert menu["step_id"] == "subaccount_numbers"
    assert len(await opened(simulator)) == 1


@pytest.mark.parametrize("path", ["me", "numbers"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param({"kind": "drop_before"}, "cannot_connect", id="no answer"),
        pytest.param({"kind": "status", "status": 503}, "cannot_connect", id="broken"),
        pytest.param({"kind": "status", "status": 401}, "invalid_auth", id="too early"),
        pytest.param({"kind": "status", "status": 403}, "unknown", id="refused"),
    ],
)
async def test_an_open_subaccount_is_looked_at_until_46elks_answers(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    caplog: pytest.LogCaptureFixture,
    path: str,
    fault: Json,
    error: str,
) -> None:
    """It is not opened again."""
    form = await log_in(hass, simulator)
    await simulator.fail(failing(path, **fault))
    for typed in (ASKED, {}):
        form = await go_on(hass, form, typed)
        assert form["step_id"] == "subaccount_check"
        assert form["errors"] == {"base": error}
        assert form["description_placeholders"]["name"] == "Cottage"
    await simulator.fail()
    menu = await go_on(hass, form)

    assert menu["step_id"] == "subaccount_numbers"
    assert len(await opened(simulator)) == 1
    assert simulator.password not in caplog.text


async def test_a_refused_login_opens_nothing(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """The person sees what they would see without a subaccount."""
    form = await log_in(hass, simulator, password="wrong")

    assert form["step_id"] == "user"
    assert form["errors"] == {"base": "invalid_auth"}
    assert await opened(simulator) == []


async def test_a_subaccount_gets_a_new_secret(
    hass: HomeAssistant, simulator: SimulatorControl, entry: MockConfigEntry
) -> None:
    """As any account does, and the login of another is refused."""
    own, other = [await open_subaccount(simulator) for _ in range(2)]
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry,
        unique_id=own["id"],
        data={**entry.data, CONF_USERNAME: own["id"], CONF_PASSWORD: "old"},
    )
    form = await entry.start_reauth_flow(hass)
    form = await go_on(hass, form, {CONF_PASSWORD: other["secret"]})
    assert form["errors"] == {"base": "invalid_auth"}
    renewed = await go_on(hass, form, {CONF_PASSWORD: own["secret"]})
    assert renewed["reason"] == "reauth_successful"
    assert entry.data[CONF_PASSWORD] == own["secret"]


@pytest.mark.parametrize(
    ("whose", "reason"), [(0, "reconfigure_successful"), (1, "wrong_account")]
)
async def test_a_subaccount_is_connected_again(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    whose: int,
    reason: str,
) -> None:
    """And is not offered to open another."""
    opened = [await open_subaccount(simulator) for _ in range(2)]
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, unique_id=opened[0]["id"])
    form: Any = await entry.start_reconfigure_flow(hass)
    advanced = form["data_schema"].schema[SECTION_ADVANCED].schema.schema
    assert [str(field) for field in advanced] == [CONF_API_URL]
    result = await go_on(
        hass,
        form,
        {
            CONF_USERNAME: opened[whose]["id"],
            CONF_PASSWORD: opened[whose]["secret"],
            SECTION_ADVANCED: {CONF_API_URL: simulator.api_url},
        },
    )
    assert result["reason"] == reason
