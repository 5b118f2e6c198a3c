"""What numbers say, made ready before anybody calls.

A call cannot wait for text-to-speech, so greetings are prepared in the background and stay
on the stage. A voice may come later than this account, or be gone for a while: it is asked
again until it speaks.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import CALLBACK_TYPE, CoreState, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.event import async_call_later

from .audio import async_audio, async_spoken, led_in
from .const import LOGGER
from .notices import async_tell_of_numbers
from .records import Audio
from .stage import async_stage

if TYPE_CHECKING:
    from .address import Address

# A call may still play what its number has said goodbye to.
GREETING_GRACE: Final = timedelta(minutes=15)
# What a greeting begins with that is to be played and not to be read aloud.
MEDIA: Final = ("media-source://", "http://", "https://", "/")
# After a failure a voice is left alone for this long, then twice as long each time.
RETRY_SECONDS: Final = 60
RETRY_SECONDS_AT_MOST: Final = 1800
# Some minutes, which is longer than any voice needs to start.
FAILURES_TO_TELL: Final = 4


class Greetings:
    """Keeps on the stage what the numbers of an account say."""

    def __init__(
        self,
        hass: HomeAssistant,
        entry: ConfigEntry,
        address: Address,
        on_stage: dict[str, tuple[str, ...]],
        changed: Callable[[], None],
    ) -> None:
        """Take what is ready, which outlives a reload, and whom to tell of more."""
        self._hass = hass
        self._entry = entry
        self._address = address
        self._stage = async_stage(hass)
        self._on_stage = on_stage
        self._changed = changed
        self._wanted: Mapping[str, str] = {}
        self._preparing: dict[str, asyncio.Task[None]] = {}
        self._failures: dict[str, tuple[int, str]] = {}
        self._retry: CALLBACK_TYPE | None = None

    def urls(self, greeting: str) -> tuple[str, ...]:
        """Return where 46elks fetches a greeting; nothing as long as it is not ready."""
        return self.where(self._on_stage.get(greeting, ()))

    def where(self, tokens: Sequence[str]) -> tuple[str, ...]:
        """Return where 46elks fetches sounds; none where it cannot, or one is gone."""
        urls = [
            url
            for token in tokens
            if self._stage.async_find(token) and (url := self._address.media_url(token))
        ]
        return tuple(urls) if len(urls) == len(tokens) else ()

    @callback
    def async_prepare(self, wanted: Mapping[str, str]) -> None:
        """Make ready what these numbers say, and let go what none says any more."""
        self._unplan()
        self._wanted = wanted
        said = set(wanted.values())
        for greeting in [*self._on_stage]:
            self._let_go(greeting, keep=greeting in said, is_open=True)
        self._failures = {one: self._failures[one] for one in said & {*self._failures}}
        for greeting in said:
            if self.urls(greeting) or greeting in self._preparing:
                continue
            task = self._entry.async_create_background_task(
                self._hass, self._async_prepare(greeting), "elks46 greeting"
            )
            self._preparing[greeting] = task
            task.add_done_callback(partial(self._prepared, greeting))
        self._tell()

    @callback
    def async_close(self) -> None:
        """Prepare no more, and let go after a while what no number says any more."""
        self._unplan()
        self._failures = {}
        for task in [*self._preparing.values()]:
            task.cancel()
        for greeting in [*self._on_stage]:
            self._let_go(greeting, keep=True)

    def _prepared(self, greeting: str, _task: asyncio.Task[None]) -> None:
        del self._preparing[greeting]
        times, _ = self._failures.get(greeting, (0, ""))
        if times and self._retry is None:
            delay = min(RETRY_SECONDS * 2 ** (times - 1), RETRY_SECONDS_AT_MOST)
            self._retry = async_call_later(self._hass, delay, self._again)

    async def _async_prepare(self, greeting: str) -> None:
        if self._address.media_base is None:
            return
        try:
            audio = await async_greeting(self._hass, greeting)
            self._on_stage[greeting] = tuple(
                self._stage.async_offer(part, lifetime=None) for part in led_in(audio)
            )
        except HomeAssistantError as err:
            self._failed(greeting, err)
            return
        self._failures.pop(greeting, None)
        self._tell()
        self._changed()

    def _failed(self, greeting: str, err: HomeAssistantError) -> None:
        """Take note that it is to be tried again; voices may not be there before the start."""
        if self._hass.state is not CoreState.running:
            LOGGER.debug("A greeting cannot be made ready yet: %s", err)
            return
        times = self._failures.get(greeting, (0, ""))[0] + 1
        self._failures[greeting] = times, str(err)
        if times == 1:
            LOGGER.warning("A greeting cannot be made ready: %s", err)
        self._tell()

    @callback
    def _again(self, _: datetime) -> None:
        self._retry = None
        self.async_prepare(self._wanted)

    def _unplan(self) -> None:
        if self._retry is not None:
            self._retry()
            self._retry = None

    def _tell(self) -> None:
        """Say in Repairs which numbers still cannot say what they are to."""
        missing = {
            number: reason
            for number, greeting in self._wanted.items()
            for times, reason in [self._failures.get(greeting, (0, ""))]
            if times >= FAILURES_TO_TELL
        }
        async_tell_of_numbers(self._hass, self._entry, "greeting_unready", missing)

    def _let_go(self, greeting: str, *, keep: bool, is_open: bool = False) -> None:
        for token in self._on_stage[greeting]:
            self._stage.async_keep(token, None if keep and is_open else GREETING_GRACE)
        if not keep:
            del self._on_stage[greeting]


async def async_greeting(hass: HomeAssistant, greeting: str) -> Audio:
    """Return what a number says: a text read aloud, or a media item.

    Raises:
        HomeAssistantError: why it cannot.
    """
    is_media = greeting.startswith(MEDIA)
    return await (async_audio if is_media else async_spoken)(hass, greeting)
