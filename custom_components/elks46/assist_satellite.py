"""The house on the phone: it talks with those who call, and calls people to talk with them.

One satellite a contact, and one a number for its strangers. Speech goes through as it comes,
in the one form that 46elks and Home Assistant share: nothing is gathered, nothing converted.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Coroutine, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
import re
from typing import Any, Final, override

from homeassistant.components import media_source, stt, tts
from homeassistant.components.assist_pipeline import (
    Pipeline,
    PipelineEvent,
    PipelineEventType,
    PipelineNotFound,
    PipelineStage,
)
from homeassistant.components.assist_pipeline.error import PipelineError
from homeassistant.components.assist_satellite import (
    AssistSatelliteAnnouncement,
    AssistSatelliteAnswer,
    AssistSatelliteConfiguration,
    AssistSatelliteEntity,
    AssistSatelliteEntityFeature,
    SatelliteBusyError,
)
from homeassistant.config_entries import ConfigSubentry
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback
from homeassistant.helpers.translation import async_get_translations

from .assistant import OF_CONTACTS, OF_STRANGERS, pipeline_of, select_of
from .audio import LEAD_IN_SECONDS, async_pcm
from .const import (
    CONF_RIGHTS,
    CONF_STRANGERS,
    CONF_USER_ID,
    DOMAIN,
    LOGGER,
    SUBENTRY_NUMBER,
    TALK_SECONDS_AT_MOST,
    Right,
)
from .contacts import Contact
from .data import ElksConfigEntry
from .entity import ElksContactEntity, ElksEntity, ElksNumberEntity
from .errors import CutOffError, failed, invalid
from .greetings import MEDIA
from .interruption import async_play
from .notices import assist_unable_issue
from .records import Visit
from .sentence import Sentence
from .voice import tones
from .voice.pcm import SAMPLE_BYTES, SAMPLE_RATE
from .voice.session import CallEnd, CallSession
from .voice.wav import pcm

PARALLEL_UPDATES = 0

# From the last word to the last of the answer's first: an agent that takes longer hangs.
TURN_SECONDS: Final = 60
# Until then a pause is one to think in; after it, a dead line.
WORKING_AFTER_SECONDS: Final = 1.5
# Twice fifteen seconds without a word: nobody is there any more.
SILENT_TURNS_AT_MOST: Final = 2
# Of broken turns one after the other, so many are no accident.
FAILED_TURNS_AT_MOST: Final = 3
# A language model may use a tool in the middle of its answer, and speech waits for it. A
# voice that makes nothing for longer hangs.
SPEECH_SECONDS: Final = 30
# The house's own words nobody thinks about, and there is silence until they begin.
WORDS_SECONDS: Final = 10

# Nobody has said anything, or nothing that could be understood.
NO_TEXT: Final = "stt-no-text-recognized"

# How people end a call, alone or as all they say.
GOODBYES: Final = frozenset(
    {
        *("goodbye", "good bye", "bye", "bye bye", "thats all", "hang up"),
        *("hej då", "hejdå", "tack hej då", "hej hej", "adjö", "vi hörs"),
        *("ha det", "ha det bra", "lägg på", "avsluta samtalet", "det var allt"),
        *("farvel", "ha det godt", "hadet", "hade", "hei hei", "snakkes", "adjø"),
        *("legg på", "læg på", "vi ses", "det var alt"),
        *("näkemiin", "kuulemiin", "hyvästi", "moi moi", "moikka", "heippa"),
        *("hei sitten", "lopeta puhelu", "siinä kaikki"),
        *("auf wiedersehen", "auf wiederhören", "tschüss", "tschüs", "das war alles"),
        *("tot ziens", "doei", "dag"),
        *("au revoir", "salut", "à bientôt", "cest tout"),
        *("adiós", "adios", "hasta luego", "eso es todo"),
        *("do widzenia", "na razie", "pa", "cześć", "to wszystko"),
    }
)


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


@dataclass(slots=True)
class _Turn:
    """What one side says, and then the other."""

    session: CallSession
    sentence: Sentence | None = None
    token: str | None = None
    text: str | None = None
    error: str | None = None
    answer: asyncio.Task[None] | None = None
    is_cut_off: bool = False
    has_worked: bool = False
    is_question: bool = False
    working: asyncio.Task[None] | None = None
    parting: asyncio.Event = field(default_factory=asyncio.Event)


class ElksSatellite(ElksEntity, AssistSatelliteEntity):
    """Talks with one caller at a time."""

    _attr_supported_features = AssistSatelliteEntityFeature.ANNOUNCE
    _attr_tts_options = {
        tts.ATTR_PREFERRED_FORMAT: "wav",
        tts.ATTR_PREFERRED_SAMPLE_RATE: SAMPLE_RATE,
        tts.ATTR_PREFERRED_SAMPLE_CHANNELS: 1,
        tts.ATTR_PREFERRED_SAMPLE_BYTES: SAMPLE_BYTES,
    }
    _subentry_id: str
    _visit: Visit | None = None
    _turn: _Turn | None = None

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
        key = _assistant_for(visit)
        if visit.is_stranger and self._pipeline(visit) is None:
            # Home Assistant would take the preferred one, which is the owner's.
            raise PipelineNotFound("not-chosen", "There is no assistant for strangers")
        return select_of(self.hass, visit.number_id, key)

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
        pipeline = self._pipeline(visit)
        has_all = (
            pipeline is not None
            and pipeline.stt_engine is not None
            and stt.async_get_speech_to_text_engine(self.hass, pipeline.stt_engine)
            is not None
            and pipeline.tts_engine is not None
            and tts.async_resolve_engine(self.hass, pipeline.tts_engine) is not None
        )
        issue_id = assist_unable_issue(
            self._entry, visit.number_id, is_stranger=visit.is_stranger
        )
        if has_all:
            ir.async_delete_issue(self.hass, DOMAIN, issue_id)
        else:
            number = self._entry.subentries[visit.number_id].title
            what, names = (
                ("assist_unable", {"number": number, "pipeline": pipeline.name})
                if pipeline is not None
                else ("assist_not_chosen", {"number": number})
            )
            ir.async_create_issue(
                self.hass,
                DOMAIN,
                issue_id,
                is_fixable=pipeline is not None,
                severity=ir.IssueSeverity.ERROR,
                translation_key=what,
                translation_placeholders=names,
                data={
                    "entry_id": self._entry.entry_id,
                    "subentry_id": visit.number_id,
                },
            )
        return has_all

    def _names(self, visit: Visit) -> tuple[str, str]:
        """Return what a person calls the number and the assistant of a conversation."""
        pipeline = self._pipeline(visit)
        number = self._entry.subentries[visit.number_id].title
        return number, pipeline.name if pipeline else "–"

    async def async_attend(self, session: CallSession, visit: Visit) -> None:
        """Talk with somebody who has called."""
        if self.is_busy:
            return
        with self._engaged(visit):
            await self._async_hold(session, self._async_receive(session, visit))

    async def _async_receive(self, session: CallSession, visit: Visit) -> None:
        """Greet a caller, and talk."""
        if visit.greeting:
            await self._async_say(session, visit.greeting)
        await self._async_talk(session)

    async def _async_hold(
        self, session: CallSession, talk: Coroutine[Any, Any, None]
    ) -> None:
        """Talk to the end, or until the house has to stop: then the caller is told."""
        talking = self._begin(talk)
        leaving = self._begin(self._runtime.conversations.async_leaving())
        try:
            await asyncio.wait({talking, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not talking.done():
                await _async_cancel(talking)
                await session.interrupt()
                await self._async_tell(session, "assist_leaving")
        finally:
            await _async_cancel(talking, leaving)
        if not talking.cancelled():
            talking.result()

    @override
    @callback
    def on_pipeline_event(self, event: PipelineEvent) -> None:
        """Follow a turn."""
        if (turn := self._turn) is None:
            return
        data = event.data or {}
        match event.type:
            case PipelineEventType.RUN_START:
                turn.token = (data.get("tts_output") or {}).get("token")
            case PipelineEventType.STT_START:
                # Only now is there somebody to hear what is said.
                self._begin(turn.session.listen())
                hearing = data.get("audio_processing") or {}
                if turn.sentence and not hearing.get("requires_external_vad", True):
                    turn.sentence.is_followed = False
            case PipelineEventType.STT_VAD_END:
                # From here on the caller waits, for ears that are slow too.
                self._work(turn)
            case PipelineEventType.STT_END:
                turn.text = data["stt_output"]["text"].strip()
                if turn.is_question:
                    return
                if not self._may_talk():
                    turn.parting.set()
                    # Said here it ends the turn before anybody does what was said.
                    raise PipelineError("not-allowed", "The caller may talk no more")
                if is_goodbye(turn.text):
                    turn.parting.set()
                    # No agent need think about that.
                    if self._pipeline_task is not None:
                        self._pipeline_task.cancel()
                else:
                    self._work(turn)
            case PipelineEventType.INTENT_PROGRESS if data.get("tts_start_streaming"):
                self._answer(turn, turn.token)
            case PipelineEventType.TTS_END:
                self._answer(turn, (data.get("tts_output") or {}).get("token"))
            case PipelineEventType.ERROR:
                turn.error = data["code"]

    def _pipeline(self, visit: Visit) -> Pipeline | None:
        """Return the pipeline of a conversation."""
        return pipeline_of(self.hass, visit.number_id, _assistant_for(visit))

    def _may_talk(self) -> bool:
        """Tell whether the other side still may: what a person sets holds in a call that goes on."""
        subentry = self._entry.subentries.get(self._subentry_id)
        if subentry is None:
            return False
        if subentry.subentry_type == SUBENTRY_NUMBER:
            return bool(subentry.data.get(CONF_STRANGERS))
        return Right.ASSIST in subentry.data.get(CONF_RIGHTS, ())

    @contextmanager
    def _engaged(self, visit: Visit) -> Iterator[None]:
        """Be there for one call."""
        self._visit = visit
        self._conversation_id = None
        try:
            with self._runtime.conversations.talking():
                yield
        finally:
            self._visit = None
            self._turn = None
            self.tts_response_finished()

    async def _async_talk(self, session: CallSession) -> None:
        """Take turns until somebody ends it, or nobody is there any more."""
        silent = failed = 0
        is_cut_off = False
        try:
            async with asyncio.timeout(TALK_SECONDS_AT_MOST):
                while not session.is_over:
                    turn = await self._async_turn(session, has_cue=not is_cut_off)
                    if session.end is not None:
                        return
                    is_cut_off = turn.is_cut_off
                    if turn.parting.is_set():
                        await self._async_tell(session, "assist_goodbye")
                        return
                    is_silent = turn.error == NO_TEXT
                    silent = silent + 1 if is_silent else 0
                    failed = failed + 1 if turn.error and not is_silent else 0
                    if silent == SILENT_TURNS_AT_MOST or failed == FAILED_TURNS_AT_MOST:
                        await self._async_tell(session, "assist_goodbye")
                        return
                    if turn.error:
                        await self._async_regret(session, turn)
        except TimeoutError:
            await self._async_tell(session, "assist_too_long")

    async def _async_regret(self, session: CallSession, turn: _Turn) -> None:
        """Say what has not worked in a turn."""
        await session.play(tones.failing())
        is_silent = turn.error == NO_TEXT
        await self._async_tell(
            session, "assist_silence" if is_silent else "assist_failed"
        )

    async def _async_turn(
        self, session: CallSession, *, has_cue: bool = True, is_question: bool = False
    ) -> _Turn:
        """Hear one thing, and answer it; what answers a question of ours is only heard."""
        turn = self._turn = _Turn(session, is_question=is_question)
        if has_cue:
            await session.play(tones.listening())
        run = asyncio.create_task(self._async_run(turn))
        over = asyncio.create_task(session.ended())
        parting = asyncio.create_task(turn.parting.wait())
        tasks = {run, over, parting}
        try:
            done, _ = await asyncio.wait(
                tasks, timeout=TURN_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if turn.answer is None and not done:
                turn.error = "timeout"
            elif turn.answer is not None and done <= {run} and not turn.error:
                # What has begun to be said is waited for, as long as there is more of it.
                await asyncio.wait({turn.answer})
        finally:
            await _async_cancel(*tasks, turn.working, turn.answer)
        self.tts_response_finished()
        return turn

    async def _async_run(self, turn: _Turn) -> None:
        """Run the pipeline once; one that cannot even begin is an error like any other."""
        try:
            turn.sentence = Sentence(
                turn.session.microphone(),
                self._resolve_vad_sensitivity(),
                partial(self._work, turn),
            )
            await self.async_accept_pipeline_from_satellite(
                turn.sentence,
                end_stage=PipelineStage.STT if turn.is_question else PipelineStage.TTS,
                context=Context(user_id=self._entry.data.get(CONF_USER_ID)),
            )
        except Exception as err:  # noqa: BLE001 - engines raise what they like; the caller hears of it
            LOGGER.warning("A turn of a call has failed: %s", type(err).__name__)
            turn.error = "pipeline"

    def _begin[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        return self._entry.async_create_background_task(self.hass, work, "elks46 talk")

    @callback
    def _answer(self, turn: _Turn, token: str | None) -> None:
        """Speak an answer as soon as there is something of it."""
        if turn.answer is None and token is not None and not turn.parting.is_set():
            turn.answer = self._begin(self._async_answer(turn, token))

    @callback
    def _work(self, turn: _Turn) -> None:
        """Have it heard that the house works, should it take long."""
        if turn.working is None:
            turn.working = self._begin(_async_work(turn))

    async def _async_answer(self, turn: _Turn, token: str) -> None:
        """Speak an answer; the house works until there is something of it."""
        try:
            if (stream := tts.async_get_stream(self.hass, token)) is not None:
                spoken = pcm(stream.async_stream_result(), patience=SPEECH_SECONDS)
                first = await anext(spoken, b"")
                await _async_cancel(turn.working)
                if turn.has_worked:
                    await turn.session.interrupt()
                turn.is_cut_off = not await self._async_play(
                    turn.session, _begun(first, spoken)
                )
        except Exception as err:  # noqa: BLE001 - engines raise what they like; the caller hears of it
            LOGGER.warning("An answer cannot be spoken: %s", type(err).__name__)
            turn.error = "tts"

    async def _async_play(
        self, session: CallSession, sound: AsyncIterable[bytes] | bytes
    ) -> bool:
        """Speak, and let the caller interrupt where the number lets them."""
        if self._visit is not None and self._visit.has_barge_in:
            return await async_play(session, sound)
        whole = await session.play(sound)
        session.forget()
        return whole

    async def _async_tell(self, session: CallSession, key: str) -> None:
        """Say something of the house's own, in the language of the pipeline."""
        if self._visit is None or (pipeline := self._pipeline(self._visit)) is None:
            return
        words = await async_get_translations(
            self.hass, pipeline.language, "exceptions", [DOMAIN]
        )
        await self._async_say(
            session, words[f"component.{DOMAIN}.exceptions.{key}.message"]
        )

    async def _async_say(self, session: CallSession, said: str) -> None:
        """Read words aloud, or play a media item; a short sound has to do where that fails."""
        if session.end is not None or self._visit is None:
            return
        try:
            if said.startswith(MEDIA):
                await self._async_play(session, await async_pcm(self.hass, said))
                return
            pipeline = self._pipeline(self._visit)
            stream = tts.async_create_stream(
                self.hass,
                engine=tts.async_resolve_engine(
                    self.hass, pipeline.tts_engine if pipeline else None
                )
                or "",
                language=pipeline.tts_language if pipeline else None,
                options=self._voice(pipeline),
            )
            stream.async_set_message(said)
            spoken = pcm(stream.async_stream_result(), patience=WORDS_SECONDS)
            await self._async_play(session, spoken)
        except Exception as err:  # noqa: BLE001 - engines raise what they like; the caller hears a tone
            LOGGER.warning("The house cannot say something: %s", type(err).__name__)
            await session.play(tones.failing())

    def _voice(self, pipeline: Pipeline | None) -> dict[str, Any]:
        voice = pipeline.tts_voice if pipeline else None
        return {
            **(self.tts_options or {}),
            **({tts.ATTR_VOICE: voice} if voice else {}),
        }


