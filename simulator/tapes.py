"""Recordings while they are made.

46elks: voice-record, recordcall, get-recordings.
"""

from typing import TYPE_CHECKING

from .callbacks import Callback
from .calls import Recording
from .faults import CallbackKind
from .legs import MAX_KEPT_SECONDS
from .sound import silence, wav
from .tracks import Track
from .wire import exact_time

if TYPE_CHECKING:
    from .conversation import Conversation


class Tape:
    """Takes down a track from now on; it is in the list at once, and has sound when it is done."""

    def __init__(
        self,
        talk: Conversation,
        track: Track,
        kind: CallbackKind,
        url: str | None,
    ) -> None:
        """Begin."""
        self._talk = talk
        self._track = track
        self._kind = kind
        self.url = url
        self._began = talk.tools.clock.time()
        call = talk.call
        self._recording = Recording(
            id=f"{call.id}-r{len(call.recordings)}",
            call_id=call.id,
            owner=call.owner,
            created=talk.tools.clock.stamp(),
            file=talk.tools.shelf.put(silence(), "audio/wav"),
            duration=0,
        )
        talk.tools.calls.record(call, self._recording)

    def stop(self) -> None:
        """Keep what was said, and tell who wants to know."""
        now = self._talk.tools.clock.time()
        recording = self._recording
        end = min(now, self._began + MAX_KEPT_SECONDS)
        sound = wav(self._track.between(self._began, end))
        recording.file = self._talk.tools.shelf.put(sound, "audio/wav")
        recording.duration = round(now - self._began)
        if self.url is not None:
            fields = {
                **self._talk.told(),
                "created": exact_time(recording.created),
                "duration": str(recording.duration),
                "wav": f"{self._talk.home}/recordings/{recording.id}.wav",
            }
            self._talk.tools.callbacks.post(
                Callback(kind=self._kind, url=self.url, fields=fields)
            )
