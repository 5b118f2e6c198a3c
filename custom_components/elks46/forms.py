"""What the forms of account, contacts and numbers have in common."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from math import ceil
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME
from homeassistant.core import HomeAssistant
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.selector import (
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectOptionDict,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
    TextSelectorType,
)
from homeassistant.helpers.translation import async_get_translations
from homeassistant.helpers.typing import VolDictType
from homeassistant.util.network import is_ip_address
import phonenumbers
import probatio
from yarl import URL

from .address import is_public_url
from .api import (
    DEFAULT_API_URL,
    ElksAuthenticationError,
    ElksClient,
    ElksConnectionError,
    ElksError,
    ElksRateLimitError,
    ElksServerError,
    MessageKind,
    Number,
)
from .const import (
    CLIENT_NUMBERS,
    CONF_API_URL,
    CONF_NUMBER,
    CONF_PUBLIC_URL,
    CONF_REACH,
    DOMAIN,
    LOGGER,
    VOICE,
    WEBSOCKET,
    Reach,
)
from .contacts import InvalidPhoneNumberError, is_sender_name, parse_phone
from .records import Limit

# How 46elks is to reach this home, in the options and where a repair asks for it.
REACH_FIELDS: Final[VolDictType] = {
    probatio.Required(CONF_REACH, default=Reach.AUTO): SelectSelector(
        SelectSelectorConfig(
            options=[reach.value for reach in Reach],
            translation_key=CONF_REACH,
            mode=SelectSelectorMode.LIST,
        )
    ),
    probatio.Optional(CONF_PUBLIC_URL): TextSelector(
        TextSelectorConfig(type=TextSelectorType.URL, autocomplete="url")
    ),
}
# How a limit is asked for, in the order of the options.
LIMITS: Final[dict[Limit, NumberSelector]] = {
    Limit.DAILY_SPEND: NumberSelector(
        NumberSelectorConfig(min=0, step="any", mode=NumberSelectorMode.BOX)
    ),
    Limit.HOURLY_MESSAGES: NumberSelector(
        NumberSelectorConfig(min=0, step=1, mode=NumberSelectorMode.BOX)
    ),
    Limit.HOURLY_CALLS: NumberSelector(
        NumberSelectorConfig(min=0, step=1, mode=NumberSelectorMode.BOX)
    ),
}


@contextmanager
def form_errors(errors: dict[str, str]) -> Iterator[None]:
    """Turn client errors while a person waits into what their form says."""
    try:
        yield
    except ElksAuthenticationError:
        errors["base"] = "invalid_auth"
    except ElksConnectionError, ElksRateLimitError, ElksServerError:
        errors["base"] = "cannot_connect"
    except ElksError:
        LOGGER.exception("46elks answered in a way that is not understood")
        errors["base"] = "unknown"


def client_for(hass: HomeAssistant, data: Mapping[str, Any]) -> ElksClient:
    """Return a client that asks once: a person who waits can try again."""
    return ElksClient(
        async_get_clientsession(hass),
        data[CONF_USERNAME],
        data[CONF_PASSWORD],
        api_url=data[CONF_API_URL],
        retry_pauses=(),
    )


async def own_numbers(client: ElksClient) -> dict[str, Number]:
    """Return the account's numbers that a phone can reach, by id."""
    return {
        number.id: number
        for number in await client.numbers.list()
        if number.active and not number.number.startswith(CLIENT_NUMBERS)
    }


async def realtime_numbers(client: ElksClient) -> dict[str, Number]:
    """Return the account's numbers of Realtime Voice, by number."""
    return {
        number.number: number
        for number in await client.numbers.list()
        if number.active and WEBSOCKET in number.capabilities
    }


