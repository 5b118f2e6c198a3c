"""Picture messages: sending them, getting them, and the pictures."""

import asyncio
from hashlib import sha1
import re

from aiohttp import ClientConnectionError
import pytest

from simulator.app import Simulator, running
from simulator.pictures import MAX_PICTURE_BYTES

from . import (
    ANNA,
    ERIK,
    GIF,
    JPEG,
    NUMBER,
    PATIENCE,
    PNG,
    STRANGER,
    Client,
    Customer,
    config,
    data_url,
    signed,
)

TEST_NUMBER = "+46700000000"
OWNER = "u46e1c5000000000000000000000000de"


@pytest.fixture
async def number(api: Client) -> str:
    """Return the path of the number of the start."""
    return f"/numbers/{(await api.get('/numbers')).json()['data'][0]['id']}"


async def show(
    control: Client, sender: str = ANNA, recipient: str = NUMBER, *images: bytes
) -> str:
    """Send pictures from a phone; return the id of the message."""
    data = {"to": recipient, "images": [data_url(image) for image in images or (PNG,)]}
    answer = await control.ask("POST", f"/handsets/{sender}/messages", json=data)
    assert answer.status == 200
    return str(answer.json()["id"])


async def received(control: Client, number: str = ANNA) -> dict[str, object]:
    """Return the latest that a phone shows, once it has arrived."""
    async with control.session.get(control.base + "/events") as stream:
        path = f"/handsets/{number}/messages"
        while (latest := (await control.get(path)).json()[-1])["status"] in {
            "created",
            "sent",
        }:
            await stream.content.readline()
    return dict(latest)


async def test_a_picture_message_is_accepted(api: Client) -> None:
    """The answer has what the reference says, and nothing more."""
    sent = (await api.mms(image=data_url(PNG))).json()
    assert re.fullmatch(r"m[0-9a-f]{32}", sent.pop("id"))
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?", sent.pop("created")
    )
    assert sent == {
        "direction": "outgoing",
        "from": NUMBER,
        "to": ANNA,
        "cost": 12_500,
        "owner": OWNER,
        "message": "Hello",
    }
    assert (await api.get("/me")).json()["balance"] == 1_000_000 - 12_500


async def test_in_euro_it_costs_euro(api: Client) -> None:
    """Whatever the text and the picture are."""
    async with running(config(currency="EUR")) as simulator:
        client = Client(api.session, simulator.api_url, api.headers)
        assert (await client.mms(message="a" * 500)).json()["cost"] == 1_100


@pytest.mark.parametrize(
    ("content", "filetype", "said"),
    [
        pytest.param(GIF, "gif", "image/gif", id="GIF"),
        pytest.param(PNG, "png", "image/png", id="PNG"),
        pytest.param(JPEG, "jpg", "image/jpeg", id="JPEG"),
        pytest.param(PNG, "png", "image/jpeg", id="PNG that is said to be JPEG"),
        pytest.param(PNG, "png", "", id="no type"),
    ],
)
async def test_a_picture_arrives_byte_for_byte(
    api: Client, control: Client, content: bytes, filetype: str, said: str
) -> None:
    """On the phone, and in 46elks' own list; its first bytes tell what it is."""
    sent = (await api.mms(image=data_url(content, said))).json()
    shown = await received(control)
    served = {"gif": "image/gif", "png": "image/png", "jpg": "image/jpeg"}[filetype]
    assert shown["images"] == [data_url(content, served)]
    assert shown["message"] == "Hello"
    image_id = f"{sent['id']}-i0"
    row = (await api.get(f"/images/{image_id}")).json()
    assert row.pop("created")
    assert row == {
        "filetype": filetype,
        "mmsid": sent["id"],
        "bytes": len(content),
        "id": image_id,
        "digest": sha1(content, usedforsecurity=False).hexdigest(),
    }
    picture = await api.get(f"/Images/{image_id}.JPG")
    assert (picture.body, picture.headers["Content-Type"]) == (content, served)


