"""Messages that came in, and what was made of them, as the store remembers it and as it is written down."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from homeassistant.util import dt as dt_util

from .const import (
    HISTORY_OVERLAP,
    HOUR,
    REMEMBER_RECEIVED,
    REMEMBER_RECEIVED_AT_MOST,
    REPLY_PAUSE,
)
from .journal import Record
from .records import Forward, Letter, Reply
from .written import (
    dump_forward,
    dump_letter,
    dump_reply,
    iso,
    load_forward,
    load_letter,
    load_reply,
    moment,
)


class ReceivedLog:
    """Which messages were announced, passed on and answered, and up to where 46elks' history was read."""

    def __init__(self) -> None:
        """Begin with none."""
        self._received: dict[str, datetime] = {}
        self._passed_on: dict[str, datetime] = {}
        self._replied: dict[tuple[str, str], Reply] = {}
        self._forwards: dict[str, Forward] = {}
        self._letters: dict[str, Letter] = {}
        self.mark: datetime | None = None
        self.mms_mark: datetime | None = None

    def __contains__(self, message_id: str) -> bool:
        """Tell whether a message has been announced before, by 46elks' id."""
        return message_id in self._received

    @property
    def passed_on(self) -> Collection[str]:
        """Ids of texts that this home has sent on itself."""
        return self._passed_on.keys()

    @property
    def forwards(self) -> Mapping[str, Forward]:
        """Texts passed on in the last hour, and those this home is passing on, by id."""
        return self._forwards

    @property
    def letters(self) -> Mapping[str, Letter]:
        """Texts that Assist has been asked to answer, by 46elks' id."""
        return self._letters

    @property
    def replied(self) -> Mapping[tuple[str, str], Reply]:
        """When a number last answered a sender by itself; both in E.164."""
        return self._replied

    def apply(self, record: Record) -> None:
        """Let a record of the journal act, if it is of a message that came in."""
        match record:
            case {"received": [str(message_id), created]}:
                self._received[message_id] = moment(created)
            case {"passed_on": [str(message_id), created]}:
                self._passed_on[message_id] = moment(created)
            case {"replied": [str(number), str(sender), *reply]}:
                self._replied[number, sender] = load_reply(reply)
            case {"forward": [*forward]}:
                self._forward(load_forward(forward))
            case {"letter": [*letter]}:
                self._take(load_letter(letter))
            case {"mark": mark, "since": _}:
                self.mark = moment(mark)
            case {"mms_mark": mark}:
                self.mms_mark = moment(mark)

    def prune(self) -> None:
        """Drop what no post and no look into the history can bring again."""
        now = dt_util.utcnow()
        received = sorted(self._received.items(), key=lambda item: item[1])
        # The next look into the history shows the texts around the mark once more.
        oldest = min(now - REMEMBER_RECEIVED, (self.mark or now) - HISTORY_OVERLAP)
        self._received = {
            message_id: created
            for message_id, created in received[-REMEMBER_RECEIVED_AT_MOST:]
            if created > oldest
        }
        self._passed_on = {
            message_id: created
            for message_id, created in self._passed_on.items()
            if created > oldest
        }
        self._replied = {
            who: reply
            for who, reply in self._replied.items()
            if reply.when > now - REPLY_PAUSE
        }
        self._forwards = {
            message_id: forward
            for message_id, forward in self._forwards.items()
            # What this home passes on itself may still have to be made up for.
            if forward.when > (oldest if forward.ref else now - HOUR)
        }
        self._letters = {
            message_id: letter
            for message_id, letter in self._letters.items()
            if letter.when > oldest
        }

    def dump(self) -> dict[str, Any]:
        """Return all there is, for a snapshot."""
        return {
            "received": {key: when.isoformat() for key, when in self._received.items()},
            "passed_on": {
                key: when.isoformat() for key, when in self._passed_on.items()
            },
            "replied": [
                [*who, *dump_reply(reply)] for who, reply in self._replied.items()
            ],
            "forwards": [dump_forward(one) for one in self._forwards.values()],
            "letters": [dump_letter(one) for one in self._letters.values()],
            "mark": iso(self.mark),
            "mms_mark": iso(self.mms_mark),
        }

    def restore(self, data: Mapping[str, Any]) -> None:
        """Read a snapshot; what was not remembered when it was written is absent."""
        self._received = {key: moment(when) for key, when in data["received"].items()}
        passed_on = data.get("passed_on", {})
        self._passed_on = {key: moment(when) for key, when in passed_on.items()}
        self._replied = {
            (number, sender): load_reply(reply)
            for number, sender, *reply in data.get("replied", ())
        }
        for forward in data.get("forwards", ()):
            self._forward(load_forward(forward))
        for letter in data.get("letters", ()):
            self._take(load_letter(letter))
        self.mark = moment(data["mark"]) if data["mark"] else None
        mms_mark = data.get("mms_mark")
        self.mms_mark = moment(mms_mark) if mms_mark else None

    def _forward(self, forward: Forward) -> None:
        self._forwards[forward.message_id] = forward

    def _take(self, letter: Letter) -> None:
        self._letters[letter.message_id] = letter
