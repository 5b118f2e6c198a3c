"""Texting with the house, between real processes."""

from functools import partial

from demo import assist, elks
from demo.house import Home

from . import ANNA, ERIK, NUMBER, Account, eventually

LIGHT = "light.kitchen_light"
PIN = "2468"


async def light(home: Home) -> str:
    """Return how the light in the kitchen is."""
    return str((await home.state(LIGHT))["state"])


async def test_the_house_does_and_answers_what_is_texted(
    account: Account, home: Home
) -> None:
    """Who begins with the PIN is answered on the phone; the next sentence needs none, and nobody else is answered."""
    await home.run("light.turn_off", entity_id=LIGHT)
    await assist.pipelines(home)
    person = {"name": "Anna", "phone": ANNA, "rights": ["assist"], "pin": PIN}
    await elks.reconfigure(home, account.entry_id, "contact", None, **person)
    await elks.reconfigure(
        home,
        account.entry_id,
        "number",
        "settings",
        sms_replies=True,
        text_reply_to="contacts",
        text_assist=True,
    )
    await account.phones.send_text(ERIK, NUMBER, "turn on the kitchen light")
    await account.phones.send_text(ANNA, NUMBER, "turn on the kitchen light")
    refused = await eventually(partial(account.received, ANNA))
    dark = await light(home)

    await account.phones.send_text(ANNA, NUMBER, f"{PIN} turn on the kitchen light")
    await eventually(partial(light, home), "on")
    await account.phones.send_text(
        ANNA, NUMBER, "what is the temperature of the freezer"
    )
    answers = [*refused, "Turned on the light", "The freezer is at -18 degrees."]

    assert "Begin with your PIN" in refused[0]
    assert dark == "off"
    assert await eventually(partial(account.received, ANNA), answers) == answers
    assert await account.received(ERIK) == []
