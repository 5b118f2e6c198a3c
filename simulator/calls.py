"""Calls as 46elks remembers them, and what was recorded of them.

46elks: call-history, show-call-id, get-recordings.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
import json

from .clock import Clock
from .history import History
from .messages import Direction
from .shelf import File
from .wire import Download, Json, Refusal, Request, Routes, exact_time, stored_time


@dataclass(slots=True, kw_only=True, eq=False)
class Recording:
    """The sound of a call; of 0 seconds while there is none yet."""

    id: str
    call_id: str
    owner: str
    created: datetime
    file: File
    duration: int

    def as_stored(self) -> Json:
        """Return it as 46elks shows it."""
        return {
            "duration": self.duration,
            "id": self.id,
            "created": stored_time(self.created),
            "callid": self.call_id,
            "bytes": self.file.size,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Call:
    """One call in the history; what is None 46elks does not show."""

    id: str
    owner: str
    created: datetime
    direction: Direction
    caller: str
    callee: str
    state: str = "ongoing"
    start: datetime | None = None
    duration: int | None = None
    cost: int | None = None
    timeout: int | None = None
    actions: list[Mapping[str, object]] = field(default_factory=list)
    legs: list[Mapping[str, object]] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)

    def as_stored(self) -> Json:
        """Return it as 46elks shows it."""
        shown = {
            "id": self.id,
            "direction": self.direction,
            "from": self.caller,
            "to": self.callee,
            "created": stored_time(self.created),
            "start": stored_time(self.start) if self.start else None,
            "state": self.state,
            "duration": self.duration,
            "cost": self.cost,
            "timeout": self.timeout,
            "owner": self.owner,
            "actions": list(self.actions) or None,
            "legs": list(self.legs) or None,
            "recordings": [recording.id for recording in self.recordings] or None,
        }
        return {key: value for key, value in shown.items() if value is not None}

    def as_ended(self) -> dict[str, str]:
        """Return what whenhangup tells of a call: of one that was never answered less."""
        fields = {
            "id": self.id,
            "direction": str(self.direction),
            "from": self.caller,
            "to": self.callee,
            "created": exact_time(self.created),
            "state": self.state,
        }
        if self.start is not None:
            fields |= {
                "start": exact_time(self.start),
                "duration": str(self.duration),
                "cost": str(self.cost),
                "actions": json.dumps(self.actions),
            }
            if self.legs:
                fields["legs"] = json.dumps(self.legs)
        return fields


class Calls:
    """The resources `calls` and `recordings`."""

    def __init__(self, clock: Clock) -> None:
        """Start without a call."""
        self._calls = History[Call](clock)
        self._recordings = History[Recording](clock)

    def reset(self) -> None:
        """Forget all calls."""
        self._calls.reset()
        self._recordings.reset()

    def enter(self, call: Call) -> Call:
        """Put a call into the history."""
        for recording in call.recordings:
            self._recordings.add(recording)
        return self._calls.add(call)

    def record(self, call: Call, recording: Recording) -> None:
        """Have one more recording of a call."""
        call.recordings.append(recording)
        self._recordings.add(recording)

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {
            ("GET", "calls"): self._list,
            ("GET", "calls/{id}"): self._show,
            ("DELETE", "calls/{id}"): self._delete,
            ("GET", "recordings"): self._list_recordings,
            ("GET", "recordings/{id}"): self._show_recording,
            ("GET", "recordings/{id}.wav"): self._download,
        }

    def _list(self, request: Request) -> Json:
        return self._calls.page(request, Call.as_stored)

    def _show(self, request: Request) -> Json:
        return self._calls.asked(request).as_stored()

    def _delete(self, request: Request) -> Json:
        """Forget a call and what was recorded of it."""
        for recording in self._calls.asked(request).recordings:
            self._recordings.remove(recording)
        return self._calls.delete(request)

    def _list_recordings(self, request: Request) -> Json:
        return self._recordings.page(request, Recording.as_stored)

    def _show_recording(self, request: Request) -> Json:
        return self._recordings.asked(request).as_stored()

    def _download(self, request: Request) -> Download:
        file = self._recordings.asked(request).file
        if file.content is None:
            raise Refusal("Not found", HTTPStatus.NOT_FOUND)
        return Download(file.content, file.type)
