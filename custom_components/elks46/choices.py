"""What a person has chosen in a trigger or a condition, checked when it is saved."""

from collections.abc import Mapping
import re
from typing import Any, Final

from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_OPTIONS
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import config_validation as cv, device_registry as dr
from homeassistant.helpers.translation import async_load_integrations
from homeassistant.helpers.typing import ConfigType, VolDictType
import probatio

from .const import DOMAIN, SUBENTRY_CONTACT, SUBENTRY_NUMBER, Right
from .errors import invalid
from .patterns import InvalidPatternError, Pattern

CONF_CONTACT: Final = "contact"
CONF_CONTAINS: Final = "contains"
CONF_DIGITS: Final = "digits"
CONF_MATCHES: Final = "matches"
CONF_NUMBER: Final = "number"
CONF_RIGHT: Final = "right"

SEVERAL_DEVICES: Final = probatio.All(probatio.EnsureList(), [cv.string])
# Left as they come, to tell a person what is wrong with them.
WRITTEN: Final = object
SEVERAL_WRITTEN: Final = probatio.All(probatio.EnsureList(), [object])

RIGHT: Final = probatio.All(cv.string, probatio.Coerce(Right))
# Less than nothing is on no account.
MONEY: Final = probatio.All(probatio.Coerce(float), probatio.Range(min=0))

WHO_AND_WHERE: Final[VolDictType] = {
    probatio.Optional(CONF_CONTACT): SEVERAL_DEVICES,
    probatio.Optional(CONF_NUMBER): SEVERAL_DEVICES,
}

_KEYS: Final = re.compile(r"[0-9*#]+")


async def async_check(
    hass: HomeAssistant, config: ConfigType, fields: VolDictType
) -> ConfigType:
    """Return a trigger or condition whose options are of these fields.

    Raises:
        probatio.Invalid: a field is unknown, missing or of another kind.
        ServiceValidationError: it names something that is not ours, or does not exist.
    """
    schema = probatio.Schema({probatio.Optional(CONF_OPTIONS, default=dict): fields})
    config = schema(config)
    # At the start of Home Assistant, automations are read before the integrations.
    await async_load_integrations(hass, {DOMAIN})
    _check_devices(hass, config[CONF_OPTIONS])
    _check_account(hass, config[CONF_OPTIONS])
    _check_written(config[CONF_OPTIONS])
    return config


@callback
def _check_devices(hass: HomeAssistant, options: Mapping[str, Any]) -> None:
    """Refuse what is no contact, or no number; and what can never come together."""
    accounts: dict[str, set[str]] = {}
    for field, kind in (
        (CONF_CONTACT, SUBENTRY_CONTACT),
        (CONF_NUMBER, SUBENTRY_NUMBER),
    ):
        if field not in options:
            continue
        chosen = options[field]
        device_ids = [chosen] if isinstance(chosen, str) else chosen
        if not device_ids:
            raise invalid("choice_empty", field=field)
        accounts[field] = {
            _account_of(hass, field, kind, device_id) for device_id in device_ids
        }
    if len(accounts) > 1 and not set.intersection(*accounts.values()):
        raise invalid("choice_of_two_accounts")


def _account_of(hass: HomeAssistant, field: str, kind: str, device_id: str) -> str:
    device, entry = dr.async_get_device_and_config_entry_for_domain(
        hass, device_id, domain=DOMAIN
    )
    if device is None:
        raise invalid("choice_unknown", field=field)
    subentry = entry.subentries.get(device.config_subentry_id or "") if entry else None
    if entry is None or subentry is None or subentry.subentry_type != kind:
        name = device.name_by_user or device.name or device_id
        is_contact = kind == SUBENTRY_CONTACT
        raise invalid(
            "choice_no_contact" if is_contact else "choice_no_number",
            field=field,
            device=name,
        )
    return entry.entry_id


@callback
def _check_account(hass: HomeAssistant, options: Mapping[str, Any]) -> None:
    """Refuse what is no account of 46elks."""
    entry_id = options.get(ATTR_CONFIG_ENTRY_ID)
    if entry_id is None:
        return
    entry = hass.config_entries.async_get_entry(entry_id)
    if entry is None or entry.domain != DOMAIN:
        raise invalid("choice_no_account", field=ATTR_CONFIG_ENTRY_ID)


def _check_written(options: Mapping[str, Any]) -> None:
    """Refuse what can never come in.

    YAML makes yes and no of the words on and off, and a number of digits: without quotes
    nothing would ever be as it was written.
    """
    for field in (CONF_CONTAINS, CONF_MATCHES, CONF_DIGITS):
        written = options.get(field, ["1"])
        for one in written if isinstance(written, list) else [written]:
            if not isinstance(one, str):
                raise invalid("choice_not_text", field=field)
            if not one.strip():
                raise invalid("text_empty", field=field)
    for keys in options.get(CONF_DIGITS, ()):
        if _KEYS.fullmatch(keys) is None:
            raise invalid("choice_no_keys", field=CONF_DIGITS)
    if CONF_MATCHES in options:
        try:
            Pattern(options[CONF_MATCHES])
        except InvalidPatternError as err:
            raise invalid(
                "choice_no_pattern", field=CONF_MATCHES, reason=str(err)
            ) from err
