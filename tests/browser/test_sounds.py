"""What is heard at the phones' page, and what the house hears of it."""

from array import array
import asyncio
from typing import Final

from playwright.async_api import FilePayload, Page, Route, expect
import pytest

from simulator.app import Simulator
from simulator.conversation import Conversation
from tests.e2e import eventually
from tests.simulator.phones import QUIET, sound

from . import phone
from .calling import ANNA, MENU, SILENCE, SPEECH, ring

# Counts what a page plays: the tones of its bells, the parts it heard (as the loudest sample and how late it is heard).
COUNT: Final = """
  window.tones = 0;
  window.parts = [];
  const tone = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) {
    window.tones += 1;
    return tone.apply(this, when);
  };
  const part = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (when) {
    const loudest = Math.max(...this.buffer.getChannelData(0).map(Math.abs));
    window.parts.push({ loudest, lag: when + this.buffer.duration - this.context.currentTime });
    return part.call(this, when);
  };
"""
# Whoever drives a browser counts as somebody who has touched the page: so it is one that waits for a click nevertheless.
WAITING: Final = """
  let waits = true;
  Object.defineProperty(navigator, "userActivation", { value: { hasBeenActive: false } });
  Object.defineProperty(AudioContext.prototype, "state", { get: () => (waits ? "suspended" : "running") });
  AudioContext.prototype.resume = function () {
    waits = false;
    this.dispatchEvent(new Event("statechange"));
  };
"""
# A second, and what a picture of the screen takes.
MOST_LAG_SECONDS: Final = 1.1


async def open_counted(page: Page, simulator: Simulator) -> None:
    """Open the page and count what it plays; somebody has touched it."""
    await page.add_init_script(COUNT)
    await page.goto(simulator.url)
    await page.get_by_text("live", exact=True).wait_for()
    await page.get_by_role("heading", name="46elks simulator").click()


async def answer(page: Page) -> None:
    """Take the call at Anna's phone."""
    anna = phone(page, "Anna")
    await anna.get_by_role("button", name="Answer").click()
    await expect(anna.get_by_text("On the phone with")).to_be_visible()


async def heard_by(call: Conversation) -> bool:
    """Return whether the house has heard anything of somebody until now."""
    assert call.party.began is not None
    now = call.tools.clock.time()
    samples = array("h", call.party.voice.between(call.party.began, now))
    return max(map(abs, samples), default=0) > QUIET


async def test_the_house_hears_the_microphone(desk: Page, simulator: Simulator) -> None:
    """From when it is turned on; the button tells that it is."""
    call = await ring(desk.request, simulator, ANNA, SILENCE)
    await answer(desk)
    assert not await heard_by(call)
    talk = phone(desk, "Anna").get_by_role("button", name="Talk with the microphone")
    await talk.click()
    await expect(talk).to_have_attribute("aria-pressed", "true")
    assert await eventually(lambda: heard_by(call), True)
    await talk.click()
    await expect(talk).to_have_attribute("aria-pressed", "false")


async def test_the_house_hears_a_file(desk: Page, simulator: Simulator) -> None:
    """Where there is no microphone."""
    call = await ring(desk.request, simulator, ANNA, SILENCE)
    await answer(desk)
    file = FilePayload(name="buzz.wav", mimeType="audio/wav", buffer=sound(0.5))
    await phone(desk, "Anna").get_by_label("Say a WAV file").set_input_files(file)
    assert await eventually(lambda: heard_by(call), True)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("NotAllowedError", "The browser may not use the microphone"),
        ("NotFoundError", "There is no microphone"),
    ],
)
async def test_a_microphone_that_cannot_be_had_is_told_of(
    page: Page, simulator: Simulator, error: str, words: str
) -> None:
    """Whether it is not there or not allowed; the call goes on without it, and nobody is asked before they want to talk."""
    await page.add_init_script(
        f"""
          window.asked = 0;
          navigator.mediaDevices.getUserMedia = () => {{
            window.asked += 1;
            return Promise.reject(new DOMException("", "{error}"));
          }};
        """
    )
    await page.goto(simulator.url)
    await page.get_by_text("live", exact=True).wait_for()
    await ring(page.request, simulator, ANNA, SILENCE)
    await answer(page)
    anna = phone(page, "Anna")
    talk = anna.get_by_role("button", name="Talk with the microphone")
    assert await page.evaluate("asked") == 0
    await talk.click()
    await expect(anna.get_by_role("alert")).to_contain_text(words)
    await expect(talk).to_have_attribute("aria-pressed", "false")
    await expect(anna.get_by_text("On the phone with")).to_be_visible()


