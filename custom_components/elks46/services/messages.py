"""The actions that send texts and pictures."""

import asyncio
from typing import Final

from homeassistant.components.media_player import ATTR_MEDIA_CONTENT_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.util.json import JsonObjectType
from homeassistant.util.ulid import ulid_now
import probatio

from ..api import Message
from ..contacts import InvalidPhoneNumberError, parse_phone
from ..data import ElksConfigEntry
from ..errors import invalid
from ..media import OutOfReachError, async_data_url
from ..records import SentMessage
from .account import async_entry
from .recipients import (
    ATTR_TO,
    RECIPIENTS,
    Recipient,
    async_check_may_send,
    async_to_each,
    raise_failures,
    recipients_of,
)

ATTR_DRY_RUN: Final = "dry_run"
ATTR_FALLBACK_AFTER: Final = "fallback_after"
ATTR_FLASH: Final = "flash"
ATTR_IMAGE: Final = "image"
ATTR_MESSAGE: Final = "message"
ATTR_PRIVATE: Final = "private"
ATTR_SENDER: Final = "sender"
ATTR_WAIT: Final = "wait"

# An operator may try for days; an automation should not.
WAIT_SECONDS_AT_MOST: Final = 3600
# Who is told by a call an hour later is told too late; most texts arrive within seconds.
FALLBACK_SECONDS_AT_LEAST: Final = 10
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
        probatio.Optional(ATTR_FALLBACK_AFTER): probatio.All(
            probatio.Coerce(float),
            probatio.Range(min=FALLBACK_SECONDS_AT_LEAST, max=WAIT_SECONDS_AT_MOST),
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


async def async_send_sms(call: ServiceCall) -> ServiceResponse:
    """Text everyone asked for; what fails for one stops none of the others."""
    entry = await async_entry(call)
    # A reload while waiting takes the rooms away from the entry, not from us.
    runtime = entry.runtime_data
    outbox, store, fallbacks = runtime.outbox, runtime.store, runtime.fallbacks
    text = call.data[ATTR_MESSAGE]
    if not text.strip():
        raise invalid("message_empty")
    sender = _sender(call.hass, entry, call.data.get(ATTR_SENDER))
    recipients = recipients_of(call.hass, entry, call.data)
    await async_check_may_send(call, recipients)

    async def send(recipient: Recipient) -> SentMessage | Message:
        """Text one."""
        if recipient.phone is None:
            raise recipient.error or invalid("phone_invalid", field=ATTR_TO)
        mine = sender or (recipient.contact.sender if recipient.contact else None)
        if call.data[ATTR_DRY_RUN]:
            return await outbox.async_price(
                recipient=recipient.phone,
                text=text,
                sender=mine or outbox.default_sender,
            )
        ref = ulid_now()
        if seconds := call.data.get(ATTR_FALLBACK_AFTER):
            may_store = outbox.may_store(private=call.data[ATTR_PRIVATE])
            await fallbacks.async_expect(
                ref, recipient.phone, seconds, text, may_store=may_store
            )
        try:
            return await outbox.async_send_sms(
                recipient=recipient.phone,
                text=text,
                sender=mine,
                flash=call.data[ATTR_FLASH],
                private=call.data[ATTR_PRIVATE],
                ref=ref,
            )
        except ServiceValidationError:
            # Nobody is called there either.
            await fallbacks.async_forget(ref)
            raise
        except HomeAssistantError:
            fallbacks.failed(ref)
            raise

    results = await async_to_each(call.hass, recipients, send)
    refs = [sent.ref for sent in results if isinstance(sent, SentMessage)]
    if call.data[ATTR_WAIT] and refs:
        await outbox.async_wait(refs, call.data[ATTR_WAIT])
    raise_failures(recipients, results, is_answered=call.return_response)
    if not call.return_response:
        return None
    return {
        "messages": [
            _row(recipient, store.sent.get(getattr(result, "ref", ""), result))
            for recipient, result in zip(recipients, results, strict=True)
        ]
    }


async def async_send_mms(call: ServiceCall) -> ServiceResponse:
    """Send everyone asked for the text and each picture, in order.

    Several pictures are several messages, the first with the text. A picture that cannot
    be had now stops neither the text nor the others, and is told afterwards.
    """
    entry = await async_entry(call)
    text, asked = call.data[ATTR_MESSAGE], call.data[ATTR_IMAGE]
    if not text.strip() and not asked:
        raise invalid("mms_empty")
    recipients = recipients_of(call.hass, entry, call.data)
    await async_check_may_send(call, recipients)
    images: list[str] = []
    missing: list[OutOfReachError] = []
    # One after the other, as each takes memory.
    for one in asked:
        try:
            images.append(
                await async_data_url(
                    call.hass,
                    one if isinstance(one, str) else one[ATTR_MEDIA_CONTENT_ID],
                )
            )
        except OutOfReachError as err:
            missing.append(err)
    if missing and not images and not text.strip():
        raise missing[0]
    # That may have taken a minute, and a reload puts other rooms into the account.
    entry = await async_entry(call)
    outbox, texts = entry.runtime_data.outbox, entry.runtime_data.store.sent

    async def send(recipient: Recipient) -> list[SentMessage | BaseException]:
        """Send one person everything."""
        if recipient.phone is None:
            return [recipient.error or invalid("phone_invalid", field=ATTR_TO)]
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
        return [*await asyncio.gather(*messages, return_exceptions=True), *missing]

    answers = await async_to_each(call.hass, recipients, send)
    rows = [
        (recipient, result)
        for recipient, results in zip(recipients, answers, strict=True)
        for result in (results if isinstance(results, list) else [results])
    ]
    raise_failures(
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
        raise invalid("sender_invalid") from None
    if not outbox.may_send_as(number):
        raise invalid("sender_invalid")
    return number


def _row(
    recipient: Recipient, result: SentMessage | Message | BaseException
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
