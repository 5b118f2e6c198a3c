"""Many runs of an action, as an automation has that runs it for one after the other and for several at once."""

import asyncio
from time import monotonic
from typing import Any

from aiohttp.web import Request, Response
from homeassistant.components.http import KEY_HASS, HomeAssistantView


class ActionsView(HomeAssistantView):
    """Lets the bench run actions without a request for each."""

    url = "/api/bench_engine/actions"
    name = "api:bench_engine:actions"

    async def post(self, request: Request) -> Response:
        """Run an action with each of `rows`, so many at once, and tell how many seconds all took."""
        services = request.app[KEY_HASS].services
        order: dict[str, Any] = await request.json()
        domain, _, name = order["action"].partition(".")
        waiting = iter(order["rows"])

        async def run() -> None:
            for row in waiting:
                await services.async_call(domain, name, row, blocking=True)

        begun = monotonic()
        await asyncio.gather(*(run() for _ in range(order["at_once"])))
        return self.json({"seconds": monotonic() - begun})
