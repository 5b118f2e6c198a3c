"""Conditions of automations: what a contact may, whether somebody is on the phone, what is left."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final, Unpack, override

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_ABOVE
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.condition import (
    Condition,
    ConditionCheckParams,
    ConditionConfig,
)
from homeassistant.helpers.typing import ConfigType, TemplateVarsType, VolDictType
from homeassistant.util import dt as dt_util
import probatio

from . import permission
from .choices import (
    CONF_CONTACT,
    CONF_NUMBER,
    CONF_RIGHT,
    MONEY,
    RIGHT,
    WHO_AND_WHERE,
    async_check,
)
from .const import DOMAIN, Right
from .data import ElksConfigEntry
from .entity import who_and_where
from .records import PhoneCall


class ElksCondition(Condition):
    """Something that an automation asks before it goes on."""

    fields: ClassVar[VolDictType]

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Return the condition as it is saved.

        Raises:
            probatio.Invalid: a field is unknown, missing or of another kind.
            ServiceValidationError: a field names what is not ours.
        """
        return await async_check(hass, config, cls.fields)

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take what was chosen."""
        super().__init__(hass, config)
        self._options: Mapping[str, Any] = config.options or {}

    @callback
    def _accounts(self) -> list[ElksConfigEntry]:
        """Return the accounts that are loaded: of the others nothing is known."""
        return [
            entry
            for entry in self._hass.config_entries.async_entries(DOMAIN)
            if entry.state is ConfigEntryState.LOADED
        ]


class ContactMay(ElksCondition):
    """A contact has a right; the one who has set off the automation, unless one is named."""

    fields = {
        probatio.Required(CONF_RIGHT): RIGHT,
        probatio.Optional(CONF_CONTACT): cv.string,
    }

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        told = _told(kwargs.get("variables"))
        theirs = told.get("contact_device_id")
        contact = self._options.get(CONF_CONTACT, theirs)
        if contact is None:
            return False
        # A text or call of one person proves nothing of another.
        proof = told if contact == theirs else {}
        return permission.may(
            self._hass,
            contact,
            Right(self._options[CONF_RIGHT]),
            message_id=(message_id := proof.get("message_id")),
            written=dt_util.parse_datetime(proof["created"]) if message_id else None,
            call_id=proof.get("call_id"),
        )


def _told(variables: TemplateVarsType) -> Mapping[str, Any]:
    """Return what set off the automation, one of our triggers or one on an event of ours."""
    trigger = (variables or {}).get("trigger")
    if not isinstance(trigger, Mapping):
        return {}
    event = trigger.get("event")
    if not isinstance(event, Event):
        return trigger
    return {**event.data, "message_id": event.data.get("id")}


class InCall(ElksCondition):
    """Somebody is on the phone, from the first ring on."""

    fields = WHO_AND_WHERE

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        return any(
            self._is_chosen(entry, call)
            for entry in self._accounts()
            for call in entry.runtime_data.dialler.open_calls()
        )

    def _is_chosen(self, entry: ElksConfigEntry, call: PhoneCall) -> bool:
        told = who_and_where(
            self._hass, entry, phone=call.phone or "", number=call.number
        )
        return all(
            told[key] in self._options.get(field, [told[key]])
            for field, key in (
                (CONF_CONTACT, "contact_device_id"),
                (CONF_NUMBER, "number_device_id"),
            )
        )


class BalanceAbove(ElksCondition):
    """There is more on the account than this."""

    fields = {
        probatio.Required(CONF_ABOVE): MONEY,
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    }

    @override
    def _async_check(self, **kwargs: Unpack[ConditionCheckParams]) -> bool:
        above = Decimal(str(self._options[CONF_ABOVE]))
        wanted = self._options.get(ATTR_CONFIG_ENTRY_ID)
        balances = [
            entry.runtime_data.coordinator.data.account.balance
            for entry in self._accounts()
            if wanted in (None, entry.entry_id)
        ]
        # Of several accounts each must have it, and what is not known is not enough.
        return bool(balances) and all(
            balance is not None and balance > above for balance in balances
        )


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "contact_may": ContactMay,
    "in_call": InCall,
    "balance_above": BalanceAbove,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions by name."""
    return CONDITIONS
