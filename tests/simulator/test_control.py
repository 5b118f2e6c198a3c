"""Steering the simulator: phones, numbers, money, log, reset, live events."""

import asyncio
import json

from aiohttp import ClientConnectionError
import pytest

from simulator.app import Simulator, running

from . import (
    ANNA,
    ERIK,
    NUMBER,
    PATIENCE,
    PNG,
    STRANGER,
    Client,
    Customer,
    config,
    data_url,
)


async def write(control: Client, sender: str, recipient: str) -> dict[str, str]:
    """Text from a phone."""
    data = {"to": recipient, "message": "Hello"}
    answer = await control.ask("POST", f"/handsets/{sender}/messages", json=data)
    assert answer.status == 200
    return dict(answer.json())


async def texts(control: Client, number: str) -> list[dict[str, object]]:
    """Return what a phone shows."""
    return list((await control.get(f"/handsets/{number}/messages")).json())


async def test_two_phones_are_there_from_the_start(control: Client) -> None:
    """They are on."""
    same = {
        "on": True,
        "validity": 172_800.0,
        "kind": "phone",
        "voicemail": None,
        "answers": "manual",
    }
    assert (await control.get("/handsets")).json() == [
        {"number": ANNA, "name": "Anna", **same},
        {"number": ERIK, "name": "Erik", **same},
    ]


async def test_a_phone_is_added_and_changed(control: Client) -> None:
    """What is not named stays."""
    added = await control.put(f"/handsets/{STRANGER}", {"name": "Maja"})
    changed = await control.put(f"/handsets/{STRANGER}", {"on": False})
    assert (added.json()["on"], changed.json()["on"]) == (True, False)
    assert changed.json()["name"] == "Maja"
    assert (await control.get("/handsets")).json()[2] == changed.json()


async def test_who_is_texted_gets_a_phone(api: Client, control: Client) -> None:
    """It has no name, and shows the text."""
    sent = (await api.text(to=STRANGER)).json()
    assert (await control.get("/handsets")).json()[2]["number"] == STRANGER
    shown = (await texts(control, STRANGER))[0]
    assert shown.pop("created") == sent["created"][:23] + "000Z"
    assert shown.pop("status") in {"created", "sent", "delivered"}
    assert shown == {
        "id": sent["id"],
        "direction": "incoming",
        "from": "House",
        "to": STRANGER,
        "message": "Hello",
        "images": [],
        "flash": False,
    }


async def test_a_phone_texts_another(control: Client) -> None:
    """46elks has no part in it."""
    async with control.session.get(control.base + "/events") as stream:
        sent = await write(control, ANNA, ERIK)
        while (await texts(control, ANNA))[0]["status"] != "delivered":
            await stream.content.readline()
    shown = (await texts(control, ERIK))[0]
    assert (shown["id"], shown["direction"]) == (sent["id"], "incoming")
    assert (shown["from"], shown["status"]) == (ANNA, "delivered")


async def test_a_phone_texts_itself(control: Client) -> None:
    """It shows both."""
    async with control.session.get(control.base + "/events") as stream:
        await write(control, ANNA, ANNA)
        while {text["status"] for text in await texts(control, ANNA)} != {"delivered"}:
            await stream.content.readline()
    directions = [text["direction"] for text in await texts(control, ANNA)]
    assert directions == ["outgoing", "incoming"]


async def test_a_number_that_takes_no_texts_gets_none(control: Client) -> None:
    """The phone is told that it failed."""
    await control.put("/numbers/+46101234567", {"capabilities": ["voice"]})
    await write(control, ANNA, "+46101234567")
    assert (await texts(control, ANNA))[0]["status"] == "failed"


async def test_a_text_waits_for_a_phone_that_is_off(
    api: Client, control: Client, customer: Customer
) -> None:
    """It is sent, and delivered when the phone is on."""
    async with running(config(speed=100)) as simulator:
        client = Client(api.session, simulator.api_url, api.headers)
        steer = Client(api.session, simulator.url + "/simulator")
        await steer.put(f"/handsets/{ANNA}", {"on": False})
        await client.text(whendelivered=customer.url)
        assert await customer.statuses(1) == ["sent"]
        await steer.put(f"/handsets/{ANNA}", {"on": True})
        assert await customer.statuses(2) == ["sent", "delivered"]
        assert (await texts(steer, ANNA))[0]["status"] == "delivered"


