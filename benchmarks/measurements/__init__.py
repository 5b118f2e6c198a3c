"""What is measured, one module each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from ..engine import VOICES
from ..figures import Claim, Readings

if TYPE_CHECKING:
    # It needs what only the bench has.
    from ..house import BenchHouse

# Of all that is measured: milliseconds.
MS: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is measured in a round.

    Clicks said, seconds answered, voices, callers at once, texts posted to us, recipients of one action at a 46elks that takes
    its time, posts, and what an account has: contacts, numbers, and topics of `ntfy`.
    """

    clicks: int
    seconds: float
    voices: tuple[str, ...]
    callers: tuple[int, ...]
    texts: int
    recipients: tuple[int, ...]
    posts: int
    contacts: int
    numbers: int
    topics: int


FULL: Final = Scale(
    clicks=20,
    seconds=3.0,
    voices=VOICES,
    callers=(8, 32),
    texts=500,
    recipients=(1000, 10_000),
    posts=8000,
    contacts=200,
    numbers=50,
    topics=200,
)
# As little as can be: it only shows that all of it runs.
SMOKE: Final = Scale(
    clicks=2,
    seconds=1.2,
    voices=("asked",),
    callers=(2,),
    texts=60,
    recipients=(40,),
    posts=80,
    contacts=4,
    numbers=2,
    topics=4,
)


class Measurement(Protocol):
    """Something that is measured in rounds."""

    @property
    def name(self) -> str:
        """What the command line calls it."""

    @property
    def claims(self) -> Sequence[Claim]:
        """What must come of it."""

    async def round(self, house: BenchHouse) -> Readings:
        """Measure once, ours and the references one after the other.

        Raises:
            LineError: something did not come about that was to be measured.
        """
