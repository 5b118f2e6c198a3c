"""The page for people, as it is served; what it does the tests in a browser see."""

import asyncio
from io import BytesIO
import json
import re

import pytest

from simulator.app import Simulator

from . import ANNA, ERIK, PATIENCE, PNG, Client, data_url

MEGABYTE = 1024 * 1024


@pytest.fixture
def page(simulator: Simulator, control: Client) -> Client:
    """Ask as a browser does."""
    return Client(control.session, simulator.url)


async def test_the_page_is_at_the_root(page: Client) -> None:
    """It may load nothing from elsewhere, and run nothing that is written into it."""
    answer = await page.get("/")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "-src-" not in answer.headers["Content-Security-Policy"]
    assert "46elks simulator" in answer.text


async def test_all_it_names_is_there(page: Client) -> None:
    """Every file the page loads is served with its type."""
    named = set(re.findall(r'(?:src|href)="([a-z][^"]*)"', (await page.get("/")).text))
    answers = [await page.get(f"/{name}") for name in sorted(named)]
    assert named == {"icon.svg", "style.css", "main.js"}
    assert [answer.headers["Content-Type"].split(";")[0] for answer in answers] == [
        "image/svg+xml",
        "text/javascript",
        "text/css",
    ]


async def test_what_is_not_there_is_not_found(page: Client) -> None:
    """Only what lies in the folder is served."""
    assert (await page.get("/app.py")).status == 404


async def test_a_page_is_told_which_simulator_it_hears(
    control: Client, simulator: Simulator
) -> None:
    """First of all, so that it forgets what it knows of another one; after a reset it is another one."""
    async with control.session.get(f"{control.base}/events") as stream:
        async with asyncio.timeout(PATIENCE):
            hello = await stream.content.readuntil(b"\n\n")
            before = simulator.events.instance
            await simulator.reset()
            heard = ""
            while not heard.startswith("event: reset"):
                heard = (await stream.content.readuntil(b"\n\n")).decode()
    assert hello.decode() == f'event: hello\ndata: {{"instance": "{before}"}}\n\n'
    told = json.loads(heard.split("data: ")[1])
    assert told == {"instance": simulator.events.instance}
    assert told["instance"] != before


async def test_the_largest_pictures_a_page_sends_are_taken(control: Client) -> None:
    """Eight megabytes together."""
    pictures = [PNG + bytes(size * MEGABYTE - len(PNG)) for size in (5, 3)]
    text = {"to": ERIK, "images": [data_url(picture) for picture in pictures]}
    body = BytesIO(json.dumps(text).encode())
    sender = Client(control.session, control.base, {"Content-Type": "application/json"})
    answer = await sender.ask("POST", f"/handsets/{ANNA}/messages", data=body)
    assert answer.status == 200
