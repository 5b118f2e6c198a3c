"""Sounds that are ready for calls: where 46elks finds them, and for how long.

It belongs to Home Assistant and to no account: a call goes on while its account is set up
anew. A restart empties it, so a call that goes on then has nothing more to play.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Final

from homeassistant.core import CALLBACK_TYPE, HassJob, HomeAssistant, callback
from homeassistant.helpers.event import async_call_later
from homeassistant.util.hass_dict import HassKey

from .const import DOMAIN
from .errors import failed
from .records import Audio

# Six of the longest messages, or an hour of speech at once; the smallest Home Assistant has
# a gigabyte.
BYTES_AT_MOST: Final = 64 * 1024 * 1024
# What is said to those who call may take half of it: strangers decide how many they are.
CALLERS_BYTES_AT_MOST: Final = BYTES_AT_MOST // 2
# 256 bits: nobody guesses that.
TOKEN_BYTES: Final = 32

# Some players go by the end of an address.
_ENDINGS: Final = {"audio/wav": ".wav", "audio/mpeg": ".mp3", "audio/ogg": ".ogg"}


class Stage:
    """Sounds by the token in their address."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Hold nothing."""
        self._hass = hass
        self._sounds: dict[str, Audio] = {}
        self._timers: dict[str, CALLBACK_TYPE] = {}
        self._for_callers: set[str] = set()

    @property
    def size(self) -> int:
        """Return how many bytes are held; a sound that is offered twice is held once."""
        return _size(self._sounds.values())

    @callback
    def async_offer(
        self, audio: Audio, *, lifetime: timedelta | None, for_caller: bool = False
    ) -> str:
        """Hold a sound until it is withdrawn, or its time is over, and return its token.

        With `for_caller` it is for one who has called, and takes no room of calls of ours.

        Raises:
            HomeAssistantError: there is no more room; what is offered already stays.
        """
        token = token_urlsafe(TOKEN_BYTES)
        self._sounds[token] = audio
        if for_caller:
            self._for_callers.add(token)
        of_callers = _size(self._sounds[one] for one in self._for_callers)
        if self.size > BYTES_AT_MOST or of_callers > CALLERS_BYTES_AT_MOST:
            self.async_withdraw(token)
            raise failed("audio_crowded")

        self.async_keep(token, lifetime)
        return token + _ENDINGS.get(audio.mime_type, "")

    @callback
    def async_keep(self, token: str, lifetime: timedelta | None) -> None:
        """Hold a sound for so long from now on, or until it is withdrawn."""
        token, _, _ = token.partition(".")
        if cancel := self._timers.pop(token, None):
            cancel()
        if lifetime is None:
            return

        @callback
        def expire(_: datetime) -> None:
            self.async_withdraw(token)

        self._timers[token] = async_call_later(
            self._hass, lifetime, HassJob(expire, cancel_on_shutdown=True)
        )

    @callback
    def async_withdraw(self, token: str) -> None:
        """Let a sound go, if it is still there."""
        token, _, _ = token.partition(".")
        self._sounds.pop(token, None)
        self._for_callers.discard(token)
        if cancel := self._timers.pop(token, None):
            cancel()

    @callback
    def async_find(self, token: str) -> Audio | None:
        """Return the sound of a token, with or without the ending."""
        return self._sounds.get(token.partition(".")[0])


def _size(sounds: Iterable[Audio]) -> int:
    different = {id(audio.content): len(audio.content) for audio in sounds}
    return sum(different.values())


DATA_STAGE: Final[HassKey[Stage]] = HassKey(f"{DOMAIN}_stage")


@callback
def async_stage(hass: HomeAssistant) -> Stage:
    """Return the one stage of this home."""
    return hass.data.setdefault(DATA_STAGE, Stage(hass))
