"""Virtual numbers, from renting one to giving it back.

Follows https://46elks.com/docs/allocate-number, https://46elks.com/docs/list-numbers,
https://46elks.com/docs/configure-number and https://46elks.com/docs/deallocate-number.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
import json
from typing import Final, Self

from yarl import URL

from .errors import ElksForbiddenError, ElksInvalidDataError, ElksRequestError
from .fields import (
    NO_VALUE,
    Fields,
    document,
    flag,
    identifier,
    money,
    readable,
    text,
    texts,
    time,
)
from .resource import Resource, segment, wire_flag

CAPABILITIES: Final = ("sms", "mms", "voice")
"""In the order in which 46elks documents them."""

COMBINATIONS: Final = {
    "mobile": (("sms",), ("sms", "voice"), ("sms", "mms", "voice")),
    "fixed": (("voice",),),
}
"""What a number can be rented for, by category: 46elks documents those of mobile ones."""

DEFAULT_CATEGORY: Final = "mobile"
"""What 46elks rents where nobody says."""


ADDRESSES: Final = {
    "sms_url": ("sms", ("http", "https")),
    "mms_url": ("mms", ("http", "https")),
    "voice_start": ("voice", ("http", "https")),
    "websocket_url": ("websocket", ("ws", "wss")),
}
"""What answers at a number: the capability it takes, and the schemes an address may have."""


def is_address(field: str, written: str) -> bool:
    """Tell whether this may answer: an address, a JSON document, or nothing."""
    try:
        if not written or isinstance(json.loads(written), dict):
            return True
    except ValueError:
        pass
    try:
        url = URL(written)
    except ValueError:
        return False
    return url.scheme in ADDRESSES[field][1] and bool(url.host)


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
        """Read a number as 46elks writes it; nothing odd about it hides the number."""
        return cls(
            id=identifier(data, "id"),
            number=text(data, "number"),
            name=readable(text, data, "name"),
            active=readable(flag, data, "active") is not False,
            country=readable(text, data, "country"),
            category=readable(text, data, "category"),
            capabilities=frozenset(readable(texts, data, "capabilities") or ()),
            sms_url=_answers(data, "sms_url"),
            mms_url=_answers(data, "mms_url"),
            voice_start=_answers(data, "voice_start"),
            websocket_url=_answers(data, "websocket_url"),
            sms_replies=readable(flag, data, "sms_replies"),
            cost=readable(money, data, "cost"),
            expires=readable(time, data, "expires"),
            allocated=readable(time, data, "allocated"),
            deallocated=readable(time, data, "deallocated"),
        )


class NumbersResource(Resource):
    """The account's virtual numbers."""

    async def list(self) -> tuple[Number, ...]:
        """Return all numbers that can be read, also those that were given back."""
        every = self._readable("numbers", Number.from_api, {})
        return tuple([number async for number in every])

    async def find(self, number_id: str) -> Number | None:
        """Return one active number; None where it is surely none of the account's."""
        try:
            number = await self.get(number_id)
        except ElksForbiddenError, ElksRequestError:
            return None
        return number if number.active else None

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
        sms_replies: bool | None = None,
        number: str | None = None,
    ) -> Number:
        """Rent a number, the wished for one if it is to be had, which costs a month at once and each month until given back."""
        known = [what for what in CAPABILITIES if what in capabilities]
        settings = {
            "country": country.lower(),
            "capabilities": ",".join(known + sorted({*capabilities} - {*known})),
            "category": category,
            "name": name,
            "sms_url": sms_url,
            "mms_url": mms_url,
            "voice_start": voice_start,
            "sms_replies": None if sms_replies is None else wire_flag(sms_replies),
            "number": number,
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


def _answers(data: Fields, key: str) -> str | None:
    """Return what answers at a number; what is neither address nor document is something too."""
    if data.get(key) is None:
        return None
    try:
        return document(data, key)
    except ElksInvalidDataError:
        return json.dumps(data[key])
