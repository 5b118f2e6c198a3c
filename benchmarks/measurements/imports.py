"""Import: how long a start waits for our code, in a process of its own; beside it, that of Home Assistant's own `ntfy`."""

from asyncio.subprocess import DEVNULL, PIPE, create_subprocess_exec
from collections.abc import Sequence
from dataclasses import dataclass
import json
import sys
from typing import TYPE_CHECKING, Final, override

from demo.house import ROOT

from ..figures import Claim, Readings
from ..lines import LineError
from . import MS, Measurement, Scale

if TYPE_CHECKING:
    # It needs what only the bench has.
    from ..house import BenchHouse

PACKAGES: Final = {
    "elks46": "custom_components.elks46",
    "ntfy": "homeassistant.components.ntfy",
}
LIMIT: Final = 100


@dataclass(frozen=True, slots=True)
class Imports(Measurement):
    """Imports both."""

    scale: Scale
    name = "import"

    @property
    @override
    def claims(self) -> Sequence[Claim]:
        """One."""
        return [
            Claim(
                what="Import of the integration with all its platforms",
                unit="ms",
                of="elks46",
                beside={"ntfy": "ntfy"},
                at_most=LIMIT,
            )
        ]

    @override
    async def round(self, house: BenchHouse) -> Readings:
        """Import each once."""
        program = (sys.executable, "-m", "benchmarks.importing", *PACKAGES.values())
        process = await create_subprocess_exec(
            *program, cwd=ROOT, stdout=PIPE, stderr=DEVNULL
        )
        told, _ = await process.communicate()
        if process.returncode:
            raise LineError("What is measured cannot be imported")
        seconds = json.loads(told)
        return {who: MS * seconds[package] for who, package in PACKAGES.items()}
