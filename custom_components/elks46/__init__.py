"""The 46elks integration: texts and calls between a home and any phone."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, Final

from homeassistant.config_entries import ConfigEntry
from homeassistant.const import CONF_PASSWORD, CONF_USERNAME, CONF_WEBHOOK_ID, Platform
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import (
    config_validation as cv,
    device_registry as dr,
    issue_registry as ir,
)
from homeassistant.helpers.aiohttp_client import async_get_clientsession
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.helpers.event import async_track_time_change
from homeassistant.helpers.start import async_at_started
from homeassistant.helpers.typing import ConfigType
from homeassistant.setup import async_setup_component

from . import bus, escalation, media_view, switchboard, tickets, webhook
from .address import Address, async_delete_cloudhook
from .album import Album
from .api import ElksClient
from .api.realtime import Hello
from .catch_up import CatchUp
from .const import (
    CONF_API_URL,
    CONF_CALL_HANDLING,
    CONF_REALTIME_NUMBER,
    CONF_USER_ID,
    DOMAIN,
    LOGGER,
    PLATFORMS,
    SUBENTRY_NUMBER,
)
from .contacts import Contacts
from .conversations import Conversations, async_user
from .coordinator import ElksCoordinator
from .correspondence import Correspondence
from .credit import Credit
from .data import ElksConfigEntry, ElksRuntimeData
from .dialler import Dialler, async_let_go
from .entity import account_device
from .escalation import Escalation
from .fallbacks import Fallbacks
from .guard import Guard
from .inbox import Inbox
from .notices import async_forget_assistants
from .outbox import Outbox
from .provisioning import Provisioning
from .reach import Reach
from .reception import Reception
from .rental import Rental
from .replies import Replies
from .roster import Roster
from .services import async_setup_services
from .signals import SIGNAL_STATE
from .spending import Spending
from .store import ElksStore
from .tapes import Tapes
from .voice import view as voice
from .voice.session import Attendant

# An alert goes on after a start, whether or not 46elks tells what has become of its calls.
SETTLE_SECONDS: Final = 10

CONFIG_SCHEMA = cv.config_entry_only_config_schema(DOMAIN)


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Offer the actions, and open the doors before any account is loaded."""
    async_setup_services(hass)
    media_view.async_open(hass)
    voice.async_register(hass)
    for entry in hass.config_entries.async_entries(DOMAIN, include_disabled=False):
        webhook.async_open(hass, entry)
    return True


async def async_setup_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> bool:
    """Make the rooms of an account and wire them: open doors last."""
    webhook.async_open(hass, entry)
    client = _client(hass, entry)
    coordinator = ElksCoordinator(hass, entry, client)
    await coordinator.async_config_entry_first_refresh()
    store = ElksStore(hass, entry.entry_id)
    await store.async_load()

    address = Address(hass, entry)
    reach = Reach(hass, entry, address)
    contacts = Contacts(entry)
    guard = Guard(hass, entry, store, contacts, coordinator)
    outbox = Outbox(hass, entry, client, store, address, coordinator, guard)
    board = switchboard.async_get(hass, entry.entry_id)
    pins = board.desk.pins
    album = Album(hass, entry, client)
    dialler = Dialler(hass, entry, client, store, address, board, guard)
    escalation = Escalation(hass, entry, store, contacts, dialler, outbox, pins)
    correspondence = Correspondence(
        hass,
        entry,
        client,
        store,
        contacts,
        outbox,
        coordinator,
        escalation,
        pins,
    )
    inbox = Inbox(hass, entry, store, album, contacts, pins, correspondence)
    tapes = Tapes(hass, entry, client, store, dialler.ledger)
    conversations = Conversations(
        hass,
        entry,
        address,
        coordinator,
        dialler,
        guard,
        board,
        tickets.async_get(hass, entry.entry_id),
    )
    entry.runtime_data = runtime = ElksRuntimeData(
        platforms=await _async_platforms(hass, entry),
        client=client,
        coordinator=coordinator,
        credit=Credit(hass, entry, store, coordinator),
        store=store,
        contacts=contacts,
        address=address,
        reach=reach,
        reception=Reception(
            hass,
            entry,
            store,
            address,
            contacts,
            guard,
            board,
            dialler.ledger,
            conversations,
            client,
        ),
        conversations=conversations,
        correspondence=correspondence,
        guard=guard,
        inbox=inbox,
        outbox=outbox,
        pins=pins,
        dialler=dialler,
        escalation=escalation,
        fallbacks=Fallbacks(hass, entry, client, store, coordinator, dialler, outbox),
        provisioning=Provisioning(hass, entry, client, store, address, reach),
        catch_up=CatchUp(
            hass,
            entry,
            client,
            store,
            inbox,
            outbox,
            dialler,
            tapes,
            reach,
            coordinator,
        ),
        rental=Rental(hass, client, coordinator, guard),
        replies=Replies(
            hass,
            entry,
            client,
            store,
            contacts,
            outbox,
            coordinator,
            guard,
            correspondence,
        ),
        roster=Roster(hass, entry, client, store),
        spending=Spending(hass, entry, client, store, coordinator),
        tapes=tapes,
    )
    dr.async_get(hass).async_get_or_create(
        config_entry_id=entry.entry_id, **account_device(entry)
    )
    await address.async_resolve()
    reach.address_changed()
    bus.async_setup(hass, entry)
    if correspondence.is_open:
        # Not every home has it; numbers that talk bring it along with their satellites.
        await async_setup_component(hass, "assist_pipeline", {})
    if correspondence.is_open or Platform.ASSIST_SATELLITE in runtime.platforms:
        await async_user(hass, entry)
    await hass.config_entries.async_forward_entry_setups(entry, runtime.platforms)
    _async_wire(hass, entry, runtime)

    async def claim(hello: Hello) -> Attendant | None:
        return conversations.claim(hello.call_id)

    voice.async_open(hass, entry.entry_id, address.voice_token, claim)
    return True


