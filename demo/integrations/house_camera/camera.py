"""The camera as Home Assistant uses one."""

from datetime import timedelta
from typing import Final, override

from homeassistant.components.camera import Camera
from homeassistant.const import STATE_ON
from homeassistant.util import dt as dt_util

from .porch import draw

LAMP: Final = "light.porch_light"
DOORBELL: Final = "input_button.doorbell"
# So long somebody who has rung stays at the door.
PATIENCE: Final = timedelta(minutes=2)


class HouseCamera(Camera):
    """Looks at the porch."""

    _attr_name = "Porch"
    _attr_unique_id = "porch"
    _attr_brand = "Demo house"

    @override
    async def async_camera_image(
        self, width: int | None = None, height: int | None = None
    ) -> bytes:
        """Return how the porch is now."""
        now = dt_util.now()
        rung = self.hass.states.get(DOORBELL)
        when = dt_util.parse_datetime(rung.state) if rung else None
        return await self.hass.async_add_executor_job(
            lambda: draw(
                lit=self.hass.states.is_state(LAMP, STATE_ON),
                visitor=when is not None and now - when < PATIENCE,
                written=now.strftime("%Y-%m-%d  %H:%M:%S"),
            )
        )
