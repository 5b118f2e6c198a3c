"""Picture messages both ways: sent once, told once, and their pictures kept."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
import json
import os
from pathlib import Path
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.media_player import BrowseError
from homeassistant.components.media_source import (
    BrowseMediaSource,
    Unresolvable,
    async_browse_media,
    async_resolve_media,
)
from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
import probatio
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.elks46 import album
from custom_components.elks46.api.images import ImagesResource
from custom_components.elks46.const import CONF_DEFAULT_SENDER, CONF_KEEP_TEXT
from custom_components.elks46.contacts import folder_of
from custom_components.elks46.shelf import Shelf
from custom_components.elks46.signals import SIGNAL_PICTURES

from . import (
    ANNA,
    BJORN,
    NUMBER,
    OTHER_NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    change_options,
    data_url,
    drawn,
    failing,
    killed,
    memory,
    pass_time,
    picture_home,
    post_callback,
    send_mms,
    send_sms,
    setup_integration,
    text_home,
)

pytestmark = pytest.mark.usefixtures("impatient")

PICTURE = drawn()
OTHER_PICTURE = drawn(9, 9, "GIF")
LOST_PICTURES = {"match": {"callback": "mms"}, "kind": "lose", "times": None}
IMAGE = "image.46701740690_last_picture"
NUMBERS_PICTURES = "media-source://elks46/46701740690"


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
def door(hass: HomeAssistant, tmp_path: Path) -> str:
    """Return the file of a picture that may be sent."""
    hass.config.allowlist_external_dirs = {str(tmp_path)}
    path = tmp_path / "door.png"
    path.write_bytes(PICTURE)
    return str(path)


async def on_screen(simulator: SimulatorControl, phone: str = ANNA) -> list[Json]:
    """Return what a phone has got, oldest first."""
    return [
        {key: text[key] for key in ("from", "message", "images")}
        for text in await simulator.texts(phone)
        if text["direction"] == "incoming"
    ]


def posting(kind: str, times: int | None = 1, **what: object) -> Json:
    """Return a fault of sending."""
    return failing("mms", method="POST", times=times, kind=kind, **what)


async def test_a_picture_reaches_a_phone_as_it_is(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    door: str,
) -> None:
    """In the request itself, so nothing of the home has to be reachable."""
    (row,) = await send_mms(hass, to=ANNA, message="Who is it?", image=door)

    (posted,) = await simulator.requests("POST", "mms")
    assert set(posted["fields"]) == {"from", "to", "message", "image"}
    assert await on_screen(simulator) == [
        {"from": NUMBER, "message": "Who is it?", "images": [data_url(PICTURE)]}
    ]
    assert (row["to"], row["status"], row["parts"]) == (ANNA, "created", None)
    assert row["id"].startswith("m")
    assert row["cost"] > 0


async def test_an_answer_may_tell_more_than_that_it_was_taken(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """46elks may add a status to it, as texts have."""
    answer = {"id": "m1", "from": NUMBER, "to": ANNA, "status": "sent"}
    await simulator.fail(posting("status", status=200, body=json.dumps(answer)))

    (row,) = await send_mms(hass, to=ANNA, message="Hi")

    assert row["status"] == "sent"


async def test_several_pictures_are_several_messages(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    door: str,
    tmp_path: Path,
) -> None:
    """In order, the text with the first; media items come as the editor fills them in."""
    (tmp_path / "other.gif").write_bytes(OTHER_PICTURE)
    other = {"media_content_id": f"{tmp_path}/other.gif", "media_content_type": "x"}

    rows = await send_mms(
        hass,
        entity_id="notify.anna_sms",
        to=[BJORN],
        message="Two",
        image=[door, other],
    )

    assert [row["to"] for row in rows] == [ANNA, ANNA, BJORN, BJORN]
    for phone in (ANNA, BJORN):
        assert await on_screen(simulator, phone) == [
            {"from": NUMBER, "message": "Two", "images": [data_url(PICTURE)]},
            {
                "from": NUMBER,
                "message": "",
                "images": [data_url(OTHER_PICTURE, "image/gif")],
            },
        ]


async def test_a_text_alone_may_go_as_a_picture_message(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """By the action, or by the entity of a contact, which is off at first."""
    registry = er.async_get(hass)
    assert hass.states.get("notify.anna_mms") is None
    registry.async_update_entity("notify.anna_mms", disabled_by=None)
    await hass.config_entries.async_reload(integration.entry_id)

    await hass.services.async_call(
        "notify",
        "send_message",
        {"entity_id": "notify.anna_mms", "message": "Hi", "title": "Home"},
        blocking=True,
    )
    await send_mms(hass, to=ANNA, message="Hej")

    messages = [text["message"] for text in await on_screen(simulator)]
    assert messages == ["Home\nHi", "Hej"]
    assert await simulator.requests("POST", "sms") == []


@pytest.mark.parametrize(
    ("default", "capabilities", "sender"),
    [
        pytest.param(None, ["sms", "mms"], NUMBER, id="number of this home"),
        pytest.param(OTHER_NUMBER, ["sms", "mms"], OTHER_NUMBER, id="default sender"),
        pytest.param("Cottage", ["sms", "mms"], NUMBER, id="name as default sender"),
        pytest.param("Cottage", ["sms"], "noreply", id="no number that can"),
    ],
)
async def test_the_sender_is_one_that_can(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    default: str | None,
    capabilities: list[str],
    sender: str,
) -> None:
    """46elks refuses any other."""
    await simulator.put_number(NUMBER, capabilities=capabilities)
    await simulator.put_number(OTHER_NUMBER, capabilities=["sms", "mms"])
    await integration.runtime_data.coordinator.async_refresh()
    await change_options(hass, integration, **{CONF_DEFAULT_SENDER: default})
    await simulator.put_number(
        OTHER_NUMBER, capabilities=["mms"] if default == OTHER_NUMBER else []
    )

    (row,) = await send_mms(hass, to=ANNA, message="Hi")

    (posted,) = await simulator.requests("POST", "mms")
    assert posted["fields"]["from"] == sender
    assert row["status"] == "created"


@pytest.mark.parametrize(
    ("data", "key"),
    [
        pytest.param({"to": ANNA}, "mms_empty", id="nothing"),
        pytest.param({"to": ANNA, "message": " "}, "mms_empty", id="blanks"),
        pytest.param({"message": "Hi"}, "recipient_missing", id="nobody"),
        pytest.param(
            {"to": ANNA, "image": "/etc/hosts"}, "image_not_allowed", id="secret"
        ),
        pytest.param(
            {"to": ANNA, "image": ["camera.x"]}, "image_unreachable", id="no camera"
        ),
        pytest.param(
            {"to": ANNA, "message": "Hi", "image": ["camera.x", "/etc/hosts"]},
            "image_not_allowed",
            id="no camera and a secret",
        ),
        pytest.param({"to": "08 12", "message": "Hi"}, "phone_invalid", id="number"),
    ],
)
async def test_what_cannot_be_sent_is_told(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    data: Json,
    key: str,
) -> None:
    """And nothing is sent to anybody."""
    with pytest.raises(ServiceValidationError) as error:
        await send_mms(hass, **data)

    assert error.value.translation_key == key
    assert await simulator.requests("POST", "mms") == []


async def test_a_dead_camera_silences_no_words(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    door: str,
) -> None:
    """They go, with the pictures there are; the rest is told afterwards."""
    (sent, missing) = await send_mms(hass, to=ANNA, message="Fire!", image="camera.x")
    assert sent["status"] == "created"
    assert "cannot be had now" in missing["error"]

    rows = await send_mms(hass, to=ANNA, message="Fire!", image=["camera.x", door])
    assert ["error" in row for row in rows] == [False, True]
    with pytest.raises(HomeAssistantError, match="cannot be had now") as error:
        await hass.services.async_call(
            "elks46",
            "send_mms",
            {"to": ANNA, "image": ["camera.x", door]},
            blocking=True,
        )

    assert error.value.translation_key == "some_failed"
    assert [
        (one["message"], len(one["images"])) for one in await on_screen(simulator)
    ] == [
        ("Fire!", 0),
        ("Fire!", 1),
        ("", 1),
    ]


async def test_a_reload_while_a_picture_is_fetched_loses_no_message(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """It goes by the account as it is then."""
    is_asked, is_reloaded = asyncio.Event(), asyncio.Event()

    async def late(*_: object) -> str:
        is_asked.set()
        await is_reloaded.wait()
        return data_url(PICTURE)

    with patch("custom_components.elks46.services.messages.async_data_url", late):
        sending = hass.async_create_task(
            send_mms(hass, to=ANNA, message="Hi", image="camera.door")
        )
        await is_asked.wait()
        await hass.config_entries.async_reload(integration.entry_id)
        is_reloaded.set()
        (row,) = await sending

    assert row["status"] == "created"
    assert len(await on_screen(simulator)) == 1


@pytest.mark.parametrize("image", [["/a"] * 11, [1], [{"url": "/a"}]])
async def test_what_is_no_list_of_pictures_is_refused(
    hass: HomeAssistant, integration: MockConfigEntry, image: object
) -> None:
    """Before anything is looked for."""
    with pytest.raises(probatio.Invalid):
        await send_mms(hass, to=ANNA, image=image)


async def test_a_refusal_is_told_and_stops_nobody_else(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """With 46elks' own words."""
    await simulator.fail(posting("status", status=403, body="Not enough credits"))

    rows = await send_mms(hass, to=[ANNA, BJORN], message="Hi")

    assert ["error" in row for row in rows].count(True) == 1
    await simulator.fail(posting("status", None, status=403, body="Not enough credits"))
    with pytest.raises(HomeAssistantError, match="Not enough credits"):
        await hass.services.async_call(
            "elks46", "send_mms", {"to": ANNA, "message": "Hi"}, blocking=True
        )


