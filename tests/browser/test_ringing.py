"""Calls at the phones' page: where the keyboard is, and what can go wrong."""

from functools import partial

from playwright.async_api import Locator, Page, expect

from simulator.app import Simulator
from tests.e2e import eventually

from . import phone
from .calling import ANNA, ERIK, HOUSE, MENU, SILENCE, results, ring


def panel(page: Page, name: str) -> Locator:
    """Return the call of somebody's phone."""
    return phone(page, name).get_by_role("region", name=f"Call of {name}")


async def keys(desk: Page, simulator: Simulator, pressed: str) -> list[object]:
    """Take a call by keyboard alone, press keys, and return what the house made of them."""
    call = await ring(desk.request, simulator, ANNA, MENU)
    await panel(desk, "Anna").get_by_role("button", name="Answer").press("Enter")
    await expect(panel(desk, "Anna")).to_contain_text("listening")
    for key in pressed:
        await desk.keyboard.press(key)

    async def heard() -> list[object]:
        return results(call)

    return await eventually(heard, [pressed])


async def test_keys_go_to_the_call_that_was_answered(
    desk: Page, simulator: Simulator
) -> None:
    """Whoever answers with the keyboard presses the keys with it, too, and they arrive in order."""
    assert await keys(desk, simulator, "1*07") == ["1*07"]


async def test_a_key_that_is_held_down_is_pressed_once(
    desk: Page, simulator: Simulator
) -> None:
    """On the keyboard, and on a key of the page."""
    call = await ring(desk.request, simulator, ANNA, MENU)
    anna = panel(desk, "Anna")
    await anna.get_by_role("button", name="Answer").press("Enter")
    await expect(anna).to_contain_text("listening")
    for _ in range(3):
        await desk.keyboard.down("1")
    await desk.keyboard.up("1")
    await anna.get_by_role("button", name="2", exact=True).focus()
    for _ in range(3):
        await desk.keyboard.down("Enter")
    await desk.keyboard.up("Enter")
    await desk.keyboard.press("#")

    async def heard() -> list[object]:
        return results(call)

    assert await eventually(heard, ["12"])


async def test_a_call_does_not_take_the_words_of_somebody_who_writes(
    desk: Page, simulator: Simulator
) -> None:
    """They go on where they were, when it is over; until then nothing they type is pressed or lost elsewhere."""
    anna = phone(desk, "Anna")
    field = anna.get_by_role("textbox", name="Text", exact=True)
    await field.press_sequentially("I am wri")
    await ring(desk.request, simulator, ANNA, MENU)
    await expect(panel(desk, "Anna")).to_be_focused()
    await desk.keyboard.type("ting 1")
    await expect(
        panel(desk, "Anna").get_by_role("button", name="Answer")
    ).to_be_visible()
    await panel(desk, "Anna").get_by_role("button", name="Decline").press("Enter")
    await expect(field).to_be_focused()
    await desk.keyboard.type("ting this")
    await expect(field).to_have_value("I am writing this")


async def test_a_call_leaves_those_alone_who_are_at_another_phone(
    desk: Page, simulator: Simulator
) -> None:
    """They hear of it, and go on."""
    field = phone(desk, "Erik").get_by_role("textbox", name="Text", exact=True)
    await field.press_sequentially("I am wri")
    await ring(desk.request, simulator, ANNA, MENU)
    await expect(panel(desk, "Anna")).to_be_visible()
    await desk.keyboard.type("ting this")
    await expect(field).to_have_value("I am writing this")
    await expect(
        desk.get_by_role("log", name="What happens on the phones")
    ).to_contain_text("Anna's phone: call from The house")


async def test_the_keyboard_follows_a_call_that_is_dialled(
    desk: Page, simulator: Simulator
) -> None:
    """Into the call, to what is left of it, and back."""
    await desk.request.put(
        f"{simulator.url}/simulator/numbers/{HOUSE}",
        data={"voice_start": '{"ivr": "sound/beep", "digits": 1}'},
    )
    anna = phone(desk, "Anna")
    await anna.get_by_role("button", name="Keypad").press("Enter")
    call = anna.get_by_role("button", name="Call", exact=True)
    await call.press("Enter")
    await expect(panel(desk, "Anna")).to_be_focused()
    await expect(panel(desk, "Anna")).to_contain_text("listening")
    await desk.keyboard.press("5")
    await expect(panel(desk, "Anna")).to_contain_text("Call over with")
    close = panel(desk, "Anna").get_by_role("button", name="Close")
    await expect(close).to_be_focused()
    await desk.keyboard.press("Enter")
    await expect(call).to_be_focused()


