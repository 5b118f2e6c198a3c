"""A text to a contact, from any automation that can notify."""

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
    """Add one entity a contact."""
    for contact in entry.runtime_data.contacts:
        async_add_entities(
            [ElksSmsEntity(hass, entry, contact, "sms")],
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
