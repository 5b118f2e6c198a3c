"""Every callback that 46elks documents for calls: posted by its stand-in, read by the exchange, for each end of each instruction."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import aiohttp
import pytest

from custom_components.elks46.api import (
    CallAnswered,
    CallCallback,
    CallDirection,
    CallEnded,
    CallResult,
    CallState,
    Connect,
    ElksClient,
    Hangup,
    IncomingCall,
    Instruction,
    InstructionResult,
    Menu,
    Play,
    Record,
    RecordingReady,
    parse_call_callback,
    sounds,
)

from . import ANNA, BJORN, NUMBER, Json, SimulatorControl
from .calls import Phones
from .simulator import Customer, serving

# No sound is there.
NOWHERE: Final = "http://127.0.0.1:1/nothing.wav"
# An address that 46elks would not post to.
PRIVATE: Final = "http://10.0.0.1/record"
KINDS: Final = {
    "/start": "call",
    "/next": "next",
    "/record": "record",
    "/recordcall": "record",
    "/over": "hangup",
}

type Step = Callable[["Street", str], Awaitable[object]]


class Street(Phones):
    """Phones, and who is asked what becomes of their calls."""

    def __init__(self, simulator: SimulatorControl, customer: Customer) -> None:
        """Take both."""
        super().__init__(simulator)
        self.customer = customer
        self.url = customer.url

    async def follow(self, instruction: Instruction) -> None:
        """Answer calls with an instruction, and end them after it."""
        self.customer.documents |= {
            "/start": instruction.to_document(),
            "/next": Hangup().to_document(),
        }
        await self.simulator.put_number(NUMBER, voice_start=f"{self.url}/start")

    async def ring(self, **how: object) -> str:
        """Call the number, and return the id of the call."""
        rung = await self.simulator.control(
            "POST", f"handsets/{ANNA}/calls", {"to": NUMBER, **how}
        )
        return str(rung["call_id"])

    async def posted(self, path: str) -> CallCallback:
        """Return what was posted to a path as it is read."""

        def there() -> list[Mapping[str, str]]:
            return [one.form for one in self.customer.posts if one.path == path]

        async with self.customer.arrived:
            await self.customer.arrived.wait_for(there)
        return parse_call_callback(KINDS[path], there()[0])


@pytest.fixture
async def street(simulator: SimulatorControl) -> AsyncIterator[Street]:
    """Return phones with a clock that stands still."""
    customer = Customer()
    async with serving(customer):
        street = Street(simulator, customer)
        await street.stop_clock()
        yield street
        await simulator.control("POST", "reset")


@pytest.fixture
async def client(simulator: SimulatorControl) -> AsyncIterator[ElksClient]:
    """Return a client of the stand-in."""
    async with aiohttp.ClientSession() as session:
        yield ElksClient(
            session,
            simulator.username,
            simulator.password,
            api_url=simulator.api_url,
            retry_pauses=(),
        )


def until(phase: str) -> Step:
    """Return how something is waited for."""
    return lambda street, call_id: street.phase(call_id, phase)


def advance(seconds: float) -> Step:
    """Return how time passes."""
    return lambda street, _call_id: street.advance(seconds)


def press(digits: str) -> Step:
    """Return how keys are pressed."""
    return lambda street, call_id: street.do(call_id, "digits", digits=digits)


async def answer(street: Street, call_id: str) -> None:
    """Let the one who is rung pick up."""
    await street.until(call_id, lambda call: call["ringing"] == [BJORN])
    await street.do(call_id, "answer")
    await street.phase(call_id, "connected")


async def decline(street: Street, call_id: str) -> None:
    """Let the one who is rung not want to."""
    await street.until(call_id, lambda call: call["ringing"] == [BJORN])
    await street.do(call_id, "decline")


async def part(street: Street, call_id: str) -> None:
    """Let the one who was rung hang up."""
    await street.do(call_id, "hangup", handset=BJORN)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How an instruction may end."""

    instruction: Callable[[str], Instruction]
    result: InstructionResult
    steps: tuple[Step, ...] = ()
    digits: str | None = None
    why: str | None = None


def play(sound: str, *, skippable: bool = True) -> Callable[[str], Instruction]:
    """Return what plays a sound."""
    return lambda url: Play(sound, skippable=skippable, next=f"{url}/next")


