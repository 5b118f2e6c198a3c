"""The demo house's own integrations, in a Home Assistant of the tests."""

from homeassistant.core import HomeAssistant
from homeassistant.loader import DATA_INTEGRATIONS, Integration

from demo import integrations


def install(hass: HomeAssistant, *names: str) -> None:
    """Let Home Assistant find some of them where they lie."""
    for name in names:
        found = Integration.resolve_from_root(hass, integrations, name)
        assert found is not None
        hass.data[DATA_INTEGRATIONS][name] = found
