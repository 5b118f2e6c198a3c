"""Tests of virtual numbers, from renting one to giving it back."""

from collections.abc import Collection
from datetime import UTC, datetime
from decimal import Decimal
import json

import pytest

from custom_components.elks46.api import (
    ElksClient,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksServerError,
    Number,
)

from . import Elks, answer, answer_text, asked_get, asked_post, page

NUMBER_ID = "n0123456789abcdef0123456789abcdef"


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


@pytest.mark.parametrize("key", ["sms_url", "mms_url", "voice_start", "websocket_url"])
@pytest.mark.parametrize(
    ("value", "form"),
    [
        pytest.param("https://h.example/?a=b", "https://h.example/?a=b", id="address"),
        pytest.param('{"reply": "Hej"}', '{"reply": "Hej"}', id="document"),
        pytest.param("", "none", id="cleared"),
    ],
)
async def test_a_number_is_told_where_to_post(
    client: ElksClient, elks: Elks, key: str, value: str, form: str
) -> None:
    """Nothing else about it is changed."""
    elks.answers(answer_text("number.json"))
    number = await client.numbers.configure(NUMBER_ID, **{key: value})  # type: ignore[arg-type]
    assert number.id == NUMBER_ID
    assert elks.asked == [asked_post(f"/a1/numbers/{NUMBER_ID}", {key: form})]


async def test_a_number_of_which_nothing_is_given_keeps_everything(
    client: ElksClient, elks: Elks
) -> None:
    """It is only asked for."""
    elks.answers(answer_text("number.json"))
    number = await client.numbers.configure(NUMBER_ID)
    assert number == Number.from_api(answer("number.json"))
    assert elks.asked == [asked_get(f"/a1/numbers/{NUMBER_ID}")]


async def test_a_number_is_told_everything_at_once(
    client: ElksClient, elks: Elks
) -> None:
    """In one request, so that it is not left half told."""
    elks.answers(answer_text("number.json"))
    await client.numbers.configure(
        NUMBER_ID,
        sms_url="https://house.example/?kind=sms",
        mms_url="https://house.example/?kind=mms",
        voice_start='{"hangup": "busy"}',
        websocket_url="",
        sms_replies=False,
        name="House & garden",
    )
    assert elks.asked == [
        asked_post(
            f"/a1/numbers/{NUMBER_ID}",
            {
                "sms_url": "https://house.example/?kind=sms",
                "mms_url": "https://house.example/?kind=mms",
                "voice_start": '{"hangup": "busy"}',
                "websocket_url": "none",
                "sms_replies": "no",
                "name": "House & garden",
            },
        )
    ]


async def test_a_number_is_told_to_reply(client: ElksClient, elks: Elks) -> None:
    """Which is a yes or no, and alone is enough to ask for."""
    elks.answers(answer_text("number.json"))
    await client.numbers.configure(NUMBER_ID, sms_replies=True)
    assert elks.asked == [
        asked_post(f"/a1/numbers/{NUMBER_ID}", {"sms_replies": "yes"})
    ]


@pytest.mark.parametrize(
    ("capabilities", "form"),
    [
        pytest.param(["sms"], {"capabilities": "sms"}, id="one"),
        pytest.param(
            {"voice", "mms", "sms"}, {"capabilities": "sms,mms,voice"}, id="all"
        ),
        pytest.param(
            ("websocket", "voice", "fax"),
            {"capabilities": "voice,fax,websocket"},
            id="those of the future",
        ),
        pytest.param((), {}, id="none"),
    ],
)
async def test_a_number_is_rented(
    client: ElksClient,
    elks: Elks,
    capabilities: Collection[str],
    form: dict[str, str],
) -> None:
    """What it can do is asked for in the order of the documentation."""
    elks.answers(answer_text("number.json"))
    number = await client.numbers.allocate(country="SE", capabilities=capabilities)
    assert number == Number.from_api(answer("number.json"))
    assert elks.asked == [asked_post("/a1/numbers", {"country": "se"} | form)]


async def test_a_number_is_rented_with_everything(
    client: ElksClient, elks: Elks
) -> None:
    """So that no text comes in before it is told where to post it."""
    elks.answers(answer_text("number.json"))
    await client.numbers.allocate(
        country="se",
        capabilities=("sms", "mms", "voice"),
        category="mobile",
        name="House",
        sms_url="https://house.example/?kind=sms",
        mms_url="https://house.example/?kind=mms",
        voice_start="https://house.example/?kind=call",
        sms_replies=False,
        number="+46766861234",
    )
    assert elks.asked == [
        asked_post(
            "/a1/numbers",
            {
                "country": "se",
                "capabilities": "sms,mms,voice",
                "category": "mobile",
                "name": "House",
                "sms_url": "https://house.example/?kind=sms",
                "mms_url": "https://house.example/?kind=mms",
                "voice_start": "https://house.example/?kind=call",
                "sms_replies": "no",
                "number": "+46766861234",
            },
        )
    ]


async def test_a_number_is_rented_once(client: ElksClient, elks: Elks) -> None:
    """Nobody knows whether a broken 46elks has billed a month."""
    elks.answers("", 500)
    with pytest.raises(ElksServerError) as caught:
        await client.numbers.allocate(country="se", capabilities=["sms"])
    assert caught.value.outcome_unknown
    assert len(elks.asked) == 1


