"""Pictures that are to be sent: found where a person says they are, and made to fit.

46elks takes a picture in the request itself (46elks: send-mms), so nothing has to be
reachable from outside. It takes GIF, PNG and JPEG; what is one of these and small enough
goes as it is, to the last byte.
"""

import base64
from io import BytesIO
import re
from threading import Lock
from typing import Final, cast

from homeassistant.components import image, media_source
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from PIL import Image

from .const import DOMAIN, LOGGER, picture_type
from .errors import invalid
from .fetch import Unfetched, Why, async_fetch, checked

# 46elks states no limit. Three hundred kilobytes is what the standard asks of every phone
# that can do pictures with video (OMA MMS Conformance, class Video Rich); operators turn
# away larger ones, or make them small in ways of their own.
PICTURE_BYTES_AT_MOST: Final = 300 * 1024
# Decoded whole and copied, with four bytes a pixel: 50 to 160 megabytes, and 260 of WebP
# that can be seen through (measured with Pillow 12). No screen and few cameras have more.
PIXELS_AT_MOST: Final = 16_000_000
# A JPEG can be decoded at an eighth of its size: 40 megabytes. One that was made for slow
# lines (progressive) is held whole meanwhile: 160 megabytes.
JPEG_PIXELS_AT_MOST: Final = 50_000_000
# More than any phone shows; smaller files need fewer tries to fit.
SIDE_AT_MOST: Final = 1600
JPEG_QUALITY: Final = 85
WHITE_OF_16_BITS: Final = (1 << 16) - 1

# What Pillow may try: none that starts other programs or reads other files.
FORMATS: Final = ("AVIF", "BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
# How a picture lies (EXIF 2.32, tag 0x0112), and what sets it upright.
_ORIENTATION: Final = 0x0112
_UPRIGHT: Final[dict[object, Image.Transpose]] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# The whole home makes one picture fit at a time: a family's at once would fill the memory.
_ONE_AT_A_TIME: Final = Lock()
_ENTITY: Final = re.compile(
    r"(?:media-source://(?:camera|image)/)?((camera|image)\.\w+)"
)


class OutOfReachError(ServiceValidationError):
    """A picture cannot be had now; it may be another time."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(translation_domain=DOMAIN, translation_key="image_unreachable")


async def async_data_url(hass: HomeAssistant, asked: str) -> str:
    """Return the picture that is meant, as 46elks takes it.

    Raises:
        OutOfReachError: it cannot be had now.
        ServiceValidationError: what is wrong with it.
    """
    try:
        content = checked(await _async_content(hass, asked.strip()))
    except Unfetched as err:
        if err.why is Why.UNREACHABLE:
            raise OutOfReachError from err
        raise invalid(
            {
                Why.UNKNOWN: "image_unknown",
                Why.NOT_ALLOWED: "image_not_allowed",
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
        with (
            _ONE_AT_A_TIME,
            Image.open(BytesIO(content), formats=FORMATS) as picture,
        ):
            kind = picture_type(content)
            _check_size(picture, kind)
            picture.draft(None, _small(picture.size))
            picture.load()
            if kind is not None and len(content) <= PICTURE_BYTES_AT_MOST:
                return content, kind
            return _small_jpeg(picture), "image/jpeg"
    except ServiceValidationError:
        raise
    except (
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
        MemoryError,
    ) as err:
        raise invalid("image_too_large") from err
    except Exception as err:
        # Broken files make Pillow raise anything, of its own and of what it is made of.
        LOGGER.debug("A picture cannot be read: %s", type(err).__name__)
        raise invalid("image_no_picture") from err


def _check_size(picture: Image.Image, kind: str | None) -> None:
    """Refuse too many pixels: the head of the file tells, before anything is decoded."""
    at_most = JPEG_PIXELS_AT_MOST if kind == "image/jpeg" else PIXELS_AT_MOST
    if picture.width * picture.height > at_most:
        raise invalid("image_too_large")


def _small(size: tuple[int, int]) -> tuple[int, int]:
    """Return a size in its proportions, as large as is ever sent."""
    longest = max(*size, SIDE_AT_MOST)
    width, height = (max(1, side * SIDE_AT_MOST // longest) for side in size)
    return width, height


def _small_jpeg(picture: Image.Image) -> bytes:
    """Return the picture upright, without what it told of camera and place, and small enough."""
    turn = _turn(picture)
    if picture.has_transparency_data and picture.mode not in ("RGBA", "LA"):
        picture = picture.convert("RGBA")
    elif picture.mode in ("1", "P"):
        picture = picture.convert("RGB")
    elif picture.mode.startswith("I;16"):
        picture = picture.convert("I")
    # Small first, so that all that follows takes little.
    small = picture.resize(_small(picture.size), Image.Resampling.BICUBIC, None, 2.0)
    if turn is not None:
        small = small.transpose(turn)
    if small.mode in ("I", "F"):
        small = _eight_bits(small)
    # What can be seen through is white, as on paper.
    flat = Image.new("RGB", small.size, "white")
    if small.has_transparency_data:
        seen = small.convert("RGBA")
        flat.paste(seen, mask=seen)
    else:
        flat.paste(small.convert("RGB"))
    while len(jpeg := _jpeg(flat)) > PICTURE_BYTES_AT_MOST:
        flat.thumbnail((max(flat.size) * 3 // 4, max(flat.size) * 3 // 4))
    return jpeg


def _turn(picture: Image.Image) -> Image.Transpose | None:
    """Return what sets a picture upright, None where nothing does or that cannot be read."""
    try:
        return _UPRIGHT.get(picture.getexif().get(_ORIENTATION))
    except Exception as err:  # noqa: BLE001 - as with the picture itself
        LOGGER.debug("How a picture lies cannot be read: %s", type(err).__name__)
        return None


def _eight_bits(picture: Image.Image) -> Image.Image:
    """Return a picture of finer or endless greys in those that a screen has.

    Sixteen bits are measured as such, and what knows no end from its darkest to its lightest.
    """
    # Of one band it is one pair.
    darkest, lightest = cast(tuple[float, float], picture.getextrema())
    if picture.mode == "I" and darkest >= 0 and lightest <= WHITE_OF_16_BITS:
        darkest, lightest = 0, WHITE_OF_16_BITS
    scale = 255 / ((lightest - darkest) or 1)
    shown = picture.convert("F").point(lambda grey: grey * scale - darkest * scale)
    return shown.convert("L")


def _jpeg(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return buffer.getvalue()


async def _async_content(hass: HomeAssistant, asked: str) -> bytes:
    """Return the bytes of what is meant."""
    if entity := _ENTITY.fullmatch(asked):
        return await _async_entity(hass, entity[1], entity[2])
    if media_source.is_media_source_id(asked) and (
        still := await _async_still(hass, asked)
    ):
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
