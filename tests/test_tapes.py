"""What is recorded of calls: fetched, kept and told, whatever comes in between."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from aiohttp import web
from aiohttp.test_utils import TestServer
from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.media_player import BrowseError
from homeassistant.components.media_source import (
    Unresolvable,
    async_browse_media,
    async_resolve_media,
)
from homeassistant.core import Event, HomeAssistant
from homeassistant.exceptions import ServiceValidationError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.elks46 import tapes
from custom_components.elks46.api.recordings import RecordingsResource
from custom_components.elks46.const import CONF_CALL_FALLBACK
from custom_components.elks46.contacts import folder_of
from custom_components.elks46.shelf import Shelf
from custom_components.elks46.tape_log import TapeLog

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    answering,
    data_url,
    drawn,
    failing,
    killed,
    pass_time,
    picture_home,
    setup_integration,
    use_action,
)
from .calls import LOST_ENDS, House, chirp, on_ring, place_call, post_call

pytestmark = pytest.mark.usefixtures("impatient")

RECORDING: Final = "elks46_recording"
CALLS: Final = "event.46701740690_calls"
FOLDER: Final = "media-source://elks46/46701740690"
SOUND: Final = chirp()
LOST_POSTS: Final[Json] = {
    "match": {"callback": "record"},
    "kind": "lose",
    "times": None,
}
NO_CONTENT: Final = (HTTPStatus.NO_CONTENT, None)


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
def house(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> House:
    """Return a home that can be called."""
    return House(hass, simulator, integration)


@pytest.fixture
def told(hass: HomeAssistant, house: House) -> list[Event[dict[str, Any]]]:
    """Return the recordings that are told from now on."""
    return async_capture_events(hass, RECORDING)


@pytest.fixture
def kept(hass: HomeAssistant, integration: MockConfigEntry) -> Shelf:
    """Return where recordings lie."""
    found = tapes.shelf(hass)
    assert found
    return found


async def taken(
    simulator: SimulatorControl, sound: str = "", **fields: object
) -> dict[str, str]:
    """Have a call at 46elks with a recording; return what 46elks posts when it is recorded."""
    row = {"from": ANNA, "to": NUMBER, "created": datetime.now(UTC).isoformat()}
    call = await simulator.control(
        "POST",
        "history/calls",
        row
        | {"recordings": [sound or data_url(SOUND, "audio/wav")], "duration": 5}
        | fields,
    )
    created = dt_util.utcnow().replace(tzinfo=None).isoformat()
    return {
        "callid": call["id"],
        "direction": "incoming",
        "from": ANNA,
        "to": NUMBER,
        "created": created,
        "duration": "3",
        "wav": f"{simulator.api_url}/recordings/{call['id']}-r0.wav",
    }


def ending(form: dict[str, str]) -> dict[str, str]:
    """Return what 46elks posts when the same call is over."""
    actions = '[{"record": "https://example.com", "result": "success"}]'
    return form | {"id": form["callid"], "state": "success", "actions": actions}


def voicemails(changes: list[Event[dict[str, Any]]]) -> list[Mapping[str, Any]]:
    """Return what the number's entity has told of messages."""
    return [
        change.data["new_state"].attributes
        for change in changes
        if change.data["entity_id"] == CALLS
        and change.data["new_state"].attributes.get("event_type") == "voicemail"
    ]


async def fetched(simulator: SimulatorControl) -> int:
    """Return how often sound was asked for."""
    return len(await simulator.requests("GET", "recordings/*.wav"))


async def settled(hass: HomeAssistant) -> None:
    """Let everything come to rest that is not planned for later."""
    await hass.async_block_till_done(wait_background_tasks=True)


@contextmanager
def slow() -> Iterator[None]:
    """Let no sound come from 46elks."""

    async def never(*_: object) -> bytes:
        await asyncio.Event().wait()
        return b""

    with patch.object(RecordingsResource, "download", never):
        yield


