"""The phones' page, as somebody uses it."""

import asyncio
from pathlib import Path
import re
from typing import Final

from playwright.async_api import Page, Route, expect
import pytest

from simulator.app import Simulator
from simulator.log import Entry
from tests import drawn

from . import conversation, phone
from .calling import ANNA, ERIK, HOUSE, post

MEGABYTE: Final = 1024 * 1024
NEWS: Final = "What happens on the phones"


async def write(page: Page, name: str, message: str) -> None:
    """Send a text from somebody's phone, by keyboard."""
    field = phone(page, name).get_by_role("textbox", name="Text", exact=True)
    await field.fill(message)
    await field.press("Enter")


async def address(page: Page, name: str, to: str) -> None:
    """Begin a text to somebody from somebody's phone."""
    sender = phone(page, name)
    await sender.get_by_role("button", name="All conversations").click()
    await sender.get_by_role("button", name="New text").click()
    await sender.get_by_role("combobox", name="To").fill(to)


@pytest.mark.parametrize(
    "to", [ERIK, "070-174 06 06", "0046 70 174 06 06", "(0)701740606", "erik"]
)
async def test_a_text_arrives_as_it_is_sent(
    desk: Page, simulator: Simulator, to: str
) -> None:
    """It ticks where it was written, and opens the conversation where it arrives, however its recipient was named."""
    anna, erik = phone(desk, "Anna"), phone(desk, "Erik")
    await address(desk, "Anna", to)
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
    await address(desk, "Anna", ERIK)
    await write(desk, "Anna", "Call me")
    await expect(conversation(anna)).to_contain_text(["✓sent"])
    await expect(erik.get_by_text("1 text waits until it is on")).to_be_visible()
    await erik.get_by_role("switch", name="Erik's phone is on").press("Space")
    await expect(conversation(erik)).to_contain_text(["Call me"])
    await expect(conversation(anna)).to_contain_text(["✓✓delivered"])


async def test_a_picture_is_attached_and_shown(desk: Page, tmp_path: Path) -> None:
    """On both phones, with words for those who do not see it; what was attached can be taken back."""
    anna, erik = phone(desk, "Anna"), phone(desk, "Erik")
    await address(desk, "Anna", "Erik")
    files = [tmp_path / name for name in ("door.png", "cat.png")]
    for file in files:
        file.write_bytes(drawn(320, 240))
    await anna.get_by_label("Attach pictures").set_input_files(files)
    await anna.get_by_role("button", name="Remove cat.png").press("Enter")
    await expect(anna.get_by_role("list", name="Pictures to send")).to_contain_text(
        "door.png"
    )
    await write(desk, "Anna", "Who is this?")
    for picture in (
        anna.get_by_role("img", name="Picture sent"),
        erik.get_by_role("img", name="Picture from Anna"),
    ):
        await expect(picture).to_be_visible()
        assert await picture.evaluate("image => image.naturalWidth") == 320


async def test_somebody_else_is_told_in_a_banner(
    desk: Page, simulator: Simulator
) -> None:
    """While another conversation goes on; it leads there, and until then something is not read."""
    anna = phone(desk, "Anna")
    await write(desk, "Anna", "STATUS")
    await expect(conversation(anna)).to_contain_text(["STATUS"])
    simulator.network.send_from_handset(ERIK, ANNA, "Are you home?", ())
    banner = anna.get_by_role("button", name="Erik: Are you home?")
    await expect(anna.get_by_label("1 not read", exact=True).last).to_be_visible()
    await banner.click()
    await expect(conversation(anna)).to_contain_text(["Are you home?"])
    await expect(anna.get_by_label("1 not read", exact=True)).to_have_count(0)
    await expect(anna.get_by_role("textbox", name="Text", exact=True)).to_be_focused()
    await expect(desk.get_by_role("log", name=NEWS)).to_contain_text(
        "Anna's phone: text from Erik: Are you home?"
    )


async def test_a_banner_stays_as_long_as_somebody_is_at_it(
    desk: Page, simulator: Simulator
) -> None:
    """Otherwise it goes after a while."""
    await desk.clock.install()
    await write(desk, "Anna", "STATUS")
    simulator.network.send_from_handset(ERIK, ANNA, "Are you home?", ())
    banner = phone(desk, "Anna").get_by_role("button", name="Erik: Are you home?")
    await banner.focus()
    await desk.clock.fast_forward(20_000)
    await expect(banner).to_be_focused()
    await phone(desk, "Anna").get_by_role("textbox", name="Text", exact=True).focus()
    await desk.clock.fast_forward(20_000)
    await expect(banner).to_be_hidden()


async def test_a_conversation_is_opened_by_keyboard(
    desk: Page, simulator: Simulator
) -> None:
    """The answer is written at once; back leads to the list."""
    anna = phone(desk, "Anna")
    await write(desk, "Anna", "STATUS")
    await expect(conversation(anna)).to_contain_text(["You: STATUS"])
    await anna.get_by_role("button", name="All conversations").press("Enter")
    item = anna.get_by_role("button", name="The house")
    await expect(item).to_be_focused()
    await item.press("Enter")
    await expect(anna.get_by_role("textbox", name="Text", exact=True)).to_be_focused()


