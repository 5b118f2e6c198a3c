"""What the tests in a browser share: one browser, a house it is logged in to, and the phones' page."""

from collections.abc import AsyncGenerator, AsyncIterator, Generator
from contextlib import asynccontextmanager
import os
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.async_api import Browser, Page, async_playwright
import pytest
import pytest_asyncio

from demo.house import PASSWORD, USERNAME, Home
from simulator.app import Simulator, running
from simulator.config import Config
from tests import SimulatorControl
from tests.e2e import (
    Account,
    Town,
    cleared,
    connected_in,
    finish,
    pytest_runtest_makereport,
    town_in,
)

from . import NEEDED, PATIENCE_MS, PICTURES, Pictures, chromium

if TYPE_CHECKING:
    from playwright.async_api import StorageState

# What pytest finds here, too.
__all__ = ["pytest_runtest_makereport"]

MISSING = "There is no Chromium on the PATH, and script/setup has unpacked none"
ARGUMENTS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
# Those of the demo: where pictures are made, two runs differ in less.
PORTS = (8123, 4646)
# What fits beside text, and is sharp on a good screen.
WIDTH, HEIGHT = 1280, 860


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests with one worker, so that they share their processes; leave them out where they cannot be."""
    left_out = chromium() is None and NEEDED not in os.environ
    for item in items:
        if item.path.is_relative_to(__file__.removesuffix("conftest.py")):
            item.add_marker(pytest.mark.xdist_group("browser"))
            # One browser for all, which lives in one loop.
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if left_out:
                item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Let every test reach this machine, and no other."""


@pytest.fixture(autouse=True)
def verify_cleanup() -> None:
    """Let what the browser needs live on from test to test, unlike what a test of Home Assistant leaves."""


@pytest.fixture(scope="session")
def executable() -> str:
    """Return where the browser is."""
    path = chromium()
    assert path, MISSING
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(executable: str) -> AsyncGenerator[Browser]:
    """Return a browser with a microphone into which a tone is played."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=executable, args=ARGUMENTS
        )
        yield browser
        await browser.close()


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    """Return where pictures are kept."""
    return Pictures(Path(os.environ.get(PICTURES, tmp_path)))


@pytest_asyncio.fixture(loop_scope="session")
async def simulator() -> AsyncGenerator[Simulator]:
    """Return phones without a house, whose time passes as it does."""
    async with running(Config(port=0, allow_hosts=("127.0.0.1",))) as simulator:
        yield simulator


@asynccontextmanager
async def _opened(browser: Browser, state: StorageState | None) -> AsyncIterator[Page]:
    """Open a page, with what a browser remembers."""
    context = await browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        locale="en-GB",
        # The house's own.
        timezone_id="Europe/Stockholm",
        storage_state=state,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    yield page
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncGenerator[Page]:
    """Return an empty page; what runs in it may not fail."""
    errors: list[str] = []
    async with _opened(browser, None) as page:
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
    assert errors == []


@pytest_asyncio.fixture(loop_scope="session")
async def front(browser: Browser, logged_in: StorageState) -> AsyncGenerator[Page]:
    """Return a page of somebody who has logged in to the house."""
    async with _opened(browser, logged_in) as page:
        yield page


@pytest_asyncio.fixture(loop_scope="session")
async def desk(page: Page, simulator: Simulator) -> Page:
    """Return the phones' page."""
    await page.goto(simulator.url)
    await page.get_by_text("live", exact=True).wait_for()
    return page


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory, executable: str) -> Generator[Town]:
    """Return a house and phones that run as long as there are tests."""
    ports = PORTS if PICTURES in os.environ else None
    with town_in(tmp_path_factory.mktemp("town"), ports=ports) as town:
        yield town


@pytest.fixture(scope="session")
def logged_in(town: Town, executable: str) -> StorageState:
    """Return what a browser remembers of somebody who has logged in, once for all tests."""
    return finish(_log_in(town.house.url, executable))


async def _log_in(url: str, executable: str) -> StorageState:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable)
        page = await browser.new_page()
        await page.goto(url)
        await page.get_by_label("Username").fill(USERNAME)
        await page.get_by_label("Password", exact=True).fill(PASSWORD)
        await page.get_by_role("button", name="Log in").click()
        await page.get_by_text("What to try").first.wait_for()
        state = await page.context.storage_state()
        await browser.close()
        return state


@pytest_asyncio.fixture(loop_scope="session")
async def strange(town: Town) -> AsyncGenerator[SimulatorControl]:
    """Return the phones of a house that does not know 46elks yet."""
    async with cleared(town) as phones:
        yield phones


@pytest_asyncio.fixture(loop_scope="session")
async def account(town: Town) -> AsyncGenerator[Account]:
    """Return an account that was connected through the flows, with two people and a number."""
    async with connected_in(town) as account:
        yield account


@pytest_asyncio.fixture(loop_scope="session")
async def home(account: Account) -> AsyncGenerator[Home]:
    """Return the house with a connected account, as somebody who has logged in."""
    async with account.town.house.visit() as home:
        yield home
