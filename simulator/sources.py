"""What `play` and `ivr` name: an address, one of 46elks' own sounds, words to speak, or what this call has recorded.

46elks: voice-play.
"""

import asyncio
from collections.abc import Mapping
import re
from typing import Final

from .addresses import Addresses
from .fetches import Fetches
from .sound import BadSourceError, decode
from .tones import beep, keys, murmur

# 46elks does not say how large a sound may be.
MAX_SOUND_BYTES: Final = 16 * 1024 * 1024
_SPOKEN: Final = re.compile(r"en_US/(.+)", re.DOTALL)
MAX_SPOKEN: Final = 180
# As fast as people commonly speak.
_LETTERS_A_SECOND: Final = 15


class Sources:
    """Finds what is to be heard."""

    def __init__(self, addresses: Addresses, fetches: Fetches) -> None:
        """Learn where sound comes from."""
        self._addresses = addresses
        self._fetches = fetches

    async def find(self, source: str, local: Mapping[str, bytes]) -> bytes:
        """Return the samples of a sound, or raise BadSourceError; `local` is what the call has recorded for itself."""
        if source.startswith("local/"):
            samples = local.get(source)
        elif source == "sound/beep":
            samples = beep()
        elif source.startswith("sound/dtmf/"):
            samples = keys(source.removeprefix("sound/dtmf/"))
        elif spoken := _SPOKEN.fullmatch(source):
            short = len(spoken[1]) < MAX_SPOKEN
            samples = murmur(len(spoken[1]) / _LETTERS_A_SECOND) if short else None
        else:
            samples = await self._fetch(source)
        if not samples:
            raise BadSourceError
        return samples

    async def _fetch(self, address: str) -> bytes:
        if not self._addresses.accepts(address):
            raise BadSourceError
        content = await self._fetches.get(address, MAX_SOUND_BYTES)
        if content is None or len(content) > MAX_SOUND_BYTES:
            raise BadSourceError
        return await asyncio.to_thread(decode, content)
