"""How a number is set to answer, as instructions to 46elks.

Each is one document, which holds whatever becomes of this home while the call goes on.
"""

from dataclasses import dataclass, replace
from typing import Final

from .api import Connect, Hangup, HangupReason, Instruction, Play, Record, sounds
from .const import CONNECTED_MINUTES_AT_MOST, CallHandling
from .records import Admission

# Before a voicemail box of most operators answers in the place of a person.
FORWARD_SECONDS: Final = 25
# As long as a call that is passed on may be: so much money is set aside for it.
PASSED_ON_MINUTES: Final = 30
# As 46elks has it by default.
VOICEMAIL_SECONDS: Final = 120

# 46elks speaks them itself, and no other language well.
SAID: Final = {
    CallHandling.ANNOUNCE: "Nobody can take your call right now. Goodbye.",
    CallHandling.VOICEMAIL: "Please leave a message after the tone.",
    CallHandling.ASSIST: "The assistant cannot talk right now. Goodbye.",
}
SORRY: Final = {
    Admission.STRANGER: "This house does not talk with strangers. Goodbye.",
    Admission.FORBIDDEN: "You may not talk with this house. Ask whom it belongs to.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """How one number is answered.

    `greeting` is where 46elks fetches what is said, nothing as long as it is not ready.
    `targets` are those who are rung, of whom some may be refused when it comes to it.
    """

    handling: CallHandling
    fallback: CallHandling
    greeting: tuple[str, ...]
    targets: tuple[str, ...]
    next_url: str
    record_url: str
    hangup_url: str
    realtime: str | None = None
    """The number of Realtime Voice that a conversation goes through."""

    def instruction(
        self, handling: CallHandling, targets: tuple[str, ...]
    ) -> Instruction:
        """Return how a call is handled, as one document that holds whatever becomes of this home."""
        match handling:
            case CallHandling.ANNOUNCE | CallHandling.ASSIST:
                return self._say(handling)
            case CallHandling.VOICEMAIL:
                record = Record(self.record_url, time_limit=VOICEMAIL_SECONDS)
                return self._say(
                    handling, then=Play(sounds.BEEP, skippable=False, next=record)
                )
            case CallHandling.FORWARD if targets:
                instead = None
                if self.fallback is not CallHandling.REJECT:
                    instead = self.instruction(self.fallback, ())
                return Connect(
                    targets,
                    ring_timeout=FORWARD_SECONDS,
                    time_limit=PASSED_ON_MINUTES * 60,
                    busy=instead,
                    failed=instead,
                )
            case CallHandling.FORWARD if self.fallback is not CallHandling.REJECT:
                return self.instruction(self.fallback, ())
        return Hangup(HangupReason.REJECT)

    def conversation(self, admission: Admission, *, is_first: bool) -> Instruction:
        """Return what somebody hears who wants to talk with the house.

        How it greets those with whom it talks is not for others.
        """
        instead = None
        if self.fallback is not CallHandling.REJECT:
            is_for_talks = self.handling is CallHandling.ASSIST
            desk = replace(self, greeting=()) if is_for_talks else self
            instead = desk.instruction(self.fallback, ())
        match admission:
            case Admission.WELCOME if self.realtime:
                return Connect(
                    (self.realtime,),
                    time_limit=CONNECTED_MINUTES_AT_MOST * 60,
                    busy=instead,
                    failed=instead,
                )
            case Admission.BUSY:
                # 46elks knows no busy tone once it has answered.
                reason = HangupReason.BUSY if is_first else HangupReason.REJECT
                return instead or Hangup(reason)
            case Admission.STRANGER | Admission.FORBIDDEN:
                return Play(sounds.speech(SORRY[admission]), skippable=False)
        return instead or self._say(CallHandling.ASSIST)

    def _say(
        self, handling: CallHandling, then: Instruction | None = None
    ) -> Instruction:
        spoken: tuple[str, ...] = (sounds.speech(SAID[handling]),)
        if handling is not CallHandling.ASSIST:
            spoken = self.greeting or spoken
        said = then
        for sound in reversed(spoken):
            said = Play(sound, skippable=False, next=said)
        return said or Hangup()
