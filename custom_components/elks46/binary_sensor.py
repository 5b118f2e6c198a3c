"""Whether 46elks can post to this home."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import ElksConfigEntry
from .entity import ElksAccountEntity

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the account's reach."""
    async_add_entities([ElksReachable(entry, "reachable")])


class ElksReachable(ElksAccountEntity, BinarySensorEntity):
    """On while texts are posted here at once, off while 46elks has to be asked."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def is_on(self) -> bool:
        """Return whether nothing is in the way."""
        return not self._runtime.reach.is_polling
