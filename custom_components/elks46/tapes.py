"""The sound of calls: fetched from 46elks before it forgets, kept among Home Assistant's media.

46elks posts that something was recorded. That is written down before the post is answered,
so neither a restart nor an outage of 46elks loses it; the sound is fetched after that, and
told when it is here. What was not posted is looked up. Each recording is told once.
"""

import asyncio
from collections.abc import Collection, Coroutine, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
import re
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util

from .api import (
    CallDirection,
    ElksClient,
    ElksError,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksRequestError,
    RecordingReady,
)
from .const import EPOCH, HISTORY_OVERLAP, LOGGER
from .errors import despite_disk
from .records import PhoneCall, Tape
from .shelf import RECORDINGS, Room, Shelf, async_prune, find_shelf, place_of
from .signals import SIGNAL_RECORDING, SIGNAL_STATE
from .subentries import subentry_by_number

if TYPE_CHECKING:
    from .call_ledger import CallLedger
    from .store import ElksStore

# A minute has a megabyte: this is eight hours of voices.
KEEP_BYTES: Final = 500 * 1024 * 1024
# Else whoever calls often could push out what the family has said.
STRANGERS_BYTES: Final = KEEP_BYTES // 4
# What is to stay is put elsewhere within three months; a voice is not kept for nothing.
KEEP: Final = timedelta(days=90)
# 46elks: get-recordings. Some say that it keeps them longer, so the last try may still do.
FORGOTTEN: Final = timedelta(hours=72)
# What 46elks says it does not have for so long, it will not have.
MISSING: Final = timedelta(hours=1)
# A recording is there some seconds after its post. Then an outage is waited for.
FIRST_PAUSE: Final = timedelta(seconds=5)
GROWTH: Final = 3
LONGEST_PAUSE: Final = timedelta(hours=1)
# One may have 64 megabytes, and small machines have little memory.
DOWNLOADS_AT_ONCE: Final = 2
# 46elks posts it with the end of the call, and mostly it is fetched within seconds.
WAIT_SECONDS: Final = 30
# A recording that was not posted so long after its call is looked up.
POST_LATE: Final = timedelta(minutes=2)

# 46elks has answered, and does not have it, or nothing that could be taken.
_LASTING: Final = (ElksForbiddenError, ElksInvalidDataError, ElksRequestError)


def shelf(hass: HomeAssistant) -> Shelf | None:
    """Return where recordings are kept."""
    return find_shelf(hass, RECORDINGS)


async def async_kept(
    hass: HomeAssistant, recording_ids: Collection[str]
) -> dict[str, str]:
    """Return what Home Assistant calls those of some recordings that are kept."""
    if not recording_ids or (kept := shelf(hass)) is None:
        return {}
    files = {
        file.name: file.media_content_id
        for file in await hass.async_add_executor_job(kept.files)
    }
    return {one: files[_name(one)] for one in recording_ids if _name(one) in files}


