"""Lines on disk that survive a killed process."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractContextManager
import errno
from io import FileIO
from pathlib import Path
import threading
from typing import Any
from unittest.mock import patch

from homeassistant.core import CoreState, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
import pytest

from custom_components.elks46.journal import Journal, Record

FULL = OSError(errno.ENOSPC, "No space left on device")


class Ledger:
    """What is remembered with the help of a journal: a list of records, and a snapshot of it."""

    def __init__(self, hass: HomeAssistant, folder: Path) -> None:
        """Remember in a folder."""
        self.records: list[Record] = []
        self.stored: tuple[int, list[Record]] = (0, [])
        self.trouble: Exception | None = None
        self.refuses = False
        self.bytes_each = 0
        self.journal = Journal(hass, folder / "journal", self.apply, self.snapshot)

    def apply(self, record: Record) -> None:
        """Remember a record, which has a number in it."""
        self.records.append({"n": int(record["n"])})

    async def snapshot(self, number: int) -> int:
        """Store all records, and tell how many bytes that takes."""
        if self.trouble:
            raise self.trouble
        if self.refuses:
            return 0
        self.stored = (number, list(self.records))
        return max(1, self.bytes_each * len(self.records))

    async def restart(self, hass: HomeAssistant, folder: Path) -> list[Record]:
        """Return what another process would know after a kill of this one."""
        other = Ledger(hass, folder)
        number, records = self.stored
        other.records = list(records)
        await other.journal.async_replay(number)
        await other.journal.async_close()
        self.stored = other.stored
        return other.records

    @property
    def numbers(self) -> list[int]:
        """The numbers of the records."""
        return [record["n"] for record in self.records]


def records(*numbers: int) -> list[Record]:
    """Return records of these numbers."""
    return [{"n": number} for number in numbers]


@pytest.fixture
async def ledger(hass: HomeAssistant, tmp_path: Path) -> AsyncGenerator[Ledger]:
    """Return a memory that is empty."""
    ledger = Ledger(hass, tmp_path)
    await ledger.journal.async_replay(0)
    yield ledger
    await ledger.journal.async_close()


def files(folder: Path) -> list[str]:
    """Return the names of the journal's files."""
    return sorted(path.name for path in folder.glob("journal.*"))


def writing(
    *results: int | OSError, truncating: OSError | None = None
) -> AbstractContextManager[object]:
    """Let a file opened now take so many bytes of each write, or refuse; then all is well."""
    left = list(results)
    errors = [truncating] if truncating else []

    class Disk(FileIO):
        """A file on a bad disk."""

        def write(self, data: Any) -> int:
            """Write as much as the disk takes."""
            match left.pop(0) if left else len(data):
                case OSError() as error:
                    raise error
                case size:
                    return super().write(data[:size])

        def truncate(self, size: int | None = None) -> int:
            """Cut, if the disk does that."""
            for error in errors:
                raise error
            return super().truncate(size)

    return patch("custom_components.elks46.journal.FileIO", Disk)


async def test_a_record_outlives_the_process(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """As soon as it was appended."""
    for number in range(3):
        await ledger.journal.async_append({"n": number})
    assert ledger.numbers == [0, 1, 2]
    assert await ledger.restart(hass, tmp_path) == records(0, 1, 2)


async def test_records_at_once_keep_their_order(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """On the disk and in memory, whatever waits with them."""
    await asyncio.gather(*(ledger.journal.async_append({"n": n}) for n in range(100)))
    assert ledger.numbers == list(range(100))
    assert await ledger.restart(hass, tmp_path) == records(*range(100))


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(b'{"n": 1', id="torn"),
        pytest.param(b"\x00" * 40, id="zeros"),
        pytest.param(b"\xff\n", id="not UTF-8"),
        pytest.param(b"[1]\n", id="a list"),
        pytest.param(b"{}\n", id="something missing"),
        pytest.param(b'{"n": null}\n', id="a wrong type"),
        pytest.param(b"\n\n", id="empty lines"),
    ],
)
async def test_a_line_that_cannot_be_read_is_left_out(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path, tail: bytes
) -> None:
    """The lines before it count, and those after it, even where no snapshot can be stored."""
    path = tmp_path / "journal.0"
    path.write_bytes(b'{"n": 0}\n' + tail)
    hass.set_state(CoreState.stopping)
    other = Ledger(hass, tmp_path)
    await other.journal.async_replay(0)
    await other.journal.async_append({"n": 2})
    await other.journal.async_close()
    assert other.numbers == [0, 2]
    assert await other.restart(hass, tmp_path) == records(0, 2)
    hass.set_state(CoreState.running)


