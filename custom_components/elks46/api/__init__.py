"""The exchange: a client of the telecom operator 46elks, and what 46elks posts back.

Follows https://46elks.com/docs. It needs an aiohttp session and nothing else.
"""

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
    DeliveryReport,
    IncomingMessage,
    Message,
    MessageDirection,
    MessageKind,
    MessageStatus,
    Number,
)
from .text import TextCount, TextEncoding, count_text

__all__ = [
    "DEFAULT_API_URL",
    "Account",
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
    "IncomingMessage",
    "Message",
    "MessageDirection",
    "MessageKind",
    "MessageStatus",
    "Number",
    "TextCount",
    "TextEncoding",
    "count_text",
    "parse_callback",
]
