"""What 46elks posts to its customers, and what it does with the answers."""

import base64
import json

import pytest

from simulator.app import Simulator, running
from simulator.callbacks import MAX_ATTEMPTS

from . import ANNA, ERIK, NUMBER, Client, Customer, config, logged


@pytest.fixture
async def number(api: Client) -> str:
    """Return the path of the number of the start."""
    return f"/numbers/{(await api.get('/numbers')).json()['data'][0]['id']}"


async def write(control: Client, message: str = "Hej! 🦌") -> str:
    """Text the house from Anna's phone; return the id."""
    answer = await control.ask(
        "POST",
        f"/handsets/{ANNA}/messages",
        json={"to": NUMBER, "message": message},
    )
    return str(answer.json()["id"])


async def test_reports_say_sent_and_then_delivered(
    api: Client, customer: Customer
) -> None:
    """They are forms; the time is only told at the end."""
    sent = (await api.text(whendelivered=customer.url)).json()
    first, second = await customer.wait_for(2)
    assert first.form == {"id": sent["id"], "status": "sent"}
    assert second.form.pop("delivered")
    assert second.form == {"id": sent["id"], "status": "delivered"}
    assert first.content_type == "application/x-www-form-urlencoded"


async def test_the_address_is_called_as_it_was_written(
    api: Client, customer: Customer
) -> None:
    """The query is kept to the letter, and credentials in it become a header."""
    host = customer.url.removeprefix("http://")
    path = "/hook/%C3%A5?kind=delivery&ref=1%2B2&key=a%20b"
    await api.text(whendelivered=f"http://me:p%40ss@{host}{path}")
    post = (await customer.wait_for(1))[0]
    assert post.path == path
    assert post.authorization == "Basic " + base64.b64encode(b"me:p@ss").decode()


async def test_credentials_of_an_address_are_not_logged(
    api: Client, control: Client, customer: Customer
) -> None:
    """The log tells where a callback went, without them."""
    host = customer.url.removeprefix("http://")
    await api.text(whendelivered=f"http://me:secret@{host}/x")
    await customer.wait_for(2)
    entries = (await control.get("/log", after="1", wait="5")).json()
    assert entries[0]["url"] == f"http://{host}/x"


async def test_an_incoming_text_is_posted(
    api: Client, control: Client, customer: Customer, number: str
) -> None:
    """It is in the history too, without status, parts and cost."""
    await api.post(number, {"sms_url": f"{customer.url}/?kind=sms"})
    text_id = await write(control)
    form = (await customer.wait_for(1))[0].form
    row = (await api.get(f"/sms/{text_id}")).json()
    assert form["created"][:23] == row.pop("created")[:23]
    assert row == {
        "direction": "incoming",
        "id": text_id,
        "from": ANNA,
        "to": NUMBER,
        "message": "Hej! 🦌",
    }
    assert set(form) == {*row, "created"}
    assert {key: form[key] for key in row} == row


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        pytest.param((200, "ok"), "ok", id="any text, even ok"),
        pytest.param((201, "Thanks"), "Thanks", id="201 as 200"),
        pytest.param((200, '{"reply": "Välkommen"}'), "Välkommen", id="reply"),
        pytest.param((200, '["a"]'), '["a"]', id="JSON that is no object"),
    ],
)
async def test_the_answer_is_texted_back(
    api: Client,
    control: Client,
    customer: Customer,
    number: str,
    answer: tuple[int, str],
    reply: str,
) -> None:
    """A reply is an outgoing text from the number, and is paid."""
    await api.post(number, {"sms_url": customer.url})
    customer.answers.append(answer)
    await write(control)
    entry = await _row(api, control)
    assert entry["direction"] == "outgoing-reply"
    assert (entry["from"], entry["to"], entry["message"]) == (NUMBER, ANNA, reply)
    assert (await api.get("/me")).json()["balance"] == 1_000_000 - 5200


async def _row(api: Client, control: Client) -> dict[str, object]:
    """Return the newest text of the history once Anna's phone has got one."""
    async with control.session.get(control.base + "/events") as stream:
        texts = (await control.get(f"/handsets/{ANNA}/messages")).json()
        while not any(text["direction"] == "incoming" for text in texts):
            await stream.content.readline()
            texts = (await control.get(f"/handsets/{ANNA}/messages")).json()
    rows = (await api.get("/sms", limit="1")).json()["data"]
    return dict(rows[0])


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param((204, ""), id="nothing"),
        pytest.param((200, ""), id="an empty text"),
        pytest.param((200, '{"ok": true}'), id="JSON that asks for nothing"),
        pytest.param((200, '{"reply": ""}'), id="an empty reply"),
        pytest.param((200, '{"forward": "nobody"}'), id="forward to no number"),
    ],
)
async def test_an_answer_that_asks_for_nothing_does_nothing(
    api: Client,
    control: Client,
    customer: Customer,
    number: str,
    answer: tuple[int, str],
) -> None:
    """No text leaves, as the next one shows."""
    await api.post(number, {"sms_url": customer.url})
    customer.answers.append(answer)
    first = await write(control)
    await control.get("/log", after="2", wait="5")
    second = await write(control)
    await customer.wait_for(2)
    rows = (await api.get("/sms")).json()["data"]
    assert [row["id"] for row in rows] == [second, first]


