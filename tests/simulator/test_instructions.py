"""What the house can have done with a call: play, ask, record."""

import pytest

from . import ANNA, NUMBER, Client, Customer, data_url
from .phones import Phones, halting, loud_seconds, seconds, sound

RECORDED = {
    *("callid", "created", "duration", "wav", "from", "to", "direction"),
}


def next_of(customer: Customer, **more: object) -> dict[str, object]:
    """Return an instruction's other half: where to go on."""
    return {"next": f"{customer.url}/next", **more}


async def test_what_was_played_is_told(phones: Phones, customer: Customer) -> None:
    """The next question carries the result."""
    await phones.answer_with({"play": "sound/beep", **next_of(customer)})
    customer.documents["/next"] = {"hangup": "reject"}
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(1)
    form = await phones.posted("/next")
    assert form == {
        "callid": call_id,
        "direction": "incoming",
        "from": ANNA,
        "to": NUMBER,
        "result": "ok",
    }
    call = await phones.end(call_id)
    assert call["actions"] == [
        {"play": "sound/beep", "result": "ok"},
        {"hangup": "reject"},
    ]


async def test_a_file_is_heard_to_its_end(phones: Phones, customer: Customer) -> None:
    """It is fetched by the address that was given, and the log tells of it."""
    customer.files["/hello.wav"] = sound(3)
    address = f"{customer.url}/hello.wav?once=1"
    await phones.answer_with({"play": address})
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(2)
    assert seconds(await phones.heard(call_id)) == 2.0
    assert seconds(await phones.heard(call_id, after="1")) == 1.0
    assert (await phones.call(call_id))["doing"] == {"play": address}
    await phones.advance(1)
    await phones.end(call_id)
    assert loud_seconds(await phones.heard(call_id)) == 3.0
    assert seconds(await phones.heard(call_id, after="2")) == 1.0
    log = (await phones.control.get("/log")).json()
    (fetch,) = [entry for entry in log if entry["type"] == "fetch"]
    assert (fetch["url"], fetch["status"]) == (address, 200)
    assert fetch["answer"] == f"{len(sound(3))} bytes"


@pytest.mark.parametrize(
    ("source", "length"),
    [
        pytest.param("sound/beep", 0.5, id="a beep"),
        pytest.param("sound/dtmf/1p2P#", 1.0, id="keys and pauses"),
        pytest.param("en_US/Hello there, house", 1.2, id="spoken words"),
    ],
)
async def test_some_sounds_need_no_file(
    phones: Phones, source: str, length: float
) -> None:
    """46elks has them itself."""
    await phones.answer_with({"play": source})
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(10)
    await phones.end(call_id)
    heard = await phones.heard(call_id)
    assert seconds(heard) == length
    assert loud_seconds(heard) > 0


