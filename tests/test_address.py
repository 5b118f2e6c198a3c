"""Where 46elks is told to post: the person's address, Home Assistant Cloud's, or none."""

from collections.abc import Callable
import sys
from types import ModuleType

from homeassistant.const import CONF_WEBHOOK_ID
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.elks46.address import Address, NoAddress, is_public_url
from custom_components.elks46.api import DEFAULT_API_URL, CallbackKind
from custom_components.elks46.const import (
    CONF_API_URL,
    CONF_PUBLIC_URL,
    CONF_REACH,
    DOMAIN,
    Reach,
)

from . import (
    WEBHOOK_ID,
    SimulatorControl,
    change_options,
    issues,
    pass_time,
    setup_integration,
)

PUBLIC = "https://home.example.com"
OTHER_PUBLIC = "https://other.example.com"
REMOTE = "https://abc.ui.nabu.casa"
HOOK = "https://hooks.nabu.casa/secret"
STAND_IN = "http://127.0.0.1:4646/a1"


class FakeCloud(ModuleType):
    """As much of Home Assistant Cloud as we use; the real one brings half of Home Assistant along."""

    class CloudNotAvailable(HomeAssistantError):
        """It is not there."""

    def __init__(self) -> None:
        """Be subscribed to and connected."""
        super().__init__("homeassistant.components.cloud")
        self.is_subscribed = True
        self.is_connected = True
        self.hooks: dict[str, str] = {}
        self.error: Exception | None = None
        self.remote_url: str | None = None
        self._listeners: list[Callable[[object], None]] = []

    def async_active_subscription(self, hass: HomeAssistant) -> bool:
        """Return whether somebody pays."""
        return self.is_subscribed

    def async_is_connected(self, hass: HomeAssistant) -> bool:
        """Return whether it can be reached."""
        return self.is_connected

    async def async_get_or_create_cloudhook(
        self, hass: HomeAssistant, webhook_id: str
    ) -> str:
        """Return the address of a webhook."""
        if self.error:
            raise self.error
        return self.hooks.setdefault(webhook_id, HOOK)

    async def async_delete_cloudhook(
        self, hass: HomeAssistant, webhook_id: str
    ) -> None:
        """Forget the address of a webhook."""
        if self.error:
            raise self.error
        del self.hooks[webhook_id]

    def async_remote_ui_url(self, hass: HomeAssistant) -> str:
        """Return the address of the user interface."""
        if self.remote_url is None:
            raise self.CloudNotAvailable
        return self.remote_url

    @callback
    def async_listen_connection_change(
        self, hass: HomeAssistant, target: Callable[[object], None]
    ) -> CALLBACK_TYPE:
        """Tell when it connects or goes."""
        self._listeners.append(target)
        return lambda: self._listeners.remove(target)

    @callback
    def async_listen_cloudhook_change(
        self, hass: HomeAssistant, webhook_id: str, target: Callable[[object], None]
    ) -> CALLBACK_TYPE:
        """Tell when the address of a webhook changes."""
        return self.async_listen_connection_change(hass, target)

    async def tell(self, hass: HomeAssistant) -> None:
        """Tell that something has changed."""
        self._listeners[0](None)
        await hass.async_block_till_done(wait_background_tasks=True)

    @property
    def is_listened_to(self) -> bool:
        """Return whether anybody wants to know of changes."""
        return bool(self._listeners)


