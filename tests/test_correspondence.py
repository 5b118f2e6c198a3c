"""Texts that Assist answers."""

import asyncio
from datetime import timedelta
import json
from typing import override
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components import conversation
from homeassistant.components.assist_pipeline import async_update_pipeline
from homeassistant.components.assist_pipeline.pipeline import (
    KEY_ASSIST_PIPELINE,
    async_get_pipeline,
)
from homeassistant.core import HomeAssistant
from homeassistant.helpers import device_registry as dr, issue_registry as ir
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.api import count_text
from custom_components.elks46.const import (
    CONF_LANGUAGE,
    CONF_PHONE,
    CONF_PIN,
    CONF_RIGHTS,
    CONF_TEXT_ASSIST,
    CONF_TEXT_FORWARD_TO,
    CONF_TEXT_REPLY,
    CONF_USER_ID,
    DOMAIN,
)

from . import (
    ANNA,
    BJORN,
    NUMBER,
    OTHER_NUMBER,
    STRANGER,
    SimulatorControl,
    change_options,
    drawn,
    issues,
    killed,
    memory,
    pass_time,
    picture_home,
    post_callback,
    refusing,
    text_home,
    use_action,
)
from .alerts import ALSO, alerting
from .calls import Phones
from .letters import Desk
from .talk import Mind

pytestmark = pytest.mark.usefixtures("impatient")

ASKED = "Is it cold?"
ANSWERED = "You said: Is it cold?"
PIN = "2468"
NO_PIN = "Nothing was done. Begin with your PIN, then write what you want."
WRONG_PIN = "Nothing was done: that was not your PIN."
FAILED = "Sorry, something went wrong. Please see whether it was done."
FULL = OSError(28, "No space left on device")


class Bluntly(Mind):
    """Answers what it is told to, or not at all."""

    def __init__(self, answer: str | Exception) -> None:
        """Take the answer."""
        super().__init__()
        self.given = answer

    @override
    async def async_process(
        self, user_input: conversation.ConversationInput
    ) -> conversation.ConversationResult:
        """Give it."""
        result = await super().async_process(user_input)
        if isinstance(self.given, Exception):
            raise self.given
        result.response.async_set_speech(self.given)
        return result


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


