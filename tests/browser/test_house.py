"""Home Assistant with 46elks in it, as somebody uses it."""

from collections.abc import AsyncGenerator
from functools import partial
from typing import Final

from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer
from playwright.async_api import Locator, Page, expect
import pytest_asyncio

from demo import elks
from demo.house import ROOT, Home
from demo.integrations.house_camera.porch import draw
from simulator.config import DEFAULT_PASSWORD, DEFAULT_USERNAME
from tests import Json, SimulatorControl, data_url
from tests.e2e import ANNA, NUMBER, Account, Town, eventually

from . import Pictures

BLUEPRINTS: Final = ROOT / "blueprints" / "automation" / "elks46"
OTHER: Final = "+46701740691"
MAJA: Final = "+46701740607"


async def submit(page: Page) -> None:
    """Send the form that is open."""
    await page.get_by_role("button", name="Submit").click()


async def test_an_account_is_connected(
    strange: SimulatorControl, town: Town, front: Page, pictures: Pictures
) -> None:
    """What is wrong is said in the form, which keeps what was filled in; then numbers and the first contact follow."""
    await front.goto(
        f"{town.house.url}/config/integrations/dashboard/add?domain=elks46"
    )
    await front.get_by_role("button", name="OK").click()
    password = front.get_by_role("textbox", name="API password")
    await front.get_by_role("textbox", name="API username").fill(DEFAULT_USERNAME)
    await password.fill("46E1C5" + "0" * 26)
    await front.get_by_text("Advanced", exact=True).click()
    await front.get_by_role("textbox", name="API address").fill(town.simulator.api_url)
    await submit(front)
    await expect(front.get_by_text("does not accept this username")).to_be_visible()
    await pictures.take("set-up-error", front)
    await password.fill(DEFAULT_PASSWORD)
    await submit(front)
    await expect(front.get_by_text("Your phone numbers")).to_be_visible()
    await pictures.take("set-up-numbers", front)
    await submit(front)
    async with town.house.visit() as home:
        await eventually(partial(elks.connected, home))


async def test_a_contact_is_added(
    account: Account, front: Page, pictures: Pictures
) -> None:
    """A number that is none is refused; a right one is written as one dials it."""
    await front.goto(f"{account.town.house.url}/config/integrations/integration/elks46")
    await front.get_by_role("button", name="Add contact").click()
    await front.get_by_role("textbox", name="Name").fill("Maja")
    phone = front.get_by_role("textbox", name="Phone number")
    await front.get_by_text("Open a gate by calling").click()
    await phone.fill("070-174 06 07")
    await pictures.take("contact", front)
    await phone.fill("Maja")
    await submit(front)
    await expect(front.get_by_text("A phone number has no letters.")).to_be_visible()
    await phone.fill("070-174 06 07")
    await submit(front)
    await expect(front.get_by_text("Maja").first).to_be_visible()
    async with account.town.house.visit() as home:
        await eventually(partial(entities, home, "notify.maja_sms"))
        await home.run(
            "notify.send_message", entity_id="notify.maja_sms", message="Hi Maja"
        )
    await eventually(partial(account.received, MAJA), ["Hi Maja"])


async def entities(home: Home, entity_id: str) -> bool:
    """Tell whether there is an entity."""
    return any(one["entity_id"] == entity_id for one in await home.ask("get_states"))


async def test_a_number_is_added(account: Account, front: Page) -> None:
    """One that was rented at 46elks; its texts come here from then on."""
    await account.phones.put_number(OTHER)
    await front.goto(f"{account.town.house.url}/config/integrations/integration/elks46")
    await front.get_by_role("button", name="Add phone number").click()
    await front.get_by_text("Use a number I have").click()
    await front.get_by_text("Choose a number whose texts").wait_for()
    await front.get_by_text(OTHER).first.click()
    await submit(front)

    async def goes_to() -> str | None:
        numbers = await account.phones.control("GET", "numbers")
        (url,) = [one.get("sms_url") for one in numbers if one["number"] == OTHER]
        return str(url).partition("/api/")[0]

    await eventually(goes_to, account.town.house.url)


async def test_a_text_is_sent_from_the_tools(
    account: Account, front: Page, pictures: Pictures
) -> None:
    """The action explains itself, and answers what became of the text."""
    await front.goto(f"{account.town.house.url}/config/developer-tools/action")
    await front.get_by_text("Action", exact=True).last.click()
    await front.get_by_placeholder("Search").last.wait_for()
    await front.get_by_placeholder("Search").last.press_sequentially("Send text")
    await front.get_by_text("Sends a text to contacts").first.click()
    to = row(front, "Further phone numbers")
    await to.locator("ha-checkbox").click()
    await to.get_by_role("button", name="Add").click()
    await to.get_by_role("textbox").fill("070-174 06 05")
    message = row(front, "A long one is sent in several parts")
    await message.get_by_role("textbox").fill("Dinner is ready")
    await pictures.take("action", front)
    await front.get_by_role("button", name="Perform action").click()
    await eventually(partial(account.received, ANNA), ["Dinner is ready"])
    await expect(front.get_by_text("Response", exact=True)).to_be_visible()


