"""How fast the phones' page is with ten phones and a thousand texts: the figures stand in the summary."""

from collections.abc import Callable
from statistics import quantiles
from typing import Final

from playwright.async_api import Page

from simulator.app import Simulator

from .tracing import traced

NUMBER: Final = "+46701740690"
LETTERS: Final = "ABCDEFGHIJ"
PHONES: Final = len(LETTERS)
TEXTS: Final = 1000
NEW: Final = 100
SHOWN_MS: Final = 100
BLOCKED_MS: Final = 50
EVERY_MS: Final = 20

# In the page alone: whoever looks at it from outside keeps it busy. From the moment a phone sends to the picture that has its text.
SEND: Final = """async ({ numbers, to, count, every }) => {
  const talks = [...document.querySelectorAll(".phone .talk")];
  const newest = () => talks.map((one) => one.lastElementChild?.querySelector(".words").textContent);
  const shows = (message) => new Promise((resolve) => {
    const look = () => (newest().includes(message) ? resolve(performance.now()) : requestAnimationFrame(look));
    requestAnimationFrame(look);
  });
  const took = [];
  for (let number = 0; number < count; number += 1) {
    const message = `New ${number}`;
    const body = JSON.stringify({ to, message });
    const began = performance.now();
    const seen = shows(message);
    await fetch(`/simulator/handsets/${encodeURIComponent(numbers[number % numbers.length])}/messages`, { method: "POST", body });
    took.push(await seen - began);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
  return took;
}"""
LOADED: Final = """(last) => [...document.querySelectorAll(".phone .talk")].some((one) => one.lastElementChild?.textContent.includes(last))"""


async def test_a_new_text_is_shown_at_once(
    page: Page, simulator: Simulator, record_property: Callable[[str, object], None]
) -> None:
    """Also among many; and neither they nor it keep the page from answering."""
    numbers = [f"+467017406{5 + last:02}" for last in range(PHONES)]
    for number, letter in zip(numbers, LETTERS, strict=True):
        simulator.handsets.put(number, name=f"Desk {letter}")
    for count in range(TEXTS):
        simulator.network.send_from_handset(
            numbers[count % PHONES], NUMBER, f"Text {count} of many", ()
        )
    async with traced(page) as trace:
        await page.goto(simulator.url)
        await page.wait_for_function(LOADED, arg=f"Text {TEXTS - 1} of many")
        shown = await page.evaluate(
            SEND, {"numbers": numbers, "to": NUMBER, "count": NEW, "every": EVERY_MS}
        )
    p95 = quantiles(shown, n=20)[-1]
    own, with_the_rest = trace.longest()
    record_property(
        "figure",
        f"The phones' page, {PHONES} phones, {TEXTS} texts: a new text shows after {p95:.0f} ms (p95 of {NEW}; the"
        f" slowest {max(shown):.0f} ms); the longest piece of work takes {own:.0f} ms, with what the machine does"
        f" meanwhile {with_the_rest:.0f} ms",
    )
    assert p95 < SHOWN_MS
    assert own < BLOCKED_MS
