"""How fast the phones' page is with ten phones and a thousand texts: the figures stand in the summary."""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from typing import Final

import aiohttp
from playwright.async_api import Page
import pytest_asyncio

from demo import elks
from demo.process import free_port

from .tracing import traced

NUMBER: Final = "+46701740690"
NUMBERS: Final = {
    f"+467017406{last:02}": letter for last, letter in enumerate("ABCDEFGHIJ", start=5)
}
TEXTS: Final = 1000
NEW: Final = 50
SHOWN_MS: Final = 100
BLOCKED_MS: Final = 50
# What other processes take from the machine only ever adds: the best round is the nearest to the page itself.
ROUNDS: Final = 3

# In the page alone: whoever looks at it from outside keeps it busy. From the moment a phone sends to the picture that has its text.
SEND: Final = """async ({ numbers, to, count, round }) => {
  const talks = [...document.querySelectorAll(".phone .talk")];
  const newest = () => talks.map((one) => one.lastElementChild?.querySelector(".words").textContent);
  const shows = (message) => new Promise((resolve) => {
    const look = () => (newest().includes(message) ? resolve(performance.now()) : requestAnimationFrame(look));
    requestAnimationFrame(look);
  });
  const took = [];
  for (let number = 0; number < count; number += 1) {
    const message = `New ${number} of round ${round}`;
    const body = JSON.stringify({ to, message });
    const began = performance.now();
    const seen = shows(message);
    await fetch(`/simulator/handsets/${encodeURIComponent(numbers[number % numbers.length])}/messages`, { method: "POST", body });
    took.push(await seen - began);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return took;
}"""
# Each phone shows its conversation to the end, or to where it is drawn.
LOADED: Final = """(phones) => [...document.querySelectorAll(".phone .talk")].filter((one) => one.children.length > 60).length === phones"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One visit to the page: how long new texts took to show, and its longest piece of work, alone and with all there was."""

    p95: float
    slowest: float
    own: float
    whole: float


@pytest_asyncio.fixture(loop_scope="session")
async def crowd(tmp_path: Path) -> AsyncGenerator[elks.Simulator]:
    """Return ten phones with a thousand texts, which another process looks after."""
    simulator = elks.Simulator(tmp_path, port=free_port())
    await simulator.start()
    url = f"{simulator.url}/simulator/handsets"
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        for number, letter in NUMBERS.items():
            await session.put(f"{url}/{number}", json={"name": f"Desk {letter}"})
        for count in range(TEXTS):
            text = {"to": NUMBER, "message": f"Text {count} of many"}
            number = [*NUMBERS][count % len(NUMBERS)]
            await session.post(f"{url}/{number}/messages", json=text)
    yield simulator
    await simulator.process.stop()


async def test_a_new_text_is_shown_at_once(
    crowd: elks.Simulator, page: Page, record_property: Callable[[str, object], None]
) -> None:
    """Also among many; and neither they nor it keep the page from answering."""
    rounds = [await visit(page, crowd, number) for number in range(ROUNDS)]
    p95, own = min(one.p95 for one in rounds), min(one.own for one in rounds)
    record_property(
        "figure",
        f"The phones' page, {len(NUMBERS)} phones, {TEXTS} texts: a new text shows after {p95:.0f} ms (p95 of {NEW}),"
        f" and the longest piece of work takes {own:.0f} ms: the best of"
        f" {', '.join(f'{one.p95:.0f} and {one.own:.0f}' for one in rounds)}. The slowest text and the longest wait of"
        f" all: {max(one.slowest for one in rounds):.0f} and {max(one.whole for one in rounds):.0f} ms",
    )
    assert p95 < SHOWN_MS
    assert own < BLOCKED_MS


async def visit(page: Page, crowd: elks.Simulator, number: int) -> Round:
    """Open the page and have new texts sent."""
    async with traced(page) as trace:
        await page.goto(crowd.url)
        await page.wait_for_function(LOADED, arg=len(NUMBERS))
        shown = await page.evaluate(
            SEND, {"numbers": [*NUMBERS], "to": NUMBER, "count": NEW, "round": number}
        )
    own, whole = trace.longest()
    p95 = quantiles(shown, n=20)[-1]
    return Round(p95=p95, slowest=max(shown), own=own, whole=whole)
