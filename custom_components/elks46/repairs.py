"""Repairs that one click can make."""

from homeassistant.components.repairs import RepairsFlow, RepairsFlowResult
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
import probatio

from .api import ElksError
from .data import ElksConfigEntry


class TakeNumberBackFlow(RepairsFlow):
    """Lets a number's texts come here again, after someone else has changed that."""

    def __init__(self, data: dict[str, str]) -> None:
        """Take account and number."""
        self._entry_id = data["entry_id"]
        self._number_id = data["number_id"]

    async def async_step_init(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Start with the question."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, str] | None = None
    ) -> RepairsFlowResult:
        """Ask, and set the address again."""
        errors: dict[str, str] = {}
        if user_input is not None:
            entry: ElksConfigEntry | None = self.hass.config_entries.async_get_entry(
                self._entry_id
            )
            if entry is None or entry.state is not ConfigEntryState.LOADED:
                return self.async_abort(reason="not_loaded")
            if entry.runtime_data.address.missing is not None:
                return self.async_abort(reason="no_address")
            try:
                await entry.runtime_data.provisioning.async_take_over(self._number_id)
            except ElksError, OSError:
                errors["base"] = "cannot_connect"
            else:
                return self.async_create_entry(data={})
        return self.async_show_form(
            step_id="confirm", data_schema=probatio.Schema({}), errors=errors
        )


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str]
) -> RepairsFlow:
    """Return the repair of an issue; that of a taken number is the only one with a button."""
    return TakeNumberBackFlow(data)
