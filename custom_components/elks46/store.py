"""What must survive a restart: which texts came in, which went out, what they cost.

A snapshot in Home Assistant's Store and a journal of what has happened since.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
import os
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.helpers.storage import STORAGE_DIR, Store
from homeassistant.util import dt as dt_util

from .alert_log import AlertLog, dump_alert, dump_fallback
from .api import CallbackKind
from .call_log import CallLog, dump_call
from .const import (
    DAY,
    DOMAIN,
    HISTORY_OVERLAP,
    HOUR,
    REMEMBER_RECEIVED,
    REMEMBER_RECEIVED_AT_MOST,
    REMEMBER_SENT,
    REPLY_PAUSE,
)
from .journal import Journal, Record
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
from .tally import Tally, dump_spent, today
from .tape_log import TapeLog, dump_tape
from .written import (
    dump_forward,
    dump_held,
    dump_letter,
    dump_reply,
    dump_sent,
    iso,
    load_forward,
    load_held,
    load_letter,
    load_reply,
    load_sent,
    moment,
)

STORAGE_VERSION: Final = 1
# Finished texts are of use only to tell a late or repeated report from a new one.
REMEMBER_FINISHED_AT_MOST: Final = 500


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
        self._received: dict[str, datetime] = {}
        self._sent: dict[str, SentMessage] = {}
        self._refs: dict[str, str] = {}
        self._recent = Recent()
        self._calls = CallLog()
        self._alerts = AlertLog()
        self._tapes = TapeLog()
        self._held: dict[tuple[str, CallbackKind], HeldNumber] = {}
        self._since: dict[str, datetime] = {}
        self._known: frozenset[str] | None = None
        self._passed_on: dict[str, datetime] = {}
        self._replied: dict[tuple[str, str], Reply] = {}
        self._forwards: dict[str, Forward] = {}
        self._letters: dict[str, Letter] = {}
        self._mark: datetime | None = None
        self._mms_mark: datetime | None = None
        self._tally = Tally()

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
        return self._sent

    @property
    def recent(self) -> Recent:
        """How many of them there were lately, and what they may cost."""
        return self._recent

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
        return self._passed_on.keys()

    @property
    def forwards(self) -> Mapping[str, Forward]:
        """Texts passed on in the last hour, and those this home is passing on, by id."""
        return self._forwards

    @property
    def letters(self) -> Mapping[str, Letter]:
        """Texts that Assist has been asked to answer, by 46elks' id."""
        return self._letters

    @property
    def replied(self) -> Mapping[tuple[str, str], Reply]:
        """When a number last answered a sender by itself; both in E.164."""
        return self._replied

    @property
    def mark(self) -> datetime | None:
        """Up to where 46elks' history has been read; 46elks' clock."""
        return self._mark

    @property
    def mms_mark(self) -> datetime | None:
        """Up to where 46elks' history of picture messages has been read."""
        return self._mms_mark

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
        return self._sent.get(self._refs.get(message_id, ""))

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
            case {"received": [str(message_id), created]}:
                self._received[message_id] = moment(created)
            case {"sent": dict(data)}:
                self._keep(load_sent(data))
            case {"known": [*number_ids]}:
                self._known = frozenset(map(str, number_ids))
            case {"passed_on": [str(message_id), created]}:
                self._passed_on[message_id] = moment(created)
            case {"replied": [str(number), str(sender), *reply]}:
                self._replied[number, sender] = load_reply(reply)
            case {"forward": [*forward]}:
                self._forward(load_forward(forward))
            case {"letter": [*letter]}:
                self._take(load_letter(letter))
            case {"mark": mark, "since": dict(since)}:
                self._mark = moment(mark)
                self._since = {number: moment(when) for number, when in since.items()}
            case {"mms_mark": mark}:
                self._mms_mark = moment(mark)
            case {"held": [*held]}:
                self._hold(load_held(held))
            case {"released": [str(number_id), kind]}:
                self._held.pop((number_id, CallbackKind(kind)), None)
            case {"released": str(number_id)}:
                # As it was written before there were picture messages.
                self._held.pop((number_id, CallbackKind.SMS), None)
        self._calls.apply(record)
        self._alerts.apply(record)
        self._tapes.apply(record)
        self._tally.apply(record)

    def _keep(self, sent: SentMessage) -> None:
        self._sent[sent.ref] = sent
        self._recent.put(sent)
        if sent.id is not None:
            self._refs[sent.id] = sent.ref

    def _forward(self, forward: Forward) -> None:
        self._forwards[forward.message_id] = forward

    def _take(self, letter: Letter) -> None:
        self._letters[letter.message_id] = letter

    def _hold(self, held: HeldNumber) -> None:
        self._held[held.number_id, held.kind] = held

    def _snapshot_store(self) -> Store[dict[str, Any]]:
        # Atomic writes reach the disk itself before the journal's files may go.
        return Store(
            self._hass, STORAGE_VERSION, self._key, private=True, atomic_writes=True
        )

    async def _async_snapshot(self, journal: int) -> int:
        self._prune()
        await self._snapshot_store().async_save(self._dump(journal))
        # The Store logs a disk that refuses and goes on, so look what is really there.
        store = self._snapshot_store()
        stored = await store.async_load()
        if stored is None or stored["journal"] != journal:
            return 0
        return await self._hass.async_add_executor_job(os.path.getsize, store.path)

    def _prune(self) -> None:
        """Drop what no callback and no look-up can ask for any more."""
        now = dt_util.utcnow()
        received = sorted(self._received.items(), key=lambda item: item[1])
        # The next look into the history shows the texts around the mark once more.
        oldest = min(now - REMEMBER_RECEIVED, (self._mark or now) - HISTORY_OVERLAP)
        self._received = {
            message_id: created
            for message_id, created in received[-REMEMBER_RECEIVED_AT_MOST:]
            if created > oldest
        }
        self._passed_on = {
            message_id: created
            for message_id, created in self._passed_on.items()
            if created > oldest
        }
        self._replied = {
            who: reply
            for who, reply in self._replied.items()
            if reply.when > now - REPLY_PAUSE
        }
        self._forwards = {
            message_id: forward
            for message_id, forward in self._forwards.items()
            # What this home passes on itself may still have to be made up for.
            if forward.when > (oldest if forward.ref else now - HOUR)
        }
        self._letters = {
            message_id: letter
            for message_id, letter in self._letters.items()
            if letter.when > oldest
        }
        finished = [
            ref
            for ref, sent in self._sent.items()
            if sent.status.is_final
            and sent.request is None
            # The guard counts what was asked for in the last hour, however much it was.
            # Today's money is known by them where 46elks has told no price.
            and (
                sent.is_unsent
                or abs(now - sent.asked)
                >= (DAY if sent.cost is None and sent.reserved else HOUR)
            )
        ]
        for ref in finished[:-REMEMBER_FINISHED_AT_MOST]:
            del self._sent[ref]
        self._sent = {
            ref: sent
            for ref, sent in self._sent.items()
            if sent.asked > now - REMEMBER_SENT
        }
        self._refs = {sent.id: ref for ref, sent in self._sent.items() if sent.id}
        self._recent.prune(self._sent.values())
        self._calls.prune()
        self._tapes.prune()

    def _dump(self, journal: int) -> dict[str, Any]:
        return {
            "journal": journal,
            "received": {key: when.isoformat() for key, when in self._received.items()},
            "sent": [dump_sent(sent) for sent in self._sent.values()],
            **self._calls.dump(),
            **self._alerts.dump(),
            **self._tapes.dump(),
            "held": [dump_held(held) for held in self._held.values()],
            "since": {key: when.isoformat() for key, when in self._since.items()},
            "known": None if self._known is None else sorted(self._known),
            "passed_on": {
                key: when.isoformat() for key, when in self._passed_on.items()
            },
            "replied": [
                [*who, *dump_reply(reply)] for who, reply in self._replied.items()
            ],
            "forwards": [dump_forward(one) for one in self._forwards.values()],
            "letters": [dump_letter(one) for one in self._letters.values()],
            "mark": iso(self._mark),
            "mms_mark": iso(self._mms_mark),
            **self._tally.dump(),
        }

    def _restore(self, data: dict[str, Any]) -> None:
        self._received = {key: moment(when) for key, when in data["received"].items()}
        for sent in data["sent"]:
            self._keep(load_sent(sent))
        self._calls.restore(data)
        self._alerts.restore(data)
        self._tapes.restore(data)
        for held in data["held"]:
            self._hold(load_held(held))
        self._since = {key: moment(when) for key, when in data["since"].items()}
        # Absent in what was written before numbers were offered and answered by themselves.
        known = data.get("known")
        self._known = None if known is None else frozenset(known)
        passed_on = data.get("passed_on", {})
        self._passed_on = {key: moment(when) for key, when in passed_on.items()}
        self._replied = {
            (number, sender): load_reply(reply)
            for number, sender, *reply in data.get("replied", ())
        }
        for forward in data.get("forwards", ()):
            self._forward(load_forward(forward))
        # Absent in what was written before Assist answered texts.
        for letter in data.get("letters", ()):
            self._take(load_letter(letter))
        self._mark = moment(data["mark"]) if data["mark"] else None
        mms_mark = data.get("mms_mark")
        self._mms_mark = moment(mms_mark) if mms_mark else None
        self._tally.restore(data)
