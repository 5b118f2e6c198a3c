"""Which numbers of the account are new here, and which that were chosen are gone."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry, ConfigSubentryData
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir

from .api import ElksClient, ElksError
from .const import (
    CLIENT_NUMBERS,
    CONF_NUMBER,
    CONF_NUMBER_ID,
    DOMAIN,
    LOGGER,
    SUBENTRY_NUMBER,
)
from .notices import async_take_back

if TYPE_CHECKING:
    from .api import Number
    from .store import ElksStore

OFFERED: Final = "number_offered"
GONE: Final = "number_gone"


def number_subentry(number: Number) -> ConfigSubentryData:
    """Return what stands for a number in the config entry."""
    return ConfigSubentryData(
        data={CONF_NUMBER_ID: number.id, CONF_NUMBER: number.number},
        subentry_type=SUBENTRY_NUMBER,
        title=number.name or number.number,
        unique_id=number.id,
    )


class Roster:
    """Offers what was rented elsewhere, and tells what has vanished."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        store: ElksStore,
    ) -> None:
        """Take what remembers which numbers need no offering."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store

    async def async_compare(self, numbers: Mapping[str, Number]) -> None:
        """Compare the active numbers at 46elks, by id, with those that were chosen.

        The first time, all there are were shown when the account was connected. Whoever
        wants none of a later offer ignores it, which Home Assistant remembers.

        Raises:
            OSError: the disk refuses, so an offer may come again.
        """
        chosen = {one.data[CONF_NUMBER_ID]: one for one in self._chosen()}
        known = self._store.known_numbers
        missing = [one for one in chosen if one not in numbers]
        gone = [one for one in missing if await self._async_is_missed(one)]
        # What was chosen once and removed again is not wanted.
        now_known = (numbers.keys() if known is None else known) | chosen.keys()
        current = {
            *(self._tell_gone(chosen[one]) for one in gone),
            *(
                self._offer(numbers[one])
                for one in numbers.keys() - now_known
                if not numbers[one].number.startswith(CLIENT_NUMBERS)
            ),
        }
        self._forget_all_but(current)
        if now_known != known:
            await self._store.async_record_known_numbers(now_known)

    async def async_is_gone(self, number_id: str) -> bool:
        """Ask 46elks for one number, and miss it no longer where it is there.

        Raises:
            ElksError: nobody knows.
        """
        is_gone = await self._client.numbers.find(number_id) is None
        if not is_gone:
            ir.async_delete_issue(self._hass, DOMAIN, self._gone_issue(number_id))
        return is_gone

    async def _async_is_missed(self, number_id: str) -> bool:
        """Tell whether a number that was not listed is gone: a list may lack one by mistake."""
        try:
            return await self.async_is_gone(number_id)
        except ElksError as err:
            LOGGER.debug("A missing number cannot be read: %s", type(err).__name__)
            issue_id = self._gone_issue(number_id)
            return (
                ir.async_get(self._hass).async_get_issue(DOMAIN, issue_id) is not None
            )

    def _gone_issue(self, number_id: str) -> str:
        return f"{GONE}_{self._entry.entry_id}_{number_id}"

    def _chosen(self) -> Iterable[ConfigSubentry]:
        return self._entry.get_subentries_of_type(SUBENTRY_NUMBER)

    def _offer(self, number: Number) -> str:
        issue_id = f"{OFFERED}_{self._entry.entry_id}_{number.id}"
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key="number_offered",
            translation_placeholders={
                "number": number.name or number.number,
                "account": self._entry.title,
            },
            data={"entry_id": self._entry.entry_id, "number_id": number.id},
        )
        return issue_id

    def _tell_gone(self, subentry: ConfigSubentry) -> str:
        number_id = subentry.data[CONF_NUMBER_ID]
        issue_id = self._gone_issue(number_id)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key="number_gone",
            translation_placeholders={
                "number": subentry.data[CONF_NUMBER],
                "account": self._entry.title,
            },
            data={"entry_id": self._entry.entry_id, "number_id": number_id},
        )
        return issue_id

    @callback
    def _forget_all_but(self, current: set[str]) -> None:
        entry_id = self._entry.entry_id
        ours = (f"{OFFERED}_{entry_id}_", f"{GONE}_{entry_id}_")
        async_take_back(self._hass, *ours, but=current)
