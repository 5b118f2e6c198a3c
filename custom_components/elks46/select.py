"""What a number does with those who call it."""

from typing import Final, override

from homeassistant.components.select import SelectEntity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.const import EntityCategory, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .const import CONF_CALL_HANDLING, CONF_TEXT_ASSIST, SUBENTRY_NUMBER, CallHandling
from .data import ElksConfigEntry
from .entity import ElksNumberEntity
from .errors import invalid
from .signals import SIGNAL_STATE
from .subentries import MISSING, missing_for

PARALLEL_UPDATES = 0
ASSISTANTS: Final = "assist_pipeline"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one entity a number, and those of one that talks."""
    for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER):
        selects: list[SelectEntity] = [
            ElksCallHandling(hass, entry, subentry, "call_handling")
        ]
        if Platform.ASSIST_SATELLITE in entry.runtime_data.platforms:
            # Importing it brings along what not every home has.
            from .assist_select import assist_selects  # noqa: PLC0415

            selects += assist_selects(hass, entry, subentry)
        elif (
            subentry.data.get(CONF_TEXT_ASSIST) and ASSISTANTS in hass.config.components
        ):
            from .assist_select import written_selects  # noqa: PLC0415

            selects += written_selects(hass, entry, subentry)
        async_add_entities(selects, config_subentry_id=subentry.subentry_id)


class ElksCallHandling(ElksNumberEntity, SelectEntity):
    """Shows and writes the setting of the number, which alone counts."""

    _attr_entity_category = EntityCategory.CONFIG
    _attr_options = [handling.value for handling in CallHandling]

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ElksConfigEntry,
        subentry: ConfigSubentry,
        key: str,
    ) -> None:
        """Take the number."""
        super().__init__(hass, entry, subentry, key)
        self._subentry_id = subentry.subentry_id

    @property
    @override
    def current_option(self) -> str | None:
        """Return what the number is set to; unknown where its calls are left to others."""
        handling: str | None = self._subentry.data.get(CONF_CALL_HANDLING)
        number = self._number
        if handling is None and number is not None:
            is_left = self._runtime.provisioning.leaves_calls(number)
            return None if is_left else CallHandling.REJECT
        return handling

    @override
    def _shows(self) -> object:
        """Return what is chosen, and whether there is such a number."""
        return self.available, self.current_option

    @override
    async def async_select_option(self, option: str) -> None:
        """Set the number to something else; calls that go on do so."""
        subentry = self._subentry
        if field := missing_for(option, subentry.data):
            raise invalid(MISSING[field])
        self.hass.config_entries.async_update_subentry(
            self._entry, subentry, data={**subentry.data, CONF_CALL_HANDLING: option}
        )

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the setting."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass,
                SIGNAL_STATE.format(self._entry.entry_id),
                self._async_follow,
            )
        )

    @property
    def _subentry(self) -> ConfigSubentry:
        return self._entry.subentries[self._subentry_id]
