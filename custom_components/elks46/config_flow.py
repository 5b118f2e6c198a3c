"""What a person is asked: the account, its numbers, its behaviour, and who the people are."""

from collections.abc import Mapping
from typing import Any, Final, override

from homeassistant.components import webhook
from homeassistant.config_entries import (
    SOURCE_USER,
    ConfigEntry,
    ConfigFlowResult,
    ConfigSubentryFlow,
    FlowType,
    OptionsFlow,
    SubentryFlowContext,
)
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME, CONF_WEBHOOK_ID
from homeassistant.core import callback
from homeassistant.data_entry_flow import section
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.typing import VolDictType
import probatio

from .api import DEFAULT_API_URL, Account, MessageKind, is_subaccount
from .const import (
    CONF_ALERT_RESERVE,
    CONF_ALLOWED_COUNTRIES,
    CONF_API_URL,
    CONF_DEFAULT_CALLER,
    CONF_DEFAULT_SENDER,
    CONF_KEEP_TEXT,
    CONF_LLM_TOOLS,
    CONF_LOW_BALANCE,
    CONF_PUBLIC_URL,
    DOMAIN,
    SECTION_ADVANCED,
    SUBENTRY_CONTACT,
    SUBENTRY_NUMBER,
)
from .forms import (
    LIMITS,
    REACH_FIELDS,
    base_url,
    client_for,
    country_options,
    form_errors,
    number_options,
    own_numbers,
    parse_caller,
    parse_public_url,
    parse_sender,
    trimmed,
    whole,
)
from .number_flow import NumberSubentryFlow
from .roster import number_subentry
from .subaccount_flow import DEFAULT_TITLE, SubaccountFlow
from .subentry_flow import ContactSubentryFlow

CONF_CREATE_SUBACCOUNT: Final = "create_subaccount"
CONF_NUMBERS: Final = "numbers"
DASHBOARD_URL: Final = "https://46elks.com/account"


PASSWORD: Final = {
    probatio.Required(probatio.Secret(CONF_PASSWORD)): TextSelector(
        TextSelectorConfig(
            type=TextSelectorType.PASSWORD, autocomplete="current-password"
        )
    )
}
REAUTH_SCHEMA: Final = probatio.Schema(PASSWORD)
API_URL: Final[VolDictType] = {
    probatio.Required(CONF_API_URL, default=DEFAULT_API_URL): TextSelector(
        TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url")
    )
}


def _account_schema(advanced: VolDictType) -> probatio.Schema:
    return probatio.Schema(
        {
            probatio.Required(CONF_USERNAME): TextSelector(
                TextSelectorConfig(autocomplete="username")
            ),
            **PASSWORD,
            probatio.Required(SECTION_ADVANCED): section(
                probatio.Schema(advanced), {"collapsed": True}
            ),
        }
    )


USER_SCHEMA: Final = _account_schema(
    {probatio.Optional(CONF_CREATE_SUBACCOUNT): BooleanSelector(), **API_URL}
)
ACCOUNT_SCHEMA: Final = _account_schema({**API_URL})
OPTIONS_SCHEMA: Final = probatio.Schema(
    {
        **REACH_FIELDS,
        probatio.Optional(CONF_DEFAULT_SENDER): TextSelector(),
        probatio.Optional(CONF_DEFAULT_CALLER): TextSelector(),
        probatio.Optional(CONF_LOW_BALANCE): NumberSelector(
            NumberSelectorConfig(min=0, step="any", mode=NumberSelectorMode.BOX)
        ),
        probatio.Required(CONF_KEEP_TEXT, default=True): BooleanSelector(),
        **{
            probatio.Optional(limit.value): selector
            for limit, selector in LIMITS.items()
        },
        probatio.Required(CONF_ALERT_RESERVE, default=True): BooleanSelector(),
        probatio.Optional(CONF_ALLOWED_COUNTRIES): SelectSelector(
            SelectSelectorConfig(
                options=country_options(),
                multiple=True,
                mode=SelectSelectorMode.DROPDOWN,
            )
        ),
        probatio.Required(CONF_LLM_TOOLS, default=False): BooleanSelector(),
    }
)


