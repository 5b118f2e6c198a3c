"""What can go wrong between us and 46elks, as one tree.

ElksError
├── ElksConnectionError            no answer
│   └── ElksTimeoutError           no answer in time
├── ElksResponseError              an answer that says no
│   ├── ElksAuthenticationError    401: wrong username or password
│   ├── ElksForbiddenError         403: credits, rights, a missing or wrong value
│   ├── ElksRateLimitError         429: too much at once
│   ├── ElksRequestError           any other 4xx
│   └── ElksServerError            5xx
└── ElksInvalidDataError           an answer, or a callback, that cannot be understood

Follows https://46elks.com/docs: 46elks refuses with a status and one line of plain text.
"""

from typing import override


class ElksError(Exception):
    """Anything that leaves this package."""

    outcome_unknown: bool = False
    """Whether 46elks may have done, and billed, what it was asked."""


class ElksConnectionError(ElksError):
    """46elks could not be reached, or went away before it had answered."""

    def __init__(self, message: str, *, outcome_unknown: bool = True) -> None:
        """Say whether anything may have reached 46elks."""
        super().__init__(message)
        self.outcome_unknown = outcome_unknown


class ElksTimeoutError(ElksConnectionError):
    """46elks did not answer in time."""


class ElksResponseError(ElksError):
    """46elks answered with an error."""

    def __init__(self, status: int, message: str) -> None:
        """Keep the status, and what 46elks says about it."""
        super().__init__(status, message)
        self.status = status
        self.message = message

    @override
    def __str__(self) -> str:
        """Return what 46elks said, and with which status."""
        return f"{self.message} ({self.status})"


class ElksAuthenticationError(ElksResponseError):
    """The username or password is wrong."""


class ElksForbiddenError(ElksResponseError):
    """46elks refuses: too few credits, a missing right, a wrong value."""


class ElksRateLimitError(ElksResponseError):
    """46elks asks to be left alone for a while."""

    def __init__(
        self, status: int, message: str, retry_after: float | None = None
    ) -> None:
        """Keep for how many seconds, where 46elks says so."""
        super().__init__(status, message)
        self.retry_after = retry_after


class ElksRequestError(ElksResponseError):
    """46elks cannot do what was asked, and says why."""


class ElksServerError(ElksResponseError):
    """Something broke at 46elks, before or after it did what was asked."""

    outcome_unknown = True


class ElksInvalidDataError(ElksError):
    """46elks sent, or someone in its name, what cannot be understood."""

    def __init__(self, message: str, *, outcome_unknown: bool = True) -> None:
        """Say whether 46elks may have done what it was asked."""
        super().__init__(message)
        self.outcome_unknown = outcome_unknown
