"""Texts and pictures that come into the house: each is announced once, and never lost."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send

from .api import IncomingMessage, MessageKind
from .const import EPOCH
from .contacts import Contacts
from .errors import LaterError
from .signals import SIGNAL_MESSAGE, SIGNAL_STATE

if TYPE_CHECKING:
    from .album import Album
    from .correspondence import Correspondence
    from .pins import Pins
    from .store import ElksStore


class Inbox:
    """The one way in for messages of an account."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        store: ElksStore,
        album: Album,
        contacts: Contacts,
        pins: Pins,
        correspondence: Correspondence,
    ) -> None:
        """Take what remembers, what keeps pictures, who knows people and their PINs, and what answers."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._album = album
        self._contacts = contacts
        self._pins = pins
        self._correspondence = correspondence
        self._fetching: dict[str, asyncio.Task[tuple[str, ...]]] = {}
        self._announced: set[str] = set()
        self._recording: dict[str, asyncio.Task[None]] = {}
        self._is_closed = False

    @callback
    def async_close(self) -> None:
        """Announce nothing more; what is under way is repeated to whoever comes after.

        The account's state cannot tell: after a reload it is the same as before.
        """
        self._is_closed = True

    async def async_receive(self, message: IncomingMessage) -> bool:
        """Announce a message unless that was done, and return when it is recorded.

        Returns whether it was new. 46elks repeats a message for hours until it hears a
        2xx, and two posts of it may be under way at once: only one announces, both wait.
        A picture message is announced with its pictures, and `images` then holds what
        Home Assistant calls those that could be had.

        Raises:
            OSError: the disk refuses; the next try only records.
            LaterError: the account is being unloaded, or pictures may be had later; the
                next try announces.
        """
        is_told = message.id in self._announced or self._store.is_received(message.id)
        if message.kind is MessageKind.MMS and not is_told:
            message = replace(message, images=await self._async_pictures(message))
            if self._is_closed:
                raise LaterError("The account is being unloaded")
        if self._store.is_received(message.id):
            return False
        is_new = message.id not in self._announced
        self._announced.add(message.id)
        recording = self._recording.get(message.id)
        if recording is None:
            # Begun first, so that an unloading that the text sets off waits for it. It is
            # written only when this turn of the loop, and so the announcing, is over.
            recording = self._recording[message.id] = self._hass.async_create_task(
                self._async_record(message), "elks46 received text"
            )
            recording.add_done_callback(partial(self._recorded, message.id))
        if is_new:
            self._announce(message)
        # Not cancelled with whoever waits for it.
        await asyncio.wait({recording})
        recording.result()
        return is_new

    def _announce(self, message: IncomingMessage) -> None:
        entry_id = self._entry.entry_id
        cleared = self._without_pin(message)
        self._correspondence.take(message)
        async_dispatcher_send(self._hass, SIGNAL_MESSAGE.format(entry_id), cleared)

    def _without_pin(self, message: IncomingMessage) -> IncomingMessage:
        """Take the PIN out of a contact's text before anybody hears of it."""
        contact = self._contacts.by_phone(message.sender)
        if contact is None:
            return message
        self._pins.note(contact, message.id, message.text)
        return replace(message, text=contact.cleared(message.text))

    async def async_prune(self) -> None:
        """Throw away pictures that are too old by what 46elks has told last."""
        marks = (self._store.mark, self._store.mms_mark)
        await self._album.async_prune(max(mark or EPOCH for mark in marks))

    async def _async_pictures(self, message: IncomingMessage) -> tuple[str, ...]:
        fetching = self._fetching.get(message.id)
        if fetching is None:
            fetching = self._fetching[message.id] = self._hass.async_create_task(
                self._album.async_keep(message), "elks46 pictures"
            )
            fetching.add_done_callback(partial(self._fetched, message.id))
        # Not cancelled with whoever waits for it.
        await asyncio.wait({fetching})
        return fetching.result()

    def _fetched(
        self, message_id: str, fetching: asyncio.Task[tuple[str, ...]]
    ) -> None:
        del self._fetching[message_id]
        if not fetching.cancelled():
            # Whoever waited for it may be gone, which makes no error of it.
            fetching.exception()

    async def _async_record(self, message: IncomingMessage) -> None:
        await self._store.async_record_received(message.id, message.created)
        self._announced.discard(message.id)
        async_dispatcher_send(self._hass, SIGNAL_STATE.format(self._entry.entry_id))

    def _recorded(self, message_id: str, recording: asyncio.Task[None]) -> None:
        del self._recording[message_id]
        if not recording.cancelled():
            # Whoever waited for it may be gone, which makes no error of it.
            recording.exception()
