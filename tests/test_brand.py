"""The pictures by which Home Assistant shows the integration."""

from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Final

from homeassistant.components.brands.const import ALLOWED_IMAGES
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from PIL import Image
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.elks46.const import DOMAIN

BRAND: Final = Path(__file__).parents[1] / "custom_components" / DOMAIN / "brand"
ICONS: Final = {"icon.png": 256, "icon@2x.png": 512}
# The shorter side of a logo, at least and at most.
LOGOS: Final = {"logo.png": (128, 256), "logo@2x.png": (256, 512)}
LIGHT_AND_DARK: Final = ("", "dark_")
# Home Assistant's own backgrounds.
BACKGROUNDS: Final = {"": (255, 255, 255), "dark_": (17, 17, 17)}


def picture(name: str) -> Image.Image:
    """Return a picture."""
    with Image.open(BRAND / name) as opened:
        opened.load()
        return opened


def edges(image: Image.Image) -> tuple[int, ...]:
    """Return how many pixels are empty on the left, on top, on the right and at the bottom."""
    box = image.getchannel("A").getbbox()
    assert box
    left, top, right, bottom = box
    return left, top, image.width - right, image.height - bottom


def test_all_pictures_are_there() -> None:
    """Those that Home Assistant asks for, and no other."""
    assert {path.name for path in BRAND.iterdir()} == set(ALLOWED_IMAGES)


@pytest.mark.parametrize("shade", LIGHT_AND_DARK)
@pytest.mark.parametrize(("name", "side"), ICONS.items())
def test_an_icon_is_a_square_and_fills_it(shade: str, name: str, side: int) -> None:
    """One direction goes from edge to edge, the other stands in the middle."""
    icon = picture(f"{shade}{name}")
    left, top, right, bottom = edges(icon)

    assert icon.size == (side, side)
    assert (left, right) == (0, 0) or (top, bottom) == (0, 0)
    assert abs(left - right) <= 1
    assert abs(top - bottom) <= 1


@pytest.mark.parametrize("shade", LIGHT_AND_DARK)
@pytest.mark.parametrize(("name", "sides"), LOGOS.items())
def test_a_logo_is_wide_and_ends_where_it_is_empty(
    shade: str, name: str, sides: tuple[int, int]
) -> None:
    """At every edge."""
    logo = picture(f"{shade}{name}")
    least, most = sides

    assert least <= min(logo.size) <= most
    assert logo.width > logo.height
    assert edges(logo) == (0, 0, 0, 0)


@pytest.mark.parametrize("name", sorted(ALLOWED_IMAGES))
def test_a_picture_is_clear_around(name: str) -> None:
    """It stands on any background, and is small."""
    image = picture(name)
    alpha = image.getchannel("A")

    assert (image.format, image.mode) == ("PNG", "RGBA")
    assert alpha.getextrema() == (0, 255)
    assert alpha.getpixel((0, 0)) == 0
    assert (BRAND / name).stat().st_size < 64_000


@pytest.mark.parametrize("shade", LIGHT_AND_DARK)
def test_an_icon_is_seen_at_the_size_of_a_line(shade: str) -> None:
    """At 32 pixels its two parts stand out from the background and from each other."""
    icon = picture(f"{shade}icon.png").resize((32, 32), Image.Resampling.LANCZOS)
    shown = Image.new("RGB", icon.size, BACKGROUNDS[shade])
    shown.paste(icon, (0, 0), icon)
    receiver, house = shown.getpixel((16, 7)), shown.getpixel((10, 26))
    background = BACKGROUNDS[shade]

    assert distance(receiver, background) > 100
    assert distance(house, background) > 100
    assert distance(receiver, house) > 100


def distance(one: object, other: object) -> float:
    """Return how far apart two colours are, of at most 442."""
    assert isinstance(one, tuple) and isinstance(other, tuple)
    pairs = zip(one, other, strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


@pytest.mark.parametrize("name", sorted(ALLOWED_IMAGES))
async def test_home_assistant_shows_ours(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    name: str,
) -> None:
    """And not one that it fetches from elsewhere."""
    assert await async_setup_component(hass, "brands", {})
    client = await hass_client()
    response = await client.get(f"/api/brands/integration/{DOMAIN}/{name}")

    assert response.status == HTTPStatus.OK
    with Image.open(BytesIO(await response.read())) as shown:
        assert shown.tobytes() == picture(name).tobytes()
