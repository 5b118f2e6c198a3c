"""What entities have in common: the account, contact or number they stand for."""

from collections.abc import Mapping
from typing import Any, override

from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers.device_registry import DeviceEntryType, DeviceInfo
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.entity import Entity

from .api import IncomingMessage, MessageKind, Number
from .const import CONF_KEEP_TEXT, CONF_NUMBER, CONF_NUMBER_ID, DOMAIN, Right
from .contacts import Contact
from .data import ElksConfigEntry
from .records import CallNews, PhoneCall, SentMessage, Tape
from .signals import SIGNAL_STATE
from .subentries import subentry_by_number

MANUFACTURER = "46elks"


def account_device(entry: ElksConfigEntry) -> DeviceInfo:
    """Return the device of an account."""
    return DeviceInfo(
        identifiers={(DOMAIN, str(entry.unique_id))},
        name=entry.title,
        manufacturer=MANUFACTURER,
        entry_type=DeviceEntryType.SERVICE,
    )


class ElksEntity(Entity):
    """An entity of an account, a contact or a number."""

    _attr_has_entity_name = True
    _attr_should_poll = False
    _shown: object = None

    def __init__(self, entry: ElksConfigEntry) -> None:
        """Take the account."""
        self._entry = entry
        self._runtime = entry.runtime_data

    def async_entity_id_changed(self, old_entity_id: str) -> None:
        """Stay as it is: nothing here depends on the entity id.

        From 2026.11 on, Home Assistant adds an entity anew that does not have this.
        """

    def _shows(self) -> object:
        """Return what there is to see here; whoever does not say is shown anew each time."""
        return object()

    @callback
    def _async_follow(self) -> None:
        """Show what has changed: each post may change any entity, but changes few."""
        if (shown := self._shows()) != self._shown:
            self._shown = shown
            self.async_write_ha_state()


class ElksAccountEntity(ElksEntity):
    """An entity of the account itself."""

    def __init__(self, entry: ElksConfigEntry, key: str) -> None:
        """Take the account."""
        super().__init__(entry)
        self._attr_translation_key = key
        self._attr_unique_id = f"{entry.unique_id}_{key}"
        self._attr_device_info = account_device(entry)

    @override
    async def async_added_to_hass(self) -> None:
        """Show what has changed since."""
        await super().async_added_to_hass()
        self.async_on_remove(
            async_dispatcher_connect(
                self.hass,
                SIGNAL_STATE.format(self._entry.entry_id),
                self._async_follow,
            )
        )


class ElksContactEntity(ElksEntity):
    """An entity of a person with a phone."""

    def __init__(
        self, hass: HomeAssistant, entry: ElksConfigEntry, contact: Contact, key: str
    ) -> None:
        """Take the contact."""
        super().__init__(entry)
        self._subentry_id = contact.subentry_id
        self._known_as = contact
        self._attr_translation_key = key
        self._attr_unique_id = f"{contact.subentry_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, contact.subentry_id)},
            name=contact.name,
            manufacturer=MANUFACTURER,
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=_account_device_id(hass, entry),
        )

    @property
    def _contact(self) -> Contact:
        """The person as they are set now, or were when they were taken away."""
        return self._runtime.contacts.by_subentry(self._subentry_id) or self._known_as