async def test_a_message_is_told_when_its_sound_is_here(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    told: list[Event[dict[str, Any]]],
    hass_client: ClientSessionGenerator,
) -> None:
    """It opens where the media browser says, to the last byte."""
    changes = async_capture_events(hass, "state_changed")
    await house.answers("voicemail")
    call_id = await house.ring(audio=data_url(SOUND, "audio/wav"))
    await house.over(call_id)
    await simulator.posted("record")
    await settled(hass)
    (event,) = told
    media_content_id = event.data["media_content_id"]
    assert event.data == {
        **event.data,
        "config_entry_id": house.entry.entry_id,
        "number": NUMBER,
        "contact": "Anna",
        "call_id": call_id,
        "recording_id": f"{call_id}-r0",
        "caller": ANNA,
        "callee": NUMBER,
        "voicemail": True,
    }
    assert event.data["duration"] > 0
    assert media_content_id.startswith(f"{FOLDER}/46701740605/")
    assert media_content_id.endswith(f"-{call_id}-r0.wav")
    media = await async_resolve_media(hass, media_content_id, None)
    assert media.mime_type == "audio/wav"
    client = await hass_client()
    content = await (await client.get(media.url)).read()
    recordings = house.entry.runtime_data.client.recordings
    assert content == await recordings.download(f"{call_id}-r0")
    (state,) = voicemails(changes)
    assert state["media_content_id"] == media_content_id
    assert state["recording_id"] == f"{call_id}-r0"
    assert (state["contact"], state["direction"]) == ("Anna", "incoming")


async def test_a_recording_is_told_once_however_often_it_is_posted(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
) -> None:
    """Also at once, while it is fetched, and after the next start."""
    form = await taken(simulator)
    with slow():
        posts = (post_call(public_url, "record", form) for _ in range(3))
        assert await asyncio.gather(*posts) == [NO_CONTENT] * 3
        await hass.async_block_till_done()
        assert not told
    await hass.config_entries.async_reload(house.entry.entry_id)
    await settled(hass)
    assert await post_call(public_url, "record", form) == NO_CONTENT
    await hass.config_entries.async_reload(house.entry.entry_id)
    assert await post_call(public_url, "record", form) == NO_CONTENT
    await settled(hass)
    assert len(told) == 1
    assert await fetched(simulator) == 1


@pytest.mark.parametrize("order", [["record", "hangup"], ["hangup", "record"]])
async def test_the_end_of_the_call_may_come_before_or_after(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
    order: list[str],
) -> None:
    """And both are told."""
    form = await taken(simulator)
    await house.answers("voicemail")
    await post_call(public_url, "call", form)
    for kind in order:
        assert await post_call(public_url, kind, ending(form)) == NO_CONTENT
    await settled(hass)
    await house.entry.runtime_data.catch_up.async_run()
    assert (len(told), len(house.ended)) == (1, 1)
    assert await simulator.requests("GET", "recordings") == []


async def test_a_restart_before_the_sound_is_here_loses_nothing(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
) -> None:
    """The post was answered, so 46elks says it no more."""
    form = await taken(simulator)
    with slow():
        assert await post_call(public_url, "record", form) == NO_CONTENT
    async with killed(hass, house.entry):
        pass
    await hass.config_entries.async_reload(house.entry.entry_id)
    await settled(hass)
    assert [event.data["recording_id"] for event in told] == [f"{form['callid']}-r0"]
    assert told[0].data["media_content_id"]


async def test_a_disk_that_writes_no_note_has_46elks_repeat_it(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
) -> None:
    """Then it is fetched."""
    form = await taken(simulator)
    with patch(
        "custom_components.elks46.journal.Journal.async_append",
        side_effect=OSError(28, "No space left"),
    ):
        status, _ = await post_call(public_url, "record", form)
    assert status == HTTPStatus.SERVICE_UNAVAILABLE
    assert await fetched(simulator) == 0
    assert await post_call(public_url, "record", form) == NO_CONTENT
    await settled(hass)
    assert len(told) == 1


