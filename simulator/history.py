"""What 46elks remembers, and how it is asked for.

46elks: sms-history, mms-history, call-history, get-recordings, get-images, get-subaccounts.
"""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Final

from .clock import Clock
from .wire import Json, Refusal, Request, Row, exact_time, page

HISTORY_LIMIT: Final = 20_000


class History[T: Row]:
    """Rows by their id, the newest last; the oldest makes room."""

    def __init__(self, clock: Clock) -> None:
        """Start empty."""
        self._clock = clock
        self._rows: dict[str, T] = {}

    def reset(self) -> None:
        """Forget everything."""
        self._rows.clear()

    def add(self, row: T) -> T:
        """Enter a row where it belongs by its time, and return it."""
        if len(self._rows) >= HISTORY_LIMIT:
            del self._rows[next(iter(self._rows))]
        newest = next(self.newest_first(), None)
        self._rows[row.id] = row
        if newest is not None and row.created < newest.created:
            self._rows = {
                known.id: known
                for known in sorted(self._rows.values(), key=lambda row: row.created)
            }
        return row

    def remove(self, row: T) -> None:
        """Forget one row."""
        self._rows.pop(row.id, None)

    def newest_first(self) -> Iterator[T]:
        """Return all rows, the newest first."""
        return reversed(self._rows.values())

    def find(self, row_id: str) -> T | None:
        """Return a row by its id."""
        return self._rows.get(row_id)

    def asked(self, request: Request) -> T:
        """Return the row a request is for; one that the asker may not see is not there."""
        row = self._rows.get(request.object_id)
        if row is None or not request.sees(row.owner):
            raise Refusal("Not found", HTTPStatus.NOT_FOUND)
        return row

    def page(
        self,
        request: Request,
        write: Callable[[T], Json],
        *,
        only: Callable[[T], bool] = lambda _row: True,
    ) -> Json:
        """Return the page a request is for."""
        rows = (
            row for row in self.newest_first() if request.sees(row.owner) and only(row)
        )
        return page(rows, request.params, write)

    def delete(self, request: Request) -> Json:
        """Forget the row a request is for; return what 46elks answers."""
        row = self.asked(request)
        self.remove(row)
        return {"id": row.id, "deleted": exact_time(self._clock.now())}
