"""Callbacks: how long it takes until a post of a text is answered, and until it is an event on the bus.

Beside it, an automation of Home Assistant's own that fires an event for each post to its webhook, the webhook of `twilio`,
which fires one and does nothing else, and a server that only answers. Events are told to the bench over the same kind of
socket. All of it is measured with the recorder off and on. One that is off still looks at each event, and drops it.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
import secrets
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, override

import aiohttp

from ..figures import Claim, Readings, percentile
from ..lines import LineError
from . import MS, Measurement, Scale

if TYPE_CHECKING:
    # It needs what only the bench has.
    from ..house import BenchHouse

OURS: Final = "elks46"
AUTOMATION: Final = "webhook automation"
TWILIO: Final = "twilio"
BARE: Final = "aiohttp"
# What each tells on the bus.
EVENTS: Final = {
    OURS: "elks46_sms_received",
    AUTOMATION: "bench_text",
    TWILIO: "twilio_data_received",
}
# What is said of a figure, by whether there is a recorder.
RECORDER: Final = {False: "", True: ", recorder on"}
AT_ONCE: Final = 50
# A text more of less than this is no slower one.
PATIENCE: Final = 30
HALF: Final = 0.5
NEARLY_ALL: Final = 0.99


@dataclass(frozen=True, slots=True)
class Callbacks(Measurement):
    """Posts texts, one after the other and then many at once."""

    scale: Scale
    name = "callbacks"

    @property
    @override
    def claims(self) -> Sequence[Claim]:
        """For one at a time and many at once: the answer, the event, and all of them; without and with a recorder."""
        claims = []
        for recorder in RECORDER.values():
            for count in (1, AT_ONCE):
                how = f"{count} at once{recorder}"
                for what, of, limit in (
                    ("Text posted to answer", "answer p50", 1.0),
                    ("Text posted to answer, p99", "answer p99", 1.5),
                    ("Text posted to event", "event p50", 1.0),
                    ("Text posted to event, p99", "event p99", 1.5),
                    ("Time for each of many texts", "each", 1.0),
                ):
                    beside = [AUTOMATION, TWILIO]
                    if "event" not in of:
                        beside.append(BARE)
                    claims.append(
                        Claim(
                            what=f"{what}, {how}",
                            unit="ms",
                            of=f"{of} {how} {OURS}",
                            beside={who: f"{of} {how} {who}" for who in beside},
                            at_most_ratio=limit,
                        )
                    )
        return claims

    @override
    async def round(self, house: BenchHouse) -> Readings:
        """Post to each, in turns."""
        urls = {
            OURS: house.text_url,
            AUTOMATION: house.automation_url,
            TWILIO: house.twilio_url,
            BARE: house.bare_url,
        }
        readings: dict[str, float] = {}
        for is_on, recorder in RECORDER.items():
            async with house.recording() if is_on else nullcontext():
                for count in (1, AT_ONCE):
                    how = f"{count} at once{recorder}"
                    for who, url in urls.items():
                        posted = await self._post(house, who, url, count)
                        readings |= {
                            f"{of} {how} {who}": ms for of, ms in posted.items()
                        }
                        # Or what one leaves to the recorder would be done during the next.
                        await house.recorded()
        return readings

    async def _post(
        self, house: BenchHouse, who: str, url: str, count: int
    ) -> Mapping[str, float]:
        """Post so many at once, until all are posted, and return what that took."""
        told: dict[str, float] = {}
        sent: dict[str, float] = {}
        answered: list[float] = []
        waiting = iter(range(self.scale.texts))

        async def post(session: aiohttp.ClientSession) -> None:
            for _ in waiting:
                form = text()
                sent[form["id"]] = begun = monotonic()
                async with session.post(url, data=form) as answer:
                    await answer.read()
                answered.append(monotonic() - begun)

        async with AsyncExitStack() as stack:
            heard = asyncio.Event()
            if (kind := EVENTS.get(who)) is not None:
                events = await stack.enter_async_context(house.home.events(kind))
                listening = asyncio.create_task(
                    _listen(events, told, self.scale.texts, heard)
                )
                stack.callback(listening.cancel)
            else:
                heard.set()
            session = await stack.enter_async_context(aiohttp.ClientSession())
            begun = monotonic()
            await asyncio.gather(*(post(session) for _ in range(count)))
            took = monotonic() - begun
            try:
                async with asyncio.timeout(PATIENCE):
                    await heard.wait()
            except TimeoutError:
                raise LineError(f"{who}: {len(told)} of {len(sent)} texts") from None
        late = [moment - sent[text_id] for text_id, moment in told.items()]
        readings = {
            "answer p50": MS * percentile(answered, HALF),
            "answer p99": MS * percentile(answered, NEARLY_ALL),
            "each": MS * took / len(sent),
        }
        if late:
            readings["event p50"] = MS * percentile(late, HALF)
            readings["event p99"] = MS * percentile(late, NEARLY_ALL)
        return readings


async def _listen(
    events: AsyncIterator[Mapping[str, Any]],
    told: dict[str, float],
    count: int,
    heard: asyncio.Event,
) -> None:
    """Note when each is told, until all are."""
    async for event in events:
        told[event["id"]] = monotonic()
        if len(told) == count:
            heard.set()


def text() -> dict[str, str]:
    """Return a text as 46elks posts it."""
    return {
        "direction": "incoming",
        "id": f"s{secrets.token_hex(16)}",
        "from": "+46701740605",
        "to": "+46766861004",
        "created": datetime.now(UTC).replace(tzinfo=None).isoformat(),
        "message": "How is the house?",
    }
