"""Tests of the endpoints: what is asked, and what comes of the answer."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
import json

import pytest

from custom_components.elks46.api import (
    ElksClient,
    ElksInvalidDataError,
    Message,
    MessageKind,
    MessageStatus,
    Number,
)

from . import Asked, Elks, answer, answer_text

SMS_ID = "s0231d6d7d6bc14a7e7734e466785c4ce"
NUMBER_ID = "n0123456789abcdef0123456789abcdef"
NOON = datetime(2026, 1, 15, 13, 0, tzinfo=timezone(timedelta(hours=1)))


def asked_get(path: str, **query: str) -> Asked:
    """Return a GET as 46elks sees it."""
    return Asked(
        method="GET",
        path=path,
        query=query,
        form={},
        content_type=None,
        authorization="Basic dTAxMjM6czNjcjN0",
    )


def asked_post(path: str, form: dict[str, str]) -> Asked:
    """Return a POST as 46elks sees it."""
    return Asked(
        method="POST",
        path=path,
        query={},
        form=form,
        content_type="application/x-www-form-urlencoded",
        authorization="Basic dTAxMjM6czNjcjN0",
    )


def page(*names: str, next_start: str | None = None) -> str:
    """Return a page of a list, which names the next one if there is more."""
    more = {} if next_start is None else {"next": next_start}
    return json.dumps({"data": [answer(name) for name in names]} | more)


async def test_the_account_is_asked_for(client: ElksClient, elks: Elks) -> None:
    """It tells what is left."""
    elks.answers(answer_text("account.json"))
    account = await client.account.get()
    assert account.balance == Decimal("24.1034")
    assert elks.asked == [asked_get("/a1/me")]


async def test_a_text_is_sent(client: ElksClient, elks: Elks) -> None:
    """Nothing is said that was not asked for."""
    elks.answers(answer_text("sms_sent.json"))
    sent = await client.messages.send_sms(
        recipient="+46701740605", text="Dörren är öppen", sender="Villan"
    )
    assert sent == Message.from_api(answer("sms_sent.json"), MessageKind.SMS)
    assert elks.asked == [
        asked_post(
            "/a1/sms",
            {"from": "Villan", "to": "+46701740605", "message": "Dörren är öppen"},
        )
    ]


async def test_a_text_is_sent_with_everything(client: ElksClient, elks: Elks) -> None:
    """Whatever 46elks can do to a text."""
    elks.answers(answer_text("sms_dry_run.json"))
    sent = await client.messages.send_sms(
        recipient="+46701740605",
        text="50 % & mer = 100 €\n🫎",
        sender="Villan",
        delivery_url="https://house.example/api/webhook/abc?kind=delivery&ref=01J",
        flash=True,
        dry_run=True,
        private=True,
    )
    assert sent.id is None
    assert elks.asked == [
        asked_post(
            "/a1/sms",
            {
                "from": "Villan",
                "to": "+46701740605",
                "message": "50 % & mer = 100 €\n🫎",
                "whendelivered": "https://house.example/api/webhook/abc?kind=delivery&ref=01J",
                "flashsms": "yes",
                "dryrun": "yes",
                "dontlog": "message",
            },
        )
    ]


async def test_half_a_surrogate_pair_is_sent_as_a_question_mark(
    client: ElksClient, elks: Elks
) -> None:
    """A text with a slip in it is still a text."""
    elks.answers(answer_text("sms_sent.json"))
    await client.messages.send_sms(recipient="+46701740605", text="a\ud83d", sender="V")
    assert elks.asked[0].form["message"] == "a?"


async def test_a_text_answered_by_a_list_of_one_is_accepted(
    client: ElksClient, elks: Elks
) -> None:
    """46elks answered so when it took several recipients."""
    elks.answers(f"[{answer_text('sms_sent.json')}]")
    sent = await client.messages.send_sms(
        recipient="+46701740605", text="a", sender="V"
    )
    assert sent.id == SMS_ID


async def test_a_text_is_asked_for(client: ElksClient, elks: Elks) -> None:
    """It tells how far it has come."""
    elks.answers(answer_text("sms_delivered.json"))
    message = await client.messages.get_sms(SMS_ID)
    assert message.status is MessageStatus.DELIVERED
    assert elks.asked == [asked_get(f"/a1/sms/{SMS_ID}")]


async def test_an_id_stays_one_step_of_the_path(client: ElksClient, elks: Elks) -> None:
    """An id may have come from a stranger."""
    elks.answers(answer_text("sms_delivered.json"))
    await client.messages.get_sms("../me?a#\ud83d")
    assert elks.asked == [asked_get("/a1/sms/..%2Fme%3Fa%23%3F")]


async def test_the_history_is_followed_to_its_end(
    client: ElksClient, elks: Elks
) -> None:
    """The end is the page that names no next one."""
    elks.answers(page("sms_incoming.json", next_start="2026-01-15T10:24:00.000001"))
    elks.answers(page(next_start="2026-01-15T10:23:50"))
    elks.answers(page("sms_delivered.json"))
    messages = [message async for message in client.messages.sms_history(None)]
    assert [message.text for message in messages] == ["Tack!", "Dörren är öppen"]
    assert elks.asked == [
        asked_get("/a1/sms"),
        asked_get("/a1/sms", start="2026-01-15T10:24:00.000001"),
        asked_get("/a1/sms", start="2026-01-15T10:23:50"),
    ]


async def test_the_history_of_a_span_is_asked_for_backwards(
    client: ElksClient, elks: Elks
) -> None:
    """The newer bound is the start, and all times are UTC."""
    elks.answers(page(next_start="2026-01-15T11:30:00"))
    elks.answers(page())
    history = client.messages.sms_history(
        NOON, before=NOON + timedelta(hours=1), recipient="+46701740605"
    )
    assert [message async for message in history] == []
    span = {"end": "2026-01-15T12:00:00.000000", "to": "+46701740605"}
    assert elks.asked == [
        asked_get("/a1/sms", start="2026-01-15T13:00:00.000000", **span),
        asked_get("/a1/sms", start="2026-01-15T11:30:00", **span),
    ]


async def test_a_history_that_runs_in_a_circle_is_left(
    client: ElksClient, elks: Elks
) -> None:
    """No page is asked for twice."""
    for start in ("2026-01-15T10:00:00", "2026-01-15T09:00:00", "2026-01-15T10:00:00"):
        elks.answers(page("sms_incoming.json", next_start=start))
    messages = [message async for message in client.messages.sms_history(NOON)]
    assert len(messages) == 3
    assert len(elks.asked) == 3


async def test_no_more_is_asked_for_than_is_read(
    client: ElksClient, elks: Elks
) -> None:
    """The next page waits until it is needed."""
    elks.answers(page("sms_incoming.json", next_start="2026-01-15T10:24:00"))
    message = await anext(client.messages.sms_history(datetime(2026, 1, 1, tzinfo=UTC)))
    assert message.text == "Tack!"
    assert elks.asked == [asked_get("/a1/sms", end="2026-01-01T00:00:00.000000")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param("{}", "data", id="no rows"),
        pytest.param('{"data": {}}', "data", id="an object for rows"),
        pytest.param('{"data": ["s1"]}', "data", id="texts for rows"),
        pytest.param('{"data": [], "next": 5}', "next", id="a number for a time"),
    ],
)
async def test_a_page_that_is_none_is_refused(
    client: ElksClient, elks: Elks, body: str, field: str
) -> None:
    """A wrong page is not an empty one."""
    elks.answers(body)
    with pytest.raises(ElksInvalidDataError, match=f"'{field}'"):
        await client.numbers.list()


async def test_all_numbers_are_listed(client: ElksClient, elks: Elks) -> None:
    """From all pages, and also those that were given back."""
    elks.answers(page("number.json", next_start="2025-01-15T10:24:00"))
    elks.answers(page("number_given_back.json"))
    numbers = await client.numbers.list()
    assert [(number.number, number.active) for number in numbers] == [
        ("+46766861234", True),
        ("+46766865678", False),
    ]
    assert elks.asked == [
        asked_get("/a1/numbers"),
        asked_get("/a1/numbers", start="2025-01-15T10:24:00"),
    ]


async def test_a_number_is_asked_for(client: ElksClient, elks: Elks) -> None:
    """It tells where it calls back."""
    elks.answers(answer_text("number.json"))
    number = await client.numbers.get(NUMBER_ID)
    assert number == Number.from_api(answer("number.json"))
    assert elks.asked == [asked_get(f"/a1/numbers/{NUMBER_ID}")]


@pytest.mark.parametrize(
    ("sms_url", "form"),
    [
        pytest.param("https://h.example/?a=b", "https://h.example/?a=b", id="address"),
        pytest.param('{"reply": "Hej"}', '{"reply": "Hej"}', id="document"),
        pytest.param("", "none", id="cleared"),
    ],
)
async def test_a_number_is_told_where_to_post_texts(
    client: ElksClient, elks: Elks, sms_url: str, form: str
) -> None:
    """Nothing else about it is changed."""
    elks.answers(answer_text("number.json"))
    number = await client.numbers.configure(NUMBER_ID, sms_url=sms_url)
    assert number.id == NUMBER_ID
    assert elks.asked == [asked_post(f"/a1/numbers/{NUMBER_ID}", {"sms_url": form})]


async def test_a_number_of_which_nothing_is_given_keeps_everything(
    client: ElksClient, elks: Elks
) -> None:
    """What is not given is not sent."""
    elks.answers(answer_text("number.json"))
    await client.numbers.configure(NUMBER_ID)
    assert elks.asked == [asked_post(f"/a1/numbers/{NUMBER_ID}", {})]
