"""Texts that leave the house, and what becomes of them."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from unittest.mock import patch

import aiohttp
from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_capture_events,
)
from yarl import URL

from custom_components.elks46.api import ElksConnectionError
from custom_components.elks46.const import CONF_DEFAULT_SENDER, CONF_KEEP_TEXT
from custom_components.elks46.records import MessageRequest, SentMessage

from . import (
    ANNA,
    BJORN,
    NUMBER,
    STRANGER,
    Json,
    SimulatorControl,
    change_options,
    failing,
    issues,
    killed,
    memory,
    pass_time,
    post_callback,
    send_sms,
)

pytestmark = pytest.mark.usefixtures("impatient")

NO_REPORTS = {"match": {"callback": "delivery"}, "kind": "lose", "times": None}
NO_HISTORY = failing("sms", kind="status", status=500)
SECRET = "The key is under the pot"


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


def posting(kind: str, times: int | None = 1, **what: object) -> Json:
    """Return a fault of sending."""
    return failing("sms", method="POST", times=times, kind=kind, **what)


async def on_screen(simulator: SimulatorControl, phone: str = ANNA) -> list[str]:
    """Return what a phone shows."""
    return [text["message"] for text in await simulator.texts(phone)]


async def reference(simulator: SimulatorControl) -> str:
    """Return our reference of the last text."""
    sent = (await simulator.requests("POST", "sms"))[-1]
    return URL(sent["fields"]["whendelivered"]).query["ref"]


async def under_way(entry: MockConfigEntry) -> None:
    """Return when a text is remembered and being asked for."""
    while not entry.runtime_data.store.sent:
        await asyncio.sleep(0)


async def send_elsewhere(simulator: SimulatorControl, message: str) -> None:
    """Send a text from the same account by another program."""
    login = aiohttp.encode_basic_auth(simulator.username, simulator.password)
    form = {"from": NUMBER, "to": ANNA, "message": message}
    async with (
        aiohttp.ClientSession(headers={"Authorization": login}) as session,
        session.post(f"{simulator.api_url}/sms", data=form, raise_for_status=True),
    ):
        pass


async def test_a_notified_contact_gets_a_text(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """What is sent is exactly this, and it is remembered before it is asked for."""
    await hass.services.async_call(
        "notify",
        "send_message",
        {"entity_id": "notify.anna_sms", "message": "Dinner", "title": "Mum"},
        blocking=True,
    )
    await simulator.posted("delivery", 2)
    await hass.async_block_till_done()
    (sent,) = integration.runtime_data.store.sent.values()
    (posted,) = await simulator.requests("POST", "sms")
    assert posted["fields"] == {
        "from": NUMBER,
        "to": ANNA,
        "message": "Mum\nDinner",
        "whendelivered": integration.runtime_data.address.callback_url(
            "delivery", sent.ref
        ),
    }
    assert sent.status == "delivered"
    assert sent.delivered
    assert (sent.parts, sent.cost, sent.request) == (1, Decimal("0.52"), None)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param("{€}" * 40, id="extension characters"),
        pytest.param("Hej  då\n\n!", id="white space"),
        pytest.param("🫎" * 80, id="two parts of UTF-16"),
        pytest.param("half \ud83d", id="half a surrogate pair"),
    ],
)
async def test_a_text_of_any_alphabet_is_found_in_the_history(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    message: str,
) -> None:
    """So it is not sent twice."""
    await simulator.fail(posting("drop_after"))
    (row,) = await send_sms(hass, to=[ANNA], message=message)
    assert row["status"] == "delivered"
    assert len(await on_screen(simulator)) == 1
    assert len(await simulator.requests("POST", "sms")) == 1


async def test_a_private_text_is_found_without_its_words(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """46elks keeps none of them, nor does this home."""
    await simulator.fail(posting("drop_after"))
    (row,) = await send_sms(hass, to=[ANNA], message=SECRET, private=True, flash=True)
    assert row["status"] == "delivered"
    assert await on_screen(simulator) == [SECRET]
    (posted,) = await simulator.requests("POST", "sms")
    assert posted["fields"]["dontlog"] == "message"
    assert posted["fields"]["flashsms"] == "yes"
    files = await hass.async_add_executor_job(memory, hass)
    assert SECRET.encode() not in b"".join(files.values())
    assert {path.name: path.stat().st_mode & 0o077 for path in files} == dict.fromkeys(
        (path.name for path in files), 0
    )


async def test_where_texts_are_not_kept_none_is_on_the_disk(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Neither while it is on its way nor after, nor in any state."""
    await change_options(hass, integration, **{CONF_KEEP_TEXT: False})
    received = async_capture_events(hass, "elks46_sms_received")
    await simulator.fail(posting("drop_after"), NO_HISTORY, NO_REPORTS)
    with pytest.raises(HomeAssistantError):
        await send_sms(hass, to=[ANNA], message=SECRET)
    await simulator.fail()
    await send_sms(hass, to=[BJORN], message=SECRET)
    await simulator.send_text(ANNA, NUMBER, SECRET)
    await simulator.posted("sms")
    await hass.async_block_till_done()
    assert [event.data["message"] for event in received] == [None]
    assert not any(SECRET in str(state.as_dict()) for state in hass.states.async_all())
    files = await hass.async_add_executor_job(memory, hass)
    assert len(files) > 1
    assert SECRET.encode() not in b"".join(files.values())


