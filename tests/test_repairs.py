"""Repairs that one click can make, and those that lead to where they are made."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any
from unittest.mock import patch

from aiohttp.test_utils import TestClient
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.repairs import FlowType
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.elks46.const import (
    CONF_CALL_HANDLING,
    CONF_FORWARD_TO,
    CONF_NUMBER_ID,
    CONF_PUBLIC_URL,
    CONF_REACH,
    CONF_TEXT_FORWARD_TO,
    DOMAIN,
    Reach,
)

from . import (
    ANNA,
    BJORN,
    NUMBER,
    Json,
    SimulatorControl,
    answering,
    change_options,
    failing,
    issues,
    pass_time,
    send_sms,
    text_home,
)
from .calls import place_call
from .wording import ENGLISH

FOREIGN = "https://pizza.example.com/sms"

type Click = Callable[[], Awaitable[Json]]


@pytest.fixture
async def taken(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> str:
    """Return the issue of a number whose texts somebody else has taken."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await pass_time(hass, minutes=31)
    number_id = integration.subentries["number"].data[CONF_NUMBER_ID]
    return f"number_taken_{integration.entry_id}_{number_id}"


@pytest.fixture
async def click(
    hass: HomeAssistant, taken: str, hass_client: ClientSessionGenerator
) -> Click:
    """Return what opens the repair and agrees to it, each time."""
    client = await hass_client()
    response = await client.post(
        "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": taken}
    )
    assert response.status == HTTPStatus.OK
    flow = await response.json()
    assert flow["step_id"] == "confirm"
    assert flow["errors"] == {}

    async def agree() -> Json:
        """Agree."""
        response = await client.post(
            f"/api/repairs/issues/fix/{flow['flow_id']}", json={}
        )
        assert response.status == HTTPStatus.OK
        await hass.async_block_till_done()
        result: Json = await response.json()
        return result

    return agree


async def sms_url(simulator: SimulatorControl) -> str:
    """Return what answers the number's texts at 46elks."""
    (number,) = await simulator.control("GET", "numbers")
    url: str = number["sms_url"]
    return url


async def test_one_click_lets_the_texts_come_here_again(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    click: Click,
) -> None:
    """And whoever had taken them gets them back when the account is removed."""
    result = await click()
    mended = await sms_url(simulator)
    found = issues(hass)
    await hass.config_entries.async_remove(integration.entry_id)

    assert result["type"] == "create_entry"
    assert mended.startswith(public_url)
    assert found == {}
    assert await sms_url(simulator) == FOREIGN


async def test_while_46elks_is_away_it_can_be_tried_again(
    hass: HomeAssistant, simulator: SimulatorControl, public_url: str, click: Click
) -> None:
    """The issue stays until it is done."""
    await simulator.fail(answering("numbers/*", 429))
    failed = await click()
    found = issues(hass)
    await simulator.fail()
    result = await click()

    assert failed["errors"] == {"base": "cannot_connect"}
    assert set(found) == {"number_taken"}
    assert result["type"] == "create_entry"
    assert (await sms_url(simulator)).startswith(public_url)


async def test_an_account_that_is_not_loaded_cannot_be_mended(
    hass: HomeAssistant, integration: MockConfigEntry, click: Click
) -> None:
    """The person is told so."""
    await hass.config_entries.async_unload(integration.entry_id)

    result = await click()

    assert (result["type"], result["reason"]) == ("abort", "not_loaded")


async def test_an_account_that_was_removed_cannot_be_mended(
    hass: HomeAssistant, integration: MockConfigEntry, click: Click
) -> None:
    """The repair may have stood open meanwhile."""
    await hass.config_entries.async_remove(integration.entry_id)

    result = await click()

    assert (result["type"], result["reason"]) == ("abort", "not_loaded")


async def test_a_home_without_an_address_cannot_take_them(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    click: Click,
) -> None:
    """Nothing would come here."""
    await change_options(hass, integration, **{CONF_REACH: Reach.CLOUD})

    result = await click()

    assert (result["type"], result["reason"]) == ("abort", "no_address")
    assert await sms_url(simulator) == FOREIGN


async def test_the_repair_has_a_button(hass: HomeAssistant, taken: str) -> None:
    """It can be mended, and is a warning: texts go elsewhere, but go."""
    issue = ir.async_get(hass).async_get_issue(DOMAIN, taken)

    assert issue
    assert issue.is_fixable
    assert issue.severity is ir.IssueSeverity.WARNING