async def test_who_wrote_is_told_to_those_who_do_not_see_it(
    desk: Page, simulator: Simulator
) -> None:
    """Each text is one of a list, in what is read out as it comes."""
    anna = phone(desk, "Anna")
    await write(desk, "Anna", "Is the coffee ready?")
    await post(desk.request, simulator, "sms", to=ANNA, message="It is.")
    await expect(conversation(anna)).to_contain_text(
        ["You: Is the coffee ready?", "The house: It is."]
    )
    await expect(anna.get_by_role("log", name="Texts with The house")).to_be_visible()


async def test_what_is_written_stays_where_it_is_written(
    desk: Page, simulator: Simulator
) -> None:
    """A text that comes meanwhile does not turn it to somebody else; it waits in its conversation until it is sent."""
    anna = phone(desk, "Anna")
    field = anna.get_by_role("textbox", name="Text", exact=True)
    await field.press_sequentially("DISARM")
    simulator.network.send_from_handset(ERIK, ANNA, "Are you home?", ())
    banner = anna.get_by_role("button", name="Erik: Are you home?")
    await expect(banner).to_be_visible()
    await field.press_sequentially(" 1234")
    await banner.click()
    await expect(anna.get_by_role("heading", name="Erik")).to_be_visible()
    await expect(field).to_have_value("")
    await field.fill("Yes")
    await anna.get_by_role("button", name="All conversations").click()
    await anna.get_by_role("button", name="New text").click()
    await expect(field).to_have_value("")
    await anna.get_by_role("button", name="All conversations").click()
    item = anna.get_by_role("button", name="The house")
    await expect(item).to_contain_text("Draft: DISARM 1234")
    await item.click()
    await expect(field).to_have_value("DISARM 1234")
    await field.press("Enter")
    await expect(conversation(anna)).to_contain_text(["DISARM 1234"])
    texts = simulator.handsets.find(ANNA)
    assert texts
    assert [text.recipient for text in texts.texts if text.sender == ANNA] == [HOUSE]


# What a browser tells of a key that is held down, faster than anything can be sent.
HELD: Final = """(field) => {
  for (const repeat of [false, false, true, true]) field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, repeat }));
}"""


async def test_a_text_is_sent_once(desk: Page, simulator: Simulator) -> None:
    """Also where Enter is held down, or pressed again while the simulator thinks; what is written meanwhile stays."""
    gate = asyncio.Event()

    async def late(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    await desk.route("**/messages", late)
    anna = phone(desk, "Anna")
    field = anna.get_by_role("textbox", name="Text", exact=True)
    await field.fill("STATUS")
    await field.evaluate(HELD)
    await field.press("Enter")
    await field.press_sequentially("And")
    gate.set()
    await expect(conversation(anna)).to_contain_text(["delivered"])
    await expect(field).to_have_value("And")
    await field.press("Enter")
    await expect(conversation(anna)).to_contain_text(["STATUS", "And"])
    await expect(conversation(anna)).to_have_count(2)


async def test_a_text_has_several_lines(desk: Page) -> None:
    """Shift and Enter begin a new one."""
    anna = phone(desk, "Anna")
    field = anna.get_by_role("textbox", name="Text", exact=True)
    await field.fill("ARM")
    await field.press("Shift+Enter")
    await field.press_sequentially("1234")
    await expect(field).to_have_value("ARM\n1234")
    await expect(conversation(anna)).to_have_count(0)
    await field.press("Enter")
    await expect(conversation(anna).locator("p")).to_have_text(
        "ARM\n1234", use_inner_text=True
    )


async def test_a_text_that_cannot_be_sent_is_given_back(desk: Page) -> None:
    """With words; nobody writes it again."""
    anna = phone(desk, "Anna")
    await address(desk, "Anna", "Nobody")
    await write(desk, "Anna", "Hello?")
    await expect(anna.get_by_role("alert")).to_have_text(
        "“Nobody” is no number, and nobody here is called so."
    )
    await expect(anna.get_by_role("textbox", name="Text", exact=True)).to_have_value(
        "Hello?"
    )


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([9], "0.png is larger than 8 MB"),
        ([3, 3, 3], "larger than 8 MB together"),
        ([0] * 11, "10 pictures at most"),
    ],
)
async def test_pictures_that_are_too_much_are_refused(
    desk: Page, tmp_path: Path, sizes: list[int], words: str
) -> None:
    """Before anything is sent, in words for people."""
    anna = phone(desk, "Anna")
    files = [tmp_path / f"{number}.png" for number in range(len(sizes))]
    for file, size in zip(files, sizes, strict=True):
        file.write_bytes(drawn() + bytes(size * MEGABYTE))
    await anna.get_by_label("Attach pictures").set_input_files(files)
    await expect(anna.get_by_role("alert")).to_contain_text(words)
    await expect(anna.get_by_role("list", name="Pictures to send")).to_be_hidden()


