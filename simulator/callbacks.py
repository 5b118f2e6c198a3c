"""The posts 46elks makes to its customers.

46elks: receive-sms, sms-delivery-reports, sms-actions, receive-call, call-actions. An answer of 200 to 204 is the end of
it; after any other, or none, 46elks tries again for at least six hours. A question in the middle of a call is asked once: a
person waits.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    TCPConnector,
)
from yarl import URL

from .clock import Clock
from .faults import CallbackFault, CallbackKind, Fault, Faults
from .log import Entry, Log
from .tasks import Tasks
from .wire import exact_time

RETRY_EVERY_SECONDS: Final = 300.0
RETRY_FOR_SECONDS: Final = 6 * 3600.0
MAX_ATTEMPTS: Final = int(RETRY_FOR_SECONDS / RETRY_EVERY_SECONDS) + 1
# 46elks does not say how long it waits for an answer. Real seconds, as the one who answers lives in real time.
TIMEOUT_SECONDS: Final = 10.0
# Customers are known to keep a caller waiting for so long.
QUESTION_SECONDS: Final = 15.0
# No instruction is longer.
_ANSWER_BYTES: Final = 64 * 1024
# A callback that is to be overtaken is posted after all when no other comes.
REORDER_PATIENCE_SECONDS: Final = 60.0
# So that a thousand reports at once do not open a thousand connections.
_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """One thing to tell, and where."""

    kind: CallbackKind
    url: str
    fields: Mapping[str, str]


class Callbacks:
    """Posts callbacks, again and again where it must."""

    def __init__(self, clock: Clock, tasks: Tasks, faults: Faults, log: Log) -> None:
        """Be ready to post once opened."""
        self._clock = clock
        self._tasks = tasks
        self._faults = faults
        self._log = log
        self._session: ClientSession
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._held: list[tuple[Fault, asyncio.Event]] = []

    def open(self) -> None:
        """Get ready to connect."""
        # A connection kept over a restart of the other side would fail at the next callback.
        self._session = ClientSession(
            connector=TCPConnector(force_close=True),
            headers={"User-Agent": "46elks simulator"},
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    def post(
        self,
        callback: Callback,
        *,
        after: asyncio.Event | None = None,
        on_answer: Callable[[str], None] | None = None,
    ) -> asyncio.Event:
        """Post in the background; return what is set once it was tried for the first time.

        `after` is that of a callback which is to be tried before this one.
        """
        tried = asyncio.Event()
        self._tasks.start(
            self._run(callback, tried, after, on_answer), f"{callback.kind} callback"
        )
        return tried

    async def ask(self, callback: Callback) -> str | None:
        """Ask what to do with a call; return the answer, or None where there is none that counts."""
        fault = self._faults.take_callback(callback.kind)
        kind = fault.kind if fault else None
        if fault is not None and kind is CallbackFault.LOSE:
            self._log.add(self._entry(callback, fault=kind))
            return None
        if fault is not None and kind is CallbackFault.DELAY:
            await asyncio.sleep(fault.seconds)
        if fault is not None and kind is CallbackFault.REORDER:
            await self._overtaken(fault)
        for attempt in range(1, 3 if kind is CallbackFault.DUPLICATE else 2):
            try:
                entry = await self._post(callback, attempt, kind, QUESTION_SECONDS)
            except asyncio.CancelledError:
                self._log.add(
                    self._entry(callback, attempt=attempt, fault=kind, error="HungUp")
                )
                raise
            self._log.add(entry)
        self._let_pass(callback)
        return entry.answer if _taken(entry) else None

    async def _run(
        self,
        callback: Callback,
        tried: asyncio.Event,
        after: asyncio.Event | None,
        on_answer: Callable[[str], None] | None,
    ) -> None:
        if after is not None:
            await after.wait()
        fault = self._faults.take_callback(callback.kind)
        kind = fault.kind if fault else None
        if fault is not None and kind is CallbackFault.LOSE:
            self._log.add(self._entry(callback, fault=kind))
            tried.set()
            return
        if fault is not None and kind is CallbackFault.DELAY:
            tried.set()
            await asyncio.sleep(fault.seconds)
        if fault is not None and kind is CallbackFault.REORDER:
            tried.set()
            await self._overtaken(fault)
        answer = await self._deliver(callback, tried, kind)
        if kind is CallbackFault.DUPLICATE:
            # 46elks repeats where it has not heard the answer, so only the last one counts.
            answer = await self._deliver(callback, tried, kind)
        if answer is not None and on_answer is not None:
            on_answer(answer)

    async def _overtaken(self, fault: Fault) -> None:
        overtaken = asyncio.Event()
        self._held.append((fault, overtaken))
        try:
            async with self._clock.timeout(REORDER_PATIENCE_SECONDS):
                await overtaken.wait()
        except TimeoutError:
            pass
        finally:
            self._held.remove((fault, overtaken))

    async def _deliver(
        self, callback: Callback, tried: asyncio.Event, fault: str | None
    ) -> str | None:
        """Post until it is taken; return the answer, or None where 46elks gives up."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            if attempt > 1:
                await self._clock.sleep(RETRY_EVERY_SECONDS)
            entry = await self._attempt(callback, attempt, fault)
            self._log.add(entry)
            tried.set()
            self._let_pass(callback)
            if _taken(entry):
                return entry.answer
        return None

    def _let_pass(self, callback: Callback) -> None:
        """Post the callbacks that this one has overtaken."""
        for held, overtaken in self._held:
            if held.matches_callback(callback.kind):
                overtaken.set()

    async def _attempt(
        self, callback: Callback, attempt: int, fault: str | None
    ) -> Entry:
        async with self._at_once:
            return await self._post(callback, attempt, fault, TIMEOUT_SECONDS)

    async def _post(
        self, callback: Callback, attempt: int, fault: str | None, seconds: float
    ) -> Entry:
        time = exact_time(self._clock.now()) + "Z"
        status = answer = error = None
        try:
            async with self._session.post(
                URL(callback.url, encoded=callback.url.isascii()),
                data=callback.fields,
                allow_redirects=False,
                timeout=ClientTimeout(total=seconds),
            ) as response:
                status = response.status
                answer = await _read(response)
        except (ClientError, TimeoutError, OSError, ValueError) as err:
            status = None
            error = type(err).__name__
        return self._entry(
            callback,
            time=time,
            attempt=attempt,
            fault=fault,
            status=status,
            answer=answer,
            error=error,
        )

    def _entry(
        self,
        callback: Callback,
        *,
        time: str | None = None,
        attempt: int | None = None,
        fault: str | None = None,
        status: int | None = None,
        answer: str | None = None,
        error: str | None = None,
    ) -> Entry:
        return Entry(
            type="callback",
            time=time or exact_time(self._clock.now()) + "Z",
            method="POST",
            url=str(URL(callback.url, encoded=callback.url.isascii()).with_user(None)),
            fields=callback.fields,
            kind=callback.kind,
            attempt=attempt,
            fault=fault,
            status=status,
            answer=answer,
            error=error,
        )


def _taken(entry: Entry) -> bool:
    return (
        entry.status is not None
        and HTTPStatus.OK <= entry.status <= HTTPStatus.NO_CONTENT
    )


async def _read(response: ClientResponse) -> str:
    """Return the answer, as far as 46elks reads it."""
    content = bytearray()
    while len(content) < _ANSWER_BYTES:
        if not (chunk := await response.content.readany()):
            break
        content += chunk
    return content[:_ANSWER_BYTES].decode(errors="replace")