class Visitor:
    """Clicks through repairs as a person does."""

    def __init__(self, hass: HomeAssistant, client: TestClient[Any, Any]) -> None:
        """Take the page."""
        self._hass = hass
        self._client = client

    async def open(self, what: str) -> Json:
        """Open the repair of an issue, by its translation key, and return what is shown."""
        [issue_id] = [
            issue.issue_id
            for issue in ir.async_get(self._hass).issues.values()
            if issue.domain == DOMAIN and issue.translation_key == what
        ]
        return await self._post("", {"handler": DOMAIN, "issue_id": issue_id})

    async def submit(self, shown: Json, **fields: object) -> Json:
        """Fill in what is shown and submit it; return what is shown then, when all has come to rest."""
        return await self._post(f"/{shown['flow_id']}", fields)

    async def _post(self, path: str, body: Mapping[str, object]) -> Json:
        response = await self._client.post(f"/api/repairs/issues/fix{path}", json=body)
        assert response.status == HTTPStatus.OK
        await self._hass.async_block_till_done(wait_background_tasks=True)
        shown: Json = await response.json()
        return shown


@pytest.fixture
async def visitor(
    hass: HomeAssistant, public_url: str, hass_client: ClientSessionGenerator
) -> Visitor:
    """Return somebody who is logged in."""
    return Visitor(hass, await hass_client())


def suggested(shown: Json) -> Json:
    """Return what stands in the fields of a form already."""
    return {
        field["name"]: field.get("description", {}).get("suggested_value")
        for field in shown["data_schema"]
    }


def words(shown: Json, what: str) -> Json:
    """Return the words of the step that is shown, or of the end of a repair."""
    flow = ENGLISH["issues"][what]["fix_flow"]
    step: Json = flow["step"].get(shown.get("step_id"), flow.get("abort"))
    return step


@pytest.mark.parametrize(
    ("limit", "start", "raised"),
    [
        pytest.param("hourly_message_limit", 1, 3, id="messages"),
        pytest.param("daily_spend_limit", 0.6, 1.25, id="money"),
    ],
)
async def test_a_limit_is_raised(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    visitor: Visitor,
    limit: str,
    start: float,
    raised: float,
) -> None:
    """Twice the present one is proposed, less than the present one is no help, and then texts go out."""
    await change_options(hass, integration, **{limit: start})
    (_, refused) = await send_sms(hass, to=[ANNA, BJORN])
    shown = await visitor.open(limit)
    proposed = suggested(shown)
    too_low = await visitor.submit(shown, **{limit: start})
    result = await visitor.submit(shown, **{limit: raised})
    (sent,) = await send_sms(hass, to=[BJORN])

    assert "error" in refused
    assert proposed == {limit: 2 * start}
    assert set(words(shown, limit)["data"]) == {limit}
    assert too_low["errors"] == {limit: "not_raised"}
    assert result["type"] == "create_entry"
    assert issues(hass) == {}
    assert integration.options[limit] == raised
    assert integration.options[CONF_REACH] == Reach.EXTERNAL
    assert sent["status"] == "delivered"


async def test_half_a_call_more_is_one(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    visitor: Visitor,
) -> None:
    """As in the options; nothing is proposed to who wants none at all."""
    await change_options(hass, integration, hourly_call_limit=0)
    with pytest.raises(HomeAssistantError, match="a limit of 0"):
        await place_call(hass, to=[ANNA])
    shown = await visitor.open("hourly_call_limit")
    proposed = suggested(shown)
    await visitor.submit(shown, hourly_call_limit=0.5)
    await simulator.put_handset(ANNA, answers="busy")
    (placed,) = await place_call(hass, to=[ANNA])

    assert proposed == {"hourly_call_limit": None}
    assert integration.options["hourly_call_limit"] == 1
    assert placed["outcome"] == "busy"


