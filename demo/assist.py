"""Assist in the demo house: who listens, thinks and speaks, as a person chooses it in the settings."""

from collections.abc import Mapping
from typing import Any, Final

from .house import Home

# Understands orders and questions about the house, which is what the demo shows.
HOUSE: Final = "House"
# Home Assistant begins no conversation with an agent of its own, only with one that stands for a language model.
AGENT: Final = "House with an agent"
AGENTS: Final = {
    HOUSE: "conversation.home_assistant",
    AGENT: "conversation.house_agent",
}
EARS: Final = "stt.house_ears"
VOICE: Final = "tts.house_voice"
LANGUAGE: Final = "en"
# What is worth saying to the house, of what its ears know; a test compares the two.
SENTENCES: Final = (
    "turn on the kitchen light",
    "turn off the kitchen light",
    "is the front door locked",
    "lock the front door",
    "what time is it",
    "how is the house",
    "what is the temperature of the freezer",
    "goodbye",
)
# Home Assistant lets Assist have lights by itself, but no locks.
EXPOSED: Final = ["lock.front_door"]
PIPELINE: Final = "assist_pipeline/pipeline"


async def pipelines(home: Home) -> Mapping[str, str]:
    """Return the ids of the house's pipelines by name.

    The first time they are made, and the house's own is preferred; afterwards they are the person's to change.
    """
    known = {
        pipeline["name"]: pipeline["id"]
        for pipeline in (await home.ask(f"{PIPELINE}/list"))["pipelines"]
    }
    missing = [name for name in AGENTS if name not in known]
    for name in missing:
        made = await home.ask(f"{PIPELINE}/create", **_pipeline(name))
        known[name] = made["id"]
    if HOUSE in missing:
        await home.ask(f"{PIPELINE}/set_preferred", pipeline_id=known[HOUSE])
        await home.ask(
            "homeassistant/expose_entity",
            assistants=["conversation"],
            entity_ids=EXPOSED,
            should_expose=True,
        )
    return {name: known[name] for name in AGENTS}


def _pipeline(name: str) -> dict[str, Any]:
    return {
        "name": name,
        "language": LANGUAGE,
        "stt_engine": EARS,
        "stt_language": LANGUAGE,
        "conversation_engine": AGENTS[name],
        "conversation_language": LANGUAGE,
        "tts_engine": VOICE,
        "tts_language": LANGUAGE,
        "tts_voice": None,
        "wake_word_entity": None,
        "wake_word_id": None,
    }