async def test_a_disk_that_does_not_note_what_was_told(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
) -> None:
    """It is told once, as long as Home Assistant runs."""
    form = await taken(simulator)
    with slow():
        await post_call(public_url, "record", form)
        await hass.config_entries.async_unload(house.entry.entry_id)
    await hass.config_entries.async_setup(house.entry.entry_id)
    with patch(
        "custom_components.elks46.journal.Journal.async_append",
        side_effect=OSError(28, "No space left"),
    ):
        await settled(hass)
    assert await post_call(public_url, "record", form) == NO_CONTENT
    await settled(hass)
    assert len(told) == 1


FOR_NOW = [
    pytest.param({"kind": "status", "status": 503}, id="out of order"),
    pytest.param({"kind": "status", "status": 429}, id="too much at once"),
    pytest.param({"kind": "status", "status": 401}, id="password changed"),
    pytest.param({"kind": "drop_before"}, id="no answer"),
]
MISSING = [
    pytest.param({"kind": "status", "status": 404}, id="not there"),
    pytest.param({"kind": "status", "status": 403}, id="refused"),
    pytest.param({"kind": "status", "status": 302}, id="led elsewhere"),
    pytest.param({"kind": "status", "status": 200, "body": "RIFF"}, id="too small"),
    pytest.param({"kind": "status", "status": 200, "body": "<p>" * 99}, id="html"),
]


@pytest.mark.parametrize("fault", [*FOR_NOW, *MISSING])
async def test_a_sound_that_is_not_there_yet_is_fetched_later(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
    fault: Json,
) -> None:
    """After growing pauses, of which a repeated post makes none shorter."""
    form = await taken(simulator)
    await simulator.fail(failing("recordings/*", **fault))
    await post_call(public_url, "record", form)
    await settled(hass)
    for seconds in (6, 16):
        before = await fetched(simulator)
        await post_call(public_url, "record", form)
        await settled(hass)
        assert await fetched(simulator) == before
        await pass_time(hass, seconds=seconds)
        assert await fetched(simulator) > before
    before = await fetched(simulator)
    await pass_time(hass, seconds=16)
    assert await fetched(simulator) == before
    await simulator.fail()
    await pass_time(hass, seconds=46)
    (event,) = told
    assert event.data["media_content_id"]


@pytest.mark.parametrize(
    ("fault", "hours"),
    [
        *((one.values[0], 0.9) for one in MISSING),
        *((one.values[0], 71.9) for one in FOR_NOW),
    ],
)
async def test_a_sound_that_never_comes_is_told_without(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
    fault: Json,
    hours: float,
) -> None:
    """Once, and the log says so without a number."""
    form = await taken(simulator)
    await simulator.fail(failing("recordings/*", **fault))
    await post_call(public_url, "record", form)
    await settled(hass)
    freezer.tick(timedelta(hours=hours))
    async_fire_time_changed(hass)
    await settled(hass)
    assert not told
    freezer.tick(timedelta(hours=0.2))
    async_fire_time_changed(hass)
    await settled(hass)
    (event,) = told
    assert (event.data["media_content_id"], event.data["caller"]) == (None, ANNA)
    states = hass.states.get(CALLS)
    assert states
    assert states.attributes["event_type"] == "voicemail"
    assert states.attributes["media_content_id"] is None
    (warning,) = (one for one in caplog.records if "given up" in one.getMessage())
    assert warning.levelname == "WARNING"
    assert not any(char.isdigit() for char in warning.getMessage())
    await simulator.fail()
    await hass.config_entries.async_reload(house.entry.entry_id)
    await post_call(public_url, "record", form)
    await settled(hass)
    assert len(told) == 1


async def test_a_disk_that_refuses_the_sound_gets_it_later(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    kept: Shelf,
    told: list[Event[dict[str, Any]]],
) -> None:
    """And nothing half written stays."""
    form = await taken(simulator)
    with patch.object(Path, "replace", side_effect=OSError(28, "No space left")):
        await post_call(public_url, "record", form)
        await settled(hass)
    assert list(kept.folder.rglob("*.part")) == []
    assert not told
    await pass_time(hass, seconds=6)
    (event,) = told
    assert event.data["media_content_id"]


