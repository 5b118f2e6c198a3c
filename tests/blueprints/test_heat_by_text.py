"""Heat the cabin by text."""

import pytest

from tests import ANNA, BJORN, STRANGER

from . import Household

CABIN = "climate.cabin"


@pytest.fixture
async def cabin(household: Household) -> None:
    """Have somebody who may heat, and somebody who may not."""
    await household.house.change("anna", rights=["control"])
    await household.changes(CABIN, "heat", current_temperature=4.5, temperature=7)


@pytest.mark.usefixtures("cabin")
async def test_the_cabin_is_heated(household: Household) -> None:
    """For who may, and not too much."""
    heats = household.watch_climate()
    await household.use("heat_by_text", climate=CABIN)
    for phone, text in (
        (STRANGER, "HEAT"),
        (STRANGER, "21"),
        (BJORN, "heat"),
        (BJORN, "Temp"),
        (ANNA, "HEAT"),
        (ANNA, "heat 21,5"),
        (ANNA, "Warm 99"),
        (ANNA, "off"),
    ):
        await household.hears(phone, text)

    assert [one.data["temperature"] for one in heats] == [20, 21.5, 24, 7]
    assert await household.got(BJORN) == [
        "It is 4.5 degrees, and the heating is set to 7."
    ]
    assert (await household.got(ANNA))[1] == (
        "It is 4.5 degrees, and the heating is set to 21.5."
    )
    assert not await household.got(STRANGER)


@pytest.mark.usefixtures("cabin")
async def test_words_and_degrees_are_chosen(household: Household) -> None:
    """And the thermometer, and who may."""
    heats = household.watch_climate()
    await household.changes("sensor.cabin", "3.2")
    await household.house.change("björn", rights=["control"])
    await household.use_otherwise(
        "heat_by_text",
        climate=CABIN,
        thermometer=["sensor.cabin"],
        warm=18,
        cool=5,
        warmest=22,
        contacts=household.contacts("Björn"),
        heat_words=["värm"],
        off_words=["släck"],
        ask_words=["grader"],
        answer="{{ now_is }} → {{ wanted }}",
    )
    for phone, text in (
        (ANNA, "värm"),
        (BJORN, "heat"),
        (BJORN, "Värm"),
        (BJORN, "värm 30"),
        (BJORN, "Släck"),
        (BJORN, "Grader"),
    ):
        await household.hears(phone, text)

    assert [one.data["temperature"] for one in heats] == [18, 22, 5]
    assert await household.got(BJORN) == [
        "3.2 → 18.0",
        "3.2 → 22.0",
        "3.2 → 5",
        "3.2 → 7",
    ]
