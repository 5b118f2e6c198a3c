"""Which account an action is for, and how an action says what is wrong with a field."""

import asyncio
from collections.abc import Collection
from typing import Final, cast

from homeassistant.auth.models import User
from homeassistant.auth.permissions.const import POLICY_CONTROL
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, ATTR_DEVICE_ID, ATTR_ENTITY_ID
from homeassistant.core import ServiceCall
from homeassistant.exceptions import Unauthorized
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
    service,
)
from homeassistant.helpers.group import get_entity_ids
from homeassistant.helpers.typing import VolDictType
import probatio

from ..const import DOMAIN
from ..data import ElksConfigEntry

ATTR_CALL_ID: Final = "call_id"
ATTR_CONTACTS: Final = "contacts"

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

    Where there are several and none is named, it is the one whose contacts are, or whose call.

    Changing a contact reloads the account for a moment, and an alarm may come just then.
    """
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    entries = call.hass.config_entries
    if entry_id is None:
        every = {entry.entry_id for entry in entries.async_entries(DOMAIN)}
        meant = every if len(every) == 1 else every & _meant(call)
        entry_id = next(iter(meant)) if len(meant) == 1 else None
    if (entry := entries.async_get_entry(entry_id or "")) and entry.domain == DOMAIN:
        await _async_settled(entry)
    return cast(
        ElksConfigEntry, service.async_get_config_entry(call.hass, DOMAIN, entry_id)
    )


def _meant(call: ServiceCall) -> set[str | None]:
    """Return the accounts whose contacts an action names, or whose call it is about."""
    devices, entities = dr.async_get(call.hass), er.async_get(call.hass)
    meant: set[str | None] = set()
    for field in (ATTR_DEVICE_ID, ATTR_ENTITY_ID, ATTR_CONTACTS):
        for name in probatio.EnsureList()(call.data.get(field, [])):
            if (device := devices.async_get(name)) is not None:
                meant |= device.config_entries
            for member in get_entity_ids(call.hass, name) or (name,):
                if (entity := entities.async_get(member)) is not None:
                    meant.add(entity.config_entry_id)
    call_id = call.data.get(ATTR_CALL_ID)
    for entry in call.hass.config_entries.async_loaded_entries(DOMAIN):
        if call_id and entry.runtime_data.store.call_by_id(call_id) is not None:
            meant.add(entry.entry_id)
    return meant


async def async_check_admin(call: ServiceCall) -> None:
    """Refuse a person who is no administrator; automations act for whoever made them."""
    user = await _async_user(call)
    if user is not None and not user.is_admin:
        raise Unauthorized(context=call.context)


async def async_check_household(call: ServiceCall) -> None:
    """Refuse a person who may not use all of this home, as one who may only look on may not."""
    user = await _async_user(call)
    if user is not None and not user.permissions.access_all_entities(POLICY_CONTROL):
        raise Unauthorized(context=call.context, permission=POLICY_CONTROL)


async def async_check_entities(
    call: ServiceCall, entity_ids: Collection[str], policy: str = POLICY_CONTROL
) -> None:
    """Refuse a person who may do this with none of these entities."""
    user = await _async_user(call)
    if user is not None and not any(
        user.permissions.check_entity(entity_id, policy) for entity_id in entity_ids
    ):
        raise Unauthorized(
            context=call.context,
            entity_id=next(iter(entity_ids), None),
            permission=policy,
        )


async def _async_user(call: ServiceCall) -> User | None:
    """Return the person who asks, None where an automation does."""
    user_id = call.context.user_id
    if user_id is None:
        return None
    if (user := await call.hass.auth.async_get_user(user_id)) is None:
        raise Unauthorized(context=call.context)
    return user


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
