"""Which pipeline talks with those who call a number, and how long a pause ends their sentence."""

from homeassistant.components.assist_pipeline import (
    AssistPipelineSelect,
    VadSensitivitySelect,
)
from homeassistant.components.select import SelectEntity
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant
from homeassistant.helpers.device_registry import DeviceInfo

from .const import DOMAIN


def written_selects(hass: HomeAssistant, number: ConfigSubentry) -> list[SelectEntity]:
    """Return the settings of a number that only answers texts."""
    return [ElksPipeline(hass, number, "pipeline", 0)]


def assist_selects(hass: HomeAssistant, number: ConfigSubentry) -> list[SelectEntity]:
    """Return the settings of a number that talks."""
    return [
        ElksPipeline(hass, number, "pipeline", 0),
        ElksPipeline(hass, number, "strangers_pipeline", 1),
        ElksSensitivity(hass, number),
    ]


class ElksPipeline(AssistPipelineSelect):
    """The pipeline for contacts, or the one for strangers."""

    _attr_has_entity_name = True

    def __init__(
        self, hass: HomeAssistant, number: ConfigSubentry, key: str, index: int
    ) -> None:
        """Take the number."""
        super().__init__(hass, DOMAIN, number.subentry_id, index)
        self._attr_translation_key = key
        self._attr_device_info = _device(number)


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
