"""Calls that are conversations: who talks with whom, over Realtime Voice.

A known caller talks with the satellite of their contact, a stranger with the number's. A
satellite has one call at a time; several callers may be attended at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from homeassistant.auth.const import GROUP_ID_USER
from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.util.ulid import ulid_now

from .address import NoAddress
from .const import (
    CONF_BARGE_IN,
    CONF_CALL_HANDLING,
    CONF_GREETING,
    CONF_NUMBER,
    CONF_REALTIME_NUMBER,
    CONF_STRANGERS,
    CONF_USER_ID,
    CONNECTED_MINUTES_AT_MOST,
    DOMAIN,
    LOGGER,
    SUBENTRY_NUMBER,
    CallHandling,
)
from .errors import CutOffError, failed
from .notices import async_tell_of_numbers
from .records import Admission, CallOutcome, CallPlan, Visit
from .subentries import subentry_by_number
from .switchboard import Guest

if TYPE_CHECKING:
    from .address import Address
    from .contacts import Contact
    from .coordinator import ElksCoordinator
    from .dialler import Dialler
    from .guard import Guard
    from .switchboard import Switchboard
    from .tickets import Tickets
    from .voice.session import Attendant, CallSession

# As long as it takes to say that the house has to stop, or to say an announcement's last words.
LEAVE_SECONDS: Final = 10
# Of callers whose voice did not come one after the other, so many did not hang up by chance.
UNHEARD_AT_MOST: Final = 2
# As `place_call` does where nobody says otherwise.
RING_SECONDS: Final = 45
HANG_UP_SECONDS: Final = 5
# By which people know whose user it is.
INTEGRATION: Final = "46elks"


class Satellite(Protocol):
    """Who talks on behalf of the house."""

    @property
    def is_busy(self) -> bool:
        """Whether a call is going on, or about to."""

    def can_talk(self, visit: Visit) -> bool:
        """Tell whether there is all that a conversation needs; where not, a person is told."""

    async def async_attend(self, session: CallSession, visit: Visit) -> None:
        """Talk with a caller to the end."""


class Conversations:
    """The calls of an account that are conversations."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        address: Address,
        coordinator: ElksCoordinator,
        dialler: Dialler,
        guard: Guard,
        board: Switchboard,
        tickets: Tickets,
    ) -> None:
        """Take what connects calls."""
        self._hass = hass
        self._entry = entry
        self._address = address
        self._coordinator = coordinator
        self._dialler = dialler
        self._guard = guard
        self._board = board
        self._tickets = tickets
        self._satellites: dict[str, Satellite] = {}
        self._talks = 0
        self._silent = asyncio.Event()
        self._leaving = asyncio.Event()
        self.is_awaited = False
        """Whether somebody waits for the last conversation to end."""

    @contextmanager
    def talking(self) -> Iterator[None]:
        """Have a conversation, which nothing but its end ends."""
        self._talks += 1
        self._silent.clear()
        try:
            yield
        finally:
            self._talks -= 1
            if not self._talks:
                self._silent.set()

    async def async_end(self) -> None:
        """Begin no more conversations, and return when the last is over."""
        self.is_awaited = True
        if self._talks:
            await self._silent.wait()

    async def async_close(self) -> None:
        """Have callers told that the house has to stop, and return when they were, or soon after."""
        self.is_awaited = True
        self._leaving.set()
        if self._talks:
            with suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await self._silent.wait()

    async def async_leaving(self) -> None:
        """Return when the house has to stop."""
        await self._leaving.wait()

    @callback
    def register(self, subentry_id: str, satellite: Satellite) -> Callable[[], None]:
        """Let a satellite attend the calls of a contact, or a number's strangers; return how to end that."""
        self._satellites[subentry_id] = satellite

        @callback
        def unregister() -> None:
            self._satellites.pop(subentry_id, None)

        return unregister

    @callback
    def admit(self, call_id: str, number: str, contact_id: str | None) -> Admission:
        """Say whether a caller may talk, and expect the call if so.

        A contact without the right to is a stranger, too.
        """
        subentry = subentry_by_number(self._entry, number)
        if subentry is None or not subentry.data.get(CONF_REALTIME_NUMBER):
            return Admission.UNABLE
        if contact_id is None and not subentry.data.get(CONF_STRANGERS, False):
            return Admission.STRANGER
        whose = contact_id or subentry.subentry_id
        satellite = self._satellites.get(whose)
        visit = _visit(subentry, is_stranger=contact_id is None)
        if satellite is None or not satellite.can_talk(visit):
            return Admission.UNABLE
        if self.is_awaited or satellite.is_busy or self._tickets.is_expecting(whose):
            return Admission.BUSY
        try:
            self._guard.hold_talking(call_id, minutes=CONNECTED_MINUTES_AT_MOST)
        except HomeAssistantError as err:
            LOGGER.warning("The house does not talk: %s", err)
            return Admission.UNABLE
        attend = partial(satellite.async_attend, visit=visit)
        self._tickets.leave(call_id, attend, whose)
        return Admission.WELCOME

    @callback
    def claim(self, call_id: str) -> Attendant | None:
        """Return who a call is for whose voice has come; None for one that is not expected."""
        if (attendant := self._tickets.claim(call_id)) is not None:
            self._board.desk.connected(call_id)
            self._mind_voice()
        return attendant

    @callback
    def gone(self, call_id: str) -> None:
        """Expect a call no more: whoever called has hung up."""
        self._tickets.withdraw(call_id)
        self._mind_voice()

    @callback
    def async_mind_lines(self) -> None:
        """Tell of each number that cannot talk, as what it talks through is not there."""
        numbers = {one.number for one in self._coordinator.data.numbers.values()}
        is_reached = (
            self._address.voice_url is not None
            or self._address.missing is NoAddress.WAITING
        )
        gone: dict[str, str] = {}
        unreached: dict[str, str] = {}
        for subentry in self._entry.get_subentries_of_type(SUBENTRY_NUMBER):
            realtime = subentry.data.get(CONF_REALTIME_NUMBER)
            if realtime and realtime not in numbers:
                gone[subentry.data[CONF_NUMBER]] = realtime
            is_talking = subentry.data.get(CONF_CALL_HANDLING) == CallHandling.ASSIST
            if is_talking and not is_reached:
                unreached[subentry.data[CONF_NUMBER]] = ""
        async_tell_of_numbers(
            self._hass, self._entry, "assist_number_gone", gone, is_fixable=False
        )
        async_tell_of_numbers(
            self._hass, self._entry, "assist_unreached", unreached, is_fixable=False
        )

    def _mind_voice(self) -> None:
        """Tell when 46elks has not brought the voice of calls, until it does."""
        issue_id = f"voice_missing_{self._entry.entry_id}"
        if self._tickets.unclaimed < UNHEARD_AT_MOST:
            ir.async_delete_issue(self._hass, DOMAIN, issue_id)
            return
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key="voice_missing",
            translation_placeholders={"address": self._address.media_base or "–"},
        )

    @property
    def visit_ahead(self) -> Visit | None:
        """What holds for the next call of ours; None where none can be made."""
        with suppress(HomeAssistantError):
            return self._line()[0]
        return None

    async def async_call(
        self,
        phone: str,
        attend: Callable[[CallSession, Visit], Awaitable[None]],
        *,
        asks_pin_of: Contact | None = None,
    ) -> None:
        """Call someone, have them talked with, and return when that is over.

        Where the contact has a PIN, whoever picks up enters it first.

        Raises:
            HomeAssistantError: nobody has answered, nothing could be said, or no call
                could be placed.
        """
        visit, caller = self._line()
        if self._address.voice_url is None:
            raise failed("assist_no_address")
        if self.is_awaited:
            raise failed("not_loaded")
        arrived: asyncio.Future[CallSession] = self._hass.loop.create_future()
        over: asyncio.Future[HomeAssistantError | None]
        over = self._hass.loop.create_future()

        async def meet(session: CallSession) -> None:
            arrived.set_result(session)
            # As long as it is not done, and should whoever attends be stopped in the middle.
            came_of_it: HomeAssistantError | None = failed("assist_not_said")
            try:
                await attend(session, visit)
                came_of_it = None
            except CutOffError as err:
                came_of_it = err
            except Exception as err:  # noqa: BLE001 - engines raise what they like; whoever asked hears of it
                LOGGER.warning("The house cannot speak: %s", type(err).__name__)
            finally:
                over.set_result(came_of_it)

        ref, ended = ulid_now(), None
        guest = Guest(meet, asks_pin_of)
        self._board.expect_conversation(ref, guest)
        try:
            await self._dialler.async_place(
                callee=phone, caller=caller, plan=_plan(visit.realtime), ref=ref
            )
            ended = self._hass.async_create_task(self._dialler.async_wait([ref]))
            first: set[asyncio.Future[Any]] = {arrived, ended}
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if not arrived.done():
                raise self._unanswered(ref, guest)
            if failure := await asyncio.shield(over):
                raise failure
            # 46elks tells the end within a second; where it does not, nobody waits for it.
            await asyncio.wait({ended}, timeout=HANG_UP_SECONDS)
        except asyncio.CancelledError:
            await self._dialler.async_withdraw(ref)
            if arrived.done():
                await arrived.result().hang_up()
            raise
        finally:
            self._board.forget_conversation(ref)
            if ended is not None:
                ended.cancel()

    def _line(self) -> tuple[Visit, str]:
        """Return what a call of ours goes through, and the number that it is from.

        Raises:
            HomeAssistantError: no number has what it takes.
        """
        callers = self._coordinator.callers
        lines = [
            subentry
            for subentry in self._entry.get_subentries_of_type(SUBENTRY_NUMBER)
            if subentry.data.get(CONF_REALTIME_NUMBER)
            and subentry.data[CONF_NUMBER] in callers
        ]
        if not lines:
            raise failed("assist_no_number")
        default = self._coordinator.default_caller
        line = min(lines, key=lambda one: one.data[CONF_NUMBER] != default)
        return _visit(line, is_stranger=False), line.data[CONF_NUMBER]

    def _unanswered(self, ref: str, guest: Guest) -> HomeAssistantError:
        """Return why a call of ours came to nothing."""
        if guest.is_refused:
            return failed("assist_no_pin")
        call = self._dialler.latest(ref)
        if call is not None and call.id is not None:
            self.gone(call.id)
        outcome = call.outcome if call else None
        if outcome is CallOutcome.BUSY:
            return failed("assist_engaged")
        if outcome is CallOutcome.NO_ANSWER:
            return failed("assist_not_answered")
        return failed("assist_not_connected")


async def async_user(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Have a user of Home Assistant in whose name callers do what they do."""
    user_id = entry.data.get(CONF_USER_ID)
    if user_id and await hass.auth.async_get_user(user_id):
        return
    name = entry.title
    if not name.startswith(INTEGRATION):
        name = f"{INTEGRATION} {name}"
    user = await hass.auth.async_create_system_user(name, group_ids=[GROUP_ID_USER])
    hass.config_entries.async_update_entry(
        entry, data={**entry.data, CONF_USER_ID: user.id}
    )


def _visit(number: ConfigSubentry, *, is_stranger: bool) -> Visit:
    return Visit(
        number_id=number.subentry_id,
        realtime=number.data[CONF_REALTIME_NUMBER],
        greeting=number.data.get(CONF_GREETING),
        is_stranger=is_stranger,
        has_barge_in=number.data.get(CONF_BARGE_IN, True),
    )


def _plan(realtime: str) -> CallPlan:
    return CallPlan(
        sounds=(),
        seconds=CONNECTED_MINUTES_AT_MOST * 60,
        repeat=1,
        ring_timeout=RING_SECONDS,
        connect=realtime,
    )
