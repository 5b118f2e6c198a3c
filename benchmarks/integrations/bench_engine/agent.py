"""An agent that thinks as long as it is told to."""

import asyncio
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

from .notebook import Notebook

ENTITY_ID: Final = "conversation.bench"


class Agent(ConversationEntity):
    """Says something new each time, so that it is not taken from a cache."""

    _attr_name = "Bench agent"
    _attr_unique_id = "bench_agent"

    def __init__(self, notebook: Notebook) -> None:
        """Take what tells how long to think, and the name that pipelines know."""
        self._notebook = notebook
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
        """Answer."""
        await asyncio.sleep(self._notebook.thinking)
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech(ulid_now())
        return ConversationResult(response, chat_log.conversation_id)