@pytest.fixture
def cloud(hass: HomeAssistant, monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    """Return Home Assistant Cloud, as far as it is there."""
    fake = FakeCloud()
    monkeypatch.setitem(sys.modules, fake.__name__, fake)
    hass.config.components.add("cloud")
    return fake


def account(api_url: str = DEFAULT_API_URL, **options: str) -> MockConfigEntry:
    """Return an account that is not connected to anything."""
    return MockConfigEntry(
        domain=DOMAIN,
        data={CONF_API_URL: api_url, CONF_WEBHOOK_ID: WEBHOOK_ID},
        options=options,
    )


async def found(hass: HomeAssistant, entry: MockConfigEntry) -> str | NoAddress | None:
    """Return the host that 46elks is to post to, or why there is none."""
    address = Address(hass, entry)
    await address.async_resolve()
    url = address.callback_url(CallbackKind.SMS)
    assert (url is None) == (address.missing is not None)
    return url.split("/api/")[0].split("?")[0] if url else address.missing


@pytest.mark.parametrize(
    "url",
    [
        "https://home.example.com",
        "https://home.example.com:8123/path",
        "https://home.example.com.",
        "https://93.184.216.34",
        "https://[2606:2800:220:1::1]",
    ],
)
def test_46elks_posts_to_a_public_address(url: str) -> None:
    """By https, so that nobody reads along."""
    assert is_public_url(url, DEFAULT_API_URL)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://home.example.com", id="in the clear"),
        pytest.param("https://localhost", id="loopback"),
        pytest.param("https://127.0.0.1", id="loopback, by number"),
        pytest.param("https://[::1]", id="loopback, by long number"),
        pytest.param("https://192.168.1.2:8123", id="home network, by number"),
        pytest.param("https://192.168.1.2.", id="home network, with a dot"),
        pytest.param("https://192.168.258", id="home network, by three numbers"),
        pytest.param("https://0xc0.0xa8.1.0x2", id="home network, in hexadecimal"),
        pytest.param("https://homeassistant", id="no domain"),
        pytest.param("https://homeassistant.", id="no domain, with a dot"),
        pytest.param("https://homeassistant.local", id="home network"),
        pytest.param("https://homeassistant.local.", id="home network, with a dot"),
        pytest.param("https://ha.lan:8123", id="router's name"),
        pytest.param("https://ha.home.arpa", id="home.arpa"),
        pytest.param("https://ha.internal", id="internal"),
    ],
)
def test_46elks_does_not_post_into_a_home(url: str) -> None:
    """What stands in for it may."""
    assert not is_public_url(url, DEFAULT_API_URL)
    assert is_public_url(url, STAND_IN)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="nothing"),
        pytest.param("home.example.com", id="no scheme"),
        pytest.param("ftp://home.example.com", id="another scheme"),
        pytest.param("https://", id="no host"),
        pytest.param("https://[home", id="nonsense"),
        pytest.param("https://anna@home.example.com", id="user"),
        pytest.param("https://anna:pw@home.example.com", id="password"),
        pytest.param("https://home.example.com?key=1", id="query"),
        pytest.param("https://home.example.com#top", id="fragment"),
    ],
)
@pytest.mark.parametrize("api_url", [DEFAULT_API_URL, STAND_IN], ids=["46elks", "demo"])
def test_what_is_no_base_of_addresses_is_refused(url: str, api_url: str) -> None:
    """Ours are built upon it."""
    assert not is_public_url(url, api_url)


@pytest.mark.parametrize(
    ("options", "external_url", "expected"),
    [
        pytest.param({}, None, NoAddress.MISSING, id="nothing"),
        pytest.param({}, PUBLIC, PUBLIC, id="external address"),
        pytest.param({CONF_PUBLIC_URL: PUBLIC}, None, PUBLIC, id="own address"),
        pytest.param(
            {CONF_PUBLIC_URL: f"{PUBLIC}/"}, OTHER_PUBLIC, PUBLIC, id="own before it"
        ),
        pytest.param({}, "http://home.example.com", NoAddress.MISSING, id="no https"),
        pytest.param(
            {CONF_PUBLIC_URL: "http://127.0.0.1"}, PUBLIC, NoAddress.MISSING, id="home"
        ),
        pytest.param({CONF_REACH: Reach.EXTERNAL}, PUBLIC, PUBLIC, id="external"),
        pytest.param(
            {CONF_REACH: Reach.CLOUD}, PUBLIC, NoAddress.MISSING, id="cloud alone"
        ),
        pytest.param({CONF_REACH: Reach.POLL}, PUBLIC, NoAddress.CHOSEN, id="poll"),
    ],
)
async def test_without_home_assistant_cloud(
    hass: HomeAssistant,
    options: dict[str, str],
    external_url: str | None,
    expected: str | NoAddress,
) -> None:
    """The person's address, else that of the settings."""
    await hass.config.async_update(external_url=external_url)

    assert await found(hass, account(**options)) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, HOOK, id="auto"),
        pytest.param({CONF_PUBLIC_URL: OTHER_PUBLIC}, OTHER_PUBLIC, id="own before it"),
        pytest.param({CONF_REACH: Reach.CLOUD}, HOOK, id="cloud"),
        pytest.param(
            {CONF_REACH: Reach.CLOUD, CONF_PUBLIC_URL: OTHER_PUBLIC},
            HOOK,
            id="cloud, whatever the person once entered",
        ),
        pytest.param({CONF_REACH: Reach.EXTERNAL}, PUBLIC, id="external"),
        pytest.param({CONF_REACH: Reach.POLL}, NoAddress.CHOSEN, id="poll"),
    ],
)
async def test_with_home_assistant_cloud(
    hass: HomeAssistant,
    cloud: FakeCloud,
    options: dict[str, str],
    expected: str | NoAddress,
) -> None:
    """It needs no open port, so it comes first unless the person says otherwise."""
    await hass.config.async_update(external_url=PUBLIC)

    assert await found(hass, account(**options)) == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({}, PUBLIC, id="auto"),
        pytest.param({CONF_REACH: Reach.CLOUD}, NoAddress.MISSING, id="cloud"),
    ],
)
async def test_without_a_subscription(
    hass: HomeAssistant,
    cloud: FakeCloud,
    options: dict[str, str],
    expected: str | NoAddress,
) -> None:
    """The component is there in most homes, the subscription is not."""
    cloud.is_subscribed = False
    await hass.config.async_update(external_url=PUBLIC)

    assert await found(hass, account(**options)) == expected


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param({"is_connected": False}, id="not connected yet"),
        pytest.param({"error": FakeCloud.CloudNotAvailable()}, id="not available"),
        pytest.param({"error": ValueError("Cloud is not connected")}, id="just gone"),
        pytest.param({"error": TimeoutError()}, id="no answer"),
        pytest.param({"error": Exception("CloudError")}, id="an error of its client"),
    ],
)
async def test_a_cloud_that_is_away_is_waited_for(
    hass: HomeAssistant, cloud: FakeCloud, trouble: dict[str, object]
) -> None:
    """At most starts of Home Assistant it connects some seconds later: no reason to warn."""
    await hass.config.async_update(external_url=PUBLIC)
    cloud.__dict__.update(trouble)

    assert await found(hass, account()) is NoAddress.WAITING


