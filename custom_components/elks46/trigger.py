"""Triggers of automations: what happens to messages, calls and money.

They listen to the signals of the house and not to its events, which do not carry what is
not to be kept. A signal is keyed by the account and not by what is loaded of it, so a
trigger lives through reloads; accounts that are added later are listened to as well.
"""

from abc import abstractmethod
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, ClassVar, Final, override

from homeassistant.config_entries import (
    SIGNAL_CONFIG_ENTRY_CHANGED,
    ConfigEntry,
    ConfigEntryChange,
)
from homeassistant.const import ATTR_CONFIG_ENTRY_ID, CONF_BELOW
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.helpers.trigger import (
    Trigger,
    TriggerActionRunner,
    TriggerConfig,
    TriggerNotTriggeredReporter,
)
from homeassistant.helpers.typing import ConfigType, VolDictType
from homeassistant.util.signal_type import SignalTypeFormat
import probatio

from . import happenings, permission
from .api import CallDirection, IncomingMessage, MessageStatus
from .choices import (
    CONF_CONTACT,
    CONF_CONTAINS,
    CONF_DIGITS,
    CONF_MATCHES,
    CONF_NUMBER,
    CONF_RIGHT,
    MONEY,
    RIGHT,
    SEVERAL_WRITTEN,
    WHO_AND_WHERE,
    WRITTEN,
    async_check,
)
from .const import DOMAIN, Right
from .data import ElksConfigEntry
from .patterns import Pattern
from .records import CallNews, CallOutcome, PhoneCall, SentMessage, Tape
from .signals import (
    SIGNAL_BALANCE,
    SIGNAL_CALL,
    SIGNAL_DELIVERY,
    SIGNAL_MESSAGE,
    SIGNAL_RECORDING,
)

CONF_DIRECTION: Final = "direction"
CONF_OUTCOME: Final = "outcome"
CONF_VOICEMAIL: Final = "voicemail"
CONF_WITH_IMAGE: Final = "with_image"

# Of so many failed texts it is known that they were told of.
FAILED_AT_MOST: Final = 100

type Told = dict[str, Any]


