"""A Home Assistant of its own: a folder, a process, a log-in, and what a person does there."""

import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
import json
from pathlib import Path
import shutil
from string import Template
from typing import Any, Final

import aiohttp
import bcrypt
import imageio_ffmpeg

from .process import Process

ROOT: Final = Path(__file__).parent.parent
CONFIG: Final = Path(__file__).parent / "config"
OWN_INTEGRATIONS: Final = Path(__file__).parent / "integrations"
# What is tried, and what lets the house see, hear, think and speak.
INTEGRATIONS: Final = (
    ROOT / "custom_components" / "elks46",
    OWN_INTEGRATIONS / "house_agent",
    OWN_INTEGRATIONS / "house_camera",
    OWN_INTEGRATIONS / "house_ears",
    OWN_INTEGRATIONS / "house_voice",
)
# A Python with PocketSphinx, where script/setup has found one that can have it.
EARS: Final = ROOT / ".venv-ears" / "bin" / "python"
HASS: Final = ROOT / ".venv-ha" / "bin" / "hass"
USERNAME: Final = "demo"
PASSWORD: Final = "demo"

START_SECONDS: Final = 120
# What Home Assistant ends with when somebody presses "Restart": whatever has started it is to do so again.
RESTART: Final = 100
# The person's from the first start on; the others name addresses, and are written at each.
WRITTEN_ONCE: Final = frozenset({"automations.yaml"})
# The cheapest that bcrypt knows: this password guards nothing.
BCRYPT_ROUNDS: Final = 4


class HomeError(Exception):
    """Home Assistant refuses; the text is its own."""


