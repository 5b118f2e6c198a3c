"""The inputs that are led by the code they reach: that each target still runs."""

from importlib.util import find_spec
from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(
    find_spec("atheris") is None, reason="There is no atheris for this machine"
)
@pytest.mark.parametrize("target", ["callback", "frame", "phone", "sound"])
def test_a_target_takes_what_it_begins_with(target: str) -> None:
    """And some inputs made of that."""
    ended = subprocess.run(
        [sys.executable, "tests/fuzz/guided.py", target, "-runs=50", "-seed=1"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Done" in ended.stderr
