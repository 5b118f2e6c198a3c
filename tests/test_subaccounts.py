"""Subaccounts: opened once, changed, listed, and connected with what they are told of themselves."""

from decimal import Decimal
import json

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME, STATE_UNAVAILABLE
from homeassistant.core import Context, HomeAssistant, SupportsResponse
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import entity_registry as er
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.elks46.api import ElksForbiddenError
from custom_components.elks46.const import CONF_REACH, DOMAIN, Reach
from custom_components.elks46.diagnostics import async_get_config_entry_diagnostics
from custom_components.elks46.subaccounts import (
    SubaccountInDoubtError,
    SubaccountOpener,
)

from . import (
    ANNA,
    Json,
    SimulatorControl,
    answering,
    failing,
    issues,
    memory,
    open_subaccount,
    pass_time,
    post_46elks,
    send_sms,
    setup_integration,
    use_action,
)

CREATE = "create_subaccount"
UPDATE = "update_subaccount"
LIST = "list_subaccounts"
ACTIONS = [
    pytest.param(CREATE, {"name": "Cottage"}, id="create"),
    pytest.param(UPDATE, {"id": "a1", "name": "Cottage"}, id="update"),
    pytest.param(LIST, {}, id="list"),
]
pytestmark = pytest.mark.usefixtures("impatient")

USAGE = "sensor.46elks_used"
USAGE_LIMIT = "sensor.46elks_usage_limit"
BALANCE = "sensor.46elks_balance"


async def posts(simulator: SimulatorControl) -> list[Json]:
    """Return the forms by which subaccounts were to be opened."""
    requests = await simulator.requests("POST", "subaccounts")
    return [request["fields"] for request in requests]


async def connect(
    hass: HomeAssistant, entry: MockConfigEntry, opened: Json
) -> MockConfigEntry:
    """Connect a subaccount instead of the account it belongs to."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry,
        unique_id=opened["id"],
        options={CONF_REACH: Reach.POLL},
        data={
            **entry.data,
            CONF_USERNAME: opened["id"],
            CONF_PASSWORD: opened["secret"],
        },
    )
    await setup_integration(hass, entry)
    return entry


def keys(hass: HomeAssistant, entry: MockConfigEntry) -> set[str]:
    """Return which of the figures that 46elks tells are shown."""
    entities = er.async_entries_for_config_entry(er.async_get(hass), entry.entry_id)
    return {str(one.translation_key) for one in entities} & {
        "balance",
        "usage",
        "usage_limit",
    }


async def test_a_subaccount_is_opened_and_tells_its_secret_once(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """No other answer holds it."""
    answer = await use_action(hass, CREATE, name=" Cottage ", usage_limit=200)

    created = answer["subaccount"]
    secret = created.pop("secret")
    assert len(secret) == 32
    assert created.pop("created").endswith("+00:00")
    subaccount_id = created.pop("id")
    assert created == {
        "name": "Cottage",
        "active": True,
        "usage_limit": 200.0,
        "usage": 0.0,
        "deactivated": None,
    }
    assert await posts(simulator) == [{"name": "Cottage", "usagelimit": "2000000"}]
    changed = await use_action(hass, UPDATE, id=subaccount_id, name="Villa")
    listed = await use_action(hass, LIST)
    assert [row["id"] for row in listed["subaccounts"]] == [subaccount_id]
    assert secret not in json.dumps([changed, listed])


async def test_a_secret_stays_in_the_answer(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is neither logged nor stored, nor told to whoever helps with a fault."""
    caplog.set_level("DEBUG")
    answer = await use_action(hass, CREATE, name="Cottage")
    secret = answer["subaccount"]["secret"]

    files = await hass.async_add_executor_job(memory, hass)
    diagnostics = await async_get_config_entry_diagnostics(hass, integration)
    assert secret not in caplog.text
    assert secret not in str([integration.as_dict(), diagnostics])
    assert [path for path, content in files.items() if secret.encode() in content] == []


