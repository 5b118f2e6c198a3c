"""The actions: what automations ask of this home's telephone."""

from typing import Final

from homeassistant.core import HomeAssistant, SupportsResponse, callback

from ..const import DOMAIN
from .alerts import ALERT_SCHEMA, async_alert
from .answering import ANSWER_CALL_SCHEMA, MENU_SCHEMA, async_answer_call, async_menu
from .calls import END_CALL_SCHEMA, PLACE_CALL_SCHEMA, async_end_call, async_place_call
from .history import (
    GET_CALLS_SCHEMA,
    GET_MESSAGES_SCHEMA,
    GET_RECORDINGS_SCHEMA,
    async_get_calls,
    async_get_messages,
    async_get_recordings,
)
from .messages import SEND_MMS_SCHEMA, SEND_SMS_SCHEMA, async_send_mms, async_send_sms
from .numbers import (
    CONFIGURE_NUMBER_SCHEMA,
    RELEASE_NUMBER_SCHEMA,
    RENT_NUMBER_SCHEMA,
    async_configure_number,
    async_release_number,
    async_rent_number,
)
from .subaccounts import (
    CREATE_SUBACCOUNT_SCHEMA,
    LIST_SUBACCOUNTS_SCHEMA,
    UPDATE_SUBACCOUNT_SCHEMA,
    async_create_subaccount,
    async_list_subaccounts,
    async_update_subaccount,
)

# What is asked, by whom it is done, and whether there is always an answer.
ACTIONS: Final = {
    "alert": (ALERT_SCHEMA, async_alert, SupportsResponse.OPTIONAL),
    "answer_call": (ANSWER_CALL_SCHEMA, async_answer_call, SupportsResponse.OPTIONAL),
    "menu": (MENU_SCHEMA, async_menu, SupportsResponse.OPTIONAL),
    "end_call": (END_CALL_SCHEMA, async_end_call, SupportsResponse.OPTIONAL),
    "place_call": (PLACE_CALL_SCHEMA, async_place_call, SupportsResponse.OPTIONAL),
    "configure_number": (
        CONFIGURE_NUMBER_SCHEMA,
        async_configure_number,
        SupportsResponse.OPTIONAL,
    ),
    "release_number": (
        RELEASE_NUMBER_SCHEMA,
        async_release_number,
        SupportsResponse.OPTIONAL,
    ),
    "rent_number": (RENT_NUMBER_SCHEMA, async_rent_number, SupportsResponse.OPTIONAL),
    "create_subaccount": (
        CREATE_SUBACCOUNT_SCHEMA,
        async_create_subaccount,
        SupportsResponse.ONLY,
    ),
    "get_calls": (GET_CALLS_SCHEMA, async_get_calls, SupportsResponse.ONLY),
    "get_messages": (GET_MESSAGES_SCHEMA, async_get_messages, SupportsResponse.ONLY),
    "get_recordings": (
        GET_RECORDINGS_SCHEMA,
        async_get_recordings,
        SupportsResponse.ONLY,
    ),
    "list_subaccounts": (
        LIST_SUBACCOUNTS_SCHEMA,
        async_list_subaccounts,
        SupportsResponse.ONLY,
    ),
    "send_mms": (SEND_MMS_SCHEMA, async_send_mms, SupportsResponse.OPTIONAL),
    "send_sms": (SEND_SMS_SCHEMA, async_send_sms, SupportsResponse.OPTIONAL),
    "update_subaccount": (
        UPDATE_SUBACCOUNT_SCHEMA,
        async_update_subaccount,
        SupportsResponse.OPTIONAL,
    ),
}


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, for all accounts and for as long as Home Assistant runs."""
    for name, (schema, handler, supports_response) in ACTIONS.items():
        hass.services.async_register(
            DOMAIN, name, handler, schema=schema, supports_response=supports_response
        )
