"""Those who call and talk with the house, and those whom the house calls to talk with."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from homeassistant.components.assist_satellite import SatelliteBusyError
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.assist_satellite import is_goodbye
from custom_components.elks46.const import (
    CONF_BARGE_IN,
    CONF_CALL_FALLBACK,
    CONF_GREETING,
    CONF_PIN,
    CONF_RIGHTS,
    CONF_STRANGERS,
    CONF_USER_ID,
)
from custom_components.elks46.voice.pcm import BYTES_PER_SECOND

from . import ANNA, BJORN, STRANGER, Json, SimulatorControl, issues
from .calls import allowed_file, chirp
from .speech import voice
from .talk import Parlour, data_url

SATELLITE: Final = "assist_satellite.anna_call"
LINE: Final = "assist_satellite.46701740690_line"
MEDIA: Final = "media-source://media_source/local/alarm.wav"
ASSISTANT: Final = "custom_components.elks46.assist_satellite"


@pytest.fixture
async def parlour(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> AsyncGenerator[Parlour]:
    """Return a house to talk with."""
    parlour = Parlour(hass, simulator, integration)
    await parlour.furnish()
    yield parlour
    await parlour.fall_silent()


@pytest.fixture
def all_is_speech() -> Generator[None]:
    """Take every sound for somebody who speaks."""
    with (
        patch("custom_components.elks46.ear.SPEECH_PROBABILITY", -2),
        patch("custom_components.elks46.ear.WORD_STEPS", 1),
    ):
        yield


def seconds(sound: bytes) -> float:
    """Return how long something is that the house hears."""
    return len(sound) / BYTES_PER_SECOND


def put_media(hass: HomeAssistant) -> None:
    """Let a sound lie among Home Assistant's media."""
    folder = Path(hass.config.media_dirs["local"])
    folder.mkdir(exist_ok=True)
    (folder / "alarm.wav").write_bytes(chirp())


async def said(parlour: Parlour, what: str) -> list[Json]:
    """Return what was said of a kind over the sockets."""
    return [
        entry["fields"]
        for entry in await parlour.simulator.log()
        if entry["type"] == "socket" and entry["fields"].get("t") == what
    ]


async def use(hass: HomeAssistant, action: str, **data: object) -> Any:
    """Use an action of a satellite."""
    return await hass.services.async_call(
        "assist_satellite",
        action,
        {"entity_id": SATELLITE, "preannounce": False, **data},
        blocking=True,
        return_response=action == "ask_question",
    )


