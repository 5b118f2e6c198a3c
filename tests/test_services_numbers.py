"""Numbers rented, set up and given back by action."""

from collections.abc import Generator
from typing import Any
from unittest.mock import patch

from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import (
    HomeAssistantError,
    ServiceValidationError,
    Unauthorized,
)
from homeassistant.helpers import device_registry as dr
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry, MockUser

from custom_components.elks46.const import (
    CONF_NUMBER,
    CONF_REACH,
    DOMAIN,
    SUBENTRY_NUMBER,
    Reach,
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

RENT = {"country": "SE", "confirm": True}
RENTED = "+46701740698"
SHOP = "https://shop.example.com/sms"


@pytest.fixture
def no_pauses(impatient: None) -> Generator[None]:
    """Look at once for a number whose answer was lost."""
    with patch("custom_components.elks46.rental.LOOK_UP_PAUSES", (0, 0)):
        yield


async def use(hass: HomeAssistant, action: str, **data: object) -> Json:
    """Use an action, and return its answer when everything has come to rest."""
    response = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)
    answer: Any = response
    return dict(answer)


async def at_46elks(simulator: SimulatorControl, number: str = NUMBER) -> Json:
    """Return a number as it stands at 46elks."""
    numbers = await simulator.control("GET", "numbers")
    [found] = [one for one in numbers if one["number"] == number]
    return dict(found)


def device(hass: HomeAssistant, entry: MockConfigEntry, identifier: str) -> str:
    """Return the id of a device."""
    found = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, identifier), entry.entry_id
    )
    assert found
    return found.id


async def test_a_number_is_rented_and_answered(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """It is here at once, and its texts come here."""
    answer = await use(
        hass,
        "rent_number",
        **RENT,
        capabilities=["sms", "voice"],
        name=" Cottage ",
        config_entry_id=integration.entry_id,
    )
    [request] = await simulator.requests("POST", "numbers")
    rented = await at_46elks(simulator, RENTED)
    added = integration.get_subentries_of_type(SUBENTRY_NUMBER)[-1]

    assert request["fields"] == {
        "country": "se",
        "capabilities": "sms,voice",
        "name": "Cottage",
    }
    assert answer == {
        "id": rented["id"],
        "number": RENTED,
        "name": "Cottage",
        "active": True,
        "country": "se",
        "category": "mobile",
        "capabilities": ["sms", "voice"],
        "sms_replies": True,
        "monthly_cost": 30.0,
        "renews": f"{rented['expires']}+00:00",
    }
    assert (added.title, added.data[CONF_NUMBER]) == ("Cottage", RENTED)
    assert rented["sms_url"].startswith(public_url)
    assert issues(hass) == {}


async def test_nobody_needs_the_answer(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """One capability need not be a list."""
    await hass.services.async_call(
        DOMAIN, "rent_number", {**RENT, "capabilities": "sms"}, blocking=True
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    assert (await at_46elks(simulator, RENTED))["capabilities"] == ["sms"]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        pytest.param({"country": "Sweden"}, "country_invalid", id="a long country"),
        pytest.param({"country": "46"}, "country_invalid", id="no country"),
        pytest.param({"capabilities": []}, "capabilities_invalid", id="nothing"),
        pytest.param({"capabilities": ["fax"]}, "capabilities_invalid", id="fax"),
        pytest.param({"name": "n" * 51}, "name_too_long", id="a long name"),
        pytest.param({"confirm": False}, "not_confirmed", id="no yes"),
    ],
)
async def test_what_cannot_be_rented_is_told_by_field(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    data: dict[str, object],
    key: str,
) -> None:
    """And 46elks is not asked."""
    with pytest.raises(ServiceValidationError) as error:
        await use(hass, "rent_number", **{**RENT, **data})

    assert error.value.translation_key == key
    assert await simulator.requests("POST", "numbers") == []


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        pytest.param(
            failing(
                "numbers",
                method="POST",
                kind="status",
                status=403,
                body="Not enough credits on your account",
            ),
            "request_refused",
            id="no money",
        ),
        pytest.param(
            failing("numbers", method="POST", kind="drop_before"),
            "rent_unknown",
            id="nobody knows",
        ),
    ],
)
async def test_a_number_that_is_not_rented_is_told(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    fault: Json,
    key: str,
) -> None:
    """It is asked for once."""
    await simulator.fail(fault)
    with pytest.raises(HomeAssistantError) as error:
        await use(hass, "rent_number", **RENT)

    assert error.value.translation_key == key
    assert len(await simulator.requests("POST", "numbers")) == 1
    assert len(integration.get_subentries_of_type(SUBENTRY_NUMBER)) == 1


