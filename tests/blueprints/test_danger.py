"""Water, smoke or frost."""

import pytest

from tests import ANNA, BJORN

from . import Household, noted

LEAK = "binary_sensor.cellar_leak"
SMOKE = "binary_sensor.attic_smoke"
COLD = "sensor.cottage_temperature"


@pytest.mark.parametrize(
    ("kind", "entity_id", "before", "danger", "words"),
    [
        ("water", LEAK, "off", "on", "There is water at Here."),
        ("smoke", SMOKE, "off", "on", "Danger! Here has found smoke or gas."),
        ("cold", COLD, "8", "2.5", "It is too cold: Here says 2.5 degrees."),
    ],
)
async def test_danger_is_told(
    household: Household,
    kind: str,
    entity_id: str,
    before: str,
    danger: str,
    words: str,
) -> None:
    """In a call and in a text, until somebody sees to it."""
    await household.use(
        "danger", **{kind: [entity_id]}, contacts=household.contacts("Anna")
    )
    await household.slowly()
    await household.changes(entity_id, before, friendly_name="Here")
    await household.changes(entity_id, danger, friendly_name="Here")
    await household.passes_in_background(minutes=11)
    await household.acknowledged()

    assert household.said()[0] == f"{words} Press 1 if you see to it."
    assert await household.got(ANNA) == [f"{words} Answer OK if you see to it."]


async def test_what_helps_is_done_at_once(household: Household) -> None:
    """Before anybody is called; and something else if nobody sees to it."""
    nobody, first_aid = household.watch("nobody"), household.watch("first_aid")
    for phone in (ANNA, BJORN):
        await household.simulator.put_handset(phone, answers="busy")
    await household.use_otherwise(
        "danger",
        water=[LEAK],
        smoke=[SMOKE],
        cold=[COLD],
        limit=10,
        hold={"minutes": 1},
        first_aid=[
            {
                "action": "test.first_aid",
                "data": {"danger": "{{ danger }}", "place": "{{ place }}"},
            }
        ],
        contacts=household.contacts("Anna", "Björn"),
        at_once=False,
        rounds=1,
        nobody=noted("nobody"),
        water_words="Water.",
        smoke_words="Smoke.",
        cold_words="Cold.",
        spoken="Press.",
        written="Answer.",
        tell_others="",
    )
    await household.changes(COLD, "11", friendly_name="Cottage")
    await household.changes(COLD, "9", friendly_name="Cottage")
    await household.passes(minutes=2)
    await household.rests()

    assert [dict(one.data) for one in first_aid] == [
        {"danger": "cold", "place": "Cottage"}
    ]
    assert await household.rung() == [ANNA, BJORN]
    assert household.said()[0] == "Cold. Press."
    assert await household.got(ANNA) == ["Cold. Answer."]
    assert len(nobody) == 1


async def test_a_leak_that_is_over_calls_nobody_more(household: Household) -> None:
    """And is not one that nobody sees to."""
    nobody = household.watch("nobody")
    await household.use(
        "danger",
        water=[LEAK],
        contacts=household.contacts("Anna"),
        nobody=noted("nobody"),
    )
    await household.slowly()
    await household.changes(LEAK, "on")
    await household.house.answered()
    await household.changes(LEAK, "off")
    await household.house.run_clock()
    await household.rests()

    assert await household.rung() == [ANNA]
    assert not nobody


async def test_a_radio_that_drops_out_is_no_new_danger(household: Household) -> None:
    """Within an hour of the alarm, if it was surely the same sensor."""
    await household.simulator.put_handset(ANNA, answers="busy")
    await household.use(
        "danger",
        water=[LEAK],
        smoke=[SMOKE],
        cold=[COLD],
        rounds=1,
        contacts=household.contacts("Anna"),
    )
    for entity_id, states, calls in (
        (SMOKE, ("off",), 0),
        (COLD, ("8",), 0),
        # Wet before anybody knows how it was.
        (LEAK, ("unavailable", "on"), 1),
        (LEAK, ("unavailable", "on", "unavailable", "on"), 1),
        (LEAK, ("off", "unknown", "on"), 2),
        # Another one that has changed while it could not be reached.
        (SMOKE, ("unavailable", "on"), 3),
        (LEAK, ("unavailable", "on"), 4),
        (SMOKE, ("off",), 4),
        (LEAK, ("unavailable", "on"), 5),
        (LEAK, ("unavailable", "on"), 5),
        (COLD, ("2",), 5),
        (LEAK, ("unavailable", "on"), 6),
        (COLD, ("8",), 6),
        (LEAK, ("unavailable", "on"), 7),
        (LEAK, ("unavailable", "on"), 7),
    ):
        for state in states:
            await household.changes(entity_id, state)
            await household.rests()
        assert len(await household.rung()) == calls

    await household.has_run(minutes=61)
    await household.changes(LEAK, "unavailable")
    await household.changes(LEAK, "on")
    await household.rests()
    assert len(await household.rung()) == 8