async def test_a_contact_talks_with_the_house(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """Turn after turn, in one conversation and in the name of the house's own user, until goodbye."""
    parlour.ears.expect("Is it cold", "And outside", "Goodbye!")
    call = await parlour.end(await parlour.ring(ANNA))
    asked = parlour.mind.asked

    assert [one.text for one in asked] == ["Is it cold", "And outside"]
    assert len({one.conversation_id for one in asked}) == 1
    assert {one.satellite_id for one in asked} == {SATELLITE}
    assert {one.context.user_id for one in asked} == {parlour.entry.data[CONF_USER_ID]}
    assert parlour.voice.said == [
        "You said: Is it cold",
        "You said: And outside",
        "Goodbye.",
    ]
    assert call["result"] == "success"
    assert hass.states.is_state(SATELLITE, "idle")


async def test_each_call_is_a_conversation_of_its_own(parlour: Parlour) -> None:
    """What was said in the last one is not known any more."""
    for _ in range(2):
        parlour.ears.expect("Is it cold", "goodbye")
        await parlour.end(await parlour.ring(ANNA))

    assert len({one.conversation_id for one in parlour.mind.asked}) == 2


async def test_a_pin_is_asked_before_a_conversation(parlour: Parlour) -> None:
    """On the keys; the house does not talk with who does not know it."""
    await parlour.change("anna", **{CONF_PIN: "73914"})
    for pin in ("00000", "73914"):
        parlour.ears.expect("goodbye")
        call_id = await parlour.ring(ANNA)
        await parlour.phase(call_id, "playing")
        await parlour.do(call_id, "digits", digits=pin)
        await parlour.until(call_id, lambda call: len(call["actions"]) > 1)
        await parlour.do(call_id, "hangup")
    calls = await parlour.calls()

    assert [calls[0]["actions"][1]["ivr"], "connect" in calls[1]["actions"][1]] == [
        "en_US/That was not right. Please enter your PIN.",
        True,
    ]


@pytest.mark.parametrize(
    ("caller", "rights"),
    [
        pytest.param(STRANGER, ["assist"], id="nobody knows"),
        pytest.param(ANNA, ["open"], id="may do something else"),
    ],
)
async def test_strangers_are_refused(
    parlour: Parlour, caller: str, rights: list[str]
) -> None:
    """Politely."""
    await parlour.change("anna", **{CONF_RIGHTS: rights})
    call = await parlour.end(await parlour.ring(caller))

    assert "does not talk with strangers" in call["actions"][0]["play"]
    assert not parlour.ears.heard


async def test_strangers_may_be_let_in(hass: HomeAssistant, parlour: Parlour) -> None:
    """They talk with the satellite of the number."""
    await parlour.change("number", **{CONF_STRANGERS: True})
    parlour.ears.expect("Is it cold", "bye bye")
    await parlour.end(await parlour.ring(STRANGER))

    assert {one.satellite_id for one in parlour.mind.asked} == {LINE}


@pytest.mark.parametrize(
    ("fallback", "heard"),
    [("reject", "hangup"), ("voicemail", "play")],
    ids=["busy", "the fallback"],
)
async def test_a_satellite_has_one_call(
    parlour: Parlour, fallback: str, heard: str
) -> None:
    """A second stranger hears busy, while a contact is attended."""
    await parlour.change(
        "number", **{CONF_CALL_FALLBACK: fallback, CONF_STRANGERS: True}
    )
    first = await parlour.ring(STRANGER)
    await parlour.talks(first)
    second = await parlour.call(BJORN)
    turned_away = await parlour.until(
        second, lambda call: bool(call["actions"]) or call["state"] == "ended"
    )
    third = await parlour.call(ANNA)
    await parlour.talks(third)
    for call_id in (first, third):
        await parlour.do(call_id, "hangup")
        await parlour.end(call_id)

    assert next(iter(turned_away["actions"][0])) == heard


async def test_an_assistant_that_cannot_hear_is_told(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """To the caller in words, to the person in Repairs, until it can."""
    await parlour.choose("Home Assistant")
    call = await parlour.end(await parlour.ring(ANNA))
    told = set(issues(hass))
    await parlour.choose("House")
    parlour.ears.expect("goodbye")
    await parlour.end(await parlour.ring(ANNA))

    assert "cannot talk right now" in call["actions"][0]["play"]
    assert [one.partition("_01")[0] for one in told] == ["assist_unable"]
    assert not issues(hass)


@pytest.mark.parametrize("engine", ["stt_engine", "tts_engine"])
async def test_an_assistant_needs_both_ears_and_a_voice(
    hass: HomeAssistant, parlour: Parlour, engine: str
) -> None:
    """Also where another voice is at hand: it is not the one that was chosen."""
    await parlour.amend(**{engine: None})
    call = await parlour.end(await parlour.ring(ANNA))

    assert "cannot talk right now" in call["actions"][0]["play"]
    assert [one.partition("_01")[0] for one in issues(hass)] == ["assist_unable"]


async def test_a_greeting_comes_first(hass: HomeAssistant, parlour: Parlour) -> None:
    """Words, a sound, or a short tone where there is none to be had."""
    path = await hass.async_add_executor_job(allowed_file, hass, chirp())
    for greeting in ("This is the house", path, "/nowhere.wav"):
        await parlour.change("number", **{CONF_GREETING: greeting})
        parlour.ears.expect("goodbye")
        await parlour.end(await parlour.ring(ANNA))
    calls = await parlour.calls()

    assert parlour.voice.said[0] == "This is the house"
    assert [call["result"] for call in calls] == ["success"] * 3


@pytest.mark.usefixtures("all_is_speech")
async def test_a_caller_interrupts_the_house(parlour: Parlour) -> None:
    """It falls silent, and hears what was said into its answer."""
    parlour.voice.seconds = 20
    parlour.ears.expect("Tell me all", "And that")
    call_id = await parlour.ring(ANNA, audio=data_url(chirp(20)))
    await parlour.listened(times=2)
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)

    assert await said(parlour, "interrupt")
    assert [one.text for one in parlour.mind.asked] == ["Tell me all", "And that"]


@pytest.mark.usefixtures("all_is_speech")
async def test_a_house_that_is_not_interrupted_speaks_on(parlour: Parlour) -> None:
    """Where the person has switched that off."""
    await parlour.change("number", **{CONF_BARGE_IN: False})
    parlour.voice.seconds = 5
    parlour.ears.expect("Tell me all", "goodbye")
    await parlour.end(await parlour.ring(ANNA, audio=data_url(chirp(20))))

    assert not await said(parlour, "interrupt")


@pytest.mark.parametrize("word", ["yes", "no", "stop"])
async def test_a_single_word_is_a_sentence(parlour: Parlour, word: str) -> None:
    """It is answered as soon as the caller is silent again."""
    parlour.ears.is_patient = True
    parlour.ears.expect(word, "goodbye")
    await parlour.end(await parlour.ring(ANNA, audio=data_url(voice(word, after=5))))

    assert [one.text for one in parlour.mind.asked] == [word]
    assert seconds(parlour.ears.heard[0]) < 4


async def test_a_single_word_interrupts_the_house(parlour: Parlour) -> None:
    """While it speaks."""
    parlour.voice.seconds = 20
    parlour.ears.expect("Tell me all", "And that")
    call_id = await parlour.ring(ANNA)
    await parlour.spoke()
    await parlour.say(call_id, voice("stop"))
    await parlour.listened(times=2)
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)

    assert await said(parlour, "interrupt")


