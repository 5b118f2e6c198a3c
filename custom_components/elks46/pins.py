"""PINs that are entered in calls and texts: compared, and after three wrong ones locked for a while.

The number of who calls or texts can be forged, so wrong ones are counted over all of them.
"""

from datetime import datetime, timedelta
import hmac
from typing import Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .const import LOGGER
from .contacts import Contact, first_digits

TRIES: Final = 3
# Four digits last for a month of trying day and night, on average.
LOCKED_FOR: Final = timedelta(minutes=15)
# Whoever floods a home with texts may not fill its memory.
TEXTS_AT_MOST: Final = 1_000


class Pins:
    """Whose PIN was entered wrongly how often; it outlives the loading of an account."""

    def __init__(self) -> None:
        """Lock nobody."""
        self._wrong: dict[str, int] = {}
        self._locked: dict[str, datetime] = {}
        self._noted: dict[str, tuple[str, str]] = {}
        self._given: dict[str, bool] = {}

    @callback
    def note(self, contact: Contact, message_id: str, text: str) -> None:
        """Keep what may be the PIN of a contact in a text of theirs, until somebody asks."""
        if contact.pin is None or (digits := first_digits(text)) is None:
            return
        self._noted[message_id] = contact.subentry_id, digits
        while len(self._noted) > TEXTS_AT_MOST:
            oldest = next(iter(self._noted))
            del self._noted[oldest]
            self._given.pop(oldest, None)

    @callback
    def is_given(self, contact: Contact, message_id: str) -> bool:
        """Tell whether a text began with the PIN of the contact it is from.

        Only a text for which somebody asks is a try, however often they ask: one may begin
        with a number that is meant as nothing.
        """
        subentry_id, digits = self._noted.get(message_id, ("", ""))
        if subentry_id != contact.subentry_id:
            return False
        if message_id not in self._given:
            self._given[message_id] = self.is_right(contact, digits)
        return self._given[message_id]

    @callback
    def is_locked(self, contact: Contact) -> bool:
        """Tell whether nobody may enter the PIN of a contact now."""
        until = self._locked.get(contact.subentry_id)
        return until is not None and dt_util.utcnow() < until

    @callback
    def is_right(self, contact: Contact, digits: str) -> bool:
        """Tell whether these are the digits of a contact's PIN, in the same time for all."""
        pin = (contact.pin or "").encode()
        is_same = hmac.compare_digest(pin, digits.encode())
        if self.is_locked(contact):
            return False
        if is_same:
            self._wrong.pop(contact.subentry_id, None)
            return True
        wrong = self._wrong.get(contact.subentry_id, 0) + 1
        self._wrong[contact.subentry_id] = wrong
        if wrong >= TRIES:
            del self._wrong[contact.subentry_id]
            self._locked[contact.subentry_id] = dt_util.utcnow() + LOCKED_FOR
            LOGGER.warning(
                "The PIN of a contact was entered wrongly %s times in calls or texts: no"
                " PIN of theirs is taken for %s minutes",
                TRIES,
                round(LOCKED_FOR.total_seconds() / 60),
            )
        return False
