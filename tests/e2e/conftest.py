"""What the end-to-end tests share: two processes for all of them, and a new account for each."""

from collections.abc import AsyncGenerator, Generator
from functools import partial

import pytest

from demo import assist, elks
from demo.house import Home
from tests.calls import Phones

from . import (
    ANNA,
    Account,
    Town,
    connected_in,
    eventually,
    pytest_runtest_makereport,
    town_in,
)
from .talking import LIGHT, REALTIME, websocket_url

# What pytest finds here, too.
__all__ = ["pytest_runtest_makereport"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests with one worker, so that they share their processes."""
    for item in items:
        if item.path.is_relative_to(__file__.removesuffix("conftest.py")):
            item.add_marker(pytest.mark.xdist_group("e2e"))


@pytest.fixture(autouse=True)
def _sockets(socket_enabled: None) -> None:
    """Let every test reach this machine, and no other."""


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Generator[Town]:
    """Return a house and phones that run as long as there are tests."""
    with town_in(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest.fixture
async def account(town: Town) -> AsyncGenerator[Account]:
    """Return an account that was connected through the flows, with two people and a number."""
    async with connected_in(town) as account:
        yield account


@pytest.fixture
async def home(account: Account) -> AsyncGenerator[Home]:
    """Return the house with a connected account, as somebody who has logged in."""
    async with account.town.house.visit() as home:
        yield home


@pytest.fixture
async def line(account: Account, home: Home) -> Phones:
    """Return the phones of a house that Anna may talk with, whose time passes as it does."""
    await home.run("light.turn_off", entity_id=LIGHT)
    await assist.pipelines(home)
    await account.phones.put_number(REALTIME, capabilities=["websocket"])
    person = {"name": "Anna", "phone": ANNA, "rights": ["assist"]}
    await elks.reconfigure(home, account.entry_id, "contact", None, **person)
    await elks.talk_through(home, account.entry_id, REALTIME)
    await eventually(partial(websocket_url, account))
    await account.phones.control("PUT", "clock", {"speed": 1})
    return Phones(account.phones)
