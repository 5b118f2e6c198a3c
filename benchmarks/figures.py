"""What was measured, as figures: medians with their intervals, ratios, and whether that is good enough."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, comb
from statistics import median
from typing import Final

CONFIDENCE: Final = 0.95
# Readings are milliseconds; two that differ by less than this cannot be told apart, and nothing is divided by 0.
LEAST: Final = 0.001

type Readings = Mapping[str, float]
"""What one round has measured, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A median, and between what the true one lies with a confidence."""

    median: float
    low: float
    high: float
    confidence: float


class Verdict(StrEnum):
    """Whether a figure is what it must be."""

    MET = "ok"
    UNCLEAR = "unclear"
    """The median is not, but it may be chance."""
    SHORT = "falls short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a reading must be: at most so much, or so many times a reference.

    `of` names the reading, `beside` the readings of references, by what people call these. The first is the one that
    `at_most_ratio` is about.
    """

    what: str
    unit: str
    of: str
    beside: Mapping[str, str]
    at_most: float | None = None
    at_most_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What stands beside a figure, and how many times as much as that the figure is."""

    value: Estimate
    ratio: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A claim with what was measured; references that could not be are missing."""

    claim: Claim
    value: Estimate
    references: Mapping[str, Reference]
    verdict: Verdict


def figure(claim: Claim, rounds: Sequence[Readings]) -> Figure:
    """Return what some rounds say about a claim."""
    values = [one[claim.of] for one in rounds]
    references = {
        name: _reference(values, [one[reading] for one in rounds])
        for name, reading in claim.beside.items()
        if all(reading in one for one in rounds)
    }
    value = estimate(values)
    verdicts = [_verdict(value, claim.at_most)]
    if references:
        first = next(iter(references.values()))
        verdicts.append(_verdict(first.ratio, claim.at_most_ratio))
    return Figure(
        claim=claim,
        value=value,
        references=references,
        verdict=max(verdicts, key=[*Verdict].index),
    )


def estimate(values: Sequence[float]) -> Estimate:
    """Return the median of values, and the two of them between which the true one lies.

    This is so whatever their distribution is: of n values, fewer than k lie below the true median as rarely as fewer than k
    of n coins fall on one side. With five values or fewer even the outermost are not enough for 95 %.
    """
    ordered, count = sorted(values), len(values)
    rank, confidence = 1, _confidence(count, 1)
    while (better := _confidence(count, rank + 1)) >= CONFIDENCE:
        rank, confidence = rank + 1, better
    return Estimate(
        median=median(ordered),
        low=ordered[rank - 1],
        high=ordered[-rank],
        confidence=confidence,
    )


def percentile(values: Sequence[float], part: float) -> float:
    """Return the lowest of the values that so large a part of them does not exceed."""
    return sorted(values)[ceil(part * len(values)) - 1]


def _confidence(count: int, rank: int) -> float:
    return 1 - 2 * sum(comb(count, below) for below in range(rank)) / 2.0**count


def _reference(values: Sequence[float], beside: Sequence[float]) -> Reference:
    ratios = [
        one / max(other, LEAST) for one, other in zip(values, beside, strict=True)
    ]
    return Reference(value=estimate(beside), ratio=estimate(ratios))


def _verdict(found: Estimate, limit: float | None) -> Verdict:
    if limit is None or found.median <= limit:
        return Verdict.MET
    return Verdict.UNCLEAR if found.low <= limit else Verdict.SHORT
