"""The action `elks46.send_sms`, as automations and people use it."""

from typing import Any

from homeassistant.config_entries import ConfigEntryDisabler, ConfigSubentryDataWithId
from homeassistant.const import (
    ATTR_AREA_ID,
    ATTR_CONFIG_ENTRY_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ATTR_LABEL_ID,
    CONF_NAME,
    CONF_WEBHOOK_ID,
)
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    label_registry as lr,
)
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import (
    CONF_DEFAULT_SENDER,
    CONF_PHONE,
    CONF_SENDER,
    DOMAIN,
    SUBENTRY_CONTACT,
)

from . import (
    ANNA,
    BJORN,
    NUMBER,
    OTHER_NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    change_options,
    refusing,
    send_sms,
    setup_integration,
)
from .alerts import alerting, device
from .calls import Phones, known_call

ANNAS = "notify.anna_sms"
BJORNS = "notify.bjorn_sms"
SEND_SMS = "send_sms"


async def recipients(simulator: SimulatorControl) -> list[str]:
    """Return whom 46elks was asked to text, in this order."""
    requests = await simulator.requests("POST", "sms")
    return [request["fields"]["to"] for request in requests]


async def form(simulator: SimulatorControl) -> Json:
    """Return what 46elks was asked for the one time it was."""
    (request,) = await simulator.requests("POST", "sms")
    fields: Json = request["fields"]
    return fields


async def send_quietly(hass: HomeAssistant, **data: object) -> None:
    """Use the action without asking what became of the texts."""
    await hass.services.async_call(
        DOMAIN, SEND_SMS, {"message": "Dinner is ready", **data}, blocking=True
    )


def device_of(hass: HomeAssistant, entity_id: str) -> str:
    """Return the device of an entity."""
    entity = er.async_get(hass).async_get(entity_id)
    assert entity
    assert entity.device_id
    return entity.device_id


async def test_an_action_answers_with_a_row_a_recipient(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The fields that the contract promises, and no other."""
    rows = await send_sms(hass, entity_id=ANNAS, to=STRANGER)

    history = await simulator.texts(ANNA) + await simulator.texts(STRANGER)
    assert rows == [
        {
            "to": text["to"],
            "id": text["id"],
            "status": "delivered",
            "parts": 1,
            "cost": 0.52,
        }
        for text in history
    ]


async def test_46elks_is_asked_for_exactly_this(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Nothing that was not asked for, and an address for the report."""
    await send_quietly(hass, to=ANNA)

    fields = await form(simulator)
    assert fields.pop("whendelivered")
    assert fields == {"from": NUMBER, "to": ANNA, "message": "Dinner is ready"}


@pytest.mark.parametrize(
    ("field", "wire"),
    [
        pytest.param("flash", {"flashsms": "yes"}, id="flash"),
        pytest.param("private", {"dontlog": "message"}, id="private"),
    ],
)
async def test_a_text_can_be_special(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    field: str,
    wire: dict[str, str],
) -> None:
    """Shown at once, or kept by nobody."""
    await send_quietly(hass, to=ANNA, **{field: True})

    assert wire.items() <= (await form(simulator)).items()


async def test_a_dry_run_tells_the_price_and_sends_nothing(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """There is no id, and nobody's phone rings."""
    rows = await send_sms(hass, to=ANNA, message="x" * 161, dry_run=True)

    assert rows == [
        {"to": ANNA, "id": None, "status": "created", "parts": 2, "cost": 1.04}
    ]
    assert (await form(simulator))["dryrun"] == "yes"
    assert await simulator.texts(ANNA) == []


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("+46701740605", id="E.164"),
        pytest.param("0701740605", id="national"),
        pytest.param("070-174 06 05", id="spaces and dash"),
        pytest.param("0046 70 174 06 05", id="two zeros"),
        pytest.param("(070) 174.06.05", id="brackets"),
        pytest.param(46701740605, id="int of a template"),
        pytest.param("\u202a+46\u00a0701740605\u202c", id="pasted from a page"),
    ],
)
async def test_a_number_may_be_written_as_people_do(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    written: str | int,
) -> None:
    """It is the same person, whose row shows the number as it is."""
    (row,) = await send_sms(hass, to=written)

    assert row["to"] == ANNA
    assert await recipients(simulator) == [ANNA]


