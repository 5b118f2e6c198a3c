"""Texts, alerts and conversations that are under way while Home Assistant stops, or is killed, and starts again."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from functools import partial

import aiohttp
import pytest

from demo import elks
from demo.house import Home
from demo.process import Process
from tests import failing
from tests.calls import Phones, chirp
from tests.hearing import moments

from . import (
    ANNA,
    ERIK,
    NUMBER,
    PATIENCE,
    Account,
    Town,
    automate,
    device,
    eventually,
    status_of,
)
from .talking import LIGHT, SATELLITE, ring, say, state

# Answers every text with itself, once for each time that it is announced.
ECHO = {
    "alias": "Echo",
    "mode": "parallel",
    "max": 100,
    "triggers": [{"trigger": "event", "event_type": "elks46_sms_received"}],
    "actions": [
        {
            "action": "elks46.send_sms",
            "target": {"device_id": "{{ trigger.event.data.contact_device_id }}"},
            "data": {"message": "Heard: {{ trigger.event.data.message }}"},
        }
    ],
}
ECHO_KEY = "echo"
# On the phone's clock; a thousandth of it on ours, which is in the middle of the restart.
SOME_SECONDS = 3000


@pytest.fixture
async def account(town: Town) -> AsyncGenerator[Account]:
    """Return an account that the next test finds again.

    Home Assistant writes new entities down minutes late, or when it stops: a killed one would give them other names.
    """
    async with town.phones() as phones:
        await phones.control("POST", "reset")
        async with town.house.visit() as home:
            entry_id = await elks.connected(home)
        if entry_id is None:
            async with town.house.visit() as home:
                entry_id = await town.connect(home)
            await town.house.process.stop()
            await town.house.start()
        async with town.house.visit() as home:
            await elks.settle(home, entry_id)
        yield Account(town=town, phones=phones, entry_id=entry_id)


@pytest.fixture
async def echo(account: Account) -> AsyncGenerator[None]:
    """Add an automation that answers every text with itself."""
    async with account.town.house.visit() as home:
        await automate(home, ECHO_KEY, ECHO)
    yield
    async with account.town.house.visit() as home:
        await home.delete(f"config/automation/config/{ECHO_KEY}")


@pytest.fixture
async def always_up(account: Account) -> AsyncGenerator[None]:
    """Start the house again where a test has left it ended."""
    yield
    await account.town.wake()


async def _posted(account: Account) -> set[str]:
    """Return the ids of the texts that 46elks could post, to whoever answered."""
    return {
        entry["fields"]["id"]
        for entry in await account.phones.log()
        if (entry["type"], entry["kind"]) == ("callback", "sms")
        and entry["status"] in {200, 204}
    }


async def _messages_today(home: Home) -> int:
    """Return how many texts the account counts."""
    return int((await home.state("sensor.46elks_messages_today"))["state"])


@pytest.mark.usefixtures("echo", "always_up")
@pytest.mark.parametrize("end", [Process.stop, Process.kill], ids=["stop", "kill"])
async def test_restart_loses_and_doubles_nothing(
    account: Account, end: Callable[[Process], Awaitable[int]]
) -> None:
    """Texts that arrive, or are sent, while the house is down are told once, and each report counts."""
    house, phones = account.town.house, account.phones
    await phones.put_handset(ANNA, on=False, validity=SOME_SECONDS)
    await phones.put_handset(ERIK, on=False)
    async with house.visit() as home:
        for contact in ("anna", "erik"):
            await home.run(
                "notify.send_message",
                entity_id=f"notify.{contact}_sms",
                message=f"Hello {contact}",
            )
            await eventually(partial(status_of, home, contact), "sent")

    await end(house.process)
    await phones.put_handset(ERIK, on=True)
    sent = {
        await phones.send_text(ERIK, NUMBER, message)
        for message in ("One", "Two", "Three")
    }
    await house.start()

    async with house.visit() as home:
        await eventually(partial(status_of, home, "anna"), "failed")
        await eventually(partial(_posted, account), sent)
        await phones.send_text(ERIK, NUMBER, "Last")
        heard = ["Heard: Last", "Heard: One", "Heard: Three", "Heard: Two"]

        async def received() -> list[str]:
            """Return what Erik was sent, in an order of its own."""
            return sorted(await account.received(ERIK))

        await eventually(received, [*heard, "Hello erik"])
        await eventually(partial(status_of, home, "erik"), "delivered")
        assert await status_of(home, "anna") == "failed"
    asked = [fields["message"] for fields in await account.asked_to_send()]
    assert sorted(asked) == [*heard, "Hello anna", "Hello erik"]


@pytest.mark.usefixtures("always_up")
@pytest.mark.parametrize("accepted", [True, False], ids=["taken", "not taken"])
async def test_text_is_sent_once_when_house_is_killed_before_answer(
    account: Account, accepted: bool
) -> None:
    """A text whose answer never came is looked for at 46elks, and sent again only where it is not there."""
    house, phones = account.town.house, account.phones
    delay = {"kind": "delay", "seconds": 3600, "accepted": accepted}
    await phones.fail(failing("sms", method="POST", times=1, **delay))
    async with house.visit() as home:
        before = await _messages_today(home)
        alarm = asyncio.create_task(
            home.run("notify.send_message", entity_id="notify.anna_sms", message="Help")
        )
        await eventually(partial(phones.control, "GET", "faults"), [])
        await house.process.kill()
        with suppress(aiohttp.ClientError):
            await alarm
    await house.start()

    async with house.visit() as home:
        await eventually(partial(status_of, home, "anna"), "delivered")
        # A report may come before it is clear what became of the text.
        await eventually(partial(_messages_today, home), before + 1)
    assert await account.received(ANNA) == ["Help"]


@pytest.mark.usefixtures("always_up")
async def test_alert_goes_on_when_house_is_killed_while_a_phone_rings(
    account: Account,
) -> None:
    """Nobody is called twice in the round; the second hears the same sound, and can acknowledge."""
    house, phones = account.town.house, Phones(account.phones)
    path = await asyncio.to_thread(account.install_sound, chirp())
    await phones.stop_clock()
    async with house.visit() as home:
        people = [await device(home, name) for name in ("Anna", "Erik")]
        alarm = asyncio.create_task(
            home.run("elks46.alert", contacts=people, media=path, rounds=1)
        )
        (first,) = await phones.new(1)
        await phones.phase(first["id"], "ringing")
        await house.process.kill()
        with suppress(aiohttp.ClientError):
            await alarm
    await house.start()

    async with house.visit() as home, home.events("elks46_call_ended") as ended:
        await phones.do(first["id"], "decline")
        second = await phones.answered(2)
        await phones.advance(2)
        await phones.phase(second, "listening")
        await phones.do(second, "digits", digits="1")
        await phones.until(second, lambda call: len(call["actions"]) == 2)
        await phones.advance(2)
        async with asyncio.timeout(PATIENCE):
            told = [await anext(ended) for _ in range(2)]
    assert [(one["contact"], one["outcome"]) for one in told] == [
        ("Anna", "busy"),
        ("Erik", "acknowledged"),
    ]
    heard = await account.phones.download(f"calls/{second}/heard.wav")
    assert len(moments(heard, chirp())) == 1
    assert [call["to"] for call in await phones.calls()] == [ANNA, ERIK]
    assert len(await account.asked_to_call()) == 2


@pytest.mark.usefixtures("always_up")
@pytest.mark.parametrize(
    ("end", "moment", "byes"),
    [(Process.stop, "listening", 1), (Process.kill, "responding", 0)],
    ids=["stop", "kill"],
)
async def test_nobody_hangs_in_silence_when_house_ends_in_mid_conversation(
    account: Account,
    line: Phones,
    end: Callable[[Process], Awaitable[int]],
    moment: str,
    byes: int,
) -> None:
    """The caller is told goodbye, or cut off; who calls after the start is talked with."""
    house = account.town.house
    # Satellites are new, and would not be known to a house that was killed.
    await house.process.stop()
    await house.start()
    async with house.visit() as home:
        cut_off = await ring(account)
        await eventually(partial(state, home, SATELLITE), "listening")
        await say(account, cut_off, "how is the house")
        await eventually(partial(state, home, SATELLITE), moment)
    await end(house.process)
    await line.end(cut_off)
    said = await account.phones.log()
    await house.start()

    async with house.visit() as home:
        call_id = await ring(account)
        await eventually(partial(state, home, SATELLITE), "listening")
        await say(account, call_id, "turn on the kitchen light")
        await eventually(partial(state, home, LIGHT), "on")
        await eventually(partial(state, home, SATELLITE), "listening")
        await say(account, call_id, "goodbye")
        call = await line.end(call_id)
    assert call["result"] == "success"
    ours = [one["fields"].get("t") for one in said if one["direction"] == "received"]
    assert ours.count("bye") == byes
