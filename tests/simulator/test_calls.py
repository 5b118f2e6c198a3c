"""Calls and recordings that were, read back; and how they come to be there."""

import io
import wave

import pytest

from . import ANNA, NUMBER, STRANGER, Answer, Client, data_url

OWNER = "u46e1c5000000000000000000000000de"


def sound(seconds: float, *, rate: int = 8_000) -> bytes:
    """Return a WAV file, as 46elks makes them."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"\x01\x02" * int(seconds * rate))
    return written.getvalue()


async def enter(control: Client, **changed: object) -> Answer:
    """Put a call from Anna into the history."""
    data = {"from": ANNA, "to": NUMBER} | changed
    return await control.ask("POST", "/history/calls", json=data)


async def test_a_call_is_read_back(api: Client, control: Client) -> None:
    """With all there is to it."""
    told = {
        "from": NUMBER,
        "to": ANNA,
        "direction": "outgoing",
        "state": "success",
        "created": "2026-01-15T10:40:14.609Z",
        "start": "2026-01-15T11:40:21+01:00",
        "duration": 32,
        "cost": "1.17",
        "timeout": 60,
        "actions": [{"connect": STRANGER, "result": "success"}],
        "legs": [{"duration": 17, "to": STRANGER, "state": "success", "from": NUMBER}],
        "recordings": [data_url(sound(15), "audio/wav")],
    }
    entered = (await enter(control, **told)).json()
    call_id = entered["id"]
    assert entered == {
        **told,
        "id": call_id,
        "created": "2026-01-15T10:40:14.609000",
        "start": "2026-01-15T10:40:21",
        "cost": 11_700,
        "owner": OWNER,
        "recordings": [f"{call_id}-r0"],
    }
    assert (await api.get(f"/calls/{call_id}")).json() == entered
    assert (await api.get("/Calls")).json() == {"data": [entered]}


async def test_what_a_call_did_not_have_is_not_there(control: Client) -> None:
    """One that was never answered has no start."""
    missed = (await enter(control, state="failed")).json()
    assert set(missed) == {
        *("id", "direction", "from", "to", "created", "state", "owner")
    }
    assert missed["direction"] == "incoming"
    answered = (await enter(control, duration=5)).json()
    assert (answered["state"], answered["start"]) == ("success", answered["created"])


async def test_a_call_is_paid(api: Client, control: Client) -> None:
    """It is billed when it was; with too little money it cannot have been."""
    created = "2026-01-15T10:40:14"
    call = (await enter(control, cost="1.17", created=created)).json()
    assert (await api.get("/me")).json()["balance"] == 1_000_000 - 11_700
    (bill,) = (await api.get("/billing")).json()["data"]
    assert (bill["reference"], bill["created"]) == (call["id"], created)
    answer = await enter(control, cost="100")
    assert answer.status == 400
    assert answer.json()["error"].startswith("Not enough credits")


async def test_calls_lie_where_they_belong_by_time(
    api: Client, control: Client
) -> None:
    """In whatever order they were told; the newest comes first."""
    hours = ("12", "10", "14", "11", "13")
    for hour in hours:
        await enter(control, created=f"2026-01-15T{hour}:00:00")
    first = (await api.get("/calls", limit="3")).json()
    second = (await api.get("/calls", start=first["next"])).json()
    rows = [*first["data"], *second["data"]]
    assert [row["created"][11:13] for row in rows] == sorted(hours, reverse=True)
    between = await api.get(
        "/calls", start="2026-01-15T13:00:00", end="2026-01-15T10:00:00"
    )
    assert [row["created"][11:13] for row in between.json()["data"]] == ["12", "11"]


async def test_a_recording_is_read_back(api: Client, control: Client) -> None:
    """Byte for byte."""
    content = sound(1.6)
    call = await enter(
        control,
        created="2026-01-15T10:40:14",
        duration=20,
        recordings=[data_url(content, "audio/wav")],
    )
    recording_id = f"{call.json()['id']}-r0"
    row = (await api.get(f"/recordings/{recording_id}")).json()
    assert row == {
        "duration": 2,
        "id": recording_id,
        "created": "2026-01-15T10:40:34",
        "callid": call.json()["id"],
        "bytes": len(content),
    }
    assert (await api.get("/Recordings")).json() == {"data": [row]}
    served = await api.get(f"/recordings/{recording_id}.wav")
    assert (served.body, served.headers["Content-Type"]) == (content, "audio/wav")
    stranger = Client(api.session, api.base)
    assert (await stranger.get(f"/recordings/{recording_id}.wav")).status == 401


async def test_a_recording_that_is_not_there_yet_is_tiny(
    api: Client, control: Client
) -> None:
    """It is less than 100 bytes, as seen."""
    (recording_id,) = (await enter(control, recordings=["pending"])).json()[
        "recordings"
    ]
    served = await api.get(f"/recordings/{recording_id}.wav")
    assert (served.status, 0 < len(served.body) < 100) == (200, True)
    assert (await api.get(f"/recordings/{recording_id}")).json()["duration"] == 0


async def test_recordings_come_in_pages(api: Client, control: Client) -> None:
    """Two of one call can be told apart at the edge of a page."""
    call = (await enter(control, recordings=["pending"] * 3)).json()
    first = (await api.get("/recordings", limit="2")).json()
    second = (await api.get("/recordings", start=first["next"])).json()
    rows = [*first["data"], *second["data"]]
    assert [row["id"] for row in rows] == call["recordings"][::-1]


async def test_a_deleted_call_is_gone_with_its_recordings(
    api: Client, control: Client
) -> None:
    """The answer tells when; what was paid is paid."""
    call = (await enter(control, recordings=["pending"], cost="1")).json()
    deleted = (await api.ask("DELETE", f"/calls/{call['id']}")).json()
    assert (set(deleted), deleted["id"]) == ({"id", "deleted"}, call["id"])
    assert (await api.get("/recordings")).json() == {"data": []}
    for method in ("GET", "DELETE"):
        answer = await api.ask(method, f"/calls/{call['id']}")
        assert (answer.status, answer.text) == (404, "Not found")
    assert len((await api.get("/billing")).json()["data"]) == 1


@pytest.mark.parametrize(
    "path", ["/calls/c0", "/recordings/c0-r0", "/recordings/c0-r0.wav"]
)
async def test_what_is_not_there_is_not_found(api: Client, path: str) -> None:
    """In plain text."""
    answer = await api.get(path)
    assert (answer.status, answer.text) == (404, "Not found")


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"to": ""}, "to: is required"),
        ({"direction": "sideways"}, "direction: one of"),
        ({"state": "noanswer"}, "state: one of success"),
        ({"created": "yesterday"}, "created: a time like"),
        ({"created": "2099-01-01T00:00:00"}, "created: a time like"),
        ({"start": 5}, "start: a text"),
        ({"duration": -1}, "duration: a whole number"),
        ({"cost": "much"}, "cost: an amount"),
        ({"actions": {}}, "actions: a list of JSON objects"),
        ({"legs": ["x"]}, "legs: a list of JSON objects"),
        ({"recordings": ["x"]}, "recordings: WAV of 8000"),
        ({"recordings": [data_url(sound(1, rate=16_000))]}, "recordings: WAV of 8000"),
        ({"recordings": ["pending"] * 11}, "recordings: at most 10"),
        ({"subaccount": "a0"}, "subaccount: there is no a0"),
        ({"colour": 1}, "Unknown field colour"),
    ],
)
async def test_what_cannot_have_been_is_refused(
    api: Client, control: Client, changed: dict[str, object], error: str
) -> None:
    """The error names the field, and the history stays as it was."""
    answer = await enter(control, **changed)
    assert answer.status == 400
    assert error in answer.json()["error"]
    assert (await api.get("/calls")).json() == {"data": []}
    assert (await api.get("/recordings")).json() == {"data": []}
