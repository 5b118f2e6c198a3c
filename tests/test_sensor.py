"""Money, traffic, and how the last text to each contact fares."""

from collections.abc import Generator
from datetime import datetime
from decimal import Decimal
import json
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.sensor import ATTR_LAST_RESET, ATTR_OPTIONS
from homeassistant.const import (
    ATTR_UNIT_OF_MEASUREMENT,
    EVENT_STATE_REPORTED,
    STATE_UNAVAILABLE,
    STATE_UNKNOWN,
    EntityCategory,
)
from homeassistant.core import (
    Event,
    EventStateReportedData,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.helpers.entity import Entity
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
    mock_restore_cache_with_extra_data,
)
from syrupy.assertion import SnapshotAssertion
from syrupy.filters import props

from custom_components.elks46.const import CONF_NUMBER_ID

from . import (
    ANNA,
    BJORN,
    NUMBER,
    SimulatorControl,
    answering,
    failing,
    pass_time,
    send_sms,
    setup_integration,
    text_home,
)

BALANCE = "sensor.46elks_balance"
SPENT_TODAY = "sensor.46elks_spent_today"
SPENT_THIS_MONTH = "sensor.46elks_spent_this_month"
MESSAGES_TODAY = "sensor.46elks_messages_today"
LAST_CALLBACK = "sensor.46elks_last_callback"
ANNAS_LAST = "sensor.anna_last_message_status"
MONTHLY_COST = "sensor.46701740690_monthly_cost"
RENEWS = "sensor.46701740690_renews"
BJORNS_LAST = "sensor.bjorn_last_message_status"


def shown(hass: HomeAssistant, entity_id: str) -> str:
    """Return the state of an entity."""
    state = hass.states.get(entity_id)
    assert state
    return state.state


def figures(hass: HomeAssistant) -> tuple[str, str, str]:
    """Return what was spent today and this month, and how many texts there were today."""
    return (
        shown(hass, SPENT_TODAY),
        shown(hass, SPENT_THIS_MONTH),
        shown(hass, MESSAGES_TODAY),
    )