async def test_reading_starts_with_a_snapshot(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """And what is in it goes from the journal."""
    await ledger.journal.async_append({"n": 0})
    assert files(tmp_path) == ["journal.0"]
    assert await ledger.restart(hass, tmp_path) == records(0)
    assert ledger.stored == (1, records(0))
    assert files(tmp_path) == []
    assert await ledger.restart(hass, tmp_path) == records(0)


async def test_a_long_journal_is_compacted_while_others_append(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """Nothing is lost on the way, nothing counted twice."""
    with patch("custom_components.elks46.journal.COMPACT_AT_BYTES", 20):
        for _ in range(5):
            await asyncio.gather(
                *(ledger.journal.async_append({"n": n}) for n in range(10))
            )
    assert ledger.numbers == list(range(10)) * 5
    number, _ = ledger.stored
    assert number >= 4
    assert len(files(tmp_path)) <= 1
    assert await ledger.restart(hass, tmp_path) == records(*list(range(10)) * 5)


async def test_the_more_is_stored_the_less_often_it_is_written_again(
    hass: HomeAssistant, ledger: Ledger
) -> None:
    """A snapshot of all is not worth a single record."""
    ledger.bytes_each = 10
    with patch("custom_components.elks46.journal.COMPACT_AT_BYTES", 1):
        for number in range(64):
            await ledger.journal.async_append({"n": number})
    number, _ = ledger.stored
    assert 3 <= number <= 16


async def test_a_kill_between_snapshot_and_unlink_counts_nothing_twice(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """The snapshot names the first file that it does not contain."""
    await ledger.journal.async_append({"n": 0})
    ledger.stored = (1, records(0))
    (tmp_path / "journal.1").write_bytes(b'{"n": 1}\n')
    (tmp_path / "journal.note").write_bytes(b"not ours")
    assert await ledger.restart(hass, tmp_path) == records(0, 1)
    assert files(tmp_path) == ["journal.note"]
    (tmp_path / "journal.7").write_bytes(b'{"n": 2}\n')
    await ledger.journal.async_remove()
    assert files(tmp_path) == ["journal.7", "journal.note"]


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"trouble": OSError(errno.EROFS, "Read-only")}, id="disk"),
        pytest.param({"trouble": HomeAssistantError("unreadable")}, id="store"),
        pytest.param({"refuses": True}, id="not stored"),
    ],
)
async def test_a_snapshot_that_fails_costs_nothing(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path, trouble: dict[str, Any]
) -> None:
    """The files stay, and whoever appends does not even notice."""
    vars(ledger).update(trouble)
    with patch("custom_components.elks46.journal.COMPACT_AT_BYTES", 1):
        for number in range(3):
            await ledger.journal.async_append({"n": number})
        await ledger.journal.async_close()
    assert files(tmp_path) == ["journal.0", "journal.1", "journal.2"]
    assert await ledger.restart(hass, tmp_path) == records(0, 1, 2)


