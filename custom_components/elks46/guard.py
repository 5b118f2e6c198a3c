"""What stands between an automation that runs wild and the bill.

Asked before anything that costs. Nothing is awaited between a count and what is added to
it, so a hundred texts at once pass one by one. What is under way, what was sent and what
nobody knows the fate of stands in the store, so a restart forgets none of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import (
    async_dispatcher_connect,
    async_dispatcher_send,
)
from homeassistant.helpers.event import async_track_point_in_utc_time
from homeassistant.util import dt as dt_util

from .api import MessageKind
from .const import (
    CONF_ALLOWED_COUNTRIES,
    DAILY_SPEND_ELSEWHERE,
    DEFAULT_DAILY_SPEND,
    DEFAULT_HOURLY_MESSAGES,
    DOMAIN,
    EPOCH,
    HOUR,
)
from .contacts import destination_of, masked
from .records import Limit, LimitReached, SentMessage
from .signals import SIGNAL_DELIVERY, SIGNAL_LIMIT

if TYPE_CHECKING:
    from .contacts import Contacts
    from .coordinator import ElksCoordinator
    from .store import ElksStore

# What 46elks takes for one part to Sweden, before VAT (46elks.com/pricing, November 2026;
# that of a picture in SEK follows from the one in EUR).
SWEDISH_PRICES: Final = {
    "EUR": {MessageKind.SMS: Decimal("0.047"), MessageKind.MMS: Decimal("0.11")},
    "SEK": {MessageKind.SMS: Decimal("0.52"), MessageKind.MMS: Decimal("1.25")},
}
# As long as no text has gone to a country, one is thought to cost as much as to the
# dearest of Sweden's neighbours.
UNKNOWN_COUNTRY: Final = 2
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
        self._reserved: dict[str, Decimal] = {}
        self._prices: dict[tuple[MessageKind, str], Decimal] = {}
        self._told: dict[Limit, datetime] = {}
        self._ends: dict[Limit, CALLBACK_TYPE] = {}
        for sent in store.sent.values():
            self._learn(sent)
        for limit in Limit:
            # Another limit may hold now; the next that is refused tells anew.
            self._settle(limit)
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, SIGNAL_DELIVERY.format(entry.entry_id), self._learn
            )
        )
        entry.async_on_unload(self._unplan)

    def check_destination(self, phone: str) -> None:
        """Refuse what is never sent to; numbers of the account itself are always fine.

        Raises:
            ServiceValidationError: an emergency, short or premium number, or one of a
                country that is not allowed.
        """
        own = {one.number for one in self._coordinator.data.numbers.values()}
        if phone in own:
            return
        number = destination_of(phone)
        if number.is_short:
            raise _invalid("destination_emergency", phone=masked(phone))
        if number.is_premium:
            raise _invalid("destination_premium", phone=masked(phone))
        if not number.countries & (countries := self._countries()):
            raise _invalid(
                "destination_not_allowed",
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
        `is_alert` as much again may be used.

        Raises:
            HomeAssistantError: a limit is reached; nobody is asked to send.
        """
        count, spent = self._counted()
        price = self._price(phone, kind, parts, is_first=not spent)
        action, factor = f"send_{kind}", ALERT_RESERVE if is_alert else 1
        self._check_count(count + 1, action, factor)
        self._check_money(spent + price, action, factor)
        self._reserved[ref] = price
        try:
            yield price
        finally:
            del self._reserved[ref]

    def check_money(self, price: Decimal, action: str) -> None:
        """Refuse what would cost more than this home may still spend today.

        Raises:
            HomeAssistantError: the limit is reached.
        """
        _, spent = self._counted()
        self._check_money(spent + price, action)

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
        if message_id in {*self._store.tally.forwarded, *self._reserved}:
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

    def _limit(self, limit: Limit) -> float:
        """Return what a limit is set to."""
        default = (
            DEFAULT_DAILY_SPEND.get(self._currency, DAILY_SPEND_ELSEWHERE)
            if limit is Limit.DAILY_SPEND
            else DEFAULT_HOURLY_MESSAGES
        )
        return float(self._entry.options.get(limit, default))

    def _price(
        self, phone: str, kind: MessageKind, parts: int, *, is_first: bool
    ) -> Decimal:
        """Return what a message is thought to cost: what the last to that country did."""
        prices = SWEDISH_PRICES.get(self._currency, SWEDISH_PRICES["EUR"])
        default = prices[kind] * UNKNOWN_COUNTRY
        money = Decimal(str(self._limit(Limit.DAILY_SPEND)))
        if money > 0 and is_first:
            # Or a limit between the price and what it is thought to be would hold for ever.
            default = min(default, money)
        country = destination_of(phone).country or ""
        return self._prices.get((kind, country), default) * parts

    @callback
    def _learn(self, sent: SentMessage) -> None:
        # What is free, as 46elks' test number is, says nothing of what others cost.
        if sent.cost:
            country = destination_of(sent.recipient).country or ""
            self._prices[sent.kind, country] = sent.cost / (sent.parts or 1)

    def _check_count(self, count: int, action: str, factor: int) -> None:
        """Refuse one message more than the hour may have."""
        messages = self._limit(Limit.HOURLY_MESSAGES)
        if count > messages * factor:
            self._tell(Limit.HOURLY_MESSAGES, messages, action)
            if not messages:
                raise _error("limit_of_nothing")
            raise _error("hourly_messages_reached", limit=f"{messages:.0f}")

    def _check_money(self, spent: Decimal, action: str, factor: int = 1) -> None:
        """Refuse what would make it more money than the day may have."""
        money = self._limit(Limit.DAILY_SPEND)
        if spent > Decimal(str(money)) * factor:
            self._tell(Limit.DAILY_SPEND, money, action)
            if not money:
                raise _error("limit_of_nothing")
            raise _error(
                "daily_spend_reached", limit=f"{money:.2f}", currency=self._currency
            )

    def _counted(self) -> tuple[int, Decimal]:
        """Return the messages of the last hour and the money of today, as far as known.

        A clock that was wrong for a while must not keep alarms in: what it dates into the
        future does not count.
        """
        now, midnight = dt_util.utcnow(), dt_util.start_of_local_day()
        forwarded = self._store.tally.forwarded.values()
        count = sum(abs(now - when) < HOUR for when in forwarded)
        spent = self._store.tally.own_today
        for ref, price in self._reserved.items():
            if ref not in self._store.sent:
                count, spent = count + 1, spent + price
        for sent in self._store.sent.values():
            if abs(now - sent.asked) < HOUR and not sent.is_unsent:
                count += 1
            is_unpriced = sent.cost is None and not sent.is_unsent
            if is_unpriced and midnight <= sent.asked < now + HOUR:
                spent += sent.reserved
        return count, spent

    def _tell(self, limit: Limit, value: float, action: str) -> None:
        """Say that a limit is reached: in Repairs as long as it is, on the bus once.

        Of a flood each text is refused, but an automation that hears of it is started
        once an hour, or once a day.
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
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key=limit,
            translation_placeholders={"account": self._entry.title, "limit": shown},
        )
        if not since < self._told.get(limit, EPOCH) <= now:
            self._told[limit] = now
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


def _invalid(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def _error(key: str, **placeholders: str) -> HomeAssistantError:
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )
