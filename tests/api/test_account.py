"""Tests of the account, of what it was billed, and of the accounts within it."""

from decimal import Decimal

import pytest

from custom_components.elks46.api import (
    NO_LIMIT,
    Account,
    Billing,
    ElksClient,
    ElksRequestError,
    ElksServerError,
    Subaccount,
    Transaction,
)

from . import Elks, answer, answer_text, asked_get, asked_post, page

SUBACCOUNT_ID = "a0123456789abcdef0123456789abcdef"


async def test_the_account_is_asked_for(client: ElksClient, elks: Elks) -> None:
    """It tells what is left."""
    elks.answers(answer_text("account.json"))
    account = await client.account.get()
    assert account.balance == Decimal("24.1034")
    assert elks.asked == [asked_get("/a1/me")]


@pytest.mark.parametrize(
    ("alert", "form"),
    [
        (Decimal(20), "200000"),
        (Decimal("0.52"), "5200"),
        (Decimal("0.0001"), "1"),
        (Decimal("0.00016"), "2"),
        (Decimal("1E+6"), "10000000000"),
        (Decimal(0), "0"),
    ],
)
async def test_the_account_is_told_when_to_send_an_email(
    client: ElksClient, elks: Elks, alert: Decimal, form: str
) -> None:
    """46elks counts in whole ten-thousandths."""
    elks.answers(answer_text("account.json"))
    account = await client.account.update(credit_alert=alert)
    assert account == Account.from_api(answer("account.json"))
    assert elks.asked == [asked_post("/a1/me", {"creditalert": form})]


async def test_the_bill_is_read(client: ElksClient, elks: Elks) -> None:
    """From all pages."""
    elks.answers(page("billing.json", next_start="2026-01-15T10:23:00"))
    elks.answers(page("billing.json"))
    bill = [row async for row in client.account.billing(None)]
    assert bill == [Billing.from_api(answer("billing.json"))] * 2
    assert elks.asked == [
        asked_get("/a1/billing"),
        asked_get("/a1/billing", start="2026-01-15T10:23:00"),
    ]


async def test_the_bill_may_not_be_there(client: ElksClient, elks: Elks) -> None:
    """46elks does not document it."""
    elks.answers("Not found", 404)
    with pytest.raises(ElksRequestError) as caught:
        await anext(client.account.billing(None))
    assert caught.value.status == 404


async def test_the_transactions_are_read(client: ElksClient, elks: Elks) -> None:
    """They are what was paid, not what was billed."""
    elks.answers(page("transaction.json"))
    transactions = [row async for row in client.account.transactions(None)]
    assert transactions == [Transaction.from_api(answer("transaction.json"))]
    assert elks.asked == [asked_get("/a1/transactions")]


@pytest.mark.parametrize(
    ("limit", "form"),
    [
        pytest.param(Decimal(100), {"usagelimit": "1000000"}, id="limit"),
        pytest.param(Decimal(0), {"usagelimit": "0"}, id="limit of nothing"),
        pytest.param(None, {}, id="no limit"),
    ],
)
async def test_a_subaccount_is_opened(
    client: ElksClient, elks: Elks, limit: Decimal | None, form: dict[str, str]
) -> None:
    """Its login is in the answer."""
    elks.answers(answer_text("subaccount.json"))
    opened = await client.subaccounts.create(name="Home Assistant", usage_limit=limit)
    assert opened.id == SUBACCOUNT_ID
    assert opened.secret == "D81DEF1B65E19A83DBCEA0BE0D89D082"
    assert elks.asked == [
        asked_post("/a1/subaccounts", {"name": "Home Assistant"} | form)
    ]


async def test_a_subaccount_is_opened_once(client: ElksClient, elks: Elks) -> None:
    """Nobody knows whether a broken 46elks has opened one."""
    elks.answers("", 500)
    with pytest.raises(ElksServerError):
        await client.subaccounts.create(name="Home Assistant", usage_limit=None)
    assert len(elks.asked) == 1


async def test_all_subaccounts_are_listed(client: ElksClient, elks: Elks) -> None:
    """From all pages, and also those that were closed."""
    elks.answers(page("subaccount.json", next_start="2026-01-01T00:00:00"))
    elks.answers(page("subaccount_closed.json"))
    subaccounts = await client.subaccounts.list()
    assert [(one.name, one.active) for one in subaccounts] == [
        ("Home Assistant", True),
        ("Doorbell", False),
    ]
    assert elks.asked == [
        asked_get("/a1/subaccounts"),
        asked_get("/a1/subaccounts", start="2026-01-01T00:00:00"),
    ]


async def test_active_subaccounts_are_listed(client: ElksClient, elks: Elks) -> None:
    """46elks leaves out the others."""
    elks.answers(page("subaccount.json"))
    assert len(await client.subaccounts.list(active_only=True)) == 1
    assert elks.asked == [asked_get("/a1/subaccounts", active="yes")]


async def test_a_subaccount_is_asked_for(client: ElksClient, elks: Elks) -> None:
    """It tells what it has used."""
    elks.answers(answer_text("subaccount.json"))
    subaccount = await client.subaccounts.get(SUBACCOUNT_ID)
    assert subaccount == Subaccount.from_api(answer("subaccount.json"))
    assert elks.asked == [asked_get(f"/a1/subaccounts/{SUBACCOUNT_ID}")]


async def test_a_subaccount_is_changed(client: ElksClient, elks: Elks) -> None:
    """All of it at once."""
    elks.answers(answer_text("subaccount.json"))
    subaccount = await client.subaccounts.update(
        SUBACCOUNT_ID,
        name="Villa",
        usage_limit=Decimal("12.5"),
        secret="0123456789ABCDEF",
        active=True,
    )
    assert subaccount == Subaccount.from_api(answer("subaccount.json"))
    assert elks.asked == [
        asked_post(
            f"/a1/subaccounts/{SUBACCOUNT_ID}",
            {
                "name": "Villa",
                "usagelimit": "125000",
                "secret": "0123456789ABCDEF",
                "active": "yes",
            },
        )
    ]


async def test_the_limit_is_taken_from_a_subaccount(
    client: ElksClient, elks: Elks
) -> None:
    """Which is not the same as leaving it as it is."""
    elks.answers(answer_text("subaccount.json"))
    await client.subaccounts.update(SUBACCOUNT_ID, usage_limit=NO_LIMIT)
    assert elks.asked == [
        asked_post(f"/a1/subaccounts/{SUBACCOUNT_ID}", {"usagelimit": "none"})
    ]


async def test_a_subaccount_is_closed(client: ElksClient, elks: Elks) -> None:
    """46elks then keeps its secret to itself."""
    elks.answers(answer_text("subaccount_closed.json"))
    closed = await client.subaccounts.update(SUBACCOUNT_ID, active=False)
    assert not closed.active
    assert elks.asked == [
        asked_post(f"/a1/subaccounts/{SUBACCOUNT_ID}", {"active": "no"})
    ]


async def test_a_subaccount_of_which_nothing_is_given_keeps_everything(
    client: ElksClient, elks: Elks
) -> None:
    """It is only asked for."""
    elks.answers(answer_text("subaccount.json"))
    await client.subaccounts.update(SUBACCOUNT_ID)
    assert elks.asked == [asked_get(f"/a1/subaccounts/{SUBACCOUNT_ID}")]
