"""Where Realtime Voice does not begin, and how it ends: whoever has had enough, and at any moment."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from simulator.app import running

from . import ANNA, ERIK, Client, Customer, config
from .phones import Phones, seconds
from .programs import (
    DONE,
    HANGUP,
    PROGRAM,
    Assistant,
    Line,
    Program,
    none_is_left,
    sockets,
    tone,
)


async def test_a_program_that_was_called_hangs_up(assistant: Assistant) -> None:
    """Then the call is over."""
    phones = assistant.phones
    phones.customer.documents["/start"] = {"connect": ERIK}
    call_id = (await phones.place(to=PROGRAM)).json()["id"]
    line = await assistant.program.line()
    await phones.phase(call_id, "connecting")
    await line.say("bye")
    assert (await line.rest())[-1] == DONE
    assert (await phones.end(call_id))["result"] == "success"


@pytest.mark.parametrize(
    ("changes", "status", "error", "logged"),
    [
        ({"websocket_url": "ws://127.0.0.1:9/"}, None, "ClientConnectorError", None),
        ({}, 404, "WSServerHandshakeError", 404),
        ({}, 302, "ClientError", None),
        ({"websocket_url": "ws://10.0.0.1/"}, None, "NoPublicAddress", None),
        ({"websocket_url": None}, None, "NoPublicAddress", None),
    ],
    ids=["nobody there", "not found", "moved", "not public", "no address"],
)
async def test_where_there_is_no_connection_it_is_busy(
    assistant: Assistant,
    changes: dict[str, object],
    status: int | None,
    error: str,
    logged: int | None,
) -> None:
    """The caller goes on there, or hears busy."""
    phones = assistant.phones
    assistant.program.status = status
    await phones.control.put(f"/numbers/{PROGRAM}", changes)
    busy = f"{phones.customer.url}/busy"
    await phones.answer_with({"connect": PROGRAM, "busy": busy})
    call = await phones.end(await phones.dial())
    assert (await phones.posted("/busy"))["result"] == "busy"
    assert (call["result"], call["start"]) == ("busy", None)
    assert call["legs"][1]["socket"]["error"] == error
    entries = (await phones.control.get("/log")).json()
    (entry,) = [entry for entry in entries if entry["type"] == "socket"]
    assert (entry["status"], entry["error"]) == (logged, error)
    assert entry["kind"] == "voice"


async def test_a_program_that_cannot_be_called_is_busy(assistant: Assistant) -> None:
    """A call from the house ends so, too."""
    assistant.program.status = 503
    assistant.phones.customer.documents["/start"] = {"play": "sound/beep"}
    placed = await assistant.phones.place(to=PROGRAM)
    call = await assistant.phones.end(placed.json()["id"])
    assert (call["result"], call["legs"][0]["outcome"]) == ("busy", "busy")


async def test_a_caller_who_does_not_wait(
    assistant: Assistant, control: Client
) -> None:
    """Hangs up while the socket is being opened: there will be none."""
    phones = assistant.phones
    await control.put(
        "/faults", [{"match": {"callback": "voice"}, "kind": "delay", "seconds": 9}]
    )
    call_id = await phones.dial()
    call = await phones.phase(call_id, "connecting")
    assert call["legs"][1]["state"] == "trying"
    await phones.do(call_id, "hangup")
    await phones.end(call_id)
    await none_is_left()
    entry = (await control.get("/log")).json()[-1]
    assert (entry["error"], entry["fault"]) == ("HungUp", "delay")
    assert assistant.program.lines.empty()


async def test_a_program_says_bye(assistant: Assistant) -> None:
    """The call goes on with what is next; what was not heard yet never is."""
    phones = assistant.phones
    url = phones.customer.url
    phones.customer.documents["/next"] = {"play": "sound/beep"}
    await phones.answer_with({"connect": PROGRAM, "next": f"{url}/next"})
    call_id, line = await assistant.dial()
    await assistant.ready(call_id, line, listening="pcm_8000", sending="pcm_8000")
    await line.play(tone(3))
    await assistant.synced(call_id, line)
    await phones.advance(1)
    await line.audio(50)
    await line.say("bye")
    assert await line.rest() == [DONE]
    assert line.socket.close_code == 1000
    told = await phones.posted("/next")
    assert (told["callid"], told["result"], "why" in told) == (
        call_id,
        "success",
        False,
    )
    call = await phones.phase(call_id, "playing")
    assert (call["state"], call["legs"][1]["state"]) == ("answered", "ended")
    socket = call["legs"][1]["socket"]
    assert socket["bye"] == {"reason": "done", "message": "the program said bye"}
    await phones.advance(0.5)
    await phones.end(call_id)
    assert (await phones.stored(call_id))["legs"] == [
        {"from": ANNA, "to": PROGRAM, "state": "success", "duration": 1, "cost": 1_500}
    ]
    assert seconds(await phones.heard(call_id)) == 1.5
    await none_is_left()


@pytest.mark.parametrize("cut", [False, True], ids=["closed", "cut"])
async def test_a_program_goes_without_a_word(assistant: Assistant, cut: bool) -> None:
    """Its part is over, as if it had said bye."""
    call_id, line = await assistant.dial()
    await assistant.ready(call_id, line, listening="pcm_8000", sending="pcm_8000")
    leave: dict[bool, Callable[[], Awaitable[object]]] = {
        False: line.socket.close,
        True: lambda: asyncio.to_thread(line.cut),
    }
    await leave[cut]()
    call = await assistant.phones.phase(call_id, "playing")
    assert call["actions"][0]["result"] == "success"
    assert call["legs"][1]["socket"]["bye"] is None
    assert "bye" not in [message["t"] for message in await line.rest()]
    await none_is_left()


async def nothing(_assistant: Assistant, _call_id: str, _line: Line) -> None:
    """Do nothing."""


async def listens(assistant: Assistant, call_id: str, line: Line) -> None:
    """Have the program hear something."""
    await assistant.ready(call_id, line, listening="pcm_24000")
    await assistant.phones.advance(1)


async def speaks(assistant: Assistant, call_id: str, line: Line) -> None:
    """Have the program in the middle of a sentence."""
    await assistant.ready(call_id, line, sending="pcm_24000")
    await line.play(tone(9, rate=24_000))
    await assistant.synced(call_id, line)
    await assistant.phones.advance(1)


async def interrupts(assistant: Assistant, call_id: str, line: Line) -> None:
    """Have the program silenced."""
    await speaks(assistant, call_id, line)
    await line.say("interrupt")
    await assistant.socket(call_id, lambda socket: socket["muted"])


async def chatters(_assistant: Assistant, _call_id: str, line: Line) -> None:
    """Have the program say much that 46elks has not read yet."""
    await line.say("sending", format="pcm_8000")
    for _ in range(50):
        await line.play(tone(1))


type Stage = Callable[[Assistant, str, Line], Awaitable[None]]


@pytest.fixture(params=[nothing, listens, speaks, interrupts, chatters])
def stage(request: pytest.FixtureRequest) -> Stage:
    """Return one stage after the other."""
    found: Stage = request.param
    return found


async def test_a_caller_hangs_up(assistant: Assistant, stage: Stage) -> None:
    """The program is told, whatever it is doing, and the socket is closed."""
    call_id, line = await assistant.dial()
    await stage(assistant, call_id, line)
    await assistant.phones.do(call_id, "hangup")
    messages = await line.rest()
    assert (messages[-1], line.socket.close_code) == (HANGUP, 1000)
    call = await assistant.phones.end(call_id)
    assert (call["result"], call["actions"][0]["result"]) == ("success", "success")
    await none_is_left()


async def test_a_reset_ends_every_socket(
    assistant: Assistant, control: Client, stage: Stage
) -> None:
    """Nothing is said, and nothing goes on."""
    call_id, line = await assistant.dial()
    await stage(assistant, call_id, line)
    await control.ask("POST", "/reset")
    assert "bye" not in [message["t"] for message in await line.rest()]
    assert sockets() == []
    assert (await control.get("/log")).json() == []


async def test_a_stop_ends_every_socket(
    api: Client, customer: Customer, program: Program, stage: Stage
) -> None:
    """No task is left."""
    async with running(config(speed=0)) as simulator:
        phones = Phones(
            Client(api.session, simulator.url + "/simulator"),
            Client(api.session, simulator.api_url, api.headers),
            customer,
        )
        data = {"capabilities": ["websocket"], "websocket_url": program.url}
        await phones.control.put(f"/numbers/{PROGRAM}", data)
        await phones.answer_with({"connect": PROGRAM})
        assistant = Assistant(phones, program)
        call_id, line = await assistant.dial()
        await stage(assistant, call_id, line)
    assert sockets() == []
    await line.rest()


async def test_a_connection_ends_at_its_time(assistant: Assistant) -> None:
    """The program is told; the caller stays."""
    phones = assistant.phones
    await phones.answer_with(
        {"connect": PROGRAM, "timelimit": 30, "next": {"play": "sound/beep"}}
    )
    call_id, line = await assistant.dial()
    await phones.phase(call_id, "connected")
    await phones.advance(30)
    up = {"t": "bye", "reason": "done", "message": "the time is up"}
    assert await line.rest() == [up]
    await phones.phase(call_id, "playing")


async def test_a_connection_ends_with_the_money(assistant: Assistant) -> None:
    """The program is told."""
    phones = assistant.phones
    await phones.control.put("/account", {"balance": "0.15"})
    call_id, line = await assistant.dial()
    await phones.phase(call_id, "connected")
    await phones.advance(60)
    broke = {"t": "bye", "reason": "error", "message": "the credits are used up"}
    assert await line.rest() == [broke]
    assert (await phones.end(call_id))["actions"][-1] == {"hangup": "creditslow"}


async def test_a_program_that_does_not_close_holds_nothing_up(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads nothing; the caller can hang up all the same."""
    for module in ("programs", "sockets"):
        monkeypatch.setattr(f"simulator.{module}.CLOSE_SECONDS", 0.05)
    assistant.program.reads = False
    phones = assistant.phones
    call_id = await phones.dial()
    line = await assistant.program.line()
    await line.say("listening", format="pcm_24000")
    await assistant.socket(call_id, lambda socket: bool(socket.get("listening")))
    await phones.advance(1)
    await phones.do(call_id, "hangup")
    await phones.end(call_id)
    await none_is_left()


async def test_a_mistake_of_the_simulator_leaves_no_socket(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program sees it close."""

    def broken(_name: str) -> Callable[[bytes], bytes]:
        return lambda samples: samples[len(samples)].to_bytes()

    monkeypatch.setattr("simulator.programs.encoder", broken)
    call_id, line = await assistant.dial()
    await assistant.ready(call_id, line, listening="pcm_8000")
    await assistant.phones.advance(1)
    assert await line.rest() == []
    await none_is_left()
