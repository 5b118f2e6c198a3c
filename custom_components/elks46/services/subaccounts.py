"""The actions about subaccounts: keys to the account's money, so they are an administrator's alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http import HTTPStatus
from typing import Final

from homeassistant.config_entries import ConfigEntryState
from homeassistant.const import CONF_ID, CONF_NAME, CONF_USERNAME
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
import probatio

from ..api import NO_LIMIT, ElksRequestError, Subaccount, is_subaccount
from ..const import CONF_USAGE_LIMIT, DOMAIN, USAGE_LIMIT_AT_MOST
from ..data import ElksConfigEntry
from ..errors import failed, invalid, translate_errors
from ..subaccounts import SubaccountInDoubtError, SubaccountOpener
from .account import ACCOUNT, async_check_admin, async_entry

ATTR_ACTIVE: Final = "active"
ATTR_ACTIVE_ONLY: Final = "active_only"
ATTR_CONFIRM: Final = "confirm"
ATTR_NO_LIMIT: Final = "no_limit"

AMOUNT: Final = probatio.All(
    probatio.Coerce(float), probatio.Range(min=0, max=USAGE_LIMIT_AT_MOST)
)
CREATE_SUBACCOUNT_SCHEMA: Final = probatio.Schema(
    {
        **ACCOUNT,
        probatio.Required(CONF_NAME): cv.string,
        probatio.Optional(CONF_USAGE_LIMIT): AMOUNT,
    }
)
UPDATE_SUBACCOUNT_SCHEMA: Final = probatio.Schema(
    {
        **ACCOUNT,
        probatio.Required(CONF_ID): cv.string,
        probatio.Optional(CONF_NAME): cv.string,
        probatio.Optional(CONF_USAGE_LIMIT): AMOUNT,
        probatio.Optional(ATTR_NO_LIMIT, default=False): cv.boolean,
        probatio.Optional(ATTR_ACTIVE, default=True): cv.boolean,
        probatio.Optional(ATTR_CONFIRM, default=False): cv.boolean,
    }
)
LIST_SUBACCOUNTS_SCHEMA: Final = probatio.Schema(
    {**ACCOUNT, probatio.Optional(ATTR_ACTIVE_ONLY, default=False): cv.boolean}
)


async def async_create_subaccount(call: ServiceCall) -> ServiceResponse:
    """Open a subaccount; this answer is the only one with its secret."""
    entry = await _async_main_account(call)
    name = _name(call.data[CONF_NAME])
    opener = SubaccountOpener(entry.runtime_data.client)
    with translate_errors(call.hass, entry):
        try:
            opened = await opener.async_open(
                name=name, usage_limit=_amount(call.data.get(CONF_USAGE_LIMIT))
            )
        except SubaccountInDoubtError as err:
            raise failed("subaccount_unknown", name=name) from err
    return {"subaccount": _row(opened) | {"secret": opened.secret}}


async def async_update_subaccount(call: ServiceCall) -> ServiceResponse:
    """Change what is given of a subaccount; closing one is for good."""
    entry = await _async_main_account(call)
    data = call.data
    subaccount_id = data[CONF_ID].strip()
    limit, name = _amount(data.get(CONF_USAGE_LIMIT)), data.get(CONF_NAME)
    if not is_subaccount(subaccount_id):
        raise invalid("subaccount_id_invalid")
    if limit is not None and data[ATTR_NO_LIMIT]:
        raise invalid("subaccount_limit_twice")
    changes_limit = limit is not None or data[ATTR_NO_LIMIT]
    if name is None and not changes_limit and data[ATTR_ACTIVE]:
        raise invalid("subaccount_unchanged")
    if not data[ATTR_ACTIVE] and not data[ATTR_CONFIRM]:
        raise invalid("subaccount_unconfirmed")
    with _known(subaccount_id), translate_errors(call.hass, entry):
        changed = await entry.runtime_data.client.subaccounts.update(
            subaccount_id,
            name=None if name is None else _name(name),
            usage_limit=NO_LIMIT if data[ATTR_NO_LIMIT] else limit,
            active=None if data[ATTR_ACTIVE] else False,
        )
    if changes_limit:
        _keep_limit(call.hass, changed)
    return {"subaccount": _row(changed)}


async def async_list_subaccounts(call: ServiceCall) -> ServiceResponse:
    """Return the subaccounts, newest first and without their secrets."""
    entry = await _async_main_account(call)
    with translate_errors(call.hass, entry):
        every = await entry.runtime_data.client.subaccounts.list(
            active_only=call.data[ATTR_ACTIVE_ONLY]
        )
    return {"subaccounts": [_row(one) for one in every]}


async def _async_main_account(call: ServiceCall) -> ElksConfigEntry:
    """Return the account the action is for, if it can have subaccounts and this person may see to them."""
    await async_check_admin(call)
    entry = await async_entry(call)
    if is_subaccount(entry.data[CONF_USERNAME]):
        raise invalid("account_is_subaccount")
    return entry


@callback
def _keep_limit(hass: HomeAssistant, changed: Subaccount) -> None:
    """Let the home that uses the subaccount know what it may use from now on."""
    entry: ElksConfigEntry | None = (
        hass.config_entries.async_entry_for_domain_unique_id(DOMAIN, changed.id)
    )
    if entry is None or entry.state is not ConfigEntryState.LOADED:
        return
    data = {key: entry.data[key] for key in entry.data if key != CONF_USAGE_LIMIT}
    if changed.usage_limit is not None:
        # What was used by now is in the count of what this home has sent, or was before.
        left = changed.usage_limit - changed.used
        data[CONF_USAGE_LIMIT] = float(left + entry.runtime_data.store.tally.own_ever)
    hass.config_entries.async_update_entry(entry, data=data)


@contextmanager
def _known(subaccount_id: str) -> Iterator[None]:
    """Say which field is wrong where 46elks knows no such subaccount.

    Raises:
        ServiceValidationError: it does not.
    """
    try:
        yield
    except HomeAssistantError as err:
        cause = err.__cause__
        if isinstance(cause, ElksRequestError) and cause.status == HTTPStatus.NOT_FOUND:
            raise invalid("subaccount_id_unknown", id=subaccount_id) from err
        raise


def _name(written: str) -> str:
    if name := written.strip():
        return name
    raise invalid("subaccount_name_empty")


def _amount(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _row(subaccount: Subaccount) -> JsonObjectType:
    """Return what is told of a subaccount, which is never its secret."""
    created, deactivated = subaccount.created, subaccount.deactivated
    limit = subaccount.usage_limit
    return {
        "id": subaccount.id,
        "name": subaccount.name,
        "active": subaccount.active,
        "usage_limit": None if limit is None else float(limit),
        "usage": float(subaccount.used),
        "created": created.isoformat() if created else None,
        "deactivated": deactivated.isoformat() if deactivated else None,
    }
