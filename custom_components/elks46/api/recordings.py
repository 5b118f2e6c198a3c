"""What was recorded of calls.

Follows https://46elks.com/docs/get-recordings.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Self

from .fields import Fields, identifier, integer, optional, time, whole
from .resource import Resource, Unreadable, segment, span

MAX_RECORDING_BYTES: Final = 64 * 1024 * 1024
"""Over an hour: a second has 8,000 samples of two bytes."""

MIN_RECORDING_BYTES: Final = 100
"""Of a recording that is not there yet 46elks sends less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """What 46elks knows of the sound of a call that it keeps."""

    id: str
    call_id: str
    created: datetime
    duration: int | None
    """In seconds."""
    size: int | None
    """In bytes."""

    @classmethod
    def from_api(cls, data: Fields) -> Self:
        """Read a recording as 46elks writes it."""
        recording_id = identifier(data, "id")
        return cls(
            id=recording_id,
            call_id=optional(identifier, data, "callid") or whole(recording_id),
            created=time(data, "created"),
            duration=optional(integer, data, "duration"),
            size=optional(integer, data, "bytes"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingReady:
    """Something was recorded and can be fetched for some days."""

    call_id: str
    recording_id: str
    caller: str | None = field(repr=False)
    callee: str | None = field(repr=False)
    url: str
    """Of the WAV file, which takes the account's login."""
    duration: int | None
    """In seconds."""
    created: datetime


class RecordingsResource(Resource):
    """What was recorded of calls."""

    def history(
        self,
        after: datetime | None,
        *,
        before: datetime | None = None,
        unreadable: Unreadable | None = None,
    ) -> AsyncIterator[Recording]:
        """Yield what can be read of the recordings of a span of time, newest first."""
        return self._readable(
            "recordings", Recording.from_api, span(after, before), unreadable
        )

    async def get(self, recording_id: str) -> Recording:
        """Return what 46elks knows of one recording."""
        return Recording.from_api(
            await self._client.request("GET", f"recordings/{segment(recording_id)}")
        )

    async def download(
        self, url_or_id: str, *, max_bytes: int = MAX_RECORDING_BYTES
    ) -> bytes | None:
        """Return the WAV file of a recording, None while it is not there yet.

        Raises:
            ElksInvalidDataError: an address that is not one of the API's recordings, or
                more than so many bytes.
        """
        recording_id = self._client.id_at("recordings", url_or_id)
        sound = await self._client.download(
            f"recordings/{segment(recording_id)}.wav", max_bytes=max_bytes
        )
        return sound if len(sound) >= MIN_RECORDING_BYTES else None
