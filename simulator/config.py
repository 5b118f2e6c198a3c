"""What a simulator is started with, and what is there before anyone has done anything."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

DEFAULT_USERNAME: Final = "u46e1c5000000000000000000000000de"
DEFAULT_PASSWORD: Final = "46E1C5000000000000000000000000DE"
DEFAULT_PORT: Final = 4646

# The Swedish regulator keeps these mobile and fixed numbers free for fiction: nobody is ever reached.
FICTION: Final = tuple(f"+46701740{last}" for last in range(605, 700))
FIXED_FICTION: Final = tuple(f"+46846500{last}" for last in range(400, 500))
DEFAULT_NUMBER: Final = "+46701740690"
SIGN_UP_NUMBER: Final = "+46701740699"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A phone that exists from the start."""

    number: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """How one simulator runs; `port=0` takes a free one."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    username: str = DEFAULT_USERNAME
    password: str = DEFAULT_PASSWORD
    currency: str = "SEK"
    balance: Decimal = Decimal("100.00")
    speed: float = 1.0
    allow_hosts: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    numbers: tuple[str, ...] = (DEFAULT_NUMBER,)
    phones: tuple[Phone, ...] = (
        Phone(number="+46701740605", name="Anna"),
        Phone(number="+46701740606", name="Erik"),
    )
