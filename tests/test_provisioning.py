"""Numbers' addresses at 46elks: taken, kept, lost and given back."""

from dataclasses import replace
from types import MappingProxyType
from typing import Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
from homeassistant.config_entries import ConfigEntryState, ConfigSubentry
from homeassistant.core import HomeAssistant
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from yarl import URL

from custom_components.elks46.api import ElksForbiddenError
from custom_components.elks46.const import (
    CONF_NUMBER,
    CONF_NUMBER_ID,
    CONF_PUBLIC_URL,
    CONF_REACH,
    SUBENTRY_NUMBER,
    Reach,
)

from . import (
    NUMBER,
    OTHER_NUMBER,
    WEBHOOK_ID,
    SimulatorControl,
    answering,
    change_options,
    failing,
    issues,
    pass_time,
    setup_integration,
)

FOREIGN = "https://pizza.example.com/sms?key=secret"
OTHER_FOREIGN = "https://new.example.com/sms"
FIXED_ANSWER = '{"reply": "We call you back"}'


def ours(base: str) -> str:
    """Return the address that a number's texts are to be posted to."""
    return f"{base}/api/webhook/{WEBHOOK_ID}?kind=sms"


async def sms_url(simulator: SimulatorControl, number: str = NUMBER) -> str | None:
    """Return what answers a number's texts at 46elks."""
    numbers = await simulator.control("GET", "numbers")
    (found,) = (one for one in numbers if one["number"] == number)
    url: str | None = found.get("sms_url")
    return url


async def mms_url(simulator: SimulatorControl) -> str | None:
    """Return what answers the number's pictures at 46elks."""
    (number,) = await simulator.control("GET", "numbers")
    url: str | None = number.get("mms_url")
    return url


async def changes(simulator: SimulatorControl) -> list[str]:
    """Return to what 46elks was asked to set numbers' addresses."""
    requests = await simulator.requests("POST", "numbers/*")
    return [
        url
        for request in requests
        for key, url in request["fields"].items()
        if key in ("sms_url", "mms_url")
    ]


@pytest.fixture
async def prepared(entry: MockConfigEntry, public_url: str) -> MockConfigEntry:
    """Return an account that would be reached, not yet added."""
    return MockConfigEntry(
        domain=entry.domain,
        title=entry.title,
        unique_id=entry.unique_id,
        data=entry.data,
        options={CONF_REACH: Reach.EXTERNAL, CONF_PUBLIC_URL: public_url},
        subentries_data=[
            {**subentry.as_dict(), "subentry_id": subentry_id}
            for subentry_id, subentry in entry.subentries.items()
        ],
    )


async def add(hass: HomeAssistant, entry: MockConfigEntry) -> None:
    """Add an account and let it settle."""
    entry.add_to_hass(hass)
    await setup_integration(hass, entry)


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(None, id="nothing"),
        pytest.param(FOREIGN, id="another system"),
        pytest.param(FIXED_ANSWER, id="a fixed answer"),
    ],
)
async def test_a_chosen_number_is_taken_and_given_back(
    hass: HomeAssistant,
    prepared: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    before: str | None,
) -> None:
    """Whoever chose it was told what answered it; on removal that is put back."""
    await simulator.put_number(NUMBER, sms_url=before)

    await add(hass, prepared)
    taken = await sms_url(simulator)
    await hass.config_entries.async_remove(prepared.entry_id)

    assert taken == ours(public_url)
    assert await sms_url(simulator) == before
    assert issues(hass) == {}


