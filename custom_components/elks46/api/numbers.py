"""Virtual numbers, from renting one to giving it back.

Follows https://46elks.com/docs/allocate-number, https://46elks.com/docs/list-numbers,
https://46elks.com/docs/configure-number and https://46elks.com/docs/deallocate-number.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Self

from .fields import (
    NO_VALUE,
    Fields,
    document,
    flag,
    identifier,
    money,
    optional,
    readable,
    text,
    texts,
    time,
)
from .resource import Resource, segment, wire_flag

CAPABILITIES: Final = ("sms", "mms", "voice")
"""In the order in which 46elks documents them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A virtual number, what it can do and where 46elks tells of what it receives."""

    id: str
    number: str
    name: str | None
    active: bool
    """46elks goes on listing numbers that were given back."""
    country: str | None
    category: str | None
    capabilities: frozenset[str]
    sms_url: str | None
    """An address or a JSON document, as for `mms_url` and `voice_start`."""
    mms_url: str | None
    voice_start: str | None
    websocket_url: str | None
    sms_replies: bool | None
    """Whether the answer to the callback of a text is sent back as a text."""
    cost: Decimal | None
    """Per month, in the account's currency."""
    expires: datetime | None
    """The end of the paid month; 46elks renews by itself."""
    allocated: datetime | None
    deallocated: datetime | None

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a number as 46elks writes it."""
        return cls(
            id=identifier(data, "id"),
            number=text(data, "number"),
            name=optional(text, data, "name"),
            active=optional(flag, data, "active") is not False,
            country=optional(text, data, "country"),
            category=optional(text, data, "category"),
            capabilities=frozenset(optional(texts, data, "capabilities") or ()),
            sms_url=optional(document, data, "sms_url"),
            mms_url=optional(document, data, "mms_url"),
            voice_start=optional(document, data, "voice_start"),
            websocket_url=optional(document, data, "websocket_url"),
            sms_replies=optional(flag, data, "sms_replies"),
            cost=optional(money, data, "cost"),
            expires=optional(time, data, "expires"),
            allocated=optional(time, data, "allocated"),
            deallocated=optional(time, data, "deallocated"),
        )


class NumbersResource(Resource):
    """The account's virtual numbers."""

    async def list(self) -> tuple[Number, ...]:
        """Return all numbers, also those that were given back."""
        every = self._every("numbers", Number.from_api, {})
        return tuple([number async for number in every])

    async def get(self, number_id: str) -> Number:
        """Return one number."""
        return Number.from_api(
            await self._client.request("GET", f"numbers/{segment(number_id)}")
        )

    async def allocate(
        self,
        *,
        country: str,
        capabilities: Collection[str],
        category: str | None = None,
        name: str | None = None,
        sms_url: str | None = None,
        mms_url: str | None = None,
        voice_start: str | None = None,
    ) -> Number:
        """Rent a number, which costs a month at once and each month until given back."""
        known = [what for what in CAPABILITIES if what in capabilities]
        settings = {
            "country": country.lower(),
            "capabilities": ",".join(known + sorted({*capabilities} - {*known})),
            "category": category,
            "name": name,
            "sms_url": sms_url,
            "mms_url": mms_url,
            "voice_start": voice_start,
        }
        form = {key: value for key, value in settings.items() if value}
        return Number.from_api(await self._client.request("POST", "numbers", form=form))

    async def configure(
        self,
        number_id: str,
        *,
        sms_url: str | None = None,
        mms_url: str | None = None,
        voice_start: str | None = None,
        websocket_url: str | None = None,
        sms_replies: bool | None = None,
        name: str | None = None,
    ) -> Number:
        """Change what is given, clear what is given empty, leave the rest as it is.

        With nothing to change the number is only asked for.
        """
        settings = {
            "sms_url": sms_url,
            "mms_url": mms_url,
            "voice_start": voice_start,
            "websocket_url": websocket_url,
            "name": name,
        }
        form = {
            key: value or NO_VALUE
            for key, value in settings.items()
            if value is not None
        }
        if sms_replies is not None:
            form["sms_replies"] = wire_flag(sms_replies)
        if not form:
            return await self.get(number_id)
        return Number.from_api(
            await self._client.request(
                "POST", f"numbers/{segment(number_id)}", form=form
            )
        )

    async def deallocate(self, number_id: str) -> datetime | None:
        """Give a number back for good, and return when where 46elks says so."""
        answer = await self._client.request(
            "POST", f"numbers/{segment(number_id)}", form={"active": wire_flag(False)}
        )
        return readable(time, answer, "deallocated")
