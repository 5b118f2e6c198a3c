"""What goes wrong on purpose."""

from aiohttp import ClientConnectionError, ClientTimeout
import pytest

from simulator.app import Simulator, running

from . import ANNA, NUMBER, Client, Customer, config, logged

SEND = {"method": "POST", "path": "/a1/sms"}


async def test_a_status_is_answered_instead(api: Client, control: Client) -> None:
    """So many times; nothing is sent."""
    fault = {"match": SEND, "times": 2, "kind": "status", "status": 503, "body": ""}
    await control.put("/faults", [fault])
    assert [(await api.text()).status for _ in range(3)] == [503, 503, 200]
    assert len((await api.get("/sms")).json()["data"]) == 1
    assert (await control.get("/faults")).json() == []


async def test_a_refusal_of_credentials_is_whole(api: Client, control: Client) -> None:
    """A 401 asks for Basic authentication, as the true one does."""
    fault = {"kind": "status", "status": 401, "body": "API access requires"}
    await control.put("/faults", [fault])
    answer = await api.get("/me")
    assert (answer.status, answer.text) == (401, "API access requires")
    assert "WWW-Authenticate" in answer.headers


async def test_a_status_can_hide_that_it_was_done(api: Client, control: Client) -> None:
    """The text is sent although the answer is an error."""
    fault = {"match": SEND, "kind": "status", "status": 500, "accepted": True}
    await control.put("/faults", [fault])
    assert (await api.text()).status == 500
    assert len((await api.get("/sms")).json()["data"]) == 1


@pytest.mark.parametrize(("kind", "texts"), [("drop_before", 0), ("drop_after", 1)])
async def test_the_connection_is_dropped(
    api: Client, control: Client, kind: str, texts: int
) -> None:
    """Before acceptance nothing is sent; after it, only the answer is lost."""
    await control.put("/faults", [{"match": SEND, "kind": kind}])
    with pytest.raises(ClientConnectionError):
        await api.text()
    assert len((await api.get("/sms")).json()["data"]) == texts
    entry = (await control.get("/log")).json()[0]
    assert (entry["fault"], entry["status"], entry["answer"]) == (kind, None, None)


@pytest.mark.parametrize("accepted", [False, True])
async def test_an_answer_is_late(api: Client, control: Client, accepted: bool) -> None:
    """The text is sent all the same."""
    fault = {"kind": "delay", "seconds": 0.02, "accepted": accepted, "match": SEND}
    await control.put("/faults", [fault])
    assert (await api.text()).status == 200
    assert (await control.get("/log")).json()[0]["fault"] == "delay"


async def test_who_hangs_up_while_waiting_is_not_served(
    api: Client, simulator: Simulator, control: Client
) -> None:
    """A request that is given up before acceptance sends nothing."""
    fault = {"kind": "delay", "seconds": 0.2, "match": SEND}
    await control.put("/faults", [fault])
    with pytest.raises(TimeoutError):
        await api.ask(
            "POST",
            "/sms",
            data={"from": "House", "to": ANNA, "message": "Hello"},
            timeout=ClientTimeout(total=0.05),
        )
    entries = await logged(simulator, bool)
    assert (entries[0]["fault"], entries[0]["status"]) == ("delay", None)
    assert (await api.get("/sms")).json() == {"data": []}


async def test_a_fault_without_end_stays(api: Client, control: Client) -> None:
    """It happens until it is taken away."""
    fault = {"times": None, "kind": "status", "status": 502, "body": "Bad gateway"}
    await control.put("/faults", [fault])
    assert {(await api.get("/me")).status for _ in range(5)} == {502}
    await control.put("/faults", [])
    assert (await api.get("/me")).status == 200


@pytest.mark.parametrize(
    ("match", "status"),
    [
        pytest.param({}, 418, id="everything"),
        pytest.param({"method": "get"}, 418, id="a method"),
        pytest.param({"method": "POST"}, 404, id="another method"),
        pytest.param({"path": "/a1/SMS/*"}, 418, id="a pattern in any case"),
        pytest.param({"path": "/a1/sms"}, 404, id="another path"),
    ],
)
async def test_a_fault_is_for_what_it_matches(
    api: Client, control: Client, match: dict[str, str], status: int
) -> None:
    """Method and path decide."""
    await control.put("/faults", [{"match": match, "kind": "status", "status": 418}])
    assert (await api.get("/sms/s1")).status == status


async def test_the_first_fault_that_matches_happens(
    api: Client, control: Client
) -> None:
    """The others wait for their turn, and callbacks' faults are none of a request."""
    faults = [
        {"match": {"callback": "*"}, "kind": "lose"},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502},
    ]
    await control.put("/faults", faults)
    assert [(await api.get("/me")).status for _ in range(3)] == [500, 502, 200]
    assert [left["kind"] for left in (await control.get("/faults")).json()] == ["lose"]


async def test_a_lost_callback_never_comes(
    api: Client, control: Client, simulator: Simulator, customer: Customer
) -> None:
    """46elks thinks it was taken."""
    fault = {"match": {"callback": "delivery"}, "times": 2, "kind": "lose"}
    await control.put("/faults", [fault])
    await api.text(whendelivered=customer.url)
    entries = await logged(simulator, lambda entries: len(entries) == 3)
    lost = [entry for entry in entries if entry["fault"] == "lose"]
    assert [entry["status"] for entry in lost] == [None, None]
    assert customer.posts == []


