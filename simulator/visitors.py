"""Who may come in: programs, and the simulator's own page in a browser, but no page of another site.

What steers the simulator can text a house, and the account's credentials are known to everybody. A browser does what any
site tells it, and a site's name may be made to lead here, so a request must have been sent to a name of this simulator,
and what a browser says of where it comes from must be this simulator too.
"""

from http import HTTPStatus
from ipaddress import ip_address
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from yarl import URL

from .config import Config

LOCALHOST: Final = "localhost"
# What can do something; the page itself may be opened by a link of another site.
_ACTING: Final = ("/simulator/", "/a1/")
_OWN_SITES: Final = frozenset({"none", "same-origin"})
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Visitors:
    """Tells the simulator's own visitors from what other sites have browsers do."""

    def __init__(self, config: Config) -> None:
        """Learn the names that the simulator has."""
        self._given = frozenset(name.lower() for name in config.names)
        served = () if is_everywhere(config.host) else (config.host.lower(),)
        self._names = self._given.union(served)

    def refusal(self, request: web.Request) -> tuple[str, HTTPStatus] | None:
        """Return what is wrong with where a request comes from, if anything is."""
        host = request.headers.get("Host", "")
        if not self._is_served(request, name := _name(f"//{host}")):
            return (
                f"This simulator is not {name or 'without a name'}. Start it with --name {name or 'NAME'} if it is to be",
                HTTPStatus.FORBIDDEN,
            )
        if not request.path.startswith(_ACTING):
            return None
        origin = request.headers.get("Origin")
        site = request.headers.get("Sec-Fetch-Site", "none")
        is_foreign = origin is not None and not self._is_own(origin, host)
        if is_foreign or site not in _OWN_SITES:
            return "Only the simulator's own page may do this", HTTPStatus.FORBIDDEN
        if not _is_said_in_json(request):
            return (
                "What is sent must have the Content-Type application/json",
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            )
        return None

    def _is_served(self, request: web.Request, name: str) -> bool:
        """Tell whether a name is this simulator's: this machine, the address it serves on, or one it was told."""
        if name in self._names or name == LOCALHOST or name.endswith(f".{LOCALHOST}"):
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or name == _arrived_at(request)

    def _is_own(self, origin: str, host: str) -> bool:
        """Tell whether a page was served by this simulator, perhaps through something in between."""
        return (
            origin.lower().partition("://")[2] == host.lower()
            or _name(origin) in self._given
        )


def is_everywhere(host: str) -> bool:
    """Tell whether an address to serve on stands for all there are."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return not host


def guard(visitors: Visitors) -> Middleware:
    """Return what turns away whoever may not come in, in the words of where they wanted to."""

    @web.middleware
    async def turn_away(request: web.Request, handler: Handler) -> web.StreamResponse:
        if (refusal := visitors.refusal(request)) is None:
            return await handler(request)
        text, status = refusal
        if request.path.startswith("/simulator/"):
            return web.json_response({"error": text}, status=status)
        return web.Response(text=text, status=status)

    return turn_away


def _is_said_in_json(request: web.Request) -> bool:
    """Tell whether what steers the simulator is written as no form of a browser can write it; sound says so itself."""
    if request.method in _READING or not request.path.startswith("/simulator/"):
        return True
    if not request.can_read_body:
        return True
    kind = request.content_type
    return kind == "application/json" or kind.startswith("audio/")


def _name(address: str) -> str:
    """Return the name in an address, empty where it has none."""
    try:
        return (URL(address).host or "").lower().rstrip(".")
    except ValueError:
        return ""


def _arrived_at(request: web.Request) -> str:
    """Return the address of this machine that a request was sent to."""
    if request.transport is None:
        return ""
    return str(request.transport.get_extra_info("sockname", ("",))[0])
