"""What is kept has an end."""

import asyncio

import pytest

from simulator.app import Simulator

from . import ANNA, ERIK, STRANGER, Client, logged


async def test_the_oldest_phone_without_a_name_makes_room(
    api: Client, control: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Phones that were named stay."""
    monkeypatch.setattr("simulator.handsets.HANDSETS_LIMIT", 3)
    await api.text(to="+46701740651")
    await api.text(to=STRANGER)
    numbers = [row["number"] for row in (await control.get("/handsets")).json()]
    assert numbers == [ANNA, ERIK, STRANGER]


async def test_the_oldest_text_makes_room(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history has the newest."""
    monkeypatch.setattr("simulator.history.HISTORY_LIMIT", 2)
    ids = [(await api.text()).json()["id"] for _ in range(3)]
    rows = (await api.get("/sms")).json()["data"]
    assert [row["id"] for row in rows] == [ids[2], ids[1]]


async def test_long_fields_are_cut_in_the_log(
    api: Client, simulator: Simulator
) -> None:
    """The log keeps enough to recognise them by."""
    await api.text(message="a" * 5000)
    entry = (await logged(simulator, bool))[0]
    assert entry["fields"] == {"from": "House", "to": ANNA, "message": "a" * 4000}


async def test_who_does_not_listen_any_more_is_let_go(simulator: Simulator) -> None:
    """Its queue ends instead of growing."""
    with simulator.events.listen() as queue:
        for _ in range(2001):
            simulator.events.publish("account", {})
        with pytest.raises(asyncio.QueueShutDown):
            await queue.get()
