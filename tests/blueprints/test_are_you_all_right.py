"""Are you all right?"""

from datetime import timedelta

from homeassistant.components.persistent_notification import DOMAIN as NOTES
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    async_fire_time_changed,
    async_get_persistent_notifications,
)

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


async def looks(household: Household, count: int) -> None:
    """Have the automation look whether something has moved, for the first, second or later time."""
    await household.passes(minutes=10 * count)
    await household.rests()


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
        gone="Nobody",
        neighbours=household.contacts("Björn"),
        alarm="{{ name }} is silent.",
        also_sms="Look after {{ name }}.",
        tell_others="{by} looks.",
        rounds=1,
        nobody=noted("nobody"),
    )
    for look, (moved, anna) in enumerate(
        ((40, "away"), (20, "home"), (40, "home")), start=1
    ):
        await household.changes("person.anna", anna)
        await moves(household, minutes=moved)
        await looks(household, look)

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


async def test_it_is_asked_again(household: Household) -> None:
    """While nothing moves, but not all the time."""
    await household.simulator.put_handset(ANNA, answers="busy")
    await household.use(
        "are_you_all_right",
        person=household.contacts("Anna")[0],
        movement=[DOOR],
        quiet={"minutes": 30},
        attempts=1,
        rounds=1,
        neighbours=household.contacts("Anna"),
    )
    await moves(household, minutes=90)
    for look, (minutes, calls) in enumerate(
        ((29, 0), (31, 2), (10, 2), (31, 4)), start=1
    ):
        await household.has_run(minutes=minutes)
        await looks(household, look)
        assert len(await household.rung()) == calls


@pytest.mark.parametrize("state", ["unavailable", "unknown"])
async def test_a_sensor_that_is_lost_does_not_move(
    household: Household, state: str
) -> None:
    """Only if no other can be reached, it has moved before."""
    await household.simulator.put_handset(ANNA, answers="busy")
    await household.use(
        "are_you_all_right",
        person=household.contacts("Anna")[0],
        movement=[DOOR, "binary_sensor.hall"],
        quiet={"minutes": 30},
        attempts=1,
        rounds=1,
        neighbours=household.contacts("Anna"),
    )
    await household.changes("binary_sensor.hall", state)
    await looks(household, 1)
    assert not await household.rung()

    await moves(household, minutes=40)
    await looks(household, 2)
    assert len(await household.rung()) == 2


async def test_nobody_is_asked_for_who_is_no_more(household: Household) -> None:
    """The neighbours sleep on, and Home Assistant tells."""
    hass = household.hass
    assert await async_setup_component(hass, NOTES, {})
    person = household.contacts("Anna")[0]
    neighbours = household.contacts("Björn")
    hass.config_entries.async_remove_subentry(household.entry, "anna")
    await hass.async_block_till_done(wait_background_tasks=True)
    await household.use("are_you_all_right", person=person, neighbours=neighbours)
    await nine(household)
    await household.rests()

    assert not await household.rung()
    (note,) = async_get_persistent_notifications(hass).values()
    assert "has nobody to ask" in note["message"]
