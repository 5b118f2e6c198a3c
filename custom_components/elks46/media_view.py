"""The door where 46elks fetches what it plays, one sound by its unguessable address.

Registered once and for all accounts: Home Assistant takes no view away again.
"""

from http import HTTPStatus
from typing import Final

from aiohttp import hdrs
from aiohttp.web import HTTPNotFound, Request, Response
from homeassistant.components.http import HomeAssistantView
from homeassistant.core import HomeAssistant, callback

from .const import MEDIA_PATH
from .stage import Stage, async_stage

# Who has heard it needs it no more, and the address is good for one call.
_HEADERS: Final = {hdrs.CACHE_CONTROL: "no-store", hdrs.ACCEPT_RANGES: "bytes"}


@callback
def async_open(hass: HomeAssistant) -> None:
    """Open the door."""
    hass.http.register_view(MediaView(async_stage(hass)))


class MediaView(HomeAssistantView):
    """Serves what is on the stage; who knows the token may have it."""

    url = f"{MEDIA_PATH}/{{token}}"
    name = "api:elks46:media"
    requires_auth = False

    def __init__(self, stage: Stage) -> None:
        """Serve what a stage holds."""
        self._stage = stage

    async def get(self, request: Request, token: str) -> Response:
        """Return a sound or a part of it.

        Raises:
            HTTPNotFound: there is none, which is told as of an address where nothing ever is.
        """
        audio = self._stage.async_find(token)
        if audio is None:
            raise HTTPNotFound
        content, size = audio.content, len(audio.content)
        part = _part(request, size)
        if part is None:
            return Response(
                body=content, content_type=audio.mime_type, headers=_HEADERS
            )
        if not part:
            return Response(
                status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
                headers=_HEADERS | {hdrs.CONTENT_RANGE: f"bytes */{size}"},
            )
        where = f"bytes {part.start}-{part.stop - 1}/{size}"
        return Response(
            status=HTTPStatus.PARTIAL_CONTENT,
            body=content[part.start : part.stop],
            content_type=audio.mime_type,
            headers=_HEADERS | {hdrs.CONTENT_RANGE: where},
        )

    # The server leaves the body out by itself.
    head = get

    async def refuse(self, request: Request, token: str) -> Response:
        """Tell nobody that there is a door.

        Raises:
            HTTPNotFound: as where nothing ever is; aiohttp itself would tell what may be asked.
        """
        raise HTTPNotFound

    # OPTIONS is Home Assistant's own: it tells browsers who may ask.
    delete = patch = post = put = refuse


def _part(request: Request, size: int) -> range | None:
    """Return the part that is asked for, empty for one that is not there, None for all of it."""
    if hdrs.RANGE not in request.headers or hdrs.IF_RANGE in request.headers:
        return None
    try:
        asked = request.http_range
    except ValueError:
        # Several parts at once, or nonsense: all of it is an answer to that too.
        return None
    return range(size)[asked.start : asked.stop]
