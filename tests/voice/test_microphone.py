"""What the caller says is heard, all of it and once."""

import asyncio

import pytest

from custom_components.elks46.voice import microphone, session
from custom_components.elks46.voice.session import CallEnd

from . import BYE, FRAME, HANGUP, HELLO, SECOND, SYNC, Line, gather, noise


async def test_the_caller_is_heard_to_the_end(spoken: Line) -> None:
    """The last words before they hang up too."""
    pieces = [noise(FRAME), noise(640), b"12"]
    await spoken.peer.speak(*pieces)
    await spoken.peer.say(HANGUP)

    assert b"".join(await gather(spoken.session.microphone())) == b"".join(pieces)
    assert spoken.session.end is CallEnd.HANGUP


async def test_the_caller_is_heard_while_they_speak(spoken: Line) -> None:
    """Each piece at once."""
    listening = spoken.session.microphone()

    for piece in (noise(FRAME), noise(640)):
        await spoken.peer.speak(piece)
        assert await anext(listening) == piece


async def test_nothing_is_heard_before_the_house_listens(line: Line) -> None:
    """It would be in a form that nobody has asked for."""
    await line.peer.say(HELLO)
    await line.session.hello()
    await line.peer.speak(b"1234")
    await line.peer.say(SYNC)
    await line.peer.say(*[{"t": "audio"}] * (session.GARBAGE_AT_MOST + 1))
    await line.session.ended()

    assert await gather(line.session.microphone()) == []


async def test_the_house_says_once_that_it_listens(spoken: Line) -> None:
    """Whoever asks for it."""
    await spoken.session.listen()
    await spoken.session.hang_up()

    assert await spoken.peer.hear() == BYE


async def test_what_is_said_between_turns_is_heard_in_the_next(spoken: Line) -> None:
    """Nobody listens then, and nothing is lost or told twice."""
    first = spoken.session.microphone()
    await spoken.peer.speak(b"turn")
    assert await anext(first) == b"turn"

    await spoken.peer.speak(b"betw", b"een.")
    await spoken.peer.say(HANGUP)
    await spoken.session.ended()

    assert await gather(spoken.session.microphone()) == [b"between."]
    assert await gather(first) == []


async def test_who_listens_last_hears_all(spoken: Line) -> None:
    """One who still waits for the turn before is let go, and takes nothing away."""
    before = asyncio.create_task(gather(spoken.session.microphone()))
    await asyncio.sleep(0)
    now = spoken.session.microphone()
    await spoken.peer.speak(b"1234")

    assert await anext(now) == b"1234"
    assert await before == []


async def test_one_who_gives_up_takes_nothing_along(spoken: Line) -> None:
    """Cancelled while it waits, it can go on, and so can another."""
    listening = spoken.session.microphone()
    waiting = asyncio.ensure_future(anext(listening))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    await spoken.peer.speak(b"1234")

    assert await anext(listening) == b"1234"
    await spoken.peer.speak(b"5678")
    assert await anext(spoken.session.microphone()) == b"5678"


async def test_what_was_heard_can_be_let_go(spoken: Line) -> None:
    """Where a caller may not speak while the house does."""
    await spoken.peer.speak(b"1234")
    await spoken.play()
    spoken.session.forget()
    await spoken.peer.speak(b"5678")

    assert await anext(spoken.session.microphone()) == b"5678"


async def test_of_too_much_the_oldest_goes(
    spoken: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A minute is held, no more."""
    monkeypatch.setattr(microphone, "TIMES_AS_FAST", 1000)
    seconds = [bytes([n]) * SECOND for n in range(65)]
    await spoken.peer.speak(*seconds)
    await spoken.peer.say(HANGUP)
    await spoken.session.ended()

    heard = await gather(spoken.session.microphone())

    assert microphone.HEARD_SECONDS_AT_MOST == 60
    assert b"".join(heard) == b"".join(seconds[5:])


async def test_what_was_kept_comes_in_no_rush(spoken: Line) -> None:
    """Piece by piece, four times as fast as it was said, so that all else goes on meanwhile."""
    await spoken.peer.speak(noise(SECOND))
    await spoken.peer.say(HANGUP)
    await spoken.session.ended()
    rounds = 0

    async def go_on() -> None:
        nonlocal rounds
        while True:
            rounds += 1
            await asyncio.sleep(0)

    others = asyncio.create_task(go_on())
    began = asyncio.get_running_loop().time()
    gone_on, pieces = [], []
    async for piece in spoken.session.microphone():
        gone_on.append(rounds)
        pieces.append(piece)
    passed = asyncio.get_running_loop().time() - began
    others.cancel()

    assert {*map(len, pieces)} == {microphone.PIECE_BYTES}
    assert b"".join(pieces) == noise(SECOND)
    assert len({*gone_on}) == len(gone_on)
    # But for the last of it, which is nothing to be noticed.
    assert passed >= 0.8 / microphone.TIMES_AS_FAST


async def test_the_smallest_pieces_fill_no_memory(spoken: Line) -> None:
    """They are put together while nobody listens."""
    await spoken.peer.speak(*[b"12"] * 4 * microphone.PIECE_BYTES)
    await spoken.peer.say(HANGUP)
    await spoken.session.ended()

    assert len(await gather(spoken.session.microphone())) == 8


async def test_others_are_not_kept_waiting_by_what_was_held(spoken: Line) -> None:
    """Between two pieces of it all else goes on, however fast they are listened to."""
    spoken.session.put_back(noise(20 * FRAME))
    turns = 0

    async def work() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    working = asyncio.create_task(work())
    listening = spoken.session.microphone()
    heard = [await anext(listening) for _ in range(20)]
    working.cancel()

    assert b"".join(heard) == noise(20 * FRAME)
    assert turns >= 20


async def test_what_was_held_can_be_taken_and_given_back(spoken: Line) -> None:
    """It comes before what was said since."""
    spoken.session.put_back(noise(FRAME) * 2)
    taken = spoken.session.take()
    spoken.session.put_back(b"1234")
    spoken.session.put_back(taken)
    await spoken.peer.say(HANGUP)

    assert taken == noise(FRAME) * 2
    assert b"".join(await gather(spoken.session.microphone())) == taken + b"1234"


async def test_samples_are_put_together_again(spoken: Line) -> None:
    """Wherever 46elks cuts them."""
    await spoken.peer.speak(b"1", b"", b"234", b"56", b"7", b"8")
    await spoken.peer.say(HANGUP)

    heard = await gather(spoken.session.microphone())

    assert b"".join(heard) == b"12345678"
    assert not any(len(piece) % 2 for piece in heard)
