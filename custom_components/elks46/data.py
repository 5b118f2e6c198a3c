"""The key ring: what an account's rooms hand to doors and front rooms."""

from dataclasses import dataclass

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import Platform

from .address import Address
from .api import ElksClient
from .catch_up import CatchUp
from .contacts import Contacts
from .conversations import Conversations
from .coordinator import ElksCoordinator
from .correspondence import Correspondence
from .credit import Credit
from .dialler import Dialler
from .escalation import Escalation
from .fallbacks import Fallbacks
from .guard import Guard
from .inbox import Inbox
from .outbox import Outbox
from .pins import Pins
from .provisioning import Provisioning
from .reach import Reach
from .reception import Reception
from .rental import Rental
from .replies import Replies
from .roster import Roster
from .spending import Spending
from .store import ElksStore
from .tapes import Tapes

type ElksConfigEntry = ConfigEntry[ElksRuntimeData]


@dataclass(frozen=True, slots=True, kw_only=True)
class ElksRuntimeData:
    """All rooms of a loaded account."""

    platforms: tuple[Platform, ...]
    client: ElksClient
    coordinator: ElksCoordinator
    credit: Credit
    store: ElksStore
    contacts: Contacts
    conversations: Conversations
    correspondence: Correspondence
    address: Address
    reach: Reach
    reception: Reception
    guard: Guard
    inbox: Inbox
    outbox: Outbox
    pins: Pins
    dialler: Dialler
    escalation: Escalation
    fallbacks: Fallbacks
    provisioning: Provisioning
    catch_up: CatchUp
    rental: Rental
    replies: Replies
    roster: Roster
    spending: Spending
    tapes: Tapes
