"""What callers hear of the house and the house of them: in time, whole, and never in doubt."""

from array import array
import asyncio
import base64
from collections.abc import AsyncGenerator, Generator
from itertools import dropwhile, islice
from typing import Any, Final, override
from unittest.mock import patch

from homeassistant.components import conversation, tts
from homeassistant.components.assist_pipeline import async_get_pipeline
from homeassistant.components.assist_pipeline.pipeline import async_update_pipeline
from homeassistant.core import HomeAssistant
import pytest

from custom_components.elks46.const import CONF_BARGE_IN
from custom_components.elks46.voice import speaker, tones

from . import ANNA
from .calls import PATIENCE, chirp
from .hearing import moments, on_the_phone
from .sounds import riff, streamed, tone
from .speech import voice
from .talk import SATELLITE, Parlour

FORMAT: Final = "pcm_16000"
WORKING: Final = "custom_components.elks46.talk.WORKING_AFTER_SECONDS"
# Before that a caller has heard no more than the notes that tell them to speak.
CUE_SECONDS: Final = 0.3
TURNS: Final = 8
# A telephone line rings for so long where a sound begins out of silence: sixteen of its own samples to either side.
EDGE_SAMPLES: Final = 32
# Of a WAV, before its samples.
HEAD_BYTES: Final = 44
# So that a turn, which takes as long as it does here, is not longer than what is kept of a call.
SLOW: Final = 2


def ramp() -> bytes:
    """Return a WAV in which each sample of the house's is one more than the one before, for four seconds."""
    return riff(array("h", range(-32_768, 32_767, 2)).tobytes())


def is_unbroken(heard: bytes) -> bool:
    """Tell whether a part of that has lost nothing and has nothing twice, from where it begins."""
    sounding = dropwhile(lambda sample: not sample, array("h", heard))
    samples = [*islice(sounding, EDGE_SAMPLES, None)]
    return samples == [*range(samples[0], samples[0] + len(samples))]


def said(content: bytes) -> str:
    """Return a WAV as a caller's phone is given it."""
    return f"data:audio/wav;base64,{base64.b64encode(content).decode()}"


@pytest.fixture
def all_is_speech() -> Generator[None]:
    """Take every sound for somebody who speaks."""
    with (
        patch("custom_components.elks46.ear.SPEECH_PROBABILITY", -2),
        patch("custom_components.elks46.ear.WORD_STEPS", 1),
    ):
        yield


class Bard(tts.TextToSpeechEntity):
    """Speaks while the words come, ten seconds for each piece of them."""

    _attr_name = "Bard"
    _attr_unique_id = "bard"
    _attr_default_language = "en"
    _attr_supported_languages = ["en"]

    @override
    async def async_stream_tts_audio(
        self, request: tts.TTSAudioRequest
    ) -> tts.TTSAudioResponse:
        """Begin to speak."""
        return tts.TTSAudioResponse("wav", self._speak(request.message_gen))

    async def _speak(self, words: AsyncGenerator[str]) -> AsyncGenerator[bytes]:
        yield streamed(0xFFFFFFFF)[:HEAD_BYTES]
        async for _ in words:
            yield tone(10)[HEAD_BYTES:]


class Storyteller(conversation.ConversationEntity):
    """Begins to answer, and thinks about the end."""

    _attr_name = "Storyteller"
    _attr_unique_id = "storyteller"
    _attr_supports_streaming = True
    supported_languages = "*"

    def __init__(self) -> None:
        """Have no end yet."""
        self.may_end = asyncio.Event()

    @override
    async def _async_handle_message(
        self,
        user_input: conversation.ConversationInput,
        chat_log: conversation.ChatLog,
    ) -> conversation.ConversationResult:
        """Tell a story."""
        story = chat_log.async_add_delta_content_stream(self.entity_id, self._tell())
        assert [part async for part in story]
        return conversation.async_get_result_from_chat_log(user_input, chat_log)

    async def _tell(self) -> AsyncGenerator[Any]:
        yield {"role": "assistant"}
        yield {
            "content": "Once upon a time there was a house with a telephone in it. " * 2
        }
        await self.may_end.wait()
        yield {"content": "The end."}


