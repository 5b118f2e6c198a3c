"""With which assistant the house talks with strangers: one that a person has chosen for them, or none."""

from typing import Final

from homeassistant.components.assist_pipeline import async_get_pipelines
from homeassistant.components.assist_pipeline.pipeline import async_update_pipeline
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er, issue_registry as ir

from custom_components.elks46.const import CONF_CALL_HANDLING, CONF_STRANGERS, DOMAIN

from . import ANNA, STRANGER, Json, issues
from .talk import Parlour

SELECT: Final = "select.46701740690_assistant_for_strangers"
# It is there from the start, and neither hears nor speaks.
DUMB: Final = "Home Assistant"


async def rename(hass: HomeAssistant, name: str, new_name: str) -> None:
    """Give an assistant another name."""
    pipeline = next(one for one in async_get_pipelines(hass) if one.name == name)
    await async_update_pipeline(hass, pipeline, name=new_name)
    await hass.async_block_till_done()


def told(hass: HomeAssistant) -> list[str]:
    """Return whose assistants are told of in Repairs."""
    return sorted(
        "strangers" if issue_id.endswith("_strangers") else "contacts"
        for domain, issue_id in ir.async_get(hass).issues
        if domain == DOMAIN and issue_id.startswith("assist_unable_")
    )


def is_told_unable(call: Json) -> bool:
    """Tell whether a caller has heard that the house cannot talk."""
    return "cannot talk right now" in call["actions"][0]["play"]


async def test_strangers_have_no_assistant_until_one_is_chosen(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """Then they talk with that one, were it the preferred one; and again with none."""
    await parlour.change("number", **{CONF_STRANGERS: True})
    call = await parlour.end(await parlour.ring(STRANGER))
    before = set(issues(hass))
    await parlour.choose("assistant_for_strangers", "preferred")
    after = issues(hass)
    parlour.ears.expect("Is it cold", "goodbye")
    await parlour.end(await parlour.ring(STRANGER))
    asked = [one.text for one in parlour.mind.asked]
    await parlour.choose("assistant_for_strangers", "not_chosen")
    again = await parlour.end(await parlour.ring(STRANGER))

    assert is_told_unable(call)
    assert before == {"assist_not_chosen"}
    assert not after
    assert asked == ["Is it cold"]
    assert is_told_unable(again)


async def test_an_assistant_that_is_renamed_is_no_longer_chosen(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """The preferred one is never taken in its place, nor another that gets its name."""
    await parlour.let_in_strangers("House")
    await rename(hass, "House", "Home")
    gone = hass.states.get(SELECT)
    call = await parlour.end(await parlour.ring(STRANGER))
    await rename(hass, DUMB, "House")
    other = hass.states.get(SELECT)

    assert is_told_unable(call)
    assert not parlour.mind.asked
    assert gone is not None and gone.state == "not_chosen"
    assert other is not None and other.state == "not_chosen"


async def test_a_setting_that_is_switched_off_lets_nobody_in(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """What was chosen by it is not known."""
    await parlour.let_in_strangers("House")
    er.async_get(hass).async_update_entity(
        SELECT, disabled_by=er.RegistryEntryDisabler.USER
    )
    call = await parlour.end(await parlour.ring(STRANGER))

    assert is_told_unable(call)
    assert told(hass) == ["strangers"]


async def test_an_assistant_that_is_renamed_in_a_call_hears_no_more(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """The turns after it are with nobody, and end the call."""
    await parlour.let_in_strangers("House")
    call_id = await parlour.ring(STRANGER)
    await parlour.talks(call_id)
    await rename(hass, "House", "Home")
    parlour.ears.expect("Is it cold", "Open the door")
    call = await parlour.end(call_id)

    assert [one.text for one in parlour.mind.asked] == ["Is it cold"]
    assert call["result"] == "success"


async def test_a_choice_outlives_a_reload(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """As long as what was chosen is there."""
    await parlour.let_in_strangers("House")
    assert await hass.config_entries.async_reload(parlour.entry.entry_id)
    chosen = hass.states.get(SELECT)

    assert chosen is not None and chosen.state == "House"


async def test_each_assistant_has_a_repair_of_its_own(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """One that can talk takes back nothing of the other; a changed setting takes back all."""
    await parlour.let_in_strangers("House")
    await parlour.choose("assistant", DUMB)
    await parlour.end(await parlour.ring(ANNA))
    parlour.ears.expect("goodbye")
    await parlour.end(await parlour.ring(STRANGER))
    of_contacts = told(hass)
    await parlour.choose("assistant_for_strangers", DUMB)
    await parlour.end(await parlour.ring(STRANGER))
    of_both = told(hass)
    await parlour.change("number", **{CONF_CALL_HANDLING: "reject"})

    assert of_contacts == ["contacts"]
    assert of_both == ["contacts", "strangers"]
    assert not told(hass)
