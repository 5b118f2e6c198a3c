"""Tests of what 46elks posts to us of calls, and of what strangers might."""

from datetime import UTC, datetime
from decimal import Decimal

from freezegun.api import FrozenDateTimeFactory
import pytest

from custom_components.elks46.api import (
    Call,
    CallAnswered,
    CallbackKind,
    CallDirection,
    CallEnded,
    CallResult,
    CallState,
    ElksInvalidDataError,
    IncomingCall,
    InstructionResult,
    Leg,
    RecordingReady,
    parse_call_callback,
    parse_callback,
)

from . import answer, form

CALL_ID = "c0231d6d7d6bc14a7e7734e466785c4ce"
WAV = f"https://api.46elks.com/a1/recordings/{CALL_ID}-r0.wav"
COMING = IncomingCall(
    call_id=CALL_ID,
    caller="+46701740605",
    callee="+46766861234",
    created=datetime(2026, 1, 15, 10, 40, 14, 609000, UTC),
)
ANSWERED = CallAnswered(
    call_id="c2231d6d7d6bc14a7e7734e466785c4ce",
    caller="+46766861234",
    callee="+46701740605",
    created=datetime(2026, 1, 15, 10, 45, 14, 609000, UTC),
)
FORMS = {
    "call": "call_incoming.form",
    "next": "next.form",
    "record": "record.form",
    "hangup": "hangup.form",
}


class UploadedFile:
    """What a field is that was posted as a file."""


def changed(name: str, changes: dict[str, object]) -> dict[str, object]:
    """Return the fields of a callback with some changed, and those that are None gone."""
    fields = {**form(name), **changes}
    return {key: value for key, value in fields.items() if value is not None}


def result(**changes: object) -> CallResult:
    """Return the result of an instruction of which some fields are different."""
    read = parse_call_callback("next", changed("next.form", changes))
    assert isinstance(read, CallResult)
    return read


def recording(**changes: object) -> RecordingReady:
    """Return a recording of which some fields are different."""
    read = parse_call_callback("record", changed("record.form", changes))
    assert isinstance(read, RecordingReady)
    return read


def ended(**changes: object) -> CallEnded:
    """Return the end of a call of which some fields are different."""
    read = parse_call_callback("hangup", changed("hangup.form", changes))
    assert isinstance(read, CallEnded)
    return read


def outcome_of(kind: str, fields: dict[str, object]) -> str:
    """Return what a form was read as, or why not."""
    try:
        return type(parse_call_callback(kind, fields)).__name__
    except ElksInvalidDataError as err:
        return str(err)


@pytest.mark.parametrize(
    ("name", "changes", "call"),
    [
        pytest.param("call_incoming.form", {}, COMING, id="incoming"),
        pytest.param(
            "call_incoming.form", {"result": None}, COMING, id="from a client"
        ),
        pytest.param(
            "call_incoming.form",
            {"callid": None, "id": CALL_ID},
            COMING,
            id="from a client, by example",
        ),
        pytest.param(
            "call_incoming.form", {"direction": None}, COMING, id="incoming by result"
        ),
        pytest.param(
            "call_incoming.form",
            {"direction": "sideways", "result": "NewIncoming"},
            COMING,
            id="incoming by result alone",
        ),
        pytest.param("call_answered.form", {}, ANSWERED, id="outgoing"),
        pytest.param(
            "call_answered.form", {"result": "new"}, ANSWERED, id="outgoing, new word"
        ),
        pytest.param(
            "call_answered.form", {"direction": ""}, ANSWERED, id="outgoing by result"
        ),
    ],
)
def test_a_call_is_read(
    name: str, changes: dict[str, object], call: IncomingCall | CallAnswered
) -> None:
    """Whichever way it goes, and however 46elks says so."""
    assert parse_call_callback(CallbackKind.CALL, changed(name, changes)) == call


@pytest.mark.parametrize(
    "written", [None, "", "anonymous", "ANONYMOUS", "unknown", "sip:anonymous@1.2.3.4"]
)
@pytest.mark.parametrize("kind", FORMS)
def test_a_caller_may_hide(kind: str, written: str | None) -> None:
    """However 46elks writes it."""
    fields = changed(FORMS[kind], {"from": written})
    assert parse_call_callback(kind, fields).caller is None


