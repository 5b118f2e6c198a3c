"""What README and docs say is so: examples run, links lead somewhere, tables are complete."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import dropwhile, takewhile
import json
from pathlib import Path
import re
import shutil
import subprocess
import tomllib
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import quote

from homeassistant.components.automation import DOMAIN as AUTOMATION_DOMAIN
from homeassistant.components.tts.const import DATA_COMPONENT
from homeassistant.const import __version__ as HOME_ASSISTANT_VERSION
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers import device_registry as dr, entity_registry as er
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import parse_yaml
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
    async_get_persistent_notifications,
    async_mock_service,
)

from custom_components.elks46.bus import (
    EVENT_MESSAGE_STATUS,
    EVENT_MMS_RECEIVED,
    EVENT_RECORDING,
    EVENT_SMS_RECEIVED,
    EVENTS_OF_CALLS,
)
from custom_components.elks46.const import DOMAIN, SUBENTRY_CONTACT, SUBENTRY_NUMBER
from custom_components.elks46.event import VOICEMAIL
from custom_components.elks46.records import CallNews

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
    open_subaccount,
    pass_time,
    picture_home,
    refusing,
    send_sms,
    text_home,
    use_action,
)
from .calls import Phones, place_call
from .letters import Desk
from .sounds import FFMPEG
from .talk import Parlour
from .test_architecture import DOORS, ENGINE, FRONT, GROUND, VOICE
from .test_audio import Engine
from .test_translations import OF_SUBACCOUNTS, WITH_ASSIST

ROOT: Final = Path(__file__).parents[1]
INTEGRATION: Final = ROOT / "custom_components" / DOMAIN
DOCS: Final = ROOT / "docs"
REFERENCE: Final = DOCS / "reference.md"
AUTOMATIONS: Final = DOCS / "automations.md"
PAGES: Final = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "simulator").rglob("*.md")]
)
WORKFLOWS: Final = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# Composed, or this file would be one of the places where it stands.
PUBLIC_NAME: Final = f"{DOMAIN}/{DOMAIN}"

FFMPEG_CONFIG: Final = {"ffmpeg": {"ffmpeg_bin": FFMPEG}}
# What grows in the folder and is not of the repository.
NOT_OURS: Final = (".git", ".tools", ".venv*", ".demo", "*cache*", ".coverage*")

# What the house of the examples has besides 46elks.
HOUSE: Final = {
    "alarm_control_panel.house": "armed_home",
    "binary_sensor.anybody_at_home": "on",
    "binary_sensor.front_door": "off",
    "binary_sensor.mains_power": "on",
    "binary_sensor.washing_machine_leak": "off",
    "climate.cottage": "off",
    "light.porch": "off",
    "media_player.kitchen": "idle",
    "sensor.freezer_temperature": "-18",
    "switch.gate": "off",
    "siren.hallway": "off",
}


def read_yaml(text: str) -> Any:
    """Read YAML as Home Assistant does."""
    return parse_yaml(text)


def name(page: Path) -> str:
    """Return a page's path from the root."""
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL
    )


def examples() -> Iterator[Any]:
    """Yield every YAML example with the page it stands on; those of blueprints are tried with them."""
    for page in PAGES:
        if page == DOCS / "blueprints.md":
            continue
        for block in blocks(page, "yaml"):
            example = read_yaml(block)
            yield pytest.param(example, id=f"{name(page)}: {example['alias']}")


def section(page: Path, heading: str) -> str:
    """Return what stands under a heading, up to the end of the page."""
    _, found, rest = page.read_text().partition(f"\n{heading}\n")
    assert found, f"{name(page)} has no heading {heading}"
    return rest