@pytest.fixture
async def desk(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> Desk:
    """Return a house that answers what Anna texts."""
    desk = Desk(hass, simulator, integration)
    await desk.furnish()
    return desk


def text(
    sender: str, message: str, text_id: str = "s1", **fields: str
) -> dict[str, str]:
    """Return a text as 46elks posts it now."""
    created = dt_util.utcnow().replace(tzinfo=None).isoformat()
    told = {"id": text_id, "from": sender, "to": NUMBER, "created": created}
    return {**told, "message": message, **fields}


async def test_a_contact_is_answered(hass: HomeAssistant, desk: Desk) -> None:
    """From the number it texts, in the name of the house's own user, and where its device is."""
    assert await desk.write(ANNA, ASKED) == [ANSWERED]
    [request] = await desk.simulator.requests("POST", "sms")
    [asked] = desk.mind.asked
    device = dr.async_get(hass).async_get(asked.device_id or "")

    assert request["fields"]["from"] == NUMBER
    assert asked.context.user_id == desk.entry.data[CONF_USER_ID]
    assert device is not None
    assert device.name == "Anna"
    assert "text message" in (asked.extra_system_prompt or "")


async def test_the_answer_arrives_like_any_text(
    hass: HomeAssistant, desk: Desk
) -> None:
    """With a delivery report, and counted."""
    await desk.write(ANNA, ASKED)
    await desk.simulator.posted("delivery", 2)
    await hass.async_block_till_done()
    status = hass.states.get("sensor.anna_last_message_status")

    assert status is not None
    assert status.state == "delivered"
    assert desk.entry.runtime_data.store.messages_today == 2


async def test_an_event_is_told_all_the_same(hass: HomeAssistant, desk: Desk) -> None:
    """Automations hear what Assist answers."""
    received = async_capture_events(hass, "elks46_sms_received")
    await desk.write(ANNA, ASKED)

    assert [event.data["message"] for event in received] == [ASKED]


@pytest.mark.parametrize(
    ("subentry_id", "settings", "sender"),
    [
        pytest.param("number", {CONF_TEXT_ASSIST: False}, ANNA, id="switched off"),
        pytest.param("anna", {CONF_RIGHTS: ["control"]}, ANNA, id="without the right"),
        pytest.param("anna", {}, BJORN, id="another contact without it"),
        pytest.param("anna", {}, STRANGER, id="a stranger"),
        pytest.param("anna", {}, "Bank", id="a name"),
        pytest.param(
            "anna", {CONF_PHONE: OTHER_NUMBER}, OTHER_NUMBER, id="a number of our own"
        ),
        pytest.param(
            "anna", {CONF_PHONE: "+46900123456"}, "+46900123456", id="a dear number"
        ),
    ],
)
async def test_nobody_else_is_answered(
    hass: HomeAssistant,
    desk: Desk,
    public_url: str,
    subentry_id: str,
    settings: dict[str, object],
    sender: str,
) -> None:
    """An answer would cost money, and tell a stranger that the number is a house's."""
    await desk.simulator.put_number(OTHER_NUMBER)
    await desk.change(subentry_id, **settings)
    await post_callback(public_url, "sms", text(sender, ASKED))
    await hass.async_block_till_done(wait_background_tasks=True)

    assert desk.sentences == []
    assert await desk.simulator.requests("POST", "sms") == []


async def test_a_picture_with_a_sentence_is_answered(desk: Desk) -> None:
    """Its words are a text like any other; without words there is nothing to answer."""
    await picture_home(desk.hass, desk.simulator, ANNA, ASKED, drawn())
    await picture_home(desk.hass, desk.simulator, ANNA, "", drawn())

    assert await desk.written(ANNA) == [ANSWERED]


async def test_a_long_answer_is_cut(desk: Desk) -> None:
    """To three parts, at a word, and with the signs of a typewriter."""
    answer = await desk.write(ANNA, "“Well” " + "and so on " * 60)

    assert count_text(answer[0]).parts == 3
    assert answer[0].startswith('You said: "Well" and so on and')
    assert answer[0].endswith(("and...", "so...", "on..."))


async def test_an_answer_without_words(hass: HomeAssistant, desk: Desk) -> None:
    """Something has been done, so something is said."""
    await desk.think(Bluntly(""))

    assert await desk.write(ANNA, "Turn on the light") == ["Done."]


async def test_sentences_of_one_contact_are_one_conversation(
    hass: HomeAssistant, desk: Desk
) -> None:
    """As long as Home Assistant remembers it; others have their own."""
    await desk.change("björn", **{CONF_RIGHTS: ["assist"]})
    await desk.write(ANNA, "One", "Two")
    await desk.write(BJORN, "Three")
    await pass_time(hass, minutes=6)
    await desk.write(ANNA, "Four")
    one, two, three, four = (asked.conversation_id for asked in desk.mind.asked)

    assert one == two
    assert len({one, three, four}) == 3


async def test_two_texts_at_once_are_answered_one_after_the_other(
    hass: HomeAssistant, desk: Desk, public_url: str
) -> None:
    """In the order in which they came."""
    desk.mind.may_answer.clear()
    for number, sentence in enumerate(("One", "Two")):
        await post_callback(public_url, "sms", text(ANNA, sentence, f"s{number}"))
    thinking = list(desk.sentences)
    desk.mind.may_answer.set()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert thinking == ["One"]
    assert await desk.written(ANNA) == ["You said: One", "You said: Two"]
    assert len({asked.conversation_id for asked in desk.mind.asked}) == 1


@pytest.mark.parametrize(
    ("settings", "language"),
    [({}, "en"), ({CONF_LANGUAGE: "sv"}, "sv")],
    ids=["that of the assistant", "that of the contact"],
)
async def test_the_language_of_an_answer(
    desk: Desk, settings: dict[str, object], language: str
) -> None:
    """The contact's own, if they have one."""
    await desk.change("anna", **settings)
    await desk.write(ANNA, ASKED)

    assert [asked.language for asked in desk.mind.asked] == [language]


async def test_the_house_has_words_of_its_own_in_the_language_of_a_contact(
    desk: Desk,
) -> None:
    """Also where Assist need not be asked."""
    await desk.change("anna", **{CONF_LANGUAGE: "sv", CONF_PIN: PIN})
    said = {
        f"component.{DOMAIN}.exceptions.text_assist_pin.message": "Skriv koden först."
    }
    asked: list[str] = []

    async def translations(
        _: HomeAssistant, language: str, *__: object
    ) -> dict[str, str]:
        asked.append(language)
        return said

    with patch(
        "custom_components.elks46.correspondence.async_get_translations", translations
    ):
        assert await desk.write(ANNA, ASKED) == ["Skriv koden först."]
    assert asked == ["sv"]


async def test_the_number_says_which_assistant_answers(
    hass: HomeAssistant, desk: Desk
) -> None:
    """The preferred one, until another is chosen."""
    other = desk.new_agent(Bluntly("I am another"))
    preferred = async_get_pipeline(hass).to_json()
    del preferred["id"]
    await hass.data[KEY_ASSIST_PIPELINE].pipeline_store.async_create_item(
        {**preferred, "name": "Other", "conversation_engine": other}
    )
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": "select.46701740690_assistant", "option": "Other"},
        blocking=True,
    )

    assert await desk.write(ANNA, ASKED) == ["I am another"]


