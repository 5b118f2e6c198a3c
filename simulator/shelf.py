"""Pictures and sound, byte for byte. They take the memory, so there is an end to what is kept."""

import base64
from dataclasses import dataclass, field
from hashlib import sha1
import secrets
from typing import Final

SHELF_BYTES: Final = 64 * 1024 * 1024
# What even the smallest file takes.
_OVERHEAD_BYTES: Final = 1_024


@dataclass(slots=True, kw_only=True, eq=False)
class File:
    """One file; `content` is None once it has made room for others."""

    id: str = field(default_factory=lambda: secrets.token_hex(16))
    type: str
    content: bytes | None
    size: int
    digest: str

    def data_url(self) -> str | None:
        """Return the whole file as an address, while it is there."""
        if self.content is None:
            return None
        return f"data:{self.type};base64,{base64.b64encode(self.content).decode()}"


class Shelf:
    """All files there are; whoever holds one shares it with all others who do."""

    def __init__(self) -> None:
        """Start empty."""
        self._files: dict[str, File] = {}
        self._taken = 0

    def reset(self) -> None:
        """Throw everything away."""
        self._files.clear()
        self._taken = 0

    def put(self, content: bytes, content_type: str) -> File:
        """Keep a file; the oldest make room for it."""
        file = File(
            type=content_type,
            content=content,
            size=len(content),
            digest=sha1(content, usedforsecurity=False).hexdigest(),
        )
        self._files[file.id] = file
        self._taken += file.size + _OVERHEAD_BYTES
        while self._taken > SHELF_BYTES and len(self._files) > 1:
            oldest = self._files.pop(next(iter(self._files)))
            oldest.content = None
            self._taken -= oldest.size + _OVERHEAD_BYTES
        return file

    def find(self, file_id: str) -> File | None:
        """Return a file by its id, while it is there."""
        return self._files.get(file_id)
