"""The actions that call people."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from homeassistant.components.media_player import ATTR_MEDIA_CONTENT_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
from homeassistant.util.json import JsonObjectType
import probatio

from ..audio import async_audio, async_spoken, led_in
from ..contacts import InvalidPhoneNumberError, parse_phone
from ..data import ElksConfigEntry
from ..errors import invalid
from ..records import Audio, PhoneCall
from ..tapes import Tapes
from .account import ACCOUNT, ATTR_CALL_ID, async_check_household, async_entry
from .recipients import (
    ATTR_TO,
    RECIPIENTS,
    Recipient,
    async_check_may_send,
    raise_failures,
    recipients_of,
)

ATTR_ACKNOWLEDGE: Final = "acknowledge"
ATTR_FROM: Final = "from"
ATTR_LANGUAGE: Final = "language"
ATTR_MEDIA: Final = "media"
ATTR_MESSAGE: Final = "message"
ATTR_RECORD: Final = "record"
ATTR_REPEAT: Final = "repeat"
ATTR_RING_TIMEOUT: Final = "ring_timeout"
ATTR_RING_TWICE: Final = "ring_twice"
ATTR_TTS_ENGINE: Final = "tts_engine"
ATTR_VOICE: Final = "voice"
ATTR_WAIT: Final = "wait"

# The keys that a menu takes: # ends what is typed, so it says nothing by itself.
KEYS: Final = frozenset("0123456789*")
# Whoever has heard it that often has heard it.
REPEAT_AT_MOST: Final = 10
# Who looks at the phone first has heard nothing of the first time.
DEFAULT_REPEAT: Final = 2
# The voicemail of most operators answers after 20 to 30 seconds; others ring for a minute.
DEFAULT_RING_SECONDS: Final = 45
RING_SECONDS_AT_LEAST: Final = 5
RING_SECONDS_AT_MOST: Final = 120

SOUND: Final[VolDictType] = {
    probatio.Optional(ATTR_MESSAGE): cv.string,
    probatio.Optional(ATTR_TTS_ENGINE): cv.string,
    probatio.Optional(ATTR_LANGUAGE): cv.string,
    probatio.Optional(ATTR_VOICE): cv.string,
    probatio.Optional(ATTR_MEDIA): probatio.Any(
        str, {probatio.Required(ATTR_MEDIA_CONTENT_ID): str, probatio.Extra: object}
    ),
}
REPEAT: Final[VolDictType] = {
    probatio.Optional(ATTR_REPEAT, default=DEFAULT_REPEAT): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=REPEAT_AT_MOST)
    ),
}
# What is heard of a call of ours, how often and for how long it rings.
CALLING: Final[VolDictType] = {
    probatio.Optional(ATTR_FROM): cv.string,
    **SOUND,
    **REPEAT,
    probatio.Optional(ATTR_RING_TIMEOUT, default=DEFAULT_RING_SECONDS): probatio.All(
        probatio.Coerce(int),
        probatio.Range(min=RING_SECONDS_AT_LEAST, max=RING_SECONDS_AT_MOST),
    ),
}
PLACE_CALL_SCHEMA: Final = probatio.Schema(
    {
        **RECIPIENTS,
        **CALLING,
        probatio.Optional(ATTR_ACKNOWLEDGE): cv.string,
        probatio.Optional(ATTR_RING_TWICE, default=False): cv.boolean,
        probatio.Optional(ATTR_RECORD, default=False): cv.boolean,
        probatio.Optional(ATTR_WAIT, default=False): cv.boolean,
    }
)
END_CALL_SCHEMA: Final = probatio.Schema(
    {**ACCOUNT, probatio.Required(ATTR_CALL_ID): cv.string}
)


async def async_place_call(call: ServiceCall) -> ServiceResponse:
    """Call everyone asked for, all at once; what fails for one stops none of the others."""
    entry = await async_entry(call)
    # A reload while waiting takes the rooms away from the entry, not from us.
    dialler, tapes = entry.runtime_data.dialler, entry.runtime_data.tapes
    caller = caller_of(call.hass, entry, call.data.get(ATTR_FROM))
    written = call.data.get(ATTR_ACKNOWLEDGE)
    acknowledge = None if written is None else key_of(written)
    recipients = recipients_of(call.hass, entry, call.data)
    await async_check_may_send(call, recipients)
    if ATTR_FROM in call.data:
        await async_check_household(call)
    entry.runtime_data.address.check_media()
    audio = await async_sound(call.hass, call.data)

    with dialler.repertoire.staged(
        led_in(audio),
        repeat=call.data[ATTR_REPEAT],
        ring_timeout=call.data[ATTR_RING_TIMEOUT],
        acknowledge=acknowledge,
        ring_twice=call.data[ATTR_RING_TWICE],
        record=call.data[ATTR_RECORD],
    ) as plan:

        async def place(recipient: Recipient) -> PhoneCall:
            """Call one."""
            if recipient.phone is None:
                raise recipient.error or invalid("phone_invalid", field=ATTR_TO)
            return await dialler.async_place(
                callee=recipient.phone, caller=caller, plan=plan
            )

        results = await asyncio.gather(*map(place, recipients), return_exceptions=True)
    ended: dict[str, PhoneCall] = {}
    if call.data[ATTR_WAIT]:
        placed = [one.ref for one in results if isinstance(one, PhoneCall)]
        ended = await dialler.async_wait(placed)
        over = (ended.get(ref) or dialler.latest(ref) for ref in placed)
        await tapes.async_wait(
            [one.id for one in over if one and one.awaits_tape and one.id]
        )
    raise_failures(
        recipients,
        results,
        is_answered=call.return_response,
        of_calls=True,
    )
    if not call.return_response:
        return None
    return {
        "calls": [
            _row(recipient, result, tapes)
            if isinstance(result, BaseException)
            else _row(
                recipient,
                ended.get(result.ref) or dialler.latest(result.ref) or result,
                tapes,
            )
            for recipient, result in zip(recipients, results, strict=True)
        ]
    }


async def async_end_call(call: ServiceCall) -> ServiceResponse:
    """End a call as soon as can be, and say when that is."""
    await async_check_household(call)
    entry = await async_entry(call)
    ending = await entry.runtime_data.dialler.async_end(call.data[ATTR_CALL_ID])
    return {"ended": ending.value}


def caller_of(hass: HomeAssistant, entry: ElksConfigEntry, written: str | None) -> str:
    """Return the number that a call is from, if 46elks would take it."""
    coordinator = entry.runtime_data.coordinator
    if written is None:
        if (caller := coordinator.default_caller) is None:
            raise invalid("caller_missing")
        return caller
    try:
        caller = parse_phone(written, hass.config.country)
    except InvalidPhoneNumberError:
        raise invalid("caller_invalid") from None
    if caller not in coordinator.callers:
        raise invalid("caller_invalid")
    return caller


def key_of(written: str) -> str:
    """Return the key that acknowledges."""
    if (key := written.strip()) not in KEYS:
        raise invalid("acknowledge_invalid")
    return key


async def async_sound(hass: HomeAssistant, data: Mapping[str, Any]) -> Audio:
    """Return what is to be heard: a message read aloud, or a media item."""
    match data.get(ATTR_MESSAGE), data.get(ATTR_MEDIA):
        case str(message), None:
            return await async_spoken(
                hass,
                message,
                engine=data.get(ATTR_TTS_ENGINE),
                language=data.get(ATTR_LANGUAGE),
                voice=data.get(ATTR_VOICE),
            )
        case None, (str(media) | {"media_content_id": str(media)}):
            for field in (ATTR_TTS_ENGINE, ATTR_LANGUAGE, ATTR_VOICE):
                if field in data:
                    raise invalid("only_with_message", field=field)
            return await async_audio(hass, media)
    raise invalid("message_or_media")


def _row(
    recipient: Recipient, result: PhoneCall | BaseException, tapes: Tapes
) -> JsonObjectType:
    """Return what the action answers for one recipient."""
    row: JsonObjectType = {"to": recipient.phone or recipient.asked}
    if isinstance(result, BaseException):
        return row | {"error": str(result)}
    return row | {
        "call_id": result.id,
        "outcome": result.outcome.value if result.outcome else None,
        "digits": result.digits,
        "duration": result.duration,
        "cost": float(result.cost) if result.cost is not None else None,
        "recording": tapes.media_content_id(result.id),
    }
