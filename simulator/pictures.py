"""Pictures as they come: in a data URL, or from an address 46elks fetches them from.

46elks: send-mms. What a picture is, its first bytes tell, whatever it is said to be.
"""

import base64
import binascii
import re
from typing import Final

from .addresses import Addresses
from .fetches import Fetches
from .shelf import File, Shelf
from .wire import Refusal

# 46elks does not say how large a picture may be.
MAX_PICTURE_BYTES: Final = 8 * 1024 * 1024
_BEGINNINGS: Final = {
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
_DATA_URL: Final = re.compile(r"data:[^,]*;base64,", re.ASCII | re.IGNORECASE)


def picture_type(content: bytes) -> str | None:
    """Return which of the three kinds of pictures this is, if any."""
    return next(
        (kind for start, kind in _BEGINNINGS.items() if content.startswith(start)),
        None,
    )


def read_data_url(value: str) -> bytes | None:
    """Return what a data URL holds, or None where it is none in base64."""
    if (start := _DATA_URL.match(value)) is None:
        return None
    try:
        return base64.b64decode(value[start.end() :], validate=True)
    except binascii.Error, ValueError:
        return None


class Pictures:
    """Takes the pictures that are to be sent."""

    def __init__(self, addresses: Addresses, fetches: Fetches, shelf: Shelf) -> None:
        """Learn where pictures come from and where they are kept."""
        self._addresses = addresses
        self._fetches = fetches
        self._shelf = shelf

    async def take(self, image: str) -> File:
        """Return the picture that a parameter holds or names."""
        if image[:5].lower() == "data:":
            if (content := read_data_url(image)) is None:
                raise Refusal("Invalid value for image, not a data URL")
        elif self._addresses.accepts(image):
            content = await self._fetches.get(image, MAX_PICTURE_BYTES)
            if content is None:
                raise Refusal("Invalid value for image, it could not be fetched")
        else:
            raise Refusal("Invalid value for image, not a URL")
        if len(content) > MAX_PICTURE_BYTES:
            raise Refusal(f"Too long image, at most {MAX_PICTURE_BYTES} bytes")
        if (kind := picture_type(content)) is None:
            raise Refusal("Invalid value for image, not a GIF, PNG or JPEG")
        return self._shelf.put(content, kind)