async def test_a_number_is_given_back_by_device(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It is gone at 46elks and here."""
    answer = await use(
        hass,
        "release_number",
        number=device(hass, integration, "number"),
        confirm=True,
    )

    assert (answer["number"], answer["active"]) == (NUMBER, False)
    assert (await at_46elks(simulator))["active"] == "no"
    assert not integration.get_subentries_of_type(SUBENTRY_NUMBER)
    assert issues(hass) == {}


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(OTHER_NUMBER, id="with a plus"),
        pytest.param("070-174 06 91", id="as it is dialled"),
        pytest.param(46701740691, id="without its plus"),
    ],
)
async def test_a_number_that_is_not_here_is_given_back(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    written: object,
) -> None:
    """Any of the account's can be; one that is here stays."""
    await simulator.put_number(OTHER_NUMBER)
    await use(hass, "release_number", number=written, confirm=True)

    assert (await at_46elks(simulator, OTHER_NUMBER))["active"] == "no"
    assert (await at_46elks(simulator))["active"] == "yes"
    assert integration.get_subentries_of_type(SUBENTRY_NUMBER)


@pytest.mark.parametrize("action", ["release_number", "configure_number"])
@pytest.mark.parametrize(
    "written",
    [
        pytest.param(STRANGER, id="of somebody else"),
        pytest.param("n0", id="an unknown id"),
        pytest.param("", id="nothing"),
        pytest.param(46, id="too short"),
        pytest.param(None, id="none"),
        pytest.param(["+46701740690"], id="a list"),
    ],
)
async def test_a_number_must_be_one_of_the_account(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
    written: object,
) -> None:
    """Nothing is changed for any other."""
    before = await simulator.requests("POST", "numbers/*")
    field = "confirm" if action == "release_number" else "sms_replies"
    with pytest.raises(ServiceValidationError) as error:
        await use(hass, action, number=written, **{field: True})

    assert error.value.translation_key == "number_unknown"
    assert await simulator.requests("POST", "numbers/*") == before


async def test_a_device_must_be_that_of_a_number(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Not of a contact, and not of the account."""
    for identifier in ("anna", str(integration.unique_id)):
        with pytest.raises(ServiceValidationError) as error:
            await use(
                hass,
                "release_number",
                number=device(hass, integration, identifier),
                confirm=True,
            )
        assert error.value.translation_key == "number_unknown"


async def test_nothing_is_given_back_without_a_yes(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It cannot be undone."""
    with pytest.raises(ServiceValidationError) as error:
        await use(hass, "release_number", number=NUMBER, confirm=False)

    assert error.value.translation_key == "not_confirmed"
    assert (await at_46elks(simulator))["active"] == "yes"


async def test_a_number_that_46elks_keeps_stays(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """With 46elks' own words."""
    await simulator.fail(
        failing("numbers/*", method="POST", kind="status", status=403, body="Locked")
    )
    with pytest.raises(HomeAssistantError, match="46elks refuses: Locked"):
        await use(hass, "release_number", number=NUMBER, confirm=True)

    assert integration.get_subentries_of_type(SUBENTRY_NUMBER)


@pytest.mark.parametrize(
    ("field", "value", "stored"),
    [
        pytest.param("name", " Shop ", "Shop", id="name"),
        pytest.param("sms_replies", False, "no", id="replies"),
        pytest.param("sms_url", SHOP, SHOP, id="texts"),
        pytest.param("sms_url", '{"reply": "Hi"}', '{"reply": "Hi"}', id="a document"),
        pytest.param("mms_url", f" {SHOP} ", SHOP, id="pictures"),
        pytest.param("voice_start", SHOP, SHOP, id="calls"),
    ],
)
async def test_what_is_given_is_changed_and_nothing_else(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    field: str,
    value: object,
    stored: str,
) -> None:
    """Of a number that is not here, everything can be."""
    before = await simulator.put_number(
        OTHER_NUMBER, name="Old", sms_url="https://old.example.com/sms"
    )
    answer = await use(hass, "configure_number", number=before["id"], **{field: value})
    after = await at_46elks(simulator, OTHER_NUMBER)

    assert after == {**before, field: stored}
    assert answer["number"] == OTHER_NUMBER
    assert not [key for key in answer if "url" in key or "start" in key]


async def test_what_is_given_empty_is_cleared(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Name and addresses."""
    await simulator.put_number(OTHER_NUMBER, name="Old", sms_url=SHOP)
    await use(hass, "configure_number", number=OTHER_NUMBER, name="", sms_url=" ")
    after = await at_46elks(simulator, OTHER_NUMBER)

    assert not {"name", "sms_url"} & set(after)


async def test_a_websocket_number_is_told_where_its_sound_goes(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks says itself that an ordinary number takes none."""
    await simulator.put_number("+4600170001", capabilities=["websocket"])
    address = "wss://home.example.com/voice"
    await use(hass, "configure_number", number="+4600170001", websocket_url=address)
    with pytest.raises(HomeAssistantError, match="no capability for websocket_url"):
        await use(hass, "configure_number", number=NUMBER, websocket_url=address)

    number = await at_46elks(simulator, "+4600170001")
    assert number["websocket_url"] == address


async def test_a_number_here_is_called_as_it_is_there(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Its device too; without a name it is its number."""
    await use(hass, "configure_number", number=NUMBER, name="Home")
    named = integration.subentries["number"].title
    await use(hass, "configure_number", number=NUMBER, name="")

    assert named == "Home"
    assert integration.subentries["number"].title == NUMBER


@pytest.mark.parametrize("field", ["sms_url", "mms_url"])
async def test_what_this_home_keeps_is_not_changed(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    field: str,
) -> None:
    """It would be set back; where the home asks instead of being posted to, it would not."""
    before = await at_46elks(simulator)
    with pytest.raises(ServiceValidationError, match=f"^Field {field}: "):
        await use(hass, "configure_number", number=NUMBER, **{field: SHOP})
    kept = await at_46elks(simulator)
    await change_options(hass, integration, **{CONF_REACH: Reach.POLL})
    await use(hass, "configure_number", number=NUMBER, **{field: SHOP})

    assert kept == before
    assert (await at_46elks(simulator))[field] == SHOP


@pytest.mark.parametrize(
    ("field", "written"),
    [
        pytest.param("sms_url", "shop", id="a word"),
        pytest.param("sms_url", "ftp://shop.example.com", id="another protocol"),
        pytest.param("mms_url", "https://", id="no host"),
        pytest.param("voice_start", "http://[", id="a broken address"),
        pytest.param("voice_start", '["connect"]', id="a list"),
        pytest.param("websocket_url", SHOP, id="no socket"),
    ],
)
async def test_an_address_must_be_one(
    hass: HomeAssistant, integration: MockConfigEntry, field: str, written: str
) -> None:
    """The field is named."""
    with pytest.raises(ServiceValidationError, match=f"^Field {field}: ") as error:
        await use(hass, "configure_number", number=NUMBER, **{field: written})

    assert error.value.translation_key == "address_invalid"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        pytest.param({}, "nothing_to_change", id="nothing"),
        pytest.param({"name": "n" * 51}, "name_too_long", id="a long name"),
    ],
)
async def test_what_cannot_be_set_is_told_by_field(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    data: dict[str, str],
    key: str,
) -> None:
    """Before 46elks is asked."""
    with pytest.raises(ServiceValidationError) as error:
        await use(hass, "configure_number", number=NUMBER, **data)

    assert error.value.translation_key == key


async def test_46elks_may_be_away(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Then nothing is changed."""
    await simulator.fail(answering("numbers", 429))
    with pytest.raises(HomeAssistantError) as error:
        await use(hass, "configure_number", number=NUMBER, name="Home")

    assert error.value.translation_key == "rate_limited"


@pytest.mark.parametrize(
    ("action", "data"),
    [
        pytest.param("rent_number", RENT, id="rent"),
        pytest.param(
            "release_number", {"number": NUMBER, "confirm": True}, id="release"
        ),
        pytest.param(
            "configure_number", {"number": NUMBER, "name": "X"}, id="configure"
        ),
    ],
)
async def test_only_administrators_may(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    hass_read_only_user: MockUser,
    action: str,
    data: dict[str, object],
) -> None:
    """Others could spend the account's money, or lose its number."""
    before = await simulator.requests("POST", "numbers*")
    with pytest.raises(Unauthorized):
        await hass.services.async_call(
            DOMAIN,
            action,
            data,
            blocking=True,
            context=Context(user_id=hass_read_only_user.id),
        )

    assert await simulator.requests("POST", "numbers*") == before