@pytest.mark.parametrize("validity", [0, 60])
async def test_a_text_fails_when_its_time_is_over(
    api: Client, control: Client, customer: Customer, validity: float
) -> None:
    """The operator gives up on a phone that stays off; what was paid is paid."""
    await control.put(f"/handsets/{ANNA}", {"on": False, "validity": validity})
    sent = (await api.text(whendelivered=customer.url)).json()
    assert await customer.statuses(2) == ["sent", "failed"]
    assert "delivered" not in customer.posts[1].form
    row = (await api.get(f"/sms/{sent['id']}")).json()
    assert (row["status"], row["cost"]) == ("failed", 5200)


@pytest.mark.parametrize(
    ("method", "path", "data", "status", "error"),
    [
        ("PUT", "/handsets/0701740605", {}, 400, "a number like"),
        ("PUT", f"/handsets/{ANNA}", {"on": "yes"}, 400, "on: true or false"),
        ("PUT", f"/handsets/{ANNA}", {"name": 1}, 400, "name: a text"),
        ("PUT", f"/handsets/{ANNA}", {"colour": 1}, 400, "Unknown field colour"),
        ("PUT", f"/handsets/{ANNA}", {"validity": "x"}, 400, "validity: a number"),
        ("PUT", f"/handsets/{ANNA}", [], 400, "A JSON object"),
        ("PUT", f"/handsets/{NUMBER}", {}, 409, "number of the account"),
        ("GET", f"/handsets/{STRANGER}/messages", None, 404, "There is no handset"),
        ("POST", f"/handsets/{STRANGER}/messages", {}, 404, "There is no handset"),
        ("POST", f"/handsets/{ANNA}/messages", {"to": ERIK}, 400, "message: is"),
        ("POST", f"/handsets/{ANNA}/messages", {"message": "x"}, 400, "to: is"),
        (
            "POST",
            f"/handsets/{ANNA}/messages",
            {"to": "House", "message": "x"},
            400,
            "a number like",
        ),
        (
            "POST",
            f"/handsets/{ANNA}/messages",
            {"to": ERIK, "images": [data_url(b"text")]},
            400,
            "images: data URLs of GIF, PNG or JPEG",
        ),
        (
            "POST",
            f"/handsets/{ANNA}/messages",
            {"to": ERIK, "images": ["https://example.com/x.png"]},
            400,
            "images: data URLs of GIF, PNG or JPEG",
        ),
        (
            "POST",
            f"/handsets/{ANNA}/messages",
            {"to": ERIK, "images": [data_url(PNG)] * 11},
            400,
            "images: at most 10",
        ),
        ("PUT", f"/numbers/{ANNA}", {}, 409, "is a handset"),
        ("PUT", f"/numbers/{NUMBER}", {"capabilities": ["fax"]}, 400, "capabilities:"),
        ("PUT", f"/numbers/{NUMBER}", {"capabilities": "sms"}, 400, "a list"),
        ("PUT", "/account", {"balance": "much"}, 400, "balance: an amount"),
        ("PUT", "/account", {"balance": True}, 400, "balance: an amount"),
        ("PUT", "/account", {"balance": -1}, 400, "balance: an amount"),
        ("PUT", "/account", {"currency": "USD"}, 400, "currency: one of SEK, EUR"),
        ("PUT", "/account", {"countries": ["xx"]}, 400, "countries: xx"),
        ("PUT", "/account", {"mobilenumber": "070"}, 400, "a number like"),
        ("PUT", "/account", {"subaccounts_see_all": 1}, 400, "true or false"),
        ("PUT", "/account", {"subaccounts_see_use": 1}, 400, "true or false"),
        ("POST", "/history/mms", {}, 404, "One of calls, sms"),
        ("PUT", "/faults", {}, 400, "A JSON list"),
        ("GET", "/log?after=x", None, 400, "after: a whole number"),
        ("GET", "/nowhere", None, 404, "Not Found"),
        ("DELETE", "/account", None, 405, "Method Not Allowed"),
    ],
)
async def test_what_cannot_be_done_is_said_in_json(
    control: Client, method: str, path: str, data: object, status: int, error: str
) -> None:
    """The error names the field."""
    answer = await control.ask(method, path, json=data)
    assert answer.status == status
    assert error in answer.json()["error"]


async def test_a_body_that_is_no_json_is_refused(control: Client) -> None:
    """It says so."""
    answer = await control.ask("PUT", "/account", data="{")
    assert (answer.status, answer.json()) == (400, {"error": "The body is not JSON"})


