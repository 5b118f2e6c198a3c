"""Which account an action is for, and how an action says what is wrong with a field."""

import asyncio
from typing import Final, cast

from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID
from homeassistant.core import ServiceCall
from homeassistant.exceptions import ServiceValidationError, Unauthorized
from homeassistant.helpers import config_validation as cv, service
from homeassistant.helpers.typing import VolDictType
import probatio

from ..const import DOMAIN
from ..data import ElksConfigEntry

# A reload takes a second; one that waits for texts on their way takes ten.
RELOAD_SECONDS_AT_MOST: Final = 20
PASSING_STATES: Final = (
    ConfigEntryState.NOT_LOADED,
    ConfigEntryState.SETUP_IN_PROGRESS,
    ConfigEntryState.UNLOAD_IN_PROGRESS,
)

ACCOUNT: Final[VolDictType] = {probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string}


async def async_entry(call: ServiceCall) -> ElksConfigEntry:
    """Return the account an action is for; one that is being reloaded is waited for.

    Changing a contact reloads the account for a moment, and an alarm may come just then.
    """
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    entries = call.hass.config_entries
    if entry_id is None and len(all_entries := entries.async_entries(DOMAIN)) == 1:
        entry_id = all_entries[0].entry_id
    if (entry := entries.async_get_entry(entry_id or "")) and entry.domain == DOMAIN:
        await _async_settled(entry)
    return cast(
        ElksConfigEntry, service.async_get_config_entry(call.hass, DOMAIN, entry_id)
    )


async def async_check_admin(call: ServiceCall) -> None:
    """Refuse a person who is no administrator; automations act for whoever made them."""
    user_id = call.context.user_id
    if user_id is not None:
        user = await call.hass.auth.async_get_user(user_id)
        if user is None or not user.is_admin:
            raise Unauthorized(context=call.context)


async def _async_settled(entry: ConfigEntry) -> None:
    """Return when the entry is neither coming nor going, or after a while."""
    if entry.disabled_by is not None or entry.state not in PASSING_STATES:
        return
    changed = asyncio.Event()
    stop = entry.async_on_state_change(changed.set)
    try:
        async with asyncio.timeout(RELOAD_SECONDS_AT_MOST):
            while entry.state in PASSING_STATES:
                changed.clear()
                await changed.wait()
    except TimeoutError:
        return
    finally:
        stop()


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return what to raise about a field."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )
