"""Numbers' addresses at 46elks, for texts, pictures and calls: brought in line with ours, and given back.

What stood there before is remembered before anything is changed. An address that somebody
else has put there since is left alone, and a repair issue tells.
"""

import asyncio
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_call_later
from yarl import URL

from .address import NoAddress
from .api import (
    CallbackKind,
    ElksClient,
    ElksError,
    ElksForbiddenError,
    ElksRequestError,
    Number,
)
from .const import (
    CONF_CALL_HANDLING,
    CONF_NUMBER_ID,
    CONF_REALTIME_NUMBER,
    DOMAIN,
    LOGGER,
    SUBENTRY_NUMBER,
    VOICE,
    WEBSOCKET,
)
from .records import HeldNumber
from .subentries import subentry_by_id

if TYPE_CHECKING:
    from .address import Address
    from .reach import Reach
    from .store import ElksStore

# The issue of a number whose messages somebody else has taken.
TAKEN: Final = "number_taken"
# After a failure 46elks is left alone for this long, then twice as long each time.
RETRY_SECONDS: Final = 60
RETRY_SECONDS_AT_MOST: Final = 1800
# What comes to a number by an address of its own; the value is the capability it takes.
KINDS: Final = {
    CallbackKind.SMS: "sms",
    CallbackKind.MMS: "mms",
    CallbackKind.CALL: VOICE,
    CallbackKind.VOICE: WEBSOCKET,
}
# What 46elks calls the address of what comes to a number.
FIELDS: Final = {
    CallbackKind.SMS: "sms_url",
    CallbackKind.MMS: "mms_url",
    CallbackKind.CALL: "voice_start",
    CallbackKind.VOICE: "websocket_url",
}


