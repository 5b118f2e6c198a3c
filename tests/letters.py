"""A house that answers texts, for tests: somebody who thinks, and those who write."""

from homeassistant.components import conversation
from homeassistant.components.assist_pipeline import async_update_pipeline
from homeassistant.components.assist_pipeline.pipeline import async_get_pipeline
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import CONF_RIGHTS, CONF_TEXT_ASSIST

from . import SimulatorControl, text_home
from .talk import Mind


class Desk:
    """Where texts to Assist are answered."""

    def __init__(
        self, hass: HomeAssistant, simulator: SimulatorControl, entry: ConfigEntry
    ) -> None:
        """Take the home and the stand-in."""
        self.hass = hass
        self.simulator = simulator
        self.entry = entry
        self.mind = Mind()

    async def furnish(self) -> None:
        """Let Anna write to Assist, and have it think."""
        assert await async_setup_component(self.hass, "homeassistant", {})
        await self.change("anna", **{CONF_RIGHTS: ["assist"]})
        await self.change("number", **{CONF_TEXT_ASSIST: True})
        await self.think(self.mind)

    async def think(self, mind: Mind) -> None:
        """Have somebody else think from now on."""
        self.mind = mind
        await async_update_pipeline(
            self.hass,
            async_get_pipeline(self.hass),
            conversation_engine=self.new_agent(mind),
            conversation_language="en",
        )

    def new_agent(self, mind: Mind) -> str:
        """Let assistants have somebody who thinks, and return what they call them."""
        agent = MockConfigEntry(domain="agent")
        agent.add_to_hass(self.hass)
        conversation.async_set_agent(self.hass, agent, mind)
        return agent.entry_id

    async def change(self, subentry_id: str, **settings: object) -> None:
        """Change settings of a number or a contact."""
        subentry = self.entry.subentries[subentry_id]
        self.hass.config_entries.async_update_subentry(
            self.entry, subentry, data={**subentry.data, **settings}
        )
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def write(self, sender: str, *texts: str) -> list[str]:
        """Text the house, one after the other, and return all that it has written back by then."""
        for text in texts:
            await text_home(self.hass, self.simulator, sender, text)
            await self.hass.async_block_till_done(wait_background_tasks=True)
        return await self.written(sender)

    async def written(self, phone: str) -> list[str]:
        """Return what the house has asked 46elks to text to a phone, in order."""
        return [
            str(request["fields"]["message"])
            for request in await self.simulator.requests("POST", "sms")
            if request["fields"]["to"] == phone
        ]

    @property
    def sentences(self) -> list[str]:
        """What Assist was asked."""
        return [one.text for one in self.mind.asked]