@pytest.mark.parametrize("capabilities", [["mms"], ["sms"]], ids=["number", "noreply"])
async def test_a_picture_message_whose_answer_is_lost_is_found(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    door: str,
    capabilities: list[str],
) -> None:
    """It is not sent twice, also where 46elks has put a number of its own in place."""
    await simulator.put_number(NUMBER, capabilities=capabilities)
    await integration.runtime_data.coordinator.async_refresh()
    await simulator.fail(posting("drop_after", 2))

    rows = await send_mms(hass, to=ANNA, image=[door, door])

    assert len({row["id"] for row in rows}) == 2
    assert len(await on_screen(simulator)) == 2
    assert len(await simulator.requests("POST", "mms")) == 2


async def test_one_that_did_not_get_there_is_sent_again(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """An older one of the same words is not taken for it."""
    await send_mms(hass, to=ANNA, message="Hi")
    await simulator.fail(posting("drop_before"))

    await send_mms(hass, to=ANNA, message="Hi")

    assert len(await on_screen(simulator)) == 2


async def test_where_the_history_is_out_of_reach_nobody_knows(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    door: str,
) -> None:
    """It is not sent blindly, nor after a restart."""
    gone = failing("mms", kind="status", status=500)
    await simulator.fail(posting("drop_before"), gone)
    with pytest.raises(HomeAssistantError) as error:
        await send_mms(hass, to=ANNA, image=door)
    assert error.value.translation_key == "send_unknown"

    await simulator.fail()
    async with killed(hass, integration):
        pass

    (sent,) = integration.runtime_data.store.sent.values()
    assert sent.status == "failed"
    assert await on_screen(simulator) == []


async def test_one_whose_fate_was_unknown_is_found_after_a_restart(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    door: str,
) -> None:
    """It went out after all, and its picture was never on the disk."""
    gone = failing("mms", kind="status", status=500)
    await simulator.fail(posting("drop_after"), gone)
    with pytest.raises(HomeAssistantError):
        await send_mms(hass, to=ANNA, message="Hi", image=door)
    files = await hass.async_add_executor_job(memory, hass)
    assert data_url(PICTURE).encode() not in b"".join(files.values())

    async with killed(hass, integration):
        await simulator.fail()

    (sent,) = integration.runtime_data.store.sent.values()
    assert (sent.kind, sent.request) == ("mms", None)
    assert sent.id
    assert len(await on_screen(simulator)) == 1


async def test_its_status_is_read_from_the_history(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
) -> None:
    """Each minute while it is fresh; 46elks posts no report of it."""
    events = async_capture_events(hass, "elks46_message_status")
    await send_mms(hass, to=ANNA, message="Hi")
    await pass_time(hass, seconds=61)
    await pass_time(hass, seconds=61)

    assert [event.data["status"] for event in events] == ["created", "delivered"]
    assert hass.states.is_state("sensor.anna_last_message_status", "delivered")


async def test_one_that_is_long_on_its_way_is_asked_for(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """As with texts, when the history read back no longer shows it."""
    await simulator.put_handset(ANNA, on=False, validity=1e9)
    (row,) = await send_mms(hass, to=ANNA, message="Hi")
    with patch("custom_components.elks46.catch_up.HISTORY_OVERLAP", timedelta(0)):
        await pass_time(hass, minutes=31)
        before = len(await simulator.log())
        await pass_time(hass, minutes=31)
    assert await simulator.requests("GET", f"mms/{row['id']}", after=before)


async def test_an_idle_hour_with_pictures_costs_ten_requests(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Less than twelve; and without a number for them, their history is not read."""
    await pass_time(hass, minutes=31)
    before = len(await simulator.log())
    for _ in range(2):
        await pass_time(hass, minutes=31)
    entries = await simulator.log(before)
    assert len([one for one in entries if one["type"] == "request"]) == 10

    await simulator.put_number(NUMBER, capabilities=["sms"])
    await pass_time(hass, minutes=31)
    before = len(await simulator.log())
    await pass_time(hass, minutes=31)
    assert await simulator.requests("GET", "mms", after=before) == []


async def test_a_picture_that_comes_is_told_with_its_pictures(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """They open where the media browser says, to the last byte; nobody takes it for a text."""
    events = async_capture_events(hass, "elks46_mms_received")
    texts = async_capture_events(hass, "elks46_sms_received")
    message_id = await picture_home(
        hass, simulator, ANNA, "Look!", PICTURE, OTHER_PICTURE
    )

    (event,) = events
    assert texts == []
    assert (event.data["id"], event.data["message"]) == (message_id, "Look!")
    assert (event.data["contact"], event.data["number"]) == ("Anna", NUMBER)
    client = await hass_client()
    contents = []
    for media_id in event.data["images"]:
        assert media_id.startswith(f"{NUMBERS_PICTURES}/46701740605/")
        media = await async_resolve_media(hass, media_id, None)
        contents.append((await (await client.get(media.url)).read(), media.mime_type))
    assert contents == [(PICTURE, "image/png"), (OTHER_PICTURE, "image/gif")]
    for entity_id in ("event.anna_messages", "event.46701740690_messages"):
        state = hass.states.get(entity_id)
        assert state
        assert state.attributes["event_type"] == "mms_received"
        assert state.attributes["images"] == event.data["images"]


async def test_pictures_are_found_by_number_and_sender(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """By name where there is one, newest first."""
    stranger = "+46701740699"
    await simulator.put_handset(stranger)
    for phone, picture in ((ANNA, PICTURE), (ANNA, OTHER_PICTURE), (stranger, PICTURE)):
        await picture_home(hass, simulator, phone, "", picture)

    root = await async_browse_media(hass, "media-source://elks46")
    number = await async_browse_media(hass, NUMBERS_PICTURES)
    anna = await async_browse_media(hass, f"{NUMBERS_PICTURES}/46701740605")

    assert isinstance(anna, BrowseMediaSource)
    titles = [
        [child.title for child in folder.children or ()] for folder in (root, number)
    ]
    assert titles == [[NUMBER], ["Anna", stranger]]
    assert [child.media_content_type for child in anna.children or ()] == [
        "image/gif",
        "image/png",
    ]
    assert anna.title == "Anna"
    for gone in ("a/b/c", "a/b/c/d"):
        with pytest.raises(BrowseError):
            await async_browse_media(hass, f"media-source://elks46/{gone}")
    for place in (
        "",
        "46701740690",
        "46701740690/46701740605/secret.txt",
        "46701740690/46701740605/20350101T000000000000-m1-0.png",
        f"a/b/{gone}",
        "../../x",
    ):
        with pytest.raises((Unresolvable, BrowseError)):
            await async_resolve_media(hass, f"media-source://elks46/{place}", None)
    hidden = await async_browse_media(hass, "media-source://elks46/../..")
    assert hidden.children == []


async def test_where_there_is_no_media_folder_the_message_is_told(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Without its pictures."""
    hass.config.media_dirs = {}
    events = async_capture_events(hass, "elks46_mms_received")

    await picture_home(hass, simulator, ANNA, "Look!", PICTURE)
    await a_day_later(hass)

    assert [event.data["images"] for event in events] == [[]]
    with pytest.raises(BrowseError):
        await async_browse_media(hass, "media-source://elks46")
    with pytest.raises(Unresolvable):
        await async_resolve_media(hass, f"{NUMBERS_PICTURES}/a/b", None)


async def test_the_first_media_folder_will_do(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    tmp_path: Path,
) -> None:
    """Where none has the usual name."""
    hass.config.media_dirs = {"disk": str(tmp_path / "disk")}

    await picture_home(hass, simulator, ANNA, "Look!", PICTURE)

    (found,) = (tmp_path / "disk" / "elks46").rglob("*.png")
    assert found.read_bytes() == PICTURE


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "status", "status": 404}, id="gone"),
        pytest.param({"kind": "status", "status": 403}, id="refused"),
        pytest.param({"kind": "status", "status": 200, "body": "<p>"}, id="no picture"),
    ],
)
async def test_a_picture_that_is_none_keeps_no_message_waiting(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    fault: Json,
) -> None:
    """It is told at once with the others, and the log says so once."""
    events = async_capture_events(hass, "elks46_mms_received")
    await simulator.fail(failing("images/*-i0.jpg", **fault))

    await picture_home(hass, simulator, ANNA, "Look!", PICTURE, OTHER_PICTURE)

    (event,) = events
    (image,) = event.data["images"]
    assert image.endswith(".gif")
    assert caplog.text.count("A message is told without 1 of its pictures") == 1