@pytest.mark.usefixtures("all_is_speech")
@pytest.mark.parametrize("answer", ["", "You said: {}"], ids=["silent", "interrupted"])
async def test_nothing_is_lost_between_turns(parlour: Parlour, answer: str) -> None:
    """Sample by sample: while the house thinks, signals, speaks, and is interrupted."""
    await parlour.pass_time(speed=SLOW)
    parlour.mind.answer = answer
    parlour.voice.seconds = 20
    parlour.ears.enough = 9600
    parlour.ears.expect(*(f"Sentence {n}" for n in range(TURNS)))
    call_id = await parlour.ring(ANNA, audio=said(ramp()))
    await parlour.listened(times=TURNS)
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)
    heard = b"".join(parlour.ears.heard[:TURNS])

    assert len(heard) >= TURNS * parlour.ears.enough
    assert is_unbroken(heard)


@pytest.mark.usefixtures("all_is_speech")
async def test_a_caller_interrupts_the_house(parlour: Parlour) -> None:
    """It falls silent at once, long before the end of its answer."""
    parlour.voice.seconds = 60
    parlour.ears.expect("Tell me all", "And that")
    call_id = await parlour.ring(ANNA, audio=said(chirp(20)))
    await parlour.listened(times=2)
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)

    assert await parlour.said("interrupt")
    assert [one.text for one in parlour.mind.asked] == ["Tell me all", "And that"]


@pytest.mark.usefixtures("all_is_speech")
async def test_who_may_not_interrupt_is_heard_from_the_end_of_the_answer_on(
    parlour: Parlour,
) -> None:
    """What was said into it is let go; each turn is whole."""
    await parlour.change("number", **{CONF_BARGE_IN: False})
    await parlour.pass_time(speed=SLOW)
    parlour.voice.seconds = 0.5
    parlour.ears.expect("One", "Two")
    call_id = await parlour.ring(ANNA, audio=said(ramp()))
    await parlour.listened(times=2)
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)
    first, second = parlour.ears.heard[:2]

    assert is_unbroken(first)
    assert is_unbroken(second)
    assert not is_unbroken(first + second)
    assert not await parlour.said("interrupt")


async def test_both_ways_are_of_one_form_that_is_declared_once(
    parlour: Parlour,
) -> None:
    """The one that Home Assistant's engines and 46elks share, through several turns."""
    parlour.ears.expect("One", "Two", "goodbye")
    await parlour.end(await parlour.ring(ANNA))
    declared = [
        await parlour.said("sending"),
        await parlour.said("listening"),
    ]

    assert [[one["format"] for one in way] for way in declared] == [[FORMAT]] * 2


