"""Repairs that one click can make, and the way to where a person makes the others."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.components.repairs import (
    ConfirmRepairFlow,
    FlowType,
    RepairsFlow,
    RepairsFlowResult,
)
from homeassistant.config_entries import (
    SOURCE_RECONFIGURE,
    SOURCE_USER,
    ConfigEntryState,
    SubentryFlowContext,
)
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
import probatio

from .api import ElksError
from .const import (
    ALERT_UNHEARD,
    CONF_NUMBER_ID,
    CONF_PUBLIC_URL,
    FALLBACK_FAILED,
    SUBENTRY_NUMBER,
)
from .data import ElksConfigEntry
from .forms import LIMITS, REACH_FIELDS, parse_public_url, trimmed, whole
from .provisioning import TAKEN
from .reach import Trouble
from .records import Limit
from .roster import GONE, OFFERED
from .subentries import subentry_by_id

type Data = Mapping[str, Any]

# What is set in the forms of a number, and in which of them.
SETTINGS_OF_NUMBERS: Final = {
    "assist_unable": "calls",
    "call_forward_gone": "calls",
    "call_forward_unfit": "calls",
    "forward_gone": "settings",
    "forward_loop": "settings",
    "greeting_unready": "calls",
}


class AccountRepairFlow(RepairsFlow):
    """Mends something about an account that is loaded."""

    def __init__(self, data: Data) -> None:
        """Take the account, and what else the issue is about."""
        self._data = data

    def _loaded(self) -> ElksConfigEntry | None:
        """Return the account, which may have been removed while the form stood open."""
        entry: ElksConfigEntry | None = self.hass.config_entries.async_get_entry(
            self._data["entry_id"]
        )
        is_loaded = entry is not None and entry.state is ConfigEntryState.LOADED
        return entry if is_loaded else None

    @callback
    def _async_set(
        self, entry: ElksConfigEntry, options: Mapping[str, Any]
    ) -> RepairsFlowResult:
        """Set options, and have what they are about judged anew: the issue comes back where it is still so."""
        if not self.hass.config_entries.async_update_entry(entry, options=options):
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return self.async_create_entry(data={})


class ConfirmedRepairFlow(AccountRepairFlow, ABC):
    """Asks, and then does what was agreed to."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Start with the question."""
        return await self.async_step_confirm()

    async def async_step_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask, and do it."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if (entry := self._loaded()) is None:
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


class TakeNumberBackFlow(ConfirmedRepairFlow):
    """Lets a number's texts come here again, after someone else has changed that."""

    @override
    async def _async_mend(
        self, entry: ElksConfigEntry, errors: dict[str, str]
    ) -> RepairsFlowResult | None:
        """Set the address again."""
        if entry.runtime_data.address.missing is not None:
            return self.async_abort(reason="no_address")
        try:
            await entry.runtime_data.provisioning.async_take_over(
                self._data["number_id"]
            )
        except ElksError, OSError:
            errors["base"] = "cannot_connect"
            return None
        return self.async_create_entry(data={})


