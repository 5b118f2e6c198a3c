"""The house of the demo: its dashboard and the phones, side by side."""

from collections.abc import AsyncGenerator
from typing import Final

from playwright.async_api import Locator, Page, expect
import pytest_asyncio

from demo import elks, ready_made
from demo.house import Home
from tests.e2e import Account

from . import Pictures, conversation, phone

ANNA: Final = {"name": "Anna", "phone": "+46701740605", "rights": ["open", "control"]}


@pytest_asyncio.fixture(loop_scope="session")
async def furnished(account: Account, home: Home) -> AsyncGenerator[Account]:
    """Return the account in a house where what is ready-made is set up, as the demo does."""
    ready_made.shelve(account.town.house.process.output.parent)
    await elks.reconfigure(home, account.entry_id, "contact", None, **ANNA)
    await account.phones.control("PUT", "clock", {"speed": 1})
    made = await ready_made.set_up(home)
    yield account
    for key in made:
        await home.delete(f"config/automation/config/{key}")


@pytest_asyncio.fixture(loop_scope="session")
async def dashboard(furnished: Account, front: Page) -> Page:
    """Return the first thing somebody sees of the house."""
    await front.set_viewport_size({"width": 1500, "height": 1400})
    await front.goto(furnished.town.house.url)
    await front.get_by_text("What to try").wait_for()
    return front


@pytest_asyncio.fixture(loop_scope="session")
async def desk(furnished: Account, page: Page) -> Page:
    """Return the phones."""
    await page.goto(furnished.town.simulator.url)
    await page.get_by_text("live", exact=True).wait_for()
    return page


def tile(page: Page, name: str) -> Locator:
    """Return a thing of the house on its dashboard."""
    return page.locator("hui-tile-card").filter(has_text=name).first


async def test_the_demo_does_what_its_card_says(
    dashboard: Page, desk: Page, pictures: Pictures
) -> None:
    """STATUS is answered, the alarm follows a text, the doorbell sends a picture, a call opens the gate, water makes it ring."""
    anna, erik = phone(desk, "Anna"), phone(desk, "Erik")
    field = erik.get_by_role("textbox", name="Text", exact=True)
    await field.fill("STATUS")
    await field.press("Enter")
    await expect(conversation(erik).last).to_contain_text("Hello Erik!")
    field = anna.get_by_role("textbox", name="Text", exact=True)
    await field.fill("ARM")
    await field.press("Enter")
    await expect(conversation(anna).last).to_contain_text("The alarm is Armed away")
    await expect(tile(dashboard, "Armed away")).to_be_visible()
    await tile(dashboard, "Doorbell").click()
    await expect(conversation(anna).last).to_contain_text("Somebody is at the door")
    await expect(anna.get_by_role("img")).to_be_visible()
    await pictures.take("phones", desk)

    await anna.get_by_role("button", name="Call", exact=True).click()
    await expect(tile(dashboard, "Gate")).to_contain_text("Open")
    await anna.get_by_role("button", name="Close").click()
    await pictures.take("house", dashboard)

    await tile(dashboard, "Leak").get_by_role("switch").click()
    call = anna.get_by_role("region", name="Call")
    await call.get_by_role("button", name="Answer").click()
    await call.get_by_role("button", name="1", exact=True).click()
    await expect(tile(dashboard, "Water").get_by_role("switch")).not_to_be_checked()
    await expect(conversation(erik)).to_contain_text(["Anna sees to it."])