async def test_an_unloading_waits_for_what_is_just_being_kept(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
) -> None:
    """Where the disk refuses just then, it is tried at the next start."""
    form = await taken(simulator)
    entry_id = house.entry.entry_id

    def refuse(*_: object) -> None:
        asyncio.run_coroutine_threadsafe(closing(), hass.loop).result()
        raise OSError(28, "No space left")

    unloading: list[asyncio.Task[bool]] = []

    async def closing() -> None:
        unloading.append(
            asyncio.create_task(hass.config_entries.async_unload(entry_id))
        )
        await asyncio.sleep(0)

    with patch.object(Path, "replace", refuse):
        await post_call(public_url, "record", form)
        await settled(hass)
        assert await unloading[0]
    assert not told
    await setup_integration(hass, house.entry)
    assert len(told) == 1


async def test_without_a_media_folder_it_is_told_without(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At once, as waiting helps nothing."""
    form = await taken(simulator)
    hass.config.media_dirs = {}
    await post_call(public_url, "record", form)
    await settled(hass)
    (event,) = told
    assert event.data["media_content_id"] is None
    assert "no media folder" in caplog.text
    assert await fetched(simulator) == 0
    await hass.config_entries.async_reload(house.entry.entry_id)
    await settled(hass)
    answer = await use_action(hass, "get_recordings")
    assert answer["recordings"][0]["media_content_id"] is None


@pytest.fixture
async def elsewhere() -> AsyncIterator[tuple[str, list[str]]]:
    """Return the address of a host that is not 46elks, and what it was asked."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=SOUND)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/"), asked


async def test_no_other_host_gets_the_login(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
    elsewhere: tuple[str, list[str]],
) -> None:
    """Whoever knows the secret address may post any other; of it the id alone is taken."""
    url, asked = elsewhere
    form = await taken(simulator)
    form["wav"] = f"{url}/a1/recordings/{form['callid']}-r0.wav"
    await post_call(public_url, "record", form)
    await settled(hass)
    assert asked == []
    assert [event.data["media_content_id"] is not None for event in told] == [True]


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        pytest.param({"to": STRANGER}, {}, id="to another number"),
        pytest.param({}, {"ref": "01JX"}, id="of no call that was placed"),
        pytest.param({"callid": "c2"}, {"ref": "c1"}, id="of another call"),
        pytest.param({"to": ""}, {}, id="to nobody"),
    ],
)
async def test_what_was_recorded_of_other_calls_is_not_ours(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
    fields: dict[str, str],
    query: dict[str, str],
) -> None:
    """46elks need not say it again."""
    form = await taken(simulator)
    await post_call(public_url, "hangup", ending(form | {"callid": "c1"}))
    assert await post_call(public_url, "record", form | fields, **query) == NO_CONTENT
    await settled(hass)
    assert not told
    assert await fetched(simulator) == 0


async def test_a_message_can_be_left_in_a_call_that_comes_in_only(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
) -> None:
    """Of one that goes out, 46elks would name our reference."""
    await simulator.put_handset(ANNA, answers="at_once")
    (row,) = await place_call(hass, to=[ANNA])
    form = await taken(simulator)
    form["callid"] = row["call_id"]
    assert await post_call(public_url, "record", form) == NO_CONTENT
    await settled(hass)
    assert not told


async def test_a_message_of_nobody_knows_whom_is_kept(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
) -> None:
    """And found."""
    form = await taken(simulator)
    await post_call(public_url, "record", form | {"from": ""})
    await settled(hass)
    assert (told[0].data["caller"], told[0].data["contact"]) == (None, None)
    number = await async_browse_media(hass, FOLDER)
    assert [child.title for child in number.children or ()] == ["Hidden number"]


async def test_a_message_whose_post_was_lost_is_looked_up(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    told: list[Event[dict[str, Any]]],
) -> None:
    """Once, and told as if it had been posted."""
    await simulator.fail(LOST_POSTS)
    await house.answers("voicemail")
    call_id = await house.ring()
    await house.over(call_id)
    catch_up = house.entry.runtime_data.catch_up
    await catch_up.async_run()
    assert await simulator.requests("GET", "recordings") == []
    with patch.object(tapes, "POST_LATE", timedelta(0)):
        for _ in range(3):
            await catch_up.async_run()
            await settled(hass)
    assert len(await simulator.requests("GET", "recordings")) == 1
    (event,) = told
    assert event.data["recording_id"] == f"{call_id}-r0"
    assert (event.data["contact"], event.data["voicemail"]) == ("Anna", True)
    assert event.data["duration"] is not None


