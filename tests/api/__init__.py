"""Tests of the exchange, which need no Home Assistant."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
import json
from pathlib import Path
from urllib.parse import parse_qsl

from aiohttp import web

FIXTURES = Path(__file__).parent.parent / "fixtures"


def answer_text(name: str) -> str:
    """Return an answer of 46elks as it comes over the wire."""
    return (FIXTURES / "api" / name).read_text(encoding="utf-8")


def answer(name: str) -> dict[str, object]:
    """Return an answer of 46elks as it is once it is read."""
    data: dict[str, object] = json.loads(answer_text(name))
    return data


def form(name: str) -> dict[str, str]:
    """Return the fields of a callback."""
    body = (FIXTURES / "callbacks" / name).read_text(encoding="utf-8")
    return dict(parse_qsl(body, keep_blank_values=True, strict_parsing=True))


def page(*names: str, next_start: str | None = None) -> str:
    """Return a page of a list, which names the next one if there is more."""
    more = {} if next_start is None else {"next": next_start}
    return json.dumps({"data": [answer(name) for name in names]} | more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request as 46elks sees it."""

    method: str
    path: str
    query: dict[str, str]
    form: dict[str, str]
    content_type: str | None
    authorization: str


def asked_get(path: str, **query: str) -> Asked:
    """Return a GET as 46elks sees it."""
    return Asked(
        method="GET",
        path=path,
        query=query,
        form={},
        content_type=None,
        authorization="Basic dTAxMjM6czNjcjN0",
    )


def asked_post(path: str, form: dict[str, str]) -> Asked:
    """Return a POST as 46elks sees it."""
    return Asked(
        method="POST",
        path=path,
        query={},
        form=form,
        content_type="application/x-www-form-urlencoded",
        authorization="Basic dTAxMjM6czNjcjN0",
    )


def asked_delete(path: str) -> Asked:
    """Return a DELETE as 46elks sees it."""
    return replace(asked_get(path), method="DELETE")


class Elks:
    """Stands in for 46elks: notes what it is asked, and answers what it was told to."""

    def __init__(self) -> None:
        """Start with nothing to say."""
        self.asked: list[Asked] = []
        self.over = asyncio.Event()
        self._answers: list[Callable[[web.Request], Awaitable[web.StreamResponse]]] = []

    def answers(
        self,
        body: str = "",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer the next request with this."""

        async def respond(request: web.Request) -> web.Response:
            return web.Response(text=body, status=status, headers=headers)

        self._answers.append(respond)

    def answers_with_file(self, content: bytes) -> None:
        """Answer the next request with the bytes of some file."""

        async def respond(request: web.Request) -> web.Response:
            return web.Response(body=content)

        self._answers.append(respond)

    def hangs_up(self) -> None:
        """Close the connection of the next request without an answer."""

        async def respond(request: web.Request) -> web.Response:
            assert request.transport
            request.transport.close()
            return web.Response()

        self._answers.append(respond)

    def breaks_off(self, status: int = 200) -> None:
        """Close the connection of the next request in the middle of the answer."""

        async def respond(request: web.Request) -> web.StreamResponse:
            response = await _begin(request, status)
            assert request.transport
            request.transport.close()
            return response

        self._answers.append(respond)

    def never_ends(self) -> None:
        """Leave the answer to the next request in the middle."""

        async def respond(request: web.Request) -> web.StreamResponse:
            response = await _begin(request, 200)
            await self.over.wait()
            return response

        self._answers.append(respond)

    def is_silent(self) -> None:
        """Leave the next request without an answer."""

        async def respond(request: web.Request) -> web.Response:
            await self.over.wait()
            return web.Response()

        self._answers.append(respond)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Note the request and give the next answer."""
        self.asked.append(
            Asked(
                method=request.method,
                path=request.rel_url.raw_path,
                query=dict(request.query),
                form=dict(parse_qsl(await request.text())),
                content_type=request.headers.get("Content-Type"),
                authorization=request.headers["Authorization"],
            )
        )
        return await self._answers.pop(0)(request)


async def _begin(request: web.Request, status: int) -> web.StreamResponse:
    """Send the first bytes of an answer."""
    headers = {"Content-Length": "1000"}
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    await response.write(b'{"id": "u01')
    return response