async def test_a_number_that_cannot_be_rented_is_refused(
    client: ElksClient, elks: Elks
) -> None:
    """46elks says why, and nothing was billed."""
    elks.answers("Not enough credits", 403)
    with pytest.raises(ElksForbiddenError, match="Not enough credits") as caught:
        await client.numbers.allocate(country="se", capabilities=["sms"])
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize(
    ("name", "deallocated"),
    [
        pytest.param(
            "number_deallocated.json",
            datetime(2026, 1, 15, 10, 50, 15, 1000, UTC),
            id="in short",
        ),
        pytest.param(
            "number_given_back.json",
            datetime(2025, 12, 1, 7, 52, 15, 1000, UTC),
            id="the number",
        ),
        pytest.param("number.json", None, id="without a time"),
    ],
)
async def test_a_number_is_given_back(
    client: ElksClient, elks: Elks, name: str, deallocated: datetime | None
) -> None:
    """46elks answers with what little is left, or with the number as it was."""
    elks.answers(answer_text(name))
    assert await client.numbers.deallocate(NUMBER_ID) == deallocated
    assert elks.asked == [asked_post(f"/a1/numbers/{NUMBER_ID}", {"active": "no"})]


def number(**fields: object) -> Number:
    """Return a number of which some fields are different, or absent where None."""
    return Number.from_api(answer("number.json") | fields)


def test_a_number_is_read() -> None:
    """A document stays the text it is, and `none` is nothing."""
    assert number() == Number(
        id="n0123456789abcdef0123456789abcdef",
        number="+46766861234",
        name="House",
        active=True,
        country="se",
        category="mobile",
        capabilities=frozenset({"sms", "mms", "voice"}),
        sms_url="https://house.example/api/webhook/abc?kind=sms",
        mms_url=None,
        voice_start='{"connect":"+46701740605"}',
        websocket_url=None,
        sms_replies=True,
        cost=Decimal(30),
        expires=datetime(2026, 12, 1, 7, 52, 15, tzinfo=UTC),
        allocated=datetime(2025, 2, 16, 15, 53, 19, 737000, UTC),
        deallocated=None,
    )


def test_a_number_that_was_given_back_is_read() -> None:
    """Little is left of it."""
    given_back = Number.from_api(answer("number_given_back.json"))
    assert not given_back.active
    assert given_back.capabilities == frozenset()
    assert given_back.cost is None
    assert given_back.sms_replies is None
    assert given_back.deallocated == datetime(2025, 12, 1, 7, 52, 15, 1000, UTC)


def test_a_number_that_does_not_say_whether_it_is_active_is() -> None:
    """46elks leaves out what is not worth saying."""
    assert number(active=None).active


@pytest.mark.parametrize(
    ("written", "url"),
    [
        pytest.param("wss://house.example/", "wss://house.example/", id="address"),
        pytest.param({"reply": "Hej"}, '{"reply": "Hej"}', id="structure"),
        pytest.param("", None, id="empty"),
        pytest.param(" ", None, id="space"),
        pytest.param("none", None, id="none"),
        pytest.param(None, None, id="absent"),
    ],
)
@pytest.mark.parametrize("key", ["sms_url", "mms_url", "voice_start", "websocket_url"])
def test_an_address_is_read(key: str, written: object, url: str | None) -> None:
    """However 46elks writes it, and however it says that there is none."""
    assert getattr(number(**{key: written}), key) == url


@pytest.mark.parametrize(
    ("key", "value"), [("id", None), ("id", 404040), ("number", None), ("number", 4040)]
)
def test_a_number_without_id_or_number_is_none(key: str, value: object) -> None:
    """The error names the field and keeps its value to itself."""
    with pytest.raises(ElksInvalidDataError, match=f"'{key}'") as caught:
        number(**{key: value})
    assert "4040" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "read"),
    [
        ("name", 5, None),
        ("active", "maybe", True),
        ("active", True, True),
        ("country", 46, None),
        ("category", ["mobile"], None),
        ("capabilities", "sms", frozenset()),
        ("sms_url", 404040, "404040"),
        ("mms_url", ["404040"], '["404040"]'),
        ("voice_start", True, "true"),
        ("websocket_url", 0, "0"),
        ("sms_replies", "404040", None),
        ("cost", 30000.5, None),
        ("expires", "404040", None),
        ("allocated", 0, None),
        ("deallocated", "404040", None),
    ],
)
def test_a_number_with_an_odd_field_is_read(
    key: str, value: object, read: object
) -> None:
    """Nothing else depends on it; and what answers is not nothing because it cannot be read."""
    assert getattr(number(**{key: value}), key) == read


async def test_a_row_that_is_no_number_hides_no_other(
    client: ElksClient, elks: Elks
) -> None:
    """46elks may list what nobody has heard of."""
    rows = [{"id": 5}, "odd", answer("number.json") | {"cost": 30000.5}]
    elks.answers(json.dumps({"data": rows}))
    assert [one.number for one in await client.numbers.list()] == ["+46766861234"]


@pytest.mark.parametrize(
    ("body", "status", "is_there"),
    [
        pytest.param(answer_text("number.json"), 200, True, id="active"),
        pytest.param(
            answer_text("number_given_back.json"), 200, False, id="given back"
        ),
        pytest.param("Invalid number id", 403, False, id="forbidden"),
        pytest.param("Not found", 404, False, id="unknown"),
    ],
)
async def test_a_number_is_looked_for(
    client: ElksClient, elks: Elks, body: str, status: int, is_there: bool
) -> None:
    """Only an active one counts."""
    elks.answers(body, status)
    assert (await client.numbers.find(NUMBER_ID) is not None) is is_there
