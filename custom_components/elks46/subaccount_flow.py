"""The steps that open a subaccount for this home, so that it never keeps the secret of the account itself."""

from abc import abstractmethod
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_ID, CONF_NAME, CONF_PASSWORD, CONF_USERNAME
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    TextSelector,
)
import probatio

from .api import ElksForbiddenError, ElksRequestError, Number, Subaccount
from .const import CONF_USAGE_LIMIT, USAGE_LIMIT_AT_MOST
from .forms import client_for, form_errors, own_numbers
from .subaccounts import SubaccountInDoubtError, SubaccountOpener

DEFAULT_TITLE: Final = "46elks"
# About a thousand texts; it holds until it is raised, so too little would silence an alarm one day.
SUGGESTED_LIMIT: Final = {"EUR": 50, "SEK": 500}


class SubaccountFlow(ConfigFlow):
    """A flow that connects an account, or a subaccount that it opens there.

    Until the person has chosen the subaccount, what is here is the account itself.
    """

    _data: dict[str, str]
    _title: str
    _currency: str | None
    _numbers: dict[str, Number]
    _opener: SubaccountOpener | None = None
    _opened: Subaccount
    _visible: dict[str, Number]

    @abstractmethod
    async def async_step_numbers(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with the numbers of what was chosen."""

    async def async_step_subaccount(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask what the subaccount is called and how much it may use, and open it once."""
        errors: dict[str, str] = {}
        placeholders = {"currency": self._currency or ""}
        if user_input is not None:
            if name := user_input[CONF_NAME].strip():
                await self._async_open(
                    name, user_input.get(CONF_USAGE_LIMIT), errors, placeholders
                )
            else:
                errors[CONF_NAME] = "name_missing"
            if not errors:
                return await self.async_step_subaccount_check()
        suggested = {
            CONF_NAME: self.hass.config.location_name,
            CONF_USAGE_LIMIT: SUGGESTED_LIMIT.get(self._currency or ""),
        }
        schema = probatio.Schema(
            {
                probatio.Required(CONF_NAME): TextSelector(),
                probatio.Optional(CONF_USAGE_LIMIT): NumberSelector(
                    NumberSelectorConfig(
                        min=1,
                        max=USAGE_LIMIT_AT_MOST,
                        step="any",
                        mode=NumberSelectorMode.BOX,
                        unit_of_measurement=self._currency or "",
                    )
                ),
            }
        )
        return self.async_show_form(
            step_id="subaccount",
            data_schema=self.add_suggested_values_to_schema(
                schema, suggested if user_input is None else user_input
            ),
            errors=errors,
            description_placeholders=placeholders,
        )

    async def async_step_subaccount_check(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """See with the new secret what the subaccount may see, as often as the person likes.

        46elks does not document whether it sees the numbers of the account.
        """
        errors: dict[str, str] = {}
        with form_errors(errors):
            client = client_for(self.hass, self._subaccount_data())
            await client.account.get()
            self._visible = await own_numbers(client)
        if errors:
            return self.async_show_form(
                step_id="subaccount_check",
                errors=errors,
                description_placeholders=self._names(),
            )
        if self._numbers.keys() <= self._visible.keys():
            return await self.async_step_keep_subaccount()
        return await self.async_step_subaccount_numbers()

    async def async_step_subaccount_numbers(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Say which numbers the subaccount does not see, and ask what to do about it."""
        hidden = (
            number.number
            for number in self._numbers.values()
            if number.id not in self._visible
        )
        return self.async_show_menu(
            step_id="subaccount_numbers",
            menu_options=["keep_account", "keep_subaccount"],
            description_placeholders={
                **self._names(),
                "numbers": ", ".join(hidden),
            },
        )

    async def async_step_keep_account(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with the account itself; the subaccount stays unused."""
        self._abort_if_unique_id_configured(reload_on_update=False)
        return await self.async_step_numbers()

    async def async_step_keep_subaccount(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Go on with the subaccount, and forget the secret of the account."""
        await self.async_set_unique_id(self._opened.id, raise_on_progress=False)
        self._abort_if_unique_id_configured(reload_on_update=False)
        self._data = self._subaccount_data()
        self._title = f"{DEFAULT_TITLE} {self._opened.name}"
        self._numbers = self._visible
        self._opener = None
        return await self.async_step_numbers()

    async def _async_open(
        self,
        name: str,
        usage_limit: float | None,
        errors: dict[str, str],
        placeholders: dict[str, str],
    ) -> None:
        """Open the subaccount, or say why there is none; the next try does not open a second one."""
        if self._opener is None:
            self._opener = SubaccountOpener(client_for(self.hass, self._data))
        limit = None if usage_limit is None else Decimal(str(usage_limit))
        with form_errors(errors):
            try:
                self._opened = await self._opener.async_open(
                    name=name, usage_limit=limit
                )
            except SubaccountInDoubtError:
                errors["base"] = "subaccount_unknown"
            except (ElksForbiddenError, ElksRequestError) as err:
                errors["base"] = "subaccount_refused"
                placeholders["message"] = err.message

    def _names(self) -> dict[str, str]:
        """Return what tells a person which subaccount is meant."""
        return {CONF_ID: self._opened.id, CONF_NAME: self._opened.name or ""}

    def _subaccount_data(self) -> dict[str, str]:
        """Return the data of the account with the subaccount's login in it."""
        if TYPE_CHECKING:
            assert self._opened.secret
        return {
            **self._data,
            CONF_USERNAME: self._opened.id,
            CONF_PASSWORD: self._opened.secret,
        }
