"""How much is tried: little in a test run, the same each time; much, and each time something else, in `script/fuzz`."""

from collections.abc import Generator
import logging
import os
from typing import Final

from hypothesis import HealthCheck, settings
import pytest

from . import SHORT, Errors

# Of each door; its properties share them.
LONG: Final = 100_000
# One house is built for all inputs of a test, as one stands for all that is posted to it.
SUPPRESSED: Final = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)

settings.register_profile(
    "short",
    max_examples=SHORT,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=SUPPRESSED,
)
settings.register_profile(
    "long",
    max_examples=int(os.environ.get("FUZZ_INPUTS", LONG)),
    database=None,
    deadline=None,
    print_blob=True,
    suppress_health_check=SUPPRESSED,
)
settings.load_profile(os.environ.get("FUZZ_PROFILE", "short"))


@pytest.fixture
def errors() -> Generator[Errors]:
    """Return what is logged as an error from now on."""
    handler = Errors()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)