async def test_a_picture_may_be_fetched(
    api: Client, control: Client, customer: Customer
) -> None:
    """From an address that is public, or allowed."""
    customer.picture = (200, JPEG)
    answer = await api.mms(image=f"{customer.url}/camera?now=1")
    assert answer.status == 200
    assert (await received(control))["images"] == [data_url(JPEG, "image/jpeg")]


@pytest.mark.parametrize(
    ("picture", "text"),
    [
        pytest.param((404, PNG), "could not be fetched", id="none there"),
        pytest.param((302, PNG), "could not be fetched", id="a redirect"),
        pytest.param((200, b"<html>"), "not a GIF, PNG or JPEG", id="no picture"),
        pytest.param((200, b""), "not a GIF, PNG or JPEG", id="nothing"),
        pytest.param(
            (200, PNG + bytes(MAX_PICTURE_BYTES)), "Too long image", id="too large"
        ),
    ],
)
async def test_what_is_fetched_must_be_a_picture(
    api: Client, customer: Customer, picture: tuple[int, bytes], text: str
) -> None:
    """Otherwise nothing is sent and nothing paid."""
    customer.picture = picture
    answer = await api.mms(image=f"{customer.url}/x")
    assert (answer.status, text in answer.text) == (403, True)
    assert (await api.get("/mms")).json() == {"data": []}
    assert (await api.get("/me")).json()["balance"] == 1_000_000


async def test_an_address_nobody_serves_is_refused(api: Client) -> None:
    """There is no second try."""
    answer = await api.mms(image="http://127.0.0.1:9/x.png")
    assert (answer.status, "could not be fetched" in answer.text) == (403, True)


async def test_private_addresses_are_not_fetched_unless_allowed_by_name(
    api: Client, customer: Customer
) -> None:
    """46elks reaches public addresses only."""
    async with running(config(allow_hosts=())) as simulator:
        client = Client(api.session, simulator.api_url, api.headers)
        answer = await client.mms(image=f"{customer.url}/x")
    assert (answer.status, answer.text) == (403, "Invalid value for image, not a URL")


async def test_the_sender_may_be_any_number(api: Client) -> None:
    """46elks puts one in that is nobody's."""
    sender = (await api.mms(**{"from": "noreply"})).json()["from"]
    assert re.fullmatch(r"\+46701740\d{3}", sender)
    assert sender not in {ANNA, ERIK, NUMBER}


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        pytest.param({"from": "House"}, "Invalid from number", id="a name"),
        pytest.param({"from": STRANGER}, "Invalid from number", id="another's number"),
        pytest.param(
            {"from": "+46701740699"}, "Invalid from number", id="the sign-up number"
        ),
        pytest.param({"to": "0701740605"}, 'Expected "+"', id="a local number"),
        pytest.param({"to": "+4612"}, "Invalid to number", id="too short a number"),
        pytest.param(
            {"to": "+12025550123"}, "disallowed by default", id="country not enabled"
        ),
        pytest.param({"message": ""}, "empty", id="nothing to say"),
        pytest.param({"image": "x.png"}, "not a URL", id="no address"),
        pytest.param({"image": "data:image/png,x"}, "not a data URL", id="no base64"),
        pytest.param(
            {"image": "data:image/png;base64,iVBOR w=="},
            "not a data URL",
            id="base64 with a space",
        ),
        pytest.param(
            {"image": data_url(b"BM" + bytes(50), "image/bmp")},
            "not a GIF, PNG or JPEG",
            id="another kind of picture",
        ),
        pytest.param(
            {"image": data_url(b"text")}, "not a GIF, PNG or JPEG", id="no picture"
        ),
    ],
)
async def test_a_bad_picture_message_is_refused(
    api: Client, changed: dict[str, str], text: str
) -> None:
    """The refusal is a 403 in plain text, and nothing is paid or kept."""
    answer = await api.mms(**changed)
    assert answer.status == 403
    assert text in answer.text
    assert "\n" not in answer.text
    assert (await api.get("/me")).json()["balance"] == 1_000_000
    assert (await api.get("/mms")).json() == {"data": []}


