"""Talking with the house over a telephone, between real processes: speech goes in, and speech comes out."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from functools import partial
import json

import pytest

from demo import assist, elks
from demo.house import Home
from demo.integrations.house_ears.by_heart import ByHeart
from simulator.formats import Fall
from tests.calls import Phones
from tests.hearing import longest_gap
from tests.sounds import decoded, samples
from tests.speech import ASSIST

from . import ANNA, Account, automate, eventually
from .talking import LIGHT, SATELLITE, heard, ring, say, seconds, state, websocket_url
from .tls import by_https

# The two notes behind an answer, by which the house says that it listens again.
CUE_SECONDS = 0.5
FREEZER = "The freezer is at -18 degrees."
# What each of those says who talk at the same time, and what the house answers, which knows no other answer to it.
TALKS = {
    "turn on the kitchen light": "It is as bright as on a day in June, down to the last corner.",
    "turn off the kitchen light": "Then good night, and mind the step by the cellar door.",
    "is the front door locked": "Nobody gets in without a key, not even your neighbour's cat.",
    "lock the front door": "Done; the spare key hangs where it always does, behind the clock.",
    "what time is it": "High time for breakfast, if you ask me, and there are fresh rolls.",
    "yes": "A shutter rattles a little on the north side, all else is well.",
    "no": "Then let it be as it is; the berries in the freezer will keep.",
    "thank you": "You are always welcome, and so are your friends and relations.",
}
ANSWERS_AT_ONCE = "answers_at_once"
GAP_SECONDS = 0.04
type Crowd = Mapping[str, tuple[str, str]]
"""By what somebody says: their phone, and their satellite."""
# As the satellite asks for it, so that the very same sound is found again.
FORM = {
    "preferred_format": "wav",
    "preferred_sample_rate": 16_000,
    "preferred_sample_channels": 1,
    "preferred_sample_bytes": 2,
}
# What might be heard instead of an answer.
OTHERS = ("Goodbye.", "Turned off the light", "I did not hear anything.")


@pytest.fixture
async def crowd(account: Account, home: Home, line: Phones) -> AsyncGenerator[Crowd]:
    """Return people who may all talk with the house, which has an answer for each."""
    people = {f"Person {last}": f"+467017406{last}" for last in range(10, 18)}
    for name, phone in people.items():
        rights = ["assist"]
        await elks.add_person(home, account.entry_id, name, phone, rights=rights)
        await account.phones.put_handset(phone)
    await elks.settle(home, account.entry_id)
    said = "{{ " + json.dumps(TALKS) + "[trigger.sentence] }}"
    answers = {
        "alias": "Answers at once",
        "mode": "parallel",
        "triggers": [{"trigger": "conversation", "command": [*TALKS]}],
        "actions": [{"set_conversation_response": said}],
    }
    await automate(home, ANSWERS_AT_ONCE, answers)
    yield {
        sentence: (phone, f"assist_satellite.{name.lower().replace(' ', '_')}_call")
        for sentence, (name, phone) in zip(TALKS, people.items(), strict=True)
    }
    await home.delete(f"config/automation/config/{ANSWERS_AT_ONCE}")


async def answer(account: Account, home: Home, call_id: str) -> bytes:
    """Return the next that the house says, as the caller hears it."""
    await eventually(partial(state, home, SATELLITE), "responding")
    since = max(0.0, seconds(await heard(account, call_id)) - 0.3)
    await eventually(partial(state, home, SATELLITE), "listening")
    content = await account.phones.download(f"calls/{call_id}/heard.wav?after={since}")
    samples = await asyncio.to_thread(partial(decoded, content, rate=ASSIST))
    return samples[: -int(CUE_SECONDS * ASSIST) * 2]


async def test_house_does_and_answers_what_is_said(
    account: Account, home: Home, line: Phones
) -> None:
    """Two things in one call, then one that interrupts a long answer, and goodbye."""
    call_id = await ring(account)
    await eventually(partial(state, home, SATELLITE), "listening")
    await say(account, call_id, "turn on the kitchen light")
    await eventually(partial(state, home, LIGHT), "on")
    await eventually(partial(state, home, SATELLITE), "listening")

    await say(account, call_id, "what is the temperature of the freezer")
    said = await answer(account, home, call_id)
    answers = ByHeart([FREEZER, *OTHERS])
    assert await asyncio.to_thread(answers.understand, said) == FREEZER

    await say(account, call_id, "how is the house")
    await eventually(partial(state, home, SATELLITE), "responding")
    await say(account, call_id, "turn off the kitchen light")
    await eventually(partial(state, home, LIGHT), "off")
    await eventually(partial(state, home, SATELLITE), "listening")
    await say(account, call_id, "goodbye")
    call = await line.end(call_id)

    assert call["result"] == "success"
    sockets = [
        entry["fields"].get("t")
        for entry in await account.phones.log()
        if entry["type"] == "socket"
    ]
    assert "interrupt" in sockets


async def made(home: Home, text: str) -> list[bytes]:
    """Return what the house has said before, as a telephone has it: each two samples are one there, from either on."""
    wanted = {
        "engine_id": "tts.house_voice",
        "message": text,
        "language": assist.LANGUAGE,
        "options": FORM,
    }
    sound = await home.fetch((await home.post("tts_get_url", wanted))["path"])
    spoken = samples(sound)
    return [Fall(2).convert(spoken), Fall(2).convert(spoken[2:])]


async def answered(home: Home, satellite: str) -> None:
    """Return when the house has said something, and listens again."""
    await eventually(partial(state, home, satellite), "responding")
    await eventually(partial(state, home, satellite), "listening")


async def test_eight_talk_at_once(
    account: Account, home: Home, line: Phones, crowd: Crowd
) -> None:
    """Each hears the own answer, whole, with no gap that an ear would notice."""
    calls = {}
    for sentence, (phone, _) in crowd.items():
        calls[sentence] = await ring(account, phone)
    for _, satellite in crowd.values():
        await eventually(partial(state, home, satellite), "listening")
    await asyncio.gather(
        *(say(account, calls[one], one) for one in calls),
        *(answered(home, satellite) for _, satellite in crowd.values()),
    )
    recordings = {one: samples(await heard(account, calls[one])) for one in calls}

    gaps = {
        one: longest_gap(recordings[one], *await made(home, TALKS[one]))
        for one in calls
    }
    for call_id in calls.values():
        await line.do(call_id, "hangup")

    assert max(gaps.values()) <= GAP_SECONDS


async def test_house_calls_and_asks(account: Account, home: Home, line: Phones) -> None:
    """The automation that asked gets the answer."""
    await account.phones.put_handset(ANNA, answers="at_once")
    asking = asyncio.create_task(
        home.answer(
            "assist_satellite.ask_question",
            entity_id=SATELLITE,
            question="Shall I switch the alarm on?",
            preannounce=False,
            answers=[
                {"id": "arm", "sentences": ["yes"]},
                {"id": "leave", "sentences": ["no"]},
            ],
        )
    )
    call_id = str((await line.new())[0]["id"])
    await eventually(partial(state, home, SATELLITE), "listening")
    await say(account, call_id, "yes")
    response = await asking
    await line.end(call_id)

    assert response["id"] == "arm"


async def test_house_talks_through_tls(
    account: Account, home: Home, line: Phones
) -> None:
    """Behind what ends TLS before it, as most homes are: the address is of https, and so the socket's is of wss."""
    town = account.town
    async with by_https(town.certificate, town.house.url) as url:
        await elks.set_options(home, account.entry_id, public_url=url)
        where = await eventually(partial(websocket_url, account, "wss"))
        call_id = await ring(account)
        await eventually(partial(state, home, SATELLITE), "listening")
        await say(account, call_id, "turn on the kitchen light")
        await eventually(partial(state, home, LIGHT), "on")
        await eventually(partial(state, home, SATELLITE), "listening")
        await say(account, call_id, "goodbye")
        call = await line.end(call_id)

    assert where.startswith(f"wss{url.removeprefix('https')}/")
    assert call["result"] == "success"
    assert call["legs"][1]["socket"]["received"]["seconds"] > 1
