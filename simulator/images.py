"""The pictures of picture messages, as 46elks keeps them.

46elks: get-images.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from .clock import Clock
from .history import History
from .shelf import File
from .wire import Download, Json, Refusal, Request, Routes, stored_time

_FILETYPES: Final = {"image/gif": "gif", "image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One picture of one message."""

    id: str
    message_id: str
    owner: str
    created: datetime
    file: File

    def as_stored(self) -> Json:
        """Return it as 46elks shows it."""
        return {
            "created": stored_time(self.created),
            "filetype": _FILETYPES[self.file.type],
            "mmsid": self.message_id,
            "bytes": self.file.size,
            "id": self.id,
            "digest": self.file.digest,
        }


class Images:
    """The resource `images`."""

    def __init__(self, clock: Clock) -> None:
        """Start without a picture."""
        self._clock = clock
        self._history = History[Image](clock)

    def reset(self) -> None:
        """Forget all pictures."""
        self._history.reset()

    def keep(
        self, message_id: str, owner: str, files: Iterable[File]
    ) -> tuple[Image, ...]:
        """Enter the pictures of a message."""
        return tuple(
            self._history.add(
                Image(
                    id=f"{message_id}-i{index}",
                    message_id=message_id,
                    owner=owner,
                    created=self._clock.stamp(),
                    file=file,
                )
            )
            for index, file in enumerate(files)
        )

    def forget(self, images: Iterable[Image]) -> None:
        """Take pictures out of the history."""
        for image in images:
            self._history.remove(image)

    def routes(self) -> Routes:
        """Return what 46elks offers here; a picture's name ends in .jpg whatever it is."""
        return {
            ("GET", "images"): self._list,
            ("GET", "images/{id}"): self._show,
            ("GET", "images/{id}.jpg"): self._download,
        }

    def _list(self, request: Request) -> Json:
        return self._history.page(request, Image.as_stored)

    def _show(self, request: Request) -> Json:
        return self._history.asked(request).as_stored()

    def _download(self, request: Request) -> Download:
        file = self._history.asked(request).file
        if file.content is None:
            raise Refusal("Not found", HTTPStatus.NOT_FOUND)
        return Download(file.content, file.type)
