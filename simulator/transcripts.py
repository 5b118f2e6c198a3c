"""What is said on a socket, for the log. Audio is counted, not kept: messages in a row are one entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .clock import Clock
from .faults import CallbackKind
from .log import Entry, Log
from .sound import RATE, SAMPLE_BYTES
from .wire import Json, exact_time

# So that one who follows the log sees that audio is under way.
ENTRY_SECONDS: Final = 10.0


class Way(StrEnum):
    """Which way a message goes, as 46elks sees it."""

    SENT = "sent"
    RECEIVED = "received"


@dataclass(slots=True)
class Tally:
    """How much audio there was."""

    messages: int = 0
    size: int = 0
    samples: int = 0

    @property
    def seconds(self) -> float:
        """How long it takes a telephone to play it."""
        return self.samples / RATE

    def add(self, size: int, samples: bytes) -> None:
        """Count one message, and what a telephone plays of it."""
        self.messages += 1
        self.size += size
        self.samples += len(samples) // SAMPLE_BYTES

    def as_control(self) -> Json:
        """Return the numbers for the one who steers the simulator."""
        return {
            "messages": self.messages,
            "bytes": self.size,
            "seconds": round(self.seconds, 3),
        }


class Transcript:
    """Writes down one socket."""

    def __init__(self, clock: Clock, log: Log, url: str, call_id: str) -> None:
        """Begin."""
        self._clock = clock
        self._log = log
        self._url = url
        self._call_id = call_id
        self._fault: str | None = None
        self._runs: dict[tuple[Way, bool], Tally] = {}

    def opened(
        self, *, status: int | None, error: str | None, fault: str | None
    ) -> None:
        """Write down whether there is a connection: with the status 101 there is."""
        self._fault = fault
        self._add("GET", {}, status=status, error=error)

    def note(self, way: Way, message: Mapping[str, str]) -> None:
        """Write down a message, and the audio before it."""
        self.flush()
        self._add("TEXT", message, way=way)

    def count(
        self, way: Way, size: int, samples: bytes, *, ignored: bool = False
    ) -> None:
        """Count a message of audio."""
        run = self._runs.setdefault((way, ignored), Tally())
        run.add(size, samples)
        if run.seconds >= ENTRY_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write down the audio there was."""
        for (way, ignored), run in self._runs.items():
            fields = {"t": "audio"} | {
                key: str(value) for key, value in run.as_control().items()
            }
            self._add("TEXT", fields | ({"ignored": "yes"} if ignored else {}), way=way)
        self._runs.clear()

    def _add(
        self,
        method: str,
        fields: Mapping[str, str],
        *,
        way: Way | None = None,
        status: int | None = None,
        error: str | None = None,
    ) -> None:
        self._log.add(
            Entry(
                type="socket",
                time=exact_time(self._clock.now()) + "Z",
                method=method,
                url=self._url,
                fields={"callid": self._call_id, **fields},
                kind=CallbackKind.VOICE,
                direction=way,
                status=status,
                error=error,
                fault=self._fault,
            )
        )
