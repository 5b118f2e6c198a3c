"""What a prompt tells the house's agent to do: "If yes, turn on the kitchen light. If no, say as you wish."."""

from dataclasses import dataclass
import re
from typing import Final

_RULE: Final = re.compile(
    r"\bif (?P<answer>[^,.?!]+), (?P<task>[^.?!]+)", re.IGNORECASE
)
_SAY: Final = "say "


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to do about an answer: say something, or have the house do it."""

    sentence: str
    is_said: bool


def plain(text: str) -> str:
    """Return a sentence without what only its writing has."""
    return re.sub(r"[^\w ]", "", text).strip().lower()


def task(prompt: str, answer: str) -> Task | None:
    """Return what a prompt has to be done about an answer, if it tells that."""
    tasks = {plain(rule["answer"]): rule["task"] for rule in _RULE.finditer(prompt)}
    if (found := tasks.get(plain(answer))) is None:
        return None
    said = found.removeprefix(_SAY)
    return Task(sentence=said, is_said=said != found)
