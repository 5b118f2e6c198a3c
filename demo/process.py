"""Processes that are waited for, read along with, and always ended."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
import os
from pathlib import Path
import signal
import socket
import subprocess
from typing import Final

POLL_SECONDS: Final = 0.1
TAIL_LINES: Final = 25


class ProcessError(Exception):
    """A process did not do what it was started for; the text says which and what it wrote last."""


class Process:
    """One program, and the file that takes everything it writes."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        output: Path,
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Say what to run and where; nothing runs yet."""
        self.name = name
        self.output = output
        self._command = [str(part) for part in command]
        self._folder = folder
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it, in a session of its own: a Ctrl-C in the terminal is not for it."""
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int | None:
        """The number the system knows it by, None before it was started."""
        return self._process.pid if self._process else None

    @property
    def exit_code(self) -> int | None:
        """What it ended with, None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def tail(self) -> str:
        """Return what it wrote last."""
        if not self.output.exists():
            return ""
        return "\n".join(
            self.output.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        )

    async def until(
        self, ready: Callable[[], Awaitable[bool]], *, seconds: float
    ) -> None:
        """Return once it is ready.

        Raises:
            ProcessError: it ended before that, or is not in time.
        """
        try:
            async with asyncio.timeout(seconds):
                while not await ready():
                    if not self.is_running:
                        raise self.error(f"has ended with {self.exit_code}")
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise self.error(f"was not ready within {seconds:.0f} seconds") from None

    async def stop(self, *, seconds: float = 30) -> int:
        """Ask it to end, make it end if it does not, and return its exit code."""
        self.signal(signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended()
        return await self.kill()

    async def kill(self) -> int:
        """End it at once, with all it has started, and return its exit code."""
        if self._process is None:
            return 0
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._ended()
        code = self._process.returncode
        self._process = None
        return code

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal if it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def error(self, what: str) -> ProcessError:
        """Return an error that says what went wrong and what was written last."""
        return ProcessError(f"{self.name} {what}. It wrote last:\n{self.tail()}")

    async def _ended(self) -> None:
        while self.is_running:
            await asyncio.sleep(POLL_SECONDS)


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """Return a port of this machine where nothing serves now."""
    with socket.socket(type=kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Tell whether nothing serves at a port of this machine."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