async def test_a_lost_post_is_missed_within_minutes(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    told: list[Event[dict[str, Any]]],
) -> None:
    """Not only at the next half hour."""
    await simulator.fail(LOST_POSTS)
    await house.answers("voicemail")
    await house.over(await house.ring())
    with patch.object(tapes, "POST_LATE", timedelta(0)):
        await pass_time(hass, seconds=61)
    assert len(told) == 1


async def test_a_call_of_which_nothing_was_recorded_is_asked_about_once(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
) -> None:
    """46elks out of reach does not count, nor does what the disk refuses to note."""
    form = await taken(simulator, recordings=[])
    await post_call(public_url, "hangup", ending(form))
    catch_up = house.entry.runtime_data.catch_up
    with patch.object(tapes, "POST_LATE", timedelta(0)):
        await simulator.fail(answering("recordings", 404))
        await catch_up.async_run()
        await simulator.fail()
        for _ in range(3):
            await catch_up.async_run()
    assert len(await simulator.requests("GET", "recordings")) == 2
    assert not told


async def test_a_message_left_during_a_restart_is_found_with_the_end_of_its_call(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    told: list[Event[dict[str, Any]]],
) -> None:
    """Where neither was posted."""
    await simulator.fail(LOST_POSTS, LOST_ENDS)
    await house.answers("voicemail")
    await house.stop_clock()
    call_id = await house.ring()
    await house.phase(call_id, "playing")
    await settled(hass)
    async with killed(hass, house.entry):
        await house.run_clock()
        await house.end(call_id)
    await settled(hass)
    (event,) = told
    assert event.data["recording_id"] == f"{call_id}-r0"
    assert event.data["voicemail"]
    assert await simulator.requests("GET", "recordings") == []


async def test_a_call_that_goes_on_has_no_recording_yet(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    told: list[Event[dict[str, Any]]],
) -> None:
    """Though 46elks lists one."""
    await house.answers("voicemail")
    await house.stop_clock()
    call_id = await house.ring()
    await house.to_recording(call_id)
    await hass.config_entries.async_reload(house.entry.entry_id)
    await settled(hass)
    assert await fetched(simulator) == 0
    await house.run_clock()
    await house.over(call_id)
    await simulator.posted("record")
    await settled(hass)
    assert len(told) == 1


async def test_a_call_of_ours_is_recorded(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    told: list[Event[dict[str, Any]]],
) -> None:
    """The action waits for the sound; it is no message that was left."""
    changes = async_capture_events(hass, "state_changed")
    await simulator.put_handset(ANNA, answers="at_once")
    rows = await place_call(hass, to=[ANNA, BJORN], record=True)
    (event,) = told
    by_phone = {row["to"]: row for row in rows}
    assert by_phone[ANNA]["recording"] == event.data["media_content_id"]
    assert by_phone[BJORN]["recording"] is None
    assert event.data["call_id"] == by_phone[ANNA]["call_id"]
    assert (event.data["caller"], event.data["callee"]) == (NUMBER, ANNA)
    assert (event.data["number"], event.data["contact"]) == (NUMBER, "Anna")
    assert event.data["voicemail"] is False
    assert voicemails(changes) == []
    await async_resolve_media(hass, event.data["media_content_id"], None)


async def test_a_call_is_not_recorded_unless_asked_for(
    hass: HomeAssistant, simulator: SimulatorControl, house: House
) -> None:
    """Nor waited for."""
    await simulator.put_handset(ANNA, answers="at_once")
    (row,) = await place_call(hass, to=[ANNA])
    assert row["recording"] is None
    call = await house.end(row["call_id"])
    assert call["recordings"] == []


