"""Numbers that are new at 46elks are offered, and those that vanish are missed."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from types import MappingProxyType
from unittest.mock import patch

from homeassistant.components.repairs import FlowType
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import STATE_UNAVAILABLE
from homeassistant.core import HomeAssistant
from homeassistant.helpers import (
    device_registry as dr,
    entity_registry as er,
    issue_registry as ir,
)
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.elks46.const import (
    CONF_NUMBER,
    CONF_NUMBER_ID,
    DOMAIN,
    SUBENTRY_NUMBER,
)

from . import (
    NUMBER,
    OTHER_NUMBER,
    Json,
    SimulatorControl,
    answering,
    issues,
    pass_time,
    setup_integration,
)

pytestmark = pytest.mark.usefixtures("impatient")

ENTITIES = (
    "event.46701740690_messages",
    "image.46701740690_last_picture",
    "sensor.46701740690_monthly_cost",
    "sensor.46701740690_renews",
)
FULL = OSError(28, "No space left on device")

type Mend = Callable[[str, int], Awaitable[Json]]


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
async def mend(hass: HomeAssistant, hass_client: ClientSessionGenerator) -> Mend:
    """Return what opens a repair of a kind and agrees to it, and waits between the two for so many minutes."""
    client = await hass_client()

    async def agree(kind: str, pause: int = 0) -> Json:
        """Agree."""
        [issue_id] = [
            issue_id
            for domain, issue_id in ir.async_get(hass).issues
            if domain == DOMAIN and issue_id.startswith(kind)
        ]
        response = await client.post(
            "/api/repairs/issues/fix", json={"handler": DOMAIN, "issue_id": issue_id}
        )
        assert response.status == HTTPStatus.OK
        flow = await response.json()
        assert (flow["type"], flow["step_id"]) == ("form", "confirm")
        await pass_time(hass, minutes=pause)
        response = await client.post(
            f"/api/repairs/issues/fix/{flow['flow_id']}", json={}
        )
        assert response.status == HTTPStatus.OK
        result: Json = await response.json()
        await hass.async_block_till_done(wait_background_tasks=True)
        return result

    return agree


def states(hass: HomeAssistant) -> set[str]:
    """Return the states of the number's entities, without those that are."""
    found = [hass.states.get(entity_id) for entity_id in ENTITIES]
    return {state.state if state else "none" for state in found}


