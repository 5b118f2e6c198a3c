"""What must survive a restart: which texts came in, which went out, what they cost.

A snapshot in Home Assistant's Store and a journal of what has happened since.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
import os
from pathlib import Path
from typing import Any, Final, Protocol

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR, Store

from .alert_log import AlertLog, dump_alert, dump_fallback
from .api import CallbackKind
from .call_log import CallLog, dump_call
from .const import DOMAIN
from .journal import Journal, Record
from .received_log import ReceivedLog
from .recent import Recent
from .records import (
    Alert,
    Fallback,
    Forward,
    HeldNumber,
    Letter,
    PhoneCall,
    Reply,
    SentMessage,
    Spent,
    Tape,
    day_of,
)
from .sent_log import SentLog
from .tally import Tally, dump_spent, today
from .tape_log import TapeLog, dump_tape
from .written import (
    dump_forward,
    dump_held,
    dump_letter,
    dump_reply,
    dump_sent,
    load_held,
    moment,
)

STORAGE_VERSION: Final = 1


class Log(Protocol):
    """One kind of what is remembered."""

    def apply(self, record: Record) -> None:
        """Let a record of the journal act, if it is of this kind."""

    def dump(self) -> dict[str, Any]:
        """Return all there is, for a snapshot."""

    def restore(self, data: Mapping[str, Any]) -> None:
        """Read a snapshot."""


class ElksStore:
    """The memory of one account."""

    def __init__(self, hass: HomeAssistant, entry_id: str) -> None:
        """Open nothing yet."""
        self._hass = hass
        self._key = f"{DOMAIN}.{entry_id}"
        self._journal = Journal(
            hass,
            Path(hass.config.path(STORAGE_DIR, f"{self._key}.journal")),
            self._apply,
            self._async_snapshot,
        )
        self._received = ReceivedLog()
        self._sent = SentLog()
        self._calls = CallLog()
        self._alerts = AlertLog()
        self._tapes = TapeLog()
        self._held: dict[tuple[str, CallbackKind], HeldNumber] = {}
        self._since: dict[str, datetime] = {}
        self._known: frozenset[str] | None = None
        self._tally = Tally()
        self._logs: Sequence[Log] = (
            self._received,
            self._sent,
            self._calls,
            self._alerts,
            self._tapes,
            self._tally,
        )

    async def async_load(self) -> None:
        """Read the snapshot, then what the journal adds to it."""
        snapshot = await self._snapshot_store().async_load() or {}
        if snapshot:
            self._restore(snapshot)
        await self._journal.async_replay(snapshot.get("journal", 0))

    async def async_close(self) -> None:
        """Finish writing."""
        await self._journal.async_close()

    async def async_remove(self) -> None:
        """Forget everything."""
        await self._journal.async_remove()
        await self._snapshot_store().async_remove()

    @property
    def sent(self) -> Mapping[str, SentMessage]:
        """Texts that went out, by our reference, oldest first."""
        return self._sent.sent

    @property
    def recent(self) -> Recent:
        """How many of them there were lately, and what they may cost."""
        return self._sent.recent

    @property
    def calls(self) -> Mapping[str, PhoneCall]:
        """Calls, by our reference, oldest first."""
        return self._calls.calls

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """Alerts that are not over, by their reference."""
        return self._alerts.alerts

    @property
    def fallbacks(self) -> Mapping[str, Fallback]:
        """Texts that may become calls, by our reference."""
        return self._alerts.fallbacks

    @property
    def tapes(self) -> Mapping[str, Tape]:
        """What was recorded of calls, by 46elks' id, in the order in which it was noted."""
        return self._tapes.tapes

    @property
    def held(self) -> Mapping[tuple[str, CallbackKind], HeldNumber]:
        """Numbers whose messages come to us, by 46elks' id and what comes."""
        return self._held

    @property
    def since(self) -> Mapping[str, datetime]:
        """From when on the texts to a number (E.164) are ours; 46elks' clock."""
        return self._since

    @property
    def known_numbers(self) -> frozenset[str] | None:
        """Numbers (46elks' ids) that need not be offered; None before the first look."""
        return self._known

    @property
    def passed_on(self) -> Collection[str]:
        """Ids of texts that this home has sent on itself."""
        return self._received.passed_on

    @property
    def forwards(self) -> Mapping[str, Forward]:
        """Texts passed on in the last hour, and those this home is passing on, by id."""
        return self._received.forwards

    @property
    def letters(self) -> Mapping[str, Letter]:
        """Texts that Assist has been asked to answer, by 46elks' id."""
        return self._received.letters

    @property
    def replied(self) -> Mapping[tuple[str, str], Reply]:
        """When a number last answered a sender by itself; both in E.164."""
        return self._received.replied

    @property
    def mark(self) -> datetime | None:
        """Up to where 46elks' history has been read; 46elks' clock."""
        return self._received.mark

    @property
    def mms_mark(self) -> datetime | None:
        """Up to where 46elks' history of picture messages has been read."""
        return self._received.mms_mark

    @property
    def tally(self) -> Tally:
        """What was counted and spent, also by others on the account."""
        return self._tally

    @property
    def spent_today(self) -> Decimal:
        """What the account has spent today, in its currency."""
        return self._tally.spent_today

    @property
    def spent_this_month(self) -> Decimal:
        """What the account has spent this month, in its currency."""
        return self._tally.spent_this_month

    @property
    def messages_today(self) -> int:
        """Texts sent and received today."""
        return self._tally.messages_today

    @property
    def calls_today(self) -> int:
        """Calls of today."""
        return self._calls.today

    def is_received(self, message_id: str) -> bool:
        """Tell whether a text has been announced before."""
        return message_id in self._received

    def sent_by_id(self, message_id: str) -> SentMessage | None:
        """Return the text of ours that has this id at 46elks."""
        return self._sent.by_id(message_id)

    def call_by_id(self, call_id: str) -> PhoneCall | None:
        """Return the call that has this id at 46elks."""
        return self._calls.by_id(call_id)

    async def async_record_received(self, message_id: str, created: datetime) -> None:
        """Remember that a text was announced.

        Raises:
            OSError: the disk refuses, so after a restart it would be announced again.
        """
        await self._journal.async_append(
            {"received": [message_id, created], "day": today(), "messages": 1}
        )

    async def async_record_sent(
        self, sent: SentMessage, *, counts: bool = False, insist: bool = True
    ) -> None:
        """Remember what is known of a text now.

        With `counts`, it counts towards today's messages and spend. Without `insist`, it
        is known until the next restart even where the disk refuses.

        Raises:
            OSError: the disk refuses.
        """
        record: Record = {"sent": dump_sent(sent)}
        if counts:
            record |= {
                "day": today(),
                # The guard has reserved it on this day.
                "own_day": day_of(sent.asked),
                "cost": str(sent.cost or 0),
                "messages": 1,
            }
        await self._async_record(record, insist=insist)

    async def async_record_call(
        self,
        call: PhoneCall,
        *,
        counts: bool = False,
        cost: Decimal = Decimal(0),
    ) -> None:
        """Remember what is known of a call now; no disk keeps it from going on.

        With `counts` it is one of today's, and `cost` is what it has newly cost.

        Raises:
            OSError: the disk refuses, so it is known until the next restart only.
        """
        record: Record = {"call": dump_call(call)}
        if counts or cost:
            record |= {
                "day": today(),
                # The guard has reserved it on this day.
                "own_day": day_of(call.asked),
                "cost": str(cost),
                "messages": 0,
                "calls": int(counts),
            }
        await self._async_record(record)

    async def async_record_tape(self, tape: Tape, *, insist: bool = True) -> None:
        """Remember what is known of a recording now.

        Without `insist`, it is known until the next restart even where the disk refuses.

        Raises:
            OSError: the disk refuses.
        """
        await self._async_record({"tape": dump_tape(tape)}, insist=insist)

    async def async_record_alert(self, alert: Alert) -> None:
        """Remember how far an alert has come; no disk stops it.

        Raises:
            OSError: the disk refuses, so it is known until the next restart only.
        """
        await self._async_record({"alert": dump_alert(alert)})

    async def async_record_alert_over(self, ref: str) -> None:
        """Forget an alert.

        Raises:
            OSError: the disk refuses, so after a restart it would be known again.
        """
        await self._async_record({"alert_over": ref})

    async def async_record_fallback(self, fallback: Fallback) -> None:
        """Remember that a text may become a call.

        Raises:
            OSError: the disk refuses, so it is known until the next restart only.
        """
        await self._async_record({"fallback": dump_fallback(fallback)})

    async def async_record_fallback_over(self, ref: str) -> None:
        """Forget that a text may become a call.

        Raises:
            OSError: the disk refuses, so after a restart it would be known again.
        """
        await self._async_record({"fallback_over": ref})

    async def _async_record(self, record: Record, *, insist: bool = False) -> None:
        """Let a record act, even where the disk refuses, unless that is insisted on."""
        try:
            await self._journal.async_append(record)
        except OSError:
            if not insist:
                self._apply(record)
            raise

    async def async_record_forwarded(
        self, message_id: str, when: datetime, cost: Decimal
    ) -> None:
        """Remember that 46elks was let pass a text on.

        Raises:
            OSError: the disk refuses, so it is not counted.
        """
        await self._journal.async_append(
            {
                "forwarded": [message_id, when],
                "day": today(),
                "cost": str(cost),
                "messages": 1,
            }
        )

    async def async_record_spent(self, spent: Spent, read: Iterable[str]) -> None:
        """Remember what the account has spent, with what this home is known to have."""
        await self._journal.async_append(
            {"spent": dump_spent(spent), "read": list(read)}
        )

    async def async_record_balance(self, balance: Decimal) -> None:
        """Remember the balance that is about to be told.

        Raises:
            OSError: the disk refuses, so after a restart it is told again.
        """
        await self._async_record({"balance": str(balance)})

    async def async_record_mark(
        self, mark: datetime, since: Mapping[str, datetime]
    ) -> None:
        """Remember up to where the history has been read, and which numbers are ours."""
        await self._journal.async_append({"mark": mark, "since": dict(since)})

    async def async_record_mms_mark(self, mark: datetime) -> None:
        """Remember up to where the history of picture messages has been read."""
        await self._journal.async_append({"mms_mark": mark})

    async def async_record_held(self, held: HeldNumber) -> None:
        """Remember who had a number's texts, or picture messages, before us."""
        await self._journal.async_append({"held": dump_held(held)})

    async def async_record_released(self, number_id: str, kind: CallbackKind) -> None:
        """Forget an address of a number that was given back."""
        await self._journal.async_append({"released": [number_id, kind]})

    async def async_record_known_numbers(self, number_ids: Iterable[str]) -> None:
        """Remember which numbers need not be offered.

        Raises:
            OSError: the disk refuses.
        """
        await self._journal.async_append({"known": sorted(number_ids)})

    async def async_record_passed_on(self, message_id: str, created: datetime) -> None:
        """Remember that this home has sent a text on itself.

        Raises:
            OSError: the disk refuses, so after a restart it could be passed on again.
        """
        await self._journal.async_append({"passed_on": [message_id, created]})

    async def async_record_forward(self, forward: Forward) -> None:
        """Remember that a text is about to be passed on.

        Raises:
            OSError: the disk refuses, so after a restart it is not counted.
        """
        await self._journal.async_append({"forward": dump_forward(forward)})

    async def async_record_letter(self, letter: Letter) -> None:
        """Remember that Assist is about to be asked to answer a text.

        Raises:
            OSError: the disk refuses, so it is known until the next restart only.
        """
        await self._async_record({"letter": dump_letter(letter)})

    async def async_record_replied(
        self, number: str, sender: str, reply: Reply
    ) -> None:
        """Remember that a number is about to answer a sender by itself.

        Raises:
            OSError: the disk refuses, so after a restart it could do so again.
        """
        await self._journal.async_append(
            {"replied": [number, sender, *dump_reply(reply)]}
        )

    def _apply(self, record: Record) -> None:
        """Let a record act; those read back from disk carry times as text."""
        match record:
            case {"known": [*number_ids]}:
                self._known = frozenset(map(str, number_ids))
            case {"mark": _, "since": dict(since)}:
                self._since = {number: moment(when) for number, when in since.items()}
            case {"held": [*held]}:
                self._hold(load_held(held))
            case {"released": [str(number_id), kind]}:
                self._held.pop((number_id, CallbackKind(kind)), None)
            case {"released": str(number_id)}:
                # As it was written before there were picture messages.
                self._held.pop((number_id, CallbackKind.SMS), None)
        for log in self._logs:
            log.apply(record)

    def _hold(self, held: HeldNumber) -> None:
        self._held[held.number_id, held.kind] = held

    def _snapshot_store(self) -> Store[dict[str, Any]]:
        # Atomic writes reach the disk itself before the journal's files may go.
        return Store(
            self._hass, STORAGE_VERSION, self._key, private=True, atomic_writes=True
        )

    async def _async_snapshot(self, journal: int) -> int:
        for log in (self._received, self._sent, self._calls, self._tapes):
            log.prune()
        await self._snapshot_store().async_save(self._dump(journal))
        # The Store logs a disk that refuses and goes on, so look what is really there.
        store = self._snapshot_store()
        stored = await store.async_load()
        if stored is None or stored["journal"] != journal:
            return 0
        return await self._hass.async_add_executor_job(os.path.getsize, store.path)

    def _dump(self, journal: int) -> dict[str, Any]:
        told = {
            "journal": journal,
            "held": [dump_held(held) for held in self._held.values()],
            "since": {key: when.isoformat() for key, when in self._since.items()},
            "known": None if self._known is None else sorted(self._known),
        }
        for log in self._logs:
            told |= log.dump()
        return told

    def _restore(self, data: dict[str, Any]) -> None:
        for log in self._logs:
            log.restore(data)
        for held in data["held"]:
            self._hold(load_held(held))
        self._since = {key: moment(when) for key, when in data["since"].items()}
        # Absent in what was written before numbers were offered.
        known = data.get("known")
        self._known = None if known is None else frozenset(known)