@pytest.mark.parametrize(
    ("written", "error"),
    [
        pytest.param(0o701740605, "quotes", id="octal from YAML"),
        pytest.param(701740605, "quotes", id="national int"),
        pytest.param(46701740605.0, "quotes", id="float"),
        pytest.param(["+46701740605"], "quotes", id="list in a list"),
        pytest.param("call Anna", "no letters", id="letters"),
        pytest.param("123", "not a phone number", id="too short"),
        pytest.param("+999701740605", "not a phone number", id="no country"),
        pytest.param("", "not a phone number", id="nothing"),
    ],
)
async def test_what_is_no_number_is_the_persons_error(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    written: object,
    error: str,
) -> None:
    """It names the field, and 46elks is not asked."""
    with pytest.raises(ServiceValidationError, match=f"^Field to: .*{error}"):
        await send_quietly(hass, to=[written])

    assert await recipients(simulator) == []


async def test_a_home_without_a_country_wants_the_country_code(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Guessing one would text a stranger."""
    hass.config.country = None

    with pytest.raises(ServiceValidationError, match="country code"):
        await send_quietly(hass, to="0701740605")


async def test_several_recipients_get_one_each_in_order(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Whoever is named twice gets one text, where they were named first."""
    rows = await send_sms(
        hass,
        entity_id=[BJORNS, ANNAS],
        to=[STRANGER, ANNA, "0701740607", "+46701740608", BJORN],
    )

    assert [row["to"] for row in rows] == [BJORN, ANNA, STRANGER, "+46701740608"]


@pytest.mark.parametrize("count", [1000])
async def test_a_thousand_recipients_are_a_thousand_requests(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    count: int,
) -> None:
    """Each is paid for."""
    # Where every callback keeps a trace of its stack, this would take a quarter of a minute.
    hass.loop.set_debug(False)
    await simulator.put_account(balance="1000.00")
    await change_options(
        hass, integration, hourly_message_limit=count, daily_spend_limit=2 * count
    )
    numbers = [f"+4676{1000000 + number}" for number in range(count)]

    rows = await send_sms(hass, to=numbers, wait=0)

    assert [row["to"] for row in rows] == numbers
    assert sorted(await recipients(simulator)) == numbers


async def test_what_fails_for_one_stops_none_of_the_others(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The rows tell who got it, and why the others did not."""
    await change_options(hass, integration, allowed_countries=["SE", "US"])

    rows = await send_sms(hass, entity_id=ANNAS, to=["+12025550123", "abc", BJORN])

    assert [(row["to"], row.get("status"), row.get("error")) for row in rows] == [
        (ANNA, "delivered", None),
        (
            "+12025550123",
            None,
            "46elks refuses: Sending to US is disallowed by default",
        ),
        ("abc", None, "Field to: a phone number has no letters"),
        (BJORN, "delivered", None),
    ]
    assert set(rows[1]) == {"to", "error"}


async def test_a_partial_failure_that_nobody_reads_is_an_error(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It names people by name and strangers not by number: errors end up in logs."""
    await simulator.fail(refusing(403, "No") | {"times": 2})

    with pytest.raises(HomeAssistantError) as raised:
        await send_quietly(hass, entity_id=ANNAS, to=[STRANGER, BJORN, "0123 x"])

    assert str(raised.value) == (
        "3 of 4 texts failed: Anna: 46elks refuses: No; +4670•••7: 46elks refuses: No;"
        " 012•••: Field to: a phone number has no letters"
    )
    assert len(await simulator.texts(BJORN)) == 1


async def test_when_all_fail_the_action_fails_also_with_an_answer(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """An automation stops there, unless it is told to go on."""
    await simulator.fail(refusing(403, "No"))

    with pytest.raises(HomeAssistantError, match="2 of 2 texts failed"):
        await send_sms(hass, to=[ANNA, BJORN])


async def test_at_most_five_reasons_are_told(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """A thousand of them fit no notification."""
    with pytest.raises(HomeAssistantError) as raised:
        await send_quietly(hass, to=[f"{number}x" for number in range(7)])

    assert str(raised.value).count("no letters") == 5


async def test_46elks_own_words_are_the_error(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Only 46elks knows what it means, and its support can be asked."""
    await simulator.put_account(balance="0.00")

    with pytest.raises(
        HomeAssistantError, match="46elks refuses: Not enough credits on your account"
    ) as raised:
        await send_sms(hass, to=ANNA)

    assert not isinstance(raised.value, ServiceValidationError)


async def test_a_refused_password_is_an_error_and_asks_for_a_new_one(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The text is not sent, and the person learns why."""
    await simulator.fail(refusing(401))

    with pytest.raises(HomeAssistantError, match="refuses the password"):
        await send_sms(hass, to=ANNA, dry_run=True)

    (flow,) = hass.config_entries.flow.async_progress()
    assert flow["context"]["source"] == "reauth"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        pytest.param({"to": ANNA, "message": ""}, "Field message", id="empty message"),
        pytest.param({"to": ANNA, "message": " \n"}, "Field message", id="blanks"),
        pytest.param({}, "Choose a contact", id="nobody"),
        pytest.param({"to": []}, "Choose a contact", id="empty list"),
        pytest.param({"entity_id": "none"}, "Choose a contact", id="entity none"),
        pytest.param({"device_id": "none"}, "Choose a contact", id="device none"),
        pytest.param({"label_id": "nobody"}, "Choose a contact", id="empty label"),
        pytest.param({"entity_id": "all"}, "Target all is no", id="everybody"),
        pytest.param(
            {"entity_id": "light.hall"}, "Target light.hall is no", id="a light"
        ),
        pytest.param(
            {"entity_id": "sensor.46elks_balance"},
            "Target sensor.46elks_balance is no contact",
            id="an entity of the account",
        ),
        pytest.param(
            {"device_id": "gone"}, "Target gone is no contact", id="no device"
        ),
    ],
)
async def test_what_cannot_be_meant_is_the_persons_error(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    data: dict[str, Any],
    error: str,
) -> None:
    """In words that name the field; 46elks is not asked."""
    with pytest.raises(ServiceValidationError, match=error):
        await send_quietly(hass, **data)

    assert await recipients(simulator) == []


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"message": None}, id="no message"),
        pytest.param({"wait": -1}, id="wait before now"),
        pytest.param({"wait": 3601}, id="wait too long"),
        pytest.param({"wait": "soon"}, id="wait for words"),
        pytest.param({"flash": "perhaps"}, id="flash"),
        pytest.param({"colour": "red"}, id="unknown field"),
        pytest.param({"fallback_after": 5}, id="too short a time for a call"),
    ],
)
async def test_what_does_not_fit_the_form_is_refused(
    hass: HomeAssistant, integration: MockConfigEntry, data: dict[str, Any]
) -> None:
    """Home Assistant checks it before we see it."""
    with pytest.raises(probatio.Invalid):
        await send_quietly(hass, to=ANNA, **data)


