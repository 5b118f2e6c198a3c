"""How much memory what lives in the house takes, counted where it is taken."""

import gc
import tracemalloc

from aiohttp.web import Request, Response
from homeassistant.components.http import HomeAssistantView


class MemoryView(HomeAssistantView):
    """Lets the bench count; meanwhile everything takes several times as long."""

    url = "/api/bench_engine/memory"
    name = "api:bench_engine:memory"

    async def post(self, _: Request) -> Response:
        """Count from now on what is taken and not given back."""
        gc.collect()
        tracemalloc.start()
        return self.json({})

    async def get(self, _: Request) -> Response:
        """Tell how many bytes that is."""
        taken, _peak = tracemalloc.get_traced_memory()
        return self.json({"bytes": taken})

    async def delete(self, _: Request) -> Response:
        """Count no more."""
        tracemalloc.stop()
        return self.json({})
