"""A house under load that is killed while everything goes wrong, and what must be true of it afterwards.

Texts go both ways and calls go out. Meanwhile Home Assistant is killed at random moments, 46elks drops, delays, doubles and
mixes up what it says, the house's clock jumps, and its disk refuses to be written to. Which of that happens, and after how
long a pause, comes of a seed.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
import json
from pathlib import Path
from random import Random
import resource
from socket import AF_UNIX, SOCK_DGRAM, socket
from time import monotonic
from typing import Final

import aiohttp

from demo import elks
from demo.house import INTEGRATIONS, Home, HomeError, House
from demo.process import free_port
from tests import Json, SimulatorControl, failing
from tests.calls import chirp

from .. import ANNA, ERIK, NUMBER, POLL_SECONDS, Town

HERE: Final = Path(__file__).parent
# What is not told any more by then never is: 46elks has long stopped repeating, and the history was looked through.
SETTLE_SECONDS: Final = 120
# Between announcing a text and having written that down.
WINDOW_SECONDS: Final = 1.0
PLENTY: Final = 100_000
FICTION: Final = [f"+447700900{last:03}" for last in range(1000)]
RESTLESS: Final = ("kill", "kill", "requests", "callbacks", "clock", "disk")
SENDING: Final = ("drop_before", "drop_after", "status", "delay")
TELLING: Final = ("duplicate", "reorder", "delay", "lose")


class Mischief:
    """What a seed makes happen, one thing after the other."""

    def __init__(self, seed: int) -> None:
        """Begin anew."""
        self._chance = Random(seed)

    def pause(self, least: float, most: float) -> float:
        """Return for how long to do nothing."""
        return self._chance.uniform(least, most)

    def next(self) -> str:
        """Return what is to go wrong next."""
        return self._chance.choice(RESTLESS)

    def requests(self) -> list[Json]:
        """Return how some requests to 46elks fail."""
        times, kind = self._chance.randint(1, 5), self._chance.choice(SENDING)
        what: Json = {"kind": kind, "times": times}
        if kind == "delay":
            what |= {"seconds": self.pause(0.1, 3), "accepted": self._coin()}
        if kind == "status":
            what |= {"status": self._chance.choice((500, 502, 503, 429))}
            what |= {"accepted": what["status"] != 429 and self._coin()}
        return [
            failing("sms", method="POST", **what),
            failing("calls", method="POST", **what),
            failing("*", method="GET", kind="drop_before", times=times),
        ]

    def callbacks(self) -> list[Json]:
        """Return how some posts of 46elks fail."""
        kind = self._chance.choice(TELLING)
        more = {"seconds": self.pause(1, 600)} if kind == "delay" else {}
        times = self._chance.randint(1, 10)
        return [
            {"match": {"callback": one}, "kind": kind, "times": times, **more}
            for one in ("sms", "delivery", "call", "hangup")
        ]

    def jump(self) -> float:
        """Return by how many seconds a clock is wrong."""
        return self._chance.choice((-7200, -90, 90, 3000, 7200))

    def _coin(self) -> bool:
        return self._chance.random() < 0.5


@dataclass(slots=True)
class Record:
    """What was done to the house, and what it told."""

    texts_in: set[str] = field(default_factory=set)
    texts_out: dict[str, str] = field(default_factory=dict)
    asked: list[float] = field(default_factory=list)
    callees: list[str] = field(default_factory=list)
    announced: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    kills: list[float] = field(default_factory=list)
    refusals: list[tuple[float, float]] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    @property
    def announced_again(self) -> dict[str, list[float]]:
        """Texts that were announced more than once, and when."""
        return {key: when for key, when in self.announced.items() if len(when) > 1}

    def is_excused(self, moments: list[float]) -> bool:
        """Tell whether each but the last was followed by a kill before it could be written down."""
        return all(
            any(
                first <= kill <= again
                and (kill - first < WINDOW_SECONDS or self._refused(first, kill))
                for kill in self.kills
            )
            for first, again in pairwise(moments)
        )

    @property
    def announced_again_on_refusal(self) -> int:
        """How many of these a refusing disk excuses, as it kept the first announcement from being written down."""
        at_kill = Record(kills=self.kills)
        again = self.announced_again.values()
        return sum(not at_kill.is_excused(moments) for moments in again)

    @property
    def unwritten(self) -> int:
        """How many texts went out while the disk refused: a kill takes away that the house knows of them."""
        return sum(self._refused(moment, moment) for moment in self.asked)

    def _refused(self, first: float, kill: float) -> bool:
        """Tell whether the disk refused from soon after an announcement until a kill."""
        return any(
            begin - WINDOW_SECONDS <= first and kill <= end + WINDOW_SECONDS
            for begin, end in self.refusals
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is true afterwards; all of the lists are empty where all is well."""

    lost: list[str]
    doubled: list[str]
    sent_twice: list[str]
    sent_and_gone: list[str]
    called_twice: list[str]
    unknown: int
    is_loaded: bool
    errors: list[str]

    @property
    def is_well(self) -> bool:
        """Tell whether nothing was lost, doubled or forgotten."""
        nothing = Outcome([], [], [], [], [], 0, True, [])
        return self == nothing


