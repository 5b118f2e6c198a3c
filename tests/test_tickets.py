"""Who a call is for whose voice is on its way."""

from homeassistant.core import HomeAssistant
import pytest

from custom_components.elks46 import tickets
from custom_components.elks46.tickets import Tickets, async_forget, async_get
from custom_components.elks46.voice.session import CallSession


async def anna(session: CallSession) -> None:
    """Talk as Anna's attendant."""


async def bjorn(session: CallSession) -> None:
    """Talk as Björn's attendant."""


class Clock:
    """Tells the time that a test wants it to be."""

    def __init__(self) -> None:
        """Begin somewhere."""
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still."""
    return Clock()


def test_a_ticket_is_good_for_one_call(clock: Clock) -> None:
    """The right one, and once."""
    held = Tickets(clock)
    held.leave("c1", anna, "anna")
    held.leave("c2", bjorn, "bjorn")

    assert held.claim("c3") is None
    assert held.claim("c2") is bjorn
    assert held.claim("c2") is None
    assert held.claim("c1") is anna


def test_a_ticket_that_nobody_claims_expires(clock: Clock) -> None:
    """And whoever waited is free again."""
    held = Tickets(clock)
    held.leave("c1", anna, "anna")
    clock.now += tickets.TICKET_SECONDS / 2
    held.leave("c2", bjorn, "bjorn")

    assert held.is_expecting("anna")
    assert held.is_expecting("bjorn")
    clock.now += tickets.TICKET_SECONDS / 2
    assert not held.is_expecting("anna")
    assert held.is_expecting("bjorn")
    assert held.claim("c1") is None
    assert held.claim("c2") is bjorn
    assert not held.is_expecting("bjorn")


def test_a_ticket_can_be_left_anew(clock: Clock) -> None:
    """46elks may ask twice what to do with a call; the last answer counts, and its time."""
    held = Tickets(clock)
    held.leave("c1", anna, "anna")
    clock.now += tickets.TICKET_SECONDS - 1
    held.leave("c1", bjorn, "bjorn")
    clock.now += tickets.TICKET_SECONDS - 1

    assert not held.is_expecting("anna")
    assert held.claim("c1") is bjorn


def test_a_ticket_can_be_withdrawn(clock: Clock) -> None:
    """As often as anybody likes."""
    held = Tickets(clock)
    held.leave("c1", anna, "anna")
    held.withdraw("c1")
    held.withdraw("c1")

    assert not held.is_expecting("anna")
    assert held.claim("c1") is None


def test_of_too_many_tickets_the_oldest_goes(clock: Clock) -> None:
    """A flood fills no memory."""
    held = Tickets(clock)
    for n in range(tickets.TICKETS_AT_MOST + 1):
        held.leave(f"c{n}", anna, "anna")

    assert held.claim("c0") is None
    assert held.claim("c1") is anna
    assert held.claim(f"c{tickets.TICKETS_AT_MOST}") is anna


def test_each_account_has_tickets_of_its_own(hass: HomeAssistant) -> None:
    """Until it is gone."""
    async_get(hass, "a").leave("c1", anna, "anna")

    assert async_get(hass, "b").claim("c1") is None
    async_forget(hass, "b")
    assert async_get(hass, "a").is_expecting("anna")
    async_forget(hass, "a")
    async_forget(hass, "a")
    assert async_get(hass, "a").claim("c1") is None