async def test_earlier_texts_are_shown_when_asked_for(
    page: Page, simulator: Simulator
) -> None:
    """The newest are in sight."""
    for number in range(60):
        simulator.network.send_from_handset(ERIK, HOUSE, f"Text {number}", ())
    await page.goto(simulator.url)
    erik = phone(page, "Erik")
    await expect(erik.get_by_text("Text 59", exact=True)).to_be_in_viewport()
    while await erik.get_by_role("button", name="Show earlier texts").is_visible():
        await erik.get_by_role("button", name="Show earlier texts").click()
    await expect(conversation(erik)).to_have_count(60)
    await expect(conversation(erik).first).to_contain_text("Text 0")


async def test_nothing_is_loaded_from_elsewhere(
    page: Page, simulator: Simulator
) -> None:
    """Whatever a page shows, also what others have written."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(simulator.url)
    simulator.network.send_from_handset(
        ERIK, ANNA, '<img src="https://example.com/x.png">', ()
    )
    await expect(conversation(phone(page, "Anna"))).to_contain_text(["<img src="])
    await phone(page, "Anna").get_by_role("button", name="Keypad").click()
    assert [url for url in asked if not url.startswith(simulator.url)] == []


async def test_a_phone_is_added(desk: Page) -> None:
    """It has a name and a number of those that nobody has."""
    await desk.get_by_role("button", name="Add a phone").click()
    await desk.get_by_label("Name").fill("Maja")
    await desk.get_by_role("button", name="Add", exact=True).click()
    await expect(phone(desk, "Maja")).to_contain_text("+46 70 174 06 07")


async def test_nobody_gets_the_number_of_another_phone(desk: Page) -> None:
    """Who has it is told, and keeps their name."""
    await desk.get_by_role("button", name="Add a phone").click()
    await desk.get_by_label("Name").fill("Maja")
    await desk.get_by_label("Number", exact=True).fill("070-174 06 06")
    await desk.get_by_role("button", name="Add", exact=True).click()
    await expect(desk.get_by_role("alert")).to_have_text(
        "Erik has +46 70 174 06 06 already."
    )
    await expect(phone(desk, "Erik")).to_be_attached()


async def test_what_was_spent_is_shown(desk: Page, simulator: Simulator) -> None:
    """On the page, and each text with whom it was for; also while it is looked at."""
    spent = desk.get_by_role("button", name="What was spent")
    await post(desk.request, simulator, "sms", to=ERIK, message="Hi")
    await expect(spent).to_have_accessible_name("What was spent: SEK 0.52")
    await spent.click()
    bills = desk.get_by_role("region", name="What was spent").get_by_role("listitem")
    await expect(bills).to_contain_text(["Text to Erik"])
    await expect(bills).to_contain_text(["SEK 0.52"])
    await post(desk.request, simulator, "sms", to=ANNA, message="Hi")
    await expect(bills).to_contain_text(["Text to Anna", "Text to Erik"])


async def test_who_speaks_on_a_socket_is_told(desk: Page, simulator: Simulator) -> None:
    """By 46elks' own word for a message, and how it was closed."""
    said: tuple[tuple[str | None, dict[str, str]], ...] = (
        (None, {}),
        ("sent", {"t": "hello", "from": ANNA}),
        ("received", {"t": "listening", "format": "pcm_16000"}),
        ("received", {"t": "close", "code": "None"}),
    )
    for direction, fields in said:
        entry = Entry(
            type="socket",
            time="2026-11-01T12:00:00Z",
            method="TEXT",
            url="wss://house.example.com/1",
            fields=fields,
            direction=direction,
        )
        simulator.log.add(entry)
    wire = desk.get_by_role("region", name="Home Assistant and 46elks")
    await expect(wire.get_by_role("listitem")).to_contain_text(
        [
            re.compile(r"Home Assistant: closes the socket\s+without a code"),
            "Home Assistant: says listening",
            "46elks: says hello",
            "46elks: opens a socket",
        ]
    )
    await wire.get_by_role("searchbox").fill("home assistant")
    await expect(wire.get_by_role("listitem")).to_have_count(2)


async def test_what_goes_over_the_wire_opens_to_its_fields(
    desk: Page, simulator: Simulator
) -> None:
    """Newest first; a filter leaves the rest out."""
    await write(desk, "Anna", "STATUS")
    wire = desk.get_by_role("region", name="Home Assistant and 46elks")
    await expect(wire).to_contain_text("appears here as it happens")
    await desk.request.put(
        f"{simulator.url}/simulator/numbers/{HOUSE}",
        data={"sms_url": f"{simulator.url}/nobody"},
    )
    await write(desk, "Anna", "STATUS again")
    entry = wire.get_by_role("listitem").filter(has_text="46elks: tells sms")
    await expect(entry).to_contain_text("STATUS again")
    await entry.locator("summary").press("Enter")
    await expect(entry.get_by_role("definition").filter(has_text=HOUSE)).to_be_visible()
    await wire.get_by_role("searchbox").fill("nothing like it")
    await expect(entry).to_be_hidden()
