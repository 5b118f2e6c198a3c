"""Reading what the one who steers the simulator sends, with a clear word about what is wrong."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
import json
import re
from typing import Final

from aiohttp import web

from .wire import E164

_SECONDS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,20})?", re.ASCII)
# Before it there were no texts, and some days before the first there is no time at all.
FIRST_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE: Final = re.compile(r"[0-9]{1,15}", re.ASCII)
# Thirty years in seconds, and faster than anything can be: what is more is a mistake.
MAX_NUMBER: Final = 1_000_000_000
# More than all the money there is.
MAX_MONEY: Final = Decimal(1_000_000_000_000)


# In JSON only what is written as such can be half of a pair.
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]", re.ASCII)


class ControlError(Exception):
    """A control request that cannot be done."""

    def __init__(self, text: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        """Say what is wrong."""
        super().__init__(text)
        self.status = status


class Fields:
    """The fields of one JSON object; every reader returns None where the field is absent."""

    def __init__(self, data: object, known: Collection[str]) -> None:
        """Take an object that has no other fields than the known ones."""
        if not isinstance(data, dict):
            raise ControlError("A JSON object is expected")
        if unknown := sorted(set(data) - set(known)):
            raise ControlError(
                f"Unknown field {unknown[0]}; known are {', '.join(sorted(known))}"
            )
        self._data: dict[str, object] = data

    def __contains__(self, key: object) -> bool:
        """Return whether a field was sent."""
        return key in self._data

    def is_text(self, key: str) -> bool:
        """Return whether a field is a text, where it may be something else too."""
        return isinstance(self._data.get(key), str)

    def is_truth(self, key: str) -> bool:
        """Return whether a field is true or false, where it may be something else too."""
        return isinstance(self._data.get(key), bool)

    def text(self, key: str, *, maximum: int | None = None) -> str | None:
        """Return a text, of no more characters than it may have."""
        match self._data.get(key):
            case None:
                return None
            case str() as value:
                if maximum is not None and len(value) > maximum:
                    raise ControlError(f"{key}: at most {maximum} characters")
                return value
        raise ControlError(f"{key}: a text is expected")

    def required_text(self, key: str) -> str:
        """Return a text that must be there and say something."""
        if not (value := self.text(key)):
            raise ControlError(f"{key}: is required")
        return value

    def truth(self, key: str) -> bool | None:
        """Return true or false."""
        match self._data.get(key):
            case None | bool() as value:
                return value
        raise ControlError(f"{key}: true or false is expected")

    def number(self, key: str) -> float | None:
        """Return a number that is not negative."""
        match self._data.get(key):
            case None:
                return None
            case int() | float() as value if (
                not isinstance(value, bool) and 0 <= value <= MAX_NUMBER
            ):
                return float(value)
        raise ControlError(f"{key}: a number from 0 to {MAX_NUMBER} is expected")

    def whole(self, key: str, *, minimum: int, maximum: int = 1_000_000) -> int | None:
        """Return a whole number within bounds."""
        match self._data.get(key):
            case None:
                return None
            case int() as value if (
                not isinstance(value, bool) and minimum <= value <= maximum
            ):
                return value
        raise ControlError(
            f"{key}: a whole number from {minimum} to {maximum} is expected"
        )

    def optional_whole(self, key: str, *, minimum: int) -> int | None:
        """Return a whole number, or None where the field is null."""
        return self.whole(key, minimum=minimum)

    def money(self, key: str) -> Decimal | None:
        """Return an amount of money, written as text or as a number."""
        value = self._data.get(key)
        if value is None:
            return None
        try:
            amount = Decimal(str(value))
        except InvalidOperation:
            amount = Decimal("NaN")
        if isinstance(value, bool) or not 0 <= _finite(amount) <= MAX_MONEY:
            raise ControlError(f"{key}: an amount like 100.00 is expected")
        return amount

    def choice(self, key: str, choices: Collection[str]) -> str | None:
        """Return one of several words."""
        value = self.text(key)
        if value is not None and value not in choices:
            raise ControlError(f"{key}: one of {', '.join(choices)} is expected")
        return value

    def required_choice(self, key: str, choices: Collection[str]) -> str:
        """Return one of several words, which must be there."""
        if (value := self.choice(key, choices)) is None:
            raise ControlError(f"{key}: one of {', '.join(choices)} is expected")
        return value

    def texts(self, key: str) -> tuple[str, ...] | None:
        """Return a list of texts."""
        value = self._data.get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(
            isinstance(item, str) and item for item in value
        ):
            raise ControlError(f"{key}: a list of texts is expected")
        return tuple(value)

    def time(self, key: str) -> datetime | None:
        """Return a time that is over, in UTC unless it says otherwise."""
        if (value := self.text(key)) is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = datetime.max
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        if not FIRST_TIME <= moment <= datetime.now(UTC):
            raise ControlError(f"{key}: a time like 2026-01-15T10:23:41Z is expected")
        return moment

    def objects(self, key: str) -> tuple[Mapping[str, object], ...]:
        """Return a list of objects, empty where it is absent."""
        value = self._data.get(key, [])
        if not isinstance(value, list) or not all(
            isinstance(item, dict) for item in value
        ):
            raise ControlError(f"{key}: a list of JSON objects is expected")
        return tuple(value)

    def mapping(self, key: str) -> Mapping[str, object]:
        """Return an object, empty where it is absent."""
        value = self._data.get(key, {})
        if not isinstance(value, dict):
            raise ControlError(f"{key}: a JSON object is expected")
        return value


def phone_number(value: str) -> str:
    """Return a number that is written as it must be."""
    if not E164.fullmatch(value):
        raise ControlError(f"{value}: a number like +46701740605 is expected")
    return value


async def json_body(request: web.Request) -> object:
    """Return the body; none is an empty object."""
    if (request.charset or "utf-8").lower() not in {"utf-8", "utf8"}:
        raise ControlError("The body must be in UTF-8")
    try:
        text = (await request.read()).decode()
        data = json.loads(text or "{}")
    except ValueError, RecursionError:
        raise ControlError("The body is not JSON, or too deep") from None
    if _SURROGATE.search(text) and not _is_unicode(data):
        raise ControlError("Half of a character of two parts is in the body")
    return data


def _is_unicode(data: object) -> bool:
    """Tell whether all texts in what was read can be written again."""
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError, RecursionError:
        return False
    return True


def _finite(amount: Decimal) -> Decimal:
    """Return an amount, or one that is never right for what is none."""
    return amount if amount.is_finite() else Decimal(-1)


def whole_query(request: web.Request, key: str, default: int) -> int:
    """Return a whole number of the query."""
    value = request.query.get(key, str(default))
    if not _WHOLE.fullmatch(value):
        raise ControlError(f"{key}: a whole number is expected")
    return int(value)


def seconds_query(request: web.Request, key: str) -> float:
    """Return a number of seconds of the query, 0 where there is none."""
    value = request.query.get(key, "0")
    if not _SECONDS.fullmatch(value):
        raise ControlError(f"{key}: a number of seconds is expected")
    return float(value)
