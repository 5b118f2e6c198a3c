"""Weak batteries and a daily digest."""

from homeassistant.util import dt as dt_util
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from tests import ANNA

from . import Household


async def at(household: Household, hour: int) -> None:
    """Let it be so late tomorrow."""
    day = dt_util.start_of_local_day() + dt_util.dt.timedelta(days=1, hours=hour)
    async_fire_time_changed(household.hass, day)
    await household.rests()


async def test_a_weak_battery_is_told(household: Household) -> None:
    """And nothing where there is nothing to tell."""
    await household.use("daily_digest", contacts=household.contacts("Anna"))
    is_battery = {"device_class": "battery"}
    await household.changes("sensor.lock", "21", friendly_name="Lock", **is_battery)
    await at(household, 18)
    assert not await household.got(ANNA)

    await household.changes("sensor.lock", "19.6", friendly_name="Lock", **is_battery)
    await household.changes("sensor.bell", "unknown", **is_battery)
    await household.changes(
        "binary_sensor.door", "on", friendly_name="Door", **is_battery
    )
    await household.changes("sensor.power", "3", friendly_name="Power")
    await at(household, 42)
    assert await household.got(ANNA) == ["Weak batteries: Door, Lock 20 %"]


async def test_what_was_chosen_is_told(household: Household) -> None:
    """At another time, and without what does not matter."""
    is_battery = {"device_class": "battery"}
    for name in ("lock", "phone"):
        await household.changes(
            f"sensor.{name}", "40", friendly_name=name, **is_battery
        )
    await household.changes("lock.door", "locked", friendly_name="Front door")
    tomorrow = dt_util.start_of_local_day() + dt_util.dt.timedelta(days=1)
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    await household.use_otherwise(
        "daily_digest",
        time="07:00:00",
        weekdays=[days[tomorrow.weekday()]],
        weak=50,
        ignored=["sensor.phone"],
        told=["lock.door", "lock.gone"],
        batteries_words="Low: ",
        more="{{ 1 + 1 }} eggs",
        contacts=household.contacts("Anna"),
    )
    for hour in (7, 18, 31):
        await at(household, hour)

    assert await household.got(ANNA) == ["Front door: locked\nLow: lock 40 %\n2 eggs"]
