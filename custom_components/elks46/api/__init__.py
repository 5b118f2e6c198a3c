"""The exchange: a client of the telecom operator 46elks, and what 46elks posts back.

Follows https://46elks.com/docs. It needs an aiohttp session and nothing else.
"""

from . import realtime, sounds
from .account import NO_LIMIT, Account, Billing, Subaccount, Transaction, is_subaccount
from .callbacks import CallbackKind, CallCallback, parse_call_callback, parse_callback
from .calls import (
    Call,
    CallAnswered,
    CallDirection,
    CallEnded,
    CallResult,
    CallState,
    IncomingCall,
    InstructionResult,
    Leg,
)
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
    LONGEST_MENU_TIMEOUT,
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
    DeliveryReport,
    IncomingMessage,
    Message,
    MessageDirection,
    MessageKind,
    MessageStatus,
)
from .numbers import (
    ADDRESSES,
    CAPABILITIES,
    COMBINATIONS,
    DEFAULT_CATEGORY,
    Number,
    is_address,
)
from .recordings import Recording, RecordingReady
from .text import TextCount, TextEncoding, count_text, cut_text, typed

__all__ = [
    "ADDRESSES",
    "CAPABILITIES",
    "COMBINATIONS",
    "DEFAULT_API_URL",
    "DEFAULT_CATEGORY",
    "LONGEST_MENU_TIMEOUT",
    "NO_LIMIT",
    "Account",
    "Billing",
    "Call",
    "CallAnswered",
    "CallCallback",
    "CallDirection",
    "CallEnded",
    "CallResult",
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
    "IncomingCall",
    "IncomingMessage",
    "Instruction",
    "InstructionResult",
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
    "RecordingReady",
    "Subaccount",
    "TextCount",
    "TextEncoding",
    "Transaction",
    "count_text",
    "cut_text",
    "is_address",
    "is_subaccount",
    "parse_call_callback",
    "parse_callback",
    "realtime",
    "sounds",
    "typed",
]
