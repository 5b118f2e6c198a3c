"""Those who call and talk with the house, and those whom the house calls to talk with."""

from pathlib import Path
from typing import Final
from unittest.mock import patch

from homeassistant.components.assist_satellite import SatelliteBusyError
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import (
    CONF_CALL_FALLBACK,
    CONF_GREETING,
    CONF_PIN,
    CONF_RIGHTS,
    CONF_USER_ID,
    DOMAIN,
)
from custom_components.elks46.conversations import async_user
from custom_components.elks46.farewell import is_goodbye

from . import ANNA, BJORN, STRANGER, SimulatorControl
from .calls import allowed_file, chirp
from .talk import SATELLITE, Parlour, use

LINE: Final = "assist_satellite.46701740690_line"
MEDIA: Final = "media-source://media_source/local/alarm.wav"
ASSISTANT: Final = "custom_components.elks46.talk"


def put_media(hass: HomeAssistant) -> None:
    """Let a sound lie among Home Assistant's media."""
    folder = Path(hass.config.media_dirs["local"])
    folder.mkdir(exist_ok=True)
    (folder / "alarm.wav").write_bytes(chirp())


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


@pytest.mark.parametrize(
    ("title", "name"), [("46elks", "46elks"), ("Cottage", "46elks Cottage")]
)
async def test_the_user_of_the_house_says_whose_it_is(
    hass: HomeAssistant, title: str, name: str
) -> None:
    """Beside each thing that somebody on the phone has done."""
    account = MockConfigEntry(domain=DOMAIN, title=title)
    account.add_to_hass(hass)
    await async_user(hass, account)
    user = await hass.auth.async_get_user(account.data[CONF_USER_ID])

    assert user is not None
    assert user.name == name


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


async def test_strangers_are_refused(parlour: Parlour) -> None:
    """Politely."""
    call = await parlour.end(await parlour.ring(STRANGER))

    assert "does not talk with strangers" in call["actions"][0]["play"]
    assert not parlour.ears.heard


async def test_strangers_may_be_let_in(hass: HomeAssistant, parlour: Parlour) -> None:
    """They talk with the satellite of the number."""
    await parlour.let_in_strangers()
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
    await parlour.change("number", **{CONF_CALL_FALLBACK: fallback})
    await parlour.let_in_strangers()
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

    assert not await parlour.said("sending")


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


async def test_a_conversation_is_begun_by_phone(
    hass: HomeAssistant, parlour: Parlour, simulator: SimulatorControl
) -> None:
    """The first words are the house's, and then they talk."""
    await simulator.put_handset(ANNA, answers="at_once")
    parlour.ears.expect("Is it cold", "goodbye")
    await use(hass, "start_conversation", start_message="Good morning")
    await parlour.end((await parlour.calls())[0]["id"])

    assert parlour.voice.said[:2] == ["Good morning", "You said: Is it cold"]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("Goodbye.", True),
        ("Hej då!", True),
        ("That's all", True),
        ("That’s all.", True),
        ("Tack, hej då!", True),
        ("Avsluta samtalet", True),
        ("Legg på", True),
        ("Det var alt.", True),
        ("Lopeta puhelu", True),
        ("Das war alles.", True),
        ("Tot ziens!", True),
        ("C'est tout.", True),
        ("À bientôt", True),
        ("Eso es todo", True),
        ("To wszystko.", True),
        ("Det var allt kallt ute", False),
        ("Turn on the light, goodbye", False),
        ("", False),
    ],
)
def test_how_people_say_goodbye(text: str, is_one: bool) -> None:
    """Alone, in any writing."""
    assert is_goodbye(text) is is_one