async def test_a_phone_that_is_off_cannot_write(control: Client) -> None:
    """It is a conflict."""
    await control.put(f"/handsets/{ANNA}", {"on": False})
    data = {"to": NUMBER, "message": "Hello"}
    answer = await control.ask("POST", f"/handsets/{ANNA}/messages", json=data)
    assert answer.status == 409
    assert "is off" in answer.json()["error"]


async def test_a_number_is_made_with_any_capabilities(
    api: Client, control: Client
) -> None:
    """And changed; null takes a field away."""
    made = await control.put(
        "/numbers/+4600123456",
        {
            "capabilities": ["websocket"],
            "name": "Voice",
            "cost": "30.00",
            "category": None,
            "voice_start": "https://example.com/",
        },
    )
    shown = (await api.get(f"/numbers/{made.json()['id']}")).json()
    assert shown == made.json()
    assert (shown["capabilities"], shown["cost"]) == (["websocket"], 300_000)
    assert "category" not in shown
    changed = (await control.put("/numbers/+4600123456", {"voice_start": None})).json()
    assert "voice_start" not in changed
    assert changed["name"] == "Voice"
    assert (await control.get("/numbers")).json()[1] == changed


async def test_a_number_vanishes_and_comes_back(api: Client, control: Client) -> None:
    """What 46elks would never take back, the one who steers can."""
    path = f"/numbers/{NUMBER}"
    gone = (await control.put(path, {"active": False})).json()
    assert gone["active"] == "no"
    assert "deallocated" in gone
    back = (await control.put(path, {"active": True})).json()
    assert back["active"] == "yes"
    assert "deallocated" not in back
    assert (await api.post(f"/numbers/{back['id']}", {"name": "Door"})).status == 200


async def test_the_account_is_shown_without_its_password(control: Client) -> None:
    """What can be changed can be read."""
    assert (await control.get("/account")).json() == {
        "username": "u46e1c5000000000000000000000000de",
        "currency": "SEK",
        "balance": "100.00",
        "spent": "0.00",
        "mobilenumber": "+46701740699",
        "countries": ["de", "dk", "fi", "gb", "no", "se"],
        "sip_hosts": [],
        "subaccounts_see_all": False,
        "subaccounts_see_use": False,
        "interrupt_answers_sync": False,
    }


async def test_the_account_is_changed(api: Client, control: Client) -> None:
    """46elks goes by it at once."""
    data = {
        "balance": 12.5,
        "currency": "EUR",
        "countries": ["us"],
        "mobilenumber": STRANGER,
    }
    changed = (await control.put("/account", data)).json()
    assert changed["balance"] == "12.50"
    assert (await api.get("/me")).json()["balance"] == 125_000
    assert (await api.text(to="+12025550123", **{"from": STRANGER})).status == 200
    assert "disallowed by default" in (await api.text()).text


async def test_the_log_has_every_request(api: Client, control: Client) -> None:
    """Numbered, with what was asked and answered; `after` gives what is newer."""
    await api.text()
    await api.get("/me", x="1")
    first, second = (await control.get("/log")).json()
    assert (first["n"], first["type"], first["method"]) == (1, "request", "POST")
    assert (first["url"], first["status"]) == ("/a1/sms", 200)
    assert first["fields"] == {"from": "House", "to": ANNA, "message": "Hello"}
    assert json.loads(first["answer"])["status"] == "created"
    assert first["time"].endswith("Z")
    assert (second["n"], second["url"]) == (2, "/a1/me?x=1")
    assert (await control.get("/log", after="1")).json() == [second]
    assert (await control.get("/log", after="2")).json() == []


async def test_the_latest_of_the_log_can_be_had(api: Client, control: Client) -> None:
    """A page does not ask for all that ever was; more than there is, is all of it."""
    for path in ("/me", "/numbers", "/sms"):
        await api.get(path)
    assert [one["url"] for one in (await control.get("/log", last="2")).json()] == [
        "/a1/numbers",
        "/a1/sms",
    ]
    assert len((await control.get("/log", last="9")).json()) == 3


async def test_the_log_is_told_as_it_grows(api: Client, simulator: Simulator) -> None:
    """Who listens sees each request at once, numbered as it is kept."""
    with simulator.events.listen() as queue:
        await api.get("/me")
        told = await queue.get()
    name, data = told.strip().split("\n")
    entry = json.loads(data.removeprefix("data: "))
    assert name == "event: log"
    assert (entry["n"], entry["method"], entry["url"]) == (1, "GET", "/a1/me")


