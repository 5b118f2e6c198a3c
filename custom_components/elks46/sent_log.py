"""Messages that left the house, as the store remembers them and as they are written down."""

from collections.abc import Mapping
from typing import Any, Final

from homeassistant.util import dt as dt_util

from .const import DAY, HOUR, REMEMBER_SENT
from .journal import Record
from .recent import Recent
from .records import SentMessage
from .written import dump_sent, load_sent

# Finished texts are of use only to tell a late or repeated report from a new one.
REMEMBER_FINISHED_AT_MOST: Final = 500


class SentLog:
    """Messages by our reference and by 46elks' id, and those of late."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sent: dict[str, SentMessage] = {}
        self._refs: dict[str, str] = {}
        self.recent = Recent()

    @property
    def sent(self) -> Mapping[str, SentMessage]:
        """The messages, by our reference, oldest first."""
        return self._sent

    def by_id(self, message_id: str) -> SentMessage | None:
        """Return the message that has this id at 46elks."""
        return self._sent.get(self._refs.get(message_id, ""))

    def apply(self, record: Record) -> None:
        """Let a record of the journal act, if it is of a message of ours."""
        if "sent" in record:
            self._keep(load_sent(record["sent"]))

    def prune(self) -> None:
        """Drop what no report and no look-up can ask for any more."""
        now = dt_util.utcnow()
        finished = [
            ref
            for ref, sent in self._sent.items()
            if sent.status.is_final
            and sent.request is None
            # The guard counts what was asked for in the last hour, however much it was.
            # Today's money is known by them where 46elks has told no price.
            and (
                sent.is_unsent
                or abs(now - sent.asked)
                >= (DAY if sent.cost is None and sent.reserved else HOUR)
            )
        ]
        for ref in finished[:-REMEMBER_FINISHED_AT_MOST]:
            del self._sent[ref]
        self._sent = {
            ref: sent
            for ref, sent in self._sent.items()
            if sent.asked > now - REMEMBER_SENT
        }
        self._refs = {sent.id: ref for ref, sent in self._sent.items() if sent.id}
        self.recent.prune(self._sent.values())

    def dump(self) -> dict[str, Any]:
        """Return all there is, for a snapshot."""
        return {"sent": [dump_sent(sent) for sent in self._sent.values()]}

    def restore(self, data: Mapping[str, Any]) -> None:
        """Read a snapshot."""
        for sent in data["sent"]:
            self._keep(load_sent(sent))

    def _keep(self, sent: SentMessage) -> None:
        self._sent[sent.ref] = sent
        self.recent.put(sent)
        if sent.id is not None:
            self._refs[sent.id] = sent.ref
