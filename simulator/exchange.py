"""All calls that are under way, and how they come to be.

46elks: make-call, receive-call.
"""

from collections.abc import Iterable
from typing import Final

from .account import Account
from .calls import Call
from .conversation import Conversation, Plan, Tools
from .handsets import Handset
from .instructions import RING_SECONDS
from .legs import Leg
from .lines import VIRTUAL
from .messages import Direction
from .numbers import Number, static_answer
from .tasks import Tasks
from .wire import Json, Refusal, Request, Routes, exact_time, new_id, whole

# Calls that are over can be looked at until so many others are.
CALLS_KEPT: Final = 500
# Nobody lets a phone ring for longer.
MAX_RING_SECONDS: Final = 3_600


class Exchange:
    """The resource `calls`, as far as it makes new ones; and the calls to the numbers."""

    def __init__(self, tools: Tools, tasks: Tasks, account: Account) -> None:
        """Start without a call."""
        self._tools = tools
        self._tasks = tasks
        self._account = account
        self._home = ""
        self._conversations: dict[str, Conversation] = {}

    def reset(self) -> None:
        """Forget all calls, and tell nobody."""
        self._conversations.clear()
        self._tools.lines.reset()

    def serve_at(self, home: str) -> None:
        """Learn where recordings are fetched by those who have not asked 46elks for anything."""
        self._home = home

    def all(self) -> Iterable[Conversation]:
        """Return all calls that can be looked at, oldest first."""
        return self._conversations.values()

    def find(self, call_id: str) -> Conversation | None:
        """Return a call by its id."""
        return self._conversations.get(call_id)

    def call_in(
        self, handset: Handset, number: Number, *, shown: str, audio: bytes | None
    ) -> Conversation:
        """Call a number from a phone, which shows as `shown`; `audio` is what its owner says."""
        call = Call(
            id=new_id("c"),
            owner=number.owner,
            created=self._tools.clock.stamp(),
            direction=Direction.INCOMING,
            caller=shown,
            callee=number.number,
        )
        plan = Plan(
            start=number.voice_start,
            home=number.home or self._home,
            ring_seconds=RING_SECONDS,
        )
        talk = Conversation(self._tools, call, plan)
        party = self._tools.lines.dial(handset.number, number.number, talk.changed)
        if audio is not None:
            party.say_when_heard(audio)
        self._begin(talk, party)
        return talk

    def _begin(self, talk: Conversation, party: Leg) -> None:
        over = [known for known in self._conversations.values() if known.is_over]
        if len(over) > CALLS_KEPT:
            del self._conversations[over[0].call.id]
        self._conversations[talk.call.id] = talk
        self._tools.calls.enter(talk.call)
        talk.begin(party)
        self._tasks.start(talk.run(), "call")

    def routes(self) -> Routes:
        """Return what 46elks offers here."""
        return {("POST", "calls"): self._call_out}

    def _call_out(self, request: Request) -> Json:
        caller, callee, start = (
            request.required(key) for key in ("from", "to", "voice_start")
        )
        self._check_caller(caller, request)
        self._check_callee(callee)
        if not static_answer(start):
            self._check_address(request, "voice_start")
        if "whenhangup" in request.params:
            self._check_address(request, "whenhangup")
        recorded = request.params.get("recordcall")
        if recorded not in {None, "true", "yes", "false", "no"}:
            self._check_address(request, "recordcall")
        seconds = whole(request.params, "timeout")
        if seconds is not None and not 0 < seconds <= MAX_RING_SECONDS:
            raise Refusal("Invalid value for timeout")
        self._tools.till.check(request.asker.id, callee)
        call = Call(
            id=new_id("c"),
            owner=request.asker.id,
            created=self._tools.clock.stamp(),
            direction=Direction.OUTGOING,
            caller=caller,
            callee=callee,
            timeout=seconds,
        )
        plan = Plan(
            start=start,
            home=request.home,
            ring_seconds=seconds or RING_SECONDS,
            hangup_url=request.params.get("whenhangup"),
            recorded=recorded not in {None, "false", "no"},
            recording_url=recorded
            if recorded not in {None, "true", "yes", "false", "no"}
            else None,
        )
        talk = Conversation(self._tools, call, plan)
        party = self._tools.lines.ring(
            callee, caller, talk.changed, call_id=call.id, from_mobile=False
        )
        self._begin(talk, party)
        return {
            "direction": call.direction,
            "from": caller,
            "created": exact_time(call.created),
            "to": callee,
            "state": call.state,
            "id": call.id,
        }

    def _check_caller(self, caller: str, request: Request) -> None:
        """Refuse a number to call from: it must be an own one for calls, and never a word."""
        self._tools.numbers.check_sender(caller, request.asker, "voice")

    def _check_callee(self, callee: str) -> None:
        """Refuse a number that cannot be called; one that is no telephone's must be an own one."""
        if not callee.startswith(VIRTUAL):
            self._account.check_recipient(callee, doing="Calling")
        elif not any(
            self._tools.numbers.answering(callee, what)
            for what in ("webrtc", "websocket")
        ):
            raise Refusal("Invalid to number")

    def _check_address(self, request: Request, key: str) -> None:
        if not self._tools.addresses.accepts(request.params[key]):
            raise Refusal(f"Invalid value for {key}, not a URL")
