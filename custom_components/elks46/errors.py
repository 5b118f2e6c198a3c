"""The one map from what 46elks' client raises to what people read."""

from collections.abc import Iterator
from contextlib import contextmanager

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryError,
    HomeAssistantError,
    ServiceValidationError,
)
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.update_coordinator import UpdateFailed

from .api import (
    ElksAuthenticationError,
    ElksConnectionError,
    ElksError,
    ElksForbiddenError,
    ElksRateLimitError,
    ElksRequestError,
    ElksServerError,
)
from .const import DOMAIN

type Explained = tuple[str, dict[str, str]]


class LaterError(OSError):
    """A message is not taken now, through no fault of the disk: 46elks should repeat it."""


class CutOffError(HomeAssistantError):
    """Whoever was called has hung up before all was said."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(translation_domain=DOMAIN, translation_key="assist_cut_off")


def explain(err: ElksError) -> Explained:
    """Return the translation key and placeholders that tell a person about an error."""
    match err:
        case ElksAuthenticationError():
            return "authentication_error", {}
        case ElksRateLimitError():
            return "rate_limited", {}
        case ElksServerError() | ElksConnectionError():
            return "communication_error", {}
        case ElksForbiddenError() | ElksRequestError():
            return "request_refused", {"message": err.message}
    return "unknown_error", {}


def invalid(key: str, **placeholders: str) -> ServiceValidationError:
    """Return what tells a person that what they asked for cannot be."""
    return ServiceValidationError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def failed(key: str, **placeholders: str) -> HomeAssistantError:
    """Return what tells a person that something has not worked."""
    return HomeAssistantError(
        translation_domain=DOMAIN,
        translation_key=key,
        translation_placeholders=placeholders,
    )


def action_error(err: ElksError) -> HomeAssistantError:
    """Return what an action or entity raises."""
    key, placeholders = explain(err)
    return failed(key, **placeholders)


@contextmanager
def translate_errors(hass: HomeAssistant, entry: ConfigEntry) -> Iterator[None]:
    """Turn client errors inside an action into translated ones; refused credentials also ask for new ones.

    Use it inside the coroutine: as a decorator of one it would be over before the first await.
    """
    try:
        yield
    except ElksError as err:
        if isinstance(err, ElksAuthenticationError):
            entry.async_start_reauth(hass)
        raise action_error(err) from err


@contextmanager
def translate_update_errors() -> Iterator[None]:
    """Turn client errors during an update into those a coordinator, or the set-up it is part of, acts on.

    Refused credentials are asked for again, and a refused set-up is not tried again by itself.
    """
    try:
        yield
    except ElksError as err:
        key, placeholders = explain(err)
        match err:
            case ElksAuthenticationError():
                kind: type[ConfigEntryAuthFailed | ConfigEntryError] = (
                    ConfigEntryAuthFailed
                )
            case ElksForbiddenError() | ElksRequestError():
                kind = ConfigEntryError
            case _:
                raise UpdateFailed(
                    translation_domain=DOMAIN,
                    translation_key=key,
                    translation_placeholders=placeholders,
                    retry_after=getattr(err, "retry_after", None),
                ) from err
        raise kind(
            translation_domain=DOMAIN,
            translation_key=key,
            translation_placeholders=placeholders,
        ) from err


@contextmanager
def despite_disk(hass: HomeAssistant, entry: ConfigEntry) -> Iterator[None]:
    """Go on where the disk refuses what is written here, and warn of it."""
    try:
        yield
    except OSError as err:
        warn_of_disk(hass, entry, err)


@callback
def warn_of_disk(hass: HomeAssistant, entry: ConfigEntry, err: OSError) -> None:
    """Tell in Repairs that what was sent or called may be forgotten at a restart."""
    ir.async_create_issue(
        hass,
        DOMAIN,
        f"disk_refuses_{entry.entry_id}",
        is_fixable=False,
        severity=ir.IssueSeverity.ERROR,
        translation_key="disk_refuses",
        translation_placeholders={"error": err.strerror or type(err).__name__},
    )
