"""A text, and a call if it does not arrive."""

from tests import ANNA, BJORN

from . import Household

FREEZER = "binary_sensor.freezer_warm"


async def test_a_text_that_arrives_is_all(household: Household) -> None:
    """Nobody is called for it."""
    await household.use(
        "text_then_call", entities=[FREEZER], contacts=household.contacts("Anna")
    )
    await household.changes(FREEZER, "on", friendly_name="The freezer")
    await household.simulator.posted("delivery", 2)
    await household.passes(seconds=130)

    assert await household.got(ANNA) == ["The freezer is on."]
    assert not await household.rung()


async def test_who_does_not_get_it_is_called(household: Household) -> None:
    """After the time that was chosen, and only if the condition holds."""
    await household.simulator.put_handset(BJORN, on=False, answers="at_once")
    await household.simulator.put_handset(ANNA, on=False, answers="at_once")
    await household.slowly()
    await household.use_otherwise(
        "text_then_call",
        entities=[FREEZER],
        states=["off"],
        hold={"seconds": 1},
        conditions=[
            {
                "condition": "state",
                "entity_id": "binary_sensor.at_home",
                "state": "off",
            }
        ],
        contacts=household.contacts("Björn"),
        message="Come home",
        patience=30,
    )
    await household.changes(FREEZER, "on")
    await household.passes(seconds=2)
    for at_home in ("on", "off"):
        await household.changes("binary_sensor.at_home", at_home)
        await household.changes(FREEZER, "on")
        await household.changes(FREEZER, "off")
        await household.passes(seconds=2)
    await household.house.run_clock()
    await household.passes(seconds=31)
    await household.rests()

    assert await household.rung() == [BJORN]
    assert household.said() == ["Come home"]
    assert len(await household.got(BJORN)) == 1
    assert not await household.got(ANNA)


async def test_a_radio_that_drops_out_is_no_news(household: Household) -> None:
    """Within an hour of the text, if it was surely the same entity."""
    await household.use(
        "text_then_call",
        entities=[FREEZER, "binary_sensor.fridge_warm"],
        contacts=household.contacts("Anna"),
    )
    await household.changes("binary_sensor.fridge_warm", "off")
    for entity_id, texts in (
        (FREEZER, 1),
        (FREEZER, 1),
        ("binary_sensor.fridge_warm", 2),
        (FREEZER, 3),
    ):
        await household.changes(entity_id, "unavailable")
        await household.changes(entity_id, "on")
        await household.rests()
        assert len(await household.got(ANNA)) == texts
