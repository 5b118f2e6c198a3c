"""A conversation on the phone: turn after turn, until somebody ends it.

Speech goes through as it comes, in the one form that 46elks and Home Assistant share: nothing
is gathered, nothing converted.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol

from homeassistant.components import tts
from homeassistant.components.assist_pipeline import (
    Pipeline,
    PipelineEvent,
    PipelineEventType,
)
from homeassistant.components.assist_pipeline.error import PipelineError
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_translations

from .assistant import pipeline_for
from .audio import async_pcm
from .const import DOMAIN, LOGGER, TALK_SECONDS_AT_MOST
from .data import ElksConfigEntry
from .farewell import is_goodbye
from .greetings import MEDIA
from .interruption import async_play
from .records import Visit
from .sentence import Sentence
from .voice import tones
from .voice.pcm import SAMPLE_BYTES, SAMPLE_RATE
from .voice.session import CallSession
from .voice.wav import pcm

# As the line carries it.
VOICE_OPTIONS: Final = {
    tts.ATTR_PREFERRED_FORMAT: "wav",
    tts.ATTR_PREFERRED_SAMPLE_RATE: SAMPLE_RATE,
    tts.ATTR_PREFERRED_SAMPLE_CHANNELS: 1,
    tts.ATTR_PREFERRED_SAMPLE_BYTES: SAMPLE_BYTES,
}
# From where the house listens, which is for fifteen seconds at most, to the first of its
# answer: an agent that takes longer hangs.
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
# So long the agent of an answer that is interrupted may come to its end: Home Assistant's speech
# goes on waiting for the words of one that is stopped. What the caller says meanwhile is kept.
GIVE_UP_SECONDS: Final = 5
# The house's own words nobody thinks about, and there is silence until they begin.
WORDS_SECONDS: Final = 10

# Nobody has said anything, or nothing that could be understood.
NO_TEXT: Final = "stt-no-text-recognized"


@dataclass(slots=True)
class Turn:
    """What one side says, and then the other.

    What answers a question of ours is only heard. `is_heard` is set when somebody has spoken
    and is silent again, `decided` when no more is to come of it than there is.
    """

    is_question: bool = False
    sentence: Sentence | None = None
    token: str | None = None
    text: str | None = None
    error: str | None = None
    answer: asyncio.Task[None] | None = None
    working: asyncio.Task[None] | None = None
    is_heard: bool = False
    has_worked: bool = False
    is_cut_off: bool = False
    is_parting: bool = False
    decided: asyncio.Event = field(default_factory=asyncio.Event)


class Mind(Protocol):
    """What understands a turn, and thinks about it."""

    @property
    def pause(self) -> float:
        """After how many seconds of silence a sentence is over."""

    async def async_take_in(self, sentence: Sentence, *, is_question: bool) -> None:
        """Run the pipeline on what somebody says, only to hear it or to answer it.

        What comes of it, the talk is told.
        """

    def may_talk(self) -> bool:
        """Tell whether the other side still may: what a person sets holds in a call that goes on."""

    def tts_response_finished(self) -> None:
        """Take note that an answer was heard."""


class Talk:
    """One call, and what is said in it."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ElksConfigEntry,
        session: CallSession,
        visit: Visit,
        mind: Mind,
    ) -> None:
        """Take the line, what its number says of it, and who thinks."""
        self.session = session
        self._hass = hass
        self._entry = entry
        self._visit = visit
        self._mind = mind
        self._turn: Turn | None = None

    @property
    def _pipeline(self) -> Pipeline | None:
        return pipeline_for(self._hass, self._visit)

    async def async_hold(self, *, greeting: str | None = None) -> None:
        """Talk to the end, or until the house has to stop: then the caller is told."""
        talking = self._begin(self._async_talk(greeting))
        leaving = self._begin(self._entry.runtime_data.conversations.async_leaving())
        try:
            await asyncio.wait({talking, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not talking.done():
                await _async_cancel(talking)
                await self.session.interrupt()
                await self.async_tell("assist_leaving")
        finally:
            await _async_cancel(talking, leaving)
        if not talking.cancelled():
            talking.result()

    async def async_ask(self) -> str | None:
        """Hear the answer to a question that was just said; who is silent is asked for it once more.

        None if there is none.
        """
        for is_last in (False, True):
            turn = await self._async_turn(is_question=True)
            if turn.text:
                await self.async_tell("assist_thanks")
                return turn.text
            if self.session.end is not None:
                return None
            if is_last:
                await self.async_tell("assist_goodbye")
            else:
                await self._async_regret(turn)
        return None

    async def async_play(self, sound: AsyncIterable[bytes] | bytes) -> bool:
        """Speak, and let the caller interrupt where the number lets them."""
        if self._visit.has_barge_in:
            return await async_play(self.session, sound)
        whole = await self.session.play(sound)
        self.session.forget()
        return whole

    async def async_tell(self, key: str) -> None:
        """Say something of the house's own, in the language of the pipeline."""
        if (pipeline := self._pipeline) is None:
            return
        words = await async_get_translations(
            self._hass, pipeline.language, "exceptions", [DOMAIN]
        )
        await self._async_say(words[f"component.{DOMAIN}.exceptions.{key}.message"])

    @callback
    def follow(self, event: PipelineEvent) -> None:
        """Follow how far the pipeline is with a turn.

        Raises:
            PipelineError: the conversation is over, so that nobody does what was said.
        """
        if (turn := self._turn) is None:
            return
        data = event.data or {}
        match event.type:
            case PipelineEventType.RUN_START:
                turn.token = (data.get("tts_output") or {}).get("token")
            case PipelineEventType.STT_START:
                # Only now is there somebody to hear what is said.
                self._begin(self.session.listen())
                hearing = data.get("audio_processing") or {}
                if turn.sentence and not hearing.get("requires_external_vad", True):
                    turn.sentence.is_followed = False
            case PipelineEventType.STT_VAD_END:
                # From here on the caller waits, for ears that are slow too.
                self._heard(turn)
            case PipelineEventType.STT_END:
                turn.text = data["stt_output"]["text"].strip()
                if not turn.is_question:
                    self._consider(turn, turn.text)
            case PipelineEventType.INTENT_PROGRESS if data.get("tts_start_streaming"):
                self._answer(turn, turn.token)
            case PipelineEventType.TTS_END:
                self._answer(turn, (data.get("tts_output") or {}).get("token"))
            case PipelineEventType.ERROR:
                turn.error = data["code"]

    def _consider(self, turn: Turn, text: str) -> None:
        """Let an agent think about what was said, unless there is nothing to think about."""
        if not self._mind.may_talk() or is_goodbye(text):
            turn.is_parting = True
            turn.decided.set()
            raise PipelineError("over", "The conversation is over")
        self._heard(turn)

    async def _async_talk(self, greeting: str | None) -> None:
        """Greet, and take turns until somebody ends it, or nobody is there any more."""
        if greeting:
            await self._async_say(greeting)
        silent = failed = 0
        is_cut_off = False
        try:
            async with asyncio.timeout(TALK_SECONDS_AT_MOST):
                while not self.session.is_over:
                    turn = await self._async_turn(has_cue=not is_cut_off)
                    if self.session.end is not None:
                        return
                    is_cut_off = turn.is_cut_off
                    is_silent = turn.error == NO_TEXT
                    silent = silent + 1 if is_silent else 0
                    failed = failed + 1 if turn.error and not is_silent else 0
                    if (
                        turn.is_parting
                        or silent == SILENT_TURNS_AT_MOST
                        or failed == FAILED_TURNS_AT_MOST
                    ):
                        await self.async_tell("assist_goodbye")
                        return
                    if turn.error:
                        await self._async_regret(turn)
        except TimeoutError:
            await self.async_tell("assist_too_long")

    async def _async_regret(self, turn: Turn) -> None:
        """Say what has not worked in a turn."""
        await self.session.play(tones.failing())
        is_silent = turn.error == NO_TEXT
        await self.async_tell("assist_silence" if is_silent else "assist_failed")

    async def _async_turn(
        self, *, has_cue: bool = True, is_question: bool = False
    ) -> Turn:
        """Hear one thing, and answer it."""
        turn = self._turn = Turn(is_question=is_question)
        if has_cue:
            await self.session.play(tones.listening())
        run = asyncio.create_task(self._async_run(turn))
        over = asyncio.create_task(self.session.ended())
        decided = asyncio.create_task(turn.decided.wait())
        tasks = {run, over, decided}
        try:
            done, _ = await asyncio.wait(
                tasks, timeout=TURN_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if over in done and turn.is_heard:
                # Who hangs up behind a sentence wants it done. Whoever holds the line does
                # not wait for ever.
                await asyncio.wait({run, decided}, return_when=asyncio.FIRST_COMPLETED)
            elif turn.is_cut_off:
                await asyncio.wait({run}, timeout=GIVE_UP_SECONDS)
            elif turn.answer is None and not done:
                turn.error = "timeout"
            elif turn.answer is not None and done <= {run} and not turn.error:
                # What has begun to be said is waited for, as long as there is more of it.
                await asyncio.wait({turn.answer})
        finally:
            await _async_cancel(*tasks, turn.working, turn.answer)
        self._mind.tts_response_finished()
        return turn

    async def _async_run(self, turn: Turn) -> None:
        """Run the pipeline once; one that cannot even begin is an error like any other."""
        try:
            turn.sentence = Sentence(
                self.session.microphone(),
                self._mind.pause,
                partial(self._heard, turn),
            )
            await self._mind.async_take_in(turn.sentence, is_question=turn.is_question)
        except Exception as err:  # noqa: BLE001 - engines raise what they like; the caller hears of it
            LOGGER.warning("A turn of a call has failed: %s", type(err).__name__)
            turn.error = "pipeline"

    @callback
    def _heard(self, turn: Turn) -> None:
        """Take note that somebody has spoken; should it take long, they hear that the house works."""
        turn.is_heard = True
        if turn.working is None:
            turn.working = self._begin(self._async_work(turn))

    async def _async_work(self, turn: Turn) -> None:
        await asyncio.sleep(WORKING_AFTER_SECONDS)
        turn.has_worked = True
        while await self.session.play(tones.working()):
            pass

    @callback
    def _answer(self, turn: Turn, token: str | None) -> None:
        """Speak an answer as soon as there is something of it."""
        if turn.answer is None and token is not None and not turn.is_parting:
            turn.answer = self._begin(self._async_answer(turn, token))

    async def _async_answer(self, turn: Turn, token: str) -> None:
        """Speak an answer; the house works until there is something of it."""
        try:
            if (stream := tts.async_get_stream(self._hass, token)) is not None:
                spoken = pcm(stream.async_stream_result(), patience=SPEECH_SECONDS)
                first = await anext(spoken, b"")
                await _async_cancel(turn.working)
                if turn.has_worked:
                    await self.session.interrupt()
                is_whole = await self.async_play(_begun(first, spoken))
                if not is_whole and self.session.end is None:
                    turn.is_cut_off = True
                    turn.decided.set()
        except Exception as err:  # noqa: BLE001 - engines raise what they like; the caller hears of it
            LOGGER.warning("An answer cannot be spoken: %s", type(err).__name__)
            turn.error = "tts"

    async def _async_say(self, said: str) -> None:
        """Read words aloud, or play a media item; a short sound has to do where that fails."""
        if self.session.end is not None:
            return
        try:
            if said.startswith(MEDIA):
                await self.async_play(await async_pcm(self._hass, said))
                return
            pipeline = self._pipeline
            stream = tts.async_create_stream(
                self._hass,
                engine=tts.async_resolve_engine(
                    self._hass, pipeline.tts_engine if pipeline else None
                )
                or "",
                language=pipeline.tts_language if pipeline else None,
                options=_voice(pipeline),
            )
            stream.async_set_message(said)
            spoken = pcm(stream.async_stream_result(), patience=WORDS_SECONDS)
            await self.async_play(spoken)
        except Exception as err:  # noqa: BLE001 - engines raise what they like; the caller hears a tone
            LOGGER.warning("The house cannot say something: %s", type(err).__name__)
            await self.session.play(tones.failing())

    def _begin[T](self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        return self._entry.async_create_background_task(self._hass, work, "elks46 talk")


def _voice(pipeline: Pipeline | None) -> dict[str, Any]:
    voice = pipeline.tts_voice if pipeline else None
    return {**VOICE_OPTIONS, **({tts.ATTR_VOICE: voice} if voice else {})}


async def _begun(first: bytes, rest: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Yield what is there of a sound, and then what is still being made."""
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece


async def _async_cancel(*tasks: asyncio.Task[Any] | None) -> None:
    """End tasks, and wait until they have."""
    ending = [task for task in tasks if task is not None and not task.done()]
    for task in ending:
        task.cancel()
    if ending:
        await asyncio.wait(ending)
