"""How 46elks writes things: ids, times, money, errors and pages.

46elks: overview; the object and history pages of each resource.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
import re
import secrets
from typing import Final, Protocol

MAX_PAGE: Final = 100
E164: Final = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
UNITS: Final = 10_000
# More than all the money there is.
_MAX_DIGITS: Final = 18

type Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: the account, or a subaccount, which may not see what is not its own.

    `use` is what it is told of its use and limit.
    """

    id: str
    is_account: bool
    sees_all: bool
    use: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of the API, however it was written; `home` is where the asker found it."""

    asker: Asker
    home: str
    object_id: str
    params: Mapping[str, str]

    def sees(self, owner: str) -> bool:
        """Return whether the asker may see what belongs to one."""
        return self.asker.sees_all or owner == self.asker.id

    def require_account(self) -> None:
        """Refuse a subaccount."""
        if not self.asker.is_account:
            raise Refusal("Forbidden")

    def required(self, key: str) -> str:
        """Return a parameter that must be there."""
        if (value := self.params.get(key)) is None:
            raise Refusal(f"Missing key {key}")
        return value


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that is no JSON but a file."""

    content: bytes
    type: str


type Answer = Json | Download
type Handler = Callable[[Request], Answer | Awaitable[Answer]]
# Keyed by method and path, as ("GET", "sms/{id}").
type Routes = Mapping[tuple[str, str], Handler]


class Refusal(Exception):
    """An error as 46elks tells it: a status and one line of plain text."""

    def __init__(self, text: str, status: HTTPStatus = HTTPStatus.FORBIDDEN) -> None:
        """Refuse with a text, as a rule with 403."""
        super().__init__(text)
        self.text = text
        self.status = status


class Row(Protocol):
    """Anything that a history lists."""

    @property
    def id(self) -> str:
        """What it is asked for by."""

    @property
    def owner(self) -> str:
        """The account or subaccount it belongs to."""

    @property
    def created(self) -> datetime:
        """When it came to be."""


def new_id(prefix: str) -> str:
    """Return an id: a letter for the kind of object and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def exact_time(moment: datetime) -> str:
    """Write a time as 46elks does when it answers a POST: UTC without a zone, in microseconds.

    On an exact second there is no fraction.
    """
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def stored_time(moment: datetime) -> str:
    """Write a time as 46elks reads it back: milliseconds, padded with zeros."""
    return exact_time(to_millisecond(moment))


def second_time(moment: datetime) -> str:
    """Write a time as the history does in `delivered`: whole seconds, with a Z."""
    return exact_time(moment.replace(microsecond=0)) + "Z"


def to_millisecond(moment: datetime) -> datetime:
    """Return a time as precisely as 46elks keeps it."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def to_units(amount: Decimal) -> int:
    """Return an amount in 1/10000 of the currency."""
    return int(amount * UNITS)


def from_units(units: int) -> str:
    """Return 1/10000 of the currency as people write it."""
    return f"{Decimal(units) / UNITS:.4f}".removesuffix("00")


def page[T: Row](
    newest_first: Iterable[T], params: Mapping[str, str], write: Callable[[T], Json]
) -> Json:
    """Return a page of a history.

    `start` is the newer bound and `end` the older one; neither is included. `next` is there while there is more, and
    is what to give as `start` next time.
    """
    before = _time(params, "start")
    after = _time(params, "end")
    limit = _limit(params)
    rows: list[T] = []
    for row in newest_first:
        created = to_millisecond(row.created)
        if before is not None and created >= before:
            continue
        if after is not None and created <= after:
            break
        if len(rows) == limit:
            return {
                "data": [write(row) for row in rows],
                "next": stored_time(rows[-1].created),
            }
        rows.append(row)
    return {"data": [write(row) for row in rows]}


def whole(params: Mapping[str, str], key: str) -> int | None:
    """Return a whole number of 0 or more, None where it is not given."""
    if (value := params.get(key)) is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) <= _MAX_DIGITS):
        raise Refusal(f"Invalid value for {key}")
    return int(value)


def _time(params: Mapping[str, str], key: str) -> datetime | None:
    if (value := params.get(key)) is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise Refusal(f"Invalid value for {key}") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _limit(params: Mapping[str, str]) -> int:
    if (limit := whole(params, "limit")) == 0:
        raise Refusal("Invalid value for limit")
    return MAX_PAGE if limit is None else min(limit, MAX_PAGE)
