"""What 46elks fetches from its customers: pictures to send, and sound to play."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from .clock import Clock
from .log import Entry, Log
from .wire import exact_time

# 46elks does not say how long it waits for a file. Real seconds, as for callbacks.
FETCH_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What came back."""

    status: int | None
    content: bytes
    error: str | None = None


class Fetches:
    """Gets files."""

    def __init__(self, clock: Clock, log: Log) -> None:
        """Be ready to fetch once opened."""
        self._clock = clock
        self._log = log
        self._session: ClientSession
        self._lives = 0

    def open(self) -> None:
        """Get ready to connect."""
        self._session = ClientSession(
            timeout=ClientTimeout(total=FETCH_SECONDS),
            headers={"User-Agent": "46elks simulator"},
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    def reset(self) -> None:
        """Have no use any more for what is being fetched."""
        self._lives += 1

    async def get(self, address: str, limit: int) -> bytes | None:
        """Return a file, or a byte more than it may have; None where there is none. A redirect is not followed."""
        life = self._lives
        time = exact_time(self._clock.now()) + "Z"
        url = URL(address, encoded=address.isascii())
        fetched = await self._fetch(url, limit)
        if life != self._lives:
            return None
        found = fetched.status == HTTPStatus.OK
        self._log.add(
            Entry(
                type="fetch",
                time=time,
                method="GET",
                url=str(url.with_user(None)),
                fields={},
                status=fetched.status,
                answer=f"{len(fetched.content)} bytes" if found else None,
                error=fetched.error,
            )
        )
        return fetched.content if found else None

    async def _fetch(self, url: URL, limit: int) -> Fetched:
        content = bytearray()
        try:
            async with self._session.get(url, allow_redirects=False) as response:
                status = response.status
                while status == HTTPStatus.OK and len(content) <= limit:
                    if not (chunk := await response.content.readany()):
                        break
                    content += chunk
        except (ClientError, TimeoutError, OSError, ValueError) as err:
            return Fetched(status=None, content=b"", error=type(err).__name__)
        return Fetched(status=status, content=bytes(content))
