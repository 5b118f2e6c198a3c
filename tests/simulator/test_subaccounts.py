"""Accounts within the account: their keys, their limits, and what they see."""

import re

import pytest

from . import ANNA, ERIK, NUMBER, PNG, Client, Customer, data_url

ACCOUNT = "u46e1c5000000000000000000000000de"


async def test_a_subaccount_is_opened(api: Client) -> None:
    """The answer has what the reference says, and it is read back the same."""
    form = {"name": "Home Assistant", "usagelimit": "1000000"}
    opened = (await api.post("/subaccounts", form)).json()
    read = (await api.get(f"/subaccounts/{opened['id']}")).json()
    assert (await api.get("/Subaccounts")).json() == {"data": [read]}
    assert read == opened
    assert re.fullmatch(r"a[0-9a-f]{32}", opened.pop("id"))
    assert re.fullmatch(r"[0-9A-F]{32}", opened.pop("secret"))
    assert opened.pop("created")
    assert opened == {"name": "Home Assistant", "usagelimit": 1_000_000}


@pytest.mark.parametrize("form", [{}, {"name": "", "usagelimit": "none"}])
async def test_a_subaccount_needs_neither_name_nor_limit(
    api: Client, form: dict[str, str]
) -> None:
    """What it does not have is not there."""
    opened = (await api.post("/subaccounts", form)).json()
    assert set(opened) == {"id", "secret", "created"}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"usagelimit": "much"}, "Invalid value for usagelimit"),
        ({"usagelimit": "-1"}, "Invalid value for usagelimit"),
        ({"usagelimit": ""}, "Invalid value for usagelimit"),
        ({"name": "x" * 51}, "Too long name"),
        ({"active": "perhaps"}, "Invalid value for active"),
        ({"secret": ""}, "Invalid value for secret"),
        ({"secret": "mine "}, "Invalid value for secret"),
    ],
)
async def test_bad_values_change_nothing(
    api: Client, form: dict[str, str], text: str
) -> None:
    """They are a 403."""
    opened = (await api.post("/subaccounts", {"name": "House"})).json()
    path = f"/subaccounts/{opened['id']}"
    answer = await api.post(path, {"name": "Changed"} | form)
    assert answer.status == 403
    assert answer.text.startswith(text)
    assert (await api.get(path)).json() == opened


async def test_its_key_opens_the_api(api: Client) -> None:
    """It is shown with the money there is, and not with whose it is."""
    subaccount = await api.subaccount()
    shown = (await subaccount.get("/me")).json()
    assert re.fullmatch(r"a[0-9a-f]{32}", shown.pop("id"))
    assert shown == {"currency": "SEK", "balance": 1_000_000}


async def test_it_may_be_told_what_it_has_used(api: Client, control: Client) -> None:
    """46elks does not say whether it is; what is not set is left out."""
    await control.put("/account", {"subaccounts_see_use": True})
    unlimited = await api.subaccount()
    limited = await api.subaccount(usagelimit="20000")
    await limited.text()
    assert set((await unlimited.get("/me")).json()) == {"id", "currency", "balance"}
    shown = (await limited.get("/me")).json()
    assert (shown["usagelimit"], shown["balanceused"]) == (20_000, 5_200)


async def test_what_is_changed_is_changed_and_the_rest_stays(api: Client) -> None:
    """A secret of one's own replaces the first, and a limit can be taken away."""
    opened = (await api.post("/subaccounts", {"name": "A", "usagelimit": "5"})).json()
    path = f"/subaccounts/{opened['id']}"
    changed = (await api.post(path, {"name": "B", "secret": "MINE"})).json()
    assert changed == opened | {"name": "B", "secret": "MINE"}
    unlimited = (await api.post(path, {"usagelimit": "none"})).json()
    assert unlimited == {key: changed[key] for key in changed if key != "usagelimit"}
    assert (await api.get(path)).json() == unlimited


async def test_what_it_uses_is_the_accounts_money(api: Client) -> None:
    """It is counted, and billed to it."""
    subaccount = await api.subaccount(usagelimit="20000")
    sent = (await subaccount.text()).json()
    await subaccount.mms(**{"from": "noreply"})
    row = (await api.get("/subaccounts")).json()["data"][0]
    assert row["balanceused"] == 17_700
    assert (await api.get("/me")).json()["balance"] == 1_000_000 - 17_700
    bills = (await api.get("/billing")).json()["data"]
    assert {bill["subaccount"] for bill in bills} == {row["id"]}
    assert bills[1]["reference"] == sent["id"]


async def test_no_more_than_its_limit_is_used(api: Client) -> None:
    """What would exceed it is refused; a higher limit helps."""
    subaccount = await api.subaccount(usagelimit="10400")
    path = f"/subaccounts/{(await subaccount.get('/me')).json()['id']}"
    answers = [await subaccount.text() for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 403]
    assert answers[2].text == (
        "Not enough credits left of your usage limit to send this SMS"
    )
    assert (await subaccount.mms(**{"from": "noreply"})).text.startswith("Not enough")
    rented = await subaccount.post("/numbers", {"country": "se"})
    assert rented.text.startswith("Not enough credits left of your usage limit")
    assert (await api.text()).status == 200
    await api.post(path, {"usagelimit": "15600"})
    assert (await subaccount.text()).status == 200
    await api.post(path, {"usagelimit": "1"})
    assert (await subaccount.text()).status == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/subaccounts"),
        ("GET", "/subaccounts"),
        ("GET", "/subaccounts/{id}"),
        ("POST", "/subaccounts/{id}"),
        ("POST", "/me"),
    ],
)
async def test_what_is_the_accounts_is_not_a_subaccounts(
    api: Client, control: Client, method: str, path: str
) -> None:
    """Whatever it may see."""
    await control.put("/account", {"subaccounts_see_all": True})
    subaccount = await api.subaccount()
    own = (await subaccount.get("/me")).json()["id"]
    answer = await subaccount.ask(method, path.format(id=own))
    assert (answer.status, answer.text) == (403, "Forbidden")


