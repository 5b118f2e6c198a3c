"""What the bench makes of what it has measured, and what it measures with."""

import asyncio
import json

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, ServiceCall
from homeassistant.helpers.aiohttp_client import async_get_clientsession
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from benchmarks import report
from benchmarks.control import SimulatorControl as Steering
from benchmarks.engine import Answer
from benchmarks.figures import Claim, Verdict, estimate, figure, percentile
from benchmarks.importing import parts
from benchmarks.integrations.bench_engine.actions import ActionsView
from benchmarks.integrations.bench_engine.memory import MemoryView
from benchmarks.integrations.bench_engine.setting_up import AccountsView, SettingUpView
from benchmarks.lines import Frame
from benchmarks.measurements.frames import delays
from benchmarks.measurements.pace import frames, longest_gap
from custom_components.elks46.const import DOMAIN

from . import ANNA, SimulatorControl, send_sms

CLAIM = Claim(
    what="First audio", unit="ms", of="ours", beside={"theirs": "other"}, at_most=5
)


@pytest.mark.parametrize(
    ("count", "low", "high", "confidence"),
    [
        pytest.param(1, 0, 0, 0, id="one says nothing"),
        pytest.param(5, 0, 4, 0.9375, id="five are not enough"),
        pytest.param(7, 0, 6, 0.984375, id="seven without any to spare"),
        pytest.param(9, 1, 7, 0.9609375, id="nine without the outermost"),
    ],
)
def test_a_median_lies_between_two_of_the_values(
    count: int, low: float, high: float, confidence: float
) -> None:
    """As often as coins fall so."""
    found = estimate([*reversed(range(count))])

    assert found.median == (count - 1) / 2
    assert (found.low, found.high, found.confidence) == (low, high, confidence)


def test_a_percentile_is_one_of_the_values() -> None:
    """Of twenty, 95 % do not exceed the last but one."""
    assert percentile([*range(20)], 0.95) == 18
    assert percentile([7.0], 0.95) == 7


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        pytest.param([1, 2, 3, 4, 5, 9, 9], Verdict.MET, id="median within the limit"),
        pytest.param([1, 6, 7, 8, 8, 9, 9], Verdict.UNCLEAR, id="perhaps by chance"),
        pytest.param([6, 6, 7, 8, 8, 9, 9], Verdict.SHORT, id="whole interval beyond"),
    ],
)
def test_a_figure_falls_short_only_beyond_its_interval(
    values: list[float], verdict: Verdict
) -> None:
    """Chance alone fails nobody."""
    rounds = [{"ours": value, "other": 2.0} for value in values]
    found = figure(CLAIM, rounds)

    assert found.verdict is verdict
    assert found.references["theirs"].ratio.median == found.value.median / 2


def test_a_ratio_has_a_limit_of_its_own() -> None:
    """Rounds are compared with themselves: a slow one is slow for both."""
    claim = Claim(
        what="CPU", unit="ms", of="many", beside={"one": "one"}, at_most_ratio=1
    )
    rounds = [{"many": 1.5 * slow, "one": 1.0 * slow} for slow in (1, 2, 30, 4, 5, 6)]

    assert figure(claim, rounds).verdict is Verdict.SHORT


def test_a_report_says_what_falls_short() -> None:
    """And what was not measured; as JSON, each round besides."""
    rounds = [{"ours": 7.0}] * 6
    figures = [figure(CLAIM, rounds)]
    versions = {"Home Assistant": "2026.11.0"}
    told = report.text(figures, len(rounds), versions).splitlines()
    written = json.loads(report.as_json(figures, {"first": rounds}, versions))

    assert told[-1] == "Falls short: First audio"
    assert "    beside theirs: not measured" in told
    assert written["figures"][0]["value"]["median"] == 7
    assert written["figures"][0]["verdict"] == "falls short"
    assert written["rounds"]["first"] == rounds


def test_a_frame_is_as_late_as_the_last_of_its_sound() -> None:
    """Frames need not be cut where the voice does."""
    answer = Answer(handed=((10.0, 0.1), (10.1, 0.2), (10.2, 0.3)), ready=())
    came = (
        Frame(moment=10.01, seconds=0.05),
        Frame(moment=10.13, seconds=0.15),
        Frame(moment=10.25, seconds=0.1),
    )

    assert delays(answer, came) == pytest.approx([0.01, 0.03, 0.05])


