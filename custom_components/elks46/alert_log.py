"""Alerts and fallbacks under way, as the store remembers them and as they are written down."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from .journal import Record
from .records import Alert, AlertVia, Attempt, AttemptKind, Fallback, Words

_TIMES: Final = ("asked", "at", "due", "ended", "over")


class AlertLog:
    """Alerts, by their reference, and fallbacks, by that of their text."""

    def __init__(self) -> None:
        """Begin with none."""
        self._alerts: dict[str, Alert] = {}
        self._fallbacks: dict[str, Fallback] = {}

    @property
    def alerts(self) -> Mapping[str, Alert]:
        """Alerts that are not over, oldest first."""
        return self._alerts

    @property
    def fallbacks(self) -> Mapping[str, Fallback]:
        """Texts that may become calls, oldest first."""
        return self._fallbacks

    def apply(self, record: Record) -> None:
        """Let a record of the journal act, if it is of one of these."""
        match record:
            case {"alert": dict(data)}:
                alert = _load_alert(data)
                self._alerts[alert.ref] = alert
            case {"alert_over": ref}:
                self._alerts.pop(ref, None)
            case {"fallback": dict(data)}:
                fallback = _load_fallback(data)
                self._fallbacks[fallback.ref] = fallback
            case {"fallback_over": ref}:
                self._fallbacks.pop(ref, None)

    def dump(self) -> dict[str, Any]:
        """Return all there is, for a snapshot."""
        return {
            "alerts": [dump_alert(alert) for alert in self._alerts.values()],
            "fallbacks": [dump_fallback(one) for one in self._fallbacks.values()],
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Read a snapshot; one from before there were alerts has none."""
        for alert in data.get("alerts", ()):
            self.apply({"alert": alert})
        for fallback in data.get("fallbacks", ()):
            self.apply({"fallback": fallback})


def dump_alert(alert: Alert) -> dict[str, Any]:
    """Return an alert as JSON has it."""
    return _dump(asdict(alert)) | {
        "attempts": [_dump(asdict(attempt)) for attempt in alert.attempts]
    }


def dump_fallback(fallback: Fallback) -> dict[str, Any]:
    """Return a fallback as JSON has it."""
    return _dump(asdict(fallback))


def _dump(data: dict[str, Any]) -> dict[str, Any]:
    return data | {
        name: data[name].isoformat() for name in _TIMES if data.get(name) is not None
    }


def _load_times(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(data[name])
        for name in _TIMES
        if data.get(name) is not None
    }


def _load_words(data: Mapping[str, Any] | None) -> Words | None:
    return Words(**data) if data else None


def _load_attempt(data: Mapping[str, Any]) -> Attempt:
    return Attempt(**{**data, **_load_times(data), "kind": AttemptKind(data["kind"])})


def _load_alert(data: Mapping[str, Any]) -> Alert:
    return Alert(
        **{
            **data,
            **_load_times(data),
            "contacts": tuple((contact, name) for contact, name in data["contacts"]),
            "words": _load_words(data["words"]),
            "attempts": tuple(map(_load_attempt, data["attempts"])),
            "via": AlertVia(data["via"]) if data["via"] else None,
        }
    )


def _load_fallback(data: Mapping[str, Any]) -> Fallback:
    return Fallback(
        **{**data, **_load_times(data), "words": _load_words(data["words"])}
    )
