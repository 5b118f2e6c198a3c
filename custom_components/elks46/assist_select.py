"""Which pipeline talks with those who call a number, and how long a pause ends their sentence."""

from typing import Final, override

from homeassistant.components.assist_pipeline import (
    AssistPipelineSelect,
    VadSensitivitySelect,
)
from homeassistant.components.select import SelectEntity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo

from .const import DOMAIN
from .data import ElksConfigEntry
from .notices import async_forget_assistant

# A pipeline of this name could not be chosen.
NOT_CHOSEN: Final = "not_chosen"


def written_selects(
    hass: HomeAssistant, entry: ElksConfigEntry, number: ConfigSubentry
) -> list[SelectEntity]:
    """Return the settings of a number that only answers texts."""
    return [ElksPipeline(hass, entry, number)]


def assist_selects(
    hass: HomeAssistant, entry: ElksConfigEntry, number: ConfigSubentry
) -> list[SelectEntity]:
    """Return the settings of a number that talks."""
    return [
        ElksPipeline(hass, entry, number),
        ElksStrangersPipeline(hass, entry, number),
        ElksSensitivity(hass, number),
    ]


class ElksPipeline(AssistPipelineSelect):
    """The pipeline for contacts: the preferred one, if nobody says otherwise."""

    _attr_has_entity_name = True
    _attr_translation_key = "pipeline"
    _index = 0

    def __init__(
        self, hass: HomeAssistant, entry: ElksConfigEntry, number: ConfigSubentry
    ) -> None:
        """Take the number."""
        super().__init__(hass, DOMAIN, number.subentry_id, self._index)
        self._entry = entry
        self._number_id = number.subentry_id
        self._attr_device_info = _device(number)

    @override
    async def async_select_option(self, option: str) -> None:
        """Select an option; whether it can talk is seen when somebody calls."""
        await super().async_select_option(option)
        async_forget_assistant(
            self.hass, self._entry, self._number_id, is_stranger=self._index > 0
        )


class ElksStrangersPipeline(ElksPipeline):
    """The pipeline for strangers: none until a person chooses one, and none again when it is gone.

    The preferred one is the owner's, so it is never taken in the place of another.
    """

    _attr_translation_key = "strangers_pipeline"
    _index = 1
    _chosen = NOT_CHOSEN

    @property
    @override
    def options(self) -> list[str]:
        """Return all there are, and none."""
        return [NOT_CHOSEN, *super().options]

    @property
    @override
    def current_option(self) -> str:
        """Return what was chosen, if it is still there: else Home Assistant goes back to the preferred one."""
        is_there = self._attr_current_option == self._chosen
        return self._chosen if is_there else NOT_CHOSEN

    @override
    async def async_added_to_hass(self) -> None:
        """Remember what was chosen before."""
        await super().async_added_to_hass()
        state = await self.async_get_last_state()
        if state is not None and state.state in self.options:
            self._chosen = state.state

    @override
    async def async_select_option(self, option: str) -> None:
        """Select an option."""
        self._chosen = option
        await super().async_select_option(option)


class ElksSensitivity(VadSensitivitySelect):
    """How long a pause ends a sentence."""

    _attr_has_entity_name = True

    def __init__(self, hass: HomeAssistant, number: ConfigSubentry) -> None:
        """Take the number."""
        super().__init__(hass, number.subentry_id)
        self._attr_translation_key = "vad_sensitivity"
        self._attr_device_info = _device(number)


def _device(number: ConfigSubentry) -> DeviceInfo:
    return DeviceInfo(identifiers={(DOMAIN, number.subentry_id)})
