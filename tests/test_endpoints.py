"""Every endpoint that 46elks documents for texts, pictures, calls, numbers and accounts: asked by the client, served by its stand-in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from custom_components.elks46.api import ElksClient, Hangup, Record

from . import ANNA, BJORN, NUMBER, Json, SimulatorControl, data_url, drawn
from .simulator import Customer, serving

PICTURE = data_url(drawn())


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """What there is to ask about."""

    sms: str
    mms: str
    call: str
    number: str
    subaccount: str


async def every(rows: AsyncIterator[Any]) -> list[Any]:
    """Read a list to its end."""
    return [row async for row in rows]


type Ask = Callable[[ElksClient, There], Awaitable[Any]]

ENDPOINTS: dict[str, Ask] = {
    # 1. Texts
    "POST sms": lambda c, t: c.messages.send_sms(
        recipient=ANNA, text="Hi", sender="House"
    ),
    "GET sms": lambda c, t: every(c.messages.sms_history(None)),
    "GET sms/{sms}": lambda c, t: c.messages.get_sms(t.sms),
    "DELETE sms/{sms}": lambda c, t: c.messages.delete_sms(t.sms),
    # 2. Picture messages and images
    "POST mms": lambda c, t: c.messages.send_mms(
        recipient=ANNA, sender=NUMBER, text="Hi", image=PICTURE
    ),
    "GET mms": lambda c, t: every(c.messages.mms_history(None)),
    "GET mms/{mms}": lambda c, t: c.messages.get_mms(t.mms),
    "DELETE mms/{mms}": lambda c, t: c.messages.delete_mms(t.mms),
    "GET images": lambda c, t: every(c.images.history(None)),
    "GET images/{mms}-i0": lambda c, t: c.images.get(f"{t.mms}-i0"),
    "GET images/{mms}-i0.jpg": lambda c, t: c.images.download(f"{t.mms}-i0"),
    # 3. Calls, and what was recorded of them
    "POST calls": lambda c, t: c.calls.start(
        caller=NUMBER,
        callee=ANNA,
        voice_start="http://127.0.0.1:1/start",
        when_hangup="http://127.0.0.1:1/over",
        ring_timeout=20,
        record_url="http://127.0.0.1:1/record",
    ),
    "POST calls ": lambda c, t: c.calls.start(
        caller=NUMBER, callee=ANNA, voice_start=Hangup()
    ),
    "GET calls": lambda c, t: every(c.calls.history(None)),
    "GET calls/{call}": lambda c, t: c.calls.get(t.call),
    "DELETE calls/{call}": lambda c, t: c.calls.delete(t.call),
    "GET recordings": lambda c, t: every(c.recordings.history(None)),
    "GET recordings/{call}-r0": lambda c, t: c.recordings.get(f"{t.call}-r0"),
    "GET recordings/{call}-r0.wav": lambda c, t: c.recordings.download(f"{t.call}-r0"),
    # 5. Numbers; the last way to ask is how one is given back
    "POST numbers": lambda c, t: c.numbers.allocate(
        country="se", capabilities=["sms", "mms", "voice"]
    ),
    "GET numbers": lambda c, t: c.numbers.list(),
    "GET numbers/{number}": lambda c, t: c.numbers.get(t.number),
    "POST numbers/{number}": lambda c, t: c.numbers.configure(t.number, name="Villa"),
    "POST numbers/{number} ": lambda c, t: c.numbers.deallocate(t.number),
    # 6. The account, its bill, and its subaccounts
    "GET me": lambda c, t: c.account.get(),
    "POST me": lambda c, t: c.account.update(credit_alert=Decimal(20)),
    "GET billing": lambda c, t: every(c.account.billing(None)),
    "GET transactions": lambda c, t: every(c.account.transactions(None)),
    "POST subaccounts": lambda c, t: c.subaccounts.create(
        name="House", usage_limit=Decimal(1)
    ),
    "GET subaccounts": lambda c, t: c.subaccounts.list(),
    "GET subaccounts/{subaccount}": lambda c, t: c.subaccounts.get(t.subaccount),
    "POST subaccounts/{subaccount}": lambda c, t: c.subaccounts.update(
        t.subaccount, name="Villa"
    ),
}
LISTS = [
    pytest.param(lambda c: c.messages.sms_history, "sms", id="sms"),
    pytest.param(lambda c: c.messages.mms_history, "mms", id="mms"),
    pytest.param(lambda c: c.images.history, "images", id="images"),
    pytest.param(lambda c: c.calls.history, "calls", id="calls"),
    pytest.param(lambda c: c.recordings.history, "recordings", id="recordings"),
    pytest.param(lambda c: c.account.billing, "billing", id="billing"),
    pytest.param(lambda c: c.account.transactions, "transactions", id="transactions"),
]


@pytest.fixture
async def client(simulator: SimulatorControl) -> AsyncIterator[ElksClient]:
    """Return a client of the stand-in."""
    async with aiohttp.ClientSession() as session:
        yield ElksClient(
            session,
            simulator.username,
            simulator.password,
            api_url=simulator.api_url,
            retry_pauses=(),
        )


@pytest.fixture
async def there(client: ElksClient, simulator: SimulatorControl) -> There:
    """Make one of each."""
    sms = await client.messages.send_sms(recipient=BJORN, text="Hi", sender="House")
    mms = await client.messages.send_mms(
        recipient=BJORN, sender=NUMBER, text=None, image=PICTURE
    )
    customer = Customer()
    async with serving(customer):
        await simulator.put_handset(BJORN, answers="at_once")
        call = await client.calls.start(
            caller=NUMBER,
            callee=BJORN,
            voice_start=Record(f"{customer.url}/record"),
        )
        await simulator.posted("record")
    number = await client.numbers.allocate(country="se", capabilities=["sms"])
    subaccount = await client.subaccounts.create(name="House", usage_limit=None)
    return There(
        sms=str(sms.id),
        mms=str(mms.id),
        call=call.id,
        number=number.id,
        subaccount=subaccount.id,
    )


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_an_endpoint_is_asked_and_served(
    client: ElksClient, there: There, simulator: SimulatorControl, endpoint: str
) -> None:
    """By one method, with one request, and with an answer that is understood."""
    method, _, path = endpoint.strip().partition(" ")
    before = len(await simulator.log())
    answer = await ENDPOINTS[endpoint](client, there)

    [request] = await simulator.log(before)
    ids: Json = {name: getattr(there, name) for name in There.__slots__}
    assert (request["method"], request["url"]) == (
        method,
        f"/a1/{path.format(**ids)}",
    )
    assert request["status"] == 200
    assert answer


async def test_a_call_is_asked_for_with_all_that_46elks_takes(
    client: ElksClient, simulator: SimulatorControl
) -> None:
    """By the names that 46elks gives them."""
    for endpoint in ("POST calls", "POST calls "):
        await ENDPOINTS[endpoint](client, There(**dict.fromkeys(There.__slots__, "")))
    asked = await simulator.requests("POST", "calls")
    assert [request["fields"] for request in asked] == [
        {
            "from": NUMBER,
            "to": ANNA,
            "voice_start": "http://127.0.0.1:1/start",
            "whenhangup": "http://127.0.0.1:1/over",
            "timeout": "20",
            "recordcall": "http://127.0.0.1:1/record",
        },
        {"from": NUMBER, "to": ANNA, "voice_start": '{"hangup":"reject"}'},
    ]


@pytest.mark.parametrize(("history", "path"), LISTS)
async def test_a_list_is_asked_for_a_span(
    client: ElksClient,
    there: There,
    simulator: SimulatorControl,
    history: Callable[[ElksClient], Callable[..., AsyncIterator[object]]],
    path: str,
) -> None:
    """The newer bound is called start."""
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    assert await every(history(client)(long_ago))
    assert await every(history(client)(None, before=long_ago)) == []

    requests = await simulator.requests("GET", path)
    assert [request["fields"] for request in requests] == [
        {"end": "2020-01-01T00:00:00.000000"},
        {"start": "2020-01-01T00:00:00.000000"},
    ]
