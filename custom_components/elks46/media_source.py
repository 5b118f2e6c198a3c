"""Pictures and recordings in Home Assistant's media browser: by number, then by who is at the other end."""

from typing import Final, override

from homeassistant.components.media_player import BrowseError, MediaClass
from homeassistant.components.media_source import (
    BrowseMediaSource,
    MediaSource,
    MediaSourceItem,
    PlayMedia,
    Unresolvable,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .const import CONF_NUMBER, CONF_PHONE, DOMAIN
from .contacts import folder_of
from .phrases import phrase
from .shelf import ALL, Kept, Shelf, find_shelf

# Of who has hidden the number.
HIDDEN: Final = folder_of("")


async def async_get_media_source(hass: HomeAssistant) -> ElksMediaSource:
    """Return the pictures and recordings of all accounts."""
    return ElksMediaSource(hass)


class ElksMediaSource(MediaSource):
    """The pictures and recordings of all accounts."""

    name = "46elks"

    def __init__(self, hass: HomeAssistant) -> None:
        """Take Home Assistant."""
        super().__init__(DOMAIN)
        self._hass = hass

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return where a file is served, and where it lies."""
        kept = find_shelf(self._hass, ALL)
        if kept is None or not (
            file := await self._hass.async_add_executor_job(kept.find, item.identifier)
        ):
            raise Unresolvable(
                translation_domain=DOMAIN, translation_key="picture_gone"
            )
        return PlayMedia(kept.url(file.place), file.mime_type, path=file.path)

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Return the numbers, the phones that had to do with one, or what is kept of one of those."""
        if (kept := find_shelf(self._hass, ALL)) is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="picture_gone")
        below = tuple(filter(None, (item.identifier or "").split("/")))
        if len(below) > 2:
            raise BrowseError(translation_domain=DOMAIN, translation_key="picture_gone")
        folder = self._folder(below)
        if len(below) == 2:
            files = await self._hass.async_add_executor_job(kept.files, *below)
            folder.children = [_shown(file, folder.title) for file in files]
        else:
            names = await self._hass.async_add_executor_job(_filled, kept, below)
            folder.children = [self._folder((*below, name)) for name in names]
        return folder

    @callback
    def _folder(self, below: tuple[str, ...]) -> BrowseMediaSource:
        return BrowseMediaSource(
            domain=DOMAIN,
            identifier="/".join(below),
            media_class=MediaClass.DIRECTORY,
            media_content_type="",
            title=self._title(below[-1]) if below else self.name,
            can_play=False,
            can_expand=True,
        )

    @callback
    def _title(self, folder: str) -> str:
        """Return whose pictures and recordings lie in a folder: of a number of ours, or of another phone."""
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            for subentry in entry.subentries.values():
                data = subentry.data
                phone = data.get(CONF_NUMBER) or data.get(CONF_PHONE)
                if phone and folder_of(phone) == folder:
                    return subentry.title
        if folder == HIDDEN:
            return phrase(self._hass, "hidden_number")
        return f"+{folder}" if folder.isdecimal() else folder


def _filled(kept: Shelf, below: tuple[str, ...]) -> list[str]:
    """Return the folders that hold something; it blocks."""
    return [name for name in kept.folders(*below) if kept.files(*below, name)]


def _shown(file: Kept, whose: str) -> BrowseMediaSource:
    time = f"{dt_util.as_local(file.created):%Y-%m-%d %H:%M}"
    is_picture = file.mime_type.startswith("image/")
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=file.place,
        media_class=MediaClass.IMAGE if is_picture else MediaClass.MUSIC,
        media_content_type=file.mime_type,
        # A player shows nothing else of what it plays.
        title=time if is_picture else f"{whose}, {time}",
        can_play=True,
        can_expand=False,
    )
