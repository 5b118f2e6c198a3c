"""The house on the phone: it talks with those who call, and calls people to talk with them.

One satellite a contact, and one a number for its strangers. Speech goes through as it comes,
in the one form that 46elks and Home Assistant share: nothing is gathered, nothing converted.
"""

from abc import abstractmethod
import asyncio
from collections.abc import AsyncIterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, override

from homeassistant.components import media_source, tts
from homeassistant.components.assist_pipeline import (
    PipelineEvent,
    PipelineNotFound,
    PipelineStage,
)
from homeassistant.components.assist_satellite import (
    AssistSatelliteAnnouncement,
    AssistSatelliteAnswer,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityFeature,
    SatelliteBusyError,
)
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .assistant import can_talk, pipeline_for, select_of, setting_for
from .audio import LEAD_IN_SECONDS, async_pcm
from .const import CONF_STRANGERS, CONF_USER_ID, DOMAIN, SUBENTRY_NUMBER, Right
from .data import ElksConfigEntry
from .entity import ElksContactEntity, ElksEntity, ElksNumberEntity
from .errors import CutOffError, failed, invalid
from .notices import async_forget_assistant, async_tell_unable
from .records import Visit
from .sentence import Sentence
from .talk import SPEECH_SECONDS, VOICE_OPTIONS, Talk
from .voice import tones
from .voice.session import CallEnd, CallSession
from .voice.wav import pcm

PARALLEL_UPDATES = 0


async def async_setup_entry(
    hass: HomeAssistant,
    entry: ElksConfigEntry,
    async_add_entities: AddConfigEntryEntitiesCallback,
) -> None:
    """Add one satellite a contact, and one a number."""
    for contact in entry.runtime_data.contacts:
        async_add_entities(
            [ElksContactSatellite(hass, entry, contact, "call")],
            config_subentry_id=contact.subentry_id,
        )
    for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER):
        async_add_entities(
            [ElksNumberSatellite(hass, entry, subentry, "line")],
            config_subentry_id=subentry.subentry_id,
        )


