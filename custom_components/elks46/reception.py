"""Calls that come in: how each number answers, and what is noted of those who call."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util

from .answering import Heard, LiveCall
from .api import (
    CallbackKind,
    CallDirection,
    CallEnded,
    ElksClient,
    Hangup,
    HangupReason,
    IncomingCall,
    Menu,
)
from .audio import led_in
from .const import (
    CONF_CALL_FALLBACK,
    CONF_CALL_HANDLING,
    CONF_FORWARD_TO,
    CONF_GREETING,
    CONF_NUMBER,
    CONF_REALTIME_NUMBER,
    DOMAIN,
    LOGGER,
    SUBENTRY_NUMBER,
    CallHandling,
    Right,
)
from .contacts import can_reach, is_phone
from .desk import PASSED_ON_MINUTES, Desk
from .errors import failed, invalid
from .greetings import Greetings
from .notices import async_tell_of_numbers
from .records import Admission, Audio, CallNews, PhoneCall
from .signals import SIGNAL_CALL
from .stage import async_stage

if TYPE_CHECKING:
    from .address import Address
    from .call_ledger import CallLedger
    from .contacts import Contact, Contacts
    from .conversations import Conversations
    from .guard import Guard
    from .store import ElksStore
    from .switchboard import Switchboard

# What a number does with calls that may ring others.
PASSING_ON: Final = (CallHandling.FORWARD, CallHandling.AUTOMATION)
# What is said in one call only, at most; and when that is over, for what 46elks has begun to fetch.
PROMPT_LIFETIME: Final = timedelta(minutes=15)
PROMPT_GRACE: Final = timedelta(seconds=5)

# What makes ready what is to be heard, once it is known to be needed.
type MakeReady = Callable[[], Coroutine[Any, Any, Audio]]


class Reception:
    """Has the numbers of an account answered, and tells of those who call."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        store: ElksStore,
        address: Address,
        contacts: Contacts,
        guard: Guard,
        board: Switchboard,
        ledger: CallLedger,
        conversations: Conversations,
        client: ElksClient,
    ) -> None:
        """Take what is needed to answer and to remember."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._address = address
        self._contacts = contacts
        self._guard = guard
        self._desk = board.desk
        self._greetings = Greetings(hass, entry, address, board.greetings, self._open)
        self._ledger = ledger
        self._client = client
        self._conversations = conversations
        self._stage = async_stage(hass)
        self._writing: set[asyncio.Task[None]] = set()
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, SIGNAL_CALL.format(entry.entry_id), self._happened
            )
        )

    @callback
    def async_listen(self) -> None:
        """Answer the numbers from now on, and take note of what calls tell."""
        self.async_open()
        self._desk.attach(self._heard)

    @callback
    def async_open(self) -> None:
        """Answer as the numbers are set now; calls that came before go on as they were."""
        self._open()
        self._mind_targets()
        self._mind_rights()
        self._greetings.async_prepare(
            {
                data[CONF_NUMBER]: greeting
                for data in self._numbers()
                if (greeting := data.get(CONF_GREETING))
            }
        )

    def is_ready(self, greeting: str) -> bool:
        """Tell whether 46elks can fetch a greeting."""
        return bool(self._greetings.urls(greeting))

    async def async_close(self) -> None:
        """Take note of nothing more, and let what is being written be."""
        self._desk.detach()
        self._greetings.async_close()
        if self._writing:
            await asyncio.wait(self._writing)

    async def async_ended(self, end: CallEnded) -> None:
        """Let the end of a call act, also of one whose beginning nobody has heard.

        Raises:
            OSError: the disk refuses, so 46elks should repeat it.
        """
        if call := self._known(end.call_id) or self._new(end):
            await self._ledger.async_ended(call, end)

    def live(self, call_id: str) -> LiveCall:
        """Return a call that came in and goes on.

        Raises:
            ServiceValidationError: there is none.
        """
        live = self._desk.find(call_id)
        if live is None or live.call.callee not in {
            data[CONF_NUMBER] for data in self._numbers()
        }:
            raise invalid("call_not_incoming", call_id=call_id)
        if live.is_over:
            raise invalid("call_is_over", call_id=call_id)
        return live

    async def async_answer(
        self,
        call_id: str,
        handling: CallHandling | None,
        *,
        is_busy: bool = False,
        sound: MakeReady | None = None,
        targets: Sequence[str] = (),
        record: bool = False,
    ) -> bool:
        """Say what becomes of a call; return whether that was still to be said."""
        live = self.live(call_id)
        if not live.is_waiting:
            return False
        if is_busy or handling is None:
            return live.instruct(
                Hangup(HangupReason.BUSY if is_busy else HangupReason.REJECT)
            )
        greeting: tuple[str, ...] = ()
        if sound is not None:
            greeting = await self._async_stage(live, sound)
        if handling is CallHandling.FORWARD:
            wanted = [*targets] or [*live.targets]
            if not wanted:
                raise invalid("forward_to_missing")
            for target in wanted:
                self._check_target(target)
                if not can_reach(live.call.callee, target):
                    raise invalid("forward_mobile_only")
            self._guard.check_passing_on(wanted, minutes=PASSED_ON_MINUTES)
            is_accepted = live.instruct_as(
                handling, targets=tuple(wanted), record=record
            )
            call = self._known(call_id) or self._new(live.call)
            if is_accepted and call is not None:
                price = self._hold(call_id, wanted)
                self._count(
                    self._ledger.async_passed_on(call, price, is_taped=record), call_id
                )
            return is_accepted
        is_accepted = live.instruct_as(handling, greeting=greeting)
        call = self._known(call_id) or self._new(live.call)
        if is_accepted and live.is_talk and call is not None:
            price = self._guard.held_for_talking(call_id)
            self._count(self._ledger.async_talked(call, price), call_id)
        return is_accepted

    async def async_menu(
        self,
        call_id: str,
        sound: MakeReady,
        *,
        digits: int,
        timeout: int,
        repeat: int,
    ) -> asyncio.Future[str | None] | None:
        """Ask for keys; None where the call does not wait for that."""
        live = self.live(call_id)
        if not live.is_waiting:
            return None
        sounds = await self._async_stage(live, sound)
        # To read aloud takes a while, in which the caller may have hung up.
        self.live(call_id)
        (*_, prompt) = sounds
        return live.ask(Menu(prompt, digits=digits, timeout=timeout, repeat=repeat))

    async def _async_stage(self, live: LiveCall, sound: MakeReady) -> tuple[str, ...]:
        """Make ready what is said in one call, which waits meanwhile."""
        with live.claimed():
            self._address.check_media()
            audio = await sound()
            if live.is_over:
                return ()
            tokens = []
            for part in led_in(audio):
                token = self._stage.async_offer(
                    part, lifetime=PROMPT_LIFETIME, for_caller=True
                )
                tokens.append(token)
                live.prompts.append(token)
            urls = self._greetings.where(tokens)
            if not urls:
                # The address went while the sound was made.
                raise failed("audio_unreachable")
            return urls

    def _numbers(self) -> list[Mapping[str, Any]]:
        return [
            subentry.data
            for subentry in self._entry.subentries.values()
            if subentry.subentry_type == SUBENTRY_NUMBER
        ]

    def _desk_of(self, data: Mapping[str, Any]) -> Desk | None:
        """Return how a number answers; None as long as 46elks does not reach this home."""
        next_url = self._address.callback_url(CallbackKind.NEXT)
        record_url = self._address.callback_url(CallbackKind.RECORD)
        hangup_url = self._address.callback_url(CallbackKind.HANGUP)
        if next_url is None or record_url is None or hangup_url is None:
            return None
        return Desk(
            handling=CallHandling(data.get(CONF_CALL_HANDLING, CallHandling.REJECT)),
            fallback=CallHandling(data.get(CONF_CALL_FALLBACK, CallHandling.REJECT)),
            greeting=self._greetings.urls(data.get(CONF_GREETING, "")),
            targets=tuple(self._targets(data)),
            next_url=next_url,
            record_url=record_url,
            hangup_url=hangup_url,
            realtime=data.get(CONF_REALTIME_NUMBER)
            if self._address.voice_url
            else None,
        )

    def _admit(
        self, call: IncomingCall, contact: Contact | None, is_shown: bool
    ) -> Admission:
        """Say whether a caller may talk; of a contact who may not, a person is told."""
        has_right = contact is not None and Right.ASSIST in contact.rights
        whose = contact.subentry_id if contact and has_right and is_shown else None
        admission = self._conversations.admit(call.call_id, call.callee, whose)
        if contact is None or has_right or admission is not Admission.STRANGER:
            return admission
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"assist_not_allowed_{self._entry.entry_id}_{contact.subentry_id}",
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="assist_right_missing",
            translation_placeholders={
                "contact": contact.name,
                "account": self._entry.title,
            },
        )
        return Admission.FORBIDDEN

    def _mind_rights(self) -> None:
        """Say no more of somebody that they may not talk who now may, or is gone."""
        ours = f"assist_not_allowed_{self._entry.entry_id}_"
        unable = {
            one.subentry_id for one in self._contacts if Right.ASSIST not in one.rights
        }
        for domain, issue_id in list(ir.async_get(self._hass).issues):
            is_ours = domain == DOMAIN and issue_id.startswith(ours)
            if is_ours and issue_id.removeprefix(ours) not in unable:
                ir.async_delete_issue(self._hass, domain, issue_id)

    def _targets(self, data: Mapping[str, Any]) -> list[str]:
        """Return who is rung: contacts may have gone, or have another phone than once."""
        found = filter(None, map(self._target, data.get(CONF_FORWARD_TO, ())))
        return [one for one in found if can_reach(data[CONF_NUMBER], one)]

    def _mind_targets(self) -> None:
        """Tell of each number that does not pass calls on to everybody it is set to."""
        gone: dict[str, str] = {}
        unfit: dict[str, str] = {}
        for data in self._numbers():
            if data.get(CONF_CALL_HANDLING) not in PASSING_ON:
                continue
            for wanted in data.get(CONF_FORWARD_TO, ()):
                if (target := self._target(wanted)) is None:
                    gone[data[CONF_NUMBER]] = ""
                elif not can_reach(data[CONF_NUMBER], target):
                    contact = self._contacts.by_subentry(wanted)
                    unfit[data[CONF_NUMBER]] = contact.name if contact else target
        async_tell_of_numbers(self._hass, self._entry, "call_forward_gone", gone)
        async_tell_of_numbers(self._hass, self._entry, "call_forward_unfit", unfit)

    def _target(self, wanted: str) -> str | None:
        """Return a contact's phone as it is now, or what stands there."""
        contact = self._contacts.by_subentry(wanted)
        is_written = wanted.startswith(("+", "sip"))
        return contact.phone if contact else wanted if is_written else None

    def _open(self) -> None:
        desks = {
            data[CONF_NUMBER]: desk
            for data in self._numbers()
            if (desk := self._desk_of(data)) is not None
        }
        self._desk.open(
            desks,
            self._contacts.by_phone,
            self._may_ring,
            self._admit,
            self._clock,
        )

    def _clock(self) -> datetime:
        """Return what 46elks' clock shows; it has answered before an account is loaded."""
        return self._client.now or dt_util.utcnow()

    def _check_target(self, target: str) -> None:
        """See that a phone may be rung; what is no phone costs nothing by the minute.

        Raises:
            ServiceValidationError: it may not.
        """
        for phone in _phones([target]):
            self._guard.check_destination(phone, field=CONF_FORWARD_TO)

    def _may_ring(self, target: str) -> bool:
        """Tell whether somebody may be rung now, for it is paid for."""
        try:
            self._check_target(target)
            self._guard.check_passing_on([target], minutes=PASSED_ON_MINUTES)
        except HomeAssistantError as err:
            LOGGER.warning("A call is not passed on: %s", err)
            return False
        return True

    def _known(self, call_id: str) -> PhoneCall | None:
        call = self._store.call_by_id(call_id)
        is_incoming = call is not None and call.direction is CallDirection.INCOMING
        return call if is_incoming else None

    def _new(self, call: IncomingCall | CallEnded) -> PhoneCall | None:
        """Return a call as it is before anything is known of it; None where it is not ours."""
        if call.callee not in {data[CONF_NUMBER] for data in self._numbers()}:
            return None
        return PhoneCall(
            ref=call.call_id,
            id=call.call_id,
            direction=CallDirection.INCOMING,
            caller=call.caller,
            callee=call.callee,
            asked=dt_util.utcnow(),
            created=call.created,
        )

    @callback
    def _heard(self, heard: Heard) -> None:
        """Take note of what a call has told while it was answered."""
        call_id = heard.call.call_id
        call = self._known(call_id) or self._new(heard.call)
        if call is None:
            return
        match heard.news:
            case CallNews.RINGING:
                rung = self._rung(call, heard)
                ringing = self._ledger.async_rung(rung)
                if rung.is_passed_on or heard.is_talk:
                    self._count(ringing, call_id)
                else:
                    self._write(ringing)
            case CallNews.ANSWERED:
                self._write(self._ledger.async_answered(call, call_id))
            case CallNews.DIGITS:
                self._write(self._ledger.async_pressed(call, call_id, heard.digits))

    def _rung(self, call: PhoneCall, heard: Heard) -> PhoneCall:
        """Return a call that has just been told, with what is set aside for it."""
        targets = heard.targets
        return replace(
            call,
            is_verified=heard.is_verified,
            is_passed_on=bool(targets),
            reserved=self._reserved(call.ref, heard),
        )

    def _reserved(self, call_id: str, heard: Heard) -> Decimal:
        """Set aside what a call may cost, if it does."""
        if heard.targets:
            return self._hold(call_id, heard.targets)
        return self._guard.held_for_talking(call_id)

    def _hold(self, call_id: str, targets: Sequence[str]) -> Decimal:
        """Have a call counted as passed on at once, before that is written down."""
        return self._guard.hold_passing_on(call_id, targets, minutes=PASSED_ON_MINUTES)

    def _count(self, work: Coroutine[Any, Any, None], call_id: str) -> None:
        """Write down what counts from then on for what was held."""

        async def write() -> None:
            try:
                await work
            finally:
                self._guard.let_go(call_id)

        self._write(write())

    @callback
    def _happened(self, news: CallNews, call: PhoneCall) -> None:
        """Let go of a call that is over, whoever has told so."""
        if news is CallNews.ENDED and call.direction is CallDirection.INCOMING:
            self._desk.end(call.ref)
            self._conversations.gone(call.ref)
            if live := self._desk.find(call.ref):
                while live.prompts:
                    self._stage.async_keep(live.prompts.pop(), PROMPT_GRACE)

    def _write(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._hass.async_create_task(work, "elks46 call record")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)


def _phones(targets: Iterable[str]) -> list[str]:
    """Return those who are rung over the telephone network."""
    return [one for one in targets if is_phone(one)]
