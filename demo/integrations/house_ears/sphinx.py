"""Ears that understand people: PocketSphinx, as a process that begins when first somebody speaks."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from .ears import EarsError
from .spectrum import without_silence

_LISTENER: Final = Path(__file__).with_name("listener.py")
# It loads its model within a second and understands a sentence within half of one; but machines may be busy.
PATIENCE: Final = 20


class Sphinx:
    """Some sentences, whoever says them; but speech that is none of them is taken for one of them all the same."""

    name: Final = "PocketSphinx"

    def __init__(self, python: str, sentences: Sequence[str]) -> None:
        """Say which Python has it; nothing runs yet."""
        self._command = [python, str(_LISTENER), *sentences]
        self._process: Process | None = None
        self._one_at_a_time = asyncio.Lock()

    async def listen(self, samples: bytes) -> str:
        """Return which sentence is heard; nothing where nobody speaks.

        Raises:
            EarsError: the process does not answer. The next sentence gets a new one.
        """
        speech = await asyncio.to_thread(without_silence, samples)
        if not speech:
            return ""
        answer = b""
        async with self._one_at_a_time:
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await self._ask(speech)
            except OSError as err:
                raise EarsError(f"PocketSphinx does not answer: {err!r}") from err
            finally:
                # What was asked and not answered would be the answer to the next sentence.
                if not answer:
                    await self.close()
        if not answer:
            raise EarsError("PocketSphinx has ended")
        return answer.decode().strip()

    async def close(self) -> None:
        """End the process; whoever waits for an answer gets none."""
        if self._process is None:
            return
        process, self._process = self._process, None
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def _ask(self, speech: bytes) -> bytes:
        """Return a line of its answer, nothing if it has ended."""
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE
            )
        to, back = self._process.stdin, self._process.stdout
        assert to is not None
        assert back is not None
        to.write(len(speech).to_bytes(4, "big") + speech)
        await to.drain()
        return await back.readline()
