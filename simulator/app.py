"""How the simulator is put together and started."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from aiohttp import web

from .access import Access
from .account import Account
from .addresses import Addresses
from .bills import Bills
from .call_control import CallControl
from .callbacks import Callbacks
from .calls import Calls
from .clock import Clock
from .config import Config
from .control import Control, control_errors
from .conversation import Tools
from .door import PREFIX, Door
from .events import Events
from .exchange import Exchange
from .faults import Faults
from .fetches import Fetches
from .handsets import Handsets
from .images import Images
from .lines import Lines
from .log import Log
from .messages import Messages
from .mms import Mms
from .network import Network
from .numbers import Numbers
from .pictures import MAX_PICTURE_BYTES, Pictures
from .programs import Programs
from .rental import Rental
from .seeds import Seeds
from .shelf import Shelf
from .sms import Sms
from .sources import Sources
from .subaccounts import Subaccounts
from .tasks import Tasks
from .till import Till
from .visitors import Visitors, guard, is_everywhere

# The pictures of a message, which base64 and a form make half as large again, and some text.
_MAX_BODY: Final = 2 * MAX_PICTURE_BYTES
# What is under way when the simulator stops is not waited for.
_SHUTDOWN_SECONDS: Final = 1.0
_WEB: Final = Path(__file__).parent / "web"
_TYPES: Final = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


class Simulator:
    """46elks, its phones, and what steers them."""

    def __init__(self, config: Config) -> None:
        """Put everything in its place."""
        self.config = config
        self.url = ""
        self.clock = Clock(config.speed)
        self.events = Events()
        self.log = Log(self.events)
        self.faults = Faults()
        self._tasks = Tasks()
        addresses = Addresses(config.allow_hosts)
        self.account = Account(config, self.events)
        self.numbers = Numbers(self.clock, self.account, addresses, config.numbers)
        self.subaccounts = Subaccounts(self.clock, self.account, self.numbers)
        self.bills = Bills(self.clock, self.account, self.subaccounts)
        self.handsets = Handsets(self.clock, self.events, config.phones)
        self.shelf = Shelf()
        self.images = Images(self.clock)
        self.messages = Messages(self.clock, self.account, self.bills, self.images)
        self.calls = Calls(self.clock)
        self._fetches = Fetches(self.clock, self.log)
        self._callbacks = Callbacks(self.clock, self._tasks, self.faults, self.log)
        self.network = Network(
            clock=self.clock,
            tasks=self._tasks,
            messages=self.messages,
            numbers=self.numbers,
            handsets=self.handsets,
            callbacks=self._callbacks,
        )
        lines = Lines(
            clock=self.clock,
            tasks=self._tasks,
            account=self.account,
            numbers=self.numbers,
            handsets=self.handsets,
            shelf=self.shelf,
            programs=Programs(
                clock=self.clock,
                tasks=self._tasks,
                addresses=addresses,
                faults=self.faults,
                log=self.log,
                account=self.account,
            ),
        )
        tools = Tools(
            clock=self.clock,
            events=self.events,
            addresses=addresses,
            callbacks=self._callbacks,
            calls=self.calls,
            numbers=self.numbers,
            lines=lines,
            shelf=self.shelf,
            sources=Sources(addresses, self._fetches),
            till=Till(self.clock, self.account, self.bills),
        )
        self.exchange = Exchange(tools, self._tasks, self.account)
        self.call_control = CallControl(
            clock=self.clock,
            exchange=self.exchange,
            handsets=self.handsets,
            numbers=self.numbers,
            lines=lines,
        )
        sms = Sms(
            account=self.account,
            addresses=addresses,
            messages=self.messages,
            numbers=self.numbers,
            network=self.network,
        )
        mms = Mms(
            account=self.account,
            messages=self.messages,
            images=self.images,
            pictures=Pictures(addresses, self._fetches, self.shelf),
            numbers=self.numbers,
            handsets=self.handsets,
            network=self.network,
        )
        rental = Rental(
            clock=self.clock,
            account=self.account,
            bills=self.bills,
            numbers=self.numbers,
            handsets=self.handsets,
        )
        self.seeds = Seeds(
            clock=self.clock,
            account=self.account,
            subaccounts=self.subaccounts,
            bills=self.bills,
            messages=self.messages,
            numbers=self.numbers,
            calls=self.calls,
            shelf=self.shelf,
        )
        rooms = (
            self.account,
            self.subaccounts,
            self.bills,
            self.numbers,
            rental,
            sms,
            mms,
            self.images,
            self.calls,
            self.exchange,
        )
        self.door = Door(
            clock=self.clock,
            access=Access(config, self.account, self.subaccounts),
            faults=self.faults,
            log=self.log,
            rooms=[room.routes() for room in rooms],
        )

    @property
    def api_url(self) -> str:
        """Return where the API is, as a customer configures it."""
        return self.url + PREFIX.rstrip("/")

    async def open(self) -> None:
        """Be ready to call out."""
        self._callbacks.open()
        self._fetches.open()

    async def close(self) -> None:
        """End everything that is under way."""
        self.events.close()
        await self._tasks.cancel()
        await self._callbacks.close()
        await self._fetches.close()

    async def reset(self) -> None:
        """Make everything as it was at the start; what is under way is forgotten."""
        self.door.reset()
        await self._tasks.cancel()
        for part in (
            self.account,
            self.subaccounts,
            self.bills,
            self.faults,
            self.log,
            self.messages,
            self.images,
            self.calls,
            self.network,
            self.numbers,
            self.handsets,
            self.shelf,
            self._fetches,
            self.exchange,
            self.clock,
        ):
            part.reset()
        self.account.changed()
        self.events.reset()


def create_app(simulator: Simulator) -> web.Application:
    """Return the web application of a simulator, which it opens and closes."""
    app = web.Application(
        client_max_size=_MAX_BODY,
        middlewares=[guard(Visitors(simulator.config)), control_errors],
    )
    app.router.add_route("*", PREFIX + "{path:.*}", simulator.door.handle)
    Control(simulator).add_routes(app)
    for name, page in _pages().items():
        app.router.add_get(f"/{name}", page.serve)

    async def lifetime(_app: web.Application) -> AsyncIterator[None]:
        await simulator.open()
        yield
        await simulator.close()

    async def let_go(_app: web.Application) -> None:
        simulator.events.close()

    app.cleanup_ctx.append(lifetime)
    app.on_shutdown.append(let_go)
    return app


def _pages() -> dict[str, _Page]:
    """Return the page for people, by path."""
    pages = {
        path.name: _Page(path)
        for path in sorted(_WEB.iterdir())
        if path.suffix in _TYPES
    }
    return {"" if name == "index.html" else name: page for name, page in pages.items()}


class _Page:
    """One file of the page for people, which loads nothing from elsewhere."""

    def __init__(self, path: Path) -> None:
        self._body = path.read_bytes()
        self._type = _TYPES[path.suffix]

    async def serve(self, _request: web.Request) -> web.Response:
        """Answer with the file."""
        headers = {
            "Cache-Control": "no-cache",
            "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
        }
        return web.Response(
            body=self._body, content_type=self._type, charset="utf-8", headers=headers
        )


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[Simulator]:
    """Serve a simulator while the context lasts; its `url` tells where."""
    simulator = Simulator(config)
    runner = web.AppRunner(
        create_app(simulator), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, config.host, config.port)
        await site.start()
        port = runner.addresses[0][1]
        host = config.host
        if is_everywhere(host):
            host = "::1" if ":" in host else "127.0.0.1"
        simulator.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        simulator.network.serve_at(simulator.api_url)
        simulator.exchange.serve_at(simulator.api_url)
        yield simulator
    finally:
        await runner.cleanup()
