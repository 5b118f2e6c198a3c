"""What the house says is heard, in time and to its end, or is silent at once."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final
from unittest.mock import patch

import pytest

from custom_components.elks46.voice import speaker

from . import (
    BYE,
    FRAME,
    HANGUP,
    INTERRUPT,
    LONG,
    SECOND,
    SENDING,
    SYNC,
    Chunks,
    Engine,
    Line,
    kinds,
    noise,
    played,
    sizes,
    stream,
)


async def test_what_is_said_is_heard_to_its_end(spoken: Line) -> None:
    """The house speaks, asks, and goes on when it is told."""
    said = noise(2 * FRAME + 500)
    playing = asyncio.create_task(spoken.session.play(stream([said])))

    heard = await spoken.peer.hear_until(SYNC)

    assert heard[0] == SENDING
    assert kinds(heard) == ["sending", "audio", "sync"]
    assert played(heard) == said
    assert not playing.done()
    await spoken.peer.say(SYNC)
    assert await playing is True


async def test_the_house_says_once_that_it_speaks(spoken: Line) -> None:
    """One thing after the other, and 46elks' answers in between."""
    heard = [kinds(await spoken.play()) for _ in range(3)]

    assert heard == [["sending", "audio", "sync"], ["audio", "sync"], ["audio", "sync"]]


async def test_the_first_piece_leaves_at_once(spoken: Line) -> None:
    """However small, and while the engine makes the rest."""
    engine = Engine()
    playing = asyncio.create_task(spoken.session.play(engine.chunks()))

    engine.speak(b"12")
    assert await spoken.peer.hear() == SENDING
    assert played([await spoken.peer.hear()]) == b"12"
    engine.speak(b"3")
    engine.speak(b"4567")
    assert played([await spoken.peer.hear()]) == b"3456"

    engine.speak(None)
    assert await spoken.peer.hear() == SYNC
    await spoken.peer.say(SYNC)
    assert await playing is True


async def test_the_rest_leaves_in_frames(spoken: Line) -> None:
    """Of a tenth of a second, whatever the engine makes; half a sample at the end is no sound."""
    said = noise(SECOND + 1)
    chunks = [said[n : n + 1023] for n in range(0, len(said), 1023)]
    # 46elks has always something to play, however slow this machine is.
    with patch.object(speaker, "FRAME_SECONDS", -LONG):
        playing = asyncio.create_task(spoken.session.play(stream(chunks)))
        heard = await spoken.peer.hear_until(SYNC)

    assert played(heard) == said[:-1]
    assert sizes(heard) == [1022, *[FRAME] * 9, SECOND - 1022 - 9 * FRAME]
    await spoken.peer.say(SYNC)
    assert await playing is True