async def test_people_hear_the_house(page: Page, simulator: Simulator) -> None:
    """As long as they listen."""
    await open_counted(page, simulator)
    await ring(page.request, simulator, ANNA, SPEECH)
    await answer(page)
    await page.wait_for_function("() => parts.some(({ loudest }) => loudest > 0.1)")
    await phone(page, "Anna").get_by_role("checkbox", name="Listen").uncheck()
    async with page.expect_response("**/hangup"):
        await phone(page, "Anna").get_by_role("button", name="Hang up").click()
    count = await page.evaluate("parts.length")
    await phone(page, "Anna").get_by_role("button", name="Close").click()
    assert await page.evaluate("parts.length") == count


async def test_what_people_hear_is_not_late_for_good(
    page: Page, simulator: Simulator
) -> None:
    """After an answer that took long, they hear what is said now."""
    gate = asyncio.Event()

    async def late(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await open_counted(page, simulator)
    await page.route("**/heard.wav*", late)
    call = await ring(page.request, simulator, ANNA, SPEECH)
    await answer(page)
    began = call.tools.clock.time()

    async def spoken() -> bool:
        return call.tools.clock.time() > began + 2

    await eventually(spoken, True)
    gate.set()
    await page.wait_for_function("() => parts.length > 3")
    lags = await page.evaluate("parts.map(({ lag }) => lag)")
    assert max(lags) < MOST_LAG_SECONDS


async def test_a_phone_is_heard_ringing(page: Page, simulator: Simulator) -> None:
    """Until somebody decides."""
    await open_counted(page, simulator)
    await ring(page.request, simulator, ANNA, MENU)
    await page.wait_for_function("() => tones > 0")
    decline = phone(page, "Anna").get_by_role("button", name="Decline")
    await decline.click()
    await expect(decline).to_be_hidden()


async def test_sound_waits_for_a_click_where_nobody_has_touched_the_page(
    page: Page, simulator: Simulator
) -> None:
    """As browsers want it: a button of the call turns it on."""
    call = await ring(page.request, simulator, ANNA, SPEECH)
    call.party.answer()
    await page.add_init_script(WAITING)
    await page.goto(simulator.url)
    aloud = phone(page, "Anna").get_by_role("button", name="Turn the sound on")
    await aloud.click()
    await expect(aloud).to_be_hidden()
    await expect(phone(page, "Anna").get_by_text("On the phone with")).to_be_visible()


async def test_one_tab_of_several_plays(page: Page, simulator: Simulator) -> None:
    """The others say so; any of them can be chosen."""
    await open_counted(page, simulator)
    other = await page.context.new_page()
    await open_counted(other, simulator)
    elsewhere = "This page is open in another tab"
    await expect(other.get_by_text(elsewhere)).to_be_visible()
    await ring(page.request, simulator, ANNA, MENU)
    await page.wait_for_function("() => tones > 0")
    assert await other.evaluate("tones") == 0
    await other.get_by_role("button", name="Play them here").click()
    await expect(page.get_by_text(elsewhere)).to_be_visible()
    await expect(other.get_by_text(elsewhere)).to_be_hidden()
    await other.wait_for_function("() => tones > 0")