async def async_unload_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> bool:
    """Close the doors first; what is under way is let through or settled later."""
    runtime = entry.runtime_data
    await runtime.conversations.async_close()
    await voice.async_close(hass, entry.entry_id)
    runtime.catch_up.async_close()
    runtime.inbox.async_close()
    runtime.spending.async_close()
    runtime.credit.async_close()
    runtime.provisioning.async_close()
    await runtime.escalation.async_close()
    await runtime.fallbacks.async_close()
    await runtime.correspondence.async_close()
    await asyncio.gather(
        runtime.dialler.async_close(),
        runtime.outbox.async_close(),
        runtime.reception.async_close(),
        runtime.tapes.async_close(),
    )
    if not await hass.config_entries.async_unload_platforms(entry, runtime.platforms):
        return False
    await runtime.store.async_close()
    if entry.disabled_by is not None:
        escalation.async_forget(hass, list(runtime.store.alerts))
        async_let_go(hass, list(runtime.store.calls))
        webhook.async_shut(hass, entry)
        switchboard.async_forget(hass, entry.entry_id)
        tickets.async_forget(hass, entry.entry_id)
        _delete_issues(hass, entry)
    return True


async def async_remove_entry(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    """Give the numbers back, then forget everything."""
    webhook.async_shut(hass, entry)
    switchboard.async_forget(hass, entry.entry_id)
    tickets.async_forget(hass, entry.entry_id)
    store = ElksStore(hass, entry.entry_id)
    await store.async_load()
    escalation.async_forget(hass, list(store.alerts))
    async_let_go(hass, list(store.calls))
    address = Address(hass, entry)
    await address.async_resolve()
    reach = Reach(hass, entry, address)
    client = _client(hass, entry)
    provisioning = Provisioning(hass, entry, client, store, address, reach)
    await provisioning.async_give_all_back()
    await store.async_remove()
    _delete_issues(hass, entry)
    await async_delete_cloudhook(hass, entry.data[CONF_WEBHOOK_ID])
    user_id = entry.data.get(CONF_USER_ID)
    if user_id and (user := await hass.auth.async_get_user(user_id)):
        await hass.auth.async_remove_user(user)


def _client(hass: HomeAssistant, entry: ElksConfigEntry) -> ElksClient:
    return ElksClient(
        async_get_clientsession(hass),
        entry.data[CONF_USERNAME],
        entry.data[CONF_PASSWORD],
        api_url=entry.data[CONF_API_URL],
    )


async def _async_platforms(
    hass: HomeAssistant, entry: ConfigEntry
) -> tuple[Platform, ...]:
    """Return what an account has to show: who talks, only where there is something to talk through.

    Not every home has Assist, and what chooses an assistant needs it before all else.
    """
    has_voice = any(
        subentry.data.get(CONF_REALTIME_NUMBER)
        for subentry in entry.get_subentries_of_type(SUBENTRY_NUMBER)
    )
    if has_voice and not await async_setup_component(hass, "assist_pipeline", {}):
        LOGGER.warning("Assist cannot be set up, so nobody can talk with the house")
        has_voice = False
    return (*PLATFORMS, Platform.ASSIST_SATELLITE) if has_voice else (*PLATFORMS,)


@callback
def _delete_issues(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
    for domain, issue_id in list(ir.async_get(hass).issues):
        if domain == DOMAIN and entry.entry_id in issue_id:
            ir.async_delete_issue(hass, domain, issue_id)


def _settings(entry: ConfigEntry) -> tuple[object, ...]:
    """Return all that a person sets, but for how numbers handle calls."""
    return (
        entry.title,
        entry.data,
        entry.options,
        [
            (
                subentry.subentry_id,
                subentry.title,
                {
                    key: value
                    for key, value in subentry.data.items()
                    if key != CONF_CALL_HANDLING
                },
            )
            for subentry in entry.subentries.values()
        ],
    )


@callback
def _async_wire(
    hass: HomeAssistant, entry: ElksConfigEntry, runtime: ElksRuntimeData
) -> None:
    """Let the rooms of an account move each other."""
    before = _settings(entry)

    async def reconcile() -> None:
        runtime.conversations.async_mind_lines()
        await runtime.provisioning.async_reconcile(
            runtime.coordinator.data.numbers.values()
        )

    async def compare() -> None:
        """Offer and miss numbers by what was read last; what could not be read changes nothing."""
        try:
            await runtime.roster.async_compare(runtime.coordinator.data.numbers)
        except OSError:
            LOGGER.debug("The disk refuses to note which numbers are known")

    async def follow() -> None:
        await compare()
        await reconcile()

    async def unhindered(step: Coroutine[Any, Any, None]) -> None:
        """Make a step, of which no bug stops those after it."""
        try:
            await step
        except Exception:  # noqa: BLE001 - an alert may be among those
            LOGGER.exception("A step after the start has failed")

    async def settle_in() -> None:
        """Go on as before a start: alerts first, and whatever goes wrong beside them."""
        # Voices that were not there before Home Assistant had started, or an address that is new.
        runtime.reception.async_open()
        await unhindered(runtime.catch_up.async_settle_calls(SETTLE_SECONDS))
        runtime.escalation.resume()
        await unhindered(follow())
        runtime.tapes.resume()
        await unhindered(runtime.catch_up.async_run())
        await unhindered(runtime.credit.async_tell())
        runtime.fallbacks.resume()
        await unhindered(runtime.replies.async_make_up())

    async def move() -> None:
        await runtime.address.async_resolve()
        runtime.reach.address_changed()
        await settle_in()

    @callback
    def started(_: HomeAssistant) -> None:
        entry.async_create_background_task(hass, settle_in(), "elks46 catch-up")

    @callback
    def numbers_read() -> None:
        entry.async_create_background_task(hass, follow(), "elks46 numbers")
        runtime.correspondence.settle()
        replies = runtime.replies.async_make_up()
        entry.async_create_background_task(hass, replies, "elks46 replies")

    @callback
    def balance_read() -> None:
        spending = runtime.spending.async_read()
        entry.async_create_background_task(hass, spending, "elks46 spending")
        telling = runtime.credit.async_tell()
        entry.async_create_background_task(hass, telling, "elks46 balance")

    @callback
    def address_changed() -> None:
        entry.async_create_background_task(hass, move(), "elks46 address")

    async def reload(hass: HomeAssistant, entry: ElksConfigEntry) -> None:
        """Apply changed settings, contacts and numbers; who answers calls needs no more than that."""
        nonlocal before
        before, was = _settings(entry), before
        async_forget_assistants(hass, entry)
        if before == was:
            runtime.reception.async_open()
            # Calls that were left to others are taken over by that.
            entry.async_create_background_task(hass, reconcile(), "elks46 numbers")
            async_dispatcher_send(hass, SIGNAL_STATE.format(entry.entry_id))
            return
        if runtime.conversations.is_awaited:
            return
        # Nobody is cut off by a setting; the line takes nobody new meanwhile.
        await runtime.conversations.async_end()
        await hass.config_entries.async_reload(entry.entry_id)

    @callback
    def prune() -> None:
        entry.async_create_background_task(
            hass, runtime.inbox.async_prune(), "elks46 old pictures"
        )
        entry.async_create_background_task(
            hass, runtime.tapes.async_prune(), "elks46 old recordings"
        )

    @callback
    def day_begins(_: datetime) -> None:
        prune()
        async_dispatcher_send(hass, SIGNAL_STATE.format(entry.entry_id))

    runtime.dialler.async_listen()
    runtime.reception.async_listen()
    runtime.escalation.async_listen()
    runtime.fallbacks.async_listen()
    entry.async_on_unload(
        async_track_time_change(hass, day_begins, hour=0, minute=0, second=0)
    )
    entry.async_on_unload(runtime.coordinator.async_add_listener(numbers_read))
    entry.async_on_unload(runtime.coordinator.async_add_listener(balance_read))
    balance_read()
    prune()
    entry.async_on_unload(runtime.address.async_listen(address_changed))
    entry.async_on_unload(entry.add_update_listener(reload))
    # Posts are taken from then on, so nothing falls between this reading and the next post.
    entry.async_on_unload(async_at_started(hass, started))
