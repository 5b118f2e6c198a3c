"""What is said in Repairs of single numbers, and taken back where it is no longer so."""

from collections.abc import Mapping

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .const import DOMAIN


@callback
def async_tell_of_numbers(
    hass: HomeAssistant,
    entry: ConfigEntry,
    what: str,
    numbers: Mapping[str, str],
) -> None:
    """Say what is so of these numbers of an account, with the reason where there is one, and of none of its others."""
    ours = f"{what}_{entry.entry_id}_"
    for domain, issue_id in list(ir.async_get(hass).issues):
        is_ours = domain == DOMAIN and issue_id.startswith(ours)
        if is_ours and issue_id.removeprefix(ours) not in numbers:
            ir.async_delete_issue(hass, domain, issue_id)
    for number, reason in numbers.items():
        ir.async_create_issue(
            hass,
            DOMAIN,
            f"{ours}{number}",
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key=what,
            translation_placeholders={
                "number": number,
                "account": entry.title,
                **({"reason": reason} if reason else {}),
            },
        )
