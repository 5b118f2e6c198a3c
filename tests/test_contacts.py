"""Who a number is, and what makes a written phone number one."""

from homeassistant.config_entries import ConfigSubentryDataWithId
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import (
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_PHONE,
    CONF_PIN,
    CONF_SENDER,
    DOMAIN,
    SUBENTRY_CONTACT,
    SUBENTRY_NUMBER,
)
from custom_components.elks46.contacts import (
    Contact,
    Contacts,
    InvalidPhoneNumberError,
    is_sender_name,
    masked,
    parse_phone,
)

from . import ANNA, BJORN, NUMBER, STRANGER


@pytest.mark.parametrize(
    ("written", "country", "phone"),
    [
        pytest.param("+46701740605", None, ANNA, id="E.164"),
        pytest.param("+46 (0)70-174 06 05", None, ANNA, id="zero in brackets"),
        pytest.param("0701740605", "SE", ANNA, id="national"),
        pytest.param(" 070 - 174 06 05\n", "SE", ANNA, id="blanks and dashes"),
        pytest.param("0046701740605", "SE", ANNA, id="two zeros"),
        pytest.param("+46701740605", "US", ANNA, id="abroad"),
        pytest.param("(202) 555-0123", "US", "+12025550123", id="another country"),
        pytest.param("\u200e+46 70\u2011174\u00a006\u200905", None, ANNA, id="pasted"),
        pytest.param("\u2066070\u20691740605", "SE", ANNA, id="direction marks"),
        pytest.param("+４６７０１７４０６０５", None, ANNA, id="wide digits"),
    ],
)
def test_people_write_numbers_in_many_ways(
    written: str, country: str | None, phone: str
) -> None:
    """One number is one person."""
    assert parse_phone(written, country) == phone


@pytest.mark.parametrize(
    ("written", "country", "reason"),
    [
        pytest.param("Anna", "SE", "phone_letters", id="name"),
        pytest.param("0800-FLOWERS", "US", "phone_letters", id="vanity"),
        pytest.param("+46701740605 ext 5", "SE", "phone_letters", id="extension"),
        pytest.param("0701740605", None, "phone_country", id="no country"),
        pytest.param("", "SE", "phone_invalid", id="nothing"),
        pytest.param("+", "SE", "phone_invalid", id="plus"),
        pytest.param("112", "SE", "phone_emergency", id="emergency"),
        pytest.param("+999123456789", "SE", "phone_invalid", id="no such country"),
        pytest.param("+4670174060512345", "SE", "phone_invalid", id="too long at home"),
        pytest.param("+46701740605#5", "SE", "phone_invalid", id="to be dialled after"),
        pytest.param("00000000", "SE", "phone_invalid", id="zeros to spare"),
        pytest.param("008114001140000003400", "SE", "phone_invalid", id="too long"),
    ],
)
def test_what_is_no_number_is_told_apart(
    written: str, country: str | None, reason: str
) -> None:
    """A person learns what to mend, and the text stays out of the error."""
    with pytest.raises(InvalidPhoneNumberError) as raised:
        parse_phone(written, country)

    assert raised.value.reason == reason
    assert str(raised.value) == reason


@pytest.mark.parametrize("name", ["abc", "Cottage", "A1b2c3d4e5f"])
def test_a_name_can_be_a_sender(name: str) -> None:
    """Three to eleven letters or digits."""
    assert is_sender_name(name)


@pytest.mark.parametrize(
    "name", ["", "ab", "A1b2c3d4e5f6", "1abc", "My home", "Ab-c", "Åbo", "abc\n"]
)
def test_other_names_would_be_lost_on_the_way(name: str) -> None:
    """Operators and 46elks differ in what else they take."""
    assert not is_sender_name(name)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        pytest.param(ANNA, "+4670•••5", id="number"),
        pytest.param("+4900", "•••", id="short number"),
        pytest.param("+4900000", "•••", id="a little longer"),
        pytest.param("Cottage", "•••", id="name"),
        pytest.param("", "•••", id="nothing"),
    ],
)
def test_a_masked_number_tells_nobody_whose_it_is(number: str, shown: str) -> None:
    """But the one who knows it can tell."""
    assert masked(number) == shown


def test_people_are_found_by_number_and_by_subentry() -> None:
    """Numbers of the account are no people."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        subentries_data=[
            ConfigSubentryDataWithId(
                data={CONF_NAME: "Anna", CONF_PHONE: ANNA, CONF_SENDER: "Cottage"},
                subentry_id="anna",
                subentry_type=SUBENTRY_CONTACT,
                title="Anna",
                unique_id=ANNA,
            ),
            ConfigSubentryDataWithId(
                data={CONF_NAME: "Björn", CONF_PHONE: BJORN},
                subentry_id="björn",
                subentry_type=SUBENTRY_CONTACT,
                title="Björn",
                unique_id=BJORN,
            ),
            ConfigSubentryDataWithId(
                data={CONF_NUMBER_ID: "n1", CONF_NUMBER: NUMBER},
                subentry_id="number",
                subentry_type=SUBENTRY_NUMBER,
                title=NUMBER,
                unique_id="n1",
            ),
        ],
    )
    contacts = Contacts(entry)
    anna = Contact(subentry_id="anna", name="Anna", phone=ANNA, sender="Cottage")

    assert [contact.name for contact in contacts] == ["Anna", "Björn"]
    assert contacts.by_phone(ANNA) == contacts.by_subentry("anna") == anna
    assert contacts.by_phone(STRANGER) is None
    assert contacts.by_subentry("number") is None


async def test_people_are_as_they_are_set_now(hass: HomeAssistant) -> None:
    """Also where a reload waits; who is taken away is nobody."""
    entry = MockConfigEntry(
        domain=DOMAIN,
        subentries_data=[
            ConfigSubentryDataWithId(
                data={CONF_NAME: "Anna", CONF_PHONE: ANNA},
                subentry_id="anna",
                subentry_type=SUBENTRY_CONTACT,
                title="Anna",
                unique_id=ANNA,
            )
        ],
    )
    entry.add_to_hass(hass)
    contacts = Contacts(entry)
    assert contacts.by_phone(ANNA)

    hass.config_entries.async_update_subentry(
        entry,
        entry.subentries["anna"],
        data={CONF_NAME: "Anna", CONF_PHONE: BJORN, CONF_PIN: "4711"},
    )
    assert contacts.by_phone(ANNA) is None
    assert contacts.by_phone(BJORN) == contacts.by_subentry("anna")
    assert [one.pin for one in contacts] == ["4711"]

    hass.config_entries.async_remove_subentry(entry, "anna")
    assert contacts.by_phone(BJORN) is contacts.by_subentry("anna") is None
