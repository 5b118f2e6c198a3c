"""What helps to find a fault, and tells nothing about people: counts and yes or no."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import AnyDeviceEntry

from .api import DEFAULT_API_URL, CallbackKind, Number
from .const import (
    CONF_API_URL,
    CONF_CALL_FALLBACK,
    CONF_CALL_HANDLING,
    CONF_DEFAULT_SENDER,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_KEEP_TEXT,
    CONF_LLM_TOOLS,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_PHONE,
    CONF_PIN,
    CONF_PUBLIC_URL,
    CONF_REACH,
    CONF_REALTIME_NUMBER,
    CONF_RIGHTS,
    CONF_SENDER,
    CONF_STRANGERS,
    CONF_TEXT_ASSIST,
    CONF_TEXT_FORWARD_TO,
    CONF_TEXT_REPLY,
    DOMAIN,
    SUBENTRY_CONTACT,
    SUBENTRY_NUMBER,
)
from .contacts import destination_of
from .data import ElksConfigEntry, ElksRuntimeData
from .records import PhoneCall, SentMessage, Tape


async def async_get_config_entry_diagnostics(
    hass: HomeAssistant, entry: ElksConfigEntry
) -> dict[str, Any]:
    """Return the state of an account without any number, name, text or secret."""
    settings = {
        "api_is_46elks": entry.data[CONF_API_URL] == DEFAULT_API_URL,
        "has_default_sender": bool(entry.options.get(CONF_DEFAULT_SENDER)),
        "has_public_url": bool(entry.options.get(CONF_PUBLIC_URL)),
        "keep_text": entry.options.get(CONF_KEEP_TEXT, True),
        "llm_tools": entry.options.get(CONF_LLM_TOOLS, False),
        "reach": entry.options.get(CONF_REACH),
    }
    if entry.state is not ConfigEntryState.LOADED:
        return {"settings": settings}
    runtime = entry.runtime_data
    store = runtime.store
    last_callback = runtime.reach.last_callback
    return {
        "settings": settings,
        "account": {
            "currency": runtime.coordinator.data.account.currency,
            "last_update_success": runtime.coordinator.last_update_success,
            "numbers": [
                _listed(runtime, number)
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
            **_calls(store.calls.values()),
            "today": store.calls_today,
            "numbers": [
                _answering(runtime, subentry)
                for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER)
            ],
        },
        "recordings": _recordings(store.tapes.values()),
        "texts": {**_texts(store.sent.values()), "today": store.messages_today},
    }


async def async_get_device_diagnostics(
    hass: HomeAssistant, entry: ElksConfigEntry, device: AnyDeviceEntry
) -> dict[str, Any]:
    """Return the same of a contact or a number alone, or all of it for the account."""
    subentry = next(
        (
            one
            for one in entry.subentries.values()
            if (DOMAIN, one.subentry_id) in device.identifiers
        ),
        None,
    )
    if subentry is None:
        return await async_get_config_entry_diagnostics(hass, entry)
    is_loaded = entry.state is ConfigEntryState.LOADED
    if subentry.subentry_type == SUBENTRY_CONTACT:
        found = _contact(entry.runtime_data, subentry) if is_loaded else {}
        return {"settings": _contact_settings(subentry)} | found
    found = _number(entry.runtime_data, subentry) if is_loaded else {}
    return {"settings": _number_settings(subentry)} | found


def _contact_settings(subentry: ConfigSubentry) -> dict[str, Any]:
    return {
        "country": destination_of(subentry.data[CONF_PHONE]).country,
        "has_pin": bool(subentry.data.get(CONF_PIN)),
        "has_sender": bool(subentry.data.get(CONF_SENDER)),
        "rights": sorted(subentry.data.get(CONF_RIGHTS, ())),
    }


def _contact(runtime: ElksRuntimeData, subentry: ConfigSubentry) -> dict[str, Any]:
    store, phone = runtime.store, subentry.data[CONF_PHONE]
    return {
        "calls": _calls(one for one in store.calls.values() if one.phone == phone),
        "recordings": _recordings(
            one for one in store.tapes.values() if one.phone == phone
        ),
        "texts": _texts(one for one in store.sent.values() if one.recipient == phone),
    }


def _number_settings(subentry: ConfigSubentry) -> dict[str, Any]:
    return {
        "answers_texts_with_assist": bool(subentry.data.get(CONF_TEXT_ASSIST)),
        "fallback": subentry.data.get(CONF_CALL_FALLBACK),
        "handling": subentry.data.get(CONF_CALL_HANDLING),
        "has_greeting": bool(subentry.data.get(CONF_GREETING)),
        "has_realtime_number": bool(subentry.data.get(CONF_REALTIME_NUMBER)),
        "passes_texts_on": bool(subentry.data.get(CONF_TEXT_FORWARD_TO)),
        "replies_to_texts": bool(subentry.data.get(CONF_TEXT_REPLY)),
        "talks_with_strangers": bool(subentry.data.get(CONF_STRANGERS)),
        "targets": len(subentry.data.get(CONF_FORWARD_TO, ())),
    }


def _number(runtime: ElksRuntimeData, subentry: ConfigSubentry) -> dict[str, Any]:
    store, e164 = runtime.store, subentry.data[CONF_NUMBER]
    number_id = subentry.data[CONF_NUMBER_ID]
    listed = runtime.coordinator.data.numbers.get(number_id)
    return {
        # None where 46elks does not list it any more.
        "number": _listed(runtime, listed) if listed else None,
        "held": sorted(kind for held_id, kind in store.held if held_id == number_id),
        "is_greeting_ready": _is_greeting_ready(runtime, subentry),
        "calls": _calls(one for one in store.calls.values() if one.number == e164),
        "recordings": _recordings(
            one for one in store.tapes.values() if one.number == e164
        ),
        "texts": _texts(one for one in store.sent.values() if one.sender == e164),
    }


def _listed(runtime: ElksRuntimeData, number: Number) -> dict[str, Any]:
    """Return what 46elks tells of a number."""
    return {
        "category": number.category,
        "capabilities": sorted(number.capabilities),
        "country": number.country,
        "has_sms_url": number.sms_url is not None,
        "is_held": any(
            held.number_id == number.id for held in runtime.store.held.values()
        ),
    }


def _answering(runtime: ElksRuntimeData, subentry: ConfigSubentry) -> dict[str, Any]:
    """Return how a number answers calls."""
    number_id = subentry.data[CONF_NUMBER_ID]
    settings = _number_settings(subentry)
    return {
        **{key: settings[key] for key in ("fallback", "handling", "has_greeting")},
        "is_greeting_ready": _is_greeting_ready(runtime, subentry),
        "is_held": (number_id, CallbackKind.CALL) in runtime.store.held,
        "targets": settings["targets"],
    }


def _is_greeting_ready(runtime: ElksRuntimeData, subentry: ConfigSubentry) -> bool:
    return runtime.reception.is_ready(subentry.data.get(CONF_GREETING, ""))


def _texts(sent: Iterable[SentMessage]) -> dict[str, Any]:
    """Return how far texts that went out have come."""
    texts = [*sent]
    return {
        "by_status": dict(Counter(one.status.value for one in texts)),
        "unanswered": sum(one.request is not None for one in texts),
    }


def _calls(placed_and_received: Iterable[PhoneCall]) -> dict[str, Any]:
    """Return what has come of calls."""
    calls = [*placed_and_received]
    return {
        "by_outcome": dict(Counter(one.outcome.value for one in calls if one.outcome)),
        "open": sum(not one.is_over for one in calls),
    }


def _recordings(recorded: Iterable[Tape]) -> dict[str, Any]:
    """Return what has become of recordings."""
    tapes = [*recorded]
    return {
        "kept": sum(one.media_content_id is not None for one in tapes),
        "given_up": sum(
            one.told is not None and one.media_content_id is None for one in tapes
        ),
        "waiting": sum(one.told is None for one in tapes),
    }
