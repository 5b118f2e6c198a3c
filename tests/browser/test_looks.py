"""How the phones' page looks: in light and in dark, on a desk and on a phone."""

import re
from typing import Final

from playwright.async_api import Locator, Page, expect
import pytest

from simulator.app import Simulator
from tests import data_url, drawn

from . import conversation, phone
from .calling import ANNA, ERIK, HOUSE, MENU, SILENCE, ring

SCHEMES: Final = ("light", "dark")
# What people must be able to read, and what they must be able to make out (WCAG 1.4.3 and 1.4.11).
READ: Final = 4.5
SEEN: Final = 3.0
# The colour of something, and of what lies behind it.
COLOURS: Final = """(element, { colour, pseudo, outside }) => {
  let behind = outside ? element.parentElement : element;
  const paper = () => getComputedStyle(behind).backgroundColor;
  while (paper() === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
  return [getComputedStyle(element, pseudo)[colour], paper()];
}"""


def luminance(colour: str) -> float:
    """Return how bright a colour is, from 0 to 1."""
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def contrast(
    element: Locator,
    colour: str = "color",
    *,
    pseudo: str | None = None,
    outside: bool = False,
) -> float:
    """Return how well something stands out against what is behind it, or around it."""
    how = {"colour": colour, "pseudo": pseudo, "outside": outside}
    dark, light = sorted(map(luminance, await element.evaluate(COLOURS, how)))
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    """Return whether somebody has light or dark pages."""
    return str(request.param)


async def show(page: Page, simulator: Simulator, scheme: str) -> None:
    """Open the page with a text, a long text, and a picture."""
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.goto(simulator.url)
    await page.get_by_text("live", exact=True).wait_for()
    picture = {"to": HOUSE, "images": [data_url(drawn(900, 300))]}
    url = f"{simulator.url}/simulator/handsets/{ANNA}/messages"
    await page.request.post(url, data=picture)
    simulator.network.send_from_handset(ANNA, HOUSE, "https://" + "x" * 120, ())
    simulator.network.send_from_handset(ERIK, ANNA, "Are you home?", ())
    await expect(conversation(phone(page, "Anna"))).to_have_count(2)


async def test_everything_can_be_read(
    page: Page, simulator: Simulator, scheme: str
) -> None:
    """Words, and also what stands where nothing is written yet."""
    await show(page, simulator, scheme)
    anna, erik = phone(page, "Anna"), phone(page, "Erik")
    await erik.get_by_role("button", name="Keypad").click()
    field = anna.get_by_role("textbox", name="Text", exact=True)
    ratios = {
        "title": await contrast(page.get_by_role("heading", name="46elks simulator")),
        "name": await contrast(anna.get_by_role("heading", name="Anna")),
        "number": await contrast(anna.get_by_text("+46 70 174 06 05")),
        "sent": await contrast(conversation(anna).first.locator("time")),
        "field": await contrast(field),
        "placeholder": await contrast(field, pseudo="::placeholder"),
        "filter": await contrast(page.get_by_role("searchbox"), pseudo="::placeholder"),
        "key": await contrast(erik.get_by_role("button", name="5")),
        "tab": await contrast(erik.get_by_role("button", name="Texts")),
        "tab here": await contrast(erik.get_by_role("button", name="Keypad")),
        "add": await contrast(page.get_by_role("button", name="Add a phone")),
        "hint": await contrast(erik.get_by_text("Phones here call the numbers")),
    }
    assert {name: ratio for name, ratio in ratios.items() if ratio < READ} == {}


async def test_everything_that_is_used_can_be_made_out(
    page: Page, simulator: Simulator, scheme: str
) -> None:
    """The edges of what is written into and pressed, inside and out; a switch that is off."""
    await show(page, simulator, scheme)
    anna, erik = phone(page, "Anna"), phone(page, "Erik")
    await erik.get_by_role("button", name="Keypad").click()
    edged = {
        "text": anna.get_by_role("textbox", name="Text", exact=True),
        "number": erik.get_by_role("combobox", name="Number to call"),
        "key": erik.get_by_role("button", name="5"),
        "filter": page.get_by_role("searchbox"),
    }
    ratios = {
        f"{name} {'outside' if outside else 'inside'}": await contrast(
            element, "borderTopColor", outside=outside
        )
        for name, element in edged.items()
        for outside in (False, True)
    }
    await anna.get_by_role("switch").press("Space")
    await expect(anna.get_by_text("Switched off")).to_be_visible()
    ratios["switch"] = await contrast(
        anna.locator(".track"), "backgroundColor", outside=True
    )
    assert {name: ratio for name, ratio in ratios.items() if ratio < SEEN} == {}