async def test_one_request_takes_what_comes_to_a_number(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """One for texts and one for pictures; and none leaves what is taken as it is."""
    await add(hass, prepared)

    await hass.config_entries.async_reload(prepared.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert len(await changes(simulator)) == 2


async def test_pictures_come_here_too_and_are_given_back(
    hass: HomeAssistant,
    prepared: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """Each to what answered it before."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN, mms_url=OTHER_FOREIGN)

    await add(hass, prepared)
    taken = await sms_url(simulator), await mms_url(simulator)
    await hass.config_entries.async_remove(prepared.entry_id)

    assert taken == (ours(public_url), ours(public_url).replace("sms", "mms"))
    assert await sms_url(simulator) == FOREIGN
    assert await mms_url(simulator) == OTHER_FOREIGN


async def test_pictures_of_a_number_from_before_are_not_taken_unasked(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Whoever chose the number was told only what answered its texts."""
    await simulator.put_number(NUMBER, capabilities=["sms"], mms_url=FOREIGN)
    await add(hass, prepared)
    await simulator.put_number(NUMBER, capabilities=["sms", "mms"], mms_url=FOREIGN)

    await hass.config_entries.async_reload(prepared.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert await mms_url(simulator) == FOREIGN
    assert set(issues(hass)) == {"number_taken"}
    number_id = prepared.subentries["number"].data[CONF_NUMBER_ID]
    await prepared.runtime_data.provisioning.async_take_over(number_id)
    assert (await mms_url(simulator) or "").endswith("?kind=mms")
    assert issues(hass) == {}


async def test_a_refused_address_for_pictures_disturbs_no_texts(
    hass: HomeAssistant,
    prepared: MockConfigEntry,
    simulator: SimulatorControl,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is wrong with the address where it is taken for texts."""
    await simulator.put_number(NUMBER, capabilities=["sms"])
    await add(hass, prepared)
    await simulator.put_number(NUMBER, capabilities=["sms", "mms"])
    await simulator.fail(answering("numbers/*", 403, "No"))
    await simulator.fail(
        failing("numbers/*", method="POST", kind="status", status=403, body="No")
    )

    await hass.config_entries.async_reload(prepared.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert issues(hass) == {}
    assert not prepared.runtime_data.reach.is_polling
    await pass_time(hass, minutes=31)
    assert caplog.text.count("takes no address as mms_url of a number") == 1


async def test_pictures_that_46elks_refused_once_are_not_taken_from_others(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """What stood there then was agreed to; what the person has put there since was not."""
    with patch(
        "custom_components.elks46.api.numbers.NumbersResource.configure",
        side_effect=ElksForbiddenError(403, "No"),
    ):
        await add(hass, prepared)
    await simulator.put_number(NUMBER, mms_url=OTHER_FOREIGN)
    await pass_time(hass, minutes=31)

    assert await mms_url(simulator) == OTHER_FOREIGN
    assert set(issues(hass)) == {"number_taken"}


async def test_a_number_for_pictures_alone_is_taken(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """There, a refused address is what is wrong."""
    await simulator.put_number(NUMBER, capabilities=["mms"])
    await simulator.fail(
        failing(
            "numbers/*", method="POST", times=1, kind="status", status=403, body="No"
        )
    )
    await add(hass, prepared)
    assert set(issues(hass)) == {"address_refused"}

    await hass.config_entries.async_reload(prepared.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert (await mms_url(simulator) or "").endswith("?kind=mms")


async def test_a_number_without_texts_is_left_alone(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks would refuse the address."""
    await simulator.put_number(NUMBER, capabilities=["voice"])

    await add(hass, prepared)

    assert await changes(simulator) == []
    assert issues(hass) == {}


async def test_a_number_that_is_gone_is_left_alone(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """46elks goes on listing it, as one that is not active."""
    await simulator.put_number(NUMBER, active=False)

    await add(hass, prepared)

    assert await changes(simulator) == []


async def test_what_somebody_changed_is_left_alone_and_told(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Two homes that overwrite each other would never stop."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await pass_time(hass, minutes=31)

    assert await sms_url(simulator) == FOREIGN
    assert issues(hass) == {
        "number_taken": {"number": NUMBER, "other": "pizza.example.com"}
    }


@pytest.mark.parametrize(
    ("url", "other"),
    [
        pytest.param(FOREIGN, "pizza.example.com", id="address, without its secrets"),
        pytest.param(FIXED_ANSWER, "JSON", id="fixed answer"),
        pytest.param("https://[nonsense", "JSON", id="nonsense"),
    ],
)
async def test_the_issue_tells_who_answers_now(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    url: str,
    other: str,
) -> None:
    """By name where it has one."""
    await simulator.put_number(NUMBER, name="Home", sms_url=url)
    await pass_time(hass, minutes=31)

    assert issues(hass) == {"number_taken": {"number": "Home", "other": other}}


async def test_what_somebody_changed_is_not_changed_on_removal(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """It is no longer ours to put back."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await pass_time(hass, minutes=31)

    await hass.config_entries.async_remove(integration.entry_id)

    assert await sms_url(simulator) == FOREIGN
    assert issues(hass) == {}


async def test_an_issue_goes_when_our_address_is_back(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """However it came back."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await pass_time(hass, minutes=31)
    await simulator.put_number(NUMBER, sms_url=ours(public_url))
    await pass_time(hass, minutes=31)

    assert issues(hass) == {}


async def test_what_somebody_emptied_is_taken_again(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """Nobody else wants these texts."""
    await simulator.put_number(NUMBER, sms_url=None)
    await pass_time(hass, minutes=31)

    assert await sms_url(simulator) == ours(public_url)
    assert issues(hass) == {}


async def test_another_address_of_this_home_is_set(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """At once, and what was there before this home is still known."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await add(hass, prepared)

    await change_options(
        hass, prepared, **{CONF_PUBLIC_URL: "https://moved.example.com"}
    )
    moved = await sms_url(simulator)
    found = issues(hass)
    await hass.config_entries.async_remove(prepared.entry_id)

    assert moved == ours("https://moved.example.com")
    assert found == {}
    assert await sms_url(simulator) == FOREIGN


async def test_another_address_is_set_also_right_after_the_start(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """What was read of the account then still shows who had the number before us."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await hass.config.async_update(external_url="https://first.example.com")
    prepared.add_to_hass(hass)
    hass.config_entries.async_update_entry(
        prepared, options={CONF_REACH: Reach.EXTERNAL}
    )
    await setup_integration(hass, prepared)
    first = await sms_url(simulator)

    await hass.config.async_update(external_url="https://second.example.com")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert first == ours("https://first.example.com")
    assert await sms_url(simulator) == ours("https://second.example.com")
    assert issues(hass) == {}


async def test_a_number_that_is_removed_here_is_given_back(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Without the account being removed, and only that one."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    other = await simulator.put_number(OTHER_NUMBER, sms_url=OTHER_FOREIGN)
    await add(hass, prepared)
    hass.config_entries.async_add_subentry(
        prepared,
        ConfigSubentry(
            data=MappingProxyType(
                {CONF_NUMBER_ID: other["id"], CONF_NUMBER: OTHER_NUMBER}
            ),
            subentry_type=SUBENTRY_NUMBER,
            title=OTHER_NUMBER,
            unique_id=other["id"],
        ),
    )
    await hass.async_block_till_done(wait_background_tasks=True)

    hass.config_entries.async_remove_subentry(prepared, "number")
    await hass.async_block_till_done(wait_background_tasks=True)

    assert await sms_url(simulator) == FOREIGN
    assert WEBHOOK_ID in (await sms_url(simulator, OTHER_NUMBER) or "")


async def test_numbers_are_given_back_to_whom_asks_not_to_be_posted_to(
    hass: HomeAssistant,
    prepared: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """And taken again when that changes."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await add(hass, prepared)

    await change_options(hass, prepared, **{CONF_REACH: Reach.POLL})
    polling = await sms_url(simulator)
    await change_options(hass, prepared, **{CONF_REACH: Reach.EXTERNAL})

    assert polling == FOREIGN
    assert await sms_url(simulator) == ours(public_url)


async def test_a_number_that_was_given_up_is_forgotten(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """There is nothing to give back."""
    await simulator.put_number(NUMBER, active=False)
    before = await changes(simulator)

    await hass.config_entries.async_remove(integration.entry_id)

    assert await changes(simulator) == before


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            failing("numbers/*", method="POST", kind="drop_before"), id="not taken"
        ),
        pytest.param(
            failing("numbers/*", method="POST", kind="drop_after"), id="answer lost"
        ),
        pytest.param(
            failing("numbers/*", method="POST", kind="status", status=503), id="broken"
        ),
        pytest.param(answering("numbers/*", 429), id="too much at once"),
    ],
)
async def test_a_failure_is_tried_again_and_what_was_there_stays_known(
    hass: HomeAssistant,
    impatient: None,
    prepared: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
    fault: dict[str, object],
) -> None:
    """It is no sign that somebody else has taken the number."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await simulator.fail(fault)

    await add(hass, prepared)
    await simulator.fail()
    await pass_time(hass, seconds=61)
    taken = await sms_url(simulator)
    found = issues(hass)
    await hass.config_entries.async_remove(prepared.entry_id)

    assert taken == ours(public_url)
    assert found == {}
    assert await sms_url(simulator) == FOREIGN


async def test_the_pauses_between_tries_grow(
    hass: HomeAssistant,
    impatient: None,
    prepared: MockConfigEntry,
    simulator: SimulatorControl,
    freezer: FrozenDateTimeFactory,
) -> None:
    """46elks is left alone for a minute, then two, then four."""
    await simulator.fail(answering("numbers/*", 429))
    await add(hass, prepared)
    tries = []

    for seconds in (61, 61, 61, 61, 61, 61, 61):
        freezer.tick(seconds)
        await pass_time(hass)
        tries.append(len(await simulator.requests("GET", "numbers/*")))

    assert tries == [2, 2, 3, 3, 3, 3, 4]


async def test_a_try_that_cannot_begin_is_followed_by_another(
    hass: HomeAssistant,
    impatient: None,
    prepared: MockConfigEntry,
    simulator: SimulatorControl,
    public_url: str,
) -> None:
    """Also reading the numbers may fail."""
    await simulator.fail(answering("numbers/*", 429))
    await add(hass, prepared)
    await simulator.fail(answering("numbers", 429))
    await pass_time(hass, seconds=61)
    await simulator.fail()
    await pass_time(hass, seconds=121)

    assert await sms_url(simulator) == ours(public_url)


async def test_nothing_is_tried_after_the_account_is_unloaded(
    hass: HomeAssistant,
    impatient: None,
    prepared: MockConfigEntry,
    simulator: SimulatorControl,
) -> None:
    """Not later, and not while a try is under way."""
    await simulator.fail(answering("numbers/*", 429))
    await add(hass, prepared)
    provisioning = prepared.runtime_data.provisioning
    numbers = prepared.runtime_data.coordinator.data.numbers.values()
    before = len(await simulator.requests("GET", "numbers*"))

    await hass.config_entries.async_unload(prepared.entry_id)
    await provisioning.async_reconcile(numbers)
    await pass_time(hass, hours=1)

    assert len(await simulator.requests("GET", "numbers*")) == before


async def test_a_failure_while_the_account_is_unloaded_plans_nothing(
    hass: HomeAssistant,
    impatient: None,
    prepared: MockConfigEntry,
    simulator: SimulatorControl,
) -> None:
    """The next start tries anyway."""
    await simulator.fail(failing("numbers/*", kind="delay", seconds=0.1))
    prepared.add_to_hass(hass)
    await hass.config_entries.async_setup(prepared.entry_id)
    provisioning = prepared.runtime_data.provisioning
    numbers = prepared.runtime_data.coordinator.data.numbers.values()
    trying = hass.async_create_task(provisioning.async_reconcile(numbers))
    await simulator.fail(answering("numbers/*", 429))

    provisioning.async_close()
    await trying
    before = len(await simulator.requests("GET", "numbers/*"))
    await pass_time(hass, hours=1)

    assert prepared.state is ConfigEntryState.LOADED
    assert len(await simulator.requests("GET", "numbers/*")) == before


async def test_what_cannot_be_given_back_is_logged_without_secrets(
    hass: HomeAssistant,
    prepared: MockConfigEntry,
    simulator: SimulatorControl,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The id finds it at 46elks; number and address are nobody's business."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await add(hass, prepared)
    await simulator.fail(answering("numbers/*", 401))
    caplog.clear()

    await hass.config_entries.async_remove(prepared.entry_id)

    record, _, _ = (one for one in caplog.records if one.levelname == "ERROR")
    number_id = prepared.subentries["number"].data[CONF_NUMBER_ID]
    assert record.getMessage() == (
        f"The number with id {number_id} still sends what it receives here"
        " (ElksAuthenticationError): set its sms_url at 46elks to what it was before,"
        f" at {URL(FOREIGN).host}"
    )


async def test_what_cannot_be_emptied_is_logged_as_such(
    hass: HomeAssistant,
    integration: MockConfigEntry,
    simulator: SimulatorControl,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """So the person knows what to set."""
    await simulator.fail(answering("numbers/*", 401))

    await hass.config_entries.async_remove(integration.entry_id)

    assert "set its sms_url at 46elks to nothing" in caplog.text


async def test_without_an_address_nothing_is_taken_over(
    hass: HomeAssistant, integration: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """There is nothing to set."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN)
    await change_options(hass, integration, **{CONF_REACH: Reach.POLL})
    number_id = integration.subentries["number"].data[CONF_NUMBER_ID]

    await integration.runtime_data.provisioning.async_take_over(number_id)

    assert await sms_url(simulator) == FOREIGN


async def test_a_failure_between_two_addresses_makes_no_stranger_of_the_second(
    hass: HomeAssistant, simulator: SimulatorControl, prepared: MockConfigEntry
) -> None:
    """Whoever chose the number was told what answered it, texts and pictures alike."""
    await simulator.put_number(NUMBER, sms_url=FOREIGN, mms_url=OTHER_FOREIGN)
    number_id = prepared.subentries["number"].data[CONF_NUMBER_ID]
    await simulator.fail(
        failing(f"numbers/{number_id}", kind="delay", seconds=0, times=1),
        failing(f"numbers/{number_id}", kind="status", status=503),
    )
    await add(hass, prepared)
    half_taken = await mms_url(simulator)
    await simulator.fail()
    await pass_time(hass, minutes=2)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert half_taken == OTHER_FOREIGN
    assert await mms_url(simulator) == ours(prepared.options[CONF_PUBLIC_URL]).replace(
        "=sms", "=mms"
    )
    assert not any(key.startswith("number_taken") for key in issues(hass))


async def choose(hass: HomeAssistant, entity_id: str, option: str) -> None:
    """Say how calls are answered."""
    await hass.services.async_call(
        "select",
        "select_option",
        {"entity_id": entity_id, "option": option},
        blocking=True,
    )
    await hass.async_block_till_done(wait_background_tasks=True)


PBX: Final = "https://pbx.example.com/answer"


async def voice_start(simulator: SimulatorControl) -> str | None:
    """Return what answers calls to the number."""
    (number,) = await simulator.control("GET", "numbers")
    answered: str | None = number.get("voice_start")
    return answered


async def test_calls_are_left_to_what_answers_them_until_somebody_says_how(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Then they come here, and are given back in the end."""
    await simulator.put_number(NUMBER, voice_start=PBX)
    await add(hass, prepared)
    select = "select.46701740690_call_handling"
    assert await voice_start(simulator) == PBX
    assert hass.states.is_state(select, "unknown")
    assert not issues(hass)
    await choose(hass, select, "voicemail")
    assert "kind=call" in str(await voice_start(simulator))
    assert hass.states.is_state(select, "voicemail")
    await hass.config_entries.async_remove(prepared.entry_id)
    assert await voice_start(simulator) == PBX


async def test_calls_that_somebody_has_taken_back_are_told(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """Where somebody had said that they come here."""
    await add(hass, prepared)
    await choose(hass, "select.46701740690_call_handling", "voicemail")
    await simulator.put_number(NUMBER, voice_start=PBX)
    await prepared.runtime_data.coordinator.async_refresh()
    await hass.async_block_till_done(wait_background_tasks=True)
    assert await voice_start(simulator) == PBX
    assert [*issues(hass)] == ["number_taken"]


async def test_calls_that_somebody_takes_meanwhile_are_left_to_them(
    hass: HomeAssistant, prepared: MockConfigEntry, simulator: SimulatorControl
) -> None:
    """What was read of the account may be older."""
    await add(hass, prepared)
    number = prepared.runtime_data.coordinator.data.numbers.values()
    await simulator.put_number(NUMBER, voice_start=PBX)
    stale = [replace(one, voice_start=None) for one in number]
    await prepared.runtime_data.provisioning.async_reconcile(stale)
    assert await voice_start(simulator) == PBX
    assert not issues(hass)
