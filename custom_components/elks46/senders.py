"""Who a message is from: a number of the account that can do it, or a name.

A number that was given back or never could text is refused by 46elks, and with it the
text. So another sender stands in for it, and Repairs tell where to change it.
"""

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .api import MessageKind
from .const import (
    CONF_DEFAULT_SENDER,
    CONF_NUMBER_ID,
    DOMAIN,
    FALLBACK_SENDER,
    SUBENTRY_NUMBER,
)
from .contacts import Contacts, is_sender_name
from .look_up import ANY_NUMBER

if TYPE_CHECKING:
    from .coordinator import ElksCoordinator


class Senders:
    """Who messages of an account may come from."""

    def __init__(
        self, hass: HomeAssistant, entry: ConfigEntry, coordinator: ElksCoordinator
    ) -> None:
        """Take the numbers, and watch over the senders that were chosen."""
        self._hass = hass
        self._entry = entry
        self._coordinator = coordinator
        self._mind()
        entry.async_on_unload(coordinator.async_add_listener(self._mind))

    def may_text_as(self, sender: str) -> bool:
        """Tell whether 46elks would take this sender of a text: a name, or a number that can text."""
        return is_sender_name(sender) or sender in self._able(MessageKind.SMS)

    def for_text(self, wanted: str | None = None) -> str:
        """Return who a text is from: who it shall be from, else the chosen default, else a number of ours.

        A number can be answered, which a name cannot.
        """
        chosen = (
            sender
            for sender in (wanted, self._default)
            if sender and not self._is_gone(sender)
        )
        return next(chain(chosen, self._ours(MessageKind.SMS)), FALLBACK_SENDER)

    def for_picture(self, wanted: str | None = None) -> str:
        """Return who a picture message is from: a number of ours that can do them, if there is one.

        A name, which texts may have, 46elks refuses here.
        """
        able = self._able(MessageKind.MMS)
        chosen = (sender for sender in (wanted, self._default) if sender in able)
        return next(
            chain(filter(None, chosen), self._ours(MessageKind.MMS)), ANY_NUMBER
        )

    @property
    def _default(self) -> str | None:
        sender = self._entry.options.get(CONF_DEFAULT_SENDER)
        return str(sender) if sender else None

    def _is_gone(self, sender: str) -> bool:
        """Tell whether a sender is a number that texts cannot come from."""
        return sender.startswith("+") and not self.may_text_as(sender)

    def _able(self, kind: MessageKind) -> set[str]:
        """Return the numbers of the account that can do this."""
        return {
            number.number
            for number in self._coordinator.data.numbers.values()
            if kind in number.capabilities
        }

    def _ours(self, kind: MessageKind) -> Iterator[str]:
        """Yield the numbers that this home answers and that can do this."""
        numbers = self._coordinator.data.numbers
        for subentry in self._entry.get_subentries_of_type(SUBENTRY_NUMBER):
            number = numbers.get(subentry.data[CONF_NUMBER_ID])
            if number is not None and kind in number.capabilities:
                yield number.number

    @callback
    def _mind(self) -> None:
        """Tell in Repairs which settings name a number that texts cannot come from."""
        issue_id = f"sender_gone_{self._entry.entry_id}"
        chosen = [
            (self._entry.title, self._default),
            *((contact.name, contact.sender) for contact in Contacts(self._entry)),
        ]
        gone = [(who, one) for who, one in chosen if one and self._is_gone(one)]
        if not gone:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="sender_gone",
            translation_placeholders={
                "account": self._entry.title,
                "number": ", ".join(sorted({sender for _, sender in gone})),
                "settings": ", ".join(who for who, _ in gone),
                "instead": self.for_text(),
            },
        )
