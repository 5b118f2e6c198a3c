"""A satellite of the Wyoming protocol, which Home Assistant's own `wyoming` talks with."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Final, Self, override

from wyoming.asr import Transcribe
from wyoming.audio import AudioChunk, AudioStop
from wyoming.event import Event, async_read_event, async_write_event
from wyoming.info import Attribution, Describe, Info, Satellite
from wyoming.ping import Ping, Pong
from wyoming.pipeline import PipelineStage, RunPipeline
from wyoming.satellite import RunSatellite
from wyoming.snd import Played

from . import Frame, Line, LineError, Turn
from .mouth import RATE, Mouth

NAME: Final = "Bench satellite"
# To the answer's end, over what it lasts itself.
PATIENCE: Final = 20


class WyomingSatellite(Line):
    """Serves Home Assistant, which connects to it and stays."""

    name = "wyoming"

    def __init__(self) -> None:
        """Serve nobody yet."""
        self._server: asyncio.Server | None = None
        self._house: asyncio.StreamWriter | None = None
        self._is_connected = asyncio.Event()
        self._is_listened_to = asyncio.Event()
        self._is_answered = asyncio.Event()
        self._frames: list[Frame] = []

    async def __aenter__(self) -> Self:
        """Serve on a port of this machine."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Serve no more."""
        if self._server is not None:
            self._server.close_clients()
            self._server.close()
            await self._server.wait_closed()

    @property
    def port(self) -> int:
        """Where it serves."""
        if self._server is None:
            raise LineError("The satellite does not serve")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @override
    async def turn(self, clicks: int, seconds: float) -> Turn:
        """Run the pipeline once."""
        self._is_listened_to.clear()
        self._is_answered.clear()
        self._frames = []
        mouth = Mouth(self._say)
        speaking = None
        try:
            async with asyncio.timeout(seconds + PATIENCE):
                await self._is_connected.wait()
                stages = {
                    "start_stage": PipelineStage.ASR,
                    "end_stage": PipelineStage.TTS,
                }
                await self._send(RunPipeline(**stages).event())
                await self._is_listened_to.wait()
                speaking = asyncio.create_task(mouth.speak())
                await mouth.click(clicks)
                await self._is_answered.wait()
        except TimeoutError as err:
            raise LineError("No answer over Wyoming") from err
        finally:
            if speaking is not None:
                speaking.cancel()
        await self._send(Played().event())
        return Turn(clicked=(*mouth.clicked,), frames=(*self._frames,))

    async def _say(self, sound: bytes) -> None:
        chunk = AudioChunk(rate=RATE, width=2, channels=1, audio=sound)
        await self._send(chunk.event())

    async def _send(self, event: Event) -> None:
        if self._house is not None:
            await async_write_event(event, self._house)

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Tell what this is; of those who ask, one has it run."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while (event := await async_read_event(reader)) is not None:
                await self._hear(event, monotonic(), writer)
        writer.close()

    async def _hear(
        self, event: Event, moment: float, writer: asyncio.StreamWriter
    ) -> None:
        if AudioChunk.is_type(event.type):
            chunk = AudioChunk.from_event(event)
            self._frames.append(Frame(moment=moment, seconds=chunk.seconds))
        elif AudioStop.is_type(event.type):
            self._is_answered.set()
        elif Transcribe.is_type(event.type):
            self._is_listened_to.set()
        elif Describe.is_type(event.type):
            await async_write_event(_info().event(), writer)
        elif Ping.is_type(event.type):
            await async_write_event(Pong().event(), writer)
        elif RunSatellite.is_type(event.type):
            self._house = writer
            self._is_connected.set()


def _info() -> Info:
    credit = Attribution(name=NAME, url="")
    satellite = Satellite(
        name=NAME, attribution=credit, installed=True, description=None, version=None
    )
    return Info(satellite=satellite)
