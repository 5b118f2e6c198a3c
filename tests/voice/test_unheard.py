"""What is never told to have been heard ends the call, as nobody is there."""

import asyncio
from collections.abc import Generator
from unittest.mock import patch

import pytest

from custom_components.elks46.voice import speaker
from custom_components.elks46.voice.session import CallEnd

from . import LONG, SYNC, Line, noise


@pytest.fixture
def impatient() -> Generator[None]:
    """Give up soon."""
    with (
        patch.object(speaker, "ASK_AGAIN_SECONDS", 0.01),
        patch.object(speaker, "UNHEARD_SECONDS", 0.1),
    ):
        yield


@pytest.mark.usefixtures("impatient")
async def test_a_sound_that_nobody_tells_of_ends_the_call(spoken: Line) -> None:
    """46elks is asked again, and then given up."""
    async with asyncio.timeout(LONG):
        was_heard = await spoken.session.play(noise(640))
    asked = await spoken.peer.hear_until(SYNC)

    assert was_heard is False
    assert spoken.session.end is CallEnd.LOST
    assert asked[-1] == SYNC
    assert await spoken.peer.hear() == SYNC


@pytest.mark.usefixtures("impatient")
async def test_a_sound_is_given_up_after_its_end_and_not_before(spoken: Line) -> None:
    """However long it is: 46elks plays it in its own time."""
    playing = asyncio.create_task(spoken.session.play(noise(3 * 3200)))
    await spoken.peer.hear_until(SYNC)
    await spoken.peer.say(SYNC)

    assert await playing is True
    assert spoken.session.end is None
