"""One socket of Realtime Voice, from 46elks' side: it is opened, carries messages, and is closed; or goes wrong on purpose."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
import json
from socket import SHUT_RDWR
from typing import Final

from aiohttp import (
    ClientError,
    ClientHandlerType,
    ClientRequest,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    ClientWebSocketResponse,
    ClientWSTimeout,
    TCPConnector,
    WSCloseCode,
    WSMsgType,
)
from yarl import URL

from .faults import Fault, SocketFault
from .realtime import DialectError
from .transcripts import Tally, Transcript, Way

# 46elks does not say how long it waits for a connection. Real seconds, as for callbacks.
CONNECT_SECONDS: Final = 10.0
# Nor for the other side to close, too.
CLOSE_SECONDS: Final = 2.0
# Nor how large a message may be; half a minute of the best sound fits.
MAX_MESSAGE_BYTES: Final = 4 * 1024 * 1024
# What nobody should take for a message.
_GARBAGE: Final = (
    "",
    "{",
    "[]",
    '{"t": 5}',
    '{"t": "surprise"}',
    '{"t": "audio"}',
    '{"t": "audio", "data": "%%%"}',
    '{"t": "bye", "reason": {}}',
)
_GARBAGE_BYTES: Final = b"\x00\xff" * 16


class UnreachableError(Exception):
    """There is no connection."""


class Socket:
    """Carries messages; what cannot be sent any more is lost."""

    def __init__(
        self,
        socket: ClientWebSocketResponse,
        transcript: Transcript,
        fault: Fault | None,
    ) -> None:
        """Have a connection."""
        self._socket = socket
        self._transcript = transcript
        self._fault = fault
        self._count = 0
        self.sent = Tally()
        self.is_silent = fault is not None and fault.kind is SocketFault.SILENT

    async def send(self, name: str, **fields: str) -> None:
        """Send a message."""
        if not (self.is_silent or self._socket.closed):
            self._transcript.note(Way.SENT, {"t": name, **fields})
            await self._send({"t": name, **fields})

    async def send_audio(self, content: bytes, samples: bytes) -> None:
        """Send a message of audio, which a telephone has as these samples."""
        if not self.is_silent:
            self.sent.add(len(content), samples)
            self._transcript.count(Way.SENT, len(content), samples)
            data = base64.b64encode(content).decode()
            await self._send({"t": "audio", "data": data})

    async def _send(self, message: dict[str, str]) -> None:
        with suppress(ConnectionError):
            await self._socket.send_str(json.dumps(message))
        await self._counted(1)

    async def receive(self) -> str | None:
        """Return the next message, or None when there will be no more."""
        message = await self._socket.receive()
        if message.type is WSMsgType.TEXT:
            await self._counted(1)
            return str(message.data)
        if message.type is WSMsgType.BINARY:
            raise DialectError("A message is text")
        if message.type is WSMsgType.ERROR:
            raise DialectError(str(message.data))
        fields = {"t": "close", "code": str(self._socket.close_code)}
        self._transcript.note(Way.RECEIVED, fields)
        return None

    async def begin(self) -> None:
        """Go wrong before the first message, where that is wanted."""
        await self._counted(0)

    async def _counted(self, messages: int) -> None:
        """Count a message of either side; after some number of them something may go wrong."""
        self._count += messages
        if (fault := self._fault) is None:
            return
        if fault.kind is SocketFault.DROP:
            at_once = None if fault.seconds else 0
            if self._count == (at_once if fault.messages is None else fault.messages):
                self.cut()
        if fault.kind is SocketFault.GARBAGE:
            if self._count == (1 if fault.messages is None else fault.messages):
                self._fault = None
                await self._talk_nonsense()

    async def _talk_nonsense(self) -> None:
        with suppress(ConnectionError):
            for text in _GARBAGE:
                await self._socket.send_str(text)
            await self._socket.send_bytes(_GARBAGE_BYTES)

    def cut(self) -> None:
        """Break the connection, as if a cable was."""
        # There is none to be cut where the other side was faster.
        with suppress(OSError, AttributeError):
            self._socket.get_extra_info("socket").shutdown(SHUT_RDWR)

    async def close(self) -> None:
        """Close it, and wait a little until the other side does, too."""
        if not self._socket.closed:
            self._transcript.note(Way.SENT, {"t": "close", "code": "1000"})
            await self.leave(WSCloseCode.OK)

    async def leave(self, code: WSCloseCode = WSCloseCode.GOING_AWAY) -> None:
        """Close it without a word, if it is still open."""
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close(code=code)


@asynccontextmanager
async def connected(
    url: str, transcript: Transcript, fault: Fault | None
) -> AsyncIterator[Socket]:
    """Have a socket as long as the context lasts, or raise UnreachableError."""
    kind = fault.kind if fault else None
    if kind is SocketFault.REFUSE:
        transcript.opened(status=None, error="Refused", fault=kind)
        raise UnreachableError("Refused")
    async with ClientSession(
        connector=TCPConnector(force_close=True),
        headers={"User-Agent": "46elks simulator"},
        middlewares=(_stay,),
        timeout=ClientTimeout(total=None),
    ) as session:
        try:
            if fault is not None and kind is SocketFault.DELAY:
                await asyncio.sleep(fault.seconds)
            async with asyncio.timeout(CONNECT_SECONDS):
                socket = await session.ws_connect(
                    # 46elks is said to send no credentials.
                    URL(url, encoded=url.isascii()).with_user(None),
                    timeout=ClientWSTimeout(),
                    max_msg_size=MAX_MESSAGE_BYTES,
                )
        except asyncio.CancelledError:
            transcript.opened(status=None, error="HungUp", fault=kind)
            raise
        except (ClientError, TimeoutError, OSError, ValueError) as err:
            error, status = type(err).__name__, getattr(err, "status", None)
            transcript.opened(status=status, error=error, fault=kind)
            raise UnreachableError(error) from err
        transcript.opened(status=HTTPStatus.SWITCHING_PROTOCOLS, error=None, fault=kind)
        line = Socket(socket, transcript, fault)
        try:
            yield line
        finally:
            await line.leave()


async def _stay(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
    """Take a redirect for what it is here: no connection."""
    response = await handler(request)
    if HTTPStatus.MULTIPLE_CHOICES <= response.status < HTTPStatus.BAD_REQUEST:
        response.close()
        raise ClientError
    return response
