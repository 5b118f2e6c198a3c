"""Forward texts and codes."""

import pytest
from pytest_homeassistant_custom_component.common import async_capture_events
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.elks46.api import count_text
from tests import ANNA, BJORN, STRANGER, memory

from . import Household

CODE = "Your code is 012345. Share it with nobody."


async def test_texts_of_strangers_go_on(household: Household) -> None:
    """As they are."""
    await household.use("forward_texts", contacts=household.contacts("Anna"))
    await household.hears(BJORN, "Hello")
    await household.hears(STRANGER, CODE)

    assert await household.got(ANNA) == [f"{STRANGER}: {CODE}"]


async def test_a_code_stands_nowhere(
    household: Household, hass_ws_client: WebSocketGenerator
) -> None:
    """Not on the disk, not on the bus, and in no trace, where the person does not keep texts."""
    hass = household.hass
    events = async_capture_events(hass, "elks46_sms_received")
    await household.options(keep_text=False)
    await household.use("forward_texts", contacts=household.contacts("Anna"))
    client = await hass_ws_client(hass)
    await household.hears(STRANGER, CODE)
    what = {"domain": "automation", "item_id": "forward_texts"}
    await client.send_json_auto_id({"type": "trace/list", **what})

    assert (await client.receive_json())["result"] == []
    assert await household.got(ANNA) == [f"{STRANGER}: {CODE}"]
    assert [one.data["message"] for one in events] == [None]
    written = await hass.async_add_executor_job(memory, hass)
    assert not [path for path, content in written.items() if b"012345" in content]
    assert "012345" not in str([state.as_dict() for state in hass.states.async_all()])


@pytest.mark.parametrize("sign", ["a", "{", "`", "Ж", "🔥"])
async def test_a_stranger_does_not_empty_the_account(
    household: Household, sign: str
) -> None:
    """What is long is cut, whatever it is written with."""
    await household.use("forward_texts", contacts=household.contacts("Anna"))
    await household.hears(STRANGER, sign * 500)

    (text,) = await household.got(ANNA)
    assert text.endswith("...")
    assert max(count_text(text).possible_parts) <= 2


@pytest.mark.parametrize(
    "text", ["012345", "123456", "+46701740605", "21.50", "None", "True", "[1, 2]"]
)
async def test_a_text_goes_on_letter_by_letter(household: Household, text: str) -> None:
    """Also one that looks like something else."""
    await household.use("forward_texts", contacts=household.contacts("Anna"), words="")
    await household.hears(STRANGER, text)

    assert await household.got(ANNA) == [text]


async def test_only_the_code_goes_on(household: Household) -> None:
    """Of the texts that were chosen, and back to nobody."""
    await household.use_otherwise(
        "forward_texts",
        strangers=False,
        senders=[BJORN, ANNA],
        contains=["CODE"],
        only_code=True,
        parts=1,
        contacts=household.contacts("Anna"),
        words="Code:",
    )
    for phone, text in (
        (STRANGER, CODE),
        (ANNA, CODE),
        (BJORN, "Hello"),
        (BJORN, CODE),
        (BJORN, "No code today"),
    ):
        await household.hears(phone, text)

    assert await household.got(ANNA) == ["Code: 012345", "Code: No code today"]