class Tapes:
    """Fetches what was recorded of an account's calls, keeps it, and tells of it."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        store: ElksStore,
        ledger: CallLedger,
    ) -> None:
        """Take where recordings come from, and what remembers."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._ledger = ledger
        self._noting = asyncio.Lock()
        self._slots = asyncio.Semaphore(DOWNLOADS_AT_ONCE)
        self._fetching: dict[str, asyncio.Task[None]] = {}
        self._keeping: set[asyncio.Task[None]] = set()
        self._later: dict[str, CALLBACK_TYPE] = {}
        self._pauses: dict[str, timedelta] = {}
        self._awaited: dict[str, asyncio.Future[None]] = {}
        self._is_closed = False

    @callback
    def resume(self) -> None:
        """Fetch what was noted before the last stop, and not told yet."""
        for tape in self._store.tapes.values():
            if tape.told is None:
                self._fetch(tape)

    async def async_close(self) -> None:
        """Fetch no more; what is noted is fetched at the next start."""
        self._is_closed = True
        while self._later:
            self._later.popitem()[1]()
        while self._awaited:
            self._awaited.popitem()[1].cancel()
        for task in [*self._fetching.values()]:
            task.cancel()
        if self._keeping:
            await asyncio.wait(self._keeping)

    async def async_recorded(self, ref: str | None, recording: RecordingReady) -> None:
        """Take note that something was recorded, and fetch it afterwards.

        With the reference of a call it is the whole of that call, without one a message
        that a caller has left.

        Raises:
            OSError: the disk refuses, so 46elks should repeat it.
        """
        if (tape := self._posted(ref, recording)) is None:
            LOGGER.debug("Something was recorded of a call that is none of ours")
            return
        await self._async_note(tape)

    async def async_find(self, call: PhoneCall, recording_ids: Iterable[str]) -> None:
        """Take note of what 46elks lists as recorded of a call.

        Raises:
            OSError: the disk refuses.
        """
        for recording_id in recording_ids:
            await self._async_note(_of(call, recording_id))

    def missing(self) -> list[PhoneCall]:
        """Return calls that are over and of which a recording should come."""
        heard = {tape.call_id for tape in self._store.tapes.values()}
        return [
            call
            for call in self._store.calls.values()
            if call.awaits_tape and call.id not in heard
        ]

    async def async_look_up(self) -> None:
        """Look for recordings that were not posted, if there should be any.

        Raises:
            OSError: the disk refuses.
        """
        late = dt_util.utcnow() - POST_LATE
        due = {call.id: call for call in self.missing() if (call.ended or EPOCH) < late}
        if not due:
            return
        after = min(call.created or call.asked for call in due.values())
        history = self._client.recordings.history(after - HISTORY_OVERLAP)
        try:
            rows = [row async for row in history if row.call_id in due]
        except ElksError as err:
            LOGGER.debug("Recordings cannot be looked up: %s", type(err).__name__)
            return
        for row in rows:
            tape = _of(due[row.call_id], row.id)
            await self._async_note(
                replace(tape, created=row.created, duration=row.duration)
            )
        for call_id in due.keys() - {row.call_id for row in rows}:
            await self._ledger.async_untaped(due[call_id])

    async def async_wait(self, call_ids: Collection[str]) -> None:
        """Return when what was recorded of calls has been told, or it takes too long."""
        told = {tape.call_id for tape in self._store.tapes.values() if tape.told}
        waiting = {
            call_id: self._awaited.setdefault(call_id, self._hass.loop.create_future())
            for call_id in call_ids
            if call_id not in told and not self._is_closed
        }
        if waiting:
            await asyncio.wait(waiting.values(), timeout=WAIT_SECONDS)
        for call_id in waiting:
            self._awaited.pop(call_id, None)

    def media_content_id(self, call_id: str | None) -> str | None:
        """Return what Home Assistant calls the last recording of a call that is kept."""
        kept = (
            tape.media_content_id
            for tape in reversed([*self._store.tapes.values()])
            if tape.call_id == call_id and tape.media_content_id
        )
        return next(kept, None)

    async def async_prune(self) -> None:
        """Throw away old recordings, by the newest time 46elks has told."""
        if (kept := shelf(self._hass)) is None:
            return
        told: list[datetime] = [
            *filter(None, (self._store.mark, self._store.mms_mark)),
            *(tape.created for tape in self._store.tapes.values()),
        ]
        room = Room(size=KEEP_BYTES, strangers_size=STRANGERS_BYTES, age=KEEP)
        await async_prune(self._hass, kept, room, max(told, default=EPOCH))

    def _posted(self, ref: str | None, recording: RecordingReady) -> Tape | None:
        """Return a recording as it was posted; None where it is of no call of ours."""
        calls = self._store
        call = calls.calls.get(ref) if ref else calls.call_by_id(recording.call_id)
        tape = Tape(
            id=recording.recording_id,
            call_id=recording.call_id,
            direction=CallDirection.INCOMING,
            caller=recording.caller,
            callee=recording.callee or "",
            is_voicemail=not ref,
            duration=recording.duration,
            created=recording.created,
            noted=dt_util.utcnow(),
        )
        if call is None:
            # The beginning of a call may be forgotten, what was said in it may not.
            is_ours = subentry_by_number(self._entry, recording.callee) is not None
            return tape if is_ours and not ref else None
        if call.id not in (None, recording.call_id):
            return None
        if not ref and call.direction is not CallDirection.INCOMING:
            return None
        return replace(
            tape, direction=call.direction, caller=call.caller, callee=call.callee
        )

    async def _async_note(self, tape: Tape) -> None:
        async with self._noting:
            if (known := self._store.tapes.get(tape.id)) is None:
                await self._store.async_record_tape(tape)
                known = tape
        if known.told is None:
            self._fetch(known)
        # Whoever waits for it to be posted need not look it up any more.
        async_dispatcher_send(self._hass, SIGNAL_STATE.format(self._entry.entry_id))

    @callback
    def _fetch(self, tape: Tape) -> None:
        if self._is_closed or tape.id in self._fetching or tape.id in self._later:
            return
        self._fetching[tape.id] = task = self._entry.async_create_background_task(
            self._hass, self._async_fetch(tape), "elks46 recording"
        )
        task.add_done_callback(partial(self._fetched, tape.id))

    def _fetched(self, recording_id: str, _task: asyncio.Task[None]) -> None:
        del self._fetching[recording_id]

    async def _async_fetch(self, tape: Tape) -> None:
        if (kept := shelf(self._hass)) is None:
            LOGGER.warning("Home Assistant has no media folder for recordings")
            await self._async_finish(self._async_tell(tape, None))
            return
        async with self._slots:
            is_missing = False
            content: bytes | None = None
            try:
                content = await self._client.recordings.download(tape.id)
            except ElksError as err:
                LOGGER.debug("A recording cannot be had: %s", type(err).__name__)
                is_missing = isinstance(err, _LASTING)
            else:
                is_missing = content is None or not _is_sound(content)
            if content is not None and not is_missing:
                work = self._async_keep(kept, tape, content)
            else:
                work = self._async_put_off(tape, MISSING if is_missing else FORGOTTEN)
            await self._async_finish(work)

    async def _async_finish(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what is not to be cut in two when the account is unloaded."""
        task = self._hass.async_create_task(work, "elks46 recording kept")
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)
        await asyncio.wait({task})

    async def _async_keep(self, kept: Shelf, tape: Tape, content: bytes) -> None:
        name = f"{_name(tape.id)}.wav"
        place = place_of(tape.number, tape.phone or "", tape.created, name)
        try:
            file = await self._hass.async_add_executor_job(kept.store, place, content)
        except OSError as err:
            LOGGER.warning("The disk refuses a recording: %s", err.strerror)
            await self._async_put_off(tape, FORGOTTEN)
            return
        await self._async_tell(tape, file.media_content_id if file else None)
        await self.async_prune()

    async def _async_put_off(self, tape: Tape, patience: timedelta) -> None:
        """Try again later, unless that has been going on for too long."""
        if dt_util.utcnow() - tape.noted > patience:
            LOGGER.warning("A recording of a call could not be had, and is given up")
            await self._async_tell(tape, None)
            return
        pause = self._pauses.get(tape.id, FIRST_PAUSE)
        self._pauses[tape.id] = min(pause * GROWTH, LONGEST_PAUSE)

        @callback
        def due(_now: datetime) -> None:
            del self._later[tape.id]
            self._fetch(tape)

        if not self._is_closed:
            self._later[tape.id] = async_call_later(
                self._hass,
                pause,
                HassJob(due, "elks46 recording", cancel_on_shutdown=True),
            )

    async def _async_tell(self, tape: Tape, media_content_id: str | None) -> None:
        """Tell of a recording, and write that down: a kill in between tells it twice."""
        self._pauses.pop(tape.id, None)
        told = replace(tape, told=dt_util.utcnow(), media_content_id=media_content_id)
        entry_id = self._entry.entry_id
        async_dispatcher_send(self._hass, SIGNAL_RECORDING.format(entry_id), told)
        with despite_disk(self._hass, self._entry):
            await self._store.async_record_tape(told, insist=False)
        if awaited := self._awaited.pop(tape.call_id, None):
            awaited.set_result(None)


def _of(call: PhoneCall, recording_id: str) -> Tape:
    """Return what is known of a recording by its call."""
    is_incoming = call.direction is CallDirection.INCOMING
    now = dt_util.utcnow()
    return Tape(
        id=recording_id,
        call_id=call.id or "",
        direction=call.direction,
        caller=call.caller,
        callee=call.callee,
        # Of a caller who is passed on and then leaves a message, nothing tells the two apart.
        is_voicemail=is_incoming and not call.is_taped,
        duration=None,
        created=call.created or now,
        noted=now,
    )


def _name(recording_id: str) -> str:
    """Return what the file of a recording is called, besides its time."""
    return re.sub("[^a-z0-9-]", "", recording_id.lower())


def _is_sound(content: bytes) -> bool:
    """Tell whether this is a WAV file, and not what some proxy has to say."""
    return content[:4] == b"RIFF" and content[8:12] == b"WAVE"
