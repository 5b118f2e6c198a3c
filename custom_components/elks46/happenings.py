"""What is told of each thing that happens, alike on the bus and to triggers."""

from typing import Any

from homeassistant.core import HomeAssistant

from .api import IncomingMessage
from .data import ElksConfigEntry
from .entity import call_data, message_data, recording_data, status_data, who_and_where
from .records import CallNews, PhoneCall, SentMessage, Tape

type Told = dict[str, Any]


def of_message(
    hass: HomeAssistant, entry: ElksConfigEntry, message: IncomingMessage
) -> Told:
    """Return what is told of a message that has come in; its text only where it is kept."""
    who = who_and_where(hass, entry, phone=message.sender, number=message.recipient)
    return who | message_data(entry, message)


def of_delivery(hass: HomeAssistant, entry: ElksConfigEntry, sent: SentMessage) -> Told:
    """Return what is told of a message of ours that has come further."""
    number = sent.sender if sent.sender.startswith("+") else None
    who = who_and_where(hass, entry, phone=sent.recipient, number=number)
    return {**who, **status_data(sent)}


def of_call(
    hass: HomeAssistant, entry: ElksConfigEntry, news: CallNews, call: PhoneCall
) -> Told:
    """Return what is told of a call."""
    who = who_and_where(hass, entry, phone=call.phone or "", number=call.number)
    return who | call_data(entry, news, call)


def of_recording(hass: HomeAssistant, entry: ElksConfigEntry, tape: Tape) -> Told:
    """Return what is told of something that was recorded of a call."""
    who = who_and_where(hass, entry, phone=tape.phone or "", number=tape.number)
    return who | recording_data(tape) | {"voicemail": tape.is_voicemail}
