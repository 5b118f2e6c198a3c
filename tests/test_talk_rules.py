"""What people may count on who talk with the house, and who have it call somebody."""

import asyncio
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest

from custom_components.elks46.const import CONF_PIN, CONF_RIGHTS
from custom_components.elks46.voice.pcm import BYTES_PER_SECOND

from . import ANNA, SimulatorControl, issues
from .speech import voice
from .talk import SATELLITE, Parlour, data_url, use

# Ears that want so much listen to all that is said.
WHOLE: Final = 1_000_000_000
# As fast as detectors and a stand-in keep up with on a machine with other things to do.
SPEED: Final = 4


def seconds(sound: bytes) -> float:
    """Return how long something is that the house hears."""
    return len(sound) / BYTES_PER_SECOND


async def test_the_house_calls_with_the_assistant_of_the_number(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl
) -> None:
    """Whichever one Home Assistant prefers: from the first words on."""
    await simulator.put_handset(ANNA, answers="at_once")
    await parlour.prefer("Home Assistant")
    await parlour.use_assistant("House")
    parlour.ears.expect("Is it cold", "goodbye")
    await use(hass, "start_conversation", start_message="Good morning")
    await parlour.end((await parlour.calls())[0]["id"])
    await use(hass, "announce", message="The freezer is warm")

    assert [one.text for one in parlour.mind.asked] == ["Is it cold"]
    assert parlour.voice.said[0] == "Good morning"
    assert parlour.voice.said[-1] == "The freezer is warm"


@pytest.mark.parametrize("engine", ["stt_engine", "tts_engine"])
async def test_an_assistant_needs_both_ears_and_a_voice(
    hass: HomeAssistant, parlour: Parlour, engine: str
) -> None:
    """Also where another voice is at hand: it is not the one that was chosen."""
    await parlour.amend(**{engine: None})
    call = await parlour.end(await parlour.ring(ANNA))

    assert "cannot talk right now" in call["actions"][0]["play"]
    assert [one.partition("_01")[0] for one in issues(hass)] == ["assist_unable"]


@pytest.mark.parametrize("word", ["yes", "no", "stop"])
async def test_a_single_word_is_a_sentence(parlour: Parlour, word: str) -> None:
    """It is answered as soon as the caller is silent again."""
    await parlour.pass_time(speed=SPEED)
    parlour.ears.enough = WHOLE
    parlour.ears.expect(word, "goodbye")
    await parlour.end(await parlour.ring(ANNA, audio=data_url(voice(word, after=5))))

    assert [one.text for one in parlour.mind.asked] == [word]
    assert seconds(parlour.ears.heard[0]) < 4


async def test_a_single_word_interrupts_the_house(parlour: Parlour) -> None:
    """While it speaks."""
    await parlour.pass_time(speed=SPEED)
    parlour.voice.seconds = 20
    parlour.ears.expect("Tell me all", "And that")
    call_id = await parlour.ring(ANNA)
    await parlour.spoke()
    await parlour.say(call_id, voice("stop"))
    await parlour.listened(times=2)
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)

    assert await parlour.said("interrupt")


async def test_who_is_silent_is_asked_once_more(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl
) -> None:
    """And told that nothing was heard."""
    await simulator.put_handset(ANNA, answers="at_once")
    parlour.ears.expect("", "yes")
    response = await use(hass, "ask_question", question="Shall I?")

    assert response["sentence"] == "yes"
    assert parlour.voice.said[1] == "I did not hear anything."


async def test_who_stays_silent_gives_no_answer(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl
) -> None:
    """The house says goodbye, and the automation hears of it."""
    await simulator.put_handset(ANNA, answers="at_once")
    parlour.ears.expect("", "")
    with pytest.raises(HomeAssistantError, match="ended without an answer"):
        await use(hass, "ask_question", question="Shall I?")

    assert parlour.voice.said[1:] == ["I did not hear anything.", "Goodbye."]


