"""How each instruction is carried out.

46elks: voice-connect, voice-play, voice-ivr, voice-record, voice-hangup.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from .faults import CallbackKind
from .instructions import (
    AnyInstruction,
    Connect,
    Instruction,
    Menu,
    Play,
    Record,
    Target,
)
from .legs import Leg, Outcome
from .sound import BadSourceError
from .tapes import Tape

if TYPE_CHECKING:
    from .conversation import Conversation

SILENCE_SECONDS: Final = 3.0
_BAD_SOURCE: Final = "badsource"


class Phase(StrEnum):
    """What a call waits for."""

    RINGING = "ringing"
    ASKING = "asking"
    FETCHING = "fetching"
    PLAYING = "playing"
    LISTENING = "listening"
    RECORDING = "recording"
    CONNECTING = "connecting"
    CONNECTED = "connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of an instruction, and where the call goes on."""

    result: str
    why: str | None = None
    target: Target | None = field(default=None)


async def perform(talk: Conversation, instruction: AnyInstruction) -> Result | None:
    """Do what an instruction says; None is the end of the call."""
    match instruction:
        case Connect():
            return await _connect(talk, instruction)
        case Play():
            return await _play(talk, instruction)
        case Menu():
            return await _ask(talk, instruction)
        case Record():
            return await _record(talk, instruction)
        case _:
            talk.hang_up(instruction.signal)
            return None


async def _play(talk: Conversation, play: Play) -> Result:
    talk.pick_up()
    talk.enter(Phase.FETCHING)
    try:
        samples = await talk.tools.sources.find(play.source, talk.local)
    except BadSourceError:
        return _not_heard(talk, play)
    talk.party.keys.clear()
    await _hear(talk, samples, until_key=play.skippable)
    return Result(result="ok", target=play.goes_on())


def _not_heard(talk: Conversation, instruction: Instruction) -> Result:
    """Go on as after any failure; without anywhere to go, it is the source that ends the call."""
    target = instruction.goes_on()
    if target is None:
        talk.note({"hangup": _BAD_SOURCE})
    return Result(result="failed", why=_BAD_SOURCE, target=target)


async def _hear(talk: Conversation, samples: bytes, *, until_key: bool) -> None:
    """Let something be heard, to its end or until a key is pressed."""
    clock, party = talk.tools.clock, talk.party
    piece = party.ear.play(clock.time(), samples)
    talk.enter(Phase.PLAYING)
    try:
        async with clock.timeout(piece.end - piece.start):
            while not (until_key and party.keys):
                await party.stir()
    except TimeoutError:
        pass
    finally:
        piece.cut(clock.time())


async def _ask(talk: Conversation, menu: Menu) -> Result:
    talk.pick_up()
    talk.enter(Phase.FETCHING)
    try:
        samples = await talk.tools.sources.find(menu.source, talk.local)
    except BadSourceError:
        return _not_heard(talk, menu)
    talk.party.keys.clear()
    for _ in range(menu.repeat):
        await _hear(talk, samples, until_key=True)
        if typed := await _typed(talk, menu):
            return Result(result=typed, target=menu.goes_on(typed))
    return Result(result="failed", why="noinput", target=menu.goes_on())


async def _typed(talk: Conversation, menu: Menu) -> str:
    """Return the keys that are pressed: all, or those before # or a pause."""
    typed = ""
    talk.enter(Phase.LISTENING)
    while len(typed) < menu.digits:
        key = await _key(talk, menu.seconds)
        if key == "#" and not typed and key in menu.branches:
            return key
        if key in {None, "#"}:
            break
        typed += key or ""
    return typed


async def _key(talk: Conversation, seconds: float) -> str | None:
    try:
        async with talk.tools.clock.timeout(seconds):
            while not talk.party.keys:
                await talk.party.stir()
    except TimeoutError:
        return None
    return talk.party.keys.popleft()


async def _record(talk: Conversation, record: Record) -> Result:
    talk.pick_up()
    local = record.target.startswith("local/")
    if not (local or talk.accepts(record.target)):
        return Result(result="failed", target=record.goes_on())
    clock, party = talk.tools.clock, talk.party
    voice, began = party.voice, clock.time()
    tape = None if local else Tape(talk, voice, CallbackKind.RECORD, record.target)
    party.keys.clear()
    party.listened_to()
    talk.enter(Phase.RECORDING)
    try:
        await _until_recorded(talk, record)
    finally:
        if tape is not None:
            tape.stop()
    if tape is None:
        talk.local[record.target] = voice.between(began, clock.time())
    return Result(result="success", target=record.goes_on())


async def _until_recorded(talk: Conversation, record: Record) -> None:
    """Wait for silence where it is listened for, or else for #; no longer than allowed."""
    clock, party = talk.tools.clock, talk.party
    began = clock.time()
    try:
        while record.until_silence or "#" not in party.keys:
            end = began + record.limit
            if record.until_silence:
                end = min(end, party.voice.quiet_for(SILENCE_SECONDS, began))
            async with clock.timeout(end - clock.time()):
                await party.stir()
    except TimeoutError:
        pass


async def _connect(talk: Conversation, connect: Connect) -> Result:
    caller = talk.call.caller if connect.caller is None else connect.caller
    if not talk.may_show(caller):
        return Result(
            result=Outcome.FAILED,
            why="Invalid callerid",
            target=connect.goes_on(Outcome.FAILED),
        )
    legs = [talk.ring(target, caller) for target in connect.targets]
    talk.enter(Phase.CONNECTING)
    try:
        winner = await _first_answer(talk, legs, connect.ring_seconds)
        if winner is not None:
            talk.connected()
            await _bridge(
                talk, winner, connect.limit, [leg for leg in legs if leg is not winner]
            )
    finally:
        for leg in legs:
            leg.end(talk.farewell())
            talk.note_leg(leg)
    if winner is not None:
        result = Outcome.ANSWERED
    elif any(leg.outcome is Outcome.BUSY for leg in legs):
        result = Outcome.BUSY
    else:
        result = Outcome.FAILED
    talk.refused_as(result)
    why = next((leg.why for leg in legs if leg.why), None)
    return Result(
        result=result,
        why=None if winner else why,
        target=connect.goes_on(result),
    )


async def _first_answer(
    talk: Conversation, legs: list[Leg], seconds: float
) -> Leg | None:
    """Return the end that answers first, or None when none does."""
    try:
        async with talk.tools.clock.timeout(seconds):
            while not all(leg.outcome for leg in legs):
                for leg in legs:
                    if leg.outcome is Outcome.ANSWERED:
                        return leg
                await talk.news()
    except TimeoutError:
        pass
    return next((leg for leg in legs if leg.outcome is Outcome.ANSWERED), None)


async def _bridge(
    talk: Conversation, winner: Leg, limit: float | None, losers: list[Leg]
) -> None:
    """Let two ends hear each other until one hangs up."""
    for leg in losers:
        leg.end()
    talk.pick_up()
    clock, party = talk.tools.clock, talk.party
    pieces = [
        party.ear.follow(clock.time(), winner.voice),
        winner.ear.follow(clock.time(), party.voice),
    ]
    winner.once_listening(party.listened_to)
    talk.note_leg(winner)
    talk.enter(Phase.CONNECTED)
    with talk.paying(winner):
        try:
            async with clock.timeout(limit):
                await winner.gone.wait()
        except TimeoutError:
            pass
        finally:
            for piece in pieces:
                piece.cut(clock.time())