class AddNumberFlow(ConfirmedRepairFlow):
    """Leads on to where a number that was rented elsewhere is added."""

    @override
    async def _async_mend(
        self, entry: ElksConfigEntry, errors: dict[str, str]
    ) -> RepairsFlowResult | None:
        """Open that flow with the number chosen; until it is added, the offer stays."""
        flow = await self.hass.config_entries.subentries.async_init(
            (entry.entry_id, SUBENTRY_NUMBER),
            context=SubentryFlowContext(source=SOURCE_USER),
            data={CONF_NUMBER_ID: self._data["number_id"]},
        )
        if "reason" in flow:
            return self.async_abort(reason="not_offered")
        return self.async_abort(
            reason="leads_on",
            next_flow=(FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"]),
        )


class RemoveNumberFlow(ConfirmedRepairFlow):
    """Removes a number here that is no longer one of the account's."""

    @override
    async def _async_mend(
        self, entry: ElksConfigEntry, errors: dict[str, str]
    ) -> RepairsFlowResult | None:
        """Remove it, unless it has come back or was removed meanwhile."""
        number_id = self._data["number_id"]
        try:
            is_gone = await entry.runtime_data.roster.async_is_gone(number_id)
        except ElksError:
            errors["base"] = "cannot_connect"
            return None
        if not is_gone:
            await entry.runtime_data.coordinator.async_request_refresh()
            return self.async_abort(reason="number_back")
        if subentry := subentry_by_id(entry, number_id):
            self.hass.config_entries.async_remove_subentry(entry, subentry.subentry_id)
        return self.async_create_entry(data={})


class SetNumberFlow(ConfirmedRepairFlow):
    """Leads on to the form of a number in which a person can mend what is wrong."""

    @override
    async def _async_mend(
        self, entry: ElksConfigEntry, errors: dict[str, str]
    ) -> RepairsFlowResult | None:
        """Open that form; until what is wrong has changed, the issue stays."""
        flows = self.hass.config_entries.subentries
        if (subentry_id := self._data["subentry_id"]) not in entry.subentries:
            return self.async_abort(reason="not_shown")
        flow = await flows.async_init(
            (entry.entry_id, SUBENTRY_NUMBER),
            context=SubentryFlowContext(
                source=SOURCE_RECONFIGURE, subentry_id=subentry_id
            ),
        )
        step = next(
            step
            for what, step in SETTINGS_OF_NUMBERS.items()
            if _is_about(self.issue_id, what)
        )
        flow = await flows.async_configure(flow["flow_id"], {"next_step_id": step})
        if "reason" in flow:
            return self.async_abort(reason="not_shown")
        return self.async_abort(
            reason="leads_on",
            next_flow=(FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"]),
        )


class ReachRepairFlow(AccountRepairFlow):
    """Has another address chosen at which 46elks reaches this home, or the present one tested."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Offer the test where there is an address that 46elks takes."""
        if _is_about(self.issue_id, Trouble.SILENT):
            return self.async_show_menu(
                step_id="init", menu_options=["test", "address"]
            )
        return await self.async_step_address()

    async def async_step_test(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Post to the address from here; if that arrives, 46elks is trusted to post again."""
        if (entry := self._loaded()) is None:
            return self.async_abort(reason="not_loaded")
        try:
            await entry.runtime_data.reach.async_test()
        except HomeAssistantError as err:
            return self.async_abort(
                reason=str(err.translation_key),
                description_placeholders=err.translation_placeholders,
            )
        return self.async_create_entry(data={})

    async def async_step_address(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask how 46elks is to reach this home."""
        if (entry := self._loaded()) is None:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        if user_input is not None:
            chosen = trimmed(user_input)
            if CONF_PUBLIC_URL in chosen:
                chosen[CONF_PUBLIC_URL] = parse_public_url(
                    entry, chosen[CONF_PUBLIC_URL], errors
                )
            if not errors:
                # What was emptied is gone.
                rest = {**entry.options}
                rest.pop(CONF_PUBLIC_URL, None)
                return self._async_set(entry, {**rest, **chosen})
        return self.async_show_form(
            step_id="address",
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema(REACH_FIELDS),
                entry.options if user_input is None else user_input,
            ),
            errors=errors,
        )


class LimitRepairFlow(AccountRepairFlow):
    """Raises a limit that has kept something in."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Start with the question."""
        return await self.async_step_raise_limit()

    async def async_step_raise_limit(
        self, user_input: dict[str, Any] | None = None
    ) -> RepairsFlowResult:
        """Ask for a higher limit, twice the present one unless the person says otherwise."""
        if (entry := self._loaded()) is None:
            return self.async_abort(reason="not_loaded")
        errors: dict[str, str] = {}
        limit = Limit(self._data["limit"])
        now = entry.runtime_data.guard.limit_of(limit)
        if user_input is not None:
            value = whole(limit, user_input[limit])
            if value > now:
                return self._async_set(entry, {**entry.options, limit.value: value})
            errors[limit] = "not_raised"
        return self.async_show_form(
            step_id="raise_limit",
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema({probatio.Required(limit.value): LIMITS[limit]}),
                user_input or {limit.value: 2 * now or None},
            ),
            errors=errors,
        )


FLOWS: Final[dict[str, type[AccountRepairFlow]]] = {
    TAKEN: TakeNumberBackFlow,
    OFFERED: AddNumberFlow,
    GONE: RemoveNumberFlow,
    **dict.fromkeys(SETTINGS_OF_NUMBERS, SetNumberFlow),
    **dict.fromkeys(Trouble, ReachRepairFlow),
    **dict.fromkeys(Limit, LimitRepairFlow),
}


def _is_about(issue_id: str, what: str) -> bool:
    """Tell whether an issue is of a kind: its id goes on with the account's."""
    return issue_id.startswith(f"{what}_")


async def async_create_fix_flow(
    hass: HomeAssistant, issue_id: str, data: dict[str, Any] | None
) -> RepairsFlow:
    """Return the repair of an issue."""
    if data is None or issue_id.startswith((ALERT_UNHEARD, FALLBACK_FAILED)):
        return ConfirmRepairFlow()
    return next(flow(data) for what, flow in FLOWS.items() if _is_about(issue_id, what))
