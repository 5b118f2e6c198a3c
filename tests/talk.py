"""A house that hears and speaks, for tests: engines that do as they are told, and a caller."""

import asyncio
import base64
from collections.abc import AsyncIterable, AsyncIterator, Sized
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, override

from homeassistant.components import conversation, stt, tts
from homeassistant.components.assist_pipeline.pipeline import (
    KEY_ASSIST_PIPELINE,
    async_create_default_pipeline,
    async_update_pipeline,
)
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import intent
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.const import (
    CONF_CALL_HANDLING,
    CONF_REALTIME_NUMBER,
    CONF_RIGHTS,
    CONF_STRANGERS,
)

from . import ANNA, NUMBER, Json, SimulatorControl
from .calls import PATIENCE, Phones
from .hearing import moments, on_the_phone
from .sounds import FFMPEG, tone
from .traces import Sockets, leaving_nothing

REALTIME: Final = "+4600700021"
SATELLITE: Final = "assist_satellite.anna_call"
# A voice comes in real time, twenty times as fast.
SPEED: Final = 20
# So much of the caller's voice is enough to know what was said.
HEARD_BYTES: Final = 640


class Ears(stt.SpeechToTextEntity):
    """Understands one thing after the other, whatever is said."""

    _attr_name = "Ears"
    _attr_unique_id = "ears"
    supported_languages = ["en"]
    supported_formats = [stt.AudioFormats.WAV]
    supported_codecs = [stt.AudioCodecs.PCM]
    supported_bit_rates = [stt.AudioBitRates.BITRATE_16]
    supported_sample_rates = [stt.AudioSampleRates.SAMPLERATE_16000]
    supported_channels = [stt.AudioChannels.CHANNEL_MONO]

    def __init__(self) -> None:
        """Expect nothing to be said."""
        self.sentences: asyncio.Queue[str] = asyncio.Queue()
        self.heard: list[bytes] = []
        self.enough = HEARD_BYTES
        self.understanding = asyncio.Event()
        self.may_understand = _let()
        self.error: Exception | None = None

    def expect(self, *sentences: str) -> None:
        """Understand these, one a turn."""
        for sentence in sentences:
            self.sentences.put_nowait(sentence)

    @override
    async def async_process_audio_stream(
        self, metadata: stt.SpeechMetadata, stream: AsyncIterable[bytes]
    ) -> stt.SpeechResult:
        """Listen for a moment, and understand what was expected, or nothing when the caller is gone."""
        heard = b""
        async for chunk in stream:
            heard += chunk
            if len(heard) >= self.enough and not self.sentences.empty():
                break
        self.heard.append(heard)
        self.understanding.set()
        await self.may_understand.wait()
        if self.error is not None:
            raise self.error
        text = "" if self.sentences.empty() else self.sentences.get_nowait()
        return stt.SpeechResult(text, stt.SpeechResultState.SUCCESS)


class Voice(tts.TextToSpeechEntity):
    """Says everything with a tone in the form of a call."""

    _attr_name = "Voice"
    _attr_unique_id = "voice"
    _attr_default_language = "en"
    _attr_supported_languages = ["en"]
    _attr_supported_options = [
        tts.ATTR_PREFERRED_SAMPLE_RATE,
        tts.ATTR_PREFERRED_SAMPLE_CHANNELS,
        tts.ATTR_PREFERRED_SAMPLE_BYTES,
    ]

    def __init__(self) -> None:
        """Speak for half a second."""
        self.said: list[str] = []
        self.seconds = 0.5
        self.speaking = asyncio.Event()
        self.may_speak = _let()
        self.error: Exception | None = None

    @override
    async def async_get_tts_audio(
        self, message: str, language: str, options: dict[str, Any]
    ) -> tts.TtsAudioType:
        """Speak, or fail."""
        self.said.append(message)
        self.speaking.set()
        await self.may_speak.wait()
        if self.error is not None:
            raise self.error
        return "wav", tone(self.seconds, rate=16_000)


class Mind(conversation.AbstractConversationAgent):
    """Answers everything, and remembers who asked."""

    supported_languages: list[str] | Literal["*"] = "*"

    def __init__(self) -> None:
        """Know nothing yet."""
        self.asked: list[conversation.ConversationInput] = []
        self.answer = "You said: {}"
        self.thinking = asyncio.Event()
        self.may_answer = _let()
        self.error: Exception | None = None

    @override
    async def async_process(
        self, user_input: conversation.ConversationInput
    ) -> conversation.ConversationResult:
        """Answer with what was asked, a little later."""
        await asyncio.sleep(0)
        self.asked.append(user_input)
        self.thinking.set()
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        response = intent.IntentResponse(language=user_input.language)
        response.async_set_speech(self.answer.format(user_input.text))
        return conversation.ConversationResult(
            response, conversation_id=user_input.conversation_id
        )


