"""The bench, in its shortest run: figures mean nothing in it, but all of it happens."""

import asyncio
from asyncio.subprocess import PIPE
import json
from pathlib import Path

from demo.house import HASS, ROOT

PYTHON = HASS.with_name("python")
# On a machine that is busy with other tests.
PATIENCE = 240


async def bench(*arguments: str) -> tuple[int | None, str]:
    """Run it, and return its exit code and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        PYTHON, "-m", "benchmarks", *arguments, cwd=ROOT, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(PATIENCE):
        told, errors = await process.communicate()
    return process.returncode, (told + errors).decode()


async def test_bench_measures_us_beside_home_assistant(tmp_path: Path) -> None:
    """Each figure is there, with a reference, in the table and as JSON."""
    output = tmp_path / "figures.json"
    code, told = await bench("--smoke", "--output", str(output))

    assert code in {0, 1}, told
    figures = json.loads(output.read_text())["figures"]
    assert len(figures) == 38
    assert all(one["claim"]["what"] in told for one in figures)
    beside = [one for one in figures if one["claim"]["beside"]]
    assert len(beside) == 33
    assert all(one["references"] for one in beside)


async def test_bench_wants_rounds_enough() -> None:
    """A median of four is none."""
    code, told = await bench("--rounds", "4")

    assert (code, "5 or more are expected" in told) == (2, True)
