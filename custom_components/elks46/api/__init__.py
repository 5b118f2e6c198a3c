"""The exchange: a client of the telecom operator 46elks, and what 46elks posts back.

Follows https://46elks.com/docs. It needs an aiohttp session and nothing else.
"""

from .account import NO_LIMIT
from .callbacks import CallbackKind, parse_callback
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
from .models import (
    Account,
    Billing,
    Call,
    CallDirection,
    CallState,
    DeliveryReport,
    Image,
    IncomingMessage,
    Leg,
    Message,
    MessageDirection,
    MessageKind,
    MessageStatus,
    Number,
    Recording,
    Subaccount,
    Transaction,
)
from .text import TextCount, TextEncoding, count_text

__all__ = [
    "DEFAULT_API_URL",
    "NO_LIMIT",
    "Account",
    "Billing",
    "Call",
    "CallDirection",
    "CallState",
    "CallbackKind",
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
    "Image",
    "IncomingMessage",
    "Leg",
    "Message",
    "MessageDirection",
    "MessageKind",
    "MessageStatus",
    "Number",
    "Recording",
    "Subaccount",
    "TextCount",
    "TextEncoding",
    "Transaction",
    "count_text",
    "parse_callback",
]
