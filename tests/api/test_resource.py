"""Tests of what all endpoints do alike: ids, spans of time, and lists."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
import json

import pytest

from custom_components.elks46.api import ElksClient, ElksInvalidDataError

from . import Elks, answer, answer_text, asked_get, page

NOON = datetime(2026, 1, 15, 13, 0, tzinfo=timezone(timedelta(hours=1)))
SPAN = {"start": "2026-01-15T13:00:00.000000", "end": "2026-01-15T12:00:00.000000"}


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


async def test_a_history_without_end_is_given_up(
    client: ElksClient, elks: Elks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However inventive its next pages are."""
    monkeypatch.setattr("custom_components.elks46.api.client.MAX_PAGES", 2)
    for start in ("2026-01-15T10:00:00", "2026-01-15T09:00:00"):
        elks.answers(page("sms_incoming.json", next_start=start))
    history = client.messages.sms_history(NOON)
    with pytest.raises(ElksInvalidDataError, match="no end"):
        [message async for message in history]


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


@pytest.mark.parametrize(
    ("history", "path", "name"),
    [
        pytest.param(lambda c: c.messages.sms_history, "sms", "sms_sent", id="texts"),
        pytest.param(lambda c: c.messages.mms_history, "mms", "mms_sent", id="MMS"),
        pytest.param(lambda c: c.images.history, "images", "image", id="images"),
        pytest.param(lambda c: c.calls.history, "calls", "call_answered", id="calls"),
        pytest.param(
            lambda c: c.recordings.history, "recordings", "recording", id="recordings"
        ),
    ],
)
async def test_a_row_that_cannot_be_read_does_not_hide_the_others(
    client: ElksClient,
    elks: Elks,
    history: Callable[[ElksClient], Callable[..., AsyncIterator[object]]],
    path: str,
    name: str,
) -> None:
    """Be it wrong in a field, empty, or no object at all."""
    row = answer(f"{name}.json")
    elks.answers(json.dumps({"data": [{**row, "created": 1}, {}, None, "s1", row]}))
    read = history(client)(NOON, before=NOON + timedelta(hours=1))
    assert len([item async for item in read]) == 1
    assert elks.asked == [asked_get(f"/a1/{path}", **SPAN)]


@pytest.mark.parametrize(
    ("history", "name"),
    [
        pytest.param(lambda c: c.messages.sms_history, "sms_delivered", id="texts"),
        pytest.param(lambda c: c.messages.mms_history, "mms_sent", id="MMS"),
        pytest.param(lambda c: c.calls.history, "call_answered", id="calls"),
        pytest.param(lambda c: c.recordings.history, "recording", id="recordings"),
    ],
)
async def test_rows_that_cannot_be_read_are_told_to_who_wants_to_know(
    client: ElksClient,
    elks: Elks,
    history: Callable[[ElksClient], Callable[..., AsyncIterator[object]]],
    name: str,
) -> None:
    """So that nobody thinks the list whole."""
    elks.answers(json.dumps({"data": [{}, answer(f"{name}.json"), None]}))
    told: list[ElksInvalidDataError] = []
    read = history(client)(None, unreadable=told.append)
    assert len([item async for item in read]) == 1
    assert len(told) == 2


@pytest.mark.parametrize(
    ("history", "path", "name"),
    [
        pytest.param(lambda c: c.account.billing, "billing", "billing", id="bill"),
        pytest.param(
            lambda c: c.account.transactions, "transactions", "transaction", id="money"
        ),
    ],
)
async def test_a_sum_is_not_made_of_rows_that_can_be_read_alone(
    client: ElksClient,
    elks: Elks,
    history: Callable[[ElksClient], Callable[..., AsyncIterator[object]]],
    path: str,
    name: str,
) -> None:
    """It would be too small, and nobody would know."""
    row = answer(f"{name}.json")
    elks.answers(json.dumps({"data": [row, {**row, "created": 1}]}))
    read = history(client)(NOON, before=NOON + timedelta(hours=1))
    await anext(read)
    with pytest.raises(ElksInvalidDataError, match="'created'"):
        await anext(read)
    assert elks.asked == [asked_get(f"/a1/{path}", **SPAN)]


@pytest.mark.parametrize(
    "nothing", ["", ".", "..", pytest.param("i" * 65, id="too long")]
)
@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(lambda c, i: c.messages.get_sms(i), id="get a text"),
        pytest.param(lambda c, i: c.messages.delete_sms(i), id="delete a text"),
        pytest.param(lambda c, i: c.messages.get_mms(i), id="get an MMS"),
        pytest.param(lambda c, i: c.messages.delete_mms(i), id="delete an MMS"),
        pytest.param(lambda c, i: c.images.get(i), id="get an image"),
        pytest.param(lambda c, i: c.images.download(i), id="download an image"),
        pytest.param(lambda c, i: c.calls.get(i), id="get a call"),
        pytest.param(lambda c, i: c.calls.delete(i), id="delete a call"),
        pytest.param(lambda c, i: c.recordings.get(i), id="get a recording"),
        pytest.param(lambda c, i: c.recordings.download(i), id="download a recording"),
        pytest.param(lambda c, i: c.numbers.get(i), id="get a number"),
        pytest.param(lambda c, i: c.numbers.configure(i, name="H"), id="name a number"),
        pytest.param(lambda c, i: c.numbers.deallocate(i), id="give a number back"),
        pytest.param(lambda c, i: c.subaccounts.get(i), id="get a subaccount"),
        pytest.param(
            lambda c, i: c.subaccounts.update(i, active=False), id="close a subaccount"
        ),
    ],
)
async def test_nothing_is_asked_without_an_id(
    client: ElksClient,
    elks: Elks,
    ask: Callable[[ElksClient, str], Awaitable[object]],
    nothing: str,
) -> None:
    """It would be asked of all there is of its kind, or of something else."""
    with pytest.raises(ElksInvalidDataError) as caught:
        await ask(client, nothing)
    assert not caught.value.outcome_unknown
    assert elks.asked == []
