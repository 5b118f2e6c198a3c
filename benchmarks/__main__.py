"""The command line: measure in rounds, tell what came of it, and fail where it falls short."""

import argparse
import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
import signal
import sys
from tempfile import TemporaryDirectory
from typing import Final

from aiohttp import ClientError

from demo.house import ROOT, HomeError
from demo.process import ProcessError

from . import report
from .figures import Readings, Verdict, figure
from .house import BenchHouse, running
from .lines import LineError
from .measurements import FULL, SMOKE, Measurement
from .measurements.barge_in import BargeIn
from .measurements.callbacks import Callbacks
from .measurements.endurance import Endurance
from .measurements.first_audio import FirstAudio
from .measurements.frames import Frames
from .measurements.imports import Imports
from .measurements.pace import Pace
from .measurements.sending import Sending
from .measurements.set_up import SetUp

MEASUREMENTS: Final[
    Sequence[
        type[
            BargeIn
            | Callbacks
            | Endurance
            | FirstAudio
            | Frames
            | Imports
            | Pace
            | Sending
            | SetUp
        ]
    ]
] = (
    FirstAudio,
    Frames,
    BargeIn,
    Pace,
    Callbacks,
    Endurance,
    Sending,
    SetUp,
    Imports,
)
# Of fewer a median says nothing, and only from six on there is an interval of 95 %.
ROUNDS_AT_LEAST: Final = 5
ROUNDS: Final = 6
OUTPUT: Final = ROOT / ".bench" / "figures.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line asks for."""

    rounds: int
    output: Path
    only: Sequence[str]
    smoke: bool


def parse(arguments: Sequence[str]) -> Wish:
    """Return what the command line asks for."""
    names = [measurement.name for measurement in MEASUREMENTS]
    parser = argparse.ArgumentParser(
        prog="script/bench",
        description="Measure elks46 beside what Home Assistant itself does; nothing else should run meanwhile.",
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=names,
        default=[],
        help="measure this alone; may be given several times",
    )
    parser.add_argument(
        "--rounds",
        type=_rounds,
        default=ROUNDS,
        help="how often, five times or more (%(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, default=OUTPUT, help="where the figures go as JSON"
    )
    parser.add_argument(
        "--smoke",
        action="store_true",
        help="one short round, to see that all runs; its figures mean nothing",
    )
    return Wish(**vars(parser.parse_args(arguments)))


def _rounds(value: str) -> int:
    if not value.isdecimal() or int(value) < ROUNDS_AT_LEAST:
        raise argparse.ArgumentTypeError(f"{ROUNDS_AT_LEAST} or more are expected")
    return int(value)


async def measure(
    house: BenchHouse, measurements: Sequence[Measurement], rounds: int
) -> Mapping[str, Sequence[Readings]]:
    """Return what each measurement read, round by round; of each there is one before any has a second."""
    readings = defaultdict(list)
    for number in range(1, rounds + 1):
        for measurement in measurements:
            _say(f"Round {number} of {rounds}: {measurement.name}")
            readings[measurement.name].append(await measurement.round(house))
    return readings


async def main(arguments: Sequence[str]) -> int:
    """Measure, and return the exit code: 1 where something falls short, 2 where it could not be measured."""
    wish = parse(arguments)
    if (task := asyncio.current_task()) is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    scale, rounds = (SMOKE, 1) if wish.smoke else (FULL, wish.rounds)
    chosen = [one for one in MEASUREMENTS if not wish.only or one.name in wish.only]
    measurements = [one(scale) for one in chosen]
    try:
        with TemporaryDirectory(prefix="elks46-bench") as folder:
            async with running(Path(folder), max(scale.callers)) as house:
                readings = await measure(house, measurements, rounds)
                versions = await house.versions()
    except (ClientError, HomeError, LineError, ProcessError, TimeoutError) as err:
        _say(f"{type(err).__name__}: {err}")
        return 2
    except asyncio.CancelledError:
        _say("Stopped")
        return 2
    figures = [
        figure(claim, readings[measurement.name])
        for measurement in measurements
        for claim in measurement.claims
    ]
    wish.output.parent.mkdir(parents=True, exist_ok=True)
    wish.output.write_text(report.as_json(figures, readings, versions))
    sys.stdout.write(f"{report.text(figures, rounds, versions)}\n")
    return int(any(one.verdict is Verdict.SHORT for one in figures))


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
