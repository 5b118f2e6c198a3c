"""What a person is asked about those who call a number."""

from collections.abc import Collection, Mapping
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import probatio
from yarl import URL

from .api import Number
from .const import (
    CONF_BARGE_IN,
    CONF_CALL_FALLBACK,
    CONF_CALL_HANDLING,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_REALTIME_NUMBER,
    CONF_STRANGERS,
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
from .subentries import MISSING, missing_for


def call_fields(
    contacts: list[SelectOptionDict], realtime: Mapping[str, Number]
) -> dict[Any, Any]:
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
        probatio.Optional(CONF_REALTIME_NUMBER): SelectSelector(
            SelectSelectorConfig(
                options=[
                    SelectOptionDict(value=number, label=_label(one))
                    for number, one in realtime.items()
                ],
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
        probatio.Required(CONF_STRANGERS, default=False): BooleanSelector(),
        probatio.Required(CONF_BARGE_IN, default=True): BooleanSelector(),
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
    has_voice_door: bool,
) -> None:
    """Make phone numbers of whom calls are passed on to, and say what cannot be."""
    wanted = settings.get(CONF_FORWARD_TO, [])
    for asked in (CONF_CALL_HANDLING, CONF_CALL_FALLBACK):
        if field := missing_for(settings.get(asked), settings):
            errors[field] = MISSING[field]
    talks = settings.get(CONF_CALL_HANDLING) == CallHandling.ASSIST
    if talks and CONF_REALTIME_NUMBER in settings and not has_voice_door:
        errors[CONF_REALTIME_NUMBER] = "voice_unreachable"
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


def _label(number: Number) -> str:
    """Return a number of Realtime Voice, and whose program is behind it today."""
    try:
        host = URL(number.websocket_url or "").host
    except ValueError:
        host = None
    return " · ".join(filter(None, (number.name, number.number, host)))


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
