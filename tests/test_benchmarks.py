"""What the bench makes of what it has measured."""

import json

import pytest

from benchmarks import report
from benchmarks.engine import Answer
from benchmarks.figures import Claim, Verdict, estimate, figure, percentile
from benchmarks.lines import Frame
from benchmarks.measurements.frames import delays
from benchmarks.measurements.pace import frames, longest_gap

CLAIM = Claim(
    what="First audio", unit="ms", of="ours", beside={"theirs": "other"}, at_most=5
)


@pytest.mark.parametrize(
    ("count", "low", "high", "confidence"),
    [
        pytest.param(1, 0, 0, 0, id="one says nothing"),
        pytest.param(5, 0, 4, 0.9375, id="five are not enough"),
        pytest.param(7, 0, 6, 0.984375, id="seven without any to spare"),
        pytest.param(9, 1, 7, 0.9609375, id="nine without the outermost"),
    ],
)
def test_a_median_lies_between_two_of_the_values(
    count: int, low: float, high: float, confidence: float
) -> None:
    """As often as coins fall so."""
    found = estimate([*reversed(range(count))])

    assert found.median == (count - 1) / 2
    assert (found.low, found.high, found.confidence) == (low, high, confidence)


def test_a_percentile_is_one_of_the_values() -> None:
    """Of twenty, 95 % do not exceed the last but one."""
    assert percentile([*range(20)], 0.95) == 18
    assert percentile([7.0], 0.95) == 7


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        pytest.param([1, 2, 3, 4, 5, 9, 9], Verdict.MET, id="median within the limit"),
        pytest.param([1, 6, 7, 8, 8, 9, 9], Verdict.UNCLEAR, id="perhaps by chance"),
        pytest.param([6, 6, 7, 8, 8, 9, 9], Verdict.SHORT, id="whole interval beyond"),
    ],
)
def test_a_figure_falls_short_only_beyond_its_interval(
    values: list[float], verdict: Verdict
) -> None:
    """Chance alone fails nobody."""
    rounds = [{"ours": value, "other": 2.0} for value in values]
    found = figure(CLAIM, rounds)

    assert found.verdict is verdict
    assert found.references["theirs"].ratio.median == found.value.median / 2


def test_a_ratio_has_a_limit_of_its_own() -> None:
    """Rounds are compared with themselves: a slow one is slow for both."""
    claim = Claim(
        what="CPU", unit="ms", of="many", beside={"one": "one"}, at_most_ratio=1
    )
    rounds = [{"many": 1.5 * slow, "one": 1.0 * slow} for slow in (1, 2, 30, 4, 5, 6)]

    assert figure(claim, rounds).verdict is Verdict.SHORT


def test_a_report_says_what_falls_short() -> None:
    """And what was not measured; as JSON, each round besides."""
    rounds = [{"ours": 7.0}] * 6
    figures = [figure(CLAIM, rounds)]
    versions = {"Home Assistant": "2026.11.0"}
    told = report.text(figures, len(rounds), versions).splitlines()
    written = json.loads(report.as_json(figures, {"first": rounds}, versions))

    assert told[-1] == "Falls short: First audio"
    assert "    beside theirs: not measured" in told
    assert written["figures"][0]["value"]["median"] == 7
    assert written["figures"][0]["verdict"] == "falls short"
    assert written["rounds"]["first"] == rounds


def test_a_frame_is_as_late_as_the_last_of_its_sound() -> None:
    """Frames need not be cut where the voice does."""
    answer = Answer(handed=((10.0, 0.1), (10.1, 0.2), (10.2, 0.3)), ready=())
    came = (
        Frame(moment=10.01, seconds=0.05),
        Frame(moment=10.13, seconds=0.15),
        Frame(moment=10.25, seconds=0.1),
    )

    assert delays(answer, came) == pytest.approx([0.01, 0.03, 0.05])


def test_a_gap_is_heard_when_all_before_has_been_played() -> None:
    """What comes early makes up for what comes late."""
    came = (
        Frame(moment=1.0, seconds=0.1),
        Frame(moment=1.0, seconds=0.1),
        Frame(moment=1.15, seconds=0.1),
        Frame(moment=1.33, seconds=0.1),
    )

    assert longest_gap(came) == pytest.approx(0.03)
    assert longest_gap(came[:3]) == 0


def test_a_voice_has_gaps_too() -> None:
    """Its sound is counted from the beginning."""
    answer = Answer(handed=((1.0, 0.1), (1.15, 0.2)), ready=())

    assert longest_gap(frames(answer)) == pytest.approx(0.05)
