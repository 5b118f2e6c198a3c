"""Pictures as they come: in a data URL, or from an address 46elks fetches them from.

46elks: send-mms. What a picture is, its first bytes tell, whatever it is said to be.
"""

import base64
import binascii
from http import HTTPStatus
import re
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from .addresses import Addresses
from .shelf import File, Shelf
from .wire import Refusal

# 46elks does not say how large a picture may be.
MAX_PICTURE_BYTES: Final = 8 * 1024 * 1024
# 46elks does not say how long it waits for a picture. Real seconds, as for callbacks.
FETCH_SECONDS: Final = 10.0
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

    def __init__(self, addresses: Addresses, shelf: Shelf) -> None:
        """Be ready to fetch once opened."""
        self._addresses = addresses
        self._shelf = shelf
        self._session: ClientSession
        self._lives = 0

    def open(self) -> None:
        """Get ready to connect."""
        self._session = ClientSession(
            timeout=ClientTimeout(total=FETCH_SECONDS),
            headers={"User-Agent": "46elks simulator"},
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    def reset(self) -> None:
        """Have no use any more for what is being fetched."""
        self._lives += 1

    async def take(self, image: str) -> File:
        """Return the picture that a parameter holds or names."""
        if image[:5].lower() == "data:":
            if (content := read_data_url(image)) is None:
                raise Refusal("Invalid value for image, not a data URL")
        elif self._addresses.accepts(image):
            content = await self._fetch(image)
        else:
            raise Refusal("Invalid value for image, not a URL")
        if len(content) > MAX_PICTURE_BYTES:
            raise Refusal(f"Too long image, at most {MAX_PICTURE_BYTES} bytes")
        if (kind := picture_type(content)) is None:
            raise Refusal("Invalid value for image, not a GIF, PNG or JPEG")
        return self._shelf.put(content, kind)

    async def _fetch(self, address: str) -> bytes:
        """Get a picture, or a byte more than it may have; a redirect is not followed."""
        life = self._lives
        content = bytearray()
        try:
            async with self._session.get(
                URL(address, encoded=address.isascii()), allow_redirects=False
            ) as response:
                found = response.status == HTTPStatus.OK
                while found and len(content) <= MAX_PICTURE_BYTES:
                    if not (chunk := await response.content.readany()):
                        break
                    content += chunk
        except ClientError, TimeoutError, OSError, ValueError:
            found = False
        if not found or life != self._lives:
            raise Refusal("Invalid value for image, it could not be fetched")
        return bytes(content)
