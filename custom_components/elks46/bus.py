"""Signals of the house, told on Home Assistant's bus for people's automations."""

from dataclasses import asdict
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect

from . import happenings
from .api import IncomingMessage, MessageKind
from .data import ElksConfigEntry
from .entity import who_and_where
from .records import CallNews, LimitReached, PhoneCall, SentMessage, Tape
from .signals import (
    SIGNAL_CALL,
    SIGNAL_DELIVERY,
    SIGNAL_LIMIT,
    SIGNAL_MESSAGE,
    SIGNAL_RECORDING,
)

EVENT_SMS_RECEIVED: Final = "elks46_sms_received"
EVENT_MMS_RECEIVED: Final = "elks46_mms_received"
EVENT_MESSAGE_STATUS: Final = "elks46_message_status"
EVENT_LIMIT_REACHED: Final = "elks46_limit_reached"
EVENT_RECORDING: Final = "elks46_recording"

EVENTS_OF_CALLS: Final = {
    CallNews.RINGING: "elks46_call_received",
    CallNews.DIGITS: "elks46_call_digits",
    CallNews.ENDED: "elks46_call_ended",
}


@callback
def async_setup(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Fire the events of an account for as long as it is loaded."""

    @callback
    def received(message: IncomingMessage) -> None:
        sms = message.kind is MessageKind.SMS
        hass.bus.async_fire(
            EVENT_SMS_RECEIVED if sms else EVENT_MMS_RECEIVED,
            happenings.of_message(hass, entry, message),
        )

    @callback
    def moved(sent: SentMessage) -> None:
        told = happenings.of_delivery(hass, entry, sent)
        hass.bus.async_fire(EVENT_MESSAGE_STATUS, told)

    @callback
    def called(news: CallNews, call: PhoneCall) -> None:
        if event := EVENTS_OF_CALLS.get(news):
            hass.bus.async_fire(event, happenings.of_call(hass, entry, news, call))

    @callback
    def recorded(tape: Tape) -> None:
        told = happenings.of_recording(hass, entry, tape)
        hass.bus.async_fire(EVENT_RECORDING, told)

    @callback
    def limited(reached: LimitReached) -> None:
        nobody = who_and_where(hass, entry, phone="", number=None)
        hass.bus.async_fire(EVENT_LIMIT_REACHED, nobody | asdict(reached))

    entry_id = entry.entry_id
    entry.async_on_unload(
        async_dispatcher_connect(hass, SIGNAL_CALL.format(entry_id), called)
    )
    entry.async_on_unload(
        async_dispatcher_connect(hass, SIGNAL_RECORDING.format(entry_id), recorded)
    )
    entry.async_on_unload(
        async_dispatcher_connect(hass, SIGNAL_LIMIT.format(entry_id), limited)
    )
    entry.async_on_unload(
        async_dispatcher_connect(hass, SIGNAL_MESSAGE.format(entry_id), received)
    )
    entry.async_on_unload(
        async_dispatcher_connect(hass, SIGNAL_DELIVERY.format(entry_id), moved)
    )
