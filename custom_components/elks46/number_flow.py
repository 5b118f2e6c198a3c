"""What a person is asked about the numbers of the account: which, how they behave, rent and release."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigSubentry, SubentryFlowResult
from homeassistant.const import CONF_NAME
from homeassistant.helpers.selector import (
    BooleanSelector,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
import probatio

from .api import ADDRESSES, ElksClient, Number, is_address
from .call_form import call_fields, check_calls
from .const import (
    CONF_BARGE_IN,
    CONF_CALL_FALLBACK,
    CONF_CALL_HANDLING,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_REALTIME_NUMBER,
    CONF_SMS_REPLIES,
    CONF_STRANGERS,
    CONF_TEXT_ASSIST,
    CONF_TEXT_FORWARD_TO,
    CONF_TEXT_REPLY,
    CONF_TEXT_REPLY_TO,
    NAME_LENGTH_AT_MOST,
    SUBENTRY_NUMBER,
    VOICE,
    ReplyTo,
)
from .contacts import Contacts, InvalidPhoneNumberError, can_reach, parse_phone
from .forms import (
    client_for,
    form_errors,
    number_options,
    own_numbers,
    realtime_numbers,
    trimmed,
)
from .rent_flow import CONFIRM_SCHEMA, RentSteps
from .roster import number_subentry

# The settings that Home Assistant keeps; the others stand at 46elks.
OF_TEXTS: Final[tuple[str, ...]] = (
    CONF_TEXT_REPLY,
    CONF_TEXT_REPLY_TO,
    CONF_TEXT_FORWARD_TO,
    CONF_TEXT_ASSIST,
)
OF_CALLS: Final[tuple[str, ...]] = (
    CONF_CALL_HANDLING,
    CONF_GREETING,
    CONF_FORWARD_TO,
    CONF_CALL_FALLBACK,
    CONF_REALTIME_NUMBER,
    CONF_STRANGERS,
    CONF_BARGE_IN,
)


class NumberSubentryFlow(RentSteps):
    """Choose or rent a number that is ours to answer, say how it behaves, or give it back."""

    _numbers: dict[str, Number]
    _realtime: dict[str, Number]
    _shown: str | None = None

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

    async def async_step_reconfigure(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what is to become of a number."""
        return self.async_show_menu(
            step_id="reconfigure",
            menu_options=["settings", "calls", "addresses", "replace", "release"],
        )

    async def async_step_settings(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask how a number is to behave; its name and whether it replies stand at 46elks."""
        errors: dict[str, str] = {}
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        client = client_for(self.hass, entry.data)
        number = await self._async_number(client, user_input)
        if isinstance(number, str):
            return self.async_abort(reason=number)
        before = {
            CONF_NAME: number.name or "",
            CONF_SMS_REPLIES: number.sms_replies is not False,
        }
        if user_input is not None:
            settings = trimmed(user_input)
            self._check(settings, errors)
            now = {**before, CONF_NAME: "", **settings}
            changed = {key: now[key] for key in before if now[key] != before[key]}
            if changed and not errors:
                with self._errors(errors):
                    await client.numbers.configure(number.id, **changed)
            if not errors:
                return self.async_update_and_abort(
                    entry,
                    subentry,
                    title=now[CONF_NAME] or number.number,
                    data=_with(subentry, settings, OF_TEXTS),
                )
        return self.async_show_form(
            step_id="settings",
            data_schema=self.add_suggested_values_to_schema(
                self._settings_schema(),
                {**before, **subentry.data} if user_input is None else user_input,
            ),
            errors=errors,
            description_placeholders={
                CONF_NUMBER: number.number,
                "reason": self._reason,
            },
        )

    async def async_step_calls(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what those hear who call a number."""
        errors: dict[str, str] = {}
        entry, subentry = self._get_entry(), self._get_reconfigure_subentry()
        if (runtime := self._runtime()) is None:
            return self.async_abort(reason="not_loaded")
        number = await self._async_number(runtime.client, user_input)
        if isinstance(number, str):
            return self.async_abort(reason=number)
        if VOICE not in number.capabilities:
            return self.async_abort(reason="no_voice")
        if user_input is None:
            with form_errors(errors):
                self._realtime = await realtime_numbers(runtime.client)
            if errors:
                return self.async_abort(reason=errors["base"])
        if user_input is not None:
            settings = trimmed(user_input)
            check_calls(
                self.hass,
                Contacts(entry),
                number,
                settings,
                errors,
                own={one.number for one in self._numbers.values()},
                guard=runtime.guard,
                has_voice_door=runtime.address.voice_url is not None,
            )
            if not errors:
                return self.async_update_and_abort(
                    entry, subentry, data=_with(subentry, settings, OF_CALLS)
                )
        return self.async_show_form(
            step_id="calls",
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema(call_fields(self._contacts(), self._realtime)),
                self._offered(subentry.data) if user_input is None else user_input,
            ),
            errors=errors,
            description_placeholders={CONF_NUMBER: number.number},
        )

    async def async_step_addresses(
        self, user_input: dict[str, Any] | None = None
    ) -> SubentryFlowResult:
        """Ask what answers at a number, where Home Assistant does not."""
        errors: dict[str, str] = {}
        if (runtime := self._runtime()) is None:
            return self.async_abort(reason="not_loaded")
        number = await self._async_number(runtime.client, user_input)
        if isinstance(number, str):
            return self.async_abort(reason=number)
        before = {
            field: getattr(number, field) or ""
            for field, (capability, _) in ADDRESSES.items()
            if capability in number.capabilities
            and not runtime.provisioning.keeps(number, field)
        }
        if not before:
            return self.async_abort(reason="addresses_kept")
        if user_input is not None:
            now = {**dict.fromkeys(before, ""), **trimmed(user_input)}
            changed = {key: now[key] for key in before if now[key] != before[key]}
            errors |= {
                field: "address_invalid"
                for field, written in changed.items()
                if not is_address(field, written)
            }
            if changed and not errors:
                with self._errors(errors):
                    await runtime.client.numbers.configure(number.id, **changed)
            if not errors:
                return self.async_abort(reason="addresses_set")
        return self.async_show_form(
            step_id="addresses",
            data_schema=self.add_suggested_values_to_schema(
                probatio.Schema(
                    {probatio.Optional(field): TextSelector() for field in before}
                ),
                before if user_input is None else user_input,
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
        if not self._may_pass_on(chosen["data"][CONF_NUMBER], subentry.data):
            return await self._async_ask(
                "replace", user_input, {CONF_NUMBER_ID: "replaced_by_mobile"}
            )
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
        if self._is_another(subentry, user_input):
            return self.async_abort(reason="number_changed")
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

    def _may_pass_on(self, number: str, settings: Mapping[str, Any]) -> bool:
        """Tell whether 46elks would pass calls to a number on as these settings say."""
        contacts = Contacts(self._get_entry())
        found = (
            contact.phone if (contact := contacts.by_subentry(wanted)) else wanted
            for wanted in settings.get(CONF_FORWARD_TO, ())
        )
        return all(can_reach(number, target) for target in found)

    async def _async_ask(
        self,
        step_id: str,
        suggested: Mapping[str, Any] | None = None,
        wrong: Mapping[str, str] | None = None,
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
            errors=dict(wrong or {}),
        )

    def _contacts(self) -> list[SelectOptionDict]:
        return [
            SelectOptionDict(value=contact.subentry_id, label=contact.name)
            for contact in Contacts(self._get_entry())
        ]

    def _settings_schema(self) -> probatio.Schema:
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
                    options=self._contacts(),
                    custom_value=True,
                    mode=SelectSelectorMode.DROPDOWN,
                )
            ),
            probatio.Required(CONF_TEXT_ASSIST, default=False): BooleanSelector(),
        }
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

    async def _async_number(
        self, client: ElksClient, user_input: Mapping[str, Any] | None
    ) -> Number | str:
        """Return the number that a form is for as 46elks has it, or why there is none."""
        subentry = self._get_reconfigure_subentry()
        errors: dict[str, str] = {}
        if user_input is None:
            with form_errors(errors):
                self._numbers = await own_numbers(client)
            if errors:
                return errors["base"]
        if self._is_another(subentry, user_input):
            return "number_changed"
        return self._numbers.get(subentry.data[CONF_NUMBER_ID]) or "number_gone"

    def _offered(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return how a number is set, without a number of Realtime Voice that is gone."""
        is_there = settings.get(CONF_REALTIME_NUMBER) in self._realtime
        return {
            key: value
            for key, value in settings.items()
            if key != CONF_REALTIME_NUMBER or is_there
        }

    def _is_another(
        self, subentry: ConfigSubentry, user_input: Mapping[str, Any] | None
    ) -> bool:
        """Tell whether the device stands for another number than the form has shown."""
        if user_input is None:
            self._shown = subentry.data[CONF_NUMBER_ID]
        return bool(self._shown != subentry.data[CONF_NUMBER_ID])


def _with(
    subentry: ConfigSubentry, settings: Mapping[str, Any], keys: Collection[str]
) -> dict[str, Any]:
    """Return what a number is set to with these settings anew; what was emptied is gone."""
    rest = {key: value for key, value in subentry.data.items() if key not in keys}
    return {**rest, **{key: settings[key] for key in keys if key in settings}}
