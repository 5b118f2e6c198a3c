"""What people may count on who talk with the house, and who have it call somebody."""

import asyncio
from typing import Final

from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import async_capture_events

from custom_components.elks46.const import (
    CONF_CALL_FALLBACK,
    CONF_GREETING,
    CONF_KEEP_TEXT,
    CONF_PIN,
    CONF_REACH,
    CONF_REALTIME_NUMBER,
    CONF_RIGHTS,
)
from custom_components.elks46.voice.pcm import BYTES_PER_SECOND

from . import ANNA, SimulatorControl, issues
from .calls import ENDED
from .speech import voice
from .talk import REALTIME, SATELLITE, Parlour, data_url, use

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
    assert [*issues(hass)] == ["assist_unable"]


@pytest.mark.parametrize("word", ["yes", "no", "stop"])
async def test_a_single_word_is_a_sentence(parlour: Parlour, word: str) -> None:
    """It is answered as soon as the caller is silent again."""
    await parlour.pass_time(speed=SPEED)
    parlour.ears.enough = WHOLE
    parlour.ears.expect(word, "goodbye")
    await parlour.end(await parlour.ring(ANNA, audio=data_url(voice(word, after=5))))

    assert [one.text for one in parlour.mind.asked] == [word]
    assert seconds(parlour.ears.heard[0]) < 4


async def test_what_was_said_is_done_though_the_caller_hangs_up(
    parlour: Parlour,
) -> None:
    """Nobody stays on the line to hear that the gate is open."""
    await parlour.pass_time(speed=SPEED)
    parlour.ears.enough = WHOLE
    parlour.ears.may_understand.clear()
    parlour.ears.expect("Open the gate")
    call_id = await parlour.ring(ANNA, audio=data_url(voice("stop", after=5)))
    await parlour.ears.understanding.wait()
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)
    parlour.ears.may_understand.set()
    await parlour.hass.async_block_till_done(wait_background_tasks=True)

    assert [one.text for one in parlour.mind.asked] == ["Open the gate"]


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
    assert [*issues(hass)] == ["assist_unable"]


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


async def test_a_contact_who_may_not_talk_is_told_of(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """To themselves in words, to the person in Repairs, until they may."""
    await parlour.change("anna", **{CONF_RIGHTS: ["open"]})
    call = await parlour.end(await parlour.ring(ANNA))
    told = set(issues(hass))
    await parlour.change("anna", **{CONF_RIGHTS: ["assist"]})

    assert "You may not talk with this house" in call["actions"][0]["play"]
    assert told == {"assist_right_missing"}
    assert not issues(hass)


async def test_who_talks_is_told_when_the_account_is_set_up_anew(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """And may call again."""
    call_id = await parlour.ring(ANNA)
    await parlour.talks(call_id)
    await hass.config_entries.async_reload(parlour.entry.entry_id)
    await parlour.end(call_id)
    parlour.ears.expect("goodbye")
    await parlour.end(await parlour.ring(ANNA))

    assert parlour.voice.said == [
        "I have to stop here. Please call again in a minute.",
        "Goodbye.",
    ]


async def test_an_option_waits_for_the_end_of_a_conversation(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """Nobody is cut off by what somebody saves."""
    call_id = await parlour.ring(ANNA)
    await parlour.talks(call_id)
    hass.config_entries.async_update_entry(
        parlour.entry, options={**parlour.entry.options, CONF_KEEP_TEXT: False}
    )
    parlour.ears.expect("Is it cold", "goodbye")
    await parlour.end(call_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert parlour.voice.said == ["You said: Is it cold", "Goodbye."]


async def test_a_call_is_answered_when_the_house_begins_to_talk(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """So that an automation can be quick; once, and not at its end."""
    told = async_capture_events(hass, EVENT_STATE_CHANGED)
    ended = async_capture_events(hass, ENDED)
    call_id = await parlour.ring(ANNA)
    await parlour.talks(call_id)
    await hass.async_block_till_done()
    meanwhile = events_of(told)
    parlour.ears.expect("goodbye")
    await parlour.end(call_id)
    await parlour.comes(ended, 1)

    assert meanwhile == ["ringing", "answered"]
    assert events_of(told) == ["ringing", "answered", "ended"]


def events_of(told: list[Event[EventStateChangedData]]) -> list[str]:
    """Return what the number has told of its calls."""
    states = [
        one.data["new_state"]
        for one in told
        if one.data["entity_id"] == "event.46701740690_calls"
    ]
    return [state.attributes["event_type"] for state in states if state is not None]


async def test_a_greeting_of_the_house_is_not_for_who_leaves_a_message(
    parlour: Parlour,
) -> None:
    """They are asked for the message."""
    await parlour.change(
        "number",
        **{CONF_GREETING: "What can I do for you?", CONF_CALL_FALLBACK: "voicemail"},
    )
    await parlour.amend(stt_engine=None)
    call_id = await parlour.ring(ANNA)
    call = await parlour.until(call_id, lambda call: bool(call["actions"]))
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)

    assert "leave a message after the tone" in call["actions"][0]["play"]


async def test_a_voice_that_does_not_come_is_told_of(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """In Repairs, when it is no accident any more, until one comes."""
    number = next(
        one
        for one in await parlour.simulator.control("GET", "numbers")
        if one["number"] == REALTIME
    )
    ours = number["websocket_url"]
    ended = async_capture_events(hass, ENDED)
    told: list[list[str]] = []
    for url in ("ws://127.0.0.1:9/", "ws://127.0.0.1:9/", ours):
        await parlour.simulator.put_number(REALTIME, websocket_url=url)
        parlour.ears.expect("goodbye")
        await parlour.end(await parlour.ring(ANNA))
        await parlour.comes(ended, len(told) + 1)
        told.append([*issues(hass)])

    assert told == [[], ["voice_missing"], []]


@pytest.mark.parametrize(
    ("settings", "options", "issue"),
    [
        ({CONF_REALTIME_NUMBER: "+4600799999"}, {}, "assist_number_gone"),
        ({}, {CONF_REACH: "poll"}, "assist_unreached"),
    ],
    ids=["what it talks through is gone", "no way in"],
)
async def test_a_number_that_cannot_talk_is_told_of(
    hass: HomeAssistant,
    parlour: Parlour,
    settings: dict[str, str],
    options: dict[str, str],
    issue: str,
) -> None:
    """Nobody has to call to find out."""
    await parlour.change("number", **settings)
    hass.config_entries.async_update_entry(
        parlour.entry, options={**parlour.entry.options, **options}
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    assert issue in issues(hass)
