"""What happens, as it happens: for the page and for anyone else who listens."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import json
import secrets
from typing import Final

# A listener this many events behind is not reading any more.
_PATIENCE: Final = 2_000


class Events:
    """Passes every event on to all who listen.

    `instance` tells one simulator from the next, and what was before a reset from what is after it: whoever hears another one
    than before knows nothing any more.
    """

    def __init__(self) -> None:
        """Start with nobody listening."""
        self._listeners: set[asyncio.Queue[str]] = set()
        self.instance = secrets.token_hex(8)

    def reset(self) -> None:
        """Tell all listeners that everything is as at the start."""
        self.instance = secrets.token_hex(8)
        self.publish("reset", {"instance": self.instance})

    def hello(self) -> str:
        """Return what a listener hears first."""
        return _written("hello", {"instance": self.instance})

    def publish(self, event: str, data: Mapping[str, object]) -> None:
        """Tell all listeners, in the form of a server-sent event."""
        if not self._listeners:
            return
        text = _written(event, data)
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


def _written(event: str, data: Mapping[str, object]) -> str:
    return f"event: {event}\ndata: {json.dumps(data)}\n\n"
