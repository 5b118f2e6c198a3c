"""Texts both ways between real processes, and what is left when the account is removed."""

import asyncio
from functools import partial
from http import HTTPStatus
import re

import aiohttp

from demo import elks
from demo.house import Home
from simulator.config import DEFAULT_PASSWORD

from . import (
    ANNA,
    ANSWERED_BEFORE,
    ERIK,
    NUMBER,
    NUMBER_EVENT,
    PATIENCE,
    Account,
    eventually,
    status_of,
)

ALARM = "The freezer is at -18 C. Answer STATUS to hear how the house is."
ANSWER = "Hello Erik! The freezer is at -18 C, the front door is locked."
# The British regulator keeps these for fiction.
THOUSAND = [f"+447700900{last:03}" for last in range(1000)]


async def test_automation_texts_contact_through_notify(
    account: Account, home: Home
) -> None:
    """A pressed button becomes a text on a phone, and its report moves the contact's sensor."""
    await home.run("input_button.press", entity_id="input_button.freezer_alarm")
    await eventually(partial(account.received, ANNA), [ALARM])
    await eventually(partial(status_of, home, "anna"), "delivered")
    assert await status_of(home, "erik") == "unknown"
    (asked,) = await account.asked_to_send()
    assert (asked["to"], asked["from"]) == (ANNA, NUMBER)


async def test_sensor_follows_text_to_phone_that_is_off(
    account: Account, home: Home
) -> None:
    """A text waits for a phone to be switched on, and the contact's sensor tells so."""
    await account.phones.put_handset(ERIK, on=False)
    await home.run("notify.send_message", entity_id="notify.erik_sms", message="Home?")
    await eventually(partial(status_of, home, "erik"), "sent")
    await account.phones.put_handset(ERIK, on=True)
    await eventually(partial(status_of, home, "erik"), "delivered")
    assert len(await account.asked_to_send()) == 1


async def test_text_from_handset_reaches_bus_entity_and_automation(
    account: Account, home: Home
) -> None:
    """A text from a phone is an event, moves the number's entity, and is answered through send_sms."""
    async with home.events("elks46_sms_received") as events:
        text_id = await account.phones.send_text(ERIK, NUMBER, "Status")
        async with asyncio.timeout(PATIENCE):
            event = await anext(events)
    assert event["id"] == text_id
    assert (event["sender"], event["recipient"]) == (ERIK, NUMBER)
    assert (event["contact"], event["message"]) == ("Erik", "Status")
    state = await home.state(NUMBER_EVENT)
    assert state["attributes"]["event_type"] == "sms_received"
    assert state["attributes"]["message"] == "Status"
    await eventually(partial(account.received, ERIK), [ANSWER])
    await eventually(partial(status_of, home, "erik"), "delivered")
    assert await account.received(ANNA) == []


async def test_thousand_texts_are_thousand_requests(
    account: Account, home: Home
) -> None:
    """One action with a thousand recipients asks 46elks a thousand times, and answers for each."""
    await account.phones.put_account(balance="1000.00")
    await elks.set_options(
        home,
        account.entry_id,
        daily_spend_limit=2000,
        hourly_message_limit=1000,
        allowed_countries=["GB"],
    )
    answer = await home.answer("elks46.send_sms", to=THOUSAND, message="Water is off")
    rows = answer["messages"]
    assert [row["to"] for row in rows] == THOUSAND
    assert len({row["id"] for row in rows}) == 1000
    asked = await account.asked_to_send()
    assert sorted(fields["to"] for fields in asked) == THOUSAND


async def test_log_keeps_secrets(account: Account, home: Home) -> None:
    """What Home Assistant logs above debug names no number, text or secret."""
    output = account.town.house.process.output
    before = output.stat().st_size
    await home.run("input_button.press", entity_id="input_button.freezer_alarm")
    await account.phones.send_text(ERIK, NUMBER, "Status")
    await eventually(partial(account.received, ANNA), [ALARM])
    await eventually(partial(account.received, ERIK), [ANSWER])
    await elks.settle(home, account.entry_id)

    async def has_reloaded() -> bool:
        """Tell whether the log, which is written a moment late, shows the reload."""
        return "Setting up elks46.sensor" in output.read_bytes()[before:].decode()

    await eventually(has_reloaded)
    written = output.read_bytes()[before:].decode()
    webhook_id = await account.webhook_id()
    secrets = (ANNA, ERIK, NUMBER, ALARM, ANSWER, webhook_id, DEFAULT_PASSWORD)
    assert [secret for secret in secrets if secret in written] == []


async def test_log_has_no_complaint(account: Account) -> None:
    """Nothing of ours, in this test or any before, was worth a warning."""
    lines = account.town.house.process.output.read_text().splitlines()
    complaints = [
        line
        for line in lines
        if re.search(r" (WARNING|ERROR|CRITICAL) .*elks46", line)
        and "[homeassistant.loader]" not in line
    ]
    assert complaints == []


async def test_start_fetches_nothing(account: Account) -> None:
    """Everything that Home Assistant needs for this house was there before it started."""
    output = account.town.house.process.output.read_text()
    assert "Attempting install" not in output


async def test_removal_gives_number_back(account: Account, home: Home) -> None:
    """Without the account the number is answered as before, and the secret address leads nowhere."""
    address = await eventually(account.sms_url)
    assert address.startswith(f"{account.town.house.url}/api/webhook/")
    async with aiohttp.ClientSession() as session:
        async with session.post(address) as response:
            assert response.status == HTTPStatus.NO_CONTENT
        await elks.disconnect(home)
        assert await account.sms_url() == ANSWERED_BEFORE
        async with session.post(address) as response:
            # Home Assistant's own answer for addresses that it does not know.
            assert response.status == HTTPStatus.OK
    assert await elks.connected(home) is None
