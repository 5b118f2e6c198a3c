"""Talking with the house over a telephone, between real processes: speech goes in, and speech comes out."""

import asyncio
from functools import partial

from demo import elks
from demo.house import Home
from demo.integrations.house_ears.by_heart import ByHeart
from tests.calls import Phones
from tests.sounds import decoded
from tests.speech import ASSIST

from . import ANNA, Account, eventually
from .talking import LIGHT, SATELLITE, heard, ring, say, seconds, state, websocket_url
from .tls import by_https

# The two notes behind an answer, by which the house says that it listens again.
CUE_SECONDS = 0.5
FREEZER = "The freezer is at -18 degrees."
# What might be heard instead of an answer.
OTHERS = ("Goodbye.", "Turned off the light", "I did not hear anything.")


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