PASSING = [
    pytest.param({"kind": "status", "status": 500}, id="broken"),
    pytest.param({"kind": "status", "status": 429}, id="too much at once"),
    pytest.param({"kind": "status", "status": 401}, id="password changed"),
    pytest.param({"kind": "drop_before"}, id="no answer"),
]


@pytest.mark.parametrize("fault", PASSING)
async def test_a_picture_that_cannot_be_had_now_is_had_when_46elks_repeats(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    fault: Json,
) -> None:
    """What was had before is not fetched again, and nobody complains of the disk."""
    events = async_capture_events(hass, "elks46_mms_received")
    await simulator.fail(failing("images/*-i0.jpg", **fault))

    await picture_home(hass, simulator, ANNA, "Look!", PICTURE, OTHER_PICTURE)
    await simulator.fail()
    posts = await simulator.posted("mms", 2)
    await hass.async_block_till_done()

    assert [one["status"] for one in posts] == [503, 204]
    (event,) = events
    assert [image.rpartition(".")[2] for image in event.data["images"]] == [
        "png",
        "gif",
    ]
    assert len(await simulator.requests("GET", "images/*-i1.jpg")) == 1
    assert "disk" not in caplog.text


@pytest.mark.parametrize("fault", PASSING)
async def test_a_picture_that_stays_away_loses_no_message(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
    fault: Json,
) -> None:
    """The third post is told with the others, and the log says so once."""
    events = async_capture_events(hass, "elks46_mms_received")
    await simulator.fail(failing("images/*-i0.jpg", **fault))

    await picture_home(hass, simulator, ANNA, "Look!", PICTURE, OTHER_PICTURE)
    posts = await simulator.posted("mms", 3)
    await hass.async_block_till_done()

    assert [one["status"] for one in posts] == [503, 503, 204]
    (event,) = events
    (image,) = event.data["images"]
    assert image.endswith(".gif")
    assert caplog.text.count("A message is told without 1 of its pictures") == 1


