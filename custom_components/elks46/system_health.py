"""How 46elks and this home reach each other, on Home Assistant's page of system information.

People copy that page into reports that everybody can read: counts, yes or no and times only.
"""

from collections.abc import Collection
from typing import Any

from homeassistant.components.system_health import (
    SystemHealthRegistration,
    async_check_can_reach_url,
)
from homeassistant.core import HomeAssistant, callback

from .api import DEFAULT_API_URL
from .const import CONF_API_URL, DOMAIN, SUBENTRY_CONTACT, SUBENTRY_NUMBER
from .data import ElksConfigEntry


@callback
def async_register(hass: HomeAssistant, register: SystemHealthRegistration) -> None:
    """Offer what is known of all accounts together."""
    register.async_register_info(
        async_info, f"/config/integrations/integration/{DOMAIN}"
    )


async def async_info(hass: HomeAssistant) -> dict[str, Any]:
    """Return counts and states; whether 46elks answers is found out while the page is shown."""
    entries: list[ElksConfigEntry] = hass.config_entries.async_entries(DOMAIN)
    loaded: list[ElksConfigEntry] = hass.config_entries.async_loaded_entries(DOMAIN)
    reaches = [entry.runtime_data.reach for entry in loaded]
    posts = [reach.last_callback for reach in reaches if reach.last_callback]
    info: dict[str, Any] = {
        "can_reach_46elks": _async_reach(
            hass, {entry.data[CONF_API_URL] for entry in entries} or {DEFAULT_API_URL}
        ),
        "accounts": len(entries),
        "accounts_loaded": len(loaded),
        **{
            f"{kind}s": sum(len(entry.get_subentries_of_type(kind)) for entry in loaded)
            for kind in (SUBENTRY_CONTACT, SUBENTRY_NUMBER)
        },
    }
    if loaded:
        info["accounts_posted_to"] = sum(not reach.is_polling for reach in reaches)
        info["accounts_by_cloud"] = sum(
            entry.runtime_data.address.is_cloud for entry in loaded
        )
    if posts:
        info["last_callback"] = max(posts)
    return info


async def _async_reach(
    hass: HomeAssistant, urls: Collection[str]
) -> str | dict[str, str]:
    """Return how asking 46elks goes; of several places the first that does not answer."""
    answers = [await async_check_can_reach_url(hass, url) for url in sorted(urls)]
    return next((answer for answer in answers if answer != "ok"), "ok")