async def test_a_turn_that_fails_is_told_and_the_next_works(parlour: Parlour) -> None:
    """Whatever fails: hearing, or speaking."""
    parlour.ears.error = RuntimeError("broken")
    call_id = await parlour.ring(ANNA)
    await parlour.spoke()
    parlour.ears.error = None
    parlour.ears.expect("Is it cold", "goodbye")
    await parlour.end(call_id)

    assert parlour.voice.said[0] == "Sorry, that did not work. Please say it again."
    assert "You said: Is it cold" in parlour.voice.said


async def test_a_voice_that_fails_leaves_a_tone(parlour: Parlour) -> None:
    """Three times, then the house hangs up."""
    parlour.voice.error = HomeAssistantError("no voice")
    parlour.ears.expect("One", "Two", "Three")
    call = await parlour.end(await parlour.ring(ANNA))

    assert len(parlour.mind.asked) == 3
    assert call["result"] == "success"


async def test_an_agent_that_hangs_does_not_keep_the_caller(parlour: Parlour) -> None:
    """They hear that it works, then that it did not, and the next turn works."""
    parlour.mind.may_answer.clear()
    parlour.ears.expect("Is it cold", "goodbye")
    with (
        patch(f"{ASSISTANT}.TURN_SECONDS", 1),
        patch(f"{ASSISTANT}.WORKING_AFTER_SECONDS", 0.1),
    ):
        await parlour.end(await parlour.ring(ANNA))

    assert parlour.voice.said == [
        "Sorry, that did not work. Please say it again.",
        "Goodbye.",
    ]


async def test_two_silences_end_a_call(parlour: Parlour) -> None:
    """Nobody is there any more."""
    parlour.ears.expect("", "")
    await parlour.end(await parlour.ring(ANNA))

    assert parlour.voice.said == ["I did not hear anything.", "Goodbye."]


async def test_a_call_has_a_longest_time(parlour: Parlour) -> None:
    """Then the house says goodbye."""
    with patch(f"{ASSISTANT}.TALK_SECONDS_AT_MOST", 0.5):
        await parlour.end(await parlour.ring(ANNA))

    assert parlour.voice.said == ["We have talked for a long time. Goodbye."]


