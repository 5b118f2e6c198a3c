"""Which subentry of an account stands for a number, and what is missing in it."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from .const import (
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_REALTIME_NUMBER,
    SUBENTRY_NUMBER,
    CallHandling,
)


def subentry_by_id(entry: ConfigEntry, number_id: str) -> ConfigSubentry | None:
    """Return what stands for the number with this id at 46elks."""
    return _subentry(entry, CONF_NUMBER_ID, number_id)


def subentry_by_number(entry: ConfigEntry, number: str | None) -> ConfigSubentry | None:
    """Return what stands for a number (E.164)."""
    return _subentry(entry, CONF_NUMBER, number)


def _subentry(
    entry: ConfigEntry, key: str, wanted: str | None
) -> ConfigSubentry | None:
    return next(
        (
            subentry
            for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER)
            if subentry.data[key] == wanted
        ),
        None,
    )


# What a person reads where one of these is missing.
MISSING: Final = {
    CONF_FORWARD_TO: "forward_to_missing",
    CONF_GREETING: "greeting_missing",
    CONF_REALTIME_NUMBER: "realtime_number_missing",
}


def missing_for(handling: str | None, settings: Mapping[str, Any]) -> str | None:
    """Return the setting without which a number cannot handle calls in this way, if it is empty."""
    needed = {
        CallHandling.ANNOUNCE.value: CONF_GREETING,
        CallHandling.ASSIST.value: CONF_REALTIME_NUMBER,
        CallHandling.FORWARD.value: CONF_FORWARD_TO,
    }.get(handling or "")
    return None if needed is None or settings.get(needed) else needed
