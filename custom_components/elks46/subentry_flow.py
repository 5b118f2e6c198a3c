"""What a person is asked about the people with phones."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentryFlow, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    LanguageSelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
import probatio

from .const import CONF_LANGUAGE, CONF_PHONE, CONF_PIN, CONF_RIGHTS, CONF_SENDER, Right
from .contacts import Contacts, InvalidPhoneNumberError, is_pin, parse_phone
from .forms import parse_sender, trimmed

CONTACT_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_NAME): TextSelector(
            TextSelectorConfig(autocomplete="off")
        ),
        probatio.Required(CONF_PHONE): TextSelector(
            TextSelectorConfig(type=TextSelectorType.TEL, autocomplete="off")
        ),
        probatio.Optional(CONF_SENDER): TextSelector(),
        probatio.Optional(CONF_RIGHTS): SelectSelector(
            SelectSelectorConfig(
                options=[right.value for right in Right],
                translation_key=CONF_RIGHTS,
                multiple=True,
                mode=SelectSelectorMode.LIST,
            )
        ),
        probatio.Optional(CONF_PIN): TextSelector(
            TextSelectorConfig(
                type=TextSelectorType.PASSWORD, autocomplete="new-password"
            )
        ),
        probatio.Optional(CONF_LANGUAGE): LanguageSelector(),
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
    ) -> dict[str, Any]:
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
        if not is_pin(data.get(CONF_PIN, "0000")):
            errors[CONF_PIN] = "pin_invalid"
        if CONF_SENDER in data:
            data[CONF_SENDER] = await parse_sender(
                self.hass, entry, CONF_SENDER, data[CONF_SENDER], errors
            )
        return data
