"""What the answer to an incoming text asks 46elks to do.

46elks: sms-actions, receive-sms.
"""

from dataclasses import dataclass
import json


@dataclass(frozen=True, slots=True)
class Reply:
    """Text the sender back."""

    text: str


@dataclass(frozen=True, slots=True)
class Forward:
    """Pass the text on to someone else; it keeps its sender."""

    recipient: str
    prefix: str
    suffix: str


def parse_answer(body: str) -> Reply | Forward | None:
    """Return what an answer asks for.

    Any text that is not a JSON object is a reply, even `ok`; a JSON object with neither `reply` nor `forward` asks for
    nothing.
    """
    try:
        answer = json.loads(body)
    except ValueError:
        answer = body
    match answer:
        case {"reply": str(text)} if text:
            return Reply(text)
        case {"forward": str(recipient)}:
            return Forward(
                recipient, str(answer.get("prefix", "")), str(answer.get("suffix", ""))
            )
        case dict():
            return None
        case _:
            return Reply(body.strip()) if body.strip() else None
