"""An agent that has nothing to think about."""

from typing import Final, Literal, override

from homeassistant.components.conversation import (
    ChatLog,
    ConversationEntity,
    ConversationInput,
    ConversationResult,
)
from homeassistant.const import MATCH_ALL
from homeassistant.helpers import intent
from homeassistant.util.ulid import ulid_now

ENTITY_ID: Final = "conversation.bench"


class Agent(ConversationEntity):
    """Says something new each time, so that it is not taken from a cache."""

    _attr_name = "Bench agent"
    _attr_unique_id = "bench_agent"

    def __init__(self) -> None:
        """Take the name that pipelines know."""
        self.entity_id = ENTITY_ID

    @property
    @override
    def supported_languages(self) -> list[str] | Literal["*"]:
        """Any."""
        return MATCH_ALL

    @override
    async def _async_handle_message(
        self, user_input: ConversationInput, chat_log: ChatLog
    ) -> ConversationResult:
        """Answer at once."""
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech(ulid_now())
        return ConversationResult(response, chat_log.conversation_id)
