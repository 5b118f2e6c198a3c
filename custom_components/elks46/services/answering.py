"""The actions that say what becomes of a call that came in."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.typing import VolDictType
import probatio

from ..api import LONGEST_MENU_TIMEOUT
from ..const import CallHandling
from ..contacts import InvalidPhoneNumberError, parse_forward
from ..errors import invalid
from ..reception import MakeReady, Reception
from .account import ACCOUNT, ATTR_CALL_ID, async_check_household, async_entry
from .calls import ATTR_RECORD, ATTR_REPEAT, REPEAT, SOUND, async_sound

ATTR_DIGITS: Final = "digits"
ATTR_FORWARD_TO: Final = "forward_to"
ATTR_INSTRUCTION: Final = "instruction"
ATTR_TIMEOUT: Final = "timeout"
BUSY: Final = "busy"
MENU: Final = "menu"
INSTRUCTIONS: Final = (
    CallHandling.REJECT.value,
    BUSY,
    CallHandling.ANNOUNCE.value,
    MENU,
    CallHandling.VOICEMAIL.value,
    CallHandling.FORWARD.value,
    CallHandling.ASSIST.value,
)
# The instructions that say something of an automation's own.
SPEAKING: Final = (CallHandling.ANNOUNCE, MENU, CallHandling.VOICEMAIL)
DIGITS_AT_MOST: Final = 20
DEFAULT_DIGITS: Final = 1
# From hearing a menu to finding the key.
DEFAULT_TIMEOUT: Final = 5

KEYS: Final[VolDictType] = {
    probatio.Optional(ATTR_DIGITS, default=DEFAULT_DIGITS): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=DIGITS_AT_MOST)
    ),
    probatio.Optional(ATTR_TIMEOUT, default=DEFAULT_TIMEOUT): probatio.All(
        probatio.Coerce(int), probatio.Range(min=1, max=LONGEST_MENU_TIMEOUT)
    ),
    **REPEAT,
}
ANSWER_CALL_SCHEMA: Final = probatio.Schema(
    {
        **ACCOUNT,
        probatio.Required(ATTR_CALL_ID): cv.string,
        probatio.Required(ATTR_INSTRUCTION): probatio.In(INSTRUCTIONS),
        **SOUND,
        **KEYS,
        probatio.Optional(ATTR_FORWARD_TO, default=list): probatio.EnsureList(),
        probatio.Optional(ATTR_RECORD, default=False): cv.boolean,
    }
)
MENU_SCHEMA: Final = probatio.Schema(
    {**ACCOUNT, probatio.Required(ATTR_CALL_ID): cv.string, **SOUND, **KEYS}
)


async def async_answer_call(call: ServiceCall) -> ServiceResponse:
    """Say what becomes of a call, and whether that came in time."""
    await async_check_household(call)
    entry = await async_entry(call)
    reception, data = entry.runtime_data.reception, call.data
    instruction = data[ATTR_INSTRUCTION]
    sound = _sound(call.hass, data, instruction)
    if instruction == MENU:
        pressed = await _async_ask(reception, data, sound)
        return {"accepted": pressed is not None}
    targets = [_forward(call.hass, str(written)) for written in data[ATTR_FORWARD_TO]]
    for field in (ATTR_FORWARD_TO, ATTR_RECORD):
        if data[field] and instruction != CallHandling.FORWARD:
            raise invalid("only_with_forward", field=field)
    is_busy = instruction == BUSY
    is_refused = is_busy or instruction == CallHandling.REJECT
    return {
        "accepted": await reception.async_answer(
            data[ATTR_CALL_ID],
            None if is_refused else CallHandling(instruction),
            is_busy=is_busy,
            sound=sound,
            targets=targets,
            record=data[ATTR_RECORD],
        )
    }


async def async_menu(call: ServiceCall) -> ServiceResponse:
    """Ask a caller for keys, and return them."""
    await async_check_household(call)
    entry = await async_entry(call)
    call_id = call.data[ATTR_CALL_ID]
    sound = _sound(call.hass, call.data, MENU)
    pressed = await _async_ask(entry.runtime_data.reception, call.data, sound)
    if pressed is None:
        raise invalid("call_not_waiting", call_id=call_id)
    await asyncio.wait([pressed])
    if pressed.cancelled():
        raise invalid("call_is_over", call_id=call_id)
    digits = pressed.result()
    return {"digits": digits, "no_input": digits is None}


async def _async_ask(
    reception: Reception,
    data: Mapping[str, Any],
    sound: MakeReady | None,
) -> asyncio.Future[str | None] | None:
    """Ask for keys where the call waits for that."""
    if sound is None:
        raise invalid("message_or_media")
    return await reception.async_menu(
        data[ATTR_CALL_ID],
        sound,
        digits=data[ATTR_DIGITS],
        timeout=data[ATTR_TIMEOUT],
        repeat=data[ATTR_REPEAT],
    )


def _sound(
    hass: HomeAssistant, data: Mapping[str, Any], instruction: str
) -> MakeReady | None:
    """Return what makes ready what is to be heard, if anything is to be."""
    given = [str(field) for field in SOUND if field in data]
    if not given:
        return None
    if instruction not in SPEAKING:
        raise invalid("only_with_speaking", field=given[0])
    return partial(async_sound, hass, data)


def _forward(hass: HomeAssistant, written: str) -> str:
    try:
        return parse_forward(written, hass.config.country)
    except InvalidPhoneNumberError as err:
        raise invalid(err.reason, field=ATTR_FORWARD_TO) from None
