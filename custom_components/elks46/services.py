"""The actions: what automations ask of this home's telephone."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from homeassistant.components.media_player import ATTR_MEDIA_CONTENT_ID
from homeassistant.config_entries import ConfigEntry, ConfigEntryState
from homeassistant.const import (
    ATTR_CONFIG_ENTRY_ID,
    ATTR_DEVICE_ID,
    ATTR_ENTITY_ID,
    ENTITY_MATCH_NONE,
)
from homeassistant.core import (
    HomeAssistant,
    ServiceCall,
    ServiceResponse,
    SupportsResponse,
    callback,
)
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    entity_registry as er,
    service,
)
from homeassistant.helpers.group import get_entity_ids
from homeassistant.helpers.target import (
    TargetSelection,
    async_extract_referenced_entity_ids,
)
from homeassistant.helpers.typing import VolDictType
from homeassistant.util.json import JsonObjectType
import probatio

from .api import Message
from .const import DOMAIN
from .contacts import (
    Contact,
    InvalidPhoneNumberError,
    masked,
    parse_phone,
    phone_without_plus,
)
from .data import ElksConfigEntry
from .media import async_data_url
from .records import SentMessage

SERVICE_SEND_MMS: Final = "send_mms"
SERVICE_SEND_SMS: Final = "send_sms"
ATTR_DRY_RUN: Final = "dry_run"
ATTR_FLASH: Final = "flash"
ATTR_IMAGE: Final = "image"
ATTR_MESSAGE: Final = "message"
ATTR_PRIVATE: Final = "private"
ATTR_SENDER: Final = "sender"
ATTR_TO: Final = "to"
ATTR_WAIT: Final = "wait"

# An operator may try for days; an automation should not.
WAIT_SECONDS_AT_MOST: Final = 3600
# A reload takes a second; one that waits for texts on their way takes ten.
RELOAD_SECONDS_AT_MOST: Final = 20
PASSING_STATES: Final = (
    ConfigEntryState.NOT_LOADED,
    ConfigEntryState.SETUP_IN_PROGRESS,
    ConfigEntryState.UNLOAD_IN_PROGRESS,
)

RECIPIENTS: Final[VolDictType] = {
    probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
    **cv.TARGET_SERVICE_FIELDS,
    # Left as it comes, to tell a person what is wrong with it.
    probatio.Optional(ATTR_TO, default=list): probatio.EnsureList(),
}
SEND_SMS_SCHEMA: Final = probatio.Schema(
    {
        **RECIPIENTS,
        probatio.Required(ATTR_MESSAGE): cv.string,
        probatio.Optional(ATTR_SENDER): cv.string,
        probatio.Optional(ATTR_FLASH, default=False): cv.boolean,
        probatio.Optional(ATTR_PRIVATE, default=False): cv.boolean,
        probatio.Optional(ATTR_DRY_RUN, default=False): cv.boolean,
        probatio.Optional(ATTR_WAIT, default=0): probatio.All(
            probatio.Coerce(float), probatio.Range(min=0, max=WAIT_SECONDS_AT_MOST)
        ),
    }
)
# Each goes as a message of its own, and is paid for.
IMAGES_AT_MOST: Final = 10
SEND_MMS_SCHEMA: Final = probatio.Schema(
    {
        **RECIPIENTS,
        probatio.Optional(ATTR_MESSAGE, default=""): cv.string,
        probatio.Optional(ATTR_IMAGE, default=list): probatio.All(
            probatio.EnsureList(),
            [
                probatio.Any(
                    str,
                    {
                        probatio.Required(ATTR_MEDIA_CONTENT_ID): str,
                        probatio.Extra: object,
                    },
                )
            ],
            probatio.Length(max=IMAGES_AT_MOST),
        ),
    }
)


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register the actions, for all accounts and for as long as Home Assistant runs."""
    hass.services.async_register(
        DOMAIN,
        SERVICE_SEND_SMS,
        _async_send_sms,
        schema=SEND_SMS_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )
    hass.services.async_register(
        DOMAIN,
        SERVICE_SEND_MMS,
        _async_send_mms,
        schema=SEND_MMS_SCHEMA,
        supports_response=SupportsResponse.OPTIONAL,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recipient:
    """Who a text goes to, as far as it could be found out.

    `asked` is what the action named; without `phone`, `error` tells what is wrong.
    """

    asked: str
    phone: str | None = None
    contact: Contact | None = None
    error: HomeAssistantError | None = None


async def _async_send_sms(call: ServiceCall) -> ServiceResponse:
    """Text everyone asked for; what fails for one stops none of the others."""
    entry = await _async_entry(call)
    # A reload while waiting takes the rooms away from the entry, not from us.
    outbox, store = entry.runtime_data.outbox, entry.runtime_data.store
    text = call.data[ATTR_MESSAGE]
    if not text.strip():
        raise _invalid("message_empty")
    sender = _sender(call.hass, entry, call.data.get(ATTR_SENDER))
    recipients = _recipients(call.hass, entry, call.data)

    async def send(recipient: _Recipient) -> SentMessage | Message:
        """Text one."""
        if recipient.phone is None:
            raise recipient.error or _invalid("phone_invalid")
        mine = sender or (recipient.contact.sender if recipient.contact else None)
        if call.data[ATTR_DRY_RUN]:
            return await outbox.async_price(
                recipient=recipient.phone,
                text=text,
                sender=mine or outbox.default_sender,
            )
        return await outbox.async_send_sms(
            recipient=recipient.phone,
            text=text,
            sender=mine,
            flash=call.data[ATTR_FLASH],
            private=call.data[ATTR_PRIVATE],
        )

    results = await asyncio.gather(
        *(send(recipient) for recipient in recipients), return_exceptions=True
    )
    refs = [sent.ref for sent in results if isinstance(sent, SentMessage)]
    if call.data[ATTR_WAIT] and refs:
        await outbox.async_wait(refs, call.data[ATTR_WAIT])
    _raise_failures(recipients, results, is_answered=call.return_response)
    if not call.return_response:
        return None
    return {
        "messages": [
            _row(recipient, store.sent.get(getattr(result, "ref", ""), result))
            for recipient, result in zip(recipients, results, strict=True)
        ]
    }


async def _async_send_mms(call: ServiceCall) -> ServiceResponse:
    """Send everyone asked for the text and each picture, in order.

    Several pictures are several messages, the first with the text.
    """
    entry = await _async_entry(call)
    outbox, texts = entry.runtime_data.outbox, entry.runtime_data.store.sent
    text, asked = call.data[ATTR_MESSAGE], call.data[ATTR_IMAGE]
    if not text.strip() and not asked:
        raise _invalid("mms_empty")
    recipients = _recipients(call.hass, entry, call.data)
    # One after the other, as each may take much memory while it is made to fit.
    images = [
        await async_data_url(
            call.hass, one if isinstance(one, str) else one[ATTR_MEDIA_CONTENT_ID]
        )
        for one in asked
    ]

    async def send(recipient: _Recipient) -> list[SentMessage | BaseException]:
        """Send one person everything."""
        if recipient.phone is None:
            return [recipient.error or _invalid("phone_invalid")]
        messages = [
            outbox.async_send_mms(
                recipient=recipient.phone,
                text=text if index == 0 else "",
                image=image,
                sender=recipient.contact.sender if recipient.contact else None,
            )
            for index, image in enumerate(images or [None])
        ]
        # They take turns there, so they leave in this order.
        return await asyncio.gather(*messages, return_exceptions=True)

    answers = await asyncio.gather(*map(send, recipients))
    rows = [
        (recipient, result)
        for recipient, results in zip(recipients, answers, strict=True)
        for result in results
    ]
    _raise_failures(
        [recipient for recipient, _ in rows],
        [result for _, result in rows],
        is_answered=call.return_response,
    )
    if not call.return_response:
        return None
    return {
        "messages": [
            _row(recipient, texts.get(getattr(result, "ref", ""), result))
            for recipient, result in rows
        ]
    }


async def _async_entry(call: ServiceCall) -> ElksConfigEntry:
    """Return the account an action is for; one that is being reloaded is waited for.

    Changing a contact reloads the account for a moment, and an alarm may come just then.
    """
    entry_id = call.data.get(ATTR_CONFIG_ENTRY_ID)
    entries = call.hass.config_entries
    if entry_id is None and len(all_entries := entries.async_entries(DOMAIN)) == 1:
        entry_id = all_entries[0].entry_id
    if (entry := entries.async_get_entry(entry_id or "")) and entry.domain == DOMAIN:
        await _async_settled(entry)
    return cast(
        ElksConfigEntry, service.async_get_config_entry(call.hass, DOMAIN, entry_id)
    )


async def _async_settled(entry: ConfigEntry) -> None:
    """Return when the entry is neither coming nor going, or after a while."""
    if entry.disabled_by is not None or entry.state not in PASSING_STATES:
        return
    changed = asyncio.Event()
    stop = entry.async_on_state_change(changed.set)
    try:
        async with asyncio.timeout(RELOAD_SECONDS_AT_MOST):
            while entry.state in PASSING_STATES:
                changed.clear()
                await changed.wait()
    except TimeoutError:
        return
    finally:
        stop()


def _sender(
    hass: HomeAssistant, entry: ElksConfigEntry, written: str | None
) -> str | None:
    """Return the sender that was asked for, if 46elks would take it."""
    if written is None:
        return None
    sender = written.strip()
    outbox = entry.runtime_data.outbox
    if outbox.may_send_as(sender):
        return sender
    try:
        number = parse_phone(sender, hass.config.country)
    except InvalidPhoneNumberError:
        raise _invalid("sender_invalid") from None
    if not outbox.may_send_as(number):
        raise _invalid("sender_invalid")
    return number


def _recipients(
    hass: HomeAssistant, entry: ElksConfigEntry, data: Mapping[str, Any]
) -> list[_Recipient]:
    """Return who was asked for, each once and in order: targets first, then numbers."""
    asked = [
        *_targets(hass, entry, data),
        *(_free_number(hass, entry, written) for written in data[ATTR_TO]),
    ]
    if not asked:
        raise _invalid("recipient_missing")
    unique: dict[str, _Recipient] = {}
    for recipient in asked:
        unique.setdefault(recipient.phone or recipient.asked, recipient)
    return list(unique.values())


def _free_number(
    hass: HomeAssistant, entry: ElksConfigEntry, written: Any
) -> _Recipient:
    """Return who a written number is."""
    try:
        if isinstance(written, str):
            phone = parse_phone(written, hass.config.country)
        else:
            phone = phone_without_plus(written)
    except InvalidPhoneNumberError as err:
        return _Recipient(asked=str(written), error=_invalid(err.reason))
    contact = entry.runtime_data.contacts.by_phone(phone)
    return _Recipient(asked=str(written), phone=phone, contact=contact)


def _targets(
    hass: HomeAssistant, entry: ElksConfigEntry, data: Mapping[str, Any]
) -> list[_Recipient]:
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
        _Recipient(asked=asked, phone=contact.phone, contact=contact)
        if (contact := _contact(entry, subentry_id))
        else _Recipient(asked=asked, error=_invalid("recipient_no_contact", name=asked))
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


def _raise_failures(
    recipients: list[_Recipient],
    results: Sequence[SentMessage | Message | BaseException],
    *,
    is_answered: bool,
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
    raise HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key="some_failed",
        translation_placeholders={
            "failed": str(len(failures)),
            "all": str(len(results)),
            "reasons": "; ".join(
                f"{_label(recipient)}: {error}" for recipient, error in failures[:5]
            ),
        },
    )


def _label(recipient: _Recipient) -> str:
    """Name a recipient in an error, which may end up in a log: never by number."""
    if recipient.contact is not None:
        return recipient.contact.name
    return masked(recipient.phone) if recipient.phone else recipient.asked[:3] + "•••"


def _row(
    recipient: _Recipient, result: SentMessage | Message | BaseException
) -> JsonObjectType:
    """Return what the action answers for one recipient."""
    row: JsonObjectType = {"to": recipient.phone or recipient.asked}
    if isinstance(result, BaseException):
        return row | {"error": str(result)}
    return row | {
        "id": result.id,
        "status": result.status.value,
        "parts": result.parts,
        "cost": float(result.cost) if result.cost is not None else None,
    }


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )
