"""The actions that call: what they take, and what they say is wrong."""

from typing import Any

from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.setup import async_setup_component
import probatio
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import DOMAIN
from custom_components.elks46.records import Limit

from . import ANNA, NUMBER, OTHER_NUMBER, Json, SimulatorControl, change_options
from .calls import allowed_file, chirp, end_call, place_call
from .sounds import FFMPEG, encoded
from .test_audio import Engine

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture(autouse=True)
async def answering_phone(
    simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Let Anna pick up."""
    await simulator.put_handset(ANNA, answers="at_once")


async def fields_of_the_call(simulator: SimulatorControl) -> Json:
    """Return what 46elks was asked for."""
    (posted,) = await simulator.requests("POST", "calls")
    fields: Json = posted["fields"]
    return fields


@pytest.mark.parametrize(
    ("data", "error"),
    [
        pytest.param({"to": []}, "Choose a contact", id="nobody"),
        pytest.param({"media": None}, "either a message", id="nothing to hear"),
        pytest.param({"message": "Hi"}, "either a message", id="both"),
        pytest.param({"voice": "astrid"}, "Field voice: this", id="a voice for media"),
        pytest.param({"language": "sv"}, "Field language: this", id="a language"),
        pytest.param({"tts_engine": "tts.x"}, "Field tts_engine", id="an engine"),
        pytest.param({"media": "/etc/passwd"}, "Field media", id="a forbidden file"),
        pytest.param({"from": "House"}, "Field from", id="a name"),
        pytest.param({"from": ANNA}, "Field from", id="the number of another"),
        pytest.param({"acknowledge": "#"}, "Field acknowledge", id="a hash"),
        pytest.param({"acknowledge": "12"}, "Field acknowledge", id="two keys"),
        pytest.param({"acknowledge": " "}, "Field acknowledge", id="no key"),
        pytest.param({"message": " ", "media": None}, "Field message", id="no words"),
    ],
)
async def test_what_is_wrong_is_told_before_anybody_is_called(
    hass: HomeAssistant, simulator: SimulatorControl, data: Json, error: str
) -> None:
    """With the name of the field."""
    path = await hass.async_add_executor_job(allowed_file, hass, chirp())
    asked = {"to": [ANNA], "media": path} | data
    asked = {key: value for key, value in asked.items() if value is not None}
    with pytest.raises(ServiceValidationError, match=error):
        await hass.services.async_call(DOMAIN, "place_call", asked, blocking=True)
    assert not await simulator.requests("POST", "calls")


@pytest.mark.parametrize(
    "data",
    [
        {"repeat": 0},
        {"repeat": 11},
        {"ring_timeout": 4},
        {"ring_timeout": 121},
        {"recording": True},
    ],
    ids=str,
)
async def test_what_is_beyond_all_measure_is_refused(
    hass: HomeAssistant, data: Json
) -> None:
    """By the schema, which names the field."""
    with pytest.raises(probatio.Invalid, match=next(iter(data))):
        await place_call(hass, to=[ANNA], **data)


async def test_a_call_is_asked_for_as_it_should_be(
    hass: HomeAssistant, simulator: SimulatorControl, public_url: str
) -> None:
    """Its addresses carry a reference of ours."""
    await place_call(hass, to=[ANNA], ring_timeout=33, acknowledge=5)
    fields = await fields_of_the_call(simulator)
    assert (fields["from"], fields["to"], fields["timeout"]) == (NUMBER, ANNA, "33")
    assert fields["voice_start"].startswith(f"{public_url}/api/webhook/")
    assert "kind=call&ref=" in fields["voice_start"]
    assert "kind=hangup&ref=" in fields["whenhangup"]
    assert set(fields) == {"from", "to", "timeout", "voice_start", "whenhangup"}


async def test_the_number_that_calls_can_be_chosen(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """For each call, or for all."""
    await simulator.put_number(OTHER_NUMBER, capabilities=["voice"])
    await integration.runtime_data.coordinator.async_refresh()
    await place_call(hass, to=[ANNA], **{"from": "070-174 06 91"})
    await change_options(hass, integration, default_caller=OTHER_NUMBER)
    await place_call(hass, to=[ANNA])
    await change_options(hass, integration, default_caller=ANNA)
    await place_call(hass, to=[ANNA])
    posts = await simulator.requests("POST", "calls")
    callers = [post["fields"]["from"] for post in posts]
    assert callers == [OTHER_NUMBER, OTHER_NUMBER, NUMBER]


async def test_an_account_without_a_number_calls_nobody(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """The error tells the way out."""
    await simulator.put_number(NUMBER, capabilities=["sms"])
    await integration.runtime_data.coordinator.async_refresh()
    with pytest.raises(ServiceValidationError, match="no number that can call"):
        await place_call(hass, to=[ANNA])


async def test_a_message_is_read_aloud_once_for_all(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """In the voice that was asked for."""
    engine = Engine()
    config = {"ffmpeg": {"ffmpeg_bin": FFMPEG}}
    assert await async_setup_component(hass, "ffmpeg", config)
    assert await async_setup_component(hass, "tts", {})
    await hass.data[DATA_COMPONENT].async_add_entities([engine])
    await hass.services.async_call(
        DOMAIN,
        "place_call",
        {
            "to": [ANNA, "+46701740610", "+46701740611"],
            "message": "Det brinner",
            "tts_engine": "tts.voice",
            "language": "sv-SE",
            "voice": "astrid",
        },
        blocking=True,
    )
    assert [(message, language) for message, language, _ in engine.asked] == [
        ("Det brinner", "sv-SE")
    ]
    assert len(await simulator.requests("POST", "calls")) == 3


async def test_a_media_item_is_chosen_in_the_editor(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """Which hands over more than its id."""
    path = await hass.async_add_executor_job(allowed_file, hass, chirp())
    media = {
        "media_content_id": path,
        "media_content_type": "audio/wav",
        "metadata": {},
    }
    (row,) = await place_call(hass, to=[ANNA], media=media)
    assert row["outcome"] == "answered"


async def test_what_cannot_begin_with_silence_is_played_after_it(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """An MP3 stays as it is."""
    content = await hass.async_add_executor_job(encoded, "mp3")
    path = await hass.async_add_executor_job(allowed_file, hass, content, "a.mp3")
    (row,) = await place_call(hass, to=[ANNA], media=path, acknowledge="*")
    call = await simulator.control("GET", f"calls/{row['call_id']}")
    assert [next(iter(act)) for act in call["actions"]] == ["play", "ivr", "hangup"]


async def test_nobody_has_to_ask_for_the_answer(
    hass: HomeAssistant, simulator: SimulatorControl
) -> None:
    """Nor to wait."""
    path = await hass.async_add_executor_job(allowed_file, hass, chirp())
    data: Any = {"entity_id": "notify.anna_sms", "media": path}
    await hass.services.async_call(DOMAIN, "place_call", data, blocking=True)
    assert (await fields_of_the_call(simulator))["to"] == ANNA


@pytest.mark.parametrize(
    ("to", "error"),
    [
        pytest.param("112", "emergency number.* or called", id="emergency"),
        pytest.param("+46900123456", "costs extra.* or called", id="premium"),
    ],
)
async def test_there_is_where_nobody_is_ever_called(
    hass: HomeAssistant, to: str, error: str
) -> None:
    """The words are those of calls too."""
    with pytest.raises(ServiceValidationError, match=f"^Field to: .*{error}"):
        await place_call(hass, to=to)


@pytest.mark.parametrize("limit", [Limit.DAILY_SPEND, Limit.HOURLY_CALLS])
async def test_a_limit_of_calls_speaks_of_no_text(
    hass: HomeAssistant, integration: MockConfigEntry, limit: Limit
) -> None:
    """Whoever reads it has sent none."""
    await change_options(hass, integration, **{limit: 0})
    with pytest.raises(HomeAssistantError, match="^Stopped by your limits: "):
        await place_call(hass, to=ANNA)


async def test_a_call_that_nobody_knows_cannot_be_ended(hass: HomeAssistant) -> None:
    """Whether it would have been placed or come in."""
    with pytest.raises(ServiceValidationError, match="this home knows no such call"):
        await end_call(hass, "c7")