class ElksContactSatellite(ElksContactEntity, ElksSatellite):
    """Talks with a contact, whoever has called whom."""

    _attr_supported_features = (
        AssistSatelliteEntityFeature.ANNOUNCE
        | AssistSatelliteEntityFeature.START_CONVERSATION
    )

    def __init__(
        self, hass: HomeAssistant, entry: ElksConfigEntry, contact: Contact, key: str
    ) -> None:
        """Take the contact."""
        super().__init__(hass, entry, contact, key)
        self._subentry_id = contact.subentry_id

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
        if Right.ASSIST not in self._contact.rights:
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
            with self._engaged(visit):
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
            with self._engaged(visit):
                self._conversation_id = conversation_id
                for sound in sounds:
                    await self._async_play(session, sound)
                _check_heard(session)
                begun.set_result(None)
                await self._async_hold(session, self._async_talk(session))

        async def call() -> None:
            """Call, and fail only as long as somebody waits for it."""
            try:
                await self._runtime.conversations.async_call(
                    self._contact.phone, converse, asks_pin_of=self._contact
                )
            except HomeAssistantError:
                if not begun.done():
                    raise

        calling = self._begin(call())
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
            with self._engaged(visit):
                for sound in sounds:
                    await self._async_play(session, sound)
                _check_heard(session)
                for is_last in (False, True):
                    turn = await self._async_turn(session, is_question=True)
                    if turn.text:
                        answers.append(turn.text)
                        await self._async_tell(session, "assist_thanks")
                        return
                    if session.end is not None:
                        return
                    if is_last:
                        await self._async_tell(session, "assist_goodbye")
                    else:
                        await self._async_regret(session, turn)

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

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ElksConfigEntry,
        subentry: ConfigSubentry,
        key: str,
    ) -> None:
        """Take the number."""
        super().__init__(hass, entry, subentry, key)
        self._subentry_id = subentry.subentry_id