async def test_while_home_assistant_stops_nothing_is_compacted(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """Its Store would only write at the very end."""
    hass.set_state(CoreState.stopping)
    with patch("custom_components.elks46.journal.COMPACT_AT_BYTES", 1):
        await ledger.journal.async_append({"n": 0})
        await ledger.journal.async_close()
    hass.set_state(CoreState.running)
    assert ledger.stored == (0, [])
    assert files(tmp_path) == ["journal.0"]


async def test_a_disk_that_refuses_tells_everyone_who_waits(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """What half went through is taken back, or it would appear after a restart."""
    with writing(100, 12, FULL):
        await ledger.journal.async_append({"n": 0})
        results = await asyncio.gather(
            *(ledger.journal.async_append({"n": n}) for n in range(1, 4)),
            return_exceptions=True,
        )
    assert results == [FULL] * 3
    assert ledger.numbers == [0]
    await ledger.journal.async_append({"n": 9})
    assert ledger.numbers == [0, 9]
    assert (tmp_path / "journal.0").read_bytes() == b'{"n":0}\n{"n":9}\n'
    assert await ledger.restart(hass, tmp_path) == records(0, 9)


async def test_a_disk_that_takes_little_at_a_time_gets_everything(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """A write may take less than it is given."""
    with writing(1, 2, 3):
        await ledger.journal.async_append({"n": 12345})
    assert await ledger.restart(hass, tmp_path) == records(12345)


async def test_what_cannot_be_taken_back_is_a_torn_line(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """The next record gets a line of its own."""
    with (
        writing(5, FULL, truncating=FULL),
        pytest.raises(OSError, match="No space"),
    ):
        await ledger.journal.async_append({"n": 1})
    await ledger.journal.async_append({"n": 2})
    assert (tmp_path / "journal.0").read_bytes() == b'{"n":\n{"n":2}\n'
    assert await ledger.restart(hass, tmp_path) == records(2)


async def test_a_folder_that_cannot_be_written_to_is_a_disk_that_refuses(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """Until it can."""
    (tmp_path / "journal.0").mkdir()
    with pytest.raises(IsADirectoryError):
        await ledger.journal.async_append({"n": 1})
    (tmp_path / "journal.0").rmdir()
    await ledger.journal.async_append({"n": 2})
    assert ledger.numbers == [2]


async def test_at_the_very_end_there_are_no_threads_any_more(
    hass: HomeAssistant, ledger: Ledger
) -> None:
    """Whoever waits is told, rather than left waiting."""
    gone = RuntimeError("Executor shutdown has been called")
    with (
        patch.object(hass, "async_add_executor_job", side_effect=gone),
        pytest.raises(OSError, match="shutdown"),
    ):
        await ledger.journal.async_append({"n": 1})
    assert ledger.numbers == []


async def test_what_is_no_json_spoils_no_other_record(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """Only whoever brought it is told."""
    results = await asyncio.gather(
        ledger.journal.async_append({"n": 1}),
        ledger.journal.async_append({"n": 2, "text": "half \ud83d"}),
        ledger.journal.async_append({"n": 3}),
        return_exceptions=True,
    )
    assert isinstance(results[1], TypeError)
    assert ledger.numbers == [1, 3]
    assert await ledger.restart(hass, tmp_path) == records(1, 3)


@pytest.mark.parametrize(
    ("disk", "numbers"),
    [
        pytest.param((), [1, 2], id="good"),
        pytest.param((FULL, FULL), [], id="full"),
    ],
)
async def test_whoever_does_not_wait_for_a_record_stops_nobody(
    hass: HomeAssistant,
    ledger: Ledger,
    disk: tuple[OSError, ...],
    numbers: list[int],
) -> None:
    """It is written all the same, if it can be."""
    with writing(*disk):
        gone = hass.async_create_task(ledger.journal.async_append({"n": 1}))
        gone.cancel()
        await asyncio.gather(
            ledger.journal.async_append({"n": 2}), return_exceptions=True
        )
        await ledger.journal.async_close()
    assert gone.cancelled()
    assert ledger.numbers == numbers


async def test_a_record_is_applied_before_whoever_waits_for_it_is_cancelled(
    hass: HomeAssistant, ledger: Ledger
) -> None:
    """What is worked out next must be worked out from it."""
    known: list[int] = []

    async def append() -> None:
        try:
            await ledger.journal.async_append({"n": 1})
        finally:
            known.extend(ledger.numbers)

    task = hass.async_create_task(append())
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert known == [1]


async def test_nobody_is_left_waiting_when_the_writer_is_cancelled(
    hass: HomeAssistant, ledger: Ledger
) -> None:
    """Home Assistant does that with what is not over at its very end."""
    release = threading.Event()
    with patch(
        "custom_components.elks46.journal.FileIO",
        side_effect=lambda *_, **__: release.wait(5) and None,
    ):
        first = hass.async_create_task(ledger.journal.async_append({"n": 1}))
        (writer,) = (
            task for task in asyncio.all_tasks() if task.get_name() == "elks46 journal"
        )
        await asyncio.sleep(0)
        second = hass.async_create_task(ledger.journal.async_append({"n": 2}))
        writer.cancel()
        results = await asyncio.gather(first, second, return_exceptions=True)
        release.set()
        await hass.async_add_executor_job(release.wait)
    assert [type(result) for result in results] == [OSError] * 2
    await ledger.journal.async_append({"n": 3})
    assert ledger.numbers == [3]


async def test_closing_waits_for_what_is_being_written(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """And nothing is written after it: somebody else may have opened the file."""
    written = [
        hass.async_create_task(ledger.journal.async_append({"n": n})) for n in range(5)
    ]
    await ledger.journal.async_close()
    await asyncio.gather(*written)
    assert ledger.numbers == [0, 1, 2, 3, 4]
    with pytest.raises(OSError, match="Bad file descriptor"):
        await ledger.journal.async_append({"n": 5})
    assert await ledger.restart(hass, tmp_path) == records(0, 1, 2, 3, 4)


async def test_removing_leaves_no_file(
    hass: HomeAssistant, ledger: Ledger, tmp_path: Path
) -> None:
    """Nor one of an older time."""
    await ledger.journal.async_append({"n": 0})
    await ledger.journal.async_remove()
    assert files(tmp_path) == []


async def test_the_file_is_nobody_elses_business(
    ledger: Ledger, tmp_path: Path
) -> None:
    """There are numbers and texts in it."""
    await ledger.journal.async_append({"n": 0})
    assert (tmp_path / "journal.0").stat().st_mode & 0o777 == 0o600
