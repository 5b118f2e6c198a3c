"""The account over the API."""

import pytest

from simulator.app import running

from . import Client, config


async def test_the_account_tells_its_money_in_ten_thousandths(api: Client) -> None:
    """100 kronor are 1000000, and what is not set is not there."""
    account = (await api.get("/me")).json()
    assert account["balance"] == 1_000_000
    assert account["currency"] == "SEK"
    assert set(account) == {
        "id",
        "currency",
        "displayname",
        "mobilenumber",
        "email",
        "balance",
    }


async def test_the_credit_alert_can_be_set(api: Client) -> None:
    """The POST answers with the account, and it stays."""
    assert (await api.post("/me", {"creditalert": "50000"})).json()["creditalert"] == (
        50_000
    )
    assert (await api.get("/me")).json()["creditalert"] == 50_000


@pytest.mark.parametrize("value", ["", "many", "-1", "1.5", "9" * 5000])
async def test_a_credit_alert_that_is_no_number_is_refused(
    api: Client, value: str
) -> None:
    """It is a whole number of ten-thousandths."""
    answer = await api.post("/me", {"creditalert": value})
    assert (answer.status, answer.text) == (403, "Invalid value for creditalert")


async def test_an_account_in_euro_pays_in_euro(api: Client) -> None:
    """Prices go with the currency."""
    async with running(config(currency="EUR")) as simulator:
        client = Client(api.session, simulator.api_url, api.headers)
        assert (await client.text()).json()["cost"] == 470
        assert (await client.get("/me")).json()["currency"] == "EUR"
        number = (await client.get("/numbers")).json()["data"][0]
        assert number["cost"] == 30_000
