"""What tests of alerts do: ask for one, and look at how it fares."""

import asyncio
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr

from custom_components.elks46.const import DOMAIN

from . import Json
from .calls import allowed_file, chirp

ALSO: Final = "Water in the cellar. Answer OK if you see to it."


def device(hass: HomeAssistant, name: str) -> str:
    """Return the device of a contact, by name."""
    (found,) = [one.id for one in dr.async_get(hass).devices if one.name == name]
    return found


async def alert(hass: HomeAssistant, *names: str, **data: object) -> Json:
    """Use the action, by default once for everybody, and return its answer."""
    response: Any = await hass.services.async_call(
        DOMAIN,
        "alert",
        {
            field: value
            for field, value in {
                "contacts": [device(hass, name) for name in names or ("Anna", "Björn")],
                "rounds": 1,
                "media": await hass.async_add_executor_job(allowed_file, hass, chirp()),
                **data,
            }.items()
            if value is not None
        },
        blocking=True,
        return_response=True,
    )
    await hass.async_block_till_done()
    return dict(response)


def alerting(hass: HomeAssistant, *names: str, **data: object) -> asyncio.Task[Json]:
    """Begin to use the action."""
    return asyncio.create_task(alert(hass, *names, **data))


def tried(answer: Json) -> list[tuple[str, Any, str, Any]]:
    """Return who was tried, in which round and how, and what came of it."""
    return [
        (
            row["contact"],
            row["round"],
            row["via"],
            row.get("outcome") or row.get("status") or row.get("error"),
        )
        for row in answer["attempts"]
    ]
