"""Triggers and conditions between real processes: saved as the editor does, set off by texts."""

from collections.abc import AsyncGenerator
from functools import partial
import json
from typing import Any, Final

import pytest

from demo import elks
from demo.house import Home, HomeError
from tests import Json

from . import ANNA, ERIK, NUMBER, Account, automate, device, eventually

KEY: Final = "by_text"
AUTOMATION: Final = f"config/automation/config/{KEY}"
FLOW: Final = "config/config_entries/subentries/flow"
DOOR: Final = "input_boolean.front_door"
PIN: Final = "73914"


def by_text(contact: str, **options: object) -> Json:
    """Return an automation that unlocks the front door when a contact texts."""
    return {
        "alias": "Unlock by text",
        "mode": "queued",
        "triggers": [
            {
                "trigger": "elks46.message_received",
                "id": "unlock",
                "options": {"contact": [contact], "contains": "unlock", **options},
            }
        ],
        "conditions": [
            {"condition": "trigger", "id": "unlock"},
            {"condition": "elks46.contact_may", "options": {"right": "control"}},
        ],
        "actions": [
            {"action": "input_boolean.turn_off", "target": {"entity_id": DOOR}}
        ],
    }


@pytest.fixture
async def anna(account: Account, home: Home) -> AsyncGenerator[str]:
    """Return the device of Anna, who may control the house with a PIN; its door is locked."""
    listed = await home.ask("config_entries/subentries/list", entry_id=account.entry_id)
    contact = next(one for one in listed if one["title"] == "Anna")
    form = await home.post(
        FLOW,
        {
            "handler": [account.entry_id, "contact"],
            "subentry_id": contact["subentry_id"],
        },
    )
    person = {"name": "Anna", "phone": ANNA, "rights": ["control"], "pin": PIN}
    await home.post(f"{FLOW}/{form['flow_id']}", person)
    await elks.settle(home, account.entry_id)
    await home.run("input_boolean.turn_on", entity_id=DOOR)
    # A text that is a quarter of an hour old may nothing, and here that is soon over.
    await account.phones.control("PUT", "clock", {"speed": 10})
    yield await device(home, "Anna")
    async with account.town.house.visit() as later:
        await later.delete(AUTOMATION)


async def door(home: Home) -> str:
    """Return how the front door is."""
    return str((await home.state(DOOR))["state"])


async def traces(home: Home) -> list[Any]:
    """Return what Home Assistant keeps of each run."""
    runs = await home.ask("trace/list", domain="automation", item_id=KEY)
    return [
        await home.ask(
            "trace/get", domain="automation", item_id=KEY, run_id=run["run_id"]
        )
        for run in runs
    ]


async def finished(home: Home) -> int:
    """Return how many runs are over."""
    runs = await home.ask("trace/list", domain="automation", item_id=KEY)
    return sum(run["state"] == "stopped" for run in runs)


async def test_a_text_unlocks_with_the_pin(
    account: Account, home: Home, anna: str
) -> None:
    """Which stands in no trace, right or wrong."""
    await automate(home, KEY, by_text(anna))

    for number, text in enumerate(("Unlock", "73915 unlock"), start=1):
        await account.phones.send_text(ANNA, NUMBER, text)
        await eventually(partial(finished, home), number)
    await account.phones.send_text(ERIK, NUMBER, f"{PIN} unlock")
    assert await door(home) == "on"

    await account.phones.send_text(ANNA, NUMBER, f"{PIN} unlock")
    await eventually(partial(door, home), "off")

    kept = json.dumps(await traces(home))
    assert kept.count("elks46.message_received")
    assert PIN not in kept
    assert "73915" not in kept


async def test_a_text_unlocks_after_a_reload_and_a_restart(
    account: Account, home: Home, anna: str
) -> None:
    """Also one that comes while the house is down."""
    await automate(home, KEY, by_text(anna))
    await elks.set_options(home, account.entry_id, low_balance=5)
    await account.phones.send_text(ANNA, NUMBER, f"{PIN} unlock")
    await eventually(partial(door, home), "off")
    await home.run("input_boolean.turn_on", entity_id=DOOR)

    await account.town.house.process.stop()
    await account.phones.send_text(ANNA, NUMBER, f"{PIN} unlock")
    await account.town.house.start()

    async with account.town.house.visit() as later:
        await eventually(partial(door, later), "off")


async def test_the_editor_says_what_is_wrong(
    account: Account, home: Home, anna: str
) -> None:
    """In words, when the automation is saved; what was saved before stays."""
    await automate(home, KEY, by_text(anna))
    number = await device(home, NUMBER)

    for wrong, told in (
        (by_text(number), f"Field contact: {NUMBER} is no contact of 46elks"),
        (by_text(anna, matches="unlock ("), "Field matches: this is no regular"),
    ):
        with pytest.raises(HomeError, match="Message malformed: .*") as refused:
            await home.post(AUTOMATION, wrong)
        assert told in str(refused.value)
    assert await home.get(AUTOMATION) == {"id": "by_text", **by_text(anna)}
