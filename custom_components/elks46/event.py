"""What happened to a contact's and a number's messages, and to a number's calls."""

from typing import Any, override

from homeassistant.components.event import EventEntity, EventExtraStoredData
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .api import CallDirection, IncomingMessage, MessageKind, MessageStatus
from .const import CONF_KEEP_TEXT, SUBENTRY_NUMBER
from .data import ElksConfigEntry
from .entity import (
    ElksContactEntity,
    ElksEntity,
    ElksNumberEntity,
    call_data,
    message_data,
    recording_data,
    status_data,
)
from .records import CallNews, PhoneCall, SentMessage, Tape
from .signals import SIGNAL_CALL, SIGNAL_DELIVERY, SIGNAL_MESSAGE, SIGNAL_RECORDING

PARALLEL_UPDATES = 0
# What comes in, as event types.
RECEIVED = {MessageKind.SMS: "sms_received", MessageKind.MMS: "mms_received"}
# What is told of a call after it, when the sound is here.
VOICEMAIL = "voicemail"


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one entity a contact and two a number."""
    for contact in entry.runtime_data.contacts:
        async_add_entities(
            [ElksContactMessages(hass, entry, contact, "messages")],
            config_subentry_id=contact.subentry_id,
        )
    for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER):
        async_add_entities(
            [
                ElksNumberMessages(hass, entry, subentry, "messages"),
                ElksNumberCalls(hass, entry, subentry, "calls"),
            ],
            config_subentry_id=subentry.subentry_id,
        )


class ElksMessages(ElksEntity, EventEntity):
    """Something that happens to messages, which are private."""

    # Of no use in a history graph either.
    _unrecorded_attributes = frozenset({"images", "message"})

    @override
    async def async_get_last_event_data(self) -> EventExtraStoredData | None:
        """Recall what happened last, without words that are no longer to be kept."""
        data = await super().async_get_last_event_data()
        words = data.last_event_attributes if data else None
        if words and not self._entry.options.get(CONF_KEEP_TEXT, True):
            words.update(dict.fromkeys(words.keys() & {"message"}))
        return data


class ElksContactMessages(ElksContactEntity, ElksMessages):
    """Messages from and to a contact."""

    _attr_event_types = [
        *RECEIVED.values(),
        MessageStatus.DELIVERED.value,
        MessageStatus.FAILED.value,
    ]

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for texts and reports."""
        await super().async_added_to_hass()
        entry_id = self._entry.entry_id
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass, SIGNAL_MESSAGE.format(entry_id), self._received
            )
        )
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass, SIGNAL_DELIVERY.format(entry_id), self._moved
            )
        )

    @callback
    def _received(self, message: IncomingMessage) -> None:
        if message.sender == self._contact.phone:
            self._trigger_event(
                RECEIVED[message.kind], message_data(self._entry, message)
            )
            self.async_write_ha_state()

    @callback
    def _moved(self, sent: SentMessage) -> None:
        if sent.recipient == self._contact.phone and sent.status.is_final:
            self._trigger_event(sent.status.value, dict(status_data(sent)))
            self.async_write_ha_state()


class ElksNumberMessages(ElksNumberEntity, ElksMessages):
    """Messages to a number."""

    _attr_event_types = [*RECEIVED.values()]

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for texts."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass, SIGNAL_MESSAGE.format(self._entry.entry_id), self._received
            )
        )

    @callback
    def _received(self, message: IncomingMessage) -> None:
        if message.recipient == self._e164:
            contact = self._runtime.contacts.by_phone(message.sender)
            data = message_data(self._entry, message)
            self._trigger_event(
                RECEIVED[message.kind],
                {**data, "contact": contact.name if contact else None},
            )
            self.async_write_ha_state()


class ElksNumberCalls(ElksNumberEntity, EventEntity):
    """Calls from and to a number."""

    # What somebody has typed may be a secret of theirs.
    _unrecorded_attributes = frozenset({"digits"})
    _attr_event_types = [*(news.value for news in CallNews), VOICEMAIL]

    @override
    async def async_added_to_hass(self) -> None:
        """Listen for calls."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass, SIGNAL_CALL.format(self._entry.entry_id), self._happened
            )
        )
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass, SIGNAL_RECORDING.format(self._entry.entry_id), self._recorded
            )
        )

    @callback
    def _happened(self, news: CallNews, call: PhoneCall) -> None:
        if call.number == self._e164:
            data = call_data(self._entry, news, call)
            self._tell(news.value, data, call.direction, call.phone)

    @callback
    def _recorded(self, tape: Tape) -> None:
        if tape.number == self._e164 and tape.is_voicemail:
            self._tell(VOICEMAIL, recording_data(tape), tape.direction, tape.phone)

    @callback
    def _tell(
        self,
        event_type: str,
        data: dict[str, Any],
        direction: CallDirection,
        phone: str | None,
    ) -> None:
        contact = self._runtime.contacts.by_phone(phone or "")
        name = contact.name if contact else None
        self._trigger_event(
            event_type, data | {"direction": direction.value, "contact": name}
        )
        self.async_write_ha_state()
