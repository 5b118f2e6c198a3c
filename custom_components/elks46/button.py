"""A test of the way from 46elks to this home."""

from typing import override

from homeassistant.components.button import ButtonEntity
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .data import ElksConfigEntry
from .entity import ElksAccountEntity

PARALLEL_UPDATES = 1


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the account's test."""
    async_add_entities([ElksTestReach(entry, "test_reach")])


class ElksTestReach(ElksAccountEntity, ButtonEntity):
    """Posts to the secret address as 46elks would, and says where that ends."""

    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @override
    def _shows(self) -> object:
        """Return whether it can be pressed."""
        return self.available

    @override
    async def async_press(self) -> None:
        """Test the way."""
        await self._runtime.reach.async_test()
