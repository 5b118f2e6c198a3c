"""How the bench steers 46elks' stand-in, and what it reads of what was asked there."""

from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from simulator.config import DEFAULT_PASSWORD, DEFAULT_USERNAME

LOGIN: Final = {
    "Authorization": aiohttp.encode_basic_auth(DEFAULT_USERNAME, DEFAULT_PASSWORD)
}


class SimulatorControl:
    """One stand-in for 46elks."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Steer the one that serves at an address."""
        self.api_url = f"{url}/a1"
        self._session = session
        self._url = f"{url}/simulator"

    async def answer_texts_after(
        self, seconds: float, *, times: int | None = None
    ) -> None:
        """Take so long over each text from now on, or over so many; no seconds are none."""
        delay = {
            "match": {"method": "POST", "path": "/a1/sms"},
            "kind": "delay",
            "seconds": seconds,
            "times": times,
        }
        await self._ask("PUT", "faults", [delay] if seconds else [])

    async def delays_left(self) -> bool:
        """Tell whether some of the texts that are to be taken long over have not come yet."""
        return bool(await self._ask("GET", "faults"))

    async def position(self) -> int:
        """Return the number of what has happened last."""
        last = await self._ask("GET", "log?last=1")
        return int(last[0]["n"]) if last else 0

    async def requests(self, after: int) -> int:
        """Return how often 46elks was asked for anything after a position."""
        happened = await self._ask("GET", f"log?after={after}")
        return sum(one["type"] == "request" for one in happened)

    async def have_money(self, amount: int) -> None:
        """Let the account have so much."""
        await self._ask("PUT", "account", {"balance": f"{amount}.00"})

    async def have_number(self, number: str, **settings: object) -> str:
        """Let the account have a number, and return its id."""
        return str((await self._ask("PUT", f"numbers/{number}", settings))["id"])

    async def numbers(self) -> Mapping[str, Mapping[str, Any]]:
        """Return how all numbers are set."""
        return {row["number"]: row for row in await self._ask("GET", "numbers")}

    async def have_subaccount(self) -> tuple[str, str]:
        """Return the name and the password of a new subaccount, which has nothing."""
        async with self._session.post(
            f"{self.api_url}/subaccounts",
            data={"name": "Bench"},
            headers=LOGIN,
            raise_for_status=True,
        ) as response:
            made = await response.json()
        return made["id"], made["secret"]

    async def _ask(self, method: str, path: str, data: object = None) -> Any:
        async with self._session.request(
            method, f"{self._url}/{path}", json=data, raise_for_status=True
        ) as response:
            return await response.json()
