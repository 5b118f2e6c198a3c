"""Texts that Assist answers: a contact writes a sentence, and the house does it and writes back.

The sender of a text can be forged, as the number of a caller can. So who has a PIN begins
with it, and it holds for as long as a conversation does; whoever is refused is told so only
a few times, as each answer goes to the real contact and is paid for.

A text is written down before Assist is asked, and never asked again: a light is better not
switched than twice, and who gets no answer sees that.
"""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry, ConfigSubentry
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .api import ElksClient, IncomingMessage, cut_text, typed
from .circles import goes_in_circles, words_of
from .const import (
    CONF_TEXT_ASSIST,
    CONF_USER_ID,
    DOMAIN,
    EPOCH,
    HOUR,
    LOGGER,
    PARTS_AT_MOST,
    SUBENTRY_NUMBER,
    TEXT_TOO_OLD,
    Right,
)
from .contacts import Contact, first_digits, is_answerable
from .errors import despite_disk, failed
from .notices import async_take_back, issue_of_number
from .records import Letter
from .subentries import subentry_by_number

if TYPE_CHECKING:
    from .contacts import Contacts
    from .coordinator import ElksCoordinator
    from .escalation import Escalation
    from .outbox import Outbox
    from .pins import Pins
    from .store import ElksStore

# As long as Home Assistant remembers a conversation.
PIN_HOLDS: Final = timedelta(minutes=5)
# More than a person writes in an hour, fewer than empty an account.
ANSWERS_AT_MOST: Final = 20
# A light may be switched on some times in an hour, but a circle says the same for ever.
SAME_ANSWERED_AT_MOST: Final = 5
# Whoever forges a number makes the house write to whose it is.
REFUSALS_AT_MOST: Final = 3
# An agent that takes longer hangs.
THINK_SECONDS: Final = 60
# When the account is unloaded, an answer that is being thought of is waited for this long.
CLOSE_SECONDS: Final = 10
# For language models, which go on at length where nobody tells them.
PROMPT: Final = (
    "You are asked and answer by text message (SMS), which is paid for by length. Answer in"
    " plain text without markdown and emoji, in one or two short sentences."
)


