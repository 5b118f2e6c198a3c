"""What a number answers, and to whom it passes texts on, without an automation.

Each of both is paid for, and two machines could go on with each other for ever. So nobody
is answered twice within an hour, and neither a name, a short code nor a number of our own
ever is; and what is passed on has a limit for each sender, because 46elks keeps the sender
of a text and another home may pass it back.

What this home is to send is written down before, with the reference it will have in the
outbox: what then never left is made up for.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.dispatcher import async_dispatcher_connect
from homeassistant.util import dt as dt_util
from homeassistant.util.ulid import ulid_now

from .api import ElksClient, ElksError, IncomingMessage, MessageKind, count_text
from .circles import goes_in_circles, words_of
from .const import (
    CONF_NUMBER,
    CONF_TEXT_FORWARD_TO,
    CONF_TEXT_REPLY,
    CONF_TEXT_REPLY_TO,
    DOMAIN,
    LOGGER,
    REPLY_PAUSE,
    SUBENTRY_NUMBER,
    ReplyTo,
)
from .contacts import Contacts, is_answerable
from .notices import async_take_back, async_tell_of_numbers, issue_data, issue_of_number
from .records import Forward, Reply
from .signals import SIGNAL_MESSAGE
from .subentries import subentry_by_number

if TYPE_CHECKING:
    from datetime import datetime

    from .coordinator import ElksCoordinator
    from .correspondence import Correspondence
    from .guard import Guard
    from .outbox import Outbox
    from .store import ElksStore

# Two homes that pass their texts on to each other: more than a person writes in an hour,
# fewer than empty an account.
FORWARDS_OF_SENDER: Final = 10
# A person says the same twice, a circle does so for ever.
FORWARDS_OF_SAME_TEXT: Final = 3
# As long as 46elks would have repeated its post; an older text would only confuse.
MAKE_UP_FOR: Final = timedelta(hours=6)
# The issue of texts that come back again and again.
LOOP: Final = "forward_loop"


class Replies:
    """Answers and passes on what comes to the numbers that are set to do so."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        store: ElksStore,
        contacts: Contacts,
        outbox: Outbox,
        coordinator: ElksCoordinator,
        guard: Guard,
        correspondence: Correspondence,
    ) -> None:
        """Listen for messages of an account."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._contacts = contacts
        self._outbox = outbox
        self._coordinator = coordinator
        self._guard = guard
        self._correspondence = correspondence
        self._posted: set[str] = set()
        # The texts of ours that are being sent now, by their references.
        self._under_way: set[str] = set()
        # What is being written down, or could not be.
        self._forwards: dict[str, Forward] = {}
        self._replied: dict[tuple[str, str], Reply] = {}
        self._mind_contacts()
        entry.async_on_unload(
            async_dispatcher_connect(
                hass, SIGNAL_MESSAGE.format(entry.entry_id), self._received
            )
        )

    @contextmanager
    def posted(self, message: IncomingMessage) -> Iterator[None]:
        """Leave a message to the door meanwhile: the answer to its post may pass it on."""
        self._posted.add(message.id)
        try:
            yield
        finally:
            self._posted.discard(message.id)

    async def async_let_forward(self, message: IncomingMessage) -> str | None:
        """Return whom 46elks shall pass a text on to, which is paid for as any other.

        Raises:
            OSError: the disk refuses, so 46elks should ask again.
        """
        if (recipient := self._forward_to(message)) is None:
            return None
        parts = max(count_text(message.text).possible_parts)
        await self._async_note_forward(message)
        try:
            await self._guard.async_count_forwarded(message.id, recipient, parts=parts)
        except HomeAssistantError as err:
            LOGGER.warning("A text is not passed on: %s", err)
            return None
        return recipient

    def _forward_to(self, message: IncomingMessage) -> str | None:
        """Return whom 46elks shall pass a text on to, the same each time it asks.

        None too where this home has passed it on itself, having found it in the history
        before it was posted, unless that never left the house.
        """
        forward = self._forward(message.id)
        if message.id in self._store.passed_on or message.kind is not MessageKind.SMS:
            return None
        if forward and forward.ref and not self._never_left(forward.ref):
            return None
        wanted: str = self._settings(message).get(CONF_TEXT_FORWARD_TO, "")
        contact = self._contacts.by_subentry(wanted)
        recipient = contact.phone if contact else wanted
        is_phone = recipient.startswith("+")
        owns = self._coordinator.owns
        if not is_phone or recipient == message.sender or owns(recipient):
            return None
        if owns(message.sender) or self._correspondence.is_for_assist(message):
            return None
        if forward is None and self._goes_in_circles(self._as_forward(message, None)):
            self._tell_loop(message.recipient)
            return None
        return recipient

    async def _async_note_forward(self, message: IncomingMessage) -> None:
        """Take note that 46elks is let pass a text on, once.

        Raises:
            OSError: the disk refuses, so 46elks should ask again.
        """
        known = self._forward(message.id)
        if known and known.ref is None:
            return
        forward = self._forwards[message.id] = self._as_forward(message, None)
        try:
            await self._store.async_record_forward(forward)
        finally:
            self._forwards.pop(message.id, None)

    def reply_to(self, message: IncomingMessage, now: datetime) -> str | None:
        """Return what a message is answered with, if it is."""
        settings = self._settings(message)
        text: str | None = settings.get(CONF_TEXT_REPLY)
        if not text or not is_answerable(message.sender):
            return None
        if self._coordinator.owns(message.sender):
            return None
        if self._correspondence.is_for_assist(message):
            return None
        is_for_everyone = settings.get(CONF_TEXT_REPLY_TO) == ReplyTo.EVERYONE
        if not is_for_everyone and self._contacts.by_phone(message.sender) is None:
            return None
        who = (message.recipient, message.sender)
        is_fresh = any(
            # A clock that was wrong for a while must not silence anybody for ever.
            reply and now - REPLY_PAUSE < reply.when <= now and self._stands(reply)
            for reply in (self._replied.get(who), self._store.replied.get(who))
        )
        # What was found in the history long after it came expects no answer any more.
        is_old = message.created < now - REPLY_PAUSE
        return None if is_fresh or is_old else text

    async def async_make_up(self) -> None:
        """Send what was to be sent and never left: refused then, or cut off by a restart."""
        self._settle_loops()
        now = dt_util.utcnow()
        for forward in list(self._store.forwards.values()):
            is_young = now - MAKE_UP_FOR < forward.when <= now
            if forward.ref and forward.message_id not in self._store.passed_on:
                if is_young and self._never_left(forward.ref):
                    await self._async_make_up(forward.message_id, self._pass_on)
        for reply in list(self._store.replied.values()):
            if reply.message_id and now - REPLY_PAUSE < reply.when <= now:
                if not self._stands(reply):
                    await self._async_make_up(reply.message_id, self._reply)

    async def _async_make_up(
        self, message_id: str, send: Callable[[IncomingMessage], None]
    ) -> None:
        """Do anew what was not done about a text; its words are asked for, not kept."""
        try:
            row = await self._client.messages.get_sms(message_id)
            send(row.incoming())
        except ElksError as err:
            LOGGER.debug("A text cannot be read again: %s", type(err).__name__)

    def _settings(self, message: IncomingMessage) -> Mapping[str, Any]:
        subentry = subentry_by_number(self._entry, message.recipient)
        return subentry.data if subentry else {}

    def _forward(self, message_id: str) -> Forward | None:
        known = self._forwards.get(message_id)
        return known or self._store.forwards.get(message_id)

    def _as_forward(self, message: IncomingMessage, ref: str | None) -> Forward:
        return Forward(
            message_id=message.id,
            number=message.recipient,
            sender=message.sender,
            words=words_of(self._entry, message.text),
            when=dt_util.utcnow(),
            ref=ref,
        )

    def _goes_in_circles(self, this: Forward) -> bool:
        """Tell whether a sender's texts to a number come round and round."""
        return goes_in_circles(
            this,
            {**self._store.forwards, **self._forwards}.values(),
            at_most=FORWARDS_OF_SENDER,
            same_at_most=FORWARDS_OF_SAME_TEXT,
        )

    def _never_left(self, ref: str) -> bool:
        """Tell whether a text of ours surely never left the house."""
        sent = self._store.sent.get(ref)
        return ref not in self._under_way and (sent is None or sent.is_unsent)

    def _stands(self, reply: Reply) -> bool:
        return reply.ref is None or not self._never_left(reply.ref)

    @callback
    def _received(self, message: IncomingMessage) -> None:
        """Do what is to be done about a message, once."""
        if message.id not in self._posted:
            self._pass_on(message)
        self._reply(message)

    @callback
    def _pass_on(self, message: IncomingMessage) -> None:
        known = self._forward(message.id)
        is_46elks_turn = known is not None and known.ref is None
        if not is_46elks_turn and (recipient := self._forward_to(message)):
            forward = self._as_forward(message, ulid_now())
            self._forwards[message.id] = forward
            self._entry.async_create_task(
                self._hass,
                self._async_pass_on(message, forward, recipient),
                "elks46 forward",
            )

    @callback
    def _reply(self, message: IncomingMessage) -> None:
        now = dt_util.utcnow()
        if text := self.reply_to(message, now):
            self._replied = {
                who: reply
                for who, reply in self._replied.items()
                if reply.when > now - REPLY_PAUSE
            }
            reply = Reply(when=now, message_id=message.id, ref=ulid_now())
            self._replied[message.recipient, message.sender] = reply
            self._entry.async_create_task(
                self._hass, self._async_reply(message, reply, text), "elks46 reply"
            )

    async def _async_pass_on(
        self, message: IncomingMessage, forward: Forward, recipient: str
    ) -> None:
        """Send a text on that 46elks could not be asked to, from the number it came to."""
        contact = self._contacts.by_phone(message.sender)
        sender = f"{contact.name} ({contact.phone})" if contact else message.sender
        with self._sending(forward.ref) as ref:
            try:
                await self._store.async_record_forward(forward)
            except OSError:
                LOGGER.debug("The disk refuses to note that a text is passed on")
            else:
                self._forwards.pop(message.id, None)
            text = f"{sender}: {message.text}"
            if not await self._async_send(message, recipient, text, ref):
                return
            try:
                await self._store.async_record_passed_on(message.id, message.created)
            except OSError:
                LOGGER.debug("The disk refuses to note that a text was passed on")

    async def _async_reply(
        self, message: IncomingMessage, reply: Reply, text: str
    ) -> None:
        with self._sending(reply.ref) as ref:
            try:
                await self._store.async_record_replied(
                    message.recipient, message.sender, reply
                )
            except OSError:
                LOGGER.debug("The disk refuses to note that a text was answered")
            await self._async_send(message, message.sender, text, ref)

    @contextmanager
    def _sending(self, ref: str | None) -> Iterator[str | None]:
        self._under_way.add(ref or "")
        try:
            yield ref
        finally:
            self._under_way.discard(ref or "")

    async def _async_send(
        self, message: IncomingMessage, recipient: str, text: str, ref: str | None
    ) -> bool:
        """Send a text, and tell whether 46elks has surely taken it."""
        try:
            await self._outbox.async_send_sms(
                recipient=recipient, text=text, sender=message.recipient, ref=ref
            )
        except HomeAssistantError as err:
            LOGGER.warning("What a number sends by itself was not sent: %s", err)
            return False
        return True

    def _mind_contacts(self) -> None:
        """Tell of each number whose texts go to a contact that is no longer there."""
        gone: dict[str, str] = {}
        for subentry in self._entry.get_subentries_of_type(SUBENTRY_NUMBER):
            wanted = subentry.data.get(CONF_TEXT_FORWARD_TO, "+")
            if not wanted.startswith("+") and not self._contacts.by_subentry(wanted):
                gone[subentry.data[CONF_NUMBER]] = ""
        async_tell_of_numbers(self._hass, self._entry, "forward_gone", gone)

    def _settle_loops(self) -> None:
        """Take back what was said of circles where an hour is over."""
        forwards = self._store.forwards.values()
        going = {one.number for one in forwards if self._goes_in_circles(one)}
        current = {issue_of_number(self._entry, LOOP, number) for number in going}
        async_take_back(self._hass, f"{LOOP}_{self._entry.entry_id}_", but=current)

    def _tell_loop(self, number: str) -> None:
        """Say it in Repairs, and once in the log."""
        issue_id = issue_of_number(self._entry, LOOP, number)
        if ir.async_get(self._hass).async_get_issue(DOMAIN, issue_id) is None:
            LOGGER.warning(
                "Texts of a sender are not passed on for now: they seem to go in circles"
            )
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=True,
            severity=ir.IssueSeverity.WARNING,
            translation_key="forward_loop",
            translation_placeholders={
                "number": number,
                "account": self._entry.title,
            },
            data=issue_data(self._entry, number),
        )