async def number_options(
    hass: HomeAssistant, numbers: Mapping[str, Number]
) -> list[SelectOptionDict]:
    """Return each number with its name, what it can do and what answers it today."""
    translations = await async_get_translations(
        hass, hass.config.language, "selector", {DOMAIN}
    )

    def word(key: str) -> str:
        return translations.get(
            f"component.{DOMAIN}.selector.{CONF_NUMBER}.options.{key}", key
        )

    def label(number: Number) -> str:
        answering = dict.fromkeys(
            _host(url) or word("fixed_answer")
            for url in (number.sms_url, number.mms_url, number.voice_start)
            if url is not None
        )
        answers = ", ".join(answering) or word("nothing")
        can = ", ".join(word(capability) for capability in sorted(number.capabilities))
        return " · ".join(
            filter(
                None,
                (number.name, number.number, can, f"{word('answered_by')}: {answers}"),
            )
        )

    return [
        SelectOptionDict(value=number.id, label=label(number))
        for number in numbers.values()
    ]


def country_options() -> list[SelectOptionDict]:
    """Return every country that has phones, as numbers are written there.

    Home Assistant's own selector of countries takes only one.
    """
    # To ask for the code of each would read the numbering plans of them all.
    codes = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()
    return [
        SelectOptionDict(value=country, label=f"{country} (+{code})")
        for country, code in sorted(
            (country, code)
            for code, countries in codes
            for country in countries
            if country in phonenumbers.SUPPORTED_REGIONS
        )
    ]


def trimmed(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was filled in, without the blanks around it and without what was left empty."""
    values = {
        field: value.strip() if isinstance(value, str) else value
        for field, value in user_input.items()
    }
    return {field: value for field, value in values.items() if value != ""}


def _host(address: str) -> str | None:
    """Return the host of an address, if it is one."""
    try:
        return URL(address).host
    except ValueError:
        return None


def base_url(written: str) -> URL | None:
    """Return an address that others can be built on: http or https, a host, perhaps a path, nothing else."""
    try:
        url = URL(written.rstrip("/"))
    except ValueError:
        return None
    if url.scheme not in ("http", "https") or not url.host:
        return None
    if url.user or url.password or url.query_string or url.fragment:
        return None
    return None if any(char.isspace() for char in written) else url


async def parse_sender(
    hass: HomeAssistant,
    entry: ConfigEntry,
    field: str,
    written: str,
    errors: dict[str, str],
) -> str:
    """Return who a text may come from, a name or an own number that can text, or say why it may not."""
    if is_sender_name(written):
        return written
    try:
        phone = parse_phone(written, hass.config.country)
    except InvalidPhoneNumberError:
        errors[field] = "invalid_sender"
        return written
    with form_errors(errors):
        if phone not in {
            number.number
            for number in (await own_numbers(client_for(hass, entry.data))).values()
            if MessageKind.SMS in number.capabilities
        }:
            errors[field] = "invalid_sender"
    return phone


async def parse_caller(
    hass: HomeAssistant,
    entry: ConfigEntry,
    field: str,
    written: str,
    errors: dict[str, str],
) -> str:
    """Return who a call may come from, one of the account's own numbers, or say why it may not."""
    try:
        phone = parse_phone(written, hass.config.country)
    except InvalidPhoneNumberError:
        errors[field] = "invalid_caller"
        return written
    with form_errors(errors):
        if phone not in {
            number.number
            for number in (await own_numbers(client_for(hass, entry.data))).values()
            if VOICE in number.capabilities
        }:
            errors[field] = "invalid_caller"
    return phone


def parse_public_url(entry: ConfigEntry, written: str, errors: dict[str, str]) -> str:
    """Return where this Home Assistant is reached, or say that it cannot be.

    A certificate is for a name, so 46elks is not sent to a bare IP address.
    """
    api_url = entry.data[CONF_API_URL]
    url = base_url(written)
    if (
        url is None
        or not is_public_url(str(url), api_url)
        or (api_url == DEFAULT_API_URL and is_ip_address(url.host or ""))
    ):
        errors[CONF_PUBLIC_URL] = "invalid_public_url"
        return written
    return str(url)


def whole(limit: Limit, value: float) -> float:
    """Return a limit as it is kept: half a message is none, and that would be a limit of nothing."""
    return value if limit is Limit.DAILY_SPEND else ceil(value)
