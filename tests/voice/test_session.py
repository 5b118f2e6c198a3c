"""How calls begin and end, over a real socket: the house at one end, 46elks' words at the other."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any
from unittest.mock import patch

from aiohttp import WSCloseCode, WSMessage, WSMsgType
import pytest

from custom_components.elks46.api.realtime import Hello
from custom_components.elks46.voice import session
from custom_components.elks46.voice.session import CallEnd, CallSession

from . import (
    BYE,
    CALL_ID,
    CALLEE,
    CALLER,
    GARBAGE,
    HANGUP,
    HELLO,
    LONG,
    SENDING,
    SYNC,
    Engine,
    Line,
    gather,
)


async def test_a_call_begins_with_hello(line: Line) -> None:
    """It tells which call this is; nothing is said before somebody is ready."""
    await line.peer.say(HELLO)

    hello = await line.session.hello()

    assert hello == Hello(call_id=CALL_ID, caller=CALLER, callee=CALLEE)
    assert line.session.call == hello
    assert await line.session.hello() == hello
    await line.session.hang_up()
    assert await line.peer.hear() == BYE


async def test_who_never_says_hello_is_not_waited_for(line: Line) -> None:
    """What else they say is not heard."""
    await line.peer.say({"t": "listening", "format": "pcm_16000"}, SYNC)
    await line.peer.speak(b"1234")

    with patch.object(session, "HELLO_SECONDS", 0.05):
        assert await line.session.hello() is None

    assert line.session.end is None
    assert await line.close() == []
    assert await gather(line.session.microphone()) == []


@pytest.mark.parametrize(
    ("last", "end"),
    [
        ({"t": "bye"}, CallEnd.HANGUP),
        (HANGUP, CallEnd.HANGUP),
        ({"t": "bye", "reason": "bored"}, CallEnd.HANGUP),
        ({"t": "bye", "reason": "error", "message": "no"}, CallEnd.ERROR),
    ],
)
async def test_who_says_goodbye_first_is_not_waited_for(
    line: Line, last: dict[str, Any], end: CallEnd
) -> None:
    """The call is over."""
    await line.peer.say(last)

    assert await line.session.hello() is None
    assert line.session.end == await line.session.ended() == end


async def test_a_second_hello_changes_nothing(spoken: Line) -> None:
    """A socket is one call."""
    await spoken.peer.say(HELLO | {"callid": "c1"})
    await spoken.meet()

    assert spoken.session.call
    assert spoken.session.call.call_id == CALL_ID


async def test_the_house_hangs_up(spoken: Line) -> None:
    """Once; what it was doing is over."""
    playing = asyncio.create_task(spoken.session.play(b"1234"))
    listening = asyncio.create_task(gather(spoken.session.microphone()))
    waiting = asyncio.create_task(spoken.session.ended())
    await spoken.peer.hear_until(SYNC)

    await spoken.session.hang_up()
    await spoken.session.hang_up()
    await spoken.session.listen()
    await spoken.session.interrupt()

    assert await playing is False
    assert await listening == []
    assert await waiting is CallEnd.DONE
    assert await spoken.close() == [BYE]


async def test_goodbye_is_said_once(spoken: Line) -> None:
    """Not to one who has said it."""
    await spoken.peer.say(HANGUP)
    await spoken.session.ended()
    await spoken.session.hang_up()
    assert await spoken.close() == []
    assert spoken.session.end is CallEnd.HANGUP


@pytest.mark.parametrize("times", [1, 3])
async def test_a_call_is_closed(spoken: Line, times: int) -> None:
    """As often as anybody likes, in turn and at once."""
    closing = [spoken.session.close() for _ in range(times)]
    assert await asyncio.gather(spoken.close(), *closing) == [[], *[None] * times]
    await spoken.session.close()

    assert spoken.session.end is CallEnd.DONE


async def test_a_call_that_never_began_is_closed(line: Line) -> None:
    """Nobody has listened to the socket yet."""
    assert await line.close() == []


async def test_a_socket_that_closes_ends_the_call(spoken: Line) -> None:
    """Politely, but without a goodbye."""
    await spoken.peer.socket.close()

    assert await spoken.session.ended() is CallEnd.LOST
    assert await gather(spoken.session.microphone()) == []


async def test_a_socket_that_is_cut_ends_the_call(spoken: Line) -> None:
    """In the middle of all that can go on."""
    engine = Engine()
    playing = asyncio.create_task(spoken.session.play(engine.chunks()))
    listening = asyncio.create_task(gather(spoken.session.microphone()))
    engine.speak(b"1234")
    await spoken.peer.hear_until(SENDING)

    spoken.peer.cut()

    assert await spoken.session.ended() is CallEnd.LOST
    assert await playing is False
    assert await listening == []
    await spoken.session.hang_up()
    await spoken.session.listen()


@pytest.mark.parametrize("use", ["hello", "ended", "play", "listen"])
async def test_whoever_waits_may_give_up(line: Line, use: str) -> None:
    """And leaves nothing behind."""
    uses: dict[str, Callable[[], Awaitable[object]]] = {
        "hello": line.session.hello,
        "ended": line.session.ended,
        "play": lambda: line.session.play(b"1234"),
        "listen": lambda: gather(line.session.microphone()),
    }
    waiting = asyncio.ensure_future(uses[use]())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    await line.peer.say(HELLO)
    assert await line.session.hello()


@pytest.mark.parametrize("frame", GARBAGE)
async def test_garbage_is_ignored_but_not_for_ever(spoken: Line, frame: str) -> None:
    """What comes between it is heard."""
    for _ in range(session.GARBAGE_AT_MOST):
        await spoken.peer.socket.send_str(frame)
    await spoken.peer.speak(b"1234")
    assert await anext(spoken.session.microphone()) == b"1234"
    assert spoken.session.end is None

    await spoken.peer.socket.send_str(frame)

    assert await spoken.session.ended() is CallEnd.GARBAGE


async def test_bytes_are_garbage(spoken: Line) -> None:
    """46elks writes text."""
    for _ in range(session.GARBAGE_AT_MOST + 1):
        await spoken.peer.socket.send_bytes(b"1234")

    assert await spoken.session.ended() is CallEnd.GARBAGE


async def test_words_of_the_future_are_no_garbage(spoken: Line) -> None:
    """The service is a beta."""
    for _ in range(session.GARBAGE_AT_MOST + 1):
        await spoken.peer.say({"t": "dtmf", "digit": "5"})
    await spoken.meet()

    assert spoken.session.end is None


async def test_what_is_much_too_long_ends_the_call(spoken: Line) -> None:
    """It is not even read to its end."""
    # The house may be gone before all of it has left.
    with suppress(OSError):
        await spoken.peer.socket.send_str("x" * 5 * 1024 * 1024)

    assert await spoken.session.ended() is CallEnd.LOST


class BrokenSocket:
    """A socket of somebody else, on which nothing works."""

    def __init__(self, *, is_stuck: bool = False) -> None:
        """Fail, or never come back."""
        self._is_stuck = is_stuck

    async def _fail(self) -> None:
        while self._is_stuck:
            await asyncio.Event().wait()
        raise ConnectionResetError

    async def receive(self) -> WSMessage:
        """Return nothing."""
        await self._fail()
        return WSMessage(WSMsgType.CLOSED, None, None)

    async def send_str(self, data: str) -> None:
        """Send nothing."""
        await self._fail()

    async def ping(self) -> None:
        """Ask nothing."""
        await self._fail()

    async def pong(self, message: bytes) -> None:
        """Answer nothing."""
        await self._fail()

    async def close(self) -> None:
        """Close nothing."""
        await self._fail()


class QuietSocket(BrokenSocket):
    """A socket on which nothing is said, but answered."""

    def __init__(self) -> None:
        """Have heard no question."""
        super().__init__()
        self.asked: asyncio.Queue[int] = asyncio.Queue()
        self._answers: asyncio.Queue[WSMessage] = asyncio.Queue()

    async def receive(self) -> WSMessage:
        """Return an answer."""
        return await self._answers.get()

    async def ping(self) -> None:
        """Hear a question."""
        self.asked.put_nowait(1)
        self._answers.put_nowait(WSMessage(WSMsgType.PONG, b"", None))


async def test_a_line_may_be_silent() -> None:
    """As long as it answers."""
    quiet = QuietSocket()
    call = CallSession(quiet)
    with (
        patch.object(session, "SILENCE_SECONDS", 0.01),
        patch.object(session, "HELLO_SECONDS", 0),
    ):
        assert await call.hello() is None
        for _ in range(3):
            await quiet.asked.get()

    assert call.end is None
    await call.close()


async def test_a_line_that_is_dead_ends_the_call(spoken: Line) -> None:
    """Though nobody has closed it."""
    with patch.object(session, "SILENCE_SECONDS", 0.01):
        await spoken.peer.speak(b"1234")

        assert await spoken.session.ended() is CallEnd.LOST

    message = await spoken.peer.socket.receive()
    assert message.type is WSMsgType.PING


async def test_46elks_may_ask_whether_we_are_there(spoken: Line) -> None:
    """It is told."""
    await spoken.peer.socket.ping(b"hello?")

    message = await spoken.peer.socket.receive()

    assert (message.type, message.data) == (WSMsgType.PONG, b"hello?")


async def test_46elks_is_answered_to_the_last(spoken: Line) -> None:
    """It closes the socket after its last word, whatever the house still does."""
    await spoken.peer.say(HANGUP, HELLO, {"t": "audio"})
    await spoken.peer.speak(b"1234")
    await spoken.peer.socket.send_bytes(b"1234")
    async with asyncio.timeout(LONG):
        await spoken.peer.socket.close()

    assert spoken.peer.socket.close_code == WSCloseCode.OK
    assert await gather(spoken.session.microphone()) == []
    assert spoken.session.end is CallEnd.HANGUP


async def test_a_socket_that_fails_ends_the_call() -> None:
    """Whatever is asked of it first."""
    for use in (CallSession.hello, CallSession.listen, CallSession.hang_up):
        call = CallSession(BrokenSocket())
        await use(call)
        assert call.end is not None
        await call.close()


async def test_a_socket_that_is_stuck_is_not_waited_for() -> None:
    """Its last words are lost."""
    with (
        patch.object(session, "CLOSE_SECONDS", 0.01),
        patch.object(session, "HELLO_SECONDS", 0.01),
    ):
        call = CallSession(BrokenSocket(is_stuck=True))
        assert await call.hello() is None
        await call.hang_up()
        await call.close()

    assert call.end is CallEnd.DONE


async def test_what_is_said_to_a_socket_that_fails_is_not_heard() -> None:
    """It returns at once, whatever the engine does."""
    call, engine = CallSession(BrokenSocket()), Engine()
    engine.speak(b"1234")

    assert await call.play(engine.chunks()) is False
    assert engine.is_closed

    assert call.end is CallEnd.LOST
    await call.close()