@pytest.mark.parametrize(
    ("written", "sender"),
    [
        pytest.param("Cottage", "Cottage", id="name"),
        pytest.param(" Cottage ", "Cottage", id="name with blanks"),
        pytest.param(OTHER_NUMBER, OTHER_NUMBER, id="own number"),
        pytest.param("070-174 06 91", OTHER_NUMBER, id="own number, national"),
    ],
)
async def test_a_sender_can_be_chosen(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    written: str,
    sender: str,
) -> None:
    """A name, or any number of the account, also one that Home Assistant does not answer."""
    await simulator.put_number(OTHER_NUMBER)
    await hass.config_entries.async_reload(integration.entry_id)

    await send_quietly(hass, to=ANNA, sender=written)

    assert (await form(simulator))["from"] == sender


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("ab", id="too short"),
        pytest.param("abcdefghijkl", id="too long"),
        pytest.param("1abc", id="starts with a digit"),
        pytest.param("My home", id="blank"),
        pytest.param("Hömma", id="letters that operators lose"),
        pytest.param("", id="empty"),
        pytest.param(STRANGER, id="a number of somebody else"),
        pytest.param("0701740607", id="a number of somebody else, national"),
    ],
)
async def test_a_sender_that_46elks_would_not_take_is_refused(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    written: str,
) -> None:
    """Before anything is sent to anybody."""
    with pytest.raises(ServiceValidationError, match="^Field sender: "):
        await send_quietly(hass, to=ANNA, sender=written)

    assert await recipients(simulator) == []


