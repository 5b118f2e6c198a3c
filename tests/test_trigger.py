"""Automations that texts and calls set off, as the automation editor writes them."""

from typing import Final

from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)

from custom_components.elks46.const import CONF_KEEP_TEXT

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    change_options,
    text_home,
)
from .automations import automate, device_id, on

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