class ElksNumberEntity(ElksEntity):
    """An entity of a number of the account."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ElksConfigEntry,
        subentry: ConfigSubentry,
        key: str,
    ) -> None:
        """Take the number."""
        super().__init__(entry)
        self._subentry_id = subentry.subentry_id
        self._number_id = subentry.data[CONF_NUMBER_ID]
        self._e164 = subentry.data[CONF_NUMBER]
        self._attr_translation_key = key
        # Of the subentry, which may stand for another number some day.
        self._attr_unique_id = f"{subentry.subentry_id}_{key}"
        self._attr_device_info = DeviceInfo(
            identifiers={(DOMAIN, subentry.subentry_id)},
            name=subentry.title,
            manufacturer=MANUFACTURER,
            serial_number=self._e164,
            entry_type=DeviceEntryType.SERVICE,
            via_device_id=_account_device_id(hass, entry),
        )

    @property
    def _number(self) -> Number | None:
        return self._runtime.coordinator.data.numbers.get(self._number_id)

    @property
    @override
    def available(self) -> bool:
        """Whether the number is still one of the account's."""
        return self._number is not None

    @override
    async def async_added_to_hass(self) -> None:
        """Follow the account's numbers."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._runtime.coordinator.async_add_listener(self._async_follow)
        )


def _account_device_id(hass: HomeAssistant, entry: ElksConfigEntry) -> str:
    return dr.async_get_device_id_by_identifier(
        hass, (DOMAIN, str(entry.unique_id)), config_entry_id=entry.entry_id
    )


@callback
def who_and_where(
    hass: HomeAssistant, entry: ElksConfigEntry, *, phone: str, number: str | None
) -> dict[str, Any]:
    """Return what every event tells: which account, number and contact it is about."""
    runtime = entry.runtime_data
    contact = runtime.contacts.by_phone(phone)
    subentry = subentry_by_number(entry, number)
    return {
        "config_entry_id": entry.entry_id,
        "number": number,
        "number_device_id": _device_id(
            hass, entry, subentry.subentry_id if subentry else None
        ),
        "contact": contact.name if contact else None,
        "contact_device_id": _device_id(
            hass, entry, contact.subentry_id if contact else None
        ),
    }


def message_data(entry: ElksConfigEntry, message: IncomingMessage) -> dict[str, Any]:
    """Return what is told of a message that came in; the text itself only if it is kept."""
    data: dict[str, Any] = {
        "id": message.id,
        "sender": message.sender,
        "recipient": message.recipient,
        "message": message.text if entry.options.get(CONF_KEEP_TEXT, True) else None,
        "created": message.created.isoformat(),
    }
    if message.kind is MessageKind.MMS:
        data["images"] = list(message.images)
    return data


def status_data(sent: SentMessage) -> Mapping[str, Any]:
    """Return what is told of a text that went out."""
    return {
        "id": sent.id,
        "recipient": sent.recipient,
        "status": sent.status.value,
        "delivered": sent.delivered.isoformat() if sent.delivered else None,
        "parts": sent.parts,
        "cost": float(sent.cost) if sent.cost is not None else None,
    }


def call_data(
    entry: ElksConfigEntry, news: CallNews, call: PhoneCall
) -> dict[str, Any]:
    """Return what is told of a call: who, and what is new."""
    data: dict[str, Any] = {
        "call_id": call.id,
        "caller": call.caller,
        "callee": call.callee,
    }
    match news:
        case CallNews.RINGING:
            contact = entry.runtime_data.contacts.by_phone(call.caller or "")
            rights = (
                contact.rights_of_call(is_verified=call.is_verified)
                if contact
                else frozenset[Right]()
            )
            data["created"] = call.created.isoformat() if call.created else None
            data["verified"] = call.is_verified
            data["rights"] = sorted(rights)
        case CallNews.DIGITS:
            data["digits"] = call.digits
        case CallNews.ENDED:
            data["direction"] = call.direction.value
            data["outcome"] = call.outcome.value if call.outcome else None
            data["duration"] = call.duration
            data["cost"] = float(call.cost) if call.cost is not None else None
    return data


def recording_data(tape: Tape) -> dict[str, Any]:
    """Return what is told of something that was recorded of a call."""
    return {
        "call_id": tape.call_id,
        "recording_id": tape.id,
        "duration": tape.duration,
        "media_content_id": tape.media_content_id,
        "caller": tape.caller,
        "callee": tape.callee,
    }


def _device_id(
    hass: HomeAssistant, entry: ElksConfigEntry, identifier: str | None
) -> str | None:
    if identifier is None:
        return None
    device = dr.async_get(hass).async_get_device_by_identifier(
        (DOMAIN, identifier), entry.entry_id
    )
    return device.id if device else None