async def test_the_house_does_not_say_that_it_listens_before_it_does(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """A pipeline that cannot even begin: told too early, the caller would talk to nobody."""
    conversation.async_unset_agent(hass, parlour.agent)
    call_id = await parlour.ring(ANNA)
    await parlour.heard(call_id, tones.failing())
    early = await parlour.said("listening")
    conversation.async_set_agent(hass, parlour.agent, parlour.mind)
    parlour.ears.expect("Is it cold", "goodbye")
    await parlour.end(call_id)

    assert not early
    assert await parlour.said("listening")
    assert "You said: Is it cold" in parlour.voice.said


async def test_a_caller_hears_when_to_speak_and_that_the_house_works(
    parlour: Parlour,
) -> None:
    """Two notes before each turn, and a low one while it takes long, until the answer begins."""
    parlour.voice.may_speak.clear()
    parlour.ears.expect("Is it cold", "goodbye")
    with patch("custom_components.elks46.talk.WORKING_AFTER_SECONDS", 0.1):
        call_id = await parlour.ring(ANNA)
        await parlour.voice.speaking.wait()
        await parlour.heard(call_id, tones.working())
        parlour.voice.may_speak.set()
        await parlour.end(call_id)
    heard = await parlour.simulator.download(f"calls/{call_id}/heard.wav")
    first, second = moments(heard, on_the_phone(tones.listening()))
    working = moments(heard, on_the_phone(tones.working()))

    assert first < min(working) <= max(working) < second


async def test_ears_that_are_slow_leave_nobody_in_doubt(parlour: Parlour) -> None:
    """From the end of what was said on, the caller hears that the house works."""
    parlour.ears.may_understand.clear()
    parlour.ears.enough = 10**9
    parlour.ears.expect("goodbye")
    with patch("custom_components.elks46.talk.WORKING_AFTER_SECONDS", 0.1):
        speech = said(voice("turn on the kitchen light", after=3))
        call_id = await parlour.ring(ANNA, audio=speech)
        await parlour.heard(call_id, tones.working())
        parlour.ears.may_understand.set()
        await parlour.end(call_id)

    assert not parlour.mind.asked


@pytest.fixture
async def storyteller(hass: HomeAssistant, parlour: Parlour) -> Storyteller:
    """Return who thinks for the house, and has not come to the end yet."""
    bard, storyteller = Bard(), Storyteller()
    await hass.data[tts.DATA_COMPONENT].async_add_entities([bard])
    await hass.data[conversation.DATA_COMPONENT].async_add_entities([storyteller])
    await async_update_pipeline(
        hass,
        async_get_pipeline(hass),
        conversation_engine=storyteller.entity_id,
        tts_engine=bard.entity_id,
    )
    return storyteller


async def test_an_answer_is_heard_while_the_agent_still_thinks_of_its_end(
    parlour: Parlour, storyteller: Storyteller
) -> None:
    """Nothing is gathered: neither the words nor the voice."""
    parlour.ears.expect("Tell me a story")
    with patch(WORKING, 60):
        call_id = await parlour.ring(ANNA)
        await parlour.is_told(call_id, seconds=CUE_SECONDS + 1)
    is_over = storyteller.may_end.is_set()
    storyteller.may_end.set()
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)

    assert not is_over


async def test_who_interrupts_does_not_wait_for_the_agent(
    parlour: Parlour, storyteller: Storyteller
) -> None:
    """Not for long: what else was to be said is given up."""
    await parlour.pass_time(speed=SLOW)
    parlour.ears.expect("Tell me a story", "Stop")
    with patch("custom_components.elks46.talk.GIVE_UP_SECONDS", 0.1):
        call_id = await parlour.ring(ANNA)
        await parlour.is_told(call_id, seconds=CUE_SECONDS + 1)
        await parlour.say(call_id, voice("stop"))
        await parlour.listened(times=2)
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)
    parlour.give_up_speech()

    assert not storyteller.may_end.is_set()


async def test_an_answer_ends_when_46elks_says_so(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """However long that takes: while 46elks' time stands still, the house asks, and does not go on."""
    parlour.mind.may_answer.clear()
    parlour.ears.expect("Is it cold")
    with patch.object(speaker, "ASK_AGAIN_SECONDS", 0.05):
        call_id = await parlour.ring(ANNA)
        await parlour.mind.thinking.wait()
        await parlour.stop_clock()
        asked = len(await parlour.said("sync"))
        parlour.mind.may_answer.set()
        # Long after what was sent would be over by the house's own clock.
        async with asyncio.timeout(PATIENCE):
            while len(await parlour.said("sync")) < asked + 5:
                await parlour.simulator.log(len(await parlour.simulator.log()), wait=1)
        is_waiting = hass.states.is_state(SATELLITE, "responding")
        await parlour.pass_time()
        parlour.ears.expect("goodbye")
        await parlour.end(call_id)

    assert is_waiting
    assert len(parlour.mind.asked) == 1