def menu(sound: str = sounds.BEEP, **how: Any) -> Callable[[str], Instruction]:
    """Return what asks for keys."""
    return lambda url: Menu(sound, next=f"{url}/next", **how)


def connect(*targets: str, **how: Any) -> Callable[[str], Instruction]:
    """Return what rings others."""
    return lambda url: Connect(targets, next=f"{url}/next", **how)


SUCCESS: Final = InstructionResult.SUCCESS
BUSY: Final = InstructionResult.BUSY
FAILED: Final = InstructionResult.FAILED
ENDS: Final = {
    "play, to its end": End(
        instruction=play(sounds.BEEP),
        steps=(until("playing"), advance(1)),
        result=SUCCESS,
    ),
    "play, to its end whatever is pressed": End(
        instruction=play(sounds.BEEP, skippable=False),
        steps=(until("playing"), press("5"), advance(1)),
        result=SUCCESS,
    ),
    "play, until a key": End(
        instruction=play(sounds.BEEP),
        steps=(until("playing"), press("5")),
        result=SUCCESS,
    ),
    "play, no sound": End(instruction=play(NOWHERE), result=FAILED, why="badsource"),
    "menu, keys": End(
        instruction=menu(digits=3),
        steps=(until("playing"), press("1*0")),
        result=SUCCESS,
        digits="1*0",
    ),
    "menu, fewer keys": End(
        instruction=menu(digits=3),
        steps=(until("playing"), press("1#")),
        result=SUCCESS,
        digits="1",
    ),
    "menu, no key": End(
        instruction=menu(timeout=5, repeat=2),
        steps=(until("playing"), advance(20)),
        result=FAILED,
        why="noinput",
    ),
    "menu, no sound": End(instruction=menu(NOWHERE), result=FAILED, why="badsource"),
    "record": End(
        instruction=lambda url: Record(f"{url}/record", next=f"{url}/next"),
        steps=(until("recording"), advance(5)),
        result=SUCCESS,
    ),
    "record, for the call alone": End(
        instruction=lambda url: Record(sounds.local("x"), next=f"{url}/next"),
        steps=(until("recording"), advance(5)),
        result=SUCCESS,
    ),
    "record, at no public address": End(
        instruction=lambda url: Record(PRIVATE, next=f"{url}/next"), result=FAILED
    ),
    "connect, and talk": End(
        instruction=connect(BJORN), steps=(answer, part), result=SUCCESS
    ),
    "connect, declined": End(instruction=connect(BJORN), steps=(decline,), result=BUSY),
    "connect, nobody answers": End(
        instruction=connect(BJORN, ring_timeout=15),
        steps=(until("connecting"), advance(15)),
        result=FAILED,
    ),
    "connect, not from that number": End(
        instruction=connect(BJORN, caller_id=BJORN),
        result=FAILED,
        why="Invalid callerid",
    ),
    "connect, to where it may not": End(
        instruction=connect("+468123456"),
        result=FAILED,
        why="Calls to a Swedish mobile number can only be connected to Swedish mobiles",
    ),
}


@pytest.mark.parametrize("name", ENDS)
async def test_how_an_instruction_ends_is_posted_and_read(
    street: Street, name: str
) -> None:
    """With the keys, and the reason where there is one."""
    end = ENDS[name]
    await street.follow(end.instruction(street.url))
    call_id = await street.ring()
    for step in end.steps:
        await step(street, call_id)
    await street.end(call_id)
    assert await street.posted("/next") == CallResult(
        call_id=call_id,
        direction=CallDirection.INCOMING,
        caller=ANNA,
        callee=NUMBER,
        result=end.result,
        digits=end.digits,
        why=end.why,
    )


@pytest.mark.parametrize(
    ("how", "caller"),
    [
        pytest.param({}, ANNA, id="shown"),
        pytest.param({"hidden": True}, None, id="hidden"),
        pytest.param({"hidden": "anonymous"}, None, id="anonymous"),
    ],
)
async def test_a_call_that_comes_in_is_posted_and_read(
    street: Street, how: Json, caller: str | None
) -> None:
    """Who calls may hide, in every post."""
    await street.follow(Hangup())
    call_id = await street.ring(**how)
    await street.end(call_id)
    call = await street.posted("/start")
    assert isinstance(call, IncomingCall)
    assert (call.call_id, call.caller, call.callee) == (call_id, caller, NUMBER)