class ElksSatellite(ElksEntity, AssistSatelliteEntity):
    """Talks with one caller at a time."""

    _attr_supported_features = AssistSatelliteEntityFeature.ANNOUNCE
    _attr_tts_options = VOICE_OPTIONS
    _subentry_id: str
    _visit: Visit | None = None
    _talk: Talk | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a call is going on, or about to."""
        return self._visit is not None or self._is_announcing

    @property
    @override
    def pipeline_entity_id(self) -> str | None:
        """Return where the number in use says which pipeline it is."""
        if (visit := self._visit or self._visit_ahead) is None:
            return None
        if visit.is_stranger and pipeline_for(self.hass, visit) is None:
            # Home Assistant would take the preferred one, which is the owner's.
            raise PipelineNotFound("not-chosen", "There is no assistant for strangers")
        return select_of(self.hass, visit.number_id, setting_for(visit))

    @property
    @override
    def vad_sensitivity_entity_id(self) -> str | None:
        """Return where the number in use says how long a pause ends a sentence."""
        visit = self._visit
        return (
            select_of(self.hass, visit.number_id, "vad_sensitivity") if visit else None
        )

    @property
    def _visit_ahead(self) -> Visit | None:
        """What holds for a call that the house is about to make, if it makes any."""
        return None

    @callback
    @override
    def async_get_configuration(self) -> AssistSatelliteConfiguration:
        """Return that a phone waits for no word."""
        return AssistSatelliteConfiguration([], [], 0)

    @override
    async def async_set_configuration(
        self, config: AssistSatelliteConfiguration
    ) -> None:
        """Change nothing: there is nothing to."""

    @override
    async def async_added_to_hass(self) -> None:
        """Attend calls from now on."""
        await super().async_added_to_hass()
        self.async_on_remove(
            self._runtime.conversations.register(self._subentry_id, self)
        )

    def can_talk(self, visit: Visit) -> bool:
        """Tell whether the pipeline can hear and speak; a repair tells a person where not."""
        pipeline = pipeline_for(self.hass, visit)
        if pipeline is not None and can_talk(self.hass, pipeline):
            async_forget_assistant(
                self.hass,
                self._entry,
                visit.number_id,
                is_stranger=visit.is_stranger,
            )
            return True
        name = pipeline.name if pipeline is not None else None
        async_tell_unable(self.hass, self._entry, visit, name)
        return False

    def _names(self, visit: Visit) -> tuple[str, str]:
        """Return what a person calls the number and the assistant of a conversation."""
        pipeline = pipeline_for(self.hass, visit)
        number = self._entry.subentries[visit.number_id].title
        return number, pipeline.name if pipeline else "–"

    async def async_attend(self, session: CallSession, visit: Visit) -> None:
        """Talk with somebody who has called."""
        if self.is_busy:
            return
        with self._talking(session, visit) as talk:
            await talk.async_hold(greeting=visit.greeting)

    @override
    @callback
    def on_pipeline_event(self, event: PipelineEvent) -> None:
        """Have a turn followed."""
        if self._talk is not None:
            self._talk.follow(event)

    @property
    def pause(self) -> float:
        """After how many seconds of silence a sentence is over."""
        return self._resolve_vad_sensitivity()

    async def async_take_in(self, sentence: Sentence, *, is_question: bool) -> None:
        """Run the pipeline on what somebody says, only to hear it or to answer it."""
        await self.async_accept_pipeline_from_satellite(
            sentence,
            end_stage=PipelineStage.STT if is_question else PipelineStage.TTS,
            context=Context(user_id=self._entry.data.get(CONF_USER_ID)),
        )

    @abstractmethod
    def may_talk(self) -> bool:
        """Tell whether the other side still may: what a person sets holds in a call that goes on."""

    @contextmanager
    def _talking(self, session: CallSession, visit: Visit) -> Iterator[Talk]:
        """Be there for one call."""
        self._visit = visit
        self._talk = Talk(self.hass, self._entry, session, visit, self)
        self._conversation_id = None
        try:
            with self._runtime.conversations.talking():
                yield self._talk
        finally:
            self._visit = self._talk = None
            self.tts_response_finished()


class ElksContactSatellite(ElksContactEntity, ElksSatellite):
    """Talks with a contact, whoever has called whom."""

    _attr_supported_features = (
        AssistSatelliteEntityFeature.ANNOUNCE
        | AssistSatelliteEntityFeature.START_CONVERSATION
    )

    @override
    def may_talk(self) -> bool:
        """Tell whether the contact still may."""
        contact = self._runtime.contacts.by_subentry(self._subentry_id)
        return contact is not None and Right.ASSIST in contact.rights

    @property
    @override
    def _visit_ahead(self) -> Visit | None:
        return self._runtime.conversations.visit_ahead

    @override
    async def async_internal_announce(self, *args: Any, **kwargs: Any) -> None:
        """Announce unless a call is going on, which it would end."""
        self._check_free()
        await super().async_internal_announce(*args, **kwargs)

    @override
    async def async_internal_start_conversation(
        self, *args: Any, **kwargs: Any
    ) -> None:
        """Begin to talk with somebody who may, unless a call is going on."""
        self._check_free()
        if not self.may_talk():
            raise invalid("assist_not_allowed", contact=self._contact.name)
        self._check_able()
        await super().async_internal_start_conversation(*args, **kwargs)

    @override
    async def async_internal_ask_question(
        self, *args: Any, **kwargs: Any
    ) -> AssistSatelliteAnswer | None:
        """Ask unless a call is going on."""
        self._check_free()
        self._check_able()
        return await super().async_internal_ask_question(*args, **kwargs)

    @override
    async def async_announce(self, announcement: AssistSatelliteAnnouncement) -> None:
        """Call the contact, have the announcement heard to its end, and hang up."""
        sounds = await self._async_sounds(announcement, "media_id")

        async def announce(session: CallSession, visit: Visit) -> None:
            """Say it, and what comes before it."""
            with self._talking(session, visit):
                for sound in sounds:
                    if not await session.play(sound):
                        break
            _check_heard(session)
            if session.end is not None:
                raise CutOffError

        await self._runtime.conversations.async_call(self._contact.phone, announce)

    @override
    async def async_start_conversation(
        self, start_announcement: AssistSatelliteAnnouncement
    ) -> None:
        """Call the contact, say the first words, and let them talk on by themselves.

        A question is over when its call is.
        """
        if self._ask_question_future is not None:
            await self._async_question(start_announcement, self._ask_question_future)
            return
        sounds = await self._async_sounds(start_announcement, "start_media_id")
        begun: asyncio.Future[None] = self.hass.loop.create_future()
        conversation_id = self._conversation_id

        async def converse(session: CallSession, visit: Visit) -> None:
            """Say it, then listen."""
            with self._talking(session, visit) as talk:
                self._conversation_id = conversation_id
                for sound in sounds:
                    await talk.async_play(sound)
                _check_heard(session)
                begun.set_result(None)
                await talk.async_hold()

        async def call() -> None:
            """Call, and fail only as long as somebody waits for it."""
            try:
                await self._runtime.conversations.async_call(
                    self._contact.phone, converse, asks_pin_of=self._contact
                )
            except HomeAssistantError:
                if not begun.done():
                    raise

        calling = self._entry.async_create_background_task(
            self.hass, call(), "elks46 conversation"
        )
        try:
            await asyncio.wait({calling, begun}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            calling.cancel()
            raise
        if not begun.done():
            await calling

    async def _async_question(
        self,
        announcement: AssistSatelliteAnnouncement,
        asked: asyncio.Future[str | None],
    ) -> None:
        """Call the contact, ask, and hear the answer; who is silent is asked for it once more.

        Home Assistant would take the first silence for the end of it, so it is told of the
        answer only when there is one.

        Raises:
            HomeAssistantError: nobody has answered.
        """
        sounds = await self._async_sounds(announcement, "question_media_id")
        answers: list[str] = []

        async def ask(session: CallSession, visit: Visit) -> None:
            """Ask, and thank for the answer."""
            with self._talking(session, visit) as talk:
                for sound in sounds:
                    await talk.async_play(sound)
                _check_heard(session)
                if answer := await talk.async_ask():
                    answers.append(answer)

        self._ask_question_future = None
        try:
            await self._runtime.conversations.async_call(self._contact.phone, ask)
        finally:
            self._ask_question_future = asked
        if not answers:
            raise failed("assist_no_reply")
        asked.set_result(answers[0])

    def _check_free(self) -> None:
        """See that no call is going on with this contact.

        Raises:
            SatelliteBusyError: one is.
        """
        if self.is_busy:
            raise SatelliteBusyError(
                translation_domain=DOMAIN,
                translation_key="assist_busy",
                translation_placeholders={"contact": self._contact.name},
            )

    def _check_able(self) -> None:
        """See before anybody is called that the house can hear what they say.

        Raises:
            HomeAssistantError: it cannot.
        """
        visit = self._visit_ahead
        if visit is not None and not self.can_talk(visit):
            number, assistant = self._names(visit)
            raise failed("assist_unable", number=number, pipeline=assistant)

    async def _async_sounds(
        self, announcement: AssistSatelliteAnnouncement, field: str
    ) -> list[AsyncIterable[bytes] | bytes]:
        """Return what is to be heard, made ready before anybody is called; the field may name an item.

        Raises:
            HomeAssistantError: it cannot be had.
        """
        sounds: list[AsyncIterable[bytes] | bytes] = [tones.silence(LEAD_IN_SECONDS)]
        if announcement.preannounce_media_id:
            # Whatever becomes of the sound before it, the announcement counts.
            with suppress(HomeAssistantError):
                sounds.append(
                    await async_pcm(self.hass, announcement.preannounce_media_id)
                )
        if announcement.tts_token is None:
            asked = announcement.original_media_id
            is_item = media_source.is_media_source_id(asked)
            media = asked if is_item else announcement.media_id
            sounds.append(await async_pcm(self.hass, media, field=field))
        elif stream := tts.async_get_stream(self.hass, announcement.tts_token):
            spoken = stream.async_stream_result()
            sounds.append(pcm(spoken, patience=SPEECH_SECONDS))
        return sounds


class ElksNumberSatellite(ElksNumberEntity, ElksSatellite):
    """Talks with the strangers who call a number."""

    _attr_supported_features = AssistSatelliteEntityFeature(0)

    @override
    def may_talk(self) -> bool:
        """Tell whether strangers still may."""
        subentry = self._entry.subentries.get(self._subentry_id)
        return subentry is not None and bool(subentry.data.get(CONF_STRANGERS))


def _check_heard(session: CallSession) -> None:
    """See that what was to be said did not end with the line.

    Who hangs up has heard enough; where the line is gone, or this home stops, nobody has.

    Raises:
        HomeAssistantError: it did.
    """
    if session.end not in {None, CallEnd.HANGUP}:
        raise failed("assist_not_said")