def rows(page: Path, heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its head."""
    lines = dropwhile(
        lambda line: not line.startswith("|"), section(page, heading).splitlines()
    )
    table = list(takewhile(lambda line: line.startswith("|"), lines))
    return [line.strip("|").replace("`", "").split("|") for line in table[2:]]


def column(page: Path, heading: str, number: int = 0) -> list[str]:
    """Return a column of the first table under a heading."""
    return [cells[number].strip() for cells in rows(page, heading)]


def words(page: Path, beginning: str) -> set[str]:
    """Return what is set as code in the paragraph that begins so."""
    paragraph = page.read_text().partition(f"\n{beginning}")[2]
    return set(re.findall(r"`(\w+)`", paragraph.partition("\n\n")[0]))


def translations() -> Json:
    """Return what people read."""
    texts: Json = json.loads((INTEGRATION / "translations" / "en.json").read_text())
    return texts


def services() -> Json:
    """Return the actions and their fields."""
    actions: Json = read_yaml((INTEGRATION / "services.yaml").read_text())
    return actions


def fields(fields: Json) -> set[str]:
    """Return the fields of an action, with those in sections."""
    names: set[str] = set()
    for key, field in fields.items():
        names |= set(field["fields"]) if "fields" in field else {key}
    return names


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A house with 46elks in it, and one example automation."""

    hass: HomeAssistant
    simulator: SimulatorControl
    asked: dict[str, list[ServiceCall]]

    async def changes(self, entity_id: str, state: str) -> None:
        """Let something in the house change, and what follows come to rest."""
        self.hass.states.async_set(entity_id, state)
        await self.hass.async_block_till_done()

    async def hears(self, phone: str, text: str) -> None:
        """Let a phone text the house, and what follows come to rest."""
        await text_home(self.hass, self.simulator, phone, text)
        await self.hass.async_block_till_done()

    async def switch_off(self, *phones: str) -> None:
        """Switch phones off, whose operator gives up at once."""
        for phone in phones:
            await self.simulator.put_handset(phone, on=False, validity=1)

    async def arrived(self, phone: str, texts: int = 1) -> list[str]:
        """Return what has arrived at a phone, when so many texts in all have."""
        await self.simulator.posted("delivery", 2 * texts)
        return [
            text["message"]
            for text in await self.simulator.texts(phone)
            if (text["direction"], text["status"]) == ("incoming", "delivered")
        ]

    async def got(self, phone: str) -> list[str]:
        """Return what 46elks has sent to a phone by now."""
        return [
            text["message"]
            for text in await self.simulator.texts(phone)
            if text["direction"] == "incoming"
        ]


@pytest.fixture
async def furnished(hass: HomeAssistant) -> dict[str, list[ServiceCall]]:
    """Furnish the house; what the examples do in it is only noted."""
    # Their views must be there before the first request comes.
    for component in ("repairs", "persistent_notification"):
        assert await async_setup_component(hass, component, {})
    for entity_id, state in HOUSE.items():
        hass.states.async_set(entity_id, state)
    return {
        "alarm_control_panel": async_mock_service(
            hass, "alarm_control_panel", "alarm_arm_away"
        ),
        "media_player": async_mock_service(hass, "media_player", "play_media"),
        **{
            domain: async_mock_service(hass, domain, "turn_on")
            for domain in ("climate", "light", "siren", "switch")
        },
    }


@pytest.fixture
async def home(
    hass: HomeAssistant,
    furnished: dict[str, list[ServiceCall]],
    integration: MockConfigEntry,
    simulator: SimulatorControl,
) -> Home:
    """Return a furnished house that 46elks reaches."""
    return Home(hass=hass, simulator=simulator, asked=furnished)


async def load(hass: HomeAssistant, example: Json) -> None:
    """Give an example to Home Assistant as the automation editor does."""
    assert await async_setup_component(
        hass, AUTOMATION_DOMAIN, {AUTOMATION_DOMAIN: [{"id": "example", **example}]}
    )
    await hass.async_block_till_done()


async def a_leak_is_texted(home: Home) -> None:
    """The first example of all."""
    await home.changes("binary_sensor.washing_machine_leak", "on")

    assert await home.arrived(ANNA) == ["There is water under the washing machine!"]


async def silence_is_answered_by_the_siren(home: Home) -> None:
    """One who gets the text is enough; nobody is not."""
    await home.switch_off(BJORN)
    await home.changes("binary_sensor.washing_machine_leak", "on")
    assert await home.arrived(ANNA, 2) == ["There is water under the washing machine!"]
    assert not home.asked["siren"]

    await home.switch_off(ANNA)
    await home.changes("binary_sensor.washing_machine_leak", "off")
    await home.changes("binary_sensor.washing_machine_leak", "on")
    assert len(home.asked["siren"]) == 1

    await home.simulator.fail(
        {"match": {"path": "/a1/*"}, "kind": "status", "status": 403, "body": "No"}
    )
    await home.changes("binary_sensor.washing_machine_leak", "off")
    await home.changes("binary_sensor.washing_machine_leak", "on")
    assert len(home.asked["siren"]) == 2


async def status_is_answered_to_contacts(home: Home) -> None:
    """A stranger gets no answer."""
    await home.simulator.put_handset(STRANGER)
    await home.hears(STRANGER, "STATUS")
    await home.hears(BJORN, "How are you?")
    await home.hears(ANNA, " Status ")

    assert await home.arrived(ANNA) == [
        "Hello Anna! The alarm is armed_home. The freezer is at -18 degrees."
    ]
    assert await home.got(STRANGER) == []
    assert await home.got(BJORN) == []


async def the_freezer_is_told_by_text(home: Home) -> None:
    """No assistant need think about it."""
    [entry] = home.hass.config_entries.async_entries(DOMAIN)
    desk = Desk(home.hass, home.simulator, entry)
    await desk.furnish()

    answers = await desk.write(ANNA, "How cold is the freezer?", "And the cellar?")
    assert answers[0] == "The freezer is at -18 degrees."
    assert desk.sentences == ["And the cellar?"]


async def only_the_named_heat_the_cottage(home: Home) -> None:
    """A stranger may text what they like."""
    await home.simulator.put_handset(STRANGER)
    await home.hears(STRANGER, "WARM")
    assert not home.asked["climate"]

    await home.hears(BJORN, "warm")
    assert [call.data["entity_id"] for call in home.asked["climate"]] == [
        ["climate.cottage"]
    ]


async def only_texts_of_others_are_forwarded(home: Home) -> None:
    """A code of digits stays as it is."""
    await home.simulator.put_handset(STRANGER)
    await home.hears(BJORN, "Hello")
    await home.hears(STRANGER, "0123456")

    assert await home.arrived(ANNA) == [f"From {STRANGER}: 0123456"]


async def a_power_failure_is_texted_to_all(home: Home) -> None:
    """Contacts and a number of nobody the house knows."""
    await home.changes("binary_sensor.mains_power", "off")

    assert await home.arrived(ANNA, 3) == ["The power at home has failed."]
    assert await home.got(BJORN) == ["The power at home has failed."]
    assert await home.got(STRANGER) == ["The power at home has failed."]


async def a_failure_is_told(home: Home) -> None:
    """In the notifications of Home Assistant."""
    await home.switch_off(ANNA)
    await send_sms(home.hass, entity_id="notify.anna_sms")
    await home.hass.async_block_till_done()

    [notification] = async_get_persistent_notifications(home.hass).values()
    assert notification["message"] == "Anna did not get the text."


async def a_limit_is_told(home: Home) -> None:
    """Once, in the notifications of Home Assistant."""
    (account,) = home.hass.config_entries.async_entries(DOMAIN)
    await change_options(home.hass, account, hourly_message_limit=1)
    await send_sms(home.hass, to=[ANNA, BJORN, STRANGER])
    await home.hass.async_block_till_done()

    [notification] = async_get_persistent_notifications(home.hass).values()
    assert notification["message"] == "The hourly limit of messages is reached: 1.0."


async def light_goes_on(home: Home) -> None:
    """For the family only."""
    await home.simulator.put_handset(STRANGER)
    await home.hears(STRANGER, "LIGHT")
    await home.hears(ANNA, "Light")

    assert len(home.asked["light"]) == 1


async def anna_is_answered(home: Home) -> None:
    """And nobody else; nor is she for a text she gets."""
    await home.hears(BJORN, "Hi")
    await home.hears(ANNA, "Hi")

    assert await home.arrived(ANNA) == ["You wrote: Hi"]
    assert await home.got(BJORN) == []


async def the_bell_rings_for_anna(home: Home) -> None:
    """And for nobody else."""
    await home.hears(BJORN, "Hi")
    await home.hears(ANNA, "Hi")

    assert len(home.asked["siren"]) == 1


async def a_price_is_told(home: Home) -> None:
    """And nothing is sent."""
    tomorrow = dt_util.start_of_local_day() + dt_util.dt.timedelta(days=1, hours=7)
    async_fire_time_changed(home.hass, tomorrow)
    await home.hass.async_block_till_done()

    [notification] = async_get_persistent_notifications(home.hass).values()
    assert notification["message"] == "1 part for 0.52"
    assert await home.got(ANNA) == []


async def the_night_is_told(home: Home) -> None:
    """Without what went out."""
    await home.hears(ANNA, "Hi")
    await home.hears(BJORN, "Are you there?")
    await send_sms(home.hass, to=ANNA)
    tomorrow = dt_util.start_of_local_day() + dt_util.dt.timedelta(days=1, hours=7)
    async_fire_time_changed(home.hass, tomorrow)
    await home.hass.async_block_till_done()

    [notification] = async_get_persistent_notifications(home.hass).values()
    assert notification["message"] == "2 texts"


async def the_door_is_shown(home: Home) -> None:
    """As the camera sees it."""
    home.hass.config.components.add("camera")
    picture = SimpleNamespace(content=drawn())
    with patch("homeassistant.components.camera.async_get_image", return_value=picture):
        await home.changes("binary_sensor.front_door", "on")

    [text] = await home.simulator.texts(ANNA)
    assert text["message"] == "Somebody is at the door."
    assert text["images"] == [data_url(drawn())]


async def pictures_of_the_family_are_passed_on(home: Home) -> None:
    """With all their pictures."""
    pictures = drawn(), drawn(9, 9)
    await picture_home(home.hass, home.simulator, ANNA, "Look!", *pictures)

    texts = await home.simulator.texts(BJORN)
    assert [text["message"] for text in texts] == ["From Anna: Look!", ""]
    assert [text["images"] for text in texts] == [[data_url(one)] for one in pictures]


async def the_shop_answers(home: Home) -> None:
    """At 46elks itself, for a number that is not added here."""
    await home.simulator.put_number(OTHER_NUMBER)
    night = dt_util.start_of_local_day() + dt_util.dt.timedelta(days=1, hours=22)
    async_fire_time_changed(home.hass, night)
    await home.hass.async_block_till_done(wait_background_tasks=True)

    found = await home.simulator.control("GET", "numbers")
    assert [one["sms_url"] for one in found if one["number"] == OTHER_NUMBER] == [
        '{"reply": "We open at eight."}'
    ]


async def the_siren_sounds_unless_anna_presses_the_key(home: Home) -> None:
    """Also if nobody could be called."""
    hass, phones = home.hass, Phones(home.simulator)
    assert await async_setup_component(hass, "ffmpeg", FFMPEG_CONFIG)
    assert await async_setup_component(hass, "tts", {})
    await hass.data[DATA_COMPONENT].async_add_entities([Engine()])
    await phones.stop_clock()
    hass.states.async_set("binary_sensor.washing_machine_leak", "on")
    call_id = await phones.answered()
    await phones.do(call_id, "digits", digits="1")
    await phones.run_clock()
    await home.simulator.posted("hangup")
    await hass.async_block_till_done()
    assert not home.asked["siren"]

    await home.simulator.put_handset(ANNA, answers="busy")
    await home.changes("binary_sensor.washing_machine_leak", "off")
    await home.changes("binary_sensor.washing_machine_leak", "on")
    assert len(home.asked["siren"]) == 1

    await home.simulator.fail(
        {"match": {"path": "/a1/*"}, "kind": "status", "status": 403, "times": None}
    )
    await home.changes("binary_sensor.washing_machine_leak", "off")
    await home.changes("binary_sensor.washing_machine_leak", "on")
    assert len(home.asked["siren"]) == 2


async def calls(home: Home, caller: str) -> str:
    """Call the house, and return the id of the call."""
    await home.simulator.put_handset(caller)
    rung = await home.simulator.control(
        "POST", f"handsets/{caller}/calls", {"to": NUMBER}
    )
    return str(rung["call_id"])


async def settle(home: Home, subentry_id: str, **settings: object) -> None:
    """Change how a number answers, or what a contact may."""
    (entry,) = home.hass.config_entries.async_entries(DOMAIN)
    subentry = entry.subentries[subentry_id]
    home.hass.config_entries.async_update_subentry(
        entry, subentry, data={**subentry.data, **settings}
    )
    await home.hass.async_block_till_done(wait_background_tasks=True)


async def the_gate_opens_for_who_may(home: Home) -> None:
    """On the ring alone, and for no stranger."""
    await settle(home, "anna", rights=["open"])
    phones = Phones(home.simulator)
    for caller in (STRANGER, BJORN, ANNA):
        assert (await phones.end(await calls(home, caller)))["signal"] == "reject"
        await home.hass.async_block_till_done()
    assert len(home.asked["switch"]) == 1


async def the_family_is_passed_on(home: Home) -> None:
    """And strangers may leave a message."""
    await settle(home, "number", call_handling="automation")
    await home.simulator.put_handset(BJORN, answers="busy")
    phones = Phones(home.simulator)
    for caller, done in ((ANNA, "connect"), (STRANGER, "play")):
        call = await phones.end(await calls(home, caller))
        assert done in call["actions"][0]


async def a_message_is_played(home: Home) -> None:
    """When its sound is here, and nothing of a call that is recorded."""
    await settle(home, "number", call_handling="voicemail")
    await home.simulator.put_handset(ANNA, answers="at_once")
    await place_call(home.hass, to=[ANNA], record=True)
    await Phones(home.simulator).end(await calls(home, BJORN))
    await home.simulator.posted("record")
    await home.hass.async_block_till_done(wait_background_tasks=True)
    (call,) = home.asked["media_player"]
    assert call.data["media"]["media_content_id"].endswith(".wav")


def has_more(done: int, call: Json) -> bool:
    """Tell whether a call has got further than so many instructions."""
    return len(call["actions"]) > done


async def callers_are_led(home: Home) -> None:
    """To the second level, with what they may."""
    hass, phones = home.hass, Phones(home.simulator)
    assert await async_setup_component(hass, "ffmpeg", FFMPEG_CONFIG)
    assert await async_setup_component(hass, "tts", {})
    await hass.data[DATA_COMPONENT].async_add_entities([Engine()])
    await settle(home, "anna", rights=["control"])
    await settle(home, "number", call_handling="automation")
    await phones.stop_clock()
    call_id = await calls(home, ANNA)
    for key in ("2", "1"):
        await phones.until(
            call_id,
            lambda call: call["phase"] == "playing" and "ivr" in call["actions"][-1],
        )
        done = len((await phones.phase(call_id, "playing"))["actions"])
        await phones.do(call_id, "digits", digits=key)
        await phones.until(call_id, partial(has_more, done))
    await phones.run_clock()
    await phones.end(call_id)
    await hass.async_block_till_done()
    assert [call.service for call in home.asked["light"]] == ["turn_on"]
    assert not home.asked["switch"]


async def anna_is_asked(home: Home) -> None:
    """And the house is armed when she says yes."""
    (entry,) = home.hass.config_entries.async_entries(DOMAIN)
    parlour = Parlour(home.hass, home.simulator, entry)
    await parlour.furnish()
    await home.simulator.put_handset(ANNA, answers="at_once")
    for reply, armed in (("no thanks", 0), ("yes please", 1)):
        parlour.ears.expect(reply)
        await home.changes("binary_sensor.anybody_at_home", "on")
        await home.changes("binary_sensor.anybody_at_home", "off")
        assert len(home.asked["alarm_control_panel"]) == armed
    await parlour.fall_silent()


async def somebody_sees_to_the_water(home: Home) -> None:
    """And the siren is for when nobody does, and the water is still there."""
    hass, phones = home.hass, Phones(home.simulator)
    await phones.stop_clock()
    hass.states.async_set("binary_sensor.washing_machine_leak", "on")
    call_id = await phones.answered()
    # 46elks itself speaks here, after a moment of silence.
    await phones.advance(2)
    await phones.until(call_id, lambda call: "ivr" in str(call["doing"]))
    await phones.do(call_id, "digits", digits="1")
    await settled(home, 0)

    hass.states.async_set("binary_sensor.washing_machine_leak", "off")
    await home.simulator.fail(
        {"match": {"path": "/a1/*"}, "kind": "status", "status": 403, "times": None}
    )
    await home.changes("binary_sensor.washing_machine_leak", "on")
    await settled(home, 1)


async def the_freezer_calls(home: Home) -> None:
    """Because the text fails."""
    phones = Phones(home.simulator)
    await phones.stop_clock()
    await home.simulator.fail(refusing(403, "No"))
    home.hass.states.async_set("sensor.freezer_temperature", "-4")
    (call,) = await phones.new(1)
    assert call["to"] == ANNA
    await home.hass.async_block_till_done()


async def the_gate_opens_by_text(home: Home) -> None:
    """For who may, with their PIN where they have one."""
    await settle(home, "anna", rights=["open"], pin="73914")
    await settle(home, "björn", rights=["control"])
    await home.simulator.put_handset(STRANGER)
    for phone in (STRANGER, BJORN, ANNA):
        await home.hears(phone, "Open, please")
    assert not home.asked["switch"]

    await home.hears(ANNA, "73914 Open, please")
    assert len(home.asked["switch"]) == 1


async def the_cottage_gets_as_warm_as_wished(home: Home) -> None:
    """In degrees that make sense."""
    warmed = async_mock_service(home.hass, "climate", "set_temperature")
    await settle(home, "björn", rights=["control"])
    for text in ("HEAT 21", "heat 99", "Do not heat 22"):
        await home.hears(BJORN, text)
    assert [call.data["temperature"] for call in warmed] == [21]


async def the_siren_sounds_for_lost_texts(home: Home) -> None:
    """Once for each."""
    await home.switch_off(ANNA)
    await send_sms(home.hass, to=[ANNA, BJORN])
    await home.hass.async_block_till_done()
    assert len(home.asked["siren"]) == 1


async def a_key_lights_the_porch(home: Home) -> None:
    """Of whoever is called."""
    phones = Phones(home.simulator)
    await phones.stop_clock()
    await place_call(home.hass, to=[ANNA], acknowledge="1", wait=False)
    call_id = await phones.answered()
    await phones.do(call_id, "digits", digits="1")
    await phones.run_clock()
    await phones.end(call_id)
    await home.simulator.posted("hangup")
    await home.hass.async_block_till_done()
    assert len(home.asked["light"]) == 1


async def anna_hears_who_has_called(home: Home) -> None:
    """By name, or by number."""
    phones = Phones(home.simulator)
    for caller in (BJORN, STRANGER):
        await phones.end(await calls(home, caller))
        await home.hass.async_block_till_done()
    assert await home.arrived(ANNA, 2) == [
        "Björn has called.",
        f"{STRANGER} has called.",
    ]


async def low_money_is_told(home: Home) -> None:
    """Once."""
    for balance in ("60.00", "49.50", "40.00"):
        await home.simulator.put_account(balance=balance)
        await pass_time(home.hass, minutes=31)
    [notification] = async_get_persistent_notifications(home.hass).values()
    assert notification["message"] == "49.5 SEK left"


async def the_house_is_armed_by_text(home: Home) -> None:
    """And a contact without the PIN hears what is missing, a stranger nothing."""
    await settle(home, "anna", rights=["control"], pin="73914")
    await home.simulator.put_handset(STRANGER)
    for phone, text in (
        (STRANGER, "73914 ARM"),
        (ANNA, "ARM"),
        (ANNA, "73914 ARM"),
    ):
        await home.hears(phone, text)
    assert len(home.asked["alarm_control_panel"]) == 1
    assert await home.got(STRANGER) == []
    assert await home.got(ANNA) == ["Begin with your PIN."]


async def the_bell_is_silent_during_calls(home: Home) -> None:
    """From the ring on."""
    await home.changes("binary_sensor.front_door", "on")
    assert len(home.asked["siren"]) == 1

    phones = Phones(home.simulator)
    await phones.stop_clock()
    await place_call(home.hass, to=[ANNA], wait=False)
    await home.changes("binary_sensor.front_door", "off")
    await home.changes("binary_sensor.front_door", "on")
    assert len(home.asked["siren"]) == 1
    await phones.run_clock()


async def the_door_is_told_while_there_is_money(home: Home) -> None:
    """And not when it is needed for alarms."""
    await home.changes("binary_sensor.front_door", "on")
    await home.simulator.put_account(balance="19.00")
    await pass_time(home.hass, minutes=31)
    await home.changes("binary_sensor.front_door", "off")
    await home.changes("binary_sensor.front_door", "on")
    assert await home.got(ANNA) == ["Somebody is at the door."]


async def settled(home: Home, sirens: int) -> None:
    """See how often the siren was asked for, when all automations are through."""
    await home.hass.async_block_till_done(wait_background_tasks=True)
    assert len(home.asked["siren"]) == sirens


type Scene = Callable[[Home], Awaitable[None]]

SCENES: Final[dict[str, Scene]] = {
    "Answer a text that says STATUS": status_is_answered_to_contacts,
    "Arm the house when a text says ARM": the_house_is_armed_by_text,
    "Heat the cottage to what a text says": the_cottage_gets_as_warm_as_wished,
    "Open the gate when a text says OPEN": the_gate_opens_by_text,
    "Open the gate when somebody rings who may": the_gate_opens_for_who_may,
    "Play what callers leave": a_message_is_played,
    "Sound the bell unless somebody is on the phone": the_bell_is_silent_during_calls,
    "Sound the siren when a text does not arrive": the_siren_sounds_for_lost_texts,
    "Tell on the screen when the money runs low": low_money_is_told,
    "Text Anna that somebody is at the door, while there is money for it": (
        the_door_is_told_while_there_is_money
    ),
    "Text Anna who has called and was not taken": anna_hears_who_has_called,
    "Turn on the porch light when somebody presses 1": a_key_lights_the_porch,
    "Answer everything Anna texts": anna_is_answered,
    "Answer how cold the freezer is": the_freezer_is_told_by_text,
    "Ask Anna whether to arm the house": anna_is_asked,
    "Call everybody until somebody sees to the water": somebody_sees_to_the_water,
    "Text Anna when the freezer is warm, and call her if the text does not arrive": (
        the_freezer_calls
    ),
    "Call Anna when the washing machine leaks, and sound the siren if she does not answer": (
        the_siren_sounds_unless_anna_presses_the_key
    ),
    "Forward texts from others to Anna": only_texts_of_others_are_forwarded,
    "Heat the cottage when Anna or Björn texts WARM": only_the_named_heat_the_cottage,
    "Lead callers through a menu": callers_are_led,
    "Let the number of the shop answer by itself at night": the_shop_answers,
    "Open the gate when somebody calls who may": the_gate_opens_for_who_may,
    "Pass calls of the family on to Björn, and take a message of everybody else": (
        the_family_is_passed_on
    ),
    "Play messages that callers leave in the kitchen": a_message_is_played,
    "Pass pictures of the family on to Björn": pictures_of_the_family_are_passed_on,
    "Ring the bell when Anna texts": the_bell_rings_for_anna,
    "Say so when a text did not arrive": a_failure_is_told,
    "Send Anna a picture when somebody is at the door": the_door_is_shown,
    "Sound the siren if nobody gets the text": silence_is_answered_by_the_siren,
    "Tell in the morning how many texts came in the night": the_night_is_told,
    "Tell in the morning what a text would cost": a_price_is_told,
    "Tell on the screen when no more texts go out": a_limit_is_told,
    "Text Anna when the washing machine leaks": a_leak_is_texted,
    "Text everybody at home when the power fails": a_power_failure_is_texted_to_all,
    "Turn on the porch light when somebody of the family texts LIGHT": light_goes_on,
}


@pytest.mark.parametrize("example", examples())
async def test_an_example_does_what_it_says(home: Home, example: Json) -> None:
    """It is loaded by Home Assistant and run; one without a scene fails."""
    scene = SCENES[example["alias"]]

    await load(home.hass, example)
    [automation] = home.hass.states.async_all(AUTOMATION_DOMAIN)
    assert automation.state == "on"
    await scene(home)
    # Or a trigger of its own would go on waiting.
    await home.hass.services.async_call(
        AUTOMATION_DOMAIN, "turn_off", {"entity_id": "all"}, blocking=True
    )


@pytest.mark.parametrize("example", examples())
async def test_an_example_names_only_what_there_is(home: Home, example: Json) -> None:
    """Entities of 46elks as they are really called, the others from the furnished house."""
    written = json.dumps([example["triggers"], example["actions"]])
    domains = {entity_id.partition(".")[0] for entity_id in HOUSE} | {"notify", "event"}
    actions = re.findall(r'"(?:action|trigger)": "([\w.]+)"', written)
    named = set(re.findall(rf"(?<!\.)\b(?:{'|'.join(domains)})\.\w+", written))

    assert named - set(actions) <= {*HOUSE, *er.async_get(home.hass).entities}


def test_every_scene_stands_somewhere() -> None:
    """An example that was taken away takes its scene along."""
    assert set(SCENES) == {example.values[0]["alias"] for example in examples()}


def anchors(page: Path) -> set[str]:
    """Return where a link into a page may lead, as GitHub names it."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    return {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    } | {""}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    """Files are there, and so are the headings in them."""
    links = re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", page.read_text())
    broken = []
    for link in links:
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        found = target.exists() and (not anchor or anchor in anchors(target))
        broken += [link] * (not found)

    assert broken == []


def test_there_is_one_lowest_version() -> None:
    """It stands in hacs.json; what people read agrees, and the tests run on it."""
    lowest: str = json.loads((ROOT / "hacs.json").read_text())["homeassistant"]
    written = {
        version
        for page in PAGES
        for version in re.findall(
            r"Home Assistant (20\d\d\.\d+\.\d+)", page.read_text()
        )
    }

    assert written == {lowest}
    assert lowest in (ROOT / "README.md").read_text()
    assert lowest in (DOCS / "set-up.md").read_text()
    assert HOME_ASSISTANT_VERSION.split(".")[:2] == lowest.split(".")[:2]


def test_there_is_one_version() -> None:
    """What release-please raises together agrees."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    released = json.loads((ROOT / ".release-please-manifest.json").read_text())
    manifest = json.loads((INTEGRATION / "manifest.json").read_text())

    assert {
        manifest["version"],
        released["."],
        project["version"],
        *(package["version"] for package in lock if package["name"] == DOMAIN),
    } == {manifest["version"]}
    assert f"## {manifest['version']}" in (ROOT / "CHANGELOG.md").read_text().replace(
        "## [", "## "
    )


def test_every_action_is_documented() -> None:
    """With exactly the fields it has."""
    described = re.findall(
        rf"^### `{DOMAIN}\.(\w+)`$", REFERENCE.read_text(), re.MULTILINE
    )

    assert set(described) == set(services())
    for action, content in services().items():
        assert set(column(REFERENCE, f"### `{DOMAIN}.{action}`")) == fields(
            content["fields"]
        ) | ({"target"} & set(content))


@pytest.mark.parametrize("kind", ["triggers", "conditions"])
def test_every_trigger_and_condition_is_documented(kind: str) -> None:
    """With exactly the fields it has, under the name that people see."""
    described = read_yaml((INTEGRATION / f"{kind}.yaml").read_text())
    part = section(AUTOMATIONS, f"## {kind.title()}").partition("\n## ")[0]

    assert re.findall(rf"^### `{DOMAIN}\.(\w+)`$", part, re.MULTILINE) == [*described]
    for key, content in described.items():
        heading = f"### `{DOMAIN}.{key}`"
        assert column(AUTOMATIONS, heading) == [*content["fields"]]
        name_seen = translations()[kind][key]["name"]
        assert section(AUTOMATIONS, heading).startswith(f"\n*{name_seen}*: ")


@pytest.mark.parametrize(
    ("heading", "action", "answer"),
    [
        ("#### A message", "get_messages", "messages"),
        ("#### A call", "get_calls", "calls"),
        ("#### A recording", "get_recordings", "recordings"),
        ("#### A subaccount", "list_subaccounts", "subaccounts"),
    ],
)
async def test_rows_of_an_answer_are_documented(
    home: Home, heading: str, action: str, answer: str
) -> None:
    """With exactly the keys they have, in their order."""
    await home.hears(ANNA, "Hi")
    call = {"from": ANNA, "to": NUMBER, "recordings": ["pending"]}
    await home.simulator.control("POST", "history/calls", call)
    await open_subaccount(home.simulator)
    answered = await use_action(home.hass, action)

    [row] = answered[answer]
    assert column(REFERENCE, heading) == list(row)


def test_the_entities_of_a_subaccount_are_documented() -> None:
    """By key; another test tells their names."""
    assert {("sensor", key) for key in column(REFERENCE, "### Subaccount")} == (
        OF_SUBACCOUNTS
    )


def test_the_entities_of_a_house_that_talks_are_documented() -> None:
    """By key and by the domain of their names."""
    told = zip(
        column(REFERENCE, "### With Assist", 1),
        column(REFERENCE, "### With Assist"),
        strict=True,
    )

    assert {(entity.partition(".")[0], key) for entity, key in told} == WITH_ASSIST


def test_the_questions_about_a_subaccount_are_documented() -> None:
    """In the order in which people are asked."""
    step = translations()["config"]["step"]["subaccount"]

    assert column(DOCS / "subaccounts.md", "## While you connect") == list(step["data"])


async def test_the_answer_is_documented(home: Home) -> None:
    """With exactly the keys of a text that was sent, and of one that was not."""
    sent, refused = await send_sms(home.hass, entity_id="notify.anna_sms", to=["08 12"])

    assert set(column(REFERENCE, "#### Answer")) == set(sent) | set(refused)
    [example] = [json.loads(block) for block in blocks(REFERENCE, "json")]
    assert [set(row) for row in example["messages"]] == [set(sent), set(refused)]


@pytest.mark.parametrize(
    "event_type", [EVENT_SMS_RECEIVED, EVENT_MMS_RECEIVED, EVENT_MESSAGE_STATUS]
)
async def test_an_event_is_documented(home: Home, event_type: str) -> None:
    """With exactly the keys it has."""
    events = async_capture_events(home.hass, event_type)
    await home.hears(ANNA, "Hi")
    await picture_home(home.hass, home.simulator, ANNA, "Look!", drawn())
    await send_sms(home.hass, entity_id="notify.anna_sms")

    assert [
        *column(REFERENCE, "### What every event tells"),
        *column(REFERENCE, f"### `{event_type}`"),
    ] == list(events[0].data)


@pytest.mark.parametrize(
    ("heading", "identifier"),
    [("### Account", "account"), ("### Contact", "anna"), ("### Number", "number")],
)
async def test_entities_are_documented(
    home: Home, integration: MockConfigEntry, heading: str, identifier: str
) -> None:
    """With the keys they have, and the names they get."""
    identifiers = {
        "account": integration.unique_id,
        "anna": "anna",
        "number": "number",
    }
    device = dr.async_get(home.hass).async_get_device_by_identifier(
        (DOMAIN, str(identifiers[identifier])), integration.entry_id
    )
    assert device is not None
    entities = er.async_entries_for_device(
        er.async_get(home.hass), device.id, include_disabled_entities=True
    )

    assert set(
        zip(column(REFERENCE, heading), column(REFERENCE, heading, 1), strict=True)
    ) == {(str(entity.translation_key), entity.entity_id) for entity in entities}


@pytest.mark.parametrize("news", list(EVENTS_OF_CALLS), ids=str)
async def test_an_event_of_a_call_is_documented(home: Home, news: CallNews) -> None:
    """With exactly the keys it has, as the rows of the answer are."""
    event_type = EVENTS_OF_CALLS[news]
    events = async_capture_events(home.hass, event_type)
    await home.simulator.put_handset(ANNA, answers="busy")
    done, refused = await place_call(home.hass, to=[ANNA, "08 12"])
    assert set(column(REFERENCE, "#### What came of each call")) == {*done, *refused}
    phones = Phones(home.simulator)
    await phones.stop_clock()
    await home.simulator.put_handset(ANNA, answers="manual")
    await place_call(home.hass, to=[ANNA], acknowledge="1", wait=False)
    call_id = await phones.answered(2)
    await phones.do(call_id, "digits", digits="1")
    await phones.until(call_id, lambda call: len(call["actions"]) == 2)
    await phones.end(await calls(home, BJORN))
    await home.hass.async_block_till_done()

    assert [
        *column(REFERENCE, "### What every event tells"),
        *column(REFERENCE, f"### `{event_type}`"),
    ] == list(events[0].data)
    assert home.hass.states.get("event.46701740690_calls")
    assert words(REFERENCE, "Event of `calls`") >= {*map(str, CallNews)}


async def test_the_event_of_a_recording_is_documented(home: Home) -> None:
    """With exactly the keys it has, and the entity's with all of these."""
    events = async_capture_events(home.hass, EVENT_RECORDING)
    await home.simulator.put_handset(ANNA, answers="at_once")
    (row,) = await place_call(home.hass, to=[ANNA], record=True)

    assert row["recording"]
    assert [
        *column(REFERENCE, "### What every event tells"),
        *column(REFERENCE, "### `elks46_recording`"),
    ] == list(events[0].data)
    told = {VOICEMAIL, "recording_id", "media_content_id", "duration"}
    assert words(REFERENCE, "Event of `calls`") >= told


async def test_states_and_events_of_entities_are_documented(home: Home) -> None:
    """With exactly the words and keys they have."""
    await home.hears(ANNA, "Hi")
    state = home.hass.states.get
    received = {"id", "sender", "recipient", "message", "created"}
    reported = {"id", "recipient", "status", "delivered", "parts", "cost"}
    status, contact, number = (
        state("sensor.anna_last_message_status"),
        state("event.anna_messages"),
        state("event.46701740690_messages"),
    )

    assert status and contact and number
    assert words(REFERENCE, "States of `last_message_status`") == {
        *status.attributes["options"],
    }
    assert words(REFERENCE, "Events of `messages`") == {
        *contact.attributes["event_types"],
        *received,
        "images",
        *reported,
    }
    assert words(REFERENCE, "Event of `messages`") == {
        *number.attributes["event_types"],
        *received,
        "contact",
        "images",
    }
    assert received | {"contact"} <= set(number.attributes)


def test_every_option_is_documented() -> None:
    """In the order in which people are asked."""
    assert column(REFERENCE, "## Options") == list(
        translations()["options"]["step"]["init"]["data"]
    )


def test_every_question_is_documented() -> None:
    """Of account, contact and number."""
    page = DOCS / "set-up.md"
    user, numbers = (
        translations()["config"]["step"][step] for step in ("user", "numbers")
    )
    subentries = translations()["config_subentries"]

    assert column(page, "## Connect the account") == [
        *user["data"],
        *user["sections"]["advanced"]["data"],
        *numbers["data"],
    ]
    assert column(page, "## Add contacts") == list(
        subentries[SUBENTRY_CONTACT]["step"]["user"]["data"]
    )
    for step in subentries[SUBENTRY_NUMBER]["step"].values():
        for field in step.get("data", ()):
            assert f"`{field}`" in section(page, "## Add numbers")


def test_every_repair_is_documented() -> None:
    """By the title people see."""
    titles = [
        issue["title"].format(
            account="46elks", contact="Anna", number=NUMBER, reason="Anna"
        )
        for issue in translations()["issues"].values()
    ]

    assert sorted(
        column(DOCS / "troubleshooting.md", "## What Repairs says")
    ) == sorted(titles)


def test_the_architecture_names_every_room() -> None:
    """As the test that holds the code to it does."""
    table = rows(DOCS / "architecture.md", "## Rooms")
    named = [set(cells[1].strip().split(", ")) for cells in table]

    house = [{"__init__"}, FRONT, DOORS, {"data"}, ENGINE, GROUND, VOICE, {"api"}]
    assert named == house


def test_every_decision_is_short() -> None:
    """One page says what, why, and what follows."""
    for page in sorted((DOCS / "decisions").glob("*.md")):
        text = page.read_text()
        assert text.startswith(f"# {int(page.name[:3])}. ")
        assert len(text.splitlines()) <= 40
        assert re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE) == [
            "Context",
            "Decision",
            "Consequences",
        ]


