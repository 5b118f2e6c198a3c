"""Tests of elks46."""

import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from fnmatch import fnmatchcase
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import aiohttp
from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util
from PIL import Image
from pytest_homeassistant_custom_component.common import async_fire_time_changed

from custom_components.elks46.const import DOMAIN

# The Swedish regulator keeps +46701740605 to +46701740699 free for fiction.
ANNA: Final = "+46701740605"
BJORN: Final = "+46701740606"
STRANGER: Final = "+46701740607"
NUMBER: Final = "+46701740690"
OTHER_NUMBER: Final = "+46701740691"
WEBHOOK_ID: Final = "b0c5" * 16

type Json = dict[str, Any]


class SimulatorControl:
    """What a test does to 46elks' stand-in, by its control API."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        *,
        username: str,
        password: str,
    ) -> None:
        """Steer the one that serves at an address."""
        self._session = session
        self._url = url
        self.api_url = f"{url}/a1"
        self.username = username
        self.password = password

    async def control(self, method: str, path: str, body: object = None) -> Any:
        """Ask anything of its control API, and return what it answers."""
        async with self._session.request(
            method, f"{self._url}/simulator/{path}", json=body, raise_for_status=True
        ) as response:
            return await response.json()

    async def download(self, path: str) -> bytes:
        """Return a file that its control API has."""
        async with self._session.get(
            f"{self._url}/simulator/{path}", raise_for_status=True
        ) as response:
            return await response.read()

    async def put_account(self, **fields: object) -> Json:
        """Change the account, and return it."""
        account: Json = await self.control("PUT", "account", fields)
        return account

    async def put_number(self, number: str, **fields: object) -> Json:
        """Rent or change a number, and return it as 46elks shows it."""
        put: Json = await self.control("PUT", f"numbers/{number}", fields)
        return put

    async def put_handset(self, number: str, **fields: object) -> Json:
        """Add or change a phone, and return it."""
        handset: Json = await self.control("PUT", f"handsets/{number}", fields)
        return handset

    async def texts(self, handset: str) -> list[Json]:
        """Return what a phone has sent and received, oldest first."""
        texts: list[Json] = await self.control("GET", f"handsets/{handset}/messages")
        return texts

    async def send_text(self, handset: str, to: str, message: str) -> str:
        """Send a text from a phone, and return its id."""
        sent = await self.control(
            "POST", f"handsets/{handset}/messages", {"to": to, "message": message}
        )
        text_id: str = sent["id"]
        return text_id

    async def fail(self, *faults: Json) -> None:
        """Let these things go wrong instead of any before; none lets all work again."""
        await self.control("PUT", "faults", list(faults))

    async def log(self, after: int = 0, wait: int = 0) -> list[Json]:
        """Return requests and callbacks, waiting some seconds for the first after a number."""
        entries: list[Json] = await self.control(
            "GET", f"log?after={after}&wait={wait}"
        )
        return entries

    async def requests(
        self, method: str, path: str = "*", *, after: int = 0
    ) -> list[Json]:
        """Return the requests to paths of 46elks' API, oldest first."""
        return [
            entry
            for entry in await self.log(after)
            if entry["type"] == "request"
            and entry["method"] == method
            and fnmatchcase(entry["url"].partition("?")[0], f"/a1/{path}")
        ]

    async def posted(self, kind: str, count: int = 1, after: int = 0) -> list[Json]:
        """Return the callbacks of a kind as soon as that many attempts are over."""
        seen = after
        callbacks: list[Json] = []
        while len(callbacks) < count:
            entries = await self.log(after=seen, wait=10)
            assert entries, f"Only {len(callbacks)} callbacks came"
            seen = entries[-1]["n"]
            callbacks += [entry for entry in entries if entry["kind"] == kind]
        return callbacks


def failing(
    path: str, *, method: str = "GET", times: int | None = None, **what: object
) -> Json:
    """Return a fault of a path of 46elks' API, until it is taken away or so many times."""
    return {"match": {"method": method, "path": f"/a1/{path}"}, "times": times, **what}


def answering(path: str, status: int, body: str = "") -> Json:
    """Return a fault that answers a path with this instead."""
    return failing(path, kind="status", status=status, body=body)


def refusing(status: int, body: str = "") -> Json:
    """Return a fault that answers this to every text that is to be sent."""
    return failing("sms", method="POST", kind="status", status=status, body=body)


async def post_46elks(
    simulator: SimulatorControl, path: str, login: tuple[str, str], **form: str
) -> Json:
    """Ask 46elks for something as its other customers do, and return the answer."""
    key = base64.b64encode(":".join(login).encode()).decode()
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Basic {key}"}) as session,
        session.post(
            f"{simulator.api_url}/{path}", data=form, raise_for_status=True
        ) as response,
    ):
        answer: Json = await response.json()
        return answer


async def open_subaccount(simulator: SimulatorControl, **form: str) -> Json:
    """Open a subaccount at 46elks, and return it with its secret."""
    login = simulator.username, simulator.password
    return await post_46elks(simulator, "subaccounts", login, **form)


