"""What a person is asked about the people with phones, and the numbers of the account."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio

from .api import Number
from .const import CONF_NUMBER_ID, CONF_PHONE, CONF_SENDER, SUBENTRY_NUMBER
from .contacts import Contacts, InvalidPhoneNumberError, parse_phone
from .forms import (
    client_for,
    form_errors,
    number_options,
    number_subentry,
    own_numbers,
    parse_sender,
    trimmed,
)

CONTACT_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextSelector(
            TextSelectorConfig(autocomplete="off")
        ),
        probatio.Required(CONF_PHONE): TextSelector(
            TextSelectorConfig(type=TextSelectorType.TEL, autocomplete="off")
        ),
        probatio.Optional(CONF_SENDER): TextSelector(),
    }
)


class ContactSubentryFlow(ConfigSubentryFlow):
    """Add or change a person with a phone."""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for a new person."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = await self._async_contact(user_input, errors)
            if not errors:
                return self.async_create_entry(
                    title=data[CONF_NAME], data=data, unique_id=data[CONF_PHONE]
                )
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(CONTACT_SCHEMA, user_input),
            errors=errors,
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for what has changed about a person."""
        errors: dict[str, str] = {}
        subentry = self._get_reconfigure_subentry()
        if user_input is not None:
            data = await self._async_contact(user_input, errors)
            if not errors:
                return self.async_update_and_abort(
                    self._get_entry(),
                    subentry,
                    title=data[CONF_NAME],
                    data=data,
                    unique_id=data[CONF_PHONE],
                )
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                CONTACT_SCHEMA, subentry.data if user_input is None else user_input
            ),
            errors=errors,
        )

    async def _async_contact(
        self, user_input: Mapping[str, Any], errors: dict[str, str]
    ) -> dict[str, str]:
        """Return the data of a person as it was typed, or say what is wrong with it."""
        entry = self._get_entry()
        data = trimmed(user_input)
        if CONF_NAME not in data:
            errors[CONF_NAME] = "name_missing"
        try:
            data[CONF_PHONE] = parse_phone(
                data.get(CONF_PHONE, ""), self.hass.config.country
            )
        except InvalidPhoneNumberError as err:
            errors[CONF_PHONE] = err.reason
        else:
            known = Contacts(entry).by_phone(data[CONF_PHONE])
            if known and known.subentry_id != self.context.get("subentry_id"):
                errors[CONF_PHONE] = "phone_taken"
        if CONF_SENDER in data:
            data[CONF_SENDER] = await parse_sender(
                self.hass, entry, CONF_SENDER, data[CONF_SENDER], errors
            )
        return data


class NumberSubentryFlow(ConfigSubentryFlow):
    """Choose a number of the account that is ours to answer."""

    _numbers: dict[str, Number]

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for one more number."""
        if user_input is None:
            return await self._async_ask("user")
        chosen = number_subentry(self._numbers[user_input[CONF_NUMBER_ID]])
        return self.async_create_entry(
            title=chosen["title"], data=chosen["data"], unique_id=chosen["unique_id"]
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which number this one is to be from now on."""
        if user_input is None:
            return await self._async_ask(
                "reconfigure", self._get_reconfigure_subentry().data
            )
        chosen = number_subentry(self._numbers[user_input[CONF_NUMBER_ID]])
        return self.async_update_and_abort(
            self._get_entry(),
            self._get_reconfigure_subentry(),
            title=chosen["title"],
            data=chosen["data"],
            unique_id=chosen["unique_id"],
        )

    async def _async_ask(
        self, step_id: str, suggested: Mapping[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Show the account's numbers that no other subentry stands for."""
        entry = self._get_entry()
        taken = {
            subentry.unique_id
            for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER)
            if subentry.subentry_id != self.context.get("subentry_id")
        }
        errors: dict[str, str] = {}
        with form_errors(errors):
            numbers = await own_numbers(client_for(self.hass, entry.data))
            self._numbers = {
                number_id: number
                for number_id, number in numbers.items()
                if number_id not in taken
            }
        if errors:
            return self.async_abort(reason=errors["base"])
        if not self._numbers:
            return self.async_abort(reason="no_numbers")
        options = await number_options(self.hass, self._numbers)
        selector = SelectSelector(
            SelectSelectorConfig(options=options, mode=SelectSelectorMode.LIST)
        )
        return self.async_show_form(
            step_id=step_id,
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema({probatio.Required(CONF_NUMBER_ID): selector}),
                suggested,
            ),
        )