@pytest.mark.parametrize("created", [None, "", "yesterday", UploadedFile()])
@pytest.mark.parametrize("kind", ["call", "record", "hangup"])
def test_what_has_no_time_is_of_now(
    kind: str, created: object, freezer: FrozenDateTimeFactory
) -> None:
    """Somebody is waiting for an answer."""
    freezer.move_to("2026-01-15T12:00:00Z")
    read = parse_call_callback(kind, changed(FORMS[kind], {"created": created}))
    assert not isinstance(read, CallResult)
    assert read.created == datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def test_a_result_is_read() -> None:
    """What is not known is ignored."""
    assert result() == CallResult(
        call_id=CALL_ID,
        direction=CallDirection.INCOMING,
        caller="+46701740605",
        callee="+46766861234",
        result=InstructionResult.SUCCESS,
        digits=None,
        why=None,
    )


def test_a_result_needs_no_more_than_a_call() -> None:
    """Not every page promises more."""
    fields = {"callid": CALL_ID, "result": "12"}
    assert parse_call_callback("next", fields) == CallResult(
        call_id=CALL_ID,
        direction=CallDirection.UNKNOWN,
        caller=None,
        callee=None,
        result=InstructionResult.SUCCESS,
        digits="12",
        why=None,
    )


@pytest.mark.parametrize(
    ("written", "read", "digits"),
    [
        ("success", InstructionResult.SUCCESS, None),
        ("ok", InstructionResult.SUCCESS, None),
        ("OK", InstructionResult.SUCCESS, None),
        ("busy", InstructionResult.BUSY, None),
        ("Failed", InstructionResult.FAILED, None),
        ("teleported", InstructionResult.UNKNOWN, None),
        ("newincoming", InstructionResult.UNKNOWN, None),
        ("", InstructionResult.UNKNOWN, None),
        ("1", InstructionResult.SUCCESS, "1"),
        ("0", InstructionResult.SUCCESS, "0"),
        ("0123456789*#", InstructionResult.SUCCESS, "0123456789*#"),
        ("1" * 64, InstructionResult.SUCCESS, "1" * 64),
        ("1" * 65, InstructionResult.UNKNOWN, None),
        ("1 2", InstructionResult.UNKNOWN, None),
        ("1\n", InstructionResult.UNKNOWN, None),
        ("١", InstructionResult.UNKNOWN, None),
    ],
)
def test_how_an_instruction_ended_is_read(
    written: str, read: InstructionResult, digits: str | None
) -> None:
    """Keys are a success; what is new is unknown."""
    assert (result(result=written).result, result(result=written).digits) == (
        read,
        digits,
    )


@pytest.mark.parametrize(
    ("why", "read", "no_input"),
    [
        ("noinput", "noinput", True),
        ("creditslow", "creditslow", False),
        (None, None, False),
        (UploadedFile(), None, False),
    ],
)
def test_a_failure_may_have_a_reason(
    why: object, read: str | None, no_input: bool
) -> None:
    """Of which one is that nobody pressed a key."""
    failed = result(result="failed", why=why)
    assert failed.result is InstructionResult.FAILED
    assert failed.why == read
    assert failed.no_input is no_input


def test_a_recording_is_read() -> None:
    """Its id is in its address."""
    assert recording() == RecordingReady(
        call_id=CALL_ID,
        recording_id=f"{CALL_ID}-r0",
        caller="+46701740605",
        callee="+46766861234",
        url=WAV,
        duration=15,
        created=datetime(2026, 1, 15, 10, 40, 41, 700000, UTC),
    )


@pytest.mark.parametrize(
    "url", [WAV, WAV.removesuffix(".wav"), f"{WAV}?a=/b.wav", f"{WAV}#c", f"x{WAV}"]
)
def test_the_id_of_a_recording_is_in_its_address(url: str) -> None:
    """Whether that is one of 46elks', who fetches it sees to."""
    ready = recording(wav=url)
    assert (ready.recording_id, ready.url) == (f"{CALL_ID}-r0", url)


def test_a_recording_is_part_of_a_call_by_its_id() -> None:
    """Also where 46elks says no more."""
    bare = parse_call_callback("record", {"wav": WAV})
    assert isinstance(bare, RecordingReady)
    assert bare.call_id == CALL_ID
    assert (bare.caller, bare.callee, bare.duration) == (None, None, None)


@pytest.mark.parametrize("duration", [None, "", "15 s", "-", "1" * 16, UploadedFile()])
def test_a_recording_need_not_say_how_long_it_is(duration: object) -> None:
    """It can be heard."""
    assert recording(duration=duration).duration is None


