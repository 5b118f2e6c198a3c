"""How long Home Assistant takes to set up an account, and for how long nothing else can happen meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
import gc
from time import monotonic
from types import MappingProxyType
from typing import Any, Final

from aiohttp.web import Request, Response
from homeassistant.components.http import KEY_HASS, HomeAssistantView
from homeassistant.config_entries import SOURCE_USER, ConfigEntry
from homeassistant.helpers import entity_registry as er

# What an account leaves for later counts too, and is over by then.
SETTLE_SECONDS: Final = 1.0
TICK_SECONDS: Final = 0.001


class AccountsView(HomeAssistantView):
    """Lets the bench have accounts without filling in a form for all that belongs to one."""

    url = "/api/bench_engine/accounts"
    name = "api:bench_engine:accounts"

    async def post(self, request: Request) -> Response:
        """Add an account of an integration, as its forms would make it, and tell its id when it is set up."""
        wanted: dict[str, Any] = await request.json()
        entry = ConfigEntry(
            domain=wanted["domain"],
            title="Bench",
            data=wanted["data"],
            options=wanted["options"],
            subentries_data=wanted["subentries"],
            version=1,
            minor_version=1,
            source=SOURCE_USER,
            unique_id=None,
            discovery_keys=MappingProxyType({}),
        )
        await request.app[KEY_HASS].config_entries.async_add(entry)
        await asyncio.sleep(SETTLE_SECONDS)
        return self.json({"entry_id": entry.entry_id})


class SettingUpView(HomeAssistantView):
    """Lets the bench set up an account once more."""

    url = "/api/bench_engine/setting_up/{entry_id}"
    name = "api:bench_engine:setting_up"

    async def post(self, request: Request, entry_id: str) -> Response:
        """Unload an account, set it up, and tell whether it is, the seconds that took, the longest stall, and its entities."""
        hass = request.app[KEY_HASS]
        await hass.config_entries.async_unload(entry_id)
        gc.collect()
        async with _watching() as stalls:
            begun = monotonic()
            is_set_up = await hass.config_entries.async_setup(entry_id)
            took = monotonic() - begun
            await asyncio.sleep(SETTLE_SECONDS)
        entities = er.async_entries_for_config_entry(er.async_get(hass), entry_id)
        told = {
            "is_set_up": is_set_up,
            "seconds": took,
            "stall": max(stalls),
            "entities": sum(not entity.disabled for entity in entities),
        }
        return self.json(told)


@asynccontextmanager
async def _watching() -> AsyncIterator[list[float]]:
    """Note for how many seconds the loop did not come round, as long as the context lasts."""
    stalls: list[float] = []

    async def tick() -> None:
        before = monotonic()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            before, was = monotonic(), before
            stalls.append(before - was - TICK_SECONDS)

    ticking = asyncio.create_task(tick())
    try:
        yield stalls
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