@pytest.mark.parametrize(
    ("fault", "posts"),
    [
        pytest.param("drop_after", 2, id="one answer lost after"),
        pytest.param("drop_before", 3, id="one answer lost before"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "one by one"])
async def test_two_equal_texts_to_one_person_are_two_texts(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    fault: str,
    posts: int,
    at_once: bool,
) -> None:
    """Neither is taken for the other."""
    await simulator.fail(posting(fault))
    limit = asyncio.Semaphore(2 if at_once else 1)

    async def send() -> str:
        async with limit:
            return str((await send_sms(hass, to=[ANNA]))[0]["id"])

    ids = list(await asyncio.gather(send(), send()))
    assert ids == [text["id"] for text in await simulator.texts(ANNA)]
    assert len(set(ids)) == 2
    assert len(await simulator.requests("POST", "sms")) == posts
    assert integration.runtime_data.store.spent_today == Decimal("1.04")


async def test_an_equal_text_that_another_program_sent_is_not_taken_for_ours(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """It was in the history before ours was asked for."""
    await send_elsewhere(simulator, "Dinner is ready")
    await pass_time(hass, minutes=31)
    await simulator.fail(posting("drop_before"))
    (row,) = await send_sms(hass, to=[ANNA])
    assert row["status"] == "delivered"
    assert [text["id"] for text in await simulator.texts(ANNA)][1:] == [row["id"]]
    assert len(await on_screen(simulator)) == 2


async def test_a_text_to_a_new_account_is_looked_up_too(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Its empty history is where it begins."""
    await simulator.fail(posting("drop_before"))
    (row,) = await send_sms(hass, to=[ANNA])
    assert row["status"] == "delivered"
    assert integration.runtime_data.store.mark.year == 1970


async def test_where_the_history_was_never_read_it_is_asked_for_once_before_sending(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """However many texts wait for it."""
    await send_elsewhere(simulator, "Dinner is ready")
    await simulator.fail(NO_HISTORY)
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await simulator.fail()
    before = len(await simulator.log())
    rows = await send_sms(hass, to=[STRANGER, BJORN], wait=0)
    assert [row.get("error") for row in rows] == [None, None]
    assert len(await simulator.requests("GET", "sms", after=before)) == 1
    await simulator.fail(posting("drop_before"))
    await send_sms(hass, to=[ANNA])
    assert len(await on_screen(simulator)) == 2


@pytest.mark.parametrize(
    "history",
    [
        pytest.param({"kind": "status", "status": 500}, id="broken"),
        pytest.param({"kind": "delay", "seconds": 0.5}, id="slow"),
    ],
)
async def test_a_text_goes_out_although_the_history_cannot_be_read(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    history: Json,
) -> None:
    """Only if its answer is lost nobody knows, until its report comes."""
    await simulator.fail(NO_HISTORY)
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    await simulator.fail(failing("sms", **history), posting("drop_after", times=None))
    with (
        patch("custom_components.elks46.look_up.NEWEST_SECONDS", 0.1),
        pytest.raises(HomeAssistantError, match="Nobody knows"),
    ):
        await send_sms(hass, to=[ANNA], wait=0)
    await simulator.posted("delivery", 2)
    await simulator.fail()
    await pass_time(hass, minutes=31)
    (sent,) = integration.runtime_data.store.sent.values()
    assert (sent.status, sent.cost) == ("delivered", Decimal("0.52"))


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        pytest.param(["sent", "delivered"], ["sent", "delivered"], id="in order"),
        pytest.param(["delivered", "sent"], ["delivered"], id="the wrong way round"),
        pytest.param(["delivered", "failed"], ["delivered"], id="failed after all"),
        pytest.param(["failed", "delivered"], ["failed"], id="delivered after all"),
        pytest.param(["undelivered"], ["failed"], id="another word for failed"),
        pytest.param(
            ["sent", "sent", "delivered", "delivered"],
            ["sent", "delivered"],
            id="repeated",
        ),
        pytest.param(["lost in space", "sent"], ["sent"], id="a new word"),
    ],
)
async def test_reports_move_the_state_forward_only(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
    statuses: Sequence[str],
    told: Sequence[str],
) -> None:
    """In any order, repeated or late."""
    await simulator.fail(NO_REPORTS)
    (row,) = await send_sms(hass, to=[ANNA], wait=0)
    ref = await reference(simulator)
    changes = async_capture_events(hass, "elks46_message_status")
    for status in statuses:
        form = {"id": row["id"], "status": status}
        assert await post_callback(public_url, "delivery", form, ref=ref) == 204
    assert [event.data["status"] for event in changes] == told
    assert hass.states.is_state("sensor.anna_last_message_status", told[-1])
    assert integration.runtime_data.store.spent_today == Decimal("0.52")


async def test_reports_at_once_do_not_undo_each_other(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """Each is worked out from the one before, while that is still being written."""
    await simulator.fail(NO_REPORTS)
    (row,) = await send_sms(hass, to=[ANNA], wait=0)
    ref = await reference(simulator)
    await asyncio.gather(
        *(
            post_callback(
                public_url, "delivery", {"id": row["id"], "status": status}, ref=ref
            )
            for status in ["delivered", "sent", "sent", "sent"]
        )
    )
    assert integration.runtime_data.store.sent[ref].status == "delivered"


@pytest.mark.parametrize(
    ("form", "query"),
    [
        pytest.param({"id": "s1", "status": "delivered"}, {}, id="no reference"),
        pytest.param(
            {"id": "s1", "status": "delivered"}, {"ref": "01J"}, id="unknown reference"
        ),
    ],
)
async def test_a_report_for_no_text_of_ours_is_ignored(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
    form: dict[str, str],
    query: dict[str, str],
) -> None:
    """And accepted, or 46elks would repeat it for hours."""
    changes = async_capture_events(hass, "elks46_message_status")
    assert await post_callback(public_url, "delivery", form, **query) == 204
    assert not changes


async def test_a_report_with_a_foreign_id_is_ignored_and_one_without_reference_is_not(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """The id tells whose it is."""
    await simulator.fail(NO_REPORTS)
    (row,) = await send_sms(hass, to=[ANNA], wait=0)
    ref = await reference(simulator)
    changes = async_capture_events(hass, "elks46_message_status")
    foreign = {"id": "s1", "status": "delivered"}
    assert await post_callback(public_url, "delivery", foreign, ref=ref) == 204
    assert not changes
    ours = {"id": row["id"], "status": "sent"}
    assert await post_callback(public_url, "delivery", ours) == 204
    assert len(changes) == 1


async def test_a_report_may_come_before_the_answer(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """The state does not go back, and the text costs once."""
    changes = async_capture_events(hass, "elks46_message_status")
    await simulator.fail(posting("delay", seconds=0.2, accepted=True))
    (row,) = await send_sms(hass, to=[ANNA], wait=0)
    assert row["status"] == "delivered"
    assert (row["parts"], row["cost"]) == (1, 0.52)
    assert [event.data["status"] for event in changes][:2] == ["sent", "delivered"]
    assert {event.data["status"] for event in changes[2:]} == {"delivered"}
    assert integration.runtime_data.store.spent_today == Decimal("0.52")


@pytest.mark.usefixtures("hasty")
async def test_a_report_tells_that_a_text_was_taken_where_the_history_does_not(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Then nobody is told that nobody knows; what it cost is found out later."""
    await simulator.fail(
        posting("delay", seconds=0.8, accepted=True),
        failing("sms*", kind="drop_before"),
    )
    (row,) = await send_sms(hass, to=[ANNA], wait=0)
    assert (row["status"], row["cost"]) == ("delivered", None)
    assert await on_screen(simulator) == ["Dinner is ready"]
    await simulator.fail()
    await pass_time(hass, minutes=31)
    (sent,) = integration.runtime_data.store.sent.values()
    assert (sent.status, sent.cost, sent.request) == (
        "delivered",
        Decimal("0.52"),
        None,
    )
    assert integration.runtime_data.store.spent_today == Decimal("0.52")


async def test_a_report_between_two_tries_spares_the_second(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """The history was late, the report was not."""
    await send_elsewhere(simulator, "Dinner is ready")
    (text,) = await simulator.texts(ANNA)
    await pass_time(hass, minutes=31)
    await simulator.fail(posting("drop_before"))

    async def report(_: float) -> None:
        form = {"id": text["id"], "status": "delivered"}
        ref = await reference(simulator)
        assert await post_callback(public_url, "delivery", form, ref=ref) == 204

    with (
        patch("custom_components.elks46.look_up.LOOK_UP_PAUSES", ()),
        patch("custom_components.elks46.outbox.asyncio.sleep", report),
    ):
        (row,) = await send_sms(hass, to=[ANNA], wait=0)
    assert (row["id"], row["cost"]) == (text["id"], 0.52)
    assert len(await on_screen(simulator)) == 1


async def test_a_text_reported_and_then_refused_was_sent(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """The first try had been taken after all."""
    ref = ""

    async def report_and_refuse(**form: str) -> None:
        nonlocal ref
        ref = URL(form["delivery_url"]).query["ref"]
        report = {"id": "s1", "status": "sent"}
        assert await post_callback(public_url, "delivery", report, ref=ref) == 204
        raise ElksConnectionError("Refused", outcome_unknown=False)

    messages = integration.runtime_data.client.messages
    with (
        patch.object(messages, "send_sms", report_and_refuse),
        patch("custom_components.elks46.outbox.RESEND_PAUSES", ()),
    ):
        (row,) = await send_sms(hass, to=[ANNA], wait=0)
    assert (row["id"], row["status"]) == ("s1", "sent")
    assert integration.runtime_data.store.sent[ref].id == "s1"


async def test_a_text_waits_for_a_line_that_comes_back(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Where nothing was sent, nothing needs to be looked up."""
    messages = integration.runtime_data.client.messages
    refused = ElksConnectionError("Refused", outcome_unknown=False)
    real = messages.send_sms
    tries = [refused, refused]

    async def send(**form: str) -> object:
        for error in [tries.pop()] if tries else []:
            raise error
        return await real(**form)

    with patch.object(messages, "send_sms", send):
        (row,) = await send_sms(hass, to=[ANNA])
    assert row["status"] == "delivered"
    assert len(await simulator.requests("GET", "sms")) == 1


async def test_a_hundred_texts_at_once_are_a_hundred_requests(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Each arrives, is reported and counted once."""
    await simulator.put_account(balance="1000.00")
    before = len(await simulator.log())
    phones = [f"+4670174{number}" for number in range(1000, 1100)]
    rows = await send_sms(hass, to=phones, wait=0)
    assert {row["status"] for row in rows} <= {"created", "sent", "delivered"}
    assert [row["to"] for row in rows] == phones
    await simulator.posted("delivery", 200, after=before)
    await hass.async_block_till_done()
    requests = [one for one in await simulator.log(before) if one["type"] == "request"]
    assert [(one["method"], one["url"]) for one in requests] == [
        ("POST", "/a1/sms")
    ] * 100
    store = integration.runtime_data.store
    assert {sent.status for sent in store.sent.values()} == {"delivered"}
    assert (store.spent_today, store.messages_today) == (Decimal(52), 100)


async def test_no_more_than_the_slots_are_asked_for_at_once(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """46elks would only queue them."""
    messages = integration.runtime_data.client.messages
    real, now, most = messages.send_sms, 0, 0

    async def send(**form: str) -> object:
        nonlocal now, most
        now += 1
        most = max(now, most)
        try:
            return await real(**form)
        finally:
            now -= 1

    with patch.object(messages, "send_sms", send):
        await send_sms(
            hass, to=[f"+4670174{number}" for number in range(1000, 1050)], wait=0
        )
    assert most == 32


async def test_an_action_that_is_cancelled_leaves_no_half_sent_text(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """It goes on by itself."""
    await simulator.fail(posting("delay", seconds=0.2, accepted=True))
    action = hass.async_create_task(send_sms(hass, to=[ANNA], wait=0))
    await simulator.posted("delivery")
    action.cancel()
    await hass.async_block_till_done()
    (sent,) = integration.runtime_data.store.sent.values()
    assert sent.cost == Decimal("0.52")
    assert await on_screen(simulator) == ["Dinner is ready"]


async def test_where_nobody_waits_any_more_the_log_tells_of_a_failure(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without number or text."""
    await simulator.put_account(balance="0.00")
    await simulator.fail(posting("delay", seconds=0.2))
    action = hass.async_create_task(send_sms(hass, to=[ANNA], wait=0))
    await under_way(integration)
    action.cancel()
    await hass.async_block_till_done()
    assert "A text that nobody waits for failed: HomeAssistantError" in caplog.text


async def test_a_reload_lets_a_text_through(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Its answer is waited for; the next one to the same person is not begun."""
    await simulator.fail(posting("delay", seconds=0.2, accepted=True))
    outbox = integration.runtime_data.outbox
    first = hass.async_create_task(outbox.async_send_sms(recipient=ANNA, text="One"))
    second = hass.async_create_task(outbox.async_send_sms(recipient=ANNA, text="Two"))
    await under_way(integration)
    await hass.config_entries.async_reload(integration.entry_id)
    assert (await first).cost == Decimal("0.52")
    with pytest.raises(HomeAssistantError, match="being reloaded"):
        await second
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await on_screen(simulator) == ["One"]
    (sent,) = integration.runtime_data.store.sent.values()
    assert sent.cost == Decimal("0.52")
    assert integration.runtime_data.store.messages_today == 1


@pytest.mark.parametrize(
    ("fault", "texts", "told"),
    [
        pytest.param({"accepted": True}, ["Dinner is ready"], "delivered", id="taken"),
        pytest.param({}, [], "failed", id="not taken"),
    ],
)
async def test_a_reload_does_not_wait_for_ever(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    fault: Json,
    texts: list[str],
    told: str,
) -> None:
    """Nobody knows then; it is found out afterwards, and not sent again."""
    changes = async_capture_events(hass, "elks46_message_status")
    await simulator.fail(posting("delay", seconds=0.4, **fault), NO_REPORTS)
    action = hass.async_create_task(send_sms(hass, to=[ANNA], wait=0))
    await under_way(integration)
    with patch("custom_components.elks46.outbox.CLOSE_SECONDS", 0.1):
        await hass.config_entries.async_reload(integration.entry_id)
    with pytest.raises(HomeAssistantError, match="Nobody knows"):
        await action
    await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, minutes=31)
    assert await on_screen(simulator) == texts
    assert [event.data["status"] for event in changes][-1] == told
    assert not [
        one.request
        for one in integration.runtime_data.store.sent.values()
        if one.request
    ]


async def test_nothing_is_sent_for_an_account_that_is_not_loaded(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Nor is anything found out."""
    outbox = integration.runtime_data.outbox
    await hass.config_entries.async_unload(integration.entry_id)
    with pytest.raises(HomeAssistantError, match="being reloaded"):
        await outbox.async_send_sms(recipient=ANNA, text="Dinner")
    outbox.settle()
    assert integration.state is ConfigEntryState.NOT_LOADED
    assert not await simulator.requests("POST", "sms")


async def test_waiting_ends_when_the_account_is_reloaded(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """A phone that is off would be waited for in vain."""
    await simulator.put_handset(ANNA, on=False)
    await send_sms(hass, to=[ANNA], wait=0)
    outbox = integration.runtime_data.outbox
    ref = await reference(simulator)
    waiting = hass.async_create_task(outbox.async_wait([ref], 3000))
    await hass.config_entries.async_reload(integration.entry_id)
    await waiting


async def test_waiting_ends_in_time(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """With what is known by then; who waits twice for the same text hears of it twice."""
    await simulator.put_handset(ANNA, on=False)
    (row,) = await send_sms(hass, to=[ANNA], wait=0.05)
    assert row["status"] in {"created", "sent"}
    outbox = integration.runtime_data.outbox
    ref = await reference(simulator)
    waiting = hass.async_create_task(outbox.async_wait([ref], 10))
    await simulator.put_handset(ANNA, on=True)
    await waiting
    await outbox.async_wait([ref, "unknown"], 10)
    assert integration.runtime_data.store.sent[ref].status == "delivered"


async def test_a_dry_run_costs_nothing(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """And is answered with what it would cost."""
    (row,) = await send_sms(hass, to=[ANNA], dry_run=True)
    assert (row["id"], row["parts"], row["cost"]) == (None, 1, 0.52)
    assert not await on_screen(simulator)
    assert not integration.runtime_data.store.sent


async def test_the_sender_is_the_chosen_one_else_a_number_else_a_name(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """A number can be answered, which a name cannot."""
    assert integration.runtime_data.outbox.default_sender == NUMBER
    await simulator.put_number(NUMBER, capabilities=["voice"])
    await pass_time(hass, minutes=31)
    assert integration.runtime_data.outbox.default_sender == "HomeAssist"
    await change_options(hass, integration, **{CONF_DEFAULT_SENDER: "Villan"})
    outbox = integration.runtime_data.outbox
    assert outbox.default_sender == "Villan"
    assert outbox.may_send_as("Villan")
    assert not outbox.may_send_as(NUMBER)
    assert not outbox.may_send_as(BJORN)


def test_what_home_assistant_logs_of_a_text_tells_no_secrets() -> None:
    """It writes down what it hands to a listener that fails."""
    request = MessageRequest(
        recipient=ANNA,
        sender=NUMBER,
        text="The key is under the mat",
        possible_parts=frozenset({1}),
        after=None,
    )
    sent = SentMessage(
        ref="1",
        recipient=ANNA,
        sender=NUMBER,
        asked=dt_util.utcnow(),
        request=request,
    )
    for secret in (ANNA, NUMBER, "mat"):
        assert secret not in f"{request!r} {sent!r}"


# What was under way when a home was killed, and what becomes of it.
@pytest.mark.parametrize(
    ("fault", "data", "age", "texts", "told"),
    [
        pytest.param({"accepted": True}, {}, 0, 1, "delivered", id="taken"),
        pytest.param({}, {}, 0, 1, "delivered", id="not taken, young"),
        pytest.param({}, {}, 20, 0, "failed", id="not taken, old"),
        pytest.param({}, {"private": True}, 0, 0, "failed", id="not taken, private"),
        pytest.param(
            {"accepted": True},
            {"private": True},
            20,
            1,
            "delivered",
            id="taken, private",
        ),
    ],
)
async def test_a_kill_in_the_middle_of_sending_loses_and_doubles_nothing(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    fault: Json,
    data: Json,
    age: int,
    texts: int,
    told: str,
) -> None:
    """The journal tells that it was asked for, and the history what came of it."""
    await simulator.fail(posting("delay", seconds=0.4, **fault), NO_REPORTS)
    action = hass.async_create_task(send_sms(hass, to=[ANNA], wait=0, **data))
    await under_way(integration)
    changes = async_capture_events(hass, "elks46_message_status")
    later = dt_util.utcnow() + timedelta(minutes=age)
    with patch("homeassistant.util.dt.utcnow", return_value=later):
        async with killed(hass, integration):
            with pytest.raises(HomeAssistantError):
                await action
            await simulator.log(wait=2)
        await hass.async_block_till_done(wait_background_tasks=True)
    await pass_time(hass, minutes=31)
    assert len(await on_screen(simulator)) == texts
    assert [event.data["status"] for event in changes][-1] == told
    (sent,) = integration.runtime_data.store.sent.values()
    assert (sent.status, sent.request) == (told, None)
    assert integration.runtime_data.store.messages_today == texts


async def test_a_young_text_that_still_fails_after_a_kill_is_announced(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody waits for it any more, so the log tells, and an event."""
    await simulator.fail(posting("delay", seconds=0.3))
    action = hass.async_create_task(send_sms(hass, to=[ANNA], wait=0))
    await under_way(integration)
    async with killed(hass, integration):
        with pytest.raises(HomeAssistantError):
            await action
        changes = async_capture_events(hass, "elks46_message_status")
        await simulator.fail(posting("status", status=403, body="Forbidden"))
    await hass.async_block_till_done(wait_background_tasks=True)
    assert [event.data["status"] for event in changes] == ["failed"]
    assert "A text from before the restart could not be sent" in caplog.text
    assert ANNA not in caplog.text


async def test_what_home_assistant_cancels_as_it_stops_is_settled_at_the_next_start(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """As after a kill, because the automation that asked is gone as well."""
    await simulator.fail(posting("delay", seconds=0.3))
    action = hass.async_create_task(send_sms(hass, to=[ANNA], wait=0))
    await under_way(integration)
    (task,) = (
        task
        for task in asyncio.all_tasks()
        if task.get_name().startswith("elks46 text")
    )
    task.cancel()
    with pytest.raises(HomeAssistantError, match="Nobody knows"):
        await action
    await hass.config_entries.async_reload(integration.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await on_screen(simulator) == ["Dinner is ready"]


async def test_another_text_to_the_same_person_is_not_taken_for_the_lost_one(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """Even where it is newer than what was known before sending."""
    await send_elsewhere(simulator, "Come home")
    await simulator.fail(posting("drop_before"))
    (row,) = await send_sms(hass, to=[ANNA])
    assert row["status"] == "delivered"
    assert await on_screen(simulator) == ["Come home", "Dinner is ready"]


async def test_a_report_without_news_before_the_answer_still_tells_the_id(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """So the text is surely taken, and never given up."""
    await simulator.fail(posting("drop_after"), NO_HISTORY, NO_REPORTS)
    with pytest.raises(HomeAssistantError, match="Nobody knows"):
        await send_sms(hass, to=[ANNA], wait=0)
    (text,) = await simulator.texts(ANNA)
    ref = await reference(simulator)
    form = {"id": text["id"], "status": "lost in space"}
    assert await post_callback(public_url, "delivery", form, ref=ref) == 204
    await simulator.fail()
    with patch("custom_components.elks46.look_up.LOOK_UP_PAUSES", ()):
        await pass_time(hass, minutes=31)
    assert integration.runtime_data.store.sent[ref].status != "failed"
    await pass_time(hass, minutes=31)
    sent = integration.runtime_data.store.sent[ref]
    assert (sent.status, sent.cost) == ("delivered", Decimal("0.52"))


async def test_two_texts_never_have_the_same_id(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
    public_url: str,
) -> None:
    """Whichever is known by it keeps it."""
    await simulator.fail(posting("drop_after"), NO_HISTORY, NO_REPORTS)
    with pytest.raises(HomeAssistantError, match="Nobody knows"):
        await send_sms(hass, to=[ANNA], wait=0)
    first = await reference(simulator)
    await simulator.fail(NO_REPORTS)
    (row,) = await send_sms(hass, to=[BJORN], wait=0)
    second = await reference(simulator)
    form = {"id": row["id"], "status": "delivered"}
    assert await post_callback(public_url, "delivery", form, ref=first) == 204
    sent = integration.runtime_data.store.sent
    assert sent[first].id is None
    assert (sent[second].id, sent[second].status) == (row["id"], "delivered")


async def test_a_disk_that_refuses_stops_no_text(
    hass: HomeAssistant, simulator: SimulatorControl, integration: MockConfigEntry
) -> None:
    """A repair issue tells that what became of it may be forgotten."""
    full = OSError(28, "No space left on device")
    with patch("custom_components.elks46.journal.FileIO", side_effect=full):
        await hass.config_entries.async_reload(integration.entry_id)
        await hass.async_block_till_done(wait_background_tasks=True)
        await simulator.fail(NO_REPORTS)
        (row,) = await send_sms(hass, to=[ANNA], wait=0)
        await simulator.fail(posting("status", status=403, body="Forbidden"))
        with pytest.raises(HomeAssistantError, match="Forbidden"):
            await send_sms(hass, to=[BJORN], wait=0)
    assert row["status"] == "created"
    assert issues(hass)["disk_refuses"] == {"error": "No space left on device"}
    assert integration.runtime_data.store.spent_today == Decimal("0.52")
    assert len(integration.runtime_data.store.sent) == 2
    await hass.async_block_till_done(wait_background_tasks=True)