async def test_the_keyboard_is_seen(desk: Page, simulator: Simulator) -> None:
    """Wherever it is, there is a line around it."""
    anna = phone(desk, "Anna")
    places = [
        (place, place)
        for place in (
            desk.get_by_role("button", name="Add a phone"),
            desk.get_by_role("button", name="What was spent"),
            desk.get_by_role("searchbox"),
            anna.get_by_role("button", name="All conversations"),
            anna.get_by_role("button", name="Calls"),
            anna.get_by_role("textbox", name="Text", exact=True),
        )
    ]
    places.append((anna.get_by_role("switch"), anna.locator(".track")))
    places.append((anna.get_by_label("Attach pictures"), anna.locator(".attach")))
    for place, seen in places:
        await place.focus()
        style, width = await seen.evaluate(
            "element => [getComputedStyle(element).outlineStyle, getComputedStyle(element).outlineWidth]"
        )
        assert (style, width) == ("solid", "3px")


@pytest.mark.parametrize(("width", "height"), [(375, 720), (320, 568), (640, 400)])
async def test_the_page_fits_a_phone(
    page: Page, simulator: Simulator, scheme: str, width: int, height: int
) -> None:
    """Nothing is wider than the screen, with texts, the money and the log; the log does not push the rest away."""
    await page.set_viewport_size({"width": width, "height": height})
    await show(page, simulator, scheme)
    for _ in range(40):
        await page.request.get(f"{simulator.api_url}/me")
    wire = page.get_by_role("region", name="Home Assistant and 46elks")
    await expect(wire.get_by_role("listitem")).to_have_count(40)
    assert await page.evaluate("document.documentElement.scrollWidth") == width
    box = await wire.bounding_box()
    assert box
    assert box["height"] <= height
    await page.get_by_role("button", name="What was spent").click()
    money = await page.get_by_role("region", name="What was spent").bounding_box()
    button = await page.get_by_role("button", name="What was spent").bounding_box()
    assert money
    assert button
    assert money["x"] >= 0
    assert money["x"] + money["width"] <= width
    assert (
        money["y"] >= button["y"] + button["height"]
        or money["y"] + money["height"] <= button["y"]
    )


@pytest.mark.parametrize(("width", "height"), [(375, 720), (320, 568), (640, 400)])
async def test_calls_fit_a_phone(
    page: Page, simulator: Simulator, width: int, height: int
) -> None:
    """The number, all keys and what ends a call can be reached, however low the screen is."""
    await page.set_viewport_size({"width": width, "height": height})
    await page.goto(simulator.url)
    anna = phone(page, "Anna")
    await anna.get_by_role("button", name="Keypad").click()
    dialler = anna.get_by_role("region", name="Keypad of Anna")
    assert await cut_off(dialler) == []
    call = anna.get_by_role("region", name="Call of Anna")
    ringing = await ring(page.request, simulator, ANNA, MENU)
    await expect(call.get_by_role("button", name="Answer")).to_be_visible()
    assert await cut_off(call) == []
    ringing.party.end()
    await ring(page.request, simulator, ANNA, SILENCE)
    await call.get_by_role("button", name="Answer").click()
    await expect(call).to_contain_text("recording")
    assert await cut_off(call) == []


# What is above the top or beyond the sides of a panel can never be scrolled to; what is below its end can.
CUT_OFF: Final = """(panel) => {
  panel.scrollTop = 0;
  const frame = panel.getBoundingClientRect();
  const end = frame.top + panel.scrollHeight;
  return [...panel.querySelectorAll("p, button, input, label")].filter((element) => {
    const { top, bottom, left, right, width } = element.getBoundingClientRect();
    return width > 1 && (top < frame.top || bottom > end + 1 || left < frame.left || right > frame.right);
  }).map((element) => element.outerHTML);
}"""


async def cut_off(panel: Locator) -> list[str]:
    """Return what of a panel nobody can get into sight."""
    found: list[str] = await panel.evaluate(CUT_OFF)
    return found
