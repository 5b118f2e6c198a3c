"""Steering the simulator: phones, numbers, money, log, reset, live events."""

import asyncio
from io import BytesIO
import json

from aiohttp import ClientConnectionError
import pytest

from simulator.app import Simulator, running
from simulator.config import Config
from simulator.control import MAX_IMAGES
from simulator.pictures import MAX_PICTURE_BYTES

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

JSON = {"Content-Type": "application/json"}


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
        ("GET", f"/log?after={'9' * 5000}", None, 400, "after: a whole number"),
        ("GET", f"/log?last={'9' * 5000}", None, 400, "last: a whole number"),
        ("PUT", "/account", {"balance": "1e300000"}, 400, "balance: an amount"),
        ("PUT", "/account", {"balance": "nan"}, 400, "balance: an amount"),
        ("PUT", "/clock", {"speed": 1e308}, 400, "speed: a number"),
        (
            "POST",
            "/history/sms",
            {
                "from": "House",
                "to": ANNA,
                "message": "x",
                "created": "0001-01-01T00:00+23:00",
            },
            400,
            "created: a time",
        ),
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
    client = Client(control.session, control.base, JSON)
    answer = await client.ask("PUT", "/account", data="{")
    assert answer.status == 400
    assert "The body is not JSON" in answer.json()["error"]


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


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ('{"validity": ' + "9" * 400 + "}", "validity: a number"),
        ('{"validity": 1e400}', "validity: a number"),
        ('{"validity": NaN}', "validity: a number"),
        ('{"voicemail": ' + "9" * 400 + "}", "voicemail: a number"),
        ('{"answers": ' + "9" * 400 + "}", "answers: a number"),
        ("[" * 200_000, "too deep"),
        ('{"a":' * 100_000, "too deep"),
        ("9" * 5_000, "not JSON"),
        ('{"name": "\\ud800"}', "Half of a character"),
        ('{"name": "' + "x" * 101 + '"}', "name: at most 100"),
    ],
)
async def test_what_is_too_much_is_said_in_json(
    control: Client, body: str, error: str
) -> None:
    """However large, deep or broken it is, the simulator goes on."""
    client = Client(control.session, control.base, JSON)
    answer = await client.ask("PUT", f"/handsets/{ANNA}", data=body)
    assert answer.status == 400
    assert error in answer.json()["error"]
    assert (await control.get("/handsets")).json()[0]["name"] == "Anna"


async def test_a_body_of_an_unknown_alphabet_is_refused(control: Client) -> None:
    """JSON is UTF-8."""
    said = {"Content-Type": "application/json; charset=nonsense"}
    client = Client(control.session, control.base, said)
    answer = await client.ask("PUT", "/account", data="{}")
    assert (answer.status, answer.json()) == (
        400,
        {"error": "The body must be in UTF-8"},
    )


