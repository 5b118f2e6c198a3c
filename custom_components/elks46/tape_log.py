"""What was recorded of calls, as the store remembers it and as it is written down."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from homeassistant.util import dt as dt_util

from .api import CallDirection
from .const import REMEMBER_SENT
from .journal import Record
from .records import Tape

# Those that were told are of use only to tell a repeated post from a new one. A flood may
# not fill the disk: this is less than half a megabyte.
REMEMBER_TOLD_AT_MOST: Final = 1_000

_TIMES: Final = ("created", "noted", "told")


class TapeLog:
    """Recordings, by what 46elks calls them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._tapes: dict[str, Tape] = {}

    @property
    def tapes(self) -> Mapping[str, Tape]:
        """The recordings, in the order in which this home heard of them."""
        return self._tapes

    def apply(self, record: Record) -> None:
        """Let a record of the journal act, if it is of a recording."""
        if "tape" in record:
            self._keep(_load(record["tape"]))

    def prune(self) -> None:
        """Drop what no post can ask for any more."""
        oldest = dt_util.utcnow() - REMEMBER_SENT
        told = [tape for tape in self._tapes.values() if tape.told]
        for tape in (
            *told[:-REMEMBER_TOLD_AT_MOST],
            *(tape for tape in told[-REMEMBER_TOLD_AT_MOST:] if tape.noted < oldest),
        ):
            del self._tapes[tape.id]

    def dump(self) -> dict[str, Any]:
        """Return all there is, for a snapshot."""
        return {"tapes": [dump_tape(tape) for tape in self._tapes.values()]}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Read a snapshot; one from before there were recordings has none."""
        for tape in data.get("tapes", ()):
            self._keep(_load(tape))

    def _keep(self, tape: Tape) -> None:
        self._tapes[tape.id] = tape


def dump_tape(tape: Tape) -> dict[str, Any]:
    """Return a recording as JSON has it."""
    data = asdict(tape)
    return data | {name: data[name] and data[name].isoformat() for name in _TIMES}


def _load(data: Mapping[str, Any]) -> Tape:
    times = {name: data[name] and datetime.fromisoformat(data[name]) for name in _TIMES}
    return Tape(**{**data, **times, "direction": CallDirection(data["direction"])})
