"""How long a page was kept busy, as the browser itself notes it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from playwright.async_api import Page

CATEGORIES: Final = ["toplevel", "__metadata"]
# The thread on which a page runs, is laid out and is drawn.
MAIN: Final = "CrRendererMain"


@dataclass(slots=True)
class Trace:
    """The pieces of work of pages, in the order the browser tells them."""

    events: list[dict[str, Any]] = field(default_factory=list)

    def longest(self) -> tuple[float, float]:
        """Return how many milliseconds the longest piece took: of the page's own, and with what the machine took from it."""
        threads = {
            (one["pid"], one["tid"])
            for one in self.events
            if one["name"] == "thread_name" and one["args"]["name"] == MAIN
        }
        pieces = [
            (one["tdur"] / 1000, one["dur"] / 1000)
            for one in self.events
            if (one["pid"], one["tid"]) in threads and "tdur" in one
        ]
        return max(own for own, _ in pieces), max(all_of_it for _, all_of_it in pieces)


@asynccontextmanager
async def traced(page: Page) -> AsyncIterator[Trace]:
    """Note what a page does; the trace is whole afterwards."""
    trace = Trace()
    whole = asyncio.Event()
    session = await page.context.new_cdp_session(page)
    session.on("Tracing.dataCollected", lambda data: trace.events.extend(data["value"]))
    session.on("Tracing.tracingComplete", lambda _: whole.set())
    await session.send(
        "Tracing.start",
        {
            "traceConfig": {"includedCategories": CATEGORIES},
            "transferMode": "ReportEvents",
        },
    )
    yield trace
    await session.send("Tracing.end")
    await whole.wait()
