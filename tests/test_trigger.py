"""Automations that texts and calls set off, as the automation editor writes them."""

from dataclasses import replace
from typing import Final

from homeassistant.config_entries import SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntryChange
from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.api import IncomingMessage, MessageKind, MessageStatus
from custom_components.elks46.const import (
    CONF_KEEP_TEXT,
    CONF_PUBLIC_URL,
    CONF_REACH,
    CONF_RIGHTS,
    Reach,
)
from custom_components.elks46.records import SentMessage
from custom_components.elks46.signals import SIGNAL_DELIVERY, SIGNAL_MESSAGE

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    change_options,
    drawn,
    killed,
    pass_time,
    picture_home,
    send_sms,
    setup_integration,
    text_home,
)
from .automations import automate, device_id, on
from .calls import House, allowed_file, chirp, on_ring, place_call

RECEIVED: Final = "elks46_sms_received"


def devices(hass: HomeAssistant, entry: MockConfigEntry, trigger: Json) -> Json:
    """Return a trigger with devices instead of their names."""
    options = {
        field: [device_id(hass, entry, name) for name in chosen]
        if field in ("contact", "number")
        else chosen
        for field, chosen in trigger["options"].items()
    }
    return {**trigger, "options": options}


@pytest.mark.parametrize(
    ("triggers", "texts", "ids"),
    [
        pytest.param(
            [on("message_received", "all")],
            [(ANNA, "Hi"), (STRANGER, "Hi"), (BJORN, "Hi")],
            ["all", "all", "all"],
            id="anybody's",
        ),
        pytest.param(
            [
                on("message_received", "anna", contact=["Anna"]),
                on("message_received", "both", contact=["Anna", "Björn"]),
            ],
            [(ANNA, "1"), (BJORN, "2"), (STRANGER, "3")],
            ["anna", "both", "both"],
            id="by who writes",
        ),
        pytest.param(
            [on("message_received", "here", number=[NUMBER], contact=["Björn"])],
            [(ANNA, "1"), (BJORN, "2")],
            ["here"],
            id="by where it comes in",
        ),
        pytest.param(
            [
                on("message_received", "on", contains="light ON"),
                on("message_received", "off", contains=" off"),
            ],
            [
                (ANNA, "LIGHT OFF"),
                (ANNA, "Please, light on!"),
                (ANNA, "light"),
                (BJORN, "Offer"),
            ],
            ["off", "on", "off"],
            id="by a word",
        ),
        pytest.param(
            [
                on("message_received", "heat", matches="heat( [0-9]+)?"),
                on("message_received", "off", matches=".*off"),
            ],
            [
                (ANNA, " Heat 21\n"),
                (ANNA, "Do not heat"),
                (ANNA, "All\nof it OFF"),
                (ANNA, "heat"),
            ],
            ["heat", "off", "heat"],
            id="by a pattern",
        ),
        pytest.param(
            [
                on("message_received", "none", with_image=False),
                on("message_received", "some", with_image=True),
            ],
            [(ANNA, "Look")],
            ["none"],
            id="by pictures",
        ),
    ],
)
async def test_texts_in_a_row(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    triggers: list[Json],
    texts: list[tuple[str, str]],
    ids: list[str],
) -> None:
    """Each sets off what was meant, in order, and nothing else."""
    await simulator.put_handset(STRANGER)
    diary = await automate(
        hass, *(devices(hass, integration, trigger) for trigger in triggers)
    )

    for sender, text in texts:
        await text_home(hass, simulator, sender, text)

    assert diary.ids == ids


@pytest.mark.parametrize("keeps", [True, False], ids=["kept", "not kept"])
async def test_a_trigger_holds_what_the_event_does(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    keeps: bool,
) -> None:
    """By name, but for the id, which is that of the trigger; and the text in any case."""
    await change_options(hass, integration, **{CONF_KEEP_TEXT: keeps})
    events = async_capture_events(hass, RECEIVED)
    diary = await automate(hass, on("message_received", matches="open the (.*)"))

    text = await text_home(hass, simulator, ANNA, "Open the gate")

    (told,) = diary.triggers
    event = dict(events[0].data)
    assert event.pop("id") == text["id"] == told["message_id"]
    assert event.pop("message") == {True: "Open the gate", False: None}[keeps]
    assert told == {
        **told,
        **event,
        "id": "it",
        "message": "Open the gate",
        "kind": "sms",
        "images": [],
        "groups": ["gate"],
        "description": "a text from Anna",
    }