class Correspondence:
    """What Assist is asked by text."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        client: ElksClient,
        store: ElksStore,
        contacts: Contacts,
        outbox: Outbox,
        coordinator: ElksCoordinator,
        escalation: Escalation,
        pins: Pins,
    ) -> None:
        """Take what knows who writes, what remembers, and what writes back."""
        self._hass = hass
        self._entry = entry
        self._client = client
        self._store = store
        self._contacts = contacts
        self._outbox = outbox
        self._coordinator = coordinator
        self._escalation = escalation
        self._pins = pins
        # One sentence of a contact after the other, in one conversation.
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._conversations: dict[str, str] = {}
        self._proved: dict[str, datetime] = {}
        self._refused: defaultdict[str, list[datetime]] = defaultdict(list)
        self._under_way: set[asyncio.Task[None]] = set()
        self._closing = False
        self.settle()

    @property
    def is_open(self) -> bool:
        """Whether there is a number whose texts Assist answers."""
        numbers = self._entry.get_subentries_of_type(SUBENTRY_NUMBER)
        return any(number.data.get(CONF_TEXT_ASSIST) for number in numbers)

    async def async_close(self) -> None:
        """Take no more texts; those that are being answered now still are, if that does not take long."""
        self._closing = True
        if tasks := set(self._under_way):
            _, late = await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def is_for_assist(self, message: IncomingMessage) -> bool:
        """Tell whether a message is one that Assist answers; it is not passed on, nor answered otherwise."""
        return self._writer(message) is not None

    @callback
    def take(self, message: IncomingMessage) -> None:
        """Have a message answered, if it is for Assist, once."""
        writer = self._writer(message)
        if writer is None or self._closing or message.id in self._store.letters:
            return
        age = (self._client.now or dt_util.utcnow()) - message.created
        if age < TEXT_TOO_OLD and not self._escalation.is_answer(message):
            self._begin(self._async_answer(writer, message))

    @callback
    def settle(self) -> None:
        """Take back what was said of circles where an hour is over."""
        letters = self._store.letters.values()
        senders = {letter.sender for letter in letters if self._circles(letter)}
        going = {self._loop_id(one) for one in self._contacts if one.phone in senders}
        async_take_back(self._hass, self._loop_id(), but=going)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = self._entry.async_create_task(self._hass, work, "elks46 text to Assist")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _writer(self, message: IncomingMessage) -> Contact | None:
        """Return who has written a message for Assist; None for one that is not."""
        if self._number(message) is None or not message.text.strip():
            return None
        contact = self._contacts.by_phone(message.sender)
        if contact is None or Right.ASSIST not in contact.rights:
            return None
        is_machine = self._coordinator.owns(message.sender)
        return None if is_machine or not is_answerable(message.sender) else contact

    def _number(self, message: IncomingMessage) -> ConfigSubentry | None:
        subentry = subentry_by_number(self._entry, message.recipient)
        return subentry if subentry and subentry.data.get(CONF_TEXT_ASSIST) else None

    def _circles(self, letter: Letter) -> bool:
        return goes_in_circles(
            letter,
            self._store.letters.values(),
            at_most=ANSWERS_AT_MOST,
            same_at_most=SAME_ANSWERED_AT_MOST,
        )

    async def _async_answer(self, writer: Contact, message: IncomingMessage) -> None:
        async with self._turns[writer.subentry_id]:
            answer = await self._async_reply(writer, message)
        if answer is None:
            return
        try:
            await self._outbox.async_send_sms(
                recipient=message.sender,
                text=cut_text(typed(answer), PARTS_AT_MOST),
                sender=message.recipient,
            )
        except HomeAssistantError as err:
            LOGGER.warning("What Assist answers a text was not sent: %s", err)

    async def _async_reply(
        self, writer: Contact, message: IncomingMessage
    ) -> str | None:
        """Return what to write back; None for nothing."""
        sentence = writer.cleared(message.text).strip()
        if writer.pin is not None:
            if self._has_proved(writer):
                # What looks like another PIN may be what they want: *2000 watts*.
                sentence = writer.without_pin(message.text).strip()
            elif self._pins.is_locked(writer):
                return None
            elif refusal := self._refusal(writer, message):
                may_tell = self._may_tell_refusal(writer)
                return await self._async_words(writer, refusal) if may_tell else None
        if not await self._async_note(writer, message):
            return None
        if not sentence:
            return await self._async_words(writer, failed("text_assist_ready"))
        try:
            async with asyncio.timeout(THINK_SECONDS):
                answer = await self._async_ask(writer, message, sentence)
        except Exception as err:  # noqa: BLE001 - engines raise what they like; who wrote hears of it
            LOGGER.warning("Assist has not answered a text: %s", type(err).__name__)
            return await self._async_words(writer, failed("text_assist_failed"))
        return answer or await self._async_words(writer, failed("text_assist_done"))

    async def _async_note(self, writer: Contact, message: IncomingMessage) -> bool:
        """Write down that a text is about to be answered; not where it goes in circles.

        What is refused does not count: whoever forges a number must not silence it.
        """
        letter = Letter(
            message_id=message.id,
            number=message.recipient,
            sender=message.sender,
            words=words_of(self._entry, message.text),
            when=dt_util.utcnow(),
        )
        if self._circles(letter):
            self._tell_loop(writer, message.recipient)
            return False
        with despite_disk(self._hass, self._entry):
            await self._store.async_record_letter(letter)
        return True

    def _has_proved(self, writer: Contact) -> bool:
        """Tell whether a contact has proved who they are a moment ago."""
        now = dt_util.utcnow()
        return now - PIN_HOLDS < self._proved.get(writer.subentry_id, EPOCH) <= now

    def _refusal(
        self, writer: Contact, message: IncomingMessage
    ) -> HomeAssistantError | None:
        """Return what to tell somebody who does not prove who they are, None for who does."""
        if first_digits(message.text) is None:
            return failed("text_assist_pin")
        if self._pins.is_given(writer, message.id):
            self._proved[writer.subentry_id] = dt_util.utcnow()
            return None
        if self._pins.is_locked(writer):
            return failed("text_assist_locked")
        return failed("text_assist_pin_wrong")

    def _may_tell_refusal(self, writer: Contact) -> bool:
        now = dt_util.utcnow()
        refused = [
            when
            for when in self._refused[writer.subentry_id]
            if now - HOUR < when <= now
        ]
        may_tell = len(refused) < REFUSALS_AT_MOST
        self._refused[writer.subentry_id] = [*refused, now] if may_tell else refused
        return may_tell

    async def _async_ask(
        self, writer: Contact, message: IncomingMessage, sentence: str
    ) -> str:
        """Return what Assist says to a sentence.

        Raises:
            AssistantError: it says nothing.
        """
        # Importing it brings along what not every home has.
        from . import assistant  # noqa: PLC0415

        number = self._number(message)
        try:
            answer = await assistant.async_ask(
                self._hass,
                assistant.pipeline_of(self._hass, number.subentry_id if number else ""),
                sentence,
                context=Context(user_id=self._entry.data.get(CONF_USER_ID)),
                conversation_id=self._conversations.get(writer.subentry_id),
                device_id=self._device_id(writer),
                language=writer.language,
                prompt=PROMPT,
            )
        except assistant.AssistantError as err:
            if err.is_absent:
                self._tell_absent(message.recipient)
            raise
        ir.async_delete_issue(self._hass, DOMAIN, self._absent_id(message.recipient))
        self._conversations[writer.subentry_id] = answer.conversation_id
        return answer.text

    def _device_id(self, writer: Contact) -> str | None:
        device = dr.async_get(self._hass).async_get_device_by_identifier(
            (DOMAIN, writer.subentry_id), self._entry.entry_id
        )
        return device.id if device else None

    async def _async_words(self, writer: Contact, what: HomeAssistantError) -> str:
        """Return words of the house's own in the language of a contact."""
        words = await async_get_translations(
            self._hass,
            writer.language or self._hass.config.language,
            "exceptions",
            [DOMAIN],
        )
        return words[f"component.{DOMAIN}.exceptions.{what.translation_key}.message"]

    def _absent_id(self, number: str) -> str:
        return issue_of_number(self._entry, "text_assist_absent", number)

    def _loop_id(self, writer: Contact | None = None) -> str:
        who = writer.subentry_id if writer else ""
        return f"text_assist_loop_{self._entry.entry_id}_{who}"

    def _tell_absent(self, number: str) -> None:
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            self._absent_id(number),
            is_fixable=False,
            severity=ir.IssueSeverity.ERROR,
            translation_key="text_assist_absent",
            translation_placeholders={"number": number},
        )

    def _tell_loop(self, writer: Contact, number: str) -> None:
        """Say it in Repairs, and once in the log."""
        issue_id = self._loop_id(writer)
        if ir.async_get(self._hass).async_get_issue(DOMAIN, issue_id) is None:
            LOGGER.warning(
                "Assist does not answer the texts of a contact for now: they seem to go"
                " in circles"
            )
        ir.async_create_issue(
            self._hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            severity=ir.IssueSeverity.WARNING,
            translation_key="text_assist_loop",
            translation_placeholders={"contact": writer.name, "number": number},
        )