@pytest.mark.parametrize("stage", ["greeting", "listening", "thinking", "answering"])
async def test_who_hangs_up_leaves_the_line_free(parlour: Parlour, stage: str) -> None:
    """At any moment."""
    parlour.voice.seconds = 30
    await parlour.change(
        "number", **{CONF_GREETING: "Hi" if stage == "greeting" else ""}
    )
    parlour.mind.may_answer.clear()
    parlour.ears.expect(*{"thinking": ["One"], "answering": ["One"]}.get(stage, []))
    call_id = await parlour.ring(ANNA)
    await parlour.until(call_id, lambda call: len(call["legs"]) > 1)
    reached: Callable[[], bool] = {
        "greeting": lambda: bool(parlour.voice.said),
        "listening": lambda: True,
        "thinking": lambda: bool(parlour.mind.asked),
        "answering": lambda: bool(parlour.mind.asked),
    }[stage]
    async with asyncio.timeout(10):
        while not reached():
            await parlour.simulator.log(len(await parlour.simulator.log()), wait=1)
    parlour.mind.may_answer.set()
    await parlour.do(call_id, "hangup")
    await parlour.end(call_id)
    parlour.voice.seconds = 0.5
    await parlour.change("number", **{CONF_GREETING: ""})
    parlour.ears.expect("goodbye")
    again = await parlour.end(await parlour.ring(ANNA))

    assert "connect" in again["actions"][0]


