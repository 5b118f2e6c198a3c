"""Chaos, in its shortest form: one kill in it, and one of each other mischief, while texts and calls go on."""

from pathlib import Path

import pytest

from .chaos import Chaos, Mischief, Record

# It kills, and refuses the disk, within the seconds that it is given.
SEED = 1
SECONDS = 20


async def test_chaos_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Every text is known, sent and announced once, whatever happens around it; no call is placed twice."""
    chaos = Chaos(tmp_path, SEED)
    outcome = await chaos.run(SECONDS)

    assert chaos.record.kills
    assert chaos.record.texts_in
    assert outcome.is_well, outcome


def test_a_seed_repeats_what_goes_wrong() -> None:
    """From the first mischief to the last."""
    one, other = Mischief(7), Mischief(7)
    for _ in range(50):
        assert one.next() == other.next()
        assert one.requests() == other.requests()
        assert one.callbacks() == other.callbacks()
        assert (one.jump(), one.pause(0, 1)) == (other.jump(), other.pause(0, 1))


@pytest.mark.parametrize(
    ("moments", "kills", "refusals", "excused"),
    [
        pytest.param([1.0], [], [], True, id="announced once"),
        pytest.param([1.0, 9.0], [1.2], [], True, id="killed at once"),
        pytest.param([1.0, 9.0], [5.0], [], False, id="killed much later"),
        pytest.param([1.0, 9.0], [], [], False, id="not killed"),
        pytest.param([1.0, 9.0], [0.5], [], False, id="killed before"),
        pytest.param([1.0, 9.0], [5.0], [(0.5, 6.0)], True, id="the disk refused"),
        pytest.param([1.0, 9.0], [5.0], [(0.5, 2.0)], False, id="it did before"),
        pytest.param([1.0, 9.0, 9.5], [1.2], [], False, id="once more than killed"),
    ],
)
def test_only_a_kill_excuses_a_second_announcement(
    moments: list[float],
    kills: list[float],
    refusals: list[tuple[float, float]],
    excused: bool,
) -> None:
    """One that came before it could be written down."""
    record = Record(kills=kills, refusals=refusals)
    assert record.is_excused(moments) is excused


def test_what_a_disk_excuses_is_told_apart() -> None:
    """From what a kill does alone, which is a matter of milliseconds."""
    record = Record(kills=[1.2, 5.0], refusals=[(3.0, 6.0)])
    record.announced |= {"s1": [1.0, 9.0], "s2": [3.0, 9.0], "s3": [7.0]}
    assert {*record.announced_again} == {"s1", "s2"}
    assert record.announced_again_on_refusal == 1
