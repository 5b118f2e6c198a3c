"""What a person is asked before a number is rented, and what goes wrong with 46elks in a form."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigSubentryFlow,
    SubentryFlowResult,
)
from homeassistant.const import CONF_NAME
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.selector import (
    BooleanSelector,
    CountrySelector,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
)
import probatio

from .api import (
    COMBINATIONS,
    DEFAULT_CATEGORY,
    ElksForbiddenError,
    ElksRequestError,
    Number,
)
from .const import CONF_NUMBER, NAME_LENGTH_AT_MOST
from .data import ElksConfigEntry, ElksRuntimeData
from .forms import form_errors, trimmed
from .prices import AS_OF, monthly_price
from .rental import RentUnknownError
from .roster import number_subentry

CONF_CAPABILITIES: Final = "capabilities"
CONF_CONFIRM: Final = "confirm"
CONF_COUNTRY: Final = "country"
PRICING_URL: Final = "https://46elks.com/pricing"
CAPABILITIES: Final = {"_".join(one): one for one in COMBINATIONS[DEFAULT_CATEGORY]}
CONFIRM_SCHEMA: Final = probatio.Schema(
    {probatio.Required(CONF_CONFIRM, default=False): BooleanSelector()}
)
RENT_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(CONF_COUNTRY): CountrySelector(),
        probatio.Required(CONF_CAPABILITIES, default="sms"): SelectSelector(
            SelectSelectorConfig(
                options=list(CAPABILITIES),
                translation_key=CONF_CAPABILITIES,
                mode=SelectSelectorMode.LIST,
            )
        ),
        probatio.Optional(CONF_NAME): TextSelector(),
    }
)


class RentSteps(ConfigSubentryFlow):
    """The steps that end in a rented number."""

    _wish: dict[str, str]
    _renting: asyncio.Task[Number] | None = None
    _reason = ""

    async def async_step_rent(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what kind of number is to be rented."""
        errors: dict[str, str] = {}
        if user_input is not None:
            self._wish = trimmed(user_input)
            if len(self._wish.get(CONF_NAME, "")) > NAME_LENGTH_AT_MOST:
                errors[CONF_NAME] = "name_too_long"
            if not errors:
                return await self._async_ask_to_pay()
        return self.async_show_form(
            step_id="rent",
            data_schema=self.add_suggested_values_to_schema(
                RENT_SCHEMA, user_input or {CONF_COUNTRY: self.hass.config.country}
            ),
            errors=errors,
        )

    async def async_step_rent_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask whether a number may be rented at about this price."""
        return await self._async_ask_to_pay(user_input)

    async def async_step_rent_unpriced(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask whether a number may be rented at a price that is not known before."""
        return await self._async_ask_to_pay(user_input)

    def _async_create(
        self,
        number: Number,
        description: str | None = None,
        placeholders: Mapping[str, str] | None = None,
    ) -> SubentryFlowResult:
        chosen = number_subentry(number)
        return self.async_create_entry(
            title=chosen["title"],
            data=chosen["data"],
            unique_id=chosen["unique_id"],
            description=description,
            description_placeholders=placeholders,
        )

    async def _async_ask_to_pay(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask whether it may cost that, and rent the number then."""
        errors: dict[str, str] = {}
        if (runtime := self._runtime()) is None:
            return self.async_abort(reason="not_loaded")
        currency = runtime.coordinator.data.account.currency or ""
        if user_input is not None and self._is_confirmed(user_input, errors):
            with self._errors(errors):
                try:
                    number = await self._async_rent(runtime)
                except RentUnknownError:
                    return self.async_abort(reason="rent_unknown")
                cost = "–" if number.cost is None else f"{number.cost:.2f}"
                told = {CONF_NUMBER: number.number, "cost": cost, "currency": currency}
                return self._async_create(number, "rented", told)
        country = self._wish[CONF_COUNTRY]
        capabilities = CAPABILITIES[self._wish[CONF_CAPABILITIES]]
        price = monthly_price(country, capabilities, currency)
        placeholders = {CONF_COUNTRY: country, "reason": self._reason}
        placeholders["pricing_url"] = PRICING_URL
        if price is not None:
            placeholders |= {
                "price": f"{price} {currency}",
                "as_of": AS_OF.isoformat(),
            }
        return self.async_show_form(
            step_id="rent_unpriced" if price is None else "rent_confirm",
            data_schema=CONFIRM_SCHEMA,
            errors=errors,
            description_placeholders=placeholders,
        )

    async def _async_rent(self, runtime: ElksRuntimeData) -> Number:
        """Rent one number, however often the form is sent meanwhile."""
        if self._renting is None:
            self._renting = self.hass.async_create_task(
                runtime.rental.async_rent(
                    country=self._wish[CONF_COUNTRY],
                    capabilities=CAPABILITIES[self._wish[CONF_CAPABILITIES]],
                    name=self._wish.get(CONF_NAME),
                ),
                "elks46 rent",
            )
        try:
            return await asyncio.shield(self._renting)
        finally:
            self._renting = None

    def _is_confirmed(
        self, user_input: Mapping[str, Any], errors: dict[str, str]
    ) -> bool:
        if not user_input[CONF_CONFIRM]:
            errors[CONF_CONFIRM] = "not_confirmed"
        return not errors

    def _runtime(self) -> ElksRuntimeData | None:
        entry: ElksConfigEntry = self._get_entry()
        is_loaded = entry.state is ConfigEntryState.LOADED
        return entry.runtime_data if is_loaded else None

    @contextmanager
    def _errors(self, errors: dict[str, str]) -> Iterator[None]:
        """Say in the form what went wrong, in 46elks' own words where it refuses."""
        with form_errors(errors):
            try:
                yield
            except (ElksForbiddenError, ElksRequestError) as err:
                errors["base"] = "refused"
                self._reason = err.message
            except HomeAssistantError:
                errors["base"] = "daily_spend_reached"
