"""PINs that are entered by phone or text: compared, and after three wrong ones locked for a while.

The number of a caller, or of a text, can be forged, so wrong ones are counted over all of them.
"""

from datetime import datetime, timedelta
import hmac
from typing import Final

from homeassistant.core import callback
from homeassistant.util import dt as dt_util

from .const import LOGGER
from .contacts import Contact

TRIES: Final = 3
# Four digits last for a month of trying day and night, on average.
LOCKED_FOR: Final = timedelta(minutes=15)


class Pins:
    """Whose PIN was entered wrongly how often; it outlives the loading of an account."""

    def __init__(self) -> None:
        """Lock nobody."""
        self._wrong: dict[str, int] = {}
        self._locked: dict[str, datetime] = {}

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
                "The PIN of a contact was entered wrongly %s times by phone or text: no"
                " PIN of theirs is taken for %s minutes",
                TRIES,
                round(LOCKED_FOR.total_seconds() / 60),
            )
        return False