class Parlour(Phones):
    """A house to talk with, and its engines."""

    def __init__(
        self, hass: HomeAssistant, simulator: SimulatorControl, entry: ConfigEntry
    ) -> None:
        """Take the home and the stand-in."""
        super().__init__(simulator)
        self.hass = hass
        self.entry = entry
        self.ears, self.voice, self.mind = Ears(), Voice(), Mind()
        self.agent = MockConfigEntry(domain="agent")

    async def furnish(self) -> None:
        """Have an assistant that hears and speaks, and a number to talk through."""
        hass = self.hass
        assert await async_setup_component(hass, "homeassistant", {})
        ffmpeg = {"ffmpeg": {"ffmpeg_bin": FFMPEG}}
        assert await async_setup_component(hass, "ffmpeg", ffmpeg)
        assert await async_setup_component(hass, "assist_pipeline", {})
        await hass.data[stt.DATA_COMPONENT].async_add_entities([self.ears])
        await hass.data[tts.DATA_COMPONENT].async_add_entities([self.voice])
        self.agent.add_to_hass(hass)
        conversation.async_set_agent(hass, self.agent, self.mind)
        pipeline = await async_create_default_pipeline(
            hass, self.ears.entity_id, self.voice.entity_id, "House"
        )
        assert pipeline is not None
        await async_update_pipeline(
            hass,
            pipeline,
            conversation_engine=self.agent.entry_id,
            conversation_language="en",
        )
        hass.data[KEY_ASSIST_PIPELINE].pipeline_store.async_set_preferred_item(
            pipeline.id
        )
        await self.simulator.put_number(REALTIME, capabilities=["websocket"])
        await self.change("anna", **{CONF_RIGHTS: ["assist"]})
        await self.change(
            "number",
            **{CONF_CALL_HANDLING: "assist", CONF_REALTIME_NUMBER: REALTIME},
        )
        await self.pass_time()

    async def amend(self, **engines: Any) -> None:
        """Give the house's own assistant other engines, or take some away."""
        store = self.hass.data[KEY_ASSIST_PIPELINE].pipeline_store
        pipeline = next(one for one in store.async_items() if one.name == "House")
        await async_update_pipeline(self.hass, pipeline, **engines)

    async def prefer(self, assistant: str) -> None:
        """Choose the assistant of those who choose none, by name."""
        store = self.hass.data[KEY_ASSIST_PIPELINE].pipeline_store
        found = {one.name: one.id for one in store.async_items()}
        store.async_set_preferred_item(found[assistant])

    async def fall_silent(self) -> None:
        """Let Home Assistant make the speech ready that nobody listens to any more.

        Stopped in the middle of that, it leaves the pipes to its converter open.
        """
        await asyncio.gather(*_speaking(), return_exceptions=True)

    def give_up_speech(self) -> None:
        """End what Home Assistant waits for until it stops: the rest of what nobody says any more."""
        for task in _speaking():
            task.cancel()

    @asynccontextmanager
    async def unharmed(self) -> AsyncIterator[Sockets]:
        """See that whatever happens to a call leaves no task and no socket, and that the next one works."""
        await self.hass.async_block_till_done(wait_background_tasks=True)
        async with leaving_nothing() as sockets:
            yield sockets
            self.mend()
            for call in await self.calls():
                await self.end(call["id"])
        await self.works()

    def mend(self) -> None:
        """Let all engines work again, and expect nothing more."""
        self.ears.sentences = asyncio.Queue()
        self.ears.error = self.voice.error = self.mind.error = None
        self.voice.seconds = 0.5
        for gate in (
            self.ears.may_understand,
            self.mind.may_answer,
            self.voice.may_speak,
        ):
            gate.set()

    async def works(self) -> None:
        """See that a contact is talked with, from the first word to goodbye."""
        # Home Assistant keeps what was said, as long as it was then.
        await self.hass.services.async_call("tts", "clear_cache", blocking=True)
        question = f"Is this call {len(await self.calls())}"
        self.ears.expect(question, "goodbye")
        call = await self.end(await self.ring(ANNA))
        assert self.mind.asked[-1].text == question
        assert f"You said: {question}" in self.voice.said
        assert call["result"] == "success"
        satellite = self.mind.asked[-1].satellite_id
        assert satellite is not None
        await self.hass.async_block_till_done(wait_background_tasks=True)
        assert self.hass.states.is_state(satellite, "idle")

    async def pass_time(self, *, speed: float = SPEED) -> None:
        """Let 46elks' time pass so many times as fast."""
        await self.simulator.control("PUT", "clock", {"speed": speed})

    async def change(self, subentry_id: str, **settings: object) -> None:
        """Change settings of a number or a contact."""
        subentry = self.entry.subentries[subentry_id]
        self.hass.config_entries.async_update_subentry(
            self.entry, subentry, data={**subentry.data, **settings}
        )
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def choose(self, select: str, option: str) -> None:
        """Choose a setting of the number."""
        entity_id = f"select.46701740690_{select}"
        await self.hass.services.async_call(
            "select",
            "select_option",
            {"entity_id": entity_id, "option": option},
            blocking=True,
        )

    async def let_in_strangers(self, option: str = "preferred") -> None:
        """Let strangers talk, with an assistant that is chosen for them."""
        await self.change("number", **{CONF_STRANGERS: True})
        await self.choose("assistant_for_strangers", option)

    async def ring(self, caller: str, **how: object) -> str:
        """Have somebody call the house when it is free, and return the id of the call."""
        await self.hass.async_block_till_done(wait_background_tasks=True)
        return await self.call(caller, **how)

    async def call(self, caller: str, **how: object) -> str:
        """Have somebody call the house, whatever it does, and return the id of the call."""
        await self.simulator.put_handset(caller)
        rung = await self.simulator.control(
            "POST", f"handsets/{caller}/calls", {"to": NUMBER, **how}
        )
        return str(rung["call_id"])

    async def listened(self, *, times: int) -> None:
        """Return when the house has understood so many sentences."""
        async with asyncio.timeout(PATIENCE):
            while len(self.ears.heard) < times:
                await self.simulator.log(len(await self.simulator.log()), wait=1)

    async def spoke(self) -> None:
        """Return when the house has said something."""
        async with asyncio.timeout(PATIENCE):
            while not self.voice.said:
                await self.simulator.log(len(await self.simulator.log()), wait=1)

    async def say(self, call_id: str, sound: bytes) -> None:
        """Have the caller say something now, a WAV."""
        await self.simulator.control(
            "POST", f"calls/{call_id}/audio", {"audio": data_url(sound)}
        )

    async def asked(self, call_id: str, *, times: int) -> None:
        """Return when somebody has been asked for keys so often, and may press them."""
        await self.until(call_id, lambda call: len(call["actions"]) == times)
        await self.phase(call_id, "playing")

    async def comes(self, told: Sized, count: int) -> None:
        """Return when Home Assistant has heard of so much."""
        async with asyncio.timeout(PATIENCE):
            while len(told) < count:
                await self.simulator.log(len(await self.simulator.log()), wait=1)
        await self.hass.async_block_till_done()

    async def speaks(self, call_id: str) -> Json:
        """Return a call when the house speaks in it."""
        return await self.until(call_id, is_spoken_to)

    async def is_told(self, call_id: str, *, seconds: float) -> None:
        """Return when a caller has been sent so much of the house's voice."""
        sent = 0.0
        async with asyncio.timeout(PATIENCE):
            while sent <= seconds:
                call: Json = await self.simulator.control("GET", f"calls/{call_id}")
                sockets = [leg["socket"] for leg in call["legs"] if leg["socket"]]
                sent = sum(one["received"]["seconds"] for one in sockets)

    async def heard(self, call_id: str, sound: bytes) -> None:
        """Return when a caller has heard a sound of the house, whole."""
        wanted = on_the_phone(sound)
        async with asyncio.timeout(PATIENCE):
            while not moments(
                await self.simulator.download(f"calls/{call_id}/heard.wav"), wanted
            ):
                await asyncio.sleep(0)

    async def said(self, what: str) -> list[Json]:
        """Return what the house has said of a kind over its sockets."""
        return [
            entry["fields"]
            for entry in await self.simulator.log()
            if entry["direction"] == "received" and entry["fields"].get("t") == what
        ]

    async def use_assistant(self, name: str) -> None:
        """Choose who talks for the number."""
        await self.hass.services.async_call(
            "select",
            "select_option",
            {"entity_id": "select.46701740690_assistant", "option": name},
            blocking=True,
        )

    async def spend_at_most(self, money: int) -> None:
        """Limit what the house may spend a day."""
        options = {**self.entry.options, "daily_spend_limit": money}
        self.hass.config_entries.async_update_entry(self.entry, options=options)
        await self.hass.async_block_till_done(wait_background_tasks=True)

    async def talks(self, call_id: str) -> Json:
        """Return a call when the house listens to it."""
        return await self.until(call_id, is_listened_to)


def is_spoken_to(call: Json) -> bool:
    """Tell whether the house has begun to speak."""
    return any((leg["socket"] or {}).get("sending") for leg in call["legs"])


def data_url(sound: bytes) -> str:
    """Return a WAV as a data URL, as a caller may say it."""
    return f"data:audio/wav;base64,{base64.b64encode(sound).decode()}"


async def use(hass: HomeAssistant, action: str, **data: object) -> Any:
    """Use an action of a satellite."""
    return await hass.services.async_call(
        "assist_satellite",
        action,
        {"entity_id": SATELLITE, "preannounce": False, **data},
        blocking=True,
        return_response=action == "ask_question",
    )


def _let() -> asyncio.Event:
    """Return a gate that is open."""
    gate = asyncio.Event()
    gate.set()
    return gate


def is_listened_to(call: Json) -> bool:
    """Tell whether the house hears the caller."""
    return any((leg["socket"] or {}).get("listening") for leg in call["legs"])


def _speaking() -> list[asyncio.Task[Any]]:
    tasks = asyncio.all_tasks()
    return [task for task in tasks if task.get_name().startswith("tts_")]