async def test_a_history_with_pictures_that_cannot_be_had_now_is_read_again(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Texts are told meanwhile, and the picture when it is there."""
    texts = async_capture_events(hass, "elks46_sms_received")
    events = async_capture_events(hass, "elks46_mms_received")
    await simulator.fail(
        {"match": {"callback": "*"}, "kind": "lose", "times": None},
        failing("images/*", kind="status", status=429),
    )
    await simulator.send_text(ANNA, NUMBER, "Hi")
    await picture_home(hass, simulator, ANNA, "Look!", PICTURE)
    await pass_time(hass, minutes=31)
    assert (len(texts), len(events)) == (1, 0)

    await simulator.fail()
    await pass_time(hass, minutes=31)

    assert [len(event.data["images"]) for event in events] == [1]
    assert len(texts) == 1
    assert "disk" not in caplog.text


async def test_pictures_that_come_too_slowly_are_left_out(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """46elks and an automation wait, but not for ever."""
    events = async_capture_events(hass, "elks46_mms_received")

    async def never(*_: object) -> bytes:
        await asyncio.Event().wait()
        return b""

    with (
        patch.object(album, "FETCH_SECONDS", 0.05),
        patch.object(ImagesResource, "download", never),
    ):
        await picture_home(hass, simulator, ANNA, "Look!", PICTURE)
        await simulator.posted("mms", 3)
        await hass.async_block_till_done()

    assert [event.data["images"] for event in events] == [[]]


async def test_a_disk_that_refuses_pictures_for_a_moment_loses_none(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """And nothing half written stays."""
    events = async_capture_events(hass, "elks46_mms_received")

    with patch.object(Path, "replace", side_effect=OSError(28, "No space left")):
        await picture_home(hass, simulator, ANNA, "Look!", PICTURE)
    kept = album.shelf(hass)
    assert kept
    assert list(kept.folder.rglob("*.part")) == []
    await simulator.posted("mms", 2)
    await hass.async_block_till_done()

    assert [len(event.data["images"]) for event in events] == [1]


async def test_a_disk_that_refuses_pictures_loses_no_message(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Be it full, or worn out."""
    events = async_capture_events(hass, "elks46_mms_received")

    with patch.object(Path, "write_bytes", side_effect=OSError(28, "No space left")):
        await picture_home(hass, simulator, ANNA, "Look!", PICTURE)
        await simulator.posted("mms", 3)
        await hass.async_block_till_done()

    assert [event.data["message"] for event in events] == ["Look!"]


async def test_a_disk_that_throws_nothing_away_loses_no_message(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Nor a picture."""
    events = async_capture_events(hass, "elks46_mms_received")

    with patch.object(Path, "stat", side_effect=OSError(5, "Input/output error")):
        await picture_home(hass, simulator, ANNA, "Look!", PICTURE)

    assert [len(event.data["images"]) for event in events] == [1]


async def test_a_flood_of_pictures_that_cannot_be_had_fills_no_memory(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """The first is forgotten, and tried anew."""
    await simulator.fail(failing("images/*", kind="status", status=429))
    forms = [
        {"id": f"m{one}", "from": ANNA, "to": NUMBER, "image": "m1-i0"} for one in "ab"
    ]

    with patch.object(album, "TRIED_AT_MOST", 1):
        statuses = [
            await post_callback(public_url, "mms", form)
            for form in (forms[0], forms[0], forms[1], forms[0])
        ]

    assert statuses == [HTTPStatus.SERVICE_UNAVAILABLE] * 4


async def test_pictures_come_from_46elks_alone(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """Whoever knows the secret address gets no password, and no look around."""
    events = async_capture_events(hass, "elks46_mms_received")
    form = {
        "id": "mfeed",
        "from": ANNA,
        "to": NUMBER,
        "created": "2035-01-01T00:00:00",
        "image": f"{public_url}/api/config",
        "image2": "https://api.46elks.example.com/a1/images/m1-i0.jpg",
    }

    status = await post_callback(public_url, "mms", form)
    again = await post_callback(public_url, "mms", form)
    await hass.async_block_till_done()

    assert (status, again) == (HTTPStatus.NO_CONTENT,) * 2
    assert [event.data["images"] for event in events] == [[]]


async def test_two_posts_at_once_are_told_once(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """And the pictures are fetched once."""
    events = async_capture_events(hass, "elks46_mms_received")
    asked = 0
    both_came = asyncio.Event()

    async def slow(*_: object) -> bytes:
        nonlocal asked
        asked += 1
        await both_came.wait()
        return PICTURE

    form = {"id": "mfeed", "from": ANNA, "to": NUMBER, "image": "a-i0"}
    with patch.object(ImagesResource, "download", slow):
        posts = [
            hass.async_create_task(post_callback(public_url, "mms", form))
            for _ in range(2)
        ]
        reach = integration.runtime_data.reach
        with patch.object(reach, "callback_arrived") as arrived:
            while arrived.call_count < 2:
                await asyncio.sleep(0)
        both_came.set()
        statuses = await asyncio.gather(*posts)
    await hass.async_block_till_done()

    assert statuses == [HTTPStatus.NO_CONTENT] * 2
    assert (len(events), asked) == (1, 1)


async def test_one_that_was_never_posted_is_found_with_its_pictures(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Also while the home was down; and a restart tells nothing twice."""
    events = async_capture_events(hass, "elks46_mms_received")
    await simulator.fail(LOST_PICTURES)
    async with killed(hass, integration):
        await picture_home(hass, simulator, ANNA, "Look!", PICTURE)
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    (event,) = events
    (image,) = event.data["images"]
    media = await async_resolve_media(hass, image, None)
    assert media.path
    assert media.path.read_bytes() == PICTURE


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param({"kind": "status", "status": 500}, id="broken"),
        pytest.param({"kind": "status", "status": 200, "body": "<html>"}, id="a page"),
    ],
)
async def test_a_history_that_lags_makes_no_picture_message_two(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    lost: Json,
) -> None:
    """It is looked for longer than a text, as it costs more."""
    await simulator.fail(
        failing("mms", method="POST", times=1, accepted=True, **lost),
        failing("mms", times=3, kind="status", status=200, body='{"data": []}'),
    )
    [row] = await send_mms(hass, to=ANNA, message="Look!")

    assert row["id"]
    assert len(await simulator.requests("POST", "mms")) == 1


