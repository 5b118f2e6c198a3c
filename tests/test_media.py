"""Pictures that are to be sent: found where a person says, and made to fit."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
import struct
import subprocess
import sys
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, patch

from aiohttp import web
from aiohttp.test_utils import TestServer
from homeassistant.components import camera, image as image_component, media_source
from homeassistant.components.media_source import PlayMedia, Unresolvable
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.setup import async_setup_component
from PIL import Image
import pytest
from yarl import URL

from custom_components.elks46 import fetch
from custom_components.elks46.media import (
    PICTURE_BYTES_AT_MOST,
    SIDE_AT_MOST,
    async_data_url,
)

from . import data_url, drawn, noise

PICTURE = drawn()
OTHER = drawn(9, 9)
# What it ends with, a picture is not to go as it is.
PADDING = b"\0" * PICTURE_BYTES_AT_MOST
# What a phone writes down that was held on its side: turn it by a quarter.
HELD_UPRIGHT = Image.Exif()
HELD_UPRIGHT[0x0112] = 6
type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest.fixture(autouse=True)
async def media_browser(hass: HomeAssistant) -> None:
    """Let Home Assistant have media, as every one has."""
    assert await async_setup_component(hass, "media_source", {})


@pytest.fixture
def allowed(hass: HomeAssistant, tmp_path: Path) -> Path:
    """Return a folder whose files Home Assistant may show around."""
    folder = tmp_path / "allowed"
    folder.mkdir()
    hass.config.allowlist_external_dirs = {str(folder)}
    return folder


def put(folder: Path, content: bytes, name: str = "picture") -> str:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(content)
    return str(path)


def opened(sent: str) -> Image.Image:
    """Return the picture in a data URL."""
    head, _, content = sent.partition(",")
    picture = Image.open(BytesIO(base64.b64decode(content)))
    picture.load()
    assert head == f"data:image/{str(picture.format).lower()};base64"
    return picture


def size(sent: str) -> int:
    """Return how many bytes a data URL holds."""
    return len(base64.b64decode(sent.partition(",")[2]))


async def refused(hass: HomeAssistant, asked: str) -> str:
    """Return what a person is told of a picture that cannot be sent."""
    with pytest.raises(ServiceValidationError) as error:
        await async_data_url(hass, asked)
    return str(error.value.translation_key)


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        ("PNG", {}),
        ("GIF", {}),
        ("JPEG", {}),
        pytest.param("JPEG", {"exif": HELD_UPRIGHT}, id="with EXIF"),
        pytest.param(
            "GIF",
            {"save_all": True, "append_images": [Image.new("RGB", (8, 8))]},
            id="that moves",
        ),
    ],
)
async def test_what_fits_goes_as_it_is(
    hass: HomeAssistant, allowed: Path, kind: str, how: dict[str, Any]
) -> None:
    """To the last byte."""
    content = drawn(kind=kind, **how)

    sent = await async_data_url(hass, put(allowed, content))

    assert sent == data_url(content, f"image/{kind.lower()}")


async def test_what_just_fits_goes_as_it_is(hass: HomeAssistant, allowed: Path) -> None:
    """A byte more, and it is made smaller."""
    fitting = PICTURE + b"\0" * (PICTURE_BYTES_AT_MOST - len(PICTURE))

    assert await async_data_url(hass, put(allowed, fitting)) == data_url(fitting)
    smaller = await async_data_url(hass, put(allowed, fitting + b"\0"))

    assert opened(smaller).format == "JPEG"
    assert opened(smaller).size == (8, 8)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "TIFF", "BMP"])
async def test_other_kinds_become_jpeg(
    hass: HomeAssistant, allowed: Path, kind: str
) -> None:
    """46elks takes three."""
    sent = opened(await async_data_url(hass, put(allowed, drawn(64, 64, kind))))

    assert (sent.format, sent.size) == ("JPEG", (64, 64))


async def test_a_large_picture_is_made_to_fit(
    hass: HomeAssistant, allowed: Path
) -> None:
    """In its proportions, and no larger than a phone shows."""
    large = drawn(2400, 1800, "BMP")

    sent = opened(await async_data_url(hass, put(allowed, large, "large.bmp")))

    assert sent.size == (SIDE_AT_MOST, SIDE_AT_MOST * 3 // 4)


async def test_a_picture_that_cannot_be_packed_gets_smaller_until_it_fits(
    hass: HomeAssistant, allowed: Path
) -> None:
    """Noise is the worst there is."""
    sent = await async_data_url(hass, put(allowed, noise(1500)))

    assert PICTURE_BYTES_AT_MOST // 4 < size(sent) <= PICTURE_BYTES_AT_MOST
    assert opened(sent).size[0] < 1500


@pytest.mark.parametrize("kind", ["TIFF", "JPEG", "WEBP", "PNG"])
async def test_a_picture_on_its_side_is_turned_upright(
    hass: HomeAssistant, allowed: Path, kind: str
) -> None:
    """Phones write down how they were held; not every phone that gets a picture reads it."""
    lying = drawn(2400, 1200, kind, exif=HELD_UPRIGHT) + PADDING

    sent = opened(await async_data_url(hass, put(allowed, lying)))

    assert sent.size == (SIDE_AT_MOST // 2, SIDE_AT_MOST)
    red, _, blue = sent.convert("RGB").getpixel((10, 800))  # type: ignore[misc]
    assert (red > 200, blue > 200) == (False, True)
    assert not sent.getexif()


@pytest.mark.parametrize(
    ("picture", "how"),
    [
        pytest.param(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), {}, id="in part"),
        pytest.param(Image.new("P", (8, 8), 0), {"transparency": 0}, id="one colour"),
    ],
)
async def test_what_can_be_seen_through_is_white(
    hass: HomeAssistant, allowed: Path, picture: Image.Image, how: dict[str, Any]
) -> None:
    """As on paper; black would hide what is written."""
    buffer = BytesIO()
    picture.save(buffer, "PNG", **how)
    path = put(allowed, buffer.getvalue() + PADDING)

    sent = opened(await async_data_url(hass, path))

    assert sent.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"I am a text", id="text"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", id="SVG"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n", id="a program for a printer"),
        pytest.param(PICTURE[:50], id="PNG that breaks off"),
        pytest.param(drawn(99, 99, "JPEG")[:400], id="JPEG that breaks off"),
        pytest.param(b"\xff\xd8\xff\xe0" + b"\0" * 99, id="JPEG by its beginning"),
    ],
)
async def test_what_is_no_picture_is_refused(
    hass: HomeAssistant, allowed: Path, content: bytes
) -> None:
    """Before anything is sent."""
    assert await refused(hass, put(allowed, content)) == "image_no_picture"


@pytest.mark.parametrize("side", [7100, 9600, 13400, 20000])
async def test_a_decompression_bomb_is_not_decoded(
    hass: HomeAssistant, allowed: Path, side: int
) -> None:
    """A few kilobytes would fill the memory; Pillow itself warns late and refuses later."""
    buffer = BytesIO()
    Image.new("1", (side, side)).save(buffer, "PNG")

    with patch("PIL.ImageFile.ImageFile.load", side_effect=AssertionError):
        told = await refused(hass, put(allowed, buffer.getvalue()))

    assert told == "image_too_large"


async def test_what_breaks_the_memory_is_too_large(
    hass: HomeAssistant, allowed: Path
) -> None:
    """A small Home Assistant has little."""
    with patch("PIL.ImageFile.ImageFile.load", side_effect=MemoryError):
        assert await refused(hass, put(allowed, PICTURE)) == "image_too_large"


@pytest.mark.parametrize("error", [RuntimeError, TypeError, struct.error, KeyError])
async def test_whatever_is_raised_over_a_picture_means_that_it_is_none(
    hass: HomeAssistant,
    allowed: Path,
    caplog: pytest.LogCaptureFixture,
    error: type[Exception],
) -> None:
    """Broken files raise anything; the log names which."""
    with patch("PIL.ImageFile.ImageFile.load", side_effect=error("secret")):
        assert await refused(hass, put(allowed, PICTURE)) == "image_no_picture"

    assert error.__name__ in caplog.text
    assert "secret" not in caplog.text


async def test_a_jpeg_may_have_more_pixels_than_others(
    hass: HomeAssistant, allowed: Path
) -> None:
    """It is decoded small; what a phone's camera makes is sent."""
    large = drawn(5000, 3500, "JPEG", quality=100, progressive=False) + PADDING

    sent = opened(await async_data_url(hass, put(allowed, large)))

    assert sent.size == (SIDE_AT_MOST, 1120)
    for kind in ("PNG", "WEBP", "BMP"):
        other = put(allowed, drawn(5000, 3500, kind))
        assert await refused(hass, other) == "image_too_large"