async def test_what_an_assistant_does_itself_it_does_for_texts(
    hass: HomeAssistant, desk: Desk
) -> None:
    """A sentence of an automation goes before any agent."""
    assert await async_setup_component(
        hass,
        "automation",
        {
            "automation": {
                "triggers": {
                    "trigger": "conversation",
                    "command": "is it cold",
                },
                "actions": {"set_conversation_response": "Minus eighteen"},
            }
        },
    )
    await hass.async_block_till_done()

    assert await desk.write(ANNA, ASKED) == ["Minus eighteen"]
    assert desk.sentences == []


async def test_these_texts_are_answered_by_assist_alone(
    hass: HomeAssistant, desk: Desk, public_url: str
) -> None:
    """They are for the house: not passed on, where they could hold a PIN, and answered once."""
    await desk.change(
        "number", **{CONF_TEXT_REPLY: "I am away", CONF_TEXT_FORWARD_TO: STRANGER}
    )
    before = len(await desk.simulator.log())
    await desk.write(ANNA, ASKED)
    mine = await desk.simulator.posted("sms", after=before)
    await desk.write(BJORN, "Hello")
    [theirs] = (await desk.simulator.posted("sms", 2, after=before))[1:]

    assert await desk.written(ANNA) == [ANSWERED]
    assert (mine[0]["status"], mine[0]["answer"]) == (204, "")
    assert await desk.written(BJORN) == ["I am away"]
    assert json.loads(theirs["answer"]) == {"forward": STRANGER}


async def test_yes_to_an_alert_is_nothing_to_assist(
    hass: HomeAssistant, desk: Desk
) -> None:
    """It ends the alert."""
    phones = Phones(desk.simulator)
    await phones.stop_clock()
    alarm = alerting(hass, "Anna", also_sms=ALSO)
    await phones.new(1)
    await hass.async_block_till_done()
    await text_home(hass, desk.simulator, ANNA, "ok")
    answer = await alarm
    await phones.run_clock()

    assert answer["via"] == "sms"
    assert desk.sentences == []


@pytest.mark.parametrize(
    ("texts", "sentences", "answers"),
    [
        pytest.param([ASKED], [], [NO_PIN], id="none"),
        pytest.param([f"{PIN} {ASKED}"], [ASKED], [ANSWERED], id="before the sentence"),
        pytest.param([f" {PIN}:\n{ASKED} "], [ASKED], [ANSWERED], id="on its own line"),
        pytest.param(
            [PIN, ASKED],
            [ASKED],
            [
                "Thank you. What can I do for you? For five minutes I need no PIN.",
                ANSWERED,
            ],
            id="alone, and then a sentence",
        ),
        pytest.param([f"{ASKED} {PIN}"], [], [NO_PIN], id="behind it"),
        pytest.param([f"1357 {ASKED}"], [], [WRONG_PIN], id="a wrong one"),
        pytest.param([f"{PIN}9 {ASKED}"], [], [WRONG_PIN], id="with a digit too many"),
        pytest.param([f"+46{PIN}701740 {ASKED}"], [], [NO_PIN], id="in a phone number"),
        pytest.param(
            [f"{PIN} One", "Two", "2000 watts", f"Three {PIN}"],
            ["One", "Two", "2000 watts", "Three"],
            [*(f"You said: {said}" for said in ("One", "Two", "2000 watts", "Three"))],
            id="it holds, and what looks like another one is said",
        ),
    ],
)
async def test_a_pin_comes_first(
    desk: Desk, texts: list[str], sentences: list[str], answers: list[str]
) -> None:
    """Senders can be forged."""
    await desk.change("anna", **{CONF_PIN: PIN})

    assert await desk.write(ANNA, *texts) == answers
    assert desk.sentences == sentences


