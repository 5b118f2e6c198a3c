"""What survives a restart."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.core import HomeAssistant
from homeassistant.util.file import WriteError
import pytest

from custom_components.elks46.api import (
    CallbackKind,
    CallDirection,
    MessageKind,
    MessageStatus,
)
from custom_components.elks46.records import (
    CallOutcome,
    CallPlan,
    CallStage,
    HeldNumber,
    Letter,
    MessageRequest,
    PhoneCall,
    SentMessage,
)
from custom_components.elks46.store import ElksStore

from . import ANNA, NUMBER, memory

NOON = datetime(2026, 11, 22, 11, 0, tzinfo=UTC)


@pytest.fixture
def hass_storage() -> dict[str, object]:
    """Let Home Assistant store on the disk."""
    return {}


OPENED: list[ElksStore] = []


@pytest.fixture(autouse=True)
async def all_closed(hass: HomeAssistant) -> AsyncGenerator[None]:
    """Close every store in the end."""
    yield
    while OPENED:
        await OPENED.pop().async_close()


async def opened(hass: HomeAssistant) -> ElksStore:
    """Return what a process knows when it starts."""
    store = ElksStore(hass, "account")
    OPENED.append(store)
    await store.async_load()
    return store


def everything(store: ElksStore) -> dict[str, Any]:
    """Return all that a store tells."""
    return {
        "sent": list(store.sent.items()),
        "held": dict(store.held),
        "since": dict(store.since),
        "mark": store.mark,
        "mms_mark": store.mms_mark,
        "letters": dict(store.letters),
        "spent_today": store.spent_today,
        "spent_this_month": store.spent_this_month,
        "messages_today": store.messages_today,
        "calls": list(store.calls.items()),
        "calls_today": store.calls_today,
    }


def text(number: int, **fields: Any) -> SentMessage:
    """Return a text of ours."""
    known = {"ref": f"ref{number:06}", "recipient": ANNA, "sender": NUMBER}
    return SentMessage(**{**known, "asked": NOON, **fields})


FULL = text(
    1,
    status=MessageStatus.DELIVERED,
    id="s1",
    created=NOON,
    delivered=NOON + timedelta(seconds=1),
    parts=2,
    cost=Decimal("1.0400"),
)
ASKED = text(
    2,
    given_up=True,
    request=MessageRequest(
        recipient=ANNA,
        sender=NUMBER,
        text="Dörren\nstår öppen 🫎",
        possible_parts=frozenset({1, 2}),
        after=NOON,
        flash=True,
    ),
)
PICTURED = text(
    5,
    kind=MessageKind.MMS,
    request=MessageRequest(
        recipient=ANNA,
        sender=NUMBER,
        text="",
        possible_parts=frozenset(),
        after=NOON,
        kind=MessageKind.MMS,
        has_image=True,
        image="data:image/png;base64,AAAA",
    ),
)
PRIVATE = text(
    3,
    request=MessageRequest(
        recipient=ANNA,
        sender=NUMBER,
        text=None,
        possible_parts=frozenset({1}),
        after=None,
        private=True,
    ),
)


CALLED = PhoneCall(
    ref="call1",
    direction=CallDirection.OUTGOING,
    caller=NUMBER,
    callee=ANNA,
    asked=NOON,
    plan=CallPlan(
        sounds=("a.wav", "b.mp3"),
        seconds=2.5,
        repeat=3,
        ring_timeout=45,
        acknowledge="1",
        ring_twice=True,
    ),
    stage=CallStage.ENDED,
    after=NOON - timedelta(hours=1),
    id="c1",
    created=NOON,
    digits="1",
    is_acknowledged=True,
    outcome=CallOutcome.ACKNOWLEDGED,
    duration=12,
    cost=Decimal("0.7000"),
    ended=NOON + timedelta(seconds=20),
    redial_of="call0",
    is_to_end=True,
    reserved=Decimal("1.4"),
)
UNANSWERED = PhoneCall(
    ref="call2",
    direction=CallDirection.INCOMING,
    caller=None,
    callee=NUMBER,
    asked=NOON,
)


LETTER = Letter(message_id="s8", number=NUMBER, sender=ANNA, words="b2", when=NOON)


async def fill(store: ElksStore) -> None:
    """Remember one of everything."""
    await store.async_record_received("s9", NOON)
    await store.async_record_sent(FULL, counts=True)
    await store.async_record_sent(ASKED)
    await store.async_record_sent(PRIVATE)
    await store.async_record_sent(PICTURED)
    await store.async_record_call(CALLED, counts=True, cost=Decimal("0.7000"))
    await store.async_record_call(UNANSWERED, counts=True)
    await store.async_record_mark(NOON, {NUMBER: NOON})
    await store.async_record_mms_mark(NOON - timedelta(days=1))
    for number in ("n1", "n2"):
        await store.async_record_held(
            HeldNumber(number_id=number, previous="https://a.example", ours="https://b")
        )
    await store.async_record_held(
        HeldNumber(number_id="n1", previous="", ours="c", kind=CallbackKind.MMS)
    )
    await store.async_record_released("n2", CallbackKind.SMS)
    await store.async_record_letter(LETTER)


@pytest.fixture(autouse=True)
def noon(freezer: FrozenDateTimeFactory) -> None:
    """Let it be noon in November."""
    freezer.move_to(NOON)


@pytest.mark.parametrize("compacted", [False, True], ids=["journal", "snapshot"])
async def test_everything_is_known_again_after_a_kill(
    hass: HomeAssistant, compacted: bool
) -> None:
    """From the journal or from a snapshot, and however often it is read."""
    store = await opened(hass)
    with patch(
        "custom_components.elks46.journal.COMPACT_AT_BYTES", (10**6, 1)[compacted]
    ):
        await fill(store)
        await store.async_close()
    known = everything(store)
    assert known["letters"] == {"s8": LETTER}
    assert known["sent"] == [(one.ref, one) for one in (FULL, ASKED, PRIVATE, PICTURED)]
    assert known["spent_this_month"] == Decimal("1.74")
    assert known["messages_today"] == 2
    for _ in range(3):
        again = await opened(hass)
        assert everything(again) == known
        assert again.is_received("s9")
        assert again.sent_by_id("s1") == FULL
        assert again.sent_by_id("s2") is None
        asked = again.sent[PICTURED.ref].request
        assert asked
        # It waits for whoever looks it up, but cannot be sent again.
        assert (asked.image, asked.is_whole) == (None, False)
        await again.async_close()


@pytest.mark.parametrize("compacted", [False, True], ids=["journal", "snapshot"])
async def test_what_an_older_version_wrote_is_read(
    hass: HomeAssistant, compacted: bool
) -> None:
    """It knew texts only."""
    folder = Path(hass.config.path(".storage"))
    held = [["n1", "https://a.example", "https://b"], ["n2", "", ""]]
    sent = {
        "ref": "ref000001",
        "to": ANNA,
        "from": NUMBER,
        "asked": NOON.isoformat(),
        "status": "unknown",
        "id": None,
        "created": None,
        "delivered": None,
        "parts": None,
        "cost": None,
        "given_up": False,
        "request": {
            "text": "Hi",
            "possible_parts": [1],
            "after": None,
            "flash": False,
            "private": False,
        },
    }
    records = [
        {"sent": sent},
        *({"held": one} for one in held),
        {"released": "n2"},
    ]
    snapshot = {
        "version": 1,
        "minor_version": 1,
        "key": "elks46.account",
        "data": {
            "journal": 0,
            "received": {},
            "sent": [sent],
            "held": held[:1],
            "since": {},
            "mark": None,
            "day": "",
            "spent_day": "0",
            "messages_day": 0,
            "month": "",
            "spent_month": "0",
        },
    }
    lines = "".join(f"{json.dumps(record)}\n" for record in records)
    name, content = (
        ("elks46.account.journal.0", lines),
        ("elks46.account", json.dumps(snapshot)),
    )[compacted]

    def write() -> None:
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(content)

    await hass.async_add_executor_job(write)
    store = await opened(hass)

    assert list(store.held) == [("n1", CallbackKind.SMS)]
    assert store.mms_mark is None
    (known,) = store.sent.values()
    assert known.kind == MessageKind.SMS
    assert known.request
    assert known.request.is_whole


async def test_a_store_is_empty_at_first_and_after_removal(hass: HomeAssistant) -> None:
    """No file is left behind."""
    store = await opened(hass)
    empty = everything(store)
    assert not any(empty.values())
    await fill(store)
    await store.async_close()
    again = await opened(hass)
    await again.async_remove()
    assert not await hass.async_add_executor_job(memory, hass)
    store = await opened(hass)
    assert everything(store) == empty


async def test_a_kill_between_snapshot_and_unlink_counts_nothing_twice(
    hass: HomeAssistant,
) -> None:
    """Money least of all."""
    store = await opened(hass)
    with (
        patch("custom_components.elks46.journal.COMPACT_AT_BYTES", 1),
        patch.object(Path, "unlink", side_effect=PermissionError),
    ):
        await fill(store)
        await store.async_close()
    again = await opened(hass)
    assert everything(again) == everything(store)


async def test_a_snapshot_that_the_disk_refused_costs_nothing(
    hass: HomeAssistant,
) -> None:
    """Home Assistant's Store logs that and goes on; the journal stays."""
    store = await opened(hass)
    with (
        patch("custom_components.elks46.journal.COMPACT_AT_BYTES", 1),
        patch(
            "homeassistant.helpers.storage.write_utf8_file_atomic",
            side_effect=WriteError("No space left on device"),
        ),
    ):
        await fill(store)
        await store.async_close()
    assert len(await hass.async_add_executor_job(memory, hass)) > 5
    again = await opened(hass)
    assert everything(again) == everything(store)
    await again.async_close()
    assert len(await hass.async_add_executor_job(memory, hass)) == 1


