"""Where 46elks reaches this home: one secret address, and word when it changes."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import StrEnum
import hmac
from ipaddress import ip_address
import re
from typing import Any, Final

from homeassistant.components import webhook
from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_WEBHOOK_ID, EVENT_CORE_CONFIG_UPDATE
from homeassistant.core import CALLBACK_TYPE, Event, HomeAssistant, callback
from homeassistant.helpers.network import NoURLAvailableError, get_url
from yarl import URL

from .api import DEFAULT_API_URL, CallbackKind
from .const import (
    CONF_API_URL,
    CONF_PUBLIC_URL,
    CONF_REACH,
    LOGGER,
    MEDIA_PATH,
    VOICE_PATH,
    Reach,
)
from .errors import failed

# Names that only a home network knows.
LOCAL_ENDINGS: Final = (
    ".arpa",
    ".home",
    ".internal",
    ".lan",
    ".local",
    ".localdomain",
    ".localhost",
)


class NoAddress(StrEnum):
    """Why 46elks cannot post to this home."""

    CHOSEN = "chosen"
    """The person wants 46elks to be asked instead."""
    WAITING = "waiting"
    """Home Assistant Cloud is not connected yet."""
    MISSING = "missing"
    """No subscription, and no external address that 46elks would take."""


def is_public_url(value: str, api_url: str) -> bool:
    """Tell whether 46elks would post to this address.

    46elks wants a public address; whatever else stands in its place may take any.
    """
    try:
        url = URL(value)
    except ValueError:
        return False
    if url.scheme not in ("http", "https") or not url.host:
        return False
    if url.user or url.password or url.query_string or url.fragment:
        return False
    if api_url != DEFAULT_API_URL:
        return True
    return url.scheme == "https" and is_public_host(url.host)


def is_public_host(host: str) -> bool:
    """Tell whether a host is one that everybody on the internet can name."""
    name = host.removesuffix(".").lower()
    try:
        return ip_address(name).is_global
    except ValueError:
        # Many resolvers read `192.168.257` or `0xc0.0xa8.1.1` as addresses of four numbers.
        is_number = re.fullmatch(r"[0-9]+|0x[0-9a-f]*", name.rpartition(".")[2])
        return "." in name and not is_number and not name.endswith(LOCAL_ENDINGS)


class Address:
    """The secret address of an account's callbacks."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry) -> None:
        """Know nothing until asked to resolve."""
        self._hass = hass
        self._entry = entry
        self._base: URL | None = None
        self._is_cloud = False
        self.missing: NoAddress | None = NoAddress.WAITING
        self.is_refused = False

    @property
    def is_cloud(self) -> bool:
        """Whether 46elks posts through Home Assistant Cloud."""
        return self._is_cloud

    def callback_url(self, kind: str, ref: str | None = None) -> str | None:
        """Return where 46elks shall post, None while it cannot.

        A refused address is offered for numbers again, but not with a text, which
        46elks would refuse together with it.
        """
        if self._base is None or (self.is_refused and kind == CallbackKind.DELIVERY):
            return None
        query = {"kind": kind} if ref is None else {"kind": kind, "ref": ref}
        return str(self._base.with_query(query))

    @property
    def media_base(self) -> str | None:
        """Return where 46elks can fetch sounds, None while it cannot.

        Home Assistant Cloud takes posts for a home, but gives out no sounds: for those its
        remote access has to be on.
        """
        if Reach(self._entry.options.get(CONF_REACH, Reach.AUTO)) is Reach.POLL:
            return None
        api_url = self._entry.data[CONF_API_URL]
        return next(
            (
                base.rstrip("/")
                for base in self._media_bases()
                if is_public_url(base, api_url)
            ),
            None,
        )

    def media_url(self, token: str) -> str | None:
        """Return where 46elks fetches a sound, None while it cannot."""
        base = self.media_base
        return None if base is None else f"{base}{MEDIA_PATH}/{token}"

    @property
    def voice_token(self) -> str:
        """Return the secret that 46elks' sockets bring along.

        It comes from that of the posts, but does not tell it, should one be seen by others.
        """
        webhook_id: str = self._entry.data[CONF_WEBHOOK_ID]
        return hmac.digest(webhook_id.encode(), b"voice", "sha256").hex()

    @property
    def voice_url(self) -> str | None:
        """Return where 46elks brings the voice of calls, None while it cannot.

        As with sounds, Home Assistant Cloud has to give remote access.
        """
        base = self.media_base
        if base is None:
            return None
        return f"ws{base.removeprefix('http')}{VOICE_PATH}/{self.voice_token}"

    def check_media(self) -> None:
        """See that a call could play something, before anybody is called.

        Raises:
            HomeAssistantError: it could not.
        """
        if self.media_base is None:
            raise failed("audio_unreachable")

    def _media_bases(self) -> Iterator[str]:
        """Yield the addresses of this home, the person's own first, Home Assistant Cloud's last."""
        if public_url := self._entry.options.get(CONF_PUBLIC_URL):
            yield public_url
        for is_cloud in (False, True):
            if is_cloud and not self._is_cloud_connected():
                return
            with suppress(NoURLAvailableError):
                yield get_url(
                    self._hass,
                    allow_internal=False,
                    allow_ip=True,
                    allow_cloud=is_cloud,
                    require_cloud=is_cloud,
                    prefer_external=True,
                )

    def _is_cloud_connected(self) -> bool:
        """Tell whether Home Assistant Cloud is there: it names its address also while it is not."""
        if "cloud" not in self._hass.config.components:
            return False
        from homeassistant.components import cloud  # noqa: PLC0415

        return cloud.async_is_connected(self._hass)

    async def async_resolve(self) -> None:
        """Find the address anew; until it is found, the one before holds."""
        found = await self._async_find()
        if isinstance(found, NoAddress):
            self._base, self._is_cloud, self.missing = None, False, found
        else:
            self._base, self._is_cloud = found
            self.missing = None
        self.is_refused = False

    async def _async_find(self) -> tuple[URL, bool] | NoAddress:
        """Return the address and whether it is Home Assistant Cloud's, or why there is none."""
        reach = Reach(self._entry.options.get(CONF_REACH, Reach.AUTO))
        public_url = self._entry.options.get(CONF_PUBLIC_URL)
        if reach is Reach.POLL:
            return NoAddress.CHOSEN
        if reach is Reach.CLOUD or (reach is Reach.AUTO and not public_url):
            found = await self._async_find_cloud()
            if reach is Reach.CLOUD or found is not NoAddress.MISSING:
                return found
        return self._find_external(public_url)

    @callback
    def async_listen(self, changed: Callable[[], None]) -> CALLBACK_TYPE:
        """Tell when the address may have changed."""

        @callback
        def config_updated(event: Event[Any]) -> None:
            if "external_url" in event.data:
                changed()

        unsubscribe: list[CALLBACK_TYPE] = [
            self._hass.bus.async_listen(EVENT_CORE_CONFIG_UPDATE, config_updated)
        ]
        if "cloud" in self._hass.config.components:
            # Importing it brings half of Home Assistant along, so only where it runs.
            from homeassistant.components import cloud  # noqa: PLC0415

            @callback
            def cloud_changed(_: object) -> None:
                changed()

            unsubscribe += [
                cloud.async_listen_connection_change(self._hass, cloud_changed),
                cloud.async_listen_cloudhook_change(
                    self._hass, self._entry.data[CONF_WEBHOOK_ID], cloud_changed
                ),
            ]

        @callback
        def stop() -> None:
            for unlisten in unsubscribe:
                unlisten()

        return stop

    async def _async_find_cloud(self) -> tuple[URL, bool] | NoAddress:
        if "cloud" not in self._hass.config.components:
            return NoAddress.MISSING
        from homeassistant.components import cloud  # noqa: PLC0415

        if not cloud.async_active_subscription(self._hass):
            return NoAddress.MISSING
        if not cloud.async_is_connected(self._hass):
            return NoAddress.WAITING
        try:
            url = await cloud.async_get_or_create_cloudhook(
                self._hass, self._entry.data[CONF_WEBHOOK_ID]
            )
        except Exception as err:  # noqa: BLE001 - its client has many errors, all alike here
            LOGGER.debug(
                "Home Assistant Cloud gives no address now: %s", type(err).__name__
            )
            return NoAddress.WAITING
        return URL(url), True

    def _find_external(self, public_url: str | None) -> tuple[URL, bool] | NoAddress:
        base = public_url
        if not base:
            try:
                base = get_url(
                    self._hass,
                    allow_internal=False,
                    allow_ip=True,
                    prefer_external=True,
                )
            except NoURLAvailableError:
                return NoAddress.MISSING
        if not is_public_url(base, self._entry.data[CONF_API_URL]):
            return NoAddress.MISSING
        path = webhook.async_generate_path(self._entry.data[CONF_WEBHOOK_ID])
        return URL(base.rstrip("/") + path), False


async def async_delete_cloudhook(hass: HomeAssistant, webhook_id: str) -> None:
    """Give back what Home Assistant Cloud made for an account, if it did."""
    if "cloud" not in hass.config.components:
        return
    from homeassistant.components import cloud  # noqa: PLC0415

    try:
        await cloud.async_delete_cloudhook(hass, webhook_id)
    except Exception as err:  # noqa: BLE001 - its client has many errors, all alike here
        LOGGER.debug(
            "Home Assistant Cloud takes no address back: %s", type(err).__name__
        )
