"""The command line: chaos for some minutes, and a seed that repeats it."""

import argparse
import asyncio
from pathlib import Path
import secrets
import sys
from tempfile import TemporaryDirectory

from . import Chaos

MINUTES = 3.0


async def main() -> int:
    """Let it go on, tell what came of it, and return the exit code."""
    parser = argparse.ArgumentParser(prog="script/chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--minutes", type=float, default=MINUTES)
    wish = parser.parse_args()
    _say(f"--seed {wish.seed}")
    with TemporaryDirectory(
        prefix="elks46-chaos", ignore_cleanup_errors=True
    ) as folder:
        chaos = Chaos(Path(folder), wish.seed)
        outcome = await chaos.run(60 * wish.minutes)
    record = chaos.record
    _say(f"What went wrong: {dict(record.done)}; kills: {len(record.kills)}")
    _say(
        f"Texts received: {len(record.texts_in)}, sent: {len(record.texts_out)}, calls: {len(record.callees)}"
    )
    again, refused = len(record.announced_again), record.announced_again_on_refusal
    _say(
        f"Announced again, as a kill came before that was written down: {again}, of which the disk had refused {refused}"
    )
    _say(f"Sent while the disk refused, and so perhaps forgotten: {record.unwritten}")
    _say(f"{outcome}\n{'All is well' if outcome.is_well else 'Not well'}")
    return int(not outcome.is_well)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