async def test_a_setting_waits_for_the_end_of_a_conversation(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """Nobody is cut off."""
    call_id = await parlour.ring(ANNA)
    await parlour.talks(call_id)
    subentry = parlour.entry.subentries["björn"]
    hass.config_entries.async_update_subentry(
        parlour.entry, subentry, data={**subentry.data, CONF_RIGHTS: ["open"]}
    )
    parlour.ears.expect("Is it cold", "goodbye")
    call = await parlour.end(call_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert "You said: Is it cold" in parlour.voice.said
    assert call["result"] == "success"
    assert hass.states.is_state(SATELLITE, "idle")


async def test_an_account_that_is_unloaded_says_goodbye(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """And is there for the next call when it is loaded again."""
    call_id = await parlour.ring(ANNA)
    await parlour.talks(call_id)
    await hass.config_entries.async_unload(parlour.entry.entry_id)
    await parlour.end(call_id)
    byes = await said(parlour, "bye")
    await hass.config_entries.async_setup(parlour.entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    parlour.ears.expect("goodbye")
    again = await parlour.end(await parlour.ring(ANNA))

    assert byes
    assert "connect" in again["actions"][0]


async def test_the_house_calls_and_says_something(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl, public_url: str
) -> None:
    """Words, or a sound with another before it; and hangs up when it was heard."""
    await simulator.put_handset(ANNA, answers="at_once")
    await hass.async_add_executor_job(put_media, hass)
    path, hass.config.internal_url = MEDIA, public_url
    await use(hass, "announce", message="The freezer is warm")
    await use(
        hass, "announce", media_id=path, preannounce_media_id=path, preannounce=True
    )
    calls = await parlour.calls()

    assert parlour.voice.said == ["The freezer is warm"]
    assert [call["state"] for call in calls] == ["ended", "ended"]
    heard = [call["legs"][1]["socket"]["received"]["seconds"] for call in calls]
    # A second of silence comes first, while the phone goes to the ear.
    assert heard == [pytest.approx(1.5, abs=0.05), pytest.approx(3, abs=0.1)]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ("never", "Nobody has answered"),
        ("declines", "The line was engaged, or the call was declined"),
    ],
)
async def test_who_does_not_answer_is_told(
    hass: HomeAssistant,
    parlour: Parlour,
    simulator: SimulatorControl,
    answers: str,
    words: str,
) -> None:
    """The action fails, when the ring time is over."""
    await simulator.put_handset(ANNA, answers=answers)
    with pytest.raises(HomeAssistantError, match=words):
        await use(hass, "announce", message="Hello")

    assert not await said(parlour, "hello")


@pytest.mark.parametrize(
    "error", [RuntimeError("broken"), HomeAssistantError("broken")]
)
@pytest.mark.parametrize(
    ("action", "words"),
    [("announce", "message"), ("start_conversation", "start_message")],
)
async def test_a_house_that_cannot_speak_does_not_say_that_it_has(
    hass: HomeAssistant,
    parlour: Parlour,
    simulator: SimulatorControl,
    error: Exception,
    action: str,
    words: str,
) -> None:
    """Whatever the voice fails with, the automation hears of it, and the line is free again."""
    await simulator.put_handset(ANNA, answers="at_once")
    parlour.voice.error = error
    with pytest.raises(HomeAssistantError):
        await use(hass, action, **{words: "The freezer is warm"})
    await parlour.end((await parlour.calls())[0]["id"])

    assert hass.states.is_state(SATELLITE, "idle")


async def test_the_house_calls_nobody_who_talks_already(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """Nor does it end that call."""
    call_id = await parlour.ring(ANNA)
    await parlour.talks(call_id)
    for action in ("announce", "start_conversation", "ask_question"):
        words = {"ask_question": "question", "start_conversation": "start_message"}
        with pytest.raises(SatelliteBusyError, match="is talking with Anna already"):
            await use(hass, action, **{words.get(action, "message"): "Hello"})
    parlour.ears.expect("goodbye")
    await parlour.end(call_id)

    assert len(await parlour.calls()) == 1


async def test_the_house_needs_a_number_to_talk_through(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """One that can call, too."""
    await parlour.simulator.put_number(
        parlour.entry.subentries["number"].data["number"], capabilities=["sms"]
    )
    await parlour.entry.runtime_data.coordinator.async_refresh()
    with pytest.raises(HomeAssistantError, match="no number has a number of Realtime"):
        await use(hass, "announce", message="Hello")


async def test_a_question_is_answered_by_phone(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl
) -> None:
    """The automation gets the answer, and the house hangs up."""
    await simulator.put_handset(ANNA, answers="at_once")
    parlour.ears.expect("yes please")
    answers = [{"id": "yes", "sentences": ["yes [please]"]}]
    response = await use(hass, "ask_question", question="Shall I?", answers=answers)
    await parlour.end((await parlour.calls())[0]["id"])

    assert response["id"] == "yes"
    assert response["sentence"] == "yes please"
    assert parlour.voice.said == ["Shall I?", "Thank you. Goodbye."]
    assert not parlour.mind.asked


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


async def test_a_conversation_is_begun_by_phone(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl
) -> None:
    """The first words are the house's, and then they talk."""
    await simulator.put_handset(ANNA, answers="at_once")
    parlour.ears.expect("Is it cold", "goodbye")
    await use(hass, "start_conversation", start_message="Good morning")
    await parlour.end((await parlour.calls())[0]["id"])

    assert parlour.voice.said[:2] == ["Good morning", "You said: Is it cold"]


async def test_the_house_calls_with_the_assistant_of_the_number(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl
) -> None:
    """Whichever one Home Assistant prefers: from the first words on."""
    await simulator.put_handset(ANNA, answers="at_once")
    await parlour.prefer("Home Assistant")
    await parlour.choose("House")
    parlour.ears.expect("Is it cold", "goodbye")
    await use(hass, "start_conversation", start_message="Good morning")
    await parlour.end((await parlour.calls())[0]["id"])
    await use(hass, "announce", message="The freezer is warm")

    assert [one.text for one in parlour.mind.asked] == ["Is it cold"]
    assert parlour.voice.said[0] == "Good morning"
    assert parlour.voice.said[-1] == "The freezer is warm"


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


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Goodbye.", True),
        ("Hej då!", True),
        ("That's all", True),
        ("Turn on the light, goodbye", False),
        ("", False),
    ],
)
def test_how_people_say_goodbye(text: str, is_one: bool) -> None:
    """Alone, in any writing."""
    assert is_goodbye(text) is is_one
