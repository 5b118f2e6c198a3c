"""Tests of what was recorded of calls."""

from datetime import UTC, datetime

import pytest

from custom_components.elks46.api import ElksClient, ElksInvalidDataError, Recording

from . import Elks, answer, answer_text, asked_get, page

RECORDING_ID = "c0231d6d7d6bc14a7e7734e466785c4ce-r0"
SOUND = b"RIFF" + bytes(96)


def recording(**fields: object) -> Recording:
    """Return a recording of which some fields are different, or absent where None."""
    return Recording.from_api(answer("recording.json") | fields)


def test_a_recording_is_read() -> None:
    """What is not known is ignored."""
    assert recording() == Recording(
        id="c0231d6d7d6bc14a7e7734e466785c4ce-r0",
        call_id="c0231d6d7d6bc14a7e7734e466785c4ce",
        created=datetime(2026, 1, 15, 10, 40, 41, 700000, UTC),
        duration=15,
        size=240044,
    )


def test_a_recording_is_part_of_a_call_by_its_id() -> None:
    """Also where 46elks says no more than it documents."""
    bare = recording(callid=None, bytes=None, duration=None)
    assert bare.call_id == "c0231d6d7d6bc14a7e7734e466785c4ce"
    assert (bare.size, bare.duration) == (None, None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", None),
        ("created", "404040"),
        ("duration", "4040.40"),
    ],
)
def test_a_recording_with_a_wrong_field_is_refused(key: str, value: object) -> None:
    """The error names the field and keeps its value to itself."""
    with pytest.raises(ElksInvalidDataError, match=f"'{key}'") as caught:
        recording(**{key: value})
    assert "4040" not in str(caught.value)


async def test_recordings_are_listed(client: ElksClient, elks: Elks) -> None:
    """Newest first, as all that is history."""
    elks.answers(page("recording.json"))
    recordings = [recording async for recording in client.recordings.history(None)]
    assert recordings == [Recording.from_api(answer("recording.json"))]
    assert elks.asked == [asked_get("/a1/recordings")]


async def test_a_recording_is_asked_for(client: ElksClient, elks: Elks) -> None:
    """It tells how long it is, not what it says."""
    elks.answers(answer_text("recording.json"))
    recording = await client.recordings.get(RECORDING_ID)
    assert recording == Recording.from_api(answer("recording.json"))
    assert elks.asked == [asked_get(f"/a1/recordings/{RECORDING_ID}")]


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("{id}", id="id"),
        pytest.param("{api}/recordings/{id}.wav", id="address"),
        pytest.param("{api}/recordings/{id}", id="address without ending"),
    ],
)
async def test_a_recording_is_downloaded(
    client: ElksClient, elks: Elks, api_url: str, address: str
) -> None:
    """As the WAV file that it is."""
    elks.answers_with_file(SOUND)
    url_or_id = address.format(api=api_url, id=RECORDING_ID)
    assert await client.recordings.download(url_or_id) == SOUND
    assert elks.asked == [asked_get(f"/a1/recordings/{RECORDING_ID}.wav")]


@pytest.mark.parametrize("sound", [b"", b"not yet", SOUND[:99]])
async def test_a_recording_may_not_be_there_yet(
    client: ElksClient, elks: Elks, sound: bytes
) -> None:
    """46elks then sends a few bytes, and no error."""
    elks.answers_with_file(sound)
    assert await client.recordings.download(RECORDING_ID) is None


async def test_a_recording_may_have_so_many_bytes(
    client: ElksClient, elks: Elks
) -> None:
    """One more is too many."""
    elks.answers_with_file(SOUND)
    with pytest.raises(ElksInvalidDataError, match="too long"):
        await client.recordings.download(RECORDING_ID, max_bytes=99)


@pytest.mark.parametrize("path", ["images/m1-i0.jpg", "recordings/x/y.wav", "me"])
async def test_an_address_that_is_no_recording_is_not_asked(
    client: ElksClient, elks: Elks, api_url: str, path: str
) -> None:
    """Not even at 46elks."""
    with pytest.raises(ElksInvalidDataError, match="recordings"):
        await client.recordings.download(f"{api_url}/{path}")
    assert elks.asked == []


async def test_an_address_of_another_host_is_not_asked(
    client: ElksClient, elks: Elks
) -> None:
    """The login is for 46elks alone."""
    with pytest.raises(ElksInvalidDataError, match="recordings"):
        await client.recordings.download("https://evil.example/a1/recordings/c1-r0.wav")
    assert elks.asked == []