async def test_an_announcement_that_is_cut_off_has_failed(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl
) -> None:
    """Whoever hangs up has not heard it to its end."""
    parlour.voice.seconds = 60
    announcing = asyncio.create_task(use(hass, "announce", message="A long story"))
    call_id = str((await parlour.new())[0]["id"])
    await parlour.phase(call_id, "ringing")
    await parlour.do(call_id, "answer")
    await parlour.speaks(call_id)
    await parlour.do(call_id, "hangup")
    with pytest.raises(HomeAssistantError, match="before the announcement was heard"):
        await announcing

    assert hass.states.is_state(SATELLITE, "idle")


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ("announce", "media_id"),
        ("start_conversation", "start_media_id"),
        ("ask_question", "question_media_id"),
    ],
)
async def test_a_sound_that_is_none_is_named(
    hass: HomeAssistant, parlour: Parlour, public_url: str, action: str, field: str
) -> None:
    """By the field it stands in, before anybody is called."""
    hass.config.internal_url = public_url
    with pytest.raises(HomeAssistantError, match=f"^Field {field}: "):
        await use(hass, action, **{field: "/nowhere.wav"})

    assert not await parlour.calls()


@pytest.mark.parametrize(
    ("action", "words"),
    [("ask_question", "question"), ("start_conversation", "start_message")],
)
async def test_nobody_is_called_whom_the_house_cannot_hear(
    hass: HomeAssistant, parlour: Parlour, action: str, words: str
) -> None:
    """The action says what is missing, and so does a repair."""
    await parlour.amend(stt_engine=None)
    with pytest.raises(HomeAssistantError, match="House lacks speech-to-text"):
        await use(hass, action, **{words: "Hello"})

    assert not await parlour.calls()
    assert [one.partition("_01")[0] for one in issues(hass)] == ["assist_unable"]


async def test_the_house_talks_only_with_those_who_may(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl
) -> None:
    """Whoever may not is not called to talk, but may be asked something."""
    await simulator.put_handset(ANNA, answers="at_once")
    await parlour.change("anna", **{CONF_RIGHTS: []})
    with pytest.raises(ServiceValidationError, match="Anna may not talk with Assist"):
        await use(hass, "start_conversation", start_message="Good morning")
    parlour.ears.expect("yes")
    response = await use(hass, "ask_question", question="Shall I?")

    assert response["sentence"] == "yes"
    assert len(await parlour.calls()) == 1


@pytest.mark.parametrize(
    ("pins", "turns"),
    [
        (["00000", "73914"], ["Is it cold"]),
        (["00000", "11111", "22222"], []),
        (["11111", "#"], []),
    ],
    ids=["right in the end", "wrong", "none"],
)
async def test_whoever_picks_up_has_to_know_the_pin(
    hass: HomeAssistant, parlour: Parlour, pins: list[str], turns: list[str]
) -> None:
    """Before the house talks with them: anybody may have the phone of a contact."""
    await parlour.change("anna", **{CONF_PIN: "73914"})
    await parlour.simulator.put_handset(ANNA, answers="at_once")
    parlour.ears.expect("Is it cold", "goodbye")
    beginning = asyncio.create_task(
        use(hass, "start_conversation", start_message="Good morning")
    )
    call_id = str((await parlour.new())[0]["id"])
    for asked, pin in enumerate(pins, start=1):
        await parlour.asked(call_id, times=asked)
        await parlour.do(call_id, "digits", digits=pin)
    await parlour.end(call_id)
    outcome = await asyncio.gather(beginning, return_exceptions=True)

    assert [one.text for one in parlour.mind.asked] == turns
    assert [str(one) for one in outcome if one is not None] == [
        "The call was answered, but nobody entered the PIN of the contact"
    ] * (not turns)


async def test_a_question_that_nobody_answers_fails(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl
) -> None:
    """Whoever hangs up instead gives no answer."""
    parlour.voice.seconds = 60
    asking = asyncio.create_task(use(hass, "ask_question", question="Shall I?"))
    call_id = str((await parlour.new())[0]["id"])
    await parlour.phase(call_id, "ringing")
    await parlour.do(call_id, "answer")
    await parlour.speaks(call_id)
    await parlour.do(call_id, "hangup")
    with pytest.raises(HomeAssistantError, match="ended without an answer"):
        await asking

    assert hass.states.is_state(SATELLITE, "idle")