def test_the_end_of_a_call_is_read() -> None:
    """With all that was done in it, as the history tells it later."""
    assert ended() == CallEnded(
        call_id=CALL_ID,
        direction=CallDirection.INCOMING,
        caller="+46701740605",
        callee="+46766861234",
        state=CallState.SUCCESS,
        created=datetime(2026, 1, 15, 10, 40, 14, 609000, UTC),
        start=datetime(2026, 1, 15, 10, 40, 21, tzinfo=UTC),
        duration=32,
        cost=Decimal("1.17"),
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
    )
    assert ended() == Call.from_api(answer("call_answered.json")).ended()


def test_the_end_of_a_call_that_nobody_answered_is_read() -> None:
    """It has no start, and little else."""
    read = parse_call_callback("hangup", form("hangup_unanswered.form"))
    assert read == Call.from_api(answer("call_unanswered.json")).ended()
    assert isinstance(read, CallEnded)
    assert not read.was_answered


def test_the_end_of_a_call_may_have_its_id_under_the_other_name() -> None:
    """That of all other callbacks of calls."""
    assert ended(id=None, callid=CALL_ID) == ended()


@pytest.mark.parametrize(
    ("start", "was_answered"),
    [("2026-01-15T10:40:21", True), ("", False), ("soon", False), (None, False)],
)
@pytest.mark.parametrize("state", ["success", "failed", "busy", "ongoing"])
def test_a_call_without_a_start_was_not_answered(
    state: str, start: str | None, was_answered: bool
) -> None:
    """Whatever its state."""
    assert ended(state=state, start=start).was_answered is was_answered


@pytest.mark.parametrize(
    ("written", "state"),
    [
        ("success", CallState.SUCCESS),
        ("failed", CallState.FAILED),
        ("BUSY", CallState.BUSY),
        ("ongoing", CallState.ONGOING),
        ("noanswer", CallState.FAILED),
        ("cancel", CallState.FAILED),
        ("teleported", CallState.UNKNOWN),
        ("", CallState.UNKNOWN),
        (None, CallState.UNKNOWN),
        (UploadedFile(), CallState.UNKNOWN),
    ],
)
def test_the_state_of_a_call_that_ended_is_read(
    written: object, state: CallState
) -> None:
    """In any letter case, and what is new is unknown."""
    assert ended(state=written).state is state


@pytest.mark.parametrize(
    ("written", "count"),
    [
        pytest.param(None, 0, id="absent"),
        pytest.param("", 0, id="empty"),
        pytest.param("[]", 0, id="none"),
        pytest.param("[{}, {}]", 2, id="two of nothing"),
        pytest.param('[{"to": "+46"}, null, 5, "x", []]', 1, id="one among others"),
        pytest.param('{"to": "+46"}', 0, id="object"),
        pytest.param("null", 0, id="null"),
        pytest.param("5", 0, id="number"),
        pytest.param("[{", 0, id="broken off"),
        pytest.param("[" * 100_000, 0, id="too deep"),
        pytest.param("9" * 5_000, 0, id="too long a number"),
        pytest.param("[{'to': '+46'}]", 0, id="Python"),
        pytest.param(UploadedFile(), 0, id="file"),
    ],
)
def test_the_end_of_a_call_is_not_lost_for_what_was_done_in_it(
    written: object, count: int
) -> None:
    """What can be read of it is."""
    read = ended(actions=written, legs=written)
    assert (len(read.actions), len(read.legs)) == (count, count)
    assert read.duration == 32


def test_a_leg_that_cannot_be_read_does_not_hide_the_others() -> None:
    """It may be one of the future."""
    legs = '[{"to": 46}, {"from": []}, {"state": {}}, {"to": "+46", "duration": "9"}]'
    assert ended(legs=legs).legs == (
        Leg(caller=None, callee="+46", state=CallState.UNKNOWN, duration=9, cost=None),
    )