class ElksTrigger[*What](Trigger):
    """Something that happens to an account."""

    fields: ClassVar[VolDictType]
    noun: ClassVar[str]
    signal: SignalTypeFormat[*What]

    @classmethod
    @override
    async def async_validate_config(
        cls, hass: HomeAssistant, config: ConfigType
    ) -> ConfigType:
        """Return the trigger as it is saved.

        Raises:
            probatio.Invalid: a field is unknown, missing or of another kind.
            ServiceValidationError: a field names what is not ours, or what can never be.
        """
        return await async_check(hass, config, cls.fields)

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take what was chosen."""
        super().__init__(hass, config)
        self._options: Mapping[str, Any] = config.options or {}

    @override
    async def async_attach_runner(
        self,
        run_action: TriggerActionRunner,
        did_not_trigger: TriggerNotTriggeredReporter | None = None,
    ) -> CALLBACK_TYPE:
        """Listen to all accounts, loaded or not, and to those that are added later."""
        stops: dict[str, CALLBACK_TYPE] = {}

        @callback
        def listen(entry: ElksConfigEntry) -> CALLBACK_TYPE:
            @callback
            def happened(*what: *What) -> None:
                if (told := self._told(entry, *what)) is not None:
                    who = told.get("contact") or "an unknown number"
                    run_action(_payload(told), self.noun.format(who=who))

            return async_dispatcher_connect(
                self._hass, self.signal.format(entry.entry_id), happened
            )

        @callback
        def changed(change: ConfigEntryChange, entry: ConfigEntry) -> None:
            if entry.domain != DOMAIN:
                return
            if change is ConfigEntryChange.ADDED:
                stops[entry.entry_id] = listen(entry)
            elif change is ConfigEntryChange.REMOVED:
                stops.pop(entry.entry_id)()

        for entry in self._hass.config_entries.async_entries(DOMAIN):
            stops[entry.entry_id] = listen(entry)
        stop_following = async_dispatcher_connect(
            self._hass, SIGNAL_CONFIG_ENTRY_CHANGED, changed
        )

        @callback
        def stop() -> None:
            stop_following()
            for stop_listening in stops.values():
                stop_listening()

        return stop

    @abstractmethod
    @callback
    def _told(self, entry: ElksConfigEntry, *what: *What) -> Told | None:
        """Return what is told of something, or None where it is not what was chosen."""

    def _is(self, field: str, value: object) -> bool:
        """Tell whether a value is the one that was chosen; where none was, any is."""
        return field not in self._options or value == self._options[field]

    def _is_among(self, field: str, value: object) -> bool:
        """Tell whether a value is among those that were chosen; where none were, any is."""
        chosen: Collection[object] | None = self._options.get(field)
        return chosen is None or value in chosen

    def _is_chosen(self, told: Told) -> bool:
        """Tell whether something is about the contacts and numbers that were chosen."""
        return self._is_among(
            CONF_CONTACT, told["contact_device_id"]
        ) and self._is_among(CONF_NUMBER, told["number_device_id"])

    def _may(
        self,
        told: Told,
        *,
        message: IncomingMessage | None = None,
        call_id: str | None = None,
    ) -> bool:
        """Tell whether whoever has written or called has the right that was chosen."""
        right = self._options.get(CONF_RIGHT)
        if right is None:
            return True
        contact: str | None = told["contact_device_id"]
        return contact is not None and permission.may(
            self._hass,
            contact,
            Right(right),
            message_id=message.id if message else None,
            written=message.created if message else None,
            call_id=call_id,
        )


def _payload(told: Told) -> Told:
    """Return what a trigger holds, where `id` is that of the trigger itself."""
    return {"message_id" if key == "id" else key: value for key, value in told.items()}


class MessageReceived(ElksTrigger[IncomingMessage]):
    """A text or picture message has come in."""

    signal = SIGNAL_MESSAGE
    noun = "a text from {who}"
    fields = {
        **WHO_AND_WHERE,
        probatio.Optional(CONF_CONTAINS): WRITTEN,
        probatio.Optional(CONF_MATCHES): WRITTEN,
        probatio.Optional(CONF_WITH_IMAGE): cv.boolean,
        probatio.Optional(CONF_RIGHT): RIGHT,
    }

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take what was chosen."""
        super().__init__(hass, config)
        written = self._options.get(CONF_MATCHES)
        self._pattern = None if written is None else Pattern(written)

    @callback
    @override
    def _told(self, entry: ElksConfigEntry, message: IncomingMessage) -> Told | None:
        told = happenings.of_message(self._hass, entry, message)
        if not self._is_chosen(told) or not self._is(
            CONF_WITH_IMAGE, bool(message.images)
        ):
            return None
        if (groups := self._groups_of(message.text)) is None:
            return None
        # Asked last, as it may be a wrong try of a PIN.
        if not self._may(told, message=message):
            return None
        return told | {
            # Also where it is not to be kept.
            "message": message.text,
            "kind": message.kind.value,
            "images": [*message.images],
            "groups": groups,
        }

    def _groups_of(self, text: str) -> list[str | None] | None:
        """Return what the groups of the pattern stand for; None where the text is not what was chosen."""
        part: str = self._options.get(CONF_CONTAINS, "")
        if part.strip().casefold() not in text.casefold():
            return None
        return [] if self._pattern is None else self._pattern.groups_of(text)