async def test_a_number_rented_elsewhere_is_offered_within_the_hour(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Once, however often the numbers are read."""
    quiet = issues(hass)
    await simulator.put_number(OTHER_NUMBER, name="Summer house")
    await pass_time(hass, minutes=31)
    await pass_time(hass, minutes=31)

    assert quiet == {}
    assert issues(hass) == {
        "number_offered": {"number": "Summer house", "account": "46elks"}
    }


async def test_an_offer_leads_to_where_the_number_is_added(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    mend: Mend,
) -> None:
    """With the number chosen; then nothing is offered any more, even if it is removed again."""
    number = await simulator.put_number(OTHER_NUMBER)
    await pass_time(hass, minutes=31)
    result = await mend("number_offered", 0)
    flow_type, flow_id = result["next_flow"]
    subentries = hass.config_entries.subentries
    form = subentries.async_get(flow_id)
    await subentries.async_configure(flow_id, {CONF_NUMBER_ID: number["id"]})
    await hass.async_block_till_done(wait_background_tasks=True)
    added = integration.get_subentries_of_type(SUBENTRY_NUMBER)[-1]
    hass.config_entries.async_remove_subentry(integration, added.subentry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, minutes=31)

    assert flow_type == FlowType.CONFIG_SUBENTRIES_FLOW
    assert form["step_id"] == "answer"
    assert added.data == {CONF_NUMBER_ID: number["id"], CONF_NUMBER: OTHER_NUMBER}
    assert issues(hass) == {}


async def test_an_offer_that_was_left_stays(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    mend: Mend,
) -> None:
    """The number is still not used; whoever wants that ignores it."""
    await simulator.put_number(OTHER_NUMBER)
    await pass_time(hass, minutes=31)
    result = await mend("number_offered", 0)

    assert result["reason"] == "leads_on"
    assert set(issues(hass)) == {"number_offered"}


async def test_an_offer_that_is_ignored_stays_so(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Home Assistant remembers it, whatever is read later."""
    number = await simulator.put_number(OTHER_NUMBER)
    await pass_time(hass, minutes=31)
    issue_id = f"number_offered_{integration.entry_id}_{number['id']}"
    ir.async_ignore_issue(hass, DOMAIN, issue_id, True)
    await pass_time(hass, minutes=31)
    issue = ir.async_get(hass).async_get_issue(DOMAIN, issue_id)

    assert issue
    assert issue.dismissed_version


async def test_an_offer_goes_when_the_number_does(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """There is nothing to add."""
    await simulator.put_number(OTHER_NUMBER)
    await pass_time(hass, minutes=31)
    offered = set(issues(hass))
    await simulator.put_number(OTHER_NUMBER, active=False)
    await pass_time(hass, minutes=31)

    assert (offered, issues(hass)) == ({"number_offered"}, {})


async def test_a_number_that_was_not_chosen_is_not_offered(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """It was there when the person was asked; nor are those of apps, whenever they come."""
    await simulator.put_number(OTHER_NUMBER)
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    await simulator.put_number("+4600170001", capabilities=["websocket"])
    await pass_time(hass, minutes=31)
    await hass.config_entries.async_reload(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert "number_offered" not in issues(hass)


async def test_what_came_while_home_assistant_was_off_is_offered(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """What is known survives a restart."""
    await hass.config_entries.async_unload(integration.entry_id)
    await simulator.put_number(OTHER_NUMBER)
    await setup_integration(hass, integration)

    assert set(issues(hass)) == {"number_offered"}


async def test_an_offer_ends_when_46elks_has_no_answer(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    mend: Mend,
) -> None:
    """It is made again later."""
    await simulator.put_number(OTHER_NUMBER)
    await pass_time(hass, minutes=31)
    await simulator.fail(answering("numbers", 429))
    result = await mend("number_offered", 0)

    assert (result["type"], result["reason"]) == ("abort", "not_offered")
    assert set(issues(hass)) == {"number_offered"}


@pytest.mark.parametrize("kind", ["number_offered", "number_gone"])
async def test_an_account_that_is_not_loaded_is_not_mended(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    mend: Mend,
    kind: str,
) -> None:
    """The person is told so."""
    await simulator.put_number(OTHER_NUMBER)
    await simulator.put_number(NUMBER, active=False)
    await pass_time(hass, minutes=31)
    await hass.config_entries.async_unload(integration.entry_id)
    result = await mend(kind, 0)

    assert (result["type"], result["reason"]) == ("abort", "not_loaded")


async def test_a_number_that_vanishes_is_missed_and_one_click_removes_it(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    mend: Mend,
) -> None:
    """Its entities are unavailable, then gone with its device; nothing is set at 46elks any more."""
    alive = states(hass)
    await simulator.put_number(NUMBER, active=False)
    await pass_time(hass, minutes=31)
    missed, gone = issues(hass), states(hass)
    before = await simulator.requests("POST", "numbers/*")
    result = await mend("number_gone", 0)

    assert STATE_UNAVAILABLE not in alive
    assert missed == {"number_gone": {"number": NUMBER, "account": "46elks"}}
    assert gone == {STATE_UNAVAILABLE}
    assert result["type"] == "create_entry"
    assert not integration.get_subentries_of_type(SUBENTRY_NUMBER)
    assert states(hass) == {"none"}
    assert all(er.async_get(hass).async_get(one) is None for one in ENTITIES)
    assert not dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, "number"), integration.entry_id
    )
    assert issues(hass) == {}
    assert await simulator.requests("POST", "numbers/*") == before


async def test_a_number_that_comes_back_is_missed_no_longer(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """By itself."""
    await simulator.put_number(NUMBER, active=False)
    await pass_time(hass, minutes=31)
    missed = set(issues(hass))
    await simulator.put_number(NUMBER, active=True)
    await pass_time(hass, minutes=31)

    assert (missed, issues(hass)) == ({"number_gone"}, {})
    assert STATE_UNAVAILABLE not in states(hass)


async def test_a_number_that_comes_back_while_it_is_asked_about_stays(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    mend: Mend,
) -> None:
    """The form may have stood open for long."""
    await simulator.put_number(NUMBER, active=False)
    await pass_time(hass, minutes=31)
    await simulator.put_number(NUMBER, active=True)
    result = await mend("number_gone", 32)

    assert (result["type"], result["reason"]) == ("abort", "number_back")
    assert integration.get_subentries_of_type(SUBENTRY_NUMBER)


async def test_a_number_that_cannot_be_read_is_not_missed(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks being away says nothing about a number."""
    await simulator.fail(answering("numbers", 429))
    await pass_time(hass, minutes=31)

    assert issues(hass) == {}
    assert STATE_UNAVAILABLE not in states(hass)


async def test_a_missed_number_that_is_removed_by_hand_is_forgotten(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The repair goes too."""
    await simulator.put_number(NUMBER, active=False)
    await pass_time(hass, minutes=31)
    hass.config_entries.async_remove_subentry(integration, "number")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert issues(hass) == {}


async def test_only_the_number_that_is_gone_is_removed(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    mend: Mend,
) -> None:
    """The others stay."""
    other = await simulator.put_number(OTHER_NUMBER)
    subentry = ConfigSubentry(
        data=MappingProxyType({CONF_NUMBER_ID: other["id"], CONF_NUMBER: OTHER_NUMBER}),
        subentry_type=SUBENTRY_NUMBER,
        title=OTHER_NUMBER,
        unique_id=other["id"],
    )
    hass.config_entries.async_add_subentry(integration, subentry)
    await hass.async_block_till_done(wait_background_tasks=True)
    await simulator.put_number(OTHER_NUMBER, active=False)
    await pass_time(hass, minutes=31)
    await mend("number_gone", 0)

    [left] = integration.get_subentries_of_type(SUBENTRY_NUMBER)
    assert left.subentry_id == "number"


async def test_a_disk_that_refuses_keeps_no_number_from_being_told(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """What was there at the first look is taken anew then."""
    entry.add_to_hass(hass)
    with patch(
        "custom_components.elks46.store.ElksStore.async_record_known_numbers",
        side_effect=FULL,
    ):
        await setup_integration(hass, entry)
        await simulator.put_number(NUMBER, active=False)
        await pass_time(hass, minutes=31)

    assert "number_gone" in issues(hass)