@pytest.mark.parametrize("key", ["duration", "cost"])
@pytest.mark.parametrize("odd", [None, "", "1.17", "1e5", UploadedFile()])
def test_the_end_of_a_call_is_not_lost_for_an_odd_figure(key: str, odd: object) -> None:
    """What cannot be read is not known."""
    assert getattr(ended(**{key: odd}), key) is None


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        pytest.param("call", "callid", None, id="no call"),
        pytest.param("call", "callid", "", id="empty call"),
        pytest.param("call", "callid", "c" * 65, id="long call"),
        pytest.param("call", "callid", UploadedFile(), id="file as call"),
        pytest.param("call", "from", UploadedFile(), id="file as caller"),
        pytest.param("call", "to", None, id="no callee"),
        pytest.param("call", "to", UploadedFile(), id="file as callee"),
        pytest.param("next", "callid", None, id="result of no call"),
        pytest.param("next", "result", None, id="no result"),
        pytest.param("next", "result", UploadedFile(), id="file as result"),
        pytest.param("next", "to", UploadedFile(), id="file as callee of a result"),
        pytest.param("record", "wav", None, id="no recording"),
        pytest.param("record", "wav", "", id="empty recording"),
        pytest.param("record", "wav", "secret", id="recording without address"),
        pytest.param("record", "wav", "https://h.example/", id="recording of no name"),
        pytest.param("record", "wav", f"https://h.example/{'c' * 65}", id="long name"),
        pytest.param("record", "wav", "https://h.example/a%2Fb.wav", id="step in name"),
        pytest.param("record", "wav", "https://h.example/../..", id="steps up"),
        pytest.param("record", "wav", UploadedFile(), id="file as recording"),
        pytest.param("record", "callid", "", id="recording of an empty call"),
        pytest.param("hangup", "id", None, id="end of no call"),
        pytest.param("hangup", "id", "", id="end of an empty call"),
        pytest.param("hangup", "to", None, id="end of a call to nobody"),
    ],
)
def test_a_callback_with_a_wrong_field_is_refused(
    kind: str, key: str, value: object
) -> None:
    """The error names the field and those that came, and never what is in them."""
    with pytest.raises(ElksInvalidDataError) as caught:
        parse_call_callback(kind, changed(FORMS[kind], {key: value}))
    refused, _, came = str(caught.value).partition("; fields: ")
    assert refused.startswith(("Field 'id'", f"Field '{key}'"))
    assert "from, " in came
    assert "4670" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("direction", "word"),
    [(None, None), ("sideways", "success"), ("", "1"), ("incomin", "incoming")],
)
def test_a_call_that_goes_no_way_is_refused(
    direction: str | None, word: str | None
) -> None:
    """Nobody knows whether to answer it, or what it was made for."""
    fields = changed("call_incoming.form", {"direction": direction, "result": word})
    with pytest.raises(ElksInvalidDataError, match="^Field 'direction'"):
        parse_call_callback("call", fields)


@pytest.mark.parametrize("kind", ["", "CALL", "sms", "mms", "delivery", "fax"])
def test_an_unknown_kind_of_callback_is_refused(kind: str) -> None:
    """Messages are read elsewhere."""
    with pytest.raises(ElksInvalidDataError, match="^Unknown kind of callback$"):
        parse_call_callback(kind, form("next.form"))


@pytest.mark.parametrize("kind", FORMS)
def test_a_callback_of_a_call_is_none_of_a_message(kind: str) -> None:
    """Who reads messages is not handed a call."""
    with pytest.raises(ElksInvalidDataError, match="^Unknown kind of callback$"):
        parse_callback(kind, form(FORMS[kind]))


@pytest.mark.parametrize(
    "name", ["call_incoming.form", "call_answered.form"], ids=["incoming", "answered"]
)
def test_people_are_not_shown(name: str) -> None:
    """Home Assistant logs what it hands to a listener that fails."""
    assert "4670" not in repr(parse_call_callback("call", form(name)))


def test_keys_are_not_shown() -> None:
    """They may open a door."""
    assert "4711" not in repr(result(result="4711"))


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize(
    "junk",
    [
        pytest.param("", id="empty"),
        pytest.param("\x00", id="null"),
        pytest.param("\ud83d", id="half a pair"),
        pytest.param("\u202e+46", id="right to left"),
        pytest.param("9" * 5_000, id="long number"),
        pytest.param("a" * 60_000, id="long"),
        pytest.param("%00%ff", id="escapes"),
        pytest.param("null", id="null by name"),
        pytest.param('{"a": [', id="JSON"),
        pytest.param("../../etc/passwd", id="path"),
    ],
)
def test_junk_is_read_or_refused(kind: str, junk: str) -> None:
    """In every field, one by one: an error is one of ours, and short."""
    for key in form(FORMS[kind]):
        fields = changed(FORMS[kind], {key: junk})
        outcome = outcome_of(kind, fields)
        assert len(outcome) < 300
