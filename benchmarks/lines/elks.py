"""A phone that calls the house through 46elks, whose side of the call is played here.

46elks: receive-call, realtime-voice-messages. It plays what it is sent one after the other, however early it comes, and
sends a `sync` back when it has come to its place.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
import secrets
from time import monotonic
from typing import Any, Final, override

import aiohttp

from . import Frame, Line, LineError, Turn
from .mouth import Mouth

BYTES_A_SECOND: Final = 32_000
# To the answer's end, over what it lasts itself.
PATIENCE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """Where a number of 46elks leads, and the number of Realtime Voice behind it."""

    number: str
    realtime: str
    call_url: str
    text_url: str
    voice_url: str


class ElksPhone(Line):
    """Calls once a turn."""

    name = "elks46"

    def __init__(self, session: aiohttp.ClientSession, door: Door, caller: str) -> None:
        """Be somebody's phone."""
        self._session = session
        self._door = door
        self._caller = caller

    @override
    async def turn(self, clicks: int, seconds: float) -> Turn:
        """Call, say so many clicks, hear the answer, and hang up."""
        async with self._call() as call:
            return await call.turn(clicks, seconds)

    async def interrupt(self, clicks: int) -> float:
        """Call, say so many clicks, hum into the answer, and return after how many seconds that has ended."""
        async with self._call() as call:
            return await call.interrupt(clicks)

    @asynccontextmanager
    async def _call(self) -> AsyncIterator[_Call]:
        """Be on the phone with the house as long as the context lasts."""
        door = self._door
        told = {
            "callid": f"c{secrets.token_hex(16)}",
            "direction": "incoming",
            "from": self._caller,
            "to": door.number,
            "created": datetime.now(UTC).replace(tzinfo=None).isoformat(),
        }
        answer = await self._post(door.call_url, told | {"result": "newincoming"})
        if answer.get("connect") != door.realtime:
            raise LineError("The house does not take the call")
        async with self._session.ws_connect(door.voice_url) as socket:
            call = _Call(socket)
            hello = {"callid": told["callid"], "from": self._caller}
            await call.send("hello", **hello, to=door.realtime)
            yield call
            await call.send("bye", reason="hangup", message="the caller hung up")
        ended = {"id": told["callid"], "state": "success", "duration": "1", "cost": "0"}
        await self._post(answer["whenhangup"], told | ended)

    async def _post(self, url: str, form: dict[str, str]) -> dict[str, Any]:
        async with self._session.post(
            url, data=form, raise_for_status=True
        ) as response:
            text = await response.text()
        return dict(await response.json()) if text else {}


class _Call:
    """One call, from hello to bye."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Have heard nothing."""
        self._socket = socket
        self._mouth = Mouth(self._say)
        self._is_listened_to = asyncio.Event()
        self._is_answered = asyncio.Event()
        self._is_begun = asyncio.Event()
        self._interrupted: asyncio.Future[float] = asyncio.Future()
        self._frames: list[Frame] = []
        self._silent_at = 0.0

    async def send(self, name: str, **fields: str) -> None:
        """Send a message; to a house that has hung up there is nothing to say."""
        with suppress(ConnectionError):
            await self._socket.send_json({"t": name, **fields})

    async def turn(self, clicks: int, seconds: float) -> Turn:
        """Say so many clicks when the house listens, and hear the answer to its end."""
        async with self._talking(clicks, seconds + PATIENCE):
            await self._is_answered.wait()
        return Turn(clicked=(*self._mouth.clicked,), frames=(*self._frames,))

    async def interrupt(self, clicks: int) -> float:
        """Say so many clicks, hum when the answer begins, and return for how many seconds it has gone on."""
        async with self._talking(clicks, PATIENCE):
            await self._is_begun.wait()
            self._mouth.hum()
            ended = await self._interrupted
        return ended - (self._mouth.hummed or ended)

    @asynccontextmanager
    async def _talking(self, clicks: int, patience: float) -> AsyncIterator[None]:
        """Say so many clicks when the house listens, and go on to be heard for so many seconds at most.

        Raises:
            LineError: what is waited for does not come.
        """
        reading = asyncio.create_task(self._read())
        speaking = None
        try:
            async with asyncio.timeout(patience):
                await self._is_listened_to.wait()
                speaking = asyncio.create_task(self._mouth.speak())
                await self._mouth.click(clicks)
                yield
        except TimeoutError as err:
            raise LineError("No answer over 46elks") from err
        finally:
            for task in (reading, speaking):
                if task is not None:
                    task.cancel()

    async def _say(self, sound: bytes) -> None:
        await self.send("audio", data=base64.b64encode(sound).decode())

    async def _read(self) -> None:
        async for message in self._socket:
            moment = monotonic()
            said = message.json()
            match said["t"]:
                case "listening":
                    # What came before was the tone that asks the caller to speak.
                    self._frames.clear()
                    self._is_listened_to.set()
                case "audio":
                    self._play(moment, len(base64.b64decode(said["data"])))
                case "interrupt":
                    self._silent_at = moment
                    if not self._interrupted.done():
                        self._interrupted.set_result(moment)
                case "sync":
                    await self._confirm()

    def _play(self, moment: float, size: int) -> None:
        """Play something after what is played already."""
        frame = Frame(moment=moment, seconds=size / BYTES_A_SECOND)
        self._silent_at = max(self._silent_at, moment) + frame.seconds
        if not self._is_answered.is_set():
            self._frames.append(frame)
        if self._is_listened_to.is_set():
            self._is_begun.set()

    async def _confirm(self) -> None:
        """Tell when all has been played; nothing else is said to a phone meanwhile."""
        await asyncio.sleep(max(0.0, self._silent_at - monotonic()))
        if self._is_listened_to.is_set():
            self._is_answered.set()
        await self.send("sync")
