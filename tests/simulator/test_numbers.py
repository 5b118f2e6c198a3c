"""The account's numbers over the API, from renting one to giving it back."""

from datetime import datetime, timedelta
import json
import re

from freezegun.api import FrozenDateTimeFactory
import pytest

from simulator.app import running

from . import ANNA, NUMBER, Client, config

FIXED = "+46101234567"


@pytest.fixture
async def number(api: Client) -> str:
    """Return the path of the number of the start."""
    return f"/numbers/{(await api.get('/numbers')).json()['data'][0]['id']}"


async def test_there_is_a_number_from_the_start(api: Client, number: str) -> None:
    """It can do everything, and nothing answers it."""
    shown = (await api.get(number)).json()
    assert shown.pop("id").startswith("n")
    assert shown.pop("allocated") == shown.pop("created")
    assert len(shown.pop("expires")) == 19
    assert shown == {
        "active": "yes",
        "country": "se",
        "number": NUMBER,
        "category": "mobile",
        "capabilities": ["sms", "mms", "voice"],
        "cost": 300_000,
        "sms_replies": "yes",
    }


async def test_a_number_keeps_its_id_over_restarts(api: Client, number: str) -> None:
    """Another simulator knows it by the same."""
    async with running(config()) as other:
        client = Client(api.session, other.api_url, api.headers)
        assert (await client.get(number)).status == 200


async def test_one_key_is_changed_and_the_others_stay(api: Client, number: str) -> None:
    """The answer is the whole number."""
    first = await api.post(number, {"sms_url": "https://example.com/a?kind=sms&k=1"})
    second = await api.post(number, {"name": "Door", "sms_replies": "no"})
    assert first.json()["sms_url"] == "https://example.com/a?kind=sms&k=1"
    assert second.json()["sms_url"] == "https://example.com/a?kind=sms&k=1"
    assert second.json() == (await api.get(number)).json()
    assert (second.json()["name"], second.json()["sms_replies"]) == ("Door", "no")


@pytest.mark.parametrize("nothing", ["none", " "])
@pytest.mark.parametrize("key", ["sms_url", "mms_url", "voice_start"])
async def test_a_field_can_be_cleared(
    api: Client, number: str, key: str, nothing: str
) -> None:
    """It is absent afterwards."""
    assert key in (await api.post(number, {key: "https://example.com/"})).json()
    assert key not in (await api.post(number, {key: nothing})).json()


@pytest.mark.parametrize("key", ["sms_url", "mms_url", "voice_start"])
async def test_a_fixed_answer_is_taken_instead_of_an_address(
    api: Client, number: str, key: str
) -> None:
    """It is a JSON object in the form field."""
    value = json.dumps({"reply": "We are out"})
    assert (await api.post(number, {key: value})).json()[key] == value


@pytest.mark.parametrize("key", ["sms_url", "mms_url", "voice_start"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "nonsense",
        "ftp://example.com/",
        "http://localhost/",
        "http://192.168.1.4/",
        "http://[::1]/",
        "http://house.local/",
        "http://house/",
        "https://exa mple.com/",
        "http://[",
        '["a list"]',
        '"a text"',
    ],
)
async def test_what_is_no_public_address_is_refused(
    api: Client, number: str, key: str, value: str
) -> None:
    """The key is named and nothing changes."""
    answer = await api.post(number, {key: value, "name": "Changed"})
    assert answer.status == 403
    assert answer.text == f"The {key} you tried to use is not a valid URL"
    assert "name" not in (await api.get(number)).json()


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ({"name": "x" * 51}, "Too long "),
        ({"sms_replies": "perhaps"}, "Invalid value for sms_replies"),
        ({"active": "perhaps"}, "Invalid value for active"),
        ({"websocket_url": "wss://example.com/"}, "The number +46701740690 has no"),
    ],
)
async def test_other_bad_values_are_refused(
    api: Client, number: str, form: dict[str, str], text: str
) -> None:
    """They are a 403 too."""
    answer = await api.post(number, form)
    assert answer.status == 403
    assert answer.text.startswith(text)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_number_that_is_not_ours_is_refused(api: Client, method: str) -> None:
    """It is a 403, not a 404."""
    answer = await api.ask(method, "/numbers/n" + "0" * 32)
    assert (answer.status, answer.text) == (403, "Invalid number id")


async def test_a_number_without_texts_takes_no_sms_url(
    api: Client, control: Client
) -> None:
    """It can only be called; clearing what is not there does no harm."""
    created = await control.put(
        f"/numbers/{FIXED}", {"capabilities": ["voice"], "category": "fixed"}
    )
    path = f"/numbers/{created.json()['id']}"
    answer = await api.post(path, {"sms_url": "https://example.com/"})
    assert (answer.status, "sms_url" in answer.text) == (403, True)
    assert (await api.post(path, {"sms_url": "none"})).status == 200
    called = await api.post(path, {"voice_start": "https://example.com/"})
    assert called.json()["voice_start"] == "https://example.com/"


