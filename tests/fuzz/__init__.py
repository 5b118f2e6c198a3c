"""Properties of every door, whatever comes through it: some inputs a test run, 100,000 in `script/fuzz`."""

import logging
from typing import Any, Final, override

from hypothesis import settings, strategies as st

from tests import ANNA, BJORN, NUMBER, STRANGER

# What a test run tries of each property.
SHORT: Final = 60
ID: Final = "s0231d6d7d6bc14a7e7734e466785c4ce"
CALL_ID: Final = "c0231d6d7d6bc14a7e7734e466785c4ce"

# What 46elks itself says, each in the field of another too.
KNOWN: Final = (
    *(ANNA, BJORN, STRANGER, NUMBER, ID, CALL_ID, "", "0", "1", "#", "no", "none"),
    *("incoming", "outgoing", "newincoming", "newoutgoing", "anonymous", "Bank"),
    *("success", "failed", "busy", "sent", "delivered", "created", "ongoing", "digits"),
    *("2026-11-22T13:37:42.314100", "9999-12-31T23:59:59+14:00", "0001-01-01"),
    *("2026-11-22T13:37:42+23:59", "1e9", "-1", "9" * 15, "9" * 5000, "٣", "null"),
    *('[{"state": "success"}]', "[" * 5000, "[{}]", "{}", "[1, null]", "1234 ARM"),
    *("https://api.46elks.com/a1/Recordings/c1-r0.wav", "file:///etc/passwd", "?", "/"),
    *("http://127.0.0.1:1/x", "sip:anonymous@anonymous.invalid", "\0", "\ufffd", "🫎"),
)
FIELDS: Final = (
    *("id", "sms_id", "callid", "from", "to", "message", "created", "direction"),
    *("status", "delivered", "result", "why", "state", "start", "duration", "cost"),
    *("actions", "legs", "wav", "image", "image2", "image0", "image9999", "new"),
)

values: st.SearchStrategy[str] = st.one_of(
    st.sampled_from(KNOWN), st.text(max_size=70), st.text(min_size=60, max_size=900)
)
forms: st.SearchStrategy[dict[str, str]] = st.dictionaries(
    st.one_of(st.sampled_from(FIELDS), st.text(max_size=40)), values, max_size=12
)


def one_of(properties: int) -> settings:
    """Have a property tried with its part of the inputs, as one of so many of its door."""
    return settings(max_examples=max(SHORT, settings().max_examples // properties))


def changed(form: dict[str, str]) -> st.SearchStrategy[dict[str, str]]:
    """Return forms like this one, of which some fields are missing and others are strange."""
    return st.builds(
        lambda kept, strange: {key: form[key] for key in kept} | strange,
        st.sets(st.sampled_from(sorted(form)), min_size=len(form) - 2),
        st.one_of(st.just({}), st.dictionaries(st.sampled_from(FIELDS), values)),
    )


class Errors(logging.Handler):
    """Notes what is logged as an error, and by whom it was raised; nothing else is kept."""

    def __init__(self) -> None:
        """Have noted none."""
        super().__init__(logging.ERROR)
        self.noted: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        """Note one."""
        self.noted.append(f"{record.name}: {record.getMessage()} {record.exc_info}")


def is_id(value: Any) -> bool:
    """Tell whether the reference lets this be an id."""
    return isinstance(value, str) and 0 < len(value) <= 64 and value.isascii()
