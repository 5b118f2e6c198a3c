"""Tells outside what is announced inside, in the moment in which it is, and moves the house's clock when asked to.

What it has told has left the process: no kill takes it back, and no disk is needed for it.
"""

from datetime import UTC, datetime, timedelta
import json
from socket import AF_UNIX, SOCK_DGRAM, socket

from homeassistant.core import Event, HomeAssistant, ServiceCall, callback
from homeassistant.helpers.typing import ConfigType
from homeassistant.util import dt as dt_util

DOMAIN = "chaos_witness"


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Listen, and wait for what is asked."""
    outside = socket(AF_UNIX, SOCK_DGRAM)
    outside.connect(hass.config.path("witness"))

    @callback
    def announced(event: Event) -> None:
        outside.send(json.dumps(event.data["id"]).encode())

    @callback
    def jump(call: ServiceCall) -> None:
        offset = timedelta(seconds=call.data["seconds"])
        setattr(dt_util, "utcnow", lambda: datetime.now(UTC) + offset)  # noqa: B010

    hass.bus.async_listen("elks46_sms_received", announced)
    hass.services.async_register(DOMAIN, "jump", jump)
    return True
