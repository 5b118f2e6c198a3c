"""The door of the API: who may in, which way a request goes, and what goes wrong on the way.

46elks: overview, get-instead-of-post.
"""

import asyncio
from collections.abc import Iterable
from http import HTTPStatus
from inspect import isawaitable
from typing import Final

from aiohttp import web

from .access import Access
from .clock import Clock
from .faults import Fault, Faults, RequestFault
from .log import Entry, Log
from .wire import Answer, Download, Refusal, Request, Routes, exact_time

PREFIX: Final = "/a1/"


class Door:
    """Serves everything under `/a1/`."""

    def __init__(
        self,
        *,
        clock: Clock,
        access: Access,
        faults: Faults,
        log: Log,
        rooms: Iterable[Routes],
    ) -> None:
        """Open the door to all rooms."""
        self._clock = clock
        self._access = access
        self._faults = faults
        self._log = log
        self._handlers = {
            route: handler for room in rooms for route, handler in room.items()
        }
        self._lives = 0

    def reset(self) -> None:
        """Cut off the requests that are under way."""
        self._lives += 1

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or fail to."""
        time = exact_time(self._clock.now()) + "Z"
        try:
            fields = await _fields(request)
        except LookupError, ValueError:
            return _refused("The form cannot be read", HTTPStatus.BAD_REQUEST)
        fault = self._faults.take_request(request.method, request.path)
        life = self._lives
        response = await self._respond(request, fields, fault)
        if life != self._lives:
            return _drop(request)
        self._log.add(
            Entry(
                type="request",
                time=time,
                method=request.method,
                url=request.path_qs,
                fields=fields,
                status=response.status if response else None,
                answer=_logged(response) if response else None,
                fault=fault.kind if fault else None,
            )
        )
        return response or _drop(request)

    async def _respond(
        self, request: web.Request, fields: dict[str, str], fault: Fault | None
    ) -> web.Response | None:
        """Return the answer, or None where the connection is to be dropped."""
        if fault is None:
            return await self._answer(request, fields)
        if fault.kind is RequestFault.DROP_BEFORE:
            return None
        if fault.kind is RequestFault.DROP_AFTER:
            await self._answer(request, fields)
            return None
        if fault.kind is RequestFault.STATUS:
            if fault.accepted:
                await self._answer(request, fields)
            return _refused(fault.body, fault.status)
        if fault.accepted:
            response = await self._answer(request, fields)
            await asyncio.sleep(fault.seconds)
            return response
        life = self._lives
        await asyncio.sleep(fault.seconds)
        # Who has hung up, or was cut off, is not served any more.
        if (
            life != self._lives
            or request.transport is None
            or request.transport.is_closing()
        ):
            return None
        return await self._answer(request, fields)

    async def _answer(
        self, request: web.Request, fields: dict[str, str]
    ) -> web.Response:
        """Return what 46elks answers when nothing goes wrong."""
        try:
            answer = await self._dispatch(request, fields)
        except Refusal as refusal:
            return _refused(refusal.text, refusal.status)
        if isinstance(answer, Download):
            return web.Response(body=answer.content, content_type=answer.type)
        return web.json_response(answer)

    async def _dispatch(self, request: web.Request, fields: dict[str, str]) -> Answer:
        asker = self._access.authenticate(request.headers.get("Authorization", ""))
        method = request.method
        resource, *rest = request.path.removeprefix(PREFIX).rstrip("/").split("/")
        if method == "GET" and rest and rest[-1].upper() == "POST":
            method = "POST"
            rest.pop()
        object_id, dot, ending = "".join(rest).partition(".")
        pattern = (
            "/".join((resource.lower(), *("{id}" for _ in rest))) + dot + ending.lower()
        )
        if (handler := self._handlers.get((method, pattern))) is None:
            raise Refusal("Not found", HTTPStatus.NOT_FOUND)
        answer = handler(
            Request(
                asker=asker,
                home=f"{request.scheme}://{request.host}{PREFIX}".rstrip("/"),
                object_id=object_id,
                params=fields,
            )
        )
        return await answer if isawaitable(answer) else answer


async def _fields(request: web.Request) -> dict[str, str]:
    """Return the parameters: a POST's form, or else the query."""
    if request.method != "POST":
        return dict(request.query)
    form = await request.post()
    return {key: value for key, value in form.items() if isinstance(value, str)}


def _logged(response: web.Response) -> str | None:
    """Return an answer as the log tells it: of a file only what and how large it is."""
    if response.content_type in {"application/json", "text/plain"}:
        return response.text
    return f"{response.content_type}, {response.content_length} bytes"


def _refused(text: str, status: int) -> web.Response:
    response = web.Response(status=status, text=text)
    if status == HTTPStatus.UNAUTHORIZED:
        response.set_status(status, "Authorization Required")
        response.headers["WWW-Authenticate"] = 'Basic realm="46elks API"'
    return response


def _drop(request: web.Request) -> web.Response:
    """Close the connection; what is returned has nowhere to go."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()
