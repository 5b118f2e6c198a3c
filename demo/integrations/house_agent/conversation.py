"""An agent that stands in for a language model, because Home Assistant starts conversations with no other.

There is no model in it. It remembers the prompt and what was said first, does what the prompt says about an answer, and
repeats everything else. Like a model it answers word by word.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
import re
from typing import Final, Literal, override

from homeassistant.components.conversation import (
    AssistantContent,
    AssistantContentDeltaDict,
    ChatLog,
    ConversationEntity,
    ConversationInput,
    ConversationResult,
    async_get_result_from_chat_log,
    async_handle_intents,
)
from homeassistant.const import MATCH_ALL

from .prompt import plain, task

DOMAIN: Final = "house_agent"
ENTITY_ID: Final = "conversation.house_agent"
_GOODBYES: Final = {"goodbye", "bye", "thank you", "stop"}


class HouseAgent(ConversationEntity):
    """Answers by rule."""

    _attr_name = "House agent (no language model)"
    _attr_unique_id = "house_agent"
    _attr_supports_streaming = True

    def __init__(self) -> None:
        """Take the name that pipelines know."""
        self.entity_id = ENTITY_ID

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        """Any: it repeats what it does not know."""
        return MATCH_ALL

    @override
    async def _async_handle_message(
        self, user_input: ConversationInput, chat_log: ChatLog
    ) -> ConversationResult:
        """Answer, word by word."""
        # The prompt comes with the first sentence only; the log keeps it.
        await chat_log.async_provide_llm_data(
            user_input.as_llm_context(DOMAIN),
            None,
            None,
            user_input.extra_system_prompt,
        )
        answer = await self._answer(user_input, chat_log)
        async for _ in chat_log.async_add_delta_content_stream(
            user_input.agent_id, _word_by_word(answer)
        ):
            pass
        return async_get_result_from_chat_log(user_input, chat_log)

    async def _answer(self, user_input: ConversationInput, chat_log: ChatLog) -> str:
        """Return what to say, and have done what the prompt says."""
        text = user_input.text.rstrip(".!?")
        wanted = task(chat_log.extra_system_prompt or "", text)
        if wanted is not None and wanted.is_said:
            return f"{wanted.sentence}."
        if wanted is not None:
            order = replace(user_input, text=wanted.sentence)
            response = await async_handle_intents(self.hass, order, chat_log)
            if response is None:
                return f"I do not know how to {wanted.sentence}."
            done: str = response.speech["plain"]["speech"]
            return f"You said {text}. {done}."
        if plain(text) in _GOODBYES:
            return "Goodbye."
        return f"{_asked(chat_log)}You said {text}. I am no language model, so I can only repeat it. Anything else?"


def _asked(chat_log: ChatLog) -> str:
    """Return what the conversation was started with, if somebody but the caller began it."""
    match chat_log.content[1:]:
        case [AssistantContent(content=str(question)), *_]:
            return f"I asked: {question} "
    return ""


async def _word_by_word(text: str) -> AsyncIterator[AssistantContentDeltaDict]:
    yield {"role": "assistant"}
    for word in re.findall(r"\S+\s*", text):
        yield {"content": word}
