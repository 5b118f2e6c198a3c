"""The course of one alert: who is called next, and when it is over.

Each step is written down before it is made, under the reference of its call or text. So
after a restart each is made that was not, and none twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
import re
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import (
    CALLBACK_TYPE,
    Event,
    EventStateChangedData,
    HassJob,
    HomeAssistant,
    State,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later, async_track_state_change_event
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from .api import IncomingMessage
from .const import LOGGER
from .errors import despite_disk, failed
from .records import (
    Alert,
    AlertVia,
    Attempt,
    AttemptKind,
    CallNews,
    CallPlan,
    PhoneCall,
    Words,
)
from .signals import SIGNAL_CALL, SIGNAL_MESSAGE
from .words import async_sounds, async_words, staged

if TYPE_CHECKING:
    from .contacts import Contact, Contacts
    from .dialler import Dialler
    from .outbox import Outbox
    from .pins import Pins
    from .store import ElksStore

# The end of a call is posted within seconds; who comes next does not wait for one that is lost.
END_LATE: Final = timedelta(seconds=30)
# 46elks takes a call within a second or two. Whether one rings that it has not taken by then
# nobody knows: the next is called meanwhile, which rings nobody twice.
PLACED_SECONDS: Final = 15
# In the end, a text that 46elks does not answer keeps nobody waiting for longer.
TEXT_SECONDS: Final = 10
# Sounds are not on the stage for ever, and an alert with long pauses takes its time.
RESTAGE_AFTER: Final = timedelta(hours=1)
# Where a text says who has taken the alert.
BY: Final = "{by}"
# How people say by text that they see to it, before all else. Answers that a phone gives by
# itself while its owner drives or sleeps begin with none of these.
YES: Final = frozenset(
    {
        *("ok", "okay", "oki", "yes", "yep"),
        *("ja", "jadå", "japp", "jepp", "jo", "okej", "kvitterar"),
        *("greit", "jada", "jep", "kvitterer", "okei"),
        *("joo", "juu", "kuitattu", "kuittaan", "kyllä", "selvä"),
        *("bestätigt", "jawohl", "verstanden"),
        *("akkoord", "bevestigd", "oke", "oké"),
        *("confirmé", "d accord", "oui"),
        *("confirmado", "de acuerdo", "sí", "vale"),
        *("dobrze", "potwierdzam", "tak"),
    }
)
# What begins like a yes and is none: "I do not" in Polish, "thanks for" in Danish.
NO_YES: Final = frozenset({"ja nie", "tak for", "tak fordi"})
# A yes that a phone has written without its accent. With more behind it, it means "if".
YES_ALONE: Final = "si"


class Course:
    """One alert, from where it stands to its end."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        alert: Alert,
        *,
        store: ElksStore,
        contacts: Contacts,
        dialler: Dialler,
        outbox: Outbox,
        pins: Pins,
    ) -> None:
        """Take an alert, and listen for what ends it."""
        self._hass = hass
        self._entry = entry
        self.alert = alert
        self._store = store
        self._contacts = contacts
        self._dialler = dialler
        self._outbox = outbox
        self._pins = pins
        self._words: Words | None = async_words(hass).get(alert.ref, alert.words)
        self._over = asyncio.Event()
        self._preparing = asyncio.Lock()
        self._plan: CallPlan | None = None
        self._staged = alert.asked
        self._texts: dict[tuple[str, AttemptKind], asyncio.Task[None]] = {}
        self._stack = ExitStack()
        self._listening = list(self._listen())
        if alert.over is not None:
            self._over.set()
        else:
            self._look_back()

    @callback
    def stop(self) -> None:
        """Listen to nothing more."""
        while self._listening:
            self._listening.pop()()

    def answered_by(self, message: IncomingMessage) -> Attempt | None:
        """Return which text that went along a message says yes to, if any."""
        contact = self._contacts.by_phone(message.sender)
        said = contact.without_pin(message.text) if contact else message.text
        if not is_yes(said, self.alert.acknowledge):
            return None
        for attempt in self.alert.attempts:
            sent = self._store.sent.get(attempt.ref)
            if (
                sent is not None
                and attempt.kind is AttemptKind.SMS
                and (sent.recipient, sent.sender) == (message.sender, message.recipient)
                and message.created >= (sent.created or sent.asked)
                and self._is_proved(message)
            ):
                return attempt
        return None

    def _is_proved(self, message: IncomingMessage) -> bool:
        """Tell whether a text is from who it seems to be, as far as that can be known."""
        contact = self._contacts.by_phone(message.sender)
        if contact is None or contact.pin is None:
            return True
        return self._pins.is_given(contact, message.id)

    async def async_run(self, *, climbs: bool = True) -> Alert:
        """Go on until somebody has acknowledged, or nobody is left; return how it ended."""
        try:
            with self._stack:
                if climbs:
                    await self._async_climb()
                self.stop()
                await self._async_finish()
        finally:
            # What has been handed over goes out all the same.
            for text in self._texts.values():
                text.cancel()
        return self.alert

    def _listen(self) -> Iterable[CALLBACK_TYPE]:
        entry_id = self._entry.entry_id
        yield async_dispatcher_connect(
            self._hass, SIGNAL_CALL.format(entry_id), self._called
        )
        yield async_dispatcher_connect(
            self._hass, SIGNAL_MESSAGE.format(entry_id), self._received
        )
        if self.alert.until is not None:
            yield async_track_state_change_event(
                self._hass, self.alert.until, self._changed
            )

    def _look_back(self) -> None:
        """Find what has ended the alert while nobody listened."""
        for call in self._store.calls.values():
            self._called(CallNews.ENDED, call)
        if self.alert.until is not None:
            self._look_at(self._hass.states.get(self.alert.until))

    @callback
    def _called(self, _news: CallNews, call: PhoneCall) -> None:
        """End the alert where somebody has pressed the key, also late."""
        for attempt in self.alert.attempts:
            if attempt.ref == call.ref and call.is_acknowledged:
                self._end(AlertVia.KEY, attempt.contact)

    @callback
    def _received(self, message: IncomingMessage) -> None:
        """End the alert where somebody has answered the text that went along."""
        if attempt := self.answered_by(message):
            self._end(AlertVia.SMS, attempt.contact)

    @callback
    def _changed(self, event: Event[EventStateChangedData]) -> None:
        self._look_at(event.data["new_state"])

    def _look_at(self, state: State | None) -> None:
        """End the alert where the entity has changed to the state that does."""
        if state is None or state.state in (STATE_UNAVAILABLE, STATE_UNKNOWN):
            return
        if state.state != self.alert.until_state:
            self.alert = replace(self.alert, is_armed=True)
        elif self.alert.is_armed:
            self._end(AlertVia.UNTIL, None)

    def _end(self, via: AlertVia, by: str | None) -> None:
        if self._over.is_set():
            return
        self.alert = replace(self.alert, over=dt_util.utcnow(), via=via, by=by)
        self._over.set()
        # Begun at once, so that it is written down with what it is heard from.
        self._hass.async_create_task(self._async_write(), "elks46 alert")

    async def _async_climb(self) -> None:
        alert = self.alert
        groups = (
            [alert.contacts] if alert.at_once else [(one,) for one in alert.contacts]
        )
        for number in range(1, alert.rounds + 1):
            if number > 1:
                await self._async_pause(number)
            for group in groups:
                if self._over.is_set():
                    return
                await asyncio.gather(
                    *(self._async_reach(*one, number) for one in group)
                )

    async def _async_pause(self, number: int) -> None:
        """Wait before a round, unless that has begun; a restart does not make it longer."""
        if any(attempt.round == number for attempt in self.alert.attempts):
            return
        passed = (dt_util.utcnow() - self.alert.last_step).total_seconds()
        await self._async_wait(self.alert.pause - max(passed, 0))

    async def _async_wait(
        self, seconds: float, *waiting: Callable[[], Awaitable[object]]
    ) -> None:
        """Return when the alert is over, the time, or what is waited for."""
        due = asyncio.Event()

        @callback
        def ring(_now: datetime) -> None:
            due.set()

        job = HassJob(ring, "elks46 alert", cancel_on_shutdown=True)
        cancel = async_call_later(self._hass, max(seconds, 0), job)
        tasks = [
            asyncio.ensure_future(wait())
            for wait in (due.wait, self._over.wait, *waiting)
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            cancel()
            for task in tasks:
                task.cancel()

    async def _async_reach(self, subentry_id: str, name: str, number: int) -> None:
        """Call a person, and begin to text them; only the call decides when to go on."""
        if (contact := self._contacts.by_subentry(subentry_id)) is None:
            gone = self._attempt(subentry_id, name, AttemptKind.CALL, number)
            if gone.ended is None:
                error = str(failed("contact_gone", name=name))
                await self._async_end_attempt(gone, error=error)
            return
        if self._words is not None and (text := self._words.text):
            self._text(contact, name, AttemptKind.SMS, number, text)
        await self._async_call(contact, name, number)

    async def _async_call(self, contact: Contact, name: str, number: int) -> None:
        attempt = self._attempt(contact.subentry_id, name, AttemptKind.CALL, number)
        if attempt.ended is not None:
            return

        async def place() -> None:
            plan = await self._async_plan()
            # To read aloud takes a while, in which somebody may have answered the text.
            if self._over.is_set():
                return
            await self._async_note(attempt)
            await self._async_place(contact, plan, attempt.ref)

        was_placed = attempt.ref in self._store.calls
        error = None if was_placed else await _async_failure(place)
        call = self._store.calls.get(attempt.ref)
        is_followed = call is not None and (was_placed or call.id is not None)
        if error is None and call is not None and is_followed:
            await self._async_follow(call)
        if error is not None or call is not None:
            await self._async_end_attempt(attempt, error=error)

    async def _async_place(self, contact: Contact, plan: CallPlan, ref: str) -> None:
        """Have a call placed, and wait for that while it makes sense."""
        if self.alert.caller is None:
            raise failed("caller_missing")
        placing = asyncio.ensure_future(
            self._dialler.async_place(
                callee=contact.phone,
                caller=self.alert.caller,
                plan=plan,
                ref=ref,
                is_alert=True,
            )
        )
        try:
            await self._async_wait(PLACED_SECONDS, lambda: asyncio.wait({placing}))
            if placing.done():
                placing.result()
        finally:
            # The dialler goes on by itself.
            placing.cancel()

    async def _async_follow(self, call: PhoneCall) -> None:
        """Wait for the end of a call, though not for one that nobody tells."""
        talk = call.plan.talk_seconds if call.plan else 0
        due = call.asked + END_LATE + timedelta(seconds=self.alert.ring_timeout + talk)
        if call.id is None:
            due = call.asked + timedelta(seconds=PLACED_SECONDS)
        await self._async_wait(
            (due - dt_util.utcnow()).total_seconds(),
            lambda: self._dialler.async_wait([call.ref]),
        )

    def _text(
        self, contact: Contact, name: str, kind: AttemptKind, number: int, text: str
    ) -> None:
        """Begin to text a person, once in an alert."""
        if (contact.subentry_id, kind) not in self._texts:
            self._texts[contact.subentry_id, kind] = (
                self._hass.async_create_background_task(
                    self._async_text(contact, name, kind, number, text),
                    f"elks46 text of alert {self.alert.ref}",
                    # The call that it goes along with comes first.
                    eager_start=False,
                )
            )

    async def _async_text(
        self, contact: Contact, name: str, kind: AttemptKind, number: int, text: str
    ) -> None:
        attempt = self._attempt(contact.subentry_id, name, kind, number)
        if attempt.ended is not None:
            return
        error = None
        if attempt.ref not in self._store.sent:
            await self._async_note(attempt)

            async def send() -> None:
                await self._outbox.async_send_sms(
                    recipient=contact.phone,
                    text=text,
                    sender=contact.sender,
                    ref=attempt.ref,
                    is_alert=True,
                )

            error = await _async_failure(send)
        await self._async_end_attempt(attempt, error=error)

    async def _async_plan(self) -> CallPlan:
        """Return what every call of this alert does, made ready once."""
        async with self._preparing:
            if self._plan is None or dt_util.utcnow() > self._staged + RESTAGE_AFTER:
                self._staged = dt_util.utcnow()
                audio = await async_sounds(self._hass, self._words)
                self._plan = self._stack.enter_context(
                    staged(
                        self._dialler.repertoire,
                        audio,
                        self._words,
                        repeat=self.alert.repeat,
                        ring_timeout=self.alert.ring_timeout,
                        acknowledge=self.alert.acknowledge,
                    )
                )
        return self._plan

    async def _async_finish(self) -> None:
        """Leave nobody ringing, and tell those who were called that it is over."""
        calls = [one.ref for one in self.alert.attempts if one.kind is AttemptKind.CALL]
        await asyncio.gather(*map(self._dialler.async_withdraw, calls))
        if self.alert.over is not None:
            self._tell_others()
        if self._texts:
            await asyncio.wait(self._texts.values(), timeout=TEXT_SECONDS)

    def _tell_others(self) -> None:
        words, alert = self._words, self.alert
        if words is None or not words.tell_others:
            return
        text = words.tell_others.replace(BY, self._who())
        reached = {one.contact for one in alert.attempts if one.error is None}
        for subentry_id, name in alert.contacts:
            contact = self._contacts.by_subentry(subentry_id)
            if contact and subentry_id in reached and subentry_id != alert.by:
                self._text(contact, name, AttemptKind.TELL_OTHERS, 0, text)

    def _who(self) -> str:
        """Return who, or what, has ended the alert."""
        if self.alert.by is not None:
            return dict(self.alert.contacts)[self.alert.by]
        state = self._hass.states.get(self.alert.until or "")
        return state.name if state else str(self.alert.until)

    def _attempt(
        self, contact: str, name: str, kind: AttemptKind, number: int
    ) -> Attempt:
        """Return a step as it stands; a person is called once a round, and texted once."""
        for attempt in self.alert.attempts:
            is_same = (attempt.contact, attempt.kind) == (contact, kind)
            if is_same and (kind is not AttemptKind.CALL or attempt.round == number):
                return attempt
        return Attempt(
            contact=contact,
            name=name,
            kind=kind,
            round=number,
            ref=ulid_now(),
            at=dt_util.utcnow(),
        )

    async def _async_end_attempt(
        self, attempt: Attempt, *, error: str | None = None
    ) -> None:
        ended = replace(attempt, ended=dt_util.utcnow(), error=error)
        await self._async_note(ended)

    async def _async_note(self, attempt: Attempt) -> None:
        """Write a step down as it stands now."""
        others = [one for one in self.alert.attempts if one.ref != attempt.ref]
        attempts = sorted([*others, attempt], key=lambda one: one.at)
        self.alert = replace(self.alert, attempts=tuple(attempts))
        await self._async_write()

    async def _async_write(self) -> None:
        with despite_disk(self._hass, self._entry):
            await self._store.async_record_alert(self.alert)


def is_yes(text: str, key: str) -> bool:
    """Tell whether a text says that somebody sees to it: the key alone, or a word for yes first."""
    if text.strip() == key:
        return True
    said = " ".join(re.findall(r"\w+", text.casefold()))
    if said == YES_ALONE or text.lstrip().startswith("👍"):
        return True
    return _begins(said, YES) and not _begins(said, NO_YES)


def _begins(said: str, phrases: Iterable[str]) -> bool:
    return any(f"{said} ".startswith(f"{phrase} ") for phrase in phrases)


async def _async_failure(step: Callable[[], Awaitable[None]]) -> str | None:
    """Make a step, and return why it could not be; nothing stops the steps after it."""
    try:
        await step()
    except HomeAssistantError as err:
        return str(err)
    except Exception as err:  # noqa: BLE001 - who comes next is called all the same
        LOGGER.exception("A step of an alert failed")
        return type(err).__name__
    return None