async def use_action(hass: HomeAssistant, action: str, **data: object) -> Json:
    """Use an action and return what it answers."""
    answer: Any = await hass.services.async_call(
        DOMAIN, action, data, blocking=True, return_response=True
    )
    return dict(answer)


async def setup_integration(hass: HomeAssistant, entry: ConfigEntry) -> None:
    """Set an account up and let everything it starts come to rest."""
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done(wait_background_tasks=True)


async def pass_time(hass: HomeAssistant, **span: float) -> None:
    """Let everything happen that is planned for a span of time from now."""
    async_fire_time_changed(hass, dt_util.utcnow() + timedelta(**span))
    await hass.async_block_till_done(wait_background_tasks=True)


async def change_options(
    hass: HomeAssistant, entry: ConfigEntry, **options: object
) -> None:
    """Change options of a loaded account, which sets it up anew."""
    hass.config_entries.async_update_entry(entry, options={**entry.options, **options})
    await hass.async_block_till_done(wait_background_tasks=True)


def issues(hass: HomeAssistant) -> dict[str, dict[str, str] | None]:
    """Return what Repairs shows of this integration: translation keys and their placeholders."""
    return {
        str(issue.translation_key): issue.translation_placeholders
        for issue in ir.async_get(hass).issues.values()
        if issue.domain == DOMAIN and issue.active
    }


async def send_sms(hass: HomeAssistant, **data: object) -> list[Json]:
    """Use the action and return its rows, by default when the texts have arrived or failed."""
    response = await hass.services.async_call(
        DOMAIN,
        "send_sms",
        {"message": "Dinner is ready", "wait": 10, **data},
        blocking=True,
        return_response=True,
    )
    await hass.async_block_till_done()
    rows: Any = (response or {})["messages"]
    return list(rows)


async def send_mms(hass: HomeAssistant, **data: object) -> list[Json]:
    """Use the action for pictures and return its rows."""
    response = await hass.services.async_call(
        DOMAIN, "send_mms", data, blocking=True, return_response=True
    )
    await hass.async_block_till_done()
    rows: Any = (response or {})["messages"]
    return list(rows)


def drawn(width: int = 8, height: int = 8, kind: str = "PNG", **how: Any) -> bytes:
    """Return a picture, half red and half blue, that looks the same in any size."""
    picture = Image.new("RGB", (width, height), "red")
    picture.paste("blue", (0, height // 2, width, height))
    buffer = BytesIO()
    picture.save(buffer, kind, **how)
    return buffer.getvalue()


def noise(side: int) -> bytes:
    """Return a picture that cannot be packed."""
    picture = Image.effect_noise((side, side), 100)
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def data_url(content: bytes, kind: str = "image/png") -> str:
    """Return a picture as it travels."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


async def picture_home(
    hass: HomeAssistant,
    simulator: SimulatorControl,
    sender: str,
    message: str,
    *pictures: bytes,
) -> str:
    """Let a phone send the home a picture message, and return its id when it is told."""
    before = len(await simulator.log())
    sent = await simulator.control(
        "POST",
        f"handsets/{sender}/messages",
        {"to": NUMBER, "message": message, "images": [*map(data_url, pictures)]},
    )
    await simulator.posted("mms", after=before)
    await hass.async_block_till_done()
    return str(sent["id"])


async def text_home(
    hass: HomeAssistant, simulator: SimulatorControl, sender: str, message: str
) -> Json:
    """Let a phone text the home's number, and return what the home knows of the text."""
    before = len(await simulator.log())
    await simulator.send_text(sender, NUMBER, message)
    callbacks = await simulator.posted("sms", after=before)
    await hass.async_block_till_done()
    fields = callbacks[0]["fields"]
    return {
        "id": fields["id"],
        "sender": sender,
        "recipient": NUMBER,
        "message": message,
        "created": f"{fields['created']}+00:00",
    }


async def post_callback(
    url: str, kind: str, form: Mapping[str, str], **query: str
) -> int:
    """Post a form to a home as 46elks does, and return the status of the answer, which has no body."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{url}/api/webhook/{WEBHOOK_ID}", params={"kind": kind} | query, data=form
        ) as response,
    ):
        assert await response.read() == b""
        return response.status


def memory(hass: HomeAssistant) -> dict[Path, bytes]:
    """Return the files in which this integration remembers."""
    folder = Path(hass.config.path(".storage"))
    return {path: path.read_bytes() for path in sorted(folder.glob(f"{DOMAIN}.*"))}


@asynccontextmanager
async def killed(hass: HomeAssistant, entry: ConfigEntry) -> AsyncIterator[None]:
    """Kill a home: what was not on disk by now is forgotten, and it starts again afterwards."""
    files = await hass.async_add_executor_job(memory, hass)
    with patch("custom_components.elks46.outbox.CLOSE_SECONDS", 0.01):
        await hass.config_entries.async_unload(entry.entry_id)

    def restore() -> None:
        for path in memory(hass):
            path.unlink()
        for path, content in files.items():
            path.write_bytes(content)

    await hass.async_add_executor_job(restore)
    yield
    await setup_integration(hass, entry)
