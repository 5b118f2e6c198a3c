"""What the nouns of 46elks' API have in common: lists, spans of time, ids and amounts.

Follows https://46elks.com/docs/sms-history for what all lists do.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
import logging
from typing import TYPE_CHECKING
from urllib.parse import quote

from .errors import ElksInvalidDataError
from .fields import MAX_ID_LENGTH, MONEY_UNIT, Fields, readable, time

if TYPE_CHECKING:
    from .client import ElksClient

LOGGER = logging.getLogger(__name__)

type Unreadable = Callable[[ElksInvalidDataError], object]


class Resource:
    """A noun of the API."""

    def __init__(self, client: ElksClient) -> None:
        """Speak through the client."""
        self._client = client

    async def _every[T](
        self, path: str, read: Callable[[Fields], T], query: Mapping[str, str]
    ) -> AsyncIterator[T]:
        """Yield all that a list holds; one row that cannot be read is an error."""
        async for row in self._client.rows(path, query):
            yield read(row)

    async def _readable[T](
        self,
        path: str,
        read: Callable[[Fields], T],
        query: Mapping[str, str],
        unreadable: Unreadable | None = None,
    ) -> AsyncIterator[T]:
        """Yield what can be read of a list, so that no row hides those behind it.

        Of each other one `unreadable` is told.
        """
        async for row in self._client.rows(path, query):
            try:
                item = read(row)
            except ElksInvalidDataError as err:
                LOGGER.debug("A row of 46elks' %s cannot be read: %s", path, err)
                if unreadable:
                    unreadable(err)
            else:
                yield item

    async def _delete(self, path: str) -> datetime | None:
        """Delete something, and return when that was, where 46elks says so."""
        return readable(time, await self._client.request("DELETE", path), "deleted")


def span(after: datetime | None, before: datetime | None) -> dict[str, str]:
    """Return a span of time as 46elks asks for it."""
    query: dict[str, str] = {}
    if after:
        # 46elks goes back in time: `start` is the newer bound.
        query["end"] = _wire_time(after)
    if before:
        query["start"] = _wire_time(before)
    return query


def segment(value: str) -> str:
    """Return an id as one segment of a path, whatever is in it.

    Without an id a path would lead to all there is of its kind, or to something else. What
    is longer than an id may come from a stranger, who has 46elks asked for what they like.
    """
    if value.strip(".") == "" or len(value) > MAX_ID_LENGTH:
        raise ElksInvalidDataError("There is no id", outcome_unknown=False)
    return quote(value, safe="", errors="replace")


def wire_money(amount: Decimal) -> str:
    """Return an amount as 46elks counts it."""
    return str(round(amount * MONEY_UNIT))


def wire_flag(value: bool) -> str:
    """Return a yes or no as 46elks writes it."""
    return "yes" if value else "no"


def _wire_time(value: datetime) -> str:
    """Return a time as 46elks writes it: UTC, without saying so."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
