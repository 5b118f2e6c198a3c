"""Only what is said into an answer interrupts it; nothing of what is said is lost."""

import asyncio
from collections.abc import Generator
from unittest.mock import patch

import pytest

from custom_components.elks46.interruption import async_play

from . import (
    FRAME,
    HANGUP,
    INTERRUPT,
    SECOND,
    SENDING,
    SYNC,
    Engine,
    Line,
    gather,
    noise,
)


class Sharp:
    """Takes every sound for a word."""

    def hears_word(self, sound: bytes) -> bool:
        """Hear one."""
        return bool(sound)


@pytest.fixture(autouse=True)
def sharp() -> Generator[None]:
    """Take every sound for somebody who speaks."""
    with patch("custom_components.elks46.interruption.Ear", Sharp):
        yield


async def heard_next(line: Line) -> bytes:
    """Return what the next who listens hears until the caller hangs up."""
    await line.peer.say(HANGUP)
    await line.session.ended()
    return b"".join(await gather(line.session.microphone()))


async def test_what_was_said_before_an_answer_is_for_the_next_turn(
    spoken: Line,
) -> None:
    """While the house was thinking."""
    spoken.session.put_back(noise(SECOND))
    playing = asyncio.create_task(async_play(spoken.session, noise(FRAME)))
    await spoken.peer.hear_until(SYNC)
    await spoken.peer.say(SYNC)

    assert await playing is True
    assert await heard_next(spoken) == noise(SECOND)


async def test_an_answer_has_not_begun_before_there_is_something_of_it(
    spoken: Line,
) -> None:
    """An engine may take its time, in which somebody speaks on."""
    engine = Engine()
    playing = asyncio.create_task(async_play(spoken.session, engine.chunks()))
    await asyncio.sleep(0)
    spoken.session.put_back(b"1234")
    await asyncio.sleep(0)
    engine.speak(noise(FRAME), None)
    await spoken.peer.hear_until(SYNC)
    await spoken.peer.say(SYNC)

    assert await playing is True
    assert engine.is_closed
    assert await heard_next(spoken) == b"1234"


async def test_what_is_said_into_an_answer_ends_it(spoken: Line) -> None:
    """And is heard after what was said before it."""
    spoken.session.put_back(b"1234")
    engine = Engine()
    playing = asyncio.create_task(async_play(spoken.session, engine.chunks()))
    engine.speak(noise(FRAME))
    assert await spoken.peer.hear() == SENDING
    await spoken.peer.speak(b"5678")
    heard = await spoken.peer.hear_until(INTERRUPT)

    assert heard[-1] == INTERRUPT
    assert await playing is False
    assert engine.is_closed
    assert await heard_next(spoken) == b"12345678"