class Chaos:
    """A town in which nothing works for long."""

    def __init__(self, folder: Path, seed: int) -> None:
        """Choose a house in a folder, and what a seed does to it."""
        self.town = Town(folder)
        self.town.house = self.house = House(
            folder / "house",
            port=free_port(),
            simulator_url=self.town.simulator.url,
            config=HERE / "config",
            integrations=(INTEGRATIONS[0], HERE / "chaos_witness"),
        )
        self.record = Record()
        self._mischief = Mischief(seed)
        self._folder = folder / "house"
        self._house_is_up = asyncio.Event()
        self._entry_id = ""
        self._sound = self._folder / "media" / "alarm.wav"

    async def run(self, seconds: float) -> Outcome:
        """Let it go on for so long, and return what is true when all works again."""
        async with self._standing() as phones, self._witness():
            await self._furnish(phones)
            load = [
                asyncio.create_task(self._text_in(phones)),
                asyncio.create_task(self._text_out()),
                asyncio.create_task(self._call_out(phones)),
            ]
            end = monotonic() + seconds
            while monotonic() < end:
                await asyncio.sleep(self._mischief.pause(0.5, 4))
                what = self._mischief.next()
                self.record.done[what] += 1
                await getattr(self, f"_go_wrong_with_{what}")(phones)
            for task in load:
                task.cancel()
            await asyncio.gather(*load, return_exceptions=True)
            return await self._outcome(phones)

    @asynccontextmanager
    async def _standing(self) -> AsyncIterator[SimulatorControl]:
        """Have both processes as long as the context lasts."""
        try:
            await self.town.start()
            async with self.town.phones() as phones:
                yield phones
        finally:
            self._refuse_disk(is_refused=False)
            for process in self.town.processes:
                await process.kill()

    @asynccontextmanager
    async def _witness(self) -> AsyncIterator[None]:
        """Note what the house announces, in the moment in which it does."""
        inbox = socket(AF_UNIX, SOCK_DGRAM)
        inbox.bind(str(self._folder / "witness"))
        inbox.setblocking(False)

        def read() -> None:
            with suppress(BlockingIOError):
                while told := inbox.recv(1024):
                    self.record.announced[json.loads(told)].append(monotonic())

        loop = asyncio.get_running_loop()
        loop.add_reader(inbox, read)
        yield
        loop.remove_reader(inbox)
        inbox.close()

    async def _furnish(self, phones: SimulatorControl) -> None:
        """Connect the account, and start the house anew: a killed one forgets what is minutes old."""
        await asyncio.to_thread(self._sound.write_bytes, chirp())
        await phones.put_account(balance="100000.00")
        await phones.put_number(NUMBER)
        await phones.put_handset(ERIK)
        await phones.put_handset(ANNA)
        async with self.house.visit() as home:
            self._entry_id = await self.town.connect(home)
            await elks.set_options(
                home,
                self._entry_id,
                daily_spend_limit=PLENTY,
                hourly_message_limit=PLENTY,
                hourly_call_limit=PLENTY,
                allowed_countries=["SE", "GB"],
            )
        await self.house.process.stop()
        await self.house.start()
        self._house_is_up.set()

    async def _text_in(self, phones: SimulatorControl) -> None:
        """Text the house, whether it is there or not."""
        while True:
            self.record.texts_in.add(await phones.send_text(ERIK, NUMBER, "Status"))
            await asyncio.sleep(self._mischief.pause(0.05, 0.5))

    async def _text_out(self) -> None:
        """Have the house text, each time something else."""
        count = 0
        while True:
            await self._house_is_up.wait()
            with suppress(aiohttp.ClientError, HomeError, KeyError, TimeoutError):
                async with self.house.visit() as home:
                    while True:
                        count += 1
                        await self._send(home, f"Number {count}")
                        await asyncio.sleep(self._mischief.pause(0.05, 0.5))
            await asyncio.sleep(POLL_SECONDS)

    async def _send(self, home: Home, message: str) -> None:
        self.record.texts_out[message] = "asked"
        self.record.asked.append(monotonic())
        try:
            answer = await home.answer("elks46.send_sms", to=ANNA, message=message)
            self.record.texts_out[message] = answer["messages"][0].get("id", "refused")
        except HomeError:
            # It says what became of it: nothing, or nobody knows.
            self.record.texts_out[message] = "refused"

    async def _call_out(self, phones: SimulatorControl) -> None:
        """Have the house call somebody, nobody twice."""
        for callee in FICTION:
            await self._house_is_up.wait()
            self.record.callees.append(callee)
            with suppress(aiohttp.ClientError, HomeError, KeyError, TimeoutError):
                async with self.house.visit() as home:
                    await home.answer(
                        "elks46.place_call", to=callee, media=str(self._sound)
                    )
            await asyncio.sleep(self._mischief.pause(0.5, 3))

    async def _go_wrong_with_kill(self, phones: SimulatorControl) -> None:
        self._house_is_up.clear()
        self.record.kills.append(monotonic())
        await self.house.process.kill()
        await asyncio.sleep(self._mischief.pause(0, 3))
        await self.house.start()
        self._house_is_up.set()

    async def _go_wrong_with_requests(self, phones: SimulatorControl) -> None:
        await phones.fail(*self._mischief.requests())

    async def _go_wrong_with_callbacks(self, phones: SimulatorControl) -> None:
        await phones.fail(*self._mischief.callbacks())

    async def _go_wrong_with_clock(self, phones: SimulatorControl) -> None:
        with suppress(aiohttp.ClientError, HomeError):
            await self._set_clock(self._mischief.jump())
            await asyncio.sleep(self._mischief.pause(0.5, 3))
            await self._set_clock(0)

    async def _set_clock(self, seconds: float) -> None:
        async with self.house.visit() as home:
            await home.run("chaos_witness.jump", seconds=seconds)

    async def _go_wrong_with_disk(self, phones: SimulatorControl) -> None:
        begin = monotonic()
        self._refuse_disk(is_refused=True)
        await asyncio.sleep(self._mischief.pause(0.5, 3))
        if self._mischief.next() == "kill":
            # In the middle of that.
            await self._go_wrong_with_kill(phones)
            self.record.refusals.append((begin, monotonic()))
            return
        self._refuse_disk(is_refused=False)
        self.record.refusals.append((begin, monotonic()))

    def _refuse_disk(self, *, is_refused: bool) -> None:
        """Have the system let the house write nothing to any file, or all again."""
        if self.house.process.is_running and self.house.process.pid is not None:
            _, most = resource.prlimit(self.house.process.pid, resource.RLIMIT_FSIZE)
            at_most = 0 if is_refused else most
            resource.prlimit(
                self.house.process.pid, resource.RLIMIT_FSIZE, (at_most, most)
            )

    async def _outcome(self, phones: SimulatorControl) -> Outcome:
        """Let all work again, wait until nothing is under way, and look."""
        await phones.fail()
        async with self.house.visit() as home:
            await home.run("chaos_witness.jump", seconds=0)
        # Whatever was not told is found in the history now, as after any start.
        await self.house.process.stop()
        await self.house.start()
        end = monotonic() + SETTLE_SECONDS
        while monotonic() < end and not await self._is_settled(phones):
            await asyncio.sleep(POLL_SECONDS)
        record = self.record
        texts = [
            one for one in await phones.texts(ANNA) if one["direction"] == "incoming"
        ]
        there = Counter(one["message"] for one in texts)
        calls = await phones.control("GET", "calls")
        called = Counter(call["to"] for call in calls if call["to"] in record.callees)
        again = record.announced_again
        async with self.house.visit() as home:
            entries = await home.ask("config_entries/get", domain=elks.DOMAIN)
        log = await asyncio.to_thread(self._log)
        return Outcome(
            lost=sorted(record.texts_in - {*record.announced}),
            doubled=sorted(
                key for key, when in again.items() if not record.is_excused(when)
            ),
            sent_twice=sorted(text for text, count in there.items() if count > 1),
            sent_and_gone=sorted(
                text
                for text, fate in record.texts_out.items()
                if fate not in {"asked", "refused"} and text not in there
            ),
            called_twice=sorted(who for who, count in called.items() if count > 1),
            unknown=max(len(texts) - await self._known() - record.unwritten, 0),
            is_loaded=[one["state"] for one in entries] == ["loaded"],
            errors=[line for line in log if "Unexpected error" in line],
        )

    async def _is_settled(self, phones: SimulatorControl) -> bool:
        """Tell whether all that was texted was told, and all that was sent is known."""
        texts = await phones.texts(ANNA)
        count = sum(one["direction"] == "incoming" for one in texts)
        is_known = await self._known() >= count - self.record.unwritten
        return is_known and not self.record.texts_in - {*self.record.announced}

    async def _known(self) -> int:
        """Return how many texts the house knows that it has sent, each with its fate."""
        async with self.house.visit() as home:
            told = await home.get(f"{_DIAGNOSTICS}/{self._entry_id}")
        by_status: dict[str, int] = told["data"]["texts"]["by_status"]
        return sum(by_status.get(one, 0) for one in ("created", "sent", "delivered"))

    def _log(self) -> list[str]:
        path = self._folder / "home-assistant.log"
        files = [path, path.with_suffix(".log.1"), self.house.process.output]
        return [
            line
            for one in files
            if one.exists()
            for line in one.read_text(errors="replace").splitlines()
        ]


_DIAGNOSTICS: Final = "diagnostics/config_entry"
