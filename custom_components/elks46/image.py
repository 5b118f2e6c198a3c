"""The last picture that came to a number."""

from typing import override

from homeassistant.components.image import ImageEntity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .album import shelf
from .api import IncomingMessage, MessageKind
from .const import CONF_NUMBER_ID, SUBENTRY_NUMBER
from .contacts import folder_of
from .data import ElksConfigEntry
from .entity import ElksNumberEntity
from .shelf import Kept
from .signals import SIGNAL_MESSAGE, SIGNAL_PICTURES

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one entity a number that can do picture messages."""
    numbers = entry.runtime_data.coordinator.data.numbers
    for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER):
        number = numbers.get(subentry.data[CONF_NUMBER_ID])
        if number is not None and MessageKind.MMS in number.capabilities:
            async_add_entities(
                [ElksLastPicture(hass, entry, subentry, "last_picture")],
                config_subentry_id=subentry.subentry_id,
            )


class ElksLastPicture(ElksNumberEntity, ImageEntity):
    """The last picture that came to a number, as long as it is kept."""

    _picture: Kept | None = None

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ElksConfigEntry,
        subentry: ConfigSubentry,
        key: str,
    ) -> None:
        """Take the number."""
        ElksNumberEntity.__init__(self, hass, entry, subentry, key)
        ImageEntity.__init__(self, hass)

    @override
    async def async_added_to_hass(self) -> None:
        """Show the picture from before the start, and follow the next ones."""
        await super().async_added_to_hass()
        await self._async_look()
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass, SIGNAL_MESSAGE.format(self._entry.entry_id), self._received
            )
        )
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass, SIGNAL_PICTURES.format(self._entry.entry_id), self._changed
            )
        )

    @override
    async def async_image(self) -> bytes | None:
        """Return the picture."""
        if (picture := self._picture) is None:
            return None
        try:
            return await self.hass.async_add_executor_job(picture.path.read_bytes)
        except OSError:
            # Somebody has thrown it away.
            await self._async_show_newest()
            return None

    @callback
    def _received(self, message: IncomingMessage) -> None:
        if message.recipient == self._e164 and message.images:
            self._changed()

    @callback
    def _changed(self) -> None:
        self._entry.async_create_task(
            self.hass, self._async_show_newest(), "elks46 last picture"
        )

    async def _async_show_newest(self) -> None:
        await self._async_look()
        self.async_write_ha_state()

    async def _async_look(self) -> None:
        """Find the newest picture there is."""
        self._picture = picture = await self.hass.async_add_executor_job(self._newest)
        self._attr_image_last_updated = picture.created if picture else None
        if picture is not None:
            self._attr_content_type = picture.mime_type

    def _newest(self) -> Kept | None:
        kept = shelf(self.hass)
        pictures = kept.files(folder_of(self._e164)) if kept else []
        return pictures[0] if pictures else None
