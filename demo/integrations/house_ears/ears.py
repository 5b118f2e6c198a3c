"""What ears are, in whichever way they understand."""

from typing import Protocol


class EarsError(Exception):
    """Nothing can be heard for now; the text says why."""


class Ears(Protocol):
    """What understands speech."""

    @property
    def name(self) -> str:
        """How it does that, in a few words."""

    async def listen(self, samples: bytes) -> str:
        """Return what is said in Assist's samples, or nothing.

        Raises:
            EarsError: it cannot be heard.
        """

    async def close(self) -> None:
        """Listen no more."""