class MessageFailed(ElksTrigger[SentMessage]):
    """A message of ours will not arrive."""

    signal = SIGNAL_DELIVERY
    noun = "a text to {who} that failed"
    fields = WHO_AND_WHERE

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take what was chosen."""
        super().__init__(hass, config)
        self._failed: dict[str, None] = {}

    @callback
    @override
    def _told(self, entry: ElksConfigEntry, sent: SentMessage) -> Told | None:
        # A report may come before 46elks' answer, which then tells of it again.
        if sent.status is not MessageStatus.FAILED or sent.ref in self._failed:
            return None
        told = happenings.of_delivery(self._hass, entry, sent)
        if not self._is_chosen(told):
            return None
        self._failed[sent.ref] = None
        if len(self._failed) > FAILED_AT_MOST:
            del self._failed[next(iter(self._failed))]
        return told


class CallTrigger(ElksTrigger[CallNews, PhoneCall]):
    """Something that happens in a call."""

    signal = SIGNAL_CALL
    news: ClassVar[CallNews]

    @callback
    @override
    def _told(
        self, entry: ElksConfigEntry, news: CallNews, call: PhoneCall
    ) -> Told | None:
        if news is not self.news:
            return None
        told = happenings.of_call(self._hass, entry, news, call)
        return told if self._is_chosen(told) and self._fits(told) else None

    @abstractmethod
    def _fits(self, told: Told) -> bool:
        """Tell whether what is new is what was chosen."""


class CallReceived(CallTrigger):
    """Somebody calls, and has entered their PIN where they have one."""

    news = CallNews.RINGING
    noun = "a call from {who}"
    fields = {**WHO_AND_WHERE, probatio.Optional(CONF_RIGHT): RIGHT}

    @override
    def _fits(self, told: Told) -> bool:
        return self._may(told, call_id=told["call_id"])


class CallDigits(CallTrigger):
    """Somebody has pressed keys in a call."""

    news = CallNews.DIGITS
    noun = "keys pressed by {who}"
    fields = {
        **WHO_AND_WHERE,
        probatio.Optional(CONF_DIGITS): SEVERAL_WRITTEN,
        probatio.Optional(CONF_RIGHT): RIGHT,
    }

    @override
    def _fits(self, told: Told) -> bool:
        return self._is_among(CONF_DIGITS, told["digits"]) and self._may(
            told, call_id=told["call_id"]
        )


class CallFinished(CallTrigger):
    """A call is over."""

    news = CallNews.ENDED
    noun = "the end of a call with {who}"
    fields = {
        **WHO_AND_WHERE,
        probatio.Optional(CONF_OUTCOME): probatio.All(
            probatio.EnsureList(), [probatio.In([one.value for one in CallOutcome])]
        ),
        probatio.Optional(CONF_DIRECTION): probatio.In(
            [CallDirection.INCOMING.value, CallDirection.OUTGOING.value]
        ),
    }

    @override
    def _fits(self, told: Told) -> bool:
        return self._is_among(CONF_OUTCOME, told["outcome"]) and self._is(
            CONF_DIRECTION, told["direction"]
        )


class RecordingReady(ElksTrigger[Tape]):
    """What was recorded of a call is here, or cannot be had."""

    signal = SIGNAL_RECORDING
    noun = "a recording of a call with {who}"
    fields = {**WHO_AND_WHERE, probatio.Optional(CONF_VOICEMAIL): cv.boolean}

    @callback
    @override
    def _told(self, entry: ElksConfigEntry, tape: Tape) -> Told | None:
        told = happenings.of_recording(self._hass, entry, tape)
        is_wanted = self._is(CONF_VOICEMAIL, tape.is_voicemail)
        return told if is_wanted and self._is_chosen(told) else None


class BalanceLow(ElksTrigger[Decimal, Decimal]):
    """The balance has fallen below what a person wants to be warned at."""

    signal = SIGNAL_BALANCE
    noun = "a low balance"
    fields = {
        probatio.Optional(ATTR_CONFIG_ENTRY_ID): cv.string,
        probatio.Optional(CONF_BELOW): MONEY,
    }

    @callback
    @override
    def _told(
        self, entry: ElksConfigEntry, before: Decimal, now: Decimal
    ) -> Told | None:
        if not self._is(ATTR_CONFIG_ENTRY_ID, entry.entry_id):
            return None
        below = self._options.get(CONF_BELOW)
        limit = entry.runtime_data.credit.low if below is None else Decimal(str(below))
        if not now < limit <= before:
            return None
        return {
            ATTR_CONFIG_ENTRY_ID: entry.entry_id,
            "balance": float(now),
            "currency": entry.runtime_data.coordinator.data.account.currency,
            "limit": float(limit),
        }


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "message_received": MessageReceived,
    "message_failed": MessageFailed,
    "call_received": CallReceived,
    "call_digits": CallDigits,
    "call_ended": CallFinished,
    "recording_ready": RecordingReady,
    "balance_low": BalanceLow,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers by name."""
    return TRIGGERS
