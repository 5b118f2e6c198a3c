"""What calls leave behind when they are over: nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from socket import SHUT_RDWR
from typing import Any, Final
from unittest.mock import patch

from aiohttp.abc import AbstractStreamWriter
from aiohttp.web import BaseRequest, WebSocketResponse

# What is stopped stops at once, but a voice may still be making what nobody hears any more.
PATIENCE: Final = 10
# A connection is kept for the next request, and its task with it.
_SERVING: Final = "RequestHandler.start"
# 46elks repeats what it could not tell, minutes later.
_OF_46ELKS: Final = "simulator "


@dataclass(frozen=True, slots=True)
class Sockets:
    """The sockets that the door has opened: the house's end of each, and who serves it."""

    ends: list[Any] = field(default_factory=list)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def note(self, request: BaseRequest) -> None:
        """Know one more."""
        assert request.transport is not None
        self.ends.append(request.transport.get_extra_info("socket"))
        self.tasks.add(request.task)

    def cut(self) -> None:
        """Break the newest, as if a cable was."""
        self.ends[-1].shutdown(SHUT_RDWR)


@asynccontextmanager
async def leaving_nothing() -> AsyncIterator[Sockets]:
    """See that no task and no socket is left of what happens meanwhile."""
    before = asyncio.all_tasks()
    sockets = Sockets()

    class Noted(WebSocketResponse):
        """A socket that is known from its first moment on."""

        async def prepare(self, request: BaseRequest) -> AbstractStreamWriter:
            """Open it."""
            sockets.note(request)
            return await super().prepare(request)

    with patch("custom_components.elks46.voice.socket.WebSocketResponse", Noted):
        yield sockets
        await _over(sockets.tasks)
        # The loop gives a socket back in the next round.
        await asyncio.sleep(0)
        assert [end.fileno() for end in sockets.ends] == [-1] * len(sockets.ends)
        new = asyncio.all_tasks() - before
        await _over({task for task in new if _is_ours(task)})


async def _over(tasks: set[asyncio.Task[Any]]) -> None:
    """Wait for tasks, which end by themselves."""
    if tasks:
        _, left = await asyncio.wait(tasks, timeout=PATIENCE)
        assert not left, left


def _is_ours(task: asyncio.Task[Any]) -> bool:
    coro: Any = task.get_coro()
    is_of_others = task.get_name().startswith(_OF_46ELKS)
    return not is_of_others and coro.__qualname__ != _SERVING
