"""The exchange: a client of the telecom operator 46elks, and what 46elks posts back.

Follows https://46elks.com/docs. It needs an aiohttp session and nothing else.
"""

from . import sounds
from .account import NO_LIMIT, Account, Billing, Subaccount, Transaction
from .callbacks import CallbackKind, DeliveryReport, parse_callback
from .calls import Call, CallDirection, CallEnded, CallState, Leg
from .client import DEFAULT_API_URL, ElksClient
from .errors import (
    ElksAuthenticationError,
    ElksConnectionError,
    ElksError,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksRateLimitError,
    ElksRequestError,
    ElksResponseError,
    ElksServerError,
    ElksTimeoutError,
)
from .images import Image
from .instructions import (
    Connect,
    FollowUp,
    Hangup,
    HangupReason,
    Instruction,
    Menu,
    Play,
    Record,
)
from .messages import (
    IncomingMessage,
    Message,
    MessageDirection,
    MessageKind,
    MessageStatus,
)
from .numbers import Number
from .recordings import Recording
from .text import TextCount, TextEncoding, count_text

__all__ = [
    "DEFAULT_API_URL",
    "NO_LIMIT",
    "Account",
    "Billing",
    "Call",
    "CallDirection",
    "CallEnded",
    "CallState",
    "CallbackKind",
    "Connect",
    "DeliveryReport",
    "ElksAuthenticationError",
    "ElksClient",
    "ElksConnectionError",
    "ElksError",
    "ElksForbiddenError",
    "ElksInvalidDataError",
    "ElksRateLimitError",
    "ElksRequestError",
    "ElksResponseError",
    "ElksServerError",
    "ElksTimeoutError",
    "FollowUp",
    "Hangup",
    "HangupReason",
    "Image",
    "IncomingMessage",
    "Instruction",
    "Leg",
    "Menu",
    "Message",
    "MessageDirection",
    "MessageKind",
    "MessageStatus",
    "Number",
    "Play",
    "Record",
    "Recording",
    "Subaccount",
    "TextCount",
    "TextEncoding",
    "Transaction",
    "count_text",
    "parse_callback",
    "sounds",
]
