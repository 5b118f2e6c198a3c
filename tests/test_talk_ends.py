"""However a conversation ends: nothing is left of it, and the line works for the next call."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
import json
from typing import Final
from unittest.mock import patch

from homeassistant.const import EVENT_HOMEASSISTANT_STOP
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.elks46.const import CONF_GREETING, CONF_PIN
from custom_components.elks46.voice import session, tones

from . import ANNA, Json, issues
from .calls import known_call
from .talk import Parlour, use
from .traces import Sockets, leaving_nothing

ASSISTANT: Final = "custom_components.elks46.talk"
SORRY: Final = "Sorry, that did not work. Please say it again."
# At twenty times the pace of a call nobody comes to the end of that in a test.
LONG_SECONDS: Final = 60
VOICE: Final[Json] = {"match": {"callback": "voice"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call in the middle of something, and whoever of the house waits for its end."""

    id: str
    errand: asyncio.Task[object] | None = None


type Stage = Callable[[Parlour], Awaitable[Call]]
type Ending = Callable[[Parlour, Sockets, Call], Awaitable[None]]


async def entering(parlour: Parlour) -> Call:
    """Be asked for a PIN; there is no socket yet."""
    await parlour.change("anna", **{CONF_PIN: "73914"})
    call_id = await parlour.ring(ANNA)
    await parlour.phase(call_id, "playing")
    await parlour.change("anna", **{CONF_PIN: None})
    return Call(id=call_id)


async def connecting(parlour: Parlour) -> Call:
    """Be expected by the house, while the socket is being opened."""
    await parlour.simulator.fail({**VOICE, "kind": "delay", "seconds": LONG_SECONDS})
    call_id = await parlour.ring(ANNA)
    await parlour.phase(call_id, "connecting")
    return Call(id=call_id)


async def silent(parlour: Parlour) -> Call:
    """Have a socket on which nothing is said, not even which call it is."""
    await parlour.simulator.fail({**VOICE, "kind": "silent"})
    call_id = await parlour.ring(ANNA)
    await parlour.phase(call_id, "connected")
    return Call(id=call_id)


async def greeted(parlour: Parlour) -> Call:
    """Hear the greeting."""
    parlour.voice.seconds = LONG_SECONDS
    await parlour.change("number", **{CONF_GREETING: "Hi"})
    call_id = await parlour.ring(ANNA)
    await parlour.is_told(call_id, seconds=1)
    return Call(id=call_id)


async def listened_to(parlour: Parlour) -> Call:
    """Be about to say something."""
    call_id = await parlour.ring(ANNA)
    await parlour.talks(call_id)
    return Call(id=call_id)


async def understood(parlour: Parlour) -> Call:
    """Have said something that is not understood yet."""
    parlour.ears.may_understand.clear()
    parlour.ears.expect("One")
    call_id = await parlour.ring(ANNA)
    await parlour.ears.understanding.wait()
    return Call(id=call_id)


async def thought_about(parlour: Parlour) -> Call:
    """Have asked something that has no answer yet."""
    parlour.mind.may_answer.clear()
    parlour.ears.expect("One")
    call_id = await parlour.ring(ANNA)
    await parlour.mind.thinking.wait()
    return Call(id=call_id)


async def about_to_be_answered(parlour: Parlour) -> Call:
    """Have an answer that is not spoken yet."""
    parlour.voice.may_speak.clear()
    parlour.ears.expect("One")
    call_id = await parlour.ring(ANNA)
    await parlour.voice.speaking.wait()
    return Call(id=call_id)


async def answered(parlour: Parlour) -> Call:
    """Hear an answer."""
    parlour.voice.seconds = LONG_SECONDS
    parlour.ears.expect("One")
    call_id = await parlour.ring(ANNA)
    await parlour.is_told(call_id, seconds=1)
    return Call(id=call_id)


async def sent_away(parlour: Parlour) -> Call:
    """Hear the last words of the house."""
    parlour.voice.seconds = LONG_SECONDS
    parlour.ears.expect("goodbye")
    call_id = await parlour.ring(ANNA)
    await parlour.is_told(call_id, seconds=1)
    return Call(id=call_id)