def _account_data(
    user_input: Mapping[str, Any], errors: dict[str, str]
) -> dict[str, str]:
    """Return the data of an account as it was typed, or say what is wrong with it."""
    api_url = base_url(user_input[SECTION_ADVANCED][CONF_API_URL].strip())
    if api_url is None:
        # The frontend shows no errors inside a section, only above it.
        errors[SECTION_ADVANCED] = "invalid_url"
    return {
        CONF_USERNAME: user_input[CONF_USERNAME].strip(),
        CONF_PASSWORD: user_input[CONF_PASSWORD].strip(),
        CONF_API_URL: str(api_url),
    }


def _own_id(username: str, account: Account) -> str:
    """Return what tells this account from all others.

    What a subaccount is told of itself is not documented; it may be the id of the account it belongs to.
    """
    return username if is_subaccount(username) else account.id


def _without_password(user_input: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what a form may show again."""
    return {
        field: value
        for field, value in (user_input or {}).items()
        if field != CONF_PASSWORD
    }


class ElksConfigFlow(SubaccountFlow, domain=DOMAIN):
    """Connect an account at 46elks."""

    @classmethod
    @callback
    @override
    def async_get_supported_subentry_types(
        cls, config_entry: ConfigEntry
    ) -> dict[str, type[ConfigSubentryFlow]]:
        """Return what an account can have several of."""
        return {
            SUBENTRY_CONTACT: ContactSubentryFlow,
            SUBENTRY_NUMBER: NumberSubentryFlow,
        }

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> ElksOptionsFlow:
        """Return the flow for the account's behaviour."""
        return ElksOptionsFlow()

    @override
    async def async_step_user(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the account."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = _account_data(user_input, errors)
            is_to_open = user_input[SECTION_ADVANCED].get(CONF_CREATE_SUBACCOUNT, False)
            if is_to_open and is_subaccount(data[CONF_USERNAME]) and not errors:
                errors[SECTION_ADVANCED] = "is_subaccount"
            if account := await self._async_account(data, errors):
                if not is_to_open:
                    self._abort_if_unique_id_configured(reload_on_update=False)
                self._data = {**data, CONF_WEBHOOK_ID: webhook.async_generate_id()}
                self._title = account.name or DEFAULT_TITLE
                self._currency = account.currency
                with form_errors(errors):
                    self._numbers = await own_numbers(client_for(self.hass, data))
                    if is_to_open:
                        return await self.async_step_subaccount()
                    return await self.async_step_numbers()
        return self.async_show_form(
            step_id="user",
            data_schema=self.add_suggested_values_to_schema(
                USER_SCHEMA, _without_password(user_input)
            ),
            errors=errors,
            description_placeholders={"dashboard_url": DASHBOARD_URL},
        )

    @override
    async def async_step_numbers(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask which of the account's numbers are ours to answer, if it has any."""
        if user_input is None and self._numbers:
            options = await number_options(self.hass, self._numbers)
            selector = SelectSelector(
                SelectSelectorConfig(
                    options=options, multiple=True, mode=SelectSelectorMode.LIST
                )
            )
            unanswered = [
                number.id
                for number in self._numbers.values()
                if number.sms_url is None and MessageKind.SMS in number.capabilities
            ]
            return self.async_show_form(
                step_id="numbers",
                data_schema=self.add_suggested_values_to_schema(
                    probatio.Schema({probatio.Optional(CONF_NUMBERS): selector}),
                    {CONF_NUMBERS: unanswered},
                ),
            )
        chosen = (user_input or {}).get(CONF_NUMBERS, [])
        return self.async_create_entry(
            title=self._title,
            data=self._data,
            subentries=[
                number_subentry(self._numbers[number_id]) for number_id in chosen
            ],
        )

    @override
    async def async_on_create_entry(self, result: ConfigFlowResult) -> ConfigFlowResult:
        """Go on with the number that is to be rented, or the first contact: without one there is nobody to text."""
        subentries = self.hass.config_entries.subentries
        kind = SUBENTRY_NUMBER if self._is_to_rent else SUBENTRY_CONTACT
        flow = await subentries.async_init(
            (result["result"].entry_id, kind),
            context=SubentryFlowContext(source=SOURCE_USER),
        )
        if self._is_to_rent:
            chosen = {"next_step_id": "rent"}
            flow = await subentries.async_configure(flow["flow_id"], chosen)
        result["next_flow"] = (FlowType.CONFIG_SUBENTRIES_FLOW, flow["flow_id"])
        return result

    async def async_step_reauth(
        self, entry_data: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Begin anew with an account whose password 46elks refuses."""
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the new password."""
        errors: dict[str, str] = {}
        entry = self._get_reauth_entry()
        if user_input is not None:
            data = {**entry.data, CONF_PASSWORD: user_input[CONF_PASSWORD].strip()}
            if await self._async_account(data, errors):
                return self._async_renew(entry, data)
        return self.async_show_form(
            step_id="reauth_confirm",
            data_schema=REAUTH_SCHEMA,
            errors=errors,
            description_placeholders={
                CONF_USERNAME: entry.data[CONF_USERNAME],
                "dashboard_url": DASHBOARD_URL,
            },
        )

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for the account again."""
        errors: dict[str, str] = {}
        entry = self._get_reconfigure_entry()
        if user_input is not None:
            data = {**entry.data, **_account_data(user_input, errors)}
            if await self._async_account(data, errors):
                return self._async_renew(entry, data)
        stored = {
            CONF_USERNAME: entry.data[CONF_USERNAME],
            SECTION_ADVANCED: {CONF_API_URL: entry.data[CONF_API_URL]},
        }
        return self.async_show_form(
            step_id="reconfigure",
            data_schema=self.add_suggested_values_to_schema(
                ACCOUNT_SCHEMA, _without_password(user_input or stored)
            ),
            errors=errors,
            description_placeholders={"dashboard_url": DASHBOARD_URL},
        )

    async def _async_account(
        self, data: Mapping[str, Any], errors: dict[str, str]
    ) -> Account | None:
        """Return the account that 46elks knows by these credentials, unless it is not the one this flow is about."""
        account: Account | None = None
        if errors:
            return account
        with form_errors(errors):
            account = await client_for(self.hass, data).account.get()
            # A form that was left open elsewhere must not keep this one from being done.
            await self.async_set_unique_id(
                _own_id(data[CONF_USERNAME], account), raise_on_progress=False
            )
            self._abort_if_unique_id_mismatch(reason="wrong_account")
        return account

    @callback
    def _async_renew(
        self, entry: ConfigEntry, data: dict[str, Any]
    ) -> ConfigFlowResult:
        """Store the account's data and set it up anew.

        The update listener does that where something changed, but an account whose set-up failed has none, and one that
        46elks refused for a while may get the same password again.
        """
        listened = bool(entry.update_listeners) and data != entry.data
        result = self.async_update_and_abort(entry, data=data)
        if not listened:
            self.hass.config_entries.async_schedule_reload(entry.entry_id)
        return result


class ElksOptionsFlow(OptionsFlow):
    """Change how an account behaves."""

    async def async_step_init(
        self, user_input: dict[str, Any] | None = None
    ) -> ConfigFlowResult:
        """Ask for everything at once."""
        errors: dict[str, str] = {}
        if user_input is not None:
            options = trimmed(user_input)
            if CONF_PUBLIC_URL in options:
                options[CONF_PUBLIC_URL] = parse_public_url(
                    self.config_entry, options[CONF_PUBLIC_URL], errors
                )
            for field, parse in (
                (CONF_DEFAULT_SENDER, parse_sender),
                (CONF_DEFAULT_CALLER, parse_caller),
            ):
                if field in options:
                    options[field] = await parse(
                        self.hass, self.config_entry, field, options[field], errors
                    )
            for limit in LIMITS:
                if (value := options.get(limit)) is not None:
                    options[limit] = whole(limit, value)
            if not errors:
                return self.async_create_entry(data=options)
        return self.async_show_form(
            step_id="init",
            data_schema=self.add_suggested_values_to_schema(
                OPTIONS_SCHEMA,
                self.config_entry.options if user_input is None else user_input,
            ),
            errors=errors,
        )
