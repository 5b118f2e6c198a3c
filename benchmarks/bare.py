"""A server that does nothing but read a form and answer, as aiohttp does it: no handler can be faster."""

import sys

from aiohttp import web


async def answer(request: web.Request) -> web.Response:
    """Read what was posted."""
    await request.post()
    return web.Response(status=204)


if __name__ == "__main__":
    app = web.Application()
    app.router.add_route("*", "/", answer)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
