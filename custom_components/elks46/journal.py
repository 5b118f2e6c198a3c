"""Lines on disk that survive a killed process, until a snapshot makes them superfluous.

Each record is handed to the operating system before anyone relies on it, so it outlives
SIGKILL; a power cut may take the last seconds. Records that wait while the disk is busy
are written together. Files are numbered: a snapshot names the first file that it does
not contain, and older ones go once it is safely stored.
"""

import asyncio
from asyncio import Future, Task
from collections.abc import Awaitable, Callable
from contextlib import suppress
import errno
from functools import partial
from io import SEEK_END, FileIO
import os
from pathlib import Path
from typing import Any, Final

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.json import json_bytes
from homeassistant.util.json import json_loads_object

from .const import LOGGER

type Record = dict[str, Any]

# Some thousand records: a second's work to read at a start, nothing to keep on a card.
COMPACT_AT_BYTES: Final = 256 * 1024


class Journal:
    """An append-only file of JSON lines, with one writer."""

    def __init__(
        self,
        hass: HomeAssistant,
        prefix: Path,
        apply: Callable[[Record], None],
        snapshot: Callable[[int], Awaitable[int]],
    ) -> None:
        """Say where the files are, what a record does, and how a snapshot is stored.

        `snapshot` gets the number of the file that follows it, takes what it stores
        before its first await, and tells how many bytes are safely stored: 0 for none.
        """
        self._hass = hass
        self._prefix = prefix
        self._apply = apply
        self._snapshot = snapshot
        self._number = 0
        self._file: FileIO | None = None
        self._size = 0
        self._stored = 0
        self._torn = False
        self._waiting: list[tuple[bytes, Record, Future[None]]] = []
        self._writer: Task[None] | None = None
        self._is_closed = False

    async def async_replay(self, first: int) -> None:
        """Apply what was written after the snapshot that names file `first`."""
        lines, self._number = await self._hass.async_add_executor_job(self._read, first)
        for line in lines:
            try:
                self._apply(json_loads_object(line))
            except LookupError, TypeError, ValueError:
                # The process died, or the disk filled up, in the middle of this line.
                LOGGER.debug("A torn line in the journal was left out")
        if lines:
            await self._async_compact()

    async def async_append(self, record: Record) -> None:
        """Return when the record is with the operating system and applied.

        Raises:
            OSError: the disk refuses, or the journal is closed; the record is not applied.
        """
        if self._is_closed:
            raise _error(errno.EBADF)
        # What cannot be written as JSON may spoil no record but its own.
        line = json_bytes(record) + b"\n"
        written: Future[None] = self._hass.loop.create_future()
        self._waiting.append((line, record, written))
        if self._writer is None:
            self._writer = self._hass.async_create_task(
                self._async_write(), "elks46 journal", eager_start=False
            )
        try:
            await asyncio.wait({written})
        except asyncio.CancelledError:
            # It is written all the same, and whoever comes next must find it applied.
            await asyncio.wait({written})
            written.exception()
            raise
        written.result()

    async def async_close(self) -> None:
        """Finish what is being written and let go of the file, for whoever opens it next."""
        self._is_closed = True
        if self._writer is not None:
            await asyncio.wait({self._writer})
        await self._hass.async_add_executor_job(self._let_go)

    async def async_remove(self) -> None:
        """Remove every file."""
        await self.async_close()
        await self._hass.async_add_executor_job(self._unlink_before, self._number + 1)

    async def _async_write(self) -> None:
        batch: list[tuple[bytes, Record, Future[None]]] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                error = await self._async_write_lines([line for line, _, _ in batch])
                for _, record, written in batch:
                    if error is None:
                        self._apply(record)
                        written.set_result(None)
                    else:
                        written.set_exception(error)
                if self._size > max(COMPACT_AT_BYTES, self._stored // 2):
                    await self._async_compact()
        finally:
            self._writer = None
            # Home Assistant cancels at its very end; nobody may be left waiting.
            for _, _, written in (*batch, *self._waiting):
                if not written.done():
                    written.set_exception(_error(errno.ECANCELED))
            self._waiting = []

    async def _async_write_lines(self, lines: list[bytes]) -> OSError | None:
        try:
            await self._hass.async_add_executor_job(self._write, b"".join(lines))
        except OSError as err:
            return err
        except RuntimeError:
            # At its very end Home Assistant has no threads any more.
            return _error(errno.ESHUTDOWN)
        return None

    async def _async_compact(self) -> None:
        if self._hass.is_stopping:
            # Home Assistant's Store would put it off until the very end.
            return
        try:
            await self._hass.async_add_executor_job(self._let_go)
            self._number += 1
            self._size = 0
            if stored := await self._snapshot(self._number):
                # All of it is written again for half as much news, not for less.
                self._stored = stored
                await self._hass.async_add_executor_job(
                    self._unlink_before, self._number
                )
        except (HomeAssistantError, OSError) as err:
            # Nothing is lost: the files stay until a later snapshot is stored.
            LOGGER.debug("The journal was not compacted: %s", type(err).__name__)

    def _path(self, number: int) -> Path:
        return self._prefix.with_name(f"{self._prefix.name}.{number}")

    def _numbers(self) -> list[int]:
        found = self._prefix.parent.glob(f"{self._prefix.name}.*")
        return sorted(
            int(path.suffix[1:]) for path in found if path.suffix[1:].isdigit()
        )

    def _read(self, first: int) -> tuple[list[bytes], int]:
        lines: list[bytes] = []
        last = first
        for number in self._numbers():
            if number >= first:
                lines += self._path(number).read_bytes().splitlines()
                last = number
        # The last line of the last file may be torn: what comes now gets a line of its own.
        self._torn = bool(lines)
        return [line for line in lines if line], last

    def _write(self, lines: bytes) -> None:
        if self._file is None:
            path = self._path(self._number)
            path.parent.mkdir(parents=True, exist_ok=True)
            # It holds numbers and texts, which are nobody else's business.
            self._file = FileIO(path, "ab", opener=partial(os.open, mode=0o600))
        end, torn = self._file.seek(0, SEEK_END), self._torn
        rest = memoryview(b"\n" + lines if torn else lines)
        self._torn = True
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            # Whoever waits is told that nothing was written, so nothing may come back.
            with suppress(OSError):
                self._file.truncate(end)
                self._torn = torn
            raise
        self._torn = False
        self._size += len(lines)

    def _let_go(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _unlink_before(self, number: int) -> None:
        for old in self._numbers():
            if old < number:
                self._path(old).unlink(missing_ok=True)


def _error(number: int) -> OSError:
    return OSError(number, os.strerror(number))
