"""What stands between an automation that runs wild and the bill."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.const import CONF_NAME
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers.dispatcher import async_dispatcher_send
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
    async_fire_time_changed,
)

from custom_components.elks46.api import (
    CallDirection,
    DeliveryReport,
    MessageKind,
    MessageStatus,
)
from custom_components.elks46.const import CONF_ALLOWED_COUNTRIES, CONF_PHONE
from custom_components.elks46.contacts import destination_of
from custom_components.elks46.records import CallNews, CallStage, Limit, PhoneCall
from custom_components.elks46.signals import SIGNAL_CALL

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    SimulatorControl,
    answering,
    change_options,
    drawn,
    failing,
    issues,
    killed,
    pass_time,
    refusing,
    send_mms,
    send_sms,
    setup_integration,
)

pytestmark = pytest.mark.usefixtures("impatient")

LIMIT_REACHED = "elks46_limit_reached"
MONEY = Limit.DAILY_SPEND
MESSAGES = Limit.HOURLY_MESSAGES
HUNDRED = [f"+4670174{number}" for number in range(1000, 1100)]


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


async def posts(simulator: SimulatorControl, path: str = "sms") -> int:
    """Return how often 46elks was asked to send."""
    return len(await simulator.requests("POST", path))


async def refused(
    hass: HomeAssistant, match: str = "Not sent|Stopped", **data: object
) -> None:
    """Send what must not be sent."""
    with pytest.raises(HomeAssistantError, match=match):
        await send_sms(hass, **{"to": ANNA, "wait": 0, **data})


@pytest.mark.parametrize(
    ("options", "error", "issue", "value", "at_most"),
    [
        pytest.param(
            {MESSAGES: 10},
            "Not sent: this home has sent the 10 messages that it may send within an"
            " hour. Wait, or raise the limit in the options of 46elks",
            {"account": "46elks", "limit": "10"},
            10,
            10,
            id="messages",
        ),
        pytest.param(
            {MONEY: 10.95},
            "Stopped by your limits: this home would spend more than the 10.95 SEK that it may spend"
            " a day. Wait until midnight, or raise the limit in the options of 46elks",
            {"account": "46elks", "limit": "10.95 SEK"},
            10.95,
            # What one costs is known as soon as the first is answered.
            21,
            id="money",
        ),
    ],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["100 actions", "one action"])
async def test_of_a_hundred_at_once_never_one_is_over(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    options: Mapping[str, float],
    error: str,
    issue: dict[str, str],
    value: float,
    at_most: int,
    at_once: bool,
) -> None:
    """Each of the others is an error; they are one issue and one event."""
    await change_options(hass, integration, **options)
    events = async_capture_events(hass, LIMIT_REACHED)
    batches: list[list[str]] = [HUNDRED]
    if_alone = [[phone] for phone in HUNDRED]
    answers = await asyncio.gather(
        *(
            send_sms(hass, to=batch, wait=0)
            for batch in {True: if_alone, False: batches}[at_once]
        ),
        return_exceptions=True,
    )

    errors = [str(answer) for answer in answers if isinstance(answer, Exception)]
    rows = [row for answer in answers if isinstance(answer, list) for row in answer]
    errors += [row["error"] for row in rows if "error" in row]
    sent = await posts(simulator)
    assert 10 <= sent <= {True: 10, False: at_most}[at_once]
    assert errors == [error] * (100 - sent)
    (limit,) = options
    assert issues(hass) == {limit: issue}
    assert [dict(event.data) for event in events] == [
        {
            "config_entry_id": integration.entry_id,
            "number": None,
            "number_device_id": None,
            "contact": None,
            "contact_device_id": None,
            "limit": limit,
            "value": value,
            "action": "send_sms",
        }
    ]


@pytest.mark.parametrize(
    ("currency", "amount"), [("SEK", "200.00 SEK"), ("EUR", "20.00 EUR")]
)
async def test_there_is_a_limit_unless_one_is_set(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    currency: str,
    amount: str,
) -> None:
    """A hundred messages an hour, and what a home may spend a day."""
    await simulator.put_account(currency=currency, balance="1000.00")
    await pass_time(hass, minutes=31)
    rows = await send_sms(hass, to=[*HUNDRED, ANNA], wait=0)
    assert [row["to"] for row in rows if "error" in row] == [ANNA]
    await change_options(hass, integration, **{MESSAGES: 1000})
    await refused(hass, message="x" * 153 * 400, match=amount)
    assert set(issues(hass)) == {MONEY}


async def test_an_account_without_a_currency_has_the_more_careful_limit(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """46elks names none where none is set."""
    me = '{"id": "u46e1c5000000000000000000000000de", "balance": 1000000}'
    await simulator.fail(answering("me", 200, me))
    await pass_time(hass, minutes=31)
    await refused(hass, message="x" * 153 * 440, match="20.00")


async def test_the_price_of_a_text_is_learned_by_country(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """From the last one, so that the limit is used up to its end; also after a restart."""
    await change_options(
        hass, integration, **{MONEY: 1.56, CONF_ALLOWED_COUNTRIES: ["NO", "SE"]}
    )
    await send_sms(hass, to=ANNA, wait=0)
    await send_sms(hass, to=ANNA, wait=0)
    await hass.config_entries.async_reload(integration.entry_id)
    await refused(hass, to="+4791234567")
    await send_sms(hass, to=ANNA, wait=0)
    await refused(hass)
    assert await posts(simulator) == 3


async def test_what_is_free_says_nothing_of_prices(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """46elks' own test number costs nothing, its neighbours do."""
    await send_sms(hass, to="+46700000000", wait=0)
    guard = integration.runtime_data.guard
    with guard.reserve("one", ANNA, MessageKind.SMS) as price:
        assert price == Decimal("1.04")


