"""The images of picture messages.

Follows https://46elks.com/docs/get-images.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from .fields import Fields, identifier, integer, optional, text, time, whole
from .resource import Resource, segment, span

MAX_IMAGE_BYTES: Final = 8 * 1024 * 1024
"""46elks states no limit; operators carry a few hundred kilobytes a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What 46elks knows of a picture that came in or went out."""

    id: str
    message_id: str
    filetype: str | None
    size: int | None
    """In bytes."""
    digest: str | None
    """SHA-1, in hexadecimal digits."""
    created: datetime

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read an image as 46elks writes it."""
        image_id = identifier(data, "id")
        return cls(
            id=image_id,
            message_id=optional(identifier, data, "mmsid") or whole(image_id),
            filetype=optional(text, data, "filetype"),
            size=optional(integer, data, "bytes"),
            digest=optional(text, data, "digest"),
            created=time(data, "created"),
        )


class ImagesResource(Resource):
    """The images of picture messages."""

    def history(
        self, after: datetime | None, *, before: datetime | None = None
    ) -> AsyncIterator[Image]:
        """Yield what can be read of the images of a span of time, newest first."""
        return self._readable("images", Image.from_api, span(after, before))

    async def get(self, image_id: str) -> Image:
        """Return what 46elks knows of one image."""
        return Image.from_api(
            await self._client.request("GET", f"images/{segment(image_id)}")
        )

    async def download(
        self, url_or_id: str, *, max_bytes: int = MAX_IMAGE_BYTES
    ) -> bytes:
        """Return the bytes of an image, whose name ends in `.jpg` whatever it is.

        Raises:
            ElksInvalidDataError: an address that is not one of the API's images, or more
                than so many bytes.
        """
        image_id = self._client.id_at("images", url_or_id)
        return await self._client.download(
            f"images/{segment(image_id)}.jpg", max_bytes=max_bytes
        )