async def test_the_remote_user_interface_is_an_external_address(
    hass: HomeAssistant, cloud: FakeCloud
) -> None:
    """For those who want no cloudhook."""
    cloud.remote_url = "https://abc.ui.nabu.casa"

    entry = account(**{CONF_REACH: Reach.EXTERNAL})
    assert await found(hass, entry) == "https://abc.ui.nabu.casa"


@pytest.mark.parametrize(
    ("options", "external_url", "remote_url", "base"),
    [
        pytest.param({}, None, None, None, id="none"),
        pytest.param({}, PUBLIC, None, PUBLIC, id="external"),
        pytest.param({}, f"{PUBLIC}:8443", None, f"{PUBLIC}:8443", id="port"),
        pytest.param({}, None, REMOTE, REMOTE, id="remote access"),
        pytest.param({}, PUBLIC, REMOTE, PUBLIC, id="external first"),
        pytest.param(
            {}, "http://home.example.com", REMOTE, REMOTE, id="external without https"
        ),
        pytest.param({}, "https://10.0.0.2", REMOTE, REMOTE, id="external in the home"),
        pytest.param(
            {CONF_PUBLIC_URL: f"{OTHER_PUBLIC}/ha/"},
            PUBLIC,
            REMOTE,
            f"{OTHER_PUBLIC}/ha",
            id="the person's own first",
        ),
        pytest.param(
            {CONF_PUBLIC_URL: "http://127.0.0.1:8123"},
            PUBLIC,
            None,
            PUBLIC,
            id="the person's own that 46elks cannot reach",
        ),
        pytest.param(
            {CONF_REACH: Reach.CLOUD}, PUBLIC, REMOTE, PUBLIC, id="posts by cloud"
        ),
        pytest.param(
            {CONF_REACH: Reach.POLL, CONF_PUBLIC_URL: PUBLIC},
            PUBLIC,
            REMOTE,
            None,
            id="asking only",
        ),
    ],
)
async def test_sounds_are_fetched_where_bytes_come_through(
    hass: HomeAssistant,
    cloud: FakeCloud,
    options: dict[str, str],
    external_url: str | None,
    remote_url: str | None,
    base: str | None,
) -> None:
    """The address that Home Assistant Cloud makes for posts gives out no bytes."""
    await hass.config.async_update(external_url=external_url)
    cloud.remote_url = remote_url
    address = Address(hass, account(**options))

    assert address.media_base == base
    assert address.media_url("secret.wav") == (
        base and f"{base}/api/elks46/media/secret.wav"
    )
    assert address.voice_url == (
        base and f"wss{base[5:]}/api/elks46/voice/{address.voice_token}"
    )


async def test_remote_access_counts_only_while_the_cloud_is_connected(
    hass: HomeAssistant, cloud: FakeCloud
) -> None:
    """It names its address also while it is not."""
    cloud.remote_url = REMOTE
    cloud.is_connected = False

    assert Address(hass, account()).media_base is None


async def test_a_stand_in_for_46elks_fetches_from_anywhere(hass: HomeAssistant) -> None:
    """Such as a simulator on the same machine."""
    here = "http://127.0.0.1:8123"
    address = Address(hass, account(STAND_IN, **{CONF_PUBLIC_URL: here}))

    assert address.media_base == here
    assert address.voice_url == (
        f"ws://127.0.0.1:8123/api/elks46/voice/{address.voice_token}"
    )
    address.check_media()


