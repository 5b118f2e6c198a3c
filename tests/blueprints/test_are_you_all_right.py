"""Are you all right?"""

from datetime import timedelta

from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from tests import ANNA, BJORN

from . import Household, noted

DOOR = "binary_sensor.door"


async def nine(household: Household) -> None:
    """Let it be nine o'clock, without waiting for what follows."""
    day = dt_util.start_of_local_day() + dt_util.dt.timedelta(days=1, hours=9)
    async_fire_time_changed(household.hass, day)


async def moves(household: Household, minutes: int) -> None:
    """Have the door moved so long ago."""
    then = dt_util.utcnow() - timedelta(minutes=minutes)
    household.hass.states.async_set(DOOR, then.isoformat(), timestamp=then.timestamp())


async def test_who_is_well_presses_a_key(household: Household) -> None:
    """And nobody else is called."""
    await household.use(
        "are_you_all_right",
        person=household.contacts("Anna")[0],
        neighbours=household.contacts("Björn"),
    )
    await household.slowly()
    await nine(household)
    await household.acknowledged()

    assert await household.rung() == [ANNA]
    assert household.said() == [
        "Hello! This is your house. Are you all right? Then press 1."
    ]


async def test_neighbours_have_a_look(household: Household) -> None:
    """When there is no answer to any call after nothing has moved for long."""
    nobody = household.watch("nobody")
    for phone in (ANNA, BJORN):
        await household.simulator.put_handset(phone, answers="busy")
    await moves(household, minutes=0)
    await household.use_otherwise(
        "are_you_all_right",
        times=[],
        movement=[DOOR],
        quiet={"minutes": 30},
        conditions=["{{ is_state('person.anna', 'home') }}"],
        person=household.contacts("Anna")[0],
        question="Well?",
        attempts=2,
        pause={"seconds": 0},
        neighbours=household.contacts("Björn"),
        alarm="{{ name }} is silent.",
        also_sms="Look after {{ name }}.",
        tell_others="{by} looks.",
        rounds=1,
        nobody=noted("nobody"),
    )
    for moved, anna in ((40, "away"), (20, "home"), (40, "home")):
        await household.changes("person.anna", anna)
        await moves(household, minutes=moved)
        await household.rests()

    assert await household.rung() == [ANNA, ANNA, BJORN]
    assert household.said() == ["Well?", "Anna is silent."]
    assert await household.got(BJORN) == ["Look after Anna."]
    assert len(nobody) == 1


async def test_an_error_is_no_answer(household: Household) -> None:
    """Whatever 46elks says to the first calls."""
    await household.use(
        "are_you_all_right",
        person=household.contacts("Anna")[0],
        attempts=1,
        neighbours=household.contacts("Björn"),
    )
    await household.slowly()
    await household.simulator.fail(
        {
            "match": {"method": "POST", "path": "/a1/calls"},
            "kind": "status",
            "status": 403,
            "body": "No",
            "times": 1,
        }
    )
    await nine(household)
    await household.acknowledged()

    assert await household.rung() == [BJORN]