async def test_a_limit_below_the_guess_lets_the_first_text_tell_the_price(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Or it would hold for ever, as no text would tell."""
    await change_options(hass, integration, **{MONEY: 1})
    answers = await asyncio.gather(
        *(send_sms(hass, to=phone, wait=0) for phone in HUNDRED[:5]),
        return_exceptions=True,
    )
    assert [isinstance(one, Exception) for one in answers].count(False) == 1
    await refused(hass)
    assert await posts(simulator) == 1


async def test_no_call_is_thought_to_cost_less_than_by_the_list(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Also where the limit is below that and nothing is spent yet, or a long one would pass a limit of little."""
    await change_options(hass, integration, **{MONEY: 100})
    guard = integration.runtime_data.guard
    with guard.reserve_call("a", ANNA, minutes=100) as price:
        assert price == 100
    with (
        pytest.raises(HomeAssistantError, match="100.00"),
        guard.reserve_call("b", ANNA, minutes=143),
    ):
        pass


async def test_a_minute_to_a_landline_says_nothing_of_mobiles(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """And none is thought to be cheaper than the list has it."""
    landline, guard = "+4684650040", integration.runtime_data.guard
    for phone, cost in {landline: "0.40", ANNA: "0.10", "+4791234567": "2.50"}.items():
        call = PhoneCall(
            ref=phone,
            direction=CallDirection.OUTGOING,
            caller=NUMBER,
            callee=phone,
            asked=dt_util.utcnow(),
            stage=CallStage.ENDED,
            duration=61,
            cost=Decimal(cost),
        )
        async_dispatcher_send(
            hass, SIGNAL_CALL.format(integration.entry_id), CallNews.ENDED, call
        )
        with guard.reserve_call("one", "+46701740699", minutes=100) as price:
            assert price == (140 if phone == landline else 70)
    with guard.reserve_call("one", landline, minutes=100) as price:
        assert price == 70
    with guard.reserve_call("one", "+4791234568", minutes=100) as price:
        assert price == 125


@pytest.mark.parametrize("limit", [MONEY, MESSAGES])
async def test_a_limit_of_nothing_lets_nothing_out_and_says_so(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    limit: str,
) -> None:
    """Waiting would not help, so nobody is told to wait."""
    await change_options(hass, integration, **{limit: 0})
    await refused(
        hass, "Stopped by your limits: a limit of 0 lets nothing out. Raise it"
    )
    assert not await posts(simulator)


async def test_a_picture_counts_as_what_it_costs(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """More than a text."""
    await change_options(hass, integration, **{MONEY: 3, MESSAGES: 2})
    events = async_capture_events(hass, LIMIT_REACHED)
    await simulator.put_number(NUMBER, capabilities=["sms", "mms"])
    picture = hass.config.path("media", "picture.png")
    hass.config.allowlist_external_dirs = {hass.config.path("media")}

    def write() -> None:
        Path(picture).parent.mkdir(exist_ok=True)
        Path(picture).write_bytes(drawn())

    await hass.async_add_executor_job(write)
    await send_mms(hass, to=ANNA, image=picture)
    await send_mms(hass, to=ANNA, image=picture)
    with pytest.raises(HomeAssistantError, match="2 messages"):
        await send_mms(hass, to=ANNA, image=picture)
    await change_options(hass, integration, **{MESSAGES: 10})
    with pytest.raises(HomeAssistantError, match=r"3\.00 SEK"):
        await send_mms(hass, to=ANNA, image=picture)

    assert await posts(simulator, "mms") == 2
    assert [(event.data["limit"], event.data["action"]) for event in events] == [
        (MESSAGES, "send_mms"),
        (MONEY, "send_mms"),
    ]


@pytest.mark.parametrize(
    "options", [{MESSAGES: 2}, {MONEY: 1.04}], ids=["messages", "money"]
)
async def test_a_kill_forgets_no_text(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    options: Mapping[str, float],
) -> None:
    """Or an automation that restarts Home Assistant would be free to send."""
    await send_sms(hass, to=ANNA)
    await send_sms(hass, to=ANNA)
    await change_options(hass, integration, **options)
    async with killed(hass, integration):
        pass
    await refused(hass)
    await hass.config_entries.async_reload(integration.entry_id)
    await refused(hass)
    assert await posts(simulator) == 2


async def test_more_texts_than_are_remembered_are_all_counted(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Those of the last hour are kept, however many."""
    with (
        patch("custom_components.elks46.sent_log.REMEMBER_FINISHED_AT_MOST", 1),
        patch("custom_components.elks46.journal.COMPACT_AT_BYTES", 1),
    ):
        await send_sms(hass, to=HUNDRED[:20])
        await change_options(hass, integration, **{MESSAGES: 20})
        await refused(hass)


async def test_a_refused_text_gives_its_place_back(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """It has cost nothing."""
    await change_options(hass, integration, **{MESSAGES: 1, MONEY: 1.04})
    await simulator.fail(refusing(403, "Invalid to number"))
    await refused(hass, match="Invalid to number")
    await refused(hass, match="Invalid to number")
    await simulator.fail()
    await send_sms(hass, to=ANNA)
    await refused(hass)


@pytest.mark.parametrize(
    "options", [{MESSAGES: 1}, {MONEY: 1.04}], ids=["messages", "money"]
)
async def test_a_text_that_nobody_knows_of_keeps_its_place(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    options: Mapping[str, float],
) -> None:
    """Its money may be gone; over a restart too, until the history tells."""
    await change_options(hass, integration, **options)
    await simulator.fail(
        failing("sms", method="POST", times=1, kind="drop_before"),
        failing("sms", kind="status", status=500),
    )
    await refused(hass, match="Nobody knows")
    await refused(hass)
    await hass.config_entries.async_reload(integration.entry_id)
    # The history cannot be read, and will be again.
    await hass.async_block_till_done(wait_background_tasks=True)
    await refused(hass)
    await simulator.fail()
    await pass_time(hass, minutes=31)
    await send_sms(hass, to=BJORN)
    assert len(await simulator.texts(BJORN)) == 1


async def test_an_answer_without_a_price_counts_as_what_it_was_thought_to_cost(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """46elks may leave it out; over a restart too."""
    await change_options(hass, integration, **{MONEY: 1.04})
    body = (
        f'{{"id":"s{1:032x}","status":"created","from":"HomeAssist","to":"{ANNA}",'
        '"created":"2026-11-22T10:00:00.000000","message":"Dinner is ready",'
        '"direction":"outgoing"}'
    )
    await simulator.fail(refusing(200, body))
    await send_sms(hass, to=ANNA, wait=0)
    await refused(hass)
    await hass.config_entries.async_reload(integration.entry_id)
    await refused(hass)


async def test_a_failed_text_that_a_report_proves_sent_counts_again(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """It was taken for lost, and has cost money all the same."""
    await change_options(hass, integration, **{MONEY: 1.04})
    await simulator.fail(failing("sms", method="POST", kind="drop_before"))
    await refused(hass, match="did not take it")
    (ref,) = integration.runtime_data.store.sent
    report = DeliveryReport(
        id=f"s{1:032x}", status=MessageStatus.DELIVERED, delivered=dt_util.utcnow()
    )
    await integration.runtime_data.outbox.async_apply(ref, report)
    await simulator.fail()
    await refused(hass, match="1.04 SEK")


async def test_a_text_under_way_takes_one_place(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Neither none nor two, while 46elks has not answered."""
    await change_options(hass, integration, **{MESSAGES: 2, MONEY: 2.08})
    await simulator.fail(
        failing("sms", method="POST", times=1, kind="delay", seconds=0.3)
    )
    first = hass.async_create_task(send_sms(hass, to=ANNA, wait=0))
    while not integration.runtime_data.store.sent:
        await asyncio.sleep(0)
    await send_sms(hass, to=BJORN, wait=0)
    await refused(hass, to=STRANGER)
    await first
    assert await posts(simulator) == 2


async def test_a_text_of_before_the_restart_takes_one_place(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Also where it is sent again."""
    await change_options(hass, integration, **{MESSAGES: 1, MONEY: 1.04})
    await simulator.fail(failing("sms", method="POST", kind="delay", seconds=0.3))
    waiting = hass.async_create_task(send_sms(hass, to=ANNA, wait=0))
    while not integration.runtime_data.store.sent:
        await asyncio.sleep(0)
    async with killed(hass, integration):
        with pytest.raises(HomeAssistantError):
            await waiting
        await simulator.fail()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert len(await simulator.texts(ANNA)) == 1
    await refused(hass)


@pytest.mark.freeze_time("2026-12-24T10:00:00+00:00")
async def test_an_hour_later_messages_go_out_again(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """And the issue goes an hour after the last refusal; an automation hears of each hour."""
    await change_options(hass, integration, **{MESSAGES: 1})
    events = async_capture_events(hass, LIMIT_REACHED)
    await send_sms(hass, to=ANNA, wait=0)
    await refused(hass)
    freezer.tick(timedelta(minutes=59))
    await refused(hass)
    freezer.tick(timedelta(minutes=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert set(issues(hass)) == {MESSAGES}
    await send_sms(hass, to=ANNA, wait=0)
    await refused(hass)
    assert len(events) == 2
    freezer.tick(timedelta(hours=1))
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert issues(hass) == {}


@pytest.mark.freeze_time("2026-12-23T10:00:00+00:00")
async def test_at_the_homes_midnight_there_is_money_again(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """And the issue goes by itself."""
    await hass.config.async_set_time_zone("Europe/Stockholm")
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    await change_options(hass, entry, **{MONEY: 1.04})
    await send_sms(hass, to=ANNA, wait=0)
    await send_sms(hass, to=ANNA, wait=0)
    await refused(hass)
    freezer.move_to("2026-12-23T22:59:59+00:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    await refused(hass)
    assert MONEY in issues(hass)
    freezer.move_to("2026-12-23T23:00:00+00:00")
    async_fire_time_changed(hass)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert MONEY not in issues(hass)
    await send_sms(hass, to=ANNA, wait=0)
    assert await posts(simulator) == 3


async def test_a_raised_limit_takes_the_issue_away(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """And lets messages out at once."""
    await change_options(hass, integration, **{MESSAGES: 0})
    await refused(hass)
    assert set(issues(hass)) == {MESSAGES}
    await change_options(hass, integration, **{MESSAGES: 1})
    assert issues(hass) == {}
    await send_sms(hass, to=ANNA)


@pytest.mark.freeze_time("2026-12-31T10:00:00+00:00")
async def test_a_clock_that_was_wrong_locks_nobody_out(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """What was sent in a future that never was does not count."""
    await change_options(hass, integration, **{MESSAGES: 1, MONEY: 1.04})
    await send_sms(hass, to=ANNA, wait=0)
    await refused(hass)
    freezer.move_to("2026-12-24T10:00:00+00:00")
    events = async_capture_events(hass, LIMIT_REACHED)
    await send_sms(hass, to=ANNA, wait=0)
    await refused(hass)
    assert len(events) == 1


@pytest.mark.freeze_time("2026-12-24T10:00:00+00:00")
async def test_a_clock_on_another_day_for_a_moment_forgets_no_money(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Also where something is counted meanwhile, and over a restart."""
    await change_options(hass, integration, **{MONEY: 1.04})
    await send_sms(hass, to=ANNA, wait=0)
    await send_sms(hass, to=ANNA, wait=0)
    store = integration.runtime_data.store
    for day in ("22", "23", "25"):
        freezer.move_to(f"2026-12-{day}T10:00:00+00:00")
        await store.async_record_received(f"s{day}", dt_util.utcnow())
    freezer.move_to("2026-12-24T10:05:00+00:00")
    await refused(hass)
    await hass.config_entries.async_reload(integration.entry_id)
    await refused(hass)


@pytest.mark.freeze_time("2026-12-23T22:59:50+00:00")
async def test_money_is_of_the_day_on_which_it_was_asked_for(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """Though 46elks answers on the next."""
    await hass.config.async_set_time_zone("Europe/Stockholm")
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)
    await change_options(hass, entry, **{MONEY: 1.04})
    await send_sms(hass, to=ANNA, wait=0)
    store = entry.runtime_data.store
    (sent,) = store.sent.values()
    freezer.move_to("2026-12-23T23:00:01+00:00")
    await store.async_record_sent(sent, counts=True)
    assert store.tally.own_today == 0
    assert store.messages_today == 1


@pytest.mark.freeze_time("2026-12-24T10:00:00+00:00")
async def test_a_text_that_46elks_asks_for_again_hours_later_counts_once(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    freezer: FrozenDateTimeFactory,
) -> None:
    """It repeats what it has not heard the answer of for six hours and more."""
    guard = integration.runtime_data.guard
    await guard.async_count_forwarded("s1", ANNA, parts=1)
    freezer.tick(timedelta(hours=7))
    await guard.async_count_forwarded("s2", BJORN, parts=1)
    with patch("custom_components.elks46.journal.COMPACT_AT_BYTES", 1):
        await hass.config_entries.async_reload(integration.entry_id)
    guard = integration.runtime_data.guard
    await guard.async_count_forwarded("s1", ANNA, parts=1)
    assert integration.runtime_data.store.tally.own_today == Decimal("2.08")


async def test_what_others_on_the_account_send_keeps_nothing_in(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """They must not silence this home's alarm."""
    await change_options(hass, integration, **{MONEY: 2})
    await simulator.control(
        "POST", "history/calls", {"from": NUMBER, "to": ANNA, "cost": "50.00"}
    )
    await pass_time(hass, minutes=31)
    await send_sms(hass, to=ANNA)


async def test_an_alert_may_use_as_much_again(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """But no more."""
    await change_options(hass, integration, **{MESSAGES: 1, MONEY: 1.04})
    guard = integration.runtime_data.guard

    def reserve(ref: str, *, is_alert: bool) -> Any:
        return guard.reserve(ref, ANNA, MessageKind.SMS, is_alert=is_alert)

    with reserve("one", is_alert=False) as price:
        assert price == Decimal("1.04")
        with pytest.raises(HomeAssistantError), reserve("two", is_alert=False):
            pass
        alert, another = reserve("two", is_alert=True), reserve("three", is_alert=True)
        with alert, pytest.raises(HomeAssistantError), another:
            pass
    with reserve("four", is_alert=False):
        pass


async def test_what_46elks_sends_by_itself_is_counted(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """A text that is passed on costs as much as any other; a restart forgets none."""
    guard, store = integration.runtime_data.guard, integration.runtime_data.store
    await guard.async_count_forwarded("s1", ANNA, parts=2)
    await guard.async_count_forwarded("s1", ANNA, parts=2)
    assert store.spent_today == Decimal("2.08")
    await change_options(hass, integration, **{MESSAGES: 2})
    await integration.runtime_data.guard.async_count_forwarded("s2", ANNA, parts=1)
    with patch("custom_components.elks46.journal.COMPACT_AT_BYTES", 1):
        await hass.config_entries.async_reload(integration.entry_id)
        await hass.config_entries.async_reload(integration.entry_id)
    guard = integration.runtime_data.guard
    with pytest.raises(HomeAssistantError):
        await guard.async_count_forwarded("s3", ANNA, parts=1)
    with pytest.raises(ServiceValidationError):
        await guard.async_count_forwarded("s3", "+12025550123", parts=1)
    await refused(hass)


@pytest.mark.parametrize(
    ("phone", "country"),
    [
        pytest.param(ANNA, "SE", id="for fiction"),
        pytest.param("+46700000000", "SE", id="46elks' test number"),
        pytest.param("+4611234567", "SE", id="Norrköping, which begins with 112"),
        pytest.param("+447700900001", "GB", id="for British fiction"),
        pytest.param("+12025550123", "US", id="for American fiction"),
        pytest.param("+33639980001", "FR", id="for French fiction"),
        pytest.param("+61491570006", "AU", id="for Australian fiction"),
        pytest.param("+46317400600", "SE", id="for Swedish fiction, fixed"),
        pytest.param("+447624123456", "IM", id="another country of one code"),
        pytest.param("+8821612345678", None, id="satellite"),
        pytest.param("+870773111632", None, id="ship"),
    ],
)
def test_a_number_is_in_a_country(phone: str, country: str | None) -> None:
    """Or in none, as those of ships and satellites."""
    found = destination_of(phone)
    assert (found.country, found.is_short, found.is_premium) == (country, False, False)


@pytest.mark.parametrize(
    ("phone", "error"),
    [
        pytest.param("112", "emergency number", id="emergency"),
        pytest.param("+46112", "not a phone number", id="emergency, country code"),
        pytest.param("+46900123456", "costs extra", id="premium"),
        pytest.param("+46771123456", "costs extra", id="shared cost"),
        pytest.param("+46900912345", "costs extra", id="premium, not given out"),
        pytest.param("+447012345678", "costs extra", id="British personal"),
        pytest.param("+979123456789", "costs extra", id="premium everywhere"),
        pytest.param("+4791234567", "not allowed", id="another country"),
        pytest.param("+8821612345678", "not allowed", id="satellite"),
        pytest.param("+870773111632", "not allowed", id="ship"),
        pytest.param("+80012345678", "not allowed", id="free of charge everywhere"),
    ],
)
@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run", "real"])
async def test_there_is_where_nothing_is_ever_sent(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    phone: str,
    error: str,
    dry_run: bool,
) -> None:
    """The person is told; it is neither a repair nor an event."""
    events = async_capture_events(hass, LIMIT_REACHED)
    with pytest.raises(ServiceValidationError, match=f"Field to: .*{error}"):
        await send_sms(hass, to=phone, dry_run=dry_run)
    assert not (await posts(simulator) or events or issues(hass))


@pytest.mark.parametrize(
    "phone",
    ["+46112", "+1911", "+4611313", "+460112", "+390112", "+78112"],
)
async def test_short_numbers_are_refused_however_they_come(
    integration: MockConfigEntry, phone: str
) -> None:
    """Also where nobody has looked at the number before."""
    with pytest.raises(ServiceValidationError, match="short number"):
        integration.runtime_data.guard.check_destination(phone)


@pytest.mark.parametrize(
    ("home", "phone"),
    [
        pytest.param("AX", "+358457123456", id="Åland and Finland"),
        pytest.param("FI", "+358457123456", id="Finland"),
        pytest.param("SJ", "+4790123456", id="Svalbard and Norway"),
        pytest.param("BL", "+590690123456", id="Saint Barthélemy and Guadeloupe"),
        pytest.param("VA", "+393491234567", id="Vatican and Italy"),
        pytest.param("IM", "+447924123456", id="Isle of Man and Britain"),
        pytest.param("GG", "+447700900001", id="for fiction, Guernsey and Britain"),
        pytest.param("EH", "+212650123456", id="Western Sahara and Morocco"),
        pytest.param("CX", "+61412345678", id="Christmas Island and Australia"),
        pytest.param("CA", "+18005551212", id="free of charge, Canada and the US"),
    ],
)
async def test_countries_that_share_numbers_are_at_home_in_them(
    hass: HomeAssistant, integration: MockConfigEntry, home: str, phone: str
) -> None:
    """One may be allowed where the other is not."""
    await change_options(hass, integration, **{CONF_ALLOWED_COUNTRIES: [home]})
    integration.runtime_data.guard.check_destination(phone)


async def test_a_number_of_one_country_only_is_not_its_neighbours(
    hass: HomeAssistant, integration: MockConfigEntry
) -> None:
    """Though they share a code, as Jamaica does with the US."""
    await change_options(hass, integration, **{CONF_ALLOWED_COUNTRIES: ["US"]})
    with pytest.raises(ServiceValidationError, match="not allowed"):
        integration.runtime_data.guard.check_destination("+18765551234")


async def test_pictures_go_nowhere_else_either(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """The same guard stands at both ways out."""
    with pytest.raises(ServiceValidationError, match="not allowed"):
        await send_mms(hass, to="+4791234567", message="Hi")
    assert not await posts(simulator, "mms")


@pytest.mark.parametrize(
    ("home", "contact", "chosen", "allowed"),
    [
        pytest.param("SE", ANNA, [], {"SE"}, id="the home's"),
        pytest.param("SE", "+4791234567", [], {"SE", "NO"}, id="and the contacts'"),
        pytest.param(None, "+4791234567", [], {"NO"}, id="a home without a country"),
        pytest.param("SE", "+870773111632", [], {"SE"}, id="a contact at sea"),
        pytest.param("SE", ANNA, ["GB"], {"GB"}, id="only what was chosen"),
        pytest.param("SE", ANNA, ["US", "SE"], {"SE", "US"}, id="several"),
    ],
)
async def test_messages_go_to_allowed_countries(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    home: str | None,
    contact: str,
    chosen: list[str],
    allowed: set[str],
) -> None:
    """Those of the home and its people, or those that were chosen."""
    hass.config.country = home
    for subentry in [*integration.subentries.values()][:2]:
        hass.config_entries.async_update_subentry(
            integration,
            subentry,
            data={CONF_NAME: "Anna", CONF_PHONE: contact},
            unique_id=subentry.subentry_id,
        )
    await change_options(hass, integration, **{CONF_ALLOWED_COUNTRIES: chosen})
    phones = {
        "SE": STRANGER,
        "NO": "+4791234567",
        "GB": "+447700900001",
        "US": "+12025550123",
    }
    rows = await send_sms(hass, to=[*phones.values(), "abc", BJORN], dry_run=True)
    passed = {
        country
        for country, row in zip(phones, rows, strict=False)
        if "not allowed" not in row.get("error", "")
    }
    assert passed == allowed


async def test_a_home_that_knows_no_country_sends_to_its_own_numbers_only(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """And says what to do."""
    hass.config.country = None
    for contact in ("anna", "björn"):
        hass.config_entries.async_remove_subentry(integration, contact)
    await hass.async_block_till_done(wait_background_tasks=True)
    await send_sms(hass, to=NUMBER, wait=0)
    with pytest.raises(ServiceValidationError, match=r"\(allowed: –\)"):
        await send_sms(hass, to=STRANGER)


async def test_asking_for_a_price_is_free(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """It is possible where nothing may be sent, and takes no place."""
    await change_options(hass, integration, **{MESSAGES: 0})
    (row,) = await send_sms(hass, to=ANNA, dry_run=True)
    assert row["cost"] == 0.52
    assert issues(hass) == {}
