"""The bytes behind what a person named: a media item, a file, or an address.

A cellar of what makes pictures and sounds fit. It looks at no byte, and its errors name no
field: whoever asked knows what was to be had, and tells the person.
"""

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from aiohttp import ClientError, ClientResponse, ClientTimeout, hdrs
from homeassistant.components import media_source
from homeassistant.components.media_player import async_process_play_media_url
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from yarl import URL

from .address import is_public_host
from .const import LOGGER

# A camera's raw still has twenty megabytes, and so have ten minutes of the best MP3.
INPUT_BYTES_AT_MOST: Final = 25 * 1024 * 1024
# A person waits, and perhaps an alarm.
FETCH_SECONDS: Final = 15
REDIRECTS_AT_MOST: Final = 3


class Why(StrEnum):
    """Why there is nothing to be had."""

    UNKNOWN = "unknown"
    """It names nothing that could be fetched."""
    NOT_ALLOWED = "not_allowed"
    """Home Assistant may not read it, or may not be led there."""
    UNREACHABLE = "unreachable"
    """It is not there, or not now."""
    TOO_LARGE = "too_large"
    """It has more bytes than anything fitting would have."""


class Unfetched(Exception):
    """There is nothing to be had."""

    def __init__(self, why: Why) -> None:
        """Say why."""
        super().__init__(why)
        self.why = why


async def async_fetch(hass: HomeAssistant, asked: str) -> bytes:
    """Return the bytes of what is meant.

    Raises:
        Unfetched: why there are none.
    """
    if media_source.is_media_source_id(asked):
        return await _async_media(hass, asked)
    if asked.startswith(("http://", "https://")):
        return await _async_get(hass, asked)
    path = unquote(asked[7:]) if asked.startswith("file://") else asked
    return await hass.async_add_executor_job(_read_allowed, hass, path)


def checked(content: bytes) -> bytes:
    """Return what is no larger than it may be.

    Raises:
        Unfetched: it is too large.
    """
    if len(content) > INPUT_BYTES_AT_MOST:
        raise Unfetched(Why.TOO_LARGE)
    return content


async def _async_media(hass: HomeAssistant, media_content_id: str) -> bytes:
    """Return what a media item holds."""
    try:
        media = await media_source.async_resolve_media(hass, media_content_id, None)
        if media.path is not None:
            return await hass.async_add_executor_job(_read, media.path)
        url = async_process_play_media_url(hass, media.url)
    except HomeAssistantError as err:
        raise Unfetched(Why.UNREACHABLE) from err
    return await _async_get(hass, url)


def _read_allowed(hass: HomeAssistant, path: str) -> bytes:
    """Read a file, if Home Assistant may show it around; others it may not even look for."""
    if not path.startswith("/") or "\0" in path:
        raise Unfetched(Why.UNKNOWN)
    if not hass.config.is_allowed_path(path):
        raise Unfetched(Why.NOT_ALLOWED)
    return _read(Path(path))


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise Unfetched(Why.UNREACHABLE)
        if path.stat().st_size > INPUT_BYTES_AT_MOST:
            raise Unfetched(Why.TOO_LARGE)
        return path.read_bytes()
    except OSError as err:
        raise Unfetched(Why.UNREACHABLE) from err


async def _async_get(hass: HomeAssistant, address: str) -> bytes:
    """Fetch what an address holds; only whoever asks may send this home to a host of its own network."""
    session = async_get_clientsession(hass)
    try:
        url = URL(address)
        if url.user or url.password or not url.host:
            raise Unfetched(Why.NOT_ALLOWED)
        for _ in range(REDIRECTS_AT_MOST + 1):
            async with session.get(
                url,
                allow_redirects=False,
                timeout=ClientTimeout(total=FETCH_SECONDS),
            ) as response:
                location = response.headers.get(hdrs.LOCATION)
                if location is None:
                    return await _async_body(response)
                onward = url.join(URL(location))
            if onward.host != url.host and not await _async_is_public(hass, onward):
                raise Unfetched(Why.NOT_ALLOWED)
            url = onward
    except (ClientError, TimeoutError, OSError, ValueError) as err:
        # Its text may hold an address with secrets.
        LOGGER.debug("What a person named cannot be fetched: %s", type(err).__name__)
    raise Unfetched(Why.UNREACHABLE)


async def _async_is_public(hass: HomeAssistant, url: URL) -> bool:
    """Tell whether an address leads nowhere into this home, by its name and all it stands for."""
    if not url.host or not is_public_host(url.host):
        return False
    found = await hass.loop.getaddrinfo(url.host, url.port)
    return all(ip_address(address[0]).is_global for *_, address in found)


async def _async_body(response: ClientResponse) -> bytes:
    """Read an answer, but not to an end that is too far."""
    if not response.ok:
        raise Unfetched(Why.UNREACHABLE)
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > INPUT_BYTES_AT_MOST:
            raise Unfetched(Why.TOO_LARGE)
    return bytes(body)
