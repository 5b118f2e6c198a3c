"""The account's numbers over the API."""

import json

import pytest

from simulator.app import running

from . import NUMBER, Client, config

FIXED = "+46101234567"


@pytest.fixture
async def number(api: Client) -> str:
    """Return the path of the number of the start."""
    return f"/numbers/{(await api.get('/numbers')).json()['data'][0]['id']}"


async def test_there_is_a_number_from_the_start(api: Client, number: str) -> None:
    """It can do everything, and nothing answers it."""
    shown = (await api.get(number)).json()
    assert shown.pop("id").startswith("n")
    assert len(shown.pop("allocated")) >= 19
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


async def test_given_up_numbers_are_still_listed(api: Client, control: Client) -> None:
    """The newest comes first, and one cannot send from one that is given up."""
    await control.put(f"/numbers/{FIXED}", {"active": False})
    rows = (await api.get("/numbers")).json()["data"]
    assert [(row["number"], row["active"]) for row in rows] == [
        (FIXED, "no"),
        (NUMBER, "yes"),
    ]
    assert (await api.text(**{"from": FIXED})).text == "Invalid from number"


async def test_numbers_come_in_pages(api: Client, control: Client) -> None:
    """As any list does."""
    await control.put(f"/numbers/{FIXED}", {})
    first = (await api.get("/numbers", limit="1")).json()
    second = (await api.get("/numbers", limit="1", start=first["next"])).json()
    assert [row["number"] for row in (*first["data"], *second["data"])] == [
        FIXED,
        NUMBER,
    ]