async def test_a_snapshot_is_nobody_elses_business(hass: HomeAssistant) -> None:
    """There are numbers and texts in it."""
    store = await opened(hass)
    await fill(store)
    await store.async_close()
    await (await opened(hass)).async_close()
    (path,) = await hass.async_add_executor_job(memory, hass)
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["data"]["spent_ever"] == "1.7400"


@pytest.mark.parametrize(
    ("moments", "today", "month", "messages"),
    [
        pytest.param(
            ["2026-11-22T22:59:59Z", "2026-11-22T22:59:59Z"],
            "1.04",
            "1.04",
            2,
            id="one day",
        ),
        pytest.param(
            ["2026-11-22T22:59:59Z", "2026-11-22T23:00:00Z"],
            "0.52",
            "1.04",
            1,
            id="local midnight",
        ),
        pytest.param(
            ["2026-11-30T22:59:59Z", "2026-11-30T23:00:00Z"],
            "0.52",
            "0.52",
            1,
            id="local month",
        ),
        pytest.param(
            ["2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z"],
            "0.52",
            "0.52",
            1,
            id="new year",
        ),
        pytest.param(
            ["2026-03-28T23:30:00Z", "2026-03-29T21:30:00Z"],
            "1.04",
            "1.04",
            2,
            id="summer time begins",
        ),
        pytest.param(
            ["2026-11-22T11:00:00Z", "2026-11-21T11:00:00Z"],
            "0.52",
            "1.04",
            1,
            id="the clock went back a day",
        ),
        pytest.param(
            ["2026-11-22T11:00:00Z", "2026-10-21T11:00:00Z"],
            "0.52",
            "0.52",
            1,
            id="the clock went back a month",
        ),
    ],
)
async def test_money_counts_by_the_homes_own_day_and_month(
    hass: HomeAssistant,
    freezer: FrozenDateTimeFactory,
    moments: list[str],
    today: str,
    month: str,
    messages: int,
) -> None:
    """As people do; a restart changes nothing."""
    await hass.config.async_set_time_zone("Europe/Stockholm")
    store = await opened(hass)
    for number, moment in enumerate(moments):
        freezer.move_to(moment)
        sent = text(number, cost=Decimal("0.5200"))
        await store.async_record_sent(sent, counts=True)
    for known in (store, await opened(hass)):
        assert known.spent_today == Decimal(today)
        assert known.spent_this_month == Decimal(month)
        assert known.messages_today == messages
    await hass.config.async_set_time_zone("UTC")