async def test_without_a_limit_a_subaccount_has_none(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It may use all that the account has."""
    answer = await use_action(hass, CREATE, name="Cottage")

    assert answer["subaccount"]["usage_limit"] is None
    assert await posts(simulator) == [{"name": "Cottage"}]


@pytest.mark.parametrize(
    ("change", "wire", "shown"),
    [
        pytest.param(
            {"name": " Villa "}, {"name": "Villa"}, {"name": "Villa"}, id="name"
        ),
        pytest.param(
            {"usage_limit": 12.5},
            {"usagelimit": "125000"},
            {"usage_limit": 12.5},
            id="limit",
        ),
        pytest.param(
            {"usage_limit": 0}, {"usagelimit": "0"}, {"usage_limit": 0.0}, id="nothing"
        ),
        pytest.param(
            {"no_limit": True},
            {"usagelimit": "none"},
            {"usage_limit": None},
            id="no limit",
        ),
        pytest.param(
            {"active": False, "confirm": True},
            {"active": "no"},
            {"active": False},
            id="closed",
        ),
    ],
)
async def test_a_subaccount_is_changed(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    change: Json,
    wire: Json,
    shown: Json,
) -> None:
    """What is given, and nothing else."""
    opened = await open_subaccount(simulator, name="Cottage", usagelimit="10000")
    answer = await use_action(hass, UPDATE, id=f" {opened['id']} ", **change)

    (request,) = await simulator.requests("POST", f"subaccounts/{opened['id']}")
    assert request["fields"] == wire
    before = {"name": "Cottage", "active": True, "usage_limit": 1.0}
    row = answer["subaccount"]
    assert {key: row[key] for key in before} == before | shown
    assert (row["deactivated"] is None) == row["active"]


async def test_subaccounts_are_listed_newest_first(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Those that were closed too, unless they are not wanted."""
    first = await open_subaccount(simulator, name="First")
    second = await open_subaccount(simulator, name="Second")
    await use_action(hass, UPDATE, id=first["id"], active=False, confirm=True)

    every = await use_action(hass, LIST)
    active = await use_action(hass, LIST, active_only=True)
    assert [row["name"] for row in every["subaccounts"]] == ["Second", "First"]
    assert [row["id"] for row in active["subaccounts"]] == [second["id"]]


@pytest.mark.parametrize(
    ("action", "data", "key"),
    [
        pytest.param(CREATE, {"name": "  "}, "subaccount_name_empty", id="no name"),
        pytest.param(
            UPDATE, {"id": "a1", "name": ""}, "subaccount_name_empty", id="name taken"
        ),
        pytest.param(
            UPDATE, {"id": "u1", "name": "A"}, "subaccount_id_invalid", id="an account"
        ),
        pytest.param(
            UPDATE, {"id": "", "name": "A"}, "subaccount_id_invalid", id="no id"
        ),
        pytest.param(UPDATE, {"id": "a1"}, "subaccount_unchanged", id="no change"),
        pytest.param(
            UPDATE,
            {"id": "a1", "no_limit": True, "usage_limit": 1},
            "subaccount_limit_twice",
            id="a limit and none",
        ),
        pytest.param(
            UPDATE,
            {"id": "a1", "active": False},
            "subaccount_unconfirmed",
            id="not confirmed",
        ),
    ],
)
async def test_what_is_wrong_is_said_before_46elks_is_asked(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
    data: Json,
    key: str,
) -> None:
    """By the name of the field."""
    with pytest.raises(ServiceValidationError) as caught:
        await use_action(hass, action, **data)

    assert caught.value.translation_key == key
    assert await simulator.requests("*", "subaccounts*") == []


@pytest.mark.parametrize(
    ("action", "data"),
    [(CREATE, {"name": "Cottage"}), (UPDATE, {"id": "a1"})],
    ids=[CREATE, UPDATE],
)
@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(-1, id="negative"),
        pytest.param(1_000_001, id="too much"),
        pytest.param("nan", id="no number"),
        pytest.param("much", id="a word"),
        pytest.param(None, id="nothing"),
    ],
)
async def test_a_limit_is_an_amount(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    action: str,
    data: Json,
    limit: object,
) -> None:
    """One that a home can spend."""
    with pytest.raises(probatio.Invalid, match="usage_limit"):
        await use_action(hass, action, **data, usage_limit=limit)


