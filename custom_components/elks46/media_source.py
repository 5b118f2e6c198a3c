"""Pictures that came in, in Home Assistant's media browser: by number, then by who sent them."""

from typing import override

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
from .shelf import PICTURES, Kept, Shelf, find_shelf


async def async_get_media_source(hass: HomeAssistant) -> ElksMediaSource:
    """Return the pictures of all accounts."""
    return ElksMediaSource(hass)


class ElksMediaSource(MediaSource):
    """The pictures of all accounts."""

    name = "46elks"

    def __init__(self, hass: HomeAssistant) -> None:
        """Take Home Assistant."""
        super().__init__(DOMAIN)
        self._hass = hass

    @override
    async def async_resolve_media(self, item: MediaSourceItem) -> PlayMedia:
        """Return where a picture is served, and where it lies."""
        kept = find_shelf(self._hass, PICTURES)
        if kept is None or not (
            picture := await self._hass.async_add_executor_job(
                kept.find, item.identifier
            )
        ):
            raise Unresolvable(
                translation_domain=DOMAIN, translation_key="picture_gone"
            )
        return PlayMedia(kept.url(picture.place), picture.mime_type, path=picture.path)

    @override
    async def async_browse_media(self, item: MediaSourceItem) -> BrowseMediaSource:
        """Return the numbers, the senders to one, or the pictures of one of those."""
        if (kept := find_shelf(self._hass, PICTURES)) is None:
            raise BrowseError(translation_domain=DOMAIN, translation_key="picture_gone")
        below = tuple(filter(None, (item.identifier or "").split("/")))
        if len(below) > 2:
            raise BrowseError(translation_domain=DOMAIN, translation_key="picture_gone")
        folder = self._folder(below)
        if len(below) == 2:
            pictures = await self._hass.async_add_executor_job(kept.files, *below)
            folder.children = [_shown(picture) for picture in pictures]
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
            children_media_class=(
                MediaClass.IMAGE if len(below) == 2 else MediaClass.DIRECTORY
            ),
        )

    @callback
    def _title(self, folder: str) -> str:
        """Return the name of whose pictures lie in a folder: a number of ours or a sender."""
        for entry in self._hass.config_entries.async_entries(DOMAIN):
            for subentry in entry.subentries.values():
                data = subentry.data
                phone = data.get(CONF_NUMBER) or data.get(CONF_PHONE)
                if phone and folder_of(phone) == folder:
                    return subentry.title
        return f"+{folder}" if folder.isdecimal() else folder


def _filled(kept: Shelf, below: tuple[str, ...]) -> list[str]:
    """Return the folders that hold pictures; it blocks."""
    return [name for name in kept.folders(*below) if kept.files(*below, name)]


def _shown(picture: Kept) -> BrowseMediaSource:
    created = dt_util.as_local(picture.created)
    return BrowseMediaSource(
        domain=DOMAIN,
        identifier=picture.place,
        media_class=MediaClass.IMAGE,
        media_content_type=picture.mime_type,
        title=f"{created:%Y-%m-%d %H:%M}",
        can_play=True,
        can_expand=False,
    )
