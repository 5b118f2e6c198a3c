"""The line between the phones' page and the simulator: what was there, what happens, and what if one of them goes."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Final

from playwright.async_api import Locator, Page, Route, expect

from simulator.app import Simulator, running
from simulator.config import Config
from simulator.handsets import Text
from simulator.messages import Status
from tests.e2e import eventually

from . import conversation, phone
from .calling import ANNA, ERIK, HOUSE, MENU, ring

LOCAL: Final = ("127.0.0.1",)
WHOLE_SECOND: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)


def log(page: Page) -> Locator:
    """Return the entries of the log."""
    return page.get_by_role("region", name="Home Assistant and 46elks").get_by_role(
        "listitem"
    )


def say(simulator: Simulator, sender: str, recipient: str, message: str) -> None:
    """Send a text from a phone."""
    simulator.network.send_from_handset(sender, recipient, message, ())


async def test_a_page_outlives_its_simulator(page: Page) -> None:
    """It says that the line is lost, and begins anew with the next one: nothing is left of what the other one knew."""
    async with AsyncExitStack() as first:
        simulator = await first.enter_async_context(
            running(Config(port=0, allow_hosts=LOCAL))
        )
        await page.goto(simulator.url)
        await page.get_by_text("live", exact=True).wait_for()
        say(simulator, ANNA, HOUSE, "Before")
        await ring(page.request, simulator, ANNA, MENU)
        await expect(conversation(phone(page, "Anna"))).to_contain_text(["Before"])
        await expect(phone(page, "Anna").get_by_text("Call from")).to_be_visible()
        await expect(log(page)).to_have_count(1)
        port = int(simulator.url.rsplit(":", 1)[1])
    await page.get_by_text("reconnecting", exact=True).wait_for()
    async with running(Config(port=port, allow_hosts=LOCAL)) as simulator:
        await page.get_by_text("live", exact=True).wait_for()
        anna = phone(page, "Anna")
        await expect(conversation(anna)).to_have_count(0)
        await expect(anna.get_by_text("Call from")).to_be_hidden()
        await expect(log(page)).to_have_count(0)
        say(simulator, ANNA, HOUSE, "After")
        await expect(conversation(anna)).to_contain_text(["After"])
        call = await ring(page.request, simulator, ANNA, MENU)
        await anna.get_by_role("button", name="Answer").click()
        await expect(anna.get_by_text("listening")).to_be_visible()
        await expect(log(page)).to_have_count(1)
        call.party.end()


async def test_a_reset_leaves_nothing(desk: Page, simulator: Simulator) -> None:
    """Texts, calls and the log are as at the start; what happens then is shown."""
    anna = phone(desk, "Anna")
    say(simulator, ANNA, HOUSE, "Before")
    say(simulator, ERIK, ANNA, "Before, too")
    await ring(desk.request, simulator, ANNA, MENU)
    await expect(anna.get_by_text("Call from")).to_be_visible()
    await expect(log(desk)).to_have_count(1)
    await simulator.reset()
    await expect(anna.get_by_text("Call from")).to_be_hidden()
    await expect(conversation(anna)).to_have_count(0)
    await expect(log(desk)).to_have_count(0)
    await expect(anna.get_by_role("heading", name="The house")).to_be_visible()
    await expect(anna.get_by_label("1 not read", exact=True)).to_have_count(0)
    say(simulator, ANNA, HOUSE, "After")
    await expect(conversation(anna)).to_contain_text(["After"])


async def test_what_happens_while_the_page_asks_comes_behind_what_there_was(
    page: Page, simulator: Simulator
) -> None:
    """In order, each once; a phone that is switched off meanwhile is off."""
    gate = asyncio.Event()

    async def late(route: Route) -> None:
        answer = await route.fetch()
        await gate.wait()
        await route.fulfill(response=answer)

    for path in ("log*", "handsets", "handsets/*/messages*"):
        await page.route(f"**/simulator/{path}", late)
    for number in range(5):
        say(simulator, ANNA, HOUSE, f"Text {number}")
    await page.request.get(f"{simulator.api_url}/me")
    async with page.expect_request("**/simulator/log*"):
        await page.goto(simulator.url)
    await page.get_by_text("live", exact=True).wait_for()
    await page.request.get(f"{simulator.api_url}/me")
    for number in range(5, 8):
        say(simulator, ANNA, HOUSE, f"Text {number}")
    simulator.handsets.put(ERIK, on=False)
    gate.set()
    await expect(conversation(phone(page, "Anna"))).to_contain_text(
        [f"Text {number}" for number in range(8)]
    )
    await expect(conversation(phone(page, "Anna"))).to_have_count(8)
    await expect(log(page)).to_have_count(2)
    await expect(phone(page, "Erik").get_by_text("Switched off")).to_be_visible()


async def test_texts_stand_in_the_order_in_which_they_were_written(
    desk: Page, simulator: Simulator
) -> None:
    """Not in that of their arrival, nor of the letters of their times: a whole second has no fraction."""
    for milliseconds in (2, 0, 1, -1):
        simulator.handsets.show(
            ANNA,
            Text(
                id=f"s{milliseconds}",
                direction="incoming",
                sender=HOUSE,
                recipient=ANNA,
                text=f"At {milliseconds}",
                created=WHOLE_SECOND + timedelta(milliseconds=milliseconds),
                status=Status.DELIVERED,
            ),
        )
    ordered = ["At -1", "At 0", "At 1", "At 2"]
    await expect(conversation(phone(desk, "Anna"))).to_contain_text(ordered)
    await desk.reload()
    await expect(conversation(phone(desk, "Anna"))).to_contain_text(ordered)


async def test_a_phone_opens_where_something_happened_last(
    page: Page, simulator: Simulator
) -> None:
    """Or at the house, where nothing has."""
    say(simulator, ANNA, HOUSE, "STATUS")
    say(simulator, ERIK, ANNA, "Are you home?")

    async def statuses() -> list[str]:
        texts = await page.request.get(
            f"{simulator.url}/simulator/handsets/{ANNA}/messages"
        )
        return [text["status"] for text in await texts.json()]

    await eventually(statuses, ["delivered", "delivered"])
    await page.goto(simulator.url)
    anna = phone(page, "Anna")
    await expect(anna.get_by_role("heading", name="Erik")).to_be_visible()
    await simulator.reset()
    await expect(anna.get_by_role("heading", name="The house")).to_be_visible()


async def test_what_cannot_be_had_leaves_the_rest(
    page: Page, simulator: Simulator
) -> None:
    """The page says what is missing."""
    say(simulator, ANNA, HOUSE, "STATUS")
    await page.route("**/simulator/log*", lambda route: route.abort())
    await page.route(
        f"**/simulator/handsets/*{ERIK[1:]}/messages*", lambda route: route.abort()
    )
    await page.goto(simulator.url)
    await expect(conversation(phone(page, "Anna"))).to_contain_text(["STATUS"])
    await expect(phone(page, "Erik")).to_be_visible()
    await expect(page.get_by_role("alert")).to_have_text(
        "The simulator does not answer."
    )


async def test_texts_that_came_while_the_line_was_lost_are_not_read(
    desk: Page, simulator: Simulator
) -> None:
    """They are told of like others."""
    anna = phone(desk, "Anna")
    await anna.get_by_role("textbox", name="Text", exact=True).focus()
    await desk.context.set_offline(True)
    simulator.events.close()
    await desk.get_by_text("reconnecting", exact=True).wait_for()
    say(simulator, ERIK, ANNA, "Are you home?")
    await desk.context.set_offline(False)
    await desk.get_by_text("live", exact=True).wait_for()
    await expect(anna.get_by_label("1 not read", exact=True).last).to_be_visible()
    await expect(anna.get_by_role("button", name="Erik: Are you home?")).to_be_visible()


# A picture of the screen that was asked for does not come any more once nobody looks.
UNSEEN = """
  let hidden = false;
  Object.defineProperty(document, "hidden", { get: () => hidden });
  window.hide = () => {
    window.requestAnimationFrame = () => 0;
    return new Promise((resolve) => setTimeout(resolve, 100)).then(() => {
      document.querySelector("#spent").textContent = "nobody looks";
      window.unseen = () => {
        hidden = true;
        document.dispatchEvent(new Event("visibilitychange"));
      };
    });
  };
"""


async def test_a_page_that_nobody_sees_goes_on(
    page: Page, simulator: Simulator
) -> None:
    """Also where it waited for the screen when it was hidden."""
    await page.add_init_script(UNSEEN)
    await page.goto(simulator.url)
    anna = phone(page, "Anna")
    await expect(anna.get_by_role("heading", name="The house")).to_be_visible()
    await page.evaluate("hide()")
    say(simulator, ANNA, HOUSE, "STATUS")
    async with page.expect_response("**/simulator/numbers"):
        await page.request.put(
            f"{simulator.url}/simulator/account", data={"balance": "5"}
        )
        await page.evaluate("unseen()")
    await expect(conversation(anna)).to_contain_text(["STATUS"])
