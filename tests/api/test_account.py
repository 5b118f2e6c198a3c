"""Tests of the account, of what it was billed, and of the accounts within it."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from custom_components.elks46.api import (
    NO_LIMIT,
    Account,
    Billing,
    ElksClient,
    ElksInvalidDataError,
    ElksRequestError,
    ElksServerError,
    Subaccount,
    Transaction,
    is_subaccount,
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


def subaccount(**fields: object) -> Subaccount:
    """Return a subaccount of which some fields are different, or absent where None."""
    return Subaccount.from_api(answer("subaccount.json") | fields)


def test_an_account_is_read() -> None:
    """What is not known is ignored."""
    assert Account.from_api(answer("account.json")) == Account(
        id="u0123456789abcdef0123456789abcdef",
        name="Villa Björkbacken",
        currency="SEK",
        balance=Decimal("24.1034"),
        credit_alert=Decimal(10),
        usage_limit=None,
        used=None,
    )


def test_an_account_without_name_and_currency_is_read() -> None:
    """They may not be set."""
    account = Account.from_api({"id": "u0123", "balance": -5200})
    assert account == Account(
        id="u0123",
        name=None,
        currency=None,
        balance=Decimal("-0.52"),
        credit_alert=None,
        usage_limit=None,
        used=None,
    )


@pytest.mark.parametrize(
    ("told", "balance", "limit", "used"),
    [
        pytest.param({}, None, None, None, id="nothing"),
        pytest.param({"balance": 5200}, Decimal("0.52"), None, None, id="balance"),
        pytest.param({"usagelimit": 10_000}, None, Decimal(1), None, id="limit"),
        pytest.param({"usagelimit": "none"}, None, None, None, id="no limit"),
        pytest.param({"balanceused": 0}, None, None, Decimal(0), id="use"),
        pytest.param(
            {"usage": 10_000}, None, None, Decimal(1), id="use, by its old name"
        ),
    ],
)
def test_a_subaccount_is_told_as_little_as_46elks_likes(
    told: dict[str, object],
    balance: Decimal | None,
    limit: Decimal | None,
    used: Decimal | None,
) -> None:
    """Nobody has written down what it is."""
    account = Account.from_api({"id": SUBACCOUNT_ID} | told)
    assert (account.balance, account.usage_limit, account.used) == (
        balance,
        limit,
        used,
    )


@pytest.mark.parametrize(
    ("username", "expected"),
    [(SUBACCOUNT_ID, True), ("u0123456789abcdef0123456789abcdef", False), ("", False)],
)
def test_the_username_tells_a_subaccount(username: str, expected: bool) -> None:
    """Its id, which it is, begins with another letter."""
    assert is_subaccount(username) is expected


def test_an_account_without_a_balance_is_refused() -> None:
    """It is what an account is asked for."""
    with pytest.raises(ElksInvalidDataError, match="'balance'"):
        Account.from_api({"id": "u0123"})


def test_a_row_of_the_bill_is_read() -> None:
    """What is not known is ignored."""
    assert Billing.from_api(answer("billing.json")) == Billing(
        id="b0123456789abcdef0123456789abcdef",
        created=datetime(2026, 1, 15, 10, 23, 41, 123000, UTC),
        reference="s0231d6d7d6bc14a7e7734e466785c4ce",
        cost=Decimal("0.52"),
        subaccount="a0123456789abcdef0123456789abcdef",
    )


def test_a_row_of_the_bill_needs_no_reference() -> None:
    """Nor a subaccount."""
    row = answer("billing.json") | {"reference": None, "subaccount": None}
    assert Billing.from_api(row).reference is None
    assert Billing.from_api(row).subaccount is None


def test_a_transaction_is_read() -> None:
    """It is money that came in, or went back."""
    assert Transaction.from_api(answer("transaction.json")) == Transaction(
        id="t0123456789abcdef0123456789abcdef",
        created=datetime(2026, 1, 2, 8, 0, tzinfo=UTC),
        details="Card payment",
        amount=Decimal(200),
    )


def test_a_subaccount_is_read() -> None:
    """With the login that it has."""
    assert subaccount() == Subaccount(
        id="a0123456789abcdef0123456789abcdef",
        secret="D81DEF1B65E19A83DBCEA0BE0D89D082",
        name="Home Assistant",
        created=datetime(2026, 1, 15, 10, 18, 7, 625000, UTC),
        usage_limit=Decimal(100),
        used=Decimal("5.2"),
        active=True,
        deactivated=None,
    )


def test_a_closed_subaccount_is_read() -> None:
    """It has no secret, and here the old word for what it used."""
    assert Subaccount.from_api(answer("subaccount_closed.json")) == Subaccount(
        id="a1123456789abcdef0123456789abcdef",
        secret=None,
        name="Doorbell",
        created=datetime(2025, 1, 15, 10, 18, 7, 625000, UTC),
        usage_limit=None,
        used=Decimal("0.35"),
        active=False,
        deactivated=datetime(2025, 12, 1, 7, 52, 15, tzinfo=UTC),
    )


def test_the_secret_of_a_subaccount_is_not_shown() -> None:
    """Not where one is logged, nor where a test fails."""
    shown = f"{subaccount()!r} {subaccount()}"
    assert "D81DEF1B65E19A83DBCEA0BE0D89D082" not in shown
    assert "Home Assistant" in shown


@pytest.mark.parametrize(
    ("fields", "used"),
    [
        pytest.param({}, Decimal("5.2"), id="new word"),
        pytest.param({"balanceused": 0}, Decimal(0), id="nothing"),
        pytest.param({"balanceused": None, "usage": 1}, Decimal("0.0001"), id="old"),
        pytest.param({"balanceused": None}, Decimal(0), id="absent"),
    ],
)
def test_what_a_subaccount_used_is_read(
    fields: dict[str, object], used: Decimal
) -> None:
    """Under either name, and absent before anything is."""
    assert subaccount(**fields).used == used


@pytest.mark.parametrize(
    ("written", "limit"),
    [(1000000, Decimal(100)), (0, Decimal(0)), ("none", None), (None, None)],
)
def test_the_limit_of_a_subaccount_is_read(
    written: object, limit: Decimal | None
) -> None:
    """No limit is none, and not a limit of nothing."""
    assert subaccount(usagelimit=written).usage_limit == limit


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("secret", 404040),
        ("usagelimit", "4040.40"),
        ("balanceused", "4040.40"),
        ("active", "404040"),
    ],
)
def test_a_subaccount_with_a_wrong_field_is_refused(key: str, value: object) -> None:
    """The error names the field and keeps its value to itself."""
    with pytest.raises(ElksInvalidDataError, match=f"'{key}'") as caught:
        subaccount(**{key: value})
    assert "4040" not in str(caught.value)
