"""Pictures that came to this home: fetched from 46elks, kept among Home Assistant's media.

A folder for each number, in it one for each sender, in it the pictures by time. Only what
this module has named is ever shown by it, and only that is ever thrown away.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
import re
from typing import Final

from homeassistant.core import HomeAssistant

from .api import ElksClient, ElksError, IncomingMessage
from .const import DOMAIN, LOGGER, picture_type
from .contacts import folder_of

# A phone's camera makes pictures of two to five megabytes, and operators shrink them; so
# this is years of a family's pictures, and little on the smallest card.
KEEP_BYTES: Final = 500 * 1024 * 1024
# What nobody has put elsewhere within a year is not missed.
KEEP: Final = timedelta(days=365)
# 46elks numbers them without saying where it ends; phones put in about ten.
PICTURES_AT_MOST: Final = 20
# 46elks waits for an answer meanwhile; it would only post again, but nobody waits longer.
FETCH_SECONDS: Final = 30

SUFFIXES: Final = {"image/gif": "gif", "image/jpeg": "jpg", "image/png": "png"}
MIME_TYPES: Final = {suffix: mime_type for mime_type, suffix in SUFFIXES.items()}
_FOLDER: Final = re.compile(r"[a-z0-9_]{1,40}")
_FILE: Final = re.compile(r"([0-9]{8}T[0-9]{12})-[a-z0-9-]{1,80}\.(gif|jpg|png)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture on the disk; `place` is its way below the album's folder."""

    place: str
    path: Path
    mime_type: str
    created: datetime

    @property
    def media_content_id(self) -> str:
        """What Home Assistant calls it."""
        return f"media-source://{DOMAIN}/{self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where pictures are kept, and how Home Assistant's own media names that place."""

    folder: Path
    media_dir: str

    def url(self, place: str) -> str:
        """Return where Home Assistant serves a picture to whoever is logged in."""
        return f"/media/{self.media_dir}/{DOMAIN}/{place}"

    def picture(self, place: str) -> Picture | None:
        """Return the picture at a place, if there is one."""
        number, _, rest = place.partition("/")
        sender, _, name = rest.partition("/")
        parts = _FILE.fullmatch(name)
        if not parts or not all(map(_FOLDER.fullmatch, (number, sender))):
            return None
        path = self.folder / number / sender / name
        if not path.is_file():
            return None
        created = datetime.strptime(parts[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
        return Picture(
            place=place, path=path, mime_type=MIME_TYPES[parts[2]], created=created
        )

    def folders(self, *below: str) -> list[str]:
        """Return the numbers there are pictures for, or the senders to one."""
        if not all(map(_FOLDER.fullmatch, below)):
            return []
        folder = self.folder.joinpath(*below)
        return sorted(path.name for path in _entries(folder) if path.is_dir())

    def pictures(self, *below: str) -> list[Picture]:
        """Return the pictures of a number, or of a sender to it, newest first."""
        if len(below) < 2:
            return _newest_first(
                picture
                for name in self.folders(*below)
                for picture in self.pictures(*below, name)
            )
        places = ("/".join((*below, path.name)) for path in self._files(*below))
        return _newest_first(
            picture for place in places if (picture := self.picture(place))
        )

    def _files(self, *below: str) -> Iterator[Path]:
        if all(map(_FOLDER.fullmatch, below)):
            yield from _entries(self.folder.joinpath(*below))

    def store(self, place: str, content: bytes) -> Picture | None:
        """Put a picture where it belongs; half of one is never seen there."""
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_bytes(content)
        part.replace(path)
        return self.picture(place)

    def prune(self, now: datetime) -> None:
        """Throw away what is too old, and the oldest where all take too much room."""
        room = KEEP_BYTES
        for picture in self.pictures():
            room -= picture.path.stat().st_size
            if room < 0 or picture.created < now - KEEP:
                picture.path.unlink(missing_ok=True)


def shelf(hass: HomeAssistant) -> Shelf | None:
    """Return where pictures are kept: in the usual media folder, else in the first there is."""
    folders = hass.config.media_dirs
    media_dir = "local" if "local" in folders else next(iter(folders), None)
    if media_dir is None:
        return None
    return Shelf(folder=Path(folders[media_dir]) / DOMAIN, media_dir=media_dir)


class Album:
    """Fetches the pictures of an account's messages and keeps them."""

    def __init__(self, hass: HomeAssistant, client: ElksClient) -> None:
        """Take where pictures come from."""
        self._hass = hass
        self._client = client

    async def async_keep(self, message: IncomingMessage) -> tuple[str, ...]:
        """Fetch a message's pictures, and return the media content ids of those that could be had."""
        if (kept := shelf(self._hass)) is None:
            LOGGER.warning("Home Assistant has no media folder for pictures")
            return ()
        found: list[str] = []
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                for index, image in enumerate(message.images[:PICTURES_AT_MOST]):
                    if picture := await self._async_keep_one(
                        kept, message, index, image
                    ):
                        found.append(picture.media_content_id)
        except TimeoutError:
            LOGGER.debug("46elks hands out pictures too slowly")
        try:
            await self._hass.async_add_executor_job(kept.prune, datetime.now(UTC))
        except OSError as err:
            LOGGER.warning("Old pictures cannot be thrown away: %s", err.strerror)
        return tuple(found)

    async def _async_keep_one(
        self, kept: Shelf, message: IncomingMessage, index: int, image: str
    ) -> Picture | None:
        try:
            content = await self._client.images.download(image)
        except ElksError as err:
            LOGGER.debug("A picture cannot be fetched: %s", type(err).__name__)
            return None
        if (mime_type := picture_type(content)) is None:
            LOGGER.debug("What 46elks hands out is no picture")
            return None
        created = message.created.astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")
        name = re.sub("[^a-z0-9]", "", message.id.lower())[:40]
        place = "/".join(
            (
                folder_of(message.recipient),
                folder_of(message.sender),
                f"{created}-{name}-{index}.{SUFFIXES[mime_type]}",
            )
        )
        try:
            return await self._hass.async_add_executor_job(kept.store, place, content)
        except OSError as err:
            LOGGER.warning("The disk refuses a picture: %s", err.strerror)
            return None


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _newest_first(pictures: Iterable[Picture]) -> list[Picture]:
    return sorted(pictures, key=lambda one: (one.created, one.path.name), reverse=True)