async def test_every_entity_of_an_account(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    entity_registry: er.EntityRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """Names, units, classes and categories, as people find them."""
    entities = {
        entity.entity_id: {
            "category": entity.entity_category,
            "key": entity.translation_key,
            "subentry": entity.config_subentry_id,
            "unique_id": entity.unique_id,
            "state": hass.states.get(entity.entity_id),
        }
        for entity in er.async_entries_for_config_entry(
            entity_registry, integration.entry_id
        )
    }

    assert dict(sorted(entities.items())) == snapshot(
        exclude=props(
            "access_token",
            # Its state is a month from now.
            "sensor.46701740690_renews",
            "entity_picture",
            "last_reset",
            "last_changed",
            "last_reported",
            "last_updated",
            "context",
        )
    )


async def test_every_device_of_an_account(
    integration: MockConfigEntry,
    device_registry: dr.DeviceRegistry,
    snapshot: SnapshotAssertion,
) -> None:
    """The account, and below it its people and its numbers."""
    account = device_registry.async_get_device_by_identifier(
        ("elks46", str(integration.unique_id)), integration.entry_id
    )
    assert account
    devices = {
        device.name: {
            "below the account": device.via_device_id == account.id,
            "entry_type": device.entry_type,
            "identifiers": device.identifiers,
            "manufacturer": device.manufacturer,
            "serial_number": device.serial_number,
            "subentry": device.config_subentry_id,
        }
        for device in dr.async_entries_for_config_entry(
            device_registry, integration.entry_id
        )
    }

    assert devices == snapshot


@pytest.mark.parametrize("currency", ["SEK", "EUR"])
async def test_money_is_in_the_accounts_currency(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    currency: str,
) -> None:
    """46elks never converts it, and neither do we."""
    await simulator.put_account(currency=currency)
    await hass.config_entries.async_reload(integration.entry_id)

    units = {
        state.attributes[ATTR_UNIT_OF_MEASUREMENT]
        for entity_id in (BALANCE, SPENT_TODAY, SPENT_THIS_MONTH)
        if (state := hass.states.get(entity_id))
    }
    assert units == {currency}


async def test_a_text_costs_money_and_counts(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """What comes in is free, but counts."""
    await send_sms(hass, to=ANNA)
    await send_sms(hass, to=ANNA, message="x" * 161)
    await text_home(hass, simulator, ANNA, "Thanks")
    await pass_time(hass, minutes=31)

    assert figures(hass) == ("1.56", "1.56", "3")
    assert Decimal(shown(hass, BALANCE)) == Decimal("98.44")


async def test_a_refused_text_costs_and_counts_nothing(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks bills what it takes."""
    await simulator.put_account(balance="0.00")

    with pytest.raises(HomeAssistantError):
        await send_sms(hass, to=ANNA)

    assert figures(hass) == ("0", "0", "0")


@pytest.mark.parametrize(
    ("midnight", "expected", "resets"),
    [
        pytest.param(
            "2026-11-22T00:00:00+01:00",
            ("0", "0.52", "0"),
            ("2026-11-22T00:00:00+01:00", "2026-11-01T00:00:00+01:00"),
            id="day",
        ),
        pytest.param(
            "2026-12-01T00:00:00+01:00",
            ("0", "0", "0"),
            ("2026-12-01T00:00:00+01:00", "2026-12-01T00:00:00+01:00"),
            id="month",
        ),
    ],
)
@pytest.mark.freeze_time("2026-11-21T21:00:00+00:00")
async def test_counting_begins_anew_at_the_homes_midnight(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
    midnight: str,
    expected: tuple[str, str, str],
    resets: tuple[str, str],
) -> None:
    """Not at that of Greenwich, and without a text having to come first."""
    await hass.config.async_set_time_zone("Europe/Stockholm")
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    await send_sms(hass, to=ANNA, wait=0)
    before = figures(hass)

    freezer.move_to(midnight)
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert before == ("0.52", "0.52", "1")
    assert figures(hass) == expected
    assert resets == tuple(
        state.attributes[ATTR_LAST_RESET]
        for entity_id in (SPENT_TODAY, SPENT_THIS_MONTH)
        if (state := hass.states.get(entity_id))
    )


async def test_figures_survive_a_restart(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """They are counted here, so 46elks cannot be asked for them."""
    await send_sms(hass, to=ANNA)

    await hass.config_entries.async_reload(integration.entry_id)

    assert figures(hass) == ("0.52", "0.52", "1")


async def test_only_the_balance_needs_46elks(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """What the home has counted itself is known also while 46elks is away."""
    await simulator.fail(answering("*", 429))
    await pass_time(hass, minutes=31)
    away = (shown(hass, BALANCE), *figures(hass))
    await simulator.fail()
    await pass_time(hass, minutes=31)

    assert away == (STATE_UNAVAILABLE, "0", "0", "0")
    assert shown(hass, BALANCE) == "100"


async def test_the_balance_is_read_when_an_automation_asks(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It need not wait for half an hour; what the home counts itself asks 46elks nothing."""
    await async_setup_component(hass, "homeassistant", {})
    await simulator.put_account(balance="50")
    before = len(await simulator.requests("GET", "me"))
    for entity_id in (SPENT_TODAY, BALANCE):
        await hass.services.async_call(
            "homeassistant", "update_entity", {"entity_id": entity_id}, blocking=True
        )
    assert shown(hass, BALANCE) == "50"
    assert len(await simulator.requests("GET", "me")) == before + 1


@pytest.fixture
def enabled() -> Generator[None]:
    """Have everything enabled that a person can enable."""
    with patch.object(Entity, "entity_registry_enabled_default", new=True):
        yield


@pytest.mark.usefixtures("enabled")
async def test_the_last_callback_is_shown(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It tells that the way works, and since when it has been quiet."""
    assert shown(hass, LAST_CALLBACK) == STATE_UNKNOWN
    before = dt_util.utcnow().replace(microsecond=0)

    await text_home(hass, simulator, ANNA, "Hello")

    assert datetime.fromisoformat(shown(hass, LAST_CALLBACK)) >= before


@pytest.mark.usefixtures("enabled")
async def test_the_last_callback_is_known_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, public_url: str
) -> None:
    """Until there is a newer one."""
    when = "2026-11-22T10:00:00+00:00"
    mock_restore_cache_with_extra_data(
        hass,
        [
            (
                State(LAST_CALLBACK, when),
                {
                    "native_value": {
                        "__type": "<class 'datetime.datetime'>",
                        "isoformat": when,
                    },
                    "native_unit_of_measurement": None,
                },
            )
        ],
    )
    entry.add_to_hass(hass)

    await setup_integration(hass, entry)

    assert shown(hass, LAST_CALLBACK) == when


async def test_a_text_is_followed_to_its_end(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Each person has a state of their own."""
    state = hass.states.get(ANNAS_LAST)
    assert state
    assert state.attributes[ATTR_OPTIONS] == ["created", "sent", "delivered", "failed"]
    await simulator.put_handset(BJORN, on=False, validity=1)

    await send_sms(hass, to=ANNA)
    await send_sms(hass, to=BJORN)

    assert (shown(hass, ANNAS_LAST), shown(hass, BJORNS_LAST)) == (
        "delivered",
        "failed",
    )


async def test_only_the_newest_text_is_shown(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """A late report about an older one changes nothing."""
    events = async_capture_events(hass, "elks46_message_status")
    await simulator.fail(
        {"match": {"callback": "delivery"}, "times": 2, "kind": "lose"}
    )
    await send_sms(hass, to=ANNA, wait=0)
    await simulator.posted("delivery", 2)
    await simulator.put_account(balance="0.00")
    with pytest.raises(HomeAssistantError):
        await send_sms(hass, to=ANNA)

    await pass_time(hass, minutes=31)

    statuses = [event.data["status"] for event in events]
    assert statuses == ["created", "failed", "delivered"]
    assert shown(hass, ANNAS_LAST) == "failed"


async def test_a_text_of_unknown_fate_is_shown_as_unknown(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither sent nor failed would be true."""
    monkeypatch.setattr("custom_components.elks46.look_up.LOOK_UP_PAUSES", (0.0,))
    await send_sms(hass, to=ANNA)
    await simulator.fail(
        failing("sms", method="POST", times=1, kind="drop_after"),
        answering("sms", 403),
        {"match": {"callback": "delivery"}, "times": None, "kind": "lose"},
    )

    with pytest.raises(HomeAssistantError, match="Nobody knows"):
        await send_sms(hass, to=ANNA, message="Again")

    assert shown(hass, ANNAS_LAST) == STATE_UNKNOWN


async def test_the_last_status_is_known_after_a_restart(
    hass: HomeAssistant, entry: MockConfigEntry, integration: MockConfigEntry
) -> None:
    """From what the account remembers, also where Home Assistant has forgotten."""
    await send_sms(hass, to=ANNA)

    await hass.config_entries.async_reload(integration.entry_id)

    assert shown(hass, ANNAS_LAST) == "delivered"


async def test_the_last_status_of_long_ago_is_restored(
    hass: HomeAssistant, entry: MockConfigEntry, public_url: str
) -> None:
    """The account forgets texts after some days, the entity does not."""
    mock_restore_cache_with_extra_data(
        hass,
        [
            (
                State(ANNAS_LAST, "failed"),
                {"native_value": "failed", "native_unit_of_measurement": None},
            )
        ],
    )
    entry.add_to_hass(hass)

    await setup_integration(hass, entry)

    assert shown(hass, ANNAS_LAST) == "failed"
    assert shown(hass, BJORNS_LAST) == STATE_UNKNOWN


async def test_a_number_tells_what_it_costs_and_when_it_renews(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    entity_registry: er.EntityRegistry,
) -> None:
    """As 46elks bills it; both help to keep an eye on the rent."""
    [number] = await simulator.control("GET", "numbers")
    cost = hass.states.get(MONTHLY_COST)

    assert cost
    assert cost.state == "30"
    assert cost.attributes[ATTR_UNIT_OF_MEASUREMENT] == "SEK"
    assert shown(hass, RENEWS) == f"{number['expires']}+00:00"
    for entity_id in (MONTHLY_COST, RENEWS):
        entity = entity_registry.async_get(entity_id)
        assert entity
        assert entity.entity_category is EntityCategory.DIAGNOSTIC
        assert entity.config_subentry_id == "number"


async def test_what_46elks_does_not_tell_of_a_number_is_unknown(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It leaves fields out."""
    number_id = integration.subentries["number"].data[CONF_NUMBER_ID]
    bare = {"data": [{"id": number_id, "number": NUMBER, "active": "yes"}]}
    await simulator.fail(answering("numbers", 200, json.dumps(bare)))
    await pass_time(hass, minutes=31)

    assert shown(hass, MONTHLY_COST) == STATE_UNKNOWN
    assert shown(hass, RENEWS) == STATE_UNKNOWN


async def test_a_text_shows_anew_only_what_it_changes(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """A post may change any figure of the account, and changes one: the others are left alone."""
    reported: list[str] = []

    @callback
    def is_of_account(data: EventStateReportedData) -> bool:
        return ".46elks_" in data["entity_id"]

    @callback
    def hear(event: Event[EventStateReportedData]) -> None:
        reported.append(event.data["entity_id"])

    await text_home(hass, simulator, ANNA, "One")
    hass.bus.async_listen(EVENT_STATE_REPORTED, hear, event_filter=is_of_account)
    await text_home(hass, simulator, ANNA, "Two")

    assert reported == []
    assert hass.states.is_state("sensor.46elks_messages_today", "2")
