"""Calls between a house and a person at the phones' page."""

from playwright.async_api import Page, expect
import pytest_asyncio

from demo.house import Home
from tests.e2e import NUMBER, Account

from . import Pictures, phone


@pytest_asyncio.fixture(loop_scope="session")
async def desk(account: Account, page: Page) -> Page:
    """Return the phones' page of a house, where time passes as it does."""
    await account.phones.control("PUT", "clock", {"speed": 1})
    await page.goto(account.town.simulator.url)
    await page.get_by_text("live", exact=True).wait_for()
    return page


async def test_a_call_is_answered_and_keys_are_pressed(
    account: Account, home: Home, desk: Page, pictures: Pictures
) -> None:
    """By keyboard: the house hears that somebody sees to it."""
    async with home.events("elks46_call_ended") as ends:
        await home.run(
            "elks46.place_call",
            entity_id="notify.anna_sms",
            message="The freezer is warm. Press 1 if you see to it.",
            acknowledge="1",
        )
        anna = phone(desk, "Anna")
        call = anna.get_by_role("region", name="Call")
        await expect(call.get_by_role("status")).to_contain_text("Call from")
        await call.get_by_role("button", name="Answer").press("Enter")
        await expect(call.get_by_role("status")).to_contain_text("On the phone with")
        await call.get_by_role("button", name="Talk with the microphone").press("Space")
        await pictures.take("call", desk)
        await desk.keyboard.press("1")
        event = await anext(ends)
    assert (event["outcome"], event["contact"]) == ("acknowledged", "Anna")


async def test_a_call_is_declined_and_remembered(
    account: Account, home: Home, desk: Page
) -> None:
    """A phone shows whom it has missed."""
    await home.run(
        "elks46.place_call", entity_id="notify.erik_sms", message="It is dinner."
    )
    erik = phone(desk, "Erik")
    await erik.get_by_role("button", name="Decline").click()
    await expect(erik.get_by_label("1 missed")).to_be_visible()
    await erik.get_by_role("button", name="Calls").click()
    missed = erik.get_by_role("region", name="Calls").get_by_role("listitem")
    await expect(missed).to_contain_text("The house")
    await expect(missed).to_contain_text("was turned away")


async def test_a_voicemail_takes_what_the_house_says(
    account: Account, home: Home, desk: Page
) -> None:
    """Its owner listens to it at the list of calls."""
    erik = phone(desk, "Erik")
    await erik.get_by_role("button", name="Calls").click()
    await erik.get_by_role("checkbox", name="Voicemail").check()
    await home.run(
        "elks46.place_call", entity_id="notify.erik_sms", message="It is dinner."
    )
    await erik.get_by_role("button", name="Decline").click()
    left = erik.get_by_role("region", name="Calls").get_by_role("listitem")
    await expect(left).to_contain_text("voicemail")
    sound = left.get_by_label("The message in the voicemail")
    await expect(sound).to_be_visible()
    length = await sound.evaluate(
        "sound => new Promise(resolve => { sound.onloadedmetadata = () => resolve(sound.duration); sound.load(); })"
    )
    assert length > 0.5


async def test_the_house_is_rung_from_the_keypad(
    account: Account, home: Home, desk: Page
) -> None:
    """It does not pick up, and knows who it was."""
    async with home.events("elks46_call_received") as rings:
        anna = phone(desk, "Anna")
        await anna.get_by_role("button", name="Keypad").click()
        number = anna.get_by_role("combobox", name="Number to call")
        await expect(number).to_have_value(NUMBER)
        await anna.get_by_role("button", name="Call", exact=True).click()
        event = await anext(rings)
    assert event["contact"] == "Anna"
    await expect(anna.get_by_text("Call over with")).to_be_visible()
