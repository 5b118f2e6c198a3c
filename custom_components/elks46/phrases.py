"""What Home Assistant shows of this house beside its entities, in the language it is set to."""

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN

# Home Assistant reads it along with every other language.
ENGLISH = "en"


@callback
def phrase(hass: HomeAssistant, key: str, **placeholders: str) -> str:
    """Return what stands under `common` in the translations, filled in.

    It only reads what is in memory, so it may be asked from any thread. A language that
    was chosen a moment ago is not there yet; until it is, the answer is English.
    """

    def known(language: str) -> dict[str, str]:
        return async_get_cached_translations(hass, language, "common", DOMAIN)

    phrases = known(hass.config.language) or known(ENGLISH)
    return phrases[f"component.{DOMAIN}.common.{key}"].format(**placeholders)