async def test_a_call_that_could_play_nothing_is_refused(hass: HomeAssistant) -> None:
    """With the way out, before anybody is called."""
    with pytest.raises(HomeAssistantError) as error:
        Address(hass, account()).check_media()

    assert error.value.translation_key == "audio_unreachable"


@pytest.mark.parametrize(
    ("kind", "ref", "query"),
    [
        pytest.param(CallbackKind.SMS, None, "kind=sms", id="number"),
        pytest.param(CallbackKind.DELIVERY, "01K", "kind=delivery&ref=01K", id="text"),
    ],
)
async def test_the_address_tells_what_it_is_for(
    hass: HomeAssistant, kind: str, ref: str | None, query: str
) -> None:
    """One secret, and behind it what the post is about."""
    address = Address(hass, account(**{CONF_PUBLIC_URL: PUBLIC}))
    before = (address.callback_url(kind, ref), address.missing, address.is_cloud)
    await address.async_resolve()

    assert before == (None, NoAddress.WAITING, False)
    assert (
        address.callback_url(kind, ref) == f"{PUBLIC}/api/webhook/{WEBHOOK_ID}?{query}"
    )


async def test_a_refused_address_is_not_given_along_with_texts(
    hass: HomeAssistant,
) -> None:
    """46elks would refuse the text; numbers may try again, and another address is anew."""
    address = Address(hass, account(**{CONF_PUBLIC_URL: PUBLIC}))
    await address.async_resolve()
    address.is_refused = True
    refused = [
        address.callback_url(kind) is None
        for kind in (CallbackKind.SMS, CallbackKind.DELIVERY)
    ]
    await address.async_resolve()

    assert refused == [False, True]
    assert address.callback_url(CallbackKind.DELIVERY)


async def sms_url(simulator: SimulatorControl) -> str | None:
    """Return what answers the number's texts at 46elks."""
    (number,) = await simulator.control("GET", "numbers")
    url: str | None = number.get("sms_url")
    return url


async def test_a_home_in_the_cloud(
    hass: HomeAssistant,
    cloud: FakeCloud,
    entry: MockConfigEntry,
    simulator: SimulatorControl,
) -> None:
    """It waits without warning, is told when the cloud is there, and leaves nothing behind."""
    cloud.is_connected = False
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    waiting = (await sms_url(simulator), issues(hass))

    cloud.is_connected = True
    await cloud.tell(hass)
    connected = (await sms_url(simulator), entry.runtime_data.address.is_cloud)
    await hass.config_entries.async_remove(entry.entry_id)

    assert waiting == (None, {})
    assert connected == (f"{HOOK}?kind=sms", True)
    assert await sms_url(simulator) is None
    assert cloud.hooks == {}
    assert not cloud.is_listened_to


async def test_a_cloud_that_takes_nothing_back_stops_no_removal(
    hass: HomeAssistant, cloud: FakeCloud, entry: MockConfigEntry
) -> None:
    """The person wants the account gone."""
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    cloud.error = ValueError("Hook is not enabled for the cloud.")

    await hass.config_entries.async_remove(entry.entry_id)

    assert hass.config_entries.async_entries(DOMAIN) == []


async def test_without_a_cloud_there_is_nothing_to_give_back(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Most homes have none."""
    await hass.config_entries.async_remove(integration.entry_id)

    assert hass.config_entries.async_entries(DOMAIN) == []


async def test_another_external_address_is_told_to_46elks(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """At once; other settings mean nothing to it."""
    await change_options(hass, integration, **{CONF_PUBLIC_URL: ""})
    await hass.config.async_update(external_url=PUBLIC)
    await hass.async_block_till_done(wait_background_tasks=True)
    first = await sms_url(simulator)
    before = len(await simulator.log())

    await hass.config.async_update(location_name="Cottage")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert first == f"{PUBLIC}/api/webhook/{WEBHOOK_ID}?kind=sms"
    assert len(await simulator.log()) == before


async def test_a_lost_external_address_is_told_to_the_person(
    hass: HomeAssistant, entry: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks is asked from then on."""
    await hass.config.async_update(external_url=PUBLIC)
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)

    await hass.config.async_update(external_url=None)
    await hass.async_block_till_done(wait_background_tasks=True)
    before = len(await simulator.requests("GET", "sms"))
    await pass_time(hass, seconds=21)

    assert set(issues(hass)) == {"no_address"}
    assert len(await simulator.requests("GET", "sms")) == before + 1
