"""Tests of calls, made and received."""

from datetime import UTC, datetime
from decimal import Decimal
import json

import pytest

from custom_components.elks46.api import (
    Call,
    CallDirection,
    CallEnded,
    CallState,
    ElksClient,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksServerError,
    FollowUp,
    Hangup,
    Leg,
    Play,
)
from custom_components.elks46.api.sounds import BEEP

from . import Elks, answer, answer_text, asked_delete, asked_get, asked_post, page

CALL_ID = "c0231d6d7d6bc14a7e7734e466785c4ce"
STARTED_ID = "c2231d6d7d6bc14a7e7734e466785c4ce"


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


async def test_a_call_is_started(client: ElksClient, elks: Elks) -> None:
    """Nothing is said that was not asked for."""
    elks.answers(answer_text("call_started.json"))
    started = await client.calls.start(
        caller="+46766861234",
        callee="+46701740605",
        voice_start="https://house.example/?kind=call&ref=01J",
    )
    assert started == Call.from_api(answer("call_started.json"))
    assert started.state is CallState.ONGOING
    assert started.start is None
    assert elks.asked == [
        asked_post(
            "/a1/calls",
            {
                "from": "+46766861234",
                "to": "+46701740605",
                "voice_start": "https://house.example/?kind=call&ref=01J",
            },
        )
    ]


@pytest.mark.parametrize(
    ("voice_start", "form"),
    [
        pytest.param(
            "https://house.example/?kind=call",
            {
                "voice_start": "https://house.example/?kind=call",
                "recordcall": "https://house.example/?kind=record",
            },
            id="address",
        ),
        pytest.param(
            Play(BEEP),
            {
                "voice_start": '{"play":"sound/beep",'
                '"recordcall":"https://house.example/?kind=record"}'
            },
            id="instruction",
        ),
    ],
)
async def test_a_call_is_started_with_everything(
    client: ElksClient, elks: Elks, voice_start: FollowUp, form: dict[str, str]
) -> None:
    """A recording is asked for where 46elks documents it, if it can be."""
    elks.answers(answer_text("call_started.json"))
    await client.calls.start(
        caller="+46766861234",
        callee="+46701740605",
        voice_start=voice_start,
        when_hangup="https://house.example/?kind=hangup",
        ring_timeout=45,
        record_url="https://house.example/?kind=record",
    )
    people = {"from": "+46766861234", "to": "+46701740605"}
    rest = {"whenhangup": "https://house.example/?kind=hangup", "timeout": "45"}
    assert elks.asked == [asked_post("/a1/calls", people | form | rest)]


async def test_an_instruction_may_see_to_its_recording_itself(
    client: ElksClient, elks: Elks
) -> None:
    """It is kept where none is asked for beside it."""
    elks.answers(answer_text("call_started.json"))
    instruction = Play(BEEP, record_call="https://house.example/")
    await client.calls.start(
        caller="+46766861234", callee="+46701740605", voice_start=instruction
    )
    assert elks.asked[0].form["voice_start"] == instruction.encode()


@pytest.mark.parametrize("state", ["failed", "busy", "ongoing", "teleported", None])
async def test_a_call_may_be_over_at_once(
    client: ElksClient, elks: Elks, state: str | None
) -> None:
    """That is no error: 46elks has taken it, and knows it by an id."""
    elks.answers(json.dumps(answer("call_started.json") | {"state": state}))
    started = await client.calls.start(
        caller="+46766861234", callee="+46701740605", voice_start=Hangup()
    )
    assert started.id == STARTED_ID
    assert started.state == CallState(state or "unknown")


async def test_a_call_is_started_once(client: ElksClient, elks: Elks) -> None:
    """It costs money, and rings somebody up."""
    elks.answers("", 500)
    with pytest.raises(ElksServerError) as caught:
        await client.calls.start(
            caller="+46766861234", callee="+46701740605", voice_start=Hangup()
        )
    assert caught.value.outcome_unknown
    assert len(elks.asked) == 1


@pytest.mark.parametrize("body", ["", "OK", "{}", '{"id": "c1", "to": "+46"}'])
async def test_an_answer_that_is_no_call_leaves_a_doubt(
    client: ElksClient, elks: Elks, body: str
) -> None:
    """The telephone may ring all the same."""
    elks.answers(body)
    with pytest.raises(ElksInvalidDataError) as caught:
        await client.calls.start(
            caller="+46766861234", callee="+46701740605", voice_start=Hangup()
        )
    assert caught.value.outcome_unknown


