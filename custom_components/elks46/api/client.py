"""The client of 46elks' HTTP API, and the one place that speaks HTTP with it.

Follows https://46elks.com/docs: basic authentication, forms in, JSON out, and errors as
a line of plain text.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from io import BytesIO
import json
import re
from typing import Final, Literal
from urllib.parse import urlencode

import aiohttp
from aiohttp import hdrs
from yarl import URL

from .account import AccountResource, SubaccountsResource
from .calls import CallsResource
from .errors import (
    ElksAuthenticationError,
    ElksConnectionError,
    ElksError,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksRateLimitError,
    ElksRequestError,
    ElksServerError,
    ElksTimeoutError,
)
from .fields import optional, rows, text
from .images import ImagesResource
from .messages import MessagesResource
from .numbers import NumbersResource
from .recordings import RecordingsResource

DEFAULT_API_URL: Final = "https://api.46elks.com/a1"

DEFAULT_TIMEOUT: Final = timedelta(seconds=20)
"""Long, because a paid request that is given up on is a paid request in doubt."""

MAX_BODY_BYTES: Final = 8 * 1024 * 1024
"""A page of 100 very long texts has less than a tenth of it."""

SLOWEST_BYTES_PER_SECOND: Final = 32 * 1024
"""A poor mobile uplink; what is larger than a form may take so much longer."""

MAX_MESSAGE_LENGTH: Final = 200
"""46elks says what is wrong in one short line; a proxy may say it in a page."""


MAX_PAGES: Final = 1_000
"""A hundred thousand rows: years of a home's traffic."""

# 46elks may quote what it refuses: an address with its secret, or somebody's number.
_PRIVATE: Final = re.compile(r"https?://\S+|\+?\d{7,}")


class ElksClient:
    """An account at 46elks."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        username: str,
        password: str,
        *,
        api_url: str = DEFAULT_API_URL,
        timeout: timedelta = DEFAULT_TIMEOUT,
        retry_pauses: Sequence[float] = (0.5, 2.0),
    ) -> None:
        """Speak for an account over a session that others may share.

        While 46elks is out of reach or broken, a GET is asked again after each pause, in
        seconds.
        """
        self._session = session
        login = b64encode(f"{username}:{password}".encode(errors="replace")).decode()
        self._headers = {"Authorization": f"Basic {login}"}
        self._api_url = api_url.rstrip("/")
        self._timeout = timeout.total_seconds()
        self._retry_pauses = tuple(retry_pauses)
        self._started: datetime | None = None
        self.account = AccountResource(self)
        self.calls = CallsResource(self)
        self.images = ImagesResource(self)
        self.messages = MessagesResource(self)
        self.numbers = NumbersResource(self)
        self.recordings = RecordingsResource(self)
        self.subaccounts = SubaccountsResource(self)

    @property
    def now(self) -> datetime | None:
        """What 46elks' clock shows, whatever ours does; None before its first answer."""
        if self._started is None:
            return None
        return self._started + _running()

    async def request(
        self,
        method: Literal["GET", "POST", "DELETE"],
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> dict[str, object]:
        """Ask 46elks, and return the object it answers with.

        A POST may cost money and 46elks cannot tell that it is the same one, so only a GET
        is ever asked again.
        """
        body = None if form is None else urlencode(form, errors="replace").encode()
        answer = await self._ask(
            method,
            path,
            query=query,
            body=body,
            max_bytes=MAX_BODY_BYTES,
            timeout=self._patience(len(body or b"")),
        )
        if method == "DELETE" and not answer:
            return {}
        return _object(answer)

    async def download(self, path: str, *, max_bytes: int) -> bytes:
        """Return what is no object but a file, which may have so many bytes."""
        return await self._ask(
            "GET", path, max_bytes=max_bytes, timeout=self._patience(max_bytes)
        )

    async def rows(
        self, path: str, query: Mapping[str, str]
    ) -> AsyncIterator[dict[str, object]]:
        """Yield what a list holds, newest first, page after page."""
        start = query.get("start")
        asked: set[str | None] = set()
        while start not in asked:
            asked.add(start)
            if len(asked) > MAX_PAGES:
                raise ElksInvalidDataError("The list has no end")
            page = await self.request(
                "GET", path, query={**query, "start": start} if start else query
            )
            for row in rows(page, "data"):
                yield row
            if (start := optional(text, page, "next")) is None:
                return

    def id_at(self, collection: str, url_or_id: str) -> str:
        """Return the id of what lies at an address of this API, or the id that it is.

        An address may come from a stranger, and 46elks would send, and bill, a text for
        the GET of one. So no address is ever asked, only the id at its end, in its
        collection.
        """
        if "/" not in url_or_id:
            return url_or_id
        home = f"{self._api_url}/{collection}"
        if not _is_in(url_or_id, home):
            raise ElksInvalidDataError(
                f"The address is none of 46elks' {collection}", outcome_unknown=False
            )
        return URL(url_or_id).name.partition(".")[0]

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: bytes | None = None,
        max_bytes: int,
        timeout: aiohttp.ClientTimeout,
    ) -> bytes:
        """Ask 46elks, a GET until it is well or the last pause is over."""
        for pause in self._retry_pauses if method == "GET" else ():
            try:
                return await self._ask_once(
                    method, path, query, body, max_bytes, timeout
                )
            except ElksConnectionError, ElksServerError:
                await asyncio.sleep(pause)
        return await self._ask_once(method, path, query, body, max_bytes, timeout)

    async def _ask_once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        body: bytes | None,
        max_bytes: int,
        timeout: aiohttp.ClientTimeout,
    ) -> bytes:
        """Ask 46elks once.

        Errors of aiohttp are not chained: they carry the headers, and so the login, and
        the address, which may hold a phone number.
        """
        if self._session.closed:
            raise ElksConnectionError("The session is closed", outcome_unknown=False)
        try:
            async with self._session.request(
                method,
                f"{self._api_url}/{path}",
                params=query,
                data=None if body is None else _form(body),
                headers=self._headers,
                # 46elks does not redirect, and nobody else gets the login.
                allow_redirects=False,
                raise_for_status=False,
                timeout=timeout,
            ) as response:
                answer = await _read(response, max_bytes)
                self._read_clock(response.headers.get(hdrs.DATE, ""))
        except aiohttp.ConnectionTimeoutError:
            raise ElksTimeoutError(
                "46elks could not be reached in time", outcome_unknown=False
            ) from None
        except TimeoutError:
            raise ElksTimeoutError("46elks did not answer in time") from None
        except aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError:
            raise ElksConnectionError(
                "The address of the API is not one", outcome_unknown=False
            ) from None
        except aiohttp.ClientConnectorError as err:
            raise ElksConnectionError(str(err), outcome_unknown=False) from None
        except (aiohttp.ClientError, OSError, ValueError) as err:
            raise ElksConnectionError(
                f"No answer from 46elks: {type(err).__name__}"
            ) from None
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise _error(response, answer)
        if len(answer) > max_bytes:
            raise ElksInvalidDataError("The answer is too long")
        return answer

    def _read_clock(self, date: str) -> None:
        """Learn what 46elks' clock showed when that of the loop showed nothing."""
        try:
            shown = parsedate_to_datetime(date)
            self._started = shown.astimezone(UTC) - _running()
        except ValueError, OverflowError:
            # An answer without it is one all the same.
            return

    def _patience(self, size: int) -> aiohttp.ClientTimeout:
        """Return how long to wait for so many bytes to go one way or the other.

        Giving up on a connection leaves no doubt: nothing was sent yet.
        """
        return aiohttp.ClientTimeout(
            total=self._timeout + size / SLOWEST_BYTES_PER_SECOND,
            sock_connect=self._timeout / 2,
            sock_read=self._timeout,
        )


