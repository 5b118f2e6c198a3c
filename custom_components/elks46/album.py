"""Pictures that came to this home: fetched from 46elks, kept among Home Assistant's media.

A folder for each number, in it one for each sender, in it the pictures by time. Only what
this module has named is ever shown by it, and only that is ever thrown away.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
import re
from threading import Lock
from typing import Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util

from .api import (
    ElksClient,
    ElksError,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksRequestError,
    IncomingMessage,
)
from .const import CONF_PHONE, DOMAIN, LOGGER, SUBENTRY_CONTACT, picture_type
from .contacts import folder_of
from .errors import LaterError
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
# Nothing takes that long to write, so whoever wrote it was killed.
PART_AGE: Final = timedelta(hours=1)

SUFFIXES: Final = {"image/gif": "gif", "image/jpeg": "jpg", "image/png": "png"}
MIME_TYPES: Final = {suffix: mime_type for mime_type, suffix in SUFFIXES.items()}
_FOLDER: Final = re.compile(r"[a-z0-9_]{1,40}")
_PART: Final = re.compile(r"[0-9]{8}T[0-9]{12}-[a-z0-9-]{1,80}\.part")
_FILE: Final = re.compile(r"([0-9]{8}T[0-9]{12})-[a-z0-9-]{1,80}\.(gif|jpg|png)")


# Waiting helps none of these.
_LASTING: Final = (ElksForbiddenError, ElksInvalidDataError, ElksRequestError)
# All accounts keep theirs in one place.
_PRUNING: Final = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture on the disk; `place` is its way below the album's folder."""

    place: str
    path: Path
    mime_type: str
    created: datetime

    @property
    def sender(self) -> str:
        """The folder of whoever sent it."""
        return self.place.split("/")[1]

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
        try:
            part.write_bytes(content)
            part.replace(path)
        except OSError:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise
        return self.picture(place)

    def prune(
        self, now: datetime, *, told: datetime, contacts: Collection[str]
    ) -> None:
        """Throw away what is too old, and the oldest where all take too much room.

        This home's clock may be wrong for a while, so the newest time that 46elks has told
        or that a picture has tells what is old, and the clock only what cannot be yet.
        Strangers' pictures get their share at most; the rest is for those of contacts, by
        the names of their folders.
        """
        with _PRUNING:
            for part in self._parts():
                if part.stat().st_mtime < (now - PART_AGE).timestamp():
                    part.unlink(missing_ok=True)
            pictures = self.pictures()
            today = min(now, max([told, *(one.created for one in pictures)]))
            room = KEEP_BYTES
            strangers_room = STRANGERS_BYTES
            # Strangers first, of each the newest first.
            for picture in sorted(pictures, key=lambda one: one.sender in contacts):
                is_stranger = picture.sender not in contacts
                size = picture.path.stat().st_size
                left = strangers_room if is_stranger else room
                if size > left or picture.created < today - KEEP:
                    picture.path.unlink(missing_ok=True)
                    continue
                room -= size
                strangers_room -= size if is_stranger else 0

    def _parts(self) -> Iterator[Path]:
        """Yield what is half written, or was when somebody pulled the plug."""
        for number in self.folders():
            for sender in self.folders(number):
                for path in self._files(number, sender):
                    if _PART.fullmatch(path.name):
                        yield path


def shelf(hass: HomeAssistant) -> Shelf | None:
    """Return where pictures are kept: in the usual media folder, else in the first there is."""
    folders = hass.config.media_dirs
    media_dir = "local" if "local" in folders else next(iter(folders), None)
    if media_dir is None:
        return None
    return Shelf(folder=Path(folders[media_dir]) / DOMAIN, media_dir=media_dir)


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
        try:
            await self._hass.async_add_executor_job(
                partial(
                    kept.prune, dt_util.utcnow(), told=told, contacts=self._contacts()
                )
            )
        except OSError as err:
            LOGGER.warning("Old pictures cannot be thrown away: %s", err.strerror)
        async_dispatcher_send(self._hass, SIGNAL_PICTURES.format(self._entry.entry_id))

    def _contacts(self) -> set[str]:
        """Return the folders of the contacts of all accounts, which share the place."""
        return {
            folder_of(subentry.data[CONF_PHONE])
            for entry in self._hass.config_entries.async_entries(DOMAIN)
            for subentry in entry.get_subentries_of_type(SUBENTRY_CONTACT)
        }

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
        # Who posts what is yet to come would have the last picture for ever.
        created = min(message.created.astimezone(UTC), dt_util.utcnow())
        name = re.sub("[^a-z0-9]", "", message.id.lower())[:40]
        place = "/".join(
            (
                folder_of(message.recipient),
                folder_of(message.sender),
                f"{created:%Y%m%dT%H%M%S%f}-{name}-{index}.{SUFFIXES[mime_type]}",
            )
        )
        try:
            picture = await self._hass.async_add_executor_job(
                kept.store, place, content
            )
        except OSError as err:
            LOGGER.warning("The disk refuses a picture: %s", err.strerror)
            raise LaterError("The disk refuses a picture") from err
        return picture.media_content_id if picture else None


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _newest_first(pictures: Iterable[Picture]) -> list[Picture]:
    return sorted(pictures, key=lambda one: (one.created, one.path.name), reverse=True)
