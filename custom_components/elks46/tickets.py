"""Who a call is for whose voice 46elks is about to bring.

A call that is connected to this home leaves the telephone network for a moment and comes back
by a socket. In between its ticket lies here, by the id of the call. Tickets outlive the
loading and unloading of their account, as the switchboard does that leaves them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .voice.session import Attendant

# 46elks opens the socket at once, or as soon as its own network lets it.
TICKET_SECONDS: Final = 30
# More than a home has people to talk with; who calls in a flood is told busy.
TICKETS_AT_MOST: Final = 100

DATA_TICKETS: Final[HassKey[dict[str, Tickets]]] = HassKey(f"{DOMAIN}_tickets")


@dataclass(frozen=True, slots=True)
class _Ticket:
    attendant: Attendant
    whose: str
    expires: float


class Tickets:
    """Attendants by the call that is on its way to them."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Hold none."""
        self._clock = clock
        self._tickets: dict[str, _Ticket] = {}
        self.unclaimed = 0
        """How many calls, since the last that came, have ended before their voice came."""

    @callback
    def leave(self, call_id: str, attendant: Attendant, whose: str) -> None:
        """Expect a call for somebody; of too many, the oldest is expected no more."""
        self._expire()
        self._tickets.pop(call_id, None)
        self._tickets[call_id] = _Ticket(
            attendant, whose, self._clock() + TICKET_SECONDS
        )
        while len(self._tickets) > TICKETS_AT_MOST:
            del self._tickets[next(iter(self._tickets))]

    @callback
    def claim(self, call_id: str) -> Attendant | None:
        """Return who a call is for, once; None for one that is not expected."""
        self._expire()
        if (ticket := self._tickets.pop(call_id, None)) is None:
            return None
        self.unclaimed = 0
        return ticket.attendant

    @callback
    def withdraw(self, call_id: str) -> None:
        """Expect a call no more: it has ended before its voice came."""
        if self._tickets.pop(call_id, None) is not None:
            self.unclaimed += 1

    @callback
    def is_expecting(self, whose: str) -> bool:
        """Tell whether a call is on its way to somebody, who is busy then."""
        self._expire()
        return any(ticket.whose == whose for ticket in self._tickets.values())

    def _expire(self) -> None:
        """Forget those that nobody has claimed; the oldest come first."""
        now = self._clock()
        while self._tickets:
            oldest = next(iter(self._tickets))
            if self._tickets[oldest].expires > now:
                return
            del self._tickets[oldest]


@callback
def async_get(hass: HomeAssistant, entry_id: str) -> Tickets:
    """Return the tickets of an account, loaded or not."""
    return hass.data.setdefault(DATA_TICKETS, {}).setdefault(entry_id, Tickets())


@callback
def async_forget(hass: HomeAssistant, entry_id: str) -> None:
    """Forget the tickets of an account that is gone."""
    hass.data.get(DATA_TICKETS, {}).pop(entry_id, None)
