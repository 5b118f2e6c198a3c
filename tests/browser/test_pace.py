"""How fast the phones' page is with ten phones and a thousand texts: the figures stand in the summary."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
import os
from pathlib import Path
from statistics import quantiles
import time
from typing import Final, Self

import aiohttp
from playwright.async_api import (
    Browser,
    Page,
    TimeoutError as PlaywrightTimeoutError,
    expect,
)
import pytest
import pytest_asyncio

from demo import elks
from demo.process import free_port
from simulator.config import DEFAULT_PASSWORD, DEFAULT_USERNAME
from tests.simulator import Customer, serving

from .conftest import HEIGHT, WIDTH
from .tracing import Trace, traced

NUMBER: Final = "+46701740690"
PHONES: Final = {
    f"+467017406{last:02}": f"Desk {letter}"
    for last, letter in enumerate("ABCDEFGHIJ", start=5)
}
# They come while somebody looks at the page, and a few more once the page is opened with all of them in it.
TEXTS: Final = 1000
MORE: Final = 100
TEXTS_A_SECOND: Final = 50
# The operator's seconds are milliseconds: what is measured is the page.
SPEED: Final = 1000
SHOWN_MS: Final = 100
BLOCKED_MS: Final = 50
# Where an empty page is later than this once in twenty times, it is the machine that is slow.
BUSY_MS: Final = 5
# How often it is tried where it falls short, each time as a whole; all figures are told.
TRIES: Final = 3
PATIENCE_MS: Final = 30_000

# Notes when each text is on the screen: it is in sight in its conversation, and the picture with it has been made, since the
# next one is begun. What keeps the page busy for more than 50 ms the browser itself notes, and which scripts had a part in it.
EYE: Final = """
window.shown = {};
window.long = [];
window.scripts = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) long.push(duration);
}).observe({ type: "longtask", buffered: true });
new PerformanceObserver((list) => {
  for (const frame of list.getEntries()) for (const { duration } of frame.scripts) scripts.push(duration);
}).observe({ type: "long-animation-frame", buffered: true });
const eyes = new Map();
function seen(entries, eye) {
  for (const { target } of entries.filter((one) => one.isIntersecting)) {
    eye.unobserve(target);
    const words = target.querySelector(".words").textContent;
    requestAnimationFrame(() => { shown[words] ??= performance.timeOrigin + performance.now(); });
  }
}
const look = (bubble) => {
  if (!bubble.querySelector?.(".words")?.textContent.startsWith("Text ")) return;
  const root = bubble.closest(".scroll");
  if (!eyes.has(root)) eyes.set(root, new IntersectionObserver(seen, { root }));
  eyes.get(root).observe(bubble);
};
new MutationObserver((changes) => {
  for (const { addedNodes } of changes) addedNodes.forEach(look);
}).observe(document, { childList: true, subtree: true });
"""
# An empty page beside it, which sees how late the machine is with a little work that is always the same.
CALIBRATE: Final = """() => {
  window.late = [];
  let quickest = Infinity;
  const work = () => {
    let sum = 0;
    for (let number = 0; number < 1_000_000; number += 1) sum += Math.sqrt(number);
    return sum;
  };
  const tick = (due) => {
    const began = performance.now();
    work();
    const took = performance.now() - began;
    quickest = Math.min(quickest, took);
    late.push(Math.max(began - due, 0) + took - quickest);
    const next = performance.now() + 50;
    setTimeout(tick, 50, next);
  };
  for (let number = 0; number < 20; number += 1) work();
  tick(performance.now());
}"""
# As somebody does it: written on a phone, and sent. When it was is returned.
WRITE: Final = """([name, words]) => {
  const form = document.querySelector(`.phone[aria-label="Phone of ${name}"] form.write`);
  form.message.value = words;
  const began = performance.timeOrigin + performance.now();
  form.requestSubmit();
  return began;
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit to the page: how long each text took to be seen, and what kept the page busy, all in milliseconds.

    `missing` are texts that were never in sight, and `late` is how late an empty page was with its work meanwhile.
    """

    took: Sequence[float]
    missing: Sequence[str]
    long: Sequence[float]
    scripts: Sequence[float]
    own: float
    whole: float
    late: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Run:
    """All visits of one run, together."""

    visits: Sequence[Visit]
    load: float

    @property
    def took(self) -> list[float]:
        """How long each text took, of all visits."""
        return list(chain.from_iterable(one.took for one in self.visits))

    @property
    def missing(self) -> list[str]:
        """What was sent and never in sight."""
        return list(chain.from_iterable(one.missing for one in self.visits))

    @property
    def p95(self) -> float:
        """Within what time all but one in twenty texts were seen."""
        return quantiles(self.took, n=20)[-1]

    @property
    def blocked(self) -> float:
        """The longest time that anything kept the page from answering; the browser counts from 50 ms on."""
        return max(chain.from_iterable(one.long for one in self.visits), default=0.0)

    @property
    def late(self) -> float:
        """How late the machine is, once in twenty times."""
        return max(quantiles(one.late, n=20)[-1] for one in self.visits)

    @property
    def is_good(self) -> bool:
        """Whether the page kept what it promises."""
        return not self.missing and self.p95 < SHOWN_MS and self.blocked <= BLOCKED_MS

    def __str__(self) -> str:
        """Return the figures."""
        took = self.took
        scripts = max(
            chain.from_iterable(one.scripts for one in self.visits), default=0.0
        )
        whole = ", ".join(
            f"{one.whole:.0f} ({one.own:.0f} of CPU)" for one in self.visits
        )
        return (
            f"{len(took)} texts seen after {self.p95:.0f} ms (p95; median {quantiles(took, n=2)[0]:.0f}, slowest"
            f" {max(took):.0f}), {len(self.missing)} not; longest task that the browser notes {self.blocked:.0f} ms,"
            f" longest script in a long frame {scripts:.0f} ms, longest task of each visit {whole} ms; an empty page"
            f" was {self.late:.0f} ms late (p95), load {self.load:.1f}"
        )


@pytest_asyncio.fixture(loop_scope="session")
async def customer() -> AsyncGenerator[Customer]:
    """Return what is told of each text, so that the log has much to show."""
    customer = Customer()
    async with serving(customer):
        yield customer


@pytest_asyncio.fixture(loop_scope="session")
async def crowd(tmp_path: Path) -> AsyncGenerator[elks.Simulator]:
    """Return phones that another process looks after."""
    simulator = elks.Simulator(tmp_path, port=free_port(), speed=SPEED)
    await simulator.start()
    yield simulator
    await simulator.process.stop()


async def test_a_new_text_is_shown_at_once(
    crowd: elks.Simulator,
    customer: Customer,
    browser: Browser,
    record_property: Callable[[str, object], None],
) -> None:
    """Also among many, and in what sends them; and nothing keeps the page from answering, from when it is opened."""
    runs = [run async for run in tried(browser, crowd, customer)]
    for run in runs:
        record_property("figure", f"The phones' page, {len(PHONES)} phones: {run}")
    run = runs[-1]
    # Where an empty page is late in each of them, what falls short is the machine.
    if not run.is_good and all(one.late > BUSY_MS for one in runs):
        pytest.skip(f"The machine was too busy to tell, {TRIES} times: {run}")
    assert run.missing == []
    assert run.p95 < SHOWN_MS, str(run)
    assert run.blocked <= BLOCKED_MS, str(run)


async def tried(
    browser: Browser, crowd: elks.Simulator, customer: Customer
) -> AsyncGenerator[Run]:
    """Yield one run, and another as long as the one before fell short: other programs take their time, too."""
    for _ in range(TRIES):
        async with House(crowd, customer) as house:
            await house.prepare()
            visits = [
                await visit(browser, house, range(TEXTS)),
                await visit(browser, house, range(TEXTS, TEXTS + MORE)),
            ]
        run = Run(visits=visits, load=os.getloadavg()[0])
        yield run
        if run.is_good:
            return


class House:
    """What texts the phones, as an account of 46elks."""

    def __init__(self, crowd: elks.Simulator, customer: Customer) -> None:
        """Learn where 46elks is, and where it tells what came of a text."""
        self.url = crowd.url
        self._api_url = crowd.api_url
        self._told = customer.url
        login = aiohttp.encode_basic_auth(DEFAULT_USERNAME, DEFAULT_PASSWORD)
        self._headers = {"Authorization": login}

    async def __aenter__(self) -> Self:
        """Be ready to text."""
        self._session = aiohttp.ClientSession(raise_for_status=True)
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Hang up."""
        await self._session.close()

    async def prepare(self) -> None:
        """Have ten phones without a text, and money enough."""
        steer = f"{self.url}/simulator"
        await self._session.post(f"{steer}/reset")
        await self._session.put(f"{steer}/account", json={"balance": "10000"})
        number = {"sms_url": self._told}
        await self._session.put(f"{steer}/numbers/{NUMBER}", json=number)
        for number_, name in PHONES.items():
            await self._session.put(f"{steer}/handsets/{number_}", json={"name": name})

    async def text(self, count: int) -> tuple[str, float]:
        """Text one of the phones, and return what and when, in Unix time in milliseconds."""
        words = f"Text {count} of many"
        form = {
            "from": NUMBER,
            "to": [*PHONES][count % len(PHONES)],
            "message": words,
            "whendelivered": self._told,
        }
        began = time.time() * 1000
        url = f"{self._api_url}/sms"
        async with self._session.post(url, data=form, headers=self._headers):
            return words, began


async def visit(browser: Browser, house: House, counts: range) -> Visit:
    """Open the page anew, and have texts come and go at a steady pace."""
    page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    empty = await browser.new_page()
    try:
        await empty.evaluate(CALIBRATE)
        await page.add_init_script(EYE)
        async with traced(page) as trace:
            await page.goto(house.url)
            await page.get_by_text("live", exact=True).wait_for()
            # Each phone shows the conversation with the house: now somebody can look, and write.
            await expect(page.locator("form.write:visible")).to_have_count(len(PHONES))
            sent = dict(
                chain.from_iterable(
                    await asyncio.gather(receive(house, counts), write(page, counts))
                )
            )
            shown = await seen(page, sent)
        return await _told(page, empty, trace, sent, shown)
    finally:
        await page.context.close()
        await empty.context.close()


async def receive(house: House, counts: range) -> list[tuple[str, float]]:
    """Have texts come, each at its time, and return which and when."""
    began = asyncio.get_running_loop().time()
    under_way = []
    for index, count in enumerate(counts):
        await asyncio.sleep(
            began + index / TEXTS_A_SECOND - asyncio.get_running_loop().time()
        )
        under_way.append(asyncio.create_task(house.text(count)))
    return await asyncio.gather(*under_way)


async def write(page: Page, counts: range) -> list[tuple[str, float]]:
    """Write a text on a phone in between, each half second, and return which and when."""
    sent = []
    for index, count in enumerate(counts[:: TEXTS_A_SECOND // 2]):
        words = f"Text to the house, {count}"
        name = [*PHONES.values()][index % len(PHONES)]
        sent.append((words, await page.evaluate(WRITE, [name, words])))
        await asyncio.sleep(0.5)
    return sent


async def seen(page: Page, sent: dict[str, float]) -> dict[str, float]:
    """Return when each text was on the screen, once all were, or have had their time."""
    with suppress(PlaywrightTimeoutError):
        await page.wait_for_function(
            "(count) => Object.keys(shown).length >= count",
            arg=len(sent),
            polling=500,
            timeout=PATIENCE_MS,
        )
    shown: dict[str, float] = await page.evaluate("shown")
    return shown


async def _told(
    page: Page,
    empty: Page,
    trace: Trace,
    sent: dict[str, float],
    shown: dict[str, float],
) -> Visit:
    own, whole = trace.longest()
    return Visit(
        took=[shown[words] - began for words, began in sent.items() if words in shown],
        missing=[words for words in sent if words not in shown],
        long=await page.evaluate("long"),
        scripts=await page.evaluate("scripts"),
        own=own,
        whole=whole,
        late=await empty.evaluate("late"),
    )
