"""Tests of the names of sounds that 46elks has, makes or keeps itself."""

import pytest

from custom_components.elks46.api import sounds


def test_the_beep_has_a_name() -> None:
    """It is the one that 46elks documents."""
    assert sounds.BEEP == "sound/beep"
    assert sounds.is_sound(sounds.BEEP)


@pytest.mark.parametrize("keys", ["1", "0123456789*#", "1pP2", "P"])
def test_keys_have_a_sound(keys: str) -> None:
    """With pauses between them."""
    assert sounds.dtmf(keys) == f"sound/dtmf/{keys}"
    assert sounds.is_sound(sounds.dtmf(keys))


@pytest.mark.parametrize("keys", ["", " ", "1 2", "A", "1/2", "１", "1\n"])
def test_what_is_no_key_has_no_sound(keys: str) -> None:
    """46elks would end the call."""
    with pytest.raises(ValueError, match="^keys: "):
        sounds.dtmf(keys)


@pytest.mark.parametrize(
    ("milliseconds", "name"),
    [
        (1000, "PP"),
        (950, "Ppppppppp" + "p"),
        (500, "P"),
        (450, "ppppppppp"),
        (50, "p"),
        (51, "pp"),
        (1, "p"),
        (0, "p"),
        (-100, "p"),
    ],
)
def test_silence_is_at_least_so_long(milliseconds: int, name: str) -> None:
    """It is made of pauses between keys."""
    assert sounds.silence(milliseconds) == f"sound/dtmf/{name}"


@pytest.mark.parametrize("name", ["greeting", "Greeting_2-b.wav"])
def test_a_call_can_keep_a_sound(name: str) -> None:
    """Under a name, as long as it lasts."""
    assert sounds.local(name) == f"local/{name}"
    assert sounds.is_local(sounds.local(name))
    assert sounds.is_sound(sounds.local(name))


@pytest.mark.parametrize("name", ["", "a b", "a/b", "hälsning", "a\n"])
def test_a_call_keeps_no_sound_under_an_odd_name(name: str) -> None:
    """Nobody knows what 46elks would make of it."""
    with pytest.raises(ValueError, match="^name: "):
        sounds.local(name)


@pytest.mark.parametrize(
    ("text", "locale", "name"),
    [
        pytest.param("Hello!", "en_US", "en_US/Hello!", id="English"),
        pytest.param("Hej då", "sv_SE", "sv_SE/Hej då", id="Swedish"),
        pytest.param(" One\n two ", "en_US", "en_US/One two", id="lines"),
        pytest.param("a" * 173, "en_US", "en_US/" + "a" * 173, id="longest"),
    ],
)
def test_a_text_has_a_sound(text: str, locale: str, name: str) -> None:
    """In one line."""
    assert sounds.speech(text, locale=locale) == name
    assert sounds.is_sound(name)


@pytest.mark.parametrize(
    ("text", "locale", "error"),
    [
        pytest.param("a" * 174, "en_US", "^text: there are more than 179", id="long"),
        pytest.param(" ", "en_US", "^text: there is none", id="empty"),
        pytest.param("Hej", "sv", "locale", id="locale"),
    ],
)
def test_a_text_that_46elks_would_not_speak_has_no_sound(
    text: str, locale: str, error: str
) -> None:
    """The error says why, and not what the text says."""
    with pytest.raises(ValueError, match=error) as caught:
        sounds.speech(text, locale=locale)
    assert "Hej" not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["", "beep", "sound", "sound/", "local/", "sound/a b", "en_US/", "en_us/a"]
)
def test_any_other_word_is_no_sound(name: str) -> None:
    """`beep` alone is a mistake that others have made."""
    assert not sounds.is_sound(name)
    assert not sounds.is_local(name)
