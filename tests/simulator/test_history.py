"""Pages of the history."""

import pytest

from . import ANNA, ERIK, Client


@pytest.fixture
async def sent(api: Client) -> list[str]:
    """Send five texts; return their ids, the newest first."""
    return [(await api.text(message=f"{n}")).json()["id"] for n in range(5)][::-1]


async def test_the_newest_text_comes_first(api: Client, sent: list[str]) -> None:
    """Where all fits on one page, there is no next."""
    answer = (await api.get("/sms")).json()
    assert [row["id"] for row in answer["data"]] == sent
    assert "next" not in answer


async def test_next_leads_through_all_pages(api: Client, sent: list[str]) -> None:
    """It is given back as start; no text is missed or seen twice."""
    first = (await api.get("/sms", limit="2")).json()
    second = (await api.get("/sms", limit="2", start=first["next"])).json()
    third = (await api.get("/sms", limit="2", start=second["next"])).json()
    rows = [*first["data"], *second["data"], *third["data"]]
    assert [row["id"] for row in rows] == sent
    assert "next" not in third


async def test_start_is_before_and_end_is_after(api: Client, sent: list[str]) -> None:
    """The newer bound is called start, and neither is included."""
    rows = (await api.get("/sms")).json()["data"]
    newest, oldest = rows[0]["created"], rows[-1]["created"]
    answer = (await api.get("/sms", start=newest, end=oldest)).json()
    assert [row["id"] for row in answer["data"]] == sent[1:-1]


async def test_a_bound_may_have_a_zone(api: Client, sent: list[str]) -> None:
    """UTC is understood where it is written."""
    rows = (await api.get("/sms")).json()["data"]
    answer = (await api.get("/sms", start=f"{rows[0]['created']}Z")).json()
    assert [row["id"] for row in answer["data"]] == sent[1:]


async def test_texts_are_found_by_recipient(api: Client, sent: list[str]) -> None:
    """The list can be limited to one."""
    other = (await api.text(to=ERIK)).json()["id"]
    assert [row["id"] for row in (await api.get("/sms", to=ERIK)).json()["data"]] == [
        other
    ]
    assert len((await api.get("/sms", to=ANNA)).json()["data"]) == 5


async def test_a_page_has_at_most_a_hundred(api: Client, control: Client) -> None:
    """More is not given, even when asked for."""
    await control.put("/account", {"balance": "1000"})
    for _ in range(101):
        await api.text()
    answer = (await api.get("/sms", limit="1000")).json()
    assert len(answer["data"]) == 100
    assert "next" in answer


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("start", "yesterday"),
        ("end", ""),
        ("limit", "0"),
        ("limit", "many"),
        ("limit", "9" * 5000),
    ],
)
async def test_a_bad_bound_is_refused(api: Client, key: str, value: str) -> None:
    """The key is named."""
    answer = await api.get("/sms", **{key: value})
    assert (answer.status, answer.text) == (403, f"Invalid value for {key}")
