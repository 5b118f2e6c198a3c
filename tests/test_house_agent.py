"""The demo house's agent, who stands in for a language model."""

from typing import Any

from homeassistant.components import conversation
from homeassistant.components.conversation import (
    AssistantContent,
    ConversationResult,
    async_converse,
    async_get_chat_log,
)
from homeassistant.core import Context, HomeAssistant
from homeassistant.helpers.chat_session import async_get_chat_session
from homeassistant.setup import async_setup_component
import pytest

from .house import install

AGENT = "conversation.house_agent"
QUESTION = "The freezer is warm. Shall I switch the light on?"
PROMPT = (
    "You call about a freezer. If yes, turn on the kitchen light."
    " If no, say As you wish. If perhaps, paint it blue."
)
LIGHT = {
    "template": {
        "light": {"name": "Kitchen light", "turn_on": [], "turn_off": []},
    }
}


@pytest.fixture
async def house(hass: HomeAssistant) -> HomeAssistant:
    """Return a Home Assistant with the agent and a light."""
    install(hass, "house_agent")
    for component in ("homeassistant", "conversation", "house_agent"):
        assert await async_setup_component(hass, component, {})
    assert await async_setup_component(hass, "template", LIGHT)
    await hass.async_block_till_done()
    return hass


async def say(
    house: HomeAssistant,
    text: str,
    conversation_id: str | None = None,
    prompt: str | None = None,
) -> ConversationResult:
    """Say something to the agent, and return what it answers."""
    return await async_converse(
        house,
        text,
        conversation_id,
        Context(),
        language="en",
        agent_id=AGENT,
        extra_system_prompt=prompt,
    )


def speech(result: ConversationResult) -> str:
    """Return the words of an answer."""
    words: str = result.response.speech["plain"]["speech"]
    return words


def started(house: HomeAssistant, question: str) -> str:
    """Begin a conversation as a satellite does, and return its id."""
    with (
        async_get_chat_session(house) as session,
        async_get_chat_log(house, session) as chat_log,
    ):
        chat_log.async_add_assistant_content_without_tools(
            AssistantContent(agent_id="assist_satellite.anna", content=question)
        )
        return session.conversation_id


@pytest.mark.parametrize(
    ("answer", "said", "light"),
    [
        ("Yes.", "You said Yes. Turned on the light.", "on"),
        ("no", "As you wish.", "unknown"),
        ("perhaps", "I do not know how to paint it blue.", "unknown"),
    ],
)
async def test_answers_are_acted_on_as_the_prompt_says(
    house: HomeAssistant, answer: str, said: str, light: str
) -> None:
    """Also after a first answer that it does not know, when the prompt does not come again."""
    conversation_id = started(house, QUESTION)
    result = await say(house, "what", conversation_id, PROMPT)
    assert speech(result).startswith(f"I asked: {QUESTION} You said what.")
    assert result.continue_conversation

    result = await say(house, answer, conversation_id)

    assert speech(result) == said
    assert not result.continue_conversation
    state = house.states.get("light.kitchen_light")
    assert state is not None
    assert state.state == light


async def test_everything_else_is_repeated(house: HomeAssistant) -> None:
    """It says what it is, and asks on until it hears goodbye."""
    result = await say(house, "how are you")
    assert speech(result).startswith("You said how are you. I am no language model")
    assert result.continue_conversation

    result = await say(house, "Goodbye!", result.conversation_id)
    assert speech(result) == "Goodbye."
    assert not result.continue_conversation


async def test_answers_come_word_by_word(house: HomeAssistant) -> None:
    """So that a voice can begin before the end is known."""
    deltas: list[dict[str, Any]] = []
    with (
        async_get_chat_session(house) as session,
        async_get_chat_log(
            house,
            session,
            chat_log_delta_listener=lambda _, delta: deltas.append(delta),
        ),
    ):
        result = await say(house, "how are you", session.conversation_id)

    role, *words = deltas
    assert role == {"role": "assistant"}
    assert [*words[0].values(), *words[1].values()] == ["You ", "said "]
    assert "".join(delta["content"] for delta in words) == speech(result)


async def test_agent_can_be_chosen_for_pipelines(house: HomeAssistant) -> None:
    """It is an agent of its own, not the built-in one, and speaks any language."""
    info = conversation.async_get_agent_info(house, AGENT)
    assert info is not None
    assert (info.name, info.supports_streaming) == (
        "House agent (no language model)",
        True,
    )
