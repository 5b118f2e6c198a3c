"""Pictures that are to be sent: found where a person says they are, and made to fit.

46elks takes a picture in the request itself (46elks: send-mms), so nothing has to be
reachable from outside. It takes GIF, PNG and JPEG; what is one of these and small enough
goes as it is, to the last byte.
"""

import base64
from io import BytesIO
from pathlib import Path
import re
from typing import Final
from urllib.parse import unquote

from aiohttp import ClientError, ClientResponse, ClientTimeout, hdrs
from homeassistant.components import image, media_source
from homeassistant.components.media_player import async_process_play_media_url
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from PIL import Image, ImageOps
from yarl import URL

from .address import is_public_host
from .const import DOMAIN, LOGGER, picture_type

# 46elks states no limit. Three hundred kilobytes is what the standard asks of every phone
# that can do pictures with video (OMA MMS Conformance, class Video Rich); operators turn
# away larger ones, or make them small in ways of their own.
PICTURE_BYTES_AT_MOST: Final = 300 * 1024
# A camera's raw still has twenty megabytes; nothing larger is worth reading to shrink it.
INPUT_BYTES_AT_MOST: Final = 25 * 1024 * 1024
# Three bytes a pixel when decoded: 150 megabytes, which the smallest Home Assistant has.
PIXELS_AT_MOST: Final = 50_000_000
# More than any phone shows; smaller files need fewer tries to fit.
SIDE_AT_MOST: Final = 1600
JPEG_QUALITY: Final = 85
# A person waits, and perhaps an alarm.
FETCH_SECONDS: Final = 15
REDIRECTS_AT_MOST: Final = 3

# What Pillow may try: none that starts other programs or reads other files.
FORMATS: Final = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
_ENTITY: Final = re.compile(
    r"(?:media-source://(?:camera|image)/)?((camera|image)\.\w+)"
)


async def async_data_url(hass: HomeAssistant, asked: str) -> str:
    """Return the picture that is meant, as 46elks takes it.

    Raises:
        ServiceValidationError: what is wrong with it.
    """
    content = await _async_content(hass, asked.strip())
    if len(content) > INPUT_BYTES_AT_MOST:
        raise _invalid("image_too_large")
    fitting, mime_type = await hass.async_add_executor_job(fit, content)
    return f"data:{mime_type};base64,{base64.b64encode(fitting).decode()}"


def fit(content: bytes) -> tuple[bytes, str]:
    """Return a picture that 46elks and phones take, and of which kind it is.

    It blocks, so it is for the executor.

    Raises:
        ServiceValidationError: no picture, or too many pixels to decode.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as picture:
            # The head of the file tells, before anything is decoded.
            if picture.width * picture.height > PIXELS_AT_MOST:
                raise _invalid("image_too_large")
            picture.load()
            kind = picture_type(content)
            if kind is not None and len(content) <= PICTURE_BYTES_AT_MOST:
                return content, kind
            return _small_jpeg(picture), "image/jpeg"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as err:
        raise _invalid("image_too_large") from err
    except (OSError, SyntaxError, ValueError) as err:
        # Pillow's own for what it does not know, and for what breaks off.
        raise _invalid("image_no_picture") from err


def _small_jpeg(picture: Image.Image) -> bytes:
    """Return the picture upright, without what it told of camera and place, and small enough."""
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    upright.thumbnail((SIDE_AT_MOST, SIDE_AT_MOST))
    # What can be seen through is white, as on paper.
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright)
    while len(jpeg := _jpeg(flat)) > PICTURE_BYTES_AT_MOST:
        flat.thumbnail((max(flat.size) * 3 // 4, max(flat.size) * 3 // 4))
    return jpeg


def _jpeg(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()


async def _async_content(hass: HomeAssistant, asked: str) -> bytes:
    """Return the bytes of what is meant."""
    if entity := _ENTITY.fullmatch(asked):
        return await _async_entity(hass, entity[1], entity[2])
    if media_source.is_media_source_id(asked):
        return await _async_media(hass, asked)
    if asked.startswith(("http://", "https://")):
        return await _async_fetch(hass, asked)
    path = unquote(asked.removeprefix("file://"))
    return await hass.async_add_executor_job(_read_allowed, hass, path)


async def _async_entity(hass: HomeAssistant, entity_id: str, domain: str) -> bytes:
    """Return what a camera sees, or an image entity shows."""
    if domain not in hass.config.components:
        raise _invalid("image_unreachable")
    try:
        if domain == image.DOMAIN:
            return (await image.async_get_image(hass, entity_id)).content
        # Importing it brings a library along that not every home has.
        from homeassistant.components import camera  # noqa: PLC0415

        return (await camera.async_get_image(hass, entity_id)).content
    except HomeAssistantError as err:
        raise _invalid("image_unreachable") from err


async def _async_media(hass: HomeAssistant, media_content_id: str) -> bytes:
    """Return what a media item holds."""
    try:
        if get_image := getattr(media_source, "async_get_media_image", None):
            # From 2026.11 on: one picture of what would be a stream of them.
            if still := await get_image(hass, media_content_id):
                return bytes(still.content)
        media = await media_source.async_resolve_media(hass, media_content_id, None)
        if media.path is not None:
            return await hass.async_add_executor_job(_read, media.path)
        url = async_process_play_media_url(hass, media.url)
    except HomeAssistantError as err:
        raise _invalid("image_unreachable") from err
    return await _async_fetch(hass, url)


def _read_allowed(hass: HomeAssistant, path: str) -> bytes:
    """Read a file, if Home Assistant may show it around; others it may not even look for."""
    if not path.startswith("/") or "\0" in path:
        raise _invalid("image_unknown")
    if not hass.config.is_allowed_path(path):
        raise _invalid("image_not_allowed")
    return _read(Path(path))


def _read(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise _invalid("image_unreachable")
        if path.stat().st_size > INPUT_BYTES_AT_MOST:
            raise _invalid("image_too_large")
        return path.read_bytes()
    except OSError as err:
        raise _invalid("image_unreachable") from err


async def _async_fetch(hass: HomeAssistant, address: str) -> bytes:
    """Fetch a picture; only whoever asks may send this home to a host of its own network."""
    session = async_get_clientsession(hass)
    try:
        url = URL(address)
        if url.user or url.password or not url.host:
            raise _invalid("image_not_allowed")
        for _ in range(REDIRECTS_AT_MOST):
            async with session.get(
                url,
                allow_redirects=False,
                timeout=ClientTimeout(total=FETCH_SECONDS),
            ) as response:
                location = response.headers.get(hdrs.LOCATION)
                if location is None:
                    return await _async_body(response)
                onward = url.join(URL(location))
            if onward.host != url.host and not is_public_host(onward.host or ""):
                raise _invalid("image_not_allowed")
            url = onward
    except (ClientError, TimeoutError, OSError, ValueError) as err:
        # Its text may hold an address with secrets.
        LOGGER.debug("A picture cannot be fetched: %s", type(err).__name__)
    raise _invalid("image_unreachable")


async def _async_body(response: ClientResponse) -> bytes:
    """Read a picture, or a little more than it may have."""
    if not response.ok:
        raise _invalid("image_unreachable")
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > INPUT_BYTES_AT_MOST:
            break
    return bytes(body)


def _invalid(key: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key)
