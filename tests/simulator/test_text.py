"""How many parts a text has."""

import pytest

from simulator.text import count_parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("a" * 160, 1, id="a full single part"),
        pytest.param("a" * 161, 2, id="one more than a single part"),
        pytest.param("a" * 306, 2, id="two full parts"),
        pytest.param("a" * 307, 3, id="one more than two parts"),
        pytest.param("å" * 160, 1, id="letters of the basic set"),
        pytest.param("—" * 70, 1, id="a full single part of UTF-16"),
        pytest.param("—" * 71, 2, id="one more than that"),
        pytest.param("—" * 134, 2, id="two full parts of UTF-16"),
        pytest.param("—" * 135, 3, id="one more than two parts of UTF-16"),
        pytest.param("🦌" * 36, 2, id="emoji are two units each"),
        pytest.param("{" * 80, 2, id="extension characters are sent as UTF-16"),
        pytest.param("{}" * 80, 3, id="as measured"),
    ],
)
def test_a_text_takes_so_many_parts(text: str, parts: int) -> None:
    """Count as 46elks does."""
    assert count_parts(text) == parts