async def picture(simulator: SimulatorControl, message: str) -> None:
    """Send the home a picture from Anna's phone that nobody posts."""
    await simulator.control(
        "POST",
        f"handsets/{ANNA}/messages",
        {"to": NUMBER, "message": message, "images": [data_url(PICTURE)]},
    )


async def test_pictures_of_before_are_found_where_the_first_reading_failed(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    public_url: str,
) -> None:
    """All since the number is ours, and none of before, however late the history answers."""
    received = async_capture_events(hass, "elks46_mms_received")
    await simulator.fail(LOST_PICTURES)
    await simulator.control(
        "POST", "history/sms", {"from": ANNA, "to": NUMBER, "message": "Hi"}
    )
    await simulator.fail(LOST_PICTURES, failing("mms", kind="status", status=500))
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    for message in ("1", "2", "3"):
        await picture(simulator, message)
    await pass_time(hass, minutes=31)
    await simulator.fail(LOST_PICTURES)
    await pass_time(hass, minutes=31)
    await pass_time(hass, minutes=31)

    assert [event.data["message"] for event in received] == ["1", "2", "3"]


async def test_the_first_look_at_pictures_tells_none(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    public_url: str,
) -> None:
    """What came before Home Assistant is no news."""
    received = async_capture_events(hass, "elks46_mms_received")
    await simulator.fail(LOST_PICTURES)
    await picture(simulator, "old")
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    await pass_time(hass, minutes=31)
    await picture(simulator, "new")
    await pass_time(hass, minutes=31)

    assert [event.data["message"] for event in received] == ["new"]


