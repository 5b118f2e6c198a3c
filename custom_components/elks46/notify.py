"""A text or a picture message to a contact, from any automation that can notify."""

from typing import override

from homeassistant.components.notify import NotifyEntity, NotifyEntityFeature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import ElksConfigEntry
from .entity import ElksContactEntity

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add two entities a contact."""
    for contact in entry.runtime_data.contacts:
        async_add_entities(
            [
                ElksSmsEntity(hass, entry, contact, "sms"),
                ElksMmsEntity(hass, entry, contact, "mms"),
            ],
            config_subentry_id=contact.subentry_id,
        )


class ElksSmsEntity(ElksContactEntity, NotifyEntity):
    """Texts a contact."""

    _attr_supported_features = NotifyEntityFeature.TITLE

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Send a text; a title becomes its first line."""
        await self._runtime.outbox.async_send_sms(
            recipient=self._contact.phone,
            text=f"{title}\n{message}" if title else message,
            sender=self._contact.sender,
        )


class ElksMmsEntity(ElksContactEntity, NotifyEntity):
    """Sends a contact picture messages, of text alone: an action of ours sends pictures.

    Off at first: it costs more than a text and is of use only where texts get cut.
    """

    _attr_entity_registry_enabled_default = False
    _attr_supported_features = NotifyEntityFeature.TITLE

    @override
    async def async_send_message(self, message: str, title: str | None = None) -> None:
        """Send the text of a picture message; a title becomes its first line."""
        await self._runtime.outbox.async_send_mms(
            recipient=self._contact.phone,
            text=f"{title}\n{message}" if title else message,
            image=None,
            sender=self._contact.sender,
        )
