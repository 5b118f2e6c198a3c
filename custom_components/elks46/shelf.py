"""What came to this home and is kept among Home Assistant's media: pictures, and the sound of calls.

A folder for each number, in it one for each phone at the other end, in it the files by
time. Only what is named as here is ever shown, and only that is ever thrown away.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
import re
from threading import Lock
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from .const import CONF_PHONE, DOMAIN, LOGGER, SUBENTRY_CONTACT
from .contacts import folder_of

# What the files are, by the ends of their names.
PICTURES: Final = {"gif": "image/gif", "jpg": "image/jpeg", "png": "image/png"}
RECORDINGS: Final = {"wav": "audio/wav"}
ALL: Final = PICTURES | RECORDINGS

# Nothing takes that long to write, so whoever wrote it was killed.
PART_AGE: Final = timedelta(hours=1)

_FOLDER: Final = re.compile(r"[a-z0-9_]{1,40}")
_PART: Final = re.compile(r"[0-9]{8}T[0-9]{12}-[a-z0-9-]{1,80}\.part")
_FILE: Final = re.compile(r"([0-9]{8}T[0-9]{12})-([a-z0-9-]{1,80})\.([a-z]{3})")

# All accounts keep theirs in one place.
_PRUNING: Final = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file on the disk; `place` is its way below the shelf's folder."""

    place: str
    path: Path
    mime_type: str
    created: datetime
    name: str
    """What its file is called, between the time and the end."""

    @property
    def sender(self) -> str:
        """The folder of whose it is."""
        return self.place.split("/")[1]

    @property
    def media_content_id(self) -> str:
        """What Home Assistant calls it."""
        return f"media-source://{DOMAIN}/{self.place}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much may be kept, how much of it of people who are no contacts, and for how long."""

    size: int
    strangers_size: int
    age: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where some kinds of files are kept, and how Home Assistant's own media names that place."""

    folder: Path
    media_dir: str
    mime_types: Mapping[str, str]

    def url(self, place: str) -> str:
        """Return where Home Assistant serves a file to whoever is logged in."""
        return f"/media/{self.media_dir}/{DOMAIN}/{place}"

    def find(self, place: str) -> Kept | None:
        """Return the file at a place, if there is one."""
        number, _, rest = place.partition("/")
        sender, _, name = rest.partition("/")
        parts = _FILE.fullmatch(name)
        if not parts or not all(map(_FOLDER.fullmatch, (number, sender))):
            return None
        path = self.folder / number / sender / name
        if (mime_type := self.mime_types.get(parts[3])) is None or not path.is_file():
            return None
        created = datetime.strptime(parts[1], "%Y%m%dT%H%M%S%f").replace(tzinfo=UTC)
        return Kept(
            place=place, path=path, mime_type=mime_type, created=created, name=parts[2]
        )

    def folders(self, *below: str) -> list[str]:
        """Return the numbers there is something for, or the phones that had to do with one."""
        if not all(map(_FOLDER.fullmatch, below)):
            return []
        folder = self.folder.joinpath(*below)
        return sorted(path.name for path in _entries(folder) if path.is_dir())

    def files(self, *below: str) -> list[Kept]:
        """Return what is kept of a number, or of a phone that had to do with it, newest first."""
        if len(below) < 2:
            return _newest_first(
                kept
                for name in self.folders(*below)
                for kept in self.files(*below, name)
            )
        places = ("/".join((*below, path.name)) for path in self._files(*below))
        return _newest_first(kept for place in places if (kept := self.find(place)))

    def _files(self, *below: str) -> Iterator[Path]:
        if all(map(_FOLDER.fullmatch, below)):
            yield from _entries(self.folder.joinpath(*below))

    def store(self, place: str, content: bytes) -> Kept | None:
        """Put a file where it belongs; half of one is never seen there."""
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
        return self.find(place)

    def prune(
        self, room: Room, now: datetime, *, told: datetime, contacts: Collection[str]
    ) -> None:
        """Throw away what is too old, and the oldest where all take too much room.

        This home's clock may be wrong for a while, so the newest time that 46elks has told
        or that a file has tells what is old, and the clock only what cannot be yet.
        What is of strangers gets its share at most; the rest is for what is of contacts, by
        the names of their folders.
        """
        with _PRUNING:
            for part in self._parts():
                if part.stat().st_mtime < (now - PART_AGE).timestamp():
                    part.unlink(missing_ok=True)
            files = self.files()
            today = min(now, max([told, *(one.created for one in files)]))
            left_of_all = room.size
            left_of_strangers = room.strangers_size
            # Strangers first, of each the newest first.
            for kept in sorted(files, key=lambda one: one.sender in contacts):
                is_stranger = kept.sender not in contacts
                size = kept.path.stat().st_size
                left = left_of_strangers if is_stranger else left_of_all
                if size > left or kept.created < today - room.age:
                    kept.path.unlink(missing_ok=True)
                    continue
                left_of_all -= size
                left_of_strangers -= size if is_stranger else 0

    def _parts(self) -> Iterator[Path]:
        """Yield what is half written, or was when somebody pulled the plug."""
        for number in self.folders():
            for sender in self.folders(number):
                for path in self._files(number, sender):
                    if _PART.fullmatch(path.name):
                        yield path


def find_shelf(hass: HomeAssistant, mime_types: Mapping[str, str]) -> Shelf | None:
    """Return where files are kept: in the usual media folder, else in the first there is."""
    folders = hass.config.media_dirs
    media_dir = "local" if "local" in folders else next(iter(folders), None)
    if media_dir is None:
        return None
    return Shelf(
        folder=Path(folders[media_dir]) / DOMAIN,
        media_dir=media_dir,
        mime_types=mime_types,
    )


def place_of(number: str, phone: str, created: datetime, name: str) -> str:
    """Return where something lies that came to a number from a phone, or of a call between them."""
    # Who posts what is yet to come would have the newest file for ever.
    when = min(created.astimezone(UTC), dt_util.utcnow())
    return "/".join(
        (folder_of(number), folder_of(phone), f"{when:%Y%m%dT%H%M%S%f}-{name}")
    )


async def async_prune(
    hass: HomeAssistant, shelf: Shelf, room: Room, told: datetime
) -> None:
    """Throw away what there is no room for, by the newest time 46elks has told."""
    # Those of all accounts, which share the place.
    contacts = {
        folder_of(subentry.data[CONF_PHONE])
        for entry in hass.config_entries.async_entries(DOMAIN)
        for subentry in entry.get_subentries_of_type(SUBENTRY_CONTACT)
    }
    prune = partial(shelf.prune, room, dt_util.utcnow(), told=told, contacts=contacts)
    try:
        await hass.async_add_executor_job(prune)
    except OSError as err:
        LOGGER.warning(
            "Old pictures and recordings cannot be thrown away: %s", err.strerror
        )


def _entries(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _newest_first(files: Iterable[Kept]) -> list[Kept]:
    return sorted(files, key=lambda one: (one.created, one.path.name), reverse=True)
