"""What a person is asked about the numbers of the account: which, how they behave, rent and release."""

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
from homeassistant.helpers.selector import (
    BooleanSelector,
    CountrySelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import probatio

from .api import ElksForbiddenError, ElksRequestError, Number
from .call_form import call_fields, check_calls
from .const import (
    CONF_CALL_FALLBACK,
    CONF_CALL_HANDLING,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_SMS_REPLIES,
    CONF_TEXT_FORWARD_TO,
    CONF_TEXT_REPLY,
    CONF_TEXT_REPLY_TO,
    NAME_LENGTH_AT_MOST,
    SUBENTRY_NUMBER,
    VOICE,
    ReplyTo,
)
from .contacts import Contacts, InvalidPhoneNumberError, parse_phone
from .data import ElksConfigEntry, ElksRuntimeData
from .forms import client_for, form_errors, number_options, own_numbers, trimmed
from .prices import AS_OF, monthly_price
from .rental import RentUnknownError
from .roster import number_subentry

CONF_CAPABILITIES: Final = "capabilities"
CONF_CONFIRM: Final = "confirm"
CONF_COUNTRY: Final = "country"
# What 46elks documents that can be asked for together.
CAPABILITIES: Final = {
    "sms": ("sms",),
    "sms_voice": ("sms", "voice"),
    "sms_mms_voice": ("sms", "mms", "voice"),
}
# The settings that Home Assistant keeps; the others stand at 46elks.
KEPT: Final[tuple[str, ...]] = (
    CONF_TEXT_REPLY,
    CONF_TEXT_REPLY_TO,
    CONF_TEXT_FORWARD_TO,
    CONF_CALL_HANDLING,
    CONF_GREETING,
    CONF_FORWARD_TO,
    CONF_CALL_FALLBACK,
)
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


class NumberSubentryFlow(ConfigSubentryFlow):
    """Choose or rent a number that is ours to answer, say how it behaves, or give it back."""

    _numbers: dict[str, Number]
    _wish: dict[str, str]
    _renting: asyncio.Task[Number] | None = None
    _reason = ""

    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask where one more number comes from, unless a repair knows which it is."""
        if user_input is not None:
            return await self._async_ask("answer", user_input)
        return self.async_show_menu(step_id="user", menu_options=["answer", "rent"])

    async def async_step_answer(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask for one of the account's numbers."""
        if user_input is None:
            return await self._async_ask("answer")
        return self._async_create(self._numbers[user_input[CONF_NUMBER_ID]])

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

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what is to become of a number."""
        return self.async_show_menu(
            step_id="reconfigure", menu_options=["settings", "replace", "release"]
        )

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how a number is to behave; its name and whether it replies stand at 46elks."""
        errors: dict[str, str] = {}
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        client = client_for(self.hass, entry.data)
        if user_input is None:
            with form_errors(errors):
                self._numbers = await own_numbers(client)
            if errors:
                return self.async_abort(reason=errors["base"])
        number = self._numbers.get(subentry.data[CONF_NUMBER_ID])
        if number is None:
            return self.async_abort(reason="number_gone")
        before = {
            CONF_NAME: number.name or "",
            CONF_SMS_REPLIES: number.sms_replies is not False,
        }
        if user_input is not None:
            settings = trimmed(user_input)
            self._check(settings, errors)
            runtime = self._runtime()
            check_calls(
                self.hass,
                Contacts(entry),
                number,
                settings,
                errors,
                own={one.number for one in self._numbers.values()},
                guard=runtime.guard if runtime else None,
            )
            now = {**before, CONF_NAME: "", **settings}
            changed = {key: now[key] for key in before if now[key] != before[key]}
            if changed and not errors:
                with self._errors(errors):
                    await client.numbers.configure(number.id, **changed)
            if not errors:
                kept: dict[str, Any] = {
                    key: settings[key] for key in KEPT if key in settings
                }
                rest = {
                    key: value
                    for key, value in subentry.data.items()
                    if key not in KEPT
                }
                return self.async_update_and_abort(
                    entry,
                    subentry,
                    title=now[CONF_NAME] or number.number,
                    data={**rest, **kept},
                )
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(
                self._settings_schema(number),
                {**before, **subentry.data} if user_input is None else user_input,
            ),
            errors=errors,
            description_placeholders={
                CONF_NUMBER: number.number,
                "reason": self._reason,
            },
        )

    async def async_step_replace(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask which number this one is to be from now on."""
        subentry = self._get_reconfigure_subentry()
        if user_input is None:
            return await self._async_ask("replace", subentry.data)
        chosen = number_subentry(self._numbers[user_input[CONF_NUMBER_ID]])
        return self.async_update_and_abort(
            self._get_entry(),
            subentry,
            title=chosen["title"],
            data={**subentry.data, **chosen["data"]},
            unique_id=chosen["unique_id"],
        )

    async def async_step_release(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask whether a number may be given back for good."""
        errors: dict[str, str] = {}
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        if (runtime := self._runtime()) is None:
            return self.async_abort(reason="not_loaded")
        if user_input is not None and self._is_confirmed(user_input, errors):
            with self._errors(errors):
                await runtime.rental.async_release(subentry.data[CONF_NUMBER_ID])
            if not errors:
                self.hass.config_entries.async_remove_subentry(
                    entry, subentry.subentry_id
                )
                return self.async_abort(reason="released")
        return self.async_show_form(
            step_id="release",
            data_schema=CONFIRM_SCHEMA,
            errors=errors,
            description_placeholders={
                CONF_NUMBER: subentry.data[CONF_NUMBER],
                "reason": self._reason,
            },
        )

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

    def _settings_schema(self, number: Number) -> probatio.Schema:
        contacts = [
            SelectOptionDict(value=contact.subentry_id, label=contact.name)
            for contact in Contacts(self._get_entry())
        ]
        fields = {
            probatio.Optional(CONF_NAME): TextSelector(),
            probatio.Required(CONF_SMS_REPLIES): BooleanSelector(),
            probatio.Optional(CONF_TEXT_REPLY): TextSelector(
                TextSelectorConfig(multiline=True)
            ),
            probatio.Required(
                CONF_TEXT_REPLY_TO, default=ReplyTo.CONTACTS
            ): SelectSelector(
                SelectSelectorConfig(
                    options=[one.value for one in ReplyTo],
                    translation_key=CONF_TEXT_REPLY_TO,
                    mode=SelectSelectorMode.LIST,
                )
            ),
            probatio.Optional(CONF_TEXT_FORWARD_TO): SelectSelector(
                SelectSelectorConfig(
                    options=contacts,
                    custom_value=True,
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
        }
        if VOICE in number.capabilities:
            fields |= call_fields(contacts)
        return probatio.Schema(fields)

    def _check(self, settings: dict[str, Any], errors: dict[str, str]) -> None:
        """Make a phone number of what was written, and say what cannot be."""
        if len(settings.get(CONF_NAME, "")) > NAME_LENGTH_AT_MOST:
            errors[CONF_NAME] = "name_too_long"
        if (written := settings.get(CONF_TEXT_FORWARD_TO)) is None:
            return
        contact = Contacts(self._get_entry()).by_subentry(written)
        try:
            phone = (
                contact.phone
                if contact
                else parse_phone(written, self.hass.config.country)
            )
        except InvalidPhoneNumberError as err:
            errors[CONF_TEXT_FORWARD_TO] = err.reason
            return
        if phone in {number.number for number in self._numbers.values()}:
            errors[CONF_TEXT_FORWARD_TO] = "forward_own"
        # A contact is kept as one, whose number may change.
        settings[CONF_TEXT_FORWARD_TO] = written if contact else phone

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