def test_a_gap_is_heard_when_all_before_has_been_played() -> None:
    """What comes early makes up for what comes late."""
    came = (
        Frame(moment=1.0, seconds=0.1),
        Frame(moment=1.0, seconds=0.1),
        Frame(moment=1.15, seconds=0.1),
        Frame(moment=1.33, seconds=0.1),
    )

    assert longest_gap(came) == pytest.approx(0.03)
    assert longest_gap(came[:3]) == 0


def test_a_voice_has_gaps_too() -> None:
    """Its sound is counted from the beginning."""
    answer = Answer(handed=((1.0, 0.1), (1.15, 0.2)), ready=())

    assert longest_gap(frames(answer)) == pytest.approx(0.05)


def test_what_an_integration_is_imported_with() -> None:
    """Its platforms are ours to import; what they belong to is Home Assistant's, and there before."""
    before, ours = parts("custom_components.elks46")

    assert "homeassistant.components.webhook" in before
    assert "homeassistant.components.sensor" in before
    assert ours[0] == "custom_components.elks46"
    assert "custom_components.elks46.config_flow" in ours
    assert "custom_components.elks46.sensor" in ours
    assert "custom_components.elks46.outbox" not in ours


async def test_an_account_is_set_up_once_more(
    hass: HomeAssistant,
    entry: MockConfigEntry,
    hass_client: ClientSessionGenerator,
    public_url: str,
) -> None:
    """As its forms would have made it, with all that belongs to it."""
    hass.http.register_view(AccountsView())
    hass.http.register_view(SettingUpView())
    client = await hass_client()
    subentries = [subentry.as_dict() for subentry in entry.subentries.values()]
    order = {"domain": DOMAIN, "data": {**entry.data}, "options": {}}
    added = await client.post(
        "/api/bench_engine/accounts", json=order | {"subentries": subentries}
    )
    entry_id = (await added.json())["entry_id"]
    answer = await client.post(f"/api/bench_engine/setting_up/{entry_id}")
    told = await answer.json()

    assert hass.config_entries.async_get_known_entry(entry_id).state is (
        ConfigEntryState.LOADED
    )
    assert told["is_set_up"]
    assert told["seconds"] > 0
    assert told["stall"] > 0
    assert told["entities"] > 10


async def test_an_action_runs_for_many_at_once(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, public_url: str
) -> None:
    """For each once, and for no more at once than is wanted."""
    most, running = 0, set()

    async def run(call: ServiceCall) -> None:
        nonlocal most
        running.add(call.data["to"])
        most = max(most, len(running))
        await asyncio.sleep(0)
        running.remove(call.data["to"])
        done.append(call.data["to"])

    done: list[int] = []
    hass.services.async_register("bench", "run", run)
    hass.http.register_view(ActionsView())
    rows = [{"to": number} for number in range(10)]
    client = await hass_client()
    answer = await client.post(
        "/api/bench_engine/actions",
        json={"action": "bench.run", "rows": rows, "at_once": 3},
    )

    assert (await answer.json())["seconds"] > 0
    assert sorted(done) == [*range(10)]
    assert most == 3


async def test_memory_is_counted_where_it_is_taken(
    hass: HomeAssistant, hass_client: ClientSessionGenerator, public_url: str
) -> None:
    """From when that is asked for, until it is asked for no more."""
    hass.http.register_view(MemoryView())
    client = await hass_client()
    path = "/api/bench_engine/memory"
    await client.post(path)
    before = (await (await client.get(path)).json())["bytes"]
    taken = bytearray(1_000_000)
    after = (await (await client.get(path)).json())["bytes"]
    await client.delete(path)

    assert 0 <= after - before - len(taken) < 100_000
    assert (await (await client.get(path)).json())["bytes"] == 0


async def test_46elks_takes_its_time_and_what_it_is_asked_is_counted(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    integration: MockConfigEntry,
) -> None:
    """Over so many texts."""
    session = async_get_clientsession(hass)
    steering = Steering(session, simulator.api_url.removesuffix("/a1"))
    before = await steering.position()
    await steering.answer_texts_after(0.01, times=1)
    was_left = await steering.delays_left()
    await send_sms(hass, to=[ANNA], wait=0)

    assert was_left
    assert not await steering.delays_left()
    assert await steering.requests(before) == 1
    assert await steering.position() > before