async def test_a_refused_call_is_not_in_doubt(client: ElksClient, elks: Elks) -> None:
    """46elks says why."""
    elks.answers("Not enough credits on your account", 403)
    with pytest.raises(ElksForbiddenError, match="Not enough credits") as caught:
        await client.calls.start(
            caller="+46766861234", callee="+46701740605", voice_start=Hangup()
        )
    assert not caught.value.outcome_unknown


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
        ring_timeout=60,
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
        ring_timeout=None,
        duration=None,
        cost=None,
        owner=None,
        actions=(),
        legs=(),
        recordings=(),
    )


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(None, id="absent"),
        pytest.param("", id="empty"),
        pytest.param(" ", id="space"),
        pytest.param("anonymous", id="word"),
        pytest.param("Anonymous", id="word in capitals"),
        pytest.param("unknown", id="other word"),
        pytest.param("+", id="sign"),
        pytest.param("anonymous@anonymous.invalid", id="SIP by the book"),
        pytest.param("sip:anonymous@192.0.2.1", id="SIP"),
    ],
)
def test_a_caller_may_hide(written: str | None) -> None:
    """However 46elks writes it, of a call and of its legs."""
    hidden = call(**{"from": written, "legs": [{"from": written}]})
    assert hidden.caller is None
    assert [leg.caller for leg in hidden.legs] == [None]


@pytest.mark.parametrize(
    ("written", "caller"),
    [
        pytest.param("+46701740605", "+46701740605", id="number"),
        pytest.param(" +46701740605\n", "+46701740605", id="space around it"),
        pytest.param("+4600700021", "+4600700021", id="number of 46elks"),
        pytest.param("sip:7@house.example", "sip:7@house.example", id="SIP"),
    ],
)
def test_a_caller_who_does_not_hide_is_read(written: str, caller: str) -> None:
    """A telephone, or something like one."""
    assert call(**{"from": written}).caller == caller


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("ongoing", CallState.ONGOING),
        ("Success", CallState.SUCCESS),
        ("busy", CallState.BUSY),
        ("failed", CallState.FAILED),
        ("noanswer", CallState.FAILED),
        ("Cancel", CallState.FAILED),
        ("teleported", CallState.UNKNOWN),
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


def test_a_call_tells_its_end_as_its_callback_would() -> None:
    """So that what was not posted can be looked up."""
    read = call()
    assert read.ended() == CallEnded(
        call_id="c0231d6d7d6bc14a7e7734e466785c4ce",
        direction=CallDirection.INCOMING,
        caller="+46701740605",
        callee="+46766861234",
        state=CallState.SUCCESS,
        created=datetime(2026, 1, 15, 10, 40, 14, 609000, UTC),
        start=datetime(2026, 1, 15, 10, 40, 21, tzinfo=UTC),
        duration=32,
        cost=Decimal("1.17"),
        actions=read.actions,
        legs=read.legs,
    )


@pytest.mark.parametrize(
    ("start", "was_answered"), [("2026-01-15T10:40:21", True), (None, False)]
)
def test_a_call_with_a_start_was_answered(
    start: str | None, was_answered: bool
) -> None:
    """Whatever its state."""
    assert call(start=start).ended().was_answered is was_answered


@pytest.mark.parametrize(
    ("written", "ring_timeout"), [(60, 60), ("60", 60), ("long", None), (None, None)]
)
def test_how_long_a_call_may_ring_is_read(
    written: object, ring_timeout: int | None
) -> None:
    """A call is not lost for it."""
    assert call(timeout=written).ring_timeout == ring_timeout


@pytest.mark.parametrize("odd", ["4040.40", True, 4.5, [], {}])
def test_a_call_is_not_lost_for_an_odd_figure_of_a_leg(odd: object) -> None:
    """What cannot be read is not known."""
    leg = call(legs=[{"to": "+46701740606", "duration": odd, "cost": odd}]).legs[0]
    assert (leg.callee, leg.duration, leg.cost) == ("+46701740606", None, None)


def test_an_instruction_that_46elks_gave_up_is_kept() -> None:
    """With what 46elks says about it."""
    actions = ({"hangup": "badsource"}, {"connect": "sip:a@b", "why": "creditslow"})
    assert call(actions=[*actions]).actions == actions


def test_a_leg_may_say_nothing() -> None:
    """A call is not lost for want of it."""
    assert call(legs=[{}]).legs == (
        Leg(caller=None, callee="", state=CallState.UNKNOWN, duration=None, cost=None),
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("to", None),
        ("from", 404040),
        ("created", None),
        ("start", "404040"),
        ("duration", "4040.40"),
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
