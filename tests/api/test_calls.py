"""Tests of calls, made and received."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from custom_components.elks46.api import (
    Call,
    CallDirection,
    CallState,
    ElksClient,
    ElksInvalidDataError,
    Leg,
)

from . import Elks, answer, answer_text, asked_delete, asked_get, page

CALL_ID = "c0231d6d7d6bc14a7e7734e466785c4ce"


async def test_the_history_of_calls_is_read(client: ElksClient, elks: Elks) -> None:
    """From all pages, in both directions."""
    elks.answers(page("call_answered.json", next_start="2026-01-15T10:40:00"))
    elks.answers(page("call_unanswered.json"))
    calls = [call async for call in client.calls.history(None)]
    assert [call.duration for call in calls] == [32, None]
    assert elks.asked == [
        asked_get("/a1/calls"),
        asked_get("/a1/calls", start="2026-01-15T10:40:00"),
    ]


async def test_a_call_is_asked_for(client: ElksClient, elks: Elks) -> None:
    """It tells what became of it."""
    elks.answers(answer_text("call_answered.json"))
    call = await client.calls.get(CALL_ID)
    assert call == Call.from_api(answer("call_answered.json"))
    assert elks.asked == [asked_get(f"/a1/calls/{CALL_ID}")]


async def test_a_call_is_deleted(client: ElksClient, elks: Elks) -> None:
    """46elks says when."""
    elks.answers(answer_text("deleted.json"))
    deleted = await client.calls.delete(CALL_ID)
    assert deleted == datetime(2026, 1, 15, 11, 40, 22, 109482, UTC)
    assert elks.asked == [asked_delete(f"/a1/calls/{CALL_ID}")]


def call(**fields: object) -> Call:
    """Return a call of which some fields are different, or absent where None."""
    return Call.from_api(answer("call_answered.json") | fields)


def test_a_call_is_read() -> None:
    """With all that was done in it."""
    assert call() == Call(
        id="c0231d6d7d6bc14a7e7734e466785c4ce",
        direction=CallDirection.INCOMING,
        caller="+46701740605",
        callee="+46766861234",
        state=CallState.SUCCESS,
        created=datetime(2026, 1, 15, 10, 40, 14, 609000, UTC),
        start=datetime(2026, 1, 15, 10, 40, 21, tzinfo=UTC),
        duration=32,
        cost=Decimal("1.17"),
        owner="u0123456789abcdef0123456789abcdef",
        actions=(
            {"play": "https://house.example/hello.wav", "result": "ok"},
            {"connect": "+46701740606", "result": "success"},
        ),
        legs=(
            Leg(
                caller="+46766861234",
                callee="+46701740606",
                state=CallState.SUCCESS,
                duration=17,
                cost=Decimal("0.585"),
            ),
            Leg(
                caller="+46766861234",
                callee="+46701740607",
                state=CallState.FAILED,
                duration=None,
                cost=None,
            ),
        ),
        recordings=("c0231d6d7d6bc14a7e7734e466785c4ce-r0",),
    )


def test_a_call_that_nobody_answered_is_read() -> None:
    """It has no start, and nothing was done in it."""
    assert Call.from_api(answer("call_unanswered.json")) == Call(
        id="c1231d6d7d6bc14a7e7734e466785c4ce",
        direction=CallDirection.OUTGOING,
        caller="+46766861234",
        callee="+46701740605",
        state=CallState.FAILED,
        created=datetime(2026, 1, 15, 10, 38, 14, 609873, UTC),
        start=None,
        duration=None,
        cost=None,
        owner=None,
        actions=(),
        legs=(),
        recordings=(),
    )


@pytest.mark.parametrize(
    ("written", "caller"), [("anonymous", "anonymous"), ("", ""), (None, "")]
)
def test_a_caller_may_hide(written: str | None, caller: str) -> None:
    """However 46elks writes it."""
    assert call(**{"from": written}).caller == caller


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("ongoing", CallState.ONGOING),
        ("Success", CallState.SUCCESS),
        ("busy", CallState.BUSY),
        ("failed", CallState.FAILED),
        ("noanswer", CallState.UNKNOWN),
        (None, CallState.UNKNOWN),
    ],
)
def test_the_state_of_a_call_is_read(written: str | None, state: CallState) -> None:
    """In any letter case, and what is new is unknown; so is that of a leg."""
    read = call(state=written, legs=[{"state": written}])
    assert read.state is state
    assert [leg.state for leg in read.legs] == [state]


@pytest.mark.parametrize(
    ("written", "direction"),
    [
        ("Incoming", CallDirection.INCOMING),
        ("outgoing", CallDirection.OUTGOING),
        ("sideways", CallDirection.UNKNOWN),
        (None, CallDirection.UNKNOWN),
    ],
)
def test_the_direction_of_a_call_is_read(
    written: str | None, direction: CallDirection
) -> None:
    """In any letter case, and what is new is unknown."""
    assert call(direction=written).direction is direction


def test_a_leg_may_say_nothing() -> None:
    """A call is not lost for want of it."""
    assert call(legs=[{}]).legs == (
        Leg(caller="", callee="", state=CallState.UNKNOWN, duration=None, cost=None),
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("to", None),
        ("from", 404040),
        ("created", None),
        ("start", "404040"),
        ("duration", "404040"),
        ("actions", "404040"),
        ("legs", ["404040"]),
        ("recordings", [404040]),
    ],
)
def test_a_call_with_a_wrong_field_is_refused(key: str, value: object) -> None:
    """The error names the field and keeps its value to itself."""
    with pytest.raises(ElksInvalidDataError, match=f"'{key}'") as caught:
        call(**{key: value})
    assert "4040" not in str(caught.value)
