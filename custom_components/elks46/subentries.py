"""Which subentry of an account stands for a number."""

from homeassistant.config_entries import ConfigEntry, ConfigSubentry

from .const import CONF_NUMBER, CONF_NUMBER_ID, SUBENTRY_NUMBER


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
