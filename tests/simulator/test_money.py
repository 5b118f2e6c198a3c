"""What was charged and what was paid in, and texts that only the history knows."""

import pytest

from . import ANNA, NUMBER, STRANGER, Client


async def seed(control: Client, **changed: object) -> dict[str, object]:
    """Put a text to Anna into the history."""
    data = {"from": "House", "to": ANNA, "message": "Hello", "direction": "outgoing"}
    answer = await control.ask("POST", "/history/sms", json=data | changed)
    assert answer.status == 200
    return dict(answer.json())


async def test_every_charge_is_billed(api: Client, control: Client) -> None:
    """The newest comes first, with the id of what it was for."""
    text = (await api.text(message="a" * 161)).json()
    mms = (await api.mms()).json()
    number = (await api.post("/numbers", {"country": "se"})).json()
    call = await control.ask(
        "POST", "/history/calls", json={"from": ANNA, "to": NUMBER, "cost": "0.64"}
    )
    bills = (await api.get("/Billing")).json()["data"]
    assert [(bill["reference"], bill["cost"]) for bill in bills] == [
        (call.json()["id"], 6_400),
        (number["id"], 300_000),
        (mms["id"], 12_500),
        (text["id"], 10_400),
    ]
    assert {frozenset(bill) for bill in bills} == {
        frozenset({"id", "created", "reference", "cost"})
    }
    assert bills[3]["created"][:23] == text["created"][:23]


async def test_what_costs_nothing_is_not_billed(api: Client, control: Client) -> None:
    """Neither a dry run nor the test number, nor what came in or was refused."""
    await api.text(dryrun="yes")
    await api.text(to="+46700000000")
    await api.mms(to="+46700000000")
    data = {"to": NUMBER, "message": "Hello"}
    await control.ask("POST", f"/handsets/{ANNA}/messages", json=data)
    await control.put("/account", {"balance": "0"})
    await api.text()
    assert (await api.get("/billing")).json() == {"data": []}


async def test_what_was_paid_in_less_what_was_charged_is_the_balance(
    api: Client, control: Client
) -> None:
    """Whatever was done to the balance."""
    await api.text()
    await control.put("/account", {"balance": "20"})
    await control.put("/account", {"balance": "70"})
    await api.mms()
    paid = (await api.get("/transactions")).json()["data"]
    bills = (await api.get("/billing")).json()["data"]
    assert [(row["details"], row["amount"]) for row in paid] == [
        ("Payment", 500_000),
        ("Repayment", -794_800),
        ("Payment", 1_000_000),
    ]
    assert set(paid[0]) == {"id", "details", "created", "amount"}
    balance = (await api.get("/me")).json()["balance"]
    assert balance == sum(row["amount"] for row in paid) - sum(
        bill["cost"] for bill in bills
    )


@pytest.mark.parametrize("path", ["/billing", "/transactions"])
async def test_money_comes_in_pages(api: Client, control: Client, path: str) -> None:
    """As any list does."""
    for balance in ("10", "20"):
        await control.put("/account", {"balance": balance})
        await api.text()
        await api.text()
    first = (await api.get(path, limit="2")).json()
    second = (await api.get(path, start=first["next"])).json()
    rows = [*first["data"], *second["data"]]
    assert len({row["id"] for row in rows}) == len(rows) > 2
    assert "next" not in second


async def test_a_text_of_the_past_is_in_the_history_only(
    api: Client, control: Client
) -> None:
    """It is charged and billed when it was; no phone hears of it."""
    created = "2026-01-15T10:23:41.123Z"
    text = await seed(control, created=created, message="a" * 161)
    assert text == {
        "status": "delivered",
        "direction": "outgoing",
        "from": "House",
        "created": "2026-01-15T10:23:41.123000",
        "to": ANNA,
        "parts": 2,
        "cost": 10_400,
        "message": "a" * 161,
        "delivered": "2026-01-15T10:23:41Z",
        "id": text["id"],
    }
    assert (await api.get(f"/sms/{text['id']}")).json() == text
    (bill,) = (await api.get("/billing", start="2026-01-16T00:00:00")).json()["data"]
    assert (bill["reference"], bill["cost"]) == (text["id"], 10_400)
    assert bill["created"] == text["created"]
    assert (await control.get(f"/handsets/{ANNA}/messages")).json() == []


async def test_a_text_of_the_past_may_have_come_in_or_failed(
    api: Client, control: Client
) -> None:
    """With the price it had then."""
    incoming = await seed(
        control, direction="incoming", **{"from": STRANGER, "to": NUMBER}
    )
    failed = await seed(control, status="failed", cost="0.35")
    assert not {"status", "cost", "parts"} & set(incoming)
    assert (failed["status"], failed["cost"]) == ("failed", 3500)
    assert "delivered" not in failed
    assert (await api.get("/me")).json()["balance"] == 1_000_000 - 3500


async def test_the_past_may_be_a_subaccounts(api: Client, control: Client) -> None:
    """It is billed to it, and it sees it."""
    subaccount = await api.subaccount()
    own = (await subaccount.get("/me")).json()["id"]
    text = await seed(control, subaccount=own)
    assert (await subaccount.get("/sms")).json()["data"] == [text]
    assert (await api.get("/billing")).json()["data"][0]["subaccount"] == own


async def test_a_text_of_the_past_must_have_been_possible(
    api: Client, control: Client
) -> None:
    """The error says why not."""
    data = {"from": "House", "to": ANNA, "message": "Hi", "direction": "outgoing"}
    for changed, error in (
        ({"message": ""}, "message: is required"),
        ({"status": "lost"}, "status: one of"),
        ({"cost": "200"}, "Not enough credits"),
    ):
        answer = await control.ask("POST", "/history/sms", json=data | changed)
        assert (answer.status, error in answer.json()["error"]) == (400, True)
    assert (await api.get("/sms")).json() == {"data": []}
