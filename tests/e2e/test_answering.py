"""Calls into the house between real processes, answered by automations as people write them."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from demo import elks
from demo.house import Home
from tests import STRANGER, Json
from tests.calls import Phones
from tests.hearing import distinct, moments

from . import ANNA, ERIK, NUMBER, PATIENCE, Account, automate, eventually

HANDLING = "select.46701740690_call_handling"
IN_CALL = "binary_sensor.46701740690_in_call"
GATE = "input_boolean.front_door"
FREEZER = "input_number.freezer"
KEY = "caller"
RECEIVED = {"trigger": "event", "event_type": "elks46_call_received"}
CALL = {"call_id": "{{ trigger.event.data.call_id }}"}
# As in the manual, with a door of this house for the gate.
OPEN_THE_GATE = {
    "alias": "Open the gate when somebody calls who may",
    "triggers": [RECEIVED],
    "conditions": ["{{ 'open' in trigger.event.data.rights }}"],
    "actions": [{"action": "input_boolean.turn_off", "target": {"entity_id": GATE}}],
}


def prompt(name: str) -> str:
    """Return a media item of the house."""
    return f"media-source://media_source/local/{name}.wav"


def menu(name: str, answer: str, **how: object) -> Json:
    """Return a step that asks the caller for keys."""
    data = {**CALL, "media": prompt(name), **how}
    return {"action": "elks46.menu", "data": data, "response_variable": answer}


def pressed(answer: str, key: str, *steps: Json) -> Json:
    """Return steps for those who have pressed a key."""
    return {"if": f"{{{{ {answer}.digits == '{key}' }}}}", "then": list(steps)}


# The house, then what is in it, then how cold that is to be.
LEAD_THROUGH = {
    "alias": "Lead callers through a menu of three levels",
    "mode": "parallel",
    "triggers": [RECEIVED],
    "actions": [
        menu("house", "house"),
        pressed(
            "house",
            "2",
            menu("freezer", "freezer"),
            pressed(
                "freezer",
                "1",
                menu("degrees", "degrees", digits=2),
                {
                    "action": "input_number.set_value",
                    "target": {"entity_id": FREEZER},
                    "data": {"value": "{{ -(degrees.digits | int) }}"},
                },
            ),
        ),
        {
            "action": "elks46.answer_call",
            "data": {**CALL, "instruction": "announce", "media": prompt("goodbye")},
        },
    ],
}
LEVELS = {"house": "2", "freezer": "1", "degrees": "24"}
SOUNDS = {name: distinct(index) for index, name in enumerate((*LEVELS, "goodbye"))}


@pytest.fixture
async def phones(account: Account) -> Phones:
    """Return what steers the calls."""
    return Phones(account.phones)


@pytest.fixture
async def automation(
    account: Account, home: Home, request: pytest.FixtureRequest
) -> AsyncGenerator[None]:
    """Add an automation as its editor does."""
    await automate(home, KEY, request.param)
    yield
    await home.delete(f"config/automation/config/{KEY}")


async def grant(home: Home, account: Account, name: str, *rights: str) -> None:
    """Give a contact rights, in the form that a person fills in."""
    contacts = await home.ask(
        "config_entries/subentries/list", entry_id=account.entry_id
    )
    (contact,) = [one["subentry_id"] for one in contacts if one["title"] == name]
    flows = "config/config_entries/subentries/flow"
    form = await home.post(
        flows, {"handler": [account.entry_id, "contact"], "subentry_id": contact}
    )
    shown = {
        field["name"]: field["description"]["suggested_value"]
        for field in form["data_schema"]
        if "suggested_value" in field.get("description", {})
    }
    await home.post(f"{flows}/{form['flow_id']}", {**shown, "rights": rights})
    await elks.settle(home, account.entry_id)


async def answers(home: Home, handling: str) -> None:
    """Choose how the number answers, as people do on a dashboard."""
    choice = {"entity_id": HANDLING, "option": handling}
    await home.run("select.select_option", **choice)


async def ring(account: Account, caller: str) -> str:
    """Have somebody call the house, and return the id of the call."""
    rung = await account.phones.control(
        "POST", f"handsets/{caller}/calls", {"to": NUMBER}
    )
    call_id: str = rung["call_id"]
    return call_id


async def state_of(home: Home, entity_id: str) -> str:
    """Return the state of an entity."""
    state: str = (await home.state(entity_id))["state"]
    return state


async def take(events: AsyncIterator[dict[str, Any]], count: int = 1) -> list[Json]:
    """Return what so many events tell."""
    async with asyncio.timeout(PATIENCE):
        return [await anext(events) for _ in range(count)]


@pytest.mark.parametrize("automation", [OPEN_THE_GATE], indirect=True, ids=["gate"])
@pytest.mark.usefixtures("automation")
async def test_gate_opens_on_a_rejected_ring_of_who_may(
    account: Account, home: Home, phones: Phones
) -> None:
    """Not for a stranger, and not for a contact without the right; none of them pays."""
    await home.run("input_boolean.turn_on", entity_id=GATE)
    await grant(home, account, "Anna", "open")
    await account.phones.put_handset(STRANGER)
    async with home.events("elks46_call_ended") as ended:
        for caller, contact in ((STRANGER, None), (ERIK, "Erik")):
            await phones.end(await ring(account, caller))
            (told,) = await take(ended)
            assert (told["caller"], told["contact"]) == (caller, contact)
            assert await state_of(home, GATE) == "on"
        call = await phones.end(await ring(account, ANNA))
        await eventually(partial(state_of, home, GATE), "off")
        (told,) = await take(ended)
    assert (call["signal"], call["start"], call["cost"]) == ("reject", None, None)
    assert (told["outcome"], told["cost"]) == ("no_answer", None)
    await home.run("input_boolean.turn_on", entity_id=GATE)


def install_prompts(account: Account) -> None:
    """Put sounds into the media folder of the house."""
    folder: Path = account.town.house.process.output.parent / "media"
    for name, sound in SOUNDS.items():
        (folder / f"{name}.wav").write_bytes(sound)


@pytest.fixture
async def freezer(home: Home) -> AsyncGenerator[None]:
    """Leave the freezer as cold as it was."""
    yield
    await home.run("input_number.set_value", entity_id=FREEZER, value=-18)


@pytest.mark.parametrize("automation", [LEAD_THROUGH], indirect=True, ids=["menu"])
@pytest.mark.usefixtures("automation", "freezer")
async def test_caller_walks_through_a_menu_of_three_levels(
    account: Account, home: Home, phones: Phones
) -> None:
    """Hears each level to its end, presses, and is obeyed; the script is an ordinary one."""
    await asyncio.to_thread(install_prompts, account)
    await answers(home, "automation")
    await phones.stop_clock()
    async with (
        home.events("elks46_call_digits") as digits,
        home.events("elks46_call_ended") as ended,
    ):
        call_id = await ring(account, ANNA)
        for level, keys in enumerate(LEVELS.values(), 1):
            await phones.hears(call_id, "ivr", level)
            await phones.advance(3)
            await phones.phase(call_id, "listening")
            assert await state_of(home, IN_CALL) == "on"
            await phones.do(call_id, "digits", digits=keys)
        await phones.hears(call_id, "play")
        await phones.advance(3)
        await phones.end(call_id)
        assert [one["digits"] for one in await take(digits, 3)] == [*LEVELS.values()]
        (told,) = await take(ended)
    assert (told["call_id"], told["contact"]) == (call_id, "Anna")
    assert told["outcome"] == "answered"
    assert await state_of(home, FREEZER) == "-24.0"
    await eventually(partial(state_of, home, IN_CALL), "off")
    heard = await account.phones.download(f"calls/{call_id}/heard.wav")
    when = [moments(heard, sound) for sound in SOUNDS.values()]
    assert [len(times) for times in when] == [1, 1, 1, 1]
    assert when == sorted(when)