async def test_a_call_that_is_given_up_is_missed(
    desk: Page, simulator: Simulator
) -> None:
    """It does not ring any more, and the banner leads to the list; it stays while somebody is at it."""
    call = await ring(desk.request, simulator, ANNA, MENU)
    await expect(panel(desk, "Anna")).to_be_visible()
    call.party.end()
    await expect(panel(desk, "Anna")).to_be_hidden()
    anna = phone(desk, "Anna")
    await anna.get_by_role("button", name="Missed call from The house").press("Enter")
    await expect(anna.get_by_role("button", name="Calls")).to_be_focused()
    missed = anna.get_by_role("region", name="Calls of Anna").get_by_role("listitem")
    await expect(missed).to_contain_text("missed")
    await expect(
        desk.get_by_role("log", name="What happens on the phones")
    ).to_contain_text("Missed call from The house")


async def test_a_phone_that_is_switched_off_does_not_ring(
    desk: Page, simulator: Simulator
) -> None:
    """Nor is anybody on it: the house hears that the call is over."""
    call = await ring(desk.request, simulator, ANNA, MENU)
    await expect(panel(desk, "Anna")).to_be_visible()
    power = phone(desk, "Anna").get_by_role("switch", name="Anna's phone is on")
    await power.press("Space")
    await expect(panel(desk, "Anna")).to_be_hidden()
    await expect(power).to_be_focused()
    await eventually(partial(over, call.call.id, simulator), True)
    await power.press("Space")
    await expect(power).to_be_checked()
    await expect(panel(desk, "Anna")).to_be_hidden()


async def over(call_id: str, simulator: Simulator) -> bool:
    """Return whether a call is over."""
    call = simulator.exchange.find(call_id)
    return call is not None and call.is_over


async def test_what_went_wrong_belongs_to_its_call(
    desk: Page, simulator: Simulator
) -> None:
    """A file that is no sound is refused with words, which the next call does not show."""
    call = await ring(desk.request, simulator, ANNA, SILENCE)
    anna = panel(desk, "Anna")
    await anna.get_by_role("button", name="Answer").click()
    await expect(anna).to_contain_text("recording")
    await anna.get_by_label("Say a WAV file").set_input_files(
        {"name": "no.wav", "mimeType": "audio/wav", "buffer": b"no sound"}
    )
    await expect(anna.get_by_role("alert")).to_have_text(
        "audio: a WAV file is expected"
    )
    call.party.end()
    await expect(anna).to_contain_text("Call over with")
    await ring(desk.request, simulator, ANNA, SILENCE)
    await expect(anna).to_contain_text("Call from")
    await expect(anna.get_by_role("alert")).to_be_hidden()


async def test_phones_here_do_not_call_each_other(desk: Page) -> None:
    """None is offered, and who tries is told so."""
    anna = phone(desk, "Anna")
    await anna.get_by_role("button", name="All conversations").click()
    await anna.get_by_role("button", name="New text").click()
    await anna.get_by_role("combobox", name="To").fill("Erik")
    field = anna.get_by_role("textbox", name="Text", exact=True)
    await field.fill("Hi")
    await field.press("Enter")
    await expect(anna.get_by_role("heading", name="Erik")).to_be_visible()
    await expect(anna.get_by_role("button", name="Call", exact=True)).to_be_hidden()
    await anna.get_by_role("button", name="Keypad").click()
    await anna.get_by_role("combobox", name="Number to call").fill("070-174 06 06")
    await desk.keyboard.press("Enter")
    await expect(anna.get_by_role("alert")).to_contain_text("Erik has a phone here")


async def test_a_number_is_dialled_as_people_write_it(
    desk: Page, simulator: Simulator
) -> None:
    """Within the country, from abroad, with a plus on the zero; the house rings."""
    anna = phone(desk, "Anna")
    await anna.get_by_role("button", name="Keypad").click()
    number = anna.get_by_role("combobox", name="Number to call")
    for written in ("070-174 06 90", "0046 70 174 06 90", "the house"):
        await number.fill(written)
        await number.press("Enter")
        await expect(panel(desk, "Anna")).to_contain_text("The house")
        await panel(desk, "Anna").get_by_role("button", name="Close").click()
    assert {call.call.callee for call in simulator.exchange.all()} == {HOUSE}
    await number.fill("")
    await anna.get_by_role("button", name="0").click(delay=700)
    await anna.get_by_role("button", name="4").click()
    await expect(number).to_have_value("+4")


async def test_a_dead_call_is_closed(desk: Page, simulator: Simulator) -> None:
    """The simulator does not know it any more: there is nothing to answer."""
    await ring(desk.request, simulator, ERIK, MENU)
    erik = panel(desk, "Erik")
    answer = erik.get_by_role("button", name="Answer")
    await expect(answer).to_be_visible()
    simulator.exchange.reset()
    await answer.click()
    await expect(erik).to_be_hidden()