@pytest.mark.parametrize(
    ("sizes", "status"),
    [
        ([MAX_PICTURE_BYTES], 200),
        ([MAX_PICTURE_BYTES // MAX_IMAGES] * MAX_IMAGES, 200),
        ([MAX_PICTURE_BYTES // 2, MAX_PICTURE_BYTES // 2 + 1], 400),
    ],
)
async def test_pictures_of_a_message_have_a_size_together(
    control: Client, sizes: list[int], status: int
) -> None:
    """What is allowed fits through the door in one request, as one picture or as many."""
    pictures = [PNG + bytes(size - len(PNG)) for size in sizes]
    body = json.dumps({"to": ERIK, "images": [*map(data_url, pictures)]})
    client = Client(control.session, control.base, JSON)
    path = f"/handsets/{ANNA}/messages"
    answer = await client.ask("POST", path, data=BytesIO(body.encode()))
    assert answer.status == status
    assert len(await texts(control, ANNA)) == (status == 200)


async def test_both_halves_of_a_character_are_one(control: Client) -> None:
    """JSON writes what needs two parts as two."""
    client = Client(control.session, control.base, JSON)
    answer = await client.ask(
        "PUT", f"/handsets/{ANNA}", data=r'{"name": "\ud83d\ude00"}'
    )
    assert answer.json()["name"] == "\N{GRINNING FACE}"


# Names that lead here without being the simulator's: of a site that has made its own do so, of nothing, of no host.
FOREIGN_HOSTS = ["lo.evil.example:4646", "0.0.0.0:4646", "[::]:4646", "10.1.2.3", "]"]
# What a browser says of a request that the page of another site has it send.
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://evil.example"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "null"},
]


@pytest.mark.parametrize(
    "said", [*({"Host": host} for host in FOREIGN_HOSTS), *FOREIGN]
)
async def test_pages_of_other_sites_may_not_steer(
    control: Client, said: dict[str, str]
) -> None:
    """Neither by what they ask for nor by what they write, whatever a form of a browser can say it is."""
    client = Client(control.session, control.base, said)
    assert (await client.ask("POST", "/reset")).status == 403
    assert (await client.get("/log")).status == 403
    answer = await client.put("/account", {"balance": "1"})
    assert answer.status == 403
    assert answer.json()["error"]
    assert (await control.get("/account")).json()["balance"] == "100.00"


@pytest.mark.parametrize(
    "said", [*({"Host": host} for host in FOREIGN_HOSTS), *FOREIGN]
)
@pytest.mark.parametrize(
    ("method", "path", "how"),
    [("GET", "/sms/POST", "params"), ("POST", "/sms", "data")],
)
async def test_pages_of_other_sites_may_not_use_the_account(
    api: Client,
    control: Client,
    method: str,
    path: str,
    how: str,
    said: dict[str, str],
) -> None:
    """Its name and password are known to everybody, so a link or a form can have them."""
    text = {"from": "House", "to": ANNA, "message": "Hello"}
    client = Client(api.session, api.base, {**api.headers, **said})
    answer = await client.ask(method, path, **{how: text})
    assert answer.status == 403
    assert await texts(control, ANNA) == []


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=x"},
    ],
)
async def test_what_steers_is_said_to_be_json(
    control: Client, said: dict[str, str]
) -> None:
    """No form of a browser can say that, and no page of another site without being asked whether it may."""
    client = Client(control.session, control.base, said)
    answer = await client.ask("PUT", "/account", data=b'{"balance": "1"}')
    assert answer.status == 415
    assert "application/json" in answer.json()["error"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "LOCALHOST.", "phones.localhost", "[::1]"]
)
async def test_the_page_is_found_at_every_name_of_this_machine(
    simulator: Simulator, control: Client, host: str
) -> None:
    """It steers from there, and a browser says that it does."""
    port = simulator.url.rpartition(":")[2]
    said = {
        "Host": f"{host}:{port}",
        "Origin": f"http://{host}:{port}",
        "Sec-Fetch-Site": "same-origin",
    }
    client = Client(control.session, control.base, said)
    assert (await client.put("/account", {"balance": "1"})).status == 200


async def test_a_link_of_another_site_opens_the_page(
    simulator: Simulator, control: Client
) -> None:
    """The page alone does nothing yet; but not under a name that another site has given it."""
    page = Client(control.session, simulator.url, {"Sec-Fetch-Site": "cross-site"})
    assert (await page.get("/")).status == 200
    rebound = Client(control.session, simulator.url, {"Host": "evil.example"})
    answer = await rebound.get("/")
    assert answer.status == 403
    assert "--name evil.example" in answer.text


async def test_a_name_can_be_given(control: Client) -> None:
    """For what reaches it by one, such as another container, or through something in between."""
    async with running(
        Config(port=0, host="0.0.0.0", names=("Phones.example",))
    ) as simulator:
        assert simulator.url.startswith("http://127.0.0.1:")
        url = simulator.url + "/simulator"
        for said in (
            {"Host": "phones.example"},
            {"Host": "127.0.0.1", "Origin": "https://phones.example"},
        ):
            client = Client(control.session, url, said)
            assert (await client.put("/account", {"balance": "1"})).status == 200
