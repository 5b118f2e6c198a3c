"""Talking with the house over a telephone, between real processes: speech goes in, and speech comes out."""

import asyncio
import base64
from functools import partial
from io import BytesIO
import wave

import pytest

from demo import assist
from demo.house import Home
from demo.integrations.house_ears.by_heart import ByHeart
from tests.calls import Phones
from tests.sounds import decoded
from tests.speech import ASSIST, voice

from . import ANNA, NUMBER, Account, eventually, reconfigure

REALTIME = "+4600700021"
SATELLITE = "assist_satellite.anna_call"
LIGHT = "light.kitchen_light"
# The two notes behind an answer, by which the house says that it listens again.
CUE_SECONDS = 0.5
FREEZER = "The freezer is at -18 degrees."
# What might be heard instead of an answer.
OTHERS = ("Goodbye.", "Turned off the light", "I did not hear anything.")


@pytest.fixture
async def line(account: Account, home: Home) -> Phones:
    """Return the phones of a house that Anna may talk with, whose time passes as it does."""
    await home.run("light.turn_off", entity_id=LIGHT)
    await assist.pipelines(home)
    await account.phones.put_number(REALTIME, capabilities=["websocket"])
    person = {"name": "Anna", "phone": ANNA, "rights": ["assist"]}
    await reconfigure(home, account.entry_id, "contact", None, **person)
    await reconfigure(
        home,
        account.entry_id,
        "number",
        "calls",
        call_handling="assist",
        call_fallback="reject",
        realtime_number=REALTIME,
        strangers=False,
        barge_in=True,
    )
    await eventually(partial(has_address, account), True)
    await account.phones.control("PUT", "clock", {"speed": 1})
    return Phones(account.phones)


async def has_address(account: Account) -> bool:
    """Tell whether the house has set where the voice goes."""
    numbers = await account.phones.control("GET", "numbers")
    return any(one.get("websocket_url") for one in numbers)


async def state(home: Home, entity_id: str) -> str:
    """Return how an entity is."""
    return str((await home.state(entity_id))["state"])


async def say(account: Account, call_id: str, text: str) -> None:
    """Have the caller say something now."""
    spoken = base64.b64encode(voice(text, before=0.2, after=1.5)).decode()
    await account.phones.control(
        "POST", f"calls/{call_id}/audio", {"audio": f"data:audio/wav;base64,{spoken}"}
    )


async def heard(account: Account, call_id: str) -> bytes:
    """Return what the caller has heard until now."""
    return await account.phones.download(f"calls/{call_id}/heard.wav")


def seconds(content: bytes) -> float:
    """Return how long a WAV is."""
    with wave.open(BytesIO(content)) as file:
        return float(file.getnframes() / file.getframerate())


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
    rung = await account.phones.control(
        "POST", f"handsets/{ANNA}/calls", {"to": NUMBER}
    )
    call_id = str(rung["call_id"])
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
