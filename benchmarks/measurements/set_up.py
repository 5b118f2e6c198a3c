"""Set-up: how long an account takes at a start, with many contacts and numbers and with none.

Beside it, Home Assistant's own `ntfy` with many topics and with none, in the same house. Everything is imported, and devices
and entities are known, as at each start but the first. Whatever either leaves for a second later, as `ntfy` its connections,
counts for the stalls: for so long nothing else in the house can happen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, override

from simulator.config import DEFAULT_PASSWORD, DEFAULT_USERNAME, FICTION

from ..figures import Claim, Readings
from ..lines import LineError
from . import MS, Measurement, Scale
from .sending import recipients

if TYPE_CHECKING:
    # It needs what only the bench has.
    from ..engine import SetUp as Account
    from ..house import BenchHouse

OURS: Final = "elks46"
NTFY: Final = "ntfy"
# The first ones are phones from the start.
NUMBERS: Final = FICTION[2:]

type Subentries = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class SetUp(Measurement):
    """Sets up accounts of both, full and empty."""

    scale: Scale
    name = "set-up"

    @property
    @override
    def claims(self) -> Sequence[Claim]:
        """The time of each entity and that of none, and the longest stall of both."""
        scale = self.scale
        full = f"{scale.contacts} contacts and {scale.numbers} numbers"
        topics = f"ntfy with {scale.topics} topics"
        nothing = "ntfy with none"
        return [
            Claim(
                what=what,
                unit="ms",
                of=f"{of} {OURS}",
                beside={beside: f"{of} {NTFY}"},
                at_most_ratio=1,
            )
            for what, of, beside in (
                (f"Set-up of an entity, {full}", "entity", topics),
                ("Set-up with none", "none", nothing),
                (f"Longest stall, {full}", "stall full", topics),
                ("Longest stall, none", "stall none", nothing),
            )
        ]

    @override
    async def round(self, house: BenchHouse) -> Readings:
        """Set up four accounts."""
        readings: dict[str, float] = {}
        for who, set_up in ((OURS, self._ours), (NTFY, self._ntfy)):
            none, full = await set_up(house)
            if not none.is_set_up or not full.is_set_up:
                raise LineError(f"{who} cannot be set up")
            each = (full.seconds - none.seconds) / (full.entities - none.entities)
            readings |= {
                f"entity {who}": MS * each,
                f"none {who}": MS * none.seconds,
                f"stall full {who}": MS * full.stall,
                f"stall none {who}": MS * none.stall,
            }
        return readings

    async def _ours(self, house: BenchHouse) -> tuple[Account, Account]:
        """Set up an account with nothing, and one with contacts and numbers."""
        simulator = house.other_simulator

        async def set_up(
            username: str, password: str, subentries: Subentries
        ) -> Account:
            account = house.elks_account(username, password, subentries)
            async with account as entry_id:
                return await house.engine.set_up(entry_id)

        contacts = [
            _subentry("contact", phone, {"name": phone, "phone": phone})
            for phone in recipients(self.scale.contacts)
        ]
        ids = {
            number: await simulator.have_number(number)
            for number in NUMBERS[: self.scale.numbers]
        }
        numbers = [
            _subentry("number", number, {"number_id": number_id, "number": number})
            for number, number_id in ids.items()
        ]
        return (
            await set_up(*await simulator.have_subaccount(), []),
            await set_up(DEFAULT_USERNAME, DEFAULT_PASSWORD, contacts + numbers),
        )

    async def _ntfy(self, house: BenchHouse) -> tuple[Account, Account]:
        """Set up an account with nothing, and one with topics."""
        data = {
            "url": house.ntfy_url,
            "username": None,
            "token": None,
            "verify_ssl": False,
        }

        async def set_up(subentries: Subentries) -> Account:
            account = house.engine.account(NTFY, data, {}, subentries)
            async with account as entry_id:
                return await house.engine.set_up(entry_id)

        topics = [
            _subentry("topic", topic, {"topic": topic})
            for topic in (f"bench{index}" for index in range(self.scale.topics))
        ]
        return await set_up([]), await set_up(topics)


def _subentry(kind: str, title: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what belongs to an account, as a form makes it."""
    return {"subentry_type": kind, "title": title, "unique_id": title, "data": data}