async def test_too_large_a_picture_is_refused(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words begin as 46elks' do; one that just fits is sent."""
    monkeypatch.setattr("simulator.pictures.MAX_PICTURE_BYTES", len(PNG))
    answer = await api.mms(image=data_url(PNG + b"."))
    assert (answer.status, answer.text[:14]) == (403, "Too long image")
    assert (await api.mms(image=data_url(PNG))).status == 200


@pytest.mark.parametrize("key", ["from", "to", "message"])
async def test_a_missing_key_is_named(api: Client, key: str) -> None:
    """The text is 46elks' own; without a text there must be a picture."""
    form = {"from": NUMBER, "to": ANNA, "message": "Hello"}
    del form[key]
    answer = await api.post("/mms", form)
    assert (answer.status, answer.text) == (403, f"Missing key {key}")


async def test_a_number_without_picture_messages_sends_none(
    api: Client, control: Client
) -> None:
    """It must have the capability."""
    await control.put(f"/numbers/{NUMBER}", {"capabilities": ["sms"]})
    assert (await api.mms()).text == "Invalid from number"


async def test_a_picture_needs_no_text(api: Client) -> None:
    """Then there is none in the answers."""
    form = {"from": NUMBER, "to": ANNA, "image": data_url(PNG)}
    sent = (await api.post("/mms", form)).json()
    assert "message" not in sent
    assert "message" not in (await api.get(f"/mms/{sent['id']}")).json()


async def test_too_low_a_balance_is_refused(api: Client, control: Client) -> None:
    """The text is as for an SMS."""
    await control.put("/account", {"balance": "1.24"})
    answer = await api.mms()
    assert answer.status == 403
    assert answer.text == "Not enough credits on your account to send this MMS"


async def test_a_picture_message_is_read_back(api: Client, control: Client) -> None:
    """With its pictures, how far it has come, and when it arrived."""
    sent = (await api.mms(image=data_url(PNG))).json()
    await received(control)
    read = (await api.get(f"/mms/{sent['id']}")).json()
    assert (await api.get("/MMS")).json() == {"data": [read]}
    assert re.fullmatch(r"[\d-]{10}T[\d:]{8}(\.\d{3}000)?", read.pop("delivered"))
    assert read.pop("created")[:23] == sent.pop("created")[:23]
    assert read == {**sent, "status": "delivered", "images": [f"{sent['id']}-i0"]}


async def test_a_message_that_was_only_taken_is_recieved(api: Client) -> None:
    """It is spelt as 46elks does; the test number is free and stays there."""
    sent = (await api.mms(to=TEST_NUMBER)).json()
    read = (await api.get(f"/mms/{sent['id']}")).json()
    assert (sent["cost"], read["status"]) == (0, "recieved")
    assert "images" not in read


async def test_a_message_to_a_phone_that_is_off_fails(
    api: Client, control: Client
) -> None:
    """After its time is over; no report is asked for or told."""
    await control.put(f"/handsets/{ANNA}", {"on": False, "validity": 0})
    sent = (await api.mms(whendelivered="https://example.com/")).json()
    await received(control)
    assert (await api.get(f"/mms/{sent['id']}")).json()["status"] == "failed"
    assert {entry["type"] for entry in (await control.get("/log")).json()} == {
        "request"
    }


async def test_a_deleted_message_is_gone_with_its_pictures(
    api: Client, control: Client
) -> None:
    """The phone keeps what it has."""
    sent = (await api.mms(image=data_url(PNG))).json()
    deleted = (await api.ask("DELETE", f"/mms/{sent['id']}")).json()
    assert (set(deleted), deleted["id"]) == ({"id", "deleted"}, sent["id"])
    for path in (f"/mms/{sent['id']}", f"/images/{sent['id']}-i0"):
        assert (await api.get(path)).status == 404
    assert (await api.ask("DELETE", f"/mms/{sent['id']}")).status == 404
    assert (await received(control))["images"] == [data_url(PNG)]


async def test_pictures_from_a_phone_are_posted(
    api: Client, control: Client, customer: Customer, number: str
) -> None:
    """Each has an address, which wants the account's credentials."""
    await api.post(number, {"mms_url": f"{customer.url}/?kind=mms"})
    data = {
        "to": NUMBER,
        "message": "Look",
        "images": [data_url(PNG), data_url(JPEG), data_url(GIF)],
    }
    sent = await control.ask("POST", f"/handsets/{ANNA}/messages", json=data)
    post = (await customer.wait_for(1))[0]
    mms_id = sent.json()["id"]
    folder = f"{api.base}/images/{mms_id}"
    assert post.content_type == "application/x-www-form-urlencoded"
    assert post.form.pop("created")
    assert post.form == {
        "direction": "incoming",
        "id": mms_id,
        "from": ANNA,
        "to": NUMBER,
        "message": "Look",
        "image": f"{folder}-i0.jpg",
        "image2": f"{folder}-i1.jpg",
        "image3": f"{folder}-i2.jpg",
    }
    stranger = Client(api.session, "")
    assert (await stranger.get(post.form["image2"])).status == 401
    me = Client(api.session, "", api.headers)
    addresses = [post.form[key] for key in ("image", "image2", "image3")]
    assert [(await me.get(address)).body for address in addresses] == [PNG, JPEG, GIF]


async def test_a_picture_message_that_came_in_is_kept(
    api: Client, control: Client
) -> None:
    """Like a text it has neither status nor cost."""
    mms_id = await show(control)
    row = (await api.get(f"/mms/{mms_id}")).json()
    assert row.pop("created")
    assert row == {
        "direction": "incoming",
        "id": mms_id,
        "from": ANNA,
        "to": NUMBER,
        "owner": OWNER,
        "images": [f"{mms_id}-i0"],
    }
    assert (await api.get("/sms")).json() == {"data": []}


async def test_what_is_answered_to_a_picture_message_does_not_matter(
    api: Client, control: Client, customer: Customer, number: str
) -> None:
    """There is no reply; one that is not taken comes again."""
    customer.answers.extend([(500, ""), (200, "ok"), (204, "")])
    await api.post(number, {"mms_url": customer.url})
    mms_id = await show(control)
    posts = await customer.wait_for(2)
    assert [post.form["id"] for post in posts] == [mms_id] * 2
    await show(control)
    await customer.wait_for(3)
    assert (await api.get("/sms")).json() == {"data": []}


async def test_a_fixed_answer_to_picture_messages_is_not_called(
    api: Client, control: Client, number: str
) -> None:
    """The message is kept all the same."""
    await api.post(number, {"mms_url": '{"reply": "Thanks"}'})
    mms_id = await show(control)
    assert (await api.get("/mms")).json()["data"][0]["id"] == mms_id


async def test_pictures_are_where_the_number_was_configured_from(
    simulator: Simulator, control: Client, customer: Customer
) -> None:
    """One who knows the simulator by another name finds them there."""
    base = simulator.api_url.replace("127.0.0.1", "localhost")
    other = Client(control.session, base, signed())
    path = f"/numbers/{(await other.get('/numbers')).json()['data'][0]['id']}"
    await other.post(path, {"mms_url": customer.url})
    await show(control)
    assert (await customer.wait_for(1))[0].form["image"].startswith(f"{base}/images/m")


async def test_a_number_that_was_only_steered_has_the_simulators_address(
    simulator: Simulator, control: Client, customer: Customer
) -> None:
    """It is the one that was printed."""
    await control.put(f"/numbers/{NUMBER}", {"mms_url": customer.url})
    await show(control)
    image = (await customer.wait_for(1))[0].form["image"]
    assert image.startswith(f"{simulator.api_url}/images/m")


async def test_a_picture_message_to_an_own_number_comes_in(
    api: Client, customer: Customer, number: str
) -> None:
    """It goes out and comes in, with a picture of its own."""
    await api.post(number, {"mms_url": customer.url})
    sent = (await api.mms(to=NUMBER, image=data_url(PNG))).json()
    form = (await customer.wait_for(1))[0].form
    assert (form["from"], form["message"]) == (NUMBER, "Hello")
    assert sent["id"] not in form["image"]
    picture = await Client(api.session, "", api.headers).get(form["image"])
    assert picture.body == PNG


async def test_pictures_come_in_pages(api: Client, control: Client) -> None:
    """As any list does, the newest first."""
    mms_id = await show(control, ANNA, NUMBER, PNG, GIF, JPEG)
    first = (await api.get("/images", limit="2")).json()
    second = (await api.get("/images", limit="2", start=first["next"])).json()
    assert [row["id"] for row in (*first["data"], *second["data"])] == [
        f"{mms_id}-i{index}" for index in (2, 1, 0)
    ]


@pytest.mark.parametrize("path", ["/images/m0-i0", "/images/m0-i0.jpg", "/mms/m0"])
async def test_what_is_not_there_is_not_found(api: Client, path: str) -> None:
    """In plain text."""
    answer = await api.get(path)
    assert (answer.status, answer.text) == (404, "Not found")


async def test_a_phone_sends_pictures_to_another(control: Client) -> None:
    """46elks has no part in it."""
    mms_id = await show(control, ANNA, ERIK, GIF, PNG)
    shown = await received(control, ERIK)
    assert (shown["id"], shown["status"]) == (mms_id, "delivered")
    assert shown["images"] == [data_url(GIF, "image/gif"), data_url(PNG)]
    assert shown["message"] == ""


async def test_a_number_that_takes_no_pictures_gets_none(
    api: Client, control: Client
) -> None:
    """The phone is told that it failed."""
    await control.put(f"/numbers/{NUMBER}", {"capabilities": ["sms"]})
    await show(control)
    assert (await received(control))["status"] == "failed"
    assert (await api.get("/mms")).json() == {"data": []}


async def test_a_listener_is_told_where_pictures_are(
    api: Client, control: Client, simulator: Simulator
) -> None:
    """The page loads them from there, byte for byte."""
    await show(control, ANNA, NUMBER, PNG)
    rows = (await control.get(f"/handsets/{ANNA}/messages", images="addresses")).json()
    (address,) = rows[0]["images"]
    picture = await Client(control.session, simulator.url).get(address)
    assert (picture.body, picture.headers["Content-Type"]) == (PNG, "image/png")
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert (await control.get("/pictures/none")).status == 404


async def test_the_log_is_spared_the_pictures(api: Client, control: Client) -> None:
    """It tells what was served, and how long it was."""
    sent = (await api.mms(image=data_url(PNG * 40))).json()
    await api.get(f"/images/{sent['id']}-i0.jpg")
    post, get = (await control.get("/log")).json()
    assert len(post["fields"]["image"]) == 4000
    assert get["answer"] == f"image/png, {len(PNG * 40)} bytes"


async def test_faults_are_for_callbacks_of_picture_messages_too(
    api: Client, control: Client, customer: Customer, number: str
) -> None:
    """They have a kind of their own."""
    await api.post(number, {"mms_url": customer.url})
    fault = {"match": {"callback": "mms"}, "kind": "duplicate"}
    await control.put("/faults", [fault])
    await show(control)
    posts = await customer.wait_for(2)
    assert posts[0] == posts[1]


async def test_a_picture_that_is_fetched_during_a_reset_is_not_sent(
    api: Client, control: Client, customer: Customer
) -> None:
    """Who asked is cut off."""
    customer.slow, customer.picture = "/slow.png", (200, PNG)
    sending = asyncio.create_task(api.mms(image=f"{customer.url}/slow.png"))
    async with asyncio.timeout(PATIENCE):
        await customer.asked.wait()
    await control.ask("POST", "/reset")
    customer.closing.set()
    with pytest.raises(ClientConnectionError):
        await sending
    assert (await api.get("/mms")).json() == {"data": []}
    assert "fetch" not in {row["type"] for row in (await control.get("/log")).json()}
