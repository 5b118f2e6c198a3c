"""Arm and disarm by text."""

import pytest

from tests import ANNA, BJORN, STRANGER

from . import Household

PANEL = "alarm_control_panel.house"


@pytest.fixture
async def panel(household: Household) -> None:
    """Have people who may control the house, one with a PIN, and an alarm."""
    await household.house.change("anna", rights=["control"], pin="1234")
    await household.house.change("björn", rights=["control"])
    await household.changes(PANEL, "disarmed")


@pytest.mark.usefixtures("panel")
async def test_the_house_is_armed_and_disarmed(household: Household) -> None:
    """With the PIN; a stranger hears nothing, and nobody without the PIN."""
    arms = household.alarm("alarm_arm_away", PANEL, "armed_away")
    disarms = household.alarm("alarm_disarm", PANEL, "disarmed")
    await household.use("arm_by_text", panel=PANEL)
    for phone, text in (
        (STRANGER, "ARM"),
        (ANNA, "arm"),
        (ANNA, "4321 arm"),
        (ANNA, "1234 What is the alarm like?"),
    ):
        await household.hears(phone, text)
    assert not arms

    await household.hears(ANNA, "1234 Arm")
    await household.hears(ANNA, "1234 DISARM")
    await household.hears(BJORN, "Alarm")
    assert (len(arms), len(disarms)) == (1, 1)
    assert await household.got(ANNA) == [
        "The alarm is armed_away.",
        "The alarm is disarmed.",
    ]
    assert await household.got(BJORN) == ["The alarm is disarmed."]
    assert not await household.got(STRANGER)


@pytest.mark.usefixtures("panel")
async def test_nobody_guesses_the_pin(household: Household) -> None:
    """What happens to a text does not tell whether its PIN is right."""
    disarms = household.alarm("alarm_disarm", PANEL, "disarmed")
    await household.use("arm_by_text", panel=PANEL)
    for pin in ("1231", "1232", "1233", "1234"):
        await household.hears(ANNA, f"{pin} disarm")

    assert not disarms
    assert not await household.got(ANNA)


@pytest.mark.usefixtures("panel")
async def test_words_are_chosen(household: Household) -> None:
    """And who may, how it is armed, and that nobody hears of it."""
    arms = household.alarm("alarm_arm_night", PANEL, "armed_night")
    disarms = household.alarm("alarm_disarm", PANEL, "disarmed")
    await household.use_otherwise(
        "arm_by_text",
        panel=PANEL,
        mode="alarm_arm_night",
        code="0815",
        patience=1,
        contacts=household.contacts("Björn"),
        arm_words=["Larm på"],
        disarm_words=["Larm av"],
        ask_words=["Larm?"],
        answer="",
    )
    await household.hears(ANNA, "1234 larm på")
    await household.hears(BJORN, "arm")
    assert not arms
    await household.hears(BJORN, "LARM PÅ")
    await household.hears(BJORN, "Larm av")

    assert [one.data["code"] for one in (*arms, *disarms)] == ["0815", "0815"]
    assert not await household.got(BJORN)


@pytest.mark.usefixtures("panel")
async def test_words_may_be_digits(household: Household) -> None:
    """As somebody texts them who cannot see well."""
    arms = household.alarm("alarm_arm_away", PANEL, "armed_away")
    disarms = household.alarm("alarm_disarm", PANEL, "disarmed")
    await household.use("arm_by_text", panel=PANEL, arm_words=["1"], disarm_words=["0"])
    for text in ("1", "0", "10"):
        await household.hears(BJORN, text)

    assert (len(arms), len(disarms)) == (1, 1)