def row(page: Page, about: str) -> Locator:
    """Return the row of a form that has these words."""
    return page.locator("ha-settings-row").filter(has_text=about)


async def test_an_automation_is_built_in_the_editor(
    account: Account, home: Home, front: Page, pictures: Pictures
) -> None:
    """With our trigger, found by its name; it is saved and starts when a text comes."""
    await front.goto(f"{account.town.house.url}/config/automation/edit/new")
    await front.get_by_role("button", name="Add trigger").click()
    await front.get_by_placeholder("Search").last.fill("Text received")
    await front.get_by_text("Text received", exact=True).first.click()
    contains = row(front, "A word, or several, that must stand")
    await contains.locator("ha-checkbox").click()
    await contains.get_by_role("textbox").fill("coffee")
    await pictures.take("trigger", front)
    await front.get_by_role("button", name="Save").click()
    await front.get_by_role("textbox", name="Name").last.fill("Coffee by text")
    await front.get_by_role("button", name="Save").last.click()
    await eventually(partial(entities, home, "automation.coffee_by_text"))
    await account.phones.send_text(ANNA, NUMBER, "Make COFFEE, please")

    async def started() -> bool:
        state = await home.state("automation.coffee_by_text")
        return bool(state["attributes"]["last_triggered"])

    await eventually(started)


@pytest_asyncio.fixture(loop_scope="session")
async def shared() -> AsyncGenerator[BaseTestServer]:
    """Return where blueprints are shared, as they are on the internet."""
    app = web.Application()
    app.router.add_static("/", BLUEPRINTS)
    async with TestServer(app) as server:
        yield server


async def test_a_blueprint_is_imported(
    account: Account,
    home: Home,
    front: Page,
    shared: BaseTestServer,
    pictures: Pictures,
) -> None:
    """From its address; afterwards automations are made of it."""
    await front.goto(f"{account.town.house.url}/config/blueprint/dashboard")
    await front.get_by_role("button", name="Import blueprint").click()
    await front.get_by_role("textbox", name="Blueprint address").fill(
        str(shared.make_url("/call_to_open.yaml"))
    )
    await front.get_by_role("button", name="Preview").click()
    await expect(front.get_by_text("the gate opens").first).to_be_visible()
    await pictures.take("blueprint", front)
    await (
        front.locator("ha-dialog-import-blueprint")
        .get_by_role("button", name="Import blueprint")
        .click()
    )

    async def listed() -> bool:
        found = await home.ask("blueprint/list", domain="automation")
        return "127.0.0.1/call_to_open.yaml" in found

    await eventually(listed)


async def test_a_repair_is_carried_out(
    account: Account, home: Home, front: Page, pictures: Pictures
) -> None:
    """Texts that go somewhere else come here again by one press."""
    elsewhere = "https://pizza.example.com/texts"
    await account.phones.put_number(NUMBER, sms_url=elsewhere)
    await elks.settle(home, account.entry_id)
    await front.goto(f"{account.town.house.url}/config/repairs")
    await front.get_by_text("go somewhere else").first.click()
    await front.get_by_text("Something else answers texts").wait_for()
    await pictures.take("repair", front)
    await submit(front)

    async def comes_here() -> bool:
        return (await account.sms_url()).startswith(account.town.house.url)

    await eventually(comes_here)


async def test_a_picture_is_found_in_the_media_browser(
    account: Account, front: Page, pictures: Pictures
) -> None:
    """Under the number it came to and who sent it."""
    porch = draw(lit=True, visitor=True, written="")
    image = data_url(porch, "image/jpeg")
    message = {"to": NUMBER, "message": "Look", "images": [image]}
    await account.phones.control("POST", f"handsets/{ANNA}/messages", message)
    async with account.town.house.visit() as home:

        async def arrived() -> list[Json]:
            found = await home.ask(
                "media_source/browse_media", media_content_id="media-source://elks46"
            )
            children: list[Json] = found["children"]
            return children

        await eventually(arrived)
    await front.goto(f"{account.town.house.url}/media-browser/browser")
    for name in ("46elks", NUMBER, "Anna"):
        await front.get_by_label(name, exact=True).first.click()
        await expect(front.get_by_role("heading", name=name)).to_be_visible()
    await front.locator("ha-media-player-browse ha-card").first.click()
    await expect(front.locator("ha-dialog img").last).to_be_visible()
    await pictures.take("media", front)
