"""A program behind a websocket number, as a customer writes one; and what tests do with it."""

from array import array
import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
from socket import SHUT_RDWR
from typing import Any, Final

from aiohttp import WSMsgType, web

from . import ANNA, PATIENCE
from .phones import LOUD, Phones

PROGRAM: Final = "+4600700021"
HANGUP: Final = {"t": "bye", "reason": "hangup", "message": "the caller hung up"}
DONE: Final = {"t": "bye", "reason": "done", "message": "the program said bye"}


def tone(seconds: float, *, rate: int = 8_000, level: int = LOUD) -> bytes:
    """Return samples of one level."""
    return array("h", [level]).tobytes() * round(seconds * rate)


def sockets() -> list[str]:
    """Return what the simulator does for sockets in the background."""
    names = [task.get_name() for task in asyncio.all_tasks()]
    return [name for name in names if name == "simulator socket"]


async def none_is_left() -> None:
    """Wait until nothing is done for sockets any more."""
    async with asyncio.timeout(5):
        while sockets():
            await asyncio.sleep(0)


@dataclass(slots=True)
class Line:
    """One socket that 46elks has opened, as the program sees it."""

    socket: web.WebSocketResponse
    path: str
    headers: dict[str, str]
    heard: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)

    async def listen(self) -> None:
        """Take down what comes, and None at the end."""
        async for message in self.socket:
            is_text = message.type is WSMsgType.TEXT
            self.heard.put_nowait(message.data if is_text else message.type.name)
        self.heard.put_nowait(None)

    async def text(self) -> str | None:
        """Return the next message as it came; what is no text by its kind, and the end as None."""
        async with asyncio.timeout(PATIENCE):
            return await self.heard.get()

    async def next(self) -> dict[str, Any] | None:
        """Return the next message; None is the end."""
        text = await self.text()
        return None if text is None else dict(json.loads(text))

    async def rest(self) -> list[dict[str, Any]]:
        """Return all that comes until the end."""
        messages = []
        while (message := await self.next()) is not None:
            messages.append(message)
        return messages

    async def audio(self, messages: int) -> bytes:
        """Return what so many messages of audio hold."""
        sound = b""
        for _ in range(messages):
            message = await self.next()
            assert message is not None and message["t"] == "audio", message
            sound += base64.b64decode(message["data"])
        return sound

    async def say(self, name: str, **fields: str) -> None:
        """Send a message."""
        await self.socket.send_json({"t": name, **fields})

    async def play(self, sound: bytes) -> None:
        """Send audio."""
        await self.say("audio", data=base64.b64encode(sound).decode())

    def cut(self) -> None:
        """Break the connection."""
        self.socket.get_extra_info("socket").shutdown(SHUT_RDWR)


@dataclass(slots=True)
class Program:
    """A server for sockets; `status` is what it answers instead where it is set."""

    url: str = ""
    status: int | None = None
    lines: asyncio.Queue[Line] = field(default_factory=asyncio.Queue)
    reads: bool = True
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take a call."""
        if self.status is not None:
            return web.Response(status=self.status, headers={"Location": "/voice"})
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        line = Line(socket, request.path_qs, dict(request.headers))
        self.lines.put_nowait(line)
        if not self.reads:
            await self.closing.wait()
        await line.listen()
        return socket

    async def line(self) -> Line:
        """Return the next call."""
        async with asyncio.timeout(PATIENCE):
            return await self.lines.get()


@asynccontextmanager
async def serving(program: Program) -> AsyncIterator[None]:
    """Serve a program on a free port."""
    app = web.Application()
    app.router.add_get("/{path:.*}", program.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    program.url = f"ws://127.0.0.1:{runner.addresses[0][1]}/voice?key=k"
    try:
        yield
    finally:
        program.closing.set()
        await runner.cleanup()


@dataclass(frozen=True, slots=True)
class Assistant:
    """A house whose calls a program answers."""

    phones: Phones
    program: Program

    async def dial(self, caller: str = ANNA, **data: object) -> tuple[str, Line]:
        """Call the house; return the id of the call, and the program's line after hello."""
        call_id = await self.phones.dial(caller, **data)
        line = await self.program.line()
        hello = await line.next()
        assert hello is not None and hello["t"] == "hello", hello
        return call_id, line

    async def socket(
        self, call_id: str, wanted: Callable[[dict[str, Any]], bool] = bool
    ) -> dict[str, Any]:
        """Return how far the newest socket of a call is, once it is what is wanted."""

        def newest(call: dict[str, Any]) -> dict[str, Any]:
            found = [leg["socket"] for leg in call["legs"] if leg["socket"]]
            return dict(found[-1]) if found else {}

        call = await self.phones.until(call_id, lambda call: wanted(newest(call)))
        return newest(call)

    async def ready(
        self, call_id: str, line: Line, *, listening: str = "", sending: str = ""
    ) -> None:
        """Have the program announce formats, and wait until 46elks knows."""
        wanted = {"listening": listening, "sending": sending}
        told = {name: value for name, value in wanted.items() if value}
        for name, value in told.items():
            await line.say(name, format=value)
        await self.socket(call_id, lambda socket: told.items() <= socket.items())

    async def synced(self, call_id: str, line: Line, syncs: int = 1) -> None:
        """Have the program ask for a sync, and wait until 46elks knows: all before it has come, too."""
        await line.say("sync")
        await self.socket(call_id, lambda socket: socket.get("syncs") == syncs)
