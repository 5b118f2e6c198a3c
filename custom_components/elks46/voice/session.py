"""A call as a conversation: one socket of 46elks, from `hello` to `bye`.

Follows https://46elks.com/docs/realtime-voice. It knows no Home Assistant. One task reads
the socket while the call lasts; all else happens in the tasks of those who use it, and when
the call ends, whatever the reason, whoever waits here is let go.
"""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from aiohttp import WSMessage, WSMsgType

from ..api import ElksInvalidDataError
from ..api.realtime import (
    Audio,
    AudioFormat,
    Bye,
    ByeReason,
    Hello,
    Listening,
    RealtimeMessage,
    Sync,
    decode,
    encode,
)
from .microphone import Microphone
from .socket import CLOSE_SECONDS, FRAME_CHARACTERS_AT_MOST
from .speaker import Speaker, UnheardError

# 46elks says it at once; who is silent for as long is somebody else.
HELLO_SECONDS: Final = 10
# 46elks sends sound all the time. A line that is silent for so long is asked whether it is
# there, and has as long to answer.
SILENCE_SECONDS: Final = 15
_FRAMES: Final = (WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.PING, WSMsgType.PONG)
# 46elks sends none. Some may be a slip of theirs; so many are somebody else.
GARBAGE_AT_MOST: Final = 20


class CallEnd(StrEnum):
    """Why a call is over for us."""

    HANGUP = "hangup"
    """The other side has hung up."""
    DONE = "done"
    """We have."""
    ERROR = "error"
    """46elks does not go on."""
    LOST = "lost"
    """The socket is gone."""
    GARBAGE = "garbage"
    """What is said is not 46elks' language."""


class Socket(Protocol):
    """What a call needs of a socket."""

    async def receive(self) -> WSMessage:
        """Return the next message, one of closing when there is none."""

    async def send_str(self, data: str) -> None:
        """Send a text frame."""

    async def ping(self) -> None:
        """Ask whether somebody is there."""

    async def pong(self, message: bytes) -> None:
        """Answer that somebody is."""

    async def close(self) -> None:
        """Close it; it may be closed already."""


type Attendant = Callable[[CallSession], Awaitable[None]]
"""Talks with the caller, to the end of the call or until it hangs up."""


class CallSession:
    """One call; who makes it says `hello` first, and closes it in the end."""

    def __init__(self, socket: Socket) -> None:
        """Talk over a socket that is open."""
        self._socket = socket
        self._reader: asyncio.Task[None] | None = None
        self._greeted = asyncio.Event()
        self._over = asyncio.Event()
        self._microphone = Microphone()
        self._speaker = Speaker(self._send)
        self._is_listening = False
        self._garbage = 0
        self.call: Hello | None = None
        self.end: CallEnd | None = None

    @property
    def is_over(self) -> bool:
        """Whether the call has ended."""
        return self.end is not None

    async def hello(self) -> Hello | None:
        """Return which call this is, None if nobody says so in time."""
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(), name="elks46 voice")
        with suppress(TimeoutError):
            async with asyncio.timeout(HELLO_SECONDS):
                await self._greeted.wait()
        return self.call

    async def ended(self) -> CallEnd:
        """Wait until the call is over, and return why."""
        await self._over.wait()
        if TYPE_CHECKING:
            assert self.end is not None
        return self.end

    async def listen(self) -> None:
        """Let the caller be heard from now on; said too early, what they say is kept."""
        if not self._is_listening:
            self._is_listening = True
            await self._send(Listening(AudioFormat.PCM_16000))

    def microphone(self) -> AsyncIterator[bytes]:
        """Yield what the caller says, also while the house speaks, until the call ends.

        What was said while nobody listened comes first. Whoever asked before hears no more.
        """
        return self._microphone.open()

    def take(self) -> bytes:
        """Return what the caller has said while nobody listened; nobody else hears it."""
        return self._microphone.take_all()

    def put_back(self, sound: bytes) -> None:
        """Let the next who listens hear first what was listened to already."""
        self._microphone.put_back(sound)

    def forget(self) -> None:
        """Let go what the caller has said while nobody listened."""
        self._microphone.forget()

    async def play(self, sound: AsyncIterable[bytes] | bytes) -> bool:
        """Say something, and return whether it was heard to its end.

        One thing at a time: what is being said must be interrupted first. Where 46elks does
        not tell what was heard, nobody is there any more.
        """
        try:
            return self.end is None and await self._speaker.play(sound)
        except UnheardError:
            self._finish(CallEnd.LOST)
            return False

    async def interrupt(self) -> None:
        """Be silent at once; what was being played returns False."""
        await self._speaker.interrupt()

    async def hang_up(self) -> None:
        """Say goodbye; the call then goes on as 46elks was told before."""
        if self._finish(CallEnd.DONE):
            with suppress(TimeoutError, OSError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._socket.send_str(encode(Bye()))

    async def close(self) -> None:
        """Leave nothing behind, however often it is asked."""
        self._finish(CallEnd.DONE)
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close()

    async def _send(self, message: RealtimeMessage) -> None:
        if self.end is not None:
            return
        try:
            await self._socket.send_str(encode(message))
        except OSError:
            self._finish(CallEnd.LOST)

    async def _read(self) -> None:
        """Hear what 46elks says; after its last word it closes the socket, and wants an answer."""
        try:
            while frame := await self._receive():
                match frame.type:
                    case WSMsgType.PING:
                        await self._socket.pong(frame.data)
                    case WSMsgType.TEXT if self.end is None:
                        self._hear(frame.data)
                    case WSMsgType.BINARY if self.end is None:
                        self._refuse()
        except OSError:
            # It is gone, as below.
            pass
        finally:
            self._finish(CallEnd.LOST)

    async def _receive(self) -> WSMessage | None:
        """Return the next frame, None when the socket closes or nobody is there any more."""
        for is_silent in (False, True):
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_SECONDS):
                    if is_silent:
                        await self._socket.ping()
                    frame = await self._socket.receive()
                    return frame if frame.type in _FRAMES else None
        return None

    def _hear(self, frame: str) -> None:
        if len(frame) > FRAME_CHARACTERS_AT_MOST:
            self._refuse()
            return
        try:
            message = decode(frame)
        except ElksInvalidDataError:
            self._refuse()
            return
        match message:
            case Hello() if self.call is None:
                self.call = message
                self._greeted.set()
            case Audio(data=sound):
                if self._is_listening:
                    self._microphone.put(sound)
            case Sync():
                self._speaker.synced()
            case Bye(reason=reason):
                is_error = reason is ByeReason.ERROR
                self._finish(CallEnd.ERROR if is_error else CallEnd.HANGUP)
            case None:
                # The service is a beta, and may learn words.
                pass
            case _:
                self._refuse()

    def _refuse(self) -> None:
        """Ignore what 46elks would not say, but not for ever."""
        self._garbage += 1
        if self._garbage > GARBAGE_AT_MOST:
            self._finish(CallEnd.GARBAGE)

    def _finish(self, end: CallEnd) -> bool:
        """End the call for whoever waits, and tell whether it was not over before."""
        if self.end is not None:
            return False
        self.end = end
        self._over.set()
        self._greeted.set()
        self._microphone.end()
        self._speaker.cut()
        return True
