"""What happens, as it happens: for the page and for anyone else who listens."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import json
from typing import Final

# A listener this many events behind is not reading any more.
_PATIENCE: Final = 2_000


class Events:
    """Passes every event on to all who listen."""

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._listeners: set[asyncio.Queue[str]] = set()

    def publish(self, event: str, data: Mapping[str, object]) -> None:
        """Tell all listeners, in the form of a server-sent event."""
        if not self._listeners:
            return
        text = f"event: {event}\ndata: {json.dumps(data)}\n\n"
        for queue in tuple(self._listeners):
            try:
                queue.put_nowait(text)
            except asyncio.QueueFull:
                self._listeners.discard(queue)
                queue.shutdown(immediate=True)

    @contextmanager
    def listen(self) -> Iterator[asyncio.Queue[str]]:
        """Give a queue of what is published from now on; it is shut down at the end."""
        queue: asyncio.Queue[str] = asyncio.Queue(_PATIENCE)
        self._listeners.add(queue)
        try:
            yield queue
        finally:
            self._listeners.discard(queue)

    def close(self) -> None:
        """Let all listeners go."""
        for queue in self._listeners:
            queue.shutdown(immediate=True)
        self._listeners.clear()
