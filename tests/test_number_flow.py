"""What a person is asked about a number: rent, settings, release."""

import asyncio
from collections.abc import Generator
from typing import Any, Final
from unittest.mock import patch

from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType, UnknownFlow
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import (
    CONF_CALL_FALLBACK,
    CONF_CALL_HANDLING,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_REALTIME_NUMBER,
    CONF_SMS_REPLIES,
    CONF_TEXT_ASSIST,
    CONF_TEXT_FORWARD_TO,
    CONF_TEXT_REPLY,
    CONF_TEXT_REPLY_TO,
    SUBENTRY_NUMBER,
    ReplyTo,
)

from . import (
    NUMBER,
    OTHER_NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    answering,
    change_options,
    failing,
    issues,
)

pytestmark = pytest.mark.usefixtures("no_pauses")

WISH = {"country": "SE", "capabilities": "sms"}
RENTED = "+46701740698"
"""The first that 46elks' stand-in gives out."""


REJECTS: Final = {
    "call_handling": "reject",
    "call_fallback": "reject",
    "strangers": False,
    "barge_in": True,
}


@pytest.fixture
def no_pauses(hasty: None) -> Generator[None]:
    """Look at once for a number whose answer was lost."""
    with patch("custom_components.elks46.rental.LOOK_UP_PAUSES", (0, 0)):
        yield


async def begin(
    hass: HomeAssistant, entry: MockConfigEntry, step: str, subentry_id: str = ""
) -> Any:
    """Choose something in the menu of a new number, or of one there is."""
    context = (
        {"source": SOURCE_RECONFIGURE, "subentry_id": subentry_id}
        if subentry_id
        else {"source": SOURCE_USER}
    )
    menu = await hass.config_entries.subentries.async_init(
        (entry.entry_id, SUBENTRY_NUMBER),
        context=context,  # type: ignore[arg-type]
    )
    assert menu["type"] is FlowResultType.MENU
    assert step in menu["menu_options"]
    return await answer(hass, menu, {"next_step_id": step})


