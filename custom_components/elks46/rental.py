"""Numbers rented and given back: both for good, and the first for money.

46elks cannot tell a repeated request from a new one, so a number is asked for once. Where
the answer is lost, the numbers of the account tell whether one more is there.
"""

import asyncio
from collections.abc import Collection, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from homeassistant.core import HomeAssistant

from .api import DEFAULT_CATEGORY, ElksClient, ElksError, Number
from .const import LOGGER
from .prices import monthly_price

if TYPE_CHECKING:
    from .coordinator import ElksCoordinator
    from .guard import Guard

# Seconds before each look at the numbers after an answer was lost: a new one may show up late.
LOOK_UP_PAUSES: Final = (2.0, 5.0, 10.0)


class RentUnknownError(Exception):
    """Nobody knows whether a number was rented."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What kind of number was asked for."""

    country: str
    capabilities: frozenset[str]
    name: str | None
    category: str | None
    sms_replies: bool | None

    def may_be(self, number: Number, before: Iterable[Number]) -> bool:
        """Tell whether a number may be the one: new, as was asked for, and named so.

        Somebody else may rent at the same time. What 46elks does not tell, speaks against
        none; both times are of its clock.
        """
        is_known = any(
            number.id == old.id
            or (number.allocated and old.allocated and number.allocated < old.allocated)
            for old in before
        )
        return (
            not is_known
            and (number.country or self.country).lower() == self.country
            and number.capabilities == self.capabilities
            and (number.name or "") == (self.name or "")
            and self.category in (None, number.category or self.category)
        )


class Rental:
    """Where an account rents numbers, and gives them back."""

    def __init__(
        self,
        hass: HomeAssistant,
        client: ElksClient,
        coordinator: ElksCoordinator,
        guard: Guard,
    ) -> None:
        """Take the client, and what watches over the money."""
        self._hass = hass
        self._client = client
        self._coordinator = coordinator
        self._guard = guard
        # A look-up could take the number of another request for that of this one.
        self._lock = asyncio.Lock()

    async def async_rent(
        self,
        *,
        country: str,
        capabilities: Collection[str],
        name: str | None,
        category: str | None = None,
        sms_replies: bool | None = None,
    ) -> Number:
        """Rent one number, and return it. Half rented is neither, so it cannot be cancelled.

        Raises:
            HomeAssistantError: as far as the price is known, it is more than this home
                may spend today.
            ElksError: it was surely not rented.
            RentUnknownError: it may or may not have been.
        """
        currency = self._coordinator.data.account.currency
        price = monthly_price(country, capabilities, currency)
        if price is not None and category in (None, DEFAULT_CATEGORY):
            self._guard.check_money(price, "rent_number")
        wish = Wish(
            country=country.lower(),
            capabilities=frozenset(capabilities),
            name=name,
            category=category,
            sms_replies=sms_replies,
        )
        return await self._async_whole(self._async_rent(wish))

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

    async def _async_rent(self, wish: Wish) -> Number:
        numbers = self._client.numbers
        async with self._lock:
            before = await numbers.list()
            try:
                return await numbers.allocate(
                    country=wish.country,
                    capabilities=wish.capabilities,
                    name=wish.name,
                    category=wish.category,
                    sms_replies=wish.sms_replies,
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
                        for number in found.values()
                        if wish.may_be(number, before)
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
