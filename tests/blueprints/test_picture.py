"""A picture when somebody is there."""

from contextlib import AbstractContextManager
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from tests import ANNA, data_url, drawn

from . import Household

MOTION = "binary_sensor.porch_motion"
BELL = "event.doorbell"


@pytest.fixture
def camera(household: Household) -> None:
    """Have a camera in the house."""
    household.hass.config.components.add("camera")


def seen() -> AbstractContextManager[object]:
    """Let the camera see something."""
    picture = SimpleNamespace(content=drawn())
    return patch(
        "homeassistant.components.camera.async_get_image", return_value=picture
    )


@pytest.mark.usefixtures("camera")
async def test_motion_is_shown_once_a_minute(household: Household) -> None:
    """Not when it ends, and not when the sensor comes back."""
    await household.changes(MOTION, "unavailable")
    await household.use(
        "picture",
        entities=[MOTION],
        camera="camera.porch",
        contacts=household.contacts("Anna"),
    )
    with seen():
        for state in ("off", "unavailable", "on", "off", "on", "off", "on"):
            await household.changes(MOTION, state, friendly_name="Porch")
            await household.rests()

    (text,) = await household.simulator.texts(ANNA)
    assert text["message"].startswith("Porch, ")
    assert text["images"] == [data_url(drawn())]


@pytest.mark.usefixtures("camera")
async def test_a_doorbell_rings(household: Household) -> None:
    """Whose state is a time, at each ring, if the condition holds."""
    await household.changes(BELL, "unknown")
    await household.use_otherwise(
        "picture",
        entities=[BELL],
        conditions=["{{ is_state('binary_sensor.at_home', 'off') }}"],
        rest=0,
        camera="camera.door",
        wait=1,
        message="Ding",
        contacts=household.contacts("Anna"),
    )
    with seen():
        for at_home, minute in (("off", "01"), ("on", "02"), ("off", "03")):
            await household.changes("binary_sensor.at_home", at_home)
            await household.changes(BELL, f"2026-11-01T08:{minute}:00.000+00:00")
            await household.passes(seconds=2)
            await household.rests()

    texts = await household.simulator.texts(ANNA)
    assert [text["message"] for text in texts] == ["Ding", "Ding"]