MEASURE = """
import resource, sys
from custom_components.elks46.media import fit

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

content = open(sys.argv[1], "rb").read()
before = peak()
fit(content)
print(peak() - before)
"""


async def test_a_camera_s_picture_takes_little_memory(
    hass: HomeAssistant, allowed: Path
) -> None:
    """Whole it would be 72 megabytes, and as much for each step on the way."""
    path = put(allowed, drawn(6000, 4000, "JPEG") + PADDING)

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MEASURE, path, stdout=subprocess.PIPE
    )
    told, _ = await process.communicate()

    assert int(told) < 60


@pytest.mark.parametrize(
    ("mode", "code", "greys"),
    [
        pytest.param("I;16", "<H", (0, 32767, 65535), id="16 bits"),
        pytest.param("I", "=i", (-70000, 0, 70000), id="32 bits"),
        pytest.param("I", "=i", (0, 32767, 65535), id="16 bits of 32"),
        pytest.param("F", "=f", (0.0, 0.5, 1.0), id="no end"),
    ],
)
async def test_fine_greys_stay_greys(
    hass: HomeAssistant, allowed: Path, mode: str, code: str, greys: tuple[float, ...]
) -> None:
    """As a scanner or a telescope makes them; not black and white."""
    row = b"".join(struct.pack(code, grey) * 32 for grey in greys)
    picture = Image.frombytes(mode, (96, 32), row * 32)
    buffer = BytesIO()
    picture.save(buffer, "TIFF")

    sent = opened(await async_data_url(hass, put(allowed, buffer.getvalue())))

    seen = [sent.convert("L").getpixel((x, 16)) for x in (16, 48, 80)]
    assert seen == [pytest.approx(grey, abs=4) for grey in (0, 127, 255)]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "YCbCr", "RGBA"])