async def test_figures_of_before_there_were_bills_are_taken_over(
    hass: HomeAssistant,
) -> None:
    """Until 46elks was asked, they are all that is known."""
    snapshot = {
        "version": 1,
        "minor_version": 1,
        "key": "elks46.account",
        "data": {
            "journal": 0,
            "received": {},
            "sent": [],
            "held": [],
            "since": {},
            "mark": None,
            "day": NOON.date().isoformat(),
            "spent_day": "0.52",
            "messages_day": 3,
            "month": NOON.date().isoformat()[:7],
            "spent_month": "2.60",
        },
    }
    folder = Path(hass.config.path(".storage"))

    def write() -> None:
        folder.mkdir(exist_ok=True)
        (folder / "elks46.account").write_text(json.dumps(snapshot))

    await hass.async_add_executor_job(write)
    store = await opened(hass)
    assert (store.spent_today, store.spent_this_month) == (
        Decimal("0.52"),
        Decimal("2.60"),
    )
    assert (store.tally.own_today, store.messages_today) == (Decimal("0.52"), 3)


async def test_figures_of_yesterday_are_none_of_today(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """Even while nothing happens."""
    store = await opened(hass)
    await store.async_record_sent(FULL, counts=True)
    freezer.move_to(NOON + timedelta(days=1))
    assert store.spent_today == 0
    assert store.messages_today == 0
    assert store.spent_this_month == Decimal("1.04")
    freezer.move_to(NOON + timedelta(days=20))
    assert store.spent_this_month == 0


async def compact(store: ElksStore) -> None:
    """Have a snapshot taken."""
    with patch("custom_components.elks46.journal.COMPACT_AT_BYTES", 1):
        await store.async_record_released("n0", CallbackKind.SMS)
        await store.async_close()


async def test_received_texts_are_remembered_as_long_as_46elks_repeats_them(
    hass: HomeAssistant,
) -> None:
    """And no longer."""
    store = await opened(hass)
    await store.async_record_mark(NOON, {})
    await store.async_record_received("young", NOON - timedelta(hours=47))
    await store.async_record_received("old", NOON - timedelta(hours=49))
    await compact(store)
    assert store.is_received("young")
    assert not store.is_received("old")


async def test_received_texts_around_the_mark_are_remembered_however_old(
    hass: HomeAssistant,
) -> None:
    """The next look into the history shows them again."""
    store = await opened(hass)
    quiet = NOON - timedelta(days=30)
    await store.async_record_received("last", quiet)
    await store.async_record_received("before", quiet - timedelta(minutes=16))
    await store.async_record_mark(quiet, {})
    await compact(store)
    assert store.is_received("last")
    assert not store.is_received("before")


async def test_a_flood_of_texts_does_not_fill_the_memory(hass: HomeAssistant) -> None:
    """The newest are remembered."""
    store = await opened(hass)
    with patch("custom_components.elks46.received_log.REMEMBER_RECEIVED_AT_MOST", 10):
        await asyncio.gather(
            *(
                store.async_record_received(f"s{n}", NOON + timedelta(seconds=n))
                for n in range(30)
            )
        )
        await compact(store)
    assert [n for n in range(30) if store.is_received(f"s{n}")] == list(range(20, 30))


async def test_finished_texts_are_forgotten_unfinished_ones_are_not(
    hass: HomeAssistant,
) -> None:
    """Until nobody can have any news of them."""
    store = await opened(hass)
    earlier, old = NOON - timedelta(hours=1), NOON - timedelta(days=5)
    texts = [
        text(1, status=MessageStatus.DELIVERED, id="s1", asked=earlier),
        text(2, status=MessageStatus.SENT, id="s2", asked=earlier),
        text(
            3,
            status=MessageStatus.DELIVERED,
            id="s3",
            request=PRIVATE.request,
            asked=earlier,
        ),
        text(4, status=MessageStatus.FAILED, id="s4", asked=earlier),
        text(5, status=MessageStatus.SENT, id="s5", asked=old),
    ]
    for sent in texts:
        await store.async_record_sent(sent)
    with patch("custom_components.elks46.sent_log.REMEMBER_FINISHED_AT_MOST", 1):
        await compact(store)
    assert [sent.id for sent in store.sent.values()] == ["s2", "s3", "s4"]
    assert store.sent_by_id("s1") is None
    assert store.sent_by_id("s4") == texts[3]


async def test_ended_calls_are_forgotten_those_that_ring_are_not(
    hass: HomeAssistant, freezer: FrozenDateTimeFactory
) -> None:
    """But for the latest, of which a post may come again; and none is kept for ever.

    Those of the last hour are counted, and those of today that have no price yet.
    """
    store = await opened(hass)
    await store.async_record_call(UNANSWERED)
    for number in range(210):
        await store.async_record_call(
            replace(CALLED, ref=f"old{number:03}", id=f"c{number}")
        )
    await store.async_close()
    store = await opened(hass)
    assert len(store.calls) == 211
    freezer.tick(timedelta(hours=2))
    await store.async_record_mark(NOON, {})
    await store.async_close()
    store = await opened(hass)
    await store.async_close()
    store = await opened(hass)
    assert list(store.calls)[:2] == ["call2", "old010"]
    assert (store.call_by_id("c9"), len(store.calls)) == (None, 201)
    freezer.tick(timedelta(days=5))
    await store.async_record_mark(NOON, {})
    await store.async_close()
    store = await opened(hass)
    await store.async_close()
    assert not (await opened(hass)).calls


@pytest.mark.parametrize(
    ("insist", "known"), [(True, False), (False, True)], ids=["insists", "goes on"]
)
async def test_a_disk_that_refuses_is_told(
    hass: HomeAssistant, insist: bool, known: bool
) -> None:
    """What need not be written is known until the next restart all the same."""
    store = await opened(hass)
    await store.async_record_sent(ASKED)
    full = OSError(28, "No space left on device")
    await store.async_close()
    store = await opened(hass)
    with patch("custom_components.elks46.journal.FileIO", side_effect=full):
        with pytest.raises(OSError, match="No space"):
            await store.async_record_sent(FULL, counts=True, insist=insist)
        with pytest.raises(OSError, match="No space"):
            await store.async_record_received("s9", NOON)
    assert (FULL.ref in store.sent) is known
    assert (store.spent_today == Decimal("1.04")) is known
    assert not store.is_received("s9")
    again = await opened(hass)
    assert list(again.sent) == [ASKED.ref]


async def test_a_line_of_a_later_version_is_passed_over(hass: HomeAssistant) -> None:
    """Whoever goes back to an older version loses what it does not know, and no more."""
    store = await opened(hass)
    await store.async_record_sent(FULL)
    await store.async_close()
    (path,) = await hass.async_add_executor_job(memory, hass)
    with path.open("ab") as file:
        file.write(b'{"call": "c1"}\n{"sent": {"ref": "r"}}\n')
    again = await opened(hass)
    assert list(again.sent.values()) == [FULL]