def _assistant_for(visit: Visit) -> str:
    """Return which setting of a number says who talks."""
    return OF_STRANGERS if visit.is_stranger else OF_CONTACTS


def is_goodbye(text: str) -> bool:
    """Tell whether somebody wants to end a call, in any of the languages of the house."""
    return " ".join(re.findall(r"\w+", re.sub("['’]", "", text.casefold()))) in GOODBYES


def _check_heard(session: CallSession) -> None:
    """See that what was to be said did not end with the line.

    Who hangs up has heard enough; where the line is gone, or this home stops, nobody has.

    Raises:
        HomeAssistantError: it did.
    """
    if session.end not in {None, CallEnd.HANGUP}:
        raise failed("assist_not_said")


async def _begun(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Yield what is there of a sound, and then what is still being made."""
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece


async def _async_work(turn: _Turn) -> None:
    """Let the caller hear that the house is thinking, if it takes long."""
    await asyncio.sleep(WORKING_AFTER_SECONDS)
    turn.has_worked = True
    while await turn.session.play(tones.working()):
        pass


async def _async_cancel(*tasks: asyncio.Task[Any] | None) -> None:
    """End tasks, and wait until they have."""
    ending = [task for task in tasks if task is not None and not task.done()]
    for task in ending:
        task.cancel()
    if ending:
        await asyncio.wait(ending)
