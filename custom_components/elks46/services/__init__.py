"""The actions: what automations ask of this home's telephone."""

from typing import Final

from homeassistant.core import HomeAssistant, SupportsResponse, callback

from ..const import DOMAIN
from .calls import END_CALL_SCHEMA, PLACE_CALL_SCHEMA, async_end_call, async_place_call
from .messages import SEND_MMS_SCHEMA, SEND_SMS_SCHEMA, async_send_mms, async_send_sms

# What is asked, by whom it is done, and whether there is always an answer.
ACTIONS: Final = {
    "end_call": (END_CALL_SCHEMA, async_end_call, SupportsResponse.OPTIONAL),
    "place_call": (PLACE_CALL_SCHEMA, async_place_call, SupportsResponse.OPTIONAL),
    "send_mms": (SEND_MMS_SCHEMA, async_send_mms, SupportsResponse.OPTIONAL),
    "send_sms": (SEND_SMS_SCHEMA, async_send_sms, SupportsResponse.OPTIONAL),
}


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, for all accounts and for as long as Home Assistant runs."""
    for name, (schema, handler, supports_response) in ACTIONS.items():
        hass.services.async_register(
            DOMAIN, name, handler, schema=schema, supports_response=supports_response
        )