TALKING: Final = [
    greeted,
    listened_to,
    understood,
    thought_about,
    about_to_be_answered,
    answered,
    sent_away,
]


async def hang_up(parlour: Parlour, _: Sockets, call: Call) -> None:
    """End a call as people do."""
    await parlour.do(call.id, "hangup")


async def cut(_parlour: Parlour, sockets: Sockets, _call: Call) -> None:
    """Break the socket."""
    sockets.cut()


async def reload(parlour: Parlour, _sockets: Sockets, _call: Call) -> None:
    """Set the account up anew, as a person may do at any time."""
    await parlour.hass.config_entries.async_reload(parlour.entry.entry_id)


@pytest.mark.parametrize("end", [hang_up, cut, reload])
@pytest.mark.parametrize("stage", TALKING)
async def test_a_conversation_may_end_at_any_moment(
    parlour: Parlour, stage: Stage, end: Ending
) -> None:
    """The caller hangs up, the socket breaks, or the account is set up anew, whatever the house is about to do."""
    async with parlour.unharmed() as sockets:
        call = await stage(parlour)
        await end(parlour, sockets, call)
        await parlour.end(call.id)


@pytest.mark.parametrize("stage", [entering, connecting, silent])
async def test_a_caller_may_hang_up_before_the_house_hears_them(
    parlour: Parlour, stage: Stage
) -> None:
    """Before the socket, while it is being opened, and before its first word; nobody is taken for busy after that."""
    async with parlour.unharmed() as sockets:
        call = await stage(parlour)
        await hang_up(parlour, sockets, call)
        await parlour.end(call.id)


async def test_a_peer_that_never_says_hello_leaves_nobody_in_silence(
    parlour: Parlour,
) -> None:
    """The house says goodbye, and 46elks ends the call."""
    async with parlour.unharmed():
        with patch.object(session, "HELLO_SECONDS", 0.1):
            call = await silent(parlour)
            await parlour.end(call.id)

    assert len(await parlour.said("bye")) == 2


@pytest.mark.parametrize("messages", [0, 1, 4, 20])
async def test_garbage_on_the_socket_leaves_nobody_in_silence(
    parlour: Parlour, messages: int
) -> None:
    """Nonsense of every kind, a goodbye among it: before hello, after it, and in the middle of what both say."""
    await parlour.simulator.fail({**VOICE, "kind": "garbage", "messages": messages})
    parlour.ears.expect("Is it cold", "goodbye")
    async with parlour.unharmed():
        await parlour.end(await parlour.ring(ANNA))


# Home Assistant's own, where it hears of its end in the middle of something.
@pytest.mark.parametrize("expected_lingering_timers", [True])
@pytest.mark.parametrize("stage", TALKING)
async def test_nobody_hangs_in_silence_when_home_assistant_stops(
    parlour: Parlour, stage: Stage
) -> None:
    """Whatever goes on, the house says goodbye first."""
    async with leaving_nothing():
        call = await stage(parlour)
        parlour.hass.bus.async_fire(EVENT_HOMEASSISTANT_STOP)
        await parlour.end(call.id)
        parlour.mend()

    assert await parlour.said("bye")


@pytest.mark.parametrize("stage", [understood, thought_about, about_to_be_answered])
async def test_an_engine_that_hangs_does_not_keep_the_caller(
    parlour: Parlour, stage: Stage
) -> None:
    """Ears, agent or voice: they hear that it did not work, and the next turn works."""
    async with parlour.unharmed():
        with (
            patch(f"{ASSISTANT}.TURN_SECONDS", 0.5),
            patch(f"{ASSISTANT}.SPEECH_SECONDS", 0.5),
            patch(f"{ASSISTANT}.WORDS_SECONDS", 0.5),
        ):
            call = await stage(parlour)
            await parlour.heard(call.id, tones.failing())
            parlour.mend()
            parlour.ears.expect("Is it cold", "goodbye")
            await parlour.end(call.id)

    assert "Is it cold" in [one.text for one in parlour.mind.asked]


