"""What a person is asked about those who call a number."""

from collections.abc import Collection
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.selector import (
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import probatio

from .api import Number
from .const import (
    CONF_CALL_FALLBACK,
    CONF_CALL_HANDLING,
    CONF_FORWARD_TO,
    CONF_GREETING,
    FALLBACKS,
    CallHandling,
)
from .contacts import (
    Contacts,
    InvalidPhoneNumberError,
    can_reach,
    is_phone,
    parse_forward,
)
from .guard import Guard
from .subentries import missing_for


def call_fields(contacts: list[SelectOptionDict]) -> dict[Any, Any]:
    """Return what is asked about those who call a number."""
    return {
        probatio.Required(
            CONF_CALL_HANDLING, default=CallHandling.REJECT
        ): SelectSelector(
            SelectSelectorConfig(
                options=[one.value for one in CallHandling],
                translation_key=CONF_CALL_HANDLING,
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        probatio.Optional(CONF_GREETING): TextSelector(
            TextSelectorConfig(multiline=True)
        ),
        probatio.Optional(CONF_FORWARD_TO): SelectSelector(
            SelectSelectorConfig(
                options=contacts,
                custom_value=True,
                multiple=True,
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        probatio.Required(
            CONF_CALL_FALLBACK, default=CallHandling.REJECT
        ): SelectSelector(
            SelectSelectorConfig(
                options=[one.value for one in FALLBACKS],
                translation_key=CONF_CALL_FALLBACK,
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
    }


def check_calls(
    hass: HomeAssistant,
    contacts: Contacts,
    number: Number,
    settings: dict[str, Any],
    errors: dict[str, str],
    *,
    own: Collection[str],
    guard: Guard,
) -> None:
    """Make phone numbers of whom calls are passed on to, and say what cannot be."""
    wanted = settings.get(CONF_FORWARD_TO, [])
    for asked in (CONF_CALL_HANDLING, CONF_CALL_FALLBACK):
        match missing_for(settings.get(asked), settings):
            case str(field) if field == CONF_FORWARD_TO:
                errors[field] = "forward_to_missing"
            case str(field):
                errors[field] = "greeting_missing"
    kept = []
    for written in wanted:
        contact = contacts.by_subentry(written)
        try:
            target = (
                contact.phone
                if contact
                else parse_forward(written, hass.config.country)
            )
        except InvalidPhoneNumberError as err:
            errors[CONF_FORWARD_TO] = err.reason
            return
        if reason := _refusal(number, target, own, guard):
            errors[CONF_FORWARD_TO] = reason
        # A contact is kept as one, whose number may change.
        kept.append(written if contact else target)
    if wanted:
        settings[CONF_FORWARD_TO] = kept


def _refusal(
    number: Number, target: str, own: Collection[str], guard: Guard
) -> str | None:
    """Return why calls to a number cannot be passed on to somebody."""
    if not is_phone(target):
        return None
    if target in own:
        return "forward_own"
    if not can_reach(number.number, target):
        return "forward_mobile_only"
    try:
        guard.check_destination(target)
    except ServiceValidationError:
        return "forward_not_allowed"
    return None