async def test_a_call_that_goes_out_is_posted_and_read(
    street: Street, client: ElksClient
) -> None:
    """From the answer to the end, with what was recorded of it."""
    url = street.url
    await street.follow(
        Play(sounds.BEEP, next=f"{url}/next", when_hangup=f"{url}/over")
    )
    placed = await client.calls.start(
        caller=NUMBER,
        callee=ANNA,
        voice_start=f"{url}/start",
        when_hangup=f"{url}/early",
        ring_timeout=20,
        record_url=f"{url}/recordcall",
    )
    await street.phase(placed.id, "ringing")
    await street.do(placed.id, "answer")
    await street.phase(placed.id, "playing")
    await street.advance(1)
    answered = await street.posted("/start")
    assert answered == CallAnswered(
        call_id=placed.id, caller=NUMBER, callee=ANNA, created=placed.created
    )
    ended = await street.posted("/over")
    assert isinstance(ended, CallEnded)
    history = (await client.calls.get(placed.id)).ended()
    # The history tells times to the millisecond only.
    assert ended == replace(history, created=ended.created, start=ended.start)
    assert ended.created == placed.created
    assert ended.was_answered
    assert ended.cost
    assert [next(iter(act)) for act in ended.actions] == ["play", "hangup"]
    recorded = await street.posted("/recordcall")
    assert isinstance(recorded, RecordingReady)
    assert (recorded.call_id, recorded.recording_id) == (placed.id, f"{placed.id}-r0")
    assert not [one for one in street.customer.posts if one.path == "/early"]


@pytest.mark.parametrize(
    ("do", "state"),
    [
        pytest.param(lambda street, call_id: street.do(call_id, "decline"),
                     CallState.BUSY, id="declined"),
        pytest.param(lambda street, _id: street.advance(20), CallState.FAILED,
                     id="unheard"),
    ],
)  # fmt: skip
async def test_a_call_that_nobody_answers_is_posted_and_read(
    street: Street, client: ElksClient, do: Step, state: CallState
) -> None:
    """With less, as there is no more."""
    placed = await client.calls.start(
        caller=NUMBER,
        callee=ANNA,
        voice_start=Hangup(),
        when_hangup=f"{street.url}/over",
        ring_timeout=20,
    )
    await street.phase(placed.id, "ringing")
    await do(street, placed.id)
    ended = await street.posted("/over")
    assert ended == CallEnded(
        call_id=placed.id,
        direction=CallDirection.OUTGOING,
        caller=NUMBER,
        callee=ANNA,
        state=state,
        created=placed.created,
        start=None,
        duration=None,
        cost=None,
        actions=(),
        legs=(),
    )


async def test_what_was_recorded_is_posted_read_and_fetched(
    street: Street, client: ElksClient
) -> None:
    """At the address that was posted, with the account's login."""
    await street.follow(Record(f"{street.url}/record", next=f"{street.url}/next"))
    call_id = await street.ring()
    await street.phase(call_id, "recording")
    await street.advance(5)
    await street.end(call_id)
    ready = await street.posted("/record")
    assert isinstance(ready, RecordingReady)
    assert (ready.call_id, ready.caller, ready.callee) == (call_id, ANNA, NUMBER)
    assert ready.duration == 3
    content = await client.recordings.download(ready.url)
    assert content is not None
    assert content.startswith(b"RIFF")
    assert len(content) == 44 + ready.duration * 16_000


async def test_the_end_of_a_connected_call_is_posted_and_read(street: Street) -> None:
    """With the legs that there were."""
    instruction = Connect(
        (BJORN,), next=f"{street.url}/next", when_hangup=f"{street.url}/over"
    )
    await street.follow(instruction)
    call_id = await street.ring()
    await answer(street, call_id)
    await street.advance(30)
    await part(street, call_id)
    ended = await street.posted("/over")
    assert isinstance(ended, CallEnded)
    (leg,) = ended.legs
    assert (leg.caller, leg.callee, leg.state) == (ANNA, BJORN, CallState.SUCCESS)
    assert (leg.duration, ended.duration) == (30, 30)
    assert leg.cost == ended.cost
