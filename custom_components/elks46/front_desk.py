"""Who takes those who call the numbers of an account, and knows each call again."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.util import dt as dt_util

from .answering import Admit, Allow, Clock, Heard, Listener, LiveCall
from .api import CallResult, Hangup, IncomingCall, Instruction
from .const import LOGGER
from .contacts import Contact
from .desk import Desk
from .pins import Pins
from .records import Admission

# A day of calls to a house, and nothing to notice for a computer.
CALLS_AT_MOST: Final = 1_000
# 46elks may post a call again whose answer it did not hear: nobody waits any more, and no
# gate may open. It is 46elks' clock that tells, as that of a home may be wrong.
CALL_OLD: Final = timedelta(minutes=5)

type Find = Callable[[str], Contact | None]
"""Who has a number."""


class FrontDesk:
    """Answers those who call the numbers of an account."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Answer no number yet."""
        self._hass = hass
        self._desks: Mapping[str, Desk] = {}
        self._find: Find = _nobody
        self._allow: Allow = _refuse
        self._clock: Clock = dt_util.utcnow
        self._has_warned = False
        self._admit: Admit = _unable
        self._live: dict[str, LiveCall] = {}
        self._ended: dict[str, None] = {}
        self._listener: Listener | None = None
        self._unheard: list[Heard] = []
        self.pins = Pins()

    @callback
    def open(
        self,
        desks: Mapping[str, Desk],
        find: Find,
        allow: Allow,
        admit: Admit,
        clock: Clock,
    ) -> None:
        """Answer these numbers from now on; calls that came before go on as they were.

        `find` tells who has a number, and `clock` is 46elks'.
        """
        self._desks, self._find = desks, find
        self._allow, self._admit = allow, admit
        self._clock = clock

    @callback
    def attach(self, listener: Listener) -> None:
        """Tell what is heard from now on, and what was while nobody listened."""
        self._listener = listener
        unheard, self._unheard = self._unheard, []
        for heard in unheard:
            listener(heard)

    @callback
    def detach(self) -> None:
        """Keep what is heard until somebody listens again."""
        self._listener = None

    @callback
    def close(self) -> None:
        """Have nobody wait for calls any more of which nothing more will be told."""
        for live in self._live.values():
            live.end()

    @callback
    def find(self, call_id: str) -> LiveCall | None:
        """Return a call that has come in."""
        return self._live.get(call_id)

    @callback
    def connected(self, call_id: str) -> None:
        """Take note that the house talks with who has called."""
        if live := self._live.get(call_id):
            live.connected()

    @callback
    def end(self, call_id: str) -> None:
        """Take note that a call is over; who asks about it again gets the same answers."""
        if live := self._live.get(call_id):
            live.end()
            return
        self._ended[call_id] = None
        while len(self._ended) > CALLS_AT_MOST:
            del self._ended[next(iter(self._ended))]

    async def async_answer(
        self, step: str, question: IncomingCall | CallResult
    ) -> Instruction:
        """Return what to do with a call."""
        live = self._live.get(question.call_id)
        if isinstance(question, IncomingCall):
            live = live or self._ring(question)
            step = ""
        if live is None:
            return Hangup()
        return await live.async_answer(step, question)

    def _ring(self, call: IncomingCall) -> LiveCall | None:
        desk = self._desks.get(call.callee)
        if desk is None or call.call_id in self._ended:
            return None
        if (age := self._clock() - call.created) > CALL_OLD:
            if not self._has_warned:
                self._has_warned = True
                LOGGER.warning(
                    "A call is turned away as it began %d minutes ago, by the clock of"
                    " 46elks; further ones are without a word",
                    age.total_seconds() // 60,
                )
            return None

        live = LiveCall(
            self._hass,
            call,
            desk,
            partial(self._find, call.caller or ""),
            self.pins,
            self._allow,
            self._admit,
            self._hear,
        )
        self._live[call.call_id] = live
        while len(self._live) > CALLS_AT_MOST:
            del self._live[next(iter(self._live))]
        return live

    def _hear(self, heard: Heard) -> None:
        if self._listener is None:
            self._unheard.append(heard)
        else:
            self._listener(heard)


def _nobody(_phone: str) -> Contact | None:
    return None


def _refuse(_phone: str) -> bool:
    return False


def _unable(
    _call: IncomingCall, _contact: Contact | None, _is_shown: bool
) -> Admission:
    return Admission.UNABLE
