"""Texts that become calls if they have not arrived in time.

Which text may become a call is written down before it is sent, and the reference of the call
before it is placed: whatever happens between, there is one call, or none is needed.
"""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import (
    CALLBACK_TYPE,
    CoreState,
    HassJob,
    HomeAssistant,
    callback,
)
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.event import async_call_later
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from .api import ElksClient, ElksError, MessageStatus
from .const import DOMAIN, FALLBACK_FAILED, LOGGER, RESUME_WITHIN
from .contacts import masked
from .errors import despite_disk, failed
from .records import Fallback, SentMessage, Words
from .signals import SIGNAL_DELIVERY
from .words import async_sounds, async_words, staged

if TYPE_CHECKING:
    from .coordinator import ElksCoordinator
    from .dialler import Dialler
    from .outbox import Outbox
    from .store import ElksStore

# As `place_call` does where nobody says otherwise.
REPEAT: Final = 2
RING_SECONDS: Final = 45


class Fallbacks:
    """The texts of an account that may become calls."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        store: ElksStore,
        coordinator: ElksCoordinator,
        dialler: Dialler,
        outbox: Outbox,
    ) -> None:
        """Take what remembers, what tells of texts, and what calls."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._coordinator = coordinator
        self._dialler = dialler
        self._outbox = outbox
        self._from_before = set(store.fallbacks)
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._closing = False

    @callback
    def async_listen(self) -> None:
        """Hear of texts that arrive, and of those that fail."""
        signal = SIGNAL_DELIVERY.format(self._entry.entry_id)
        self._entry.async_on_unload(
            async_dispatcher_connect(self._hass, signal, self._heard)
        )

    @callback
    def resume(self) -> None:
        """Go on after a start, once it is known what has become of the texts."""
        while self._from_before and self._hass.state is CoreState.running:
            ref = self._from_before.pop()
            self._plan(ref)
            self.failed(ref)

    async def async_close(self) -> None:
        """Call nobody any more; what is due is done at the next start."""
        self._closing = True
        while self._timers:
            self._timers.popitem()[1]()
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def async_expect(
        self, ref: str, recipient: str, seconds: float, text: str, *, may_store: bool
    ) -> None:
        """Have a text that is about to be sent become a call if it does not arrive in time."""
        words = Words(message=text)
        async_words(self._hass)[ref] = words
        fallback = Fallback(
            ref=ref,
            recipient=recipient,
            due=dt_util.utcnow() + timedelta(seconds=seconds),
            words=words if may_store else None,
        )
        with despite_disk(self._hass, self._entry):
            await self._store.async_record_fallback(fallback)
        self._plan(ref)

    @callback
    def failed(self, ref: str) -> None:
        """Call at once where a text surely did not leave; one that nobody knows of may have."""
        sent = self._store.sent.get(ref)
        if ref in self._store.fallbacks and (sent is None or sent.status.is_final):
            self._start(ref)

    async def async_forget(self, ref: str) -> None:
        """Place no call for a text: it has arrived, or may go to nobody."""
        if cancel := self._timers.pop(ref, None):
            cancel()
        async_words(self._hass).pop(ref, None)
        if ref in self._store.fallbacks:
            with despite_disk(self._hass, self._entry):
                await self._store.async_record_fallback_over(ref)

    @callback
    def _heard(self, sent: SentMessage) -> None:
        if sent.status.is_final and sent.ref in self._store.fallbacks:
            self._start(sent.ref)

    def _plan(self, ref: str) -> None:
        """Look at a text when its time is over."""
        if self._closing or (fallback := self._store.fallbacks.get(ref)) is None:
            return

        @callback
        def due(_now: datetime) -> None:
            self._start(ref)

        seconds = (fallback.due - dt_util.utcnow()).total_seconds()
        job = HassJob(due, "elks46 fallback", cancel_on_shutdown=True)
        self._timers[ref] = async_call_later(self._hass, max(seconds, 0), job)

    def _start(self, ref: str) -> None:
        if self._closing or ref in self._under_way:
            return
        if cancel := self._timers.pop(ref, None):
            cancel()
        task = self._hass.async_create_task(
            self._async_decide(self._store.fallbacks[ref]), f"elks46 fallback {ref}"
        )
        self._under_way[ref] = task
        task.add_done_callback(lambda _: self._under_way.pop(ref, None))

    async def _async_decide(self, fallback: Fallback) -> None:
        """Call, unless the text has arrived."""
        if fallback.call_ref is None and not self._has_arrived(fallback):
            await self._async_ask(fallback)
        if fallback.call_ref is not None or not self._has_arrived(fallback):
            try:
                await self._async_call(fallback)
            except HomeAssistantError as err:
                self._complain(fallback, str(err))
            except Exception as err:  # noqa: BLE001 - nobody waits who could be told
                LOGGER.exception("A text could not become a call")
                self._complain(fallback, type(err).__name__)
        await self.async_forget(fallback.ref)

    async def _async_ask(self, fallback: Fallback) -> None:
        """Ask 46elks how the text fares: what it has posted may be lost."""
        sent = self._store.sent.get(fallback.ref)
        if sent is None or sent.id is None or sent.status.is_final:
            return
        try:
            row = await self._client.messages.get_sms(sent.id)
            await self._outbox.async_apply_history(row)
        except (ElksError, OSError) as err:
            LOGGER.debug("46elks tells nothing of a text: %s", type(err).__name__)

    async def _async_call(self, fallback: Fallback) -> None:
        if fallback.call_ref in self._store.calls:
            return
        if dt_util.utcnow() - fallback.due > RESUME_WITHIN:
            raise failed("fallback_late")
        if (caller := self._coordinator.default_caller) is None:
            raise failed("caller_missing")
        words = async_words(self._hass).get(fallback.ref, fallback.words)
        audio = await async_sounds(self._hass, words)
        if fallback.call_ref is None:
            # To read aloud takes a while.
            if self._has_arrived(fallback):
                return
            fallback = replace(fallback, call_ref=ulid_now())
            with despite_disk(self._hass, self._entry):
                await self._store.async_record_fallback(fallback)
        with staged(
            self._dialler.repertoire,
            audio,
            words,
            repeat=REPEAT,
            ring_timeout=RING_SECONDS,
            acknowledge=None,
        ) as plan:
            await self._dialler.async_place(
                callee=fallback.recipient,
                caller=caller,
                plan=plan,
                ref=fallback.call_ref,
                # It was to arrive, and come what may: an alarm.
                is_alert=True,
            )

    def _has_arrived(self, fallback: Fallback) -> bool:
        sent = self._store.sent.get(fallback.ref)
        return sent is not None and sent.status is MessageStatus.DELIVERED

    def _complain(self, fallback: Fallback, reason: str) -> None:
        """Tell in Repairs that somebody was neither texted in time nor called."""
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{FALLBACK_FAILED}_{self._entry.entry_id}_{fallback.ref}",
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key="fallback_failed",
            translation_placeholders={
                "phone": masked(fallback.recipient),
                "reason": reason,
            },
        )