def _running() -> timedelta:
    """Return what the clock of the loop shows, which nobody sets."""
    return timedelta(seconds=asyncio.get_running_loop().time())


def _form(body: bytes) -> aiohttp.BytesIOPayload:
    """Return a form as 46elks takes it, which may hold a picture."""
    return aiohttp.BytesIOPayload(
        BytesIO(body), content_type="application/x-www-form-urlencoded"
    )


def _is_in(url: str, collection: str) -> bool:
    """Return whether an address is one step below another, in any letter case."""
    try:
        above, home = URL(url).parent, URL(collection)
        return (above.origin(), above.path.lower()) == (
            home.origin(),
            home.path.lower(),
        )
    except ValueError:
        return False


async def _read(response: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    """Read the body, or a little more than there may be of it."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > max_bytes:
            break
    return bytes(body)


def _object(body: bytes) -> dict[str, object]:
    """Return the object of a body; one message was once answered as a list of one."""
    try:
        answer = json.loads(body)
    except ValueError, RecursionError:
        raise ElksInvalidDataError("The answer is not JSON") from None
    match answer:
        case dict(fields) | [dict(fields)]:
            return fields
    raise ElksInvalidDataError("The answer is not a JSON object")


def _error(response: aiohttp.ClientResponse, body: bytes) -> ElksError:
    """Return what an answer without success means."""
    status = response.status
    message = (_message(body) or response.reason or "No reason given")[
        :MAX_MESSAGE_LENGTH
    ]
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return ElksAuthenticationError(status, message)
        case HTTPStatus.FORBIDDEN:
            return ElksForbiddenError(status, message)
        case HTTPStatus.TOO_MANY_REQUESTS:
            wait = response.headers.get("Retry-After", "")
            return ElksRateLimitError(
                status, message, float(wait) if wait.isdecimal() else None
            )
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return ElksServerError(status, message)
        case _ if status >= HTTPStatus.BAD_REQUEST:
            return ElksRequestError(status, message)
    return ElksInvalidDataError(f"The answer is a redirect ({status})")


def _message(body: bytes) -> str:
    """Return what the body of an error says, which is a line of text or JSON.

    The page of a proxy says nothing.
    """
    message = body.decode(errors="replace")
    try:
        match json.loads(message):
            case {"error": str(error), "detail": str(detail)}:
                message = f"{error}: {detail}"
            case {"error": str(error)}:
                message = error
    except ValueError, RecursionError:
        pass
    message = " ".join(message.split())
    return "" if message.startswith("<") else _PRIVATE.sub("•••", message)
