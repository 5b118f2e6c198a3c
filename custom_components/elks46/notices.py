"""What is said in Repairs of single numbers, and taken back where it is no longer so."""

from collections.abc import Collection, Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN
from .records import Visit
from .subentries import subentry_by_number


def issue_of_number(entry: ConfigEntry, what: str, number: str) -> str:
    """Return the id of an issue of a number; without the number, as diagnostics list ids."""
    subentry = subentry_by_number(entry, number)
    return f"{what}_{entry.entry_id}_{subentry.subentry_id if subentry else ''}"


def issue_data(entry: ConfigEntry, number: str) -> dict[str, str | int | float | None]:
    """Return what the repair of an issue of a number has to know."""
    subentry = subentry_by_number(entry, number)
    subentry_id = subentry.subentry_id if subentry else None
    return {"entry_id": entry.entry_id, "subentry_id": subentry_id}


@callback
def async_take_back(
    hass: HomeAssistant, *beginnings: str, but: Collection[str] = ()
) -> None:
    """Take back what was said under ids that begin so, but for what still is so."""
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and issue_id.startswith(beginnings) and issue_id not in but:
            ir.async_delete_issue(hass, domain, issue_id)


@callback
def async_tell_of_numbers(
    hass: HomeAssistant,
    entry: ConfigEntry,
    what: str,
    numbers: Mapping[str, str],
    *,
    is_fixable: bool = True,
) -> None:
    """Say what is so of these numbers of an account, with the reason where there is one, and of none of its others."""
    ours = {issue_of_number(entry, what, number): number for number in numbers}
    async_take_back(hass, f"{what}_{entry.entry_id}_", but=ours)
    for issue_id, number in ours.items():
        reason = numbers[number]
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=is_fixable,
            severity=ir.IssueSeverity.WARNING,
            translation_key=what,
            translation_placeholders={
                "number": number,
                "account": entry.title,
                **({"reason": reason} if reason else {}),
            },
            data=issue_data(entry, number),
        )


def assist_unable_issue(
    entry: ConfigEntry, number_id: str, *, is_stranger: bool
) -> str:
    """Return the id under which a person is told that an assistant of a number cannot talk."""
    whose = "_strangers" if is_stranger else ""
    return f"assist_unable_{entry.entry_id}_{number_id}{whose}"


@callback
def async_tell_unable(
    hass: HomeAssistant, entry: ConfigEntry, visit: Visit, assistant: str | None
) -> None:
    """Say that an assistant of a number, or none as none is chosen, cannot talk."""
    number = entry.subentries[visit.number_id].title
    what, names = (
        ("assist_unable", {"number": number, "pipeline": assistant})
        if assistant is not None
        else ("assist_not_chosen", {"number": number})
    )
    ir.async_create_issue(
        hass,
        DOMAIN,
        assist_unable_issue(entry, visit.number_id, is_stranger=visit.is_stranger),
        is_fixable=assistant is not None,
        severity=ir.IssueSeverity.ERROR,
        translation_key=what,
        translation_placeholders=names,
        data={"entry_id": entry.entry_id, "subentry_id": visit.number_id},
    )


@callback
def async_forget_assistant(
    hass: HomeAssistant, entry: ConfigEntry, number_id: str, *, is_stranger: bool
) -> None:
    """Take back that an assistant of a number cannot talk."""
    issue_id = assist_unable_issue(entry, number_id, is_stranger=is_stranger)
    ir.async_delete_issue(hass, DOMAIN, issue_id)


@callback
def async_forget_assistants(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Take it back of all, as something else holds now: the next who calls finds out."""
    async_take_back(hass, f"assist_unable_{entry.entry_id}_")
