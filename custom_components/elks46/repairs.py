"""Repairs that one click can make."""

from abc import ABC, abstractmethod
from typing import override

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    FlowType,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntryState,
    SubentryFlowContext,
)
from homeassistant.core import HomeAssistant
import probatio

from .api import ElksError
from .const import ALERT_UNHEARD, CONF_NUMBER_ID, FALLBACK_FAILED, SUBENTRY_NUMBER
from .data import ElksConfigEntry
from .roster import GONE, OFFERED
from .subentries import subentry_by_id


class NumberRepairFlow(RepairsFlow, ABC):
    """Asks about a number, and then does what was agreed to."""

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
        """Ask, and do it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            entry: ElksConfigEntry | None = self.hass.config_entries.async_get_entry(
                self._entry_id
            )
            if entry is None or entry.state is not ConfigEntryState.LOADED:
                return self.async_abort(reason="not_loaded")
            if (result := await self._async_mend(entry, errors)) is not None:
                return result
        return self.async_show_form(
            step_id="confirm", data_schema=probatio.Schema({}), errors=errors
        )

    @abstractmethod
    async def _async_mend(
        self, entry: ElksConfigEntry, errors: dict[str, str]
    ) -> RepairsFlowResult | None:
        """Do what was agreed to, or say in the form what is wrong."""


class TakeNumberBackFlow(NumberRepairFlow):
    """Lets a number's texts come here again, after someone else has changed that."""

    @override
    async def _async_mend(
        self, entry: ElksConfigEntry, errors: dict[str, str]
    ) -> RepairsFlowResult | None:
        """Set the address again."""
        if entry.runtime_data.address.missing is not None:
            return self.async_abort(reason="no_address")
        try:
            await entry.runtime_data.provisioning.async_take_over(self._number_id)
        except ElksError, OSError:
            errors["base"] = "cannot_connect"
            return None
        return self.async_create_entry(data={})


class AddNumberFlow(NumberRepairFlow):
    """Leads on to where a number that was rented elsewhere is added."""

    @override
    async def _async_mend(
        self, entry: ElksConfigEntry, errors: dict[str, str]
    ) -> RepairsFlowResult | None:
        """Open that flow with the number chosen; until it is added, the offer stays."""
        flow = await self.hass.config_entries.subentries.async_init(
            (entry.entry_id, SUBENTRY_NUMBER),
            context=SubentryFlowContext(source=SOURCE_USER),
            data={CONF_NUMBER_ID: self._number_id},
        )
        if "reason" in flow:
            return self.async_abort(reason="not_offered")
        return self.async_abort(
            reason="leads_on",
            next_flow=(FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"]),
        )


class RemoveNumberFlow(NumberRepairFlow):
    """Removes a number here that is no longer one of the account's."""

    @override
    async def _async_mend(
        self, entry: ElksConfigEntry, errors: dict[str, str]
    ) -> RepairsFlowResult | None:
        """Remove it, unless it has come back or was removed meanwhile."""
        try:
            is_gone = await entry.runtime_data.roster.async_is_gone(self._number_id)
        except ElksError:
            errors["base"] = "cannot_connect"
            return None
        if not is_gone:
            await entry.runtime_data.coordinator.async_request_refresh()
            return self.async_abort(reason="number_back")
        if subentry := subentry_by_id(entry, self._number_id):
            self.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
        return self.async_create_entry(data={})


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, str] | None
) -> RepairsFlow:
    """Return the repair of an issue."""
    if data is None or issue_id.startswith((ALERT_UNHEARD, FALLBACK_FAILED)):
        return ConfirmRepairFlow()
    if issue_id.startswith(OFFERED):
        return AddNumberFlow(data)
    if issue_id.startswith(GONE):
        return RemoveNumberFlow(data)
    return TakeNumberBackFlow(data)
