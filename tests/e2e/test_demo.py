"""The demo as a person starts, uses and ends it."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
import signal
import socket

import aiohttp
import pytest

from demo import elks
from demo.house import ROOT, Home, House
from demo.process import Process, free_port, is_free

from . import ANNA, eventually, status_of

# A first set-up of the environments may be part of it.
START_SECONDS = 180
HANDLING = "select.46701740690_call_handling"


class Started:
    """A demo on free ports, with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Choose where everything is."""
        self.port, self.simulator_port = free_port(), free_port()
        self.output = folder / "output.log"
        self.process = Process(
            "The demo",
            [
                ROOT / "script" / "demo",
                *("--folder", folder / "demo"),
                *("--port", str(self.port)),
                *("--simulator-port", str(self.simulator_port)),
            ],
            output=self.output,
            folder=ROOT,
        )
        self.simulator_url = f"http://127.0.0.1:{self.simulator_port}"
        self.house = House(folder, port=self.port, simulator_url=self.simulator_url)

    async def start(self) -> None:
        """Start it, and return when it says that it is ready."""
        self.output.unlink(missing_ok=True)
        self.process.start()
        await self.process.until(self._is_ready, seconds=START_SECONDS)

    async def end(self, number: signal.Signals) -> int | None:
        """Send it a signal, wait for it to end by itself, and return its exit code."""
        self.process.signal(number)
        await eventually(self._has_ended)
        return self.process.exit_code

    async def _is_ready(self) -> bool:
        return "Ready after" in self.process.tail()

    async def _has_ended(self) -> bool:
        return not self.process.is_running


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncGenerator[Started]:
    """Return a demo that is not started yet, and end it."""
    demo = Started(tmp_path)
    yield demo
    await demo.process.stop()


async def _page(url: str) -> tuple[int, str]:
    """Return how a page answers: its status and its title."""
    async with aiohttp.request("GET", url) as response:
        text = await response.text()
    return response.status, text.partition("<title>")[2].partition("</title>")[0]


async def state_of(home: Home, entity_id: str) -> str:
    """Return how something in the house is."""
    return str((await home.state(entity_id))["state"])


async def said(demo: Started, what: str) -> bool:
    """Return whether the demo has said something in its terminal."""
    return what in demo.process.tail()


async def test_demo_starts_serves_stops_and_remembers(demo: Started) -> None:
    """One command brings up two pages and a connected house, twice, and Ctrl-C ends all of it."""
    await demo.start()
    assert await _page(demo.house.url) == (HTTPStatus.OK, "Home Assistant")
    assert await _page(demo.simulator_url) == (HTTPStatus.OK, "46elks simulator")
    async with demo.house.visit() as home:
        first = await elks.connected(home)
        assert (await home.state("assist_satellite.anna_call"))["state"] == "idle"
        assert "assist" in (await home.state(HANDLING))["attributes"]["options"]
        await home.run("input_button.press", entity_id="input_button.freezer_alarm")
        await eventually(partial(status_of, home, "anna"), "delivered")
        await home.run("input_boolean.turn_on", entity_id="input_boolean.leak")
        await eventually(partial(state_of, home, "switch.water"), "off")
        await home.run("input_boolean.turn_off", entity_id="input_boolean.leak")
    assert await demo.end(signal.SIGINT) == 0
    assert is_free(demo.port)
    assert is_free(demo.simulator_port)

    await demo.start()
    async with demo.house.visit() as home:
        assert first is not None
        assert await elks.connected(home) == first
        # What the leak had her texted may have been on its way.
        assert await status_of(home, "anna") in {"created", "sent", "delivered"}
    assert await demo.end(signal.SIGTERM) == 0


async def phone(demo: Started, number: str, **changes: object) -> None:
    """Have the owner of a phone do something else when it rings."""
    url = f"{demo.simulator_url}/simulator/handsets/{number}"
    async with aiohttp.request("PUT", url, json=changes, raise_for_status=True):
        pass


async def called(demo: Started) -> list[str]:
    """Return the numbers of the phones that were called, one for each call."""
    url = f"{demo.simulator_url}/simulator/calls"
    async with aiohttp.request("GET", url, raise_for_status=True) as response:
        return [call["to"] for call in await response.json()]


async def test_house_tells_what_became_of_it(demo: Started) -> None:
    """What a question by phone came to, what it cost, and a burglar."""
    await demo.start()
    async with demo.house.visit() as home:
        balance = partial(state_of, home, "sensor.46elks_balance")
        asked = partial(state_of, home, "input_text.ask_anna")
        assert await balance() == "100"
        await phone(demo, ANNA, answers="declines")
        await home.run("script.turn_on", entity_id="script.ask_anna")
        await eventually(asked, "Declined, or busy")
        await phone(demo, ANNA, on=False)
        await home.run("script.turn_on", entity_id="script.ask_anna")
        await eventually(asked, "Not answered")
        await phone(demo, ANNA, on=True, answers="manual")

        await home.run("input_button.press", entity_id="input_button.freezer_alarm")
        await eventually(partial(status_of, home, "anna"), "delivered")
        await eventually(balance, "99.48")

        panel = "alarm_control_panel.house"
        await home.run("input_boolean.turn_on", entity_id="input_boolean.back_door")
        await home.run("input_boolean.turn_off", entity_id="input_boolean.back_door")
        assert await state_of(home, panel) == "disarmed"
        before = await called(demo)
        await home.run("alarm_control_panel.alarm_arm_away", entity_id=panel)
        await home.run("input_boolean.turn_on", entity_id="input_boolean.back_door")
        assert await state_of(home, panel) == "pending"
        await eventually(partial(state_of, home, panel), "triggered")
        await eventually(partial(called, demo), [*before, ANNA])
        await home.run("alarm_control_panel.alarm_disarm", entity_id=panel)
    assert await demo.end(signal.SIGINT) == 0


async def test_house_is_restarted_from_its_own_page(demo: Started) -> None:
    """The demo goes on: the house is back with its account, at the same phones."""
    await demo.start()
    async with demo.house.visit() as home:
        before = await elks.connected(home)
        # The connection may end before the answer.
        with suppress(aiohttp.ClientError):
            await home.run("homeassistant.restart")
    await eventually(partial(said, demo, "Home Assistant is back"), wanted=True)
    async with demo.house.visit() as home:
        assert before is not None
        assert await elks.connected(home) == before
        await home.run("input_button.press", entity_id="input_button.freezer_alarm")
        await eventually(partial(status_of, home, "anna"), "delivered")
    assert await demo.end(signal.SIGINT) == 0


async def test_demo_says_which_port_is_taken(demo: Started) -> None:
    """Where somebody else serves, the demo says so and how to go on, and starts nothing."""
    with socket.create_server(("127.0.0.1", demo.port)):
        demo.process.start()
        assert await demo.end(signal.SIGCONT) == 1
    assert f"Port {demo.port} is taken" in demo.process.tail()
    assert f"--port {demo.port + 1}" in demo.process.tail()
