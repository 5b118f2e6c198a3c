"""Alerts: people are called until one of them has acknowledged.

An alert goes on whatever becomes of the automation that asked for it, and after a restart.
One that ends unheard is told to whoever waits for it, or else in Repairs.
"""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CoreState, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from homeassistant.util.hass_dict import HassKey

from .const import ALERT_UNHEARD, DOMAIN, LOGGER, RESUME_WITHIN
from .course import Course
from .errors import despite_disk, failed
from .records import Alert, AlertVia, Words
from .words import async_words

if TYPE_CHECKING:
    from .api import IncomingMessage
    from .contacts import Contacts
    from .dialler import Dialler
    from .outbox import Outbox
    from .pins import Pins
    from .store import ElksStore

# Who waits for which alert: a reload takes the account's rooms away from none of them.
DATA_WAITING: Final[HassKey[dict[str, asyncio.Future[Alert]]]] = HassKey(
    f"{DOMAIN}_alerts"
)


class Escalation:
    """The alerts of an account."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        store: ElksStore,
        contacts: Contacts,
        dialler: Dialler,
        outbox: Outbox,
        pins: Pins,
    ) -> None:
        """Take what remembers, and what calls and texts."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._contacts = contacts
        self._dialler = dialler
        self._outbox = outbox
        self._pins = pins
        self._courses: dict[str, Course] = {}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._closing = False

    @callback
    def async_listen(self) -> None:
        """Hear what ends alerts from before a restart; nobody is called yet."""
        for alert in self._store.alerts.values():
            self._courses[alert.ref] = self._course(alert)

    @callback
    def resume(self) -> None:
        """Go on with them, once it is known what has become of their calls."""
        may_go_on = self._hass.state is CoreState.running and not self._closing
        for ref, course in list(self._courses.items()) if may_go_on else []:
            if ref not in self._under_way:
                since = abs(dt_util.utcnow() - course.alert.last_step)
                self._start(course, climbs=since < RESUME_WITHIN)

    def is_answer(self, message: IncomingMessage) -> bool:
        """Tell whether a message says yes to an alert under way."""
        courses = self._courses.values()
        return any(course.answered_by(message) is not None for course in courses)

    async def async_close(self) -> None:
        """Call nobody any more; alerts go on at the next start."""
        self._closing = True
        for course in self._courses.values():
            course.stop()
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def async_alert(self, alert: Alert, words: Words) -> Alert:
        """Call people until one has acknowledged, and return how it ended.

        It goes on when whoever asked is cancelled.

        Raises:
            HomeAssistantError: nobody could be called or texted, or the account is gone.
        """
        if self._closing:
            raise failed("not_loaded")
        async_words(self._hass)[alert.ref] = words
        waiting = self._hass.data.setdefault(DATA_WAITING, {})
        over: asyncio.Future[Alert] = self._hass.loop.create_future()
        waiting[alert.ref] = over
        try:
            with despite_disk(self._hass, self._entry):
                await self._store.async_record_alert(alert)
            # A reload that came between goes on with what it finds written.
            if not self._closing:
                course = self._courses[alert.ref] = self._course(alert)
                self._start(course, climbs=True)
            await asyncio.wait({over})
        finally:
            waiting.pop(alert.ref, None)
        if over.cancelled():
            raise failed("not_loaded")
        return over.result()

    def _course(self, alert: Alert) -> Course:
        return Course(
            self._hass,
            self._entry,
            alert,
            store=self._store,
            contacts=self._contacts,
            dialler=self._dialler,
            outbox=self._outbox,
            pins=self._pins,
        )

    def _start(self, course: Course, *, climbs: bool) -> None:
        ref = course.alert.ref
        # In the background, as neither a start nor a stop of Home Assistant waits for people.
        task = self._hass.async_create_background_task(
            self._async_run(course, climbs=climbs), f"elks46 alert {ref}"
        )
        self._under_way[ref] = task
        task.add_done_callback(lambda _: self._under_way.pop(ref, None))

    async def _async_run(self, course: Course, *, climbs: bool) -> None:
        """Take an alert to its end, and tell how it ended."""
        try:
            await course.async_run(climbs=climbs)
        except Exception:  # noqa: BLE001 - whoever waits must not wait for ever
            LOGGER.exception("An alert has failed")
        alert = course.alert
        with despite_disk(self._hass, self._entry):
            await self._store.async_record_alert_over(alert.ref)
        self._courses.pop(alert.ref, None)
        async_words(self._hass).pop(alert.ref, None)
        over = self._hass.data.get(DATA_WAITING, {}).get(alert.ref)
        if over is not None:
            over.set_result(alert)
        elif alert.over is None:
            self._complain(alert)

    def _complain(self, alert: Alert) -> None:
        """Tell in Repairs that nobody has acknowledged."""
        names = ", ".join(name for _, name in alert.contacts)
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            f"{ALERT_UNHEARD}_{self._entry.entry_id}_{alert.ref}",
            is_fixable=True,
            is_persistent=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key="alert_unheard",
            translation_placeholders={
                "names": names,
                "reasons": "; ".join(reasons(alert)) or "–",
                "time": dt_util.as_local(alert.asked).strftime("%Y-%m-%d %H:%M"),
            },
        )


@callback
def async_forget(hass: HomeAssistant, refs: Iterable[str]) -> None:
    """Let everyone go on who waits for alerts of an account that is gone."""
    waiting = hass.data.get(DATA_WAITING, {})
    for ref in refs:
        async_words(hass).pop(ref, None)
        if over := waiting.pop(ref, None):
            over.cancel()


def check_answered(alert: Alert, *, is_answered: bool) -> None:
    """Raise where nobody could be reached at all, or nobody has acknowledged and nobody reads so.

    Raises:
        HomeAssistantError: with the reasons there are.
    """
    if alert.via is AlertVia.UNTIL or alert.by is not None:
        return
    if not alert.was_tried:
        raise failed("alert_failed", reasons="; ".join(reasons(alert)))
    if not is_answered:
        raise failed("alert_unanswered")


def reasons(alert: Alert) -> list[str]:
    """Return why people could not be called or texted, each once."""
    return list(
        dict.fromkeys(f"{one.name}: {one.error}" for one in alert.attempts if one.error)
    )
