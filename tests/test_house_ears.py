"""The demo house's ears, which know sentences by heart."""

from array import array
from collections.abc import AsyncIterator, Callable, Iterator
import math
from random import Random
from time import thread_time

from homeassistant.components.stt import (
    AudioBitRates,
    AudioChannels,
    AudioCodecs,
    AudioFormats,
    AudioSampleRates,
    SpeechMetadata,
    SpeechResult,
    SpeechResultState,
    async_get_speech_to_text_entity,
)
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
import pytest

from demo.integrations.house_ears import SENTENCES
from demo.integrations.house_ears.by_heart import ByHeart

from .house import install
from .speech import ASSIST, TELEPHONE, silence, spoken

ASSIST_SENDS = SpeechMetadata(
    language="en",
    format=AudioFormats.WAV,
    codec=AudioCodecs.PCM,
    bit_rate=AudioBitRates.BITRATE_16,
    sample_rate=AudioSampleRates.SAMPLERATE_16000,
    channel=AudioChannels.CHANNEL_MONO,
)


def by_telephone(samples: bytes) -> bytes:
    """Return what Assist gets of a telephone's samples, with those between them guessed."""
    heard = array("h", samples)
    after = [*heard[1:], 0]
    return array(
        "h",
        (one for two in zip(heard, _halfway(heard, after), strict=True) for one in two),
    ).tobytes()


