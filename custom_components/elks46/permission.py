"""Whether a contact may have this home do something, by the text or call in which they ask for it."""

from datetime import datetime

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.util import dt as dt_util

from .const import DOMAIN, TEXT_TOO_OLD, Right
from .data import ElksRuntimeData


@callback
def may(
    hass: HomeAssistant,
    device_id: str,
    right: Right,
    *,
    message_id: str | None = None,
    written: datetime | None = None,
    call_id: str | None = None,
) -> bool:
    """Tell whether the contact of a device has a right, by 46elks' id of their text or call.

    Where the contact has a PIN, the text must have begun with it, or it must have been
    entered in the call. A text that was `written` long ago, and has come only now, opens
    nothing. While the account is not loaded nobody may anything.
    """
    device, entry = dr.async_get_device_and_config_entry_for_domain(
        hass, device_id, domain=DOMAIN
    )
    if device is None or entry is None or entry.state is not ConfigEntryState.LOADED:
        return False
    runtime: ElksRuntimeData = entry.runtime_data
    contact = runtime.contacts.by_subentry(device.config_subentry_id or "")
    if contact is None or right not in contact.rights:
        return False
    now = runtime.client.now or dt_util.utcnow()
    if written is not None and now - written >= TEXT_TOO_OLD:
        return False
    if contact.pin is not None and message_id is not None:
        return runtime.pins.is_given(contact, message_id)
    call = runtime.store.call_by_id(call_id or "")
    is_verified = call is not None and call.is_verified and call.phone == contact.phone
    return right in contact.rights_of_call(is_verified=is_verified)