@pytest.mark.parametrize(("action", "data"), ACTIONS)
@pytest.mark.parametrize(
    ("status", "body", "key"),
    [
        (401, "", "authentication_error"),
        (403, "You may not", "request_refused"),
        (404, "Not found", "request_refused"),
        (429, "", "rate_limited"),
        (503, "", "communication_error"),
        (200, "<html>", "unknown_error"),
    ],
)
async def test_46elks_may_refuse(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
    data: Json,
    status: int,
    body: str,
    key: str,
) -> None:
    """In its own words where it has some."""
    await simulator.fail(
        failing("subaccounts*", method="*", kind="status", status=status, body=body)
    )
    with pytest.raises(HomeAssistantError) as caught:
        await use_action(hass, action, **data)

    assert caught.value.translation_key == key
    reauths = hass.config_entries.flow.async_progress_by_handler(DOMAIN)
    assert [flow["context"]["source"] for flow in reauths] == [SOURCE_REAUTH] * (
        status == 401
    )


async def test_a_refused_subaccount_is_not_there(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks says why."""
    with pytest.raises(HomeAssistantError, match="Too long name"):
        await use_action(hass, CREATE, name="x" * 51)

    assert await use_action(hass, LIST) == {"subaccounts": []}


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param({"kind": "drop_after"}, id="dropped"),
        pytest.param(
            {"kind": "status", "status": 500, "accepted": True}, id="broken at 46elks"
        ),
        pytest.param(
            {"kind": "status", "status": 200, "body": "<html>", "accepted": True},
            id="a page",
        ),
        pytest.param(
            {"kind": "status", "status": 200, "body": '{"id":"a1"}', "accepted": True},
            id="no secret",
        ),
    ],
)
async def test_an_answer_that_was_lost_is_looked_up(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    lost: Json,
) -> None:
    """One with that name that was not there before is the one."""
    await open_subaccount(simulator, name="Cottage")
    await simulator.fail(failing("subaccounts", method="POST", times=1, **lost))
    answer = await use_action(hass, CREATE, name="Cottage", usage_limit=5)

    listed = await use_action(hass, LIST)
    assert len(listed["subaccounts"]) == 2
    newest = listed["subaccounts"][0]
    assert answer["subaccount"] == newest | {"secret": answer["subaccount"]["secret"]}
    assert len(answer["subaccount"]["secret"]) == 32


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(
            [failing("subaccounts", method="POST", kind="drop_before")], id="not opened"
        ),
        pytest.param(
            [
                failing("subaccounts", method="POST", kind="drop_after"),
                failing("subaccounts", times=1, kind="delay", seconds=0),
                answering("subaccounts", 503),
            ],
            id="no look-up",
        ),
    ],
)
async def test_a_subaccount_in_doubt_is_not_opened_again(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    faults: list[Json],
) -> None:
    """Nobody would know of the first."""
    await simulator.fail(*faults)
    with pytest.raises(HomeAssistantError) as caught:
        await use_action(hass, CREATE, name="Cottage")

    assert caught.value.translation_key == "subaccount_unknown"
    assert caught.value.translation_placeholders == {"name": "Cottage"}
    assert len(await posts(simulator)) == 1


@pytest.fixture
async def opener(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> SubaccountOpener:
    """Return one whose first try has lost its answer, and could not be looked up."""
    opener = SubaccountOpener(integration.runtime_data.client)
    await simulator.fail(
        failing("subaccounts", method="POST", times=1, kind="drop_after"),
        failing("subaccounts", times=1, kind="delay", seconds=0),
        answering("subaccounts", 503),
    )
    with pytest.raises(SubaccountInDoubtError):
        await opener.async_open(name="Cottage", usage_limit=Decimal(5))
    await simulator.fail()
    return opener


@pytest.mark.parametrize(
    ("name", "limit"),
    [
        pytest.param("Cottage", Decimal(5), id="as before"),
        pytest.param("Cottage", None, id="without a limit"),
        pytest.param("Villa", Decimal("7.5"), id="otherwise"),
    ],
)
async def test_the_next_try_finds_what_the_last_has_opened(
    opener: SubaccountOpener,
    simulator: SimulatorControl,
    name: str,
    limit: Decimal | None,
) -> None:
    """And makes it what is asked for now."""
    found = await opener.async_open(name=name, usage_limit=limit)

    assert found.secret
    assert (found.name, found.usage_limit) == (name, limit)
    assert len(await posts(simulator)) == 1
    requests = await simulator.requests("GET", "subaccounts")
    [row] = json.loads(requests[-1]["answer"])["data"]
    assert row["id"] == found.id


async def test_two_that_could_be_it_leave_the_doubt(
    opener: SubaccountOpener, simulator: SimulatorControl
) -> None:
    """Somebody else may have opened one of the same name."""
    await open_subaccount(simulator, name="Cottage")
    with pytest.raises(SubaccountInDoubtError):
        await opener.async_open(name="Cottage", usage_limit=None)

    assert len(await posts(simulator)) == 2


async def test_what_is_not_there_is_opened_by_the_next_try(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """After a look at what there is, which stays in doubt if the next answer is lost too."""
    opener = SubaccountOpener(integration.runtime_data.client)
    await simulator.fail(
        failing("subaccounts", method="POST", times=2, kind="drop_before")
    )
    for _ in range(2):
        with pytest.raises(SubaccountInDoubtError):
            await opener.async_open(name="Cottage", usage_limit=None)
    await simulator.fail(
        failing("subaccounts", method="POST", times=1, kind="status", status=403)
    )
    with pytest.raises(ElksForbiddenError):
        await opener.async_open(name="Cottage", usage_limit=None)
    opened = await opener.async_open(name="Cottage", usage_limit=None)

    listed = await use_action(hass, LIST)
    assert [row["id"] for row in listed["subaccounts"]] == [opened.id]


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_a_subaccount_has_no_subaccounts(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    action: str,
    data: Json,
) -> None:
    """The person is told which account to choose."""
    await connect(hass, entry, await open_subaccount(simulator))
    asked = len(await simulator.log())
    with pytest.raises(ServiceValidationError) as caught:
        await use_action(hass, action, **data)

    assert caught.value.translation_key == "account_is_subaccount"
    assert await simulator.requests("GET", "subaccounts", after=asked) == []


@pytest.mark.parametrize(("action", "data"), ACTIONS)
async def test_subaccounts_are_for_administrators(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_read_only_user: MockUser,
    action: str,
    data: Json,
) -> None:
    """Each is a key to the money."""
    for user_id in (hass_read_only_user.id, "nobody"):
        with pytest.raises(Unauthorized):
            await hass.services.async_call(
                DOMAIN,
                action,
                data,
                blocking=True,
                return_response=True,
                context=Context(user_id=user_id),
            )

    assert await simulator.requests("GET", "subaccounts") == []


async def test_an_administrator_may_open_one(
    hass: HomeAssistant, integration: MockConfigEntry, hass_admin_user: MockUser
) -> None:
    """By hand, in the developer tools."""
    answer = await hass.services.async_call(
        DOMAIN,
        CREATE,
        {"name": "Cottage"},
        blocking=True,
        return_response=True,
        context=Context(user_id=hass_admin_user.id),
    )

    assert answer


@pytest.mark.parametrize("action", [CREATE, LIST])
def test_what_only_answers_is_asked_for_its_answer(
    hass: HomeAssistant, integration: MockConfigEntry, action: str
) -> None:
    """A secret that nobody takes would be lost."""
    assert hass.services.supports_response(DOMAIN, action) is SupportsResponse.ONLY


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        pytest.param(
            {"usagelimit": "20000"}, {USAGE: "0.52", USAGE_LIMIT: "2"}, id="limit"
        ),
        pytest.param({}, {USAGE: "0.52"}, id="no limit"),
    ],
)
async def test_a_subaccount_shows_its_use_and_limit(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    form: dict[str, str],
    expected: dict[str, str],
) -> None:
    """Where 46elks tells them, and as money."""
    opened = await open_subaccount(simulator, **form)
    await simulator.put_account(subaccounts_see_use=True, subaccounts_see_all=True)
    text = {"from": "House", "to": ANNA, "message": "Hi"}
    await post_46elks(simulator, "sms", (opened["id"], opened["secret"]), **text)
    await connect(hass, entry, opened)

    states = {
        key: hass.states.get(key) for key in (USAGE, USAGE_LIMIT) if key in expected
    }
    assert {key: state and state.state for key, state in states.items()} == expected
    assert {
        state and state.attributes["unit_of_measurement"] for state in states.values()
    } == {"SEK"}
    assert (hass.states.get(USAGE_LIMIT) is None) == (USAGE_LIMIT not in expected)


async def test_use_grows_and_vanishes_with_46elks(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """It is read with the balance."""
    opened = await open_subaccount(simulator, usagelimit="1000000")
    await simulator.put_account(subaccounts_see_use=True, subaccounts_see_all=True)
    await connect(hass, entry, opened)
    assert shown(hass, USAGE) == "0"

    await send_sms(hass, to=ANNA)
    await pass_time(hass, minutes=31)
    assert shown(hass, USAGE) == "0.52"
    await simulator.fail(answering("me", 503))
    await pass_time(hass, minutes=31)
    assert shown(hass, USAGE) == shown(hass, USAGE_LIMIT) == STATE_UNAVAILABLE


@pytest.mark.parametrize(
    ("me", "own", "expected"),
    [
        pytest.param({}, None, set(), id="nothing"),
        pytest.param({"balance": 5_000_000}, None, {"balance"}, id="balance"),
        pytest.param(
            {"usagelimit": 10_000_000}, None, {"usage", "usage_limit"}, id="limit"
        ),
        pytest.param({"balanceused": 1}, None, {"usage"}, id="use"),
        pytest.param({}, {"balanceused": 1}, {"usage"}, id="of itself"),
        pytest.param(
            {}, {"usagelimit": 10_000_000}, {"usage", "usage_limit"}, id="limit, asked"
        ),
    ],
)
async def test_only_what_46elks_tells_is_an_entity(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    me: Json,
    own: Json | None,
    expected: set[str],
) -> None:
    """Nobody has written down what that is, so nothing is shown that is never known."""
    opened = await open_subaccount(simulator)
    row = {"id": opened["id"], "currency": "SEK"}
    await simulator.fail(
        answering("me", 200, json.dumps(row | me)),
        *([answering("subaccounts/*", 200, json.dumps(row | own))] if own else []),
    )
    await connect(hass, entry, opened)

    assert keys(hass, entry) == expected
    # The home's number is none that the subaccount sees.
    assert set(issues(hass)) == {"number_gone"}


@pytest.mark.parametrize("status", [401, 403, 404, 200])
async def test_one_that_may_not_ask_for_itself_does_so_once(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    status: int,
) -> None:
    """It works all the same."""
    opened = await open_subaccount(simulator)
    await simulator.fail(answering("subaccounts/*", status, "No"))
    await connect(hass, entry, opened)
    await pass_time(hass, minutes=31)
    await pass_time(hass, minutes=31)

    assert shown(hass, BALANCE) == "100"
    assert len(await simulator.requests("GET", "subaccounts/*")) == 1
    assert hass.config_entries.flow.async_progress() == []


async def test_an_account_does_not_ask_for_its_use(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It has none."""
    assert keys(hass, integration) == {"balance"}
    assert await simulator.requests("GET", "subaccounts*") == []


@pytest.mark.parametrize(
    ("limit", "left"), [pytest.param(1.0, "1.00", id="limit"), (50.0, "50.00")]
)
async def test_a_limit_that_is_almost_used_is_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    limit: float,
    left: str,
) -> None:
    """However much the account has, 46elks would refuse an alarm."""
    await simulator.put_account(subaccounts_see_use=True, balance="50.00")
    wire = str(int(limit * 10_000))
    await connect(hass, entry, await open_subaccount(simulator, usagelimit=wire))
    told = issues(hass).get("balance_low")

    assert (told or {}).get("balance", "50.00") == left
    assert bool(told) == (limit < 20)


def shown(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    state = hass.states.get(entity_id)
    assert state
    return state.state
