"""Endurance: what is left of very many posts in the memory of the house.

Every fourth is a text, the others are what 46elks posts of a call that comes in. What is kept of them has an end, so once
that is full nothing may be added.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
import secrets
from typing import TYPE_CHECKING, Final, override

import aiohttp

from ..figures import Claim, Readings
from . import Measurement, Scale
from .callbacks import text

if TYPE_CHECKING:
    # It needs what only the bench has.
    from ..house import BenchHouse

AT_ONCE: Final = 20
MEGABYTE: Final = 1024 * 1024
GROWTH_AT_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Endurance(Measurement):
    """Posts very many texts and calls."""

    scale: Scale
    name = "endurance"

    @property
    @override
    def claims(self) -> Sequence[Claim]:
        """What is added to the memory of the process, and what lies on the disk."""
        many = f"{self.scale.posts:,} posts"
        return [
            Claim(
                what=f"Memory added by {many}",
                unit="MB",
                of="memory",
                beside={},
                at_most=GROWTH_AT_MOST,
            ),
            Claim(
                what=f"Stored after {many}",
                unit="MB",
                of="stored",
                beside={},
                at_most=1,
            ),
        ]

    @override
    async def round(self, house: BenchHouse) -> Readings:
        """Post, and look what has become more."""
        before = house.process.memory_info().rss
        waiting = iter(range(self.scale.posts // 4))

        async def post(session: aiohttp.ClientSession) -> None:
            for _ in waiting:
                form = text()
                async with session.post(house.text_url, data=form) as answer:
                    await answer.read()
                call = {**form, "callid": f"c{secrets.token_hex(16)}"}
                call |= {"result": "newincoming"}
                async with session.post(house.call_url, data=call) as answer:
                    told = await answer.json(content_type=None)
                hangup = told.get("whenhangup", house.call_url)
                ended = {**call, "id": call["callid"], "state": "failed"}
                for _ in range(2):
                    async with session.post(hangup, data=ended) as answer:
                        await answer.read()

        async with aiohttp.ClientSession(raise_for_status=True) as session:
            await asyncio.gather(*(post(session) for _ in range(AT_ONCE)))
        added = house.process.memory_info().rss - before
        stored = await asyncio.to_thread(house.stored_bytes)
        return {
            "memory": max(added, 0) / MEGABYTE,
            "stored": stored / MEGABYTE,
        }
