"""The actions that read 46elks' history: what they return, in which span, and what may be wrong."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
import json

from homeassistant.core import HomeAssistant, SupportsResponse
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import CONF_KEEP_TEXT, DOMAIN

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    answering,
    change_options,
    failing,
    use_action,
)

MESSAGES, CALLS, RECORDINGS = "get_messages", "get_calls", "get_recordings"
ACTIONS = [MESSAGES, CALLS, RECORDINGS]
PATHS = {MESSAGES: "sms", CALLS: "calls", RECORDINGS: "recordings"}
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("impatient")


async def read(hass: HomeAssistant, action: str, **data: object) -> Json:
    """Use an action."""
    return await use_action(hass, action, **data)


async def texted(
    simulator: SimulatorControl, when: datetime = NOON, **fields: object
) -> str:
    """Enter a text that was, from Anna to the home unless told otherwise; return its id."""
    row = {"from": ANNA, "to": NUMBER, "message": "Hi", "created": when.isoformat()}
    text: Json = await simulator.control("POST", "history/sms", row | fields)
    return str(text["id"])


async def called(
    simulator: SimulatorControl, when: datetime = NOON, **fields: object
) -> str:
    """Enter a call that was, from Anna to the home unless told otherwise; return its id."""
    row = {"from": ANNA, "to": NUMBER, "created": when.isoformat()}
    call: Json = await simulator.control("POST", "history/calls", row | fields)
    return str(call["id"])


async def recorded(
    simulator: SimulatorControl, when: datetime = NOON, **fields: object
) -> str:
    """Enter a call that was recorded; return the id of the recording."""
    call_id = await called(simulator, when, recordings=["pending"], **fields)
    return f"{call_id}-r0"


ENTERED: dict[str, tuple[Callable[..., Awaitable[str]], str]] = {
    MESSAGES: (texted, "id"),
    CALLS: (called, "call_id"),
    RECORDINGS: (recorded, "recording_id"),
}


def ids(action: str, answer: Json) -> list[str]:
    """Return what an action has found."""
    name = action.removeprefix("get_")
    return [row[ENTERED[action][1]] for row in answer[name]]


@pytest.mark.parametrize("action", ACTIONS)
async def test_an_empty_history_is_no_error(
    hass: HomeAssistant, integration: MockConfigEntry, action: str
) -> None:
    """There is nothing to tell, and nothing more."""
    name = action.removeprefix("get_")

    assert await read(hass, action) == {name: [], "more": False, "unreadable": 0}
    assert hass.services.supports_response(DOMAIN, action) is SupportsResponse.ONLY


async def test_a_text_that_came_in_is_told(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Without a status, which 46elks does not give it."""
    text_id = await texted(simulator)

    assert (await read(hass, MESSAGES))["messages"] == [
        {
            "id": text_id,
            "kind": "sms",
            "direction": "incoming",
            "sender": ANNA,
            "recipient": NUMBER,
            "contact": "Anna",
            "message": "Hi",
            "images": [],
            "status": None,
            "created": "2026-01-15T12:00:00+00:00",
            "delivered": None,
            "parts": None,
            "cost": None,
        }
    ]


