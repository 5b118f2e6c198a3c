"""Regular expressions that people write, held against what strangers send.

Some take longer than the universe lasts for a text of forty letters, and everybody can
send that text. So each is given a moment, and what takes longer does not match.
"""

from typing import Final

import regex

from .const import LOGGER

# A thousand times what an ordinary one takes, and no pause that anybody notices.
SECONDS_AT_MOST: Final = 0.05


class InvalidPatternError(ValueError):
    """What was written is no regular expression; the message says why, in English."""


class Pattern:
    """A regular expression for a whole text, whatever the case of its letters."""

    def __init__(self, written: str) -> None:
        """Read it.

        Raises:
            InvalidPatternError: it is none.
        """
        try:
            self._compiled = regex.compile(written, regex.IGNORECASE | regex.DOTALL)
        except (regex.error, OverflowError, RecursionError) as err:
            raise InvalidPatternError(str(err)) from err
        self._has_warned = False

    def groups_of(self, text: str) -> list[str | None] | None:
        """Return what its groups stand for in a text, or None where it does not match."""
        try:
            found = self._compiled.fullmatch(text.strip(), timeout=SECONDS_AT_MOST)
        except TimeoutError:
            if not self._has_warned:
                self._has_warned = True
                # Neither is anybody else's business.
                LOGGER.warning(
                    "A regular expression in an automation takes too long for a text"
                    " that has come in, which therefore does not match. Make it simpler"
                )
            return None
        return None if found is None else [*found.groups()]
