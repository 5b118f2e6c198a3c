"""Tests of how many parts a text has."""

import pytest

from custom_components.elks46.api import (
    TextCount,
    TextEncoding,
    count_text,
    cut_text,
    typed,
)

GSM7, UTF16 = TextEncoding.GSM7, TextEncoding.UTF16


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts", "possible_parts"),
    [
        pytest.param("", GSM7, 0, 1, {1}, id="empty"),
        pytest.param("a" * 160, GSM7, 160, 1, {1}, id="160 septets"),
        pytest.param("a" * 161, GSM7, 161, 2, {2}, id="161 septets"),
        pytest.param("a" * 306, GSM7, 306, 2, {2}, id="306 septets"),
        pytest.param("a" * 307, GSM7, 307, 3, {3}, id="307 septets"),
        pytest.param("Åäö, èé Ω\r\n¿§ü@£$_" * 8, GSM7, 144, 1, {1}, id="basic set"),
        pytest.param("ç" * 70, UTF16, 70, 1, {1}, id="70 units"),
        pytest.param("ç" * 71, UTF16, 71, 2, {2}, id="71 units"),
        pytest.param("ç" * 134, UTF16, 134, 2, {2}, id="134 units"),
        pytest.param("ç" * 135, UTF16, 135, 3, {3}, id="135 units"),
        pytest.param("🫎" * 35, UTF16, 70, 1, {1}, id="35 emoji"),
        pytest.param("🫎" * 36, UTF16, 72, 2, {2}, id="36 emoji"),
        pytest.param("a" * 70 + "–", UTF16, 71, 2, {2}, id="a typographic dash"),
        pytest.param("\ud83d", UTF16, 1, 1, {1}, id="half a surrogate pair"),
        pytest.param("\x1b", UTF16, 1, 1, {1}, id="the escape itself"),
        pytest.param("€", UTF16, 1, 1, {1}, id="extension, either way"),
        pytest.param("{" * 80, UTF16, 80, 2, {1, 2}, id="extension, the test"),
        pytest.param("{" * 81, UTF16, 81, 2, {2}, id="extension, both two"),
        pytest.param("{}" * 80, UTF16, 160, 3, {3}, id="extension, as measured"),
        pytest.param("€" + "a" * 158, UTF16, 159, 3, {1, 3}, id="a price, 160 septets"),
        pytest.param("€" + "a" * 159, UTF16, 160, 3, {2, 3}, id="a price, 161 septets"),
        pytest.param("€ç" * 40, UTF16, 80, 2, {2}, id="extension beside others"),
        pytest.param("\f^{}\\[~]|€", UTF16, 10, 1, {1}, id="the whole extension"),
    ],
)
def test_a_text_is_counted(
    text: str,
    encoding: TextEncoding,
    units: int,
    parts: int,
    possible_parts: set[int],
) -> None:
    """As 46elks splits it, and as it may."""
    assert count_text(text) == TextCount(
        encoding=encoding,
        units=units,
        parts=parts,
        possible_parts=frozenset(possible_parts),
    )


def test_the_basic_set_is_complete() -> None:
    """Every position of the table but that of the escape."""
    basic = {
        chr(point)
        for point in range(0x10000)
        if count_text(chr(point)).encoding is GSM7
    }
    assert len(basic) == 127
    assert basic >= set("abcxyzABCXYZ0189 \n\rÄÖÑÜ§äöñüàÅåÆæØøß¡¿£¥¤ΔΦΓΛΩΠΨΣΘΞèéùìòÇÉ")


@pytest.mark.parametrize(
    ("text", "parts", "cut"),
    [
        pytest.param("", 1, "", id="empty"),
        pytest.param("a" * 160, 1, "a" * 160, id="fits"),
        pytest.param("a" * 161, 1, "a" * 157 + "...", id="one long word"),
        pytest.param("word " * 40, 1, "word " * 30 + "word...", id="at a word"),
        pytest.param(
            "a " + "b" * 200, 1, "a " + "b" * 155 + "...", id="a word too long"
        ),
        pytest.param("a" * 307, 2, "a" * 303 + "...", id="two parts"),
        pytest.param("ç" * 71, 1, "ç" * 67 + "...", id="other letters"),
        pytest.param("🫎" * 36, 1, "🫎" * 33 + "...", id="emoji are not halved"),
        pytest.param(
            "a" * 100 + " ç", 1, "a" * 100 + "...", id="what makes it long goes"
        ),
        pytest.param(
            "€" + "a" * 70, 1, "€" + "a" * 66 + "...", id="as dear as it may be"
        ),
    ],
)
def test_a_text_is_cut(text: str, parts: int, cut: str) -> None:
    """As much as goes into so many parts."""
    assert cut_text(text, parts) == cut
    assert max(count_text(cut).possible_parts) <= parts


def test_a_text_is_typed() -> None:
    """What makes a text dear without need is written as on a typewriter."""
    text = "“Well” – it’s\u00a0cold…\n• yes"

    assert typed(text) == '"Well" - it\'s cold...\n- yes'
    assert count_text(typed(text)).encoding is GSM7