async def test_another_address_is_chosen(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    visitor: Visitor,
) -> None:
    """What 46elks would not find is told in the form; then its posts come there."""
    await change_options(hass, integration, **{CONF_PUBLIC_URL: ""})
    shown = await visitor.open("no_address")
    wrong = await visitor.submit(shown, reach="external", public_url="ftp://home")
    result = await visitor.submit(
        shown, reach="external", public_url=f"  {public_url}/ "
    )
    found = issues(hass)
    text = await text_home(hass, simulator, ANNA, "Hello")

    assert set(words(shown, "no_address")["data"]) == {"reach", "public_url"}
    assert suggested(shown) == {"reach": "external", "public_url": ""}
    assert wrong["errors"] == {"public_url": "invalid_public_url"}
    assert suggested(wrong)["public_url"] == "ftp://home"
    assert result["type"] == "create_entry"
    assert found == {}
    assert integration.options[CONF_PUBLIC_URL] == public_url
    assert text["id"]


async def test_asking_is_chosen(
    hass: HomeAssistant, integration: MockConfigEntry, visitor: Visitor
) -> None:
    """Then nothing is said of an address any more, and the one from before is gone."""
    await change_options(
        hass,
        integration,
        **{CONF_REACH: Reach.CLOUD, CONF_PUBLIC_URL: "https://home.example.com"},
    )
    shown = await visitor.open("no_address")
    result = await visitor.submit(shown, reach="poll")

    assert result["type"] == "create_entry"
    assert issues(hass) == {}
    assert integration.options[CONF_REACH] == Reach.POLL
    assert CONF_PUBLIC_URL not in integration.options


async def test_an_address_that_is_none_comes_back(
    hass: HomeAssistant, integration: MockConfigEntry, visitor: Visitor
) -> None:
    """Also where nothing was changed: the person may have mended it elsewhere, or not."""
    await change_options(hass, integration, **{CONF_REACH: Reach.CLOUD})
    shown = await visitor.open("no_address")
    unchanged = {"reach": "cloud", "public_url": integration.options[CONF_PUBLIC_URL]}
    result = await visitor.submit(shown, **unchanged)

    assert result["type"] == "create_entry"
    assert set(issues(hass)) == {"no_address"}


async def test_a_refused_address_is_offered_once_more(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    visitor: Visitor,
) -> None:
    """46elks may take the same one now."""
    await simulator.put_number(NUMBER, sms_url="")
    await simulator.fail(
        failing("numbers/*", method="POST", kind="status", status=403, body="No")
    )
    await pass_time(hass, minutes=31)
    refused = issues(hass)
    await simulator.fail()
    shown = await visitor.open("address_refused")
    result = await visitor.submit(
        shown, reach="external", public_url=integration.options[CONF_PUBLIC_URL]
    )

    assert refused == {"address_refused": {"account": "46elks", "reason": "No"}}
    assert result["type"] == "create_entry"
    assert issues(hass) == {}


@pytest.fixture
async def silent(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
) -> None:
    """Let a text of some time ago be found that was never posted."""
    freezer.tick(180)
    await simulator.fail({"match": {"callback": "sms"}, "times": None, "kind": "lose"})
    await simulator.send_text(ANNA, NUMBER, "Are you there?")
    await simulator.fail()
    freezer.tick(1860)
    await pass_time(hass)


@pytest.mark.usefixtures("silent")
async def test_the_way_is_tested(hass: HomeAssistant, visitor: Visitor) -> None:
    """It is one click, and if the post arrives the issue is over."""
    shown = await visitor.open("callbacks_missing")
    result = await visitor.submit(shown, next_step_id="test")

    assert shown["type"] == "menu"
    assert set(words(shown, "callbacks_missing")["menu_options"]) == set(
        shown["menu_options"]
    )
    assert result["type"] == "create_entry"
    assert issues(hass) == {}


@pytest.mark.usefixtures("silent")
async def test_a_way_that_leads_elsewhere_is_told(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    visitor: Visitor,
) -> None:
    """In the same words as by the button, and another address can be chosen."""
    elsewhere = simulator.api_url.removesuffix("/a1")
    address = integration.runtime_data.address
    with patch.object(
        address, "callback_url", return_value=f"{elsewhere}/api/webhook/nobody"
    ):
        shown = await visitor.open("callbacks_missing")
        ended = await visitor.submit(shown, next_step_id="test")
    found = issues(hass)
    again = await visitor.open("callbacks_missing")
    form = await visitor.submit(again, next_step_id="address")

    assert (ended["type"], ended["reason"]) == ("abort", "test_wrong_answer")
    assert ended["description_placeholders"] == {"status": "404"}
    assert ended["reason"] in words(ended, "callbacks_missing")
    assert set(found) == {"callbacks_missing"}
    assert form["step_id"] == "address"


