"""What goes wrong on purpose.

A fault whose `match` names a `callback` is one of a callback, any other is one of a request.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from .fields import ControlError, Fields
from .wire import Json


class RequestFault(StrEnum):
    """What can go wrong with a request to 46elks."""

    STATUS = "status"
    DELAY = "delay"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"


class CallbackFault(StrEnum):
    """What can go wrong with a callback from 46elks."""

    DUPLICATE = "duplicate"
    REORDER = "reorder"
    DELAY = "delay"
    LOSE = "lose"


class SocketFault(StrEnum):
    """What can go wrong with the socket of a call."""

    REFUSE = "refuse"
    DROP = "drop"
    GARBAGE = "garbage"
    SILENT = "silent"
    DELAY = "delay"


class CallbackKind(StrEnum):
    """What a callback tells of; `voice` is the socket of a call."""

    SMS = "sms"
    MMS = "mms"
    DELIVERY = "delivery"
    CALL = "call"
    NEXT = "next"
    RECORD = "record"
    RECORDCALL = "recordcall"
    HANGUP = "hangup"
    VOICE = "voice"


ANY = "*"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong `left` more times, or until it is taken away where that is None."""

    kind: RequestFault | CallbackFault | SocketFault
    left: int | None
    method: str = ANY
    path: str = ANY
    callback: CallbackKind | str | None = None
    status: int = 500
    body: str = ""
    seconds: float = 0.0
    messages: int | None = None
    accepted: bool = False

    def matches_callback(self, kind: CallbackKind) -> bool:
        """Return whether it is for callbacks of a kind."""
        return self.callback in {ANY, kind} and not isinstance(self.kind, SocketFault)

    def matches_request(self, method: str, path: str) -> bool:
        """Return whether it is for a request; 46elks tells no upper from lower case in paths."""
        return (
            self.callback is None
            and self.method in {ANY, method}
            and fnmatchcase(path.lower(), self.path.lower())
        )

    def as_control(self) -> Json:
        """Return the fault for the one who steers the simulator."""
        if self.callback is not None:
            shown: Json = {
                "match": {"callback": self.callback},
                "times": self.left,
                "kind": self.kind,
            }
        else:
            shown = {
                "match": {"method": self.method, "path": self.path},
                "times": self.left,
                "kind": self.kind,
            }
        if self.kind is RequestFault.STATUS:
            shown |= {
                "status": self.status,
                "body": self.body,
                "accepted": self.accepted,
            }
        if self.kind is RequestFault.DELAY:
            shown |= {"seconds": self.seconds, "accepted": self.accepted}
        if self.kind is CallbackFault.DELAY:
            shown |= {"seconds": self.seconds}
        if isinstance(self.kind, SocketFault):
            shown |= {"seconds": self.seconds, "messages": self.messages}
        return shown


class Faults:
    """The faults that are still to happen, the first that matches first."""

    def __init__(self) -> None:
        """Start with everything working."""
        self._faults: list[Fault] = []

    def reset(self) -> None:
        """Let everything work again."""
        self._faults.clear()

    def replace(self, faults: Iterable[Fault]) -> None:
        """Have these faults instead of the ones before."""
        self._faults = list(faults)

    def as_control(self) -> list[Json]:
        """Return what is still to happen."""
        return [fault.as_control() for fault in self._faults]

    def take_request(self, method: str, path: str) -> Fault | None:
        """Return the fault that happens to a request now, and count it."""
        return self._take(
            fault for fault in self._faults if fault.matches_request(method, path)
        )

    def take_callback(self, kind: CallbackKind) -> Fault | None:
        """Return the fault that happens to a callback now, and count it."""
        return self._take(
            fault for fault in self._faults if fault.matches_callback(kind)
        )

    def take_socket(self) -> Fault | None:
        """Return the fault that happens to the socket that is about to be opened, and count it."""
        return self._take(
            fault for fault in self._faults if isinstance(fault.kind, SocketFault)
        )

    def _take(self, matching: Iterable[Fault]) -> Fault | None:
        if (fault := next(iter(matching), None)) is not None and fault.left is not None:
            fault.left -= 1
            if fault.left == 0:
                self._faults.remove(fault)
        return fault


def parse_fault(data: Mapping[str, object]) -> Fault:
    """Return a fault as it is asked for."""
    fields = Fields(
        data,
        {"match", "times", "kind", "status", "body", "seconds", "messages", "accepted"},
    )
    match = Fields(fields.mapping("match"), {"method", "path", "callback"})
    times = 1 if "times" not in data else fields.optional_whole("times", minimum=1)
    callback = match.choice("callback", (ANY, *CallbackKind))
    if callback is not None:
        if data["match"] != {"callback": callback}:
            raise ControlError("match: a fault of a callback has no method and no path")
        kinds = SocketFault if callback == CallbackKind.VOICE else CallbackFault
        kind: RequestFault | CallbackFault | SocketFault = kinds(
            fields.required_choice("kind", tuple(kinds))
        )
    else:
        kind = RequestFault(fields.required_choice("kind", tuple(RequestFault)))
    return Fault(
        kind=kind,
        left=times,
        method=(match.text("method") or ANY).upper(),
        path=match.text("path") or ANY,
        callback=callback,
        status=fields.whole("status", minimum=200, maximum=599) or 500,
        body=fields.text("body") or "",
        seconds=fields.number("seconds") or 0.0,
        messages=fields.whole("messages", minimum=0),
        accepted=fields.truth("accepted") or False,
    )