async def test_a_voice_that_hangs_does_not_keep_whom_it_greets(
    parlour: Parlour,
) -> None:
    """They hear a tone instead, and may speak."""
    await parlour.change("number", **{CONF_GREETING: "Hi"})
    parlour.voice.may_speak.clear()
    async with parlour.unharmed():
        with patch(f"{ASSISTANT}.WORDS_SECONDS", 0.1):
            call_id = await parlour.ring(ANNA)
            await parlour.heard(call_id, tones.failing())
            parlour.mend()
            await parlour.talks(call_id)
        await parlour.do(call_id, "hangup")


@pytest.mark.parametrize(
    ("engine", "error"),
    [
        ("ears", RuntimeError("no")),
        ("ears", HomeAssistantError("no")),
        ("ears", TimeoutError()),
        ("mind", RuntimeError("no")),
        ("voice", RuntimeError("no")),
        ("voice", HomeAssistantError("no")),
    ],
)
async def test_an_engine_that_fails_is_told_and_the_next_turn_works(
    parlour: Parlour, engine: str, error: Exception
) -> None:
    """Whatever fails, and whatever with: a tone, then words where there is a voice for them."""
    getattr(parlour, engine).error = error
    parlour.ears.expect("One")
    async with parlour.unharmed():
        call_id = await parlour.ring(ANNA)
        await parlour.heard(call_id, tones.failing())
        parlour.mend()
        parlour.ears.expect("Is it cold", "goodbye")
        await parlour.end(call_id)

    assert SORRY in parlour.voice.said
    assert "You said: Is it cold" in parlour.voice.said


async def test_three_broken_turns_end_a_call(parlour: Parlour) -> None:
    """Nobody is kept by a house that is broken; it cannot say so either."""
    async with parlour.unharmed():
        parlour.voice.error = HomeAssistantError("no voice")
        parlour.ears.expect("One", "Two", "Three")
        await parlour.end(await parlour.ring(ANNA))

        assert len(parlour.mind.asked) == 3


async def test_a_pipeline_without_ears_is_told(parlour: Parlour) -> None:
    """To the caller in words, to the person in Repairs, until it can hear."""
    async with parlour.unharmed():
        await parlour.use_assistant("Home Assistant")
        call = await parlour.end(await parlour.ring(ANNA))
        told = set(issues(parlour.hass))
        await parlour.use_assistant("House")

    assert "cannot talk right now" in call["actions"][0]["play"]
    assert [one.partition("_01")[0] for one in told] == ["assist_unable"]
    assert not issues(parlour.hass)


async def test_a_house_without_money_does_not_talk(parlour: Parlour) -> None:
    """The caller hears so at once, until it may spend something again."""
    async with parlour.unharmed():
        await parlour.spend_at_most(0)
        call = await parlour.end(await parlour.ring(ANNA))
        await parlour.spend_at_most(200)

    assert "cannot talk right now" in call["actions"][0]["play"]


async def test_46elks_ends_what_the_house_does_not(parlour: Parlour) -> None:
    """It is told to a minute after the house should have: nobody pays for a line that nobody hangs up."""
    parlour.ears.expect("goodbye")
    call = await parlour.end(await parlour.ring(ANNA))
    (answer,) = [
        entry["answer"]
        for entry in await parlour.simulator.log()
        if entry["kind"] == "call"
    ]

    assert call["start"] is not None
    assert json.loads(answer)["timelimit"] == 660