@pytest.mark.usefixtures("silent")
async def test_another_address_ends_the_silence(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    visitor: Visitor,
) -> None:
    """It is trusted until it disappoints, too."""
    shown = await visitor.open("callbacks_missing")
    form = await visitor.submit(shown, next_step_id="address")
    await visitor.submit(form, reach="external", public_url="https://home.example.com")

    assert integration.options[CONF_PUBLIC_URL] == "https://home.example.com"
    assert issues(hass) == {}


@pytest.mark.parametrize("step", ["test", "address"])
@pytest.mark.usefixtures("silent")
async def test_the_way_of_an_account_that_is_not_loaded(
    hass: HomeAssistant, integration: MockConfigEntry, visitor: Visitor, step: str
) -> None:
    """Nothing can be tested or chosen then."""
    shown = await visitor.open("callbacks_missing")
    await hass.config_entries.async_unload(integration.entry_id)
    result = await visitor.submit(shown, next_step_id=step)

    assert (result["type"], result["reason"]) == ("abort", "not_loaded")


async def test_the_limit_of_an_account_that_is_not_loaded(
    hass: HomeAssistant, integration: MockConfigEntry, visitor: Visitor
) -> None:
    """The limit of no account can be raised."""
    await change_options(hass, integration, hourly_message_limit=1)
    await send_sms(hass, to=[ANNA, BJORN])
    shown = await visitor.open("hourly_message_limit")
    await hass.config_entries.async_unload(integration.entry_id)
    result = await visitor.submit(shown, hourly_message_limit=5)

    assert (result["type"], result["reason"]) == ("abort", "not_loaded")


@pytest.fixture
async def astray(
    hass: HomeAssistant, integration: MockConfigEntry
) -> dict[str, object]:
    """Let texts and calls of the number go to somebody who is no contact any more; return how it is set."""
    subentry = integration.subentries["number"]
    settings = {
        **subentry.data,
        CONF_CALL_HANDLING: "forward",
        CONF_FORWARD_TO: ["nobody"],
        CONF_TEXT_FORWARD_TO: "nobody",
    }
    hass.config_entries.async_update_subentry(integration, subentry, data=settings)
    await hass.async_block_till_done(wait_background_tasks=True)
    return settings


@pytest.mark.parametrize(
    ("what", "step", "needed", "field", "mended"),
    [
        pytest.param(
            "forward_gone",
            "settings",
            {"sms_replies": True, "text_reply_to": "contacts"},
            CONF_TEXT_FORWARD_TO,
            "anna",
            id="texts",
        ),
        pytest.param(
            "call_forward_gone",
            "calls",
            {CONF_CALL_HANDLING: "forward"},
            CONF_FORWARD_TO,
            ["anna"],
            id="calls",
        ),
    ],
)
@pytest.mark.usefixtures("astray")
async def test_a_repair_leads_to_the_form_of_the_number(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    visitor: Visitor,
    what: str,
    step: str,
    needed: Json,
    field: str,
    mended: object,
) -> None:
    """The issue stays until it is mended there."""
    shown = await visitor.open(what)
    result = await visitor.submit(shown)
    flow_type, flow_id = result["next_flow"]
    flows = hass.config_entries.subentries
    form = flows.async_get(flow_id)
    before = set(issues(hass))
    await flows.async_configure(flow_id, {**needed, field: mended})
    await hass.async_block_till_done(wait_background_tasks=True)

    assert (result["type"], result["reason"]) == ("abort", "leads_on")
    assert flow_type == FlowType.CONFIG_SUBENTRIES_FLOW
    assert form["step_id"] == step
    assert what in before
    assert what not in issues(hass)
    assert integration.subentries["number"].data[field] == mended


@pytest.mark.usefixtures("astray")
async def test_a_form_that_cannot_be_opened(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    visitor: Visitor,
) -> None:
    """46elks is away, or the number was removed meanwhile."""
    shown = await visitor.open("forward_gone")
    await simulator.fail(answering("numbers", 500))
    away = await visitor.submit(shown)
    await simulator.fail()
    again = await visitor.open("forward_gone")
    hass.config_entries.async_remove_subentry(integration, "number")
    await hass.async_block_till_done(wait_background_tasks=True)
    gone = await visitor.submit(again)

    assert (away["type"], away["reason"]) == ("abort", "not_shown")
    assert (gone["type"], gone["reason"]) == ("abort", "not_shown")