@pytest.mark.parametrize(
    ("data", "sender"),
    [
        pytest.param({"entity_id": ANNAS}, "Cottage", id="of the contact"),
        pytest.param({"to": ANNA}, "Cottage", id="of the contact, by number"),
        pytest.param({"entity_id": BJORNS}, "Home", id="of the options"),
        pytest.param({"to": STRANGER}, "Home", id="of the options, to a stranger"),
        pytest.param(
            {"entity_id": ANNAS, "sender": "Attic"}, "Attic", id="of the action"
        ),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True], ids=["sent", "dry run"])
async def test_without_a_sender_there_is_a_default(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    data: dict[str, str],
    sender: str,
    dry_run: bool,
) -> None:
    """The contact's own, else that of the options."""
    anna = integration.subentries["anna"]
    hass.config_entries.async_update_subentry(
        integration, anna, data={**anna.data, CONF_SENDER: "Cottage"}
    )
    await change_options(hass, integration, **{CONF_DEFAULT_SENDER: "Home"})

    await send_quietly(hass, **data, dry_run=dry_run)

    assert (await form(simulator))["from"] == sender


async def test_a_contacts_device_is_its_person(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """As `contact_device_id` of our events names it."""
    await send_quietly(
        hass, device_id=[device_of(hass, BJORNS), device_of(hass, ANNAS)]
    )

    assert await recipients(simulator) == [BJORN, ANNA]


async def test_a_numbers_device_is_nobody(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """A number of the account is where texts come from."""
    device_id = device_of(hass, "event.46701740690_messages")

    with pytest.raises(ServiceValidationError, match="is no contact"):
        await send_quietly(hass, device_id=device_id)


async def test_an_area_means_the_contacts_in_it(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Whatever else is there does not matter."""
    area = ar.async_get(hass).async_create("Office")
    devices = dr.async_get(hass)
    for entity_id in (ANNAS, "event.46701740690_messages"):
        devices.async_update_device(device_of(hass, entity_id), area_id=area.id)

    await send_quietly(hass, **{ATTR_AREA_ID: area.id})

    assert await recipients(simulator) == [ANNA]


async def test_a_label_means_the_contacts_that_have_it(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """On a device, or on its entity; who is also named by number gets one text."""
    label = lr.async_get(hass).async_create("Family")
    dr.async_get(hass).async_update_device(
        device_of(hass, ANNAS), labels={label.label_id}
    )
    er.async_get(hass).async_update_entity(BJORNS, labels={label.label_id})

    await send_quietly(hass, **{ATTR_LABEL_ID: label.label_id}, to=[ANNA, STRANGER])

    assert await recipients(simulator) == [ANNA, BJORN, STRANGER]


async def test_a_group_of_notify_entities_is_its_members(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """As the helper Group makes one."""
    family = MockConfigEntry(
        domain="group",
        title="Family",
        options={
            "group_type": "notify",
            "name": "Family",
            "entities": [BJORNS, ANNAS],
            "hide_members": False,
        },
    )
    family.add_to_hass(hass)
    assert await hass.config_entries.async_setup(family.entry_id)
    await hass.async_block_till_done()

    await send_quietly(hass, **{ATTR_ENTITY_ID: [BJORNS, "notify.family"]})

    assert await recipients(simulator) == [BJORN, ANNA]


async def test_an_old_style_group_is_its_members(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """As YAML makes one."""
    await async_setup_component(
        hass, "group", {"group": {"family": {"entities": [ANNAS, BJORNS]}}}
    )

    await send_quietly(hass, entity_id="group.family")

    assert await recipients(simulator) == [ANNA, BJORN]


async def test_waiting_ends_when_the_texts_have_arrived(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Rows tell how far they have come."""
    rows = await send_sms(hass, to=[ANNA, BJORN], wait=60)

    assert [row["status"] for row in rows] == ["delivered", "delivered"]


async def test_waiting_ends_when_a_text_has_failed(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It is 46elks that failed, not the action."""
    await simulator.put_handset(ANNA, on=False, validity=1)

    (row,) = await send_sms(hass, to=ANNA, wait=60)

    assert row["status"] == "failed"


async def test_waiting_ends_when_the_time_is_over(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """An operator may try for days."""
    await simulator.put_handset(ANNA, on=False)

    (row,) = await send_sms(hass, to=ANNA, wait=0.2)

    assert row["status"] == "sent"


async def test_without_waiting_the_rows_tell_what_46elks_answered(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The automation goes on at once."""
    await simulator.fail({"match": {"callback": "*"}, "times": None, "kind": "lose"})

    (row,) = await send_sms(hass, to=ANNA, wait=0)

    assert row["status"] == "created"


@pytest.fixture
async def other(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> MockConfigEntry:
    """Return a second account, with a contact of its own."""
    other = MockConfigEntry(
        domain=DOMAIN,
        title="Cottage",
        unique_id="a" + "0" * 32,
        data={**integration.data, CONF_WEBHOOK_ID: "c0c0" * 16},
        options={**integration.options, CONF_DEFAULT_SENDER: "Cottage"},
        subentries_data=[
            ConfigSubentryDataWithId(
                data={CONF_NAME: "Cecilia", CONF_PHONE: STRANGER},
                subentry_id="cecilia",
                subentry_type=SUBENTRY_CONTACT,
                title="Cecilia",
                unique_id=STRANGER,
            )
        ],
    )
    other.add_to_hass(hass)
    await setup_integration(hass, other)
    return other


async def test_with_two_accounts_one_must_be_named(
    hass: HomeAssistant, other: MockConfigEntry
) -> None:
    """Each has its own bill."""
    with pytest.raises(ServiceValidationError):
        await send_quietly(hass, to=ANNA)


async def test_the_named_account_sends(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    other: MockConfigEntry,
    simulator: SimulatorControl,
) -> None:
    """With its own sender and its own contacts."""
    for account in (integration, other):
        await send_quietly(
            hass, **{ATTR_CONFIG_ENTRY_ID: account.entry_id, "to": STRANGER}
        )

    requests = await simulator.requests("POST", "sms")
    assert [request["fields"]["from"] for request in requests] == [NUMBER, "Cottage"]


async def test_contacts_belong_to_their_account(
    hass: HomeAssistant, integration: MockConfigEntry, other: MockConfigEntry
) -> None:
    """An area may hold those of both, and only ours are taken."""
    area = ar.async_get(hass).async_create("Office")
    for entity_id in (ANNAS, "notify.cecilia_sms"):
        er.async_get(hass).async_update_entity(entity_id, area_id=area.id)

    rows = await send_sms(
        hass, **{ATTR_CONFIG_ENTRY_ID: other.entry_id, ATTR_AREA_ID: area.id}
    )

    assert [row["to"] for row in rows] == [STRANGER]
    with pytest.raises(ServiceValidationError, match="is no contact"):
        await send_quietly(
            hass,
            **{
                ATTR_CONFIG_ENTRY_ID: other.entry_id,
                ATTR_DEVICE_ID: device_of(hass, ANNAS),
            },
        )


@pytest.mark.parametrize("named", [False, True], ids=["the only one", "named"])
async def test_an_account_that_stays_away_is_an_error(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
    named: bool,
) -> None:
    """The action exists for as long as Home Assistant runs, and says what is wrong."""
    monkeypatch.setattr(
        "custom_components.elks46.services.account.RELOAD_SECONDS_AT_MOST", 0.01
    )
    await hass.config_entries.async_unload(integration.entry_id)

    with pytest.raises(ServiceValidationError, match="is not loaded"):
        await send_quietly(
            hass,
            to=ANNA,
            **{ATTR_CONFIG_ENTRY_ID: integration.entry_id} if named else {},
        )


async def test_an_account_that_is_none_is_an_error(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Unknown, or of something else."""
    other = MockConfigEntry(domain="demo")
    other.add_to_hass(hass)

    for entry_id in ("unknown", other.entry_id):
        with pytest.raises(ServiceValidationError):
            await send_quietly(hass, to=ANNA, **{ATTR_CONFIG_ENTRY_ID: entry_id})


@pytest.mark.parametrize(
    ("value", "phone"),
    [
        pytest.param(46701740605, ANNA, id="Sweden"),
        pytest.param(4791234567, "+4791234567", id="Norway, ten digits"),
    ],
)
async def test_a_number_that_has_lost_its_plus_is_understood(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    value: int,
    phone: str,
) -> None:
    """Templates make a number of what a text came from, and YAML of what is not quoted."""
    await change_options(hass, integration, allowed_countries=["NO", "SE"])

    await send_quietly(hass, to=value)

    assert await recipients(simulator) == [phone]


async def test_an_account_that_is_switched_off_is_an_error_at_once(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """It will not be back by itself, so nobody waits for it."""
    await hass.config_entries.async_set_disabled_by(
        integration.entry_id, ConfigEntryDisabler.USER
    )

    with pytest.raises(ServiceValidationError):
        await send_quietly(hass, to=ANNA)


async def test_a_text_that_meets_a_reload_goes_out_after_it(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Changing a contact takes the account away for a moment; the alarm waits for it."""
    reload = hass.async_create_task(
        hass.config_entries.async_reload(integration.entry_id)
    )
    (row,) = await send_sms(hass, to=ANNA)

    assert await reload
    assert "error" not in row
    assert await recipients(simulator) == [ANNA]


async def test_a_row_tells_the_latest_also_when_the_memory_was_tidied_up_meanwhile(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Compaction makes the memory anew while the action waits."""
    monkeypatch.setattr("custom_components.elks46.journal.COMPACT_AT_BYTES", 0)
    (row,) = await send_sms(hass, to=ANNA, wait=30)

    assert row["status"] == "delivered"


async def test_a_reload_while_waiting_ends_the_wait_with_what_is_known(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The row tells how far the text had come; the phone is off."""
    await simulator.put_handset(ANNA, on=False)
    waiting = hass.async_create_task(send_sms(hass, to=ANNA, wait=600))
    await simulator.posted("delivery")
    await hass.config_entries.async_reload(integration.entry_id)
    (row,) = await waiting

    assert row["status"] in {"created", "sent"}


async def test_a_bug_is_not_hidden_in_a_row(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What we did not foresee stops the automation, with its trace in the log."""
    monkeypatch.setattr("custom_components.elks46.outbox.count_text", lambda _: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        await send_sms(hass, to=[ANNA, "abc"])


async def test_of_several_accounts_it_is_the_one_whose_contact_is_meant(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """By entity, device or alert; a bare number belongs to none."""
    MockConfigEntry(domain=DOMAIN, title="Other").add_to_hass(hass)
    anna = device(hass, "Anna")
    by_entity = await send_sms(hass, entity_id=["notify.anna_sms"])
    by_device = await send_sms(hass, device_id=anna)
    with pytest.raises(ServiceValidationError):
        await send_sms(hass, to=[ANNA])
    alarm = alerting(hass, "Anna")
    phones = Phones(simulator)
    call_id = str((await phones.new(1))[0]["id"])
    await phones.phase(call_id, "ringing")
    await known_call(integration, call_id)
    await hass.services.async_call(
        DOMAIN, "end_call", {"call_id": call_id}, blocking=True, return_response=True
    )
    await phones.do(call_id, "decline")
    await phones.end(call_id)

    assert [row["to"] for row in (*by_entity, *by_device)] == [ANNA, ANNA]
    assert [row["contact"] for row in (await alarm)["attempts"]] == ["Anna"]
