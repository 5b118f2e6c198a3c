"""What is kept has an end."""

import asyncio

import pytest

from simulator.app import Simulator

from . import ANNA, ERIK, NUMBER, PNG, STRANGER, Client, data_url, logged


async def test_the_oldest_phone_without_a_name_makes_room(
    api: Client,
    control: Client,
    simulator: Simulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Phones that were named stay, and who listens is told which one is gone."""
    monkeypatch.setattr("simulator.handsets.HANDSETS_LIMIT", 3)
    await api.text(to="+46701740651")
    with simulator.events.listen() as queue:
        await api.text(to=STRANGER)
        told = [await queue.get() for _ in range(queue.qsize())]
    numbers = [row["number"] for row in (await control.get("/handsets")).json()]
    assert numbers == [ANNA, ERIK, STRANGER]
    assert 'event: forgotten\ndata: {"number": "+46701740651"}\n\n' in told


async def test_the_oldest_text_makes_room(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The history has the newest."""
    monkeypatch.setattr("simulator.history.HISTORY_LIMIT", 2)
    ids = [(await api.text()).json()["id"] for _ in range(3)]
    rows = (await api.get("/sms")).json()["data"]
    assert [row["id"] for row in rows] == [ids[2], ids[1]]


async def test_the_oldest_picture_makes_room(
    api: Client, control: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The phone's text stays without it, and 46elks does not find it any more."""
    monkeypatch.setattr("simulator.shelf.SHELF_BYTES", 3_000)
    ids = [(await api.mms(image=data_url(PNG))).json()["id"] for _ in range(3)]
    statuses = [(await api.get(f"/images/{id_}-i0.jpg")).status for id_ in ids]
    shown = (await control.get(f"/handsets/{ANNA}/messages")).json()
    assert statuses == [404, 200, 200]
    assert [len(text["images"]) for text in shown] == [0, 1, 1]
    assert (await api.get(f"/images/{ids[0]}-i0")).json()["bytes"] == len(PNG)


async def test_the_oldest_recording_makes_room(
    api: Client, control: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sound lies where the pictures lie."""
    monkeypatch.setattr("simulator.shelf.SHELF_BYTES", 3_000)
    data = {"from": ANNA, "to": NUMBER, "recordings": ["pending"] * 4}
    call = await control.ask("POST", "/history/calls", json=data)
    ids = call.json()["recordings"]
    statuses = [(await api.get(f"/recordings/{id_}.wav")).status for id_ in ids]
    assert statuses == [404, 404, 200, 200]


async def test_numbers_are_not_rented_without_end(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words are those of 46elks' examples."""
    monkeypatch.setattr("simulator.rental.NUMBERS_LIMIT", 2)
    answers = [await api.post("/numbers", {"country": "se"}) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 403]
    assert answers[1].text == "Unable to allocate number."


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