async def phoned(parlour: Parlour, action: str, **data: object) -> Call:
    """Have the house call Anna, and let her answer."""
    await parlour.simulator.put_handset(ANNA)
    errand = asyncio.create_task(use(parlour.hass, action, **data))
    call_id = str((await parlour.new())[0]["id"])
    await parlour.phase(call_id, "ringing")
    await parlour.do(call_id, "answer")
    return Call(id=call_id, errand=errand)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("announce", "message"),
        ("start_conversation", "start_message"),
        ("ask_question", "question"),
    ],
)
async def test_a_call_that_nobody_wants_any_more_is_ended(
    parlour: Parlour, action: str, words: str
) -> None:
    """The automation was stopped while it rang: who answers after that hears nothing but the end."""
    async with parlour.unharmed():
        await parlour.simulator.put_handset(ANNA)
        errand = asyncio.create_task(use(parlour.hass, action, **{words: "Fire"}))
        call_id = str((await parlour.new())[0]["id"])
        await parlour.phase(call_id, "ringing")
        await known_call(parlour.entry, call_id)
        errand.cancel()
        await asyncio.wait({errand})
        await parlour.do(call_id, "answer")
        call = await parlour.end(call_id)

    assert call["actions"] == [{"hangup": "reject"}]


async def fetched(parlour: Parlour) -> Call:
    """Have answered, while the socket is being opened."""
    await parlour.simulator.fail({**VOICE, "kind": "delay", "seconds": LONG_SECONDS})
    call = await phoned(parlour, "announce", message="Fire")
    await parlour.phase(call.id, "connecting")
    return call


async def told(parlour: Parlour) -> Call:
    """Hear an announcement."""
    parlour.voice.seconds = LONG_SECONDS
    call = await phoned(parlour, "announce", message="Fire")
    await parlour.is_told(call.id, seconds=1)
    return call


async def asked(parlour: Parlour) -> Call:
    """Hear a question."""
    parlour.voice.seconds = LONG_SECONDS
    call = await phoned(parlour, "ask_question", question="Shall I?")
    await parlour.is_told(call.id, seconds=1)
    return call


async def about_to_answer(parlour: Parlour) -> Call:
    """Have been asked."""
    call = await phoned(parlour, "ask_question", question="Shall I?")
    await parlour.talks(call.id)
    return call


async def spoken_to(parlour: Parlour) -> Call:
    """Hear the first words of a conversation that the house begins."""
    parlour.voice.seconds = LONG_SECONDS
    call = await phoned(parlour, "start_conversation", start_message="Hi")
    await parlour.is_told(call.id, seconds=1)
    return call


async def talked_with(parlour: Parlour) -> Call:
    """Be thought about, in a conversation that the house has begun."""
    parlour.mind.may_answer.clear()
    parlour.ears.expect("One")
    call = await phoned(parlour, "start_conversation", start_message="Hi")
    await parlour.mind.thinking.wait()
    return call


@pytest.mark.parametrize("stage", [told, asked, about_to_answer])
async def test_a_call_ends_with_the_automation_that_wanted_it(
    parlour: Parlour, stage: Stage
) -> None:
    """Stopped in the middle, it has nobody listen on, and pay for it."""
    async with parlour.unharmed():
        call = await stage(parlour)
        assert call.errand is not None
        call.errand.cancel()
        await asyncio.wait({call.errand})
        ended = await parlour.end(call.id)

    assert ended["duration"] < LONG_SECONDS


@pytest.mark.parametrize(
    ("stage", "end", "fails"),
    [
        (fetched, hang_up, True),
        (told, hang_up, True),
        (told, cut, True),
        (told, reload, True),
        (asked, hang_up, True),
        (asked, cut, True),
        (asked, reload, True),
        (about_to_answer, hang_up, True),
        (about_to_answer, cut, True),
        (about_to_answer, reload, True),
        (spoken_to, hang_up, False),
        (spoken_to, cut, True),
        (spoken_to, reload, True),
        (talked_with, hang_up, False),
        (talked_with, cut, False),
        (talked_with, reload, False),
    ],
)
async def test_a_call_of_the_house_may_end_at_any_moment(
    parlour: Parlour, stage: Stage, end: Ending, fails: bool
) -> None:
    """Whoever sent it hears of what was not heard to its end, or not answered."""
    async with parlour.unharmed() as sockets:
        call = await stage(parlour)
        assert call.errand is not None
        await end(parlour, sockets, call)
        await parlour.end(call.id)
        await asyncio.wait({call.errand})

        assert isinstance(call.errand.exception(), HomeAssistantError) is fails