async def test_a_history_of_pictures_out_of_reach_holds_up_no_text(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Pictures are read when it is back."""
    texts = async_capture_events(hass, "elks46_sms_received")
    events = async_capture_events(hass, "elks46_mms_received")
    await simulator.fail(
        {"match": {"callback": "*"}, "kind": "lose", "times": None},
        failing("mms", kind="status", status=500),
    )
    await simulator.send_text(ANNA, NUMBER, "Hi")
    await picture_home(hass, simulator, ANNA, "Look!", PICTURE)
    await pass_time(hass, minutes=31)
    assert (len(texts), len(events)) == (1, 0)

    await simulator.fail()
    await pass_time(hass, minutes=31)
    assert (len(texts), len(events)) == (1, 1)


async def test_an_unloading_in_between_tells_it_later(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """46elks hears that it should come again."""
    events = async_capture_events(hass, "elks46_mms_received")
    is_asked, is_unloaded = asyncio.Event(), asyncio.Event()

    async def late(*_: object) -> bytes:
        is_asked.set()
        await is_unloaded.wait()
        return PICTURE

    with patch.object(ImagesResource, "download", late):
        sent = await simulator.control(
            "POST",
            f"handsets/{ANNA}/messages",
            {"to": NUMBER, "message": "Look!", "images": [data_url(PICTURE)]},
        )
        await is_asked.wait()
        await hass.config_entries.async_unload(integration.entry_id)
        is_unloaded.set()
        await hass.async_block_till_done()
    assert events == []

    await hass.config_entries.async_setup(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [event.data["id"] for event in events] == [sent["id"]]


async def test_a_reload_in_between_tells_it_once(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Only the account as it is now tells it, when 46elks comes again."""
    events = async_capture_events(hass, "elks46_mms_received")
    is_asked, is_reloaded = asyncio.Event(), asyncio.Event()

    async def late(*_: object) -> bytes:
        is_asked.set()
        await is_reloaded.wait()
        return PICTURE

    with (
        patch.object(ImagesResource, "download", late),
        patch("custom_components.elks46.catch_up.CatchUp.async_run"),
    ):
        await simulator.control(
            "POST",
            f"handsets/{ANNA}/messages",
            {"to": NUMBER, "message": "Look!", "images": [data_url(PICTURE)]},
        )
        await is_asked.wait()
        await hass.config_entries.async_reload(integration.entry_id)
        is_reloaded.set()
        posts = await simulator.posted("mms", 2)
        await hass.async_block_till_done()

    assert [one["status"] for one in posts] == [503, 204]
    assert [event.data["message"] for event in events] == ["Look!"]


async def test_whoever_waits_for_pictures_may_go(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """The fetching is stopped with Home Assistant, or fails with nobody waiting."""
    events = async_capture_events(hass, "elks46_mms_received")
    form = {"id": "mfeed", "from": ANNA, "to": NUMBER, "image": "a-i0"}
    started = asyncio.Event()

    async def never(*_: object) -> bytes:
        started.set()
        await asyncio.Event().wait()
        return b""

    with patch.object(ImagesResource, "download", never):
        post = hass.async_create_task(post_callback(public_url, "mms", form))
        await started.wait()
        (task,) = (
            task for task in asyncio.all_tasks() if task.get_name() == "elks46 pictures"
        )
        task.cancel()
        await asyncio.wait({post})
        post.exception()

    assert await post_callback(public_url, "mms", form) == HTTPStatus.NO_CONTENT
    await hass.async_block_till_done()
    assert len(events) == 1


async def test_with_keep_text_off_its_words_are_not_told(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Its pictures are."""
    await change_options(hass, integration, **{CONF_KEEP_TEXT: False})
    events = async_capture_events(hass, "elks46_mms_received")

    await picture_home(hass, simulator, ANNA, "Secret", PICTURE)

    (event,) = events
    assert event.data["message"] is None
    assert len(event.data["images"]) == 1


async def test_the_last_picture_is_shown(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    hass_client: ClientSessionGenerator,
) -> None:
    """Also after a restart, and until it is thrown away."""
    client = await hass_client()

    async def shown() -> tuple[int, bytes]:
        response = await client.get(f"/api/image_proxy/{IMAGE}")
        return response.status, await response.read()

    assert hass.states.is_state(IMAGE, STATE_UNKNOWN)
    assert (await shown())[0] == HTTPStatus.INTERNAL_SERVER_ERROR
    await picture_home(hass, simulator, ANNA, "", PICTURE)
    assert await shown() == (HTTPStatus.OK, PICTURE)
    state = hass.states.get(IMAGE)
    await hass.config_entries.async_reload(integration.entry_id)
    assert await shown() == (HTTPStatus.OK, PICTURE)
    again = hass.states.get(IMAGE)
    assert state and again
    assert again.state == state.state
    for path in Path(hass.config.media_dirs["local"]).rglob("*.png"):
        path.unlink()
    assert (await shown())[0] == HTTPStatus.INTERNAL_SERVER_ERROR
    assert hass.states.is_state(IMAGE, STATE_UNKNOWN)


async def test_a_number_that_cannot_do_pictures_shows_none(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Nothing is shown that would never change."""
    await simulator.put_number(NUMBER, capabilities=["sms"])
    await hass.config_entries.async_reload(integration.entry_id)

    assert hass.states.is_state(IMAGE, STATE_UNAVAILABLE)


@pytest.fixture
async def kept(hass: HomeAssistant, integration: MockConfigEntry) -> Shelf:
    """Return where pictures lie."""
    found = album.shelf(hass)
    assert found
    return found


def put(kept: Shelf, created: datetime, *, sender: str = ANNA, name: str = "m1") -> str:
    """Put a picture there that came at a time, and return what Home Assistant calls it."""
    stamp = f"{created:%Y%m%dT%H%M%S%f}"
    place = f"{folder_of(NUMBER)}/{folder_of(sender)}/{stamp}-{name}-0.png"
    picture = kept.store(place, PICTURE)
    assert picture
    return picture.media_content_id


def left(kept: Shelf) -> set[str]:
    """Return what Home Assistant calls the pictures that are left."""
    return {picture.media_content_id for picture in kept.files()}


async def a_day_later(hass: HomeAssistant) -> None:
    """Let the next day begin."""
    midnight = dt_util.start_of_local_day() + timedelta(days=1)
    async_fire_time_changed(hass, midnight)
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_old_pictures_make_room(
    hass: HomeAssistant, simulator: SimulatorControl, kept: Shelf
) -> None:
    """The oldest go first; what others put there stays."""
    events = async_capture_events(hass, "elks46_mms_received")
    for _ in range(2):
        await picture_home(hass, simulator, ANNA, "", PICTURE)
    foreign = kept.folder / "holiday.png"
    foreign.write_bytes(PICTURE)
    hidden = kept.folder / "46701740690" / "46701740605" / "holiday.png"
    hidden.write_bytes(PICTURE)

    with patch.object(album, "KEEP_BYTES", 2 * len(PICTURE)):
        await picture_home(hass, simulator, ANNA, "", PICTURE)

    assert left(kept) == {
        image for event in events[1:] for image in event.data["images"]
    }
    assert foreign.exists()
    assert hidden.exists()


async def test_strangers_push_out_nothing_but_each_other(
    hass: HomeAssistant, kept: Shelf
) -> None:
    """They have a share, and only of it."""
    now = datetime.now(UTC)
    anna = {put(kept, now - timedelta(days=day), name=f"m{day}") for day in (5, 6, 7)}
    strangers = [
        put(kept, now - timedelta(days=day), sender=f"+4670174065{day}")
        for day in range(3)
    ]

    with (
        patch.object(album, "KEEP_BYTES", 4 * len(PICTURE)),
        patch.object(album, "STRANGERS_BYTES", len(PICTURE)),
    ):
        await a_day_later(hass)

    assert left(kept) == {*anna, strangers[0]}


async def a_start(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Let the account be set up anew."""
    await hass.config_entries.async_reload(entry.entry_id)


async def a_day(hass: HomeAssistant, _: MockConfigEntry) -> None:
    """Let the next day begin."""
    await a_day_later(hass)


@pytest.mark.parametrize("begin", [a_start, a_day])
async def test_pictures_are_kept_for_a_year(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    kept: Shelf,
    begin: Callable[[HomeAssistant, MockConfigEntry], Awaitable[None]],
) -> None:
    """The last picture of a number goes like any other, and a text tells which time it is."""
    await text_home(hass, simulator, ANNA, "Hi")
    await pass_time(hass, minutes=31)
    put(kept, datetime.now(UTC) - timedelta(days=366))
    async_dispatcher_send(hass, SIGNAL_PICTURES.format(integration.entry_id))
    await hass.async_block_till_done()
    assert not hass.states.is_state(IMAGE, STATE_UNKNOWN)

    await begin(hass, integration)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert kept.files() == []
    assert hass.states.is_state(IMAGE, STATE_UNKNOWN)


async def test_a_clock_that_is_wrong_throws_nothing_away(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    kept: Shelf,
    freezer: FrozenDateTimeFactory,
) -> None:
    """By what 46elks tells it is not that late."""
    await picture_home(hass, simulator, ANNA, "", PICTURE)
    before = left(kept)

    freezer.tick(timedelta(days=400))
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert left(kept) == before
    assert len(before) == 1


async def test_what_is_yet_to_come_is_no_last_picture_for_ever(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    kept: Shelf,
    public_url: str,
) -> None:
    """Whoever knows the secret address may write any time into a post."""
    form = {
        "id": "mfeed",
        "from": STRANGER,
        "to": NUMBER,
        "created": "2099-01-01T00:00:00",
        "image": "a-i0",
    }
    with patch.object(ImagesResource, "download", return_value=OTHER_PICTURE):
        assert await post_callback(public_url, "mms", form) == HTTPStatus.NO_CONTENT

    await picture_home(hass, simulator, ANNA, "", PICTURE)

    newest, _ = kept.files()
    assert newest.path.read_bytes() == PICTURE


async def test_what_was_half_written_at_a_kill_is_thrown_away(
    hass: HomeAssistant, kept: Shelf
) -> None:
    """What is just being written is not, nor what is none of ours."""
    put(kept, datetime.now(UTC))
    folder = kept.folder / folder_of(NUMBER) / folder_of(ANNA)
    old, new, foreign = (
        folder / f"{name}.part"
        for name in (
            "20260101T000000000000-m1-0",
            "20260101T000000000000-m2-0",
            "film",
        )
    )
    for path in (old, new, foreign):
        path.write_bytes(b"half")
    hour_ago = datetime.now(UTC).timestamp() - 3601
    for path in (old, foreign):
        os.utime(path, (hour_ago, hour_ago))

    await a_day_later(hass)

    assert [path.exists() for path in (old, new, foreign)] == [False, True, True]


async def test_a_sender_by_name_has_a_folder_too(
    hass: HomeAssistant, integration: MockConfigEntry, public_url: str
) -> None:
    """With nothing in its name that could lead elsewhere."""
    kept = album.shelf(hass)
    assert kept
    path = f"46701740690/{folder_of('../Pizza!')}/20350101T000000000000-m1-0.png"

    await hass.async_add_executor_job(kept.store, path, PICTURE)

    folder = await async_browse_media(hass, NUMBERS_PICTURES)
    assert [child.title for child in folder.children or ()] == ["pizza"]
    assert folder_of("---") == "unknown"
    assert kept.folders("..", "..") == []
    assert kept.files("..", "..") == []


async def test_texts_and_pictures_do_not_disturb_each_other(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """They go by different ways at 46elks, and by the same here."""
    await asyncio.gather(
        send_sms(hass, to=ANNA, message="Hi"), send_mms(hass, to=ANNA, message="Hi")
    )

    assert len(await on_screen(simulator)) == 2
    kinds = {sent.kind for sent in integration.runtime_data.store.sent.values()}
    assert kinds == {"sms", "mms"}
