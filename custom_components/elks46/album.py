"""Pictures that came to this home: fetched from 46elks, kept among Home Assistant's media."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
import re
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_send

from .api import (
    ElksClient,
    ElksError,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksRequestError,
    IncomingMessage,
)
from .const import LOGGER, picture_type
from .errors import LaterError
from .shelf import PICTURES, Room, Shelf, async_prune, find_shelf, place_of
from .signals import SIGNAL_PICTURES

# A phone's camera makes pictures of two to five megabytes, and operators shrink them; so
# this is years of a family's pictures, and little on the smallest card.
KEEP_BYTES: Final = 500 * 1024 * 1024
# Else whoever knows a number could push out what the family has sent.
STRANGERS_BYTES: Final = KEEP_BYTES // 4
# What nobody has put elsewhere within a year is not missed.
KEEP: Final = timedelta(days=365)
# 46elks numbers them without saying where it ends; phones put in about ten.
PICTURES_AT_MOST: Final = 20
# 46elks waits for an answer meanwhile; it would only post again, but nobody waits longer.
FETCH_SECONDS: Final = 30
# 46elks repeats a message five times at least; the words are not to wait for the last.
TRIES: Final = 3
# A flood may not fill the memory; so many messages at once no family sends.
TRIED_AT_MOST: Final = 1000

SUFFIXES: Final = {mime_type: suffix for suffix, mime_type in PICTURES.items()}

# Waiting helps none of these.
_LASTING: Final = (ElksForbiddenError, ElksInvalidDataError, ElksRequestError)


def shelf(hass: HomeAssistant) -> Shelf | None:
    """Return where pictures are kept."""
    return find_shelf(hass, PICTURES)


@dataclass(slots=True)
class _Tried:
    """How far the pictures of a message have got; one that there is not is None."""

    times: int = 0
    found: dict[int, str | None] = field(default_factory=dict)


class Album:
    """Fetches the pictures of an account's messages and keeps them."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, client: ElksClient
    ) -> None:
        """Take where pictures come from."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._tried: dict[str, _Tried] = {}

    async def async_keep(self, message: IncomingMessage) -> tuple[str, ...]:
        """Fetch a message's pictures, and return the media content ids of those that could be had.

        Raises:
            LaterError: some may be had later; at the last try they are given up instead.
        """
        if (kept := shelf(self._hass)) is None:
            LOGGER.warning("Home Assistant has no media folder for pictures")
            return ()
        images = message.images[:PICTURES_AT_MOST]
        tried = self._tried.pop(message.id, None) or _Tried()
        tried.times += 1
        await self._async_try(kept, message, images, tried)
        if len(tried.found) < len(images) and tried.times < TRIES:
            self._tried[message.id] = tried
            if len(self._tried) > TRIED_AT_MOST:
                del self._tried[next(iter(self._tried))]
            raise LaterError("Pictures of a message cannot be had now")
        found = tuple(one for _, one in sorted(tried.found.items()) if one)
        if missing := len(images) - len(found):
            LOGGER.warning("A message is told without %s of its pictures", missing)
        await self.async_prune(message.created)
        return found

    async def async_prune(self, told: datetime) -> None:
        """Throw away old pictures, by the newest time 46elks has told."""
        if (kept := shelf(self._hass)) is None:
            return
        room = Room(size=KEEP_BYTES, strangers_size=STRANGERS_BYTES, age=KEEP)
        await async_prune(self._hass, kept, room, told)
        async_dispatcher_send(self._hass, SIGNAL_PICTURES.format(self._entry.entry_id))

    async def _async_try(
        self,
        kept: Shelf,
        message: IncomingMessage,
        images: tuple[str, ...],
        tried: _Tried,
    ) -> None:
        """Fetch what is missing yet, as far as it goes."""
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                for index, image in enumerate(images):
                    if index not in tried.found:
                        with suppress(LaterError):
                            tried.found[index] = await self._async_keep_one(
                                kept, message, index, image
                            )
        except TimeoutError:
            LOGGER.debug("46elks hands out pictures too slowly")

    async def _async_keep_one(
        self, kept: Shelf, message: IncomingMessage, index: int, image: str
    ) -> str | None:
        """Fetch one picture, and return its media content id, None where there is no such picture."""
        try:
            content = await self._client.images.download(image)
        except ElksError as err:
            LOGGER.debug("A picture cannot be fetched: %s", type(err).__name__)
            if isinstance(err, _LASTING):
                return None
            raise LaterError("46elks does not hand out a picture now") from err
        if (mime_type := picture_type(content)) is None:
            LOGGER.debug("What 46elks hands out is no picture")
            return None
        name = re.sub("[^a-z0-9]", "", message.id.lower())[:40]
        place = place_of(
            message.recipient,
            message.sender,
            message.created,
            f"{name}-{index}.{SUFFIXES[mime_type]}",
        )
        try:
            picture = await self._hass.async_add_executor_job(
                kept.store, place, content
            )
        except OSError as err:
            LOGGER.warning("The disk refuses a picture: %s", err.strerror)
            raise LaterError("The disk refuses a picture") from err
        return picture.media_content_id if picture else None