async def test_a_pin_holds_for_five_minutes(
    desk: Desk, freezer: FrozenDateTimeFactory
) -> None:
    """From when it was given, however much is written meanwhile."""
    await desk.change("anna", **{CONF_PIN: PIN})
    await desk.write(ANNA, f"{PIN} One")
    freezer.tick(timedelta(minutes=4))
    await desk.write(ANNA, "Two")
    freezer.tick(timedelta(minutes=2))

    assert (await desk.write(ANNA, "Three"))[-1] == NO_PIN
    assert desk.sentences == ["One", "Two"]


async def test_a_pin_can_be_read_nowhere(
    hass: HomeAssistant,
    desk: Desk,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither the right one nor one that is nearly right: not by automations, and not in what is kept."""
    await desk.change("anna", **{CONF_PIN: PIN})
    events = async_capture_events(hass, "elks46_sms_received")
    nearly = "2486"
    await desk.write(ANNA, f"{nearly} {ASKED}", f"{PIN} My code is {PIN}", PIN)
    states = [state.as_dict() for state in hass.states.async_all()]
    history = await use_action(hass, "get_messages", number=ANNA, direction="incoming")
    runs = hass.data[KEY_ASSIST_PIPELINE].pipeline_debug
    files = await hass.async_add_executor_job(memory, hass)
    ours = [
        one.getMessage()
        for one in caplog.records
        if one.name.startswith("custom_components")
    ]

    assert [event.data["message"] for event in events] == [
        ASKED,
        "My code is ••••",
        "",
    ]
    assert [row["message"] for row in history["messages"]] == [
        "",
        "My code is ••••",
        ASKED,
    ]
    kept = [states, [event.as_dict() for event in events], repr(runs), ours]
    assert PIN not in str(kept)
    assert nearly not in str(kept)
    assert [path for path, content in files.items() if PIN.encode() in content] == []


async def test_three_wrong_pins_lock(
    hass: HomeAssistant,
    desk: Desk,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By text and by phone, over a new set-up, and for a while; the contact is told, once."""
    await desk.change("anna", **{CONF_PIN: PIN})
    wrong = [f"{pin} {ASKED}" for pin in ("1111", "2222", "3333")]
    answers = await desk.write(ANNA, *wrong)
    await change_options(hass, desk.entry, keep_text=False)
    locked = await desk.write(ANNA, f"{PIN} {ASKED}", ASKED)
    freezer.tick(timedelta(minutes=16))
    later = await desk.write(ANNA, f"{PIN} {ASKED}")

    assert answers[:2] == [WRONG_PIN, WRONG_PIN]
    assert "wrong PIN for the third time" in answers[2]
    assert caplog.text.count("was entered wrongly 3 times") == 1
    assert locked == answers
    assert later[3:] == [ANSWERED]


async def test_whoever_forges_a_number_can_make_the_house_write_little(
    desk: Desk, freezer: FrozenDateTimeFactory
) -> None:
    """Three times an hour it says what is missing; who has the PIN is answered, however many there were."""
    await desk.change("anna", **{CONF_PIN: PIN})
    refused = await desk.write(ANNA, *(f"Open {door}" for door in range(23)))
    answered = await desk.write(ANNA, f"{PIN} {ASKED}")
    freezer.tick(timedelta(hours=1, seconds=1))
    again = await desk.write(ANNA, "Open")

    assert refused == [NO_PIN] * 3
    assert answered[3:] == [ANSWERED]
    assert again[4:] == [NO_PIN]


async def test_a_text_is_answered_once(
    hass: HomeAssistant, desk: Desk, public_url: str
) -> None:
    """However often 46elks brings it, and over a reload and a crash."""
    form = text(ANNA, ASKED)
    await asyncio.gather(*(post_callback(public_url, "sms", form) for _ in range(2)))
    await hass.async_block_till_done(wait_background_tasks=True)
    await hass.config_entries.async_reload(desk.entry.entry_id)
    await post_callback(public_url, "sms", form)
    async with killed(hass, desk.entry):
        pass
    await post_callback(public_url, "sms", form)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert desk.sentences == [ASKED]
    assert await desk.written(ANNA) == [ANSWERED]


async def test_a_text_whose_coming_was_not_written_down_is_answered_once(
    hass: HomeAssistant, desk: Desk, public_url: str
) -> None:
    """It is announced again after a crash; a light is better not switched than twice."""
    events = async_capture_events(hass, "elks46_sms_received")
    form = text(ANNA, ASKED)
    with patch(
        "custom_components.elks46.store.ElksStore.async_record_received",
        side_effect=FULL,
    ):
        refused = await post_callback(public_url, "sms", form)
        await hass.async_block_till_done(wait_background_tasks=True)
    async with killed(hass, desk.entry):
        pass
    taken = await post_callback(public_url, "sms", form)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert (refused, taken) == (503, 204)
    assert len(events) == 2
    assert desk.sentences == [ASKED]


async def test_a_disk_that_refuses_keeps_nobody_from_being_answered(
    hass: HomeAssistant, desk: Desk
) -> None:
    """Once, as long as Home Assistant runs; a repair tells of the disk."""
    with patch(
        "custom_components.elks46.journal.Journal.async_append", side_effect=FULL
    ):
        await desk.simulator.send_text(ANNA, NUMBER, ASKED)
        await desk.simulator.posted("sms")
        await hass.async_block_till_done(wait_background_tasks=True)

    assert desk.sentences == [ASKED]
    assert "disk_refuses" in issues(hass)


@pytest.mark.parametrize(
    ("minutes", "sentences"), [(14, [ASKED]), (16, [])], ids=["late", "too late"]
)
async def test_an_old_text_is_not_done(
    hass: HomeAssistant,
    desk: Desk,
    public_url: str,
    minutes: int,
    sentences: list[str],
) -> None:
    """Whoever wrote it does not wait any more."""
    created = dt_util.utcnow() - timedelta(minutes=minutes)
    form = text(ANNA, ASKED, created=created.replace(tzinfo=None).isoformat())
    await post_callback(public_url, "sms", form)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert desk.sentences == sentences


@pytest.mark.parametrize(
    ("error", "says"),
    [
        pytest.param(RuntimeError("boom"), "AssistantError", id="raises"),
        pytest.param(OSError("gone"), "AssistantError", id="cannot be reached"),
    ],
)
async def test_an_agent_that_fails(
    hass: HomeAssistant,
    desk: Desk,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    says: str,
) -> None:
    """The contact is told, and the log says what it was, without the text."""
    await desk.think(Bluntly(error))

    assert await desk.write(ANNA, ASKED) == [FAILED]
    assert f"Assist has not answered a text: {says}" in caplog.text
    assert issues(hass) == {}


async def test_an_agent_that_hangs(hass: HomeAssistant, desk: Desk) -> None:
    """After a minute the contact is told, and the next sentence has its turn."""
    desk.mind.may_answer.clear()
    with patch("custom_components.elks46.correspondence.THINK_SECONDS", 0.01):
        first = await desk.write(ANNA, "One")
    desk.mind.may_answer.set()

    assert first == [FAILED]
    assert (await desk.write(ANNA, "Two"))[1:] == ["You said: Two"]


async def test_an_agent_that_is_gone(hass: HomeAssistant, desk: Desk) -> None:
    """The contact hears that it did not work, and the owner reads why, until it works again."""
    await async_update_pipeline(
        hass, async_get_pipeline(hass), conversation_engine="conversation.gone"
    )
    first = await desk.write(ANNA, ASKED)
    told, ids = issues(hass), str([*ir.async_get(hass).issues])
    await desk.think(Mind())
    second = await desk.write(ANNA, ASKED)

    assert first == [FAILED]
    assert told == {"text_assist_absent": {"number": NUMBER}}
    # Diagnostics list them, so they are nobody's number.
    assert NUMBER not in ids
    assert second[1:] == [ANSWERED]
    assert issues(hass) == {}


async def test_a_home_whose_assistants_are_all_gone(
    hass: HomeAssistant, desk: Desk
) -> None:
    """Not even the preferred one is there."""
    hass.data[KEY_ASSIST_PIPELINE].pipeline_store.data.clear()

    assert await desk.write(ANNA, ASKED) == [FAILED]
    assert issues(hass) == {"text_assist_absent": {"number": NUMBER}}


async def test_a_home_without_assistants(
    hass: HomeAssistant, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """As one that lacks what these need."""
    hass.config.components.remove("assist_pipeline")
    with patch("custom_components.elks46.async_setup_component", return_value=False):
        await hass.config_entries.async_reload(desk.entry.entry_id)
        answers = await desk.write(ANNA, ASKED)
    select = hass.states.get("select.46701740690_assistant")

    assert answers == [FAILED]
    assert "text_assist_absent" in issues(hass)
    assert select is not None
    assert select.state == "unavailable"


@pytest.mark.parametrize(
    "options",
    [{"hourly_message_limit": 0}, {"daily_spend_limit": 0.1}],
    ids=["messages", "money"],
)
async def test_limits_hold_for_answers(
    hass: HomeAssistant,
    desk: Desk,
    caplog: pytest.LogCaptureFixture,
    options: dict[str, object],
) -> None:
    """What was asked for is done all the same, as that is free."""
    await change_options(hass, desk.entry, **options)

    assert await desk.write(ANNA, ASKED) == []
    assert desk.sentences == [ASKED]
    assert caplog.text.count("What Assist answers a text was not sent") == 1
    assert ASKED not in caplog.text.split("What Assist answers a text was not sent")[1]


async def test_an_answer_that_46elks_refuses(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged, without the number or the text."""
    await desk.simulator.fail(refusing(403, "Not enough credits"))
    await desk.write(ANNA, ASKED)
    lines = [one for one in caplog.messages if "was not sent" in one]

    assert len(lines) == 1
    assert "Not enough credits" in lines[0]
    assert ANNA not in lines[0]


@pytest.mark.parametrize(
    ("texts", "answered"),
    [
        pytest.param([ASKED] * 7, 5, id="the same again and again"),
        pytest.param([f"Sentence {number}" for number in range(23)], 20, id="many"),
    ],
)
async def test_two_houses_that_answer_each_other_come_to_an_end(
    hass: HomeAssistant,
    desk: Desk,
    freezer: FrozenDateTimeFactory,
    texts: list[str],
    answered: int,
) -> None:
    """Within the hour, also over a crash; the owner is told, and after the hour it goes on."""
    first = await desk.write(ANNA, *texts[:-1])
    told = issues(hass)
    async with killed(hass, desk.entry):
        pass
    second = await desk.write(ANNA, texts[-1])
    freezer.tick(timedelta(hours=1, seconds=1))
    await pass_time(hass, minutes=31)
    over = issues(hass)
    third = await desk.write(ANNA, texts[0])

    assert len(first) == len(second) == answered
    assert told == {"text_assist_loop": {"contact": "Anna", "number": NUMBER}}
    assert over == {}
    assert len(third) == answered + 1


async def test_an_answer_under_way_is_waited_for(
    hass: HomeAssistant, desk: Desk
) -> None:
    """When settings change: the text was asked for, and is not asked for again."""
    desk.mind.may_answer.clear()
    await desk.simulator.send_text(ANNA, NUMBER, ASKED)
    await desk.simulator.posted("sms")
    reload = asyncio.create_task(hass.config_entries.async_reload(desk.entry.entry_id))
    await asyncio.sleep(0)
    desk.mind.may_answer.set()
    await reload
    await hass.async_block_till_done(wait_background_tasks=True)

    assert await desk.written(ANNA) == [ANSWERED]


async def test_an_answer_that_does_not_come_stops_no_set_up(
    hass: HomeAssistant, desk: Desk
) -> None:
    """It is given up then."""
    desk.mind.may_answer.clear()
    await desk.simulator.send_text(ANNA, NUMBER, ASKED)
    await desk.simulator.posted("sms")
    with patch("custom_components.elks46.correspondence.CLOSE_SECONDS", 0):
        await hass.config_entries.async_reload(desk.entry.entry_id)
    desk.mind.may_answer.set()
    await hass.async_block_till_done(wait_background_tasks=True)

    assert await desk.written(ANNA) == []
