"""Call to open."""

from datetime import timedelta

from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest

from tests import ANNA, BJORN, STRANGER

from . import Household, noted

COUNTER = "counter.guests"
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@pytest.fixture
async def number(household: Household) -> str:
    """Have people who may open, and return the device of the number."""
    for name in ("anna", "björn"):
        await household.house.change(name, rights=["open"])
    return household.number()


async def rings(household: Household, *phones: str) -> None:
    """Let phones call the house, one after the other; nobody answers them."""
    for phone in phones:
        await household.simulator.put_handset(phone)
        call = await household.house.over(await household.house.ring(phone))
        assert call["start"] is None


async def test_the_gate_opens_for_who_may(household: Household, number: str) -> None:
    """And for nobody else."""
    opened = household.watch("open")
    await household.use("call_to_open", number=number, open=noted("open"))
    await rings(household, STRANGER)
    assert not opened
    await rings(household, ANNA, BJORN)
    assert len(opened) == 2


async def test_a_guest_comes_once(household: Household, number: str) -> None:
    """And not at another time, on another day, or after the last."""
    opened, refused = household.watch("open"), household.watch("refused")
    hass = household.hass
    assert await async_setup_component(hass, "counter", {"counter": {"guests": {}}})
    now = dt_util.now()
    await household.use_otherwise(
        "call_to_open",
        open=noted("open"),
        number=number,
        contacts=household.contacts("Björn"),
        weekdays=[DAYS[now.weekday()], DAYS[(now + timedelta(days=1)).weekday()]],
        after=(now - timedelta(minutes=5)).strftime("%H:%M:%S"),
        before=(now + timedelta(minutes=5)).strftime("%H:%M:%S"),
        expires=(now + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S"),
        uses=1,
        counter=[COUNTER],
        refused=noted("refused"),
    )
    await rings(household, ANNA, BJORN, BJORN)

    assert (len(opened), len(refused)) == (1, 1)
    assert hass.states.is_state(COUNTER, "1")


@pytest.mark.parametrize(
    "given",
    [
        {"expires": "2020-01-01 00:00:00"},
        {"weekdays": []},
        {"uses": 1},
        {"uses": 1, "counter": ["counter.gone"]},
    ],
)
async def test_the_gate_stays_closed(
    household: Household, number: str, given: dict[str, object]
) -> None:
    """After the end, on no day, and with nothing that counts, or no more."""
    opened, refused = household.watch("open"), household.watch("refused")
    hass = household.hass
    assert await async_setup_component(hass, "counter", {"counter": {"guests": {}}})
    await household.use(
        "call_to_open",
        number=number,
        open=noted("open"),
        refused=noted("refused"),
        **given,
    )
    await rings(household, ANNA)

    assert (len(opened), len(refused)) == (0, 1)