def test_contributing_is_short() -> None:
    """What is longer is not read."""
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) <= 120


def test_numbers_are_fictitious() -> None:
    """Nobody has them, so nobody is called by a reader who tries an example."""
    written = {
        number
        for page in PAGES
        if page.parent.name != "simulator"
        for number in re.findall(r"\+\d{8,}", page.read_text())
    }

    assert written <= {f"+467017406{last:02}" for last in range(5, 100)}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_trusts_nobody(workflow: Path) -> None:
    """No rights unless a job names them, and every action at one commit."""
    text = workflow.read_text()
    uses = re.findall(r"uses: (.*)", text)

    assert read_yaml(text)["permissions"] == {}
    for action in uses:
        assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}  # (v[\d.]+|main|master)", action)


def test_the_public_name_is_changed_in_one_go(tmp_path: Path) -> None:
    """The command that CONTRIBUTING gives leaves it nowhere, and says where it stands."""
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*NOT_OURS))
    places = sorted(
        str(path.relative_to(copy))
        for path in copy.rglob("*")
        if path.is_file() and PUBLIC_NAME.encode() in path.read_bytes()
    )
    page = ROOT / "CONTRIBUTING.md"
    command = next(block for block in blocks(page, "shell") if "OWNER=" in block)
    command = re.sub(r"^OWNER=.*", "OWNER=some REPOSITORY=thing", command)
    for arguments in ("git init --quiet", "git add ."):
        subprocess.check_call(arguments.split(), cwd=copy)
    subprocess.check_call(["bash", "-c", command], cwd=copy)

    for place in places:
        named = {f"`{place}`", f"`{Path(place).parent}/`"}
        assert [one for one in named if one in section(page, "## Publish")]
        left = (copy / place).read_text()
        assert PUBLIC_NAME not in left
        assert quote(PUBLIC_NAME, safe="") not in left
    changed = json.loads(
        (copy / INTEGRATION.relative_to(ROOT) / "manifest.json").read_text()
    )
    assert changed["codeowners"] == ["@some"]
    assert "owner=some&repository=thing" in (copy / "README.md").read_text()
