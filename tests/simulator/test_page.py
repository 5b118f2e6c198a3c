"""The page for people."""

from pathlib import Path
import re

import pytest

import simulator as package
from simulator.app import Simulator
from simulator.control import MAX_IMAGES
from simulator.sound import RATE

from . import Client

WEB = Path(package.__file__).parent / "web"
FILES = sorted(path.name for path in WEB.iterdir())


@pytest.fixture
def page(simulator: Simulator, control: Client) -> Client:
    """Ask as a browser does."""
    return Client(control.session, simulator.url)


async def test_the_page_is_at_the_root(page: Client) -> None:
    """It may load nothing from elsewhere."""
    answer = await page.get("/")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
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


@pytest.mark.parametrize("name", FILES)
def test_nothing_comes_from_elsewhere(name: str) -> None:
    """No file names another host, but for the names of XML."""
    text = (WEB / name).read_text()
    assert set(re.findall(r"https?://[^\s\"'`)]+", text)) <= {
        "http://www.w3.org/2000/svg"
    }


@pytest.mark.parametrize("name", FILES)
def test_texts_are_never_markup(name: str) -> None:
    """What others wrote goes in as text."""
    text = (WEB / name).read_text()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write", text
    )


async def test_pictures_come_from_the_page_itself(page: Client) -> None:
    """They have a text for those who do not see them, and their number has an end."""
    answer = await page.get("/bubble.js")
    assert "picture.alt =" in answer.text
    compose = (await page.get("/compose.js")).text
    assert f"MOST_PICTURES = {MAX_IMAGES};" in compose
    assert "img-src" not in answer.headers["Content-Security-Policy"]


async def test_every_phone_has_what_a_call_needs(page: Client) -> None:
    """Buttons and keys are real ones, so that the keyboard reaches them."""
    markup = (await page.get("/")).text
    script = (await page.get("/dial.js")).text
    for name in ("ring", "answer", "decline", "hang-up", "close"):
        assert re.search(rf'<button type="button" class="{name}"', markup)
    assert 'KEYS = "123456789*0#"' in script
    assert 'document.createElement("button")' in script
    assert 'role="status"' in markup


async def test_every_module_is_served(page: Client) -> None:
    """Those that another one names, too."""
    named = {
        name
        for path in WEB.glob("*.js")
        for name in re.findall(
            r'(?:from "\./|addModule\(")([a-z-]+\.js)"', path.read_text()
        )
    }
    answers = [await page.get(f"/{name}") for name in sorted(named)]
    assert {"mic.js", "mic-worklet.js", "listen.js", "call.js"} <= named
    types = {answer.headers["Content-Type"].split(";")[0] for answer in answers}
    assert types == {"text/javascript"}


async def test_the_microphone_is_asked_for_by_a_button_only(page: Client) -> None:
    """It says whether it is on; a WAV file can be said without one."""
    markup = (await page.get("/")).text
    call = (await page.get("/call.js")).text
    button = r'<button type="button" class="mic" aria-pressed="false" hidden>Talk'
    assert re.search(button, markup)
    assert re.search(r"Say a WAV file <input type=\"file\"", markup)
    asking = [
        path.name for path in WEB.iterdir() if "getUserMedia({" in path.read_text()
    ]
    assert asking == ["mic.js"]
    assert call.count("microphone.open()") == call.count("  async #talk() {") == 1
    assert call.count("this.#talk()") == 1
    assert re.search(r'mic\.addEventListener\("click", .*this\.#talk\(\)', call)
    assert 'setAttribute("aria-pressed"' in call


@pytest.mark.parametrize("name", ["mic.js", "mic-worklet.js", "listen.js"])
async def test_the_page_speaks_as_a_telephone_does(page: Client, name: str) -> None:
    """At the same rate as the simulator."""
    assert f"RATE = {RATE};" in (await page.get(f"/{name}")).text


async def test_what_is_not_there_is_not_found(page: Client) -> None:
    """Only what lies in the folder is served."""
    assert (await page.get("/app.py")).status == 404
