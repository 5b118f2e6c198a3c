"""Rights that are taken away while a conversation goes on."""

import asyncio

from homeassistant.core import HomeAssistant
import pytest

from custom_components.elks46.const import CONF_RIGHTS, CONF_STRANGERS

from . import ANNA, STRANGER
from .calls import PATIENCE
from .talk import Parlour


async def asked(parlour: Parlour) -> None:
    """Return when the house has been asked something."""
    async with asyncio.timeout(PATIENCE):
        while not parlour.mind.asked:
            await parlour.simulator.log(len(await parlour.simulator.log()), wait=1)


@pytest.mark.parametrize(
    ("caller", "subentry_id", "setting"),
    [
        pytest.param(ANNA, "anna", {CONF_RIGHTS: ["open"]}, id="a contact"),
        pytest.param(STRANGER, "number", {CONF_STRANGERS: False}, id="strangers"),
    ],
)
async def test_what_is_said_without_the_right_is_not_done(
    parlour: Parlour, caller: str, subentry_id: str, setting: dict[str, object]
) -> None:
    """Whoever has lost it hears goodbye instead of an answer."""
    await parlour.let_in_strangers()
    parlour.ears.expect("Is it cold")
    call_id = await parlour.ring(caller)
    await asked(parlour)
    subentry = parlour.entry.subentries[subentry_id]
    parlour.hass.config_entries.async_update_subentry(
        parlour.entry, subentry, data={**subentry.data, **setting}
    )
    parlour.ears.expect("Open the door")
    await parlour.end(call_id)
    await parlour.hass.async_block_till_done(wait_background_tasks=True)

    assert [one.text for one in parlour.mind.asked] == ["Is it cold"]
    assert parlour.voice.said[-1] == "Goodbye."


async def test_who_is_no_contact_any_more_is_not_answered(
    hass: HomeAssistant, parlour: Parlour
) -> None:
    """The call ends with what they say next."""
    parlour.ears.expect("Is it cold")
    call_id = await parlour.ring(ANNA)
    await asked(parlour)
    hass.config_entries.async_remove_subentry(parlour.entry, "anna")
    parlour.ears.expect("Open the door")
    await parlour.end(call_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert [one.text for one in parlour.mind.asked] == ["Is it cold"]