async def test_what_was_spent_is_shown(api: Client, control: Client) -> None:
    """Each charge with what it was for, the newest first, in whole money; and all of it together."""
    texts = [(await api.text(message=words)).json()["id"] for words in ("Hi", "Ho")]
    bills = (await control.get("/bills")).json()
    assert [bill["reference"] for bill in bills] == texts[::-1]
    assert {bill["cost"] for bill in bills} == {"0.52"}
    account = (await control.get("/account")).json()
    assert (account["balance"], account["spent"]) == ("98.96", "1.04")


async def test_the_log_can_be_waited_for(api: Client, control: Client) -> None:
    """The answer comes with the next entry, or empty when the time is over."""
    waiting = asyncio.create_task(control.get("/log", wait="30"))
    await api.get("/me")
    async with asyncio.timeout(PATIENCE):
        assert len((await waiting).json()) == 1


async def test_a_reset_makes_all_as_at_the_start(
    api: Client, control: Client, simulator: Simulator, customer: Customer
) -> None:
    """Callbacks that were to be repeated are forgotten."""
    customer.answers.extend([(503, "")] * 1000)
    number = (await control.get("/numbers")).json()[0]["id"]
    await api.post(f"/numbers/{number}", {"sms_url": customer.url})
    await control.put("/account", {"balance": "50", "subaccounts_see_all": True})
    await control.put(f"/handsets/{STRANGER}", {"name": "Maja"})
    await api.post("/subaccounts", {"name": "House"})
    await api.post("/numbers", {"country": "se"})
    await api.mms(image=data_url(PNG))
    call = {"from": ANNA, "to": NUMBER, "recordings": ["pending"], "cost": "0.5"}
    await control.ask("POST", "/history/calls", json=call)
    await api.text(whendelivered=customer.url)
    await customer.wait_for(3)
    await control.put("/faults", [{"kind": "drop_after", "match": {"path": "/x"}}])
    assert (await control.ask("POST", "/reset")).json() == {}
    posts = len(customer.posts)
    assert (await control.get("/log")).json() == []
    assert (await control.get("/faults")).json() == []
    account = (await control.get("/account")).json()
    assert (account["balance"], account["subaccounts_see_all"]) == ("100.00", False)
    assert len((await control.get("/handsets")).json()) == 2
    assert await texts(control, ANNA) == []
    assert "sms_url" not in (await control.get("/numbers")).json()[0]
    for path in (
        *("/sms", "/mms", "/images", "/calls", "/recordings"),
        *("/subaccounts", "/billing"),
    ):
        assert (await api.get(path)).json() == {"data": []}
    assert len((await api.get("/transactions")).json()["data"]) == 1
    assert len((await api.get("/numbers")).json()["data"]) == 1
    assert len(customer.posts) == posts


async def test_a_reset_cuts_off_what_is_under_way(
    api: Client, control: Client, simulator: Simulator
) -> None:
    """A request that was waiting is neither done nor logged."""
    fault = {"kind": "delay", "seconds": 0.3}
    await control.put("/faults", [fault])
    waiting = asyncio.create_task(api.text())
    while (await control.get("/faults")).json():
        pass
    await control.ask("POST", "/reset")
    with pytest.raises(ClientConnectionError):
        await waiting
    assert (await control.get("/log")).json() == []
    assert (await api.get("/sms")).json() == {"data": []}


async def test_what_happens_is_told_live(api: Client, control: Client) -> None:
    """A listener hears of a text, step by step."""
    async with control.session.get(control.base + "/events") as stream:
        assert stream.content_type == "text/event-stream"
        await api.text()
        heard: list[str] = []
        async with asyncio.timeout(PATIENCE):
            while not any('"delivered"' in line for line in heard):
                heard.append((await stream.content.readline()).decode())
    told = [json.loads(line[6:]) for line in heard if '"handset"' in line]
    assert [text["status"] for text in told] == ["created", "sent", "delivered"]
    assert {text["handset"] for text in told} == {ANNA}
    assert "event: account\n" in heard


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_pages_of_other_sites_may_not_steer(control: Client, site: str) -> None:
    """A browser says where a request comes from."""
    client = Client(control.session, control.base, {"Sec-Fetch-Site": site})
    assert (await client.ask("POST", "/reset")).status == 403
