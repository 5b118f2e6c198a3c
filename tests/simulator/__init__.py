"""The stand-in against the reference, endpoint by endpoint."""

import asyncio
import base64
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
import json
from typing import Any, Final

from aiohttp import ClientSession, encode_basic_auth, web

from simulator.app import Simulator
from simulator.config import DEFAULT_PASSWORD, DEFAULT_USERNAME, Config
from simulator.wire import Json

ANNA: Final = "+46701740605"
ERIK: Final = "+46701740606"
STRANGER: Final = "+46701740650"
NUMBER: Final = "+46701740690"
LOCAL: Final = ("127.0.0.1",)
# An hour becomes 36 ms: six hours of retries pass in a moment.
FAST: Final = 100_000.0
PATIENCE: Final = 10.0
# What makes a picture one is how it begins; behind that every byte must come through.
_BYTES: Final = bytes(range(256))
GIF: Final = b"GIF89a" + _BYTES
PNG: Final = b"\x89PNG\r\n\x1a\n" + _BYTES
JPEG: Final = b"\xff\xd8\xff\xe0" + _BYTES


def data_url(content: bytes, content_type: str = "image/png") -> str:
    """Return a file as an address."""
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"


def config(
    *, speed: float = FAST, allow_hosts: tuple[str, ...] = LOCAL, currency: str = "SEK"
) -> Config:
    """Return how the simulator runs in a test: on a free port, and fast."""
    return Config(port=0, speed=speed, allow_hosts=allow_hosts, currency=currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    reason: str
    headers: dict[str, str]

    @property
    def text(self) -> str:
        """Return the body, read as text."""
        return self.body.decode()

    def json(self) -> Any:
        """Return the body, read as JSON."""
        return json.loads(self.text)


def signed(
    username: str = DEFAULT_USERNAME, password: str = DEFAULT_PASSWORD
) -> dict[str, str]:
    """Return the header that tells who asks."""
    return {"Authorization": encode_basic_auth(username, password)}


@dataclass(frozen=True, slots=True)
class Client:
    """One who asks the simulator, with or without credentials."""

    session: ClientSession
    base: str
    headers: Mapping[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, **options: Any) -> Answer:
        """Send a request."""
        async with self.session.request(
            method, self.base + path, headers=self.headers, **options
        ) as response:
            return Answer(
                status=response.status,
                body=await response.read(),
                reason=response.reason or "",
                headers=dict(response.headers),
            )

    async def get(self, path: str, **params: str) -> Answer:
        """Send a GET with a query."""
        return await self.ask("GET", path, params=params)

    async def post(self, path: str, form: dict[str, str]) -> Answer:
        """Send a POST with a form."""
        return await self.ask("POST", path, data=form)

    async def put(self, path: str, data: object) -> Answer:
        """Send a PUT with JSON."""
        return await self.ask("PUT", path, json=data)

    async def text(self, **changed: str) -> Answer:
        """Send a text to Anna."""
        return await self.post(
            "/sms", {"from": "House", "to": ANNA, "message": "Hello"} | changed
        )

    async def mms(self, **changed: str) -> Answer:
        """Send a picture message to Anna."""
        return await self.post(
            "/mms", {"from": NUMBER, "to": ANNA, "message": "Hello"} | changed
        )

    async def subaccount(self, **form: str) -> Client:
        """Open a subaccount, and ask as it."""
        opened = (await self.post("/subaccounts", form)).json()
        headers = signed(opened["id"], opened["secret"])
        return Client(self.session, self.base, headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One callback as it arrived."""

    path: str
    form: dict[str, str]
    authorization: str | None
    content_type: str


@dataclass(slots=True)
class Customer:
    """The customer's server, which 46elks calls back, and fetches pictures and sound from.

    What has its own place in `documents` or `files` is found there, by its path; what is `slow` never comes.
    """

    url: str = ""
    picture: tuple[int, bytes] = (404, b"")
    documents: dict[str, object] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    slow: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    posts: list[Post] = field(default_factory=list)
    answers: deque[tuple[int, str]] = field(default_factory=deque)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.Response:
        """Note a callback, and give the next answer: 204, once there are no others."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        async with self.arrived:
            self.posts.append(
                Post(
                    path=request.path_qs,
                    form=form,
                    authorization=request.headers.get("Authorization"),
                    content_type=request.content_type,
                )
            )
            self.arrived.notify_all()
        await self._hesitate(request)
        document = self.documents.get(request.path)
        given = (204, "") if document is None else (200, json.dumps(document))
        status, text = self.answers.popleft() if self.answers else given
        return web.Response(status=status, text=text or None)

    async def show(self, request: web.Request) -> web.Response:
        """Answer with the picture; where it is one that was moved, with its new place."""
        await self._hesitate(request)
        status, body = self.picture
        if request.path in self.files:
            status, body = 200, self.files[request.path]
        headers = {"Location": "/elsewhere"} if status == 302 else None
        return web.Response(status=status, body=body, headers=headers)

    async def _hesitate(self, request: web.Request) -> None:
        if request.path == self.slow:
            self.asked.set()
            await self.closing.wait()

    async def wait_for(self, count: int) -> list[Post]:
        """Return the callbacks once there are so many."""
        async with asyncio.timeout(PATIENCE), self.arrived:
            await self.arrived.wait_for(lambda: len(self.posts) >= count)
        return self.posts

    async def statuses(self, count: int) -> list[str]:
        """Return the reported statuses once there are so many."""
        return [post.form["status"] for post in await self.wait_for(count)]


async def logged(
    simulator: Simulator, wanted: Callable[[list[Json]], bool]
) -> list[Json]:
    """Return the log once it is what is wanted."""
    async with asyncio.timeout(PATIENCE):
        return await simulator.log.wait_for(wanted)


@asynccontextmanager
async def serving(customer: Customer) -> AsyncIterator[None]:
    """Serve the customer's server on a free port."""
    app = web.Application()
    app.router.add_post("/{path:.*}", customer.handle)
    app.router.add_get("/{path:.*}", customer.show)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    customer.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield
    finally:
        customer.closing.set()
        await runner.cleanup()