async def test_pictures(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """With what Home Assistant calls those that could be had."""
    diary = await automate(
        hass,
        on("message_received", "some", with_image=True),
        on("message_received", "none", with_image=False),
    )

    await picture_home(hass, simulator, ANNA, "Look", drawn())
    await text_home(hass, simulator, ANNA, "Have you seen it?")

    assert diary.ids == ["some", "none"]
    (image,) = diary.triggers[0]["images"]
    assert image.startswith("media-source://elks46/")
    assert diary.triggers[0]["kind"] == "mms"


async def test_texts_that_fail(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Of each it is told once, whoever finds out, and of others nothing."""
    events = async_capture_events(hass, "elks46_message_status")
    diary = await automate(
        hass,
        *(
            devices(hass, integration, one)
            for one in (
                on("message_failed", "anna", contact=["Anna"]),
                on("message_failed", "number", number=[NUMBER]),
                on("message_failed", "any"),
            )
        ),
    )
    await simulator.put_handset(ANNA, on=False, validity=1)

    await send_sms(hass, to=[ANNA, BJORN], sender=NUMBER)
    await hass.async_block_till_done()
    await simulator.put_account(balance="0.00")
    with pytest.raises(HomeAssistantError):
        await send_sms(hass, to=BJORN, sender="Cottage")

    assert diary.ids == ["anna", "number", "any", "any"]
    (failed, *_) = (event for event in events if event.data["status"] == "failed")
    told = dict(failed.data)
    assert diary.triggers[0] == {
        **diary.triggers[0],
        **told,
        "id": "anna",
        "message_id": told["id"],
        "description": "a text to Anna that failed",
    }


async def test_a_report_before_the_answer_is_one_failure(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """What 46elks answers then is told again, with what it costs."""
    diary = await automate(hass, on("message_failed"))
    sent = SentMessage(
        ref="r1",
        recipient=ANNA,
        sender=NUMBER,
        asked=dt_util.utcnow(),
        status=MessageStatus.FAILED,
    )
    signal = SIGNAL_DELIVERY.format(integration.entry_id)

    for ref in ("r0", *(f"r{number}" for number in range(1, 101)), "r0", "r100"):
        async_dispatcher_send(hass, signal, replace(sent, ref=ref))
    await hass.async_block_till_done()

    # The oldest is forgotten by then.
    assert len(diary.ids) == 102


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


async def test_calls_in_a_row(hass: HomeAssistant, house: House) -> None:
    """From the ring to the end, each as its event tells it."""
    await house.change("anna", **{CONF_RIGHTS: ["open"]})
    await house.simulator.put_handset(STRANGER)
    number = device_id(hass, house.entry, NUMBER)
    diary = await automate(
        hass,
        on("call_received", "open", right="open"),
        on("call_received", "rings", number=number),
        on("call_ended", "missed", outcome=["no_answer", "busy"], direction="incoming"),
        on("call_ended", "ours", direction="outgoing"),
        on("call_ended", "answered", outcome="answered"),
    )

    for caller in (STRANGER, ANNA):
        await house.over(await house.ring(caller))

    assert diary.ids == ["rings", "missed", "open", "rings", "missed"]
    rings, missed = diary.triggers[0], diary.triggers[1]
    assert rings == rings | dict(house.received[0].data)
    assert missed == missed | dict(house.ended[0].data)
    assert rings["description"] == "a call from an unknown number"


async def test_keys_in_a_row(hass: HomeAssistant, house: House) -> None:
    """Each press of what a menu asks for."""
    anna = device_id(hass, house.entry, "Anna")
    await house.change("anna", **{CONF_RIGHTS: ["control"]})
    await house.answers("automation")
    file = await hass.async_add_executor_job(allowed_file, hass, chirp())
    on_ring(hass, "menu", media=file, repeat=1)
    diary = await automate(
        hass,
        on("call_digits", "one", digits="1", contact=anna),
        on("call_digits", "others", digits=["2", "#", "0"], right="control"),
        on("call_digits", "never", right="open"),
    )
    await house.stop_clock()
    for key in ("1", "2"):
        call_id = await house.ring()
        await house.hears(call_id, "ivr")
        await house.do(call_id, "digits", digits=key)
        await house.do(call_id, "hangup")
        await house.over(call_id)

    assert diary.ids == ["one", "others"]
    assert diary.triggers[1] == diary.triggers[1] | dict(house.digits[1].data)


async def test_recordings_in_a_row(hass: HomeAssistant, house: House) -> None:
    """Whole calls, and messages that were left."""
    events = async_capture_events(hass, "elks46_recording")
    diary = await automate(
        hass,
        on("recording_ready", "left", voicemail=True),
        on("recording_ready", "whole", voicemail=False),
        on("recording_ready", "any", contact=device_id(hass, house.entry, "Björn")),
    )
    await house.simulator.put_handset(BJORN, answers="at_once")

    await place_call(hass, to=[BJORN], record=True)

    assert diary.ids == ["whole", "any"]
    assert diary.triggers[0] == diary.triggers[0] | dict(events[0].data)


async def read_balance(
    hass: HomeAssistant, simulator: SimulatorControl, balance: str
) -> None:
    """Let the home read this balance."""
    await simulator.put_account(balance=balance)
    await pass_time(hass, minutes=31)


async def test_the_balance_falls(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Below what the options say or the trigger does: each time once."""
    await change_options(hass, integration, low_balance=30)
    diary = await automate(
        hass,
        on("balance_low", "options"),
        on("balance_low", "fifty", below=50),
        on("balance_low", "here", config_entry_id=integration.entry_id),
    )

    for balance in ("50.00", "49.99", "30.00", "29.00", "28.00", "60.00", "10.00"):
        await read_balance(hass, simulator, balance)

    assert diary.ids == ["fifty", "options", "here", "options", "fifty", "here"]
    assert diary.triggers[1] == diary.triggers[1] | {
        "config_entry_id": integration.entry_id,
        "balance": 29.0,
        "currency": "SEK",
        "limit": 30.0,
        "description": "a low balance",
    }


async def test_a_trigger_is_there_before_the_account(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One that is added later is heard as well, and over reloads; one that is removed no more."""
    diary = await automate(hass, on("message_received"))
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        entry, options={CONF_REACH: Reach.EXTERNAL, CONF_PUBLIC_URL: public_url}
    )
    # As if a person had added it.
    async_dispatcher_send(
        hass, SIGNAL_CONFIG_ENTRY_CHANGED, ConfigEntryChange.ADDED, entry
    )
    await setup_integration(hass, entry)

    await text_home(hass, simulator, ANNA, "1")
    await change_options(hass, entry, low_balance=5)
    await text_home(hass, simulator, ANNA, "2")
    await hass.config_entries.async_unload(entry.entry_id)
    await simulator.send_text(ANNA, NUMBER, "3")
    await simulator.posted("sms", 3)
    await setup_integration(hass, entry)

    assert [trigger["message"] for trigger in diary.triggers] == ["1", "2", "3"]

    await hass.config_entries.async_remove(entry.entry_id)
    message = IncomingMessage(
        id="s4",
        kind=MessageKind.SMS,
        sender=ANNA,
        recipient=NUMBER,
        text="4",
        images=(),
        created=dt_util.utcnow(),
    )
    async_dispatcher_send(hass, SIGNAL_MESSAGE.format(entry.entry_id), message)
    await hass.async_block_till_done()
    # Whoever still listened would find no account.
    assert "Exception in" not in caplog.text


async def test_a_trigger_ends_with_its_automation(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Nothing is left that listens."""
    diary = await automate(hass, on("message_received"))
    await hass.services.async_call(
        "automation", "turn_off", {"entity_id": "automation.test"}, blocking=True
    )

    await text_home(hass, simulator, ANNA, "Hi")

    assert diary.ids == []


async def test_the_balance_falls_while_the_home_is_down(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It is told after the start, and not again after the next."""
    diary = await automate(hass, on("balance_low"))
    for _ in range(2):
        async with killed(hass, integration):
            await simulator.put_account(balance="10.00")
        await change_options(hass, integration, hourly_call_limit=len(diary.ids) + 5)

    assert diary.ids == ["it"]


async def test_the_balance_waits_for_automations(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """What is read while Home Assistant starts is told when it has started."""
    diary = await automate(hass, on("balance_low"))
    hass.set_state(CoreState.starting)

    await read_balance(hass, simulator, "10.00")
    assert diary.ids == []
    hass.set_state(CoreState.running)
    await read_balance(hass, simulator, "10.00")

    assert diary.ids == ["it"]
