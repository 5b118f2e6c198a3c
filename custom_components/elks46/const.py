"""Names and numbers that several rooms share."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
import logging
from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "elks46"
LOGGER: Final = logging.getLogger(__package__)

PLATFORMS: Final = [
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.EVENT,
    Platform.IMAGE,
    Platform.NOTIFY,
    Platform.SELECT,
    Platform.SENSOR,
]

# Where a home serves what 46elks plays; a token follows.
MEDIA_PATH: Final = "/api/elks46/media"
# Where 46elks brings the voice of calls; a token follows.
VOICE_PATH: Final = "/api/elks46/voice"

# Config entry
CONF_API_URL: Final = "api_url"
CONF_USAGE_LIMIT: Final = "usage_limit"
# The Home Assistant user in whose name callers do what they do.
CONF_USER_ID: Final = "user_id"
SECTION_ADVANCED: Final = "advanced"

# Options
CONF_ALERT_RESERVE: Final = "alert_reserve"
CONF_ALLOWED_COUNTRIES: Final = "allowed_countries"
CONF_DEFAULT_CALLER: Final = "default_caller"
CONF_DEFAULT_SENDER: Final = "default_sender"
CONF_KEEP_TEXT: Final = "keep_text"
CONF_LLM_TOOLS: Final = "llm_tools"
CONF_LOW_BALANCE: Final = "low_balance"
CONF_PUBLIC_URL: Final = "public_url"
CONF_REACH: Final = "reach"

# Subentries
SUBENTRY_CONTACT: Final = "contact"
SUBENTRY_NUMBER: Final = "number"
CONF_BARGE_IN: Final = "barge_in"
CONF_CALL_FALLBACK: Final = "call_fallback"
CONF_CALL_HANDLING: Final = "call_handling"
CONF_FORWARD_TO: Final = "forward_to"
CONF_GREETING: Final = "greeting"
CONF_LANGUAGE: Final = "language"
CONF_NUMBER: Final = "number"
CONF_NUMBER_ID: Final = "number_id"
CONF_PHONE: Final = "phone"
CONF_PIN: Final = "pin"
CONF_REALTIME_NUMBER: Final = "realtime_number"
CONF_RIGHTS: Final = "rights"
CONF_SENDER: Final = "sender"
CONF_SMS_REPLIES: Final = "sms_replies"
CONF_STRANGERS: Final = "strangers"
CONF_TEXT_ASSIST: Final = "text_assist"
CONF_TEXT_FORWARD_TO: Final = "text_forward_to"
CONF_TEXT_REPLY: Final = "text_reply"
CONF_TEXT_REPLY_TO: Final = "text_reply_to"


# What 46elks takes as a picture (46elks: send-mms), by the bytes it begins with.
_BEGINNINGS: Final = {
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}


def picture_type(content: bytes) -> str | None:
    """Return which of 46elks' kinds of pictures this is, if any."""
    return next(
        (kind for start, kind in _BEGINNINGS.items() if content.startswith(start)), None
    )


class Reach(StrEnum):
    """How 46elks' callbacks are to find this home."""

    AUTO = "auto"
    CLOUD = "cloud"
    EXTERNAL = "external"
    POLL = "poll"


class CallHandling(StrEnum):
    """What a number does with those who call it."""

    REJECT = "reject"
    ANNOUNCE = "announce"
    VOICEMAIL = "voicemail"
    FORWARD = "forward"
    ASSIST = "assist"
    AUTOMATION = "automation"


# What is left where nobody has answered, and no automation either.
FALLBACKS: Final = (
    CallHandling.REJECT,
    CallHandling.ANNOUNCE,
    CallHandling.VOICEMAIL,
)


class Right(StrEnum):
    """What a contact may have this home do by phone."""

    ASSIST = "assist"
    CONTROL = "control"
    OPEN = "open"


class ReplyTo(StrEnum):
    """Whom a number answers by itself."""

    CONTACTS = "contacts"
    EVERYONE = "everyone"


# 46elks gives out +4600 to apps and sockets; the telephone network cannot reach them.
CLIENT_NUMBERS: Final = "+4600"

# 46elks: configure-number.
NAME_LENGTH_AT_MOST: Final = 50

# 46elks warns its customers at these balances itself; in the account's currency.
DEFAULT_LOW_BALANCE: Final = {"EUR": 2.0, "SEK": 20.0}

# More than a home spends in a lifetime, and not too much for 46elks to count.
USAGE_LIMIT_AT_MOST: Final = 1_000_000
# A day's worth of alarms for a family, and no more than a slip in an automation may cost.
DEFAULT_DAILY_SPEND: Final = {"EUR": 20.0, "SEK": 200.0}
# The more careful of the two where 46elks names no currency, or another one.
DAILY_SPEND_ELSEWHERE: Final = 20.0
# Many for a home, few for an automation that runs in a circle.
DEFAULT_HOURLY_MESSAGES: Final = 100
# Every member of a family called twice for each of several alarms.
DEFAULT_HOURLY_CALLS: Final = 30
# What the hourly limits look back on.
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)

# Issues of what ended unheard.
ALERT_UNHEARD: Final = "alert_unheard"
FALLBACK_FAILED: Final = "fallback_failed"
# A home that was down for longer would wake people for what is long over.
RESUME_WITHIN: Final = timedelta(hours=1)

# What 46elks says that a number can do which calls and is called.
VOICE: Final = "voice"
# And of one behind which a program talks: a number of Realtime Voice.
WEBSOCKET: Final = "websocket"
# Nobody talks longer with a house, and a line that nobody has hung up is paid for.
TALK_SECONDS_AT_MOST: Final = 600
# By then 46elks ends it, should this home be in no state to say goodbye; for so long money is set aside.
# Whoever wrote that long ago does not wait any more, and what they wanted may be wrong by now.
TEXT_TOO_OLD: Final = timedelta(minutes=15)
CONNECTED_MINUTES_AT_MOST: Final = TALK_SECONDS_AT_MOST // 60 + 1
# A sender that needs no number: three to eleven letters or digits, first a letter (46elks: send-sms).
FALLBACK_SENDER: Final = "HomeAssist"

# Account, numbers, bill and the history of texts, each twice: eight requests an hour, and ten with pictures. Texts on their
# way make it twelve at most; a subaccount that tells its use only when asked costs two more.
UPDATE_INTERVAL: Final = timedelta(minutes=30)
# While callbacks cannot reach us, someone may be waiting for an answer to a text.
POLL_INTERVAL: Final = timedelta(seconds=20)
# 46elks' history may show a text some time after the time it carries, so each look-back overlaps the last.
HISTORY_OVERLAP: Final = timedelta(minutes=15)
# 46elks repeats a callback for six hours or more; older descriptions of its API say a whole day.
REMEMBER_RECEIVED: Final = timedelta(hours=48)
# Operators give up a text after three days at most; a report later than that finds nobody waiting.
REMEMBER_SENT: Final = timedelta(days=4)
# A flood may not fill the disk: forty characters each make less than half a megabyte.
REMEMBER_RECEIVED_AT_MOST: Final = 10_000

# Long enough to find the key on a phone that was at the ear.
MENU_SECONDS: Final = 5

# Two machines that answer each other would go on for ever, and each answer is paid for.
REPLY_PAUSE: Final = timedelta(hours=1)

# What a program writes by itself in one text; who wants to read more asks again.
PARTS_AT_MOST: Final = 3

# No clock of 46elks' and this home's are further apart than that, zones and all.
CLOCKS_APART: Final = timedelta(days=1)
# Where an empty history stands: every text in it will be newer.
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