async def test_the_house_does_not_run_ahead(spoken: Line) -> None:
    """46elks gets what it plays in the next seconds; the engine waits meanwhile."""
    loop = asyncio.get_running_loop()
    with patch.object(speaker, "LEAD_SECONDS", 0.1):
        begun = loop.time()
        playing = asyncio.create_task(spoken.session.play(noise(SECOND // 2)))
        assert await spoken.peer.hear() == SENDING
        ahead = []
        for n in range(1, 6):
            await spoken.peer.hear()
            ahead.append(n * 0.1 - (loop.time() - begun))

    # The frame that leaves when no more than the lead is there comes on top.
    assert max(ahead) < 0.1 + 0.1 + 0.001
    assert await spoken.peer.hear() == SYNC
    await spoken.peer.say(SYNC)
    assert await playing is True


async def test_nothing_is_heard_at_once(spoken: Line) -> None:
    """It takes no asking."""
    assert await spoken.session.play(b"") is True
    assert await spoken.session.play(b"1") is True
    assert await spoken.session.play(stream([])) is True
    await spoken.session.hang_up()

    assert await spoken.peer.hear() == BYE


async def test_anything_that_yields_will_do(spoken: Line) -> None:
    """Not only generators."""
    playing = asyncio.create_task(spoken.session.play(Chunks(b"1234", b"5678")))

    assert played(await spoken.peer.hear_until(SYNC)) == b"12345678"
    await spoken.peer.say(SYNC)
    assert await playing is True


async def test_the_caller_may_speak_while_the_house_does(spoken: Line) -> None:
    """Both go on, and nothing said into it is lost."""
    engine = Engine()
    listening = spoken.session.microphone()
    playing = asyncio.create_task(spoken.session.play(engine.chunks()))

    engine.speak(noise(FRAME))
    await spoken.peer.hear_until(SENDING)
    await spoken.peer.speak(b"stop")

    assert await anext(listening) == b"stop"
    await spoken.session.interrupt()
    assert await playing is False
    await spoken.peer.speak(b"that")
    assert await anext(listening) == b"that"


async def test_an_engine_that_fails_is_told(spoken: Line) -> None:
    """Also one that takes too long by its own clock; the next thing can be said."""

    async def failing(error: Exception) -> AsyncGenerator[bytes]:
        yield b"1234"
        raise error

    for error in (ValueError("broken"), TimeoutError("late")):
        with pytest.raises(type(error), match=str(error)):
            await spoken.session.play(failing(error))

    assert played(await spoken.play(b"5678")) == b"123412345678"


async def test_one_thing_is_said_at_a_time(spoken: Line) -> None:
    """Two would be mixed frame by frame."""
    playing = asyncio.create_task(spoken.session.play(b"1234"))
    await spoken.peer.hear_until(SYNC)

    with pytest.raises(RuntimeError, match="already"):
        await spoken.session.play(b"5678")

    await spoken.peer.say(SYNC)
    assert await playing is True


async def test_what_is_not_answered_is_asked_again(spoken: Line) -> None:
    """Some `sync` may be lost; if it was only late, it is not the answer to the next one."""
    with patch.object(speaker, "ASK_AGAIN_SECONDS", 0):
        playing = asyncio.create_task(spoken.session.play(noise(64)))
        await spoken.peer.hear_until(SYNC)
        assert await spoken.peer.hear() == SYNC
        await spoken.peer.say(SYNC)
        assert await playing is True
    await spoken.session.interrupt()
    late = await spoken.peer.hear_until(INTERRUPT)
    playing = asyncio.create_task(spoken.session.play(noise(4 * SECOND)))
    await spoken.peer.hear_until(SYNC)

    await spoken.peer.say(*[SYNC] * len(late))
    await spoken.meet()
    assert not playing.done()
    await spoken.peer.say(SYNC)
    assert await playing is True


async def interrupted_while_the_engine_is_silent(line: Line, engine: Engine) -> None:
    """Something has been said, and more is to come."""
    engine.speak(noise(640))
    assert await line.peer.hear() == SENDING
    await line.peer.hear()


async def interrupted_while_46elks_has_enough(line: Line, engine: Engine) -> None:
    """The next frame is not due yet."""
    engine.speak(noise(20 * SECOND))
    await line.peer.hear()
    for _ in range(50):
        await line.peer.hear()


async def interrupted_while_it_is_played(line: Line, engine: Engine) -> None:
    """All has been said, and not yet been heard."""
    engine.speak(noise(640), None)
    await line.peer.hear_until(SYNC)


MOMENTS: Final = [
    interrupted_while_the_engine_is_silent,
    interrupted_while_46elks_has_enough,
    interrupted_while_it_is_played,
]
type Moment = Callable[[Line, Engine], Awaitable[None]]


@pytest.mark.parametrize("moment", MOMENTS)
async def test_the_house_is_silent_at_once(spoken: Line, moment: Moment) -> None:
    """Whatever it waits for; then it speaks again, and 46elks is told so."""
    engine, again = Engine(), noise(FRAME)
    playing = asyncio.create_task(spoken.session.play(engine.chunks()))
    await moment(spoken, engine)

    await spoken.session.interrupt()
    next_playing = asyncio.create_task(spoken.session.play(again))

    assert await playing is False
    assert engine.is_closed
    assert (await spoken.peer.hear_until(INTERRUPT))[-1] == INTERRUPT
    heard = await spoken.peer.hear_until(SYNC)
    assert kinds(heard) == ["sending", "audio", "sync"]
    assert played(heard) == again
    next_playing.cancel()
    await asyncio.wait([next_playing])


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_sound_dies_with_the_call(spoken: Line, moment: Moment) -> None:
    """As soon as the caller hangs up."""
    engine = Engine()
    playing = asyncio.create_task(spoken.session.play(engine.chunks()))
    await moment(spoken, engine)

    await spoken.peer.say(HANGUP)

    async with asyncio.timeout(LONG):
        assert await playing is False
    assert engine.is_closed
    assert await spoken.session.play(b"1234") is False


@pytest.mark.parametrize("moment", MOMENTS)
async def test_a_sound_that_is_cancelled_leaves_nothing(
    spoken: Line, moment: Moment
) -> None:
    """The next one can be said."""
    engine = Engine()
    playing = asyncio.create_task(spoken.session.play(engine.chunks()))
    await moment(spoken, engine)

    playing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await playing
    assert engine.is_closed
    await spoken.session.interrupt()
    playing = asyncio.create_task(spoken.session.play(b"1234"))
    heard = await spoken.peer.hear_until(SYNC)
    assert kinds(heard)[-3:] == ["sending", "audio", "sync"]
    await spoken.peer.say(SYNC)
    assert await playing is True


async def test_silence_needs_no_interrupting(spoken: Line) -> None:
    """Before anything was said, and again after it."""
    await spoken.session.interrupt()
    playing = asyncio.create_task(spoken.session.play(b"1234"))
    assert await spoken.peer.hear() == SENDING
    await spoken.peer.hear_until(SYNC)
    await spoken.session.interrupt()
    await spoken.session.interrupt()
    assert await playing is False
    await spoken.session.hang_up()

    assert await spoken.close() == [INTERRUPT, BYE]


async def test_what_is_cut_off_says_nothing_more(spoken: Line) -> None:
    """Though it was about to: 46elks would take it for the next thing."""
    engine = Engine()
    playing = asyncio.create_task(spoken.session.play(engine.chunks()))
    engine.speak(noise(640))
    await spoken.peer.hear_until(SENDING)
    await spoken.peer.hear()

    engine.speak(noise(FRAME), None)
    await spoken.session.interrupt()

    assert await playing is False
    await spoken.session.hang_up()
    assert await spoken.close() == [INTERRUPT, BYE]


async def test_an_engine_that_does_not_stop_is_not_heard(spoken: Line) -> None:
    """It goes on for a while."""

    async def stubborn() -> AsyncGenerator[bytes]:
        yield b"1234"
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            yield b"5678"

    playing = asyncio.create_task(spoken.session.play(stubborn()))
    await spoken.peer.hear_until(SENDING)
    await spoken.peer.hear()
    await spoken.session.interrupt()

    assert await playing is False
    await spoken.session.hang_up()
    assert await spoken.peer.hear() == INTERRUPT
    assert await spoken.peer.hear() == BYE


async def test_an_engine_that_fails_when_it_is_stopped_is_not_heard(
    spoken: Line,
) -> None:
    """Nobody wants its sound any more."""

    async def fragile() -> AsyncGenerator[bytes]:
        yield b"1234"
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise ValueError("stopped") from None

    playing = asyncio.create_task(spoken.session.play(fragile()))
    await spoken.peer.hear_until(SENDING)
    await spoken.peer.hear()
    await spoken.session.interrupt()

    assert await playing is False


@pytest.mark.parametrize("late", [[], [SYNC]], ids=["dropped", "answered"])
async def test_a_late_answer_is_not_taken_for_the_next(
    spoken: Line, late: list[dict[str, str]]
) -> None:
    """46elks may answer what was cut off, before the next thing can have been heard, or not."""
    first = asyncio.create_task(spoken.session.play(noise(FRAME)))
    await spoken.peer.hear_until(SYNC)
    await spoken.session.interrupt()
    assert await first is False
    second = asyncio.create_task(spoken.session.play(noise(4 * SECOND)))
    await spoken.peer.hear_until(SYNC)

    await spoken.peer.say(*late)
    await spoken.meet()
    assert not second.done()

    # As if the four seconds were over.
    with patch.object(speaker, "LEEWAY_SECONDS", LONG):
        await spoken.peer.say(SYNC)
        assert await second is True


async def test_an_answer_that_comes_too_early_is_asked_for_again(spoken: Line) -> None:
    """46elks has dropped the one that it is taken for."""
    first = asyncio.create_task(spoken.session.play(noise(FRAME)))
    await spoken.peer.hear_until(SYNC)
    await spoken.session.interrupt()
    assert await first is False
    with (
        patch.object(speaker, "LEEWAY_SECONDS", -LONG),
        patch.object(speaker, "ASK_AGAIN_SECONDS", 0),
    ):
        second = asyncio.create_task(spoken.session.play(noise(64)))
        await spoken.peer.hear_until(SYNC)
        await spoken.peer.say(SYNC)
        assert await spoken.peer.hear() == SYNC
        await spoken.peer.say(SYNC)

        assert await second is True


@pytest.mark.parametrize("late", [0, 1, 3])
async def test_answers_that_nobody_waits_for_do_nothing(
    spoken: Line, late: int
) -> None:
    """Before, between and after."""
    await spoken.peer.say(*[SYNC] * late)
    for _ in range(2):
        await spoken.play()
        await spoken.peer.say(*[SYNC] * late)
        await spoken.meet()


async def test_an_answer_before_the_question_is_none(spoken: Line) -> None:
    """It belongs to something else."""
    engine = Engine()
    playing = asyncio.create_task(spoken.session.play(engine.chunks()))
    engine.speak(b"1234")
    await spoken.peer.hear_until(SENDING)
    await spoken.peer.say(SYNC)
    await spoken.meet()

    engine.speak(None)
    await spoken.peer.hear_until(SYNC)
    assert not playing.done()
    await spoken.peer.say(SYNC)
    assert await playing is True
