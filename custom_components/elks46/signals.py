"""What travels up through the house: one typed signal per thing, keyed by entry."""

from decimal import Decimal

from homeassistant.util.signal_type import SignalTypeFormat

from .api import IncomingMessage
from .records import CallNews, LimitReached, PhoneCall, Refused, SentMessage, Tape

SIGNAL_MESSAGE: SignalTypeFormat[IncomingMessage] = SignalTypeFormat(
    "elks46_{}_message"
)
SIGNAL_DELIVERY: SignalTypeFormat[SentMessage] = SignalTypeFormat("elks46_{}_delivery")
# What has happened, and the call as it stands then.
SIGNAL_CALL: SignalTypeFormat[CallNews, PhoneCall] = SignalTypeFormat("elks46_{}_call")
# Something was recorded of a call, and is kept; or it could not be had.
SIGNAL_RECORDING: SignalTypeFormat[Tape] = SignalTypeFormat("elks46_{}_recording")
SIGNAL_LIMIT: SignalTypeFormat[LimitReached] = SignalTypeFormat("elks46_{}_limit")
# 46elks has said no to a text, and why.
SIGNAL_REFUSED: SignalTypeFormat[Refused] = SignalTypeFormat("elks46_{}_refused")
# The balance that was told before, and the one there is now, where the two differ.
SIGNAL_BALANCE: SignalTypeFormat[Decimal, Decimal] = SignalTypeFormat(
    "elks46_{}_balance"
)
# Counters and reach have changed: whoever shows them reads them again.
SIGNAL_STATE: SignalTypeFormat[()] = SignalTypeFormat("elks46_{}_state")
# 46elks has posted something to this home.
SIGNAL_POSTED: SignalTypeFormat[()] = SignalTypeFormat("elks46_{}_posted")
# Old pictures may have been thrown away.
SIGNAL_PICTURES: SignalTypeFormat[()] = SignalTypeFormat("elks46_{}_pictures")
