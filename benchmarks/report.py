"""What people read of a run, and what programs do."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
import json
import os
import platform
from typing import Final

from .figures import Estimate, Figure, Readings, Verdict

WIDTH: Final = 52


def text(figures: Sequence[Figure], rounds: int, versions: Mapping[str, str]) -> str:
    """Return figures as a table, and what falls short behind them."""
    with_what = ", ".join(f"{name} {version}" for name, version in versions.items())
    sure = min(one.value.confidence for one in figures)
    short = [one.claim.what for one in figures if one.verdict is Verdict.SHORT]
    lines = [
        f"With {with_what}.",
        f"Medians of {rounds} rounds, and between what they are with {sure:.0%}.",
        "",
        *(line for figure in figures for line in _lines(figure)),
        "",
        *([f"Falls short: {what}" for what in short] or ["Nothing falls short."]),
    ]
    return "\n".join(lines)


def as_json(
    figures: Sequence[Figure],
    rounds: Mapping[str, Sequence[Readings]],
    versions: Mapping[str, str],
) -> str:
    """Return all that was measured, by round too."""
    machine = {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }
    told = {
        "machine": machine,
        "versions": dict(versions),
        "figures": [asdict(figure) for figure in figures],
        "rounds": {name: [*map(dict, ones)] for name, ones in rounds.items()},
    }
    return json.dumps(told, indent=2)


def _lines(figure: Figure) -> Iterator[str]:
    claim = figure.claim
    limits = [
        *([f"≤ {claim.at_most:g} {claim.unit}"] if claim.at_most is not None else []),
        *([f"≤ {claim.at_most_ratio:g} ×"] if claim.at_most_ratio is not None else []),
    ]
    wanted = ", ".join(limits)
    value = _written(figure.value, claim.unit)
    yield f"{claim.what:{WIDTH}} {value:32} {wanted:10} {figure.verdict}"
    for name in claim.beside:
        reference = figure.references.get(name)
        if reference is None:
            yield f"    beside {name}: not measured"
            continue
        beside = f"    beside {name}: {_number(reference.value.median)} {claim.unit}"
        yield f"{beside:{WIDTH}} {_written(reference.ratio, '×')}"


def _written(estimate: Estimate, unit: str) -> str:
    median, low, high = map(_number, (estimate.median, estimate.low, estimate.high))
    return f"{median} {unit} [{low} to {high}]"


def _number(value: float) -> str:
    """Write the three digits that count."""
    return f"{Decimal(f'{value:.3g}'):,f}"
