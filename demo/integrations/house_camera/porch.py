"""The picture: a door at night, its lamp, and somebody in front of it."""

from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE: Final = (640, 480)
NIGHT: Final = ("#101b2b", "#1d2f45")
WALL: Final = {True: "#8a5a3c", False: "#4a382e"}
BOARD: Final = {True: "#7b4f34", False: "#403029"}
DOOR: Final = {True: "#2f7d6f", False: "#1f4b44"}
GROUND: Final = {True: "#6d6a63", False: "#3a3a3a"}
COAT: Final = {True: "#d9a441", False: "#6f5a34"}
SKIN: Final = {True: "#d8b094", False: "#7d6a5e"}
LAMP: Final = (452, 150)


def draw(*, lit: bool, visitor: bool, written: str) -> bytes:
    """Return a JPEG of the porch, with the lamp on or off, and with somebody who waits or nobody."""
    picture = Image.new("RGB", SIZE, NIGHT[0])
    brush = ImageDraw.Draw(picture)
    brush.rectangle((0, 240, 640, 480), fill=NIGHT[1])
    brush.rectangle((90, 40, 560, 400), fill=WALL[lit])
    for top in range(40, 400, 24):
        brush.line((90, top, 560, top), fill=BOARD[lit], width=3)
    brush.polygon([(60, 46), (325, -60), (590, 46)], fill="#23262b")
    brush.rectangle((0, 400, 640, 480), fill=GROUND[lit])
    brush.rectangle((262, 120, 412, 400), fill="#e9e2d6" if lit else "#6d6a66")
    brush.rectangle((274, 132, 400, 400), fill=DOOR[lit])
    brush.rounded_rectangle((296, 152, 378, 226), 8, fill="#f4d58a")
    brush.line((337, 152, 337, 226), fill=DOOR[lit], width=5)
    brush.ellipse((382, 272, 394, 284), fill="#e8c35a")
    brush.rounded_rectangle(
        (130, 130, 216, 250), 6, fill="#e9e2d6" if lit else "#6d6a66"
    )
    brush.rectangle((138, 138, 208, 242), fill="#f4d58a" if lit else "#27384f")
    brush.line((173, 138, 173, 242), fill="#6d6a66", width=4)
    brush.text((490, 120), "46", fill="#f1ece2", font=ImageFont.load_default(34))
    brush.rounded_rectangle(
        (440, 136, 464, 172), 6, fill="#fff2c4" if lit else "#2a2a2a"
    )
    if visitor:
        _stand(brush, lit)
    if lit:
        picture = _shine(picture)
    brush = ImageDraw.Draw(picture)
    brush.text((14, 10), "PORCH", fill="white", font=ImageFont.load_default(18))
    brush.text((430, 450), written, fill="white", font=ImageFont.load_default(18))
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return buffer.getvalue()


def _stand(brush: ImageDraw.ImageDraw, lit: bool) -> None:
    """Put somebody with a parcel before the door."""
    brush.ellipse((228, 424, 372, 448), fill="#2b2b2b")
    brush.rounded_rectangle((268, 340, 294, 438), 10, fill="#22303d")
    brush.rounded_rectangle((302, 340, 328, 438), 10, fill="#22303d")
    brush.rounded_rectangle((254, 232, 342, 360), 28, fill=COAT[lit])
    brush.ellipse((270, 170, 326, 236), fill=SKIN[lit])
    brush.pieslice((264, 160, 332, 226), 180, 360, fill="#28435c")
    brush.rounded_rectangle(
        (286, 276, 362, 338), 4, fill="#b98a57" if lit else "#6b5238"
    )
    brush.line((324, 276, 324, 338), fill="#8a6338", width=6)


def _shine(picture: Image.Image) -> Image.Image:
    """Let the lamp light what is near it."""
    light = Image.new("L", SIZE, 0)
    x, y = LAMP
    ImageDraw.Draw(light).ellipse((x - 230, y - 190, x + 230, y + 270), fill=90)
    light = light.filter(ImageFilter.GaussianBlur(80))
    return Image.composite(Image.new("RGB", SIZE, "#ffe3a0"), picture, light)
