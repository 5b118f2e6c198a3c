"""What a number answers, and to whom it passes texts on, without an automation.

Each of both is paid for, and two machines could go on with each other for ever. So nobody
is answered twice within an hour, and neither a name, a short code nor a number of our own
ever is.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from .api import IncomingMessage, MessageKind
from .const import (
    CONF_NUMBER,
    CONF_TEXT_FORWARD_TO,
    CONF_TEXT_REPLY,
    CONF_TEXT_REPLY_TO,
    LOGGER,
    REPLY_PAUSE,
    SUBENTRY_NUMBER,
    ReplyTo,
)
from .contacts import Contacts, is_answerable
from .signals import SIGNAL_MESSAGE

if TYPE_CHECKING:
    from datetime import datetime

    from .coordinator import ElksCoordinator
    from .outbox import Outbox
    from .store import ElksStore


class Replies:
    """Answers and passes on what comes to the numbers that are set to do so."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        store: ElksStore,
        contacts: Contacts,
        outbox: Outbox,
        coordinator: ElksCoordinator,
    ) -> None:
        """Listen for messages of an account."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._contacts = contacts
        self._outbox = outbox
        self._coordinator = coordinator
        self._posted: set[str] = set()
        # What is being written down, or could not be.
        self._passed_on: set[str] = set()
        self._replied: dict[tuple[str, str], datetime] = {}
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, SIGNAL_MESSAGE.format(entry.entry_id), self._received
            )
        )

    @contextmanager
    def posted(self, message: IncomingMessage) -> Iterator[None]:
        """Leave a message to the door meanwhile: the answer to its post may pass it on."""
        self._posted.add(message.id)
        try:
            yield
        finally:
            self._posted.discard(message.id)

    def forward_to(self, message: IncomingMessage) -> str | None:
        """Return whom 46elks shall pass a text on to, the same each time it asks.

        None too where this home has passed it on itself, having found it in the history
        before it was posted.
        """
        if message.id in self._passed_on or message.id in self._store.passed_on:
            return None
        if message.kind is not MessageKind.SMS:
            return None
        wanted: str = self._settings(message).get(CONF_TEXT_FORWARD_TO, "")
        contact = self._contacts.by_subentry(wanted)
        recipient = contact.phone if contact else wanted
        is_phone = recipient.startswith("+")
        if not is_phone or recipient == message.sender or self._is_own(recipient):
            return None
        return recipient

    def reply_to(self, message: IncomingMessage, now: datetime) -> str | None:
        """Return what a message is answered with, if it is."""
        settings = self._settings(message)
        text: str | None = settings.get(CONF_TEXT_REPLY)
        if not is_answerable(message.sender) or self._is_own(message.sender):
            return None
        is_for_everyone = settings.get(CONF_TEXT_REPLY_TO) == ReplyTo.EVERYONE
        if not is_for_everyone and self._contacts.by_phone(message.sender) is None:
            return None
        who = (message.recipient, message.sender)
        times = (self._replied.get(who), self._store.replied.get(who))
        is_fresh = any(when and when > now - REPLY_PAUSE for when in times)
        # What was found in the history long after it came expects no answer any more.
        is_old = message.created < now - REPLY_PAUSE
        return None if is_fresh or is_old else text

    def _settings(self, message: IncomingMessage) -> Mapping[str, Any]:
        return next(
            (
                subentry.data
                for subentry in self._entry.get_subentries_of_type(SUBENTRY_NUMBER)
                if subentry.data[CONF_NUMBER] == message.recipient
            ),
            {},
        )

    def _is_own(self, phone: str) -> bool:
        """Tell whether a phone is a number of the account, which would go round in circles."""
        numbers = self._coordinator.data.numbers.values()
        subentries = self._entry.get_subentries_of_type(SUBENTRY_NUMBER)
        return phone in {
            *(number.number for number in numbers),
            *(subentry.data[CONF_NUMBER] for subentry in subentries),
        }

    @callback
    def _received(self, message: IncomingMessage) -> None:
        """Do what is to be done about a message, once."""
        if message.id not in self._posted:
            if recipient := self.forward_to(message):
                self._passed_on.add(message.id)
                self._entry.async_create_task(
                    self._hass,
                    self._async_pass_on(message, recipient),
                    "elks46 forward",
                )
        now = dt_util.utcnow()
        if text := self.reply_to(message, now):
            self._replied = {
                who: when
                for who, when in self._replied.items()
                if when > now - REPLY_PAUSE
            }
            self._replied[message.recipient, message.sender] = now
            self._entry.async_create_task(
                self._hass, self._async_reply(message, text, now), "elks46 reply"
            )

    async def _async_pass_on(self, message: IncomingMessage, recipient: str) -> None:
        """Send a text on that 46elks could not be asked to, from the number it came to."""
        try:
            await self._store.async_record_passed_on(message.id, message.created)
        except OSError:
            LOGGER.debug("The disk refuses to note that a text was passed on")
        else:
            self._passed_on.discard(message.id)
        contact = self._contacts.by_phone(message.sender)
        sender = f"{contact.name} ({contact.phone})" if contact else message.sender
        await self._async_send(message, recipient, f"{sender}: {message.text}")

    async def _async_reply(
        self, message: IncomingMessage, text: str, now: datetime
    ) -> None:
        try:
            await self._store.async_record_replied(
                message.recipient, message.sender, now
            )
        except OSError:
            LOGGER.debug("The disk refuses to note that a text was answered")
        await self._async_send(message, message.sender, text)

    async def _async_send(
        self, message: IncomingMessage, recipient: str, text: str
    ) -> None:
        try:
            await self._outbox.async_send_sms(
                recipient=recipient, text=text, sender=message.recipient
            )
        except HomeAssistantError as err:
            LOGGER.warning("What a number sends by itself was not sent: %s", err)
