"""Whether 46elks can post to this home, and whether a number is in use."""

from typing import override

from homeassistant.components.binary_sensor import (
    BinarySensorDeviceClass,
    BinarySensorEntity,
)
from homeassistant.const import EntityCategory
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import SUBENTRY_NUMBER
from .data import ElksConfigEntry
from .entity import ElksAccountEntity, ElksNumberEntity
from .signals import SIGNAL_STATE

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add the account's reach, and one entity a number."""
    async_add_entities([ElksReachable(entry, "reachable")])
    for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER):
        async_add_entities(
            [ElksInCall(hass, entry, subentry, "in_call")],
            config_subentry_id=subentry.subentry_id,
        )


class ElksReachable(ElksAccountEntity, BinarySensorEntity):
    """On while texts are posted here at once, off while 46elks has to be asked."""

    _attr_device_class = BinarySensorDeviceClass.CONNECTIVITY
    _attr_entity_category = EntityCategory.DIAGNOSTIC

    @property
    @override
    def is_on(self) -> bool:
        """Return whether nothing is in the way."""
        return not self._runtime.reach.is_polling

    @override
    def _shows(self) -> object:
        """Return what it is: on or off."""
        return self.is_on


class ElksInCall(ElksNumberEntity, BinarySensorEntity):
    """On from the first ring of a call, in or out, to the end of the last."""

    @property
    @override
    def is_on(self) -> bool:
        """Return whether a call of the number is not over."""
        calls = self._runtime.dialler.open_calls()
        return any(call.number == self._e164 for call in calls)

    @override
    def _shows(self) -> object:
        """Return what it is, and whether there is such a number."""
        return self.available, self.is_on

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the calls."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass,
                SIGNAL_STATE.format(self._entry.entry_id),
                self._async_follow,
            )
        )