async def test_a_text_that_went_out_is_told(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """With what became of it, and its price as a number."""
    fields = {"from": "House", "to": BJORN, "direction": "outgoing", "cost": "0.35"}
    text_id = await texted(simulator, NOON, **fields)

    [row] = (await read(hass, MESSAGES))["messages"]
    assert row == {
        "id": text_id,
        "kind": "sms",
        "direction": "outgoing",
        "sender": "House",
        "recipient": BJORN,
        "contact": "Björn",
        "message": "Hi",
        "images": [],
        "status": "delivered",
        "created": "2026-01-15T12:00:00+00:00",
        "delivered": "2026-01-15T12:00:00+00:00",
        "parts": 1,
        "cost": 0.35,
    }


@pytest.mark.parametrize(
    ("direction", "told"),
    [
        ("incoming", "incoming"),
        ("outgoing", "outgoing"),
        ("outgoing-reply", "outgoing"),
        ("sideways", "unknown"),
    ],
)
async def test_a_direction_is_one_of_three(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    direction: str,
    told: str,
) -> None:
    """A reply that 46elks sent by itself has gone out."""
    row = {"id": "s1", "from": ANNA, "to": BJORN, "direction": direction}
    await simulator.fail(answering("sms", 200, json.dumps({"data": [row]})))

    [found] = (await read(hass, MESSAGES, kind="sms"))["messages"]
    assert found["direction"] == told
    assert found["created"] is None
    found = await read(hass, MESSAGES, kind="sms", direction="outgoing")
    assert len(found["messages"]) == (told == "outgoing")


async def test_a_call_is_told(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """With its legs and recordings."""
    leg = {"from": ANNA, "to": BJORN, "state": "success", "duration": 17, "cost": 5200}
    call_id = await called(
        simulator,
        duration=32,
        cost="0.5",
        legs=[leg, {"state": "failed"}],
        recordings=["pending"],
    )

    assert (await read(hass, CALLS))["calls"] == [
        {
            "call_id": call_id,
            "direction": "incoming",
            "caller": ANNA,
            "callee": NUMBER,
            "contact": "Anna",
            "state": "success",
            "created": "2026-01-15T12:00:00+00:00",
            "start": "2026-01-15T12:00:00+00:00",
            "duration": 32,
            "cost": 0.5,
            "legs": [
                {
                    "caller": ANNA,
                    "callee": BJORN,
                    "state": "success",
                    "duration": 17,
                    "cost": 0.52,
                },
                {
                    "caller": None,
                    "callee": None,
                    "state": "failed",
                    "duration": None,
                    "cost": None,
                },
            ],
            "recordings": [f"{call_id}-r0"],
        }
    ]


async def test_a_call_that_nobody_took_has_neither_start_nor_price(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """And one from a hidden number no caller."""
    row = {"id": "c1", "to": NUMBER, "from": "anonymous", "created": NOON.isoformat()}
    await simulator.fail(answering("calls", 200, json.dumps({"data": [row]})))

    [found] = (await read(hass, CALLS))["calls"]
    missing = ("caller", "contact", "start", "duration", "cost")
    assert {found[key] for key in missing} == {None}
    assert found["state"] == "unknown"


async def test_a_recording_is_told_with_the_ends_of_its_call(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks names them at the call alone."""
    await called(simulator, NOON - MINUTE)
    recording_id = await recorded(
        simulator, NOON, **{"from": NUMBER, "to": BJORN, "direction": "outgoing"}
    )

    [row] = (await read(hass, RECORDINGS))["recordings"]
    assert row.pop("duration") is not None
    assert row == {
        "recording_id": recording_id,
        "call_id": recording_id.removesuffix("-r0"),
        "direction": "outgoing",
        "caller": NUMBER,
        "callee": BJORN,
        "contact": "Björn",
        "created": "2026-01-15T12:00:00+00:00",
        "media_content_id": None,
    }


async def test_a_recording_whose_call_was_deleted_is_told_without_its_ends(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It can still be heard."""
    recording_id = await recorded(simulator)
    await integration.runtime_data.client.calls.delete(recording_id.partition("-")[0])
    page = {"data": [{"id": recording_id, "created": NOON.isoformat()}]}
    await simulator.fail(answering("recordings", 200, json.dumps(page)))

    [row] = (await read(hass, RECORDINGS))["recordings"]
    ends = ("direction", "caller", "callee", "contact", "duration")
    assert {row[key] for key in ends} == {None}
    for direction in ("incoming", "outgoing"):
        answer = await read(hass, RECORDINGS, direction=direction)
        assert answer["recordings"] == []


@pytest.mark.parametrize("action", ACTIONS)
async def test_all_pages_are_read(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
) -> None:
    """The newest comes first, and the default is a hundred."""
    enter, _ = ENTERED[action]
    entered = [await enter(simulator, NOON + MINUTE * n) for n in range(250)]
    before = len(await simulator.log())

    newest = await read(hass, action)
    assert ids(action, newest) == entered[:149:-1]
    assert newest["more"] is True
    every = await read(hass, action, limit=250)
    assert ids(action, every) == entered[::-1]
    assert every["more"] is False
    pages = await simulator.requests("GET", PATHS[action], after=before)
    assert len(pages) == 2 + 3


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_span_has_its_beginning_and_not_its_end(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
) -> None:
    """So that one day after the other has all there is, and nothing twice."""
    enter, _ = ENTERED[action]
    tick = timedelta(milliseconds=1)
    times = NOON - tick, NOON, NOON + MINUTE - tick, NOON + MINUTE
    entered = [await enter(simulator, when) for when in times]

    answer = await read(hass, action, after=NOON, before=NOON + MINUTE)
    assert ids(action, answer) == [entered[2], entered[1]]
    assert ids(action, await read(hass, action, after=NOON)) == entered[:0:-1]
    assert ids(action, await read(hass, action, before=NOON)) == entered[:1]


@pytest.mark.parametrize("action", ACTIONS)
async def test_the_bounds_hold_whatever_46elks_returns(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
) -> None:
    """It does not document whether a bound is part of the span."""
    row = {"id": "c1-r0", "from": ANNA, "to": NUMBER}
    times = NOON - timedelta(microseconds=1), NOON, NOON + MINUTE
    page = {"data": [row | {"created": when.isoformat()} for when in reversed(times)]}
    await simulator.fail(
        answering(PATHS[action], 200, json.dumps(page)),
        answering("*", 200, '{"data": []}'),
    )

    answer = await read(hass, action, after=NOON, before=NOON + MINUTE)
    [found] = answer[action.removeprefix("get_")]
    assert found["created"] == NOON.isoformat()


@pytest.mark.parametrize(
    ("after", "wire"),
    [
        pytest.param("2026-01-15 13:00", "2026-01-15T11:59:59.999000", id="winter"),
        pytest.param("2026-07-15T13:00:00", "2026-07-15T10:59:59.999000", id="summer"),
        pytest.param("2026-07-15", "2026-07-14T21:59:59.999000", id="a day"),
        pytest.param(
            "2026-10-25 02:30", "2026-10-25T00:29:59.999000", id="an hour twice"
        ),
        pytest.param(
            "2026-03-29 02:30", "2026-03-29T01:29:59.999000", id="an hour never"
        ),
        pytest.param("2026-01-15T13:00Z", "2026-01-15T12:59:59.999000", id="UTC"),
        pytest.param(
            "2026-01-15T13:00:00-05:00", "2026-01-15T17:59:59.999000", id="New York"
        ),
        pytest.param("0800-01-01T00:00", "1969-12-31T23:59:59.999000", id="long ago"),
        pytest.param(datetime(2026, 7, 15), "2026-07-14T21:59:59.999000", id="object"),
    ],
)
async def test_a_time_without_a_zone_is_this_homes(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    after: object,
    wire: str,
) -> None:
    """46elks is asked in UTC."""
    await hass.config.async_set_time_zone("Europe/Stockholm")
    before = len(await simulator.log())
    await read(hass, CALLS, after=after)

    [request] = await simulator.requests("GET", "calls", after=before)
    assert request["fields"] == {"end": wire}


@pytest.mark.parametrize("action", ACTIONS)
async def test_one_direction_is_read_alone(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
) -> None:
    """As many as are wanted, whatever lies between them."""
    enter, _ = ENTERED[action]
    out = {"from": NUMBER, "to": ANNA, "direction": "outgoing"}
    sides = {"incoming": {}, "outgoing": out}
    entered = {
        side: [await enter(simulator, NOON + MINUTE * n, **sides[side]) for n in order]
        for side, order in {"incoming": (0, 2, 4), "outgoing": (1, 3, 5)}.items()
    }

    for side, expected in entered.items():
        answer = await read(hass, action, direction=side)
        assert ids(action, answer) == expected[::-1]
        assert answer["more"] is False
        answer = await read(hass, action, direction=side, limit=2)
        assert ids(action, answer) == expected[:0:-1]
        assert answer["more"] is True


@pytest.mark.parametrize("action", [MESSAGES, CALLS])
@pytest.mark.parametrize("written", [STRANGER, "070-174 06 07", 46701740607])
async def test_what_was_with_one_number_is_read_alone(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
    written: object,
) -> None:
    """At either end."""
    enter, _ = ENTERED[action]
    first = await enter(simulator, NOON, **{"from": STRANGER})
    await enter(simulator, NOON + MINUTE)
    out = {"from": NUMBER, "to": STRANGER, "direction": "outgoing"}
    second = await enter(simulator, NOON + MINUTE * 2, **out)

    answer = await read(hass, action, number=written)
    assert ids(action, answer) == [second, first]


async def test_texts_and_pictures_are_one_history(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Unless one kind is asked for."""
    texts = [await texted(simulator, NOON + MINUTE * n) for n in (0, 2)]
    row = {
        "id": "m1",
        "direction": "incoming",
        "from": STRANGER,
        "to": NUMBER,
        "created": (NOON + MINUTE).isoformat(),
        "status": "recieved",
        "message": "Look!",
        "images": ["m1-i0"],
    }
    await simulator.fail(answering("mms", 200, json.dumps({"data": [row]})))

    both = await read(hass, MESSAGES)
    assert ids(MESSAGES, both) == [texts[1], "m1", texts[0]]
    assert both["more"] is False
    picture = both["messages"][1]
    assert (picture["kind"], picture["images"]) == ("mms", ["m1-i0"])
    assert (picture["status"], picture["contact"]) == (None, None)
    assert ids(MESSAGES, await read(hass, MESSAGES, kind="mms")) == ["m1"]
    assert ids(MESSAGES, await read(hass, MESSAGES, kind="sms")) == texts[::-1]
    newest = await read(hass, MESSAGES, limit=2)
    assert ids(MESSAGES, newest) == [texts[1], "m1"]
    assert newest["more"] is True


async def test_words_that_are_not_kept_are_not_told(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """The option says that automations do not get them, and an answer is kept in a trace."""
    await texted(simulator)
    await change_options(hass, integration, **{CONF_KEEP_TEXT: False})

    [row] = (await read(hass, MESSAGES))["messages"]
    assert row["message"] is None
    assert row["sender"] == ANNA


@pytest.mark.parametrize("action", ACTIONS)
async def test_a_row_that_cannot_be_read_is_left_out_and_counted(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
) -> None:
    """So that nobody thinks the answer whole."""
    good = {"id": "x1", "from": ANNA, "to": NUMBER, "created": NOON.isoformat()}
    page = json.dumps({"data": [{}, good, None, "x", good | {"created": "soon"}]})
    await simulator.fail(
        answering(PATHS[action], 200, page), answering("*", 200, '{"data": []}')
    )

    answer = await read(hass, action)
    assert ids(action, answer) == ["x1"]
    assert answer["unreadable"] == 4


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    ("fault", "key"),
    [
        pytest.param({"status": 401}, "authentication_error", id="password"),
        pytest.param({"status": 403, "body": "No"}, "request_refused", id="refused"),
        pytest.param({"status": 429}, "rate_limited", id="too much"),
        pytest.param({"status": 500}, "communication_error", id="broken"),
        pytest.param({"status": 200, "body": "<"}, "unknown_error", id="a page"),
        pytest.param({"status": 200, "body": "{}"}, "unknown_error", id="no list"),
    ],
)
async def test_46elks_may_refuse(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
    fault: Json,
    key: str,
) -> None:
    """The person is told so in their language."""
    await simulator.fail(failing(PATHS[action], kind="status", **fault))
    with pytest.raises(HomeAssistantError) as caught:
        await read(hass, action)

    assert caught.value.translation_key == key


async def test_the_calls_of_recordings_may_be_refused(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Half an answer would be taken for a whole one."""
    await recorded(simulator)
    await simulator.fail(answering("calls/*", 403, "No"))
    with pytest.raises(HomeAssistantError, match="No"):
        await read(hass, RECORDINGS)


async def test_only_the_calls_that_were_recorded_are_asked_for(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """And of those no more than are needed."""
    recordings = [await recorded(simulator, NOON + MINUTE * n) for n in range(20)]
    for n in range(150):
        await called(simulator, NOON + MINUTE * n)
    before = len(await simulator.log())

    answer = await read(hass, RECORDINGS, direction="incoming", limit=2)
    assert ids(RECORDINGS, answer) == recordings[:-3:-1]
    assert answer["more"] is True
    asked = await simulator.requests("GET", "calls*", after=before)
    assert len(asked) == 8


async def test_a_rare_number_is_not_looked_for_without_end(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was found until then is told, and that there may be more."""
    monkeypatch.setattr("custom_components.elks46.services.history.ROWS_AT_MOST", 150)
    await texted(simulator, NOON, **{"from": STRANGER})
    for n in range(1, 250):
        await texted(simulator, NOON + MINUTE * n)
    found = await texted(simulator, NOON + MINUTE * 250, **{"from": STRANGER})
    before = len(await simulator.log())

    answer = await read(hass, MESSAGES, number=STRANGER, kind="sms")
    assert ids(MESSAGES, answer) == [found]
    assert answer["more"] is True
    assert len(await simulator.requests("GET", "sms", after=before)) == 2


@pytest.mark.parametrize(
    ("number", "pages"),
    [
        pytest.param(BJORN, 1, id="a contact"),
        pytest.param(STRANGER, 3, id="anybody, who may also have been the sender"),
    ],
)
async def test_what_went_to_a_contact_is_asked_for_alone(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    number: str,
    pages: int,
) -> None:
    """46elks leaves out the rest."""
    out = {"from": NUMBER, "direction": "outgoing", "cost": "0"}
    found = await texted(simulator, NOON, to=number, **out)
    for n in range(1, 250):
        await texted(simulator, NOON + MINUTE * n, to=ANNA, **out)
    before = len(await simulator.log())

    answer = await read(hass, MESSAGES, number=number, direction="outgoing", kind="sms")
    assert ids(MESSAGES, answer) == [found]
    assert len(await simulator.requests("GET", "sms", after=before)) == pages


async def test_a_46elks_that_stumbles_is_asked_again(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Reading costs nothing."""
    text_id = await texted(simulator)
    await simulator.fail(failing("sms", times=2, kind="status", status=503))

    assert ids(MESSAGES, await read(hass, MESSAGES)) == [text_id]


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    ("data", "key"),
    [
        pytest.param(
            {"after": NOON, "before": NOON}, "history_span_empty", id="no span"
        ),
        pytest.param(
            {"after": NOON + MINUTE, "before": NOON},
            "history_span_empty",
            id="backwards",
        ),
        pytest.param(
            {"after": "2026-01-15T12:00Z", "before": "2026-01-15T12:30+01:00"},
            "history_span_empty",
            id="backwards in another zone",
        ),
        pytest.param(
            {"before": "9999-12-31T23:59:59"}, "history_time_impossible", id="never"
        ),
        pytest.param(
            {"after": "9999-12-31T23:59:59"}, "history_time_impossible", id="too late"
        ),
    ],
)
async def test_a_span_must_be_one(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    action: str,
    data: Json,
    key: str,
) -> None:
    """Or 46elks is not asked."""
    before = len(await simulator.log())
    with pytest.raises(ServiceValidationError) as caught:
        await read(hass, action, **data)

    assert caught.value.translation_key == key
    assert await simulator.requests("GET", PATHS[action], after=before) == []


async def test_a_span_may_begin_and_end_in_different_zones(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Later on the clock may be earlier."""
    text_id = await texted(simulator)
    span = {"after": "2026-01-15T12:00Z", "before": "2026-01-15T11:00-10:00"}

    assert ids(MESSAGES, await read(hass, MESSAGES, **span)) == [text_id]


@pytest.mark.parametrize("action", [MESSAGES, CALLS])
@pytest.mark.parametrize(
    "number",
    [
        pytest.param("Anna", id="a name"),
        pytest.param("08 12", id="too short"),
        pytest.param("", id="nothing"),
        pytest.param(701740605, id="without its zero"),
        pytest.param(4.5, id="a fraction"),
    ],
)
async def test_a_number_must_be_one(
    hass: HomeAssistant, integration: MockConfigEntry, action: str, number: object
) -> None:
    """The error names the field."""
    with pytest.raises(ServiceValidationError) as caught:
        await read(hass, action, number=number)

    assert caught.value.translation_key == "history_number_invalid"


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("after", "soon"),
        ("after", 5),
        ("before", ""),
        ("before", "12:00"),
        ("limit", 0),
        ("limit", -1),
        ("limit", 10_001),
        ("limit", "many"),
        ("limit", None),
        ("direction", "sideways"),
        ("direction", "outgoing-reply"),
        ("kind", "fax"),
        ("number", ["+46701740605"]),
    ],
)
async def test_bad_input_names_its_field(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    action: str,
    field: str,
    value: object,
) -> None:
    """And 46elks is not asked."""
    with pytest.raises(probatio.Invalid, match=field):
        await read(hass, action, **{field: value})


async def test_reading_outlasts_a_reload(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """A contact may be changed meanwhile."""
    text_id = await texted(simulator)
    await simulator.fail(failing("mms", times=1, kind="delay", seconds=0.5))
    reading = hass.async_create_task(read(hass, MESSAGES))
    await simulator.log(after=len(await simulator.log()), wait=5)
    await hass.config_entries.async_reload(integration.entry_id)

    assert ids(MESSAGES, await reading) == [text_id]
