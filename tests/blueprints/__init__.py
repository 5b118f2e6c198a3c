"""Every blueprint, as a home uses it: with as little as it asks for, and with everything set otherwise."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
import shutil
from typing import Any, Final

from homeassistant.components.automation import DOMAIN as AUTOMATION_DOMAIN
from homeassistant.core import HomeAssistant, ServiceCall, callback
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.yaml import load_yaml_dict
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_time_changed,
    async_mock_service,
)

from custom_components.elks46.const import DOMAIN
from tests import NUMBER, Json, SimulatorControl, change_options, pass_time, text_home
from tests.alerts import device
from tests.calls import House
from tests.test_audio import Engine

FOLDER: Final = Path(__file__).parents[2] / "blueprints" / "automation" / DOMAIN
BLUEPRINTS: Final = sorted(FOLDER.glob("*.yaml"))


def read(name: str) -> Json:
    """Return a blueprint as it is written, its inputs as what Home Assistant reads of them."""
    return load_yaml_dict(str(FOLDER / f"{name}.yaml"))


def inputs(blueprint: Json) -> Json:
    """Return the inputs of a blueprint, out of their sections."""
    found: Json = {}
    for key, one in blueprint["blueprint"]["input"].items():
        found |= one.get("input", {key: one})
    return found


def noted(name: str) -> list[Json]:
    """Return what is done in a home where a test looks whether it was."""
    return [{"action": f"test.{name}"}]


@dataclass(frozen=True, kw_only=True)
class Household:
    """A house with people, phones and a voice, in which a blueprint is used."""

    hass: HomeAssistant
    simulator: SimulatorControl
    entry: MockConfigEntry
    house: House
    voice: Engine

    async def use(self, name: str, **given: object) -> None:
        """Use a blueprint with what is given, and what it suggests for the rest."""
        hass = self.hass
        folder = Path(hass.config.path("blueprints", AUTOMATION_DOMAIN, DOMAIN))
        await hass.async_add_executor_job(_install, name, folder)
        used = {"path": f"{DOMAIN}/{name}.yaml", "input": given}
        assert await async_setup_component(
            hass,
            AUTOMATION_DOMAIN,
            {AUTOMATION_DOMAIN: {"id": name, "alias": name, "use_blueprint": used}},
        )
        await hass.async_block_till_done()
        (automation,) = hass.states.async_all(AUTOMATION_DOMAIN)
        assert automation.state == "on"

    async def use_otherwise(self, name: str, **given: object) -> None:
        """Use a blueprint with nothing as it suggests."""
        known = inputs(await self.hass.async_add_executor_job(read, name))
        assert given.keys() == known.keys()
        assert not [
            key for key, one in known.items() if one.get("default") == given[key]
        ]
        await self.use(name, **given)

    def contacts(self, *names: str) -> list[str]:
        """Return the devices of contacts."""
        return [device(self.hass, name) for name in names]

    def number(self) -> str:
        """Return the device of the number."""
        return device(self.hass, NUMBER)

    async def options(self, **options: object) -> None:
        """Change options of the account."""
        await change_options(self.hass, self.entry, **options)

    def watch_alarm(self, action: str) -> list[ServiceCall]:
        """Return what will have been asked of an alarm panel that does nothing."""
        return async_mock_service(self.hass, "alarm_control_panel", action)

    def alarm(self, action: str, panel: str, state: str) -> list[ServiceCall]:
        """Return what will have been asked of an alarm panel that obeys."""
        asked: list[ServiceCall] = []

        @callback
        def obey(call: ServiceCall) -> None:
            asked.append(call)
            self.hass.states.async_set(panel, state)

        self.hass.services.async_register("alarm_control_panel", action, obey)
        return asked

    def watch_climate(self) -> list[ServiceCall]:
        """Return what will have been asked of a heating."""
        return async_mock_service(self.hass, "climate", "set_temperature")

    def watch(self, name: str) -> list[ServiceCall]:
        """Return what will have been done of what `noted` lets a blueprint do."""
        return async_mock_service(self.hass, "test", name)

    async def changes(self, entity_id: str, state: str, **attributes: Any) -> None:
        """Let something in the house change, without waiting for what follows."""
        self.hass.states.async_set(entity_id, state, attributes)

    async def has_run(self, **ago: float) -> None:
        """Have the automation been set off for the last time so long ago."""
        (automation,) = self.hass.states.async_all(AUTOMATION_DOMAIN)
        last = dt_util.utcnow() - timedelta(**ago)
        attributes = {**automation.attributes, "last_triggered": last}
        await self.changes(automation.entity_id, automation.state, **attributes)

    async def slowly(self) -> None:
        """Let the hours of phones pass so slowly that a test can answer one, and press a key."""
        await self.simulator.control("PUT", "clock", {"speed": 20})

    async def acknowledged(self, count: int = 1, key: str = "1") -> None:
        """Have the latest of so many calls answered and a key pressed, and all come to rest."""
        call_id = await self.house.answered(count)
        await self.house.do(call_id, "digits", digits=key)
        await self.house.run_clock()
        await self.rests()

    async def rests(self) -> None:
        """Return when what follows has come to rest."""
        await self.hass.async_block_till_done()

    async def passes(self, **span: float) -> None:
        """Let time pass in the house."""
        await pass_time(self.hass, **span)

    async def passes_in_background(self, **span: float) -> None:
        """Let time pass in the house, without waiting for what follows."""
        async_fire_time_changed(self.hass, dt_util.utcnow() + timedelta(**span))

    async def hears(self, phone: str, text: str) -> None:
        """Let a phone text the house, and what follows come to rest."""
        await self.simulator.put_handset(phone)
        await text_home(self.hass, self.simulator, phone, text)
        await self.rests()

    async def got(self, phone: str) -> list[str]:
        """Return the texts that 46elks has sent to a phone by now."""
        texts = await self.simulator.texts(phone)
        return [one["message"] for one in texts if one["direction"] == "incoming"]

    async def rung(self) -> list[str]:
        """Return whom the house has called by now, in order."""
        calls = await self.house.calls()
        return [one["to"] for one in calls if one["direction"] == "outgoing"]

    def said(self) -> list[str]:
        """Return what was made ready to be said, in order."""
        return [text for text, _, _ in self.voice.asked]


def _install(name: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(FOLDER / f"{name}.yaml", folder)
