"""Numbers rented, set up and given back by action: the account's money and its doors, so an administrator's alone."""

from types import MappingProxyType
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.util.json import JsonObjectType
import probatio

from ..api import ADDRESSES, COMBINATIONS, DEFAULT_CATEGORY, Number, is_address
from ..const import (
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_SMS_REPLIES,
    NAME_LENGTH_AT_MOST,
    SUBENTRY_NUMBER,
)
from ..contacts import InvalidPhoneNumberError, parse_phone, phone_without_plus
from ..data import ElksConfigEntry
from ..errors import failed, invalid, translate_errors
from ..rental import RentUnknownError
from ..roster import number_subentry
from ..subentries import subentry_by_id
from .account import ACCOUNT, async_check_admin, async_entry

ATTR_CAPABILITIES: Final = "capabilities"
ATTR_CONFIRM: Final = "confirm"
ATTR_COUNTRY: Final = "country"
ATTR_CATEGORY: Final = "category"
COUNTRY_LENGTH: Final = 2

RENT_NUMBER_SCHEMA: Final = probatio.Schema(
    {
        **ACCOUNT,
        probatio.Required(ATTR_COUNTRY): cv.string,
        probatio.Optional(ATTR_CAPABILITIES): probatio.EnsureList(),
        probatio.Optional(
            ATTR_CATEGORY,
        ): cv.string,
        probatio.Optional(CONF_NAME): cv.string,
        probatio.Optional(CONF_SMS_REPLIES): cv.boolean,
        probatio.Required(ATTR_CONFIRM): cv.boolean,
    }
)
RELEASE_NUMBER_SCHEMA: Final = probatio.Schema(
    {
        **ACCOUNT,
        # Left as it comes, as a template may have made a number of it.
        probatio.Required(CONF_NUMBER): object,
        probatio.Required(ATTR_CONFIRM): cv.boolean,
    }
)
CONFIGURE_NUMBER_SCHEMA: Final = probatio.Schema(
    {
        **ACCOUNT,
        probatio.Required(CONF_NUMBER): object,
        probatio.Optional(CONF_NAME): cv.string,
        probatio.Optional(CONF_SMS_REPLIES): cv.boolean,
        **{probatio.Optional(field): cv.string for field in ADDRESSES},
    }
)


async def async_rent_number(call: ServiceCall) -> ServiceResponse:
    """Rent a number, and answer it from now on."""
    await async_check_admin(call)
    entry = await async_entry(call)
    country = call.data[ATTR_COUNTRY].strip()
    if len(country) != COUNTRY_LENGTH or not country.isalpha():
        raise invalid("country_invalid")
    category = call.data.get(ATTR_CATEGORY, DEFAULT_CATEGORY).strip()
    if (combinations := COMBINATIONS.get(category)) is None:
        raise invalid("category_invalid", allowed=", ".join(COMBINATIONS))
    asked = call.data.get(ATTR_CAPABILITIES, combinations[0])
    # A template may have made anything of it.
    wanted = {str(one) for one in asked}
    capabilities = next((one for one in combinations if {*one} == wanted), None)
    if capabilities is None:
        allowed = "; ".join(", ".join(one) for one in combinations)
        raise invalid("capabilities_invalid", category=category, allowed=allowed)
    name = _name(call)
    _check_confirmed(call)
    with translate_errors(call.hass, entry):
        try:
            number = await entry.runtime_data.rental.async_rent(
                country=country,
                capabilities=capabilities,
                name=name,
                category=category if ATTR_CATEGORY in call.data else None,
                sms_replies=call.data.get(CONF_SMS_REPLIES),
            )
        except RentUnknownError as err:
            raise failed("rent_unknown") from err
    chosen = number_subentry(number)
    call.hass.config_entries.async_add_subentry(
        entry,
        ConfigSubentry(
            data=MappingProxyType(dict(chosen["data"])),
            subentry_type=chosen["subentry_type"],
            title=chosen["title"],
            unique_id=chosen["unique_id"],
        ),
    )
    return _answer(call, number)


