"""Pictures that are to be sent: found where a person says they are, and made to fit.

46elks takes a picture in the request itself (46elks: send-mms), so nothing has to be
reachable from outside. It takes GIF, PNG and JPEG; what is one of these and small enough
goes as it is, to the last byte.
"""

import base64
from io import BytesIO
import re
from typing import Final

from homeassistant.components import image, media_source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from PIL import Image, ImageOps

from .const import DOMAIN, picture_type
from .fetch import Unfetched, Why, async_fetch, checked

# 46elks states no limit. Three hundred kilobytes is what the standard asks of every phone
# that can do pictures with video (OMA MMS Conformance, class Video Rich); operators turn
# away larger ones, or make them small in ways of their own.
PICTURE_BYTES_AT_MOST: Final = 300 * 1024
# Three bytes a pixel when decoded: 150 megabytes, which the smallest Home Assistant has.
PIXELS_AT_MOST: Final = 50_000_000
# More than any phone shows; smaller files need fewer tries to fit.
SIDE_AT_MOST: Final = 1600
JPEG_QUALITY: Final = 85

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
    try:
        content = checked(await _async_content(hass, asked.strip()))
    except Unfetched as err:
        raise _invalid(
            {
                Why.UNKNOWN: "image_unknown",
                Why.NOT_ALLOWED: "image_not_allowed",
                Why.UNREACHABLE: "image_unreachable",
                Why.TOO_LARGE: "image_too_large",
            }[err.why]
        ) from err
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
        if still := await _async_still(hass, asked):
            return still
    return await async_fetch(hass, asked)


async def _async_entity(hass: HomeAssistant, entity_id: str, domain: str) -> bytes:
    """Return what a camera sees, or an image entity shows."""
    if domain not in hass.config.components:
        raise Unfetched(Why.UNREACHABLE)
    try:
        if domain == image.DOMAIN:
            return (await image.async_get_image(hass, entity_id)).content
        # Importing it brings a library along that not every home has.
        from homeassistant.components import camera  # noqa: PLC0415

        return (await camera.async_get_image(hass, entity_id)).content
    except HomeAssistantError as err:
        raise Unfetched(Why.UNREACHABLE) from err


async def _async_still(hass: HomeAssistant, media_content_id: str) -> bytes | None:
    """Return one picture of a media item that would be a stream of them, if it is such."""
    # From 2026.11 on.
    if get_image := getattr(media_source, "async_get_media_image", None):
        try:
            still = await get_image(hass, media_content_id)
        except HomeAssistantError as err:
            raise Unfetched(Why.UNREACHABLE) from err
        return bytes(still.content) if still else None
    return None


def _invalid(key: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key)
