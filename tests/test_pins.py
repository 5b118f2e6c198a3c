"""PINs in texts: taken off before anybody hears of it, asked for by automations, and guessed by nobody."""

from datetime import timedelta
import json
import re
from typing import Final

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import MATCH_ALL
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers.json import JSONEncoder
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.elks46.const import CONF_PIN, CONF_RIGHTS

from . import (
    ANNA,
    BJORN,
    STRANGER,
    SimulatorControl,
    change_options,
    text_home,
    use_action,
)
from .automations import automate, on
from .calls import House

PIN: Final = "73914"
WRONG: Final = "73915"
DISARM: Final = on("message_received", "disarm", contains="disarm", right="control")


@pytest.fixture
def house(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> House:
    """Return a home that can be called."""
    return House(hass, simulator, integration)


@pytest.fixture
async def careful(house: House) -> House:
    """Return a home that Anna may control with her PIN, and Björn without one."""
    await house.change("anna", **{CONF_RIGHTS: ["control", "assist"], CONF_PIN: PIN})
    await house.change("björn", **{CONF_RIGHTS: ["control"]})
    return house


@pytest.mark.parametrize(
    ("texts", "count"),
    [
        pytest.param([(ANNA, f"{PIN} Disarm")], 1, id="the right one"),
        pytest.param([(ANNA, f" ({PIN}):\nDisarm")], 1, id="whatever is around it"),
        pytest.param([(ANNA, "Disarm")], 0, id="none"),
        pytest.param([(ANNA, f"{WRONG} Disarm")], 0, id="a wrong one"),
        pytest.param([(ANNA, f"Disarm: {PIN}")], 0, id="not at the beginning"),
        pytest.param([(ANNA, f"0{PIN} Disarm")], 0, id="with more digits"),
        pytest.param([(BJORN, "Disarm")], 1, id="of one who has none"),
        pytest.param([(BJORN, f"{PIN} Disarm")], 1, id="somebody else's"),
        pytest.param([(STRANGER, f"{PIN} Disarm")], 0, id="a stranger's"),
        pytest.param(
            [(ANNA, f"{WRONG} Disarm"), (ANNA, f"{PIN} Disarm")],
            1,
            id="after a wrong one",
        ),
    ],
)
async def test_a_text_that_begins_with_the_pin_commands(
    hass: HomeAssistant, careful: House, texts: list[tuple[str, str]], count: int
) -> None:
    """Of a contact who has one; the number of a sender can be forged."""
    await careful.simulator.put_handset(STRANGER)
    diary = await automate(hass, DISARM)

    for sender, text in texts:
        await text_home(hass, careful.simulator, sender, text)

    assert len(diary.ids) == count


@pytest.mark.parametrize("right", ["assist", "open"])
async def test_a_right_is_not_another(
    hass: HomeAssistant, careful: House, right: str
) -> None:
    """And what a contact may not does not come with the PIN."""
    diary = await automate(hass, on("message_received", right=right))

    await text_home(hass, careful.simulator, ANNA, "What is the time?")
    await text_home(hass, careful.simulator, ANNA, f"{PIN} What is the time?")

    assert len(diary.ids) == {"assist": 1, "open": 0}[right]


async def test_a_pin_stands_nowhere(
    hass: HomeAssistant,
    careful: House,
    hass_ws_client: WebSocketGenerator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """On no bus, in no state, no trace, no history and no log, wherever it is in the text."""
    events: list[Event] = []

    @callback
    def hear(event: Event) -> None:
        events.append(event)

    hass.bus.async_listen(MATCH_ALL, hear)
    diary = await automate(hass, DISARM, on("message_received", "all"))

    await text_home(hass, careful.simulator, ANNA, f"{PIN} Disarm")
    await text_home(hass, careful.simulator, ANNA, f"{WRONG}: is my PIN {PIN}?")

    client = await hass_ws_client(hass)
    await client.send_json_auto_id({"type": "trace/list", "domain": "automation"})
    runs = (await client.receive_json())["result"]
    traces = []
    for run in runs:
        where = {key: run[key] for key in ("domain", "item_id", "run_id")}
        await client.send_json_auto_id({"type": "trace/get", **where})
        traces.append((await client.receive_json())["result"])
    history = await use_action(hass, "get_messages", direction="incoming")
    seen = [event.as_dict() for event in events]
    states = [state.as_dict() for state in hass.states.async_all()]

    assert [trigger["message"] for trigger in diary.triggers] == [
        "Disarm",
        "Disarm",
        "is my PIN ••••?",
    ]
    assert len(traces) == 3
    assert {row["message"] for row in history["messages"]} == {
        "Disarm",
        "is my PIN ••••?",
    }
    logged = "".join(
        one.getMessage()
        for one in caplog.records
        if one.name.startswith(("custom_components", "homeassistant"))
    )
    # Other digits beside them are those of a time.
    secret = re.compile(rf"(?<!\d)({PIN}|{WRONG})(?!\d)")
    for told in (seen, states, traces, history):
        logged += json.dumps(told, cls=JSONEncoder, default=str)
    assert not secret.search(logged)


async def tries(hass: HomeAssistant, simulator: SimulatorControl, *texts: str) -> None:
    """Let Anna, or whoever forges her number, text one after the other."""
    for text in texts:
        await text_home(hass, simulator, ANNA, text)


async def test_nobody_guesses_a_pin_by_text(
    hass: HomeAssistant,
    careful: House,
    freezer: FrozenDateTimeFactory,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """After three wrong ones none is taken for a while, over reloads."""
    diary = await automate(hass, DISARM)

    await tries(hass, careful.simulator, "00000 Disarm", "00001 Disarm")
    await change_options(hass, careful.entry, keep_text=False)
    await tries(hass, careful.simulator, "00002 Disarm", f"{PIN} Disarm")

    assert diary.ids == []
    assert "no PIN of theirs is taken for 15 minutes" in caplog.text
    assert ANNA not in caplog.text.partition("no PIN")[0].splitlines()[-1]

    freezer.tick(timedelta(minutes=16))
    await tries(hass, careful.simulator, f"{PIN} Disarm")
    assert diary.ids == ["disarm"]


async def test_a_number_that_nobody_asks_for_is_no_try(
    hass: HomeAssistant, careful: House
) -> None:
    """A text may begin with one that is meant as something else."""
    diary = await automate(
        hass, DISARM, on("message_received", "late", contains="late")
    )

    await tries(
        hass, careful.simulator, *(f"183{minute}, I am late" for minute in range(5))
    )
    await tries(hass, careful.simulator, f"{PIN} Disarm", "I come at 1830, so late")

    assert diary.ids == ["late"] * 5 + ["disarm", "late"]
    assert [trigger["message"] for trigger in diary.triggers[4:]] == [
        "I am late",
        "Disarm",
        "I come at 1830, so late",
    ]


async def test_however_many_ask_it_is_one_try(
    hass: HomeAssistant, careful: House
) -> None:
    """Several automations may be about the same text."""
    diary = await automate(hass, DISARM, {**DISARM, "id": "b"}, {**DISARM, "id": "c"})

    await tries(hass, careful.simulator, f"{WRONG} Disarm", f"{PIN} Disarm")

    assert diary.ids == ["disarm", "b", "c"]


async def test_texts_are_forgotten(hass: HomeAssistant, careful: House) -> None:
    """A flood of them fills no memory; who asks too late hears no."""
    anna = careful.entry.runtime_data.contacts.by_phone(ANNA)
    pins = careful.entry.runtime_data.pins
    for number in range(1_001):
        pins.note(anna, f"s{number}", f"{PIN} Disarm")

    assert not pins.is_given(anna, "s0")
    assert pins.is_given(anna, "s1")
