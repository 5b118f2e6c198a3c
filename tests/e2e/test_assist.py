"""Assist in the demo house hears, thinks and speaks by itself: what is said to it over a telephone it would hear like this."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
import re

import aiohttp
import pytest

from demo import assist
from demo.house import Home, result
from demo.integrations.house_ears.by_heart import ByHeart
from tests import Json
from tests.sounds import decoded
from tests.speech import ASSIST, TELEPHONE, silence, spoken

from . import PATIENCE, Town, eventually

LIGHT = "light.kitchen_light"
CONCERNED = (
    *("house_ears", "house_agent", "house_voice", "assist_pipeline"),
    *(r"\.stt", r"\.tts", r"\.conversation", r"\.template"),
)
CHUNK = TELEPHONE // 50 * 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One turn of a conversation, as Assist tells of it."""

    heard: str
    answer: str
    audio: bytes


@pytest.fixture
async def pipelines(home: Home) -> Mapping[str, str]:
    """Return the house's pipelines, and leave it as it was found."""
    await home.run("light.turn_off", entity_id=LIGHT)
    return await assist.pipelines(home)


async def run(home: Home, pipeline: str, said: bytes) -> dict[str, Json]:
    """Say something to Assist, as a telephone sends it, and return what it tells by kind."""
    async with home.socket() as socket, asyncio.timeout(PATIENCE):
        await result(
            socket,
            "assist_pipeline/run",
            start_stage="stt",
            end_stage="tts",
            pipeline=pipeline,
            input={"sample_rate": TELEPHONE},
        )
        told: dict[str, Json] = {}
        async for message in socket:
            event = message.json()["event"]
            told[event["type"]] = event["data"]
            match event["type"]:
                case "run-start":
                    handler = event["data"]["runner_data"]["stt_binary_handler_id"]
                    await _send(socket, handler, said)
                case "run-end":
                    break
    return told


async def _send(
    socket: aiohttp.ClientWebSocketResponse, handler: int, said: bytes
) -> None:
    for begin in range(0, len(said), CHUNK):
        await socket.send_bytes(bytes([handler]) + said[begin : begin + CHUNK])
    await socket.send_bytes(bytes([handler]))


async def talk(home: Home, pipeline: str, text: str) -> Turn:
    """Say something that is understood, and return how it was."""
    said = silence(0.5) + spoken(text) + silence(1.5)
    told = await run(home, pipeline, said)
    output = told["tts-end"]["tts_output"]
    return Turn(
        heard=told["stt-end"]["stt_output"]["text"],
        answer=told["intent-end"]["intent_output"]["response"]["speech"]["plain"][
            "speech"
        ],
        audio=await asyncio.to_thread(
            partial(decoded, await home.fetch(output["url"]), rate=ASSIST)
        ),
    )


async def _light(home: Home) -> str:
    return str((await home.state(LIGHT))["state"])


async def test_order_is_heard_done_and_answered(
    home: Home, pipelines: Mapping[str, str]
) -> None:
    """The light goes on, and the answer can be heard."""
    turn = await talk(home, pipelines[assist.HOUSE], "turn on the kitchen light")

    assert turn.heard == "turn on the kitchen light"
    await eventually(partial(_light, home), "on")
    answers = ByHeart([turn.answer, "Turned off the light", "Goodbye"])
    assert await asyncio.to_thread(answers.understand, turn.audio) == turn.answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("is the front door locked", "Yes"),
        ("what is the temperature of the freezer", "The freezer is at -18 degrees."),
    ],
)
async def test_questions_are_answered(
    home: Home, pipelines: Mapping[str, str], question: str, answer: str
) -> None:
    """By the built-in agent, and by an automation."""
    turn = await talk(home, pipelines[assist.HOUSE], question)

    assert (turn.heard, turn.answer) == (question, answer)


async def test_agent_answers(home: Home, pipelines: Mapping[str, str]) -> None:
    """In a pipeline of its own, which is not the preferred one."""
    turn = await talk(home, pipelines[assist.AGENT], "goodbye")

    assert (turn.heard, turn.answer) == ("goodbye", "Goodbye.")


async def test_silence_is_not_understood(
    home: Home, pipelines: Mapping[str, str]
) -> None:
    """Assist says so, as with every engine."""
    told = await run(home, pipelines[assist.HOUSE], silence(2))

    assert told["error"]["code"] == "stt-no-text-recognized"


async def test_pipelines_are_made_once(
    home: Home, pipelines: Mapping[str, str]
) -> None:
    """The house's own is preferred."""
    listed = await home.ask("assist_pipeline/pipeline/list")

    assert await assist.pipelines(home) == pipelines
    assert await home.ask("assist_pipeline/pipeline/list") == listed
    assert listed["preferred_pipeline"] == pipelines[assist.HOUSE]


async def test_nothing_is_amiss_with_assist(
    town: Town, pipelines: Mapping[str, str]
) -> None:
    """Home Assistant has nothing to say about it, but that these integrations are not its own."""
    lines = town.house.process.output.read_text().splitlines()

    assert not [
        line
        for line in lines
        if re.search(rf" (WARNING|ERROR|CRITICAL) .*({'|'.join(CONCERNED)})", line)
        and "[homeassistant.loader]" not in line
    ]
