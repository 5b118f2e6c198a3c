"""The phones' page, as somebody uses it."""

from pathlib import Path
from typing import Final

from playwright.async_api import Page, expect
import pytest

from simulator.app import Simulator
from tests import drawn

from . import conversation, phone

NUMBER: Final = "+46701740690"
ERIK: Final = "+46701740606"


async def write(page: Page, name: str, message: str) -> None:
    """Send a text from somebody's phone, by keyboard."""
    field = phone(page, name).get_by_role("textbox", name="Text", exact=True)
    await field.fill(message)
    await field.press("Enter")


async def test_a_text_arrives_as_it_is_sent(desk: Page, simulator: Simulator) -> None:
    """It ticks where it was written, and opens the conversation where it arrives."""
    anna, erik = phone(desk, "Anna"), phone(desk, "Erik")
    await anna.get_by_role("button", name="All conversations").click()
    await anna.get_by_role("button", name="New text").click()
    await anna.get_by_role("combobox", name="To").fill(ERIK)
    await write(desk, "Anna", "Is the coffee <b>ready</b>?")
    await expect(conversation(anna)).to_contain_text(["Is the coffee <b>ready</b>?"])
    await expect(conversation(anna)).to_contain_text(["delivered"])
    await expect(anna.get_by_role("heading", name="Erik")).to_be_visible()
    await expect(conversation(erik)).to_contain_text(["Is the coffee <b>ready</b>?"])
    await expect(erik.get_by_role("heading", name="Anna", exact=True)).to_be_visible()


async def test_a_text_waits_for_a_phone_that_is_off(desk: Page) -> None:
    """It is sent, not delivered; the dark phone tells how many wait, and has them when it is on."""
    anna, erik = phone(desk, "Anna"), phone(desk, "Erik")
    await erik.get_by_role("switch", name="Erik's phone is on").press("Space")
    await expect(erik.get_by_text("Switched off")).to_be_visible()
    await anna.get_by_role("button", name="All conversations").click()
    await anna.get_by_role("button", name="New text").click()
    await anna.get_by_role("combobox", name="To").fill(ERIK)
    await write(desk, "Anna", "Call me")
    await expect(conversation(anna)).to_contain_text(["✓sent"])
    await expect(erik.get_by_text("1 text waits until it is on")).to_be_visible()
    await erik.get_by_role("switch", name="Erik's phone is on").press("Space")
    await expect(conversation(erik)).to_contain_text(["Call me"])
    await expect(conversation(anna)).to_contain_text(["✓✓delivered"])


async def test_a_picture_is_attached_and_shown(desk: Page, tmp_path: Path) -> None:
    """On both phones, with words for those who do not see it; what was attached can be taken back."""
    anna = phone(desk, "Anna")
    files = [tmp_path / name for name in ("door.png", "cat.png")]
    for file in files:
        file.write_bytes(drawn(320, 240))
    await anna.get_by_label("Attach pictures").set_input_files(files)
    await anna.get_by_role("button", name="Remove cat.png").press("Enter")
    await expect(anna.get_by_role("list", name="Pictures to send")).to_contain_text(
        "door.png"
    )
    await write(desk, "Anna", "Who is this?")
    picture = anna.get_by_role("img", name="Picture sent")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("image => image.naturalWidth") == 320


async def test_somebody_else_is_told_in_a_banner(
    desk: Page, simulator: Simulator
) -> None:
    """While another conversation goes on; it leads there, and until then something is not read."""
    anna = phone(desk, "Anna")
    await write(desk, "Anna", "STATUS")
    await expect(conversation(anna)).to_contain_text(["STATUS"])
    simulator.network.send_from_handset(ERIK, "+46701740605", "Are you home?", ())
    banner = anna.get_by_role("button", name="Erik: Are you home?")
    await expect(anna.get_by_label("1 not read", exact=True).last).to_be_visible()
    await banner.click()
    await expect(conversation(anna)).to_contain_text(["Are you home?"])
    await expect(anna.get_by_label("1 not read", exact=True)).to_have_count(0)


async def test_earlier_texts_are_shown_when_asked_for(
    page: Page, simulator: Simulator
) -> None:
    """The newest are in sight."""
    for number in range(60):
        simulator.network.send_from_handset(ERIK, NUMBER, f"Text {number}", ())
    await page.goto(simulator.url)
    erik = phone(page, "Erik")
    await expect(erik.get_by_text("Text 59", exact=True)).to_be_in_viewport()
    while await erik.get_by_role("button", name="Show earlier texts").is_visible():
        await erik.get_by_role("button", name="Show earlier texts").click()
    await expect(conversation(erik)).to_have_count(60)
    await expect(conversation(erik).first).to_contain_text("Text 0")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_fits_a_phone(
    page: Page, simulator: Simulator, scheme: str
) -> None:
    """Nothing is wider than the screen, in light and in dark."""
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.goto(simulator.url)
    await phone(page, "Erik").wait_for()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width == 360


async def test_a_phone_is_added(desk: Page) -> None:
    """It has a name and a number of those that nobody has."""
    await desk.get_by_role("button", name="Add a phone").click()
    await desk.get_by_label("Name").fill("Maja")
    await desk.get_by_role("button", name="Add", exact=True).click()
    await expect(phone(desk, "Maja")).to_contain_text("+46 70 174 06 07")


async def test_what_goes_over_the_wire_opens_to_its_fields(
    desk: Page, simulator: Simulator
) -> None:
    """Newest first; a filter leaves the rest out."""
    await write(desk, "Anna", "STATUS")
    wire = desk.get_by_role("region", name="Home Assistant and 46elks")
    await expect(wire).to_contain_text("appears here as it happens")
    await desk.request.put(
        f"{simulator.url}/simulator/numbers/{NUMBER}",
        data={"sms_url": f"{simulator.url}/nobody"},
    )
    await write(desk, "Anna", "STATUS again")
    entry = wire.get_by_role("listitem").filter(has_text="46elks: tells sms")
    await expect(entry).to_contain_text("STATUS again")
    await entry.locator("summary").press("Enter")
    await expect(
        entry.get_by_role("definition").filter(has_text=NUMBER)
    ).to_be_visible()
    await wire.get_by_role("searchbox").fill("nothing like it")
    await expect(entry).to_be_hidden()
