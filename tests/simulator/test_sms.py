"""Sending texts, and reading them back."""

import asyncio
import re

import pytest

from simulator.app import Simulator, running

from . import ANNA, NUMBER, STRANGER, Client, Customer, config

TEST_NUMBER = "+46700000000"


async def test_a_text_is_accepted(api: Client) -> None:
    """The answer has what the reference says, and nothing more."""
    answer = await api.text()
    sent = answer.json()
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert re.fullmatch(r"s[0-9a-f]{32}", sent.pop("id"))
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?", sent.pop("created")
    )
    assert sent == {
        "status": "created",
        "direction": "outgoing",
        "from": "House",
        "to": ANNA,
        "parts": 1,
        "cost": 5200,
        "message": "Hello",
    }


async def test_a_text_is_paid_when_it_is_accepted(api: Client) -> None:
    """Every part costs."""
    sent = (await api.text(message="a" * 161)).json()
    assert (sent["parts"], sent["cost"]) == (2, 10_400)
    assert (await api.get("/me")).json()["balance"] == 1_000_000 - 10_400


@pytest.mark.parametrize(
    ("recipient", "cost"),
    [("+46701740605", 5200), ("+4799999999", 7000), ("+358401234567", 8000)],
    ids=["Sweden", "Norway", "Finland"],
)
async def test_the_price_goes_with_the_country(
    api: Client, recipient: str, cost: int
) -> None:
    """The recipient's country decides."""
    assert (await api.text(to=recipient)).json()["cost"] == cost


async def test_a_text_that_was_read_back_has_milliseconds(api: Client) -> None:
    """The time is the one of the POST, cut and padded with zeros."""
    sent = (await api.text()).json()
    read = (await api.get(f"/sms/{sent['id']}")).json()
    assert read["created"][:23] == sent["created"][:23]
    assert read["created"][23:] in {"000", ""}


async def test_a_delivered_text_tells_when(api: Client, customer: Customer) -> None:
    """The history tells it in seconds with a Z, the report in milliseconds without."""
    sent = (await api.text(whendelivered=customer.url)).json()
    report = (await customer.wait_for(2))[1].form
    read = (await api.get(f"/sms/{sent['id']}")).json()
    assert read["status"] == "delivered"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", read["delivered"])
    assert report["delivered"].startswith(read["delivered"][:-1])


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        pytest.param({"to": "0701740605"}, 'Expected "+"', id="a local number"),
        pytest.param({"to": ""}, 'Expected "+"', id="no recipient"),
        pytest.param({"to": "+4612"}, "Invalid to number", id="too short a number"),
        pytest.param(
            {"to": f"{ANNA},{STRANGER}"}, "Invalid to number", id="two recipients"
        ),
        pytest.param(
            {"to": "+12025550123"}, "disallowed by default", id="country not enabled"
        ),
        pytest.param({"from": STRANGER}, "Invalid from number", id="another's number"),
        pytest.param(
            {"from": "46elks"},
            "Alphanumeric numbers may not start with a digit",
            id="a leading digit",
        ),
        pytest.param({"from": "KOM-FORT"}, "Invalid from number", id="a hyphen"),
        pytest.param({"from": "Dörr"}, "Invalid from number", id="a letter with dots"),
        pytest.param({"from": ""}, "Invalid from number", id="an empty sender"),
        pytest.param({"from": "ab"}, "Invalid from number", id="too short a sender"),
        pytest.param({"from": "a" * 12}, "Too long ", id="too long a sender"),
        pytest.param({"message": ""}, "empty", id="an empty text"),
        pytest.param(
            {"whendelivered": "somewhere"},
            "Invalid value for whendelivered, not a URL",
            id="no address for reports",
        ),
    ],
)
async def test_a_bad_text_is_refused(
    api: Client, changed: dict[str, str], text: str
) -> None:
    """The refusal is a 403 in plain text, and nothing is paid or kept."""
    answer = await api.text(**changed)
    assert answer.status == 403
    assert text in answer.text
    assert "\n" not in answer.text
    assert (await api.get("/me")).json()["balance"] == 1_000_000
    assert (await api.get("/sms")).json() == {"data": []}


@pytest.mark.parametrize("key", ["from", "to", "message"])
async def test_a_missing_key_is_named(api: Client, key: str) -> None:
    """The text is 46elks' own."""
    form = {"from": "House", "to": ANNA, "message": "Hello"}
    del form[key]
    answer = await api.post("/sms", form)
    assert (answer.status, answer.text) == (403, f"Missing key {key}")