async def test_it_sees_only_what_is_its_own(api: Client, control: Client) -> None:
    """And the account sees all."""
    subaccount = await api.subaccount()
    number = (await api.get("/numbers")).json()["data"][0]["id"]
    text = (await api.text()).json()["id"]
    mms = (await api.mms(image=data_url(PNG))).json()["id"]
    call = await control.ask(
        "POST",
        "/history/calls",
        json={"from": ANNA, "to": NUMBER, "recordings": ["pending"]},
    )
    call_id = call.json()["id"]
    for path in (
        *("/sms", "/mms", "/images", "/calls", "/recordings"),
        *("/numbers", "/billing", "/transactions"),
    ):
        assert (await subaccount.get(path)).json() == {"data": []}
        assert (await api.get(path)).json()["data"]
    for path in (
        *(f"/sms/{text}", f"/mms/{mms}", f"/images/{mms}-i0", f"/images/{mms}-i0.jpg"),
        *(f"/calls/{call_id}", f"/recordings/{call_id}-r0"),
    ):
        assert (await subaccount.get(path)).text == "Not found"
        assert (await api.get(path)).status == 200
    for method in ("GET", "POST"):
        answer = await subaccount.ask(method, f"/numbers/{number}")
        assert (answer.status, answer.text) == (403, "Invalid number id")
    assert (await subaccount.text(**{"from": NUMBER})).text == "Forbidden"
    assert (await subaccount.mms()).text == "Forbidden"
    own = (await subaccount.text()).json()["id"]
    assert [row["id"] for row in (await subaccount.get("/sms")).json()["data"]] == [own]
    assert [row["id"] for row in (await api.get("/sms")).json()["data"]] == [own, text]


async def test_it_may_be_let_to_see_all(api: Client, control: Client) -> None:
    """46elks does not say which it is."""
    await control.put("/account", {"subaccounts_see_all": True})
    subaccount = await api.subaccount()
    await api.text()
    assert len((await subaccount.get("/sms")).json()["data"]) == 1
    assert (await subaccount.get("/numbers")).json() == (
        await api.get("/numbers")
    ).json()
    assert (await subaccount.text(**{"from": NUMBER})).status == 200


async def test_it_rents_a_number_of_its_own(
    api: Client, control: Client, customer: Customer
) -> None:
    """What comes in there is its own, and so is what is answered."""
    subaccount = await api.subaccount(usagelimit="400000")
    form = {"country": "se", "sms_url": customer.url}
    number = (await subaccount.post("/numbers", form)).json()["number"]
    customer.answers.append((200, "Hello"))
    async with control.session.get(control.base + "/events") as stream:
        data = {"to": number, "message": "Hello"}
        await control.ask("POST", f"/handsets/{ERIK}/messages", json=data)
        while len((await subaccount.get("/sms")).json()["data"]) < 2:
            await stream.content.readline()
    row = (await api.get("/subaccounts")).json()["data"][0]
    assert row["balanceused"] == 305_200
    assert len((await subaccount.get("/numbers")).json()["data"]) == 1
    assert len((await api.get("/numbers")).json()["data"]) == 2


async def test_it_is_closed_for_good(api: Client) -> None:
    """Not while it has an active number; then it has no key any more."""
    subaccount = await api.subaccount()
    path = f"/subaccounts/{(await subaccount.get('/me')).json()['id']}"
    number = (await subaccount.post("/numbers", {"country": "se"})).json()["id"]
    refused = await api.post(path, {"active": "no", "name": "Changed"})
    assert (refused.status, refused.text) == (403, "The subaccount has active numbers")
    await subaccount.post(f"/numbers/{number}", {"active": "no"})
    closed = (await api.post(path, {"active": "no"})).json()
    assert closed["active"] == "no"
    assert set(closed) == {"id", "created", "balanceused", "active", "deactivated"}
    assert (await subaccount.get("/me")).status == 401
    for form in ({"active": "yes"}, {"name": "Changed"}):
        assert (await api.post(path, form)).status == 403
    assert (await api.get(path)).json() == closed


async def test_closed_ones_are_listed_unless_not_wanted(api: Client) -> None:
    """The newest comes first, in pages as any list."""
    ids = [(await api.post("/subaccounts", {})).json()["id"] for _ in range(3)]
    await api.post(f"/subaccounts/{ids[1]}", {"active": "no"})
    every = (await api.get("/subaccounts")).json()["data"]
    active = (await api.get("/subaccounts", active="yes")).json()["data"]
    assert [row["id"] for row in every] == ids[::-1]
    assert [row["id"] for row in active] == [ids[2], ids[0]]
    first = (await api.get("/subaccounts", limit="2")).json()
    rest = (await api.get("/subaccounts", start=first["next"])).json()["data"]
    assert [row["id"] for row in rest] == ids[:1]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_unknown_one_is_not_found(api: Client, method: str) -> None:
    """In plain text."""
    answer = await api.ask(method, "/subaccounts/a" + "0" * 32)
    assert (answer.status, answer.text) == (404, "Not found")
