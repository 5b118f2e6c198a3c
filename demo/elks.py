"""46elks in the demo: its stand-in, and the way a person connects an account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
import sys
from typing import Any, Final

import aiohttp

from simulator.config import DEFAULT_PASSWORD, DEFAULT_USERNAME, Config

from .house import ROOT, Home, HomeError
from .process import Process

DOMAIN: Final = "elks46"
START_SECONDS: Final = 30
FLOWS: Final = "config/config_entries"
type Json = dict[str, Any]

NO_RIGHTS: Final[Mapping[str, Sequence[str]]] = {}
# What Assist talks through; nobody can dial it.
REALTIME: Final = "+4600700021"
PEOPLE: Final = {phone.name: phone.number for phone in Config().phones}


class Simulator:
    """The stand-in for 46elks, as a process."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        speed: float = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Say where it serves, how fast its time goes, and where it may write."""
        self.url = f"http://127.0.0.1:{port}"
        self.api_url = f"{self.url}/a1"
        arguments = {"--port": port, "--speed": speed, "--allow-host": "127.0.0.1"}
        self.process = Process(
            "The simulator",
            [
                sys.executable,
                *("-m", "simulator"),
                *(str(part) for pair in arguments.items() for part in pair),
            ],
            output=folder / "simulator.log",
            folder=ROOT,
            environment=environment,
        )

    async def start(self) -> None:
        """Run, and return when its page answers.

        Raises:
            ProcessError: it does not come up.
        """
        self.process.start()
        await self.process.until(self._answers, seconds=START_SECONDS)

    async def add_realtime(self) -> None:
        """Have a number of Realtime Voice, which a person gets from 46elks."""
        url = f"{self.url}/simulator/numbers/{REALTIME}"
        wanted = {"capabilities": ["websocket"]}
        async with aiohttp.request("PUT", url, json=wanted) as response:
            response.raise_for_status()

    async def _answers(self) -> bool:
        try:
            async with aiohttp.request("GET", self.url) as response:
                return response.ok
        except aiohttp.ClientError:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a person types to connect an account at 46elks."""

    api_url: str
    username: str = DEFAULT_USERNAME
    password: str = DEFAULT_PASSWORD

    @property
    def form(self) -> dict[str, object]:
        """The first page."""
        return {
            "username": self.username,
            "password": self.password,
            "advanced": {"api_url": self.api_url},
        }


async def connected(home: Home) -> str | None:
    """Return the id of the account that is connected, if one is."""
    entries = await home.ask("config_entries/get", domain=DOMAIN)
    return entries[0]["entry_id"] if entries else None


async def connect(
    home: Home,
    account: Account,
    people: Mapping[str, str] = PEOPLE,
    *,
    rights: Mapping[str, Sequence[str]] = NO_RIGHTS,
) -> str:
    """Connect an account with all its numbers, add people with their rights, and return its id.

    Every form is filled in as a person would; that of the first person comes by itself.
    """
    form = await home.post(f"{FLOWS}/flow", {"handler": DOMAIN})
    form = await _fill_in(home, "flow", form, account.form)
    offered = form["data_schema"][0]["selector"]["select"]["options"]
    numbers = {"numbers": [option["value"] for option in offered]}
    done = await _fill_in(home, "flow", form, numbers)
    entry_id: str = done["result"]["entry_id"]
    _, first_form = done["next_flow"]
    forms: list[Json] = [{"flow_id": first_form}]
    forms += [await _contact_form(home, entry_id) for _ in range(len(people) - 1)]
    for form, (name, phone) in zip(forms, people.items(), strict=True):
        person = {"name": name, "phone": phone, "rights": [*rights.get(name, ())]}
        await _fill_in(home, "subentries/flow", form, person)
    return entry_id


async def add_person(
    home: Home, entry_id: str, name: str, phone: str, *, rights: Sequence[str] = ()
) -> None:
    """Add one more person to an account."""
    form = await _contact_form(home, entry_id)
    person = {"name": name, "phone": phone, "rights": [*rights]}
    await _fill_in(home, "subentries/flow", form, person)


async def reconfigure(
    home: Home, entry_id: str, kind: str, step: str | None, **fields: object
) -> None:
    """Change the first contact or number, as a person does in its forms; that of a number is a step of a menu."""
    listed = await home.ask("config_entries/subentries/list", entry_id=entry_id)
    subentry = next(one for one in listed if one["subentry_type"] == kind)
    begin = {"handler": [entry_id, kind], "subentry_id": subentry["subentry_id"]}
    form = await home.post(f"{FLOWS}/subentries/flow", begin)
    if step is not None:
        form = await _fill_in(home, "subentries/flow", form, {"next_step_id": step})
    done = await _fill_in(home, "subentries/flow", form, fields)
    if done.get("reason") != "reconfigure_successful":
        raise HomeError(f"{kind}: {done}")
    await settle(home, entry_id)


async def talk_through(
    home: Home, entry_id: str, realtime_number: str, **fields: object
) -> None:
    """Have the number answered by Assist, through a number of Realtime Voice."""
    await reconfigure(
        home,
        entry_id,
        "number",
        "calls",
        realtime_number=realtime_number,
        **{
            "call_handling": "assist",
            "call_fallback": "reject",
            "strangers": False,
            "barge_in": True,
            **fields,
        },
    )


async def set_options(home: Home, entry_id: str, **options: object) -> None:
    """Change some of an account's options, keep the others, and return when they act."""
    form = await home.post(f"{FLOWS}/options/flow", {"handler": entry_id})
    shown = {
        field["name"]: field["description"]["suggested_value"]
        for field in form["data_schema"]
        if "suggested_value" in field.get("description", {})
    }
    await _fill_in(home, "options/flow", form, shown | options)
    await settle(home, entry_id)


async def move(home: Home, entry_id: str, account: Account) -> None:
    """Tell an account that 46elks is found at another address now."""
    begin = {"handler": DOMAIN, "entry_id": entry_id}
    form = await home.post(f"{FLOWS}/flow", begin)
    await _fill_in(home, "flow", form, account.form)
    await settle(home, entry_id)


async def disconnect(home: Home) -> None:
    """Remove the account if it is connected; its numbers are given back."""
    if (entry_id := await connected(home)) is not None:
        await home.delete(f"{FLOWS}/entry/{entry_id}")


async def settle(home: Home, entry_id: str) -> None:
    """Return when no reload that a change has brought about is under way."""
    await home.post(f"{FLOWS}/entry/{entry_id}/reload")


async def _contact_form(home: Home, entry_id: str) -> Json:
    begin = {"handler": [entry_id, "contact"]}
    form: Json = await home.post(f"{FLOWS}/subentries/flow", begin)
    return form


async def _fill_in(
    home: Home, kind: str, form: Json, fields: Mapping[str, object]
) -> Json:
    """Send a form and return what comes next.

    Raises:
        HomeError: something is wrong with what was filled in.
    """
    answer: Json = await home.post(f"{FLOWS}/{kind}/{form['flow_id']}", fields)
    if answer.get("errors"):
        raise HomeError(f"{answer['step_id']}: {answer['errors']}")
    return answer