@pytest.fixture
async def websocket(control: Client) -> str:
    """Return the path of a websocket number."""
    data = {"capabilities": ["websocket"]}
    return f"/numbers/{(await control.put('/numbers/+4600170001', data)).json()['id']}"


@pytest.mark.parametrize("key", ["websocket_url", "voice_start"])
@pytest.mark.parametrize("url", ["wss://example.com/x", "ws://127.0.0.1:8123/x"])
async def test_a_websocket_number_has_an_address_of_its_own(
    api: Client, websocket: str, key: str, url: str
) -> None:
    """It may be written as voice_start, too, and is cleared like any other."""
    shown = (await api.post(websocket, {key: url})).json()
    assert shown["websocket_url"] == url
    assert "voice_start" not in shown
    cleared = (await api.post(websocket, {"websocket_url": "none"})).json()
    assert "websocket_url" not in cleared


@pytest.mark.parametrize(
    "url", ["https://example.com/", "wss://localhost/", "", '{"connect": "+46"}']
)
async def test_what_is_no_public_websocket_is_refused(
    api: Client, websocket: str, url: str
) -> None:
    """Nothing else takes part in a call there."""
    answer = await api.post(websocket, {"websocket_url": url})
    assert answer.status == 403
    assert answer.text == "The websocket_url you tried to use is not a valid URL"


async def test_a_number_is_rented(api: Client, control: Client) -> None:
    """A month is paid at once."""
    form = {"country": "SE", "capabilities": "voice,sms", "name": "Door"}
    rented = (await api.post("/numbers", form)).json()
    assert re.fullmatch(r"n[0-9a-f]{32}", rented["id"])
    assert re.fullmatch(r"\+46701740\d{3}", rented["number"])
    assert rented["number"] not in {NUMBER, ANNA, "+46701740699"}
    assert (rented["country"], rented["category"]) == ("se", "mobile")
    assert rented["capabilities"] == ["sms", "voice"]
    assert (rented["active"], rented["name"], rented["cost"]) == ("yes", "Door", 300000)
    assert (await api.get(f"/numbers/{rented['id']}")).json() == rented
    assert (await api.get("/me")).json()["balance"] == 700_000
    assert (await control.get("/numbers")).json()[1] == rented


async def test_a_number_is_rented_with_all_that_answers_it(api: Client) -> None:
    """As it can be configured later; without capabilities it can do all it could."""
    form = {
        "country": "se",
        "sms_url": "https://example.com/sms",
        "mms_url": "https://example.com/mms",
        "voice_start": '{"connect": "+46701740605"}',
        "sms_replies": "no",
    }
    rented = (await api.post("/numbers", form)).json()
    assert {key: rented[key] for key in form} == form
    assert rented["capabilities"] == ["sms", "mms", "voice"]


@pytest.mark.parametrize(
    ("form", "number", "capabilities", "cost"),
    [
        ({"category": "fixed"}, r"\+46846500\d{3}", ["voice"], 300_000),
        ({"country": "no"}, r"\+47\d{9}", ["sms", "voice"], 300_000),
        ({"country": "de"}, r"\+49\d{9}", ["sms", "voice"], 1_500_000),
        ({"country": "us"}, r"\+1\d{9}", ["sms", "voice"], 300_000),
    ],
    ids=["a fixed one", "Norway", "Germany", "the United States"],
)
async def test_what_a_number_can_do_goes_with_its_kind(
    api: Client,
    control: Client,
    form: dict[str, str],
    number: str,
    capabilities: list[str],
    cost: int,
) -> None:
    """And so does its price."""
    await control.put("/account", {"balance": "1000"})
    rented = (await api.post("/numbers", {"country": "se"} | form)).json()
    assert re.fullmatch(number, rented["number"])
    assert (rented["capabilities"], rented["cost"]) == (capabilities, cost)