class Provisioning:
    """Keeps what comes to the chosen numbers coming here."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        store: ElksStore,
        address: Address,
        reach: Reach,
    ) -> None:
        """Take what is needed to change numbers and to remember how they were."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._address = address
        self._reach = reach
        self._lock = asyncio.Lock()
        self._retry: CALLBACK_TYPE | None = None
        self._failures = 0
        self._is_closed = False
        self._refused: set[tuple[str, CallbackKind]] = set()

    @callback
    def async_close(self) -> None:
        """Try no more."""
        self._is_closed = True
        self._unplan()

    async def async_reconcile(self, numbers: Iterable[Number]) -> None:
        """Bring the numbers at 46elks in line with what the person chose."""
        async with self._lock:
            if self._is_closed:
                return
            self._unplan()
            by_id = {number.id: number for number in numbers}
            realtime = filter(self._is_realtime, by_id.values())
            wanted = self._wanted() | {number.id for number in realtime}
            failed = False
            held = [number_id for number_id, _ in self._store.held]
            for number_id in dict.fromkeys([*held, *wanted]):
                number = by_id.get(number_id)
                try:
                    if number_id not in wanted:
                        await self._async_give_back(number_id)
                    elif number is not None:
                        await self._async_take(number)
                except (ElksError, OSError) as err:
                    LOGGER.debug("A number could not be set: %s", type(err).__name__)
                    failed = True
            self._plan_retry(failed)

    def keeps(self, number: Number, field: str) -> bool:
        """Tell whether what is set in this field at 46elks would be set back by this home."""
        return number.id in self._wanted() and any(
            field == FIELDS[kind] for kind, _ in self._addresses(number)
        )

    def leaves_calls(self, number: Number) -> bool:
        """Tell whether calls to a number are left to whatever answers them at 46elks.

        They are as long as nobody has said how this home is to answer them, unless nothing
        else does.
        """
        kind = CallbackKind.CALL
        held = self._store.held.get((number.id, kind))
        ours = (None, self._address.callback_url(kind), held.ours if held else None)
        return not self._answers_calls(number.id) and _url(number, kind) not in ours

    async def async_take_over(self, number_id: str) -> None:
        """Let a number's messages come here again after someone else changed its addresses.

        Raises:
            ElksError: refused or out of reach.
            OSError: what stands there now cannot be remembered.
        """
        async with self._lock:
            number = await self._client.numbers.get(number_id)
            for kind, ours in self._addresses(number):
                await self._async_set(number, kind, ours)
            self._forget_taken(number_id)

    async def async_give_all_back(self) -> None:
        """Put back what was there before us, and log what is left where that fails."""
        async with self._lock:
            for (number_id, kind), held in list(self._store.held.items()):
                try:
                    await self._async_give_one_back(
                        held, await self._client.numbers.get(number_id)
                    )
                except (ElksError, OSError) as err:
                    LOGGER.error(
                        "The number with id %s still sends what it receives here (%s): set"
                        " its %s at 46elks to %s",
                        number_id,
                        type(err).__name__,
                        FIELDS[kind],
                        f"what it was before, at {_answered_by(held.previous)}"
                        if held.previous
                        else "nothing",
                    )

    def _wanted(self) -> set[str]:
        if self._address.missing is NoAddress.CHOSEN:
            return set()
        return {
            subentry.data[CONF_NUMBER_ID]
            for subentry in self._entry.subentries.values()
            if subentry.subentry_type == SUBENTRY_NUMBER
        }

    def _is_realtime(self, number: Number) -> bool:
        """Tell whether it is the number of Realtime Voice behind one of ours.

        It stays so while no voice reaches this home, which may be for a moment.
        """
        return self._address.missing is not NoAddress.CHOSEN and any(
            subentry.data.get(CONF_REALTIME_NUMBER) == number.number
            for subentry in self._entry.subentries.values()
            if subentry.subentry_type == SUBENTRY_NUMBER
        )

    def _ours(self, kind: CallbackKind) -> str | None:
        """Return where what comes to a number is to come to."""
        if kind is CallbackKind.VOICE:
            return self._address.voice_url
        return self._address.callback_url(kind)

    def _addresses(self, number: Number) -> Iterator[tuple[CallbackKind, str]]:
        """Yield what can come to a number, and to where."""
        for kind, capability in KINDS.items():
            ours = self._ours(kind)
            if ours is None or capability not in number.capabilities:
                continue
            if kind is not CallbackKind.CALL or not self.leaves_calls(number):
                yield kind, ours

    def _answers_calls(self, number_id: str) -> bool:
        """Tell whether somebody has said how calls to a number are answered."""
        subentry = subentry_by_id(self._entry, number_id)
        return subentry is not None and CONF_CALL_HANDLING in subentry.data

    def _is_agreed(
        self, number: Number, kind: CallbackKind, held: HeldNumber | None
    ) -> bool:
        """Tell whether what answers a number may be replaced, for the first time.

        Where this home had the number before it could do pictures, or before 46elks gave
        it any, nobody was told what answers those. Of calls it is agreed by saying how they
        are answered.
        """
        if kind is CallbackKind.CALL:
            is_first = held is None or not held.ours
            return is_first and self._answers_calls(number.id)
        if held is None or held.ours:
            return False
        return (_url(number, kind) or "") == held.previous

    async def _async_take(self, number: Number) -> None:
        """Set our addresses where nobody else has set one since."""
        taken_by: str | None = None
        await self._async_note_agreed(number)
        for kind, ours in self._addresses(number):
            held = self._store.held.get((number.id, kind))
            if held is not None and _url(number, kind) == held.ours == ours:
                continue
            # What was read of the account may be older than what was set since.
            number = await self._client.numbers.get(number.id)
            known = (None, ours, held.ours if held else None)
            if _url(number, kind) in known or self._is_agreed(number, kind, held):
                await self._async_set_if_taken(number, kind, ours)
            elif kind is not CallbackKind.CALL or not self.leaves_calls(number):
                taken_by = _url(number, kind)
        if taken_by is None:
            self._forget_taken(number.id)
        else:
            self._tell_taken(number, taken_by)

    async def _async_note_agreed(self, number: Number) -> None:
        """Note of a number that is new here what answers it: that is agreed to be replaced.

        All at once, so that a failure between two addresses does not make a stranger of
        the second one's owner.
        """
        if any(held.number_id == number.id for held in self._store.held.values()):
            return
        for kind, ours in self._addresses(number):
            theirs = _url(number, kind) or ""
            previous = "" if theirs == ours else theirs
            await self._store.async_record_held(
                HeldNumber(number_id=number.id, previous=previous, ours="", kind=kind)
            )

    async def _async_set(self, number: Number, kind: CallbackKind, ours: str) -> None:
        """Set our address; what 46elks may or may not have taken is set again the next time."""
        held = self._store.held.get((number.id, kind))
        theirs = _url(number, kind) or ""
        if held is None or not theirs or theirs not in (ours, held.ours):
            previous = "" if theirs == ours else theirs
            held = HeldNumber(
                number_id=number.id, previous=previous, ours="", kind=kind
            )
        await self._store.async_record_held(held)
        if theirs != ours:
            await self._async_configure(number.id, kind, ours)
        await self._store.async_record_held(replace(held, ours=ours))
        self._reach.address_accepted()

    async def _async_set_if_taken(
        self, number: Number, kind: CallbackKind, ours: str
    ) -> None:
        """Set our address; where 46elks takes none of this home's, the person is told."""
        try:
            await self._async_set(number, kind, ours)
        except (ElksRequestError, ElksForbiddenError) as err:
            has_texts = KINDS[CallbackKind.SMS] in number.capabilities
            is_post = kind is not CallbackKind.VOICE
            if kind is CallbackKind.SMS or (is_post and not has_texts):
                self._reach.address_refused(err.message)
                return
            # With the same address for its texts nothing was wrong.
            if (number.id, kind) not in self._refused:
                self._refused.add((number.id, kind))
                LOGGER.warning(
                    "46elks takes no address as %s of a number: %s",
                    FIELDS[kind],
                    err.message,
                )

    async def _async_configure(
        self, number_id: str, kind: CallbackKind, url: str
    ) -> None:
        numbers = self._client.numbers
        match kind:
            case CallbackKind.SMS:
                await numbers.configure(number_id, sms_url=url)
            case CallbackKind.MMS:
                await numbers.configure(number_id, mms_url=url)
            case CallbackKind.VOICE:
                await numbers.configure(number_id, websocket_url=url)
            case _:
                await numbers.configure(number_id, voice_start=url)

    async def _async_give_back(self, number_id: str) -> None:
        """Put back what was there, unless somebody has changed it since."""
        # What was read of the account may be older than what was set since, or lack the number
        # by mistake, and what was there before is forgotten for good.
        number = await self._client.numbers.find(number_id)
        if number is not None and self._is_realtime(number):
            return
        for held in list(self._store.held.values()):
            if held.number_id == number_id:
                await self._async_give_one_back(held, number)

    async def _async_give_one_back(
        self, held: HeldNumber, number: Number | None
    ) -> None:
        ours = held.ours or self._ours(held.kind)
        if number is not None and number.active and _url(number, held.kind) == ours:
            await self._async_configure(held.number_id, held.kind, held.previous)
        await self._store.async_record_released(held.number_id, held.kind)
        self._forget_taken(held.number_id)

    def _tell_taken(self, number: Number, taken_by: str) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._taken_issue(number.id),
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key=TAKEN,
            translation_placeholders={
                "number": number.name or number.number,
                "other": _answered_by(taken_by),
            },
            data={"entry_id": self._entry.entry_id, "number_id": number.id},
        )

    def _forget_taken(self, number_id: str) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, self._taken_issue(number_id))

    def _taken_issue(self, number_id: str) -> str:
        return f"{TAKEN}_{self._entry.entry_id}_{number_id}"

    def _unplan(self) -> None:
        if self._retry is not None:
            self._retry()
            self._retry = None

    def _plan_retry(self, failed: bool) -> None:
        self._failures = self._failures + 1 if failed else 0
        if not failed or self._is_closed:
            return

        async def retry(_: datetime) -> None:
            self._retry = None
            try:
                numbers = await self._client.numbers.list()
            except ElksError:
                self._plan_retry(failed=True)
                return
            await self.async_reconcile(number for number in numbers if number.active)

        delay = min(RETRY_SECONDS * 2 ** (self._failures - 1), RETRY_SECONDS_AT_MOST)
        self._retry = async_call_later(self._hass, delay, retry)


def _url(number: Number, kind: CallbackKind) -> str | None:
    address: str | None = getattr(number, FIELDS[kind])
    return address


def _answered_by(url: str) -> str:
    """Return what answers a number: a host, never an address with its secrets."""
    try:
        return URL(url).host or "JSON"
    except ValueError:
        return "JSON"