@pytest.mark.parametrize(
    "source",
    [
        "beep",
        "sound/testsound",
        "sound/dtmf/1x",
        "sound/dtmf/",
        "local/none",
        "sv_SE/Hej",
        "en_US/" + "a" * 180,
        "http://127.0.0.1:9/",
        "http://10.0.0.1/",
        "{url}/none.wav",
        "{url}/empty.wav",
        "{url}/text.wav",
        "{url}/huge.wav",
    ],
)
async def test_a_bad_source_ends_the_call(
    phones: Phones, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    """It is listed as such; nothing is heard."""
    monkeypatch.setattr("simulator.sources.MAX_SOUND_BYTES", 20_000)
    phones.customer.files |= {
        "/empty.wav": b"",
        "/text.wav": b"<html>no such sound</html>",
        "/huge.wav": sound(2),
    }
    source = source.format(url=phones.customer.url)
    await phones.answer_with({"play": source})
    call_id = await phones.dial()
    call = await phones.end(call_id)
    assert call["actions"] == [
        {"play": source, "result": "failed", "why": "badsource"},
        {"hangup": "badsource"},
    ]
    assert seconds(await phones.heard(call_id)) == 0


@pytest.mark.parametrize("verb", ["play", "ivr"])
async def test_after_a_bad_source_a_call_may_go_on(
    phones: Phones, customer: Customer, verb: str
) -> None:
    """Where there is a next, it hears why."""
    await phones.answer_with({verb: "sound/none", **next_of(customer)})
    await phones.dial()
    form = await phones.posted("/next")
    assert (form["result"], form["why"]) == ("failed", "badsource")


@pytest.mark.parametrize(
    ("skippable", "left"), [(True, 0.0), ("false", 0.0), (False, 1.0)]
)
async def test_any_key_skips(
    phones: Phones, customer: Customer, skippable: object, left: float
) -> None:
    """Unless the document says false, which is no text."""
    customer.files["/long.wav"] = sound(2)
    await phones.answer_with(
        {"play": f"{customer.url}/long.wav", "skippable": skippable}
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(1)
    await phones.do(call_id, "digits", digits="5")
    await phones.advance(3)
    call = await phones.end(call_id)
    assert call["actions"][0]["result"] == "ok"
    assert loud_seconds(await phones.heard(call_id)) == 1.0 + left


async def test_a_branch_may_be_an_instruction(phones: Phones) -> None:
    """Nothing is asked then."""
    second = {"play": "sound/dtmf/P"}
    await phones.answer_with({"play": "sound/beep", "next": second})
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(2)
    call = await phones.end(call_id)
    assert call["actions"][1] == {**second, "result": "ok"}
    assert len(phones.customer.posts) == 1


async def test_an_empty_branch_is_no_instruction(phones: Phones) -> None:
    """The call ends when it gets there."""
    await phones.answer_with(
        {"play": "sound/beep", "next": {"play": "sound/beep", "next": {}}}
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(2)
    call = await phones.end(call_id)
    assert call["actions"] == [{"play": "sound/beep", "result": "ok"}]
    assert call["trouble"] == "next: an address or an instruction is expected"


@pytest.mark.parametrize(
    ("document", "pressed", "result"),
    [
        pytest.param({}, "7", "7", id="one digit"),
        pytest.param({"digits": 4}, "1234", "1234", id="several"),
        pytest.param({"digits": "4"}, "12345", "1234", id="no more than asked for"),
        pytest.param({"digits": 6}, "12#", "12", id="ended with #"),
        pytest.param({}, "*", "*", id="a star"),
    ],
)
async def test_keys_are_asked_for(
    phones: Phones,
    customer: Customer,
    document: dict[str, object],
    pressed: str,
    result: str,
) -> None:
    """They are the result."""
    await phones.answer_with({"ivr": "sound/beep", **next_of(customer, **document)})
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.do(call_id, "digits", digits=pressed)
    form = await phones.posted("/next")
    assert (form["result"], "why" in form) == (result, False)
    call = await phones.end(call_id)
    assert call["actions"] == [{"ivr": "sound/beep", "result": result}]


async def test_digits_before_a_pause_count(phones: Phones, customer: Customer) -> None:
    """The time runs anew with every key."""
    await phones.answer_with(
        {"ivr": "sound/beep", **next_of(customer, digits=6, timeout=5)}
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    for digit in "12":
        await phones.advance(4)
        await phones.do(call_id, "digits", digits=digit)
    await phones.advance(5)
    assert (await phones.posted("/next"))["result"] == "12"


@pytest.mark.parametrize(
    ("document", "length"),
    [
        pytest.param({}, 3 * 10.5, id="three times ten seconds"),
        pytest.param({"repeat": 1, "timeout": "20"}, 20.5, id="once"),
        pytest.param({"repeat": 1, "timeout": 31}, 10.5, id="too long is ten"),
        pytest.param({"repeat": 1, "timeout": 0}, 10.5, id="too short is ten"),
        pytest.param({"repeat": 1, "timeout": "soon"}, 10.5, id="a word is ten"),
    ],
)
async def test_nobody_presses_a_key(
    phones: Phones, customer: Customer, document: dict[str, object], length: float
) -> None:
    """After all repeats it has failed, and says why."""
    await phones.answer_with({"ivr": "sound/beep", **next_of(customer, **document)})
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.advance(length - 0.1)
    assert (await phones.call(call_id))["state"] == "answered"
    await phones.advance(0.1)
    form = await phones.posted("/next")
    assert (form["result"], form["why"]) == ("failed", "noinput")
    call = await phones.end(call_id)
    assert call["duration"] == round(length)
    assert call["actions"] == [
        {"ivr": "sound/beep", "result": "failed", "why": "noinput"}
    ]


async def test_keys_have_branches_of_their_own(phones: Phones) -> None:
    """Each may be an address or an instruction; others fall to next."""
    url = phones.customer.url
    menu = {
        "ivr": "sound/beep",
        "1": {"hangup": "reject"},
        "2": f"{url}/two",
        "#": f"{url}/hash",
        "next": f"{url}/next",
    }
    phones.customer.documents |= {f"/{way}": menu for way in ("two", "next", "hash")}
    await phones.answer_with(menu)
    call_id = await phones.dial()
    for key, way in (("2", "/two"), ("9", "/next"), ("#", "/hash")):
        await phones.phase(call_id, "playing")
        await phones.do(call_id, "digits", digits=key)
        assert (await phones.posted(way))["result"] == key
    await phones.phase(call_id, "playing")
    await phones.do(call_id, "digits", digits="1")
    call = await phones.end(call_id)
    assert call["actions"][-1] == {"hangup": "reject"}


async def test_a_lone_hash_is_no_input(phones: Phones, customer: Customer) -> None:
    """The question is repeated at once."""
    await phones.answer_with(
        {"ivr": "sound/beep", **next_of(customer, digits=4, repeat=2)}
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.do(call_id, "digits", digits="#")
    await phones.do(call_id, "digits", digits="#")
    assert (await phones.posted("/next"))["why"] == "noinput"


async def test_keys_pressed_too_early_are_lost(
    phones: Phones, customer: Customer
) -> None:
    """They belong to the instruction before."""
    await phones.answer_with(
        {
            "play": "sound/beep",
            "skippable": False,
            "next": {"ivr": "sound/beep", "repeat": 1, **next_of(customer)},
        }
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "playing")
    await phones.do(call_id, "digits", digits="5")
    await phones.advance(20)
    assert (await phones.posted("/next"))["result"] == "failed"


async def test_a_recording_is_told_and_kept(phones: Phones, customer: Customer) -> None:
    """It ends with three seconds of silence."""
    await phones.answer_with({"record": f"{customer.url}/tape", **next_of(customer)})
    call_id = await phones.dial()
    await phones.phase(call_id, "recording")
    (pending,) = (await phones.call(call_id))["recordings"]
    tiny = await phones.api.get(f"/recordings/{pending}.wav")
    assert 0 < len(tiny.body) < 100
    await phones.advance(2)
    await phones.do(call_id, "audio", audio=data_url(sound(4), "audio/wav"))
    await phones.advance(6.9)
    assert (await phones.call(call_id))["phase"] == "recording"
    await phones.advance(0.1)
    told = await phones.posted("/tape")
    form = await phones.posted("/next")
    assert set(told) == RECORDED
    assert (told["callid"], told["duration"]) == (call_id, "9")
    assert told["wav"] == f"{phones.api.base}/recordings/{call_id}-r0.wav"
    assert (form["result"], "why" in form) == ("success", False)
    content = (await phones.api.get(f"/recordings/{pending}.wav")).body
    assert (loud_seconds(content), seconds(content)) == (4.0, 9.0)
    row = (await phones.api.get(f"/recordings/{pending}")).json()
    assert (row["duration"], row["bytes"]) == (9, len(content))
    assert (await phones.stored(call_id))["recordings"] == [pending]


async def test_without_a_word_a_recording_is_short(
    phones: Phones, customer: Customer
) -> None:
    """And without a next the call ends with it."""
    await phones.answer_with({"record": f"{customer.url}/tape"})
    call_id = await phones.dial()
    await phones.phase(call_id, "recording")
    await phones.do(call_id, "digits", digits="#")
    await phones.advance(3)
    call = await phones.end(call_id)
    assert call["actions"] == [{"record": f"{customer.url}/tape", "result": "success"}]
    assert (await phones.posted("/tape"))["duration"] == "3"


@pytest.mark.parametrize(("pause", "length"), [(2, "8"), (5, "4")])
async def test_a_pause_ends_a_recording(
    phones: Phones, customer: Customer, pause: float, length: str
) -> None:
    """One of three seconds; what is said afterwards is not on it."""
    await phones.answer_with({"record": f"{customer.url}/tape"})
    voice = data_url(halting(1, pause, 2), "audio/wav")
    call_id = await phones.dial(audio=voice)
    await phones.phase(call_id, "recording")
    await phones.advance(20)
    assert (await phones.posted("/tape"))["duration"] == length


async def test_a_recording_ends_with_hash(phones: Phones, customer: Customer) -> None:
    """Where silence is not listened for."""
    await phones.answer_with(
        {"record": f"{customer.url}/tape", "silencedetection": "no"}
    )
    call_id = await phones.dial()
    await phones.phase(call_id, "recording")
    await phones.advance(20)
    await phones.do(call_id, "digits", digits="1")
    await phones.advance(5)
    await phones.do(call_id, "digits", digits="#")
    assert (await phones.posted("/tape"))["duration"] == "25"


@pytest.mark.parametrize(("limit", "length"), [(None, 120), (7, 7), ("8", 8)])
async def test_a_recording_has_an_end(
    phones: Phones, customer: Customer, limit: object, length: int
) -> None:
    """After two minutes, or what was asked for."""
    document = {"record": f"{customer.url}/tape", "silencedetection": "no"}
    await phones.answer_with({**document, "timelimit": limit})
    voice = sound(130, rate=4_000, width=1)
    call_id = await phones.dial(audio=data_url(voice, "audio/wav"))
    await phones.phase(call_id, "recording")
    await phones.advance(130)
    told = await phones.posted("/tape")
    content = (await phones.api.get(f"/recordings/{told['callid']}-r0.wav")).body
    assert (told["duration"], loud_seconds(content)) == (str(length), length)


async def test_a_recording_can_be_for_the_call_alone(
    phones: Phones, api: Client
) -> None:
    """It is played back, and in no list."""
    await phones.answer_with(
        {
            "record": "local/name",
            "next": {"play": "sound/beep", "next": {"play": "local/name"}},
        }
    )
    call_id = await phones.dial(audio=data_url(sound(2), "audio/wav"))
    await phones.phase(call_id, "recording")
    await phones.advance(20)
    await phones.end(call_id)
    assert loud_seconds(await phones.heard(call_id)) == 2.5
    assert (await api.get("/recordings")).json() == {"data": []}
    assert "recordings" not in await phones.stored(call_id)


async def test_a_recording_for_an_address_that_is_not_public_fails(
    phones: Phones, customer: Customer
) -> None:
    """The call goes on."""
    await phones.answer_with({"record": "http://10.0.0.1/", **next_of(customer)})
    await phones.dial()
    assert (await phones.posted("/next"))["result"] == "failed"


async def test_a_call_is_recorded_beside_anything(
    phones: Phones, customer: Customer
) -> None:
    """From then on, both ends; the latest address is told when it is over."""
    customer.files["/hello.wav"] = sound(2)
    await phones.answer_with(
        {
            "play": f"{customer.url}/hello.wav",
            "next": {
                "play": f"{customer.url}/hello.wav",
                "recordcall": f"{customer.url}/first",
                "next": {
                    "record": f"{customer.url}/tape",
                    "recordcall": f"{customer.url}/second",
                    "next": {"play": "sound/beep", "recordcall": "http://10.0.0.1/"},
                },
            },
        }
    )
    call_id = await phones.dial(audio=data_url(sound(1), "audio/wav"))
    for _ in range(2):
        await phones.phase(call_id, "playing")
        await phones.advance(2)
    await phones.phase(call_id, "recording")
    await phones.advance(20)
    call = await phones.end(call_id)
    told = await phones.posted("/second")
    assert set(told) == RECORDED
    assert told["wav"].endswith(f"{call_id}-r0.wav")
    assert call["recordings"] == [f"{call_id}-r0", f"{call_id}-r1"]
    content = (await phones.api.get(f"/recordings/{call_id}-r0.wav")).body
    assert loud_seconds(content) == 2 + 1 + 0.5
    assert "/first" not in {post.path for post in customer.posts}