async def async_release_number(call: ServiceCall) -> ServiceResponse:
    """Give a number back for good, and remove it here."""
    await async_check_admin(call)
    entry = await async_entry(call)
    _check_confirmed(call)
    number = await _async_number(call, entry)
    with translate_errors(call.hass, entry):
        await entry.runtime_data.rental.async_release(number.id)
    if subentry := subentry_by_id(entry, number.id):
        call.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
    else:
        await entry.runtime_data.coordinator.async_request_refresh()
    return _answer(call, number, active=False)


async def async_configure_number(call: ServiceCall) -> ServiceResponse:
    """Change what is given of a number at 46elks, and nothing else."""
    await async_check_admin(call)
    entry = await async_entry(call)
    changes: dict[str, Any] = {
        field: call.data[field]
        for field in (CONF_NAME, CONF_SMS_REPLIES, *ADDRESSES)
        if field in call.data
    }
    if not changes:
        raise invalid("nothing_to_change")
    if CONF_NAME in changes:
        changes[CONF_NAME] = _name(call)
    for field in ADDRESSES.keys() & changes.keys():
        changes[field] = changes[field].strip()
        if not is_address(field, changes[field]):
            raise invalid("address_invalid", field=field)
    runtime = entry.runtime_data
    number = await _async_number(call, entry)
    for field in ADDRESSES.keys() & changes.keys():
        if runtime.provisioning.keeps(number, field):
            raise invalid("address_kept", field=field)
    with translate_errors(call.hass, entry):
        number = await runtime.client.numbers.configure(number.id, **changes)
    title = number.name or number.number
    subentry = subentry_by_id(entry, number.id)
    if subentry and CONF_NAME in changes and subentry.title != title:
        call.hass.config_entries.async_update_subentry(entry, subentry, title=title)
    else:
        await runtime.coordinator.async_request_refresh()
    return _answer(call, number)


def _name(call: ServiceCall) -> str | None:
    name: str | None = call.data.get(CONF_NAME)
    if name is not None:
        name = name.strip()
        if len(name) > NAME_LENGTH_AT_MOST:
            raise invalid("name_too_long")
    return name


def _check_confirmed(call: ServiceCall) -> None:
    if not call.data[ATTR_CONFIRM]:
        raise invalid("not_confirmed")


async def _async_number(call: ServiceCall, entry: ElksConfigEntry) -> Number:
    """Return the number an action is for: by device, in any usual form, or by 46elks' id."""
    with translate_errors(call.hass, entry):
        numbers = await entry.runtime_data.client.numbers.list()
    wanted = _wanted(call.hass, entry, call.data[CONF_NUMBER])
    for number in numbers:
        if number.active and not wanted.isdisjoint((number.id, number.number)):
            return number
    raise invalid("number_unknown")


def _wanted(hass: HomeAssistant, entry: ElksConfigEntry, written: Any) -> set[str]:
    """Return how 46elks may write the number, or its id.

    The numbers of apps and sockets are in no country's plan, so they stay as they are.
    """
    if not isinstance(written, str):
        try:
            return {phone_without_plus(written)}
        except InvalidPhoneNumberError:
            raise invalid("number_unknown") from None
    text: str = written.strip()
    if device := dr.async_get(hass).async_get(text):
        subentry = entry.subentries.get(device.config_subentry_id or "")
        if subentry is None or subentry.subentry_type != SUBENTRY_NUMBER:
            raise invalid("number_unknown")
        return {subentry.data[CONF_NUMBER_ID]}
    try:
        return {text, parse_phone(text, hass.config.country)}
    except InvalidPhoneNumberError:
        return {text}


def _answer(
    call: ServiceCall, number: Number, *, active: bool = True
) -> JsonObjectType | None:
    """Return what 46elks tells of a number, but for addresses, which hold secrets."""
    if not call.return_response:
        return None
    return {
        "id": number.id,
        "number": number.number,
        "name": number.name,
        "active": active,
        "country": number.country,
        "category": number.category,
        "capabilities": [*sorted(number.capabilities)],
        "sms_replies": number.sms_replies,
        "monthly_cost": None if number.cost is None else float(number.cost),
        "renews": number.expires.isoformat() if number.expires else None,
    }
