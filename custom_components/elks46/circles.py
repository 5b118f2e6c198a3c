"""Texts that come round and round: two machines go on with each other for ever, and each turn is paid for."""

from collections.abc import Iterable
from hashlib import blake2b

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.util import dt as dt_util

from .const import HOUR
from .records import Forward, Letter


def words_of(entry: ConfigEntry, text: str) -> str:
    """Return what tells equal texts from others without being one."""
    # With a secret as its key: nobody can guess words by trying them.
    words = blake2b(
        text.encode(errors="replace"),
        digest_size=8,
        key=entry.data[CONF_WEBHOOK_ID].encode()[: blake2b.MAX_KEY_SIZE],
    )
    return words.hexdigest()


def goes_in_circles[Seen: Forward | Letter](
    this: Seen, known: Iterable[Seen], *, at_most: int, same_at_most: int
) -> bool:
    """Tell whether a sender's texts to a number were as many within an hour, or as many equal ones."""
    now = dt_util.utcnow()
    same = [
        one.words
        for one in known
        if (one.number, one.sender) == (this.number, this.sender)
        and now - HOUR < one.when <= now
    ]
    return len(same) >= at_most or same.count(this.words) >= same_at_most
