"""The fields of what 46elks answers and posts, read one by one.

Follows https://46elks.com/docs: money in ten-thousandths, times in UTC without saying so,
`yes` and `no`, and a field left out rather than null. 46elks may add fields: what is not
asked for here is ignored. An error names the field and never shows what is in it.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
import json
import re
from typing import Final, Self, override

from .errors import ElksInvalidDataError

type Fields = Mapping[str, object]

_NO_DIGIT: Final = re.compile(r"[^0-9]*")
_WHOLE_NUMBER: Final = re.compile(r"-?[0-9]{1,15}")

MAX_ID_LENGTH: Final = 64
"""46elks' own have up to 36 characters; what a stranger posts as one is kept short."""

MAX_INTEGER: Final = 2**53
"""What every reader of JSON can hold; 46elks counts nothing that comes near."""

MONEY_UNIT: Final = 10_000
"""46elks counts money in ten-thousandths of the account's currency."""

NO_VALUE: Final = "none"
"""46elks' word for what is cleared, or has no limit."""


class OpenEnum(StrEnum):
    """A choice of 46elks, in any letter case, to which it may add."""

    @classmethod
    @override
    def _missing_(cls, value: object) -> Self:
        """Return what is not known as unknown."""
        word = str(value).lower()
        return cls("unknown") if value == word else cls(word)


def optional[T](read: Callable[[Fields, str], T], data: Fields, key: str) -> T | None:
    """Read a field that may be absent."""
    return None if data.get(key) is None else read(data, key)


def readable[T](read: Callable[[Fields, str], T], data: Fields, key: str) -> T | None:
    """Read a field that may be absent, or not what it should be."""
    try:
        return read(data, key)
    except ElksInvalidDataError:
        return None


def text(data: Fields, key: str) -> str:
    """Read a text."""
    match data.get(key):
        case str(value):
            # JSON can hold half a surrogate pair, which nothing else can.
            return value.encode(errors="replace").decode()
    raise _invalid(key, "a text")


def caller(data: Fields, key: str) -> str | None:
    """Read who calls, None where the number is hidden.

    46elks then sends nothing, or `anonymous`, alone or in a SIP address; any other word
    without a digit is nobody to call back either.
    """
    value = (optional(text, data, key) or "").strip()
    is_hidden = "anonymous" in value.lower() or _NO_DIGIT.fullmatch(value)
    return None if is_hidden else value


def texts(data: Fields, key: str) -> tuple[str, ...]:
    """Read a list of texts."""
    match data.get(key):
        case list(values) if all(isinstance(value, str) for value in values):
            return tuple(value.encode(errors="replace").decode() for value in values)
    raise _invalid(key, "a list of texts")


def objects(data: Fields, key: str) -> tuple[dict[str, object], ...]:
    """Read a list of objects."""
    match data.get(key):
        case list(values) if all(isinstance(value, dict) for value in values):
            return tuple(values)
    raise _invalid(key, "a list of objects")


def rows(data: Fields, key: str) -> tuple[dict[str, object], ...]:
    """Read a list of rows, of which one that is no object has no fields."""
    match data.get(key):
        case list(values):
            return tuple(value if isinstance(value, dict) else {} for value in values)
    raise _invalid(key, "a list")


def identifier(data: Fields, key: str) -> str:
    """Read an id."""
    match data.get(key):
        case str(value) if 0 < len(value) <= MAX_ID_LENGTH and value.isascii():
            return value
    raise _invalid(key, "an id")


def integer(data: Fields, key: str) -> int:
    """Read a whole number, which a form holds as a text."""
    match data.get(key):
        case str(value) if _WHOLE_NUMBER.fullmatch(value):
            return int(value)
        case int(value) if not isinstance(value, bool) and abs(value) <= MAX_INTEGER:
            return value
    raise _invalid(key, "a whole number")


def money(data: Fields, key: str) -> Decimal:
    """Read an amount in the account's currency."""
    return Decimal(integer(data, key)) / MONEY_UNIT


def limit(data: Fields, key: str) -> Decimal | None:
    """Read an amount, or that there is none."""
    return None if data.get(key) == NO_VALUE else money(data, key)


def flag(data: Fields, key: str) -> bool:
    """Read a yes or no."""
    match data.get(key):
        case "yes":
            return True
        case "no":
            return False
    raise _invalid(key, "yes or no")


def time(data: Fields, key: str) -> datetime:
    """Read a time, which is UTC whether or not 46elks says so."""
    try:
        value = datetime.fromisoformat(text(data, key))
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    except ValueError, OverflowError:
        raise _invalid(key, "a time") from None


def document(data: Fields, key: str) -> str | None:
    """Read an address or a JSON document, cleared by a space or the word `none`."""
    match data.get(key):
        case dict(structure):
            return json.dumps(structure)
    value = text(data, key)
    return None if value.strip() in {"", NO_VALUE} else value


def whole(part_id: str) -> str:
    """Return the id of the message or call that an image or recording is a part of."""
    return part_id.partition("-")[0]


def _invalid(key: str, wanted: str) -> ElksInvalidDataError:
    """Return the error of a field: its name, never its value, which may be private."""
    return ElksInvalidDataError(f"Field {key!r} is missing or not {wanted}")