async def test_pictures_of_all_colours_are_sent(
    hass: HomeAssistant, allowed: Path, mode: str
) -> None:
    """Also those of printers and televisions."""
    buffer = BytesIO()
    picture = Image.new("RGB", (64, 64), "white").convert(mode)
    picture.save(buffer, "TIFF", compression="tiff_lzw")

    sent = opened(await async_data_url(hass, put(allowed, buffer.getvalue())))

    assert sent.convert("L").getpixel((32, 32)) == pytest.approx(255, abs=3)


async def test_what_says_wrongly_how_it_lies_is_not_turned(
    hass: HomeAssistant, allowed: Path
) -> None:
    """It is a picture all the same."""
    path = put(allowed, drawn(2400, 1200, "BMP"))

    with patch.object(Image.Image, "getexif", side_effect=struct.error):
        sent = opened(await async_data_url(hass, path))

    assert sent.size == (SIDE_AT_MOST, SIDE_AT_MOST // 2)


async def test_a_file_that_is_too_large_is_not_read(
    hass: HomeAssistant, allowed: Path
) -> None:
    """Its size tells."""
    path = put(allowed, PICTURE)

    with (
        patch.object(fetch, "INPUT_BYTES_AT_MOST", 9),
        patch.object(Path, "read_bytes", side_effect=AssertionError),
    ):
        assert await refused(hass, path) == "image_too_large"


async def test_a_file_of_another_folder_is_refused(
    hass: HomeAssistant, allowed: Path, tmp_path: Path
) -> None:
    """Also by a detour, and whether or not it is there."""
    put(tmp_path, PICTURE, "secret.png")
    (allowed / "link").symlink_to(tmp_path / "secret.png")

    for path in (
        f"{tmp_path}/secret.png",
        f"{tmp_path}/nothing.png",
        f"{allowed}/../secret.png",
        f"{allowed}/link",
        f"file://{tmp_path}/secret.png",
        "/etc/passwd",
    ):
        assert await refused(hass, path) == "image_not_allowed"


async def test_a_file_may_be_named_by_an_address(
    hass: HomeAssistant, allowed: Path
) -> None:
    """With blanks written as there; a path alone means what it says."""
    put(allowed, PICTURE, "my cat.png")
    path = put(allowed, OTHER, "100%25.png")
    assert await async_data_url(hass, path) == data_url(OTHER)

    sent = await async_data_url(hass, f" file://{allowed}/my%20cat.png ")

    assert sent == data_url(PICTURE)


async def test_a_file_that_cannot_be_read_is_told(
    hass: HomeAssistant, allowed: Path
) -> None:
    """Missing, a folder, or on a disk that refuses."""
    path = put(allowed, PICTURE)

    assert await refused(hass, f"{allowed}/nothing.png") == "image_unreachable"
    assert await refused(hass, str(allowed)) == "image_unreachable"
    with patch.object(Path, "read_bytes", side_effect=PermissionError):
        assert await refused(hass, path) == "image_unreachable"


@pytest.mark.parametrize(
    "asked",
    ["", "cat.png", "light.porch", "ftp://example.com/a.png", "/a\0b", "image/x"],
)
async def test_what_means_nothing_is_refused(hass: HomeAssistant, asked: str) -> None:
    """The error names what there is to choose from."""
    assert await refused(hass, asked) == "image_unknown"


@pytest.mark.parametrize("prefix", ["", "media-source://{domain}/"])
@pytest.mark.parametrize(
    ("module", "entity_id"),
    [(camera, "camera.door"), (image_component, "image.last_visitor")],
    ids=["camera", "image"],
)
async def test_a_camera_or_image_entity_is_asked(
    hass: HomeAssistant, module: object, entity_id: str, prefix: str
) -> None:
    """By its name, or as what the media browser calls it."""
    domain = entity_id.partition(".")[0]
    hass.config.components.add(domain)
    picture = SimpleNamespace(content=PICTURE)

    with patch.object(module, "async_get_image", return_value=picture) as get_image:
        sent = await async_data_url(hass, prefix.format(domain=domain) + entity_id)

    assert sent == data_url(PICTURE)
    get_image.assert_awaited_once_with(hass, entity_id)


async def test_a_camera_that_shows_nothing_is_told(hass: HomeAssistant) -> None:
    """It is off, or there is none of that name, or no cameras at all."""
    assert await refused(hass, "camera.door") == "image_unreachable"
    hass.config.components.add("camera")
    with patch.object(camera, "async_get_image", side_effect=HomeAssistantError):
        assert await refused(hass, "camera.door") == "image_unreachable"


async def test_a_camera_that_shows_too_much_is_told(hass: HomeAssistant) -> None:
    """It is in memory already, but is not decoded."""
    hass.config.components.add("camera")
    picture = SimpleNamespace(content=PICTURE)

    with (
        patch.object(camera, "async_get_image", return_value=picture),
        patch.object(fetch, "INPUT_BYTES_AT_MOST", 9),
    ):
        assert await refused(hass, "camera.door") == "image_too_large"


async def test_a_media_item_is_read_where_it_lies(hass: HomeAssistant) -> None:
    """Whoever may run an action may see the home's media."""
    folder = Path(hass.config.media_dirs["local"])
    folder.mkdir()
    put(folder, PICTURE, "cat.png")

    sent = await async_data_url(hass, "media-source://media_source/local/cat.png")

    assert sent == data_url(PICTURE)
    for gone in ("media_source/local/dog.png", "nobody/x", "media_source/local/../x"):
        assert await refused(hass, f"media-source://{gone}") == "image_unreachable"


async def test_a_media_item_may_have_a_picture_of_its_own(hass: HomeAssistant) -> None:
    """From Home Assistant 2026.11 on."""
    still = SimpleNamespace(content=PICTURE)
    with patch.object(
        media_source, "async_get_media_image", AsyncMock(), create=True
    ) as get_image:
        get_image.return_value = still
        assert await async_data_url(hass, "media-source://a/b") == data_url(PICTURE)
        get_image.return_value = None
        assert await refused(hass, "media-source://a/b") == "image_unreachable"
        get_image.side_effect = Unresolvable
        assert await refused(hass, "media-source://a/b") == "image_unreachable"


async def test_a_media_item_without_a_file_is_fetched(
    hass: HomeAssistant, pictures: TestServer
) -> None:
    """From where its source says."""
    found = PlayMedia(str(pictures.make_url("/cat")), "image/png")
    with patch.object(media_source, "async_resolve_media", return_value=found):
        assert await async_data_url(hass, "media-source://a/b") == data_url(PICTURE)
    with patch.object(media_source, "async_resolve_media", side_effect=Unresolvable):
        assert await refused(hass, "media-source://a/b") == "image_unreachable"


@pytest.fixture
async def pictures(socket_enabled: None) -> AsyncGenerator[TestServer]:
    """Return a server of pictures."""

    async def cat(_: web.Request) -> web.Response:
        return web.Response(body=PICTURE)

    async def onward(request: web.Request) -> web.Response:
        return web.Response(
            status=HTTPStatus.FOUND, headers={"Location": request.query["to"]}
        )

    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(100):
            await response.write(b"x" * 1000)
        return response

    app = web.Application()
    app.router.add_get("/cat", cat)
    app.router.add_get("/onward", onward)
    app.router.add_get("/endless", endless)
    server = TestServer(app)
    async with server:
        yield server


async def test_an_address_is_fetched(hass: HomeAssistant, pictures: TestServer) -> None:
    """Also where it leads on, within its host."""
    cat = pictures.make_url("/cat")

    assert await async_data_url(hass, str(cat)) == data_url(PICTURE)
    onward = pictures.make_url("/onward").with_query(to="/cat")
    assert await async_data_url(hass, str(onward)) == data_url(PICTURE)


@pytest.mark.parametrize(
    "to",
    [
        "http://10.0.0.1/cat",
        "http://router.local/",
        "http://[::1]/cat",
        "http://192.168.257/",
        "http://192.168.1.1./",
        "http://0xc0.0xa8.1.1/",
        "data:,cat",
    ],
)
async def test_an_address_leads_nobody_into_the_home(
    hass: HomeAssistant, pictures: TestServer, to: str
) -> None:
    """Whoever serves it might want to look around there."""
    onward = pictures.make_url("/onward").with_query(to=to)

    assert await refused(hass, str(onward)) == "image_not_allowed"


@pytest.mark.parametrize(
    ("found", "key"),
    [
        (["93.184.215.14", "10.0.0.1"], "image_not_allowed"),
        (["93.184.215.14"], "image_unreachable"),
    ],
)
async def test_a_public_name_may_not_stand_for_a_host_of_the_home(
    hass: HomeAssistant, pictures: TestServer, found: list[str], key: str
) -> None:
    """Anybody can write any address behind a name."""
    onward = pictures.make_url("/onward").with_query(to="http://example.com:9/cat")
    rows = [(2, 1, 6, "", (address, 9)) for address in found]
    session = async_get_clientsession(hass)
    fetch = session.get

    def get(url: URL, **how: Any) -> Any:
        return fetch(url.with_host("127.0.0.1"), **how)

    with (
        patch.object(hass.loop, "getaddrinfo", AsyncMock(return_value=rows)),
        patch.object(session, "get", get),
    ):
        assert await refused(hass, str(onward)) == key


async def test_an_address_leads_on_three_times_at_most(
    hass: HomeAssistant, pictures: TestServer
) -> None:
    """Four are one too many."""
    addresses = [pictures.make_url("/cat")]
    for _ in range(4):
        onward = pictures.make_url("/onward").with_query(to=str(addresses[-1]))
        addresses.append(onward)

    assert await async_data_url(hass, str(addresses[3])) == data_url(PICTURE)
    assert await refused(hass, str(addresses[4])) == "image_unreachable"


@pytest.mark.parametrize(
    "address", ["http://me:secret@example.com/cat", "http://me@example.com/cat"]
)
async def test_an_address_holds_no_password(hass: HomeAssistant, address: str) -> None:
    """Actions are shown and stored for everybody."""
    assert await refused(hass, address) == "image_not_allowed"


async def test_an_address_that_cannot_be_reached_is_told(
    hass: HomeAssistant, pictures: TestServer
) -> None:
    """Nothing there, no answer, an answer that goes round, or no address at all."""
    round_about = pictures.make_url("/onward").with_query(to="?to=?")

    for address in (
        str(pictures.make_url("/dog")),
        str(round_about),
        "http://127.0.0.1:9/cat",
        "http://[bad/cat",
    ):
        assert await refused(hass, address) == "image_unreachable"


async def test_an_endless_answer_is_not_read_to_its_end(
    hass: HomeAssistant, pictures: TestServer
) -> None:
    """It has no size to tell before."""
    with patch.object(fetch, "INPUT_BYTES_AT_MOST", 5000):
        address = str(pictures.make_url("/endless"))
        assert await refused(hass, address) == "image_too_large"