async def answer(hass: HomeAssistant, asked: Any, typed: Any) -> Any:
    """Fill in a form, and let everything come to rest."""
    result = await hass.config_entries.subentries.async_configure(
        asked["flow_id"], typed
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    return result


async def to_pay(hass: HomeAssistant, entry: MockConfigEntry, **wish: str) -> Any:
    """Say what is to be rented, and return the question whether it may cost that."""
    asked = await begin(hass, entry, "rent")
    assert asked["step_id"] == "rent"
    return await answer(hass, asked, {**WISH, **wish})


async def rents(simulator: SimulatorControl) -> list[dict[str, str]]:
    """Return what 46elks was asked to rent."""
    return [one["fields"] for one in await simulator.requests("POST", "numbers")]


async def number_at_46elks(simulator: SimulatorControl, wanted: str = NUMBER) -> Json:
    """Return a number as it stands at 46elks, by default the home's."""
    [number] = [
        one
        for one in await simulator.control("GET", "numbers")
        if one["number"] == wanted
    ]
    found: Json = number
    return found


def suggested(form: Any) -> dict[str, Any]:
    """Return what the fields of a form already hold."""
    return {
        str(field): field.description["suggested_value"]
        for field in form["data_schema"].schema
        if field.description
    }


async def test_a_number_is_rented(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """After the price was agreed to; its texts come here then, and its true cost is told."""
    asked = await to_pay(hass, integration, name=" Cottage ")
    unpaid = await rents(simulator)
    result = await answer(hass, asked, {"confirm": True})
    added = integration.get_subentries_of_type(SUBENTRY_NUMBER)[-1]

    assert asked["step_id"] == "rent_confirm"
    assert asked["description_placeholders"] == {
        "country": "SE",
        "price": "30 SEK",
        "as_of": "2026-11-22",
        "pricing_url": "https://46elks.com/pricing",
        "reason": "",
    }
    assert unpaid == []
    assert await rents(simulator) == [
        {"country": "se", "capabilities": "sms", "name": "Cottage"}
    ]
    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["description"] == "rented"
    assert result["description_placeholders"] == {
        "number": RENTED,
        "cost": "30.00",
        "currency": "SEK",
    }
    assert (added.title, added.data[CONF_NUMBER]) == ("Cottage", RENTED)
    assert added.unique_id == added.data[CONF_NUMBER_ID]
    assert hass.states.is_state("sensor.cottage_monthly_cost", "30")
    assert issues(hass) == {}


@pytest.mark.parametrize(
    ("currency", "wish", "price"),
    [
        pytest.param("EUR", {}, "3 EUR", id="Sweden in euros"),
        pytest.param("EUR", {"country": "DE"}, "15 EUR", id="Germany in euros"),
        pytest.param("SEK", {"country": "DE"}, None, id="Germany in kronor"),
        pytest.param("SEK", {"country": "NO"}, None, id="another country"),
        pytest.param("SEK", {"capabilities": "sms_voice"}, "30 SEK", id="with calls"),
        pytest.param("SEK", {"capabilities": "sms_mms_voice"}, None, id="pictures"),
    ],
)
async def test_a_price_is_shown_where_it_is_known(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    currency: str,
    wish: dict[str, str],
    price: str | None,
) -> None:
    """None is made up."""
    await simulator.put_account(currency=currency)
    await hass.config_entries.async_reload(integration.entry_id)
    asked = await to_pay(hass, integration, **wish)

    assert asked["step_id"] == ("rent_confirm" if price else "rent_unpriced")
    assert asked["description_placeholders"].get("price") == price


@pytest.mark.parametrize("wish", [{}, {"country": "NO"}], ids=["priced", "unpriced"])
async def test_nothing_is_rented_without_a_yes(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    wish: dict[str, str],
) -> None:
    """And with one it is."""
    asked = await to_pay(hass, integration, **wish)
    refused = await answer(hass, asked, {"confirm": False})
    unpaid = await rents(simulator)
    result = await answer(hass, refused, {"confirm": True})

    assert (refused["step_id"], refused["errors"]) == (
        asked["step_id"],
        {"confirm": "not_confirmed"},
    )
    assert unpaid == []
    assert result["type"] is FlowResultType.CREATE_ENTRY


async def test_a_name_is_not_too_long(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """46elks takes fifty characters."""
    asked = await to_pay(hass, integration, name="n" * 51)
    again = await answer(hass, asked, {**WISH, "name": "n" * 50})

    assert (asked["step_id"], asked["errors"]) == ("rent", {"name": "name_too_long"})
    assert suggested(asked)["name"] == "n" * 51
    assert again["step_id"] == "rent_confirm"


async def test_beyond_the_daily_limit_nothing_is_rented(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The person reads what to do."""
    await change_options(hass, integration, daily_spend_limit=29)
    asked = await to_pay(hass, integration)
    refused = await answer(hass, asked, {"confirm": True})

    assert refused["errors"] == {"base": "daily_spend_reached"}
    assert await rents(simulator) == []


async def test_without_money_nothing_is_rented(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The person reads 46elks' own words, and can try again after a payment."""
    await simulator.put_account(balance="1.00")
    asked = await to_pay(hass, integration)
    refused = await answer(hass, asked, {"confirm": True})
    await simulator.put_account(balance="100.00")
    result = await answer(hass, refused, {"confirm": True})

    assert refused["errors"] == {"base": "refused"}
    reason = refused["description_placeholders"]["reason"]
    assert reason.startswith("Not enough credits")
    assert result["type"] is FlowResultType.CREATE_ENTRY


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(answering("numbers", 429), id="too much at once"),
        pytest.param(failing("numbers", kind="drop_before"), id="no answer"),
    ],
)
async def test_46elks_is_not_asked_to_rent_what_could_not_be_looked_up(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    fault: Json,
) -> None:
    """The numbers there were are read before, to know a new one by."""
    asked = await to_pay(hass, integration)
    await simulator.fail(fault)
    result = await answer(hass, asked, {"confirm": True})

    assert result["errors"] == {"base": "cannot_connect"}
    assert await rents(simulator) == []


async def test_a_number_whose_answer_was_lost_is_found(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
) -> None:
    """It is asked for once."""
    asked = await to_pay(hass, integration)
    await simulator.fail(failing("numbers", method="POST", kind="drop_after"))
    result = await answer(hass, asked, {"confirm": True})

    assert result["type"] is FlowResultType.CREATE_ENTRY
    assert result["data"][CONF_NUMBER] == RENTED
    assert len(await rents(simulator)) == 1


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param(
            [failing("numbers", method="POST", kind="drop_before")], id="not rented"
        ),
        pytest.param([answering("numbers", 503)], id="broken"),
        pytest.param(
            [
                failing("numbers", times=1, kind="delay", seconds=0),
                failing("numbers", method="POST", kind="drop_after"),
                answering("numbers", 429),
            ],
            id="the numbers cannot be read",
        ),
    ],
)
async def test_where_nobody_knows_nothing_is_rented_again(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    faults: list[Json],
) -> None:
    """The person is told to look at 46elks first."""
    asked = await to_pay(hass, integration)
    await simulator.fail(*[{**one, **post(one)} for one in faults])
    result = await answer(hass, asked, {"confirm": True})

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, "rent_unknown")
    assert len(await rents(simulator)) == 1
    assert len(integration.get_subentries_of_type(SUBENTRY_NUMBER)) == 1