async def test_a_certain_number_can_be_wished_for(api: Client, control: Client) -> None:
    """Another comes where it is taken, or in another country."""
    await control.put("/account", {"balance": "1000"})
    wish = "+46701740688"
    for number, given in (
        (wish, True),
        (wish, False),
        (NUMBER, False),
        (ANNA, False),
        ("+4799999999", False),
    ):
        rented = (
            await api.post("/numbers", {"country": "se", "number": number})
        ).json()
        assert (rented.get("number") == number) is given


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        pytest.param({"country": "xx"}, "Invalid value for country", id="country"),
        pytest.param(
            {"capabilities": "fax"}, "Invalid value for capabilities", id="capability"
        ),
        pytest.param(
            {"capabilities": "sms,mms"}, "Invalid value for capabilities", id="two"
        ),
        pytest.param(
            {"capabilities": "voice"}, "Invalid value for capabilities", id="calls"
        ),
        pytest.param(
            {"capabilities": ""}, "Invalid value for capabilities", id="none of them"
        ),
        pytest.param(
            {"capabilities": "sms", "category": "fixed"},
            "Invalid value for capabilities",
            id="texts to a fixed one",
        ),
        pytest.param(
            {"capabilities": "mms", "country": "no"},
            "Invalid value for capabilities",
            id="pictures elsewhere",
        ),
        pytest.param({"category": "voip"}, "Invalid value for category", id="category"),
        pytest.param({"name": "x" * 51}, "Too long name", id="name"),
        pytest.param(
            {"sms_url": "x"},
            "The sms_url you tried to use is not a valid URL",
            id="address",
        ),
        pytest.param(
            {"country": "de"},
            "Not enough credits on your account to allocate this number",
            id="money",
        ),
    ],
)
async def test_a_number_that_cannot_be_had_costs_nothing(
    api: Client, changed: dict[str, str], text: str
) -> None:
    """It is a 403, and there is no number."""
    answer = await api.post("/numbers", {"country": "se"} | changed)
    assert answer.status == 403
    assert answer.text.startswith(text)
    assert len((await api.get("/numbers")).json()["data"]) == 1
    assert (await api.get("/me")).json()["balance"] == 1_000_000


async def test_a_country_must_be_named(api: Client) -> None:
    """There is no other."""
    answer = await api.post("/numbers", {"capabilities": "sms"})
    assert (answer.status, answer.text) == (403, "Missing key country")


async def test_a_number_is_given_up_for_good(
    api: Client, control: Client, number: str
) -> None:
    """It is shown with the time, and can be neither changed nor used any more."""
    gone = (await api.post(number, {"active": "no"})).json()
    shown = (await api.get(number)).json()
    assert set(gone) == {"id", "active", "deallocated"}
    assert (gone["active"], shown["active"]) == ("no", "no")
    assert gone["deallocated"][:23] == shown["deallocated"][:23]
    for form in ({"active": "no"}, {"active": "yes"}, {"name": "Door"}):
        answer = await api.post(number, form)
        assert (answer.status, answer.text) == (403, "Invalid number id")
    assert (await api.text(**{"from": NUMBER})).text == "Invalid from number"
    data = {"to": NUMBER, "message": "Hello"}
    await control.ask("POST", f"/handsets/{ANNA}/messages", json=data)
    shown = (await control.get(f"/handsets/{ANNA}/messages")).json()[0]
    assert shown["status"] == "failed"


async def test_an_active_number_stays_so(api: Client, number: str) -> None:
    """To say what is, is no change."""
    answer = await api.post(number, {"active": "yes", "name": "Door"})
    assert (answer.json()["active"], answer.json()["name"]) == ("yes", "Door")


async def test_given_up_numbers_are_still_listed(api: Client, control: Client) -> None:
    """The newest comes first, and one cannot send from one that is given up."""
    await control.put(f"/numbers/{FIXED}", {"active": False})
    rows = (await api.get("/numbers")).json()["data"]
    assert [(row["number"], row["active"]) for row in rows] == [
        (FIXED, "no"),
        (NUMBER, "yes"),
    ]
    assert (await api.text(**{"from": FIXED})).text == "Invalid from number"


@pytest.mark.parametrize(
    ("capabilities", "refused"),
    [(["voice"], {"sms", "mms"}), (["mms"], {"sms"}), (["sms"], {"mms"})],
    ids=["calls alone", "pictures alone", "texts alone"],
)
async def test_a_number_sends_what_it_can(
    api: Client, control: Client, capabilities: list[str], refused: set[str]
) -> None:
    """Another kind is refused as from a stranger's number."""
    await control.put(f"/numbers/{NUMBER}", {"capabilities": capabilities})
    answers = {
        "sms": (await api.text(**{"from": NUMBER})).text,
        "mms": (await api.mms(**{"from": NUMBER})).text,
    }
    assert {
        kind for kind, text in answers.items() if text == "Invalid from number"
    } == refused


async def test_numbers_come_in_pages(api: Client, control: Client) -> None:
    """As any list does."""
    await control.put(f"/numbers/{FIXED}", {})
    first = (await api.get("/numbers", limit="1")).json()
    second = (await api.get("/numbers", limit="1", start=first["next"])).json()
    assert [row["number"] for row in (*first["data"], *second["data"])] == [
        FIXED,
        NUMBER,
    ]


async def test_a_month_that_is_over_is_followed_by_the_next(
    api: Client, number: str, freezer: FrozenDateTimeFactory
) -> None:
    """46elks renews by itself."""
    first = (await api.get(number)).json()["expires"]
    freezer.tick(timedelta(days=70))
    later = (await api.get(number)).json()["expires"]
    [listed] = (await api.get("/numbers")).json()["data"]

    assert datetime.fromisoformat(later) - datetime.fromisoformat(first) == timedelta(
        days=60
    )
    assert listed["expires"] == later
