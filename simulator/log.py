"""The record of every request to 46elks, every callback from it, and what is said on sockets."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Final

from .events import Events
from .wire import Json

LOG_LIMIT: Final = 10_000
# Enough to recognise an answer or a field by; a picture in a field would fill the memory.
TEXT_LIMIT: Final = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request, or one attempt at a callback, when it is over; or one message.

    `status` and `answer` are what went back, and None where nothing did; `kind` and `attempt` are a callback's. A message on
    a socket has a `direction`, as 46elks sees it.
    """

    type: str
    time: str
    method: str
    url: str
    fields: Mapping[str, str]
    status: int | None = None
    answer: str | None = None
    kind: str | None = None
    direction: str | None = None
    attempt: int | None = None
    fault: str | None = None
    error: str | None = None


class Log:
    """Keeps the latest entries, numbered from 1, and tells of each."""

    def __init__(self, events: Events) -> None:
        """Start empty."""
        self._events = events
        self._entries: deque[Json] = deque(maxlen=LOG_LIMIT)
        self._last = 0
        self._added = asyncio.Event()

    def reset(self) -> None:
        """Forget everything and number from 1 again."""
        self._entries.clear()
        self._last = 0

    def add(self, entry: Entry) -> None:
        """Keep one entry."""
        self._last += 1
        fields = {key: value[:TEXT_LIMIT] for key, value in entry.fields.items()}
        answer = entry.answer and entry.answer[:TEXT_LIMIT]
        kept = {"n": self._last, **asdict(entry), "fields": fields, "answer": answer}
        self._entries.append(kept)
        self._events.publish("log", kept)
        self._added.set()
        self._added = asyncio.Event()

    def after(self, number: int) -> list[Json]:
        """Return the entries with a higher number, oldest first."""
        skipped = max(number - (self._last - len(self._entries)), 0)
        return list(self._entries)[skipped:]

    def latest(self, count: int) -> list[Json]:
        """Return so many entries, or all there are, oldest first."""
        return self.after(max(self._last - count, 0))

    async def wait_for(
        self, wanted: Callable[[list[Json]], bool], after: int = 0
    ) -> list[Json]:
        """Return the entries after a number as soon as they are what is wanted."""
        while not wanted(entries := self.after(after)):
            await self._added.wait()
        return entries
