"""Who may ask, and how a request may be written."""

import pytest

from simulator.config import DEFAULT_PASSWORD

from . import ANNA, Client, signed

WANTED = (
    "API access requires Basic HTTP authentication. Read documentation or examples."
)


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param(signed(username="u" + "0" * 32), id="another account"),
        pytest.param(signed(password="x"), id="a wrong password"),
        pytest.param(signed(password=DEFAULT_PASSWORD + " "), id="a space after it"),
        pytest.param({"Authorization": "Basic"}, id="nothing behind Basic"),
        pytest.param({"Authorization": "Basic %%%"}, id="no base64"),
        pytest.param({"Authorization": "Bearer abc"}, id="another scheme"),
    ],
)
@pytest.mark.parametrize("path", ["/me", "/nowhere"])
async def test_wrong_credentials_are_refused(
    api: Client, headers: dict[str, str], path: str
) -> None:
    """A 401 says how to authenticate, in plain text."""
    answer = await Client(api.session, api.base, headers).get(path)
    assert (answer.status, answer.reason) == (401, "Authorization Required")
    assert answer.text == WANTED
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="46elks API"'
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/me", "/Me", "/ME", "/me/"])
async def test_resource_names_are_written_in_any_case(api: Client, path: str) -> None:
    """46elks' own examples write them both ways."""
    assert (await api.get(path)).json()["id"] == "u46e1c5000000000000000000000000de"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/nowhere", id="no such resource"),
        pytest.param("GET", "/sms/s1/more", id="too deep"),
        pytest.param("DELETE", "/me", id="no such method"),
        pytest.param("PATCH", "/sms", id="an unknown method"),
        pytest.param("GET", "/", id="nothing"),
        pytest.param("GET", "/me.jpg", id="no such file"),
        pytest.param("GET", "/sms/s1.jpg", id="no file of that kind"),
        pytest.param("POST", "/images", id="pictures are sent by MMS"),
        pytest.param("DELETE", "/recordings/c1-r0", id="not to be deleted"),
    ],
)
async def test_an_unknown_path_is_not_found(
    api: Client, method: str, path: str
) -> None:
    """The answer is one line of plain text."""
    answer = await api.ask(method, path)
    assert (answer.status, answer.text) == (404, "Not found")


@pytest.mark.parametrize("path", ["/SMS/POST", "/sms/post"])
async def test_get_is_taken_instead_of_post(api: Client, path: str) -> None:
    """Whoever can only GET writes the parameters in the query."""
    params = {"from": "House", "to": ANNA, "message": "Hej på dig"}
    answer = await api.ask("GET", path, params=params)
    assert answer.json()["message"] == "Hej på dig"
    assert (await api.get("/sms")).json()["data"][0]["id"] == answer.json()["id"]


async def test_get_instead_of_post_changes_one_object(api: Client) -> None:
    """It works for an object as for a list."""
    number = (await api.get("/numbers")).json()["data"][0]["id"]
    answer = await api.get(f"/Numbers/{number}/POST", name="Door")
    assert answer.json()["name"] == "Door"


async def test_a_json_body_is_no_form(api: Client) -> None:
    """46elks reads forms only."""
    data = {"from": "House", "to": ANNA, "message": "Hello"}
    answer = await api.ask("POST", "/sms", json=data)
    assert (answer.status, answer.text) == (403, "Missing key from")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded; charset=nonsense", b"a=b"),
        ("application/x-www-form-urlencoded", b"a=\xff"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n"),
    ],
)
async def test_a_form_that_cannot_be_read_is_refused(
    api: Client, kind: str, body: bytes
) -> None:
    """The answer is one line of plain text."""
    client = Client(api.session, api.base, {**api.headers, "Content-Type": kind})
    answer = await client.ask("POST", "/sms", data=body)
    assert (answer.status, answer.text) == (400, "The form cannot be read")
