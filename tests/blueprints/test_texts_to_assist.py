"""Texts answered by Assist."""

from typing import override

from homeassistant.components import conversation
from homeassistant.setup import async_setup_component
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.api import count_text
from tests import ANNA, BJORN, STRANGER
from tests.talk import Mind

from . import Household


class Moody(Mind):
    """Answers everything, or fails."""

    error: Exception | None = None

    @override
    async def async_process(
        self, user_input: conversation.ConversationInput
    ) -> conversation.ConversationResult:
        """Answer, or fail."""
        if self.error is not None:
            raise self.error
        return await super().async_process(user_input)


@pytest.fixture
async def mind(household: Household) -> Moody:
    """Have an assistant in the house, and people who may talk with it."""
    hass = household.hass
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    agent = MockConfigEntry(domain="agent", entry_id="agent")
    agent.add_to_hass(hass)
    mind = Moody()
    conversation.async_set_agent(hass, agent, mind)
    for name in ("anna", "björn"):
        await household.house.change(name, rights=["assist"])
    return mind


async def test_a_sentence_is_answered(household: Household, mind: Moody) -> None:
    """In one conversation, and a stranger's is not."""
    await household.use("texts_to_assist", agent="agent")
    for phone, text in ((STRANGER, "Hi"), (ANNA, "Is it cold?"), (ANNA, "And now?")):
        await household.hears(phone, text)

    assert [one.text for one in mind.asked] == ["Is it cold?", "And now?"]
    assert len({one.conversation_id for one in mind.asked}) == 1
    assert await household.got(ANNA) == [
        "You said: Is it cold?",
        "You said: And now?",
    ]
    assert not await household.got(STRANGER)


async def test_a_long_answer_is_cut(household: Household, mind: Moody) -> None:
    """To one part, of which fewer signs fit where some are unusual; and only some are answered."""
    await household.use_otherwise(
        "texts_to_assist",
        agent="agent",
        contacts=household.contacts("Björn"),
        parts=1,
        failed="Oh no",
    )
    await household.hears(ANNA, "Hi")
    await household.hears(BJORN, "a" * 300)
    await household.hears(BJORN, "Ж" * 100)
    mind.error = RuntimeError("broken")
    await household.hears(BJORN, "Hi")

    assert not await household.got(ANNA)
    plain, unusual, failed = await household.got(BJORN)
    assert (len(plain), plain[-3:]) == (153, "...")
    assert (len(unusual), unusual[-3:]) == (67, "...")
    assert failed == "Oh no"


@pytest.mark.parametrize("answer", ["0", "5", "21.50", "None", "[1, 2]", "+46"])
async def test_an_answer_comes_letter_by_letter(
    household: Household, mind: Moody, answer: str
) -> None:
    """Also one that looks like something else, as what was asked does."""
    mind.answer = answer
    await household.use("texts_to_assist", agent="agent")
    await household.hears(ANNA, "21.50")

    assert [one.text for one in mind.asked] == ["21.50"]
    assert await household.got(ANNA) == [answer]


@pytest.mark.parametrize("sign", ["{{", "`", "🔥"])
async def test_unusual_signs_cost_no_more(
    household: Household, mind: Moody, sign: str
) -> None:
    """One part is one part."""
    mind.answer = sign * 300
    await household.use("texts_to_assist", agent="agent", parts=1)
    await household.hears(ANNA, "Hi")

    (text,) = await household.got(ANNA)
    assert text.endswith("...")
    assert count_text(text).possible_parts == {1}


async def test_a_pin_is_asked(household: Household, mind: Moody) -> None:
    """Of who has one, and the assistant does not hear it."""
    await household.house.change("anna", pin="4711")
    await household.use("texts_to_assist", agent="agent")
    await household.hears(ANNA, "Open up")
    await household.hears(ANNA, "4711 Is it cold?")

    assert [one.text for one in mind.asked] == ["Is it cold?"]
    assert await household.got(ANNA) == ["You said: Is it cold?"]
