"""What a call says that must be placed whatever fails.

An alarm that cannot be read aloud must still ring. Then 46elks' own voice speaks, which is
English, and where the words are not known any more a beep asks for the key.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util.hass_dict import HassKey

from .api import sounds
from .audio import LEAD_IN_SECONDS, async_audio, async_spoken, led_in
from .const import DOMAIN, LOGGER
from .records import Audio, CallPlan, Words

if TYPE_CHECKING:
    from .repertoire import Repertoire

# 46elks documents this voice alone.
LOCALE: Final = "en_US"
# As slowly as the voice of 46elks may read; only what a call may cost is worked out of it.
LETTERS_A_SECOND: Final = 10
BEEP_SECONDS: Final = 1

DATA_WORDS: Final[HassKey[dict[str, Words]]] = HassKey(f"{DOMAIN}_words")


@callback
def async_words(hass: HomeAssistant) -> dict[str, Words]:
    """Return the words of what is under way, by its reference.

    They belong to Home Assistant and to no account: those that may not be stored survive
    the set-up of an account, though no restart.
    """
    return hass.data.setdefault(DATA_WORDS, {})


async def async_sounds(hass: HomeAssistant, words: Words | None) -> Sequence[Audio]:
    """Return what a call plays, as well as can be: there always is something."""
    try:
        if words is not None and words.media is not None:
            return led_in(await async_audio(hass, words.media))
        if words is not None and words.message is not None:
            return led_in(
                await async_spoken(
                    hass,
                    words.message,
                    engine=words.engine,
                    language=words.language,
                    voice=words.voice,
                )
            )
    except HomeAssistantError as err:
        LOGGER.warning("A call is spoken by 46elks instead: %s", err)
    return spoken_by_46elks(words)


def spoken_by_46elks(words: Words | None) -> Sequence[Audio]:
    """Return what 46elks can say without this home: as many words as it speaks, or a beep."""
    lead_in = Audio(
        content=b"",
        mime_type="",
        duration=LEAD_IN_SECONDS,
        name=sounds.silence(round(LEAD_IN_SECONDS * 1000)),
    )
    said = words and (words.message or words.text)
    at_most = sounds.LONGEST_SPEECH - len(f"{LOCALE}/")
    text = " ".join((said or "").split())[:at_most].strip()
    name = sounds.speech(text, locale=LOCALE) if text else sounds.BEEP
    seconds = len(text) / LETTERS_A_SECOND or BEEP_SECONDS
    return lead_in, Audio(content=b"", mime_type="", duration=seconds, name=name)


@contextmanager
def staged(
    repertoire: Repertoire,
    audio: Sequence[Audio],
    words: Words | None,
    *,
    repeat: int,
    ring_timeout: int,
    acknowledge: str | None,
) -> Iterator[CallPlan]:
    """Have sounds ready; those that 46elks could not fetch from here it speaks itself."""

    def stage(audio: Sequence[Audio]) -> CallPlan:
        return stack.enter_context(
            repertoire.staged(
                audio, repeat=repeat, ring_timeout=ring_timeout, acknowledge=acknowledge
            )
        )

    with ExitStack() as stack:
        try:
            plan = stage(audio)
        except HomeAssistantError as err:
            LOGGER.warning("A call is spoken by 46elks instead: %s", err)
            plan = stage(spoken_by_46elks(words))
        yield plan