@pytest.mark.parametrize(
    "sender", [NUMBER, "+46701740699", "abc", "My House.1", "a" * 11]
)
async def test_a_good_sender_is_kept(api: Client, sender: str) -> None:
    """An own number, the sign-up number, or a name."""
    assert (await api.text(**{"from": sender})).json()["from"] == sender


async def test_too_low_a_balance_is_refused(api: Client, control: Client) -> None:
    """The text is the one 46elks is known to write, and the rest of the money stays."""
    await control.put("/account", {"balance": "0.51"})
    answer = await api.text()
    assert answer.status == 403
    assert answer.text == "Not enough credits on your account to send this SMS"
    assert (await api.get("/me")).json()["balance"] == 5100


async def test_a_dry_run_only_quotes(api: Client, simulator: Simulator) -> None:
    """There is an estimate, and neither an id nor a text in the history."""
    sent = (await api.text(dryrun="yes", message="a" * 200)).json()
    assert sent == {
        "status": "created",
        "direction": "outgoing",
        "from": "House",
        "estimated_cost": 10_400,
        "to": ANNA,
        "parts": 2,
        "message": "a" * 200,
    }
    assert (await api.get("/sms")).json() == {"data": []}
    assert (await api.get("/me")).json()["balance"] == 1_000_000


@pytest.mark.parametrize("changed", [{"to": "+4612"}, {"from": "A"}])
async def test_a_dry_run_is_not_strict(api: Client, changed: dict[str, str]) -> None:
    """As measured, it looks neither at the recipient nor at the sender's length."""
    assert (await api.text(dryrun="yes", **changed)).status == 200


async def test_a_private_text_is_not_kept(api: Client, control: Client) -> None:
    """46elks forgets the words; the phone has them."""
    sent = (await api.text(dontlog="message")).json()
    read = (await api.get(f"/sms/{sent['id']}")).json()
    assert "message" not in sent
    assert "message" not in read
    assert sent["dontlog"] == read["dontlog"] == "message"
    shown = (await control.get(f"/handsets/{ANNA}/messages")).json()
    assert shown[0]["message"] == "Hello"


async def test_a_flash_text_says_so(api: Client, control: Client) -> None:
    """Nothing more is paid for it."""
    sent = (await api.text(flashsms="yes")).json()
    assert (sent["flashsms"], sent["cost"]) == ("yes", 5200)
    shown = (await control.get(f"/handsets/{ANNA}/messages")).json()
    assert shown[0]["flash"] is True


async def test_the_test_number_is_free_and_reaches_nobody(
    api: Client, control: Client
) -> None:
    """It is only in the history."""
    sent = (await api.text(to=TEST_NUMBER)).json()
    assert sent["cost"] == 0
    assert (await api.get("/me")).json()["balance"] == 1_000_000
    assert (await api.get(f"/sms/{sent['id']}")).json()["status"] == "created"
    handsets = (await control.get("/handsets")).json()
    assert TEST_NUMBER not in {handset["number"] for handset in handsets}


async def test_a_deleted_text_is_gone(api: Client) -> None:
    """The answer tells when; after that nobody knows it."""
    sent = (await api.text()).json()
    deleted = (await api.ask("DELETE", f"/sms/{sent['id']}")).json()
    assert set(deleted) == {"id", "deleted"}
    assert deleted["id"] == sent["id"]
    for method in ("GET", "DELETE"):
        answer = await api.ask(method, f"/sms/{sent['id']}")
        assert (answer.status, answer.text) == (404, "Not found")


async def test_more_than_a_hundred_texts_a_minute_wait(
    api: Client, customer: Customer
) -> None:
    """They are accepted at once; the one too many has not left when the others have."""
    async with running(config(speed=10)) as simulator:
        client = Client(api.session, simulator.api_url, api.headers)
        answers = [await client.text(whendelivered=customer.url) for _ in range(101)]
        assert {answer.status for answer in answers} == {200}
        await customer.wait_for(100)
        last = (await client.get(f"/sms/{answers[-1].json()['id']}")).json()
        assert last["status"] == "created"


async def test_waiting_texts_leave_in_the_end(api: Client, customer: Customer) -> None:
    """All that was accepted arrives."""
    url = customer.url
    await asyncio.gather(*(api.text(whendelivered=url) for _ in range(150)))
    statuses = await customer.statuses(300)
    assert (statuses.count("sent"), statuses.count("delivered")) == (150, 150)
