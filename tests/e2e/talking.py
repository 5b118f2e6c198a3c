"""What tests do that ring the house and talk with it."""

import base64
from io import BytesIO
from typing import Final
import wave

from demo.house import Home
from tests.speech import voice

from . import ANNA, NUMBER, Account

REALTIME: Final = "+4600700021"
SATELLITE: Final = "assist_satellite.anna_call"
LIGHT: Final = "light.kitchen_light"


async def websocket_url(account: Account, scheme: str = "ws") -> str:
    """Return where the voice goes; nothing as long as that is not set, or of another scheme."""
    numbers = await account.phones.control("GET", "numbers")
    urls = [str(one.get("websocket_url")) for one in numbers]
    return next((url for url in urls if url.startswith(f"{scheme}:")), "")


async def ring(account: Account, phone: str = ANNA) -> str:
    """Have somebody call the house, and return the id of the call."""
    rung = await account.phones.control(
        "POST", f"handsets/{phone}/calls", {"to": NUMBER}
    )
    return str(rung["call_id"])


async def state(home: Home, entity_id: str) -> str:
    """Return how an entity is."""
    return str((await home.state(entity_id))["state"])


async def say(account: Account, call_id: str, text: str) -> None:
    """Have the caller say something now."""
    spoken = base64.b64encode(voice(text, before=0.2, after=1.5)).decode()
    await account.phones.control(
        "POST", f"calls/{call_id}/audio", {"audio": f"data:audio/wav;base64,{spoken}"}
    )


async def heard(account: Account, call_id: str) -> bytes:
    """Return what the caller has heard until now."""
    return await account.phones.download(f"calls/{call_id}/heard.wav")


def seconds(content: bytes) -> float:
    """Return how long a WAV is."""
    with wave.open(BytesIO(content)) as file:
        return float(file.getnframes() / file.getframerate())