def _halfway(before: array[int], after: list[int]) -> Iterator[int]:
    return ((one + other) // 2 for one, other in zip(before, after, strict=True))


def hissing(samples: bytes, *, below: float) -> bytes:
    """Return samples with a hiss that many dB below them."""
    heard = array("h", samples)
    loud = math.hypot(*heard) / math.sqrt(len(heard))
    random, hiss = Random(46), loud * 10 ** (-below / 20)
    return array("h", (round(one + random.gauss(0, hiss)) for one in heard)).tobytes()


def quieter(samples: bytes) -> bytes:
    """Return samples at an eighth of their loudness."""
    return array("h", (one // 8 for one in array("h", samples))).tobytes()


LINES = {
    "as Assist has it": lambda text: spoken(text, rate=ASSIST),
    "by telephone": lambda text: by_telephone(spoken(text)),
    "between silences": lambda text: by_telephone(
        silence(1.5) + spoken(text) + silence(0.8)
    ),
    "cut at the start": lambda text: by_telephone(spoken(text)[TELEPHONE // 10 * 2 :]),
    "with a hiss": lambda text: by_telephone(
        hissing(silence(0.5) + spoken(text) + silence(0.5), below=20)
    ),
    "quietly": lambda text: by_telephone(quieter(silence(0.4) + spoken(text))),
    "half a step late": lambda text: by_telephone(silence(0.005) + spoken(text)),
}


def noise(seconds: float, loud: float) -> bytes:
    """Return a hiss as Assist has it."""
    random = Random(46)
    return array(
        "h", (round(random.gauss(0, loud)) for _ in range(round(seconds * ASSIST)))
    ).tobytes()


def tone(seconds: float, hertz: float) -> bytes:
    """Return what a key or a busy line sounds like, as Assist has it."""
    return array(
        "h",
        (
            round(8000 * math.sin(math.tau * hertz * step / ASSIST))
            for step in range(round(seconds * ASSIST))
        ),
    ).tobytes()


NOT_KNOWN = {
    "nothing": b"",
    "half a sample": b"\0",
    "a moment": silence(0.01, rate=ASSIST),
    "silence": silence(3, rate=ASSIST),
    "a quiet hiss": noise(2, 10),
    "a loud hiss": noise(2, 3000),
    "a click": silence(1, rate=ASSIST) + noise(0.02, 9000) + silence(1, rate=ASSIST),
    "a burst": silence(1, rate=ASSIST) + noise(0.5, 3000) + silence(1, rate=ASSIST),
    "a tone": tone(2, 440),
    **{
        text: spoken(text, rate=ASSIST)
        for text in (
            "hello",
            "good morning",
            "open the garage door",
            "turn on the bedroom light",
            "is the front door open",
            "turn the kitchen light blue",
            "the quick brown fox jumps over the lazy dog",
        )
    },
}


@pytest.fixture(scope="module")
def ears() -> ByHeart:
    """Return ears that know what the demo's people say."""
    return ByHeart(SENTENCES)


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@pytest.mark.parametrize("sentence", SENTENCES)
def test_known_sentences_are_understood(
    ears: ByHeart, sentence: str, line: Callable[[str], bytes]
) -> None:
    """Whatever a line does to them."""
    assert ears.understand(line(sentence)) == sentence


@pytest.mark.parametrize("heard", NOT_KNOWN.values(), ids=NOT_KNOWN)
def test_nothing_else_is_understood(ears: ByHeart, heard: bytes) -> None:
    """Neither what nobody says nor what they do not know."""
    assert ears.understand(heard) == ""


def test_what_sounds_alike_is_not_guessed() -> None:
    """Where two sentences are as near, neither was heard for certain."""
    weather = "what is the weather like in the house today"
    ears = ByHeart([weather, weather.replace("weather", "whether")])
    heard = by_telephone(hissing(spoken(weather), below=12))

    assert ears.understand(heard) == ""
    assert ByHeart([weather]).understand(heard) == weather


def test_ears_that_know_nothing_understand_nothing() -> None:
    """They listen all the same."""
    assert ByHeart([]).understand(spoken("yes", rate=ASSIST)) == ""


def test_three_seconds_are_understood_within_one(ears: ByHeart) -> None:
    """Of the processor's time, so other tests do not count."""
    text = "what is the temperature of the freezer and of the fridge in the cellar"
    heard = spoken(text, rate=ASSIST)
    assert len(heard) > 3 * 2 * ASSIST
    began = thread_time()

    ears.understand(heard)

    assert thread_time() - began < 1


async def in_chunks(samples: bytes) -> AsyncIterator[bytes]:
    """Yield samples as a phone sends them, one odd piece last."""
    for begin in range(0, len(samples), 640):
        yield samples[begin : begin + 640]


async def heard_by_house(hass: HomeAssistant, samples: bytes) -> SpeechResult:
    """Return what the house's ears make of samples."""
    entity = async_get_speech_to_text_entity(hass, "stt.house_ears")
    assert entity is not None
    assert entity.check_metadata(ASSIST_SENDS)
    return await entity.internal_async_process_audio_stream(
        ASSIST_SENDS, in_chunks(samples)
    )


async def test_house_hears(hass: HomeAssistant) -> None:
    """Home Assistant finds them, they say what they are, and silence is an empty text."""
    install(hass, "house_ears")
    assert await async_setup_component(hass, "house_ears", {"house_ears": None})
    state = hass.states.get("stt.house_ears")
    assert state is not None
    assert state.name == "House ears (knows sentences by heart)"

    said = await heard_by_house(hass, spoken("is the front door locked", rate=ASSIST))
    assert said == SpeechResult("is the front door locked", SpeechResultState.SUCCESS)
    said = await heard_by_house(hass, silence(1, rate=ASSIST))
    assert said == SpeechResult("", SpeechResultState.SUCCESS)


async def test_house_says_when_it_cannot_hear(
    hass: HomeAssistant, caplog: pytest.LogCaptureFixture
) -> None:
    """As engines do whose server is away."""
    install(hass, "house_ears")
    options = {"python": "/nowhere/python"}
    assert await async_setup_component(hass, "house_ears", {"house_ears": options})
    state = hass.states.get("stt.house_ears")
    assert state is not None
    assert state.name == "House ears (PocketSphinx)"

    said = await heard_by_house(hass, spoken("yes", rate=ASSIST))

    assert said == SpeechResult(None, SpeechResultState.ERROR)
    assert "PocketSphinx does not answer" in caplog.text


async def test_sentences_come_from_the_configuration(hass: HomeAssistant) -> None:
    """Those and no others."""
    install(hass, "house_ears")
    options = {"sentences": ["open the window"]}
    assert await async_setup_component(hass, "house_ears", {"house_ears": options})

    said = await heard_by_house(hass, spoken("open the window", rate=ASSIST))
    assert said.text == "open the window"
    said = await heard_by_house(hass, spoken("yes", rate=ASSIST))
    assert said.text == ""
