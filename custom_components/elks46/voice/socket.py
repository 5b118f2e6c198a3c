"""aiohttp's socket as a call needs it: sending never waits, and closing comes to an end.

Where aiohttp waits until the other side has read, one who gives up takes all others along
that wait there. A call is sent some seconds ahead, no more, so what is not read is little,
unless nobody reads any more.
"""

import sys
from typing import Final

from aiohttp import WSMessage
from aiohttp.web import Request, StreamResponse, WebSocketResponse

# For the last words to leave on a line that may be dead; Home Assistant waits for no more
# than four times that when it stops.
CLOSE_SECONDS: Final = 5
# Six seconds of sound as the socket writes it; 46elks sends some hundredths of that at a time.
FRAME_CHARACTERS_AT_MOST: Final = 256 * 1024
# A line that is twelve seconds behind carries no conversation. Five of them it is sent ahead.
UNSENT_BYTES_AT_MOST: Final = 512 * 1024


class CallSocket:
    """The socket of one call."""

    def __init__(self, request: Request) -> None:
        """Belong to a request that asks for one."""
        self._request = request
        self._socket = WebSocketResponse(
            timeout=CLOSE_SECONDS,
            autoping=False,
            # Sound that is squeezed frame by frame gets hardly smaller.
            compress=False,
            # What is a little too long is ignored, what is much too long not even read.
            max_msg_size=4 * FRAME_CHARACTERS_AT_MOST,
            writer_limit=sys.maxsize,
        )

    @property
    def response(self) -> StreamResponse:
        """Return what the request is answered with."""
        return self._socket

    async def open(self) -> None:
        """Open it.

        Raises:
            HTTPBadRequest: something else than a socket is asked for.
        """
        await self._socket.prepare(self._request)

    async def receive(self) -> WSMessage:
        """Return the next message, one of closing when there is none."""
        return await self._socket.receive()

    async def send_str(self, data: str) -> None:
        """Send a text frame.

        Raises:
            ConnectionError: the other side is gone, or does not read any more.
        """
        await self._socket.send_str(data)
        if self._unsent() > UNSENT_BYTES_AT_MOST:
            raise ConnectionError("The other side does not read")

    async def ping(self) -> None:
        """Ask whether somebody is there."""
        await self._socket.ping()

    async def pong(self, message: bytes) -> None:
        """Answer that somebody is."""
        await self._socket.pong(message)

    async def close(self) -> None:
        """Close it, with all that nobody reads."""
        try:
            await self._socket.close()
        finally:
            transport = self._request.transport
            if transport is not None and self._unsent():
                # It would be kept until the network gives up, which may take hours.
                transport.abort()

    def _unsent(self) -> int:
        """Return how many bytes wait to be sent."""
        transport = self._request.transport
        return 0 if transport is None else transport.get_write_buffer_size()
