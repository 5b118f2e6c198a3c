"""The command line, as a process of its own."""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
import signal
import sys

from aiohttp import ClientSession
import pytest

from . import PATIENCE, Client, signed

ROOT = Path(__file__).parents[2]


@asynccontextmanager
async def started(*arguments: str) -> AsyncIterator[Process]:
    """Run the command line; end it when it is still running."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulator",
        *arguments,
        cwd=ROOT,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        async with asyncio.timeout(3 * PATIENCE):
            yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def told(process: Process) -> dict[str, str]:
    """Return what it says when it has started."""
    assert process.stdout is not None
    lines = [(await process.stdout.readline()).decode() for _ in range(5)]
    pairs = [line.strip().split(":", 1) for line in lines]
    return {key: value.strip() for key, value in pairs}


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_it_serves_until_it_is_stopped(
    session: ClientSession, stop: signal.Signals
) -> None:
    """It says where it is and who may ask, and ends without a complaint."""
    async with started("--port", "0") as process:
        said = await told(process)
        headers = signed(said["Username"], said["Password"])
        account = await Client(session, said["API address"], headers).get("/me")
        assert account.json()["id"] == said["Username"]
        assert said["Number"] == "+46701740690"
        async with session.get(said["46elks simulator"] + "/simulator/events"):
            process.send_signal(stop)
            out, err = await process.communicate()
    assert (process.returncode, out, err) == (0, b"", b"")


async def test_it_is_started_as_it_is_told(session: ClientSession) -> None:
    """Account, money and hosts."""
    username = "u" + "a" * 32
    arguments = ("--port=0", f"--username={username}", "--password=Secret")
    money = ("--currency=EUR", "--balance=7.50")
    hosts = ("--allow-host=127.0.0.1", "--allow-host=house.local", "--speed=2")
    async with started(*arguments, *money, *hosts) as process:
        said = await told(process)
        client = Client(session, said["API address"], signed(username, "Secret"))
        account = (await client.get("/me")).json()
        assert (account["balance"], account["currency"]) == (75_000, "EUR")
        for url in ("http://127.0.0.1:9/", "https://house.local/x"):
            number = (await client.get("/numbers")).json()["data"][0]["id"]
            answer = await client.post(f"/numbers/{number}", {"sms_url": url})
            assert answer.json()["sms_url"] == url


@pytest.mark.parametrize(
    "arguments",
    [
        ("--username", "me"),
        ("--password", " x"),
        ("--balance", "much"),
        ("--balance=-1",),
        ("--speed", "0"),
        ("--speed", "fast"),
        ("--port", "65536"),
        ("--currency", "USD"),
        ("--colour", "red"),
    ],
    ids=" ".join,
)
async def test_what_it_does_not_understand_it_says(arguments: tuple[str, ...]) -> None:
    """It does not start."""
    async with started(*arguments) as process:
        _, err = await process.communicate()
    assert process.returncode == 2
    assert arguments[0].split("=")[0].encode() in err


async def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    """There is no traceback."""
    async with started("--port", "0") as first:
        port = (await told(first))["46elks simulator"].rpartition(":")[2]
        async with started("--port", port) as second:
            _, err = await second.communicate()
    assert second.returncode == 1
    assert err.count(b"\n") == 1
    assert err.startswith(b"Cannot serve on 127.0.0.1:")
