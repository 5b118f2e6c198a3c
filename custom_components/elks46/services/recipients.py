"""Whom an action is for: contacts by entity, device, area or label, and free numbers."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from homeassistant.components.notify import DOMAIN as NOTIFY_DOMAIN
from homeassistant.const import ATTR_DEVICE_ID, ATTR_ENTITY_ID, ENTITY_MATCH_NONE
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
)
from homeassistant.helpers.group import get_entity_ids
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.helpers.typing import VolDictType
import probatio

from ..const import LOGGER
from ..contacts import (
    Contact,
    InvalidPhoneNumberError,
    masked,
    parse_phone,
    phone_without_plus,
)
from ..data import ElksConfigEntry
from ..errors import failed, invalid
from ..outbox import REQUESTS_AT_ONCE
from .account import ACCOUNT, async_check_entities, async_check_household

ATTR_TO: Final = "to"

RECIPIENTS: Final[VolDictType] = {
    **ACCOUNT,
    **cv.TARGET_SERVICE_FIELDS,
    # Left as it comes, to tell a person what is wrong with it.
    probatio.Optional(ATTR_TO, default=list): probatio.EnsureList(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """Who a text goes to, as far as it could be found out.

    `asked` is what the action named, a number if it `is_written`; without `phone`, `error`
    tells what is wrong.
    """

    asked: str
    phone: str | None = None
    contact: Contact | None = None
    error: HomeAssistantError | None = None
    is_written: bool = False


async def async_check_may_send(
    call: ServiceCall, recipients: Sequence[Recipient]
) -> None:
    """Refuse a person who may not use the contacts that were targeted, or not just any number."""
    entities: defaultdict[str | None, list[str]] = defaultdict(list)
    for entity in er.async_get(call.hass).entities.values():
        if entity.domain == NOTIFY_DOMAIN:
            entities[entity.config_subentry_id].append(entity.entity_id)
    for recipient in recipients:
        if recipient.is_written:
            await async_check_household(call)
        elif recipient.contact is not None:
            theirs = entities[recipient.contact.subentry_id]
            named = [one for one in theirs if one == recipient.asked]
            await async_check_entities(call, named or theirs)


async def async_to_each[Result](
    hass: HomeAssistant,
    recipients: Sequence[Recipient],
    send: Callable[[Recipient], Awaitable[Result]],
) -> list[Result | BaseException]:
    """Send to everyone, some at once, and return what came of each, in order.

    No more are begun than 46elks is asked for at once, so nobody else's text waits behind
    all of them. It goes on when whoever asked is cancelled.
    """
    results: dict[int, Result | BaseException] = {}
    waiting = iter(enumerate(recipients))

    async def work() -> None:
        for index, recipient in waiting:
            (results[index],) = await asyncio.gather(
                send(recipient), return_exceptions=True
            )

    async def work_together() -> None:
        workers = min(REQUESTS_AT_ONCE, len(recipients))
        await asyncio.gather(*(work() for _ in range(workers)))

    working = hass.async_create_task(work_together(), "elks46 recipients")
    try:
        await asyncio.wait({working})
    except asyncio.CancelledError:
        working.add_done_callback(lambda _: _log_failures(results.values()))
        raise
    working.result()
    return [results[index] for index in range(len(recipients))]


def _log_failures(results: Iterable[object]) -> None:
    """Tell the log where whoever asked has gone."""
    for result in results:
        for one in result if isinstance(result, list) else (result,):
            if isinstance(one, BaseException):
                LOGGER.warning(
                    "A text that nobody waits for failed: %s", type(one).__name__
                )


def recipients_of(
    hass: HomeAssistant, entry: ElksConfigEntry, data: Mapping[str, Any]
) -> list[Recipient]:
    """Return who was asked for, each once and in order: targets first, then numbers."""
    asked = [
        *_targets(hass, entry, data),
        *(_free_number(hass, entry, written) for written in data[ATTR_TO]),
    ]
    if not asked:
        raise invalid("recipient_missing")
    unique: dict[str, Recipient] = {}
    for recipient in asked:
        unique.setdefault(recipient.phone or recipient.asked, recipient)
    return list(unique.values())


def _free_number(
    hass: HomeAssistant, entry: ElksConfigEntry, written: Any
) -> Recipient:
    """Return who a written number is."""
    try:
        if isinstance(written, str):
            phone = parse_phone(written, hass.config.country)
        else:
            phone = phone_without_plus(written)
    except InvalidPhoneNumberError as err:
        error = invalid(err.reason, field=ATTR_TO)
        return Recipient(asked=str(written), error=error, is_written=True)
    contact = entry.runtime_data.contacts.by_phone(phone)
    return Recipient(asked=str(written), phone=phone, contact=contact, is_written=True)


def _targets(
    hass: HomeAssistant, entry: ElksConfigEntry, data: Mapping[str, Any]
) -> list[Recipient]:
    """Return the contacts that were targeted; what was named but is none is an error.

    Areas and labels may hold anything, so of them only contacts are taken.
    """
    devices, entities = dr.async_get(hass), er.async_get(hass)
    selected = async_extract_referenced_entity_ids(hass, TargetSelection(dict(data)))
    subentries: dict[str, str | None] = {}
    for entity_id in _in_order(data.get(ATTR_ENTITY_ID), selected.referenced):
        # Groups are expanded, but Home Assistant leaves out those of notify entities.
        for member in get_entity_ids(hass, entity_id) or (entity_id,):
            entity = entities.async_get(member)
            subentries[member] = entity.config_subentry_id if entity else None
    for device_id in _in_order(data.get(ATTR_DEVICE_ID), set()):
        device = devices.async_get(device_id)
        subentries[device_id] = device.config_subentry_id if device else None
    for entity_id in sorted(selected.indirectly_referenced):
        entity = entities.async_get(entity_id)
        subentry_id = entity.config_subentry_id if entity else None
        if _contact(entry, subentry_id) and subentry_id not in subentries.values():
            subentries[entity_id] = subentry_id
    return [
        Recipient(asked=asked, phone=contact.phone, contact=contact)
        if (contact := _contact(entry, subentry_id))
        else Recipient(asked=asked, error=invalid("recipient_no_contact", name=asked))
        for asked, subentry_id in subentries.items()
    ]


def _in_order(named: Any, found: set[str]) -> list[str]:
    """Return what was named in its order, then what groups have added.

    A target may also be one word, `all` or `none`.
    """
    names = [named] if isinstance(named, str) else named or ()
    first = [
        name
        for name in names
        if name != ENTITY_MATCH_NONE and (not found or name in found)
    ]
    return [*first, *sorted(found.difference(first))]


def _contact(entry: ElksConfigEntry, subentry_id: str | None) -> Contact | None:
    return entry.runtime_data.contacts.by_subentry(subentry_id or "")


def raise_failures(
    recipients: list[Recipient],
    results: Sequence[object],
    *,
    is_answered: bool,
    of_calls: bool = False,
) -> None:
    """Raise where all failed, or where some did and nobody reads the rows."""
    failures = [
        (recipient, result)
        for recipient, result in zip(recipients, results, strict=True)
        if isinstance(result, BaseException)
    ]
    for _, error in failures:
        if not isinstance(error, HomeAssistantError):
            raise error
    if not failures or (is_answered and len(failures) < len(results)):
        return
    if len(results) == 1:
        raise failures[0][1]
    raise failed(
        "some_calls_failed" if of_calls else "some_failed",
        failed=str(len(failures)),
        all=str(len(results)),
        reasons="; ".join(
            f"{label(recipient)}: {error}" for recipient, error in failures[:5]
        ),
    )


def label(recipient: Recipient) -> str:
    """Name a recipient in an error, which may end up in a log: never by number."""
    if recipient.contact is not None:
        return recipient.contact.name
    return masked(recipient.phone) if recipient.phone else recipient.asked[:3] + "•••"