def post(fault: Json) -> Json:
    """Return a fault as it is, but one that is only a status as one of the renting."""
    is_status = fault.get("status") == 503
    return {"match": {"method": "POST", "path": "/a1/numbers"}} if is_status else {}


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        pytest.param({}, "already_configured", id="one that fits"),
        pytest.param({"+46701740692": ["sms"]}, "rent_unknown", id="two that fit"),
    ],
)
async def test_only_a_number_that_fits_is_taken_for_the_lost_one(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    others: dict[str, list[str]],
    reason: str,
) -> None:
    """Somebody else may rent at the same time. Here all numbers seem to be new."""
    await simulator.put_number(NUMBER, capabilities=["sms"])
    await simulator.put_number("+46701740693", capabilities=["sms"], name="Another")
    numbers = {"+4915112345678": ["sms"], OTHER_NUMBER: ["voice"], **others}
    for number, capabilities in numbers.items():
        await simulator.put_number(number, capabilities=capabilities)
    asked = await to_pay(hass, integration)
    await simulator.fail(
        {**answering("numbers", 200, '{"data": []}'), "times": 1},
        failing("numbers", method="POST", kind="drop_before"),
    )
    result = await answer(hass, asked, {"confirm": True})

    assert (result["type"], result["reason"]) == (FlowResultType.ABORT, reason)


