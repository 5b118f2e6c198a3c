"""What stands between an automation that runs wild and the bill.

Asked before anything that costs. Nothing is awaited between a count and what is added to
it, so a hundred texts at once pass one by one. What is under way, what was sent and what
nobody knows the fate of stands in the store, so a restart forgets none of it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from .api import MessageKind
from .const import (
    CONF_ALERT_RESERVE,
    CONF_ALLOWED_COUNTRIES,
    DAILY_SPEND_ELSEWHERE,
    DEFAULT_DAILY_SPEND,
    DEFAULT_HOURLY_CALLS,
    DEFAULT_HOURLY_MESSAGES,
    DOMAIN,
    EPOCH,
    HOUR,
)
from .contacts import destination_of, is_phone, masked
from .errors import failed, invalid
from .records import CallNews, Limit, LimitReached, PhoneCall, SentMessage
from .signals import SIGNAL_CALL, SIGNAL_DELIVERY, SIGNAL_LIMIT
from .tariff import Tariff, minutes_of_talk

if TYPE_CHECKING:
    from .contacts import Contacts
    from .coordinator import ElksCoordinator
    from .store import ElksStore

# What is done with a call that came in and rings somebody else.
FORWARD_CALL: Final = "forward_call"
# An alarm may use as much again: it must not be kept in by what ran wild before it.
ALERT_RESERVE: Final = 2


class Guard:
    """Where, how much and how often an account may send."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        store: ElksStore,
        contacts: Contacts,
        coordinator: ElksCoordinator,
    ) -> None:
        """Take what was sent, and learn from it what a text costs."""
        self._hass = hass
        self._entry = entry
        self._store = store
        self._contacts = contacts
        self._coordinator = coordinator
        self._reserved_calls: dict[str, Decimal] = {}
        self._passed_on: dict[str, Decimal] = {}
        self._talks: dict[str, Decimal] = {}
        self._tariff = Tariff()
        self._told: dict[tuple[Limit, bool], datetime] = {}
        self._ends: dict[Limit, CALLBACK_TYPE] = {}
        for sent in store.sent.values():
            self._tariff.learn_message(sent)
        for call in store.calls.values():
            self._learn_minute(CallNews.ENDED, call)
        for limit in Limit:
            # Another limit may hold now; the next that is refused tells anew.
            self._settle(limit)
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, SIGNAL_DELIVERY.format(entry.entry_id), self._learn
            )
        )
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, SIGNAL_CALL.format(entry.entry_id), self._learn_minute
            )
        )
        entry.async_on_unload(self._unplan)

    def check_destination(self, phone: str, *, field: str = "to") -> None:
        """Refuse who is never texted or called; numbers of the account itself are always fine.

        `field` is where the person has named them.

        Raises:
            ServiceValidationError: an emergency, short or premium number, or one of a
                country that is not allowed.
        """
        own = {one.number for one in self._coordinator.data.numbers.values()}
        if phone in own:
            return
        number = destination_of(phone)
        if number.is_short:
            raise invalid("destination_emergency", field=field, phone=masked(phone))
        if number.is_premium:
            raise invalid("destination_premium", field=field, phone=masked(phone))
        if not number.countries & (countries := self._countries()):
            raise invalid(
                "destination_not_allowed",
                field=field,
                phone=masked(phone),
                allowed=", ".join(sorted(countries)) or "–",
            )

    @contextmanager
    def reserve(
        self,
        ref: str,
        phone: str,
        kind: MessageKind,
        *,
        parts: int = 1,
        is_alert: bool = False,
    ) -> Iterator[Decimal]:
        """Take a message's place in the counts, and yield what it is thought to cost.

        Once the store has a message under this reference, the store's word counts: what
        was surely not sent gives its place back, and what nobody knows of keeps it. With
        `is_alert` as much again may be used, unless the person has switched that off.

        Raises:
            HomeAssistantError: a limit is reached; nobody is asked to send.
        """
        price = self._price(phone, kind, parts)
        self._check(Limit.HOURLY_MESSAGES, price, f"send_{kind}", is_alert=is_alert)
        self._store.recent.hold(ref, price)
        try:
            yield price
        finally:
            self._store.recent.let_go(ref)

    @contextmanager
    def reserve_call(
        self,
        ref: str,
        phone: str,
        *,
        minutes: int,
        is_alert: bool = False,
        is_talk: bool = False,
    ) -> Iterator[Decimal]:
        """Take a call's place in the counts, and yield what so many minutes may cost.

        With `is_talk` they are talked over Realtime Voice, which costs as well.

        Raises:
            HomeAssistantError: as for a message.
        """
        price = self._minutes_to(phone, minutes)
        if is_talk:
            price += minutes_of_talk(self._currency, minutes)
        self._check(Limit.HOURLY_CALLS, price, "place_call", is_alert=is_alert)
        self._reserved_calls[ref] = price
        try:
            yield price
        finally:
            del self._reserved_calls[ref]

    def check_passing_on(self, targets: Sequence[str], *, minutes: int) -> None:
        """Refuse to pass a call on, to the first who answers, where that would be too much.

        Raises:
            HomeAssistantError: a limit is reached.
        """
        price = self._price_of_passing_on(targets, minutes)
        self._check(Limit.HOURLY_CALLS, price, FORWARD_CALL, is_alert=False)

    @callback
    def hold_passing_on(
        self, call_id: str, targets: Sequence[str], *, minutes: int
    ) -> Decimal:
        """Take the place of a call that is passed on, and return what that may cost.

        It is held until `let_go`: by then the store knows, or the call is not passed on.
        """
        price = self._price_of_passing_on(targets, minutes)
        self._passed_on[call_id] = price
        return price

    @callback
    def let_go(self, call_id: str) -> None:
        """Give the place of a call that is passed on, or of a conversation, back to the store."""
        self._passed_on.pop(call_id, None)
        self._talks.pop(call_id, None)

    @callback
    def hold_talking(self, call_id: str, *, minutes: int) -> None:
        """Set aside what a conversation with a caller costs at most.

        It is held until `let_go`, as for a call that is passed on.

        Raises:
            HomeAssistantError: it is more than this home may still spend today.
        """
        price = minutes_of_talk(self._currency, minutes)
        self.check_money(price, "assist")
        self._talks[call_id] = price

    def held_for_talking(self, call_id: str) -> Decimal:
        """Return what is set aside for a conversation."""
        return self._talks.get(call_id, Decimal(0))

    def check_money(self, price: Decimal, action: str, factor: int = 1) -> None:
        """Refuse what would cost more than this home may still spend today, so many times over.

        Raises:
            HomeAssistantError: the limit is reached.
        """
        money = self.limit_of(Limit.DAILY_SPEND)
        if self._spent() + price > Decimal(str(money)) * factor:
            self._tell(Limit.DAILY_SPEND, money, action)
            if not money:
                raise failed("limit_of_nothing")
            raise failed(
                "daily_spend_reached", limit=f"{money:.2f}", currency=self._currency
            )

    async def async_count_forwarded(
        self, message_id: str, phone: str, *, parts: int
    ) -> None:
        """Count a text that came in and that 46elks is about to pass on, once.

        Raises:
            ServiceValidationError: as by `check_destination`.
            HomeAssistantError: a limit is reached.
            OSError: the disk refuses, so it cannot be counted.
        """
        self.check_destination(phone)
        # 46elks asks again where it has not heard the answer.
        is_counted = message_id in self._store.tally.forwarded
        if is_counted or self._store.recent.is_held(message_id):
            return
        with self.reserve(message_id, phone, MessageKind.SMS, parts=parts) as price:
            now = dt_util.utcnow()
            await self._store.async_record_forwarded(message_id, now, price)

    def _countries(self) -> set[str]:
        """Return what the person has chosen, or where home and contacts are."""
        if chosen := self._entry.options.get(CONF_ALLOWED_COUNTRIES):
            return set(chosen)
        theirs = (destination_of(contact.phone).country for contact in self._contacts)
        return set(filter(None, (self._hass.config.country, *theirs)))

    @property
    def _currency(self) -> str:
        return self._coordinator.data.account.currency or ""

    def limit_of(self, limit: Limit) -> float:
        """Return what a limit is set to: money in the currency of the account, or a count."""
        default = {
            Limit.DAILY_SPEND: DEFAULT_DAILY_SPEND.get(
                self._currency, DAILY_SPEND_ELSEWHERE
            ),
            Limit.HOURLY_MESSAGES: DEFAULT_HOURLY_MESSAGES,
            Limit.HOURLY_CALLS: DEFAULT_HOURLY_CALLS,
        }[limit]
        return float(self._entry.options.get(limit, default))

    def _price(self, phone: str, kind: MessageKind, parts: int) -> Decimal:
        """Return what a message is thought to cost."""
        return self._tariff.of_message(self._currency, phone, kind, parts, self._spare)

    def _minutes_to(self, phone: str, minutes: int) -> Decimal:
        """Return what some minutes to a phone are thought to cost."""
        return self._tariff.of_minutes(self._currency, phone, minutes, self._spare)

    def _price_of_passing_on(self, targets: Sequence[str], minutes: int) -> Decimal:
        """Return the price of the dearest; what is no phone costs nothing by the minute."""
        phones = filter(is_phone, targets)
        prices = (self._minutes_to(phone, minutes) for phone in phones)
        return max(prices, default=Decimal(0))

    def _spare(self) -> Decimal:
        """Return what a guess may be at most: all the money of a day on which nothing is spent yet."""
        money = Decimal(str(self.limit_of(Limit.DAILY_SPEND)))
        return money if money > 0 and not self._spent() else Decimal("Infinity")

    @callback
    def _learn(self, sent: SentMessage) -> None:
        self._tariff.learn_message(sent)

    @callback
    def _learn_minute(self, _news: CallNews, call: PhoneCall) -> None:
        self._tariff.learn_call(call)

    def _check(
        self, hourly: Limit, price: Decimal, action: str, *, is_alert: bool
    ) -> None:
        """Let pass what stays within every limit."""
        has_reserve = bool(self._entry.options.get(CONF_ALERT_RESERVE, True))
        factor = ALERT_RESERVE if is_alert and has_reserve else 1
        self._check_count(hourly, action, factor)
        self.check_money(price, action, factor)

    def _check_count(self, limit: Limit, action: str, factor: int) -> None:
        """Refuse one message, or one call, more than the hour may have."""
        if limit is Limit.HOURLY_MESSAGES:
            count = self._messages()
        elif action == FORWARD_CALL:
            count = self._calls_passed_on()
        else:
            count = self._calls()
        at_most = self.limit_of(limit)
        if count + 1 > at_most * factor:
            self._tell(limit, at_most, action)
            if not at_most:
                raise failed("limit_of_nothing")
            number = f"{at_most:.0f}"
            if limit is Limit.HOURLY_MESSAGES:
                raise failed("hourly_messages_reached", limit=number)
            if action == FORWARD_CALL:
                raise failed("hourly_forwards_reached", limit=number)
            raise failed("hourly_calls_reached", limit=number)

    # A clock that was wrong for a while must not keep alarms in: what it dates into the
    # future counts in none of these.

    def _messages(self) -> int:
        """Return the messages of the last hour."""
        now = dt_util.utcnow()
        forwarded = sum(
            abs(now - when) < HOUR for when in self._store.tally.forwarded.values()
        )
        return forwarded + self._store.recent.count(now - HOUR, now + HOUR)

    def _calls(self) -> int:
        """Return the calls of ours of the last hour.

        Those that are passed on are none: a stranger decides how many these are.
        """
        now = dt_util.utcnow()
        placed = sum(
            abs(now - call.asked) < HOUR and call.is_placed and not call.is_passed_on
            for call in self._store.calls.values()
        )
        return placed + len(self._unstored_calls())

    def _calls_passed_on(self) -> int:
        """Return the calls that came in within the last hour and were passed on."""
        now = dt_util.utcnow()
        passed_on = sum(
            abs(now - call.asked) < HOUR and call.is_passed_on
            for call in self._store.calls.values()
        )
        return passed_on + len(self._unstored_passed_on())

    def _unstored_calls(self) -> list[Decimal]:
        known, reserved = self._store.calls, self._reserved_calls
        return [price for ref, price in reserved.items() if ref not in known]

    def _unstored_passed_on(self) -> list[Decimal]:
        known = self._store.calls
        return [
            price
            for call_id, price in self._passed_on.items()
            if (call := known.get(call_id)) is None or not call.is_passed_on
        ]

    def _unstored_talks(self) -> list[Decimal]:
        known = self._store.calls
        return [
            price
            for call_id, price in self._talks.items()
            if (call := known.get(call_id)) is None or not call.reserved
        ]

    def _spent(self) -> Decimal:
        """Return the money of today, as far as known, and what is thought to be added."""
        until, midnight = dt_util.utcnow() + HOUR, dt_util.start_of_local_day()
        texts = self._store.recent.expected(midnight, until)
        calls = (
            call.reserved
            for call in self._store.calls.values()
            if call.may_cost and midnight <= call.asked < until
        )
        reserved = chain(
            self._unstored_calls(), self._unstored_passed_on(), self._unstored_talks()
        )
        spent = self._store.tally.own_today + texts
        return sum(chain(calls, reserved), spent)

    def _tell(self, limit: Limit, value: float, action: str) -> None:
        """Say that a limit is reached: in Repairs as long as it is, on the bus once.

        Of a flood each text is refused, but an automation that hears of it is started
        once an hour, or once a day. That strangers are not passed on keeps back no word
        of what this home may not do by itself.
        """
        now, midnight = dt_util.utcnow(), dt_util.start_of_local_day()
        if limit is Limit.DAILY_SPEND:
            tomorrow = midnight.date() + timedelta(days=1)
            since, until = midnight, dt_util.start_of_local_day(tomorrow)
            shown = f"{value:.2f} {self._currency}"
        else:
            since, until = now - HOUR, now + HOUR
            shown = f"{value:.0f}"
        self._plan(limit, dt_util.as_utc(until))
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._issue_id(limit),
            is_fixable=True,
            severity=ir.IssueSeverity.ERROR,
            translation_key=limit,
            translation_placeholders={"account": self._entry.title, "limit": shown},
            data={"entry_id": self._entry.entry_id, "limit": limit.value},
        )
        what = limit, action == FORWARD_CALL
        if not since < self._told.get(what, EPOCH) <= now:
            self._told[what] = now
            async_dispatcher_send(
                self._hass,
                SIGNAL_LIMIT.format(self._entry.entry_id),
                LimitReached(limit=limit, value=value, action=action),
            )

    def _issue_id(self, limit: Limit) -> str:
        return f"{limit}_{self._entry.entry_id}"

    def _plan(self, limit: Limit, when: datetime) -> None:
        """Take the issue away when the hour after the last refusal, or the day, is over."""

        @callback
        def over(_now: datetime) -> None:
            del self._ends[limit]
            self._settle(limit)

        if limit in self._ends:
            self._ends.pop(limit)()
        job = HassJob(over, "elks46 limit", cancel_on_shutdown=True)
        self._ends[limit] = async_track_point_in_utc_time(self._hass, job, when)

    @callback
    def _unplan(self) -> None:
        while self._ends:
            self._ends.popitem()[1]()

    @callback
    def _settle(self, limit: Limit) -> None:
        ir.async_delete_issue(self._hass, DOMAIN, self._issue_id(limit))
