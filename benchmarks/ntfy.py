"""A server of ntfy's protocol for Home Assistant's own `ntfy`: somebody without an account, and topics where nothing ever happens.

https://docs.ntfy.sh/subscribe/api and, as its own page reads it, `/v1/account`.
"""

import sys
from typing import Final

from aiohttp import web

_SIZES: Final = ("attachment_total_size", "attachment_file_size")
_COUNTS: Final = ("messages", "emails", "calls", "reservations")
ACCOUNT: Final = {
    "username": "*",
    "role": "anonymous",
    "limits": {
        "basis": "ip",
        **dict.fromkeys((*_COUNTS, *_SIZES), 250),
        "messages_expiry_duration": 43_200,
        "attachment_expiry_duration": 10_800,
        "attachment_bandwidth": 500_000_000,
    },
    "stats": {
        name: 0
        for count in (*_COUNTS, "attachment_total_size")
        for name in (count, f"{count}_remaining")
    },
}


async def account(_: web.Request) -> web.Response:
    """Tell what somebody without an account may do."""
    return web.json_response(ACCOUNT)


async def allow(_: web.Request) -> web.Response:
    """Let everybody read everything."""
    return web.json_response({"success": True})


async def refuse(_: web.Request) -> web.Response:
    """Tell only who runs the server which version it has."""
    told = {"code": 40401, "http": 404, "error": "page not found"}
    return web.json_response(told, status=404)


async def subscribe(request: web.Request) -> web.WebSocketResponse:
    """Have nothing to tell, until whoever asks goes away."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for _ in socket:
        pass
    return socket


if __name__ == "__main__":
    app = web.Application()
    app.router.add_get("/v1/account", account)
    app.router.add_get("/v1/version", refuse)
    app.router.add_get("/{topic}/auth", allow)
    app.router.add_get("/{topic}/ws", subscribe)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