async def test_an_action_waits_for_no_sound_for_ever(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    told: list[Event[dict[str, Any]]],
) -> None:
    """It comes as an event all the same."""
    await simulator.put_handset(ANNA, answers="at_once")
    await simulator.fail(failing("recordings/*", kind="status", status=503))
    with patch.object(tapes, "WAIT_SECONDS", 0.1):
        (row,) = await place_call(hass, to=[ANNA], record=True)
    assert (row["outcome"], row["recording"]) == ("answered", None)
    await simulator.fail()
    await pass_time(hass, seconds=6)
    assert len(told) == 1


async def test_a_reload_ends_the_waiting_for_a_sound(
    hass: HomeAssistant, house: House, simulator: SimulatorControl
) -> None:
    """Whenever it comes."""
    await simulator.put_handset(ANNA, answers="at_once")
    rooms = house.entry.runtime_data
    with slow():
        calling = asyncio.create_task(place_call(hass, to=[ANNA], record=True))
        await simulator.posted("recordcall")
        await hass.config_entries.async_reload(house.entry.entry_id)
        (row,) = await calling
        await rooms.tapes.async_wait([row["call_id"]])
    assert (row["outcome"], row["recording"]) == ("answered", None)


async def test_a_call_that_is_passed_on_is_recorded(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    told: list[Event[dict[str, Any]]],
) -> None:
    """Where the automation says so; it is no message that was left."""
    await simulator.put_handset(BJORN, answers="at_once")
    await house.answers("automation", **{CONF_CALL_FALLBACK: "reject"})
    answers = on_ring(
        hass, "answer_call", instruction="forward", forward_to=[BJORN], record=True
    )
    call_id = await house.ring()
    await house.until(call_id, lambda call: call["phase"] == "connected")
    await house.do(call_id, "hangup")
    await house.over(call_id)
    await simulator.posted("recordcall")
    await settled(hass)
    (event,) = told
    assert answers == [{"accepted": True}]
    assert (event.data["call_id"], event.data["voicemail"]) == (call_id, False)
    assert house.call(call_id).is_taped


async def test_only_a_call_that_is_passed_on_is_recorded(
    hass: HomeAssistant, house: House
) -> None:
    """Others have nobody to talk to."""
    with pytest.raises(ServiceValidationError, match="Field record"):
        await use_action(
            hass, "answer_call", call_id="c1", instruction="announce", record=True
        )


async def test_recordings_and_pictures_are_found_by_number_and_person(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
) -> None:
    """In one list, newest first; a recording says whose it is."""
    await simulator.put_number(NUMBER, capabilities=["sms", "mms", "voice"])
    pictures = async_capture_events(hass, "elks46_mms_received")
    await picture_home(hass, simulator, ANNA, "", drawn())
    for phone in (ANNA, STRANGER):
        form = await taken(simulator, **{"from": phone})
        await post_call(public_url, "record", form | {"from": phone})
    await settled(hass)
    number = await async_browse_media(hass, FOLDER)
    anna = await async_browse_media(hass, f"{FOLDER}/46701740605")
    assert [child.title for child in number.children or ()] == ["Anna", STRANGER]
    sound, picture = anna.children or ()
    assert (sound.media_class, sound.media_content_type) == ("music", "audio/wav")
    created = dt_util.as_local(house_time(told[0]))
    assert sound.title == f"Anna, {created:%Y-%m-%d %H:%M}"
    assert (sound.can_play, picture.media_class) == (True, "image")
    for child, known in zip(
        (sound, picture),
        (told[0].data["media_content_id"], pictures[0].data["images"][0]),
        strict=True,
    ):
        assert child.media_content_id == known
        await async_resolve_media(hass, known, None)
    with pytest.raises((Unresolvable, BrowseError)):
        await async_resolve_media(
            hass, told[0].data["media_content_id"].replace(".wav", ".exe"), None
        )


def house_time(event: Event[dict[str, Any]]) -> datetime:
    """Return the time in the name of a recording."""
    name = event.data["media_content_id"].rpartition("/")[2]
    return datetime.strptime(name.partition("-")[0], "%Y%m%dT%H%M%S%f").replace(
        tzinfo=UTC
    )


