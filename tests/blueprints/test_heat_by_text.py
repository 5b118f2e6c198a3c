"""Heat the cabin by text."""

from homeassistant.core import ServiceCall
from homeassistant.exceptions import HomeAssistantError
import pytest

from tests import ANNA, BJORN, STRANGER

from . import Household

CABIN = "climate.cabin"


async def refuse(call: ServiceCall) -> None:
    """Set no heating."""
    raise HomeAssistantError


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
        (ANNA, "Temp"),
    ):
        await household.hears(phone, text)

    assert [one.data["temperature"] for one in heats] == [20, 21.5, 24, 7]
    assert (await household.got(ANNA))[1:] == [
        "It is 4.5 degrees, and the heating is set to 21.5.",
        "It is 4.5 degrees, and the heating is set to 24.0.",
        "It is 4.5 degrees, and the heating is set to 7.",
        "It is 4.5 degrees, and the heating is set to 7.",
    ]
    assert not await household.got(BJORN)
    assert not await household.got(STRANGER)


@pytest.mark.usefixtures("cabin")
@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("heat nan", 20),
        ("heat inf", 20),
        ("heat 1e1", 20),
        ("heat -40", 20),
        ("heat 2", 7),
        ("heat 06", 7),
        ("heat 99", 24),
    ],
)
async def test_degrees_are_a_number_within_reason(
    household: Household, text: str, degrees: float
) -> None:
    """Whatever stands in a text."""
    heats = household.watch_climate()
    await household.use("heat_by_text", climate=CABIN)
    await household.hears(ANNA, text)

    assert [one.data["temperature"] for one in heats] == [degrees]


@pytest.mark.usefixtures("cabin")
async def test_who_asks_gives_the_pin(household: Household) -> None:
    """For an answer costs money, and tells how it is there."""
    await household.house.change("anna", pin="4711")
    await household.use("heat_by_text", climate=CABIN)
    await household.hears(ANNA, "temp")
    assert not await household.got(ANNA)

    await household.hears(ANNA, "4711 temp")
    assert await household.got(ANNA) == [
        "It is 4.5 degrees, and the heating is set to 7."
    ]


@pytest.mark.usefixtures("cabin")
async def test_a_heating_that_refuses_is_told(household: Household) -> None:
    """Or somebody comes to a cold cabin."""
    household.hass.services.async_register("climate", "set_temperature", refuse)
    await household.use("heat_by_text", climate=CABIN)
    await household.hears(ANNA, "heat")

    assert await household.got(ANNA) == ["That did not work. It is 4.5 degrees."]


@pytest.mark.usefixtures("cabin")
async def test_words_may_be_two_or_a_number(household: Household) -> None:
    """The longest one counts."""
    heats = household.watch_climate()
    await household.use(
        "heat_by_text",
        climate=CABIN,
        heat_words=["värm", "Värm stugan", "1"],
        off_words=["0", "värm inte"],
    )
    for text in ("värm stugan", "Värm  stugan 21", "1", "1 22", "0", "värm inte", "11"):
        await household.hears(ANNA, text)

    assert [one.data["temperature"] for one in heats] == [20, 21, 20, 22, 7, 7]


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
        failed="Nej",
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
