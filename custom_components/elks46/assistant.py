"""Asks one of Home Assistant's assistants something in writing, and finds the one that a number is set to.

Not imported before it is needed: it brings along what not every home has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from inspect import signature
from typing import Any, Final

from homeassistant.components import assist_pipeline, stt, tts
from homeassistant.components.assist_pipeline import (
    OPTION_PREFERRED,
    Pipeline,
    PipelineEvent,
    PipelineEventType,
    PipelineNotFound,
    async_get_pipelines,
)
from homeassistant.components.assist_pipeline.models import PipelineStage
from homeassistant.components.assist_pipeline.pipeline import (
    PipelineInput,
    PipelineRun,
    async_get_pipeline,
)
from homeassistant.const import Platform
from homeassistant.core import Context, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.chat_session import async_get_chat_session

from .const import DOMAIN
from .records import Visit

# The settings of a number: who talks with contacts, and who with strangers.
OF_CONTACTS: Final = "pipeline"
OF_STRANGERS: Final = "pipeline_2"
# From Home Assistant 2026.11 on a conversation belongs to somebody; who that is, the run says.
UNOWNED: Final[Mapping[str, Any]] = (
    {"context": None}
    if "context" in signature(async_get_chat_session).parameters
    else {}
)
# There is nobody who could think about a sentence.
ABSENT: Final = frozenset({"intent-agent-not-found", "intent-not-supported"})


class AssistantError(Exception):
    """An assistant has not answered; `is_absent` where there is none that could."""

    def __init__(self, code: str) -> None:
        """Take Home Assistant's own name of what is wrong."""
        super().__init__(code)
        self.is_absent = code in ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an assistant says, and the conversation in which it has."""

    text: str = field(repr=False)
    conversation_id: str


@callback
def select_of(hass: HomeAssistant, number_id: str, key: str) -> str | None:
    """Return the entity of a number's setting, if it is there."""
    entity_id = er.async_get(hass).async_get_entity_id(
        Platform.SELECT, DOMAIN, f"{number_id}-{key}"
    )
    is_there = entity_id is not None and hass.states.get(entity_id) is not None
    return entity_id if is_there else None


@callback
def pipeline_of(
    hass: HomeAssistant, number_id: str, key: str = OF_CONTACTS
) -> Pipeline | None:
    """Return the assistant that a number is set to, or else the preferred one.

    Strangers get none but what was chosen for them: the preferred one is the owner's.
    """
    if assist_pipeline.DOMAIN not in hass.config.components:
        return None
    entity_id = select_of(hass, number_id, key)
    chosen = hass.states.get(entity_id) if entity_id else None
    known = {one.name: one.id for one in async_get_pipelines(hass)}
    name = chosen.state if chosen else None
    if key == OF_STRANGERS and name not in (OPTION_PREFERRED, *known):
        return None
    try:
        return async_get_pipeline(hass, known.get(name or OPTION_PREFERRED))
    except PipelineNotFound:
        return None


@callback
def setting_for(visit: Visit) -> str:
    """Return which setting of a number says who talks in a conversation over it."""
    return OF_STRANGERS if visit.is_stranger else OF_CONTACTS


@callback
def pipeline_for(hass: HomeAssistant, visit: Visit) -> Pipeline | None:
    """Return the assistant of a conversation."""
    return pipeline_of(hass, visit.number_id, setting_for(visit))


@callback
def can_talk(hass: HomeAssistant, pipeline: Pipeline) -> bool:
    """Tell whether an assistant has ears and a voice."""
    return (
        pipeline.stt_engine is not None
        and stt.async_get_speech_to_text_engine(hass, pipeline.stt_engine) is not None
        and pipeline.tts_engine is not None
        and tts.async_resolve_engine(hass, pipeline.tts_engine) is not None
    )


async def async_ask(
    hass: HomeAssistant,
    pipeline: Pipeline | None,
    sentence: str,
    *,
    context: Context,
    conversation_id: str | None,
    device_id: str | None,
    language: str | None,
    prompt: str,
) -> Answer:
    """Say something to an assistant, as if it had heard it, and return what it answers.

    `language` is another than the assistant's own. A conversation that Home Assistant has
    forgotten begins anew. `prompt` is told to language models.

    Raises:
        AssistantError: it does not answer.
    """
    if pipeline is None:
        raise AssistantError("intent-not-supported")
    if language is not None:
        pipeline = replace(pipeline, language=language, conversation_language=language)
    told: dict[PipelineEventType, Mapping[str, Any]] = {}

    @callback
    def note(event: PipelineEvent) -> None:
        told[event.type] = event.data or {}

    with async_get_chat_session(hass, conversation_id, **UNOWNED) as session:
        run = PipelineRun(
            hass,
            context=context,
            pipeline=pipeline,
            start_stage=PipelineStage.INTENT,
            end_stage=PipelineStage.INTENT,
            event_callback=note,
        )
        await PipelineInput(
            run=run,
            session=session,
            intent_input=sentence,
            device_id=device_id,
            conversation_extra_system_prompt=prompt,
        ).execute(validate=True)
    if (end := told.get(PipelineEventType.INTENT_END)) is None:
        raise AssistantError(told.get(PipelineEventType.ERROR, {}).get("code", ""))
    output = end["intent_output"]
    return Answer(
        text=output["response"]["speech"].get("plain", {}).get("speech", "").strip(),
        conversation_id=output["conversation_id"] or session.conversation_id,
    )