async def test_the_history_names_what_is_kept(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    told: list[Event[dict[str, Any]]],
) -> None:
    """And what is not, as nobody told this home."""
    form = await taken(simulator)
    await taken(simulator, sound="pending")
    await post_call(public_url, "record", form)
    await settled(hass)
    answer = await use_action(hass, "get_recordings")
    ids = {row["recording_id"]: row["media_content_id"] for row in answer["recordings"]}
    assert ids.pop(f"{form['callid']}-r0") == told[0].data["media_content_id"]
    assert list(ids.values()) == [None]


def put(kept: Shelf, days: float, phone: str = ANNA, end: str = "m1-0.png") -> Path:
    """Put a file there that is so many days old."""
    created = datetime.now(UTC) - timedelta(days=days)
    place = f"{folder_of(NUMBER)}/{folder_of(phone)}/{created:%Y%m%dT%H%M%S%f}-{end}"
    kept.store(place, SOUND)
    return kept.folder / place


async def a_day_later(hass: HomeAssistant) -> None:
    """Let the next day begin."""
    midnight = dt_util.start_of_local_day() + timedelta(days=1)
    async_fire_time_changed(hass, midnight)
    await settled(hass)


async def test_old_recordings_are_thrown_away(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    kept: Shelf,
) -> None:
    """After three months, by the time that 46elks tells; pictures stay for a year."""
    old, new = put(kept, 91, end="c1-r0.wav"), put(kept, 89, end="c2-r0.wav")
    picture = put(kept, 91)
    await post_call(public_url, "record", await taken(simulator))
    await settled(hass)
    assert [path.exists() for path in (old, new, picture)] == [False, True, True]
    assert len(kept.files()) == 2


async def test_recordings_of_strangers_push_out_nothing_but_each_other(
    hass: HomeAssistant, house: House, kept: Shelf
) -> None:
    """They have a share, and only of it."""
    anna = [put(kept, day, end=f"c{day}-r0.wav") for day in (5, 6, 7)]
    strangers = [
        put(kept, day, phone=f"+4670174065{day}", end="c9-r0.wav") for day in range(3)
    ]
    with (
        patch.object(tapes, "KEEP_BYTES", 3 * len(SOUND)),
        patch.object(tapes, "STRANGERS_BYTES", len(SOUND)),
    ):
        await a_day_later(hass)
    assert [path.exists() for path in strangers] == [True, False, False]
    assert [path.exists() for path in anna] == [True, True, False]


async def test_without_a_media_folder_there_is_nothing_to_throw_away(
    hass: HomeAssistant, house: House, kept: Shelf
) -> None:
    """Nor anything to complain about."""
    old = put(kept, 91, end="c1-r0.wav")
    hass.config.media_dirs = {}
    await a_day_later(hass)
    assert old.exists()


async def test_a_flood_of_recordings_fills_no_memory(
    hass: HomeAssistant,
    house: House,
    simulator: SimulatorControl,
    public_url: str,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Nor do those of last week; what is not told yet is never forgotten."""
    forms = [await taken(simulator) for _ in range(3)]
    for form in forms[:2]:
        await post_call(public_url, "record", form)
    await settled(hass)
    await simulator.fail(failing("recordings/*", kind="status", status=503))
    await post_call(public_url, "record", forms[2])
    await settled(hass)
    with patch("custom_components.elks46.tape_log.REMEMBER_TOLD_AT_MOST", 1):
        await hass.config_entries.async_reload(house.entry.entry_id)
    assert [*house.entry.runtime_data.store.tapes] == [
        f"{form['callid']}-r0" for form in forms[1:]
    ]
    freezer.tick(timedelta(days=5))
    with slow():
        await hass.config_entries.async_reload(house.entry.entry_id)
        await post_call(public_url, "hangup", ending(forms[0]))
        await hass.config_entries.async_reload(house.entry.entry_id)
    assert [*house.entry.runtime_data.store.tapes] == [f"{forms[2]['callid']}-r0"]


def test_a_memory_from_before_there_were_recordings_has_none() -> None:
    """And is read."""
    log = TapeLog()
    log.restore({})
    assert log.dump() == {"tapes": []}