async def test_a_duplicate_callback_comes_twice(
    api: Client, control: Client, customer: Customer
) -> None:
    """The two are the same."""
    fault = {"match": {"callback": "delivery"}, "times": 2, "kind": "duplicate"}
    await control.put("/faults", [fault])
    await api.text(whendelivered=customer.url)
    statuses = await customer.statuses(4)
    assert sorted(statuses) == ["delivered", "delivered", "sent", "sent"]


async def test_only_one_answer_to_a_duplicate_counts(
    api: Client, control: Client, simulator: Simulator, customer: Customer
) -> None:
    """A text that is posted twice is replied to once."""
    number = (await api.get("/numbers")).json()["data"][0]["id"]
    await api.post(f"/numbers/{number}", {"sms_url": customer.url})
    await control.put("/faults", [{"match": {"callback": "sms"}, "kind": "duplicate"}])
    customer.answers.extend([(200, "one"), (200, "two"), (204, "")])
    await _write(control)
    await logged(simulator, lambda entries: _callbacks(entries) == 2)
    await _write(control)
    await logged(simulator, lambda entries: _callbacks(entries) == 3)
    rows = (await api.get("/sms")).json()["data"]
    replies = [row["message"] for row in rows if row["direction"] == "outgoing-reply"]
    assert replies == ["two"]


async def _write(control: Client) -> None:
    path = f"/handsets/{ANNA}/messages"
    await control.ask("POST", path, json={"to": NUMBER, "message": "Hello"})


def _callbacks(entries: list[dict[str, object]]) -> int:
    return sum(entry["type"] == "callback" for entry in entries)


async def test_a_reordered_callback_comes_after_the_next(
    api: Client, customer: Customer
) -> None:
    """`delivered` comes before `sent`."""
    async with running(config(speed=100)) as simulator:
        steer = Client(api.session, simulator.url + "/simulator")
        client = Client(api.session, simulator.api_url, api.headers)
        await steer.put(
            "/faults", [{"match": {"callback": "delivery"}, "kind": "reorder"}]
        )
        await client.text(whendelivered=customer.url)
        assert await customer.statuses(2) == ["delivered", "sent"]


async def test_a_reordered_callback_comes_when_there_is_no_next(
    api: Client, control: Client, simulator: Simulator, customer: Customer
) -> None:
    """It is not held for ever."""
    faults = [
        {"match": {"callback": "delivery"}, "kind": "reorder"},
        {"match": {"callback": "delivery"}, "kind": "lose"},
    ]
    await control.put("/faults", faults)
    await api.text(whendelivered=customer.url)
    assert await customer.statuses(1) == ["sent"]


async def test_a_delayed_callback_can_be_overtaken(
    api: Client, control: Client, customer: Customer
) -> None:
    """`sent` comes late; `delivered` does not wait for it."""
    fault = {"match": {"callback": "delivery"}, "kind": "delay", "seconds": 0.3}
    await control.put("/faults", [fault])
    await api.text(whendelivered=customer.url)
    assert await customer.statuses(2) == ["delivered", "sent"]


async def test_a_delayed_answer_lets_the_report_come_first(
    api: Client, control: Client, simulator: Simulator, customer: Customer
) -> None:
    """A text that was accepted is on its way before its sender hears so."""
    fault = {"match": SEND, "kind": "delay", "seconds": 0.3, "accepted": True}
    await control.put("/faults", [fault])
    await api.text(whendelivered=customer.url)
    kinds = [entry["type"] for entry in simulator.log.after(0)]
    assert kinds == ["callback", "callback", "request"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        pytest.param("x", "A JSON object", id="no object"),
        pytest.param({}, "kind: one of status, delay", id="no kind"),
        pytest.param({"kind": "lose"}, "kind: one of status", id="no request's kind"),
        pytest.param(
            {"kind": "status", "match": {"callback": "sms"}},
            "kind: one of duplicate",
            id="no callback's kind",
        ),
        pytest.param(
            {"kind": "lose", "match": {"callback": "mail"}},
            "callback: one of",
            id="unknown callback",
        ),
        pytest.param(
            {"kind": "lose", "match": {"callback": "sms", "path": "/"}},
            "no method and no path",
            id="callback with a path",
        ),
        pytest.param({"kind": "delay", "times": 0}, "times: a whole", id="no times"),
        pytest.param({"kind": "delay", "seconds": -1}, "seconds: a number", id="past"),
        pytest.param({"kind": "status", "status": 99}, "status: a whole", id="status"),
        pytest.param({"kind": "delay", "colour": 1}, "Unknown field", id="unknown"),
        pytest.param({"kind": "delay", "match": []}, "match: a JSON", id="match"),
        pytest.param({"kind": "delay", "accepted": 1}, "accepted: true", id="truth"),
    ],
)
async def test_a_bad_fault_is_refused(
    control: Client, fault: object, error: str
) -> None:
    """The error names what is wrong, and the faults before stay."""
    await control.put("/faults", [{"kind": "drop_after"}])
    answer = await control.put("/faults", [fault])
    assert answer.status == 400
    assert error in answer.json()["error"]
    assert [left["kind"] for left in (await control.get("/faults")).json()] == [
        "drop_after"
    ]


async def test_faults_are_shown_as_they_were_given(control: Client) -> None:
    """With what was left out."""
    given = [
        {"match": {"callback": "*"}, "times": 3, "kind": "delay", "seconds": 1.5},
        {
            "match": {"method": "POST", "path": "/a1/sms"},
            "times": None,
            "kind": "status",
            "status": 500,
            "body": "",
            "accepted": False,
        },
        {
            "match": {"method": "*", "path": "*"},
            "times": 1,
            "kind": "delay",
            "seconds": 2.0,
            "accepted": True,
        },
    ]
    assert (await control.put("/faults", given)).json() == given
