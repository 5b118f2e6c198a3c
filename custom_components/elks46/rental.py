"""Numbers rented and given back: both for good, and the first for money.

46elks cannot tell a repeated request from a new one, so a number is asked for once. Where
the answer is lost, the numbers of the account tell whether one more is there.
"""

import asyncio
from collections.abc import Collection, Coroutine, Mapping
from typing import Any, Final

from homeassistant.core import HomeAssistant

from .api import ElksClient, ElksError, Number
from .const import LOGGER

# Seconds before each look at the numbers after an answer was lost: a new one may show up late.
LOOK_UP_PAUSES: Final = (2.0, 5.0, 10.0)


class RentUnknownError(Exception):
    """Nobody knows whether a number was rented."""


class Rental:
    """Where an account rents numbers, and gives them back."""

    def __init__(self, hass: HomeAssistant, client: ElksClient) -> None:
        """Take the client."""
        self._hass = hass
        self._client = client
        # A look-up could take the number of another request for that of this one.
        self._lock = asyncio.Lock()

    async def async_rent(
        self, *, country: str, capabilities: Collection[str], name: str | None
    ) -> Number:
        """Rent one number, and return it. Half rented is neither, so it cannot be cancelled.

        Raises:
            ElksError: it was surely not rented.
            RentUnknownError: it may or may not have been.
        """
        return await self._async_whole(
            self._async_rent(country.lower(), frozenset(capabilities), name)
        )

    async def async_release(self, number_id: str) -> None:
        """Give a number back for good.

        Raises:
            ElksError: 46elks refuses, or nobody knows whether it was given back.
        """
        await self._async_whole(self._async_release(number_id))

    async def _async_whole[T](self, work: Coroutine[Any, Any, T]) -> T:
        task = self._hass.async_create_task(work, "elks46 rental")
        await asyncio.wait({task})
        return task.result()

    async def _async_rent(
        self, country: str, capabilities: frozenset[str], name: str | None
    ) -> Number:
        numbers = self._client.numbers
        async with self._lock:
            before = {number.id for number in await numbers.list()}
            try:
                return await numbers.allocate(
                    country=country, capabilities=capabilities, name=name
                )
            except ElksError as err:
                if not err.outcome_unknown:
                    raise
                LOGGER.debug("The answer to a rent was lost: %s", type(err).__name__)
            for pause in LOOK_UP_PAUSES:
                await asyncio.sleep(pause)
                if found := await self._async_active():
                    new = [
                        number
                        for number_id, number in found.items()
                        if number_id not in before
                        and (number.country or country).lower() == country
                        and capabilities <= number.capabilities
                    ]
                    if len(new) == 1:
                        return new[0]
            raise RentUnknownError

    async def _async_release(self, number_id: str) -> None:
        try:
            await self._client.numbers.deallocate(number_id)
        except ElksError as err:
            if not err.outcome_unknown:
                raise
            active = await self._async_active()
            if active is None or number_id in active:
                raise

    async def _async_active(self) -> Mapping[str, Number] | None:
        """Return the active numbers by id; None where they cannot be read."""
        try:
            numbers = await self._client.numbers.list()
        except ElksError as err:
            LOGGER.debug("The numbers cannot be read: %s", type(err).__name__)
            return None
        return {number.id: number for number in numbers if number.active}
