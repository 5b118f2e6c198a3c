"""What travels up through the house: one typed signal per thing, keyed by entry."""

from homeassistant.util.signal_type import SignalTypeFormat

from .api import IncomingMessage
from .records import LimitReached, SentMessage

SIGNAL_MESSAGE: SignalTypeFormat[IncomingMessage] = SignalTypeFormat(
    "elks46_{}_message"
)
SIGNAL_DELIVERY: SignalTypeFormat[SentMessage] = SignalTypeFormat("elks46_{}_delivery")
SIGNAL_LIMIT: SignalTypeFormat[LimitReached] = SignalTypeFormat("elks46_{}_limit")
# Counters and reach have changed: whoever shows them reads them again.
SIGNAL_STATE: SignalTypeFormat[()] = SignalTypeFormat("elks46_{}_state")