class House:
    """One Home Assistant with elks46 in it, for this machine only."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        simulator_url: str,
        ears: Path | None = None,
        config: Path = CONFIG,
        integrations: Sequence[Path] = INTEGRATIONS,
        arguments: Sequence[str] = (),
    ) -> None:
        """Say where it lives, where it serves, where the phones are, and which Python hears, if any.

        It is furnished with what lies in `config`, and has `integrations`; `arguments` are for `hass`.
        """
        self.url = f"http://127.0.0.1:{port}"
        self.process = Process(
            "Home Assistant",
            [HASS, "--config", folder, "--log-no-color", *arguments],
            output=folder / "output.log",
            folder=ROOT,
        )
        self._folder = folder
        self._port = port
        self._simulator_url = simulator_url
        self._ears = {} if ears is None else {"python": str(ears)}
        self._config = config
        self._integrations = integrations

    async def start(self) -> None:
        """Furnish what is not there yet, run, and return when everything in it runs.

        Raises:
            ProcessError: it does not come up.
        """
        self._furnish()
        self.process.start()
        await self.process.until(self._answers, seconds=START_SECONDS)
        async with self.visit() as home:
            await self.process.until(home.is_running, seconds=START_SECONDS)

    @asynccontextmanager
    async def visit(self) -> AsyncIterator[Home]:
        """Log in, and log out at the end."""
        async with aiohttp.ClientSession(self.url) as session:
            tokens = await _log_in(session, client_id=f"{self.url}/")
            yield Home(session, tokens["access_token"])
            # A house that has ended meanwhile has nobody logged in.
            with suppress(aiohttp.ClientError):
                token = {"token": tokens["refresh_token"]}
                await session.post("/auth/revoke", data=token)

    async def _answers(self) -> bool:
        try:
            async with aiohttp.request("GET", self.url) as response:
                return response.status == HTTPStatus.OK
        except aiohttp.ClientError:
            return False

    def _furnish(self) -> None:
        storage = self._folder / ".storage"
        storage.mkdir(parents=True, exist_ok=True)
        media = self._folder.resolve() / "media"
        media.mkdir(parents=True, exist_ok=True)
        addresses = {
            "url": self.url,
            "simulator_url": self._simulator_url,
            "ears": json.dumps(self._ears),
            "media": json.dumps(str(media)),
            "ffmpeg": json.dumps(imageio_ffmpeg.get_ffmpeg_exe()),
        }
        for path in self._config.iterdir():
            if path.name not in WRITTEN_ONCE:
                text = Template(path.read_text()).substitute(addresses)
                (self._folder / path.name).write_text(text)
            elif not (self._folder / path.name).exists():
                shutil.copy(path, self._folder)
        for integration in self._integrations:
            link = self._folder / "custom_components" / integration.name
            link.parent.mkdir(exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(integration)
        _store(storage, "http", _served_at(self._port), version=3)
        if not (storage / "onboarding").exists():
            _store(storage, "auth_provider.homeassistant", _people())
            _store(storage, "frontend.system_data", {"core": FIRST_PAGE})
            _store(storage, "onboarding", {"done": ONBOARDED}, version=4)


class Home:
    """What a person who has logged in can see and do."""

    def __init__(self, session: aiohttp.ClientSession, token: str) -> None:
        """Come in with a token."""
        self._session = session
        self._token = token

    async def is_running(self) -> bool:
        """Tell whether the start is over."""
        return bool((await self.get("config"))["state"] == "RUNNING")

    async def get(self, path: str) -> Any:
        """Read something."""
        return await self._request("GET", path)

    async def post(self, path: str, data: object = None) -> Any:
        """Do something."""
        return await self._request("POST", path, data)

    async def delete(self, path: str) -> Any:
        """Remove something."""
        return await self._request("DELETE", path)

    async def state(self, entity_id: str) -> dict[str, Any]:
        """Return how an entity is."""
        state: dict[str, Any] = await self.get(f"states/{entity_id}")
        return state

    async def run(self, action: str, **data: object) -> None:
        """Run an action, named as in an automation."""
        await self.post(f"services/{action.replace('.', '/')}", data)

    async def answer(self, action: str, **data: object) -> Any:
        """Run an action and return its response."""
        path = f"services/{action.replace('.', '/')}?return_response"
        return (await self.post(path, data))["service_response"]

    async def ask(self, command: str, **fields: object) -> Any:
        """Ask what only the WebSocket answers."""
        async with self.socket() as socket:
            return await result(socket, command, **fields)

    async def fetch(self, path: str) -> bytes:
        """Return what lies at a path: a sound, a picture."""
        async with self._session.get(path, raise_for_status=True) as response:
            return await response.read()

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Open the WebSocket, logged in."""
        async with self._session.ws_connect("/api/websocket") as socket:
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self._token})
            await socket.receive_json()
            yield socket

    @asynccontextmanager
    async def events(self, kind: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """Listen on the bus, from now on, for what events of a kind tell."""
        async with self.socket() as socket:
            await result(socket, "subscribe_events", event_type=kind)
            yield (message.json()["event"]["data"] async for message in socket)

    async def _request(self, method: str, path: str, data: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._session.request(
            method, f"/api/{path}", json=data, headers=headers
        ) as response:
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise HomeError(f"{method} {path}: {await response.text()}")
            return await response.json()


async def result(
    socket: aiohttp.ClientWebSocketResponse, command: str, **fields: object
) -> Any:
    """Send the first command on a WebSocket and return its result.

    Raises:
        HomeError: it is refused.
    """
    await socket.send_json({"id": 1, "type": command, **fields})
    answer = await socket.receive_json()
    if not answer["success"]:
        raise HomeError(f"{command}: {answer['error']['message']}")
    return answer["result"]


async def _log_in(session: aiohttp.ClientSession, *, client_id: str) -> dict[str, Any]:
    """Return tokens, as a browser gets them."""
    client = {"client_id": client_id}
    begin = {"handler": ["homeassistant", None], "redirect_uri": client_id}
    async with session.post("/auth/login_flow", json=client | begin) as response:
        flow = await response.json()
    person = {"username": USERNAME, "password": PASSWORD}
    path = f"/auth/login_flow/{flow['flow_id']}"
    async with session.post(path, json=client | person) as response:
        step = await response.json()
    if "result" not in step:
        raise HomeError(f"Log-in as {USERNAME}: {step.get('errors') or step}")
    grant = {"grant_type": "authorization_code", "code": step["result"]}
    async with session.post("/auth/token", data=client | grant) as response:
        tokens: dict[str, Any] = await response.json()
        return tokens


ONBOARDED: Final = ("user", "core_config", "analytics", "integration")
FIRST_PAGE: Final = {"default_panel": "demo-house"}


def _people() -> dict[str, object]:
    """Return the one who can log in, as Home Assistant stores people."""
    password = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(BCRYPT_ROUNDS))
    stored = base64.b64encode(password).decode()
    return {"users": [{"username": USERNAME, "password": stored}]}


def _served_at(port: int) -> dict[str, object]:
    """Return where to serve, as Home Assistant stores it.

    A `http:` section in the configuration would be taken back after five minutes.
    """
    return {
        "stable": {
            "server_port": port,
            "server_host": ["127.0.0.1"],
            "cors_allowed_origins": [],
            "login_attempts_threshold": -1,
            "ip_ban_enabled": False,
            "ssl_profile": "intermediate_v6",
            "use_x_frame_options": True,
            "created_at": "2026-11-01T00:00:00+00:00",
            "error": None,
            "error_message": None,
        },
        "pending": None,
        "yaml_migration_done": True,
    }


def _store(folder: Path, key: str, data: object, *, version: int = 1) -> None:
    """Write what Home Assistant reads back as its own memory."""
    stored = {"version": version, "minor_version": 1, "key": key, "data": data}
    (folder / key).write_text(json.dumps(stored))
