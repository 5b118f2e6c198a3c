"""The one map from what 46elks' client raises to what people read."""

from homeassistant.config_entries import SOURCE_REAUTH
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import (
    ConfigEntryAuthFailed,
    ConfigEntryError,
    HomeAssistantError,
)
from homeassistant.helpers.update_coordinator import UpdateFailed
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.api import (
    ElksAuthenticationError,
    ElksConnectionError,
    ElksError,
    ElksForbiddenError,
    ElksInvalidDataError,
    ElksRateLimitError,
    ElksRequestError,
    ElksServerError,
    ElksTimeoutError,
)
from custom_components.elks46.const import DOMAIN
from custom_components.elks46.errors import translate_errors, translate_update_errors

REFUSED = {"message": "No"}
ERRORS = [
    pytest.param(
        ElksAuthenticationError(401, "No"),
        "authentication_error",
        {},
        ConfigEntryAuthFailed,
        id="password",
    ),
    pytest.param(
        ElksForbiddenError(403, "No"),
        "request_refused",
        REFUSED,
        ConfigEntryError,
        id="forbidden",
    ),
    pytest.param(
        ElksRequestError(404, "No"),
        "request_refused",
        REFUSED,
        ConfigEntryError,
        id="request",
    ),
    pytest.param(
        ElksRateLimitError(429, "No", 60.0),
        "rate_limited",
        {},
        UpdateFailed,
        id="too much at once",
    ),
    pytest.param(
        ElksServerError(500, "No"),
        "communication_error",
        {},
        UpdateFailed,
        id="broken",
    ),
    pytest.param(
        ElksConnectionError("No"),
        "communication_error",
        {},
        UpdateFailed,
        id="no answer",
    ),
    pytest.param(
        ElksTimeoutError("No"), "communication_error", {}, UpdateFailed, id="late"
    ),
    pytest.param(
        ElksInvalidDataError("No"), "unknown_error", {}, UpdateFailed, id="nonsense"
    ),
]


@pytest.mark.parametrize(("error", "key", "placeholders", "kind"), ERRORS)
async def test_an_action_raises_what_a_person_can_read(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    error: ElksError,
    key: str,
    placeholders: dict[str, str],
    kind: type[HomeAssistantError],
) -> None:
    """In any language, and with its cause for the log."""
    entry.add_to_hass(hass)
    with pytest.raises(HomeAssistantError) as raised, translate_errors(hass, entry):
        raise error
    await hass.async_block_till_done()

    flows = [
        flow["context"]["source"] for flow in hass.config_entries.flow.async_progress()
    ]
    assert type(raised.value) is HomeAssistantError
    assert raised.value.translation_domain == DOMAIN
    assert raised.value.translation_key == key
    assert raised.value.translation_placeholders == placeholders
    assert raised.value.__cause__ is error
    assert flows == [SOURCE_REAUTH] * (kind is ConfigEntryAuthFailed)


@pytest.mark.parametrize(("error", "key", "placeholders", "kind"), ERRORS)
def test_an_update_raises_what_home_assistant_acts_on(
    error: ElksError,
    key: str,
    placeholders: dict[str, str],
    kind: type[HomeAssistantError],
) -> None:
    """A password is asked for, a refusal stops a set-up, the rest is tried again."""
    with pytest.raises(HomeAssistantError) as raised, translate_update_errors():
        raise error

    assert type(raised.value) is kind
    assert raised.value.translation_domain == DOMAIN
    assert raised.value.translation_key == key
    assert raised.value.translation_placeholders == placeholders
    assert raised.value.__cause__ is error


def test_46elks_may_say_how_long_to_wait() -> None:
    """It is heeded."""
    with pytest.raises(UpdateFailed) as raised, translate_update_errors():
        raise ElksRateLimitError(429, "No", 60.0)

    assert raised.value.retry_after == 60.0


async def test_what_is_no_error_of_ours_passes(
    hass: HomeAssistant, entry: MockConfigEntry
) -> None:
    """A bug must look like one."""
    with pytest.raises(ZeroDivisionError), translate_errors(hass, entry):
        raise ZeroDivisionError
    with pytest.raises(ZeroDivisionError), translate_update_errors():
        raise ZeroDivisionError