async def test_a_form_sent_twice_rents_once(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """An impatient finger costs nothing."""
    asked = await to_pay(hass, integration)
    first, second = await asyncio.gather(
        *(answer(hass, asked, {"confirm": True}) for _ in range(2)),
        return_exceptions=True,
    )

    assert not isinstance(first, BaseException)
    assert first["type"] is FlowResultType.CREATE_ENTRY
    assert isinstance(second, UnknownFlow)
    assert len(await rents(simulator)) == 1


@pytest.mark.parametrize(("step", "subentry_id"), [("rent", ""), ("release", "number")])
async def test_an_account_that_is_not_loaded_rents_and_releases_nothing(
    hass: HomeAssistant, integration: MockConfigEntry, step: str, subentry_id: str
) -> None:
    """The person is told so."""
    await hass.config_entries.async_unload(integration.entry_id)
    asked = await begin(hass, integration, step, subentry_id)
    result = asked if subentry_id else await answer(hass, asked, WISH)

    assert result["reason"] == "not_loaded"


async def test_a_number_is_given_back(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Only with a yes; then it is gone at 46elks and here."""
    asked = await begin(hass, integration, "release", "number")
    refused = await answer(hass, asked, {"confirm": False})
    kept = await number_at_46elks(simulator)
    result = await answer(hass, refused, {"confirm": True})

    assert asked["description_placeholders"][CONF_NUMBER] == NUMBER
    assert refused["errors"] == {"confirm": "not_confirmed"}
    assert kept["active"] == "yes"
    assert result["reason"] == "released"
    assert (await number_at_46elks(simulator))["active"] == "no"
    assert not integration.get_subentries_of_type(SUBENTRY_NUMBER)
    assert issues(hass) == {}


@pytest.mark.parametrize(
    ("faults", "error"),
    [
        pytest.param([answering("numbers/*", 403, "Locked")], "refused", id="refused"),
        pytest.param(
            [failing("numbers/*", method="POST", kind="drop_before")],
            "cannot_connect",
            id="not taken",
        ),
        pytest.param(
            [
                failing("numbers/*", method="POST", kind="drop_after"),
                answering("numbers", 429),
            ],
            "cannot_connect",
            id="nobody knows",
        ),
    ],
)
async def test_a_number_that_is_not_given_back_stays(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    faults: list[Json],
    error: str,
) -> None:
    """And can be given back later."""
    asked = await begin(hass, integration, "release", "number")
    await simulator.fail(*[{**one, **any_method(one)} for one in faults])
    failed = await answer(hass, asked, {"confirm": True})
    stays = integration.get_subentries_of_type(SUBENTRY_NUMBER)

    assert failed["errors"] == {"base": error}
    assert stays


def any_method(fault: Json) -> Json:
    """Return a fault as it is, but a refusal as one of every method."""
    is_refusal = fault.get("status") == 403
    return {"match": {"path": "/a1/numbers/*"}} if is_refusal else {}


async def test_a_number_given_back_whose_answer_was_lost_is_gone(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks no longer lists it as active."""
    asked = await begin(hass, integration, "release", "number")
    await simulator.fail(
        failing("numbers/*", method="POST", kind="drop_after", times=1)
    )
    result = await answer(hass, asked, {"confirm": True})

    assert result["reason"] == "released"


async def test_a_number_shows_how_it_behaves_and_changes(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Name and replies at 46elks, the rest here; what is emptied goes."""
    asked = await begin(hass, integration, "settings", "number")
    full = {
        CONF_NAME: " Home ",
        CONF_SMS_REPLIES: False,
        CONF_TEXT_REPLY: "Nobody is at home",
        CONF_TEXT_REPLY_TO: ReplyTo.EVERYONE,
        CONF_TEXT_FORWARD_TO: "070-174 06 07",
        CONF_TEXT_ASSIST: True,
    }
    result = await answer(hass, asked, full)
    set_up = await number_at_46elks(simulator)
    kept = dict(integration.subentries["number"].data)
    title = integration.subentries["number"].title
    again = await begin(hass, integration, "settings", "number")
    await answer(
        hass, again, {CONF_SMS_REPLIES: True, CONF_TEXT_REPLY_TO: ReplyTo.CONTACTS}
    )
    emptied = await number_at_46elks(simulator)
    last = integration.subentries["number"]

    assert suggested(asked) == {
        CONF_NAME: "",
        CONF_SMS_REPLIES: True,
    }
    assert result["reason"] == "reconfigure_successful"
    assert (set_up["name"], set_up["sms_replies"]) == ("Home", "no")
    assert title == "Home"
    assert kept == {
        CONF_NUMBER_ID: set_up["id"],
        CONF_NUMBER: NUMBER,
        CONF_TEXT_REPLY: "Nobody is at home",
        CONF_TEXT_REPLY_TO: "everyone",
        CONF_TEXT_FORWARD_TO: STRANGER,
        CONF_TEXT_ASSIST: True,
    }
    assert suggested(again) == {
        CONF_NAME: "Home",
        CONF_SMS_REPLIES: False,
        CONF_TEXT_REPLY: "Nobody is at home",
        CONF_TEXT_REPLY_TO: "everyone",
        CONF_TEXT_FORWARD_TO: STRANGER,
        CONF_TEXT_ASSIST: True,
    }
    assert ("name" in emptied, emptied["sms_replies"]) == (False, "yes")
    assert last.title == NUMBER
    assert last.data == {
        CONF_NUMBER_ID: set_up["id"],
        CONF_NUMBER: NUMBER,
        CONF_TEXT_REPLY_TO: "contacts",
        CONF_TEXT_ASSIST: False,
    }


async def test_what_has_not_changed_is_not_set(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks is only asked; and a contact stays one, whose number may change."""
    before = len(await simulator.log())
    asked = await begin(hass, integration, "settings", "number")
    await answer(
        hass,
        asked,
        {
            CONF_SMS_REPLIES: True,
            CONF_TEXT_REPLY_TO: ReplyTo.CONTACTS,
            CONF_TEXT_FORWARD_TO: "anna",
        },
    )

    assert await simulator.requests("POST", "numbers/*", after=before) == []
    assert integration.subentries["number"].data[CONF_TEXT_FORWARD_TO] == "anna"


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        pytest.param({CONF_NAME: "n" * 51}, {CONF_NAME: "name_too_long"}, id="a name"),
        *(
            pytest.param(
                {CONF_TEXT_FORWARD_TO: written}, {CONF_TEXT_FORWARD_TO: error}, id=error
            )
            for written, error in {
                "Somebody": "phone_letters",
                "+4670": "phone_invalid",
                "112": "phone_emergency",
                NUMBER: "forward_own",
                OTHER_NUMBER: "forward_own",
            }.items()
        ),
    ],
)
async def test_settings_that_cannot_be_can_be_mended(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    typed: dict[str, str],
    errors: dict[str, str],
) -> None:
    """What was typed is still there, and nothing was changed."""
    await simulator.put_number(OTHER_NUMBER)
    asked = await begin(hass, integration, "settings", "number")
    rest = {CONF_SMS_REPLIES: False, CONF_TEXT_REPLY_TO: ReplyTo.CONTACTS}
    failed = await answer(hass, asked, {**rest, **typed})
    unchanged = await number_at_46elks(simulator)
    result = await answer(hass, failed, rest)

    assert failed["errors"] == errors
    assert suggested(failed).items() >= typed.items()
    assert unchanged["sms_replies"] == "yes"
    assert result["reason"] == "reconfigure_successful"


async def test_a_number_shows_how_it_is_answered_and_changes(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """A contact stays one; what stands about texts is left alone, and what is emptied goes."""
    texts = await begin(hass, integration, "settings", "number")
    await answer(
        hass, texts, {CONF_SMS_REPLIES: True, CONF_TEXT_REPLY_TO: ReplyTo.EVERYONE}
    )
    asked = await begin(hass, integration, "calls", "number")
    full = {
        CONF_CALL_HANDLING: "forward",
        CONF_FORWARD_TO: ["anna", "070-174 06 07", "sip:office@pbx.example.com"],
        CONF_CALL_FALLBACK: "announce",
        CONF_GREETING: " Nobody is at home ",
    }
    result = await answer(hass, asked, full)
    kept = dict(integration.subentries["number"].data)
    again = await begin(hass, integration, "calls", "number")
    await answer(hass, again, REJECTS)

    others = (CONF_NUMBER_ID, CONF_NUMBER, CONF_TEXT_REPLY_TO, CONF_TEXT_ASSIST)
    rest = {key: kept[key] for key in others}
    assert result["reason"] == "reconfigure_successful"
    assert kept == {
        **REJECTS,
        **rest,
        **full,
        CONF_FORWARD_TO: ["anna", STRANGER, "sip:office@pbx.example.com"],
        CONF_GREETING: "Nobody is at home",
    }
    assert suggested(again).items() >= {CONF_CALL_HANDLING: "forward"}.items()
    assert dict(integration.subentries["number"].data) == {**rest, **REJECTS}


@pytest.mark.parametrize(
    ("typed", "errors"),
    [
        pytest.param(
            {CONF_CALL_HANDLING: "forward"},
            {CONF_FORWARD_TO: "forward_to_missing"},
            id="forward to nobody",
        ),
        pytest.param(
            {CONF_CALL_HANDLING: "announce"},
            {CONF_GREETING: "greeting_missing"},
            id="announce nothing",
        ),
        pytest.param(
            {CONF_CALL_FALLBACK: "announce"},
            {CONF_GREETING: "greeting_missing"},
            id="announce nothing in the end",
        ),
        *(
            pytest.param(
                {CONF_FORWARD_TO: ["anna", written]}, {CONF_FORWARD_TO: error}, id=error
            )
            for written, error in {
                "Somebody": "phone_letters",
                "+4670": "phone_invalid",
                "112": "phone_emergency",
                NUMBER: "forward_own",
                "+46101234567": "forward_mobile_only",
                "+46944123456": "forward_mobile_only",
                "sip:": "sip_invalid",
            }.items()
        ),
    ],
)
async def test_answers_that_cannot_be_can_be_mended(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    typed: dict[str, object],
    errors: dict[str, str],
) -> None:
    """What was typed is still there, and nothing was changed."""
    asked = await begin(hass, integration, "calls", "number")
    failed = await answer(hass, asked, {**REJECTS, **typed})
    result = await answer(hass, failed, REJECTS)

    assert failed["errors"] == errors
    assert suggested(failed).items() >= typed.items()
    assert result["reason"] == "reconfigure_successful"


async def test_calls_are_passed_on_only_where_they_may_go(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """A number that is no mobile one reaches everybody that the options allow."""
    other = await simulator.put_number("+46101234568", capabilities=["voice"])
    replacing = await begin(hass, integration, "replace", "number")
    await answer(hass, replacing, {CONF_NUMBER_ID: other["id"]})
    asked = await begin(hass, integration, "calls", "number")
    forward = {**REJECTS, CONF_CALL_HANDLING: "forward"}
    failed = await answer(hass, asked, {**forward, CONF_FORWARD_TO: ["+12025550123"]})
    result = await answer(hass, failed, {**forward, CONF_FORWARD_TO: ["+46101234567"]})

    assert failed["errors"] == {CONF_FORWARD_TO: "forward_not_allowed"}
    assert result["reason"] == "reconfigure_successful"


async def test_only_what_can_be_called_is_answered(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The person reads what is missing: voice, the number, or the account."""
    await simulator.put_number(NUMBER, capabilities=["sms"])
    silent = await begin(hass, integration, "calls", "number")
    await simulator.put_number(NUMBER, active=False)
    gone = await begin(hass, integration, "calls", "number")
    await hass.config_entries.async_unload(integration.entry_id)
    away = await begin(hass, integration, "calls", "number")

    assert [one["reason"] for one in (silent, gone, away)] == [
        "no_voice",
        "number_gone",
        "not_loaded",
    ]


async def test_assist_needs_a_number_of_realtime_voice_and_a_way_in(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Home Assistant sets its address, and gives back what it had."""
    await simulator.put_number("+4600700021", capabilities=["websocket"])
    assist = {**REJECTS, CONF_CALL_HANDLING: "assist"}
    chosen = {**assist, CONF_REALTIME_NUMBER: "+4600700021"}
    asked = await begin(hass, integration, "calls", "number")
    missing = await answer(hass, asked, assist)
    result = await answer(hass, missing, chosen)
    await hass.async_block_till_done(wait_background_tasks=True)
    realtime = await number_at_46elks(simulator, "+4600700021")
    ours = integration.runtime_data.address.voice_url
    again = await begin(hass, integration, "calls", "number")
    await answer(hass, again, REJECTS)
    await hass.async_block_till_done(wait_background_tasks=True)
    after = await number_at_46elks(simulator, "+4600700021")
    await change_options(hass, integration, reach="poll")
    closed = await begin(hass, integration, "calls", "number")
    unreachable = await answer(hass, closed, chosen)

    # An error at a field is seen only where the field is.
    first = [str(field) for field in asked["data_schema"].schema][:2]
    assert first == [CONF_CALL_HANDLING, CONF_REALTIME_NUMBER]
    assert missing["errors"] == {CONF_REALTIME_NUMBER: "realtime_number_missing"}
    assert result["reason"] == "reconfigure_successful"
    assert realtime["websocket_url"] == ours
    assert suggested(again)[CONF_REALTIME_NUMBER] == "+4600700021"
    assert not after.get("websocket_url")
    assert unreachable["errors"] == {CONF_REALTIME_NUMBER: "voice_unreachable"}


async def test_a_number_of_realtime_voice_that_is_gone_is_not_shown_as_chosen(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """So nobody submits it again unseen."""
    await simulator.put_number("+4600700021", capabilities=["websocket"])
    chosen = {
        **REJECTS,
        CONF_CALL_HANDLING: "assist",
        CONF_REALTIME_NUMBER: "+4600700021",
    }
    await answer(hass, await begin(hass, integration, "calls", "number"), chosen)
    await hass.async_block_till_done(wait_background_tasks=True)
    await simulator.put_number("+4600700021", active=False)
    again = await begin(hass, integration, "calls", "number")

    assert CONF_REALTIME_NUMBER not in suggested(again)
    assert suggested(again)[CONF_CALL_HANDLING] == "assist"


async def test_a_national_number_needs_a_country(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Which Home Assistant may not know."""
    hass.config.country = None
    asked = await begin(hass, integration, "settings", "number")
    failed = await answer(
        hass,
        asked,
        {
            CONF_SMS_REPLIES: True,
            CONF_TEXT_REPLY_TO: ReplyTo.CONTACTS,
            CONF_TEXT_FORWARD_TO: "070-174 06 07",
        },
    )

    assert failed["errors"] == {CONF_TEXT_FORWARD_TO: "phone_country"}


async def test_settings_that_46elks_refuses_are_not_kept(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The person reads why."""
    asked = await begin(hass, integration, "settings", "number")
    await simulator.fail(
        failing("numbers/*", method="POST", kind="status", status=403, body="Unable to")
    )
    failed = await answer(
        hass, asked, {CONF_SMS_REPLIES: False, CONF_TEXT_REPLY_TO: ReplyTo.CONTACTS}
    )

    assert failed["errors"] == {"base": "refused"}
    assert failed["description_placeholders"]["reason"] == "Unable to"
    assert set(integration.subentries["number"].data) == {CONF_NUMBER, CONF_NUMBER_ID}


async def test_settings_need_46elks(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Out of reach, or without the number, the person is told so."""
    await simulator.fail(answering("numbers", 429))
    away = await begin(hass, integration, "settings", "number")
    await simulator.fail()
    await simulator.put_number(NUMBER, active=False)
    gone = await begin(hass, integration, "settings", "number")

    assert (away["reason"], gone["reason"]) == ("cannot_connect", "number_gone")


async def test_a_number_in_the_place_of_another_behaves_like_it(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """What was set stays set."""
    other = await simulator.put_number(OTHER_NUMBER)
    subentry = integration.subentries["number"]
    hass.config_entries.async_update_subentry(
        integration, subentry, data={**subentry.data, CONF_TEXT_REPLY: "Hi"}
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    asked = await begin(hass, integration, "replace", "number")
    await answer(hass, asked, {CONF_NUMBER_ID: other["id"]})

    assert integration.subentries["number"].data == {
        CONF_NUMBER_ID: other["id"],
        CONF_NUMBER: OTHER_NUMBER,
        CONF_TEXT_REPLY: "Hi",
    }


@pytest.mark.parametrize(
    ("step", "typed"),
    [
        pytest.param("release", {"confirm": True}, id="release"),
        pytest.param(
            "settings",
            {CONF_SMS_REPLIES: False, CONF_TEXT_REPLY_TO: ReplyTo.CONTACTS},
            id="settings",
        ),
        pytest.param("addresses", {}, id="addresses"),
    ],
)
async def test_a_form_is_for_the_number_it_shows(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    step: str,
    typed: Json,
) -> None:
    """Another may have been put in its place while it stood open, and releasing cannot be undone."""
    await change_options(hass, integration, reach="poll")
    other = await simulator.put_number(OTHER_NUMBER)
    shown = await begin(hass, integration, step, "number")
    replacing = await begin(hass, integration, "replace", "number")
    await answer(hass, replacing, {CONF_NUMBER_ID: other["id"]})
    result = await answer(hass, shown, typed)
    numbers = await simulator.control("GET", "numbers")

    assert shown["description_placeholders"][CONF_NUMBER] == NUMBER
    assert result["reason"] == "number_changed"
    assert {(one["active"], one["sms_replies"]) for one in numbers} == {("yes", "yes")}


async def test_what_else_answers_a_number_is_shown_and_changed(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The rest stays as it is."""
    await change_options(hass, integration, reach="poll")
    number = await number_at_46elks(simulator)
    url = "https://example.com/voice"
    await simulator.put_number(
        NUMBER, capabilities=["sms", "mms", "voice"], voice_start=url
    )
    asked = await begin(hass, integration, "addresses", "number")
    result = await answer(hass, asked, {"voice_start": ' {"play": "sound/beep"} '})
    after = await number_at_46elks(simulator)
    again = await begin(hass, integration, "addresses", "number")
    await answer(hass, again, {})

    assert suggested(asked)["voice_start"] == url
    assert result["reason"] == "addresses_set"
    assert after["voice_start"] == '{"play": "sound/beep"}'
    assert after.get("sms_url") == number.get("sms_url")
    assert not (await number_at_46elks(simulator)).get("voice_start")


async def test_where_46elks_is_asked_every_address_is_the_persons_own(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Home Assistant then sets none."""
    await change_options(hass, integration, reach="poll")
    asked = await begin(hass, integration, "addresses", "number")
    await answer(hass, asked, {"sms_url": "https://example.com/sms"})

    assert {"sms_url", "mms_url"} <= {str(one) for one in asked["data_schema"].schema}
    assert (await number_at_46elks(simulator))["sms_url"] == "https://example.com/sms"


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("example.com", id="no scheme"),
        pytest.param("wss://example.com", id="for voice"),
        pytest.param("https://", id="no host"),
        pytest.param("https://[", id="broken"),
        pytest.param("[1]", id="no object"),
    ],
)
async def test_what_cannot_answer_is_not_set(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    written: str,
) -> None:
    """It can be mended in the form."""
    await change_options(hass, integration, reach="poll")
    await simulator.put_number(NUMBER, capabilities=["sms", "voice"])
    asked = await begin(hass, integration, "addresses", "number")
    failed = await answer(hass, asked, {"voice_start": written})

    assert failed["errors"] == {"voice_start": "address_invalid"}
    assert not (await number_at_46elks(simulator)).get("voice_start")


async def test_an_address_that_46elks_refuses_is_told(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """In its own words."""
    await change_options(hass, integration, reach="poll")
    await simulator.put_number(NUMBER, capabilities=["sms", "voice"])
    asked = await begin(hass, integration, "addresses", "number")
    await simulator.fail(
        failing("numbers/*", method="POST", kind="status", status=403, body="Unable to")
    )
    failed = await answer(hass, asked, {"voice_start": "https://example.com"})

    assert failed["errors"] == {"base": "refused"}
    assert failed["description_placeholders"]["reason"] == "Unable to"


async def test_other_addresses_need_the_account_the_number_and_something_to_set(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Else the person is told what is missing."""
    await simulator.put_number(NUMBER, capabilities=["sms"])
    kept = await begin(hass, integration, "addresses", "number")
    await simulator.fail(answering("numbers", 429))
    away = await begin(hass, integration, "addresses", "number")
    await simulator.fail()
    await simulator.put_number(NUMBER, active=False)
    gone = await begin(hass, integration, "addresses", "number")
    await hass.config_entries.async_unload(integration.entry_id)
    unloaded = await begin(hass, integration, "addresses", "number")

    assert [one["reason"] for one in (kept, away, gone, unloaded)] == [
        "addresses_kept",
        "cannot_connect",
        "number_gone",
        "not_loaded",
    ]


async def test_a_number_that_cannot_pass_calls_on_does_not_take_the_place(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Before it is set so that it can."""
    number = integration.subentries["number"]
    for forward_to in (["+468123456"], ["anna"]):
        hass.config_entries.async_update_subentry(
            integration, number, data={**number.data, CONF_FORWARD_TO: forward_to}
        )
        await hass.async_block_till_done(wait_background_tasks=True)
        other = await simulator.put_number(OTHER_NUMBER)
        asked = await begin(hass, integration, "replace", "number")
        done = await answer(hass, asked, {CONF_NUMBER_ID: other["id"]})
        assert bool(done.get("errors")) is (forward_to == ["+468123456"])
    assert integration.subentries["number"].data[CONF_NUMBER] == OTHER_NUMBER
