"""What helps to find a fault, and tells nothing about people: counts and yes or no."""

from collections import Counter
from typing import Any

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant

from .api import DEFAULT_API_URL, CallbackKind
from .const import (
    CONF_API_URL,
    CONF_CALL_FALLBACK,
    CONF_CALL_HANDLING,
    CONF_DEFAULT_SENDER,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_KEEP_TEXT,
    CONF_NUMBER_ID,
    CONF_PUBLIC_URL,
    CONF_REACH,
    SUBENTRY_CONTACT,
    SUBENTRY_NUMBER,
)
from .data import ElksConfigEntry


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ElksConfigEntry
) -> dict[str, Any]:
    """Return the state of an account without any number, name, text or secret."""
    settings = {
        "api_is_46elks": entry.data[CONF_API_URL] == DEFAULT_API_URL,
        "has_default_sender": bool(entry.options.get(CONF_DEFAULT_SENDER)),
        "has_public_url": bool(entry.options.get(CONF_PUBLIC_URL)),
        "keep_text": entry.options.get(CONF_KEEP_TEXT, True),
        "reach": entry.options.get(CONF_REACH),
    }
    if entry.state is not ConfigEntryState.LOADED:
        return {"settings": settings}
    runtime = entry.runtime_data
    sent, calls = runtime.store.sent.values(), runtime.store.calls.values()
    tapes = runtime.store.tapes.values()
    last_callback = runtime.reach.last_callback
    return {
        "settings": settings,
        "account": {
            "currency": runtime.coordinator.data.account.currency,
            "last_update_success": runtime.coordinator.last_update_success,
            "numbers": [
                {
                    "category": number.category,
                    "capabilities": sorted(number.capabilities),
                    "country": number.country,
                    "has_sms_url": number.sms_url is not None,
                    "is_held": any(
                        held.number_id == number.id
                        for held in runtime.store.held.values()
                    ),
                }
                for number in runtime.coordinator.data.numbers.values()
            ],
        },
        "subentries": {
            kind: len(entry.get_subentries_of_type(kind))
            for kind in (SUBENTRY_CONTACT, SUBENTRY_NUMBER)
        },
        "reach": {
            "foreign_callbacks": runtime.reach.foreign_callbacks,
            "is_polling": runtime.reach.is_polling,
            "last_callback": last_callback.isoformat() if last_callback else None,
            "missing_address": runtime.address.missing,
            "trouble": runtime.reach.trouble,
            "uses_cloudhook": runtime.address.is_cloud,
        },
        "calls": {
            "by_outcome": dict(
                Counter(one.outcome.value for one in calls if one.outcome)
            ),
            "open": sum(not one.is_over for one in calls),
            "today": runtime.store.calls_today,
            "numbers": [
                {
                    "fallback": subentry.data.get(CONF_CALL_FALLBACK),
                    "handling": subentry.data.get(CONF_CALL_HANDLING),
                    "has_greeting": bool(greeting),
                    "is_greeting_ready": runtime.reception.is_ready(greeting),
                    "is_held": (subentry.data[CONF_NUMBER_ID], CallbackKind.CALL)
                    in runtime.store.held,
                    "targets": len(subentry.data.get(CONF_FORWARD_TO, ())),
                }
                for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER)
                for greeting in [subentry.data.get(CONF_GREETING, "")]
            ],
        },
        "recordings": {
            "kept": sum(one.media_content_id is not None for one in tapes),
            "given_up": sum(
                one.told is not None and one.media_content_id is None for one in tapes
            ),
            "waiting": sum(one.told is None for one in tapes),
        },
        "texts": {
            "by_status": dict(Counter(one.status.value for one in sent)),
            "unanswered": sum(one.request is not None for one in sent),
            "today": runtime.store.messages_today,
        },
    }