async def test_a_number_can_be_told_not_to_reply(
    api: Client, control: Client, customer: Customer, number: str
) -> None:
    """With sms_replies=no the answer is only taken note of."""
    await api.post(number, {"sms_url": customer.url, "sms_replies": "no"})
    customer.answers.append((200, "ok"))
    first = await write(control)
    await control.get("/log", after="2", wait="5")
    assert [row["id"] for row in (await api.get("/sms")).json()["data"]] == [first]


async def test_a_text_is_forwarded_with_its_sender(
    api: Client, control: Client, customer: Customer, number: str
) -> None:
    """Prefix and suffix are put around it."""
    answer = {"forward": ERIK, "prefix": "Anna: ", "suffix": "!"}
    customer.answers.append((200, json.dumps(answer)))
    await api.post(number, {"sms_url": customer.url})
    async with control.session.get(control.base + "/events") as stream:
        await write(control, "Hej")
        texts: list[dict[str, object]] = []
        while not texts:
            await stream.content.readline()
            texts = (await control.get(f"/handsets/{ERIK}/messages")).json()
    assert (texts[0]["from"], texts[0]["message"]) == (ANNA, "Anna: Hej!")


async def test_a_fixed_answer_needs_no_callback(
    api: Client, control: Client, number: str
) -> None:
    """The field itself holds what to do."""
    await api.post(number, {"sms_url": '{"reply": "We are out"}'})
    await write(control)
    assert (await _row(api, control))["message"] == "We are out"


async def test_without_an_address_a_text_is_only_kept(
    api: Client, control: Client
) -> None:
    """It waits in the history."""
    text_id = await write(control)
    assert (await api.get("/sms")).json()["data"][0]["id"] == text_id
    assert all(entry["type"] == "request" for entry in (await _log(control)))


async def _log(control: Client) -> list[dict[str, object]]:
    return list((await control.get("/log")).json())


@pytest.mark.parametrize("status", [200, 201, 202, 203, 204])
async def test_these_answers_end_it(
    api: Client, control: Client, customer: Customer, number: str, status: int
) -> None:
    """Nothing is repeated after 200 to 204."""
    await api.post(number, {"sms_url": customer.url})
    customer.answers.append((status, ""))
    await write(control)
    await customer.wait_for(1)
    second = await write(control, "again")
    posts = await customer.wait_for(2)
    assert posts[1].form["id"] == second


@pytest.mark.parametrize("status", [205, 301, 302, 400, 401, 404, 410, 500, 503])
async def test_any_other_answer_makes_it_come_again(
    api: Client, control: Client, customer: Customer, number: str, status: int
) -> None:
    """The same form comes until it is taken; redirects are not followed."""
    await api.post(number, {"sms_url": customer.url})
    customer.answers.extend([(status, "not now"), (status, "not now"), (200, "")])
    text_id = await write(control)
    posts = await customer.wait_for(3)
    assert [post.form["id"] for post in posts] == [text_id] * 3
    assert posts[0] == posts[1] == posts[2]


async def test_it_comes_for_six_hours_every_five_minutes(
    api: Client, simulator: Simulator, customer: Customer
) -> None:
    """Then 46elks gives up; every attempt is numbered in the log."""
    customer.answers.extend([(503, "")] * (2 * MAX_ATTEMPTS))
    await api.text(whendelivered=customer.url)
    await customer.wait_for(2 * MAX_ATTEMPTS)
    entries = await logged(
        simulator, lambda entries: len(entries) == 2 * MAX_ATTEMPTS + 1
    )
    attempts = [entry["attempt"] for entry in entries if entry["kind"] == "delivery"]
    assert MAX_ATTEMPTS == 73
    assert sorted(map(str, attempts), key=int) == [
        str(number) for number in range(1, MAX_ATTEMPTS + 1) for _ in range(2)
    ]


async def test_an_address_nobody_serves_is_tried_again(
    api: Client, simulator: Simulator
) -> None:
    """The log tells that no answer came."""
    await api.text(whendelivered="http://127.0.0.1:9/")
    entries = await logged(simulator, lambda entries: len(entries) > 3)
    assert entries[1]["status"] is None
    assert entries[1]["answer"] is None
    assert entries[1]["error"] == "ClientConnectorError"


async def test_a_report_that_is_not_taken_can_be_overtaken(
    api: Client, customer: Customer
) -> None:
    """Only the first try of `sent` comes before `delivered`; the repeat comes when it comes."""
    customer.answers.append((503, ""))
    await api.text(whendelivered=customer.url)
    statuses = await customer.statuses(3)
    assert statuses[0] == "sent"
    assert sorted(statuses[1:]) == ["delivered", "sent"]


async def test_private_addresses_are_refused_unless_allowed_by_name(
    api: Client, customer: Customer
) -> None:
    """46elks calls public addresses only."""
    async with running(config(allow_hosts=())) as simulator:
        client = Client(api.session, simulator.api_url, api.headers)
        refused = await client.text(whendelivered=customer.url)
        accepted = await client.text(
            to="+46700000000", whendelivered="https://example.com/"
        )
    assert (refused.status, refused.text) == (
        403,
        "Invalid value for whendelivered, not a URL",
    )
    assert accepted.status == 200


async def test_a_text_to_an_own_number_comes_in(
    api: Client, customer: Customer, number: str
) -> None:
    """It goes out and comes in."""
    await api.post(number, {"sms_url": customer.url})
    await api.text(to=NUMBER)
    form = (await customer.wait_for(1))[0].form
    assert (form["from"], form["message"]) == ("House", "Hello")
